"""dnsadm: what columns hold of text, and how text is written there."""
import json

import pytest

from test_dnsadm import admin, new_admin  # noqa: F401  fixtures


def test_text_is_written_as_the_server_reads_it(admin):
    """txt-format of mydns.conf: what is one string stays one, and is found again by its text."""
    admin('add-domain', 'texts.example')
    spf, odd, long = 'v=spf1 mx -all', 'say "a" \\ b', 300 * 'x'
    stored = {'auto': [spf, odd, long], 'raw': [spf, odd, long],
              'quoted': [f'"{spf}"', r'"say \"a\" \\ b"', f'"{255 * "x"}" "{45 * "x"}"']}
    for txt_format, expected in stored.items():
        conf = admin.configure('text.conf', txt_format=txt_format)
        for text in (spf, odd, long):
            assert admin('add-record', 'texts.example', '@', 'TXT', text, conf=conf).code == 0
            assert admin('add-record', 'texts.example', '@', 'TXT', text, conf=conf).code == 4
        rows = admin.sql("SELECT HEX(data) FROM rr WHERE type = 'TXT' AND zone = (SELECT id FROM soa "
                         "WHERE origin = 'texts.example.') ORDER BY id")
        assert [row[0] for row in rows] == [text.encode().hex().upper() for text in expected]
        assert [row[4] for row in admin.lines('show', 'texts.example', '@', 'TXT')] == expected
        for text in (spf, odd, long):
            assert admin('remove-record', 'texts.example', '@', 'TXT', text, conf=conf).code == 0
    admin.sql("INSERT INTO rr (zone, name, type, data) SELECT id, 'half', 'TXT', '\"a' FROM soa"
              " WHERE origin = 'texts.example.'")
    quoted = admin.configure('text.conf', txt_format='quoted')
    assert admin('check', 'texts.example').code == 0
    assert admin('check', 'texts.example', conf=quoted).code == 5
    assert admin('list-domains', conf=admin.configure('text.conf', txt_format='wrong')).code == 2


def test_what_does_not_fit_a_column(new_admin):
    admin = new_admin('mydns-1.1')
    admin('add-domain', 'narrow.example')
    long_name = '.'.join(['x' * 30] * 3)
    for words, text in (((long_name, 'A', '192.0.2.1'), 'column name of `rr` takes 64'),
                        (('t', 'TXT', 'x' * 129), 'column data of `rr` takes 128'),
                        (('t', 'TXT', 'ends with a blank '), 'would drop'),
                        (('t', 'CAA', '0', 'issue', 'x'), 'does not know CAA')):
        result = admin('add-record', 'narrow.example', *words)
        assert result.code == 5 and text in result.err, result
    assert admin('add-record', 'narrow.example', 't', 'TXT', 'x' * 128).code == 0


@pytest.mark.parametrize('octets', [b'\xff\xfe', b'\xed\xa0\x80', b'\xe0\x80\x80'])
def test_octets_that_a_column_cannot_hold(new_admin, octets):
    admin = new_admin('ispconfig')
    admin('add-domain', 'octets.example')
    escaped = ''.join(f'\\{octet}' for octet in octets)
    result = admin('add-record', 'octets.example', 't', 'TXT', octets)
    assert result.code == 5 and f'"{escaped}" is not UTF-8' in result.err, result
    own = new_admin()
    own('add-domain', 'octets.example')
    assert own('add-record', 'octets.example', 't', 'TXT', octets).code == 0
    assert own.lines('show', 'octets.example', 't')[0][4] == escaped
    assert json.loads(own('show', '--json', 'octets.example', 't').out)[0]['data'] == escaped
    admin.sql('ALTER TABLE dns_rr CONVERT TO CHARACTER SET latin1')
    assert admin('add-record', 'octets.example', 't', 'TXT', octets).code == 0
    assert admin.sql("SELECT HEX(data) FROM dns_rr WHERE name = 't'") == [(octets.hex().upper(),)]


def test_characters_that_a_column_cannot_hold(new_admin):
    """Refused, not left to the database's error; a mailbox once, not with each domain."""
    admin = new_admin('ispconfig')
    admin('add-domain', 'wide.example')
    admin.sql('ALTER TABLE dns_rr CONVERT TO CHARACTER SET utf8mb3')
    result = admin('add-record', 'wide.example', 't', 'TXT', 'smile \U0001f642')
    assert result.code == 5 and 'beyond U+FFFF' in result.err and '(utf8mb3)' in result.err, result
    assert admin('add-record', 'wide.example', 't', 'TXT', 'fünf €').code == 0
    for mbox in ('jürgen@example.net', 'hostmaster'):
        result = new_admin()('add-domain', '--mbox', mbox, 'a.example', 'b.example')
        assert result.code == 2 and result.err.count('\n') == 1, result


def test_text_can_be_read(admin):
    admin('add-domain', 'text.example')
    text = r'a "b" \c'
    assert admin('add-record', 'text.example', 't', 'TXT', text).code == 0
    assert admin.lines('show', 'text.example', 't')[0][4] == text
    assert json.loads(admin('show', '--json', 'text.example', 't').out)[0]['data'] == text
    assert admin('add-record', 'text.example', 't', 'TXT', text).code == 4


@pytest.mark.parametrize('text', ['x' * 127 + ' ' + 'y' * 20, 'x' * 126 + '  ', 'short  ', ' ' * 200])
def test_blanks_where_a_column_ends(new_admin, text):
    """CHAR drops those at its end."""
    admin = new_admin('mydns-ng')
    admin.sql('ALTER TABLE rr MODIFY data CHAR(128)')
    admin('add-domain', 'long.example')
    assert admin('add-record', 'long.example', 'x', 'TXT', text).code == 0
    shown = json.loads(admin('show', '--json', 'long.example', 'x', 'TXT').out)
    assert [record['data'] for record in shown] == [text]
    assert admin('add-record', 'long.example', 'x', 'TXT', text).code == 4
    assert admin('remove-record', 'long.example', 'x', 'TXT', text).code == 0


def test_long_text_goes_on_in_edata(new_admin):
    admin = new_admin('mydns-ng')
    admin('add-domain', 'long.example')
    text = 'v=DKIM1; p=' + 'A' * 400
    assert admin('add-record', 'long.example', 'key._domainkey', 'TXT', text).code == 0
    data, edata, key = admin.sql("SELECT data, edata, BINARY edatakey = BINARY MD5(edata) FROM rr"
                                 " WHERE type = 'TXT'")[0]
    assert data + edata == text and len(data) == 128 and key == '1'
    assert admin.lines('show', 'long.example', 'key._domainkey')[0][4] == text
    assert admin('add-record', 'long.example', 'key._domainkey', 'TXT', text).code == 4
    assert admin('remove-record', 'long.example', 'key._domainkey', 'TXT', text).code == 0


@pytest.mark.parametrize('collation', ['ascii_general_ci', 'ascii_general_nopad_ci', 'ascii_nopad_bin',
                                       'utf8mb4_unicode_nopad_ci'])
def test_blanks_that_do_not_count(new_admin, collation):
    """VARCHAR keeps them, the server serves such rows as without: they are the same here, even if not in SQL."""
    admin = new_admin()
    charset = collation.split('_')[0]
    admin.sql(f'ALTER TABLE soa CONVERT TO CHARACTER SET {charset} COLLATE {collation};'
              f'ALTER TABLE rr CONVERT TO CHARACTER SET {charset} COLLATE {collation}')
    admin.sql("INSERT INTO soa (id, origin, ns, mbox) VALUES (5, 'blank.example. ', 'ns', 'm')")
    admin.sql("INSERT INTO rr (zone, name, type, data) VALUES (5, 'www ', ' A ', '192.0.2.7')")
    shown = json.loads(admin('show', 'blank.example', 'www', '--json').out)
    assert [(r['name'], r['type'], r['data']) for r in shown] == [('www.blank.example.', 'A', '192.0.2.7')]
    assert admin('add-record', 'blank.example', 'www', 'CNAME', 'x').code == 5
    assert admin('add-record', 'blank.example', 'www', 'A', '192.0.2.7').code == 4
    assert admin('add-domain', 'blank.example').code == 4
    assert admin('add-domain', '--if-not-exists', 'blank.example').code == 0
    assert admin('list-domains', 'blank.*').out.split()[0] == 'blank.example.'
    assert admin('remove-record', 'blank.example', 'www').code == 0
    assert admin('remove-domain', 'blank.example').code == 0
    assert admin.sql('SELECT COUNT(*) FROM soa WHERE id = 5') == [('0',)]


def test_messages_move_no_cursor(new_admin):
    """Whatever the tables hold, and wherever in a message it stands."""
    admin = new_admin()
    admin('add-domain', 'cursor.example')
    admin.sql("INSERT INTO soa (id, origin, ns, mbox) VALUES (5, 'x\x1b[2J\n.example.', 'ns', 'm');"
              "INSERT INTO rr (id, zone, name, type, data) VALUES (55, 5, 'www', 'A', '192.0.2.7'),"
              " (56, 1, 'e', 'A\x1b[2J', 'x')")
    for words, code, text in (
            (('add-record', 'cursor.example', 'e', 'CNAME', 'x'), 5, r'row 56 is A\027[2J "x"'),
            (('remove-record', '--id', '55', 'cursor.example'), 3,
             r'row 55 belongs to x\027[2J\010.example., not to cursor.example.'),
            (('remove-record', '--id', '55'), 0, r'removed 1 record from x\027[2J\010.example.')):
        result = admin(*words)
        assert result.code == code and text in result.err and '\x1b' not in result.err, result

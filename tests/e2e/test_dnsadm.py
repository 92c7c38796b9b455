"""dnsadm's domains and records, in every shape of table."""
import collections
import json
import os
import subprocess
import time

import pytest

from support import schema
from support.server import SANITIZER, program, source
from support.wait import TemporaryDirectory

Result = collections.namedtuple('Result', 'code out err')


def today():
    """The date as serials begin (UTC)."""
    return time.strftime('%Y%m%d', time.gmtime())


@pytest.fixture(autouse=True)
def one_day():
    """No serial is of another day than the one before: a test waits for midnight."""
    left = 86400 - time.time() % 86400
    if left < 60:
        time.sleep(left + 1)


class Dnsadm:
    """admin('add-domain', 'example.com') runs it; the rest looks at what it did."""

    manual = source('admin/man/dnsadm.8')

    def __init__(self, database, **options):
        self.database = database
        self.directory = TemporaryDirectory('dnsadm')
        self.tables = database.soa_table, database.rr_table
        database.grant('SELECT, INSERT, UPDATE, DELETE', 'dnsadm', 'writer')
        self.options = {**database.conf(), 'db-user': 'dnsadm', 'db-password': 'writer',
                        'soa-table': database.soa_table, 'rr-table': database.rr_table,
                        'default-ns': 'ns1.example.net, ns2.example.net.',
                        'default-ip': '192.0.2.1', **options}
        self.conf = self.configure('dnsadm.conf')

    def configure(self, name, mode=0o600, **changes):
        """A configuration with CHANGES (None leaves an option out); its path."""
        options = {**self.options, **{k.replace('_', '-'): v for k, v in changes.items()}}
        text = ''.join(f'{k} = {v}\n' for k, v in options.items() if v is not None)
        return self.file(name, text, mode)

    def file(self, name, text, mode=0o600):
        path = self.directory / name
        with open(path, 'w', encoding='utf-8', newline='') as out:
            out.write(text)
        os.chmod(path, mode)
        return path

    def command(self, words, conf=None):
        return [program('dnsadm'), '-c', conf or self.conf, *words]

    def __call__(self, *words, stdin='', conf=None):
        result = subprocess.run(self.command(words, conf), input=stdin.encode(),
                                capture_output=True, timeout=120, check=False)
        err = result.stderr.decode(errors='replace')
        assert not SANITIZER.search(err), err
        return Result(result.returncode, result.stdout.decode(), err)

    def lines(self, *words):
        result = self(*words)
        assert result.code == 0, result
        return [line.split('\t') for line in result.out.splitlines()]

    def sql(self, text):
        return self.database.sql(text)

    def rows(self, origin):
        soa, rr = self.tables
        return self.sql(f'SELECT name, type, data, aux, r.ttl FROM {rr} r, {soa} s'
                        f" WHERE s.id = zone AND origin = '{origin}' ORDER BY r.id")

    def serial(self, origin):
        return int(self.sql(f"SELECT serial FROM {self.tables[0]} WHERE origin = '{origin}'")[0][0])

    def remove(self):
        self.directory.remove()


LAYOUTS = {
    'own': (schema.own, 'soa', 'rr'),
    'mydns-1.1': (schema.mydns_11, 'soa', 'rr'),
    'mydns-1.1-innodb': (lambda: schema.mydns_11('InnoDB', 'utf8mb4'), 'soa', 'rr'),
    'mydns-ng': (lambda: schema.mydns_ng(active=True, edata=True), 'soa', 'rr'),
    'ispconfig': (schema.ispconfig, 'dns_soa', 'dns_rr'),
}


@pytest.fixture(scope='module')
def new_admin(new_database):
    """new_admin(layout): dnsadm with a fresh database of that shape."""
    made = []

    def make(layout='own', **options):
        ddl, soa, rr = LAYOUTS[layout]
        admin = Dnsadm(new_database(ddl(), soa_table=soa, rr_table=rr), **options)
        made.append(admin)
        return admin
    yield make
    for admin in made:
        admin.remove()


@pytest.fixture(scope='module')
def admin(new_admin):
    return new_admin()


@pytest.mark.parametrize('layout', LAYOUTS)
def test_a_domain_from_birth_to_death(new_admin, layout):
    admin = new_admin(layout)
    added = admin('add-domain', 'Example.COM')
    assert added.code == 0 and added.out == '' and 'added example.com.' in added.err
    soa, rr = admin.tables
    assert admin.sql(f'SELECT origin, ns, mbox, serial, minimum, ttl FROM {soa}') == [
        ('example.com.', 'ns1.example.net.', 'hostmaster.example.com.', f'{today()}01', '300',
         '3600')]
    assert admin.rows('example.com.') == [
        ('', 'NS', 'ns1.example.net.', '0', '3600'), ('', 'NS', 'ns2.example.net.', '0', '3600'),
        ('', 'A', '192.0.2.1', '0', '3600'), ('www', 'CNAME', 'example.com.', '0', '3600'),
        ('mail', 'CNAME', 'example.com.', '0', '3600')]
    if layout in ('own', 'mydns-ng', 'ispconfig'):
        assert admin.sql(f'SELECT DISTINCT s.active, r.active FROM {soa} s, {rr} r') == [('Y', 'Y')]
    assert admin('add-record', 'example.com', '@', 'MX', '10', 'mail').code == 0
    assert admin('add-record', 'example.com', '_sip._tcp', 'SRV', '0', '5', '443', 'host').code == 0
    assert admin('add-record', 'example.com', '@', 'TXT', 'v=spf1 mx -all', '--ttl', '60').code == 0
    assert admin.rows('example.com.')[5:] == [
        ('', 'MX', 'mail.example.com.', '10', '3600'),
        ('_sip._tcp', 'SRV', '5 443 host.example.com.', '0', '3600'),
        ('', 'TXT', 'v=spf1 mx -all', '0', '60')]
    assert admin.serial('example.com.') == int(f'{today()}04')
    assert admin.lines('show', 'example.com', '@', 'MX') == [
        ['example.com.', 'example.com.', '3600', 'MX', '10 mail.example.com.']]
    assert admin('remove-record', 'example.com', '@', 'MX', '10', 'mail.example.com.').code == 0
    assert admin('show', 'example.com', '@', 'MX').code == 3
    assert admin('remove-domain', 'example.com').code == 0
    assert admin.sql(f'SELECT COUNT(*) FROM {soa}') == admin.sql(f'SELECT COUNT(*) FROM {rr}') == [
        ('0',)]


@pytest.mark.parametrize('layout', LAYOUTS)
def test_ten_thousand_domains(new_admin, layout):
    admin = new_admin(layout)
    names = ''.join(f'bulk{i}.example\r\n' for i in range(10000))
    begun = time.monotonic()
    result = admin('add-domain', '-', stdin=names)
    print(f'{layout}: 10,000 domains in {time.monotonic() - begun:.2f} s')
    assert result.code == 0 and result.err == 'dnsadm: added 10000 domains\n'
    soa, rr = admin.tables
    assert admin.sql(f'SELECT COUNT(*), COUNT(DISTINCT origin) FROM {soa}') == [('10000', '10000')]
    assert admin.sql(f'SELECT COUNT(*), COUNT(DISTINCT zone) FROM {rr} r, {soa} s'
                     f' WHERE s.id = r.zone') == [('50000', '10000')]
    begun = time.monotonic()
    assert admin('add-domain', '--if-not-exists', '-', stdin=names).code == 0
    print(f'{layout}: found to exist in {time.monotonic() - begun:.2f} s')
    assert len(admin.lines('list-domains')) == 10000
    begun = time.monotonic()
    assert admin('remove-domain', '-', stdin=names).code == 0
    print(f'{layout}: removed in {time.monotonic() - begun:.2f} s')
    assert admin.sql(f'SELECT COUNT(*) FROM {rr}') == [('0',)]


def test_names_from_a_file_with_all_that_people_write(new_admin):
    admin = new_admin()
    admin('add-domain', 'old.example')
    file = admin.file('names', '\ufeff# our domains\r\n\r\n  a.example \r\nA.EXAMPLE.\r\n'
                               'b\u00fccher.example\nxn--bcher-kva.example\nno blank.example\n'
                               'http://x.example/\n192.0.2.7\n*.example\nx..example\nold.example\n'
                               + 'x' * 64 + ".example\n'; DROP TABLE soa; --\nlast.example")
    result = admin('add-domain', '--file', file)
    assert result.code == 7
    assert result.out == ''
    for line, value in ((7, 'blank'), (8, 'URL'), (9, 'IP address'), (10, 'wildcard'),
                        (11, 'empty label'), (12, 'exists already'), (13, '63 octets'),
                        (14, 'character other')):
        assert any(f'line {line}:' in text and value in text for text in result.err.split('\n')), line
    assert 'added 3 domains, 8 failed, 2 were given twice' in result.err
    assert admin.lines('list-domains') == [['a.example.'], ['last.example.'], ['old.example.'],
                                           ['xn--bcher-kva.example.']]
    assert admin('add-domain', '--if-not-exists', '--file', file).code == 7
    assert admin('add-domain', '-', stdin='# nothing\n\n').code == 0
    only_bad = admin('add-domain', '-', stdin='a b\n')
    assert only_bad.code == 5


def test_adding_what_exists(admin):
    assert admin('add-domain', 'exists.example').code == 0
    serial = admin.serial('exists.example.')
    again = admin('add-domain', 'exists.example')
    assert again.code == 4 and 'exists.example.: exists already' in again.err
    assert admin('add-domain', 'EXISTS.example.', '--if-not-exists').code == 0
    assert admin.serial('exists.example.') == serial
    assert admin('add-domain', 'exists.example', 'new.example').code == 7
    assert admin('remove-domain', 'new.example', 'missing.example').code == 7
    assert admin('remove-domain', 'missing.example').code == 3
    assert admin('remove-domain', '--if-exists', 'missing.example').code == 0


def test_options_of_a_new_domain(admin):
    assert admin('domain', 'add', '--ns', 'ns1', '--ns=ns.example.net', 'opt.example', '--ip',
                 '198.51.100.7', '--ip6', '2001:db8::7', '--mbox', 'joe.doe@b\u00fccher.example',
                 '--ttl', '60').code == 0
    assert admin.rows('opt.example.') == [
        ('', 'NS', 'ns1.opt.example.', '0', '60'), ('', 'NS', 'ns.example.net.', '0', '60'),
        ('', 'A', '198.51.100.7', '0', '60'), ('', 'AAAA', '2001:db8::7', '0', '60'),
        ('ns1', 'A', '198.51.100.7', '0', '60'), ('ns1', 'AAAA', '2001:db8::7', '0', '60'),
        ('www', 'CNAME', 'opt.example.', '0', '60'), ('mail', 'CNAME', 'opt.example.', '0', '60')]
    assert admin.sql("SELECT ns, mbox FROM soa WHERE origin = 'opt.example.'") == [
        ('ns1.opt.example.', 'joe\\\\.doe.xn--bcher-kva.example.')]


@pytest.mark.parametrize('option, value', [
    ('--ip', '300.1.1.1'), ('--ip6', '192.0.2.1'), ('--ttl', '-1'), ('--ns', 'ns..example.net'),
    ('--ns', '*'), ('--mbox', 'joe doe@example.net'), ('--mbox', 'joe@example..net')])
def test_a_bad_value_of_an_option_is_usage(admin, option, value):
    result = admin('add-domain', 'option.example', option, value)
    assert result.code == 2 and option in result.err and value in result.err, result
    assert admin.sql("SELECT id FROM soa WHERE origin = 'option.example.'") == []


def test_utf8_and_unusual_names(admin):
    shown = admin('add-domain', 'b\u00fccher.example', '0/25.2.0.192.in-addr.arpa', '_tcp.example')
    assert shown.code == 0
    assert admin('add-record', 'b\u00fccher.example', 'm\u00fcller', 'CNAME', '\u00fc.example.').code == 0
    assert admin.rows('xn--bcher-kva.example.')[-1][:3] == ('xn--mller-kva', 'CNAME',
                                                            'xn--tda.example.')
    missing = admin('show', '\u00e4.example')
    assert missing.code == 3 and '\u00e4.example. (xn--4ca.example.)' in missing.err


def test_what_a_record_may_not_be(admin):
    admin('add-domain', 'check.example')
    serial = admin.serial('check.example.')
    rows = admin.rows('check.example.')
    for words, text in (
            (('@', 'CNAME', 'x'), 'RFC 1034'),
            (('www', 'A', '192.0.2.1'), 'a CNAME stands alone'),
            (('www', 'CNAME', 'other'), 'one CNAME'),
            (('a', 'A', '192.0.2.300'), '"192.0.2.300" is not an IPv4 address'),
            (('a', 'AAAA', '192.0.2.3'), '"192.0.2.3"'),
            (('a', 'BLA', 'x'), '"BLA" is not a record type'),
            (('a', 'SOA', 'x'), 'SOA'),
            (('a', 'ANY', 'x'), 'ANY'),
            (('a', 'MX', 'mail'), 'preference name'),
            (('a', 'MX', 'x', 'mail'), '"x" is not a number'),
            (('a', 'SRV', '0', '0', '70000', 'mail'), '"70000"'),
            (('a', 'TXT', ''), ''),
            (('a', 'TXT', 'two', 'arguments'), 'one argument'),
            (('a', 'DS', 'what'), ''),
            (('a..b', 'A', '192.0.2.1'), 'empty label'),
            (('a b', 'A', '192.0.2.1'), 'blank'),
            (('x' * 64, 'A', '192.0.2.1'), '63 octets'),
            (('a\uff20\u3000b', 'A', '192.0.2.1'), 'blank'),
            (('www.example.org.', 'A', '192.0.2.1'), 'does not lie in the domain'),
            (('a', 'CNAME', 'x' * 64), '63 octets')):
        result = admin('add-record', 'check.example', *words)
        assert result.code == 5, (words, result)
        assert text in result.err, (words, result)
    assert admin('add-record', 'missing.example', 'a', 'A', '192.0.2.1').code == 3
    same = admin('add-record', 'check.example', 'check.example.', 'a', '192.0.2.1')
    assert same.code == 4 and 'exists already' in same.err
    assert admin('add-record', 'check.example', '@', 'A', '192.0.2.1', '--if-not-exists').code == 0
    assert (admin.serial('check.example.'), admin.rows('check.example.')) == (serial, rows)


def test_every_type_that_a_column_takes(admin):
    admin('add-domain', 'types.example')
    for words, shown in (
            (['t', 'A', '192.0.2.2', '--aux', '5'], '192.0.2.2'),
            (['t', 'AAAA', '2001:db8::2'], '2001:db8::2'),
            (['t', 'ALIAS', 'www'], 'www.types.example.'),
            (['t', 'HINFO', 'Intel Xeon', 'Linux'], '"Intel Xeon" Linux'),
            (['t', 'NAPTR', '100', '10', '', 'E2U+sip', '!^.*$!sip:a@b!', '.'],
             '100 10 "" "E2U+sip" "!^.*$!sip:a@b!" .'),
            (['t', 'PTR', 'host'], 'host.types.example.'),
            (['t', 'RP', 'joe', 'txt'], 'joe.types.example. txt.types.example.'),
            (['t', 'CAA', '0', 'issue', 'ca.example'], '0 issue "ca.example"'),
            (['t', 'TLSA', '3 1 1 ' + 'ab' * 32], '3 1 1 ' + 'ab' * 32),
            (['t', 'SSHFP', '4', '2', 'cd' * 32], '4 2 ' + 'cd' * 32),
            (['t', 'LOC', '52', '22', '23.000', 'N', '4', '53', '32.000', 'E', '-2.00m', '1m', '1m',
              '1m'], '52 22 23.000 N 4 53 32.000 E -2.00m 1m 1m 1m'),
            (['t', 'HTTPS', '1', '.', 'alpn=h2'], '1 . alpn=h2'),
            (['t', 'TYPE65534', '\\# 4 0a000001'], '\\# 4 0a000001'),
            (['t', 'TXT', '--', '-all'], '-all')):
        result = admin('add-record', 'types.example', *words)
        assert result.code == 0, (words, result)
        assert admin.lines('show', 'types.example', 't', words[1])[-1][4] == shown
    assert admin.rows('types.example.')[5] == ('t', 'A', '192.0.2.2', '5', '3600')


def test_more_than_a_message_holds(admin):
    admin('add-domain', 'full.example')
    for i in range(8):
        assert admin('add-record', 'full.example', 't', 'TXT', f'{i}' + 8000 * 'x').code == 0
    refused = admin('add-record', 'full.example', 't', 'TXT', '8' + 8000 * 'x')
    assert refused.code == 5
    assert '9 TXT records of 72405 octets, more than a message holds (65008)' in refused.err
    assert admin('add-record', 'full.example', 't', 'A', '192.0.2.1').code == 0


def test_octets_of_any_type(admin):
    """RFC 3597, 5: what is added is served as these octets, shown in that form, and removed by it."""
    admin('add-domain', 'octets.example')
    for words, column in (
            (['TYPE16', '\\# 4 03616263'], 'TYPE16'), (['type99', '\\#', '4', '03616263'], 'TYPE99'),
            (['MX', '\\# 3 000a00'], 'MX'), (['TYPE33', '\\# 7 00010002000300'], 'SRV'),
            (['NAPTR', '\\# 8 00010032 0000 0000'], 'NAPTR')):
        data = ' '.join(words[1:])
        assert admin('add-record', 'octets.example', 't', *words).code == 0, words
        assert admin.rows('octets.example.')[-1][1:3] == (column, data.replace('\\', '\\\\'))
        shown = admin.lines('show', 'octets.example', 't')[-1]
        assert shown[3:] == [column, data]
        assert admin('add-record', 'octets.example', 't', *words).code == 4, words
        assert admin('remove-record', 'octets.example', 't', *shown[3:]).code == 0, words
    for text in ('\\# 4 03616263', 'abc'):
        assert admin('add-record', 'octets.example', 'x', 'TXT', text).code == 0
    assert admin('add-record', 'octets.example', 'x', 'TYPE16', '\\# 4 03616263').code == 4    # abc
    assert admin('remove-record', 'octets.example', 'x', 'TYPE16', '\\# 4 03616263').code == 0
    assert [row[2] for row in admin.rows('octets.example.') if row[0] == 'x'] == [
        '\\\\# 4 03616263']
    assert admin('add-record', 'octets.example', 'x', 'TYPE16', '\\# 4 03616263').code == 0
    assert admin('remove-record', 'octets.example', 'x', 'TXT', '\\# 4 03616263').code == 0
    assert admin.lines('show', 'octets.example', 'x')[-1][3:] == ['TYPE16', '\\# 4 03616263']
    refused = admin('add-record', 'octets.example', 'x', 'TYPE65280', '\\# 3 016100')
    assert refused.code == 5 and 'ALIAS' in refused.err
    refused = admin('add-record', 'octets.example', 'x', 'TYPE16', '\\# 4 04616263')
    assert refused.code == 5 and 'character-string' in refused.err


def test_the_root_has_no_name_to_forget_a_dot_of(admin):
    admin.database.add_zone('.', [('', 'NS', 'a.root.'), ('www', 'A', '192.0.2.1')])
    for name in '', '@', 'www':
        shown = admin('show', '.', name)
        assert (shown.code, shown.err) == (0, ''), shown


EVIL = ["'; DROP TABLE rr; --", '`soa`', '\\', '%s%n', '"', "a' OR '1'='1", '\t\x01\x7f', 'é😀']


@pytest.mark.parametrize('layout', LAYOUTS)
def test_values_are_never_part_of_statements(new_admin, layout):
    admin = new_admin(layout)
    rr = admin.tables[1]
    admin('add-domain', 'evil.example')
    for text in EVIL:
        assert admin('add-record', 'evil.example', 'e', 'TXT', text).code == 0, text
    stored = [bytes.fromhex(row[0]).decode() for row in admin.sql(
        f"SELECT HEX(data) FROM {rr} WHERE name = 'e' ORDER BY id")]
    assert stored == EVIL
    shown = [line[4] for line in admin.lines('show', 'evil.example', 'e')]
    assert shown == EVIL[:-2] + ['\\009\\001\\127', 'é😀']
    records = json.loads(admin('show', '--json', 'evil.example', 'e').out)
    assert [record['data'] for record in records] == EVIL
    for text in EVIL:
        assert admin('add-domain', text).code in (2, 5), text
        assert admin('show', text).code == 5, text
        assert admin('show', 'evil.example', text).code in (3, 5), text
    for text in EVIL:
        assert admin('remove-record', 'evil.example', 'e', 'TXT', text).code == 0, text
    assert admin('show', 'evil.example', 'e').code == 3


def test_a_record_is_found_by_any_spelling(admin):
    admin('add-domain', 'spell.example')
    zone = admin.sql("SELECT id FROM soa WHERE origin = 'spell.example.'")[0][0]
    for typed in ('host', 'HOST', 'host.spell.example.'):
        for stored in ('host', 'HOST', 'Host.Spell.example.'):
            admin.database.add_rows(zone, [(stored, 'A', '192.0.2.9')])
            assert admin('remove-record', 'spell.example', typed, 'A', '192.0.2.9').code == 0
    for stored in ('', 'spell.example.'):
        admin.database.add_rows(zone, [(stored, 'A', '192.0.2.9')])
        assert admin('remove-record', 'spell.example', '@', 'A', '192.0.2.9').code == 0
    admin.database.add_rows(zone, [('broken', 'A', 'no address')])
    shown = admin('show', 'spell.example', 'broken')
    assert shown.code == 0 and 'is not served' in shown.err
    assert admin('remove-record', 'spell.example', 'broken', 'A', 'no address').code == 0
    admin.database.add_rows(zone, [('www.other.example.', 'CNAME', 'x.'),
                                   ('ns.other.example.', 'A', '192.0.2.1')])
    shown = admin('show', 'spell.example')
    assert shown.err.count('is not served') == 1
    assert 'is not served: name lies outside the zone' in shown.err
    assert admin('remove-record', 'spell.example', 'host').code == 3
    assert admin('remove-record', 'spell.example', 'host', '--if-exists').code == 0


def test_removing_by_id(admin):
    admin('add-domain', 'id.example')
    added = json.loads(admin('add-record', '--json', 'id.example', 'x', 'A', '192.0.2.5').out)
    serial = admin.serial('id.example.')
    number = str(added[0]['id'])
    assert admin('remove-record', '--id', number, 'opt.example').code == 3
    assert admin('remove-record', '--id', number).code == 0
    assert admin.serial('id.example.') == serial + 1
    assert admin('remove-record', '--id', number).code == 3
    assert admin('remove-record', '--id', 'x').code == 2


def test_what_matches_nothing_is_named(admin):
    admin('add-domain', 'none.example')
    for words, text in (
            (('remove-record', 'none.example', 'x'), 'no record matches "x" in none.example.\n'),
            (('remove-record', 'none.example', 'www', 'A', '192.0.2.300'),
             'no record matches "www" A in none.example.: "192.0.2.300" is not an IPv4 address'),
            (('remove-record', 'none.example', 'www', 'A', '192.0.2.77'),
             'no record matches "www" A in none.example.\n'),
            (('remove-record', 'none.example', 'sub', 'DS', '2', '8', '2', 'ab' * 32),
             'no record matches "sub" DS in none.example.\n'),
            (('remove-record', 'none.example', '@', 'DS', '2', '8', '2', 'ab' * 32), 'zone above'),
            (('show', 'none.example', 'x', 'MX'), 'no record matches "x" MX in none.example.\n'),
            (('remove-record', '--id', '123456'), 'no record matches --id 123456\n')):
        result = admin(*words)
        assert result.code == 3 and text in result.err, result
        if words[0] == 'remove-record':
            result = admin(*words, '--if-exists')
            assert result.code == 0 and text.rstrip() in result.err, result


def test_removing_an_orphan_by_id(new_admin):
    """A row of no zone: not DOMAIN's, whoever asks."""
    admin = new_admin()
    admin('add-domain', 'id.example')
    admin.sql("INSERT INTO rr (id, zone, name, type, data) VALUES (777, 999, 'www', 'A', '192.0.2.7'),"
              " (778, 999, 'www', 'A', '192.0.2.8')")
    refused = admin('remove-record', 'id.example', '--id', '777')
    assert refused.code == 3 and 'row 777 belongs to no domain' in refused.err
    shown = json.loads(admin('remove-record', '--id', '777', '--dry-run', '--json').out)
    assert [(r['id'], r['domain'], r['name'], r['data']) for r in shown] == [
        (777, '', 'www', '192.0.2.7')]
    assert admin.sql('SELECT COUNT(*) FROM rr WHERE zone = 999') == [('2',)]
    assert json.loads(admin('remove-record', '--id', '777', '--json').out) == shown
    assert admin('remove-record', '--id', '778').out == ''
    assert admin.sql('SELECT COUNT(*) FROM rr WHERE zone = 999') == [('0',)]


def test_json(admin):
    admin('add-domain', 'json.example')
    admin('add-record', 'json.example', '@', 'MX', '10', 'mail')
    records = json.loads(admin('show', 'json.example', '--json').out)
    assert [r['type'] for r in records] == ['SOA', 'NS', 'NS', 'A', 'CNAME', 'CNAME', 'MX']
    assert all(list(r) == ['id', 'domain', 'name', 'ttl', 'type', 'data', 'aux', 'active']
               for r in records)
    mx = records[-1]
    assert isinstance(mx.pop('id'), int)
    assert mx == {'domain': 'json.example.', 'name': 'json.example.', 'ttl': 3600, 'type': 'MX',
                  'data': '10 mail.json.example.', 'aux': 10, 'active': True}
    domains = json.loads(admin('--json', 'list-domains', 'json.*').out)
    assert [d['domain'] for d in domains] == ['json.example.']
    assert json.loads(admin('list-domains', '--json', 'nothing.*').out) == []
    for words in (('add-record', 'json.example', '@', 'MX', '10', 'mail', '--if-not-exists'),
                  ('remove-record', 'json.example', 'no', '--if-exists'),
                  ('remove-record', 'no.example', '@', '--if-exists')):
        assert json.loads(admin(*words, '--json').out) == [], words


def test_dry_run_writes_nothing(admin):
    admin('add-domain', 'dry.example')
    before = admin.sql('SELECT * FROM soa'), admin.sql('SELECT * FROM rr')
    added = admin('add-domain', '--dry-run', 'dry2.example')
    assert added.code == 0 and 'would add' in added.err
    assert [line.split('\t')[3] for line in added.out.splitlines()] == [
        'SOA', 'NS', 'NS', 'A', 'CNAME', 'CNAME']
    record = admin('add-record', '--dry-run', 'dry.example', 'x', 'A', '192.0.2.1')
    assert record.out == 'dry.example.\tx.dry.example.\t3600\tA\t192.0.2.1\n'
    assert admin('add-record', '--dry-run', 'dry.example', 'x', 'A', 'bad').code == 5
    gone = admin('remove-record', 'dry.example', 'www', '--dry-run')
    assert gone.out == 'dry.example.\twww.dry.example.\t3600\tCNAME\tdry.example.\n'
    whole = admin('remove-domain', '--dry-run', 'dry.example')
    assert whole.code == 0 and len(whole.out.splitlines()) == 6
    assert (admin.sql('SELECT * FROM soa'), admin.sql('SELECT * FROM rr')) == before


def test_each_change_moves_the_serial_once(admin):
    admin('add-domain', 'serial.example')
    for old, new in ((0, f'{today()}01'), (f'{today()}99', int(f'{today()}99') + 1),
                     (3000000000, 3000000001), (4294967295, 1)):
        admin.sql(f"UPDATE soa SET serial = {old} WHERE origin = 'serial.example.'")
        assert admin('add-record', 'serial.example', 's', 'TXT', f'serial {old}').code == 0
        assert admin.serial('serial.example.') == int(new)


def test_how_many_were_removed(admin):
    admin('add-domain', 'one.example', 'two.example', 'three.example')
    assert admin('remove-domain', 'one.example', 'gone.example').err.endswith(
        'dnsadm: removed 1 domain, 1 was not there\n')
    assert admin('remove-domain', '--if-exists', 'a.example', 'b.example', 'two.example').err \
        == 'dnsadm: removed 1 domain, 2 were not there\n'
    assert admin('remove-domain', 'three.example', 'bad..example').err.endswith(
        'removed three.example.\n')
    assert admin('remove-domain', '--if-exists', 'a.example').err \
        == 'dnsadm: removed 0 domains, 1 was not there\n'


def test_columns_of_a_panel_without_defaults(new_database):
    ddl = schema.ispconfig().replace("DEFAULT 'N', xfer", ', xfer').replace(
        "sys_perm_user VARCHAR(5) NOT NULL DEFAULT ''", 'sys_perm_user VARCHAR(5) NOT NULL')
    admin = Dnsadm(new_database(ddl, soa_table='dns_soa', rr_table='dns_rr'))
    assert admin('add-domain', 'panel.example').code == 0
    assert admin.sql('SELECT active, sys_perm_user FROM dns_soa') == [('Y', '')]
    admin.sql("UPDATE dns_soa SET server_id = 7, sys_groupid = 5, sys_perm_user = 'riud'")
    assert admin('add-record', 'panel.example', 'x', 'A', '192.0.2.1').code == 0
    assert admin.sql("SELECT server_id, sys_groupid, sys_perm_user, sys_userid, active FROM dns_rr"
                     " WHERE name = 'x'") == [('7', '5', 'riud', '0', 'Y')]
    admin.sql("UPDATE dns_soa SET active = 'N'")
    shown = json.loads(admin('show', 'panel.example', '--json').out)
    assert [r['active'] for r in shown] == [False] + [True] * 6
    admin.remove()


def test_views_can_be_read(new_database):
    database = new_database(schema.views())
    database.sql("INSERT INTO domain (fqdn) VALUES ('view.example');"
                 " INSERT INTO entry (domain, label, kind, value) VALUES (1, 'www', 'A', '192.0.2.1')")
    admin = Dnsadm(database)
    assert admin.lines('list-domains') == [['view.example.']]
    assert admin.lines('show', 'view.example', 'www') == [
        ['view.example.', 'www.view.example.', '3600', 'A', '192.0.2.1']]
    refused = admin('add-record', 'view.example', 'x', 'A', '192.0.2.1')
    assert refused.code == 1 and 'not insertable' in refused.err, refused
    admin.remove()


def test_tables_of_another_database(new_admin, new_database):
    other = new_admin()
    elsewhere = Dnsadm(new_database(), **{
        'soa-table': other.database.name + '.soa', 'rr-table': other.database.name + '.rr'})
    assert elsewhere('add-domain', 'else.example').code == 0
    assert elsewhere('add-record', 'else.example', 'x', 'A', '192.0.2.1').code == 0
    assert other.lines('list-domains') == [['else.example.']]
    elsewhere.remove()


def test_words_and_options_in_any_order(admin):
    admin('add-domain', 'order.example')
    for words in (['--ttl', '5', 'add-record', 'order.example', 'a', 'A', '192.0.2.1'],
                  ['record', '--ttl=5', 'add', 'order.example', 'b', 'A', '192.0.2.1'],
                  ['record', 'add', 'order.example', 'c', '--ttl', '5', 'A', '192.0.2.1']):
        assert admin(*words).code == 0, words
    assert [row[4] for row in admin.rows('order.example.')[5:]] == ['5'] * 3
    assert admin.lines('domain', 'show', 'order.example') == admin.lines('show', 'order.example')
    assert admin('domain', 'list').out == admin('list-domains').out
    assert admin('record', 'remove', 'order.example', 'a').code == 0
    assert admin('domain', 'remove', 'order.example').code == 0


@pytest.mark.parametrize('words', [
    [], ['what'], ['add-domain'], ['add-record', 'a.example', '@', 'A'], ['remove-record', 'a.example'],
    ['add-domain', 'a.example', '--what'], ['add-domain', 'a.example', '--ip'],
    ['add-domain', 'a.example', '--ip', '1.2.3'], ['add-domain', 'a.example', '--ttl', '-1'],
    ['add-domain', 'a.example', '--ttl', '2147483648'], ['list-domains', '--ttl', '5'],
    ['add-domain', '--file', '/nonexistent/file'], ['show'], ['list-domains', 'a', 'b']])
def test_usage(admin, words):
    result = admin(*words)
    assert result.code == 2 and result.out == '' and result.err.startswith('dnsadm: ')


def test_origins_that_cannot_be_read(new_admin):
    admin = new_admin()
    admin.sql("INSERT INTO soa (id, origin, ns, mbox) VALUES (3, 'bare', '', 'joe'),"
              " (4, '', 'ns.example.', '\\n')")
    admin.sql("INSERT INTO rr (id, zone, name, type, data) VALUES (7, 3, 'www', 'MX', 'mail')")
    domains = json.loads(admin('list-domains', '--json').out)
    assert [(d['domain'], d['data'].split(' 1 ')[0]) for d in domains] == [
        ('', 'ns.example. \\010'), ('bare', ' joe')]
    removed = json.loads(admin('remove-record', '--id', '7', '--json').out)[0]
    assert (removed['domain'], removed['name'], removed['data']) == ('bare', 'www', '0 mail')


def test_ids_above_32_bits_are_not_those_below(new_admin):
    admin = new_admin()
    admin('add-domain', 'wide.example')
    admin.sql('ALTER TABLE rr MODIFY id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT;'
              'ALTER TABLE soa MODIFY id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT;'
              "INSERT INTO rr (id, zone, name, type, data) VALUES"
              " (4294967297, 1, 'wide', 'A', '192.0.2.9');"
              "INSERT INTO soa (id, origin, ns, mbox) VALUES (4294967297, 'other.example.', '', '')")
    shown = admin('show', 'wide.example', 'wide', '--json')
    assert json.loads(shown.out)[0]['id'] == 4294967297 and 'not served' in shown.err
    before = admin.rows('wide.example.')
    assert admin('remove-record', '--id', '4294967297').code == 0
    assert admin.rows('wide.example.') == before[:-1]
    assert admin('remove-domain', 'other.example').code == 3
    assert admin('show', 'wide.example').code == 0


def test_help(admin):
    assert 'add-domain NAME... | -' in admin('--help').out
    assert '--if-not-exists' in admin('add-domain', '--help').out
    assert admin('help', 'record', 'add').out == admin('add-record', '-h').out
    assert subprocess.run(['groff', '-man', '-t', '-Tutf8', '-ww', admin.manual], check=False,
                          capture_output=True).stderr in (b'', None)

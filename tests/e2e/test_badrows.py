"""A row that cannot be read harms nothing but itself, and the log says which one it is."""
import re

import pytest

from support import schema
from support.query import ask, data, is_data, rcode
from support.wait import wait_until

GOOD = [('', 'NS', 'ns1'), ('ns1', 'A', '192.0.2.53'), ('www', 'A', '192.0.2.1')]

# (name of the case, row, column named in the log)
BAD = [
    ('address', ('bad', 'A', '300.1.2.3'), 'data'),
    ('address6', ('bad', 'AAAA', 'zz::1'), 'data'),
    ('address-with-blank', ('bad', 'A', '192.0.2.1 x'), 'data'),
    ('empty-a', ('bad', 'A', ''), 'data'),
    ('empty-mx', ('bad', 'MX', ''), 'data'),
    ('empty-cname', ('bad', 'CNAME', ''), 'data'),
    ('long-label', ('bad', 'CNAME', 'l' * 64), 'data'),
    ('ptr-without-dot', ('bad', 'PTR', 'host.example.com'), 'data'),
    ('naptr-fields', ('bad', 'NAPTR', '100 50'), 'data'),
    ('naptr-target', ('bad', 'NAPTR', '10 20 "s" "SIP+D2U" "" relative'), 'data'),
    ('srv-fields', ('bad', 'SRV', '5 5060'), 'data'),
    ('srv-port', ('bad', 'SRV', '5 99999 www'), 'data'),
    ('control', ('bad', 'A', '192.0.2.9\r\nmydns: all is well'), 'data'),
    ('terminal', ('bad', 'A', b'\x1b[2J\xff'), 'data'),
    ('name-long-label', ('l' * 64, 'A', '192.0.2.9'), 'name'),
    ('name-outside', ('bad.example.net.', 'TXT', 'x'), 'name'),
    ('name-empty-label', ('a..b', 'A', '192.0.2.9'), 'name'),
    ('unknown-type', ('bad', '', '192.0.2.9'), 'type'),
    ('null-type', ('bad', None, '192.0.2.9'), 'type'),
]
OTHERS = [('www.example.com', 'A', ['192.0.2.1']), ('example.com', 'NS', ['ns1.example.com.'])]


@pytest.fixture
def lax(new_database):
    """A database whose ENUM takes what it does not know as '' (old MySQL's habit)."""
    def create(ddl):
        database = new_database(ddl)
        plain = database.sql
        database.sql = lambda text: plain("SET sql_mode = '';" + text)
        return database
    return create


@pytest.mark.parametrize('row, column', [b[1:] for b in BAD], ids=[b[0] for b in BAD])
def test_one_bad_row(lax, start_server, row, column):
    database = lax(schema.mydns_ng('InnoDB'))
    good_twin = [('bad', 'A', '192.0.2.8'), ('bad', 'TXT', 'fine')]
    zone = database.add_zone('example.com.', GOOD + good_twin)
    database.add_zone('example.org.', GOOD)
    database.add_rows(zone, [row])
    row_id = database.sql('SELECT MAX(id) FROM rr')[0][0]
    server = start_server(database.conf())
    for name, kind, expected in OTHERS:
        assert data(ask(server, name, kind)) == expected
    assert data(ask(server, 'bad.example.com')) == ['192.0.2.8']
    assert data(ask(server, 'bad.example.com', 'TXT')) == ['"fine"']
    assert data(ask(server, 'www.example.org')) == ['192.0.2.1']
    about = rf'\brr\b.*\b(id )?{row_id}\b'
    server.wait_log(about)
    lines = [line for line in server.log().splitlines() if re.search(about, line)]
    assert len(lines) == 1, server.log()
    assert column in lines[0] and 'warning' in lines[0]
    assert not re.search(r'[\x00-\x08\x0b-\x1f\x7f-\xff]', server.log().replace('\n', ''))


@pytest.mark.parametrize('length', [64743, 65279, 65280])
def test_row_that_no_message_takes(new_database, start_server, length):
    database = new_database()
    database.sql('ALTER TABLE rr MODIFY data MEDIUMTEXT')
    database.add_zone('example.com.', GOOD + [('bad', 'A', '192.0.2.8'), ('bad', 'TXT', 'fine'),
                                              ('bad', 'TXT', 'x' * length)])
    server = start_server(database.conf())
    for name, kind, expected in OTHERS:
        assert data(ask(server, name, kind)) == expected
    assert data(ask(server, 'bad.example.com')) == ['192.0.2.8']
    assert data(ask(server, 'bad.example.com', 'TXT')) == ['"fine"']
    server.wait_log('left out: table rr, id .* data is longer than 64996 octets')


@pytest.mark.parametrize('feed', ['auto', 'off'])
def test_rows_that_no_message_has_room_for(new_database, start_server, feed):
    """Of an RRset too large those of lowest ids are served; when they go, others come."""
    def texts():
        answer = ask(server, 'text.example.com', 'TXT', tcp=True)
        return sorted(int(rr.strings[0]) for rrset in answer.answer for rr in rrset)

    database = new_database()
    database.sql('ALTER TABLE rr MODIFY data MEDIUMTEXT')
    zone = database.add_zone('example.com.', GOOD)
    server = start_server({**database.conf(), 'change-feed': feed, 'sweep-interval': 1,
                           'zone-cache-expire': 1})
    wait_until(lambda: is_data(server, 'www.example.com', 'A', '192.0.2.1'))
    database.add_rows(zone, [('text', 'TXT', f'{i:0250}') for i in range(300)])
    database.sql(f"UPDATE rr SET data = '192.0.2.99' WHERE name = 'www';"
                 f'UPDATE soa SET serial = serial + 1 WHERE id = {zone}')
    wait_until(lambda: texts() == list(range(247)))     # of 12 + 251 octets each
    wait_until(lambda: is_data(server, 'www.example.com', 'A', '192.0.2.99'))
    server.wait_log(r'left out: table rr, id \d+: data makes an RRset of more than 65008 octets,'
                    r".*'text\.example\.com\. TXT'")
    server.wait_log('zone example.com.: 53 rows left out in all, all others are served')
    database.sql("DELETE FROM rr WHERE name = 'text' ORDER BY id LIMIT 10;"
                 f'UPDATE soa SET serial = serial + 1 WHERE id = {zone}')
    wait_until(lambda: texts() == list(range(10, 257)))
    server.wait_log('zone example.com.: 43 rows left out in all, all others are served')
    database.sql("DELETE FROM rr WHERE name = 'text' ORDER BY id DESC LIMIT 100;"
                 f'UPDATE soa SET serial = serial + 1 WHERE id = {zone}')
    wait_until(lambda: texts() == list(range(10, 200)))
    assert 'former version stays' not in server.log()


def test_row_without_rdata(new_database, start_server):
    """Of a type that is not known here: RFC 3597, 5; a list of no addresses: RFC 3123, 4."""
    database = new_database()
    database.sql('ALTER TABLE rr MODIFY type VARCHAR(16)')
    database.add_zone('example.com.', GOOD + [('x', 'TYPE731', r'\# 0'), ('n', 'NULL', r'\# 0'),
                                              ('a', 'APL', '')])
    server = start_server(database.conf())
    for name, kind in (('x', 'TYPE731'), ('n', 'NULL'), ('a', 'APL')):
        answer = ask(server, f'{name}.example.com', kind)
        assert [len(rr) for rr in answer.answer] == [1]
        assert answer.answer[0][0].to_wire() == b''
        assert rcode(ask(server, f'{name}.example.com')) == 'NOERROR'


def test_value_is_shown_escaped(lax, start_server):
    database = lax(schema.mydns_ng('InnoDB'))
    database.add_zone('example.com.', GOOD + [('bad', 'A', b'\x1b[2J\n\xff')])
    server = start_server(database.conf())
    server.wait_log(re.escape(r'\027[2J\010\255'))     # READY comes before the zones are read
    with open(server.log_file, 'rb') as file:
        assert not re.search(rb'[\x00-\x09\x0b-\x1f\x7f-\xff]', file.read())


def test_many_bad_rows_are_summed_up(new_database, start_server):
    database = new_database()
    database.add_zone('example.com.', GOOD + [(f'bad{i}', 'A', 'none') for i in range(200)])
    server = start_server(database.conf())
    assert data(ask(server, 'www.example.com')) == ['192.0.2.1']
    assert rcode(ask(server, 'bad7.example.com')) == 'NXDOMAIN'
    server.wait_log('200 rows left out in all')
    about = [line for line in server.log().splitlines() if 'example.com' in line]
    assert 2 <= len(about) <= 13, server.log()


def test_reported_once_only(new_database, start_server):
    """Not again with each refresh of the zone."""
    database = new_database()
    zone = database.add_zone('example.com.', GOOD + [('bad', 'A', 'none')])
    server = start_server({**database.conf(), 'zone-cache-expire': 1, 'sweep-interval': 1})
    for number in range(3):
        database.sql(f"UPDATE rr SET data = '192.0.2.{number}'"
                     f" WHERE zone = {zone} AND name = 'ns1'")
        wait_until(lambda n=number: is_data(server, 'ns1.example.com', 'A', f'192.0.2.{n}'))
    assert sum("'none'" in line for line in server.log().splitlines()) == 1, server.log()


def test_cname_and_other_data(new_database, start_server):
    """The CNAME of lowest id counts and hides the rest, but never what an apex must have."""
    database = new_database()
    database.add_zone('example.com.', GOOD + [
        ('both', 'A', '192.0.2.2'), ('both', 'CNAME', 'www'), ('two', 'CNAME', 'www'),
        ('two', 'CNAME', 'ns1'), ('', 'CNAME', 'www')])
    server = start_server(database.conf())
    assert data(ask(server, 'both.example.com')) == ['192.0.2.1', 'www.example.com.']
    assert data(ask(server, 'two.example.com')) == ['192.0.2.1', 'www.example.com.']
    assert data(ask(server, 'example.com', 'NS')) == ['ns1.example.com.']
    assert ask(server, 'example.com', 'SOA').answer


def test_second_row_of_the_same_origin(new_database, start_server):
    database = new_database(schema.mydns_11().replace('UNIQUE KEY (origin)', 'KEY (origin)'))
    first = database.add_zone('example.com.', GOOD)
    second = database.add_zone('Example.COM.', [('www', 'A', '192.0.2.66')])
    server = start_server(database.conf())
    assert data(ask(server, 'www.example.com')) == ['192.0.2.1']
    assert first < second
    server.wait_log(rf'\b{second}\b')


def test_odd_soa_rows(new_database, start_server):
    database = new_database()
    database.add_zone('example.com.', GOOD)
    for origin in ('', 'a..example.', 'l' * 64 + '.example.', 'nodot.example'):
        database.add_zone(origin, [('www', 'A', '192.0.2.66')], ns='ns1.example.com.')
    server = start_server(database.conf())
    assert data(ask(server, 'www.example.com')) == ['192.0.2.1']
    assert rcode(ask(server, 'www.nodot.example')) == 'REFUSED'


def test_soa_rows_without_a_usable_id(new_database, start_server):
    ddl = re.sub(r'(CREATE TABLE soa \(\s+id )[^,]*,', r'\1BIGINT NULL,', schema.mydns_11('InnoDB'))
    database = new_database(ddl)
    database.add_zone('example.com.', GOOD, id=7)
    database.sql('UPDATE rr SET zone = 7')
    for number, origin in ((None, 'a.example.'), (-1, 'b.example.'), (1 << 32, 'c.example.')):
        database.add_zone(origin, id=number)
    server = start_server({**database.conf(), 'sweep-interval': 1, 'change-feed': 'off'})
    wait_until(lambda: is_data(server, 'www.example.com', 'A', '192.0.2.1'))
    server.wait_log('warning: table soa: 3 rows left out: column id')
    database.add_zone('d.example.', id=-2)
    server.wait_log('table soa: 4 rows left out')
    assert server.log().count('rows left out: column id') == 2


def test_rr_rows_without_a_usable_id(new_database, start_server):
    """As from a view that has no id to show: told like every other row that is left out."""
    ddl = re.sub(r'(CREATE TABLE rr \(\s+id )[^,]*,', r'\1BIGINT NULL,', schema.mydns_11('InnoDB'))
    database = new_database(ddl)
    zone = database.add_zone('example.com.', GOOD)
    database.sql('SET @n = 0; UPDATE rr SET id = (@n := @n + 1)')
    database.add_rows(zone, [('none', 'A', '192.0.2.7')])
    server = start_server(database.conf())
    assert data(ask(server, 'www.example.com')) == ['192.0.2.1']
    assert rcode(ask(server, 'none.example.com')) == 'NXDOMAIN'
    server.wait_log("zone example.com.: left out: table rr, id 0: id is NULL, .*: '192.0.2.7'")


def test_ttl_beyond_31_bits(new_database, start_server):
    database = new_database()
    database.add_zone('example.com.', GOOD + [('long', 'A', '192.0.2.2', 0, 4294967295)])
    server = start_server(database.conf())
    assert ask(server, 'long.example.com').answer[0].ttl == 2147483647


def test_srv_priority_and_mx_beyond_16_bits(new_database, start_server):
    database = new_database()
    database.add_zone('example.com.', GOOD + [('srv', 'SRV', '1 2 www', 70000)])
    server = start_server(database.conf())
    assert data(ask(server, 'srv.example.com', 'SRV')) == ['65535 1 2 www.example.com.']


def test_numbers_that_are_none(new_database, start_server):
    """NULL in a number of the soa row: the zone is served, and the log says with what."""
    database = new_database()
    database.sql('ALTER TABLE soa MODIFY ttl INT NULL, MODIFY refresh BIGINT')
    zone = database.add_zone('example.com.', GOOD, ttl=None, refresh=-5)
    server = start_server({**database.conf(), 'ignore-minimum': 'yes'})
    wait_until(lambda: is_data(server, 'www.example.com', 'A', '192.0.2.1'))
    soa = ask(server, 'example.com', 'SOA').answer[0]
    assert soa.ttl == 0 and soa[0].refresh == 0
    for column in ('ttl', 'refresh'):
        server.wait_log(f"zone example.com.: table soa, id {zone}: {column} is NULL, negative .* "
                        "served as: '0'")
    assert 'left out' not in server.log()

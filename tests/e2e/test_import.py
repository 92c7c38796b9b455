"""mydnsimport and mydnsptrconvert."""
import re
import socket
import struct
import threading

import dns.exception
import dns.flags
import dns.message
import dns.rcode
import dns.zone
import pytest

from support import schema
from support.server import source
from support.utilities import ROWS, Utilities, records

UTILITIES = ['mydnscheck', 'mydnsexport', 'mydnsimport', 'mydnsptrconvert']
ZONE = r"""
$ORIGIN example.com.
@ 60 IN SOA ns1.example.com. joe\.x.example.com. 9 28800 7200 604800 300
@ 3600 IN NS ns1
@ 3600 IN MX 10 Mail.example.com.
@ 3600 IN TXT "v=spf1 mx -all"
ns1 3600 IN A 192.0.2.53
WWW 600 IN CNAME ns1
two 3600 IN TXT "a b" "c"
quote 3600 IN TXT "\"q\""
long 3600 IN TXT "%s" "%s"
_sip._tcp 3600 IN SRV 1 2 3 sip.example.org.
p 3600 IN PTR host
n 3600 IN NAPTR 10 20 "s" "SIP+D2U" "" _sip._udp
h 3600 IN HINFO "P C" "Linux"
caa 3600 IN CAA 0 issue "ca.example"
odd 3600 IN TYPE65500 \# 2 abcd
r 3600 IN RP joe txt.example.com.
www 600 IN RRSIG CNAME 8 3 600 20300101000000 20200101000000 1 example.com. AAAA
""" % ('x' * 255, 'y' * 9)
AS_ROWS = {('', 'NS', 'ns1', 0, 3600), ('', 'MX', 'Mail', 10, 3600),
           ('', 'TXT', 'v=spf1 mx -all', 0, 3600), ('ns1', 'A', '192.0.2.53', 0, 3600),
           ('www', 'CNAME', 'ns1', 0, 600), ('two', 'TXT', '"a b" "c"', 0, 3600),
           ('quote', 'TXT', r'"\"q\""', 0, 3600), ('long', 'TXT', 'x' * 255 + 'y' * 9, 0, 3600),
           ('_sip._tcp', 'SRV', '2 3 sip.example.org.', 1, 3600),
           ('p', 'PTR', 'host.example.com.', 0, 3600),
           ('n', 'NAPTR', '10 20 "s" "SIP+D2U" "" _sip._udp.example.com.', 0, 3600),
           ('h', 'HINFO', '"P C" "Linux"', 0, 3600), ('caa', 'CAA', '0 issue "ca.example"', 0, 3600),
           ('odd', 'TYPE65500', r'\# 2 abcd', 0, 3600),
           ('r', 'RP', 'joe.example.com. txt.example.com.', 0, 3600)}
TINYDNS = r"""# comment
=www.example.com:192.0.2.1:600
Zexample.com:ns1.example.com:hostmaster.example.com:5:1:2:3:400:500
&example.com:192.0.2.53:ns1.example.com:700
.example.org:192.0.2.54:a
+*.w.example.com:192.0.2.2
@example.com:192.0.2.25:mx:10
Cftp.example.com:www.example.com:60
'txt.example.com:a\072b\054 c
^1.2.0.192.in-addr.arpa:host.example.com
:odd.example.com:65500:\253\315:60
:caa.example.com:257:\000\005issueca.example
S_sip._tcp.example.com::sip.example.com:5060:1:2
6six.example.com:20010db8000000000000000000000001:60
.2.0.192.in-addr.arpa::ns1.example.com
-off.example.com:192.0.2.66
+other.example:192.0.2.66
+bad.example.com:1.2.3
"""


class Primary:
    """
    A name server that knows zone transfers and nothing else. BREAK_OFF: without the last SOA.
    MORE: other zones by origin, which are sent whole in any case.
    """

    def __init__(self, text, break_off=False, more=None):
        self.zones = [dns.zone.from_text(part, origin=origin, relativize=False)
                      for origin, part in {'example.com.': text, **(more or {})}.items()]
        self.break_off = break_off
        self.socket = socket.create_server(('127.0.0.1', 0))
        self.address = f'127.0.0.1:{self.socket.getsockname()[1]}'
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        try:
            while True:
                client, _ = self.socket.accept()
                with client:
                    self.answer(client)
        except (OSError, struct.error, dns.exception.DNSException):
            pass

    def answer(self, client):
        size, = struct.unpack('!H', client.recv(2, socket.MSG_WAITALL))
        query = dns.message.from_wire(client.recv(size, socket.MSG_WAITALL))
        reply = dns.message.make_response(query)
        reply.flags |= dns.flags.AA
        parts = [[]]
        for zone in self.zones:
            if query.question[0].name != zone.origin:
                continue
            soa = zone.get_rrset(zone.origin, 'SOA')
            others = [zone.get_rrset(name, data.rdtype, data.covers)
                      for name, data in zone.iterate_rdatasets() if data.rdtype != soa.rdtype]
            broken = self.break_off and zone is self.zones[0]
            parts = [[soa] + others[:3], others[3:]] + ([] if broken else [[soa]])
            break
        else:
            reply.set_rcode(dns.rcode.REFUSED)
        for reply.answer in parts:
            wire = reply.to_wire(max_size=65535)
            client.sendall(struct.pack('!H', len(wire)) + wire)

    def close(self):
        try:
            self.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass                                            # closed before
        self.socket.close()
        self.thread.join(10)


@pytest.fixture
def new_primary():
    made = []

    def make(*arguments, **keywords):
        made.append(Primary(*arguments, **keywords))
        return made[-1]
    yield make
    for primary in made:
        primary.close()


@pytest.fixture(scope='module')
def new_tools():
    utilities = Utilities()
    yield utilities
    utilities.remove()


@pytest.fixture
def writer(new_database, new_tools):
    """writer(ddl): a database and its utilities, with an account that may write."""
    def make(ddl=None, **options):
        database = new_database(ddl)
        database.grant('SELECT, INSERT, UPDATE, DELETE', 'dnsadm', 'writer')
        return database, new_tools(database, **{'db-user': 'dnsadm', 'db-password': 'writer',
                                      **options})
    return make


def rows(database):
    return {(name, kind, data.replace('\\\\', '\\'), int(aux), int(ttl)) for
            name, kind, data, aux, ttl in database.sql('SELECT name, type, data, aux, ttl FROM rr')}


def test_zone_transfer(writer, new_primary):
    primary = new_primary(ZONE)
    database, run = writer()
    result = run('mydnsimport', '--axfr=' + primary.address, 'example.com')
    assert result.code == 0, result
    assert '15 records imported' in result.err and '1 signatures' in result.err
    assert rows(database) == AS_ROWS
    assert database.sql('SELECT origin, ns, serial, minimum, ttl, active FROM soa') == [
        ('example.com.', 'ns1.example.com.', '9', '300', '300', 'Y')]
    there = {(name.lower(), *rest) for name, *rest in records(ZONE) if rest[0] not in
             ('RRSIG', 'SOA')}
    assert {r for r in records(run('mydnsexport').out) if r[1] != 'SOA'} == there


@pytest.mark.parametrize('form', ['raw', 'quoted'])
def test_text_becomes_what_the_server_reads(writer, new_primary, form):
    primary = new_primary(ZONE)
    database, run = writer(**{'txt-format': form})
    result = run('mydnsimport', '--axfr=' + primary.address, 'example.com')
    assert result.code == 0, result
    texts = {name: text for name, kind, text, *_ in rows(database) if kind == 'TXT'}
    if form == 'raw':
        assert texts == {'': 'v=spf1 mx -all', 'two': 'a bc', 'quote': '"q"',
                         'long': 'x' * 255 + 'y' * 9}
        assert re.findall(r'(\S+) TXT: txt-format = raw', result.err) == ['two']
    else:
        assert texts == {'': '"v=spf1 mx -all"', 'two': '"a b" "c"', 'quote': r'"\"q\""',
                         'long': f'"{"x" * 255}" "{"y" * 9}"'}
        assert 'txt-format' not in result.err
    served = {r for r in records(run('mydnsexport').out) if r[1] == 'TXT'}
    sent = {(name.lower(), *rest) for name, *rest in records(ZONE) if rest[0] == 'TXT'}
    assert {r for r in served if r[0] != 'two.example.com.'} == {
        r for r in sent if r[0] != 'two.example.com.'}
    assert served == sent or form == 'raw'


def test_replaces_only_when_told(writer, new_primary):
    primary = new_primary(ZONE)
    database, run = writer(schema.mydns_ng('MyISAM', active=True))
    database.add_zone('example.com.', [('old', 'A', '192.0.2.1')], serial=70)
    result = run('mydnsimport', '-a', primary.address, 'example.com')
    assert result.code == 1 and 'example.com.: exists already' in result.err
    assert len(rows(database)) == 1
    result = run('mydnsimport', '-a', primary.address, '-r', '-A=N', 'example.com')
    assert result.code == 0 and 'caa CAA is left out' in result.err, result
    assert database.sql('SELECT MIN(active), MAX(active) FROM rr') == [('N', 'N')]
    assert ('www', 'CNAME', 'ns1', 0, 600) in rows(database)
    assert not any(row[0] == 'old' for row in rows(database))
    assert database.sql('SELECT COUNT(*), MAX(serial) FROM soa') == [('1', '71')]


def test_conditions_of_the_server_hide_nothing_that_is_there(writer, tmp_path):
    file = tmp_path / 'data'
    file.write_text(TINYDNS)
    database, run = writer(**{'soa-where': "origin <> 'example.com.'", 'rr-where': 'FALSE'})
    database.add_zone('example.com.', [('old', 'A', '192.0.2.1')], serial=70)
    result = run('mydnsimport', '-t', str(file), 'example.com')
    assert result.code == 1 and 'example.com.: exists already' in result.err, result


def test_output(new_tools, new_database, new_primary):
    primary = new_primary(ZONE)
    run = new_tools(new_database())
    lines = run('mydnsimport', '-a', primary.address, '-o', 'example.com').out.splitlines()
    assert lines[0] == ('soa\texample.com.\tns1.example.com.\tjoe\\.x.example.com.\t9\t28800\t7200'
                        '\t604800\t300\t300')
    assert 'rr\twww\tCNAME\tns1\t0\t600' in lines and len(lines) == len(AS_ROWS) + 1
    whole = run('mydnsimport', '-a', primary.address, '-o', '--notrim', 'example.com').out
    assert 'rr\twww.example.com.\tCNAME\tns1.example.com.\t0\t600\n' in whole


def test_fails_as_a_whole(writer, new_primary):
    broken = new_primary(ZONE, break_off=True)
    database, run = writer()
    result = run('mydnsimport', '-a', broken.address, 'example.com')
    assert result.code == 1 and 'example.com.: the transfer failed' in result.err, result
    result = run('mydnsimport', '-a', broken.address, 'other.example')
    assert result.code == 1 and 'REFUSED' in result.err, result
    broken.close()
    result = run('mydnsimport', '-a', broken.address, 'example.com')
    assert result.code == 1 and broken.address in result.err, result
    assert database.sql('SELECT COUNT(*) FROM soa') == [('0',)]
    for words in (['example.com'], ['-a', '127.0.0.1'], ['-t', '/nonexistent'],
                  ['-a', 'nohost.invalid', 'example.com']):
        assert run('mydnsimport', *words).code == 1


def test_a_zone_that_fails_leaves_the_others(writer, new_primary):
    """One is refused, one breaks off after its first SOA, one is no name: the rest is written."""
    other = '@ 60 IN SOA ns1 joe 1 28800 7200 604800 300\n@ 60 IN NS ns1\n'
    primary = new_primary(ZONE, break_off=True, more={'a.example.': other, 'b.example.': other})
    database, run = writer()
    names = ['a.example', 'refused.example', 'example.com', 'a..b', 'b.example']
    result = run('mydnsimport', '-a', primary.address, *names)
    assert result.code == 1, result
    assert 'refused.example.: the transfer failed: REFUSED' in result.err
    assert 'example.com.: the transfer failed: it ended' in result.err and 'a..b' in result.err
    assert sorted(database.sql('SELECT origin FROM soa')) == [('a.example.',), ('b.example.',)]
    assert rows(database) == {('', 'NS', 'ns1', 0, 60)}
    result = run('mydnsimport', '-a', primary.address, '-o', *names)
    assert result.code == 1 and 'example.com' not in result.out
    assert [line.split('\t')[1] for line in result.out.splitlines() if line[:3] == 'soa'] == [
        'a.example.', 'b.example.']


def test_records_that_the_key_takes_for_one(writer, new_primary):
    """One of two that differ in aux alone can be there. The other one is named, and the end is not 0."""
    primary = new_primary(ZONE + '@ 3600 IN MX 20 mail\n')
    database, run = writer()
    result = run('mydnsimport', '-a', primary.address, 'example.com')
    assert result.code == 1 and re.search(r'@ MX "?mail"? is lost: the table', result.err, re.I), result
    assert 'Duplicate' not in result.err                    # one line tells it
    assert len([row for row in rows(database) if row[1] == 'MX']) == 1
    assert ('www', 'CNAME', 'ns1', 0, 600) in rows(database)


def test_records_that_have_no_room(writer, new_primary):
    """As those that the server would not serve: named, counted, no failure."""
    primary = new_primary(ZONE)
    database, run = writer(schema.mydns_11('InnoDB'))
    for words in ['example.com'], ['-r', 'example.com']:
        result = run('mydnsimport', '-a', primary.address, *words)
        assert result.code == 0 and re.search(r'long TXT is left out: .*column data', result.err), result
        assert 'example.com.: 12 records imported, 3 left out' in result.err
        assert ('', 'MX', 'Mail', 10, 3600) in rows(database)
    primary = new_primary('@ 60 IN SOA ns1 joe 1 28800 7200 604800 300\n@ 60 IN NS ns1\n'
                          '@ 60 IN CAA 0 issue "ca.example"\n')
    result = run('mydnsimport', '-a', primary.address, '-r', 'example.com')
    assert result.code == 0 and '@ CAA is left out: column type' in result.err, result


def test_records_that_no_message_has_room_for(writer, tmp_path):
    """They are written, since the server keeps them, too; but it does not send them, which is told."""
    file = tmp_path / 'data'
    texts = [f'{i:03}' + 'x' * 247 for i in range(300)]
    file.write_text(TINYDNS + ''.join(f"'big.example.com:{text}:60\n" for text in texts))
    database, run = writer()
    result = run('mydnsimport', '-t', str(file))
    reason = ('makes an RRset of more than 65008 octets, all that a message takes beside the'
              ' question')
    assert result.code == 0, result
    told = re.findall(r'warning: example\.com\.: big TXT "(\d{3}).*" is not sent: it ' + reason,
                      result.err)
    assert told == [f'{i:03}' for i in range(247, 300)]
    assert database.sql("SELECT COUNT(*) FROM rr WHERE name = 'big'") == [('300',)]
    result = run('mydnsexport', 'example.com')
    assert result.code == 0 and result.err.count(f'is not served and left out: data {reason}') == 53
    assert len([r for r in records(result.out) if r[0] == 'big.example.com.']) == 247
    found = [line.split('\t') for line in run('mydnscheck', 'example.com').out.splitlines()]
    assert [row[6][:3] for row in found if row[0] == f'data {reason}'] == told


def test_a_record_given_twice(writer, tmp_path):
    file = tmp_path / 'data'
    file.write_text(TINYDNS + '@example.com:192.0.2.25:mx:10\n')
    _, run = writer()
    result = run('mydnsimport', '-t', str(file))
    assert result.code == 0 and 'is lost' not in result.err and 'key' not in result.err, result


def test_tinydns(writer, tmp_path):
    file = tmp_path / 'data'
    file.write_text(TINYDNS)
    database, run = writer()
    result = run('mydnsimport', '-t', str(file))
    assert result.code == 0, result
    assert f'{file}:18: left out' in result.err and '1 records are of no zone' in result.err
    assert 'example.com.: 12 records imported, 1 left out' in result.err
    assert rows(database) == {
        ('www', 'A', '192.0.2.1', 0, 600), ('1', 'PTR', 'www.example.com.', 0, 600),
        ('', 'NS', 'ns1', 0, 700), ('ns1', 'A', '192.0.2.53', 0, 700),
        ('', 'NS', 'a.ns', 0, 259200), ('a.ns', 'A', '192.0.2.54', 0, 259200),
        ('*.w', 'A', '192.0.2.2', 0, 86400), ('', 'MX', 'mx.mx', 10, 86400),
        ('mx.mx', 'A', '192.0.2.25', 0, 86400), ('ftp', 'CNAME', 'www', 0, 60),
        ('txt', 'TXT', 'a:b, c', 0, 86400), ('1', 'PTR', 'host.example.com.', 0, 86400),
        ('odd', 'TYPE65500', r'\# 2 abcd', 0, 60), ('caa', 'CAA', '0 issue "ca.example"', 0, 86400),
        ('_sip._tcp', 'SRV', '2 5060 sip', 1, 86400), ('six', 'AAAA', '2001:db8::1', 0, 60),
        ('', 'NS', 'ns1.example.com.', 0, 259200)}
    assert database.sql('SELECT origin, ns, serial, minimum, ttl FROM soa WHERE serial = 5') == [
        ('example.com.', 'ns1.example.com.', '5', '400', '500')]
    assert {row[0] for row in database.sql('SELECT origin FROM soa')} == {
        'example.com.', 'example.org.', '2.0.192.in-addr.arpa.'}
    database, run = writer()
    assert run('mydnsimport', '--tinydns', str(file), 'example.org').code == 0
    assert database.sql('SELECT origin FROM soa') == [('example.org.',)]
    assert run('mydnsimport', '--tinydns', str(file), 'nothere.example').code == 1


def test_tinydns_there_and_back(writer, new_database, new_tools, tmp_path):
    first = new_database()
    first.add_zone('example.com.', ROWS + [('none', 'MX', '.'), ('one', 'MX', 'mx.'),
                                           ('one', 'NS', r'a\.b.')], serial=7)
    file = tmp_path / 'data'
    file.write_text(new_tools(first)('mydnsexport', '-t').out)
    _, run = writer()
    assert run('mydnsimport', '-t', str(file)).code == 0
    assert records(run('mydnsexport').out) == records(new_tools(first)('mydnsexport').out)


def test_old_table_of_pointers(writer):
    database, run = writer()
    database.sql("""CREATE TABLE ptr (ip INT UNSIGNED NOT NULL, name CHAR(255), ttl INT);
        INSERT INTO ptr VALUES (INET_ATON('192.0.2.1'), 'www.example.com', 60),
          (INET_ATON('192.0.2.1'), 'www2.example.com.', 60),
          (INET_ATON('198.51.100.255'), 'x.example.com', 3600);""")
    database.add_zone('100.51.198.in-addr.arpa.', [('', 'NS', 'ns1.example.com.'),
                                                   ('7', 'PTR', 'y.example.com.')], serial=3)
    for _ in range(2):
        result = run('mydnsptrconvert', 'ns1.example.com', 'joe@example.com.')
        assert result.code == 0, result
    assert rows(database) == {
        ('', 'NS', 'ns1.example.com.', 0, 86400), ('1', 'PTR', 'www.example.com.', 0, 60),
        ('1', 'PTR', 'www2.example.com.', 0, 60), ('', 'NS', 'ns1.example.com.', 0, 3600),
        ('7', 'PTR', 'y.example.com.', 0, 3600), ('255', 'PTR', 'x.example.com.', 0, 3600)}
    assert database.sql("SELECT ns, mbox FROM soa WHERE origin = '2.0.192.in-addr.arpa.'") == [
        ('ns1.example.com.', 'joe.example.com.')]
    assert run('mydnsptrconvert', 'ns1.example.com').code == 1


def test_old_table_of_pointers_and_its_arguments(writer):
    database, run = writer()
    database.sql("""CREATE TABLE ptr (ip INT UNSIGNED NOT NULL, name CHAR(255), ttl INT);
        INSERT INTO ptr VALUES (INET_ATON('192.0.2.1'), 'www.example.com', 60);""")
    for words in (('ns 1', 'joe@example.net'), ('*', 'joe@example.net'),
                  ('ns1.example.com', 'joe@example..net'), ('ns1.example.com', 'j d@example.net')):
        result = run('mydnsptrconvert', *words)
        assert result.code == 1 and any(f'"{word}"' in result.err for word in words), result
        assert rows(database) == set()
    assert run('mydnsptrconvert', 'NS1.example.com.', 'joe.doe@example.net').code == 0
    assert database.sql('SELECT ns, mbox FROM soa') == [
        ('ns1.example.com.', r'joe\\.doe.example.net.')]


def test_old_table_of_pointers_and_a_zone_that_fails(writer):
    """It is named, and leaves the others."""
    database, run = writer()
    database.sql("""CREATE TABLE ptr (ip INT UNSIGNED NOT NULL, name CHAR(255), ttl INT);
        INSERT INTO ptr VALUES (INET_ATON('192.0.2.1'), 'www.example.com', 60),
          (INET_ATON('198.51.100.2'), 'www.example.com', 60),
          (INET_ATON('203.0.113.3'), 'www.example.com', 60);
        DELIMITER //
        CREATE TRIGGER zones BEFORE INSERT ON soa FOR EACH ROW
          IF NEW.origin = '2.0.192.in-addr.arpa.' THEN
            SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'quota'; END IF//
        CREATE TRIGGER records BEFORE INSERT ON rr FOR EACH ROW
          IF NEW.name = '2' THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'quota'; END IF//""")
    result = run('mydnsptrconvert', 'ns1.example.com', 'joe@example.com.')
    assert result.code == 1, result
    for line in ('2.0.192.in-addr.arpa.: cannot insert the zone: quota',
                 '100.51.198.in-addr.arpa.: cannot insert the record: quota',
                 '113.0.203.in-addr.arpa.: 2 records imported'):
        assert line in result.err
    assert database.sql('SELECT origin FROM soa') == [('113.0.203.in-addr.arpa.',)]


def test_old_table_of_pointers_and_rows_that_make_no_record(writer):
    database, run = writer()
    database.sql("""CREATE TABLE ptr (ip BIGINT, name CHAR(255), ttl INT);
        INSERT INTO ptr VALUES (INET_ATON('192.0.2.1'), '', 60), (INET_ATON('192.0.2.2'), NULL, 60),
          (INET_ATON('192.0.2.3'), 'www.example.com', NULL), (NULL, 'x.example.com', 60),
          (-1, 'x.example.com', 60), (1 << 32, 'x.example.com', 60),
          (INET_ATON('192.0.2.4'), 'a..b', 60);""")
    result = run('mydnsptrconvert', 'ns1.example.com', 'joe@example.com.')
    assert result.code == 1, result
    assert [line.split('warning: ')[1] for line in result.err.splitlines() if 'warning' in line] == [
        'ptr: the row of ip NULL is left out: ip is no IPv4 address',
        'ptr: the row of ip -1 is left out: ip is no IPv4 address',
        f'ptr: the row of ip {0xc0000201} is left out: name is empty',
        f'ptr: the row of ip {0xc0000202} is left out: name is empty',
        f'ptr: the row of ip {1 << 32} is left out: ip is no IPv4 address',
        '2.0.192.in-addr.arpa.: 4 PTR is left out: "a..b." has an empty label (PTR)']
    assert rows(database) == {('', 'NS', 'ns1.example.com.', 0, 86400),
                              ('3', 'PTR', 'www.example.com.', 0, 86400)}
    assert len(database.sql('SELECT origin FROM soa')) == 1
    database.sql("DELETE FROM ptr WHERE name != 'a..b' OR name IS NULL")
    assert run('mydnsptrconvert', 'ns1.example.com', 'joe@example.com.').code == 1


@pytest.mark.parametrize('name', UTILITIES)
def test_help_and_manual(new_tools, new_database, name):
    """Every switch of --help is in the manual page."""
    result = new_tools(new_database())(name, '--help')
    with open(source(f'admin/man/{name}.8'), encoding='utf-8') as file:
        manual = file.read().replace('\\-', '-')
    for switch in re.findall(r'--\w[\w-]*', result.out):
        assert switch[2:] in manual, switch


@pytest.mark.parametrize('page', ['admin/man/dnsadm.8', 'server/man/mydns.8', *(
    f'admin/man/{name}.8' for name in UTILITIES)])
def test_manuals_name_each_other(page):
    with open(source(page), encoding='utf-8') as file:
        also = re.findall(r'^\.(?:BR|Xr) (\S+) \(?(\d)', file.read().split('SEE ALSO')[1], re.M)
    itself = page.split('/')[-1].split('.')[0]
    wanted = {(name, '8') for name in ('mydns', 'dnsadm', *UTILITIES)} | {('mydns.conf', '5')}
    assert set(also) == wanted - {(itself, '8')}

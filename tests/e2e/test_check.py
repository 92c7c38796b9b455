"""dnsadm check, and that it says of each row what the server's log says."""
import json
import pty
import re
import subprocess

import pytest

from support import schema
from support.query import ask, data, rcode
from support.server import SANITIZER, program
from support.wait import TemporaryDirectory, wait_until

LEFT_OUT = re.compile(r"left out: table (\w+), id (\d+): (\w+) (.*): '(.*)'$", re.M)
GOOD = [('', 'NS', 'ns1'), ('ns1', 'A', '192.0.2.53'), ('www', 'A', '192.0.2.1')]


class Check:
    """check('example.com', ...): runs it; .code, .findings as tuples, .err of the last run."""

    def __init__(self, database, **options):
        self.directory = TemporaryDirectory('check')
        self.conf = self.directory / 'dnsadm.conf'
        options = {**database.conf(), 'soa-table': database.soa_table,
                   'rr-table': database.rr_table, **options}
        with open(self.conf, 'w', encoding='utf-8') as file:
            file.writelines(f'{k} = {v}\n' for k, v in options.items())
        self.code = self.findings = self.err = None

    def run(self, *words, **keywords):
        return subprocess.run([program('dnsadm'), '-c', self.conf, 'check', *words], timeout=120,
                              check=False, **keywords)

    def __call__(self, *words):
        result = self.run(*words, capture_output=True)
        self.code, self.err = result.returncode, result.stderr.decode()
        assert not SANITIZER.search(self.err), self.err
        self.findings = [tuple(line.split('\t')) for line in result.stdout.decode('ascii')
                         .splitlines()]
        assert all(len(f) == 7 for f in self.findings), self.findings
        return self.code

    def without_domain(self, severity):
        """(table, id, column, reason, value) of the findings of SEVERITY, in order of table, id."""
        return sorted(f[2:] for f in self.findings if f[0] == severity)


@pytest.fixture
def new_check():
    made = []

    def make(database, **options):
        made.append(Check(database, **options))
        return made[-1]
    yield make
    for check in made:
        check.directory.remove()


def shapeless(ddl):
    """DDL whose columns take NULL and any type."""
    return ddl + """
        ALTER TABLE rr DROP KEY rr, MODIFY name VARBINARY(600) NULL, MODIFY data LONGBLOB NULL,
          MODIFY type VARBINARY(60) NULL, MODIFY aux BIGINT NULL, MODIFY ttl BIGINT NULL,
          ADD KEY (zone);"""


NAMES = ['a..b', 'l' * 64, 'two words', r'a\256b', r'a\2', 'a' + '.bcdefg' * 40, '.x', '..', '\\']
TEXTS = {
    'A': ['300.1.2.3', '192.0.2', '192.0.2.1.', '192.0.2.1 x', '::1', 'www', b'192.0.2.1\0', '-1',
          b'\xff', "';--", '192.0.2.01'],
    'AAAA': ['zz::1', '192.0.2.1', ':::', '2001:db8::1/64', '1:2:3:4:5:6:7:8:9'],
    'CNAME': NAMES, 'NS': NAMES, 'MX': NAMES + ['10 mail'], 'ALIAS': NAMES, 'DNAME': NAMES[:5],
    'PTR': NAMES + ['host', 'host.example.com'],
    'HINFO': ['"cpu os', 'x' * 256, 'cpu ' + 'x' * 256],
    'RP': ['a b c', 'a..b', 'a b..c', '"a b'],
    'SRV': ['', '5', '5 5060', '5 99999 www', '65536 1 www', '1 2 3 www', 'x 1 www', '-1 1 www',
            '1 1 a..b'],
    'NAPTR': ['100', '1 2 3 4 5 6 7 8', '10 20 "s" "SIP+D2U" "" relative', '1 2 "s "x" "" a.',
              '70000 1 "" "" "" a.', f'1 1 "" "" "{"x" * 256}" a.'],
    'CAA': ['0 issue', '256 issue "x"', '0 is!sue "x"', 'issue "x"', 'x'],
    'TLSA': ['3 1', '3 1 1 zz', '3 1 256 ab', 'x'],
    'SSHFP': ['1', '1 1 zz', '1 1', 'x'],
    'DS': ['1 2', '99999 13 2 ab', '1 13 2 zz'],
    'DNSKEY': ['256 3', '256 3 13 !!!', 'x'],
    'LOC': ['x', '52 N'],
    'SVCB': ['1', '1 . alpn', '1 . key1=a key1=b', 'x .', '1 . port=70000 key9=x'],
    'HTTPS': ['1', '1 . port=99999', '1 . ipv4hint=300.1.1.1'],
    'URI': ['1 1', 'x 1 "y"'], 'AFSDB': ['x', '1 a..b'], 'CSYNC': ['x', '1 3 BOGUS'],
    'EUI48': ['xx', '00-00-5e-00-53'], 'EUI64': ['00-00-5e-00-53-2a'],
    'OPENPGPKEY': ['!!!'], 'SMIMEA': ['3 1'], 'CERT': ['PKIX', '1 2 3 !!'], 'KX': ['x'],
}
NUMBERS = {'A': 1, 'NS': 2, 'CNAME': 5, 'PTR': 12, 'HINFO': 13, 'MX': 15, 'TXT': 16, 'RP': 17,
           'AFSDB': 18, 'AAAA': 28, 'LOC': 29, 'SRV': 33, 'NAPTR': 35, 'DNAME': 39, 'DS': 43,
           'SSHFP': 44, 'DNSKEY': 48, 'TLSA': 52, 'SVCB': 64, 'HTTPS': 65, 'URI': 256, 'CAA': 257,
           'NEW': 65500}
GENERIC = [r'\# 3 01020', r'\# 5 01020304', r'\# x 00', r'\# 4 gg000000', r'\# 1', r'\# -1 00',
           r'\# 65536 00']
# wire data that the type cannot have
WIRE = {'A': ['', '010203', '0102030405'], 'AAAA': ['01020304', '00' * 17],
        'NS': ['', '0161', '40', 'c000', '016100ff'], 'CNAME': ['0161', '016100ff'],
        'PTR': ['0261', '00ff'], 'MX': ['', '000a', '000a0161'], 'SRV': ['000100010001', '0001'],
        'TXT': ['', '05616263'], 'HINFO': ['0161', '016101620163'], 'RP': ['00', '0161000161'],
        'AFSDB': ['0001'], 'NAPTR': ['00010001', '00010001000000', '0001000105'],
        'DNAME': ['0161', '016100ff'], 'DS': ['00'], 'SSHFP': ['01'], 'DNSKEY': ['0100'],
        'TLSA': ['03'], 'CAA': ['00', '0000', '00056973', '00012178'], 'LOC': ['00' * 15],
        'SVCB': ['0001', '0001000001', '000100000100000001000000'],
        'HTTPS': ['000100000300020035000300020035', '0001000003000300',
                  '00010000010000', '000100000100020361', '0001000004000301020304'[:-2]]}
TYPES = [None, '', 'BOGUS', 'TYPE', 'TYPE0', 'TYPE65535', 'TYPE65536', 'TYPE1x', 'ANY', 'AXFR',
         'IXFR', 'OPT', 'TSIG', 'TKEY', 'MAILA', 'TYPE200', 'TYPE255', 'SOA', 'TYPE6', 'RRSIG',
         'NSEC', 'NSEC3', 'NSEC3PARAM', 'TYPE46', b'\xe9', 'A A', "A'"]
OWNERS = [None, 'a..b', 'l' * 64, r'a\256', 'x' + '.abcdefg' * 31, '.', '..', '.a', 'a' * 256,
          'bad.example.net.', 'example.com.x.', '\\']


def bad_rows():
    """(name, type, data): each to be left out, whatever else the zone holds."""
    for kind, texts in TEXTS.items():
        yield from ((True, kind, text) for text in ['', None] + [t for t in texts if t != ''])
        for text in texts[:3]:
            if kind in NUMBERS and text:
                yield True, f'TYPE{NUMBERS[kind]}', text
    yield True, 'TXT', ''
    yield True, 'TXT', None
    yield True, 'SPF', ''
    for kind, number in NUMBERS.items():
        yield from ((True, f'TYPE{number}', text) for text in GENERIC)
        for wire in WIRE.get(kind, []):
            text = f'\\# {len(wire) // 2} {wire}'
            yield True, f'TYPE{number}', text
            if kind not in ('TXT', 'NEW'):
                yield True, kind, text
    yield from ((True, kind, '192.0.2.9') for kind in TYPES)
    for owner in OWNERS:
        yield from ((owner, kind, text) for kind, text in
                    [('TXT', 'x'), ('CNAME', 'www'), ('TYPE65500', r'\# 1 00')])


def insert(database, rows, per_zone):
    """ROWS, PER_ZONE of them in each of as many zones as it takes; number of zones."""
    zones = -(-len(rows) // per_zone)
    for zone in range(zones):
        some = rows[zone * per_zone:(zone + 1) * per_zone]
        twins, bad = [], []
        for i, (owner, kind, text) in enumerate(some):
            twins += [(f'b{i}', 'TXT', 'fine'), (f'b{i}', 'A', '192.0.2.8')]
            bad.append((f'b{i}' if owner is True else owner, kind, text))
        # bad ones in between: neither the first nor the last row is special
        database.add_zone(f'z{zone}.example.', GOOD + twins[:4] + bad + twins[4:])
    return zones


def test_bad_rows_of_every_kind(new_database, start_server, new_check):
    rows = list(bad_rows())
    assert len(rows) > 400
    database = new_database(shapeless(schema.own()))
    zones = insert(database, rows, 10)      # the log shows ten of a zone
    ids = {int(i) for i, in database.sql("""
        SELECT id FROM rr WHERE NOT (type <=> 'TXT' AND data <=> 'fine')
          AND NOT (type <=> 'A' AND IFNULL(data, '') IN ('192.0.2.8', '192.0.2.53', '192.0.2.1'))
          AND NOT (type <=> 'NS' AND data <=> 'ns1')""")}
    assert len(ids) == len(rows)
    server = start_server(database.conf())
    server.wait_log(rf'zone z{zones - 1}\.example')
    for zone in range(zones):
        assert data(ask(server, f'www.z{zone}.example')) == ['192.0.2.1']
        for i in range(min(10, len(rows) - 10 * zone)):
            name = f'b{i}.z{zone}.example'
            assert data(ask(server, name)) == ['192.0.2.8'], rows[10 * zone + i]
            assert data(ask(server, name, 'TXT')) == ['"fine"'], rows[10 * zone + i]
            assert rcode(ask(server, name, 'TYPE65500')) == 'NOERROR'
    log = sorted(LEFT_OUT.findall(server.log()))
    told = [int(line[1]) for line in log]
    for i in ids - set(told):
        print('MISSED', database.sql(f'SELECT name, type, data FROM rr WHERE id = {i}'))
    assert not ids - set(told), [database.sql(f'SELECT name, type, data FROM rr WHERE id = {i}')
                                 for i in ids - set(told)]
    assert sorted(told) == sorted(ids)
    check = new_check(database)
    assert check() == 5
    assert check.without_domain('error') == log
    assert f'{len(rows)} errors, 0 warnings' in check.err


def test_origins_and_soas(new_database, start_server, new_check):
    database = new_database(schema.own() + """
        ALTER TABLE soa DROP KEY origin, MODIFY origin VARBINARY(600) NULL,
          MODIFY ns VARBINARY(600) NULL, MODIFY mbox VARBINARY(600) NULL;""")
    for origin in ['example.com.', '', 'a..example.', 'l' * 64 + '.example.', 'nodot.example',
                   'EXAMPLE.com.', r'x\256.', 'no\n']:
        database.add_zone(origin, GOOD, ns='', mbox='')
    database.sql("INSERT INTO soa (origin, ns, mbox) VALUES (NULL, NULL, NULL)")
    database.add_zone('ns.example.', GOOD, ns='a..b', mbox='x..y')
    database.add_zone('mbox.example.', GOOD, mbox='l' * 64)
    server = start_server(database.conf())
    server.wait_log('zone mbox.example')
    server.wait_log('zone ns.example')
    wait_until(lambda: len(LEFT_OUT.findall(server.log())) == 10)
    log = sorted(LEFT_OUT.findall(server.log()))
    check = new_check(database)
    assert check() == 5
    assert check.without_domain('error') == log
    soa = ask(server, 'ns.example', 'SOA').answer[0][0]
    assert (str(soa.mname), str(soa.rname)) == ('ns.ns.example.', 'hostmaster.ns.example.')
    soa = ask(server, 'example.com', 'SOA').answer[0][0]
    assert (str(soa.mname), str(soa.rname)) == ('ns.example.com.', 'hostmaster.example.com.')


@pytest.fixture(scope='module')
def tables(new_database):
    """Zones with everything that check tells, and one that is clean."""
    database = new_database(schema.own() + 'ALTER TABLE rr DROP KEY rr, ADD KEY (zone);')
    database.add_zone('clean.example.', GOOD + [
        ('', 'MX', 'www', 10), ('deep', 'CNAME', 'a.b.c'), ('*.b.c', 'A', '192.0.2.2'),
        ('_x._tcp', 'SRV', '0 5 www', 0), ('sub', 'NS', 'ns.sub'), ('ns.sub', 'A', '192.0.2.3'),
        ('far', 'CNAME', 'x.y.sub'), ('old', 'CNAME', 'www.example.net.')])
    database.add_zone('doubt.example.', GOOD + [
        ('both', 'CNAME', 'www'), ('both', 'A', '192.0.2.2'), ('both', 'TXT', 'x'),
        ('two', 'CNAME', 'www'), ('two', 'CNAME', 'ns1'),
        ('cut', 'NS', 'www.example.net.'), ('cut', 'DS', f'1 8 2 {"ab" * 32}'),
        ('cut', 'CNAME', 'www'),
        ('twice', 'A', '192.0.2.4'), ('twice', 'A', '192.0.2.4'),
        ('mx', 'MX', 'both', 10), ('del', 'NS', 'two'), ('_x._tcp', 'SRV', '0 5 two', 0),
        ('long', 'A', '192.0.2.5', 0, 4294967295),
        ('lost', 'CNAME', 'www.example.net'), ('again', 'MX', 'mail.doubt.example', 10),
        ('www.doubt.example', 'TXT', 'x')])
    database.add_zone('nons.example.', [('www', 'A', '192.0.2.1')])
    database.add_zone('apex.example.', GOOD + [('', 'CNAME', 'www'), ('', 'MX', 'www', 1)])
    database.add_zone('hides.example.', GOOD + [('', 'CNAME', 'www.example.net.'),
                                                ('', 'MX', 'www', 1)])
    database.sql("INSERT INTO rr (zone, name, type, data) VALUES (4711, 'x', 'A', '192.0.2.6')")
    return database


def test_findings(tables, new_check):
    check = new_check(tables)
    assert check() == 5
    ids = {(n, t, d): i for n, t, d, i in tables.sql('SELECT name, type, data, MAX(id) FROM rr'
                                                     ' GROUP BY name, type, data')}
    cname = ids['both', 'CNAME', 'www']
    first = int(ids['two', 'CNAME', 'www'])
    found = {(f[0], f[1], f[3], f[4], f[5]): f[6] for f in check.findings}
    assert len(found) == len(check.findings)
    hidden = f'has a CNAME, of id {cname}, which hides this row'
    apex = tables.sql("SELECT r.id, s.origin, r.type FROM rr r JOIN soa s ON s.id = zone"
                      " WHERE name = '' AND r.type IN ('CNAME', 'MX')")
    apex = {(o, t): i for i, o, t in apex}
    hides = apex['hides.example.', 'CNAME']
    soa = dict(tables.sql('SELECT origin, id FROM soa'))
    again = 'ends in the origin without a final dot, so the origin is appended once more'
    assert found == {
        ('error', 'doubt.example.', ids['both', 'A', '192.0.2.2'], 'name', hidden):
            'both.doubt.example.',
        ('error', 'doubt.example.', ids['both', 'TXT', 'x'], 'name', hidden): 'both.doubt.example.',
        ('error', 'doubt.example.', ids['two', 'CNAME', 'ns1'], 'name',
         f'has a CNAME already, of id {first}, which counts'): 'two.doubt.example.',
        ('error', 'doubt.example.', ids['cut', 'CNAME', 'www'], 'name',
         'has NS records, which make it a delegation, so this row is not seen'):
            'cut.doubt.example.',
        ('warning', 'doubt.example.', ids['twice', 'A', '192.0.2.4'], 'name',
         'has a second row of the same type and data'): 'twice.doubt.example.',
        ('warning', 'doubt.example.', ids['mx', 'MX', 'both'], 'data',
         'leads to a CNAME, which it may not'): 'both.doubt.example.',
        ('error', 'doubt.example.', ids['del', 'NS', 'two'], 'data',
         'leads to a CNAME, which it may not'): 'two.doubt.example.',
        ('warning', 'doubt.example.', ids['_x._tcp', 'SRV', '0 5 two'], 'data',
         'leads to a CNAME, which it may not'): 'two.doubt.example.',
        ('warning', 'doubt.example.', ids['long', 'A', '192.0.2.5'], 'ttl',
         'is above 2147483647, which is sent'): '4294967295',
        ('warning', 'doubt.example.', ids['lost', 'CNAME', 'www.example.net'], 'data',
         'has no final dot, and with the origin behind it there is no such name'):
            'www.example.net',
        ('warning', 'doubt.example.', ids['again', 'MX', 'mail.doubt.example'], 'data', again):
            'mail.doubt.example',
        ('warning', 'doubt.example.', ids['www.doubt.example', 'TXT', 'x'], 'name', again):
            'www.doubt.example',
        ('error', 'nons.example.', soa['nons.example.'], 'origin', 'has no NS record'):
            'nons.example.',
        ('warning', 'apex.example.', apex['apex.example.', 'CNAME'], 'name',
         'is the origin, where a CNAME acts as ALIAS'): 'apex.example.',
        ('error', 'hides.example.', hides, 'name', 'is the origin, where no CNAME may be'):
            'hides.example.',
        ('error', 'hides.example.', apex['hides.example.', 'MX'], 'name',
         f'has a CNAME, of id {hides}, which hides this row'): 'hides.example.',
        ('warning', '', ids['x', 'A', '192.0.2.6'], 'zone', 'is no id of the table of zones'):
            '4711',
    }


def test_rows_without_an_id(new_database, new_check):
    database = new_database(schema.own() + """
        ALTER TABLE soa MODIFY id BIGINT NOT NULL; ALTER TABLE rr MODIFY id BIGINT NOT NULL,
          MODIFY zone BIGINT NOT NULL;
        INSERT INTO soa (id, origin, ns, mbox) VALUES (1, 'example.com.', '', ''),
          (-1, 'minus.example.', '', ''), (4294967296, 'large.example.', '', '');
        INSERT INTO rr (id, zone, name, type, data) VALUES (1, 1, '', 'NS', 'ns.example.net.'),
          (-2, 1, 'a', 'A', '192.0.2.1');""")
    check = new_check(database)
    assert check() == 5
    reason = 'is NULL, negative or above 4294967295'
    assert check.findings == [('error', '', 'soa', '0', 'id', reason, '2 rows'),
                              ('error', 'example.com.', 'rr', '0', 'id', reason, '192.0.2.1')]


def test_rows_that_no_message_holds(new_database, new_check):
    database = new_database()
    database.sql('ALTER TABLE rr DROP KEY rr')
    zone = database.add_zone('example.com.', [('', 'NS', 'ns.example.net.')])
    database.add_rows(zone, [('many', 'TXT', f'{n:03}' + 'x' * 247) for n in range(300)])
    database.add_rows(zone, [('many', 'TXT', '000' + 'x' * 247)])
    last = int(database.sql('SELECT MAX(id) FROM rr')[0][0])
    check = new_check(database)
    assert check() == 5
    errors = [f for f in check.findings if f[0] == 'error']
    assert len(errors) == 53 and all('message' in f[5] for f in errors), errors[:3]
    assert [f[2:6] for f in check.findings if f[0] == 'warning'] == [
        ('rr', str(last), 'name', 'has a second row of the same type and data')]


def test_exit_status(tables, new_check):
    check = new_check(tables)
    assert check('clean.example') == 0
    assert check.findings == [] and '1 zone checked: 0 errors, 0 warnings' in check.err
    assert check('apex.example.') == 0
    assert check('apex.example.', '--strict') == 5
    assert check('clean.example', 'nons.EXAMPLE') == 5
    assert {f[1] for f in check.findings} == {'nons.example.'}
    assert check('nothere.example') == 3
    assert check('..') == 5
    assert check('--dry-run') == 2
    assert check('--rules', '/nonexistent/mydns.conf') == 5      # as without one
    away = new_check(tables, **{'db-socket': '/nonexistent'})
    assert away() == 6
    denied = new_check(tables, **{'db-password': 'wrong'})
    assert denied() == 1
    missing = new_check(tables, **{'rr-table': 'nothere'})
    assert missing() == 1


def test_json(tables, new_check):
    check = new_check(tables)
    check()
    result = check.run('--json', capture_output=True)
    assert result.returncode == 5
    document = json.loads(result.stdout)
    assert [tuple(str(f[k]) for k in ('severity', 'domain', 'table', 'id', 'column', 'reason',
                                      'value')) for f in document] == check.findings
    assert json.loads(check.run('clean.example', '--json', capture_output=True).stdout) == []
    two_words = subprocess.run([program('dnsadm'), '-c', check.conf, 'domain', 'check',
                                'clean.example'], capture_output=True, check=False, timeout=60)
    assert two_words.returncode == 0


def test_table_at_a_terminal(tables, new_check):
    check = new_check(tables)
    master, slave = pty.openpty()
    result = check.run('nons.example', stdout=slave, stderr=subprocess.PIPE)
    with open(slave, 'wb', buffering=0), open(master, 'rb', buffering=0) as file:
        text = file.read(4096).decode()
    assert result.returncode == 5
    assert text.startswith('SEVERITY') and 'has no NS record' in text


def test_rules_of_the_server(tables, new_check):
    check = new_check(tables)
    rules = check.directory / 'mydns.conf'
    with open(rules, 'w', encoding='utf-8') as file:
        file.write("soa-where = origin = 'doubt.example.'\nrr-where = type = 'A'\n"
                   'zone-max-rows = 3\n')
    assert check('doubt.example', '--rules', rules) == 5
    assert [f[4:6] for f in check.findings] == [
        ('origin', 'is not loaded: it has 6 rows, zone-max-rows = 3')]

"""mydnscheck and mydnsexport: names of dnsadm, configured by mydns.conf."""
import os

import pytest

from support import schema
from support.server import program
from support.utilities import ROWS, Utilities, records


@pytest.fixture(scope='module')
def new_tools():
    utilities = Utilities()
    yield utilities
    utilities.remove()


@pytest.mark.parametrize('ddl', [schema.own, lambda: schema.mydns_ng('InnoDB')],
                         ids=['own', 'mydns-ng'])
def test_export_is_a_zone_file(new_database, new_tools, ddl):
    database = new_database(ddl())
    rows = ROWS if ddl is schema.own else [r for r in ROWS if r[0] != 'long' and r[1] in (
        'A', 'AAAA', 'CNAME', 'HINFO', 'MX', 'NAPTR', 'NS', 'RP', 'SRV', 'TXT')]
    database.add_zone('example.com.', rows, serial=7, minimum=60)
    database.add_zone('example.org.', [('', 'NS', 'ns1.example.com.')])
    run = new_tools(database)
    result = run('mydnsexport', 'example.com')
    assert result.code == 0 and result.err == ''
    assert '\f' not in result.out and '$ORIGIN example.com.\n' in result.out
    assert 'www\t600\tIN CNAME\tns1\n' in result.out and '\t3600\tIN MX\t10 mail\n' in result.out
    found = records(result.out)
    assert ('example.com.', 'SOA', 'ns1.example.com. hostmaster.example.com. 7 28800 7200 604800'
            ' 60', 3600) in found
    assert ('example.com.', 'TXT', r'"he said \"hi\"; \\"', 3600) in found
    assert ('n.example.com.', 'NAPTR', '10 20 "s" "SIP+D2U" "" _sip._udp.example.com.', 3600) \
        in found
    assert (r'\@.example.com.', 'A', '192.0.2.7', 3600) in found
    assert ('_sip._tcp.example.com.', 'SRV', '20 5 5060 mail.example.com.', 3600) in found
    assert len(found) == len(rows) + 1
    assert run('mydnsexport').out.count('\f') == 1


def test_export_leaves_out_what_is_not_served(new_database, new_tools):
    database = new_database(schema.mydns_ng('InnoDB', active=True))
    zone = database.add_zone('example.com.', [('', 'NS', 'ns1'), ('', 'ALIAS', 'ns1'),
                                              ('bad', 'A', '1.2.3'), ('off', 'A', '192.0.2.1')])
    database.sql(f"UPDATE rr SET active = 'N' WHERE zone = {zone} AND name = 'off'")
    database.add_zone('off.example.', [('', 'NS', 'ns1')], active='N')
    result = new_tools(database)('mydnsexport')
    assert result.code == 0
    assert 'bad' not in result.out and 'off' not in result.out
    assert '\t3600\tIN CNAME\tns1\n' in result.out
    assert 'data is not an IPv4 address' in result.err and 'ALIAS becomes CNAME' in result.err
    assert 'ALIAS becomes CNAME' in new_tools(database)('mydnsexport', '-t').err
    result = new_tools(database)('mydnsexport', 'example.com', 'nothere.example')
    assert result.code == 1 and 'nothere.example.' in result.err and '$ORIGIN' in result.out


def test_export_can_be_loaded_beside_a_cname(new_database, new_tools):
    """Zone files may hold neither two CNAMEs of a name nor one beside others: what is served counts."""
    database = new_database()
    database.add_zone('example.com.', [
        ('', 'NS', 'ns1'), ('ns1', 'A', '192.0.2.53'), ('both', 'A', '192.0.2.1'),
        ('bad', 'CNAME', 'a..b'), ('BOTH.example.com.', 'CNAME', 'ns1'), ('both', 'CNAME', 'www'),
        ('bad', 'TXT', 'x'), ('high', 'A', '192.0.2.2', 0, 4294967295)])
    ids = [number for number, in database.sql('SELECT id FROM rr ORDER BY id')]
    result = new_tools(database)('mydnsexport')
    assert result.code == 0
    found = {r for r in records(result.out) if r[1] not in ('SOA', 'NS')}
    assert found == {('ns1.example.com.', 'A', '192.0.2.53', 3600),
                     ('BOTH.example.com.', 'CNAME', 'ns1.example.com.', 3600),
                     ('bad.example.com.', 'TXT', '"x"', 3600),
                     ('high.example.com.', 'A', '192.0.2.2', 2147483647)}
    for hidden in (ids[2], ids[5]):
        assert f'row {hidden} is not served and left out: the CNAME of row {ids[4]}' in result.err
    lines = new_tools(database)('mydnsexport', '-t').out.splitlines()
    assert [line for line in lines if 'both' in line.lower()] == [
        'Cboth.example.com:ns1.example.com:3600']


def test_export_of_a_cname_beside_a_delegation(new_database, new_tools):
    """The delegation counts, as for the server: it and its DS are written, the CNAME is not."""
    database = new_database()
    database.add_zone('example.com.', [
        ('', 'NS', 'ns1'), ('sub', 'NS', 'ns.other.'), ('sub', 'DS', f'1 8 2 {"ab" * 32}'),
        ('sub', 'CNAME', 'www'), ('*.w', 'NS', 'ns.other.'), ('*.w', 'CNAME', 'www')])
    ids = [number for number, in database.sql('SELECT id FROM rr ORDER BY id')]
    result = new_tools(database)('mydnsexport')
    assert result.code == 0
    assert {r[:2] for r in records(result.out) if r[1] != 'SOA'} == {
        ('example.com.', 'NS'), ('sub.example.com.', 'NS'), ('sub.example.com.', 'DS'),
        ('*.w.example.com.', 'CNAME')}
    assert f'row {ids[3]} is not served and left out: the delegation of row {ids[1]}' in result.err
    assert f'row {ids[4]} is not served and left out: the CNAME of row {ids[5]}' in result.err


def test_export_of_a_cname_at_the_origin(new_database, new_tools):
    """It hides all but SOA and NS; where its target is hosted it acts as ALIAS and hides nothing."""
    database = new_database(schema.mydns_ng('InnoDB', active=True))
    rows = [('', 'NS', 'ns1.example.net.'), ('', 'MX', 'mail.example.net.', 10),
            ('www', 'A', '192.0.2.1')]
    zone = database.add_zone('example.com.', rows + [('', 'CNAME', 'h.cdn.net.')])
    for origin, target in (('example.org.', 'www.Example.COM.'), ('example.net.', 'www')):
        database.add_zone(origin, rows + [('', 'CNAME', target)])
    run = new_tools(database)
    ids = {name: number for number, name in database.sql(
        f"SELECT id, type FROM rr WHERE zone = {zone} AND name = ''")}
    result = run('mydnsexport', 'example.com')
    assert result.code == 0
    assert {r[:2] for r in lines_of(result.out)} == {
        ('@', 'SOA'), ('', 'NS'), ('@', 'CNAME'), ('www', 'A')}
    hidden = f"row {ids['MX']} is not served and left out: the CNAME of row {ids['CNAME']} hides it"
    refused = f"row {ids['CNAME']}: other servers refuse a CNAME at an origin"
    assert f'example.com.: {hidden}' in result.err and f'example.com.: {refused}' in result.err
    result = run('mydnsexport', '-t', 'example.com')
    assert [line[0] for line in result.out.splitlines()] == ['Z', '&', '=', 'C']
    assert f'example.com.: {hidden}' in result.err and f'example.com.: {refused}' in result.err
    for origin in 'example.org', 'example.net':
        result = run('mydnsexport', origin)
        assert 'left out' not in result.err and 'refuse a CNAME' in result.err
        assert ('', 'MX') in {r[:2] for r in lines_of(result.out)}
    database.sql("UPDATE soa SET active = 'N' WHERE origin = 'example.com.'")    # hosted no more
    assert 'hides it' in run('mydnsexport', 'example.org').err


def test_a_row_outside_its_zone(new_database, new_tools):
    """Only addresses can be served from there, as glue."""
    database = new_database()
    zone = database.add_zone('example.com.', [
        ('', 'NS', 'ns1.other.example.'), ('ns1.other.example.', 'A', '192.0.2.53'),
        ('ns1.other.example.', 'AAAA', '2001:db8::53'), ('www.other.example.', 'CNAME', 'x.')])
    (row,), = database.sql("SELECT id FROM rr WHERE type = 'CNAME'")
    run = new_tools(database)
    result = run('mydnsexport')
    assert f'row {row} is not served and left out: name lies outside the zone' in result.err
    assert result.code == 0 and 'CNAME' not in result.out and '2001:db8::53' in result.out
    assert '=ns1.other.example:192.0.2.53:3600' in run('mydnsexport', '-t').out.splitlines()
    assert findings(run('mydnscheck')) == [
        ('name lies outside the zone', str(zone), row, 'www.other.example.', '3600', 'CNAME', 'x.')]


def test_export_of_odd_names_in_the_soa(new_database, new_tools):
    """What would begin a comment or a line, or be a name of several words, stays one name."""
    database = new_database()
    zone = database.add_zone('example.com.', [('', 'NS', 'ns1')], serial=7)
    for ns, mbox, shown in (
            ('ns1', 'joe;x.example.', r'ns1.example.com. joe\;x.example.'),
            ('n(s', r'joe\.x', r'n\(s.example.com. joe\.x.example.com.'),
            ('', '', 'ns.example.com. hostmaster.example.com.'),
            ('a..b', 'x\n@ 60 IN A 192.0.2.66', None)):
        database.sql(f"UPDATE soa SET ns = {literal(ns)}, mbox = {literal(mbox)} WHERE id = {zone}")
        result = new_tools(database)('mydnsexport')
        assert result.code == 0
        found = records(result.out)
        soa, = (text for _, kind, text, _ in found if kind == 'SOA')
        assert len(found) == 2
        assert soa.startswith(f'{shown} 7 ') or shown is None, soa
    assert 'ns has an empty label' in result.err and soa.startswith('ns.example.com. '), result
    database.sql(f"UPDATE soa SET origin = 'ex;ample.com.' WHERE id = {zone}")
    result = new_tools(database)('mydnsexport')
    assert {name for name, *_ in records(result.out, r'ex\;ample.com.')} == {r'ex\;ample.com.'}


def test_conditions_of_the_server(new_database, new_tools):
    """soa-where and rr-where, a comment at their end included."""
    database = new_database()
    rows = [('', 'NS', 'ns1'), ('s', 'A', '1.2.3'), ('t', 'A', '192.0.2.1')]
    for origin in 'example.com.', 'suspended.example.':
        database.add_zone(origin, rows)
    run = new_tools(database, **{
        'soa-where': "origin = 'x.' OR origin <> 'suspended.example.' -- paid",
        'rr-where': "rr.name = 't' OR type <> 'A' # no s"})
    result = run('mydnsexport')
    assert result.code == 0 and result.err == ''
    assert lines_of(result.out) == [('@', 'SOA'), ('', 'NS'), ('t', 'A')]
    assert run('mydnscheck').out == ''
    for name in 'mydnsexport', 'mydnscheck':
        result = run(name, 'suspended.example')
        assert result.code == 1 and 'there is no domain suspended.example.' in result.err
        for option, condition in ('soa-where', 'nothere = 1'), ('rr-where', 'zone = 1)'):
            result = new_tools(database, **{option: condition})(name)
            assert result.code == 1 and f'{name}: {option} = {condition}: ' in result.err, result


def test_active_as_the_server_reads_it(new_database, new_tools):
    database = new_database(schema.mydns_ng('InnoDB', active=True))
    for origin, active in ('example.com.', 'Y'), ('off.example.', 'N'):
        database.add_zone(origin, [('', 'NS', 'ns1'), ('bad', 'A', '1.2.3')], active=active)
    database.sql("UPDATE rr SET active = 'N' WHERE name = 'bad'")
    for options, zones, errors in (({}, 1, 0), ({'use-soa-active': 'no'}, 2, 0),
                                   ({'use-rr-active': 'no'}, 1, 1),
                                   ({'use-soa-active': 'no', 'use-rr-active': 'no'}, 2, 2)):
        run = new_tools(database, **options)
        result = run('mydnsexport')
        assert result.out.count('$ORIGIN') == zones and result.err.count('IPv4') == errors
        assert len(findings(run('mydnscheck'))) == errors


def test_text_is_read_as_the_server_does(new_database, new_tools):
    database = new_database()
    zone = database.add_zone('example.com.', [('', 'NS', 'ns1'), ('q', 'TXT', '"a" "b"'),
                                              ('open', 'TXT', '"a')])
    row = dict((name, number) for number, name in database.sql('SELECT id, name FROM rr'))['open']
    for form, quoted, unfinished in (('auto', '"a" "b"', r'"\"a"'),
                                     ('raw', r'"\"a\" \"b\""', r'"\"a"'),
                                     ('quoted', '"a" "b"', None)):
        run = new_tools(database, **{'txt-format': form})
        result = run('mydnsexport')
        texts = {name: text for name, kind, text, _ in records(result.out) if kind == 'TXT'}
        assert texts['q.example.com.'] == quoted
        assert texts.get('open.example.com.') == unfinished
        assert ('unfinished quoted string' in result.err) == (unfinished is None)
        assert [finding for finding in findings(run('mydnscheck')) if finding[3] == 'open'] == (
            [] if unfinished else [('data has an unfinished quoted string', str(zone), row, 'open',
                                    '3600', 'TXT', r'"a')])


def test_export_for_tinydns(new_database, new_tools):
    database = new_database()
    database.add_zone('example.com.', ROWS + [
        ('p', 'PTR', 'host.example.com.'), ('none', 'MX', '.'), ('one', 'MX', 'mx.'),
        ('none', 'SRV', '0 0 .'), ('one', 'NS', 'ns.'), ('esc', 'NS', r'a\.b.')], serial=7)
    lines = new_tools(database)('mydnsexport', '--tinydns-data').out.splitlines()
    for line in ('Zexample.com:ns1.example.com:hostmaster.example.com:7:28800:7200:604800:300:3600',
                 '&example.com::ns1.example.com:3600', '&sub.example.com::ns.sub.example.com:3600',
                 '=ns1.example.com:192.0.2.53:3600', '+*.w.example.com:192.0.2.9:3600',
                 '@example.com::mail.example.com:10:3600', 'Cwww.example.com:ns1.example.com:600',
                 r"'example.com:he said \042hi\042; \134:3600",
                 'S_sip._tcp.example.com::mail.example.com:5060:20:5:3600',
                 '^p.example.com:host.example.com:3600',
                 '@none.example.com::.:0:3600', '@one.example.com::mx.:0:3600',
                 '&one.example.com::ns.:3600', r'&esc.example.com::a\056b.:3600',
                 r':none.example.com:33:\000\000\000\000\000\000\000:3600',
                 r':any.example.com:65500:\253\315:3600'):
        assert line in lines, line
    assert len(lines) == len(ROWS) + 7
    # tinydns-data refuses the file for octets of these: NS, CNAME, SOA, PTR, MX
    assert not any(line.split(':')[2] in '2 5 6 12 15'.split() for line in lines if line[0] == ':')
    assert not any(line.startswith('.') for line in lines)        # a second SOA


def lines_of(text):
    """Name and type of each record, as they are written."""
    return [(line.split('\t')[0], line.split('\t')[2].split()[1]) for line in text.splitlines()
            if '\tIN ' in line]


def literal(text):
    return f"0x{text.encode().hex()}" if text else "''"


def findings(result):
    assert result.code == 0, result
    return [tuple(line.split('\t')) for line in result.out.splitlines()]


def test_check(new_database, new_tools):
    database = new_database(schema.mydns_ng('InnoDB', active=True))
    zone = database.add_zone('example.com.', [
        ('', 'NS', 'ns1'), ('ns1', 'A', '192.0.2.53'), ('bad', 'A', '300.1.2.3'),
        ('both', 'CNAME', 'ns1'), ('both', 'TXT', 'x'), ('-x', 'A', '192.0.2.1'),
        ('under_score', 'A', '192.0.2.1'), ('_dmarc', 'TXT', 'v=DMARC1'),
        ('low', 'A', '192.0.2.1', 0, 60), ('ptr', 'PTR', 'nodot')], minimum=300, retry=5)
    other = database.add_zone('off.example.', [('x', 'A', 'y')], active='N')
    database.sql("INSERT INTO rr (zone, name, type, data, aux, ttl) VALUES (999, 'lost', 'A',"
                 " '192.0.2.1', 0, 60)")
    ids = {name: number for number, name in database.sql('SELECT id, name FROM rr')}
    run = new_tools(database)
    expected = {
        ('soa.retry is less than 300 seconds', str(zone), '-', 'example.com.', '3600', 'SOA', '-'),
        ('data is not an IPv4 address', str(zone), ids['bad'], 'bad', '3600', 'A', '300.1.2.3'),
        ('non-CNAME record alongside CNAME', str(zone), str(int(ids['both'])), 'both', '3600',
         'TXT', 'x'),
        ('name begins or ends with a hyphen', str(zone), ids['-x'], '-x', '3600', 'A',
         '192.0.2.1'),
        ('name holds an illegal character', str(zone), ids['under_score'], 'under_score', '3600',
         'A', '192.0.2.1'),
        ('TTL below zone minimum', str(zone), ids['low'], 'low', '60', 'A', '192.0.2.1'),
        ('data lacks the final dot', str(zone), ids['ptr'], 'ptr', '3600', 'PTR', 'nodot')}
    assert set(findings(run('mydnscheck'))) == expected
    assert findings(run('mydnscheck', 'EXAMPLE.com')) == findings(run('mydnscheck'))
    lost = ('zone does not exist', '999', ids['lost'], 'lost', '60', 'A', '192.0.2.1')
    assert findings(run('mydnscheck', '-C')) == [lost]
    assert findings(run('mydnscheck', '--consistency'))[-1] == lost
    assert findings(run('mydnscheck', 'off.example'))[-1][1] == str(other)
    assert run('mydnscheck', 'nothere.example').code == 1


@pytest.mark.parametrize('name', ['mydnscheck', 'mydnsexport'])
def test_switches(new_database, new_tools, name):
    database = new_database()
    database.add_zone('example.com.', ROWS)
    run = new_tools(database)
    result = run(name, '--help')
    assert result.code == 0 and result.out.startswith(f'Usage: {name} ')
    assert run(name, '--version').out.startswith(f'{name} (mydns) ')
    assert run(name, '--bogus').code == 1
    assert run(name, '-ptypo').code == 1
    assert run(name, '-D', 'nothere').code == 1
    assert run(name, '-u', database.user, '--password=' + database.password, '-h', 'localhost',
               '-v').code == 0
    missing = run(name, '--conf=/nonexistent/mydns.conf')
    assert missing.code == 1 and missing.err.startswith(f'{name}: /nonexistent/mydns.conf')
    assert os.path.basename(os.path.realpath(program(name))) == 'dnsadm'

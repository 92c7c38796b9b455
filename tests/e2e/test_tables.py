"""Tables as others have made them are served without being altered."""
import itertools

import pytest

from support import schema
from support.query import ask, data, rcode

ZONE = [('', 'NS', 'ns1'), ('ns1', 'A', '192.0.2.53'), ('www', 'A', '192.0.2.1'),
        ('www.example.com.', 'AAAA', '2001:db8::1'), ('mail', 'MX', 'www', 10),
        ('UPPER', 'A', '192.0.2.9')]
ENGINES = list(itertools.product(['InnoDB', 'MyISAM'], ['latin1', 'utf8mb4']))
# utf8mb4 makes ISPConfig's index too long for MyISAM
ISPCONFIG_ENGINES = [('InnoDB', 'utf8mb4'), ('InnoDB', 'utf8mb3'), ('MyISAM', 'utf8mb3')]


def check_zone(server):
    assert data(ask(server, 'www.example.com')) == ['192.0.2.1']
    assert data(ask(server, 'www.example.com', 'AAAA')) == ['2001:db8::1']
    assert data(ask(server, 'mail.example.com', 'MX')) == ['10 www.example.com.']
    assert data(ask(server, 'upper.example.com')) == ['192.0.2.9']
    assert data(ask(server, 'example.com', 'NS')) == ['ns1.example.com.']
    soa = ask(server, 'example.com', 'SOA').answer[0][0]
    assert (str(soa.mname), soa.serial) == ('ns1.example.com.', 1)


@pytest.mark.parametrize('engine, text', ENGINES)
def test_mydns_11(new_database, start_server, engine, text):
    database = new_database(schema.mydns_11(engine, text))
    database.add_zone('example.com.', ZONE)
    check_zone(start_server(database.conf()))


@pytest.mark.parametrize('engine, text', ENGINES)
def test_mydns_ng(new_database, start_server, engine, text):
    database = new_database(schema.mydns_ng(engine, text))
    database.add_zone('example.com.', ZONE)
    check_zone(start_server(database.conf()))


@pytest.mark.parametrize('engine, text', ISPCONFIG_ENGINES)
def test_ispconfig(new_database, start_server, engine, text):
    database = new_database(schema.ispconfig(engine, text), soa_table='dns_soa', rr_table='dns_rr')
    database.add_zone('example.com.', ZONE + [
        ('caa', 'CAA', '0 issue "letsencrypt.org; opt"'),
        ('', 'TXT', 'v=spf1 a mx ~all'),
        ('key._domainkey.example.com.', 'TXT', 'v=DKIM1; t=s; p=' + 'A' * 392),
        ('_sip._udp', 'SRV', '5 5060 www', 10),
        ('naptr', 'NAPTR', '10 "U" "SIP+D2U" "" _sip._udp.example.com.', 100),
        ('ssh', 'SSHFP', '4 2 ' + 'ab' * 32), ('_25._tcp', 'TLSA', '3 1 1 ' + 'cd' * 32),
        ('old', 'DNAME', 'new.example.com.'),
        ('sub', 'DS', '12345 13 2 ' + 'ef' * 32), ('sub', 'NS', 'ns1'),
        ('loc', 'LOC', '52 22 23.000 N 4 53 32.000 E -2.00m 0.00m 10000m 10m'),
    ], active='Y', xfer='192.0.2.1', server_id=1)
    database.add_zone('suspended.example.', [('www', 'A', '192.0.2.1')], active='N')
    server = start_server({**database.conf(), 'soa-table': 'dns_soa', 'rr-table': 'dns_rr'})
    check_zone(server)
    assert rcode(ask(server, 'www.suspended.example')) == 'REFUSED'
    assert data(ask(server, 'caa.example.com', 'CAA')) == ['0 issue "letsencrypt.org; opt"']
    assert data(ask(server, 'example.com', 'TXT')) == ['"v=spf1 a mx ~all"']
    dkim = ask(server, 'key._domainkey.example.com', 'TXT', tcp=True).answer[0][0]
    assert [len(s) for s in dkim.strings] == [255, 408 - 255]
    assert data(ask(server, '_sip._udp.example.com', 'SRV')) == ['10 5 5060 www.example.com.']
    assert data(ask(server, 'naptr.example.com', 'NAPTR')) == [
        '100 10 "U" "SIP+D2U" "" _sip._udp.example.com.']
    assert data(ask(server, 'ssh.example.com', 'SSHFP')) == ['4 2 ' + 'ab' * 32]
    assert data(ask(server, '_25._tcp.example.com', 'TLSA')) == ['3 1 1 ' + 'cd' * 32]
    assert data(ask(server, 'old.example.com', 'DNAME')) == ['new.example.com.']
    assert data(ask(server, 'sub.example.com', 'DS')) == ['12345 13 2 ' + 'ef' * 32]
    assert len(data(ask(server, 'loc.example.com', 'LOC'))) == 1


@pytest.mark.parametrize('soa_where, refused', [(None, False), ('server_id = 1', True)])
def test_ispconfig_with_its_own_configuration(new_database, start_server, soa_where, refused):
    database = new_database(schema.ispconfig(), soa_table='dns_soa', rr_table='dns_rr')
    database.add_zone('example.com.', ZONE, active='Y')
    database.add_zone('other.example.', [('www', 'A', '192.0.2.2')], active='Y', server_id=2)
    database.add_zone('suspended.example.', [('www', 'A', '192.0.2.3')], active='N')
    server = start_server(begin=False)
    text = schema.ISPCONFIG_CONF.format(user=database.user, password=database.password,
                                        database=database.name, pidfile=server.pid_file)
    # In front, where the first setting wins: what keeps this server in its corner.
    server.write_conf(f'db-socket = {database.instance.socket}\nlog = stderr\n'
                      f'port = {server.port}\n'
                      + (f'soa-where = {soa_where}\n' if soa_where else '') + text)
    server.start()
    check_zone(server)
    assert rcode(ask(server, 'www.suspended.example')) == 'REFUSED'
    assert (rcode(ask(server, 'www.other.example')) == 'REFUSED') == refused
    # axfr and update are off or harmless; "recursive =" without a value is no forwarder
    assert rcode(ask(server, 'www.example.org', rd=True)) == 'REFUSED'


def test_rr_where(new_database, start_server):
    database = new_database()
    database.add_zone('example.com.', ZONE + [('hidden', 'A', '192.0.2.66', 7)])
    server = start_server({**database.conf(), 'rr-where': 'aux <> 7'})
    check_zone(server)
    assert rcode(ask(server, 'hidden.example.com')) == 'NXDOMAIN'


@pytest.mark.parametrize('option', ['soa-where', 'rr-where'])
def test_a_condition_that_the_server_refuses_is_named(new_database, start_server, option):
    database = new_database()
    database.add_zone('example.com.', ZONE)
    server = start_server({**database.conf(), option: 'nosuch = 1'}, ready=False)
    server.wait_log(r"no database: with the condition \(nosuch = 1\): Unknown column 'nosuch'")


def active_zones(new_database):
    database = new_database(schema.mydns_ng('InnoDB', active=True))
    zone = database.add_zone('example.com.', ZONE + [('off', 'A', '192.0.2.2'),
                                                     ('half', 'A', '192.0.2.3'),
                                                     ('half', 'A', '192.0.2.4')])
    database.sql(f"UPDATE rr SET active = 'N' WHERE zone = {zone}"
                 " AND (name = 'off' OR data = '192.0.2.4')")
    database.add_zone('inactive.example.', [('www', 'A', '192.0.2.5')], active='N')
    return database


@pytest.mark.parametrize('option', [None, 'yes'])
def test_active_columns_count(new_database, start_server, option):
    database = active_zones(new_database)
    server = start_server({**database.conf(), 'use-soa-active': option, 'use-rr-active': option})
    check_zone(server)
    assert rcode(ask(server, 'off.example.com')) == 'NXDOMAIN'
    assert data(ask(server, 'half.example.com')) == ['192.0.2.3']
    assert rcode(ask(server, 'www.inactive.example')) == 'REFUSED'


def test_active_columns_do_not_count(new_database, start_server):
    database = active_zones(new_database)
    server = start_server({**database.conf(), 'use-soa-active': 'no', 'use-rr-active': 'no'})
    assert data(ask(server, 'off.example.com')) == ['192.0.2.2']
    assert data(ask(server, 'half.example.com')) == ['192.0.2.3', '192.0.2.4']
    assert data(ask(server, 'www.inactive.example')) == ['192.0.2.5']


def test_options_without_the_columns(new_database, start_server):
    database = new_database(schema.mydns_11())
    database.add_zone('example.com.', ZONE)
    check_zone(start_server({**database.conf(), 'use-soa-active': 'yes', 'use-rr-active': 'yes'}))


def test_edata(new_database, start_server):
    database = new_database(schema.mydns_ng(edata=True))
    zone = database.add_zone('example.com.', ZONE)
    database.sql(f"INSERT INTO rr (zone, name, type, data, edata, aux, ttl) VALUES"
                 f" ({zone}, 'long', 'TXT', REPEAT('d', 128), REPEAT('e', 200), 0, 3600)")
    server = start_server(database.conf())
    check_zone(server)
    assert b''.join(ask(server, 'long.example.com', 'TXT').answer[0][0].strings) == \
        b'd' * 128 + b'e' * 200


def test_views(new_database, start_server):
    database = new_database(schema.views())
    database.sql("""
        INSERT INTO domain (number, fqdn) VALUES (5, 'example.com');
        INSERT INTO entry (domain, label, kind, value) VALUES (5, '', 'NS', 'ns1'),
          (5, 'ns1', 'A', '192.0.2.53'), (5, 'www', 'A', '192.0.2.1'),
          (5, 'https', 'HTTPS', '1 . alpn=h2'), (5, 'odd', 'TYPE65500', '\\\\# 2 abcd');""")
    server = start_server(database.conf())
    assert data(ask(server, 'www.example.com')) == ['192.0.2.1']
    assert data(ask(server, 'https.example.com', 'HTTPS')) == ['1 . alpn="h2"']
    assert data(ask(server, 'odd.example.com', 'TYPE65500')) == ['\\# 2 abcd']


def test_names_are_compared_as_octets(new_database, start_server):
    """Collations take accents, capitals and final blanks for equal; DNS does only the capitals."""
    database = new_database(schema.mydns_ng('InnoDB', 'utf8mb4'))
    database.add_zone('example.com.', ZONE)
    server = start_server(database.conf())
    assert data(ask(server, 'WWW.EXAMPLE.com')) == ['192.0.2.1']
    for name in (r'w\195\188w.example.com', r'www\032.example.com',
                 r'www.ex\195\161mple.com', r"ww'.example.com", r'ww\%.example.com',
                 r'w_w.example.com', r'ww\092.example.com',
                 r'www\000.example.com', r'ns1\.example.com.'):
        assert rcode(ask(server, name)) in ('NXDOMAIN', 'REFUSED'), name


def test_octets_as_stored(new_database, start_server):
    database = new_database()
    database.add_zone('example.com.', ZONE + [
        ('bytes', 'TXT', b'\x00\xff\xc3\xa4"'), (r'a\.b', 'A', '192.0.2.2'),
        (r'nul\000', 'A', '192.0.2.3')])
    server = start_server(database.conf())
    assert ask(server, 'bytes.example.com', 'TXT').answer[0][0].strings == (b'\x00\xff\xc3\xa4"',)
    assert data(ask(server, r'a\.b.example.com')) == ['192.0.2.2']
    assert rcode(ask(server, 'a.b.example.com')) == 'NXDOMAIN'
    assert data(ask(server, r'nul\000.example.com')) == ['192.0.2.3']


def test_two_rows_alike_are_one_record(new_database, start_server):
    database = new_database(schema.ispconfig(), soa_table='dns_soa', rr_table='dns_rr')
    database.add_zone('example.com.', ZONE + [('www', 'A', '192.0.2.1', 0, 1800)], active='Y')
    server = start_server({**database.conf(), 'soa-table': 'dns_soa', 'rr-table': 'dns_rr'})
    reply = ask(server, 'www.example.com')
    assert data(reply) == ['192.0.2.1'] and reply.answer[0].ttl == 1800


def test_soa_names_are_completed(new_database, start_server):
    database = new_database()
    database.add_zone('a.example.', ns='ns9', mbox='joe')
    database.add_zone('b.example.', ns='', mbox='')
    database.add_zone('C.Example.', [('www', 'A', '192.0.2.1')])
    database.add_zone('nodot.example', [('www', 'A', '192.0.2.1')])
    database.add_zone('spaces.example.  ', [('www ', 'A', '192.0.2.1')], ns='ns7 ', mbox='joe ')
    server = start_server(database.conf())

    def soa(origin):
        record = ask(server, origin, 'SOA').answer[0][0]
        return str(record.mname), str(record.rname)
    assert soa('a.example') == ('ns9.a.example.', 'joe.a.example.')
    assert soa('b.example') == ('ns.b.example.', 'hostmaster.b.example.')
    assert soa('c.example')
    assert soa('spaces.example') == ('ns7.spaces.example.', 'joe.spaces.example.')
    assert data(ask(server, 'www.spaces.example')) == ['192.0.2.1']
    assert data(ask(server, 'www.c.example')) == ['192.0.2.1']
    assert rcode(ask(server, 'www.nodot.example')) == 'REFUSED'
    server.wait_log(r'nodot\.example')

"""
Answers before the origin list is there: names are looked up one by one. The list of 200,000 zones is held up
halfway by the line it comes by, which lets what is short pass.
"""
import socket
import time

import dns.message
import pytest

from support.proxy import Proxy
from support.query import ask, data, ede, make, rcode
from support.wait import wait_until

ZONES = 200000
READ = 'origin list read'
HALFWAY = 1000000       # octets; the list has some 6 million


@pytest.fixture(scope='module', name='database')
def many_zones(new_database):
    database = new_database()
    database.sql(f"""
        INSERT INTO soa (origin, ns, mbox) SELECT CONCAT('zone-', seq, '.example.'),
            'ns1.example.com.', 'hostmaster.example.com.' FROM seq_1_to_{ZONES};
        INSERT INTO rr (zone, name, type, data) SELECT id, 'www', 'A', '192.0.2.7' FROM soa;""")
    database.add_zone('example.com.', [
        ('www', 'A', '192.0.2.1'), ('www.sub', 'A', '192.0.2.99'), ('sub', 'NS', 'ns1.sub'),
        ('to-sub', 'CNAME', 'www.sub'), ('mail', 'MX', 'www.sub', 10), ('as-sub', 'ALIAS', 'www.sub')])
    database.add_zone('sub.example.com.', [('www', 'A', '192.0.2.2')])
    database.add_zone('Mixed.Example.net.', [('www', 'A', '192.0.2.3')])
    return database


@pytest.fixture(name='line')
def a_line(database):
    with Proxy(database.instance.socket) as proxy:
        yield proxy


def start(database, line, start_server, **options):
    return start_server({**database.conf(), 'db-host': f'127.0.0.1:{line.port}', 'db-socket': None,
                         **options}, ready=False)


def answered(server, *question):
    """The first answer that is no SERVFAIL."""
    def look():
        reply = ask(server, *question, timeout=0.2)
        return reply if rcode(reply) != 'SERVFAIL' else None
    return wait_until(look)


def complete(server, line):
    """The list comes."""
    assert READ not in server.log()
    assert not server.is_ready()
    line.go_on()
    server.wait_ready(120)
    server.wait_log(READ)


def executed(database):
    status = database.sql("SHOW GLOBAL STATUS LIKE 'Com_stmt_execute'")
    return int(status[0][1])


def test_first_answer(database, line, start_server):
    line.stall(HALFWAY)
    began = time.monotonic()
    server = start(database, line, start_server)
    reply = answered(server, f'www.zone-{ZONES}.example')
    print(f'first answer {(time.monotonic() - began) * 1000:.0f} ms after the start')
    assert data(reply) == ['192.0.2.7']
    wait_until(lambda: line.stalled > 0)
    began = time.monotonic()
    assert data(answered(server, 'www.zone-1.example')) == ['192.0.2.7']
    print(f'another zone {(time.monotonic() - began) * 1000:.0f} ms')
    assert data(answered(server, 'www.MIXED.example.net')) == ['192.0.2.3']
    assert rcode(answered(server, 'nothing.zone-1.example')) == 'NXDOMAIN'
    for name in ('www.example.org', 'a.zone-0.example', r'odd\.label.zone-3.example'):
        reply = ask(server, name, use_edns=0)
        assert rcode(reply) == 'SERVFAIL' and ede(reply) == [14], name
    complete(server, line)
    for name in ('www.example.org', 'a.zone-0.example'):
        assert rcode(ask(server, name)) == 'REFUSED'
    assert data(ask(server, 'www.zone-2.example')) == ['192.0.2.7']
    assert data(ask(server, 'www.zone-1.example')) == ['192.0.2.7']
    assert rcode(ask(server, r'odd\.label.zone-3.example')) == 'NXDOMAIN'


@pytest.mark.parametrize('preload', ['no', 'yes'])
def test_child_below_a_zone_that_is_there_already(database, line, start_server, preload):
    """Each answer is the one that the whole list gives."""
    line.stall(HALFWAY)
    server = start(database, line, start_server, preload=preload)
    questions = [('www.example.com', 'A'), ('www.sub.example.com', 'A'), ('to-sub.example.com', 'A'),
                 ('mail.example.com', 'MX'), ('as-sub.example.com', 'A'),
                 ('sub.example.com', 'DS'), ('sub.example.com', 'NS'), ('example.com', 'SOA')]
    early = [answered(server, *question) for question in questions]
    assert data(early[0]) == ['192.0.2.1']
    assert data(early[1]) == ['192.0.2.2']
    complete(server, line)
    for question, before in zip(questions, early):
        after = answered(server, *question)
        assert (before.flags, before.answer, before.authority, before.additional) == \
            (after.flags, after.answer, after.authority, after.additional), question


def test_flood(database, line, start_server):
    """However many names are asked for, few statements are run."""
    names = 3000
    line.stall(HALFWAY)
    server = start(database, line, start_server, loaders=1)
    assert data(answered(server, 'www.zone-5.example')) == ['192.0.2.7']
    wait_until(lambda: line.stalled > 0)
    line.delay(0.3)
    before = executed(database)
    codes = set()
    with socket.socket(type=socket.SOCK_DGRAM) as client:
        client.settimeout(5)
        client.connect(server.address)
        for i in range(0, names, 50):
            for k in range(i, i + 50):
                client.send(make(f'www.zone-{k + 1000}.example').to_wire())
            if i % 100 == 0:
                codes.add(rcode(dns.message.from_wire(client.recv(65535))))
    assert 'SERVFAIL' in codes
    assert executed(database) - before < names / 10
    line.delay(0)
    # what was asked for is forgotten, and what is known goes on
    assert data(ask(server, 'www.zone-5.example')) == ['192.0.2.7']
    assert data(answered(server, 'www.zone-6.example')) == ['192.0.2.7']
    complete(server, line)
    assert data(ask(server, 'www.zone-1001.example')) == ['192.0.2.7']


def test_upper_case_counts(new_database, start_server):
    """Where SQL tells cases apart a name may not be found as it is spelled: nothing is looked up."""
    database = new_database()
    database.sql("""ALTER TABLE soa MODIFY origin VARCHAR(255) CHARACTER SET latin1 COLLATE latin1_bin
                    NOT NULL""")
    database.sql(f"""INSERT INTO soa (origin, ns, mbox) SELECT CONCAT('zone-', seq, '.example.'),
                     'ns1.example.com.', 'hostmaster.example.com.' FROM seq_1_to_{ZONES}""")
    database.add_zone('Sub.Example.Com.', [('www', 'A', '192.0.2.2')])
    database.add_zone('example.com.', [('www.sub', 'A', '192.0.2.99')])
    with Proxy(database.instance.socket) as line:
        line.stall(HALFWAY)
        server = start(database, line, start_server)
        wait_until(lambda: line.stalled > 0)
        assert rcode(ask(server, 'www.sub.example.com')) == 'SERVFAIL'
        complete(server, line)
        assert data(ask(server, 'www.sub.example.com')) == ['192.0.2.2']

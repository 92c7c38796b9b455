"""A change of the tables shows by itself, without a restart."""
import signal
import threading

import pytest

from support import schema
from support.load import Load
from support.query import ask, data, is_data, is_rcode, rcode
from support.wait import wait_until

ROWS = [('', 'NS', 'ns1'), ('ns1', 'A', '192.0.2.53'), ('www', 'A', '192.0.2.1'),
        ('mail', 'A', '192.0.2.25')]
SOON = 20.0         # zone-cache-expire is 1; the rest is the slowness of a busy machine


@pytest.fixture
def database(new_database):
    database = new_database()
    database.zone = database.add_zone('example.com.', ROWS)
    return database


@pytest.fixture(params=['off', 'auto'])
def server(request, database, start_server):
    return start_server({**database.conf(), 'zone-cache-expire': 1, 'sweep-interval': 1,
                         'change-feed': request.param, 'ignore-minimum': 'yes'})


def test_row_changed(database, server):
    assert data(ask(server, 'www.example.com')) == ['192.0.2.1']
    database.sql("UPDATE rr SET data = '192.0.2.2' WHERE name = 'www'")
    wait_until(lambda: is_data(server, 'www.example.com', 'A', '192.0.2.2'), SOON)
    assert data(ask(server, 'mail.example.com')) == ['192.0.2.25']


def test_row_added(database, server):
    assert rcode(ask(server, 'new.example.com')) == 'NXDOMAIN'
    database.add_rows(database.zone, [('new', 'A', '192.0.2.3')])
    wait_until(lambda: is_data(server, 'new.example.com', 'A', '192.0.2.3'), SOON)


def test_row_deleted(database, server):
    assert data(ask(server, 'www.example.com')) == ['192.0.2.1']
    database.sql("DELETE FROM rr WHERE name = 'www'")
    wait_until(lambda: is_rcode(server, 'www.example.com', 'A', 'NXDOMAIN'), SOON)


def test_row_changes_its_name_and_type(database, server):
    database.sql("UPDATE rr SET name = 'w3', type = 'TXT' WHERE name = 'www'")
    wait_until(lambda: is_data(server, 'w3.example.com', 'TXT', '"192.0.2.1"'), SOON)
    assert rcode(ask(server, 'www.example.com')) == 'NXDOMAIN'


def test_serial_changed(database, server):
    database.sql('UPDATE soa SET serial = 2024010101, minimum = 77')
    wait_until(lambda: ask(server, 'example.com', 'SOA').answer[0][0].serial == 2024010101, SOON)
    assert ask(server, 'nothing.example.com').authority[0].ttl == 77


def test_zone_added(database, server):
    assert rcode(ask(server, 'www.example.net')) == 'REFUSED'
    database.add_zone('example.net.', [('www', 'A', '192.0.2.4')])
    wait_until(lambda: is_data(server, 'www.example.net', 'A', '192.0.2.4'), SOON)


def test_zone_added_below_and_deleted(database, server):
    assert rcode(ask(server, 'www.sub.example.com')) == 'NXDOMAIN'
    zone = database.add_zone('sub.example.com.', [('www', 'A', '192.0.2.5')])
    wait_until(lambda: is_data(server, 'www.sub.example.com', 'A', '192.0.2.5'), SOON)
    database.sql(f'DELETE FROM soa WHERE id = {zone}; DELETE FROM rr WHERE zone = {zone};')
    wait_until(lambda: is_rcode(server, 'www.sub.example.com', 'A', 'NXDOMAIN'), SOON)


def test_zone_deleted(database, server):
    assert data(ask(server, 'www.example.com')) == ['192.0.2.1']
    database.sql('DELETE FROM rr; DELETE FROM soa;')
    wait_until(lambda: is_rcode(server, 'www.example.com', 'A', 'REFUSED'), SOON)


def test_origin_changed(database, server):
    database.sql("UPDATE soa SET origin = 'example.org.', ns = 'ns1' WHERE id = 1")
    wait_until(lambda: is_data(server, 'www.example.org', 'A', '192.0.2.1'), SOON)
    wait_until(lambda: is_rcode(server, 'www.example.com', 'A', 'REFUSED'), SOON)


def test_zone_replaced_in_one_transaction(database, server):
    """The same origin under another id: no query in between may see nothing."""
    database.sql(f"""
        START TRANSACTION;
        DELETE FROM rr WHERE zone = {database.zone}; DELETE FROM soa;
        INSERT INTO soa (id, origin, ns, mbox) VALUES (77, 'example.com.', 'ns1', 'h');
        INSERT INTO rr (zone, name, type, data, aux, ttl)
          VALUES (77, 'www', 'A', '192.0.2.7', 0, 60);
        COMMIT;""")

    def replaced():
        reply = ask(server, 'www.example.com')
        assert rcode(reply) == 'NOERROR' and len(data(reply)) == 1, reply
        return data(reply) == ['192.0.2.7']
    for _ in range(3):
        wait_until(replaced, SOON)


def test_changes_of_one_transaction_show_together(database, server):
    database.sql(f"""
        START TRANSACTION;
        UPDATE rr SET data = '192.0.2.101' WHERE name = 'www';
        INSERT INTO rr (zone, name, type, data, aux, ttl)
          VALUES ({database.zone}, 'www', 'A', '192.0.2.102', 0, 3600);
        COMMIT;""")
    seen = set()

    def both():
        seen.add(tuple(data(ask(server, 'www.example.com'))))
        return ('192.0.2.101', '192.0.2.102') in seen
    wait_until(both, SOON)
    assert seen <= {('192.0.2.1',), ('192.0.2.101', '192.0.2.102')}


def test_sighup_is_immediate(database, start_server):
    server = start_server({**database.conf(), 'zone-cache-expire': 3600, 'sweep-interval': 3600,
                           'change-feed': 'off', 'ignore-minimum': 'yes'})
    assert data(ask(server, 'www.example.com')) == ['192.0.2.1']
    database.sql("UPDATE rr SET data = '192.0.2.2' WHERE name = 'www'")
    assert data(ask(server, 'www.example.com')) == ['192.0.2.1']
    server.signal(signal.SIGHUP)
    wait_until(lambda: is_data(server, 'www.example.com', 'A', '192.0.2.2'), SOON)


def test_sighup_never_stops_answering(database, server):
    server.signal(signal.SIGHUP)
    for _ in range(200):
        assert data(ask(server, 'www.example.com')) == ['192.0.2.1']


def test_caches_of_size_zero(database, start_server):
    """MyDNS's way to say: always fresh."""
    server = start_server({**database.conf(), 'zone-cache-size': 0, 'reply-cache-size': 0,
                           'zone-cache-expire': 60, 'change-feed': 'off', 'ignore-minimum': 'yes'})
    assert data(ask(server, 'www.example.com')) == ['192.0.2.1']
    database.sql("UPDATE rr SET data = '192.0.2.2' WHERE name = 'www'")
    wait_until(lambda: is_data(server, 'www.example.com', 'A', '192.0.2.2'), SOON)


def test_ttl_of_the_rrset_bounds_its_age(database, start_server):
    database.add_rows(database.zone, [('quick', 'A', '192.0.2.10', 0, 1)])
    server = start_server({**database.conf(), 'zone-cache-expire': 60, 'sweep-interval': 3600,
                           'change-feed': 'off', 'ignore-minimum': 'yes'})
    assert data(ask(server, 'quick.example.com')) == ['192.0.2.10']
    database.sql("UPDATE rr SET data = '192.0.2.11' WHERE name = 'quick'")
    wait_until(lambda: is_data(server, 'quick.example.com', 'A', '192.0.2.11'), SOON)


def test_a_zone_rewritten_in_myisam(new_database, start_server):
    """
    No snapshot: rows are deleted and written anew, all the time. What was read in between is not
    shown; and the end of it is seen.
    """
    database = new_database(schema.mydns_11('MyISAM'))
    zone = database.add_zone('example.com.', ROWS)
    server = start_server({**database.conf(), 'zone-cache-expire': 1, 'sweep-interval': 1,
                           'change-feed': 'off', 'ignore-minimum': 'yes'})
    question = ('www.example.com', 'A')
    wait_until(lambda: is_data(server, *question, '192.0.2.1'))
    step = f"""
        DELETE FROM rr WHERE zone = {zone}; DO SLEEP(0.2);
        INSERT INTO rr (zone, name, type, data, aux, ttl) VALUES
          ({zone}, '', 'NS', 'ns1', 0, 60), ({zone}, 'www', 'A', '192.0.2.2', 0, 60);
        DO SLEEP(0.2);"""
    rewrite = f'DELIMITER //\nBEGIN NOT ATOMIC {12 * step} END //\n'      # no client in between
    with Load(server, {question: {'NOERROR 192.0.2.1', 'NOERROR 192.0.2.2'}}) as load:
        writer = threading.Thread(target=database.sql, args=(rewrite,))
        writer.start()
        load.begin('rewritten')
        wait_until(lambda: not writer.is_alive(), 30)
        writer.join()
        wait_until(lambda: is_data(server, *question, '192.0.2.2'))
        load.only(question, 'NOERROR 192.0.2.2')
        load.asked_more(200)

"""Zones and RRsets past their limits, and zones so large that others would wait for them."""
import time

import pytest

from support.query import ask, data, ede, is_data, rcode
from support.wait import wait_until

GOOD = [('', 'NS', 'ns1'), ('ns1', 'A', '192.0.2.53'), ('www', 'A', '192.0.2.1')]
NOT_READY = 14


def many(count, first=0):
    return [(f'host{first + i}', 'A', f'192.0.2.{i % 256}') for i in range(count)]


def statements(database):
    return int(database.instance.sql("SHOW GLOBAL STATUS LIKE 'Com_stmt_execute'")[0][1])


def bump(database, zone):
    database.sql(f'UPDATE {database.soa_table} SET serial = serial + 1 WHERE id = {zone}')


def test_never_loaded(new_database, start_server):
    """SERVFAIL with the reason, all others served, and the database is left in peace."""
    database = new_database()
    database.add_zone('small.example.', GOOD)
    database.add_zone('large.example.', GOOD + many(60))
    database.add_zone('after.example.', GOOD)
    server = start_server({**database.conf(), 'zone-max-rows': 50, 'zone-cache-expire': 1})
    server.wait_log(r'error: zone large\.example\. .*SERVFAIL.*it has 63 rows, zone-max-rows = 50')
    before = statements(database)
    started = time.monotonic()
    for _ in range(200):
        answer = ask(server, 'www.large.example', use_edns=0)
        assert (rcode(answer), ede(answer)) == ('SERVFAIL', [NOT_READY])
    assert time.monotonic() - started < 20
    assert data(ask(server, 'www.small.example')) == ['192.0.2.1']
    assert data(ask(server, 'www.after.example')) == ['192.0.2.1']
    assert statements(database) - before < 50
    assert server.log().count('large.example') == 1
    # at the limit is within
    zone = database.sql("SELECT id FROM soa WHERE origin = 'large.example.'")[0][0]
    database.sql(f"DELETE FROM rr WHERE zone = {zone} AND name LIKE 'host%' LIMIT 13")
    bump(database, zone)
    server.signal(1)
    wait_until(lambda: is_data(server, 'www.large.example', 'A', '192.0.2.1'))


@pytest.mark.parametrize('option, rows, line', [
    ({'zone-max-rows': 50}, many(60), 'it has 63 rows, zone-max-rows = 50'),
    ({'rrset-max-records': 20}, [('many', 'A', f'192.0.2.{i}') for i in range(21)],
     r'many\.example\.com\. A has 21 records, rrset-max-records = 20'),
], ids=['rows', 'records'])
def test_old_version_stays(new_database, start_server, option, rows, line):
    database = new_database()
    zone = database.add_zone('example.com.', GOOD)
    server = start_server({**database.conf(), 'sweep-interval': 1, 'zone-cache-expire': 1,
                           **option})
    wait_until(lambda: is_data(server, 'www.example.com', 'A', '192.0.2.1'))
    database.add_rows(zone, rows)
    database.sql("UPDATE rr SET data = '192.0.2.99' WHERE name = 'www'")
    bump(database, zone)
    server.wait_log('error: zone example.com. .*former version stays.*' + line)
    until = time.monotonic() + 1.5
    while time.monotonic() < until:     # past its age the old version is answered as well
        assert data(ask(server, 'www.example.com')) == ['192.0.2.1']
        assert rcode(ask(server, f'{rows[0][0]}.example.com')) == 'NXDOMAIN'
    before = statements(database)
    for _ in range(100):
        assert data(ask(server, 'www.example.com')) == ['192.0.2.1']
    assert statements(database) - before < 50
    assert server.log().count('former version stays') == 1
    names = ', '.join(f"'{name}'" for name, *_ in rows)
    database.sql(f'DELETE FROM rr WHERE name IN ({names})')
    bump(database, zone)
    wait_until(lambda: is_data(server, 'www.example.com', 'A', '192.0.2.99'))


def test_a_bad_row_is_none_of_the_limit(new_database, start_server):
    database = new_database()
    database.add_zone('example.com.', many(10) + [(f'bad{i}', 'A', 'none') for i in range(50)])
    server = start_server({**database.conf(), 'zone-max-rows': 10})
    wait_until(lambda: is_data(server, 'host1.example.com', 'A', '192.0.2.1'))


@pytest.mark.parametrize('loaders', [1, 2])
def test_a_huge_zone_starves_nobody(new_database, start_server, loaders):
    """One that takes ten seconds to read; its neighbours are read in the same run."""
    database = new_database()
    for i in range(3):
        database.add_zone(f'before{i}.example.', GOOD)
    huge = database.add_zone('huge.example.', GOOD + many(2000))
    for i in range(300):
        database.add_zone(f'after{i}.example.', GOOD)
    server = start_server({**database.conf(), 'loaders': loaders,
                           'rr-where': f'zone <> {huge} OR SLEEP(0.005) = 0'})
    started = time.monotonic()
    for i in [0, 1, 2, 5, 100, 299]:
        one = time.monotonic()
        assert data(ask(server, f'www.after{i}.example')) == ['192.0.2.1']
        assert time.monotonic() - one < 3
    for i in range(3):
        assert data(ask(server, f'www.before{i}.example')) == ['192.0.2.1']
    answer = ask(server, 'www.huge.example', use_edns=0)
    assert (rcode(answer), ede(answer)) == ('SERVFAIL', [NOT_READY])
    assert time.monotonic() - started < 9
    # changes of the others show as well
    database.sql("UPDATE rr SET data = '192.0.2.2' WHERE name = 'www' AND zone < 4;"
                 'UPDATE soa SET serial = serial + 1 WHERE id < 4')
    wait_until(lambda: is_data(server, 'www.huge.example', 'A', '192.0.2.1'), 60)
    assert data(ask(server, 'host1999.huge.example')) == ['192.0.2.207']

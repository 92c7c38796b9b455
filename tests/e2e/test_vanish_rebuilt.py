"""Panels that delete rows and insert them again, all at once or zone by zone: no name vanishes meanwhile."""
import pytest

from support.asking import Asking
from support.query import ask, data, is_data, is_rcode
from support.vanish import (BACK, FAST, HELD, ROWS, by_feed, check_calm, fill, names, prepare, serve,
                            soa_serial, wait_end)
from support.wait import wait_until


@pytest.fixture(scope='module', name='instances')
def _instances():
    yield from by_feed()


@pytest.mark.parametrize('feed', ['auto', 'off'])
def test_rows_deleted_and_inserted_singly(feed, instances, start_server):
    database, server = prepare(start_server, feed, instances, 100)
    rows = database.sql('SELECT zone, name, type, data, aux, ttl FROM rr')
    with Asking(server, names(100)) as asking:
        database.sql('DELETE FROM rr')
        server.wait_log(HELD)
        database.sql(''.join(
            f"INSERT INTO rr (zone, name, type, data, aux, ttl) VALUES ({row[0]}, '{row[1]}',"
            f" '{row[2]}', '{row[3]}', {row[4]}, {row[5]});" for row in rows))
        wait_end(server)
    assert not asking.wrong, (len(asking.wrong), asking.wrong[:5], server.log())
    check_calm(server, database)


@pytest.mark.parametrize('feed', ['auto', 'off'])
def test_rebuilt_zone_by_zone(feed, instances, start_server):
    """A panel that writes every zone anew: its rows are deleted, then inserted."""
    database, server = prepare(start_server, feed, instances, 200)
    with Asking(server, names(200)) as asking:
        for zone in range(1, 201):
            database.sql(f'DELETE FROM rr WHERE zone = {zone};'
                         'INSERT INTO rr (zone, name, type, data, aux, ttl) VALUES' + ','.join(
                             f" ({zone}, '{name}', '{kind}', '{value}', 0, 600)"
                             for name, kind, value in ROWS)
                         + f'; UPDATE soa SET serial = 7 WHERE id = {zone}')
        wait_until(lambda: soa_serial(server, 200) == 7 and soa_serial(server, 1) == 7, BACK)
    assert not asking.wrong, (len(asking.wrong), asking.wrong[:5], server.log())
    check_calm(server, database)


def test_rebuilt_zone_by_zone_row_by_row(instances, start_server):
    """
    Each row with its own commit, and no client in between, so that a read finds some rows back and the
    zone never empty.
    """
    zones = 200
    database, server = prepare(start_server, 'auto', instances, zones)
    text = ''.join(
        f'DELETE FROM rr WHERE zone = {zone};' + ''.join(
            f"INSERT INTO rr (zone, name, type, data, aux, ttl) VALUES"
            f" ({zone}, '{name}', '{kind}', '{value}', 0, 600);" for name, kind, value in ROWS)
        + f'UPDATE soa SET serial = 7 WHERE id = {zone};' for zone in range(1, zones + 1))
    with Asking(server, names(zones)) as asking:
        database.sql(f'DELIMITER //\nBEGIN NOT ATOMIC {text} END //\n')
        wait_until(lambda: all(soa_serial(server, zone) == 7 for zone in (1, zones)), BACK)
    assert not asking.wrong, (len(asking.wrong), asking.wrong[:5], server.log())
    check_calm(server, database)


@pytest.mark.parametrize('feed', ['gtid', 'off'])
def test_soa_and_rows_singly(feed, instances, start_server):
    """
    Nothing tells in detail what goes: a soa row is away for a moment, a few rows of one zone. It is looked at
    twice.
    """
    zones = 40
    database = fill(instances['off' if feed == 'off' else 'auto'], zones)
    server = serve(start_server, database, {**FAST, 'change-feed': feed}, zones)
    if feed == 'gtid':
        server.wait_log('found by GTID')
    text = ''.join(
        f"DELETE FROM rr WHERE zone = {zone}; DELETE FROM soa WHERE id = {zone}; DO SLEEP(0.002);"
        f"INSERT INTO soa (id, origin, ns, mbox, serial, refresh, retry, expire, minimum, ttl)"
        f" VALUES ({zone}, 'zone{zone}.test.', 'ns1', 'root', 7, 2, 3, 4, 5, 600);"
        "DO SLEEP(0.002);" + ''.join(
            f"INSERT INTO rr (zone, name, type, data, aux, ttl) VALUES"
            f" ({zone}, '{name}', '{kind}', '{value}', 0, 600); DO SLEEP(0.002);"
            for name, kind, value in ROWS)
        for zone in range(1, zones + 1))
    with Asking(server, names(zones)) as asking:
        database.sql(f'DELIMITER //\nBEGIN NOT ATOMIC {text} END //\n')
        wait_until(lambda: all(soa_serial(server, zone) == 7 for zone in (1, zones)), BACK)
        wait_until(lambda: asking.asked > 20 * zones)
    assert not asking.wrong, (len(asking.wrong), asking.wrong[:5], server.log())
    database.sql("DELETE FROM rr WHERE zone = 5 AND name = 'mail'; DELETE FROM rr WHERE zone = 9;"
                 "DELETE FROM soa WHERE id = 9; UPDATE soa SET serial = 8 WHERE id = 5")
    wait_until(lambda: is_rcode(server, 'mail.zone5.test', 'A', 'NXDOMAIN'), BACK)
    wait_until(lambda: is_rcode(server, 'mail.zone9.test', 'A', 'REFUSED'), BACK)
    check_calm(server, database)


@pytest.mark.parametrize('feed', ['auto', 'off'])
def test_filled_again_with_other_ids(feed, instances, start_server):
    """soa.id of every zone is another one afterwards, and stands for another zone meanwhile."""
    zones = 60
    database, server = prepare(start_server, feed, instances, zones)
    with Asking(server, names(zones)) as asking:
        database.sql('CREATE TABLE soa2 AS SELECT * FROM soa; CREATE TABLE rr2 AS SELECT * FROM rr;'
                     'DELETE FROM rr; DELETE FROM soa;')
        server.wait_log(HELD)
        for first in range(1, zones + 1, 10):
            database.sql(f"INSERT INTO soa (id, origin, ns, mbox, serial, refresh, retry, expire,"
                         f" minimum, ttl) SELECT {zones} + 1 - id, origin, ns, mbox, 8, refresh,"
                         f" retry, expire, minimum, ttl FROM soa2"
                         f" WHERE id BETWEEN {first} AND {first + 9}")
        database.sql(f"INSERT INTO rr (zone, name, type, data, aux, ttl)"
                     f" SELECT {zones} + 1 - zone, name, type, data, aux, ttl FROM rr2")
        wait_end(server)
        wait_until(lambda: all(soa_serial(server, zone) == 8 for zone in (1, 30, 60)), BACK)
    assert not asking.wrong, (len(asking.wrong), asking.wrong[:5], server.log())
    database.sql(f"UPDATE rr SET data = '192.0.2.77' WHERE name = 'www' AND zone = {zones}")
    wait_until(lambda: is_data(server, 'www.zone1.test', 'A', '192.0.2.77'), BACK)
    assert data(ask(server, f'www.zone{zones}.test')) == ['192.0.2.1']

"""What is meant to vanish does: little at once, much when the tables are quiet, or by SIGHUP."""
import re
import signal
import time
import urllib.request

import pytest

from support.asking import Asking
from support.query import ask, is_data, is_rcode, rcode
from support.vanish import (BACK, ENDS, FAST, HELD, SOON, by_feed, check_calm, dump, fill, follow, names,
                            prepare, serve)
from support.wait import free_port, wait_until

HELD_SECONDS = 1.5      # that one zone waits for its rows, at least


@pytest.fixture(scope='module', name='instances')
def _instances():
    yield from by_feed()


@pytest.mark.parametrize('feed', ['auto', 'off'])
def test_restored_with_fewer_zones(feed, instances, start_server):
    database = fill(instances[feed], 40)
    database.sql("DELETE FROM rr WHERE zone > 20 OR (zone = 5 AND name = 'mail');"
                 "DELETE FROM soa WHERE id > 20")
    text = dump(database)
    database, server = prepare(start_server, feed, instances, 40)
    stay = [name for name in names(20) if name != 'mail.zone5.test']
    with Asking(server, stay) as asking:
        database.sql(text)
        wait_until(lambda: is_rcode(server, 'www.zone21.test', 'A', 'REFUSED'), BACK)
        wait_until(lambda: is_rcode(server, 'mail.zone5.test', 'A', 'NXDOMAIN'), BACK)
    server.wait_log(ENDS)
    assert not asking.wrong, (len(asking.wrong), asking.wrong[:5], server.log())
    check_calm(server, database)


@pytest.mark.parametrize('feed', ['auto', 'off'])
def test_many_zones_deleted(feed, instances, start_server):
    """Half of all: they go when the tables are quiet, or by SIGHUP."""
    database, server = prepare(start_server, feed, instances, 40)
    database.sql('DELETE FROM rr WHERE zone > 30; DELETE FROM soa WHERE id > 30')
    server.wait_log(HELD)
    assert rcode(ask(server, 'www.zone40.test')) == 'NOERROR'
    database.sql("UPDATE rr SET data = '192.0.2.2' WHERE name = 'www' AND zone = 1")
    wait_until(lambda: is_data(server, 'www.zone1.test', 'A', '192.0.2.2'), SOON)
    wait_until(lambda: is_rcode(server, 'www.zone40.test', 'A', 'REFUSED'), BACK)
    server.wait_log('both tables are quiet')

    database.sql('DELETE FROM rr WHERE zone > 15')
    wait_until(lambda: all(ask(server, name) for name in names(30)) and     # else they are not read
               server.log().count('vanish protection: ') == 2, BACK)
    server.signal(signal.SIGHUP)
    wait_until(lambda: is_rcode(server, 'www.zone20.test', 'A', 'NXDOMAIN'), SOON)
    wait_until(lambda: server.log().count(ENDS) == 2)


@pytest.mark.parametrize('feed', ['auto', 'off'])
def test_everything_deleted(feed, instances, start_server):
    """Empty tables are waited for as long as vanish-hold says."""
    database = fill(instances[feed], 12)
    server = serve(start_server, database, {**FAST, 'change-feed': feed, 'vanish-hold': 6}, 12)
    database.sql('DELETE FROM rr; DELETE FROM soa')
    server.wait_log(HELD)
    assert rcode(ask(server, 'www.zone3.test')) == 'NOERROR'
    wait_until(lambda: is_rcode(server, 'www.zone3.test', 'A', 'REFUSED'), BACK)
    server.wait_log('vanish-hold is over')


@pytest.mark.parametrize('feed', ['auto', 'off'])
def test_little_is_deleted(feed, instances, start_server):
    """No hold for what a person deletes: one of five zones, half of a zone, a few of many."""
    database, server = prepare(start_server, feed, instances, 5)
    database.sql("DELETE FROM rr WHERE zone = 2 AND name IN ('www', 'mail')")
    wait_until(lambda: is_rcode(server, 'www.zone2.test', 'A', 'NXDOMAIN'), SOON)
    database.sql("DELETE FROM rr WHERE name = 'mail'")
    for zone in (1, 3, 4, 5):
        wait_until(lambda zone=zone: is_rcode(server, f'mail.zone{zone}.test', 'A', 'NXDOMAIN'),
                   SOON)
    database.sql('DELETE FROM rr WHERE zone = 5; DELETE FROM soa WHERE id = 5')
    wait_until(lambda: is_rcode(server, 'www.zone5.test', 'A', 'REFUSED'), SOON)
    assert 'vanish protection' not in server.log()


@pytest.mark.parametrize('zones', [2, 3])
def test_all_of_few_are_deleted(zones, instances, start_server):
    """The log tells row by row what a person deletes, so there is nothing to wait for."""
    database, server = prepare(start_server, 'auto', instances, zones)
    database.sql("DELETE FROM rr WHERE name <> 'www'")       # fewer rows than a panel would write anew
    for zone in range(1, zones + 1):
        wait_until(lambda zone=zone: is_rcode(server, f'mail.zone{zone}.test', 'A', 'NXDOMAIN'),
                   SOON)
    database.sql('DELETE FROM rr')
    for zone in range(1, zones + 1):
        wait_until(lambda zone=zone: is_rcode(server, f'www.zone{zone}.test', 'A', 'NXDOMAIN'),
                   SOON)
    for zone in range(1, zones + 1):
        database.sql(f'DELETE FROM soa WHERE id = {zone}')
    for zone in range(1, zones + 1):
        wait_until(lambda zone=zone: is_rcode(server, f'zone{zone}.test', 'SOA', 'REFUSED'), SOON)
    assert 'vanish protection' not in server.log()


def test_all_of_two_zones_deleted_at_once(instances, start_server):
    database, server = prepare(start_server, 'auto', instances, 2)
    database.sql('DELETE FROM soa; DELETE FROM rr')
    for zone in (1, 2):
        wait_until(lambda zone=zone: is_rcode(server, f'www.zone{zone}.test', 'A', 'REFUSED'), SOON)
    assert 'vanish protection' not in server.log()


def test_all_of_two_zones_switched_off(instances, start_server):
    """An active column does what a deletion does, and the log tells each row of it, too."""
    database, server = prepare(start_server, 'auto', instances, 2)
    database.sql("UPDATE rr SET active = 'N' WHERE name NOT IN ('www', 'ns1')")
    for zone in (1, 2):
        wait_until(lambda zone=zone: is_rcode(server, f'mail.zone{zone}.test', 'A', 'NXDOMAIN'),
                   SOON)
    database.sql("UPDATE soa SET active = 'N'")
    for zone in (1, 2):
        wait_until(lambda zone=zone: is_rcode(server, f'www.zone{zone}.test', 'A', 'REFUSED'), SOON)
    assert 'vanish protection' not in server.log()


def test_one_zone_emptied(instances, start_server):
    """It waits to be filled again, on its own; the others show at once."""
    database = fill(instances['auto'], 20)
    server = follow(start_server, database, 20)
    begun = time.monotonic()
    database.sql("DELETE FROM rr WHERE zone = 7; DELETE FROM rr WHERE zone = 8 AND name = 'www'")
    wait_until(lambda: is_rcode(server, 'www.zone8.test', 'A', 'NXDOMAIN'), SOON)
    code = rcode(ask(server, 'www.zone7.test'))
    assert code == 'NOERROR' or time.monotonic() - begun > HELD_SECONDS
    wait_until(lambda: is_rcode(server, 'www.zone7.test', 'A', 'NXDOMAIN'), SOON)
    assert 'vanish protection' not in server.log()


def test_switched_off(instances, start_server):
    database = fill(instances['auto'], 20)
    server = serve(start_server, database, {**FAST, 'vanish-limit': 100}, 20)
    server.wait_log('following the binlog')
    database.sql('TRUNCATE rr')
    wait_until(lambda: is_rcode(server, 'www.zone7.test', 'A', 'NXDOMAIN'), SOON)
    database.sql('TRUNCATE soa')
    wait_until(lambda: is_rcode(server, 'www.zone7.test', 'A', 'REFUSED'), SOON)
    assert 'vanish protection' not in server.log()


def test_zones_deleted_one_by_one(instances, start_server):
    """Each emptied and then deleted, as panels do: none of them goes on waiting to be filled again."""
    zones, deleted = 240, 70
    database = fill(instances['auto'], zones)
    server = serve(start_server, database, {'zone-cache-expire': 3600, 'sweep-interval': 3600,
                                            'vanish-limit': 80}, zones)
    server.wait_log('following the binlog')
    for zone in range(2, 2 + deleted):
        database.sql(f"DELETE FROM rr WHERE zone = {zone};"
                     f"UPDATE rr SET data = '192.0.3.{zone}' WHERE zone = 1 AND name = 'www'")
        wait_until(lambda zone=zone: is_data(server, 'www.zone1.test', 'A', f'192.0.3.{zone}'),
                   SOON)
        database.sql(f'DELETE FROM soa WHERE id = {zone}')
    wait_until(lambda: is_rcode(server, f'www.zone{1 + deleted}.test', 'A', 'REFUSED'), SOON)
    database.sql('DELETE FROM rr WHERE zone = 200')
    wait_until(lambda: is_rcode(server, 'www.zone200.test', 'A', 'NXDOMAIN'), SOON)
    assert 'vanish protection' not in server.log()


def test_zone_under_another_id(instances, start_server):
    """A soa row that a REPLACE gave another id, and its rr rows later; or none of them, ever."""
    database = fill(instances['auto'], 20)
    server = follow(start_server, database, 20)
    for zone in (5, 6):
        begun = time.monotonic()
        database.sql(f"START TRANSACTION; DELETE FROM soa WHERE id = {zone}; INSERT INTO soa "
                     f"(id, origin, ns, mbox) VALUES ({zone + 500}, 'zone{zone}.test.', 'ns', 'r');"
                     "COMMIT; UPDATE rr SET data = '192.0.3.1' WHERE zone = 1 AND name = 'www'")
        wait_until(lambda: is_data(server, 'www.zone1.test', 'A', '192.0.3.1'), SOON)
        code = rcode(ask(server, f'www.zone{zone}.test'))
        assert code == 'NOERROR' or time.monotonic() - begun > HELD_SECONDS
        database.sql("UPDATE rr SET data = '192.0.3.2' WHERE zone = 1 AND name = 'www'")
        wait_until(lambda: is_data(server, 'www.zone1.test', 'A', '192.0.3.2'), SOON)
    database.sql("UPDATE rr SET zone = 505, data = '192.0.3.5' WHERE zone = 5")
    wait_until(lambda: is_data(server, 'www.zone5.test', 'A', '192.0.3.5'), SOON)
    wait_until(lambda: is_rcode(server, 'www.zone6.test', 'A', 'NXDOMAIN'), SOON)
    assert 'vanish protection' not in server.log()


def test_zones_not_loaded_are_held_no_longer(instances, start_server):
    """Nobody asks for them, so no load tells that they are in the table again."""
    database = fill(instances['off'], 40)
    server = start_server({**database.conf(), **FAST, 'change-feed': 'off', 'preload': 'no',
                           'http-listen': free_port()})

    url = f"http://127.0.0.1:{server.options['http-listen']}/metrics"

    def held():
        with urllib.request.urlopen(url, timeout=10) as reply:
            return re.search(r'^mydns_vanish_held_zones (\d+)', reply.read().decode(), re.M)[1]
    wait_until(lambda: is_data(server, 'www.zone1.test', 'A', '192.0.2.1'), SOON)
    database.sql('CREATE TABLE kept AS SELECT * FROM soa; TRUNCATE soa')
    server.wait_log(HELD)
    wait_until(lambda: held() == '40', SOON)
    database.sql('INSERT INTO soa SELECT * FROM kept')
    wait_until(lambda: held() == '0', BACK)
    server.wait_log(ENDS)

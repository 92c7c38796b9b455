"""
XA transactions with a binary log: told in detail when they are committed, by whom and whenever that may be,
and never before. Whose XA PREPARE was not heard is committed with everything verified.
"""
import json
import subprocess

import pytest

from support.faults import BACK, ROWS, make_database
from support.mariadb import MariaDB
from support.query import ask, data, is_data, is_rcode
from support.server import program
from support.wait import holds_for, wait_until

MARIADB = {'binlog': True}
ZONES = 30
SOON = 20.0         # a slow machine
OLD, NEW = '192.0.2.1', '192.0.2.8'
AFTER = 0.3         # seconds in which nothing may show


@pytest.fixture
def database(new_database):
    database = new_database()
    database.instance.sql('GRANT REPLICATION SLAVE ON *.* TO mydns@localhost')
    database.zone = database.add_zone('example.com.', ROWS)
    return database


@pytest.fixture
def follow(start_server):
    """follow(database): a server that has read everything and follows the binlog."""
    def start(database):
        for number in range(ZONES):
            database.add_zone(f'z{number}.test.', [('', 'NS', 'ns1'), ('www', 'A', OLD)])
        server = start_server({**database.conf(), 'zone-cache-expire': 3600,
                               'sweep-interval': 3600, 'ignore-minimum': 'yes'})
        wait_until(lambda: 'following the binlog' in server.log(), SOON)
        wait_until(lambda: is_rest(server), SOON)
        return server
    return start


@pytest.fixture
def server(database, follow):
    return follow(database)


def status(server):
    result = subprocess.run([program('dnsadm'), '-c', '/nonexistent', 'status', '--json',
                             '--control-socket', server.directory / 'mydns.sock'],
                            capture_output=True, text=True, timeout=60, check=False)
    return json.loads(result.stdout)


def is_rest(server):
    now = status(server)
    return now['zones']['loaded'] == ZONES + 1 and not any(now['queues'].values())


def work(server):
    """What has been read whole so far."""
    now = status(server)
    return now['loads'], now['change_feed']['verifications']


def is_only(server, before, zones):
    """Was nothing read since BEFORE but ZONES of them, once?"""
    loads, verifications = work(server)
    return loads - before[0] <= zones and verifications == before[1]


def shows(server, origin, address):
    return is_data(server, f'www.{origin}', 'A', address)


def set_address(zone, address):
    return f"UPDATE rr SET data = '{address}' WHERE name = 'www' AND zone = {zone}"


def prepare(database, xid, statements):
    """In a session that ends, so that another one can end the transaction."""
    database.sql(f'XA START {xid}; {statements}; XA END {xid}; XA PREPARE {xid}')


def finish(database, statement):
    """XA COMMIT or XA ROLLBACK, by a session without database, when the server has let go of the other."""
    def done():
        database.instance.sql(statement)
        return True
    wait_until(done, SOON)


def test_committed_by_another_session(database, server):
    before = work(server)
    prepare(database, "'gtrid','bqual',7", set_address(database.zone, NEW))
    prepare(database, "'other','bqual',8", set_address(database.zone + 1, NEW))
    database.sql(set_address(database.zone + 2, '192.0.2.2'))
    wait_until(lambda: shows(server, 'z1.test', '192.0.2.2'), SOON)
    holds_for(lambda: shows(server, 'example.com', OLD) and shows(server, 'z0.test', OLD), AFTER)
    finish(database, "XA COMMIT 'gtrid','bqual',7")
    wait_until(lambda: shows(server, 'example.com', NEW), SOON)
    assert shows(server, 'z0.test', OLD)
    finish(database, "XA COMMIT 'other','bqual',8")
    wait_until(lambda: shows(server, 'z0.test', NEW), SOON)
    assert is_only(server, before, 3)


def test_of_all_kinds(database, server):
    """Rows that come and go, serials, zones."""
    zone = database.zone
    prepare(database, "'x'", (
        f"INSERT INTO rr (zone, name, type, data) VALUES ({zone}, 'new', 'A', '{NEW}');"
        f"DELETE FROM rr WHERE zone = {zone} AND name = 'www';"
        f"UPDATE soa SET serial = 77 WHERE id = {zone};"
        "INSERT INTO soa (id, origin, ns, mbox) VALUES (4711, 'added.test.', 'ns1', 'root');"
        f"INSERT INTO rr (zone, name, type, data) VALUES (4711, 'www', 'A', '{NEW}');"
        "DELETE FROM rr WHERE zone = %d; DELETE FROM soa WHERE id = %d" % (zone + 1, zone + 1)))
    holds_for(lambda: shows(server, 'example.com', OLD) and shows(server, 'z0.test', OLD)
              and is_rcode(server, 'new.example.com', 'A', 'NXDOMAIN')
              and is_rcode(server, 'www.added.test', 'A', 'REFUSED'), AFTER)
    before = work(server)
    finish(database, "XA COMMIT 'x'")
    wait_until(lambda: is_data(server, 'new.example.com', 'A', NEW), SOON)
    wait_until(lambda: is_rcode(server, 'www.example.com', 'A', 'NXDOMAIN'), SOON)
    wait_until(lambda: ask(server, 'example.com', 'SOA').answer[0][0].serial == 77, SOON)
    wait_until(lambda: shows(server, 'added.test', NEW), SOON)
    wait_until(lambda: is_rcode(server, 'www.z0.test', 'A', 'REFUSED'), SOON)
    assert is_only(server, before, 3)


def test_rolled_back(database, server):
    before = work(server)
    prepare(database, "'x'", set_address(database.zone, NEW))
    finish(database, "XA ROLLBACK 'x'")
    database.sql(set_address(database.zone + 1, NEW))
    wait_until(lambda: shows(server, 'z0.test', NEW), SOON)
    holds_for(lambda: shows(server, 'example.com', OLD), AFTER)
    # The xid is free again, and what was rolled back forgotten
    prepare(database, "'x'", set_address(database.zone + 2, NEW))
    finish(database, "XA COMMIT 'x'")
    wait_until(lambda: shows(server, 'z1.test', NEW), SOON)
    assert shows(server, 'example.com', OLD)
    assert is_only(server, before, 2)


def test_one_phase(database, server):
    before = work(server)
    database.sql(f"XA START 'x'; {set_address(database.zone, NEW)}; XA END 'x'; "
                 "XA COMMIT 'x' ONE PHASE")
    wait_until(lambda: shows(server, 'example.com', NEW), SOON)
    assert is_only(server, before, 1)


def test_one_after_the_other_at_once(database, server):
    """Each has to show: between XA COMMIT in the log and the rows there is a moment."""
    before = work(server)
    for number in range(100):
        address = f'192.0.2.{100 + number}'
        database.sql(f"XA START 'x'; {set_address(database.zone, address)}; XA END 'x'; "
                     "XA PREPARE 'x'; XA COMMIT 'x'")
        wait_until(lambda: shows(server, 'example.com', address), SOON)
    assert is_only(server, before, 100)


def test_other_databases_cost_nothing(database, server):
    database.instance.sql('CREATE DATABASE shop; CREATE TABLE shop.rr (zone INT, name TEXT)')
    before = work(server)
    prepare(database, "'x'", "INSERT INTO shop.rr VALUES (1, 'www')")
    finish(database, "XA COMMIT 'x'")
    database.sql(set_address(database.zone, NEW))
    wait_until(lambda: shows(server, 'example.com', NEW), SOON)
    assert is_only(server, before, 1)


@pytest.fixture
def own_instance():
    instance = MariaDB(binlog=True)
    try:
        instance.start()
        yield instance
    finally:
        instance.remove()


def test_database_restarted_in_between(own_instance, follow):
    database = make_database(own_instance)
    server = follow(database)
    prepare(database, "'x'", set_address(database.zone, NEW))
    prepare(database, "'y'", set_address(database.zone + 1, NEW))
    database.instance.stop()
    database.instance.start()
    wait_until(lambda: server.log().count('following the binlog') >= 2, BACK)
    holds_for(lambda: shows(server, 'example.com', OLD), AFTER)
    before = work(server)
    finish(database, "XA ROLLBACK 'y'")
    finish(database, "XA COMMIT 'x'")
    wait_until(lambda: shows(server, 'example.com', NEW), SOON)
    assert shows(server, 'z0.test', OLD)
    assert work(server)[1] == before[1] + 1


def test_prepared_before_the_start(database, start_server):
    prepare(database, "'x'", set_address(database.zone, NEW))
    server = start_server({**database.conf(), 'zone-cache-expire': 3600, 'sweep-interval': 3600})
    wait_until(lambda: 'following the binlog' in server.log(), SOON)
    wait_until(lambda: shows(server, 'example.com', OLD), SOON)
    finish(database, "XA COMMIT 'x'")
    wait_until(lambda: shows(server, 'example.com', NEW), SOON)


def test_in_the_log_long_before_it_is_seen(database, server):
    """Semi-synchronous replication: the commit waits for a replica in vain."""
    sql = database.instance.sql
    before = work(server)
    prepare(database, "'x'", set_address(database.zone, NEW))
    prepare(database, "'y'", set_address(database.zone + 1, NEW))
    sql("SET GLOBAL rpl_semi_sync_master_timeout = 3000, "
        "rpl_semi_sync_master_wait_point = AFTER_SYNC, rpl_semi_sync_master_enabled = 1")
    finish(database, "XA COMMIT 'x'")
    wait_until(lambda: shows(server, 'example.com', NEW), SOON)
    sql('SET GLOBAL rpl_semi_sync_master_enabled = 0')
    finish(database, "XA COMMIT 'y'")
    wait_until(lambda: shows(server, 'z0.test', NEW), SOON)
    assert data(ask(server, 'www.example.com')) == [NEW]
    assert is_only(server, before, 2)


def test_savepoints(database, server):
    before = work(server)
    database.sql(f"BEGIN; {set_address(database.zone, NEW)}; SAVEPOINT a; "
                 f"{set_address(database.zone + 1, NEW)}; ROLLBACK TO a; SAVEPOINT b; "
                 f"{set_address(database.zone + 2, NEW)}; RELEASE SAVEPOINT b; COMMIT")
    wait_until(lambda: shows(server, 'z1.test', NEW), SOON)
    assert shows(server, 'example.com', NEW) and shows(server, 'z0.test', OLD)
    assert is_only(server, before, 2)

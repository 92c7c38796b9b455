"""With a binary log, changes show at once: nothing here would be seen by age, which is an hour."""
import pytest

from support.proxy import Proxy
from support.query import ask, data, is_data, is_rcode, rcode
from support.wait import wait_until

MARIADB = {'binlog': True}

ROWS = [('', 'NS', 'ns1'), ('ns1', 'A', '192.0.2.53'), ('www', 'A', '192.0.2.1')]
SOON = 20.0         # milliseconds; the rest is the slowness of a busy machine


@pytest.fixture
def database(new_database):
    database = new_database()
    database.instance.sql('GRANT REPLICATION SLAVE ON *.* TO mydns@localhost')
    database.zone = database.add_zone('example.com.', ROWS)
    return database


@pytest.fixture
def server(database, start_server):
    server = start_server({**database.conf(), 'zone-cache-expire': 3600, 'sweep-interval': 3600,
                           'ignore-minimum': 'yes'})
    wait_until(lambda: 'following the binlog' in server.log(), SOON)
    wait_until(lambda: is_data(server, 'www.example.com', 'A', '192.0.2.1'), SOON)
    return server


def test_rows(database, server):
    database.sql("UPDATE rr SET data = '192.0.2.2' WHERE name = 'www'")
    wait_until(lambda: is_data(server, 'www.example.com', 'A', '192.0.2.2'), SOON)
    database.add_rows(database.zone, [('new', 'A', '192.0.2.3')])
    wait_until(lambda: is_data(server, 'new.example.com', 'A', '192.0.2.3'), SOON)
    database.sql("DELETE FROM rr WHERE name = 'new'")
    wait_until(lambda: is_rcode(server, 'new.example.com', 'A', 'NXDOMAIN'), SOON)


def test_row_moved_between_zones(database, server):
    other = database.add_zone('example.net.', [('', 'NS', 'ns1.example.com.')])
    wait_until(lambda: is_rcode(server, 'www.example.net', 'A', 'NXDOMAIN'), SOON)
    database.sql(f"UPDATE rr SET zone = {other} WHERE name = 'www'")
    wait_until(lambda: is_data(server, 'www.example.net', 'A', '192.0.2.1'), SOON)
    wait_until(lambda: is_rcode(server, 'www.example.com', 'A', 'NXDOMAIN'), SOON)


def test_zones(database, server):
    assert rcode(ask(server, 'www.example.net')) == 'REFUSED'
    zone = database.add_zone('example.net.', [('www', 'A', '192.0.2.4')])
    wait_until(lambda: is_data(server, 'www.example.net', 'A', '192.0.2.4'), SOON)
    database.sql(f"UPDATE soa SET serial = 77 WHERE id = {zone}")
    wait_until(lambda: ask(server, 'example.net', 'SOA').answer[0][0].serial == 77, SOON)
    database.sql(f"UPDATE soa SET origin = 'example.org.' WHERE id = {zone}")
    wait_until(lambda: is_data(server, 'www.example.org', 'A', '192.0.2.4'), SOON)
    assert rcode(ask(server, 'www.example.net')) == 'REFUSED'
    database.sql(f"DELETE FROM rr WHERE zone = {zone}; DELETE FROM soa WHERE id = {zone}")
    wait_until(lambda: is_rcode(server, 'www.example.org', 'A', 'REFUSED'), SOON)


def test_rows_before_their_soa(database, server):
    database.add_rows(4711, [('www', 'A', '192.0.2.5')])
    database.sql("INSERT INTO soa (id, origin, ns, mbox) VALUES (4711, 'late.test.', 'ns', 'root')")
    wait_until(lambda: is_data(server, 'www.late.test', 'A', '192.0.2.5'), SOON)


def test_rolled_back_is_never_seen(database, server):
    database.sql("BEGIN; UPDATE rr SET data = '192.0.2.99' WHERE name = 'www'; ROLLBACK;"
                 "INSERT INTO rr (zone, name, type, data, aux, ttl) "
                 f"VALUES ({database.zone}, 'after', 'A', '192.0.2.6', 0, 60)")
    wait_until(lambda: is_data(server, 'after.example.com', 'A', '192.0.2.6'), SOON)
    assert data(ask(server, 'www.example.com')) == ['192.0.2.1']


@pytest.mark.parametrize('session, why', [
    ("SET SESSION binlog_format = 'STATEMENT'", 'binlog_format is not ROW'),
    ("SET SESSION binlog_format = 'MIXED'", 'binlog_format is not ROW'),
    ("SET SESSION binlog_row_image = 'MINIMAL'", 'binlog_row_image is not FULL')])
def test_less_telling_logs(database, server, session, why):
    """All zones are read again then, and the log tells why: once, not with each change."""
    for address in ('192.0.2.7', '192.0.2.8'):
        database.sql(f"{session}; UPDATE rr SET data = '{address}' WHERE name = 'www'")
        wait_until(lambda address=address: is_data(server, 'www.example.com', 'A', address), SOON)
    assert server.log().count('all zones are read again') == server.log().count(why) == 1


def test_xa(database, server):
    database.sql("XA START 'x'; UPDATE rr SET data = '192.0.2.8' WHERE name = 'www'; "
                 "XA END 'x'; XA PREPARE 'x'; XA COMMIT 'x'")
    wait_until(lambda: is_data(server, 'www.example.com', 'A', '192.0.2.8'), SOON)


def test_many_zones_in_one_transaction(database, server):
    database.sql(''.join(
        f"INSERT INTO soa (id, origin, ns, mbox) VALUES ({i}, 'z{i}.test.', 'ns', 'root');"
        for i in range(10000, 11200)))
    wait_until(lambda: is_rcode(server, 'z11199.test', 'SOA', 'NOERROR'), SOON)
    database.sql("INSERT INTO rr (zone, name, type, data, aux, ttl) "
                 "SELECT id, 'www', 'A', '192.0.2.9', 0, 60 FROM soa WHERE id >= 10000")
    wait_until(lambda: is_data(server, 'www.z10000.test', 'A', '192.0.2.9'), SOON)
    wait_until(lambda: is_data(server, 'www.z11199.test', 'A', '192.0.2.9'), SOON)
    assert 'all zones are read again, since a transaction changed more than 1000 zones' in server.log()


def test_a_column_added(database, server):
    database.sql("ALTER TABLE rr ADD COLUMN note VARCHAR(20) FIRST")
    database.sql("UPDATE rr SET data = '192.0.2.10' WHERE name = 'www'")
    wait_until(lambda: is_data(server, 'www.example.com', 'A', '192.0.2.10'), SOON)


def test_reset_master(database, server):
    database.instance.sql('RESET MASTER')
    database.sql("UPDATE rr SET data = '192.0.2.12' WHERE name = 'www'")
    wait_until(lambda: is_data(server, 'www.example.com', 'A', '192.0.2.12'), SOON)


def test_without_the_privilege(new_database, start_server):
    database = new_database(user='plain')
    database.add_zone('example.com.', ROWS)
    server = start_server({**database.conf(), 'zone-cache-expire': 1})
    wait_until(lambda: 'binlog is not followed' in server.log(), SOON)
    assert 'REPLICATION SLAVE' in server.log()
    database.sql("UPDATE rr SET data = '192.0.2.13' WHERE name = 'www'")
    wait_until(lambda: is_data(server, 'www.example.com', 'A', '192.0.2.13'), SOON)


def test_other_databases_cost_nothing(database, server):
    """Statements as text, as binlog_format = MIXED has them, about tables that are not ours."""
    sql = database.instance.sql
    sql('CREATE DATABASE IF NOT EXISTS shop; CREATE TABLE shop.t (n INT)')
    before = read_rows(sql)
    sql("SET SESSION binlog_format = 'STATEMENT'; "
        + ''.join(f'INSERT INTO t VALUES ({n});' for n in range(200)), 'shop')
    database.sql("UPDATE rr SET data = '192.0.2.14' WHERE name = 'www'")
    wait_until(lambda: is_data(server, 'www.example.com', 'A', '192.0.2.14'), SOON)
    assert read_rows(sql) - before < 50


def read_rows(sql):
    return int(sql("SHOW GLOBAL STATUS LIKE 'Com_stmt_execute'")[0][1])


def test_reset_master_leaves_no_wait_behind(database, server):
    """Positions that are smaller than those before are not waited for."""
    for number in range(20):
        database.sql(f"UPDATE rr SET data = '192.0.2.{number + 100}' WHERE name = 'www'")
    wait_until(lambda: is_data(server, 'www.example.com', 'A', '192.0.2.119'), SOON)
    database.instance.sql('RESET MASTER')
    database.sql("UPDATE rr SET data = '192.0.2.15' WHERE name = 'www'")
    wait_until(lambda: is_data(server, 'www.example.com', 'A', '192.0.2.15'), SOON)
    wait_until(lambda: server.log().count('following the binlog') >= 2, SOON)
    database.sql("UPDATE rr SET data = '192.0.2.16' WHERE name = 'www'")
    wait_until(lambda: is_data(server, 'www.example.com', 'A', '192.0.2.16'), SOON)
    assert 'cannot be seen' not in server.log()


def test_told_long_before_it_is_seen(database, server):
    """Semi-synchronous replication: the log tells of a commit that waits for a replica in vain."""
    large = database.add_zone('example.net.', [('', 'NS', 'ns1'), ('www', 'A', '192.0.2.1')])
    database.sql("INSERT INTO rr (zone, name, type, data, aux) SELECT "
                 f"{large}, CONCAT('n', seq), 'A', '192.0.2.7', 0 FROM seq_1_to_500")
    wait_until(lambda: is_data(server, 'n500.example.net', 'A', '192.0.2.7'), SOON)
    database.instance.sql("SET GLOBAL rpl_semi_sync_master_timeout = 4000, "
                          "rpl_semi_sync_master_wait_point = AFTER_SYNC, "
                          "rpl_semi_sync_master_enabled = 1")
    try:
        database.sql("UPDATE rr SET data = '192.0.2.21' WHERE name = 'www'")
    finally:
        database.instance.sql('SET GLOBAL rpl_semi_sync_master_enabled = 0')
    wait_until(lambda: is_data(server, 'www.example.com', 'A', '192.0.2.21'), SOON)
    wait_until(lambda: is_data(server, 'www.example.net', 'A', '192.0.2.21'), SOON)
    assert 'cannot be seen' in server.log()


def wait_another_second(database):
    """UPDATE_TIME has no more than that."""
    wait_until(lambda: database.sql("SELECT UPDATE_TIME < NOW() - INTERVAL 1 SECOND FROM "
                                    "information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() "
                                    "AND TABLE_NAME = 'rr'") == [('1',)], SOON)


def test_what_is_not_logged(database, server):
    """As with sql_log_bin = 0 or binlog_do_db: the tables are written, and the log says nothing."""
    for number in range(2):
        wait_another_second(database)
        database.sql("SET SESSION sql_log_bin = 0; "
                     f"UPDATE rr SET data = '192.0.2.{17 + number}' WHERE name = 'www'")
        wait_until(lambda: is_data(server, 'www.example.com', 'A', f'192.0.2.{17 + number}'),
                   SOON)
    assert server.log().count('does not tell it') == 1


def test_far_database(database, start_server):
    """A change is seen in the tables before the log's word of it has come: it is not taken for unlogged."""
    with Proxy(database.instance.socket) as proxy:
        server = start_server({**database.conf(), 'db-host': f'127.0.0.1:{proxy.port}',
                               'db-socket': None, 'ignore-minimum': 'yes'})
        server.wait_log('following the binlog')
        wait_until(lambda: is_data(server, 'www.example.com', 'A', '192.0.2.1'), SOON)
        proxy.delay(0.3)
        for number in range(5):
            wait_another_second(database)
            database.sql(f"UPDATE rr SET data = '192.0.2.{30 + number}' WHERE name = 'www'")
            wait_until(lambda n=number: is_data(server, 'www.example.com', 'A',
                                                f'192.0.2.{30 + n}'), SOON)
    assert 'does not tell it' not in server.log()

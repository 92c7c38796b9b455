"""A stream that is lost goes on where it was, if that is sure to be the same history; else anew."""
from threading import Thread

import pytest

from support.query import ask, data, is_data, is_rcode
from support.wait import holds_for, wait_until

MARIADB = {'binlog': True}

ROWS = [('', 'NS', 'ns1'), ('ns1', 'A', '192.0.2.53'), ('www', 'A', '192.0.2.1')]
OTHERS = 300        # zones that nobody changes
SOON = 20.0         # a slow machine; nothing here is seen by age, which is an hour


@pytest.fixture
def database(new_database):
    database = new_database()
    database.instance.sql('GRANT REPLICATION SLAVE ON *.* TO mydns@localhost')
    database.zone = database.add_zone('example.com.', ROWS)
    database.sql('BEGIN;' + ''.join(
        f"INSERT INTO soa (id, origin, ns, mbox) VALUES ({i}, 'z{i}.test.', 'ns', 'root');"
        for i in range(10000, 10000 + OTHERS)) + 'COMMIT')
    return database


@pytest.fixture
def server(database, start_server):
    server = start_server({**database.conf(), 'zone-cache-expire': 3600, 'sweep-interval': 3600,
                           'ignore-minimum': 'yes'})
    server.wait_log('following the binlog from', SOON)
    wait_until(lambda: is_rcode(server, f'z{9999 + OTHERS}.test', 'SOA', 'NOERROR'), SOON)
    change(database, server, '192.0.2.2')
    return server


def change(database, server, address, name='www'):
    database.sql(f"UPDATE rr SET data = '{address}' WHERE name = '{name}'")
    wait_until(lambda: is_data(server, f'{name}.example.com', 'A', address), SOON)


def streams(database):
    """The ids of the sessions that read the binary log."""
    return [row[0] for row in database.sql(
        "SELECT id FROM information_schema.PROCESSLIST WHERE command = 'Binlog Dump'")]


def count(database, status):
    return int(database.sql(f"SHOW GLOBAL STATUS LIKE '{status}'")[0][1])


def resumed(server):
    return server.log().count('following the binlog again')


def begun(server):
    return server.log().count('following the binlog from')


def test_stream_killed(database, server):
    """What changes meanwhile comes with the stream, and nothing is read that has not changed."""
    rows = count(database, 'Rows_sent')
    database.sql(f"KILL {streams(database)[0]}; UPDATE rr SET data = '192.0.2.3' WHERE name = 'www'")
    wait_until(lambda: is_data(server, 'www.example.com', 'A', '192.0.2.3'), SOON)
    wait_until(lambda: resumed(server) >= 1, SOON)
    change(database, server, '192.0.2.4')
    assert begun(server) == 1
    assert count(database, 'Rows_sent') - rows < OTHERS


def test_change_that_was_told_and_could_not_be_seen(database, server):
    """A commit waits for a semi-synchronous replica; the stream has it, and is lost meanwhile."""
    database.sql("SET GLOBAL rpl_semi_sync_master_timeout = 5000, "
                 "rpl_semi_sync_master_wait_point = AFTER_SYNC, rpl_semi_sync_master_enabled = 1")
    try:
        change = Thread(target=database.sql,
                        args=["UPDATE rr SET data = '192.0.2.3' WHERE name = 'www'"])
        change.start()
        wait_until(lambda: count(database, 'Rpl_semi_sync_master_wait_sessions') == 1, SOON)
        holds_for(lambda: is_data(server, 'www.example.com', 'A', '192.0.2.2'), 0.5)
        database.sql(f'KILL {streams(database)[0]}')
        change.join()
    finally:
        database.sql('SET GLOBAL rpl_semi_sync_master_enabled = 0')
    wait_until(lambda: resumed(server) == 1, SOON)
    wait_until(lambda: is_data(server, 'www.example.com', 'A', '192.0.2.3'), SOON)
    assert begun(server) == 1


def test_killed_again_and_again(database, server):
    for number in range(10, 15):
        wait_until(lambda: streams(database), SOON)
        database.sql(f"KILL {streams(database)[0]}")
        change(database, server, f'192.0.2.{number}')
    assert begun(server) == 1


def test_next_file(database, server):
    for number in range(3):
        database.sql('FLUSH BINARY LOGS')
        change(database, server, f'192.0.2.{40 + number}')
        database.sql(f"KILL {streams(database)[0]}")
        change(database, server, f'192.0.2.{50 + number}')
        wait_until(lambda: streams(database), SOON)
    assert begun(server) == 1


def test_database_restarted(database, server):
    for end in [database.instance.stop, database.instance.kill]:
        end()
        assert data(ask(server, 'www.example.com')) == ['192.0.2.2']
        database.instance.start()
        change(database, server, '192.0.2.5')
        change(database, server, '192.0.2.2')
    wait_until(lambda: resumed(server) >= 2, SOON)
    assert begun(server) == 1


def away(database, server, statements, then=lambda: None):
    """Run STATEMENTS while the server has no connection to the database."""
    sql = database.instance.sql
    sql('ALTER USER mydns@localhost ACCOUNT LOCK')
    try:
        def all_gone():
            sql('KILL USER mydns@localhost')
            return not sql("SELECT id FROM information_schema.PROCESSLIST WHERE user = 'mydns'")
        wait_until(all_gone, SOON)
        database.sql(statements)
        then()
    finally:
        sql('ALTER USER mydns@localhost ACCOUNT UNLOCK')


def test_reset_master_and_regrown(database, server):
    """The old place exists in the new history as well, and the server would go on there."""
    for number in range(3):
        change(database, server, f'192.0.2.{20 + number}')
    away(database, server, 'RESET MASTER;' + ''.join(
        f"UPDATE rr SET data = '192.0.2.{30 + number}' WHERE name = 'www';"
        f"UPDATE rr SET data = '192.0.2.{30 + number}' WHERE name = 'ns1';"
        for number in range(20)))
    wait_until(lambda: is_data(server, 'www.example.com', 'A', '192.0.2.49'), 2 * SOON)
    wait_until(lambda: is_data(server, 'ns1.example.com', 'A', '192.0.2.49'), SOON)
    assert resumed(server) == 0
    change(database, server, '192.0.2.6')


def test_reset_master_live(database, server):
    database.instance.sql('RESET MASTER')
    change(database, server, '192.0.2.7')
    wait_until(lambda: begun(server) == 2, SOON)
    change(database, server, '192.0.2.8')


def test_purged_while_away(database, server):
    def purge():
        """Not before InnoDB has made a checkpoint."""
        def purged():
            logs = database.sql('SHOW BINARY LOGS')
            database.sql(f"PURGE BINARY LOGS TO '{logs[-1][0]}'")
            return len(logs) == 1
        wait_until(purged, SOON)

    away(database, server, "UPDATE rr SET data = '192.0.2.9' WHERE name = 'www'; FLUSH BINARY LOGS",
         purge)
    wait_until(lambda: is_data(server, 'www.example.com', 'A', '192.0.2.9'), 2 * SOON)
    wait_until(lambda: begun(server) == 2, SOON)
    change(database, server, '192.0.2.10')


def test_columns_moved_while_away(database, server):
    """Rows of before the change are in the log yet, and mean something else now."""
    away(database, server, "UPDATE rr SET data = '192.0.2.11' WHERE name = 'www'; "
                           "ALTER TABLE rr MODIFY zone INT UNSIGNED NOT NULL AFTER ttl")
    wait_until(lambda: is_data(server, 'www.example.com', 'A', '192.0.2.11'), 2 * SOON)
    wait_until(lambda: begun(server) == 2, SOON)
    change(database, server, '192.0.2.12')


def test_an_event_that_cannot_be_read(database, server):
    """LOAD DATA as a statement: the library fails at it every time."""
    file = database.instance.directory / 'rows'
    with open(file, 'w', encoding='ascii') as out:
        out.write(f'{database.zone}\tloaded\tA\t192.0.2.13\t0\t60\n')
    database.sql(f"SET SESSION binlog_format = 'STATEMENT'; LOAD DATA INFILE '{file}' "
                 "INTO TABLE rr (zone, name, type, data, aux, ttl)")
    wait_until(lambda: is_data(server, 'loaded.example.com', 'A', '192.0.2.13'), 2 * SOON)
    change(database, server, '192.0.2.14')
    ends = server.log().count('stream ended')
    holds_for(lambda: server.log().count('stream ended') == ends, 1.5)

"""With SELECT alone the server's GTIDs are watched: nothing here would be seen by age, which is an hour."""
import contextlib
import itertools
import json
import signal
import time

import pytest

from support import schema
from support.mariadb import Database, MariaDB
from support.query import ask, data, is_data, is_rcode, rcode
from support.wait import holds_for, wait_until
from test_status import control, get

MARIADB = {'binlog': True, 'tcp': True}

ROWS = [('', 'NS', 'ns1'), ('ns1', 'A', '192.0.2.53'), ('www', 'A', '192.0.2.1')]
accounts = itertools.count()
SOON = 20.0          # a slow machine
CONF = {'zone-cache-expire': 3600, 'sweep-interval': 3600, 'ignore-minimum': 'yes'}


@pytest.fixture
def database(new_database):
    database = new_database(user=f'plain{next(accounts)}')     # what is granted to one stays
    database.zone = database.add_zone('example.com.', ROWS)
    return database


@pytest.fixture
def server(database, start_server):
    return start(start_server, database)


def start(start_server, database, **options):
    server = start_server({**database.conf(), **CONF, **options})
    server.wait_log('found by GTID', SOON)
    wait_until(lambda: is_data(server, 'www.example.com', 'A', '192.0.2.1'), SOON)
    return server


def change(database, server, address):
    database.sql(f"UPDATE rr SET data = '{address}' WHERE name = 'www' AND zone = {database.zone}")
    wait_until(lambda: is_data(server, 'www.example.com', 'A', address), SOON)


def loads(database):
    return int(database.sql("SHOW GLOBAL STATUS LIKE 'Com_begin'")[0][1])


def test_says_why(server):
    assert 'binlog is not followed' in server.log()
    assert 'REPLICATION SLAVE' in server.log()


def test_rows(database, server):
    """Without a new serial: the zone was asked for lately."""
    for number in range(5):
        change(database, server, f'192.0.2.{number + 2}')
    assert rcode(ask(server, 'new.example.com')) == 'NXDOMAIN'
    database.add_rows(database.zone, [('new', 'A', '192.0.2.3')])
    wait_until(lambda: is_data(server, 'new.example.com', 'A', '192.0.2.3'), SOON)
    database.sql("DELETE FROM rr WHERE name = 'new'")
    wait_until(lambda: is_rcode(server, 'new.example.com', 'A', 'NXDOMAIN'), SOON)


def test_zones(database, server):
    assert rcode(ask(server, 'www.example.net')) == 'REFUSED'
    zone = database.add_zone('example.net.', [('www', 'A', '192.0.2.4')])
    wait_until(lambda: is_data(server, 'www.example.net', 'A', '192.0.2.4'), SOON)
    database.sql(f"UPDATE soa SET serial = 77 WHERE id = {zone}")
    wait_until(lambda: ask(server, 'example.net', 'SOA').answer[0][0].serial == 77, SOON)
    database.sql(f"UPDATE soa SET origin = 'example.org.', serial = 78 WHERE id = {zone}")
    wait_until(lambda: is_data(server, 'www.example.org', 'A', '192.0.2.4'), SOON)
    wait_until(lambda: is_rcode(server, 'www.example.net', 'A', 'REFUSED'), SOON)
    database.sql(f"DELETE FROM rr WHERE zone = {zone}; DELETE FROM soa WHERE id = {zone}")
    wait_until(lambda: is_rcode(server, 'www.example.org', 'A', 'REFUSED'), SOON)


def test_serial_of_a_zone_nobody_asked_for(database, server):
    zone = database.add_zone('example.net.', [('www', 'A', '192.0.2.4')])
    wait_until(lambda: json.loads(get(control(server), '/status')[2])['zones']['hosted'] == 2, SOON)
    database.sql(f"UPDATE rr SET data = '192.0.2.5' WHERE zone = {zone}; "
                 f"UPDATE soa SET serial = 5 WHERE id = {zone}")
    wait_until(lambda: is_data(server, 'www.example.net', 'A', '192.0.2.5'), SOON)


def test_what_the_binlog_does_not_have(database, server):
    database.sql("SET SESSION sql_log_bin = 0; UPDATE rr SET data = '192.0.2.9' WHERE name = 'www'")
    wait_until(lambda: is_data(server, 'www.example.com', 'A', '192.0.2.9'), SOON)


def test_ages_do_not_count_while_nothing_changes(database, start_server):
    server = start(start_server, database, zone_cache_expire=1)
    change(database, server, '192.0.2.2')       # from now on UPDATE_TIME is known
    database.instance.sql('CREATE DATABASE IF NOT EXISTS shop; '
                          'CREATE TABLE IF NOT EXISTS shop.t (n INT)')

    def rests():
        """Once the second of the last change is over."""
        before = loads(database)
        try:
            holds_for(lambda: data(ask(server, 'www.example.com')) == ['192.0.2.2']
                      and loads(database) == before, 2.5)
        except AssertionError:
            return False
        return True
    wait_until(rests, SOON)
    before = loads(database)
    for _ in range(5):                          # what others change does not matter
        database.instance.sql('INSERT INTO shop.t VALUES (1)')
    holds_for(lambda: data(ask(server, 'www.example.com')) == ['192.0.2.2'], 1.5)
    assert loads(database) == before
    change(database, server, '192.0.2.3')


def test_a_zone_not_asked_for_is_read_before_it_is_answered(database, start_server):
    """It is not vouched for after a change: its age counts, and nobody gets an old answer."""
    zone = database.add_zone('example.net.', [('www', 'A', '192.0.2.4', 0, 3600)])
    server = start(start_server, database, zone_cache_expire=1)
    database.sql(f"UPDATE rr SET data = '192.0.2.5' WHERE zone = {zone}")
    change(database, server, '192.0.2.2')
    holds_for(lambda: data(ask(server, 'www.example.com')) == ['192.0.2.2'], 2.5)
    begun = time.monotonic()
    shown = data(ask(server, 'www.example.net'))
    # past its age a read is waited for 200 ms, no longer
    assert shown == ['192.0.2.5'] or time.monotonic() - begun >= 0.2
    wait_until(lambda: is_data(server, 'www.example.net', 'A', '192.0.2.5'), SOON)


def test_new_rows_are_found_by_their_ids(database, start_server):
    """Of zones that nobody asked for; also when the ids begin anew, and the first of very many."""
    zones = [database.add_zone(f'zone{n}.test.', ROWS) for n in range(300)]
    server = start(start_server, database)

    def run(statement):
        """Until what it has read is read: views begin, and then no more."""
        before = loads(database)
        database.sql(statement)
        wait_until(lambda: loads(database) > before, SOON)
        seen = [loads(database)]

        def quiet():
            seen.append(loads(database))
            return len(seen) > 40 and seen[-1] == seen[-40]
        wait_until(quiet, SOON)

    def first_answer(name):
        return data(ask(server, name))
    run("INSERT INTO rr (zone, name, type, data) VALUES "
        f"({zones[0]}, 'new', 'A', '192.0.2.7'), ({zones[200]}, 'new', 'A', '192.0.2.8'), "
        f"({zones[0]}, 'old', 'A', '192.0.2.9')")
    assert first_answer('new.zone0.test') == ['192.0.2.7']
    assert first_answer('new.zone200.test') == ['192.0.2.8']
    run(f"DELETE FROM rr WHERE name IN ('new', 'old') OR zone > {zones[250]}")
    run(f"INSERT INTO rr (id, zone, name, type, data) SELECT MAX(id) + 1, {zones[7]}, 'second', 'A', "
        "'192.0.2.7' FROM rr")
    assert first_answer('second.zone7.test') == ['192.0.2.7']
    run("INSERT INTO rr (zone, name, type, data) SELECT id, 'many', 'A', '192.0.2.9' FROM soa ORDER BY id")
    assert first_answer('many.zone220.test') == ['192.0.2.9']


def test_by_configuration(database, start_server):
    database.instance.sql(f'GRANT REPLICATION SLAVE ON *.* TO {database.user}@localhost')
    server = start(start_server, database, change_feed='gtid')
    change(database, server, '192.0.2.2')
    assert 'binlog' not in server.log()


def test_up_and_down(database, server):
    """The right to follow the binlog comes (SIGHUP tries at once), and goes."""
    sql = database.instance.sql
    sql(f'GRANT REPLICATION SLAVE ON *.* TO {database.user}@localhost')
    server.signal(signal.SIGHUP)
    server.wait_log('following the binlog', SOON)
    change(database, server, '192.0.2.2')
    after = len(server.log())
    sql(f'REVOKE REPLICATION SLAVE ON *.* FROM {database.user}@localhost')
    for row in sql("SELECT id FROM information_schema.PROCESSLIST WHERE command = 'Binlog Dump'"):
        sql(f'KILL {row[0]}')
    server.wait_log('found by GTID', SOON, after)
    change(database, server, '192.0.2.3')


def test_up_by_itself(database, server):
    database.instance.sql(f'GRANT REPLICATION SLAVE ON *.* TO {database.user}@localhost')
    server.wait_log('following the binlog', 45)
    change(database, server, '192.0.2.2')


def test_views(database, start_server):
    database.sql('RENAME TABLE rr TO rr_table; CREATE VIEW rr AS SELECT * FROM rr_table')
    database.instance.sql(f'GRANT REPLICATION SLAVE ON *.* TO {database.user}@localhost')
    server = start(start_server, database)
    assert 'is a view' in server.log()
    database.sql("UPDATE rr_table SET data = '192.0.2.2' WHERE name = 'www'")
    wait_until(lambda: is_data(server, 'www.example.com', 'A', '192.0.2.2'), SOON)


def test_restarted(database, server):
    for end in [database.instance.stop, database.instance.kill]:
        end()
        assert rcode(ask(server, 'www.example.com')) == 'NOERROR'
        database.instance.start()
        change(database, server, '192.0.2.2')
        change(database, server, '192.0.2.3')


@contextlib.contextmanager
def running(**options):
    instance = MariaDB(**options)
    try:
        instance.start()
        yield instance
    finally:
        instance.remove()


def test_nothing_to_watch(start_server):
    with running() as instance:
        database = Database(instance, 'mydns', schema.own())
        database.zone = database.add_zone('example.com.', ROWS)
        server = start_server({**database.conf(), 'zone-cache-expire': 1})
        server.wait_log('neither a binary log nor a GTID', SOON)
        change(database, server, '192.0.2.2')
        server.stop()


@pytest.mark.parametrize('binlog', [False, True])
def test_replica(database, start_server, binlog):
    """Without log_slave_updates: its own binary log, if it has one, is silent."""
    primary = database.instance
    primary.sql("GRANT REPLICATION SLAVE ON *.* TO replicator@'127.0.0.1' IDENTIFIED BY 'secret'")
    with running(options=['--server-id=2', *(['--log-bin=own'] if binlog else [])]) as instance:
        instance.sql(f"""
            CHANGE MASTER TO MASTER_HOST = '127.0.0.1', MASTER_PORT = {primary.port},
              MASTER_USER = 'replicator', MASTER_PASSWORD = 'secret', MASTER_USE_GTID = slave_pos;
            START SLAVE""")
        wait_until(lambda: instance.sql('SELECT COUNT(*) FROM rr', database.name) == [('3',)], SOON)
        conf = {**database.conf(), 'db-socket': instance.socket}
        server = start_server({**conf, **CONF})
        server.wait_log('found by GTID', SOON)
        wait_until(lambda: is_data(server, 'www.example.com', 'A', '192.0.2.1'), SOON)
        for number in range(5):
            change(database, server, f'192.0.2.{number + 2}')
        zone = database.add_zone('example.net.', [('www', 'A', '192.0.2.4')])
        wait_until(lambda: is_data(server, 'www.example.net', 'A', '192.0.2.4'), SOON)
        database.sql(f'DELETE FROM rr WHERE zone = {zone}; DELETE FROM soa WHERE id = {zone}')
        wait_until(lambda: is_rcode(server, 'www.example.net', 'A', 'REFUSED'), SOON)
        server.stop()

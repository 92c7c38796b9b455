"""SIGHUP: what may change does, and what takes a restart changes nothing, not even half of it."""
import signal

import pytest

from support import schema
from support.mariadb import Database, SqlError
from support.query import ask, data, is_data
from support.wait import holds_for, wait_until

ROWS = [('', 'NS', 'ns1'), ('ns1', 'A', '192.0.2.53'), ('www', 'A', '192.0.2.1', 0, 10)]
FAST = {'zone-cache-expire': 1, 'sweep-interval': 1, 'change-feed': 'off'}


@pytest.fixture
def databases(mariadb):
    one = Database(mariadb, 'one', schema.own())
    one.add_zone('example.com.', ROWS)
    two = Database(mariadb, 'two', schema.own())
    two.add_zone('example.com.', [('www', 'A', '192.0.2.222', 0, 10)])
    return one, two


def kill_connections(instance):
    rows = instance.sql("SELECT id FROM information_schema.processlist WHERE user = 'mydns'")
    for row in rows:
        try:
            instance.sql(f'KILL {row[0]}')
        except SqlError:        # gone by itself meanwhile
            pass
    return len(rows)


def served(server):
    reply = ask(server, 'www.example.com')
    return data(reply) == ['192.0.2.1'] and reply.answer[0].ttl == 300


def test_what_takes_a_restart(databases, start_server):
    one, two = databases
    server = start_server({**one.conf(), **FAST})
    assert served(server)       # the TTL of 10 is raised to the zone's minimum
    server.configure(**{'database': two.name, 'ignore-minimum': 'yes', 'soa-where': '1 = 0'})
    server.signal(signal.SIGHUP)
    for option in ('database', 'ignore-minimum', 'soa-where'):
        server.wait_log(f'warning: {option} has changed: it takes a restart')
    assert kill_connections(one.instance)
    one.sql("INSERT INTO rr (zone, name, type, data) SELECT id, 'new', 'A', '192.0.2.3' FROM soa")
    wait_until(lambda: is_data(server, 'new.example.com', 'A', '192.0.2.3'))
    holds_for(lambda: served(server), 2)


def test_a_password_that_changed(databases, start_server):
    one, _ = databases
    server = start_server({**one.conf(), **FAST})
    assert served(server)
    one.grant('SELECT', password='changed')
    server.configure(**{'db-password': 'changed', 'database': 'two'})
    server.signal(signal.SIGHUP)
    server.wait_log('database has changed')
    assert kill_connections(one.instance)
    one.sql("INSERT INTO rr (zone, name, type, data) SELECT id, 'new', 'A', '192.0.2.3' FROM soa")
    wait_until(lambda: is_data(server, 'new.example.com', 'A', '192.0.2.3'))
    assert served(server)
    assert 'changed\n' not in server.log()

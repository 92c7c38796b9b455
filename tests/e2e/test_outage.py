"""The database is away: what is in memory answers on, and all is fresh again when it is back."""
import re
import signal
import socket
import time

import pytest

from support.query import ask, data, ede, is_data, is_rcode, rcode
from support.wait import free_port, holds_for, wait_until

ROWS = [('', 'NS', 'ns1'), ('ns1', 'A', '192.0.2.53'), ('www', 'A', '192.0.2.1')]
FAST = {'zone-cache-expire': 1, 'sweep-interval': 1, 'ignore-minimum': 'yes'}
BACK = 30           # reconnecting has a back-off


@pytest.fixture
def database(own_database):
    return own_database


def answers(server):
    return data(ask(server, 'www.example.com')) == ['192.0.2.1'] and \
        rcode(ask(server, 'nothing.example.com')) == 'NXDOMAIN' and \
        rcode(ask(server, 'www.example.org')) == 'REFUSED'


def check_fresh_again(server, database):
    database.sql("UPDATE rr SET data = '192.0.2.2' WHERE name = 'www'")
    database.add_zone('example.net.', [('www', 'A', '192.0.2.3')])
    wait_until(lambda: is_data(server, 'www.example.com', 'A', '192.0.2.2'), BACK)
    wait_until(lambda: is_data(server, 'www.example.net', 'A', '192.0.2.3'), BACK)


def test_not_there_at_start(database, start_server):
    database.instance.stop()
    server = start_server({**database.conf(), **FAST}, ready=False)
    reply = wait_until(lambda: ask(server, 'www.example.com', use_edns=0, timeout=1))
    assert rcode(reply) == 'SERVFAIL' and ede(reply) == [14]
    assert rcode(ask(server, 'www.example.com', tcp=True)) == 'SERVFAIL'
    assert not server.is_ready() and server.running()
    # the supervisor is told why it waits, and asked to go on
    assert 'EXTEND_TIMEOUT_USEC=30000000' in server.notified
    wait_until(lambda: not server.is_ready() and
               any(re.match('STATUS=waiting for the database: .*connect', line)
                   for line in server.notified))
    database.instance.start()
    wait_until(lambda: is_data(server, 'www.example.com', 'A', '192.0.2.1'), BACK)
    server.wait_ready()
    assert 'STATUS=1 zones' in server.notified
    assert rcode(ask(server, 'www.example.org')) == 'REFUSED'


@pytest.mark.parametrize('how', ['stop', 'kill'])
def test_stopped_while_serving(database, start_server, how):
    server = start_server({**database.conf(), **FAST})
    assert answers(server)
    getattr(database.instance, how)()
    # longer than zone-cache-expire and the sweep
    holds_for(lambda: answers(server), 3)
    reply = ask(server, 'www.example.com', use_edns=0)
    assert not ede(reply)
    database.instance.start()
    check_fresh_again(server, database)


def test_frozen_while_serving(database, start_server):
    """A database that takes connections and says nothing."""
    server = start_server({**database.conf(), **FAST})
    assert answers(server)
    database.instance.freeze()
    waited = []

    def answers_and_how_fast():
        begun = time.monotonic()
        good = answers(server)
        waited.append(time.monotonic() - begun)
        return good
    holds_for(answers_and_how_fast, 4)
    # One may have waited for a refresh in vain; who comes after it does not wait.
    assert sum(seconds > 0.15 for seconds in waited) <= max(3, len(waited) // 4), \
        sorted(waited)
    database.instance.thaw()
    check_fresh_again(server, database)


def test_tables_locked(database, start_server):
    server = start_server({**database.conf(), **FAST})
    assert answers(server)
    database.sql("RENAME TABLE rr TO rr_away")
    holds_for(lambda: answers(server), 3)
    database.sql("RENAME TABLE rr_away TO rr")
    check_fresh_again(server, database)


def test_account_refused_and_restored(database, start_server):
    server = start_server({**database.conf(), **FAST})
    assert answers(server)
    database.instance.sql("""
        REVOKE ALL PRIVILEGES, GRANT OPTION FROM mydns@localhost;""")
    holds_for(lambda: answers(server), 3)
    database.grant('SELECT')
    check_fresh_again(server, database)


def test_account_wrong_at_start(database, start_server):
    server = start_server({**database.conf(), **FAST, 'db-password': 'wrong'}, ready=False)
    server.wait_log(r'(?i)access denied|denied')
    wait_until(lambda: is_rcode(server, 'www.example.com', 'A', 'SERVFAIL'))
    assert server.running()
    assert 'wrong' not in server.log()
    database.grant('SELECT', password='wrong')
    wait_until(lambda: is_data(server, 'www.example.com', 'A', '192.0.2.1'), BACK)


def test_read_only_database_is_enough(database, start_server):
    database.instance.sql('SET GLOBAL read_only = 1')
    server = start_server({**database.conf(), **FAST})
    assert answers(server)


def test_connections_killed(database, start_server):
    server = start_server({**database.conf(), **FAST})
    assert answers(server)
    for _ in range(3):
        rows = database.instance.sql("SELECT id FROM information_schema.processlist"
                                     " WHERE user = 'mydns'")
        for row in rows:
            try:
                database.instance.sql(f'KILL {row[0]}')
            except Exception:       # gone by itself meanwhile
                pass
        assert answers(server)
    check_fresh_again(server, database)


def test_stale_limit(database, start_server):
    server = start_server({**database.conf(), **FAST, 'stale-limit': 2})
    assert answers(server)
    database.instance.stop()
    wait_until(lambda: is_rcode(server, 'www.example.com', 'A', 'SERVFAIL'), 8)
    assert ede(ask(server, 'www.example.com', use_edns=0)) == [24]
    assert rcode(ask(server, 'www.example.org')) == 'REFUSED'
    database.instance.start()
    wait_until(lambda: is_data(server, 'www.example.com', 'A', '192.0.2.1'), BACK)


def test_stale_limit_by_default(database, start_server):
    """A day at least, whatever soa.expire says; SIGHUP may set it while the database is away."""
    database.sql('UPDATE soa SET expire = 1')
    server = start_server({**database.conf(), **FAST})
    assert answers(server)
    database.instance.stop()
    server.wait_log('database is away')
    holds_for(lambda: answers(server), 3)
    server.configure(**{'stale-limit': 1})
    server.signal(signal.SIGHUP)
    wait_until(lambda: is_rcode(server, 'www.example.com', 'A', 'SERVFAIL'), 5)
    server.configure(**{'stale-limit': 3600})
    server.signal(signal.SIGHUP)
    wait_until(lambda: answers(server), 5)


def test_several_hosts_away(database, start_server):
    """Each reason once, not one line per try."""
    ports = [free_port(), free_port()]
    server = start_server({**database.conf(), **FAST, 'db-host':
                           f'127.0.0.1:{ports[0]}, 127.0.0.1:{ports[1]}, localhost'})
    assert answers(server)
    database.instance.stop()
    server.wait_log('database is away')
    holds_for(lambda: server.log().count('no database') <= 6, 6)
    assert 'no database' in server.log()
    database.instance.start()
    check_fresh_again(server, database)


def test_one_connection_only(database, start_server):
    """An account of which more connections are refused: what there is serves, one warning."""
    database.instance.sql('GRANT SELECT ON mydns.* TO mydns@localhost'
                          ' WITH MAX_USER_CONNECTIONS 1')
    server = start_server({**database.conf(), **FAST, 'preload': 'no', 'loaders': 3})
    assert answers(server)
    server.wait_log('warning: a loader thread cannot connect to the database while others can')
    # at most one line from before the first connection was in use
    holds_for(lambda: server.log().count('cannot connect') == 1 and
              server.log().count('no database') <= 1, 4)
    check_fresh_again(server, database)


class Silent:
    """Takes connections and says nothing: a host whose MariaDB hangs."""

    def __enter__(self):
        self.socket = socket.create_server(('127.0.0.1', 0))
        return self

    def __exit__(self, *_):
        self.socket.close()

    def host(self):
        return f'127.0.0.1:{self.socket.getsockname()[1]}'


@pytest.mark.parametrize('feed', ['off', 'auto'])
def test_end_while_connecting(start_server, feed):
    with Silent() as silent:
        server = start_server({'db-host': silent.host(), 'change-feed': feed}, ready=False)
        wait_until(lambda: is_rcode(server, 'www.example.com', 'A', 'SERVFAIL'))
        started = time.monotonic()
        server.stop()
        assert time.monotonic() - started < 4       # connecting takes 5 s


def test_end_while_looking_at_the_tables(database, start_server):
    """Connected, but the first statements wait for a lock."""
    with database.instance.session('LOCK TABLES mydns.soa WRITE'):
        server = start_server(database.conf(), ready=False)
        wait_until(lambda: database.instance.sql(
            "SELECT 1 FROM information_schema.processlist WHERE user = 'mydns'"
            " AND state LIKE '%lock%'"))
        started = time.monotonic()
        server.stop()
        assert time.monotonic() - started < 8       # a read takes 10 s

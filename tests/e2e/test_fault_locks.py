"""
The database is there and says no: accounts, connections, locks, its binary log. See test_faults.py
for what is asked of each and for the table.
"""
import contextlib
import socket

from support.faults import (BACK, KNOWN, WWW, change, check_fresh_again, database,      # noqa: F401
                            end_sessions, rung, serve)
from support.load import Load
from support.mariadb import SqlError
from support.query import is_data
from support.wait import wait_until

def test_account_revoked(database, serve, fault_table, rung):
    server = serve(rung)
    with Load(server, KNOWN) as load:
        load.settle()
        load.begin(f'account revoked and granted ({rung})')
        database.instance.sql('REVOKE ALL PRIVILEGES, GRANT OPTION FROM mydns@localhost')
        end_sessions(database)
        server.wait_log('database is away')
        load.asked_more(1000)
        database.grant('SELECT')
        database.instance.sql('GRANT REPLICATION SLAVE ON *.* TO mydns@localhost')
        check_fresh_again(load, database, server)
    fault_table.add(load)


def test_account_locked(database, serve, fault_table):
    server = serve()
    with Load(server, KNOWN) as load:
        load.settle()
        load.begin('account locked and unlocked')
        database.instance.sql('ALTER USER mydns@localhost ACCOUNT LOCK')
        end_sessions(database)
        server.wait_log('database is away')
        load.asked_more(1000)
        database.instance.sql('ALTER USER mydns@localhost ACCOUNT UNLOCK')
        check_fresh_again(load, database, server)
    fault_table.add(load)


def test_max_connections(database, serve, fault_table):
    """Others hold all there are; we get ours again when there are some."""
    server = serve()
    with Load(server, KNOWN) as load, contextlib.ExitStack() as held:
        load.settle()
        load.begin('max_connections reached')
        database.instance.sql("SET GLOBAL max_connections = 10; SET GLOBAL connect_timeout = 600;"
                              " CREATE USER hog@localhost")

        def take_all():
            with contextlib.suppress(SqlError):     # nor do we get in any more
                end_sessions(database)
            for _ in range(40):             # each counts until it has said who it is
                one = held.enter_context(socket.socket(socket.AF_UNIX))
                one.connect(database.instance.socket)
            return 'database is away' in server.log()
        wait_until(take_all)                # we may be quicker than the others
        server.wait_log('(?i)no database: .*too many connections')
        load.asked_more(1000)
        held.close()
        wait_until(lambda: database.instance.sql('SET GLOBAL max_connections = 100; SELECT 1'))
        check_fresh_again(load, database, server)
    fault_table.add(load)


def test_wait_timeout(database, serve, fault_table):
    """Connections that idle for a second are closed by the server."""
    server = serve('off', **{'sweep-interval': 2, 'zone-cache-expire': 2})
    with Load(server, KNOWN) as load:
        load.settle()
        load.begin('wait_timeout of 1 s')
        database.instance.sql('SET GLOBAL wait_timeout = 1')
        end_sessions(database)
        change(load, database, server, '192.0.2.30')
        load.asked_more(1500)
        check_fresh_again(load, database, server)
    fault_table.add(load)


def test_lock_tables(database, serve, fault_table, rung):
    server = serve(rung)
    with Load(server, KNOWN) as load:
        load.settle()
        load.begin(f'LOCK TABLES WRITE ({rung})')
        with database.instance.session('LOCK TABLES mydns.soa WRITE, mydns.rr WRITE'):
            load.asked_more(4 * load.rate)
        check_fresh_again(load, database, server)
    fault_table.add(load)


def test_reset_master_live(database, serve, fault_table):
    server = serve()
    for number in range(10):
        database.sql(f'UPDATE soa SET serial = {number + 100}')
    with Load(server, KNOWN) as load:
        load.settle()
        load.begin('RESET MASTER, live')
        database.instance.sql('RESET MASTER')
        for number in range(3):
            change(load, database, server, f'192.0.2.{30 + number}')
        check_fresh_again(load, database, server)
    fault_table.add(load)


def while_away(database, server, what):
    """The server cannot connect, WHAT is done meanwhile."""
    at = len(server.log())
    database.instance.sql('ALTER USER mydns@localhost ACCOUNT LOCK')
    end_sessions(database)
    server.wait_log('binlog stream ended', after=at)
    database.sql(what)
    database.instance.sql('ALTER USER mydns@localhost ACCOUNT UNLOCK')


def test_reset_master_while_away(database, serve, fault_table):
    """The new history is as long as the old one: our position is there again, and names other data."""
    server = serve(**{'zone-cache-expire': 3600, 'sweep-interval': 3600})
    for number in range(5):
        database.sql(f'UPDATE soa SET serial = {number + 100}')
    with Load(server, KNOWN) as load:
        load.settle()
        load.begin('RESET MASTER while away')
        load.allow(WWW, 'NOERROR 192.0.2.40')
        while_away(database, server, "RESET MASTER; UPDATE rr SET data = '192.0.2.40' "
                   "WHERE name = 'www'; " + ''.join(f'UPDATE soa SET serial = {n};'
                                                    for n in range(200, 220)))
        wait_until(lambda: is_data(server, *WWW, '192.0.2.40'), BACK)
        load.only(WWW, 'NOERROR 192.0.2.40')
        check_fresh_again(load, database, server)
    fault_table.add(load)


def test_binlogs_purged(database, serve, fault_table):
    server = serve(**{'zone-cache-expire': 3600, 'sweep-interval': 3600})
    with Load(server, KNOWN) as load:
        load.settle()
        load.begin('binlogs purged while away')
        load.allow(WWW, 'NOERROR 192.0.2.41')
        while_away(database, server, "UPDATE rr SET data = '192.0.2.41' WHERE name = 'www';"
                   "FLUSH BINARY LOGS; FLUSH BINARY LOGS; PURGE BINARY LOGS TO 'binlog.000003';")
        wait_until(lambda: is_data(server, *WWW, '192.0.2.41'), BACK)
        load.only(WWW, 'NOERROR 192.0.2.41')
        check_fresh_again(load, database, server)
    fault_table.add(load)

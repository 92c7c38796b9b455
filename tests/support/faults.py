"""
What the tests of faults share: a database, a server, and what its answers have to be meanwhile. The
fixtures are imported by the files of tests.
"""
import pytest

from support import schema
from support.mariadb import Database, MariaDB, SqlError
from support.query import is_data, is_rcode
from support.wait import wait_until

ROWS = [('', 'NS', 'ns1'), ('ns1', 'A', '192.0.2.53'), ('www', 'A', '192.0.2.1')]
FAST = {'zone-cache-expire': 1, 'sweep-interval': 1, 'ignore-minimum': 'yes'}
BACK = 30           # reconnecting has a back-off
WWW = ('www.example.com', 'A')
KNOWN = {WWW: {'NOERROR 192.0.2.1'}, ('ns1.example.com', 'A'): {'NOERROR 192.0.2.53'},
         ('nothing.example.com', 'A'): {'NXDOMAIN'}, ('www.example.org', 'A'): {'REFUSED'}}


@pytest.fixture(params=['binlog', 'off'])
def rung(request):
    return request.param


@pytest.fixture
def database():
    """A MariaDB of this test's own."""
    instance = MariaDB(binlog=True)
    try:
        instance.start()
        yield make_database(instance)
    finally:
        instance.remove()


def make_database(instance):
    database = Database(instance, 'mydns', schema.own())
    instance.sql('GRANT REPLICATION SLAVE ON *.* TO mydns@localhost')
    database.zone = database.add_zone('example.com.', ROWS)
    return database


@pytest.fixture
def serve(database, start_server):
    def start(rung='binlog', **options):
        server = start_server({**database.conf(), **FAST, **options,
                               'change-feed': 'off' if rung == 'off' else 'auto'})
        wait_until(lambda: is_data(server, *WWW, '192.0.2.1'))
        if rung != 'off':
            server.wait_log('following the binlog')
        return server
    return start


def change(load, database, server, address):
    """A row changes: the old answer and the new one are right until the new one was seen."""
    load.allow(WWW, f'NOERROR {address}')
    wait_until(lambda: database.sql(f"UPDATE rr SET data = '{address}' WHERE name = 'www'; "
                                    "SELECT 1"), BACK)
    wait_until(lambda: is_data(server, *WWW, address), BACK)
    load.only(WWW, f'NOERROR {address}')
    load.asked_more(100)


def check_fresh_again(load, database, server):
    change(load, database, server, '192.0.2.2')
    zone = database.add_zone('example.net.', [('www', 'A', '192.0.2.3')])
    wait_until(lambda: is_data(server, 'www.example.net', 'A', '192.0.2.3'), BACK)
    database.sql(f'DELETE FROM soa WHERE id = {zone}; DELETE FROM rr WHERE zone = {zone}')
    wait_until(lambda: is_rcode(server, 'www.example.net', 'A', 'REFUSED'), BACK)


def end_sessions(database):
    """Every connection of the server's account is killed."""
    sql = database.instance.sql
    for row in sql("SELECT id FROM information_schema.processlist WHERE user = 'mydns'"):
        try:
            sql(f'KILL {row[0]}')
        except SqlError:            # gone by itself meanwhile
            pass

"""Two nodes of a Galera cluster, one mydns on each."""
import copy

import pytest

from support import schema
from support.asking import Asking
from support.galera import Cluster, refuses
from support.mariadb import Database
from support.query import is_data
from support.wait import holds_for, wait_until

SLOW = 60
NAME = 'www.example.com.'


@pytest.fixture(scope='module')
def cluster():
    cluster = Cluster()
    try:
        first = cluster.nodes[0]
        database = Database(first, 'mydns', schema.own())
        first.sql('GRANT REPLICATION SLAVE ON *.* TO mydns@localhost')
        database.add_zone('example.com.', [('', 'NS', 'ns1'), ('ns1', 'A', '192.0.2.53'),
                                           ('www', 'A', '192.0.2.1')])
        cluster.count = 0
        cluster.databases = [database, copy.copy(database)]
        cluster.databases[1].instance = cluster.nodes[1]
        yield cluster
    finally:
        cluster.remove()


@pytest.fixture
def servers(cluster, start_server):
    """One on each node; age alone would show nothing in time."""
    cluster.wait_whole()
    servers = [start_server({**database.conf(), 'zone-cache-expire': 3600, 'sweep-interval': 3600})
               for database in cluster.databases]
    for server in servers:
        server.wait_log('following the binlog', SLOW)
    return servers


def change(cluster, node):
    """A new address for NAME, committed on a node; the address."""
    cluster.count += 1
    address = f'198.51.100.{cluster.count}'
    cluster.databases[node].sql(
        f"START TRANSACTION; UPDATE rr SET data = '{address}' WHERE name = 'www';"
        ' UPDATE soa SET serial = serial + 1; COMMIT')
    return address


def wait_shown(server, address):
    wait_until(lambda: is_data(server, NAME, 'A', address), SLOW)


def test_commit_anywhere(cluster, servers):
    for node in (0, 1, 0, 1):
        address = change(cluster, node)
        for server in servers:
            wait_shown(server, address)


def test_node_leaves_and_comes_back(cluster, servers):
    """Stopped in good order: the other goes on; then it gets what it missed."""
    before = change(cluster, 1)
    wait_shown(servers[1], before)
    with Asking(servers[1], ['www.example.com']) as asking:
        cluster.nodes[1].stop()
        servers[1].wait_log('the binlog stream ended')
        address = change(cluster, 0)
        wait_shown(servers[0], address)
        assert is_data(servers[1], NAME, 'A', before)
        cluster.nodes[1].start()
        cluster.wait_whole()
        wait_shown(servers[1], address)
    assert not asking.wrong, asking.wrong[:5]
    address = change(cluster, 1)
    for server in servers:
        wait_shown(server, address)


def test_no_quorum(cluster, servers):
    """A node killed: the other one of two refuses to answer SQL, memory does not; a state transfer ends it."""
    address = change(cluster, 0)
    for server in servers:
        wait_shown(server, address)
    with Asking(servers[0], ['www.example.com']) as here, \
            Asking(servers[1], ['www.example.com']) as there:
        cluster.nodes[1].kill()
        servers[1].wait_log('the binlog stream ended')
        wait_until(lambda: refuses(cluster.nodes[0]), SLOW)
        holds_for(lambda: all(is_data(server, NAME, 'A', address) for server in servers), 1)
        cluster.nodes[0].sql("SET GLOBAL wsrep_provider_options = 'pc.bootstrap=YES'")
        wait_until(lambda: not refuses(cluster.nodes[0]), SLOW)
        address = change(cluster, 0)
        wait_shown(servers[0], address)
        cluster.nodes[1].start()
        cluster.wait_whole()
        wait_shown(servers[1], address)
    assert not here.wrong and not there.wrong, (here.wrong[:5], there.wrong[:5])
    address = change(cluster, 1)
    for server in servers:
        wait_shown(server, address)

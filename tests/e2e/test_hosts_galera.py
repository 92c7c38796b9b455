"""
Galera on two hosts (support/wire.py), made by README's recipe, word for word; a mydns beside each node, and
a client. Each follows the binary log of its node; the link between the nodes is cut, a node is lost
and comes back by a full state transfer, and nobody notices who asks.
"""
import contextlib
import os
import subprocess
import time

import pytest

from support import recipe, schema
from support.faults import KNOWN, ROWS, WWW
from support.galera import refuses, status
from support.load import Load
from support.mariadb import Database, MariaDB
from support.query import is_data
from support.replica import Copy
from support.wait import wait_until

HOSTS = {'first': '192.0.2.1', 'second': '192.0.2.2', 'client': '192.0.2.3'}
NODES = ('first', 'second')
SLOW = 90           # a peer is given up after 5 to 15 s, and a state transfer has all of the data


def node(name, cnf):
    """One that is installed; started with --wsrep-new-cluster it is the first."""
    one = MariaDB(options=recipe.options(cnf), address=HOSTS[name])
    if os.getuid() == 0:    # rsync's daemon, started by root, would run as nobody and reach nothing
        one.options.remove('--user=root')
        one.options.append('--user=mysql')
        subprocess.run(['chown', '-R', 'mysql', one.directory.path], check=True)
    return one


class Cluster:
    """databases and servers by the names of their hosts; the address that WWW has now."""

    def __init__(self, wire, stack):
        self.wire = wire
        self.count = 0
        self.address = '192.0.2.1'
        self.servers = {}
        cnf, accounts, lines = recipe.recipe('Galera')
        other = cnf.replace('server_id = 1', 'server_id = 2') \
                   .replace('node_address = 192.0.2.1', 'node_address = 192.0.2.2')
        self.conf = recipe.conf(lines)
        self.nodes = {'first': node('first', cnf), 'second': node('second', other)}
        for one in self.nodes.values():
            stack.callback(one.remove)
        first, second = self.nodes.values()
        first.options.append('--wsrep-new-cluster')
        self.start('first')
        first.options.pop()
        database = Database(first, 'mydns', schema.own())
        database.add_zone('example.com.', ROWS)
        first.sql(accounts)
        self.start('second')
        self.wait_whole()
        self.databases = {'first': database, 'second': Copy(second, database)}

    def start(self, name):
        with self.wire.hosts[name]:
            self.nodes[name].start()

    def wait_whole(self):
        for one in self.nodes.values():
            wait_until(lambda n=one: status(n, 'wsrep_cluster_size') == '2' and
                       status(n, 'wsrep_local_state_comment') == 'Synced', SLOW)

    def serve(self, start):
        """A mydns on each host; age alone would show nothing in time."""
        for name in NODES:
            with self.wire.hosts[name]:
                server = start({**self.databases[name].conf(), **self.conf,
                                'listen': f'{HOSTS[name]}:53', 'zone-cache-expire': 3600,
                                'sweep-interval': 3600, 'ignore-minimum': 'yes'})
            server.address = (HOSTS[name], 53)
            server.wait_log('following the binlog', SLOW)
            self.servers[name] = server

    def change(self, name, loads=()):
        """A new address for WWW, committed on the node NAME; LOADS may tell it."""
        self.count += 1
        self.address = f'198.51.100.{self.count}'
        for load in loads:
            load.allow(WWW, f'NOERROR {self.address}')
        self.databases[name].sql(
            f"START TRANSACTION; UPDATE rr SET data = '{self.address}' WHERE name = 'www';"
            ' UPDATE soa SET serial = serial + 1; COMMIT')

    def wait_shown(self, names=NODES):
        for name in names:
            with self.wire.hosts[name]:
                wait_until(lambda n=name: is_data(self.servers[n], *WWW, self.address), SLOW,
                           f'{name} answers {self.address}')

    @contextlib.contextmanager
    def load(self, table, fault):
        """500 queries a second for each server; its Load by its name."""
        known = {**KNOWN, WWW: {f'NOERROR {self.address}'}}
        loads = {}
        with self.wire.hosts['client']:
            for name in NODES:
                loads[name] = Load(self.servers[name], known)
        with loads['first'], loads['second']:
            for name, load in loads.items():
                load.settle()
                load.begin(f'{fault}: {name}')
            yield loads
        for load in loads.values():
            table.add(load)

    def check_fresh_again(self, loads):
        for name in NODES:
            self.change(name, loads.values())
            self.wait_shown()
            for load in loads.values():
                load.only(WWW, f'NOERROR {self.address}')


@pytest.fixture(scope='module')
def cluster(start_shared_server, wire):
    with contextlib.ExitStack() as stack:
        cluster = Cluster(wire, stack)
        cluster.serve(start_shared_server)
        yield cluster


def test_commit_anywhere(cluster):
    for name in NODES * 2:
        cluster.change(name)
        cluster.wait_shown()


def test_split(cluster, fault_table):
    """Neither half of two has a quorum: both refuse SQL, and memory answers; whole again by itself."""
    with cluster.load(fault_table, 'Galera split in halves') as loads:
        cluster.wire.fault('first', 'second', cut=True)
        for name in NODES:
            wait_until(lambda n=name: refuses(cluster.nodes[n]), SLOW, f'{name} refuses SQL')
        for load in loads.values():
            load.asked_more(1000)
        begun = time.monotonic()
        cluster.wire.heal()
        cluster.wait_whole()
        cluster.check_fresh_again(loads)
        print(f'whole and fresh {time.monotonic() - begun:.1f} s after the link')


def test_half_open(cluster, fault_table):
    """One hears the other and is not heard."""
    with cluster.load(fault_table, 'Galera, one node not heard') as loads:
        cluster.wire.fault('second', 'first', back=False, cut=True)
        wait_until(lambda: refuses(cluster.nodes['second']), SLOW, 'second refuses SQL')
        loads['second'].asked_more(1000)
        cluster.wire.heal()
        cluster.wait_whole()
        cluster.check_fresh_again(loads)


def test_state_transfer(cluster, fault_table):
    """A node that has lost its data gets all of the other's; its binary log is another one then."""
    second = cluster.nodes['second']
    log = second.directory / 'log'
    already = os.path.getsize(log)              # it came by one
    with cluster.load(fault_table, 'Galera node back by SST') as loads:
        second.stop()
        cluster.servers['second'].wait_log('the binlog stream ended')
        cluster.change('first', loads.values())
        cluster.wait_shown(['first'])
        loads['first'].only(WWW, f'NOERROR {cluster.address}')
        for name in ('grastate.dat', 'gvwstate.dat', 'galera.cache'):
            with contextlib.suppress(FileNotFoundError):
                os.remove(os.path.join(second.directory / 'data', name))
        cluster.start('second')
        cluster.wait_whole()
        cluster.wait_shown()
        cluster.check_fresh_again(loads)
    with open(log, 'rb') as file:
        file.seek(already)
        assert b'SST complete' in file.read()

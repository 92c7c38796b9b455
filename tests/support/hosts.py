"""
A primary of MariaDB, its replica, a mydns beside each, and a client: three hosts of support.wire. Made
by README's recipe, word for word.

    primary 192.0.2.1   MariaDB, `here` reads it
    replica 192.0.2.2   MariaDB, `there` reads it; `far` (port 54) reads the primary's over the link
    client  192.0.2.3   where the questions come from, and where a mydns may be beside no database
"""
import contextlib
import http.client
import json
import os
import subprocess
import time

from support import recipe, schema
from support import replica as replication
from support.faults import KNOWN, ROWS, WWW
from support.load import Load, TcpLoad
from support.mariadb import Database
from support.query import is_data
from support.wait import wait_until

HOSTS = {'primary': '192.0.2.1', 'replica': '192.0.2.2', 'client': '192.0.2.3'}
LAG_LIMIT = 2
HTTP_PORT = 8000
SLOW = 60
TCP_RATE = 100


def _ssh(directory, home):
    """A program in DIRECTORY that does what it is told with HOME, as if logged in at the primary."""
    path = directory / 'ssh'
    with open(path, 'w', encoding='utf-8') as file:
        file.write(f'#!/bin/sh\n[ "$1" = {HOSTS["primary"]} ] && shift && HOME={home} exec "$@"\n')
    os.chmod(path, 0o755)


class Net:
    """
    wire      with the hosts
    primary   and replica: Databases
    servers   by the names above
    address   that WWW has now
    """

    def __init__(self, wire, stack):
        """STACK (contextlib) takes what is to be removed at the end."""
        self.wire, self.hosts = wire, wire.hosts
        self.servers = {}
        self.count = 0
        self.address = '192.0.2.1'
        first_cnf, accounts, second_cnf, copying, lines, _, client_accounts, client_lines = \
            recipe.recipe('Primary and replica')
        self.conf, self.client_conf = recipe.conf(lines), recipe.conf(client_lines)
        first = self._instance(stack, 'primary', first_cnf)
        second = self._instance(stack, 'replica', second_cnf)
        self.primary = Database(first, 'mydns', schema.own())
        self.primary.add_zone('example.com.', ROWS)
        first.sql(accounts)
        first.sql(client_accounts)
        # `far` has the same as a client
        first.sql(client_accounts.replace(HOSTS['client'], HOSTS['replica']))
        _ssh(second.directory, recipe.home(first))
        with self.hosts['replica']:
            subprocess.run(['sh', '-e', '-c', copying], check=True, timeout=SLOW,
                           env={**os.environ, 'HOME': recipe.home(second), 'USER': 'root',
                                'PATH': f'{second.directory.path}:{os.environ["PATH"]}'})
        wait_until(lambda: replication.running(second) == ('Yes', 'Yes'), SLOW)
        self.replica = replication.Copy(second, self.primary)

    def _instance(self, stack, name, cnf):
        with self.hosts[name]:
            one = recipe.instance(cnf, address=HOSTS[name])
        stack.callback(one.remove)
        return one

    def serve(self, start, name, host, conf, port=53):
        """A mydns on HOST that follows the database of CONF; START as the fixture start_server."""
        with self.hosts[host]:
            server = start({**conf, **self.conf, 'listen': f'{HOSTS[host]}:{port}',
                            'http-listen': HTTP_PORT + port, 'replica-max-lag': LAG_LIMIT,
                            'zone-cache-expire': 1, 'sweep-interval': 1, 'ignore-minimum': 'yes'})
        server.address = (HOSTS[host], port)
        server.host = self.hosts[host]
        server.wait_log('following the binlog', SLOW)
        self.servers[name] = server
        return server

    def change(self, expect=None):
        """A new address for WWW, committed on the primary; EXPECT() is called when it is chosen."""
        self.count += 1
        self.address = f'198.51.100.{self.count}'
        if expect is not None:
            expect()
        self.primary.sql(f"UPDATE rr SET data = '{self.address}' WHERE name = 'www';"
                         ' UPDATE soa SET serial = serial + 1')

    def wait_shown(self, name, seconds=SLOW):
        """The server NAME, asked from its own host, tells the address of now."""
        server = self.servers[name]
        with server.host:
            wait_until(lambda: is_data(server, *WWW, self.address), seconds,
                       f'{name} answers {self.address}')

    def status(self, name):
        """What /status of a server tells."""
        server = self.servers[name]
        with server.host:
            connection = http.client.HTTPConnection('127.0.0.1', server.options['http-listen'],
                                                    timeout=10)
            connection.request('GET', '/status')
            text = connection.getresponse().read()
            connection.close()
        return json.loads(text)

    def known(self):
        """What has to be answered now."""
        return {**KNOWN, WWW: {f'NOERROR {self.address}'}}


class Loads:
    """
    500 queries a second to each of the servers NAMES by UDP, and TCP_RATE by TCP, from the host SOURCE;
    TABLE gets a line of each. A server may tell a change from the time it is allowed to.
    """

    def __init__(self, net, names, table, fault, source='client'):
        self.net, self.table, self.fault = net, table, fault
        self.loads = {}
        with net.hosts[source]:
            for name in names:
                server = net.servers[name]
                self.loads[name] = [Load(server, net.known()),
                                    TcpLoad(server, net.known(), TCP_RATE)]

    def __enter__(self):
        self.stack = contextlib.ExitStack()
        each = [load for loads in self.loads.values() for load in loads]
        for load in each:
            self.stack.enter_context(load)
        for load in each:
            load.settle(load.rate)
        for name, loads in self.loads.items():
            for load, how in zip(loads, ('', ', TCP')):
                load.begin(f'{self.fault}: {name}{how}')
        return self

    def __exit__(self, *error):
        self.stack.__exit__(*error)
        if error[0] is None:
            for loads in self.loads.values():
                for load in loads:
                    self.table.add(load)

    def change(self, *names):
        """A change that NAMES may show and no other."""
        self.net.change(lambda: self.allow(*names))

    def allow(self, *names):
        """From now on NAMES may tell the address of now."""
        for name in names:
            for load in self.loads[name]:
                load.allow(WWW, f'NOERROR {self.net.address}')

    def wait_shown(self, seconds, begun=None):
        """SECONDS: by server, at most, until it tells the address of now, and from then on nothing else."""
        begun = time.monotonic() if begun is None else begun
        for name, limit in seconds.items():
            self.net.wait_shown(name, limit)
            print(f'{self.fault}: {name} tells what is new after {time.monotonic() - begun:.2f} s')
            for load in self.loads[name]:
                load.only(WWW, f'NOERROR {self.net.address}')

    def asked_more(self, count):
        for loads in self.loads.values():
            loads[0].asked_more(count)

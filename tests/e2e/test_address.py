"""Answers leave from the address that was asked, whichever of the host's it is."""
import os
import re
import shutil
import socket
import subprocess
import sys

import pytest

from support.query import Stream, make
from support.server import Server, program
from support.wait import free_port, wait_until


def has_v6():
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as probe:
            probe.bind(('::1', 0))
        return True
    except OSError:
        return False


HOSTS = ['127.0.0.1', '127.0.0.2', *(['::1'] if has_v6() else [])]


@pytest.fixture(scope='module')
def database(new_database):
    database = new_database()
    database.add_zone('example.com.', [('www', 'A', '192.0.2.1')])
    return database


def answered_from(host, port):
    """Where the answer comes from, asked over a socket that hears all addresses."""
    family = socket.AF_INET6 if ':' in host else socket.AF_INET
    query = make('www.example.com')
    with socket.socket(family, socket.SOCK_DGRAM) as udp:
        udp.settimeout(10)
        udp.sendto(query.to_wire(), (host, port))
        octets, peer = udp.recvfrom(4096)
    assert octets[:2] == query.to_wire()[:2]
    return peer[:2]


def host_addresses():
    """Those of this host that '*' means, as far as a name server on them can be reached."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        try:
            udp.connect(('192.0.2.1', 9))       # nothing is sent; the route tells our own address
        except OSError:
            return ['127.0.0.1']
        return ['127.0.0.1', udp.getsockname()[0]]


@pytest.mark.parametrize('threads', [1, 2])
def test_each_address(database, start_server, threads):
    port = free_port()
    listen = [f'[{host}]:{port}' if ':' in host else f'{host}:{port}' for host in HOSTS]
    start_server({**database.conf(), 'listen': listen, 'threads': threads})
    for host in HOSTS:
        for _ in range(8):      # new ports, so that each thread is met
            assert answered_from(host, port) == (host, port)


def test_every_address(database, start_server):
    port = free_port()
    start_server({**database.conf(), 'listen': f'*:{port}'})
    for host in [*host_addresses(), *HOSTS[2:]]:
        assert answered_from(host, port) == (host, port)


@pytest.mark.parametrize('listen, hosts', [
    ('0.0.0.0', [*host_addresses(), *HOSTS[1:2]]), ('[::]', HOSTS[2:])], ids=['IPv4', 'IPv6'])
def test_every_address_of_a_family(database, start_server, listen, hosts):
    """As elsewhere, but one by one: a socket of the wildcard answers from what the route says."""
    if not hosts:
        pytest.skip('no IPv6')
    port = free_port()
    server = start_server({**database.conf(), 'listen': [f'{listen}:{port}', f'127.0.0.2:{port}']})
    for host in hosts:
        assert answered_from(host, port) == (host, port)
    assert not re.search(r'listening on (0\.0\.0\.0|\[::\])', server.log())


# A network of its own with an address that it was given a moment ago: the server is there before it is
# certain that nobody else in the network has it.
NEW_ADDRESS = """#!/bin/sh
exec unshare --net sh -ec '
    ip link set lo up
    ip link add here type veth peer name there
    ip link set there up
    ip link set here up
    ip -6 addr add 2001:db8::53/64 dev here
    for host in 1:1 1:2 1:3 2:1; do ip -6 addr add 2001:db8:0:${{host%:*}}::${{host#*:}}/128 dev lo; done
    exec "$0" "$@"' {program} "$@"
"""


def in_a_new_network(directory, options):
    starter = directory / 'starter'
    starter.write_text(NEW_ADDRESS.format(program=program()))
    starter.chmod(0o755)
    return Server(options, binary=str(starter))


def inside(server, *command):
    """What COMMAND prints in the network of SERVER."""
    return subprocess.run(['nsenter', '--net', '-t', str(server.pid()), *command], timeout=30,
                          capture_output=True, text=True, check=False).stdout


def has_networks():
    return os.getuid() == 0 and has_v6() and all(map(shutil.which, ['unshare', 'nsenter', 'ip'])) \
        and subprocess.run(['unshare', '--net', 'true'], check=False).returncode == 0


@pytest.mark.skipif(not has_networks(), reason='no IPv6, or no network of its own')
@pytest.mark.parametrize('listen', ['*', '[2001:db8::53]', '[::]'])
def test_address_not_certain_yet(database, tmp_path, listen):
    port = free_port()
    http = {'http-listen': '[2001:db8::53]:8053'} if listen.startswith('[2') else {}
    server = in_a_new_network(tmp_path, {**database.conf(), 'listen': f'{listen}:{port}', **http})
    try:
        server.start()
        wait_until(lambda: 'tentative' not in inside(server, 'ip', '-6', 'addr'), 15)
        for how in '+notcp', '+tcp':
            assert inside(server, 'dig', '+short', how, '-p', str(port), '@2001:db8::53',
                          'www.example.com').strip() == '192.0.2.1'
        assert 'left out' not in server.log()
        server.stop()
    finally:
        server.remove()


# Connect from each address, to hold all; then tell which of them are open.
CONNECT = """
import select, socket, sys
socks = []
for host in sys.argv[2:]:
    socks.append(socket.create_connection(('2001:db8::53', int(sys.argv[1])), 5, (host, 0)))
question = bytes.fromhex('001d000700000001000000000000') + b'\\3www\\7example\\3com\\0\\0\\1\\0\\1'
question = len(question[2:]).to_bytes(2, 'big') + question[2:]
for sock in socks:
    try:
        sock.sendall(question)
        print('open' if sock.recv(100) else 'closed')
    except OSError:
        print('closed')
"""


@pytest.mark.skipif(not has_networks(), reason='no IPv6, or no network of its own')
def test_connections_of_one_network(database, tmp_path):
    """Who has one address of IPv6 has all of its network: they count as one client."""
    port = free_port()
    server = in_a_new_network(tmp_path, {**database.conf(), 'listen': f'[2001:db8::53]:{port}',
                                         'tcp-per-client': '2'})
    try:
        server.start()
        wait_until(lambda: 'tentative' not in inside(server, 'ip', '-6', 'addr'), 15)
        hosts = [f'2001:db8:0:{host}' for host in ('1::1', '1::2', '1::3', '2::1')]
        assert inside(server, sys.executable, '-c', CONNECT, str(port), *hosts).split() == \
            ['open', 'open', 'closed', 'open']
        server.stop()
    finally:
        server.remove()


def test_address_of_nobody(database, tmp_path):
    server = Server({**database.conf(), 'listen': f'[2001:db8::dead]:{free_port()}'})
    try:
        server.start(ready=False)
        server.process.wait(15)
        assert 'cannot listen on [2001:db8::dead]' in server.log()
    finally:
        server.remove()


def test_tcp(database, start_server):
    port = free_port()
    server = start_server({**database.conf(), 'listen': [f'{h}:{port}' for h in HOSTS[:2]]})
    for host in HOSTS[:2]:
        server.address = (host, port)
        with Stream(server) as stream:
            stream.send(stream.frame(make('www.example.com')))
            assert stream.receive().answer
            assert stream.socket.getpeername() == (host, port)

"""Answers leave from the address that was asked, whichever of the host's it is."""
import re
import socket

import pytest

from support.query import Stream, make
from support.wait import free_port


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


def test_tcp(database, start_server):
    port = free_port()
    server = start_server({**database.conf(), 'listen': [f'{h}:{port}' for h in HOSTS[:2]]})
    for host in HOSTS[:2]:
        server.address = (host, port)
        with Stream(server) as stream:
            stream.send(stream.frame(make('www.example.com')))
            assert stream.receive().answer
            assert stream.socket.getpeername() == (host, port)

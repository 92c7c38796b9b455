"""Floods of names that nobody has: no statement reaches the database for them, no memory grows."""
import os
import random
import socket
import struct
import time

import pytest

from support.wait import holds_for, wait_until

MARIADB = {'binlog': True}
SANITIZED = os.environ['BUILD_DIR'].endswith(('asan', 'tsan'))
ZONES = 50
QUESTIONS = 3000 if SANITIZED else 60000
WINDOW = 50
# What may come on top of the idle rate: asking for the counter, a sweep that just falls into the flood.
SLACK = 30
MORE = 2 << 20


@pytest.fixture(scope='module')
def database(new_database):
    database = new_database()
    database.sql(f"""
        INSERT INTO soa (id, origin, ns, mbox, minimum)
        SELECT seq, CONCAT('zone', seq, '.example.'), 'ns1', 'hostmaster', 300 FROM seq_1_to_{ZONES};
        INSERT INTO rr (zone, name, type, data, ttl)
        SELECT seq, 'www', 'A', '192.0.2.1', 3600 FROM seq_1_to_{ZONES};
        INSERT INTO rr (zone, name, type, data, ttl)
        SELECT seq, '*.wild', 'A', '192.0.2.1', 3600 FROM seq_1_to_{ZONES};""")
    database.instance.sql("GRANT REPLICATION SLAVE, BINLOG MONITOR ON *.* TO mydns@localhost")
    return database


def statements(database):
    """All that clients had executed so far, this question included."""
    return int(database.instance.sql("SHOW GLOBAL STATUS LIKE 'Queries'")[0][1])


def label(dice):
    return ''.join(dice.choices('abcdefghijklmnopqrstuvwxyz0123456789', k=12))


FLOODS = {
    'nx': lambda dice: f'{label(dice)}.zone{dice.randint(1, ZONES)}.example',
    'deep': lambda dice: f'{label(dice)}.{label(dice)}.www.zone{dice.randint(1, ZONES)}.example',
    'wildcard': lambda dice: f'{label(dice)}.wild.zone{dice.randint(1, ZONES)}.example',
    'foreign': lambda dice: f'{label(dice)}.{label(dice)}.test',
    'sibling': lambda dice: f'www.zone{label(dice)}.example',
}
RCODES = {'nx': 3, 'deep': 3, 'wildcard': 0, 'foreign': 5, 'sibling': 5}


def flood(server, make_name, rcode, count):
    """Ask for COUNT new names, WINDOW at a time; each has to get RCODE."""
    dice = random.Random()
    with socket.socket(type=socket.SOCK_DGRAM) as udp:
        udp.settimeout(10)
        udp.connect(server.address)
        for first in range(0, count, WINDOW):
            for number in range(first, first + WINDOW):
                name = b''.join(bytes([len(p)]) + p.encode() for p in make_name(dice).split('.'))
                udp.send(struct.pack('!6H', number & 0xffff, 0, 1, 0, 0, 0) + name + b'\0\0\1\0\1')
            for _ in range(WINDOW):
                assert udp.recv(4096)[3] & 15 == rcode


@pytest.mark.parametrize('feed', ['binlog', 'gtid', 'off'])
def test_no_statement_and_no_memory(database, start_server, feed):
    server = start_server({**database.conf(), 'change-feed': feed})

    def spent(action):
        before = statements(database)
        begun = time.monotonic()
        action()
        return statements(database) - before, time.monotonic() - begun
    # everything is loaded, and memory that is used once is used
    wait_until(lambda: spent(lambda: holds_for(server.running, 1))[0] < ZONES * 3)
    for kind, make_name in FLOODS.items():
        flood(server, make_name, RCODES[kind], WINDOW * 20)
    idle, idle_sec = spent(lambda: holds_for(server.running, 3))
    before = server.memory()
    for kind, make_name in FLOODS.items():
        count, sec = spent(lambda m=make_name, k=kind: flood(server, m, RCODES[k], QUESTIONS // 5))
        assert count <= idle * sec / idle_sec * 1.5 + SLACK, (kind, count, sec, idle, idle_sec)
    if not SANITIZED:
        assert server.memory() <= before + MORE

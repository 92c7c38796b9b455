"""
The clock of the machine steps by days while the server runs: forward and back, with the database, without it
and with a snapshot file. Nothing of it shows but in the time stamps of the log, since ages and deadlines use
another clock. Debian's libfaketime stands in for date(1).
"""
import datetime
import glob
import json
import os
import signal
import socket
import struct
import time

import dns.message
import dns.query
import pytest

from support.faults import BACK, make_database
from support.mariadb import MariaDB
from support.query import ask, data, ede, is_data, is_rcode, rcode
from support.wait import holds_for, wait_until
from test_status import control, get

SOON = 20.0         # a slow machine
DAY = 86400
STEPS = [('+1d', DAY), ('-1d', -DAY), ('+0', 0)]       # the second one is by two days
WHILE = 1.5             # seconds: a sweep, ages and a snapshot come by
SAVED_AT = 64           # snapshot/format.h
LIMIT = 15              # stale-limit


class Clock:
    """What CLOCK_REALTIME is in programs that start with ENVIRONMENT."""

    def __init__(self, directory):
        self.path = directory / 'clock'
        self.pids = []
        self.set('+0')
        library, = glob.glob('/usr/lib/*/faketime/libfaketimeMT.so.1')
        self.environment = {
            'LD_PRELOAD': library, 'FAKETIME_TIMESTAMP_FILE': self.path, 'FAKETIME_NO_CACHE': '1',
            'FAKETIME_DONT_FAKE_MONOTONIC': '1',
            # else every pthread_cond_timedwait(3) by CLOCK_MONOTONIC would end at once
            'FAKETIME_FORCE_MONOTONIC_FIX': '0'}

    def set(self, offset):
        with open(self.path, 'w', encoding='ascii') as file:
            file.write(offset + '\n')

    def clean(self):
        """What the library leaves behind."""
        for pid in self.pids:
            for path in glob.glob(f'/dev/shm/*faketime_*_{pid}'):
                os.unlink(path)


@pytest.fixture
def database():
    instance = MariaDB(binlog=True)
    try:
        instance.start()
        yield make_database(instance)
    finally:
        instance.remove()


@pytest.fixture
def follow(database, start_server):
    """follow(**options): a server with a clock of its own, which is server.clock."""
    clocks = []

    def start(**options):
        server = start_server({**database.conf(), 'ignore-minimum': 'yes', **options}, begin=False)
        server.clock = Clock(server.directory)
        clocks.append(server.clock)
        start_again(server)
        wait_until(lambda: is_data(server, 'www.example.com', 'A', '192.0.2.1'), SOON)
        return server
    yield start
    for clock in clocks:
        clock.clean()


def start_again(server, **keywords):
    server.start(environment=server.clock.environment, **keywords)
    server.clock.pids.append(server.pid())


def set_address(database, address):
    database.sql(f"UPDATE rr SET data = '{address}' WHERE name = 'www'")


def is_fine(server, address):
    return is_data(server, 'www.example.com', 'A', address) and \
        rcode(ask(server, 'nothing.example.com')) == 'NXDOMAIN' and \
        rcode(ask(server, 'www.example.org')) == 'REFUSED'


def status(server):
    return json.loads(get(control(server), '/status')[2])


def is_on(server, rung):
    return status(server)['change_feed']['rung'] == rung


def log_date(offset):
    """As in the log; the day may end just now."""
    now = datetime.datetime.now(datetime.timezone.utc)
    return [(now + datetime.timedelta(seconds=offset + more)).strftime('%d-%b-%Y')
            for more in (-60, 60)]


@pytest.mark.parametrize('feed', ['binlog', 'gtid', 'off'])
def test_with_the_database(database, follow, feed):
    server = follow(change_feed=feed, zone_cache_expire=1 if feed == 'off' else 3600,
                    sweep_interval=1 if feed == 'off' else 3600)
    if feed != 'off':
        wait_until(lambda: is_on(server, feed), SOON)
    with socket.create_connection(server.address) as tcp:
        for number, (offset, seconds) in enumerate(STEPS):
            server.clock.set(offset)
            holds_for(lambda: is_fine(server, f'192.0.2.{number + 1}'), WHILE)
            set_address(database, f'192.0.2.{number + 2}')
            wait_until(lambda: is_fine(server, f'192.0.2.{number + 2}'), SOON)
            # A connection that is used now and then is not idle
            query = dns.message.make_query('ns1.example.com', 'A')
            dns.query.send_tcp(tcp, query)
            assert dns.query.receive_tcp(tcp, time.time() + SOON)[0].answer
            server.signal(signal.SIGUSR1)               # a line in the log
            wait_until(lambda: any(f'{date} ' in server.log() for date in log_date(seconds)), SOON)
    assert server.log().count('database is away') == 0
    assert server.log().count('following the binlog from') == (feed == 'binlog')
    assert server.log().count('following the binlog again') <= 1    # a stall; not with each step
    after = status(server)
    assert after['uptime_seconds'] < 300
    assert after['guaranteed_age_seconds'] is None or after['guaranteed_age_seconds'] <= 3600


def test_without_the_database(database, follow):
    """stale-limit counts seconds that pass."""
    server = follow(stale_limit=LIMIT, zone_cache_expire=1, sweep_interval=1)
    wait_until(lambda: is_on(server, 'binlog'), SOON)
    begun = time.monotonic()
    database.instance.stop()
    wait_until(lambda: 'database is away' in server.log(), SOON)
    for offset, _ in STEPS[:2]:
        server.clock.set(offset)
        holds_for(lambda: is_fine(server, '192.0.2.1'), WHILE)
    wait_until(lambda: is_rcode(server, 'www.example.com', 'A', 'SERVFAIL'), LIMIT + SOON)
    assert LIMIT - 3 <= time.monotonic() - begun        # since the last look, before the end
    assert ede(ask(server, 'www.example.com', use_edns=0)) == [24]
    server.clock.set('+1d')
    database.instance.start()
    wait_until(lambda: is_fine(server, '192.0.2.1'), BACK)
    set_address(database, '192.0.2.2')
    wait_until(lambda: is_fine(server, '192.0.2.2'), BACK)


def saved_at(path):
    with open(path, 'rb') as file:
        return struct.unpack('<q', file.read(SAVED_AT + 8)[SAVED_AT:])[0]


def test_with_a_snapshot_file(database, follow):
    server = follow(snapshot_interval=1)
    path = server.directory / 'snapshot'
    server.configure(snapshot_file=path)
    server.stop()
    start_again(server)
    for number, (offset, seconds) in enumerate(STEPS[:2]):
        server.clock.set(offset)
        set_address(database, f'192.0.2.{number + 2}')
        wait_until(lambda: is_fine(server, f'192.0.2.{number + 2}'), SOON)
        wait_until(lambda: abs(saved_at(path) - time.time() - seconds) < 120, BACK)
    # A start at the clock of the file, which steps while nothing but the file is there
    server.stop()
    database.instance.stop()
    start_again(server)
    wait_until(lambda: is_fine(server, '192.0.2.3'), SOON)
    for offset, _ in STEPS:
        server.clock.set(offset)
        holds_for(lambda: is_fine(server, '192.0.2.3'), WHILE)
    # With the database, whatever the file says of its age
    server.stop()
    database.instance.start()
    set_address(database, '192.0.2.4')
    server.clock.set('-1d')
    start_again(server)
    wait_until(lambda: is_fine(server, '192.0.2.4'), BACK)
    assert data(ask(server, 'ns1.example.com')) == ['192.0.2.53']

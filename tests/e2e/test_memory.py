"""cache-memory, preload and loaders: zones come when asked for, and go when room is short."""
import concurrent.futures
import multiprocessing
import os
import re
import select
import signal
import socket
import statistics
import time
import urllib.request

import pytest

from support.load import Load
from support.proxy import Proxy
from support.query import ask, data, exchange, is_data, make, rcode
from support.wait import free_port, holds_for, wait_until

ZONES = 2000
FAST = {'sweep-interval': 1, 'zone-cache-expire': 1, 'change-feed': 'off'}


def name(number):
    return f'zone{number}.example'


@pytest.fixture(scope='module')
def database(new_database):
    """2,000 zones of about 3 KB each in memory."""
    database = new_database()
    database.sql(f"""
        INSERT INTO soa (id, origin, ns, mbox, minimum)
        SELECT seq, CONCAT('zone', seq, '.example.'), 'ns1', 'hostmaster', 300
        FROM seq_1_to_{ZONES};
        INSERT INTO rr (zone, name, type, data, ttl)
        SELECT z.seq, CONCAT('host', h.seq), 'A', CONCAT('192.0.2.', h.seq), 3600
        FROM seq_1_to_{ZONES} z, seq_1_to_30 h;""")
    return database


def status(server):
    """From the line of SIGUSR2: zones, in memory; octets."""
    at = len(server.log())
    server.signal(signal.SIGUSR2)
    count = server.wait_log(r'store: (\d+) zones, (\d+) in memory', after=at)
    octets = server.wait_log(r'zone cache .* (\d+) bytes', after=at)
    return int(count.group(1)), int(count.group(2)), int(octets.group(1))


def check_all(server, numbers):
    for number in numbers:
        assert data(ask(server, 'host7.' + name(number))) == ['192.0.2.7'], number


def test_no_room_for_the_list(new_database, start_server):
    """It is served all the same, and said."""
    database = new_database()
    database.sql("""
        INSERT INTO soa (id, origin, ns, mbox)
        SELECT seq, CONCAT('zone', seq, '.example.'), 'ns1', 'root' FROM seq_1_to_10000;
        INSERT INTO rr (zone, name, type, data, ttl) VALUES (77, 'host7', 'A', '192.0.2.7', 3600)""")
    server = start_server({**database.conf(), 'cache-memory': '1M'})
    said = server.wait_log(
        r'cache-memory = 1048576 octets, and the list of (\d+) zones alone takes (\d+)')
    assert int(said.group(1)) == 10000 and int(said.group(2)) > 1048576
    check_all(server, [77])


def test_memory_is_bounded(database, start_server):
    """What does not fit comes when asked for, and what was asked for last stays."""
    bound = 2 << 20
    server = start_server({**database.conf(), 'cache-memory': '2M', 'change-feed': 'off'})
    wait_until(lambda: status(server)[1] > 0)
    before = server.memory()
    for _ in range(2):
        check_all(server, range(1, ZONES + 1))
        zones, loaded, octets = status(server)
        assert zones == ZONES and 0 < loaded < ZONES * 3 // 4
        # a slice is read before others leave
        assert octets <= bound * 1.1
    if not os.environ['BUILD_DIR'].endswith(('asan', 'tsan')):
        assert server.memory() - before < 32 << 20


def test_nothing_is_loaded_unasked(database, start_server):
    server = start_server({**database.conf(), **FAST, 'preload': 'no'})
    assert status(server)[:2] == (ZONES, 0)
    check_all(server, [1, 500, ZONES])
    assert status(server)[1] == 3


def test_a_new_serial_loads_nothing_unasked(database, start_server):
    server = start_server({**database.conf(), **FAST, 'preload': 'no'})
    check_all(server, [1, 500, ZONES])
    database.sql('UPDATE soa SET serial = serial + 1')
    database.add_zone('added.example.', [('www', 'A', '192.0.2.1')])
    wait_until(lambda: is_data(server, 'www.added.example', 'A', '192.0.2.1'))
    holds_for(lambda: status(server)[1] == 4, 2)
    database.sql("DELETE FROM rr WHERE zone > 2000; DELETE FROM soa WHERE id > 2000")


def test_sighup_loads_nothing_unasked(database, start_server):
    server = start_server({**database.conf(), **FAST, 'preload': 'no'})
    check_all(server, [1, 500, ZONES])
    server.signal(signal.SIGHUP)
    server.wait_log('SIGHUP')
    holds_for(lambda: status(server)[1] == 3, 2)


def test_one_loader(database, start_server):
    server = start_server({**database.conf(), **FAST, 'loaders': 1})
    check_all(server, range(1, 200))
    wait_until(lambda: status(server)[1] == ZONES, 30)
    zone = database.add_zone('late.example.', [('www', 'A', '192.0.2.1')])
    wait_until(lambda: is_data(server, 'www.late.example', 'A', '192.0.2.1'))
    database.sql(f'DELETE FROM rr WHERE zone = {zone}; DELETE FROM soa WHERE id = {zone}')
    connections = database.instance.sql("SELECT COUNT(*) FROM information_schema.processlist"
                                        " WHERE user = 'mydns'")
    assert 1 <= int(connections[0][0]) <= 2     # the other one is for who waits


def walk(address, numbers):
    """In a process of its own: how many of NUMBERS' zones were answered."""
    class Server:
        pass
    server = Server()
    server.address = address

    def is_answered(number):
        for _ in range(3):          # a busy machine may load one too late
            reply = exchange(server, make('host7.' + name(number)).to_wire())
            if reply is not None and reply[3] & 15 != 2:
                return reply[3] & 15 == 0
        return False
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        return sum(pool.map(is_answered, numbers))


def test_a_walk_pushes_out_nothing_hot(database, start_server, fault_table):
    """Zones asked for once pass through; those that are asked again stay, and answer as before."""
    hot = range(1, 41)
    server = start_server({**database.conf(), 'cache-memory': '2M', 'change-feed': 'off'})
    known = {('host7.' + name(n), 'A'): {'NOERROR 192.0.2.7'} for n in hot}
    with Load(server, known) as load, multiprocessing.Pool(1) as pool:
        load.settle()
        load.asked_more(2000)           # longer than what counts as the first time
        load.begin('walk over all evicted zones')
        cold = list(range(41, ZONES + 1))
        for _ in range(3):
            assert pool.apply(walk, (server.address, cold)) == len(cold)
        assert status(server)[1] < ZONES * 3 // 4
        database.instance.freeze()
        try:
            load.asked_more(1000)       # from memory: nothing else is left
        finally:
            database.instance.thaw()
    fault_table.add(load)


def flood(address, numbers, rate, seconds):
    """In a process of its own: NUMBERS' zones are asked for, again and again, whoever answers what."""
    with socket.socket(type=socket.SOCK_DGRAM) as udp:
        udp.connect(address)
        queries = [make('host7.' + name(n)).to_wire() for n in numbers]
        begun = due = time.monotonic()
        sent = 0
        while due - begun < seconds:
            while due <= time.monotonic():
                udp.send(queries[sent % len(queries)])
                sent += 1
                due += 1 / rate
            select.select([], [], [], max(0, due - time.monotonic()))
    return sent


def metrics(server):
    url = f"http://127.0.0.1:{server.options['http-listen']}/metrics"
    with urllib.request.urlopen(url, timeout=10) as reply:
        found = re.findall(r'^(mydns_zone\S+) (\d+)$', reply.read().decode(), re.M)
    return {key: int(value) for key, value in found}


def test_a_flood_of_walks(database, start_server, fault_table):
    """
    Far more is asked for than can be loaded, all of it again every second. The database gives it no more time
    than a share of the loaders', the hot zones stay and are fresh, and afterwards all is as before at once.
    """
    hot = range(1, 11)
    cold = [n for first in range(51, 101) for n in range(first, ZONES + 1, 50)]  # none beside the last
    with Proxy(database.instance.socket) as line, multiprocessing.Pool(1) as pool:
        server = start_server({**database.conf(), 'db-host': '127.0.0.1', 'db-socket': None,
                               'db-port': line.port, 'cache-memory': '2M', 'change-feed': 'off',
                               'zone-cache-expire': 3600, 'sweep-interval': 1,
                               'ignore-minimum': 'yes', 'http-listen': free_port()})
        known = {('host7.' + name(n), 'A'): {'NOERROR 192.0.2.7'} for n in hot}
        for question in known:          # else more than eight at a time may wait for each
            wait_until(lambda q=question: is_data(server, *q, '192.0.2.7'))
        with Load(server, known) as load:
            load.settle()
            load.asked_more(2000)       # longer than what counts as the first time
            line.delay(0.01)            # so that a load takes long, however fast the machine
            times = []
            for number in cold[:10]:
                begun = time.monotonic()
                assert data(ask(server, 'host7.' + name(number))) == ['192.0.2.7']
                times.append(time.monotonic() - begun)
            one_takes = statistics.median(times)
            load.begin('flood of walks over all evicted zones')
            before, seconds = metrics(server), 6
            begun = time.monotonic()
            walker = pool.apply_async(flood, (server.address, cold, 3000, seconds))
            changed = ('host7.' + name(3), 'A')
            load.allow(changed, 'NOERROR 198.51.100.3')
            database.sql("UPDATE rr SET data = '198.51.100.3' WHERE zone = 3 AND name = 'host7';"
                         "UPDATE soa SET serial = serial + 1 WHERE id = 3")
            wait_until(lambda: is_data(server, *changed, '198.51.100.3'))
            load.only(changed, 'NOERROR 198.51.100.3')
            assert walker.get() > 3000 * (seconds - 1)
            after, took = metrics(server), time.monotonic() - begun
            loads = after['mydns_zone_loads_total'] - before['mydns_zone_loads_total']
            given_up = (after['mydns_zone_loads_given_up_total']
                        - before['mydns_zone_loads_given_up_total'])
            print(f'a load takes {one_takes:.3f} s, {loads} loads and {given_up} given up in {took:.1f} s')
            # half the time of two loaders, while three threads could read
            assert 0 < loads < 1.7 * took / one_takes + 10
            assert given_up > loads
            late = 'host7.' + name(cold[20])
            wait_until(lambda: rcode(ask(server, late, timeout=1)) == 'NOERROR', 10)
            assert server.running()
        fault_table.add(load)
        database.sql("UPDATE rr SET data = '192.0.2.7' WHERE zone = 3 AND name = 'host7'")


def test_a_large_zone_that_went_leaves_nothing(new_database, start_server):
    """What took memory once is given back to the system."""
    database = new_database()
    zone = database.add_zone('large.example.', [('', 'NS', 'ns1'), ('www', 'A', '192.0.2.1')])
    server = start_server({**database.conf(), **FAST, 'vanish-limit': 100})
    wait_until(lambda: is_data(server, 'www.large.example', 'A', '192.0.2.1'))
    before = server.memory()
    for ttl in (3600, 7200):
        database.sql('INSERT INTO rr (zone, name, type, data, ttl) '
                     f"SELECT {zone}, CONCAT('n', seq), 'A', '192.0.2.2', {ttl} FROM seq_1_to_300000")
        wait_until(lambda: is_data(server, 'n300000.large.example', 'A', '192.0.2.2'), 60)
        database.sql("UPDATE rr SET ttl = ttl + 1 WHERE name LIKE 'n%'")
        wait_until(lambda: ask(server, 'n7.large.example').answer[0].ttl == ttl + 1, 60)
        database.sql("DELETE FROM rr WHERE name LIKE 'n%'")
        wait_until(lambda: rcode(ask(server, 'n7.large.example')) == 'NXDOMAIN', 60)
    if not os.environ['BUILD_DIR'].endswith(('asan', 'tsan')):
        wait_until(lambda: server.memory() - before < 64 << 20)

"""
A large zone is read whole, again and again, and its rows change meanwhile: each change shows at once, whole,
and for good, whatever the views of the two are, and in the end all is as the tables have it.
"""
import contextlib
import json
import os
import signal
import subprocess
import threading
import time
import urllib.request

import pytest

from support.proxy import Proxy
from support.query import ask, data, is_data, is_rcode, rcode, section
from support.wait import free_port, wait_until

MARIADB = {'binlog': True}

SANITIZED = os.environ['BUILD_DIR'].endswith(('asan', 'tsan'))
HUGE = 40000 if SANITIZED else 200000
SOON = 20.0
CHANGES = 60            # at least, and for so long that the zone is read so often:
READS = {'SIGHUP': 5, 'ALTER': 1}       # the feed has a verification take its time
TYPICAL = 0.25          # seconds: what a change takes at most, but for the odd one; a read takes some times that
STALLED = 8.0           # a change during a read that goes on for longer than that: a silent line is given up after 10
ROWS = [('', 'NS', 'ns1'), ('ns1', 'A', '192.0.2.53'), ('count', 'A', '10.0.0.0'),
        ('pair', 'A', '192.0.2.0', 0, 60), ('pair', 'A', '192.0.3.0', 0, 60),
        ('mx', 'MX', 'one', 10, 60), ('mx', 'MX', 'two', 20, 60),
        ('one', 'A', '192.0.2.0', 0, 60), ('two', 'A', '192.0.2.0', 0, 60),
        ('moved0', 'A', '192.0.2.7'), ('added0', 'A', '192.0.2.8'), ('bad', 'A', '192.0.2.9')]
QUESTIONS = [(name, kind) for name in ('', 'count', 'pair', 'mx', 'one', 'moved0', 'moved1', 'added0', 'bad', 'no')
             for kind in ('A', 'MX', 'NS', 'SOA')]


@pytest.fixture(scope='module')
def database(new_database):
    database = new_database()
    database.instance.sql('GRANT REPLICATION SLAVE ON *.* TO mydns@localhost')
    return database


@pytest.fixture
def zone(database):
    """The zone huge.test, made anew."""
    database.sql('TRUNCATE rr; TRUNCATE soa')
    database.zone = database.add_zone('huge.test.', ROWS)
    database.add_zone('other.test.', [('www', 'A', '192.0.2.80')])
    database.sql('INSERT INTO rr (zone, name, type, data, aux, ttl) '
                 f"SELECT {database.zone}, CONCAT('n', seq), 'A', CONCAT('10.', seq >> 16 & 255, '.', "
                 f"seq >> 8 & 255, '.', seq & 255), 0, 3600 FROM seq_1_to_{HUGE}")
    return database


def start(start_server, database, **options):
    server = start_server({**database.conf(), 'zone-cache-expire': 3600, 'sweep-interval': 3600,
                           'ignore-minimum': 'yes', 'control-socket': 'off', **options})
    wait_until(lambda: 'following the binlog' in server.log(), SOON)
    wait_until(lambda: is_rcode(server, 'n1.huge.test', 'A', 'NOERROR'), 3 * SOON)
    settle(database)
    return server


@contextlib.contextmanager
def proxied(start_server, database, **options):
    """A proxy to the database, and a server that has no other way there."""
    with Proxy(database.instance.socket) as proxy:
        yield proxy, start(start_server, database, **{'db-host': f'127.0.0.1:{proxy.port}', 'db-socket': None,
                                                      **options})


def read_rows(database):
    status = database.instance.sql("SHOW GLOBAL STATUS LIKE 'Handler_read%'")
    return sum(int(value) for _, value in status)


def settle(database):
    """Until nobody reads any more."""
    seen = [read_rows(database)]

    def quiet():
        seen.append(read_rows(database))
        return len(seen) > 8 and seen[-1] - seen[-8] < HUGE / 10
    wait_until(quiet, 3 * SOON)


def count(server):
    octets = data(ask(server, 'count.huge.test'))[0].split('.')
    return int(octets[2]) * 256 + int(octets[3])


class Writer:
    """One session; change(n) is a transaction that touches rows of every kind, as the n-th one."""

    def __init__(self, database):
        self.database = database
        self.client = subprocess.Popen(
            ['mariadb', '--no-defaults', '-S', database.instance.socket, '-u', 'root', '-N', '-n', database.name],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.client.stdin.close()
        self.client.wait(SOON)
        self.client.stdout.close()

    def run(self, text):
        self.client.stdin.write((' '.join(text.split()) + '; SELECT 1;\n').encode())
        self.client.stdin.flush()
        assert self.client.stdout.readline()

    def change(self, n):
        where = f'WHERE zone = {self.database.zone} AND name ='
        k = n % 200
        bad = "'192.0.2.9'" if n % 2 else "'nonsense'"
        self.run(f"""START TRANSACTION;
            UPDATE rr SET data = '10.0.{n // 256}.{n % 256}' {where} 'count';
            UPDATE rr SET data = '192.0.2.{k}' {where} 'pair' AND data LIKE '192.0.2.%';
            UPDATE rr SET data = '192.0.3.{k}' {where} 'pair' AND data LIKE '192.0.3.%';
            UPDATE rr SET data = '192.0.2.{k}' {where} 'one';
            UPDATE rr SET name = 'x', data = '192.0.2.{k}' {where} 'two';
            UPDATE rr SET name = 'two' {where} 'x';
            UPDATE rr SET name = 'moved{n}' {where} 'moved{n - 1}';
            DELETE FROM rr {where} 'added{n - 1}';
            INSERT INTO rr (zone, name, type, data, aux, ttl)
                VALUES ({self.database.zone}, 'added{n}', 'A', '192.0.2.8', 0, 60);
            UPDATE rr SET data = {bad} {where} 'bad';
            UPDATE soa SET serial = {n} WHERE id = {self.database.zone};
            COMMIT""")


class Watcher:
    """A thread that asks without a pause: numbers do not fall, what changes together shows together."""

    def __init__(self, server):
        self.server = server
        self.wrong = []
        self.highest = {'count': 0, 'serial': 0}
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self._run)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, kind, *_):
        self.stopping.set()
        self.thread.join()
        if kind is None:
            assert not self.wrong, self.wrong[:10]

    def _number(self, what, n):
        if n < self.highest[what]:
            self.wrong.append((what, n, self.highest[what]))
        self.highest[what] = max(n, self.highest[what])

    def _run(self):
        while not self.stopping.is_set():
            self._number('count', count(self.server))
            self._number('serial', ask(self.server, 'huge.test', 'SOA').answer[0][0].serial)
            pair = sorted(address.split('.')[3] for address in data(ask(self.server, 'pair.huge.test')))
            if len(pair) != 2 or pair[0] != pair[1]:
                self.wrong.append(('pair', pair))
            glue = [r.to_text() for s in ask(self.server, 'mx.huge.test', 'MX').additional for r in s]
            if len(glue) != 2 or glue[0] != glue[1]:
                self.wrong.append(('glue', glue))


def check_shows(server, n):
    """What change(n) does, all of it."""
    assert is_rcode(server, f'moved{n}.huge.test', 'A', 'NOERROR')
    assert is_rcode(server, f'moved{n - 1}.huge.test', 'A', 'NXDOMAIN')
    assert is_rcode(server, f'added{n}.huge.test', 'A', 'NOERROR')
    assert is_rcode(server, f'added{n - 1}.huge.test', 'A', 'NXDOMAIN')
    assert is_rcode(server, 'bad.huge.test', 'A', 'NOERROR' if n % 2 else 'NXDOMAIN')
    assert ask(server, 'huge.test', 'SOA').answer[0][0].serial == n


def wait_count(server, n, seconds):
    begun = time.monotonic()
    while count(server) < n:
        assert time.monotonic() < begun + seconds, f'change {n} does not show within {seconds} s'
    return time.monotonic() - begun


def answers(server, questions):
    told = {}
    for name, kind in questions:
        reply = ask(server, f'{name}{"." if name else ""}huge.test', kind, tcp=True)
        told[name, kind] = (rcode(reply), reply.flags, section(reply.answer),
                            section(reply.authority), section(reply.additional))
    return told


def check_equal(server, database, start_server, last):
    """SERVER answers as one that has just read everything."""
    fresh = start_server({**database.conf(), 'change-feed': 'off', 'ignore-minimum': 'yes',
                          'control-socket': 'off'})
    wait_until(lambda: is_rcode(fresh, 'n1.huge.test', 'A', 'NOERROR'), 3 * SOON)
    questions = QUESTIONS + [(name, 'A') for n in range(max(last - 3, 0), last + 1)
                             for name in (f'moved{n}', f'added{n}')]
    assert answers(server, questions) == answers(fresh, questions)
    fresh.stop()


class Reading:
    """Has the zone read whole again and again: by SIGHUP, or by a table that is altered."""

    def __init__(self, database, server, how):
        self.database, self.server, self.how = database, server, how
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self._run)
        self.times = 0

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        self.thread.join()

    def _run(self):
        while not self.stopping.wait(0.2):
            self.times += 1
            if self.how == 'ALTER':
                self.database.sql(f"ALTER TABLE rr COMMENT = 'number {self.times}'")
            else:
                self.server.signal(signal.SIGHUP)


@pytest.mark.parametrize('how', ['SIGHUP', 'ALTER'])
def test_changes_show_at_once(zone, start_server, how):
    server = start(start_server, zone)
    before = read_rows(zone)
    took = []
    with Writer(zone) as writer, Watcher(server):
        with Reading(zone, server, how):
            wait_until(lambda: read_rows(zone) > before + HUGE / 10, SOON)
            while len(took) < CHANGES or read_rows(zone) < before + READS[how] * HUGE:
                n = len(took) + 1
                writer.change(n)
                took.append(wait_count(server, n, SOON))
                check_shows(server, n)
        settle(zone)
        check_shows(server, n)
    took.sort()
    print(f'{how}: {n} changes; one shows after {took[n // 2] * 1000:.1f} ms (p90 '
          f'{took[n * 9 // 10] * 1000:.1f}, p99 {took[n * 99 // 100] * 1000:.1f}, worst {took[-1] * 1000:.1f}); '
          f'{(read_rows(zone) - before) / HUGE:.1f} times the zone was read')
    assert SANITIZED or took[n * 3 // 4] < TYPICAL, took
    check_equal(server, zone, start_server, n)


def stall(server, proxy):
    """The zone is being read, and comes no further; what changes does not fill as much."""
    stalled = proxy.stalled
    proxy.stall(HUGE * 20)
    server.signal(signal.SIGHUP)
    wait_until(lambda: proxy.stalled > stalled, SOON)


def test_the_read_has_the_older_view(zone, start_server):
    """Whatever changes while the read stands still shows, and still does when the read has ended."""
    with proxied(start_server, zone) as (proxy, server):
        with Writer(zone) as writer, Watcher(server):
            last = 0
            for turn in range(3):
                stall(server, proxy)
                for n in range(last + 1, last + 6 + turn):
                    writer.change(n)
                    wait_count(server, n, STALLED)
                    check_shows(server, n)
                    last = n
                proxy.go_on()
                settle(zone)
                check_shows(server, last)
        check_equal(server, zone, start_server, last)


def left_out(server):
    url = f"http://127.0.0.1:{server.options['http-listen']}/status"
    with urllib.request.urlopen(url, timeout=SOON) as reply:
        return json.load(reply)['rows']['left_out']


def test_rows_left_out_meanwhile(zone, start_server):
    """Rows that are served nowhere come, change and go while the read stands still: all are counted."""
    zone.sql(f"INSERT INTO rr (zone, name, type, data) VALUES ({zone.zone}, 'a..b', 'A', '192.0.2.1'), "
             f"({zone.zone}, 'c..d', 'A', '192.0.2.1'), ({zone.zone}, 'worse', 'A', 'nonsense')")
    with proxied(start_server, zone, **{'http-listen': free_port()}) as (proxy, server):
        assert left_out(server) == 3
        with Writer(zone) as writer:
            stall(server, proxy)
            writer.run(f"INSERT INTO rr (zone, name, type, data) VALUES ({zone.zone}, 'new', 'A', 'nonsense')")
            writer.run("DELETE FROM rr WHERE name = 'a..b'")
            writer.run("UPDATE rr SET name = 'e..f' WHERE name = 'c..d'")
            writer.run("UPDATE rr SET data = '192.0.2.1' WHERE name = 'worse'")
            writer.change(1)
            wait_count(server, 1, STALLED)
            assert left_out(server) == 2
            proxy.go_on()
            settle(zone)
        assert left_out(server) == 2
        check_equal(server, zone, start_server, 1)


def test_more_changes_than_are_noted(zone, start_server):
    """Beyond a bound they wait for the end of the read, and none is lost."""
    with proxied(start_server, zone) as (proxy, server):
        with Writer(zone) as writer, Watcher(server):
            writer.change(1)
            wait_count(server, 1, SOON)
            stall(server, proxy)
            for part in range(6):           # rows, each of which was somewhere and is somewhere else
                writer.run(f"UPDATE rr SET name = CONCAT('m', name) WHERE zone = {zone.zone} AND id % {HUGE // 2000} = "
                           f"{part} AND name LIKE 'n%' AND name <> 'n1' AND name <> 'ns1'")
            writer.change(2)
            proxy.go_on()
            wait_count(server, 2, SOON)
            check_shows(server, 2)
            settle(zone)
        moved = zone.sql("SELECT name, data FROM rr WHERE name LIKE 'mn%' ORDER BY id % 997 LIMIT 50")
        for name, address in moved:
            assert is_data(server, f'{name}.huge.test', 'A', address), name
            assert is_rcode(server, f'{name[1:]}.huge.test', 'A', 'NXDOMAIN'), name
        check_equal(server, zone, start_server, 2)


def test_a_statement_in_the_log_as_text(zone, start_server):
    """What was not told row by row must not show in parts: changes wait until all of it shows."""
    with proxied(start_server, zone) as (proxy, server):
        with Writer(zone) as writer, Watcher(server):
            writer.change(1)
            wait_count(server, 1, SOON)
            stall(server, proxy)
            zone.instance.sql(f"""SET binlog_format = STATEMENT; UPDATE {zone.name}.rr SET data =
                CONCAT(LEFT(data, 8), '150') WHERE name IN ('pair', 'one', 'two')""", zone.name)
            writer.run(f"UPDATE rr SET ttl = ttl + 1 WHERE zone = {zone.zone} AND name IN ('one', 'pair') "
                       "AND data LIKE '192.0.2.%'")
            writer.change(2)
            proxy.go_on()
            wait_count(server, 2, 3 * SOON)
        settle(zone)
        check_equal(server, zone, start_server, 2)


@pytest.mark.parametrize('end, expected', [
    ('DELETE FROM soa WHERE id = {0}; DELETE FROM rr WHERE zone = {0}', 'REFUSED'),
    ("UPDATE soa SET active = 'N' WHERE id = {0}", 'REFUSED'),
    ("UPDATE soa SET origin = 'renamed.test.' WHERE id = {0}", 'REFUSED'),
    ('START TRANSACTION; UPDATE soa SET id = id + 500 WHERE id = {0}; '
     'UPDATE rr SET zone = zone + 500 WHERE zone = {0} AND name NOT LIKE "n%"; COMMIT', 'NXDOMAIN')])
def test_the_zone_goes_meanwhile(zone, start_server, end, expected):
    with proxied(start_server, zone, **{'vanish-limit': 100}) as (proxy, server):
        with Writer(zone) as writer:
            stall(server, proxy)
            writer.change(1)
            wait_count(server, 1, STALLED)
            zone.sql(end.format(zone.zone))
            if 'origin' not in end:             # read whole, too, which stands still as well
                wait_until(lambda: is_rcode(server, 'n1.huge.test', 'A', expected), STALLED)
            proxy.go_on()
            wait_until(lambda: is_rcode(server, 'n1.huge.test', 'A', expected), SOON)
            settle(zone)
            assert is_rcode(server, 'n1.huge.test', 'A', expected)
            if 'renamed' in end:
                assert is_rcode(server, 'moved1.renamed.test', 'A', 'NOERROR')
            assert is_data(server, 'www.other.test', 'A', '192.0.2.80')

"""Zones in a file: a start without database answers from it, and with one nothing of it survives."""
import fcntl
import hashlib
import os
import signal
import stat
import struct
import subprocess
import time

import pytest

from support import schema
from support.mariadb import Database, MariaDB
from support.query import ask, data, ede, is_data, is_rcode, rcode
from support.server import program
from support.wait import holds_for, wait_until

ROWS = [('', 'NS', 'ns1'), ('ns1', 'A', '192.0.2.53'), ('www', 'A', '192.0.2.1'),
        ('*.w', 'CNAME', 'www'), ('mail', 'MX', 'www', 10), ('t', 'TXT', 'a text')]
FAST = {'zone-cache-expire': 1, 'sweep-interval': 1, 'ignore-minimum': 'yes',
        'snapshot-interval': 1}
BACK = 30           # reconnecting has a back-off
MARIADB = {'binlog': True}

# format.h
HEAD_LEN, DIGEST_LEN = 1024, 16
SAVED_AT, THERE_AT = 64, 72


@pytest.fixture(scope='module')
def instance():
    instance = MariaDB(**MARIADB)
    try:
        yield instance
    finally:
        instance.remove()


@pytest.fixture
def database(instance):
    """There, with two zones; a test may stop it."""
    if instance.process is None:
        instance.start()
    database = Database(instance, 'mydns', schema.own())
    for origin in ('example.com.', 'example.net.'):
        database.add_zone(origin, ROWS)
    return database


@pytest.fixture
def server(database, start_server):
    """Not running; its file is server.snapshot."""
    server = start_server({**database.conf(), **FAST}, begin=False)
    server.snapshot = server.directory / 'snapshot'
    server.configure(snapshot_file=server.snapshot)
    return server


def save(server, last='www.example.net'):
    """Run once, so that the file is there."""
    server.start()
    wait_until(lambda: is_data(server, last, 'A', '192.0.2.1'))
    server.stop()
    assert os.path.exists(server.snapshot)


def start_alone(server, database, **keywords):
    """Start without database."""
    if database.instance.process:
        database.instance.stop()
    return server.start(**keywords)


def answers(server, zone='example.com'):
    return data(ask(server, 'www.' + zone)) == ['192.0.2.1'] and \
        '192.0.2.1' in data(ask(server, 'x.w.' + zone)) and \
        data(ask(server, 'mail.' + zone, 'MX')) == [f'10 www.{zone}.'] and \
        data(ask(server, 't.' + zone, 'TXT', tcp=True)) == ['"a text"'] and \
        rcode(ask(server, 'nothing.' + zone)) == 'NXDOMAIN' and \
        rcode(ask(server, 'www.example.org')) == 'REFUSED'


def head(server):
    with open(server.snapshot, 'rb') as file:
        return file.read(HEAD_LEN)


def alter(server, off, octets, sign=False):
    """Put OCTETS at OFF of the file; with SIGN the head is right again."""
    with open(server.snapshot, 'r+b') as file:
        file.seek(off)
        file.write(octets)
        if sign:
            file.seek(0)
            signed = file.read(HEAD_LEN - DIGEST_LEN)
            file.write(hashlib.blake2b(signed, digest_size=DIGEST_LEN).digest())


def strike(server, domain):
    result = subprocess.run([program('dnsadm'), 'snapshot-remove', server.snapshot, domain],
                            capture_output=True, text=True, timeout=60, check=False)
    return result.returncode, result.stderr


def test_start_without_database(server, database):
    save(server)
    assert stat.S_IMODE(os.stat(server.snapshot).st_mode) == 0o600
    assert not os.path.exists(server.snapshot + '.new')
    start_alone(server, database)
    assert answers(server) and answers(server, 'example.net')
    soa = ask(server, 'example.com', 'SOA')
    assert 'hostmaster.example.com. 1 28800 7200 604800 300' in data(soa)[0]
    server.wait_log(r'snapshot: 2 zones from .*, saved [0-9]{4}-')
    # once more, from the file that nobody has written again
    server.stop()
    server.start()
    assert answers(server)


def test_database_comes(server, database):
    """What changed meanwhile shows, and what SQL no longer has goes."""
    save(server)
    database.sql("UPDATE rr SET data = '192.0.2.2' WHERE name = 'www' AND zone = "
                 "(SELECT id FROM soa WHERE origin = 'example.com.')")
    gone = "(SELECT id FROM soa WHERE origin = 'example.net.')"
    database.sql(f"DELETE FROM rr WHERE zone = {gone}; DELETE FROM soa WHERE id = {gone}")
    database.add_zone('new.example.', ROWS)
    start_alone(server, database)
    assert answers(server) and answers(server, 'example.net')
    database.instance.start()
    wait_until(lambda: is_data(server, 'www.example.com', 'A', '192.0.2.2'), BACK)
    wait_until(lambda: is_rcode(server, 'www.example.net', 'A', 'REFUSED'), BACK)
    wait_until(lambda: is_data(server, 'www.new.example', 'A', '192.0.2.1'), BACK)
    # and so it stays when the database goes again, and in the next file
    server.stop()
    start_alone(server, database)
    assert data(ask(server, 'www.example.com')) == ['192.0.2.2']
    assert rcode(ask(server, 'www.example.net')) == 'REFUSED'
    assert answers(server, 'new.example')


def test_database_comes_empty(server, database):
    """Vanish protection holds for what came from the file, and only for so long."""
    save(server)
    database.sql('DELETE FROM rr; DELETE FROM soa')
    server.configure(vanish_hold=10)
    server.start()
    server.wait_log('connected to the database')
    holds_for(lambda: answers(server) and answers(server, 'example.net'), 2)
    wait_until(lambda: is_rcode(server, 'www.example.com', 'A', 'REFUSED'), BACK)
    wait_until(lambda: is_rcode(server, 'www.example.net', 'A', 'REFUSED'), BACK)


def test_saved_now_and_then(server, database):
    """A crash loses no more than the last moments."""
    server.start()
    wait_until(lambda: os.path.exists(server.snapshot))
    before = os.stat(server.snapshot).st_mtime_ns
    database.sql("UPDATE rr SET data = '192.0.2.9' WHERE name = 'www'; UPDATE soa SET serial = 2")
    wait_until(lambda: is_data(server, 'www.example.com', 'A', '192.0.2.9'))

    def saved():
        return os.stat(server.snapshot).st_mtime_ns > before and \
            b'\xc0\x00\x02\x09' in open(server.snapshot, 'rb').read()
    wait_until(saved)
    server.process.kill()
    server.process.wait()
    with open(server.snapshot + '.new', 'wb') as file:      # left behind by the crash
        file.write(b'half')
    start_alone(server, database)
    wait_until(lambda: is_data(server, 'www.example.com', 'A', '192.0.2.9'))
    # without database nothing is saved
    before = os.stat(server.snapshot).st_mtime_ns
    holds_for(lambda: os.stat(server.snapshot).st_mtime_ns == before, 2)


@pytest.mark.parametrize('what', ['head', 'list', 'truncated', 'empty', 'foreign', 'version',
                                  'mode', 'configuration', 'directory'])
def test_files_that_are_not_used(server, database, what):
    save(server)
    size = os.path.getsize(server.snapshot)
    expected = {'head': r'is damaged \(its head\)', 'list': r'is damaged \(its list of zones\)',
                'truncated': 'is truncated', 'empty': 'is too short', 'version':
                r'was saved by another version of mydns \(format 2, this one reads 1\)',
                'foreign': 'is no snapshot of mydns', 'mode': 'may be written by others',
                'configuration': 'was saved with another configuration',
                'directory': 'is no regular file'}[what]
    if what == 'head':
        alter(server, 200, b'\xff')
    elif what == 'list':
        alter(server, size - 5, b'\xff')
    elif what in ('truncated', 'empty'):
        os.truncate(server.snapshot, size - 1 if what == 'truncated' else 0)
    elif what == 'foreign':
        alter(server, 0, b'SQLite format 3\0')
    elif what == 'version':
        alter(server, 8, struct.pack('<I', 2), sign=True)
    elif what == 'mode':
        os.chmod(server.snapshot, 0o622)
    elif what == 'configuration':
        server.configure(rr_where='ttl > 0')
    elif what == 'directory':
        os.unlink(server.snapshot)
        os.mkdir(server.snapshot)
    start_alone(server, database, ready=False)
    server.wait_log(r'warning: snapshot: .*/snapshot ' + expected + '.*: it is not used')
    assert rcode(ask(server, 'www.example.com')) == 'SERVFAIL'
    assert not server.is_ready()
    database.instance.start()
    wait_until(lambda: answers(server), BACK)
    if what == 'directory':
        server.wait_log('error: snapshot: .*/snapshot cannot be')
        return
    # and the next one is good again
    server.stop()
    start_alone(server, database)
    assert answers(server)


def test_part_of_a_file(server, database):
    """The zones of a block that is damaged are left to the database, the others answered."""
    # so large that the blocks are several
    database.add_zone('large.example.',
                      ROWS + [(f'x{n}', 'TXT', 'x' * 200) for n in range(3000)])
    save(server, 'www.large.example')
    with open(server.snapshot, 'rb') as file:
        at = file.read().index(b'x' * 200)
    alter(server, at, b'y')
    start_alone(server, database)
    server.wait_log('warning: snapshot: .*/snapshot is damaged: [13] zones of 3 are left')
    assert rcode(ask(server, 'www.large.example')) == 'SERVFAIL'
    assert rcode(ask(server, 'www.example.org')) == 'REFUSED'
    database.instance.start()
    wait_until(lambda: answers(server, 'large.example') and answers(server), BACK)


def test_stale_limit_goes_on(server, database):
    server.configure(stale_limit=1000)
    save(server)
    saved_at, there_at = struct.unpack_from('<qq', head(server), SAVED_AT)
    assert abs(saved_at - time.time()) < 100 and there_at == saved_at
    alter(server, SAVED_AT, struct.pack('<qq', saved_at, saved_at - 500), sign=True)
    start_alone(server, database)
    assert answers(server)
    server.stop()
    alter(server, SAVED_AT, struct.pack('<qq', saved_at - 100, saved_at - 1100), sign=True)
    server.start()
    reply = ask(server, 'www.example.com', use_edns=0)
    assert rcode(reply) == 'SERVFAIL' and ede(reply) == [24]
    assert rcode(ask(server, 'www.example.org')) == 'REFUSED'
    database.instance.start()
    wait_until(lambda: answers(server), BACK)


def test_age_unknown(server, database):
    """A clock that was set back says nothing about the age."""
    save(server)
    future = int(time.time()) + 100000
    alter(server, SAVED_AT, struct.pack('<qq', future, future), sign=True)
    start_alone(server, database)
    server.wait_log(r'warning: snapshot: .* was saved in the future .* age is not known')
    reply = ask(server, 'www.example.com', use_edns=0)
    assert rcode(reply) == 'SERVFAIL' and ede(reply) == [24]
    holds_for(lambda: rcode(ask(server, 'www.example.com')) == 'SERVFAIL', 3)
    database.instance.start()
    wait_until(lambda: answers(server), BACK)


def test_held_by_another_process(server, database):
    """Whoever does so: the file stays, and the server ends in time."""
    save(server)
    before = os.stat(server.snapshot)
    with open(server.snapshot, 'rb') as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        server.start()
        database.sql("UPDATE rr SET data = '192.0.2.9' WHERE name = 'www'; UPDATE soa SET serial = 2")
        wait_until(lambda: is_data(server, 'www.example.com', 'A', '192.0.2.9'))
        server.wait_log('error: snapshot: .*/snapshot is held by another process')
        server.stop()
        after = os.stat(server.snapshot)
        assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_struck_by_hand(server, database):
    save(server)
    size = os.path.getsize(server.snapshot)
    owner = os.stat(server.snapshot).st_uid
    code, text = strike(server, 'EXAMPLE.com')
    assert code == 0 and 'dnsadm: struck example.com. from' in text
    code, text = strike(server, 'example.com')
    assert code == 3 and 'dnsadm: example.com. is not in' in text
    assert strike(server, 'a..b')[0] == 2
    assert os.path.getsize(server.snapshot) < size
    assert os.stat(server.snapshot).st_uid == owner
    assert stat.S_IMODE(os.stat(server.snapshot).st_mode) == 0o600
    start_alone(server, database)
    server.wait_log('warning: snapshot: 1 zones were struck from')
    assert rcode(ask(server, 'www.example.com')) == 'REFUSED'
    assert answers(server, 'example.net')
    # the running server notices, too
    assert strike(server, 'example.net')[0] == 0
    wait_until(lambda: is_rcode(server, 'www.example.net', 'A', 'REFUSED'))
    server.signal(signal.SIGHUP)
    server.stop()
    server.start()
    assert rcode(ask(server, 'www.example.net')) == 'REFUSED'
    # the database alone says what is hosted when it is there
    database.instance.start()
    wait_until(lambda: answers(server) and answers(server, 'example.net'), BACK)


def test_struck_from_a_file_that_is_none(server):
    with open(server.snapshot, 'w', encoding='utf-8') as file:
        file.write('x' * 2000)
    code, text = strike(server, 'example.com')
    assert code == 1 and 'is no snapshot of mydns' in text
    os.unlink(server.snapshot)
    code, text = strike(server, 'example.com')
    assert code == 1 and 'does not exist' in text


@pytest.fixture
def feed(server, database):
    """The server with a binary log, and ages that would show nothing."""
    database.instance.sql('GRANT REPLICATION SLAVE ON *.* TO mydns@localhost')
    server.configure(zone_cache_expire=3600, sweep_interval=3600)
    yield server
    if database.instance.process is None:
        database.instance.start()
    database.instance.sql('SET GLOBAL general_log = OFF; '
                          'REVOKE REPLICATION SLAVE ON *.* FROM mydns@localhost')


def save_with_place(server, database):
    for n in range(100):
        database.add_zone(f'zone{n}.example.', ROWS)
    server.start()
    server.wait_log('change feed: following the binlog from ')
    wait_until(lambda: is_data(server, 'www.zone99.example', 'A', '192.0.2.1'))
    for text in ('told', 'a text'):
        database.sql(f"UPDATE rr SET data = '{text}' WHERE name = 't'")
        wait_until(lambda t=text: is_data(server, 't.zone99.example', 'TXT', f'"{t}"'))
    server.stop()


def change_meanwhile(database):
    """Told by the log alone: no serial changes."""
    database.sql("UPDATE rr SET data = '192.0.2.2' WHERE name = 'www' AND zone = "
                 "(SELECT id FROM soa WHERE origin = 'example.com.')")
    gone = "(SELECT id FROM soa WHERE origin = 'example.net.')"
    database.sql(f"DELETE FROM rr WHERE zone = {gone}; DELETE FROM soa WHERE id = {gone}")


def check_changed(server):
    wait_until(lambda: is_data(server, 'www.example.com', 'A', '192.0.2.2'), BACK)
    wait_until(lambda: is_rcode(server, 'www.example.net', 'A', 'REFUSED'), BACK)
    assert data(ask(server, 'www.zone50.example')) == ['192.0.2.1']


def test_goes_on_at_its_place(feed, database):
    """Nothing but what has changed is read."""
    save_with_place(feed, database)
    change_meanwhile(database)
    database.instance.sql("TRUNCATE mysql.general_log; SET GLOBAL log_output = 'TABLE'; "
                          'SET GLOBAL general_log = ON')
    feed.start()
    feed.wait_log('change feed: following the binlog again from ')
    check_changed(feed)
    database.sql("UPDATE rr SET data = '192.0.2.3' WHERE name = 'www'")
    wait_until(lambda: is_data(feed, 'www.example.com', 'A', '192.0.2.3'))
    assert 'is verified' not in feed.log()
    read = database.instance.sql(
        "SELECT argument FROM mysql.general_log WHERE command_type = 'Execute' AND "
        "argument LIKE '%WHERE zone BETWEEN%' AND event_time < (SELECT MIN(event_time) FROM "
        "mysql.general_log WHERE argument LIKE '%192.0.2.3%')")
    assert len(read) <= 5, read


def test_goes_on_after_the_database_came(feed, database):
    save_with_place(feed, database)
    change_meanwhile(database)
    start_alone(feed, database)
    assert answers(feed) and answers(feed, 'example.net')
    database.instance.start()
    feed.wait_log('change feed: following the binlog again from ', BACK)
    check_changed(feed)
    assert 'is verified' not in feed.log()


@pytest.mark.parametrize('doubt', ['RESET MASTER', 'ALTER TABLE rr ADD more INT FIRST',
                                   'PURGE BINARY LOGS'])
def test_place_that_is_none_any_more(feed, database, doubt):
    """Then everything is verified."""
    save_with_place(feed, database)
    if doubt.startswith('PURGE'):
        database.sql('FLUSH BINARY LOGS; FLUSH BINARY LOGS')
        change_meanwhile(database)
        last = database.sql('SHOW MASTER STATUS')[0][0]

        def purged():   # when the server has noticed that nobody reads the file any more
            database.sql(f"PURGE BINARY LOGS TO '{last}'")
            return len(database.sql('SHOW BINARY LOGS')) == 1
        wait_until(purged)
    else:
        change_meanwhile(database)
        database.sql(doubt)
        if doubt == 'RESET MASTER':     # the log grows past where it was
            for n in range(110):
                database.add_zone(f'again{n}.example.', ROWS)
    feed.start()
    feed.wait_log('the stream does not go on at .*, all is verified')
    check_changed(feed)
    database.sql("UPDATE rr SET data = '192.0.2.3' WHERE name = 'www'")
    wait_until(lambda: is_data(feed, 'www.example.com', 'A', '192.0.2.3'))


def test_saved_while_much_changes(feed, database):
    """Killed at any time: what was on its way to a zone comes after the start."""
    feed.configure(zone_cache_expire=3600)
    save_with_place(feed, database)
    feed.start()
    feed.wait_log('change feed: following the binlog again from ')
    expected = {}
    before = os.stat(feed.snapshot).st_mtime_ns
    n = 0
    while n < 100 or os.stat(feed.snapshot).st_mtime_ns == before:
        zone = n % 100
        expected[zone] = f'10.0.{n // 256 % 256}.{n % 256}'
        database.sql(f"UPDATE rr SET data = '{expected[zone]}' WHERE name = 'www' AND zone = "
                     f"(SELECT id FROM soa WHERE origin = 'zone{zone}.example.')")
        n += 1
    feed.process.kill()
    feed.process.wait()
    feed.start()
    for zone, address in expected.items():
        wait_until(lambda z=zone, a=address: is_data(feed, f'www.zone{z}.example', 'A', a), BACK)


def test_directory_that_cannot_be_written(server, database):
    server.configure(snapshot_file='/proc/snapshot')
    server.start()
    wait_until(lambda: answers(server))
    server.wait_log('error: snapshot: /proc/snapshot /proc/snapshot.new cannot be made')
    assert answers(server)

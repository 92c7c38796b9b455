"""What hostile clients send. In the end others are served, at once, and memory is where it was."""
import array
import contextlib
import fcntl
import os
import random
import select
import socket
import struct
import termios
import threading
import time

import dns.exception
import dns.message
import pytest

from support.query import Stream, ask, data, exchange, make
from support.server import Server, program
from support.wait import wait_until

ROWS = [('', 'NS', 'ns1'), ('ns1', 'A', '192.0.2.53'), ('www', 'A', '192.0.2.1'),
        ('*.wild', 'A', '192.0.2.2')] + \
       [('big', 'TXT', f'{i:03}' + 'x' * 240) for i in range(200)]       # 50 KB of RDATA
# Names of 127 labels that have none in common, outside the zone: to be compressed against each other
ROWS += [('far', 'MX', ''.join(f'{random.Random(i * 126 + k).choice("abcdefghijklmnopq")}.'
                               for k in range(126)), 10) for i in range(240)]
CONNECTIONS, PER_CLIENT, IDLE = 200, 150, 2
SEED = 20261121


def is_sanitized():
    with open(program(), 'rb') as file:
        octets = file.read()
    return b'__asan_init' in octets or b'__tsan_init' in octets


SANITIZED = is_sanitized()      # slow, and with memory of its own
MANY = 4000 if SANITIZED else 20000


@pytest.fixture(scope='module')
def database(new_database):
    database = new_database()
    database.add_zone('example.com.', ROWS)
    return database


def conf(database, idle=IDLE):
    return {**database.conf(), 'threads': '2', 'tcp-idle': str(idle),
            'tcp-connections': str(CONNECTIONS), 'tcp-per-client': str(PER_CLIENT)}


@pytest.fixture(scope='module')
def server(database, start_shared_server):
    return start_shared_server(conf(database))


def descriptors(server):
    return len(os.listdir(f'/proc/{server.pid()}/fd'))


def is_served(server, tcp=None, timeout=5):
    for one in (False, True) if tcp is None else (tcp,):
        assert data(ask(server, 'www.example.com', tcp=one, timeout=timeout)) == ['192.0.2.1']
    return True


@contextlib.contextmanager
def level(server, most=4 << 20):
    """Memory and descriptors are the same before and after, and others are served afterwards."""
    is_served(server)
    time_to_settle(server)
    before, files = server.memory(), descriptors(server)
    yield
    is_served(server)
    time_to_settle(server)
    grown = server.memory() - before
    assert server.running()
    assert SANITIZED or grown < most, f'{grown} octets more'
    wait_until(lambda: descriptors(server) <= files, 15, 'connections closed')


def time_to_settle(server):
    """All connections of tests before have gone."""
    wait_until(lambda: descriptors(server) <= server.quiet_descriptors, 15)


def note_quiet(server):
    """How many there are once the server has started: as many for a second."""
    is_served(server, tcp=False)
    seen = []

    def still():
        seen.append(descriptors(server))
        return len(seen) > 50 and len(set(seen[-50:])) == 1
    wait_until(still)
    server.quiet_descriptors = seen[-1] + 1


@pytest.fixture(autouse=True)
def quiet(server):
    if not hasattr(server, 'quiet_descriptors'):
        note_quiet(server)


def spray(server, messages):
    """Send MESSAGES by UDP, read whatever comes; the replies."""
    replies = []
    with socket.socket(type=socket.SOCK_DGRAM) as sock:
        sock.connect(server.address)
        sock.setblocking(False)
        for n, message in enumerate(messages):
            with contextlib.suppress(BlockingIOError):
                sock.send(message)
            if n % 16 == 0:
                while select.select([sock], [], [], 0)[0]:
                    replies.append(sock.recv(65535))
        while select.select([sock], [], [], 0.3)[0]:
            replies.append(sock.recv(65535))
    return replies


def sound(reply):
    """A reply has QR, and dnspython reads it whole (a question of wild octets may be beyond it)."""
    assert len(reply) >= 12 and reply[2] & 0x80
    assert len(reply) <= 1232
    return reply


# UDP

def test_random_octets(server):
    source = random.Random(SEED)
    with level(server):
        replies = spray(server, (source.randbytes(source.randrange(0, 600))
                                 for _ in range(MANY)))
        assert len(replies) > 500 and all(sound(r) for r in replies)


def test_bent_questions(server):
    """Sound messages with a few octets changed, cut off or doubled."""
    source = random.Random(SEED + 1)
    cookie = dns.edns.GenericOption(10, b'clientxx')
    sounds = [make(name, kind, use_edns=edns, **({'options': [cookie]} if edns == 0 else {}))
              .to_wire() for name in ('www.example.com', 'a.wild.example.com', 'no.example.com')
              for kind in ('A', 'ANY', 'AXFR') for edns in (-1, 0)]

    def bent():
        for _ in range(MANY):
            message = bytearray(source.choice(sounds))
            for _ in range(source.randrange(1, 4)):
                how = source.randrange(4)
                at = source.randrange(len(message)) if message else 0
                if how == 0:
                    del message[at:]
                elif how == 1:
                    message[at:at] = message[at:at + source.randrange(40)]
                elif message:
                    message[at] = source.randrange(256) if how == 2 else \
                        message[at] ^ 1 << source.randrange(8)
            yield bytes(message)
    with level(server):
        replies = spray(server, bent())
        assert len(replies) > 500 and all(sound(r) for r in replies)


def test_short_messages(server):
    with level(server):
        wire = make('www.example.com', use_edns=0).to_wire()
        for length in range(12):
            assert exchange(server, wire[:length], timeout=0.05) is None
        for length in range(12, len(wire)):
            assert exchange(server, wire[:length])[3] & 15 == 1      # FORMERR


def test_compression_loops(server):
    names = [b'\xc0\x0c', b'\xc0\x0e\xc0\x0c', b'\1a\xc0\x0c', b'\x3f' + b'a' * 63 + b'\xc0\x0c',
             b'\xc0\x00', b'\xff\xff', b'\xc0\x20', b'\x40a', b'\x80a', b'\xc0']
    with level(server):
        for name in names:
            for tail in b'\0\1\0\1', b'':
                reply = exchange(server, struct.pack('!6H', 7, 0, 1, 0, 0, 0) + name + tail)
                assert reply[3] & 15 == 1 and reply[:2] == b'\0\7'
        # the owner of a TSIG, the one other name that is followed
        question = make('www.example.com').to_wire()
        rdata = b'\0' + b'\0' * 16
        for owner in b'\xc0' + bytes([len(question)]), b'\1a\xc0' + bytes([len(question)]), \
                b'\xff\xff', b'\xc0\xff', b'\x3f':
            reply = exchange(server, question[:11] + b'\1' + question[12:] + owner +
                             struct.pack('!HHIH', 250, 255, 0, len(rdata)) + rdata)
            assert reply[3] & 15 == 1
        good = exchange(server, question[:11] + b'\1' + question[12:] + b'\3key\xc0\x0c' +
                        struct.pack('!HHIH', 250, 255, 0, len(rdata)) + rdata)
        assert good[3] & 15 == 9 and b'\3key\3www\7example\3com\0' in good


def test_replies_are_not_answered(server):
    wire = bytearray(make('www.example.com').to_wire())
    wire[2] |= 0x80
    with level(server):
        assert not spray(server, [bytes(wire)] * 1000)


def test_many_records(server):
    """65535 records announced, one or none there; many empty ones."""
    question = make('www.example.com').to_wire()
    record = b'\0' + struct.pack('!HHIH', 16, 1, 0, 0)
    with level(server):
        for counts in (65535, 0, 0), (0, 65535, 0), (0, 0, 65535), (65535, 65535, 65535):
            for tail in b'', record, record * 100:
                octets = question[:6] + struct.pack('!3H', *counts) + question[12:] + tail
                assert exchange(server, octets)[3] & 15 == 1
        octets = question[:6] + struct.pack('!3H', 0, 0, 300) + question[12:] + record * 300
        assert exchange(server, octets)[3] & 15 == 0


# TCP

def test_lengths_that_lie(server):
    wire = make('www.example.com').to_wire()
    with level(server):
        for length in 0, 1, 11, 12, len(wire) - 1:          # the rest begins a frame of its own
            with Stream(server, timeout=IDLE + 5) as stream:
                stream.send(struct.pack('!H', length) + wire)
                stream.socket.shutdown(socket.SHUT_WR)
                reply = until_closed(stream.socket)
                assert reply == b'' or reply[5] & 15 == 1
        with Stream(server, timeout=IDLE + 5) as stream:    # more than ever comes
            stream.send(struct.pack('!H', 65535) + wire)
            assert until_closed(stream.socket) == b''


def until_closed(sock):
    octets = b''
    with contextlib.suppress(ConnectionResetError):
        while more := sock.recv(65536):
            octets += more
    return octets


def test_one_octet_at_a_time(server):
    """Slowly, on many connections at once, while others are served."""
    frames = b''.join(Stream.frame(make(f'{i}.wild.example.com')) for i in range(2))
    with level(server):
        streams = [Stream(server) for _ in range(50)]
        for n, octet in enumerate(frames):
            for stream in streams:
                stream.send(bytes([octet]))
            if n % 20 == 0:
                is_served(server)
        for stream in streams:
            assert [data(stream.receive()) for _ in range(2)] == [['192.0.2.2']] * 2
            stream.socket.close()


def test_half_a_question_does_not_keep_a_connection_open(server):
    """Octets that make no question are no activity: RFC 7766, 6.2.3."""
    frame = Stream.frame(make('www.example.com'))
    with level(server), Stream(server) as stream:
        begun = time.monotonic()
        with pytest.raises((BrokenPipeError, ConnectionResetError)):
            for octet in struct.pack('!H', 65535) + frame * 100:
                stream.send(bytes([octet]))
                select.select([stream.socket], [], [], 0.1)     # until it is closed
        assert time.monotonic() - begun < IDLE + 5


def test_idle_connections(database, start_server):
    """More than one client may have, and more than there may be: the oldest idle ones make room."""
    idle = 10       # so that none is closed for its age before the others are there
    server = start_server(conf(database, idle))
    note_quiet(server)
    with level(server):
        mine = [connect_idly(server, '127.0.0.1') for _ in range(PER_CLIENT + 50)]
        wait_until(lambda: sum(is_closed(s) for s in mine) >= 50)
        assert not is_closed(mine[0])       # its share is full: the newest were turned away
        is_served(server, tcp=False)
        others = [connect_idly(server, f'127.0.0.{2 + i % 9}') for i in range(CONNECTIONS)]
        begun = time.monotonic()
        wait_until(lambda: all(is_closed(s) for s in mine), 5)
        with socket.create_connection(server.address, 5, ('127.0.0.77', 0)) as sock:
            sock.sendall(Stream.frame(make('www.example.com')))
            assert len(sock.recv(512)) > 12
        assert sum(is_closed(s) for s in others) < 20
        assert descriptors(server) <= server.quiet_descriptors + CONNECTIONS
        wait_until(lambda: all(is_closed(s) for s in others), idle + 10)
        assert time.monotonic() - begun < idle + 12
        for sock in mine + others:
            sock.close()


AS_NOBODY = 'setpriv --reuid=nobody --regid=nogroup --clear-groups'


def test_files_run_out(database, tmp_path):
    """Connections leave enough files for all else: here who asks for the status."""
    limit = 200
    starter = tmp_path / 'starter'      # not as root, which may have as many as it likes
    starter.write_text(f"""#!/bin/sh
        exec {AS_NOBODY if os.getuid() == 0 else ''} sh -c 'ulimit -n {limit} && exec "$0" "$@"' {program()} "$@"
        """)
    starter.chmod(0o755)
    tmp_path.chmod(0o755)
    server = Server({**database.conf(), 'tcp-connections': '300', 'tcp-per-client': '300',
                     'tcp-idle': '60', 'threads': '2'}, binary=str(starter))
    try:
        server.start()
        server.wait_log(r'tcp-connections: \d+ instead of 300')
        connections_fill_up(server, limit)
        server.stop()
    finally:
        server.remove()


def connections_fill_up(server, limit):
    socks = [connect_idly(server, '127.0.0.1') for _ in range(250)]
    is_served(server)
    assert 8 < sum(not is_closed(s) for s in socks) < limit - 100
    assert descriptors(server) < limit - 64
    with socket.socket(socket.AF_UNIX) as control:
        control.settimeout(5)
        control.connect(server.directory / 'mydns.sock')
        control.sendall(b'GET /ready HTTP/1.0\r\n\r\n')
        assert control.recv(100).startswith(b'HTTP/1.1 200')
    assert 'cannot accept' not in server.log()
    for sock in socks:
        sock.close()


def connect_idly(server, address):
    sock = socket.create_connection(server.address, 5, (address, 0))
    sock.setblocking(False)
    return sock


def is_closed(sock):
    try:
        return sock.recv(1, socket.MSG_PEEK) == b''
    except BlockingIOError:
        return False
    except ConnectionResetError:
        return True


@pytest.mark.parametrize('name, kind', [('big.example.com', 'TXT'), ('www.example.com', 'A')])
def test_replies_never_read(server, name, kind):
    """Thousands of questions down each of some connections that read nothing: reading stops."""
    frame = Stream.frame(make(name, kind))
    pipe = frame * (65536 // len(frame))
    with level(server, 8 << 20):
        socks, sent = [], []
        before = server.memory()
        for _ in range(20):
            sock = socket.socket()
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            sock.connect(server.address)
            sock.setblocking(False)
            socks.append(sock)
            sent.append(0)
        stuck = time.monotonic()
        while time.monotonic() - stuck < 0.7:   # less than tcp-idle, so that none is closed
            for i, sock in enumerate(socks):
                with contextlib.suppress(BlockingIOError, ConnectionResetError, BrokenPipeError):
                    n = sock.send(pipe)
                    sent[i] += n
                    stuck = time.monotonic() if n else stuck
            is_served(server)
            if time.monotonic() - stuck > 5 or min(sent) > 1 << 26:
                break
        assert max(sent) < 1 << 26, 'the server reads on although nobody takes its replies'
        # 64 KB and one reply unsent, one input unread: of each of them
        assert SANITIZED or server.memory() - before < 20 * 400 * 1024
        # Nothing moves on them any more, so they are idle.
        wait_until(lambda: descriptors(server) <= server.quiet_descriptors, IDLE + 10)
        for sock in socks:
            sock.close()


def unsent(connection):
    """Octets of ours that the peer has not taken: with some, it has stopped reading."""
    count = array.array('i', [0])
    fcntl.ioctl(connection, termios.TIOCOUTQ, count)
    return count[0]


def test_questions_faster_than_replies_are_read(server):
    """A slow reader gets every reply, in the end."""
    count = 2000
    frames = b''.join(Stream.frame(make(f'{i}.wild.example.com')) for i in range(count))
    with level(server), Stream(server, timeout=20) as stream:
        writer = threading.Thread(target=stream.send, args=(frames,))
        writer.start()
        wait_until(lambda: not writer.is_alive() or unsent(stream.socket) > 0, 5)
        names = {stream.receive().question[0].name.labels[0] for _ in range(count)}
        writer.join()
        assert len(names) == count


def test_names_of_many_labels(server):
    """What a customer's rows may cost: all of TCP is one thread's."""
    with level(server, 8 << 20), Stream(server) as stream:
        stream.send(Stream.frame(make('far.example.com', 'MX')) * 20)
        is_served(server, tcp=True)
        assert len(stream.receive().answer[0]) == 240


def test_half_closed(server):
    """A client that closes its half still gets all that it asked for (RFC 7766, 6.2.4)."""
    count = 300
    with level(server):
        streams = []
        for _ in range(10):
            stream = Stream(server)
            stream.send(b''.join(Stream.frame(make(f'{i}.wild.example.com')) for i in range(count)))
            stream.socket.shutdown(socket.SHUT_WR)
            streams.append(stream)
        for stream in streams:
            for _ in range(count):
                assert data(stream.receive()) == ['192.0.2.2']
            assert stream.socket.recv(1) == b''
            stream.socket.close()


def test_connections_that_come_and_go(server):
    """Opened and reset at once, some with a question on the way."""
    linger = struct.pack('ii', 1, 0)
    frame = Stream.frame(make('big.example.com', 'TXT'))
    with level(server):
        for i in range(MANY // 10):
            sock = socket.create_connection(server.address, 5)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            if i % 3:
                sock.send(frame[:None if i % 3 == 1 else 7])
            sock.close()
            if i % 200 == 0:
                is_served(server)


def test_random_octets_by_tcp(server):
    source = random.Random(SEED + 2)
    with level(server):
        for i in range(300):
            with contextlib.suppress(BrokenPipeError, ConnectionResetError), \
                    Stream(server) as stream:
                octets = source.randbytes(source.randrange(1, 3000))
                if i % 2:           # framed, so that it is looked at
                    octets = struct.pack('!H', len(octets)) + octets
                stream.send(octets)
                stream.socket.shutdown(socket.SHUT_WR)
                until_closed(stream.socket)


def seconds_to_serve(server):
    """Of the first of three tries that is not lost in the noise."""
    for last in (False, False, True):
        begun = time.monotonic()
        try:
            is_served(server, timeout=2)
            return time.monotonic() - begun
        except dns.exception.Timeout:
            if last:
                raise


def test_everything_at_once(server):
    """Others are served in good time while all of the above goes on."""
    stop = threading.Event()
    source = random.Random(SEED + 3)

    def noise():
        while not stop.is_set():
            spray(server, [source.randbytes(100) for _ in range(500)])

    def connections():
        frame = Stream.frame(make('big.example.com', 'TXT'))
        while not stop.is_set():
            socks = [socket.create_connection(server.address, 5, ('127.0.0.3', 0))
                     for _ in range(30)]
            for sock in socks:
                with contextlib.suppress(OSError):
                    sock.settimeout(0.2)
                    sock.sendall(frame * 50)
            for sock in socks:
                sock.close()

    with level(server, 8 << 20):
        threads = [threading.Thread(target=run) for run in (noise, noise, connections)]
        for thread in threads:
            thread.start()
        try:
            slowest = 0
            for _ in range(MANY // 200):
                slowest = max(slowest, seconds_to_serve(server))
        finally:
            stop.set()
            for thread in threads:
                thread.join()
        assert SANITIZED or slowest < 2, slowest


def test_the_log_stays_short(server):
    """Whatever clients cause is counted, not logged."""
    assert len(server.log()) < 20000
    assert dns.message.from_wire(exchange(server, make('www.example.com').to_wire())).answer

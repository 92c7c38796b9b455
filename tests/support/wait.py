"""Waiting for a condition with a deadline, instead of for an amount of time."""
import collections
import os
import random
import shutil
import socket
import tempfile
import time

PAUSE = 0.02        # between two looks
PATIENCE = 15.0     # default deadline in seconds; sanitizer builds are slow

_reserved = collections.deque(maxlen=400)       # the oldest ones are bound or of no use any more


def wait_until(condition, seconds=PATIENCE, what=None):
    """The first true value of CONDITION(); fails after SECONDS. Exceptions count as "not yet"."""
    deadline = time.monotonic() + seconds
    last = None
    while True:
        try:
            value = condition()
            if value:
                return value
            last = value
        except Exception as error:      # the last one is told below
            last = error
        if time.monotonic() > deadline:
            raise AssertionError(f'not within {seconds} s: {what or condition}; last: {last!r}')
        time.sleep(PAUSE)


def holds_for(condition, seconds):
    """CONDITION() has to be true all the time for SECONDS: for what must not happen."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        assert condition()
        time.sleep(PAUSE)


def free_port():
    """
    A port of 127.0.0.1 that is free for UDP and TCP, below the range of outgoing ports. No other
    call returns it while this process lasts: an abstract socket, which ends with it, stands for it.
    """
    for _ in range(1000):
        port = random.randrange(20000, 32000)
        mine = socket.socket(socket.AF_UNIX)
        try:
            mine.bind(f'\0mydns-test-port-{port}')
            with socket.socket(type=socket.SOCK_DGRAM) as udp, socket.socket() as tcp:
                udp.bind(('127.0.0.1', port))
                tcp.bind(('127.0.0.1', port))
        except OSError:
            mine.close()
            continue
        _reserved.append(mine)
        return port
    raise AssertionError('no free port')


class TemporaryDirectory:
    """A directory in /tmp (short paths for Unix sockets) that an unprivileged server can reach."""

    def __init__(self, prefix):
        self.path = tempfile.mkdtemp(prefix=prefix + '-', dir='/tmp')
        os.chmod(self.path, 0o755)

    def __truediv__(self, name):
        return os.path.join(self.path, name)

    def remove(self):
        shutil.rmtree(self.path, ignore_errors=True)

"""
Hosts in network namespaces of our own, and the wire between them, which can fail in each direction by
itself. There is nothing to be left behind: the namespaces have no names, they end with who holds them.

    with Wire({'primary': '192.0.2.1', 'replica': '192.0.2.2'}) as wire:
        with wire.hosts['primary']:         # processes started and sockets made here are that host's
            server.start()
        wire.fault('primary', 'replica', delay=0.1, jitter=0.03)   # seconds, both ways
        wire.fault('primary', 'replica', loss=0.2, back=False)     # what the replica sends arrives
        wire.fault('primary', 'replica', cut=True)
        wire.heal()

Unix sockets are seen from everywhere. The frames go through a process (relay.py), since not every
kernel has netem: a millisecond or so, and no more than some 10,000 a second.
"""
import ctypes
import fcntl
import json
import os
import socket
import struct
import subprocess
import sys
import threading

NEW_NETWORK = 0x40000000        # CLONE_NEWNET
HERE = '/proc/thread-self/ns/net'
SIOCETHTOOL = 0x8946
ETHTOOL_STXCSUM = 0x17
SEED = 1
LIBC = ctypes.CDLL(None, use_errno=True)


def _check(result):
    if result != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def _ip(*words):
    subprocess.run(['ip', *words], check=True, timeout=60)


class Host:
    """A network namespace; as a context it is that of the thread, which may nest them."""

    def __init__(self, name, address=None):
        self.name, self.address = name, address
        self.before = []
        failed = []
        thread = threading.Thread(target=self._make, args=(failed,))
        thread.start()
        thread.join()
        if failed:
            raise failed[0]
        with self:
            _ip('link', 'set', 'lo', 'up')

    def _make(self, failed):
        """In a thread of its own, so that ours stays where it is."""
        try:
            _check(LIBC.unshare(NEW_NETWORK))
            self.file = os.open(HERE, os.O_RDONLY | os.O_CLOEXEC)
        except OSError as error:
            failed.append(error)

    def path(self):
        """For ip(8), as long as the host is there."""
        return f'/proc/{os.getpid()}/fd/{self.file}'

    def __enter__(self):
        before = os.open(HERE, os.O_RDONLY | os.O_CLOEXEC)
        _check(LIBC.setns(self.file, NEW_NETWORK))
        self.before.append(before)
        return self

    def __exit__(self, *_):
        before = self.before.pop()
        _check(LIBC.setns(before, NEW_NETWORK))
        os.close(before)

    def close(self):
        os.close(self.file)


def _sum_here(interface):
    """
    Checksums are made where they belong, not left to a card that is none: the frames pass through a
    program, after which nobody would. With them goes the sending of several segments as one frame.
    """
    value = (ctypes.c_uint32 * 2)(ETHTOOL_STXCSUM, 0)
    with socket.socket() as any_socket:
        fcntl.ioctl(any_socket, SIOCETHTOOL,
                    struct.pack('16sP16x', interface.encode(), ctypes.addressof(value)))


class Wire:
    """ADDRESSES: name of a host -> its IPv4 address. All see each other in one network of 256."""

    def __init__(self, addresses):
        self.hosts = {}
        self.relay = None
        self.middle = None
        try:
            self.middle = Host('wire')
            ports = []
            for number, (name, address) in enumerate(addresses.items(), 1):
                self.hosts[name] = Host(name, address)
                ports.append(self._plug_in(number, self.hosts[name]))
            with self.middle:
                self.relay = subprocess.Popen(
                    [sys.executable, '-B', os.path.join(os.path.dirname(__file__), 'relay.py'),
                     str(SEED), *ports], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
            self.heal()                     # it is there when it answers
        except BaseException:
            self.close()
            raise

    def _plug_in(self, number, host):
        mac = f'02:00:00:00:00:{number:02x}'
        with self.middle:
            _ip('link', 'add', f'port{number}', 'type', 'veth', 'peer', 'name', 'eth0', 'address',
                mac, 'netns', host.path())
            _ip('link', 'set', f'port{number}', 'up')
        with host:
            _sum_here('eth0')
            _ip('address', 'add', f'{host.address}/24', 'dev', 'eth0')
            _ip('link', 'set', 'eth0', 'up')
        return f'{host.name}=port{number}={mac}'

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        if self.relay is not None:
            self.relay.stdin.close()
            self.relay.stdout.close()
            self.relay.wait(60)
        for host in [*self.hosts.values(), self.middle]:
            if host is not None:
                host.close()
        self.hosts, self.middle, self.relay = {}, None, None

    def _tell(self, source, name, how):
        self.relay.stdin.write(json.dumps([source, name, how]).encode() + b'\n')
        self.relay.stdin.flush()
        assert self.relay.stdout.readline() == b'\n', 'the relay has ended'

    def fault(self, source, name, back=True, **how):
        """From SOURCE to the host NAME, and with BACK the other way too; in force on return."""
        self._tell(source, name, how)
        if back:
            self._tell(name, source, how)

    def heal(self):
        """All is good again."""
        for source in self.hosts:
            for name in self.hosts:
                if source != name:
                    self._tell(source, name, {})

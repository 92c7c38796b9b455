"""
The program behind support.wire: passes frames between network interfaces, and loses or delays them as
it is told. It runs in a network namespace of its own and ends with its standard input.

    python3 relay.py SEED NAME=INTERFACE=MAC...

Each line of the standard input is JSON, [from, to, {"cut": false, "delay": 0.0, "jitter": 0.0,
"loss": 0.0}]: how frames fare from the one to the other from now on. It is answered by an empty line
when it is in force.
"""
import heapq
import itertools
import json
import random
import select
import socket
import sys
import time

ALL_PROTOCOLS = 3
BUFFER = 8 << 20
FRAMES_MAX = 64         # of one interface before the others have their turn
GOOD = {'cut': False, 'delay': 0.0, 'jitter': 0.0, 'loss': 0.0}
SO_RCVBUFFORCE = 33


class Relay:
    """A switch whose ports know their host's address; one way between two is told by (from, to)."""

    def __init__(self, seed, ports):
        self.random = random.Random(seed)
        self.ways = {(a, b): GOOD for a, _, _ in ports for b, _, _ in ports if a != b}
        self.sockets = {name: self._open(interface) for name, interface, _ in ports}
        self.names = {mac: name for name, _, mac in ports}
        self.late = []                      # heap of (when, number, to, frame)
        self.number = itertools.count()

    @staticmethod
    def _open(interface):
        one = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ALL_PROTOCOLS))
        one.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, BUFFER)
        one.bind((interface, ALL_PROTOCOLS))
        one.setblocking(False)
        return one

    def _send(self, name, frame):
        try:
            self.sockets[name].send(frame)
        except OSError:                     # full, or the interface is not up: lost, as frames are
            pass

    def _pass_on(self, source, name, frame):
        way = self.ways[source, name]
        if way['cut'] or (way['loss'] and self.random.random() < way['loss']):
            return
        wait = way['delay'] + self.random.uniform(-way['jitter'], way['jitter'])
        if wait <= 0:
            self._send(name, frame)
        else:                               # those with jitter may overtake each other
            heapq.heappush(self.late, (time.monotonic() + wait, next(self.number), name, frame))

    def _receive(self, source):
        for _ in range(FRAMES_MAX):
            try:
                frame, address = self.sockets[source].recvfrom(65536)
            except BlockingIOError:
                return
            if address[2] == socket.PACKET_OUTGOING:
                continue
            name = self.names.get(frame[:6])
            for one in [name] if name else self.sockets:    # else it is for everybody
                if one != source:
                    self._pass_on(source, one, frame)

    def _command(self):
        """False at the end of the input."""
        line = sys.stdin.buffer.readline()
        if not line:
            return False
        source, name, more = json.loads(line)
        self.ways[source, name] = {**GOOD, **more}
        sys.stdout.write('\n')
        sys.stdout.flush()
        return True

    def run(self):
        ports = {one: name for name, one in self.sockets.items()}
        while True:
            wait = max(0, self.late[0][0] - time.monotonic()) if self.late else None
            readable = select.select([*ports, sys.stdin], [], [], wait)[0]
            for one in readable:
                if one in ports:
                    self._receive(ports[one])
            now = time.monotonic()
            while self.late and self.late[0][0] <= now:
                _, _, name, frame = heapq.heappop(self.late)
                self._send(name, frame)
            if sys.stdin in readable and not self._command():
                return


if __name__ == '__main__':
    Relay(int(sys.argv[1]), [(name, interface, bytes.fromhex(mac.replace(':', '')))
                             for name, interface, mac in (a.split('=') for a in sys.argv[2:])]).run()

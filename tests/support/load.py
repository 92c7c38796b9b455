"""
Queries at a steady rate, each answer looked at: what a fault must not touch.

    with Load(server, {('www.example.com', 'A'): {'NOERROR 192.0.2.1'}}) as load:
        load.settle()               before
        load.begin('SIGKILL')       from here on it counts as "during"
        ...
    load.result                     one line of the table of faults

An answer is told as text: its rcode and the data of its answer section, sorted. What is allowed may
grow while the load runs (allow) and shrink again when all have to know (only). A query without
answer is lost when none has come LOST_SECONDS after the last one was sent.
"""
import contextlib
import json
import os
import random
import select
import socket
import struct
import threading
import time

import dns.message

from support.query import data, make, rcode
from support.wait import PAUSE, wait_until

RATE = 500
LOST_SECONDS = 5.0
SO_RCVBUFFORCE = 33
# Who was held up does not ask all of it at once: more answers than its socket can take would come.
BURST_SECONDS = 0.1
SETTLED = 500           # queries of "before"


def told(message):
    return ' '.join([rcode(message), *data(message)])


class Load:
    """
    One thread with one socket; ids tell the queries apart.

    rate   queries a second
    lossy  the client's own way to the server loses: what is lost is counted, and no failure
    """

    def __init__(self, server, allowed, rate=RATE, lossy=False):
        self.rate = rate
        self.lossy = lossy
        self.allowed = {question: set(answers) for question, answers in allowed.items()}
        self.lock = threading.Lock()        # guards all below and allowed
        self.questions = [(q, make(*q).to_wire()) for q in self.allowed]
        self.phase = 'before'
        self.sent = {}                      # id -> question, time, phase, allowed
        self.waits = {'before': [], 'during': []}
        self.counts = {'before': 0, 'during': 0}
        self.wrong = []
        self.result = None
        self.fault = ''
        self.known = {}                     # octets of an answer -> what it tells
        self.socket = self._connect(server.address)
        self.socket.setblocking(False)
        self.stopping = False
        self.thread = threading.Thread(target=self._run)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, kind, *_):
        with self.lock:
            self.stopping = True
        self.thread.join()
        self.socket.close()
        self.result = {
            'fault': self.fault, 'queries': self.counts['during'], 'wrong': len(self.wrong),
            'lost': len(self.sent), 'p99_before_ms': self.p99('before'),
            'p99_during_ms': self.p99('during'), 'worst_ms': self.worst()}
        if kind is None:
            assert not self.wrong, f'{len(self.wrong)} wrong answers: {self.wrong[:5]}'
            assert self.lossy or not self.sent, \
                f'{len(self.sent)} lost: {list(self.sent.values())[:5]}'

    # --- what the test says ---

    def settle(self, count=SETTLED):
        """Until the load has run long enough to be compared with."""
        wait_until(lambda: len(self.waits['before']) >= count, 60)

    def begin(self, fault):
        with self.lock:
            self.phase, self.fault = 'during', fault

    def allow(self, question, *answers):
        """Also of what is asked already, and may be on its way for long."""
        with self.lock:
            self.allowed[question] |= set(answers)
            for asked, _, _, allowed in self.sent.values():
                if asked == question:
                    allowed |= set(answers)

    def only(self, question, *answers):
        """From now on: what was sent before may still be answered as it was allowed then."""
        with self.lock:
            self.allowed[question] = set(answers)

    def asked_more(self, count):
        """Until COUNT more queries have been sent."""
        with self.lock:
            goal = self.counts[self.phase] + count
        wait_until(lambda: self.counts[self.phase] >= goal, 60)

    # --- figures ---

    def p99(self, phase):
        waits = sorted(self.waits[phase])
        return round(waits[len(waits) * 99 // 100] * 1000, 3) if waits else None

    def worst(self):
        return round(max(self.waits['during'], default=0) * 1000, 1)

    # --- the line ---

    def _connect(self, address):
        one = socket.socket(type=socket.SOCK_DGRAM)
        one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        with contextlib.suppress(PermissionError):      # beyond what rmem_max allows
            one.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 1 << 20)
        one.connect(address)
        return one

    def _put(self, wire):
        try:
            self.socket.send(wire)
        except (BlockingIOError, ConnectionRefusedError):
            pass                            # counted as lost

    def _take(self):
        """The messages that have come."""
        while True:
            try:
                yield self.socket.recv(65535)
            except BlockingIOError:
                return
            except ConnectionRefusedError:
                continue

    # --- the thread ---

    def _send(self, number):
        with self.lock:
            question, wire = random.choice(self.questions)
            # what is allowed now; allow() adds what is allowed before the answer comes
            self.sent[number] = (question, time.monotonic(), self.phase,
                                 set(self.allowed[question]))
            self.counts[self.phase] += 1
        self._put(struct.pack('!H', number) + wire[2:])

    def _receive(self):
        for wire in self._take():
            now = time.monotonic()
            number, = struct.unpack('!H', wire[:2])
            text = self.known.get(wire[2:])
            if text is None:
                text = self.known[wire[2:]] = told(dns.message.from_wire(wire))
            with self.lock:
                if number not in self.sent:
                    self.wrong.append(('nobody asked', number, text))
                    continue
                question, when, phase, allowed = self.sent.pop(number)
                self.waits[phase].append(now - when)
                if text not in allowed:
                    self.wrong.append((question, text))

    def _run(self):
        due = time.monotonic()
        number = 0
        deadline = None
        while True:
            now = time.monotonic()
            if self.stopping and deadline is None:
                deadline = now + LOST_SECONDS
            if deadline is not None and (not self.sent or now > deadline):
                return
            due = max(due, now - BURST_SECONDS)
            while deadline is None and due <= now:
                while number in self.sent:
                    number = (number + 1) % 65536
                self._send(number)
                number = (number + 1) % 65536
                due += 1 / self.rate
                now = time.monotonic()
            wait = 0.02 if deadline is not None else max(0, due - now)
            if select.select([self.socket], [], [], wait)[0]:
                self._receive()


class TcpLoad(Load):
    """The same over one TCP connection. Where the client's own way loses, answers come late."""

    def _connect(self, address):
        self.octets = b''                   # of an answer that is not whole yet
        return socket.create_connection(address, LOST_SECONDS)

    def _put(self, wire):
        try:                                # few octets: all of them or none
            self.socket.send(struct.pack('!H', len(wire)) + wire)
        except OSError:
            pass                            # counted as lost

    def _take(self):
        try:
            more = self.socket.recv(65535)
        except BlockingIOError:
            return
        except OSError:
            more = b''
        if not more:                        # what it was asked for is lost
            time.sleep(PAUSE)
        self.octets += more
        while len(self.octets) >= 2:
            end = 2 + struct.unpack('!H', self.octets[:2])[0]
            if len(self.octets) < end:
                return
            wire, self.octets = self.octets[2:end], self.octets[end:]
            yield wire


class FaultTable:
    """The lines of one run: printed at its end, and kept in $FAULT_TABLE/faults.json if that is set."""

    COLUMNS = ('fault', 'queries', 'wrong', 'lost', 'p99_before_ms', 'p99_during_ms', 'worst_ms')

    def __init__(self):
        self.lines = []

    def add(self, load):
        self.lines.append(load.result)

    def text(self):
        rows = [self.COLUMNS, *([str(line[c]) for c in self.COLUMNS] for line in self.lines)]
        widths = [max(len(row[i]) for row in rows) for i in range(len(self.COLUMNS))]
        return '\n'.join('  '.join(cell.ljust(width) if i == 0 else cell.rjust(width)
                                   for i, (cell, width) in enumerate(zip(row, widths)))
                         for row in rows)

    def save(self):
        directory = os.environ.get('FAULT_TABLE')
        if not directory or not self.lines:
            return
        os.makedirs(directory, exist_ok=True)
        path = os.path.join(directory, 'faults.json')
        lines = []
        if os.path.exists(path):            # of the other files of tests
            with open(path, encoding='utf-8') as file:
                lines = json.load(file)
        new = {line['fault'] for line in self.lines}
        with open(path, 'w', encoding='utf-8') as file:
            json.dump([line for line in lines if line['fault'] not in new] + self.lines, file,
                      indent=1)

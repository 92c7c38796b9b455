"""
A line between server and database that can fail: TCP to a Unix socket, octets passed on as they are.

    cut()       half-open: nothing is passed on any more, nothing is closed, neither side is told
    stall(n)    each connection stops after N more octets from the database: in the middle of a result
    go_on()     those that have stalled so pass on again, nothing is missing
    delay(s)    what the database says arrives S seconds later
    heal()      all is good again, but for connections that were cut or have stalled: these stay so
"""
import collections
import select
import socket
import threading
import time

CHUNK = 65536


class Line:
    """One connection: the two sockets, and what is on its way."""

    def __init__(self, client, database):
        self.client, self.database = client, database
        self.queue = collections.deque()    # (when, octets) for the client
        self.cut = False
        self.budget = None                  # octets that the client may still get

    def close(self):
        self.client.close()
        self.database.close()


class Proxy:
    """One thread for all lines; ends with the block."""

    def __init__(self, path):
        self.path = path
        self.listener = socket.create_server(('127.0.0.1', 0))
        self.port = self.listener.getsockname()[1]
        self.lock = threading.Lock()        # guards all below
        self.lines = []
        self.seconds = 0.0
        self.budget = None
        self.accepted = 0
        self.stalled = 0                    # lines that have come to their end
        self.stopping = False
        self.refusing = False               # new connections are cut as well
        self.thread = threading.Thread(target=self._run)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stopping = True
        self.thread.join()
        self.listener.close()
        for line in self.lines:
            line.close()

    def cut(self, also_new=False):
        with self.lock:
            for line in self.lines:
                line.cut = True
                line.queue.clear()
            self.refusing = also_new

    def stall(self, octets):
        with self.lock:
            self.budget = octets
            for line in self.lines:
                line.budget = octets

    def go_on(self):
        with self.lock:
            self.budget = None
            for line in self.lines:
                line.cut = line.cut and line.budget != 0
                line.budget = None

    def delay(self, seconds):
        with self.lock:
            self.seconds = seconds

    def heal(self):
        with self.lock:
            self.budget, self.seconds, self.refusing = None, 0.0, False
            for line in self.lines:
                if not line.cut:
                    line.budget = None

    # --- the thread ---

    def _accept(self):
        client = self.listener.accept()[0]
        database = socket.socket(socket.AF_UNIX)
        try:
            database.connect(self.path)
        except OSError:                     # the database is not there
            client.close()
            database.close()
            return
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        line = Line(client, database)
        line.cut = self.refusing
        line.budget = self.budget
        self.lines.append(line)
        self.accepted += 1

    def _from_database(self, line):
        octets = line.database.recv(CHUNK if line.budget is None else min(CHUNK, line.budget))
        if not octets:
            raise EOFError
        if line.budget is not None:
            line.budget -= len(octets)
            if line.budget == 0:
                line.cut = True
                self.stalled += 1
        line.queue.append((time.monotonic() + self.seconds, octets))

    def _from_client(self, line):
        octets = line.client.recv(CHUNK)
        if not octets:
            raise EOFError
        line.database.sendall(octets)

    def _step(self, line, readable):
        try:
            if not line.cut and line.database in readable:
                self._from_database(line)
            while line.queue and line.queue[0][0] <= time.monotonic():
                line.client.sendall(line.queue.popleft()[1])
            if not line.cut and line.client in readable:
                self._from_client(line)
        except (EOFError, OSError):
            line.close()
            self.lines.remove(line)

    def _run(self):
        while not self.stopping:
            with self.lock:
                watched = [s for line in self.lines if not line.cut
                           for s in (line.client, line.database)]
                late = any(line.queue for line in self.lines)
            readable = select.select([self.listener, *watched], [], [],
                                     0.001 if late else 0.02)[0]
            with self.lock:
                if self.listener in readable:
                    self._accept()
                for line in list(self.lines):
                    self._step(line, readable)

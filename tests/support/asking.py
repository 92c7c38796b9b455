"""A client that asks for the same names over and over while a test does something to the tables."""
import socket
import threading
import time

import dns.rcode

from support.query import make

PAUSE = 0.0002      # between two questions, so that the machine is left to others
TIMEOUT = 5


class Asking:
    """
    names    asked for A in turn, in a thread, for the length of the block
    wrong    (seconds since the begin, name, rcode or what it was) of every answer other than NOERROR
             with data; a lost one is 'lost'
    """

    def __init__(self, server, names):
        self.server = server
        self.queries = [(name, make(name).to_wire()) for name in names]
        self.wrong = []
        self.asked = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self):
        self._begun = time.monotonic()
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join()

    def _judge(self, answer):
        code = answer[3] & 15
        if code:
            return dns.rcode.to_text(code)
        return None if answer[6:8] != b'\0\0' else 'NODATA'

    def _ask(self, udp, name, query, number):
        udp.send(number.to_bytes(2, 'big') + query[2:])
        while True:
            try:
                answer = udp.recv(65535)
            except socket.timeout:
                return 'lost'
            if int.from_bytes(answer[:2], 'big') == number:
                return self._judge(answer)

    def _run(self):
        with socket.socket(type=socket.SOCK_DGRAM) as udp:
            udp.settimeout(TIMEOUT)
            udp.connect(self.server.address)
            while not self._stop.is_set():
                for name, query in self.queries:
                    what = self._ask(udp, name, query, self.asked & 0xffff)
                    self.asked += 1
                    if what:
                        self.wrong.append((round(time.monotonic() - self._begun, 3), name, what))
                    if self._stop.wait(PAUSE):
                        break

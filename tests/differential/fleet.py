"""Many questions to several servers at once, in windows, so that nobody waits for each answer."""
import socket
import struct
import time

import wire

WINDOW = 64             # questions on the way to each server: fits the smallest socket buffers
PATIENCE = 10.0         # seconds for a window, sanitizer builds included
AGAIN = 1.0             # seconds until an unanswered question is sent once more over UDP


class Question:
    """One question, how it is asked, and the octets that came back from each server."""

    __slots__ = ('name', 'kind', 'edns', 'tcp', 'zone', 'replies')

    def __init__(self, name, kind, edns=None, tcp=False, zone=None):
        self.name, self.kind, self.edns, self.tcp, self.zone = name, kind, edns, tcp, zone
        self.replies = []

    def message(self, number):
        return wire.question(self.name, self.kind, number, self.edns)


def _udp(server, window):
    messages = {n: q.message(n) for n, q in enumerate(window)}
    answers = {}
    with socket.socket(type=socket.SOCK_DGRAM) as udp:
        udp.connect(server.address)
        udp.settimeout(AGAIN)
        deadline = time.monotonic() + PATIENCE
        for message in messages.values():
            udp.send(message)
        while len(answers) < len(messages):
            try:
                octets = udp.recv(65535)
                answers[octets[0] << 8 | octets[1]] = octets
            except socket.timeout:
                if time.monotonic() > deadline:
                    break
                for number, message in messages.items():
                    if number not in answers:
                        udp.send(message)
    return [answers.get(n) for n in messages]


def _receive(stream, count):
    data = b''
    while len(data) < count:
        more = stream.recv(count - len(data))
        if not more:
            raise EOFError
        data += more
    return data


def _tcp(server, window):
    """Pipelined; answers may come in any order (RFC 7766, 6.2.1.1)."""
    answers = {}
    with socket.create_connection(server.address, PATIENCE) as stream:
        for number, question in enumerate(window):
            message = question.message(number)
            stream.sendall(struct.pack('!H', len(message)) + message)
        try:
            while len(answers) < len(window):
                length, = struct.unpack('!H', _receive(stream, 2))
                octets = _receive(stream, length)
                answers[octets[0] << 8 | octets[1]] = octets
        except (EOFError, OSError):
            pass
    return [answers.get(n) for n in range(len(window))]


def ask_all(servers, questions):
    """Fill in the replies of QUESTIONS: octets by server, None where none came."""
    for tcp in (False, True):
        some = [q for q in questions if q.tcp == tcp]
        for start in range(0, len(some), WINDOW):
            window = some[start:start + WINDOW]
            columns = [(_tcp if tcp else _udp)(server, window) for server in servers]
            for question, *replies in zip(window, *columns):
                question.replies = replies

"""Questions to a server and what is expected of the answers, through dnspython."""
import socket
import struct

import dns.edns
import dns.exception
import dns.flags
import dns.message
import dns.query
import dns.rcode
import dns.rdatatype

TIMEOUT = 5
EDE = 15                # RFC 8914


def make(name, kind='A', rd=False, **keywords):
    query = dns.message.make_query(name, kind, **keywords)
    query.flags = dns.flags.RD if rd else 0
    return query


def ask(server, name, kind='A', tcp=False, timeout=TIMEOUT, **keywords):
    """Ask SERVER (has .address) once; the parsed answer. edns= use_edns=, payload= as dnspython."""
    query = make(name, kind, **keywords)
    send = dns.query.tcp if tcp else dns.query.udp
    host, port = server.address
    if tcp:
        return send(query, host, port=port, timeout=timeout)
    return send(query, host, port=port, timeout=timeout, ignore_unexpected=True)


def exchange(server, octets, timeout=TIMEOUT):
    """Send OCTETS over UDP as they are; the octets of the answer, None when none comes."""
    with socket.socket(type=socket.SOCK_DGRAM) as udp:
        udp.settimeout(timeout)
        udp.connect(server.address)
        udp.send(octets)
        try:
            return udp.recv(65535)
        except socket.timeout:
            return None


class Stream:
    """A TCP connection that takes apart what it sends."""

    def __init__(self, server, timeout=TIMEOUT):
        self.socket = socket.create_connection(server.address, timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    @staticmethod
    def frame(query):
        wire = query.to_wire()
        return struct.pack('!H', len(wire)) + wire

    def send(self, octets):
        self.socket.sendall(octets)

    def _read(self, count):
        data = b''
        while len(data) < count:
            more = self.socket.recv(count - len(data))
            if not more:
                raise EOFError
            data += more
        return data

    def receive(self):
        length, = struct.unpack('!H', self._read(2))
        return dns.message.from_wire(self._read(length))


def section(rrsets):
    """A section as a sorted list of "owner ttl type data", names in lower case."""
    lines = []
    for rrset in rrsets:
        for rdata in rrset:
            lines.append(f'{rrset.name.to_text().lower()} {rrset.ttl} '
                         f'{dns.rdatatype.to_text(rrset.rdtype)} {rdata.to_text()}')
    return sorted(lines)


def rcode(message):
    return dns.rcode.to_text(message.rcode())


def has(message, flag):
    return bool(message.flags & dns.flags.from_text(flag.upper()))


def ede(message):
    """Codes of the extended DNS errors in MESSAGE."""
    return [int(option.code) for option in message.options if option.otype == EDE]


def expect(message, code='NOERROR', aa=True, tc=False, answer=(), authority=(), additional=None):
    """The whole reply: rcode, flags, sections in any order. ADDITIONAL None = not looked at."""
    assert rcode(message) == code, message.to_text()
    assert has(message, 'AA') == aa, message.to_text()
    assert has(message, 'TC') == tc, message.to_text()
    assert not has(message, 'RA') and not has(message, 'AD'), message.to_text()
    assert section(message.answer) == sorted(answer), message.to_text()
    assert section(message.authority) == sorted(authority), message.to_text()
    if additional is not None:
        assert section(message.additional) == sorted(additional), message.to_text()


def data(message):
    """The data of the answer section, sorted, as text."""
    return sorted(rdata.to_text() for rrset in message.answer for rdata in rrset)


def _ask_patiently(server, name, kind):
    """The answer, asked for several times; None when none comes."""
    for _ in range(5):
        try:
            return ask(server, name, kind, timeout=1)
        except dns.exception.Timeout:
            pass
    return None


def is_data(server, name, kind, *expected):
    """For wait_until: the answer's data is EXPECTED."""
    answer = _ask_patiently(server, name, kind)
    return answer is not None and data(answer) == sorted(expected)


def is_rcode(server, name, kind, expected):
    """For wait_until: the answer has this rcode."""
    answer = _ask_patiently(server, name, kind)
    return answer is not None and rcode(answer) == expected

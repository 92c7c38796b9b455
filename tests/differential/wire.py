"""
Messages as octets: questions are made, replies are taken apart into what can be compared. By hand,
since a seed takes tens of thousands of replies, and strict: a reply that breaks a rule of RFC 1035
raises Broken.
"""
import collections
import functools
import struct

A, NS, CNAME, SOA, MX, TXT, AAAA, DNAME, OPT, ANY = 1, 2, 5, 6, 15, 16, 28, 39, 41, 255

# Names in RDATA: octets before the first, and how many there are.
NAMES = {2: (0, 1), 3: (0, 1), 4: (0, 1), 5: (0, 1), 6: (0, 2), 7: (0, 1), 8: (0, 1), 9: (0, 1),
         12: (0, 1), 14: (0, 2), 15: (2, 1), 17: (0, 2), 18: (2, 1), 21: (2, 1), 23: (0, 1),
         26: (2, 2), 33: (6, 1), 36: (2, 1), 39: (0, 1), 58: (0, 2), 64: (2, 1), 65: (2, 1),
         66: (5, 1), 107: (2, 1)}
# RFC 3597, 4: only the types of RFC 1035 may have their names compressed.
COMPRESSED = (2, 3, 4, 5, 6, 7, 8, 9, 12, 14, 15)

Reply = collections.namedtuple(
    'Reply', 'rcode aa tc flags question answer authority additional edns size')
Record = collections.namedtuple('Record', 'owner type ttl rdata')


class Broken(Exception):
    """The reply is not a message."""


def lower(octets):
    return octets.lower()       # folds ASCII capitals only; length octets are below them


def question(name, kind, number, edns=None):
    """NAME in wire form. EDNS: the size announced, None for no OPT."""
    message = struct.pack('!6H', number, 0, 1, 0, 0, edns is not None)
    message += name + struct.pack('!2H', kind, 1)
    if edns is not None:
        message += struct.pack('!BHHIH', 0, OPT, edns, 0, 0)
    return message


def read_name(message, at, end=None, compressed=True):
    """The name at AT in wire form, and the offset behind it."""
    labels = []
    behind = None
    size = 1
    while True:
        length = message[at]
        if length >= 0xc0:
            if not compressed:
                raise Broken(f'compressed name at {at}')
            target = (length & 0x3f) << 8 | message[at + 1]
            if behind is None:
                behind = at + 2
            if target >= at:
                raise Broken(f'pointer forward at {at}')
            at = target
            continue
        if length > 63:
            raise Broken(f'label type at {at}')
        labels.append(message[at:at + 1 + length])
        size += 1 + length if length else 0
        at += 1 + length
        if length == 0:
            break
    behind = at if behind is None else behind
    if size > 255 or (end is not None and behind > end):
        raise Broken(f'name too long, ends at {behind}')
    return b''.join(labels), behind


def _read_rdata(message, kind, at, end):
    """RDATA without compression, its names in lower case."""
    if kind == 35:                                          # NAPTR: two numbers, three strings
        strings = at + 4
        for _ in range(3):
            strings += 1 + message[strings]
        name, behind = read_name(message, strings, end, False)
        if behind != end:
            raise Broken('NAPTR of a wrong length')
        return message[at:strings] + lower(name)
    before, count = NAMES.get(kind, (0, 0))
    if count == 0 or end - at <= before:
        return message[at:end]
    parts = [message[at:at + before]]
    at += before
    for _ in range(count):
        name, at = read_name(message, at, end, kind in COMPRESSED)
        parts.append(lower(name))
    return b''.join(parts) + message[at:end]


def _read(message):
    number, flags, questions, *counts = struct.unpack_from('!6H', message)
    at = 12
    asked = b''
    if questions > 1:
        raise Broken('several questions')
    if questions:
        name, at = read_name(message, at, compressed=False)
        asked = name + message[at:at + 4]
        at += 4
    sections = ([], [], [])
    edns = None
    rcode = flags & 15
    for section, count in zip(sections, counts):
        for _ in range(count):
            owner, at = read_name(message, at)
            kind, klass, ttl, length = struct.unpack_from('!HHIH', message, at)
            at += 10
            if at + length > len(message):
                raise Broken('RDATA past the end')
            if kind == OPT:
                if edns is not None or owner != b'\0' or section is not sections[2]:
                    raise Broken('OPT')
                edns = klass
                rcode |= ttl >> 24 << 4
            else:
                if klass != 1:
                    raise Broken(f'class {klass}')
                section.append(Record(lower(owner), kind, ttl,
                                      _read_rdata(message, kind, at, at + length)))
            at += length
    if at != len(message):
        raise Broken('octets behind the last record')
    return Reply(rcode, bool(flags & 0x400), bool(flags & 0x200), flags & 0xfbf0 & ~0x400 & ~0x200,
                 asked, *(tuple(sorted(s)) for s in sections), edns, len(message))


@functools.lru_cache(maxsize=30000)
def _read_body(body):
    return _read(b'\0\0' + body)


def read(message):
    """A Reply from octets. Replies that differ in their number only are taken apart once."""
    try:
        return _read_body(message[2:])
    except (IndexError, struct.error) as error:
        raise Broken(repr(error)) from error

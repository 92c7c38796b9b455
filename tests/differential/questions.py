"""What to ask about zones: every name and its types, names beside and below, in every way."""
import shapes
from fleet import Question
from zones import fold, mixed_case, to_wire, wire_len

BASE = [1, 28, 2, 6, 5, 15, 16, 43, 39, 33, 12, 257]
ODD = [99, 255, 46, 47, 48, 65, 13, 65280, 65534, 1234, 64, 17, 3, 38, 10]
WAYS = [(None, False), (512, False), (1232, False), (4096, False), (1232, True), (None, True)]
WEIGHTS = [6, 3, 8, 5, 3, 1]
ANY = 255


def _name(rng, labels):
    octets = to_wire(labels)
    if rng.random() < 0.3:
        # Length octets are no letters: at most 63
        octets = b''.join(bytes([len(x)]) + mixed_case(rng, x) for x in labels) + b'\0'
    return octets


def _near(rng, labels):
    """Names beside, above and below that are probably not there."""
    new = [b'nope', b'*', b'a', b'zz', b'www', bytes([rng.randrange(256)]), b'ns1']
    yield (rng.choice(new),) + labels
    yield (rng.choice(new), rng.choice(new)) + labels
    yield (rng.choice(new),) + labels[1:]
    if rng.random() < 0.3:
        yield tuple(rng.choice(new) for _ in range(rng.randrange(3, 6))) + labels
    if rng.random() < 0.1:
        yield (b'*',) + labels[1:]


def _plain(rng, zone, labels, kind):
    edns, tcp = rng.choices(WAYS, WEIGHTS)[0]
    if kind == ANY:
        tcp = True              # over UDP each server has its own way (RFC 8482)
    return Question(_name(rng, labels), kind, edns, tcp, zone)


def _of_zone(rng, zone):
    seen = set()
    asked = zone.names() + [fold(x) for x in zone.extra_names]
    for labels in asked:
        own = sorted(zone.types.get(labels, ()))
        more = BASE if zone.thorough else rng.sample(BASE, 3)
        kinds = {*own[:30], *more, *rng.sample(ODD, 1)}
        for kind in sorted(kinds):
            yield _plain(rng, zone, labels, kind)
        for near in _near(rng, labels):
            if near in seen or wire_len(near) > 255 or len(near[0]) > 63:
                continue
            seen.add(near)
            for kind in rng.sample(BASE, 4 if zone.thorough else 1):
                yield _plain(rng, zone, near, kind)
    for labels, kind in zone.sized:
        for edns, tcp in WAYS:
            yield Question(_name(rng, labels), kind, edns, tcp, zone)


def all_questions(rng, zones):
    found = []
    for zone in zones:
        found += _of_zone(rng, zone)
    for labels in [(), (b'test',), (b'com',), (b'1', b'0', b'192', b'in-addr', b'arpa'),
                   *shapes.OUTSIDE]:
        found += [_plain(rng, None, labels, k) for k in (1, 2, 6, 43)]
    return found

"""
A zone written down twice: as the rows of MyDNS's tables, in any of the spellings these allow, and
as the zone file of what the rows mean. Names are tuples of labels (octets), without the root.
"""
from support.mariadb import quote

PLAIN = b'abcdefghijklmnopqrstuvwxyz0123456789-_*'

# Any octets in names, long data, many rows of one kind: what our schema's unique key forbids.
DDL = """
    CREATE TABLE soa (
      id INT UNSIGNED NOT NULL PRIMARY KEY, origin VARBINARY(1100) NOT NULL,
      ns VARBINARY(1100) NOT NULL, mbox VARBINARY(1100) NOT NULL, serial INT UNSIGNED NOT NULL,
      refresh INT UNSIGNED NOT NULL, retry INT UNSIGNED NOT NULL, expire INT UNSIGNED NOT NULL,
      minimum INT UNSIGNED NOT NULL, ttl INT UNSIGNED NOT NULL) ENGINE=InnoDB;
    CREATE TABLE rr (
      id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, zone INT UNSIGNED NOT NULL,
      name VARBINARY(1100) NOT NULL, type VARCHAR(20) NOT NULL, data MEDIUMBLOB NOT NULL,
      aux INT UNSIGNED NOT NULL, ttl INT UNSIGNED NOT NULL, KEY (zone)) ENGINE=InnoDB;"""


def name(text, origin=()):
    """Labels of TEXT, which holds no escapes; without a final dot it lies below ORIGIN."""
    octets = text.encode()
    labels = tuple(octets.rstrip(b'.').split(b'.')) if octets.strip(b'.') else ()
    return labels if octets.endswith(b'.') else labels + origin


def to_wire(labels):
    return b''.join(bytes([len(x)]) + x for x in labels) + b'\0'


def wire_len(labels):
    return sum(len(x) + 1 for x in labels) + 1


def fold(labels):
    return tuple(x.lower() for x in labels)


def is_below(labels, origin):
    """At or below."""
    return len(labels) >= len(origin) and fold(labels)[len(labels) - len(origin):] == fold(origin)


def to_text(labels):
    """For a zone file: absolute, all but letters, digits and - _ * / as \\DDD."""
    if not labels:
        return '.'
    return ''.join(''.join(chr(c) if c in PLAIN + PLAIN.upper() + b'/' else f'\\{c:03}'
                           for c in x) + '.' for x in labels)


def mixed_case(rng, octets):
    return bytes(c ^ 0x20 if (c | 0x20) in b'abcdefghijklmnopqrstuvwxyz' and rng.random() < 0.5
                 else c for c in octets)


def spell_labels(rng, labels, safe):
    """Labels as a row may spell them. SAFE: no octet that a field of several names could end at."""
    parts = []
    for label in labels:
        part = b''
        for c in label:
            one = bytes([c])
            if c in PLAIN or (one.isalpha() and c < 128):
                part += one if safe or rng.random() < 0.99 else b'\\%03d' % c
            elif c in b'.\\' or (c > 0x20 and c < 0x7f and not one.isdigit() and not safe):
                part += b'\\' + one if rng.random() < 0.7 else b'\\%03d' % c
            elif c > 0x7f and not safe and rng.random() < 0.5:
                part += one
            else:
                part += b'\\%03d' % c
        parts.append(part)
    return b'.'.join(parts)


def spell(rng, labels, origin, owner=False, absolute=False, safe=True):
    """
    One of the spellings of a name in a row: relative to ORIGIN where it lies below it, or with a
    final dot; the apex as an owner also empty. Any case.
    """
    if is_below(labels, origin) and not absolute and rng.random() < 0.6:
        rest = labels[:len(labels) - len(origin)]
        if rest:
            text = spell_labels(rng, rest, safe)
            return mixed_case(rng, text) if rng.random() < 0.2 else text
        if owner:
            return b''
    text = spell_labels(rng, labels, safe) + b'.'
    return mixed_case(rng, text) if rng.random() < 0.2 else text


class Zone:
    """Rows for us, lines for the others."""

    def __init__(self, rng, origin, minimum=300, ttl=3600):
        self.rng = rng
        self.origin = name(origin)
        self.soa_id = 0
        self.minimum, self.ttl = minimum, ttl
        self.serial = rng.randrange(1, 2**32)
        self.rows = []              # (name, type, data, aux, ttl)
        self.lines = []             # of the zone file: (owner, number of the type, text)
        self.types = {}             # owner, lower case -> numbers of the types that it has
        self.child = None           # origin of a hosted zone, whose names in here cannot be seen
        self.extra_names = []       # to be asked for though nothing is there
        self.thorough = False       # every name is asked for all the usual types
        self.sized = []             # (owner, type) to be asked in every way, for their size

    def at(self, text):
        return name(text, self.origin)

    def row(self, owner, kind, data, aux=0, ttl=3600):
        """A row only: what the file says otherwise, or not at all."""
        spelled = spell(self.rng, owner, self.origin, owner=True, safe=False)
        data = data.encode() if isinstance(data, str) else data
        kind = kind if self.rng.random() < 0.9 else kind.lower()
        self.rows.append((spelled, kind, data, aux, ttl))

    def line(self, owner, kind, text, number, ttl=3600):
        self.lines.append((fold(owner), number,
                           f'{to_text(owner)} {min(ttl, 2**31 - 1)} IN {kind} {text}'))
        self.types.setdefault(fold(owner), set()).add(number)

    def put(self, owner, record, ttl=3600):
        """RECORD: from records.py, or of its shape."""
        self.row(owner, record.kind, record.data, record.aux, ttl)
        self.line(owner, record.file_kind, record.file_text, record.number, ttl)

    def file(self):
        head = (f'{to_text(self.origin)} {self.ttl} IN SOA {to_text(self.at("ns1"))} '
                f'{to_text(self.at("hostmaster"))} {self.serial} 28800 7200 604800 {self.minimum}')
        return '\n'.join([head, *self._lines_allowed()]) + '\n'

    def _lines_allowed(self):
        """
        What cannot be seen is left out of the file: NSD takes no zone with data below a DNAME, and
        mistakes names of a zone for names of a hosted child.
        """
        cuts = {o for o, number, _ in self.lines if number == 2 and o != fold(self.origin)}
        dnames = {o for o, number, _ in self.lines if number == 39}

        def hidden(owner, by):
            return any(owner[i:] in by for i in range(1, len(owner)))
        dnames = {o for o in dnames if not hidden(o, cuts)}
        return [text for owner, number, text in self.lines
                if not hidden(owner, dnames) and (number != 39 or owner in dnames)
                and not hidden(owner, {self.child})]

    def names(self):
        """Owners and the names above them, down to the origin."""
        found = {}
        for owner in [*self.types, fold(self.origin)]:
            for i in range(len(owner) - len(self.origin) + 1):
                found[owner[i:]] = None
        return list(found)


def to_sql(rng, zones):
    """INSERTs of all zones; the ids of rows are in no order of zones or names."""
    text = []
    rows = []
    for number, zone in enumerate(zones, 1):
        zone.soa_id = number
        origin = spell_labels(rng, zone.origin, True) + b'.'
        ns = rng.choice([b'ns1', b'ns1.' + origin])
        mbox = rng.choice([b'', b'hostmaster', b'hostmaster.' + origin])
        text.append('INSERT INTO soa VALUES (' + ', '.join(map(quote, (
            number, mixed_case(rng, origin) if rng.random() < 0.3 else origin, ns, mbox,
            zone.serial, 28800, 7200, 604800, zone.minimum, zone.ttl))) + ');')
        rows.append([(number, *row) for row in zone.rows])
    # Zones interleaved, but each zone's rows in their order: of two CNAMEs the first counts.
    order = [i for i, some in enumerate(rows) for _ in some]
    rng.shuffle(order)
    rests = [iter(some) for some in rows]
    for start in range(0, len(order), 500):
        values = [next(rests[i]) for i in order[start:start + 500]]
        text.append('INSERT INTO rr (zone, name, type, data, aux, ttl) VALUES\n'
                    + ',\n'.join('(' + ', '.join(map(quote, v)) + ')' for v in values) + ';')
    return '\n'.join(text) + '\n'

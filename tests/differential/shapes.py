"""
Zones of awkward shapes, from a seed. Some are drawn at random from few labels, so that wildcards,
cuts, empty non-terminals, DNAMEs and chains meet in ways nobody thought of (garden, garden2 and
their hosted child); the others hold what is known to be difficult.
"""
import records
from zones import Zone, is_below, name, wire_len

A, NS, CNAME, DS, DNAME, TXT, MX, AAAA = 1, 2, 5, 43, 39, 16, 15, 28
LABELS = [b'a', b'b', b'c', b'www', b'x']
OUTSIDE = [name('host.outside.example.'), name('outside.example.'), name('.')]
TTLS = [0, 60, 300, 3600, 86400]


def some_name(rng, origin, deepest=4):
    """A name of few labels at or below ORIGIN: likely to be there, or near what is."""
    labels = tuple(rng.choice(LABELS) for _ in range(rng.choice(range(deepest + 1))))
    if labels and rng.random() < 0.2:
        labels = (b'*',) + labels[1:]
    return labels + origin


def any_record(rng, zone, target):
    choices = [lambda: records.address(rng), lambda: records.address6(rng),
               lambda: records.txt(rng), lambda: records.mail(rng, target(), zone.origin),
               lambda: records.service(rng, target(), zone.origin),
               lambda: records.pointer(rng, target(), zone.origin),
               lambda: records.hinfo(rng), lambda: records.naptr(rng, zone.origin),
               lambda: records.responsible(rng, target(), zone.origin),
               lambda: records.svcb(rng, target(), zone.origin, rng.choice(['SVCB', 'HTTPS'])),
               lambda: records.rare(rng.choice(records.RARE), zone.origin)]
    return rng.choices(choices, [8, 3, 4, 3, 2, 1, 1, 1, 1, 2, 3])[0]()


class Owner:
    """What is put at one name, so that the RRset rules of the zone file hold."""

    def __init__(self, zone, owner):
        self.zone, self.owner, self.rng = zone, owner, zone.rng
        self.sets = {}          # number of the type -> (records by file text, lowest ttl)

    def add(self, record, ttl):
        some, lowest = self.sets.get(record.number, ({}, ttl))
        some.setdefault(record.file_text.lower(), []).append((record, ttl))
        self.sets[record.number] = (some, min(ttl, lowest))

    def write(self):
        """Rows as they are; in the file one record of each kind, with the RRset's lowest TTL."""
        alone = CNAME if CNAME in self.sets else None
        for some, lowest in self.sets.values():
            for same in some.values():
                for record, ttl in same:
                    self.zone.row(self.owner, record.kind, record.data, record.aux, ttl)
                record = same[0][0]
                if alone is None or record.number == alone:
                    self.zone.line(self.owner, record.file_kind, record.file_text, record.number,
                                   lowest)


def apex(zone, servers=None):
    owner = Owner(zone, zone.origin)
    for target in servers or [zone.at('ns1'), name('ns.outside.example.')]:
        owner.add(records.nameserver(zone.rng, target, zone.origin), 3600)
    return owner


def garden(rng, origin, target, size, cuts=True, child=None):
    """
    Random names, each with what fits there; TARGET() draws names for CNAMEs and the like. CHILD: a
    zone hosted below. NSD takes no DNAME with data below it, be it another zone's: so none there.
    """
    zone = Zone(rng, origin, minimum=rng.choice([0, 300, 7200]), ttl=rng.choice([300, 3600]))
    zone.child = child if child != zone.origin else None
    done = {}
    for _ in range(size):
        owner_name = some_name(rng, zone.origin)
        if owner_name in done or owner_name == zone.origin:
            continue
        owner = done[owner_name] = Owner(zone, owner_name)
        what = rng.random()
        wild = owner_name[0] == b'*'
        ttl = rng.choice(TTLS)
        if what < 0.22:
            owner.add(records.cname(rng, target(), zone.origin), ttl)
            if rng.random() < 0.15:                 # hidden by the CNAME
                owner.add(records.address(rng), ttl)
        elif what < 0.36 and cuts and not wild:
            for _ in range(rng.choice([1, 2, 3])):
                sibling = some_name(rng, zone.origin)
                if zone.child and is_below(sibling, zone.child):
                    sibling = zone.at('www')        # what is glue has to be in the file
                server = rng.choice([(b'ns',) + owner_name, (b'ns', b'a') + owner_name, sibling,
                                     rng.choice(OUTSIDE[:2])])
                owner.add(records.nameserver(rng, server, zone.origin), ttl)
                if is_below(server, owner_name) and rng.random() < 0.8:
                    glue = done.setdefault(server, Owner(zone, server))
                    if CNAME not in glue.sets:
                        glue.add(records.address(rng), 3600)
                        glue.add(records.address6(rng), 3600)
            if rng.random() < 0.4:
                owner.add(records.signer(rng), ttl)
            if rng.random() < 0.3:                  # occluded
                record = any_record(rng, zone, target)
                if record.number not in (CNAME, DNAME, NS):
                    owner.add(record, ttl)
        elif what < 0.42 and not wild and not (child and is_below(owner_name, child)):
            owner.add(records.dname(rng, target(), zone.origin), ttl)
            if rng.random() < 0.5:
                owner.add(records.address(rng), ttl)
        else:
            for _ in range(rng.choice([1, 1, 2, 3, 5])):
                record = any_record(rng, zone, target)
                for _ in range(rng.choice([1, 1, 1, 2])):       # duplicate rows
                    if record.number not in (CNAME, DNAME, NS):
                        owner.add(record, rng.choice([ttl, ttl, rng.choice(TTLS)]))
    top = apex(zone)
    for _ in range(3):
        record = any_record(rng, zone, target)
        if record.number not in (CNAME, DNAME, NS):
            top.add(record, rng.choice(TTLS))
    done[zone.origin] = top
    for owner in done.values():
        owner.write()
    return zone


def gardens(rng, top):
    """Two at random that point at one another, and one hosted below the first."""
    texts = [f'garden.{top}.', f'garden2.{top}.', f'b.garden.{top}.']
    origins = [name(text) for text in texts]

    def target():
        return rng.choice(OUTSIDE) if rng.random() < 0.08 else some_name(rng, rng.choice(origins))
    return [garden(rng, texts[0], target, rng.choice([30, 60]), child=origins[2]),
            garden(rng, texts[1], target, rng.choice([15, 40])),
            garden(rng, texts[2], target, 20, rng.random() < 0.5, child=origins[2])]


def chains(rng):
    """CNAME and DNAME: long, looping, dangling, into cuts, wildcards and other zones."""
    zone = Zone(rng, 'chain.test.')
    other = Zone(rng, 'other.test.')
    for one in (zone, other):
        apex(one).write()
    at, put = zone.at, zone.put

    def cname(source, target, ttl=3600):
        put(at(source), records.cname(rng, target, zone.origin), ttl)
    for i in range(1, 8):
        cname(f'c{i}', at(f'c{i + 1}' if i < 7 else 'end'), 60 * i)
    put(at('end'), records.address(rng))
    put(at('end'), records.address(rng))
    for source, target in [('loop1', 'loop2'), ('loop2', 'loop1'), ('self', 'self'),
                           ('l1', 'l2'), ('l2', 'l3'), ('l3', 'l2'),
                           ('dangling', 'nothing'), ('towild', 'any.wild'), ('tocut', 'x.cut'),
                           ('toent', 'ent'), ('todname', 'www.moved'), ('tocwild', 'q.cwild'),
                           ('*.cwild', 'end'), ('*.lwild', 'x.lwild'), ('toapex', '')]:
        cname(source, at(target) if target else zone.origin)
    cname('cut2.under', at('x.cut'))
    cname('cross', other.at('back'))
    cname('crossnx', other.at('nothing'))
    cname('crossnodata', other.at('end'))
    cname('crosswild', other.at('any.wild'))
    cname('out', name('www.outside.example.'))
    other.put(other.at('back'), records.cname(rng, at('end'), other.origin))
    other.put(other.at('end'), records.address(rng))
    other.put(other.at('*.wild'), records.cname(rng, at('c6'), other.origin))
    other.put(other.at('d'), records.dname(rng, at('under'), other.origin))
    cname('crossd', other.at('a.d'))
    put(at('a.under'), records.address(rng))
    put(at('any.b.ent'), records.txt(rng))
    put(at('*.wild'), records.address(rng))
    put(at('cut'), records.nameserver(rng, at('ns.cut'), zone.origin))
    put(at('ns.cut'), records.address(rng))
    put(at('moved'), records.dname(rng, at('target'), zone.origin), 1200)
    put(at('www.target'), records.address(rng))
    put(at('sub.target'), records.cname(rng, at('www.moved'), zone.origin))
    put(at('dself'), records.dname(rng, at('dself'), zone.origin))
    put(at('grow'), records.dname(rng, at('x.grow'), zone.origin))
    put(at('d1'), records.dname(rng, at('d2'), zone.origin))
    put(at('d2'), records.dname(rng, at('d1'), zone.origin))
    put(at('dout'), records.dname(rng, name('outside.example.'), zone.origin))
    put(at('dother'), records.dname(rng, other.origin, zone.origin))
    put(at('droot'), records.dname(rng, (), zone.origin))
    put(at('long'), records.dname(rng, at('.'.join(['n' * 60] * 3)), zone.origin))
    zone.extra_names += [at(x) for x in (
        'www.moved', 'sub.moved', 'x.y.moved', 'a.dself', 'a.grow', 'x.d1', 'end.dother',
        'nothing.dother', 'any.wild.dother', 'x.dout', 'x.droot', 'www.chain.test.droot',
        'o' * 40 + '.long', 'o' * 57 + '.long', 'x.' + 'o' * 56 + '.long', 'x.lwild', 'x.y.lwild')]
    return [zone, other]


def delegations(rng):
    """Cuts with every kind of glue, beside, above and under wildcards; DS; data they hide."""
    zone = Zone(rng, 'cuts.test.')
    apex(zone).write()
    at, put = zone.at, zone.put

    def cut(owner, *servers):
        for server in servers:
            target = name(server) if server.endswith('.') else at(server)
            put(at(owner), records.nameserver(rng, target, zone.origin))
    cut('in', 'ns1.in', 'ns2.in', 'ns3.deep.in')
    cut('sibling', 'ns1.in', 'ns.plain')
    cut('both', 'ns.both', 'ns1.in', 'ns.outside.example.')
    cut('far', 'ns.outside.example.')
    cut('hosted', 'ns1.plain.test.', 'ns1.cuts.test.')
    cut('self', 'self')
    cut('noglue', 'ns.noglue')
    cut('lower.in', 'ns.lower.in')
    cut('wildglue', 'a.wild', 'ns.wildglue')
    cut('x.wild', 'ns.x.wild')
    cut('cnameglue', 'cn')
    for owner in ('ns1.in', 'ns2.in', 'ns3.deep.in', 'ns.plain', 'ns.both', 'self', 'ns.lower.in',
                  'ns.x.wild', 'www.in', 'in', 'x.y.far', '*.wild'):
        put(at(owner), records.address(rng))
        if rng.random() < 0.6:
            put(at(owner), records.address6(rng))
    put(at('*.wild'), records.mail(rng, at('host.wild'), zone.origin))
    put(at('*.in'), records.txt(rng))
    put(at('*.noglue'), records.address(rng))
    put(at('cn'), records.cname(rng, at('ns.plain'), zone.origin))
    put(at('cn2.in'), records.cname(rng, at('ns.plain'), zone.origin))
    put(at('dn.in'), records.dname(rng, at('plain'), zone.origin))
    for owner in ('in', 'far', 'hosted'):
        put(at(owner), records.signer(rng))
    put(at('mx'), records.mail(rng, at('ns1.in'), zone.origin))
    put(at('mx'), records.mail(rng, at('ns.plain'), zone.origin))
    put(at('srv'), records.service(rng, at('any.wild'), zone.origin))
    zone.extra_names += [at(x) for x in ('a.b.in', 'z.wild', 'a.z.wild', 'q.x.wild', 'x.y.z.far')]
    return [zone]


def family(rng):
    """Children beside their parent: with a cut, without, under a wildcard, below a cut."""
    parent = Zone(rng, 'family.test.')
    children = [Zone(rng, x + '.family.test.', minimum=200) for x in
                ('cut', 'nocut', 'w.wild', 'a.far', 'deep.nocut')]
    apex(parent).write()
    at, put = parent.at, parent.put
    put(at('cut'), records.nameserver(rng, at('ns1.cut'), parent.origin))
    put(at('cut'), records.signer(rng))
    put(at('ns1.cut'), records.address(rng))
    put(at('hidden.cut'), records.address(rng))
    put(at('hidden.nocut'), records.address(rng))
    put(at('*.wild'), records.txt(rng))
    put(at('*.wild'), records.signer(rng))
    put(at('far'), records.nameserver(rng, name('ns.outside.example.'), parent.origin))
    put(at('mx'), records.mail(rng, at('www.cut'), parent.origin))
    put(at('tochild'), records.cname(rng, at('www.nocut'), parent.origin))
    put(at('tonx'), records.cname(rng, at('nx.cut'), parent.origin))
    for child in children:
        apex(child).write()
        child.put(child.at('ns1'), records.address(rng))
        child.put(child.at('www'), records.address(rng))
        child.put(child.at('up'), records.cname(rng, at('tochild'), child.origin))
        if rng.random() < 0.5:
            child.put(child.at('*'), records.txt(rng))
    return [parent, *children]


def octets(rng):
    """Labels of any octets and of 63, names of 255 octets and of 127 labels."""
    zone = Zone(rng, 'octets.test.')
    apex(zone).write()
    labels = [b'a.b', b'a\\b', b'\0', b' ', b'"', b';', b'@', b'(', b'$', b'\xff\xfe', b'\xc3\xa9',
              b'\xc3\x89', b'a\x01b', b'\x7f', b'1/2', b'_x', b'%', b"'", b'A[', b'a{', b'**',
              b'\\', b'*.', b'x' * 63, b'\xe9' * 63, b'back`', b'tab\t', b'new\nline',
              bytes(rng.randrange(256) for _ in range(10))]
    for label in labels:
        owner = (label,) + zone.origin
        zone.put(owner, records.address(rng))
        if rng.random() < 0.5:
            zone.put((b'below',) + owner, records.mail(rng, owner, zone.origin))
        if rng.random() < 0.4:
            zone.put((b'c', label, b'to') + zone.origin, records.cname(rng, owner, zone.origin))
    zone.put((b'*', b'a.b') + zone.origin, records.txt(rng))
    room = 255 - wire_len(zone.origin)
    full = (b'l' * (room - 1 - 3 * 64),) + (b'm' * 63,) * 3 + zone.origin
    zone.put(full, records.address(rng))
    zone.put(zone.at('tofull'), records.cname(rng, full, zone.origin))
    zone.put(zone.at('mxfull'), records.mail(rng, full, zone.origin))
    many = (b'n' * (1 + room % 2),) + (b'n',) * (room // 2 - 1) + zone.origin
    zone.put(many, records.txt(rng))
    zone.put(zone.at('tomany'), records.cname(rng, many, zone.origin))
    zone.put((b'*',) + (b'w' * 63,) * 2 + zone.origin, records.cname(rng, full, zone.origin))
    zone.extra_names += [(b'a', b'b') + zone.origin, (b'y',) + (b'w' * 63,) * 2 + zone.origin,
                         (b'x' * 62,) + zone.origin, (b'\xc3\xa9'.upper(),) + zone.origin]
    return [zone]


def types(rng):
    """Every type; each of the rarer ones also beside others at one name."""
    zone = Zone(rng, 'types.test.')
    apex(zone).write()
    crowd = {}
    for number, entry in enumerate(records.RARE):
        record = records.rare(entry, zone.origin)
        zone.put(zone.at(f't{number}'), record)
        if record.number not in (CNAME, DNAME, NS):
            crowd.setdefault(record.file_text + record.file_kind, record)
    for record in crowd.values():
        zone.put(zone.at('all'), record)
    for number in range(6):
        zone.put(zone.at(f'txt{number}'), records.txt(rng))
    zone.put(zone.at('txtmany'), records.strings('TXT', [b'', *(b'%d' % i for i in range(200))]))
    zone.put(zone.at('srv'), records.service(rng, (), zone.origin))
    zone.put(zone.at('mxnull'), records.mail(rng, (), zone.origin, 0))
    zone.put(zone.at('naptr'), records.naptr(rng, zone.origin))
    zone.put(zone.at('hinfo'), records.hinfo(rng))
    return [zone]


def sizes(rng):
    """Answers around 512 and 1232 octets, and far beyond; referrals that do not fit."""
    zone = Zone(rng, 'sizes.test.')
    apex(zone).write()

    def sized(text, kind):
        zone.sized.append((zone.at(text), kind))
        return zone.at(text)
    for limit in (512, 1232):
        for more in range(-16, 17, 4):
            more += rng.randrange(-2, 3)
            owner = sized(f't{limit}-{more + 16}', TXT)
            wanted = limit - 12 - (wire_len(owner) + 4) - 12 + more     # RDATA of one record
            data = b'z' * (wanted - (wanted + 255) // 256)
            zone.put(owner, records.text_of(rng, data))
        for count in range(limit // 16 - 5, limit // 16 + 1):
            owner = sized(f'a{limit}-{count}', A)
            for i in range(count):
                zone.put(owner, records.plain('A', f'10.{count}.{i >> 8}.{i & 255}'))
    for i in range(300):
        zone.put(sized('many', A), records.plain('A', f'10.0.{i >> 8}.{i & 255}'))
        zone.put(sized('many6', AAAA), records.plain('AAAA', f'2001:db8::{i + 1:x}'))
        zone.put(sized('manytxt', TXT), records.strings('TXT', [b'%d' % i, b'q' * 100]))
        zone.put(sized('manymx', MX),
                 records.mail(rng, zone.at(f'm{i}.{"m" * (i % 30 + 1)}'), zone.origin, i))
    for i in range(30):
        zone.put(sized('cut', A), records.nameserver(rng, zone.at(f'ns{i}.cut'), zone.origin))
        zone.put(zone.at(f'ns{i}.cut'), records.address(rng))
        zone.put(sized('bigcut', A), records.nameserver(
            rng, name(f'ns{i}.{"b" * 50}{i}.outside.example.'), zone.origin))
        zone.put(sized('outmx', MX), records.mail(
            rng, name(f'mx{i}.outside{i % 12}.example.'), zone.origin, i))
    for i in range(8):
        zone.put(sized('smallcut', A), records.nameserver(rng, zone.at(f'n{i}.in'), zone.origin))
        zone.put(zone.at(f'n{i}.in'), records.address(rng))
    for i in range(5):
        zone.put(zone.at(f'c{i}.{"c" * 50}'), records.cname(
            rng, zone.at(f'c{i + 1}.{"c" * 50}' if i < 4 else 'many'), zone.origin))
    sized(f'c0.{"c" * 50}', A)
    sized(f'c0.{"c" * 50}', TXT)
    zone.sized = list(dict.fromkeys(zone.sized))
    return [zone]


def odds(rng):
    """Duplicate rows, mixed TTLs, TTLs past their limit, hidden rows, reverse names, bare zones."""
    zone = Zone(rng, 'odds.test.', minimum=2**31 - 1, ttl=0)
    apex(zone).write()
    for number in range(12):
        owner = Owner(zone, zone.at(f'd{number}'))
        for _ in range(rng.choice([1, 2, 4])):
            record = any_record(rng, zone, lambda: zone.at('d1'))
            for _ in range(rng.choice([1, 2, 3])):
                if record.number not in (CNAME, DNAME, NS):
                    owner.add(record, rng.choice([*TTLS, 2**31 - 1, 2**31, 2**32 - 1]))
        owner.write()
    owner = Owner(zone, zone.at('mx'))
    record = records.mail(rng, zone.at('target'), zone.origin, 10)
    for _ in range(4):
        owner.add(records.scrambled(rng, record), 3600)
    owner.write()
    for number in range(3):                         # the first of several CNAMEs counts
        zone.put(zone.at(f'two{number}'), records.cname(rng, zone.at('d1'), zone.origin))
        zone.row(zone.at(f'two{number}'), 'CNAME', 'd2')
        zone.row(zone.at(f'two{number}'), 'TXT', 'hidden', ttl=7)
    reverse = Zone(rng, '2.0.192.in-addr.arpa.')
    apex(reverse, [name('ns1.odds.test.')]).write()
    for i in range(4):
        reverse.put(reverse.at(f'{i}'), records.pointer(rng, zone.at(f'd{i}'), reverse.origin))
        reverse.put(reverse.at(f'{i + 64}'), records.cname(
            rng, reverse.at(f'{i + 64}.64/26'), reverse.origin))
    reverse.put(reverse.at('64/26'),
                records.nameserver(rng, name('ns.outside.example.'), reverse.origin))
    bare = Zone(rng, 'bare.test.')
    apex(bare, [name('ns1.odds.test.')]).write()
    dapex = Zone(rng, 'dapex.test.')
    top = apex(dapex)
    top.add(records.dname(rng, zone.origin, dapex.origin), 600)
    top.add(records.mail(rng, zone.at('d1'), dapex.origin, 0), 600)
    top.write()
    dapex.extra_names += [dapex.at('d1'), dapex.at('x.d1')]
    return [zone, reverse, bare, dapex]


def all_zones(rng):
    few = [zone for shape in (chains, delegations, family) for zone in shape(rng)]
    few += gardens(rng, 'test') + gardens(rng, 'x.test')
    for zone in few:
        zone.thorough = True
    return few + [zone for shape in (octets, types, sizes, odds) for zone in shape(rng)]

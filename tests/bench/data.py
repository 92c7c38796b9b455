"""Data to measure with: the same zones for every server, and files of questions. Deterministic.

make(directory, zones, names) leaves there:
  soa.tsv rr.tsv               rows of MyDNS tables (sql/schema.sql is not used: these are its oldest columns)
  domains.tsv records.tsv      rows of PowerDNS's tables                     | only with peers=True
  zones/ORIGIN                 a master file per zone                        |
  origins                      one per line, in order of soa.id
  q.NAME                       questions, lines "name type"; WORKLOADS tells what each is
  meta.json                    counts, and what they were made from

NAMES counts owner names of a zone: apex, ns1, ns2, www, mail and NAMES - 5 random hosts; a wildcard in
every 10th zone and a delegation in every 20th come on top, and two zones of their own: four.bench with
RRsets of 4 addresses, deep.bench with names of 3 to 30 labels.
"""
import json
import os
import random

TLDS = ['com', 'net', 'org', 'info', 'de', 'eu', 'io', 'dev']
LETTERS = 'abcdefghijklmnopqrstuvwxyz0123456789'
TTL = 3600
SOA_NUMBERS = (28800, 7200, 604800, 3600)
WORKLOADS = {
    'hot': '100 names',
    'spread': 'all names that exist, evenly',
    'nx': 'random names below zones that exist (water torture)',
    'foreign': 'names of zones that are not served',
    'mixed': '70 % existing names, 20 % no data of the type, 10 % no such name',
    'four': 'names with 4 addresses each',
    'deep': 'names of 3 to 30 labels',
}
SPECIAL = {'four.bench': 1000, 'deep.bench': 280}


class Zone:
    """Rows (owner relative to the origin, type, aux, data, kind of data, authoritative)."""
    NAME, ADDRESS, TEXT = range(3)

    def __init__(self, number, origin):
        self.number = number
        self.origin = origin
        self.rows = []

    def add(self, owner, rrtype, data, aux=0, kind=ADDRESS, authoritative=True):
        self.rows.append((owner, rrtype, aux, data, kind, authoritative))

    def full(self, owner):
        return f'{owner}.{self.origin}' if owner else self.origin


def label(r, least, most):
    return ''.join(r.choices(LETTERS, k=r.randint(least, most)))


def ip4(r):
    return f'10.{r.randrange(256)}.{r.randrange(256)}.{r.randrange(1, 255)}'


def ip6(r):
    return f'2001:db8:{r.randrange(1, 65536):x}::{r.randrange(1, 65536):x}'


def ordinary_zone(r, number, names):
    """Also returns the owners that have no AAAA."""
    zone = Zone(number, f'{label(r, 3, 10)}{number}.{TLDS[number % len(TLDS)]}')
    taken = {'www', 'mail', 'ns1', 'ns2', 'sub'}
    hosts = []
    while len(hosts) < names - 5:
        host = label(r, 4, 12)
        if host not in taken:
            taken.add(host)
            hosts.append(host)
    zone.add('', 'NS', 'ns1', kind=Zone.NAME)
    zone.add('', 'NS', 'ns2', kind=Zone.NAME)
    zone.add('', 'A', ip4(r))
    zone.add('', 'MX', hosts[0], 10, Zone.NAME)
    zone.add('', 'TXT', f'v=spf1 mx a ip4:{ip4(r)} -all', kind=Zone.TEXT)
    zone.add('ns1', 'A', ip4(r))
    zone.add('ns2', 'A', ip4(r))
    zone.add('www', 'CNAME', '', kind=Zone.NAME)
    zone.add('mail', 'CNAME', hosts[0], kind=Zone.NAME)
    no_aaaa = []
    for i, host in enumerate(hosts):
        k = r.random()
        if i == 0 or k < 0.8:
            zone.add(host, 'A', ip4(r))
        if 0.8 <= k and i > 0 or k < 0.15:
            zone.add(host, 'AAAA', ip6(r))
        else:
            no_aaaa.append(host)
    if number % 10 == 0:
        zone.add('*', 'A', ip4(r))
    if number % 20 == 0:
        zone.add('sub', 'NS', 'ns1.sub', kind=Zone.NAME, authoritative=False)
        zone.add('ns1.sub', 'A', ip4(r), authoritative=False)
    return zone, no_aaaa


def special_zone(r, number, origin):
    zone = Zone(number, origin)
    zone.add('', 'NS', 'ns1', kind=Zone.NAME)
    zone.add('ns1', 'A', ip4(r))
    for i in range(SPECIAL[origin]):
        if origin == 'four.bench':
            for address in range(1, 5):
                zone.add(f'h{i}', 'A', f'10.{i // 250}.{i % 250}.{address}')
        else:
            below = ['x' + label(r, 1, 5) for _ in range(i % 28)]
            zone.add('.'.join([f'h{i}', *below]), 'A', ip4(r))
    return zone


class Writer:
    """The files of the data set, zone by zone."""

    def __init__(self, directory, peers):
        self.directory = directory
        self.peers = peers
        names = ['soa.tsv', 'rr.tsv', 'origins']
        if peers:
            os.makedirs(os.path.join(directory, 'zones'), exist_ok=True)
            names += ['domains.tsv', 'records.tsv']
        self.files = {n: open(os.path.join(directory, n), 'w', encoding='ascii') for n in names}
        self.rows = 0

    def put(self, name, text):
        self.files[name].write(text)

    def zone(self, zone):
        origin, number = zone.origin, zone.number
        absolute = number % 8 == 0      # one zone in eight stores absolute names
        serial = 2024010100 + number % 100
        numbers = '\t'.join(str(n) for n in (serial, *SOA_NUMBERS, TTL))
        self.put('origins', origin + '\n')
        self.put('soa.tsv', f'{number}\t{origin}.\tns1.{origin}.\thostmaster.{origin}.\t{numbers}\n')
        for owner, rrtype, aux, data, kind, _ in zone.rows:
            if kind == Zone.NAME and (absolute or not data):
                data = zone.full(data) + '.'
            owner = zone.full(owner) + '.' if absolute else owner
            self.put('rr.tsv', f'{number}\t{owner}\t{rrtype}\t{data}\t{aux}\t{TTL}\n')
        self.rows += 1 + len(zone.rows)
        if self.peers:
            self.zone_of_peers(zone, serial)

    def zone_of_peers(self, zone, serial):
        origin, number = zone.origin, zone.number
        numbers = ' '.join(str(n) for n in (serial, *SOA_NUMBERS))
        self.put('domains.tsv', f'{number}\t{origin}\tNATIVE\n')
        self.put('records.tsv', f'{number}\t{origin}\tSOA\tns1.{origin} hostmaster.{origin} {numbers}'
                                f'\t{TTL}\t0\t1\n')
        text = [f'$ORIGIN {origin}.\n$TTL {TTL}\n@ SOA ns1 hostmaster {numbers}\n']
        for owner, rrtype, aux, data, kind, authoritative in zone.rows:
            if kind == Zone.TEXT:
                data = f'"{data}"'
            bare = zone.full(data) if kind == Zone.NAME else data
            self.put('records.tsv', f'{number}\t{zone.full(owner)}\t{rrtype}\t{bare}\t{TTL}\t{aux}\t'
                                    f'{int(authoritative)}\n')
            dot = '.' if kind == Zone.NAME else ''
            text.append(f'{owner or "@"} {rrtype} {f"{aux} " if rrtype == "MX" else ""}{bare}{dot}\n')
        with open(os.path.join(self.directory, 'zones', origin), 'w', encoding='ascii') as file:
            file.write(''.join(text))

    def close(self):
        for file in self.files.values():
            file.close()


def existing(zone):
    """Questions to which the zone has data, or a referral."""
    for owner, rrtype, _, _, _, authoritative in zone.rows:
        if owner != '*' and authoritative:
            yield f'{zone.full(owner)} {rrtype}'
        if owner == 'sub':
            yield f'x.{zone.full(owner)} A'


def questions(directory, r, count, exist, nodata, plain, special):
    def nx():
        return f'{label(r, 8, 14)}.{r.choice(plain)} A'

    def mixed():
        p = r.random()
        return r.choice(exist) if p < 0.7 else r.choice(nodata) if p < 0.9 else nx()

    def foreign():
        return f'{label(r, 3, 6)}.{label(r, 6, 12)}.{r.choice(TLDS)} A'
    kinds = {
        'hot': [r.choice(exist) for _ in range(100)],
        'spread': (r.choice(exist) for _ in range(count)),
        'nx': (nx() for _ in range(2 * count)),
        'foreign': (foreign() for _ in range(count)),
        'mixed': (mixed() for _ in range(count)),
        'four': r.choices([q for q in special['four.bench'] if q.startswith('h')], k=10000),
        'deep': r.choices([q for q in special['deep.bench'] if q.startswith('h')], k=10000),
    }
    for name, lines in kinds.items():
        with open(os.path.join(directory, 'q.' + name), 'w', encoding='ascii') as file:
            file.writelines(line + '\n' for line in lines)


def make(directory, zones, names, peers=True, count=500000, seed=20):
    """Returns what meta.json holds; does nothing when the directory holds just that already."""
    path = os.path.join(directory, 'meta.json')
    wanted = {'zones': zones, 'names': names, 'peers': peers, 'count': count, 'seed': seed}
    if os.path.exists(path):
        with open(path, encoding='ascii') as file:
            meta = json.load(file)
        if meta['wanted'] == wanted:
            return meta
    r = random.Random(seed)
    os.makedirs(directory, exist_ok=True)
    writer = Writer(directory, peers)
    exist, nodata, plain, special = [], [], [], {}
    for number in range(1, zones + 1):
        zone, no_aaaa = ordinary_zone(r, number, names)
        writer.zone(zone)
        exist += sorted(set(existing(zone)))
        nodata += [f'{zone.full(owner)} AAAA' for owner in no_aaaa]
        if number % 10:
            plain.append(zone.origin)
    for number, origin in enumerate(SPECIAL, zones + 1):
        zone = special_zone(r, number, origin)
        writer.zone(zone)
        special[origin] = sorted(set(existing(zone)))
    writer.close()
    questions(directory, random.Random(seed + 1), count, exist, nodata, plain, special)
    meta = {'wanted': wanted, 'rows': writer.rows, 'zones': zones + len(SPECIAL),
            'questions': len(exist)}
    with open(path, 'w', encoding='ascii') as file:
        json.dump(meta, file)
    return meta

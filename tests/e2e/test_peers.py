"""
The same zones in three servers. Where NSD and Knot DNS agree, we agree with them: rcode, flags,
answer and authority, for every name and type. Where they differ from each other they cannot both
be right, so nothing is asked of us.
"""
import itertools

import dns.name
import pytest

from support.peers import Knot, Nsd
from support.query import ask, has, rcode, section

SOA = {'serial': 7, 'refresh': 28800, 'retry': 7200, 'expire': 604800, 'minimum': 300, 'ttl': 3600}

# origin -> rows (name, type, data[, aux]) in MyDNS's form; names in data are absolute.
ZONES = {
    'example.com.': [
        ('', 'NS', 'ns1.example.com.'), ('', 'NS', 'ns2.example.com.'), ('', 'A', '192.0.2.1'),
        ('', 'MX', 'mail.example.com.', 10), ('', 'MX', 'mx.example.net.', 20),
        ('', 'TXT', 'v=spf1 -all'), ('ns1', 'A', '192.0.2.53'), ('ns2', 'AAAA', '2001:db8::54'),
        ('mail', 'A', '192.0.2.25'), ('mail', 'AAAA', '2001:db8::25'),
        ('www', 'CNAME', 'mail.example.com.'), ('hop', 'CNAME', 'www.example.com.'),
        ('out', 'CNAME', 'www.example.org.'), ('dangling', 'CNAME', 'nothing.example.com.'),
        ('tocut', 'CNAME', 'www.sub.example.com.'), ('towild', 'CNAME', 'any.wild.example.com.'),
        ('_sip._tcp', 'SRV', '5 5060 mail.example.com.', 10), ('ptr', 'PTR', 'mail.example.com.'),
        ('hinfo', 'HINFO', '"PC" "Linux"'), ('rp', 'RP', 'joe.example.com. txt.example.com.'),
        ('naptr', 'NAPTR', '100 50 "u" "E2U+sip" "!^.*$!sip:info@example.com!" .'),
        ('caa', 'CAA', '0 issue "letsencrypt.org"'), ('a.b.ent', 'A', '192.0.2.93'),
        ('*.wild', 'A', '192.0.2.94'), ('*.wild', 'MX', 'mail.example.com.', 5),
        ('host.wild', 'TXT', 'x'), ('deep.er.wild', 'A', '192.0.2.95'),
        ('*.cwild', 'CNAME', 'mail.example.com.'), ('sub', 'NS', 'ns.sub.example.com.'),
        ('ns.sub', 'A', '192.0.2.99'), ('sub', 'DS', '12345 13 2 ' + 'AB' * 32),
        ('far', 'NS', 'ns.example.org.'), ('below.far', 'A', '192.0.2.66'),
        ('child', 'NS', 'ns1.example.com.'), ('dname', 'DNAME', 'target.example.com.'),
        ('a.target', 'A', '192.0.2.70'), ('target', 'TXT', 'itself'),
    ] + [('many', 'A', f'198.51.100.{i}') for i in range(1, 120)],
    'child.example.com.': [
        ('', 'NS', 'ns1.example.com.'), ('www', 'A', '192.0.2.7'), ('*', 'TXT', 'all'),
        ('x.y', 'NS', 'ns1.x.y.child.example.com.'), ('ns1.x.y', 'A', '192.0.2.8')],
    '2.0.192.in-addr.arpa.': [
        ('', 'NS', 'ns1.example.com.'), ('1', 'PTR', 'example.com.'),
        ('0/25', 'NS', 'ns1.example.net.'), ('7', 'CNAME', '7.0/25.2.0.192.in-addr.arpa.')],
}
TYPES = ['A', 'AAAA', 'NS', 'SOA', 'CNAME', 'MX', 'TXT', 'SRV', 'PTR', 'DS', 'DNAME', 'CAA',
         'HINFO', 'NAPTR', 'RP', 'TYPE65280', 'TYPE65534']


def master_file(origin, rows):
    lines = ['$ORIGIN ' + origin, f'@ {SOA["ttl"]} IN SOA ns1.{origin} hostmaster.{origin} '
             + ' '.join(str(SOA[k]) for k in ('serial', 'refresh', 'retry', 'expire', 'minimum'))]
    for name, kind, data, *aux in rows:
        if kind in ('MX', 'SRV'):
            data = f'{aux[0]} {data}'
        if kind == 'TXT':
            data = f'"{data}"'
        lines.append(f'{name or "@"} 3600 IN {kind} {data}')
    return '\n'.join(lines) + '\n'


def names():
    """Every owner and every name above it, and beside and below each one that is not there."""
    found = {dns.name.from_text('example.org.'), dns.name.from_text('com.')}
    for origin, rows in ZONES.items():
        apex = dns.name.from_text(origin)
        for name, *_ in rows:
            owner = dns.name.from_text(name, apex) if name else apex
            while owner != apex.parent():
                found.add(owner)
                owner = owner.parent()
    for name in list(found):
        found |= {dns.name.Name((label,) + name.labels) for label in (b'x', b'*', b'x.y', b'www')}
        found.add(dns.name.Name((b'a', b'b') + name.labels))
    return sorted(found)


@pytest.fixture(scope='module')
def servers(new_database, start_shared_server):
    database = new_database()
    for origin, rows in ZONES.items():
        database.add_zone(origin, rows, **SOA)
    texts = {origin: master_file(origin, rows) for origin, rows in ZONES.items()}
    peers = [Nsd(texts), Knot(texts)]
    try:
        for peer in peers:
            peer.start()
        yield [start_shared_server({**database.conf(), 'ignore-minimum': 'yes'}), *peers]
    finally:
        for peer in peers:
            peer.remove()


def outcome(server, name, kind, **keywords):
    reply = ask(server, name, kind, **keywords)
    if has(reply, 'TC'):
        return rcode(reply), has(reply, 'AA'), 'truncated'
    return rcode(reply), has(reply, 'AA'), section(reply.answer), section(reply.authority)


@pytest.mark.parametrize('keywords', [{'use_edns': 0}, {}, {'tcp': True}],
                         ids=['udp', 'udp512', 'tcp'])
def test_same_answers(servers, keywords):
    ours, *peers = servers
    agreed = 0
    different = []
    # Without EDNS and over TCP only what differs by size is of interest
    asked = names() if 'use_edns' in keywords else [
        dns.name.from_text(f'{n}.example.com.') for n in ('many', 'hop', 'nothing', 'x.sub', 'caa')]
    for name, kind in itertools.product(asked, TYPES):
        first, second = (outcome(p, name, kind, **keywords) for p in peers)
        if first != second:
            continue
        agreed += 1
        own = outcome(ours, name, kind, **keywords)
        if own != first:
            different.append(f'{name} {kind}\n  ours  {own}\n  peers {first}')
    assert agreed > 0.9 * len(asked) * len(TYPES)
    assert not different, f'{len(different)} of {agreed}:\n' + '\n'.join(different[:20])

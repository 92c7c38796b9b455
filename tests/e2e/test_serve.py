"""Rows of the tables as answers on the wire."""
import struct

import dns.flags
import dns.message
import dns.name
import dns.rrset
import pytest

from support.query import (Stream, ask, data, ede, exchange, expect, has, make, rcode, section)

SOA = 'example.com. 300 SOA ns1.example.com. hostmaster.example.com. 7 28800 7200 604800 300'
LONG_TEXT = ''.join(chr(ord('a') + i % 26) for i in range(700))

# One zone with every type MyDNS knows: (name, type, data, aux, ttl)
ROWS = [
    ('', 'NS', 'ns1', 0, 3600),
    ('', 'NS', 'ns2.example.com.', 0, 3600),
    ('', 'A', '192.0.2.1', 0, 3600),
    ('', 'MX', 'mail', 10, 3600),
    ('', 'MX', 'mx.example.net.', 20, 3600),
    ('', 'TXT', 'v=spf1 mx -all', 0, 3600),
    ('ns1', 'A', '192.0.2.53', 0, 3600),
    ('ns2', 'A', '192.0.2.54', 0, 3600),
    ('ns2', 'AAAA', '2001:db8::54', 0, 3600),
    ('mail', 'A', '192.0.2.25', 0, 3600),
    ('mail', 'AAAA', '2001:db8::25', 0, 3600),
    ('www', 'CNAME', 'mail', 0, 3600),
    ('hop', 'CNAME', 'www.example.com.', 0, 3600),
    ('out', 'CNAME', 'www.example.org.', 0, 3600),
    ('dangling', 'CNAME', 'nothing', 0, 3600),
    ('alias', 'ALIAS', 'mail', 0, 3600),
    ('hinfo', 'HINFO', '"Pentium Pro" Linux', 0, 3600),
    ('naptr', 'NAPTR', '100 50 "u" "E2U+sip" "!^.*$!sip:info@example.com!" .', 0, 3600),
    ('ptr', 'PTR', 'target.example.org.', 0, 3600),
    ('rp', 'RP', 'joe joetxt.example.com.', 0, 3600),
    ('_sip._tcp', 'SRV', '5 5060 mail', 10, 3600),
    ('longtext', 'TXT', LONG_TEXT, 0, 3600),
    ('quoted', 'TXT', 'he said "hi"; so', 0, 3600),
    ('FQDN.Example.COM.', 'A', '192.0.2.90', 0, 3600),
    ('short', 'A', '192.0.2.91', 0, 60),
    ('a.b.ent', 'A', '192.0.2.93', 0, 3600),
    ('*.wild', 'A', '192.0.2.94', 0, 3600),
    ('*.wild', 'TXT', 'wild', 0, 3600),
    ('host.wild', 'TXT', 'no address here', 0, 3600),
    ('sub', 'NS', 'ns.sub', 0, 3600),
    ('sub', 'NS', 'ns.other.example.', 0, 3600),
    ('ns.sub', 'A', '192.0.2.99', 0, 3600),
]
MANY = [('many', 'A', f'198.51.100.{i}', 0, 3600) for i in range(1, 101)]
TEXTS = [('texts', 'TXT', f'{i:02}' + 'y' * 100, 0, 3600) for i in range(1, 13)]


@pytest.fixture(scope='module')
def server(new_database, start_shared_server):
    database = new_database()
    database.add_zone('example.com.', ROWS + MANY + TEXTS, serial=7)
    return start_shared_server({**database.conf(), 'ignore-minimum': 'yes'})


NAPTR = '100 50 "u" "E2U+sip" "!^.*$!sip:info@example.com!" .'
QUOTED_LONG = ' '.join(f'"{LONG_TEXT[i:i + 255]}"' for i in range(0, 700, 255))
POSITIVE = [
    ('example.com', 'A', ['A 192.0.2.1']),
    ('ns2.example.com', 'AAAA', ['AAAA 2001:db8::54']),
    ('www.example.com', 'CNAME', ['CNAME mail.example.com.']),
    ('alias.example.com', 'A', ['A 192.0.2.25']),
    ('hinfo.example.com', 'HINFO', ['HINFO "Pentium Pro" "Linux"']),
    ('example.com', 'MX', ['MX 10 mail.example.com.', 'MX 20 mx.example.net.']),
    ('naptr.example.com', 'NAPTR', ['NAPTR ' + NAPTR]),
    ('example.com', 'NS', ['NS ns1.example.com.', 'NS ns2.example.com.']),
    ('ptr.example.com', 'PTR', ['PTR target.example.org.']),
    ('rp.example.com', 'RP', ['RP joe.example.com. joetxt.example.com.']),
    ('_sip._tcp.example.com', 'SRV', ['SRV 10 5 5060 mail.example.com.']),
    ('example.com', 'TXT', ['TXT "v=spf1 mx -all"']),
    ('longtext.example.com', 'TXT', ['TXT ' + QUOTED_LONG]),
    ('quoted.example.com', 'TXT', ['TXT "he said \\"hi\\"; so"']),
    ('fqdn.example.com', 'A', ['A 192.0.2.90']),
    ('any.thing.wild.example.com', 'A', ['A 192.0.2.94']),
]


@pytest.mark.parametrize('tcp', [False, True], ids=['udp', 'tcp'])
@pytest.mark.parametrize('name, kind, lines', POSITIVE, ids=[f'{n}-{k}' for n, k, _ in POSITIVE])
def test_type(server, name, kind, lines, tcp):
    reply = ask(server, name, kind, tcp=tcp, use_edns=0, payload=1232)
    expect(reply, answer=[f'{name}. 3600 {line}' for line in lines])


def test_soa(server):
    expect(ask(server, 'example.com', 'SOA'), answer=[SOA.replace(' 300 ', ' 3600 ', 1)])


def test_additional_addresses(server):
    expect(ask(server, 'example.com', 'MX', use_edns=0),
           answer=['example.com. 3600 MX 10 mail.example.com.',
                   'example.com. 3600 MX 20 mx.example.net.'],
           additional=['mail.example.com. 3600 A 192.0.2.25',
                       'mail.example.com. 3600 AAAA 2001:db8::25'])


def test_ttl_of_the_row(server):
    assert ask(server, 'short.example.com').answer[0].ttl == 60


def test_ttl_raised_to_the_minimum(new_database, start_server):
    database = new_database()
    database.add_zone('example.com.', ROWS)
    server = start_server(database.conf())
    assert ask(server, 'short.example.com').answer[0].ttl == 300
    assert ask(server, 'mail.example.com').answer[0].ttl == 3600


def test_cname_chain(server):
    expect(ask(server, 'hop.example.com', 'A'),
           answer=['hop.example.com. 3600 CNAME www.example.com.',
                   'www.example.com. 3600 CNAME mail.example.com.',
                   'mail.example.com. 3600 A 192.0.2.25'])
    reply = ask(server, 'hop.example.com', 'A')
    assert [str(r.name) for r in reply.answer] == \
        ['hop.example.com.', 'www.example.com.', 'mail.example.com.']


def test_cname_out_of_our_zones(server):
    expect(ask(server, 'out.example.com', 'A'),
           answer=['out.example.com. 3600 CNAME www.example.org.'])


def test_cname_to_nothing(server):
    expect(ask(server, 'dangling.example.com', 'A'), code='NXDOMAIN', authority=[SOA],
           answer=['dangling.example.com. 3600 CNAME nothing.example.com.'])


def test_cname_without_the_type(server):
    expect(ask(server, 'www.example.com', 'TXT'), authority=[SOA],
           answer=['www.example.com. 3600 CNAME mail.example.com.'])


@pytest.mark.parametrize('name', [
    'nothing.example.com', 'x.mail.example.com', 'a.a.b.ent.example.com', '*.example.com'])
def test_nxdomain(server, name):
    expect(ask(server, name), code='NXDOMAIN', authority=[SOA], additional=[])


@pytest.mark.parametrize('name, kind', [
    ('mail.example.com', 'TXT'), ('mail.example.com', 'CAA'), ('mail.example.com', 'TYPE65534'),
    ('b.ent.example.com', 'A'), ('ent.example.com', 'A'),       # empty non-terminals
    ('host.wild.example.com', 'A'), ('wild.example.com', 'A'),  # RFC 4592
    ('any.wild.example.com', 'AAAA'), ('alias.example.com', 'TXT'), ('example.com', 'DS')])
def test_nodata(server, name, kind):
    expect(ask(server, name, kind), authority=[SOA], additional=[])


def test_wildcard_does_not_cover_below_a_name(server):
    expect(ask(server, 'x.host.wild.example.com'), code='NXDOMAIN', authority=[SOA])


def test_literal_asterisk(server):
    expect(ask(server, '*.wild.example.com'), answer=['*.wild.example.com. 3600 A 192.0.2.94'])


@pytest.mark.parametrize('name, kind', [('sub.example.com', 'A'), ('www.sub.example.com', 'MX'),
                                        ('sub.example.com', 'NS'), ('ns.sub.example.com', 'A')])
def test_referral(server, name, kind):
    expect(ask(server, name, kind), aa=False,
           authority=['sub.example.com. 3600 NS ns.sub.example.com.',
                      'sub.example.com. 3600 NS ns.other.example.'],
           additional=['ns.sub.example.com. 3600 A 192.0.2.99'])


def test_ds_at_a_cut_is_the_parents(server):
    expect(ask(server, 'sub.example.com', 'DS'), authority=[SOA])


@pytest.mark.parametrize('tcp', [False, True], ids=['udp', 'tcp'])
def test_refused(server, tcp):
    reply = ask(server, 'www.example.org', tcp=tcp, use_edns=0)
    expect(reply, code='REFUSED', aa=False, additional=[])
    assert ede(reply) == [20]
    assert str(reply.question[0].name) == 'www.example.org.'


def test_no_ede_without_edns_or_error(server):
    assert not ask(server, 'www.example.org').opt
    assert not ede(ask(server, 'mail.example.com', use_edns=0))
    assert not ede(ask(server, 'nothing.example.com', use_edns=0))


def test_rd_is_echoed_and_nothing_else(server):
    query = make('mail.example.com', rd=True)
    query.flags |= dns.flags.AD | dns.flags.CD
    reply = dns.message.from_wire(exchange(server, query.to_wire()))
    assert has(reply, 'RD') and not has(reply, 'AD') and not has(reply, 'RA')
    assert not has(ask(server, 'mail.example.com'), 'RD')


def test_question_keeps_its_case(server):
    reply = ask(server, 'MaIl.eXample.COM')
    assert reply.question[0].name.to_text() == 'MaIl.eXample.COM.'
    assert reply.answer[0].name.to_text() == 'MaIl.eXample.COM.'


# Size

def test_truncated_without_edns(server):
    wire = exchange(server, make('texts.example.com', 'TXT').to_wire())
    reply = dns.message.from_wire(wire)
    assert has(reply, 'TC') and len(wire) <= 512
    whole = ask(server, 'texts.example.com', 'TXT', tcp=True)
    assert not has(whole, 'TC') and len(data(whole)) == len(TEXTS)


@pytest.mark.parametrize('payload, size', [(4096, 1232), (1232, 1232), (800, 800), (100, 512)])
def test_size_of_udp_answers(server, payload, size):
    query = make('texts.example.com', 'TXT', use_edns=0, payload=payload)
    wire = exchange(server, query.to_wire())
    reply = dns.message.from_wire(wire)
    assert has(reply, 'TC') and len(wire) <= size
    # a whole RRset or nothing of it (RFC 2181, 9)
    assert len(data(reply)) in (0, len(TEXTS))
    assert reply.edns == 0


def test_edns_carries_more(server):
    reply = ask(server, 'longtext.example.com', 'TXT', use_edns=0, payload=1232)
    assert not has(reply, 'TC') and reply.payload == 1232
    assert has(ask(server, 'longtext.example.com', 'TXT'), 'TC')


def test_large_rrset_over_tcp(server):
    assert len(data(ask(server, 'many.example.com', tcp=True))) == len(MANY)


def test_bad_edns_version(server):
    wire = bytearray(make('mail.example.com', use_edns=0).to_wire())
    wire[-5] = 1
    reply = dns.message.from_wire(exchange(server, bytes(wire)))
    assert rcode(reply) == 'BADVERS' and reply.edns == 0 and not reply.answer


# TCP

def test_several_queries_on_one_connection(server):
    with Stream(server) as stream:
        for name, address in (('mail', '192.0.2.25'), ('short', '192.0.2.91')):
            query = make(name + '.example.com')
            stream.send(stream.frame(query))
            reply = stream.receive()
            assert reply.id == query.id and data(reply) == [address]


def test_pipelined(server):
    queries = [make(f'{i}.wild.example.com') for i in range(50)] + [make('many.example.com')]
    for number, query in enumerate(queries):
        query.id = number       # by chance two could be the same
    with Stream(server) as stream:
        stream.send(b''.join(stream.frame(q) for q in queries))
        replies = {r.id: r for r in (stream.receive() for _ in queries)}
    for query in queries:
        assert query.is_response(replies[query.id]) and replies[query.id].answer


def test_split_segments(server):
    query = make('mail.example.com')
    with Stream(server) as stream:
        for octet in stream.frame(query):
            stream.send(bytes([octet]))
        assert data(stream.receive()) == ['192.0.2.25']
        frame = stream.frame(query)
        stream.send(frame + frame[:5])
        assert data(stream.receive()) == ['192.0.2.25']
        stream.send(frame[5:])
        assert data(stream.receive()) == ['192.0.2.25']


# Messages that are no good questions

def test_opcode_not_implemented(server):
    query = make('example.com', 'SOA')
    query.set_opcode(4)
    reply = dns.message.from_wire(exchange(server, query.to_wire()))
    assert rcode(reply) == 'NOTIMP' and reply.id == query.id


def test_answers_are_dropped(server):
    query = make('mail.example.com')
    query.flags |= dns.flags.QR
    assert exchange(server, query.to_wire(), timeout=0.5) is None


@pytest.mark.parametrize('octets', [b'', b'\x01', b'\x00' * 11])
def test_less_than_a_header_is_dropped(server, octets):
    assert exchange(server, octets, timeout=0.3) is None
    assert data(ask(server, 'mail.example.com')) == ['192.0.2.25']


def test_two_questions(server):
    wire = bytearray(make('mail.example.com').to_wire())
    wire[4:6] = struct.pack('!H', 2)
    assert rcode(dns.message.from_wire(exchange(server, bytes(wire + wire[12:])))) == 'FORMERR'


def test_pointer_loop_in_the_question(server):
    wire = struct.pack('!6H', 99, 0, 1, 0, 0, 0) + b'\xc0\x0e\xc0\x0c' + struct.pack('!2H', 1, 1)
    reply = exchange(server, wire, timeout=1)
    assert reply is None or reply[3] & 15 == 1
    assert data(ask(server, 'mail.example.com')) == ['192.0.2.25']


def test_any(server):
    over_udp = ask(server, 'mail.example.com', 'ANY')
    assert len(over_udp.answer) == 1            # RFC 8482
    assert section(ask(server, 'mail.example.com', 'ANY', tcp=True).answer) == [
        'mail.example.com. 3600 A 192.0.2.25', 'mail.example.com. 3600 AAAA 2001:db8::25']


def test_axfr_refused_by_default(server):
    reply = dns.message.from_wire(exchange(server, make('example.com', 'AXFR').to_wire()))
    assert rcode(reply) in ('REFUSED', 'NOTIMP') and not reply.answer


# Order of addresses

def test_round_robin(server):
    first = {ask(server, 'many.example.com', tcp=True).answer[0][0].to_text() for _ in range(20)}
    assert len(first) > 5


def test_weights(new_database, start_server):
    database = new_database()
    database.add_zone('example.com.', [
        ('', 'NS', 'ns1'), ('ns1', 'A', '192.0.2.53'), ('w', 'A', '192.0.2.1', 1000),
        ('w', 'A', '192.0.2.2', 1), ('w', 'A', '192.0.2.3', 50000)])
    server = start_server(database.conf())
    replies = [ask(server, 'w.example.com') for _ in range(100)]
    orders = [[r.to_text() for r in reply.answer[0]] for reply in replies]
    assert {order[2] for order in orders} == {'192.0.2.3'}
    # as MyDNS: the lower the number, the likelier in front
    assert sum(order[0] == '192.0.2.2' for order in orders) > 80


# Across zones

def test_longest_origin_wins_and_cname_crosses(new_database, start_server):
    database = new_database()
    database.add_zone('example.com.', [
        ('', 'NS', 'ns1'), ('ns1', 'A', '192.0.2.53'), ('www', 'CNAME', 'web.example.net.'),
        ('child', 'NS', 'ns1'), ('only-in-parent.child', 'A', '192.0.2.66')])
    database.add_zone('child.example.com.', [('', 'NS', 'ns1.example.com.'),
                                             ('www', 'A', '192.0.2.7')], ns='ns1.example.com.')
    database.add_zone('example.net.', [('', 'NS', 'ns1.example.com.'), ('web', 'A', '192.0.2.8')])
    server = start_server(database.conf())
    assert data(ask(server, 'www.child.example.com')) == ['192.0.2.7']
    assert rcode(ask(server, 'only-in-parent.child.example.com')) == 'NXDOMAIN'
    assert data(ask(server, 'www.example.com')) == ['192.0.2.8', 'web.example.net.']
    reply = ask(server, 'child.example.com', 'DS')
    assert str(reply.authority[0].name) == 'example.com.'

"""Messages rather than data: EDNS, cookies, keepalive, TSIG, CHAOS, odd opcodes, flags and types."""
import os
import re
import signal
import socket
import struct
import subprocess
import time

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.tsigkeyring
import pytest

from support.query import Stream, ask, data, ede, exchange, expect, has, make, rcode
from support.wait import wait_until

NSID, COOKIE, KEEPALIVE = 3, 10, 11
SECRET, OTHER = '445536bcd2513298075a5d379663c962', 'dd3bdf9344b678b185a6f5cb60fca715'
ROWS = [('', 'NS', 'ns1'), ('ns1', 'A', '192.0.2.53'), ('www', 'A', '192.0.2.1'),
        ('www', 'AAAA', '2001:db8::1'), ('alias', 'CNAME', 'www'), ('*.wild', 'A', '192.0.2.2')]


@pytest.fixture(scope='module')
def database(new_database):
    database = new_database()
    database.add_zone('example.com.', ROWS)
    return database


@pytest.fixture(scope='module')
def server(database, start_shared_server):
    return start_shared_server({**database.conf(), 'nsid': 'ns-one', 'chaos': 'yes',
                                'cookie-secret': SECRET, 'tcp-idle': '20'})


def option(code, octets=b''):
    return dns.edns.GenericOption(code, octets)


def sent(reply, code):
    """What options of CODE the reply carries, as octets."""
    return [o.data if isinstance(o, dns.edns.GenericOption) else o.to_wire()
            for o in reply.options if o.otype == code]


def udp(server, octets):
    return dns.message.from_wire(exchange(server, octets))


def with_options(*options, name='www.example.com', **keywords):
    return make(name, use_edns=0, payload=1232, options=list(options), **keywords)


def cookie_of(server, cookie, tcp=False):
    """The reply to a question with COOKIE, and the cookie it carries."""
    reply = ask(server, 'www.example.com', use_edns=0, tcp=tcp, options=[option(COOKIE, cookie)])
    cookies = sent(reply, COOKIE)
    assert len(cookies) == 1 and len(cookies[0]) == 24 and cookies[0][:8] == cookie[:8]
    return reply, cookies[0]


def without_question(*options):
    """A message without question; its OPT has OPTIONS, None for no OPT."""
    message = dns.message.Message()
    message.flags = 0
    if options:
        message.use_edns(0, 0, 1232, options=[o for o in options if o])
    return message.to_wire()


# EDNS

def test_plain_edns(server):
    reply = ask(server, 'www.example.com', use_edns=0, payload=4096)
    assert reply.edns == 0 and reply.payload == 1232 and not reply.options
    assert not ask(server, 'www.example.com').opt


def test_do_is_copied_and_other_flags_are_not(server):
    wire = make('www.example.com', use_edns=0).to_wire()
    reply = udp(server, wire[:-4] + b'\xff\xff' + wire[-2:])
    assert reply.ednsflags & 0xffff == 0x8000 and data(reply) == ['192.0.2.1']


def test_unknown_options_are_ignored(server):
    reply = udp(server, with_options(option(100), option(65001, b'x' * 40), option(8, b'\0\1\0\0'),
                                     option(9), option(12, b'\0' * 60)).to_wire())
    assert data(reply) == ['192.0.2.1'] and not reply.options


@pytest.mark.parametrize('version', [1, 2, 255])
def test_unknown_version(server, version):
    wire = make('www.example.com', use_edns=0).to_wire()
    for options in b'', b'\0\x0a\0\1x', b'?':      # which need not be understood
        reply = udp(server, wire[:-5] + bytes([version, 0, 0]) + struct.pack('!H', len(options)) +
                    options)
        assert rcode(reply) == 'BADVERS' and reply.edns == 0 and not reply.answer
        assert str(reply.question[0].name) == 'www.example.com.'


def test_nsid(server):
    reply = udp(server, with_options(option(NSID)).to_wire())
    assert sent(reply, NSID) == [b'ns-one'] and data(reply) == ['192.0.2.1']
    reply = udp(server, with_options(option(NSID), name='www.example.org').to_wire())
    assert sent(reply, NSID) == [b'ns-one'] and ede(reply) == [20]


def test_bad_options(server):
    for bad in b'\0\3\0\1', b'\0\3\0', b'\0', b'\0\3\0\0\0\x0a\0\2\0':
        wire = bytearray(make('www.example.com', use_edns=0).to_wire())
        wire[-2:] = struct.pack('!H', len(bad))
        reply = udp(server, bytes(wire) + bad)
        assert rcode(reply) == 'FORMERR' and reply.question and reply.edns == 0


def test_opt_twice_or_misplaced(server):
    wire = make('www.example.com', use_edns=0).to_wire()
    opt = wire[-11:]
    for counts, tail in (((0, 0, 2), opt), ((1, 0, 0), b''), ((0, 1, 0), b'')):
        octets = wire[:6] + struct.pack('!3H', *counts) + wire[12:] + tail
        reply = udp(server, octets)
        assert rcode(reply) == 'FORMERR' and reply.question


# Cookies: RFC 7873, RFC 9018

def test_cookie(server):
    reply, cookie = cookie_of(server, b'clientxx')
    assert data(reply) == ['192.0.2.1']
    assert cookie[8:12] == b'\1\0\0\0'
    assert abs(struct.unpack('!I', cookie[12:16])[0] - time.time()) < 60
    reply, again = cookie_of(server, cookie)
    assert again == cookie and rcode(reply) == 'NOERROR'
    assert cookie_of(server, cookie, tcp=True)[1] == cookie
    assert cookie_of(server, b'clientyy')[1][16:] != cookie[16:]


def test_bad_cookie_is_no_reason_to_refuse(server):
    _, cookie = cookie_of(server, b'clientxx')
    for bad in cookie[:-1] + bytes([cookie[-1] ^ 1]), cookie[:16], cookie + b'x', b'x' * 40:
        reply, new = cookie_of(server, bad)
        assert rcode(reply) == 'NOERROR' and data(reply) == ['192.0.2.1'] and new != bad


@pytest.mark.parametrize('length', [0, 1, 7, 9, 15, 41, 100])
def test_impossible_cookie(server, length):
    reply = udp(server, with_options(option(COOKIE, b'c' * length)).to_wire())
    assert rcode(reply) == 'FORMERR' and reply.question and not sent(reply, COOKIE)


def test_first_of_several_cookies_counts(server):
    reply = udp(server, with_options(option(COOKIE, b'first---'),
                                     option(COOKIE, b'second--')).to_wire())
    assert [c[:8] for c in sent(reply, COOKIE)] == [b'first---']


def test_cookies_with_errors(server):
    for name, code in ('www.example.org', 'REFUSED'), ('none.example.com', 'NXDOMAIN'):
        reply = udp(server, with_options(option(COOKIE, b'clientxx'), name=name).to_wire())
        assert rcode(reply) == code and len(sent(reply, COOKIE)[0]) == 24


def test_cookie_without_question(server):
    reply = udp(server, without_question(option(COOKIE, b'clientxx')))
    assert rcode(reply) == 'NOERROR' and not reply.question and not reply.answer
    cookie, = sent(reply, COOKIE)
    reply = udp(server, without_question(option(COOKIE, cookie)))
    assert rcode(reply) == 'NOERROR' and sent(reply, COOKIE) == [cookie]
    bad = cookie[:-1] + bytes([cookie[-1] ^ 1])
    reply = udp(server, without_question(option(COOKIE, bad)))
    assert rcode(reply) == 'BADCOOKIE' and len(sent(reply, COOKIE)[0]) == 24
    for wire in without_question(), without_question(None), without_question(option(NSID)):
        assert rcode(udp(server, wire)) == 'FORMERR'


def test_two_secrets(database, start_server):
    server = start_server({**database.conf(), 'cookie-secret': OTHER})
    _, old = cookie_of(server, b'clientxx')
    idle = 20

    def keepalive():
        with Stream(server) as stream:
            stream.send(stream.frame(with_options(option(KEEPALIVE))))
            return sent(stream.receive(), KEEPALIVE)

    def reload(secrets):
        """Over when the other option shows that was changed along with it."""
        nonlocal idle
        idle += 1
        server.configure(cookie_secret=secrets, tcp_idle=idle)
        server.signal(signal.SIGHUP)
        wait_until(lambda: keepalive() == [struct.pack('!H', idle * 10)])

    reload(f'{SECRET},{OTHER}')
    new = wait_until(lambda: next(c for c in [cookie_of(server, old)[1]] if c != old))
    assert rcode(udp(server, without_question(option(COOKIE, old)))) == 'NOERROR'
    reload(SECRET)
    wait_until(lambda: rcode(udp(server, without_question(option(COOKIE, old)))) == 'BADCOOKIE')
    assert cookie_of(server, new)[1] == new
    assert rcode(udp(server, without_question(option(COOKIE, new)))) == 'NOERROR'
    reload(None)    # random ones, the same until the end of the process
    wait_until(lambda: rcode(udp(server, without_question(option(COOKIE, new)))) == 'BADCOOKIE')
    _, own = cookie_of(server, b'clientxx')
    reload(None)
    assert cookie_of(server, own)[1] == own


def test_servers_share_cookies(server, database, start_server):
    other = start_server({**database.conf(), 'cookie-secret': SECRET})
    _, cookie = cookie_of(server, b'clientxx')
    assert cookie_of(other, cookie)[1] == cookie
    stranger = start_server(database.conf())
    assert cookie_of(stranger, cookie)[1] != cookie


def dig(server, *arguments, program='dig'):
    result = subprocess.run([program, '@127.0.0.1', '-p', str(server.port), *arguments],
                            capture_output=True, text=True, timeout=30, check=False,
                            env={**os.environ, 'HOME': '/nonexistent'})
    return result.stdout


def test_cookie_with_dig(server):
    text = dig(server, '+cookie', '+nsid', 'www.example.com', 'A')
    assert 'status: NOERROR' in text and '192.0.2.1' in text and 'ns-one' in text
    cookie, = re.findall(r'COOKIE: (\w{48}) \(good\)', text)
    assert f'COOKIE: {cookie} (good)' in dig(server, '+cookie=' + cookie, 'www.example.com')
    text = dig(server, '+header-only', '+cookie', 'www.example.com')
    assert 'status: NOERROR' in text and 'QUERY: 0' in text and '(good)' in text


def test_cookie_with_kdig(server):
    text = dig(server, '+cookie', 'www.example.com', program='kdig')
    cookie, = re.findall(r'COOKIE: (\w{48})', text)
    assert f'COOKIE: {cookie}' in dig(server, '+cookie=' + cookie, 'www.example.com',
                                      program='kdig')


# TCP keepalive: RFC 7828

def test_keepalive(server):
    with Stream(server) as stream:
        stream.send(stream.frame(with_options(option(KEEPALIVE))))
        assert sent(stream.receive(), KEEPALIVE) == [struct.pack('!H', 200)]
        stream.send(stream.frame(with_options()))
        assert not sent(stream.receive(), KEEPALIVE)
        stream.send(stream.frame(with_options(option(KEEPALIVE, b'\0\1'))))
        reply = stream.receive()
        assert not sent(reply, KEEPALIVE) and data(reply) == ['192.0.2.1']
        stream.send(stream.frame(with_options(option(KEEPALIVE), option(COOKIE, b'clientxx'),
                                              option(NSID), name='www.example.org')))
        reply = stream.receive()
        assert sent(reply, KEEPALIVE) and sent(reply, NSID) and sent(reply, COOKIE)
    assert not sent(udp(server, with_options(option(KEEPALIVE)).to_wire()), KEEPALIVE)


# TSIG: no key is known (RFC 8945, 5.2.1)

def signed(**keywords):
    query = make('www.example.com', **keywords)
    query.use_tsig(dns.tsigkeyring.from_text({'some-key.example.': 'MTIzNDU2Nzg5MDEyMzQ1Ng=='}))
    return query


@pytest.mark.parametrize('edns', [-1, 0])
@pytest.mark.parametrize('tcp', [False, True])
def test_unknown_key(server, edns, tcp):
    query = signed(use_edns=edns)
    wire = query.to_wire()
    if tcp:
        with Stream(server) as stream:
            stream.send(struct.pack('!H', len(wire)) + wire)
            length, = struct.unpack('!H', stream._read(2))
            octets = stream._read(length)
    else:
        octets = exchange(server, wire)
    reply = dns.message.from_wire(octets[:10] + bytes([0, 1 if edns == 0 else 0]) + octets[12:],
                                  ignore_trailing=True)
    assert rcode(reply) == 'NOTAUTH' and str(reply.question[0].name) == 'www.example.com.'
    assert octets[11] == (2 if edns == 0 else 1) and not reply.answer
    key = dns.name.from_text('some-key.example.').to_wire()
    algorithm = dns.name.from_text('hmac-sha256.').to_wire()
    tsig = octets[octets.rindex(key):]
    head = key + struct.pack('!HHIH', 250, 255, 0, len(algorithm) + 16) + algorithm
    assert tsig[:len(head)] == head
    _, fudge, mac, ident, error, other = struct.unpack('!6sHHHHH', tsig[len(head):])
    assert (fudge, mac, ident, error, other) == (300, 0, query.id, 17, 0)


def test_tsig_in_a_wrong_place(server):
    plain, wire = make('www.example.com').to_wire(), signed().to_wire()
    tsig = wire[len(plain):]
    opt = make('www.example.com', use_edns=0).to_wire()[len(plain):]
    for counts, tail in (((0, 0, 2), tsig + tsig), ((0, 0, 2), tsig + opt), ((1, 0, 0), tsig),
                         ((0, 1, 0), tsig), ((0, 0, 1), tsig[:-1])):
        reply = udp(server, wire[:6] + struct.pack('!3H', *counts) + plain[12:] + tail)
        assert rcode(reply) == 'FORMERR' and reply.question
    assert 'NOTAUTH' in dig(server, '-y', 'hmac-sha256:some:MTIzNDU2Nzg5MDEyMzQ1Ng==',
                            'www.example.com')


# Class CHAOS

def chaos(server, name, kind='TXT', **keywords):
    return ask(server, name, kind, rdclass='CH', **keywords)


def test_chaos(server, database, start_server):
    host = socket.gethostname()
    for name, text in (('version.bind', None), ('version.server', None), ('Version.MyDNS', None),
                       ('hostname.bind', host), ('id.server', 'ns-one')):
        for kind in 'TXT', 'ANY':
            reply = chaos(server, name, kind)
            record, = data(reply)
            assert rcode(reply) == 'NOERROR' and not has(reply, 'AA')
            assert reply.answer[0].rdclass == 3 and reply.answer[0].ttl == 300
            assert re.fullmatch(r'"\d+\.\d+\.\d+"' if text is None else f'"{text}"', record)
    for name, kind in ('version.bind', 'A'), ('authors.bind', 'TXT'), ('www.example.com', 'A'):
        reply = chaos(server, name, kind)
        assert rcode(reply) == 'REFUSED' and reply.question and not reply.answer
    quiet = start_server(database.conf())
    assert rcode(chaos(quiet, 'version.bind')) == 'REFUSED'


def test_classes(server):
    reply = ask(server, 'www.example.com', rdclass='ANY')
    assert data(reply) == ['192.0.2.1'] and reply.answer[0].rdclass == 1
    for number in 2, 4, 254, 65280:
        reply = ask(server, 'www.example.com', rdclass=number)
        assert rcode(reply) == 'REFUSED' and reply.question


# Opcodes, flags, types: RFC 8906, RFC 9619

@pytest.mark.parametrize('opcode', [1, 2, 3, 4, 5, 6, 15])
def test_opcodes(server, opcode):
    query = make('example.com', 'SOA')
    query.flags |= opcode << 11
    octets = exchange(server, query.to_wire())
    assert octets[2] >> 3 == 0x10 | opcode and octets[3] & 15 == 4
    assert octets[:2] == struct.pack('!H', query.id) and len(octets) == len(query.to_wire())


@pytest.mark.parametrize('flag', [0x0400, 0x0200, 0x0100, 0x0080, 0x0040, 0x0020, 0x0010, 0x000f])
def test_flags_are_ignored(server, flag):
    query = make('www.example.com')
    octets = bytearray(query.to_wire())
    octets[2:4] = struct.pack('!H', flag)
    reply = exchange(server, bytes(octets))
    assert struct.unpack('!H', reply[2:4])[0] == 0x8400 | (flag & 0x0100)
    assert data(dns.message.from_wire(reply)) == ['192.0.2.1']


@pytest.mark.parametrize('kind, code', [
    (0, 'FORMERR'), (41, 'FORMERR'), (249, 'FORMERR'), (250, 'FORMERR'), (251, 'REFUSED'),
    (252, 'REFUSED'), (253, 'NOTIMP'), (254, 'NOTIMP'), (128, 'NOERROR'), (65535, 'NOERROR')])
def test_types(server, kind, code):
    question = dns.name.from_text('www.example.com').to_wire() + struct.pack('!HH', kind, 1)
    header = struct.pack('!6H', 77, 0, 1, 0, 0, 0)
    for octets in (exchange(server, header + question), over_tcp(server, header + question)):
        assert dns.rcode.to_text(octets[3] & 15) == code
        assert octets[12:12 + len(question)] == question and octets[4:6] == b'\0\1'


def over_tcp(server, octets):
    with Stream(server) as stream:
        stream.send(struct.pack('!H', len(octets)) + octets)
        length, = struct.unpack('!H', stream._read(2))
        return stream._read(length)


def test_several_questions(server):
    wire = make('www.example.com').to_wire()
    for count in 2, 3, 65535:
        octets = exchange(server, wire[:4] + struct.pack('!H', count) + wire[6:] + wire[12:])
        assert octets[3] & 15 == 1 and octets[4:12] == b'\0' * 8


def test_any_does_not_follow(server):
    expect(ask(server, 'alias.example.com', 'ANY'),
           answer=['alias.example.com. 3600 CNAME www.example.com.'])
    assert len(ask(server, 'www.example.com', 'ANY').answer) == 1


def test_no_extended_error_without_error(server):
    for name in 'www.example.com', 'none.example.com':
        assert not ede(ask(server, name, use_edns=0))
    assert ede(ask(server, 'www.example.org', use_edns=0)) == [20]
    assert not ask(server, 'www.example.org').opt


# Rate limit

def flood(server, count, name='www.example.com', patience=0.5, **keywords):
    """Ask COUNT times at once; the replies that came, the last one within PATIENCE of the next."""
    wire = make(name, **keywords).to_wire()
    replies = []
    with socket.socket(type=socket.SOCK_DGRAM) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        sock.connect(server.address)
        sock.settimeout(patience)
        for i in range(count):
            sock.send(struct.pack('!H', i) + wire[2:])
        try:
            while len(replies) < count:
                replies.append(sock.recv(4096))
        except socket.timeout:
            pass
    return [dns.message.from_wire(r) for r in replies]


def is_limited(server, count, **keywords):
    """Of COUNT questions at once, are as many answered in full as 5 a second allow?"""
    begun = time.monotonic()
    whole = [r for r in flood(server, count, **keywords) if not has(r, 'TC')]
    return 5 <= len(whole) <= 12 + 5 * (time.monotonic() - begun)


def test_rate_limit(database, start_server):
    limited = {**database.conf(), 'rrl-rate': '5', 'rrl-error-rate': '2', 'cookie-secret': SECRET}
    server = start_server(limited)
    begun = time.monotonic()
    replies = flood(server, 200)
    most = 12 + 5 * (time.monotonic() - begun)
    whole = [r for r in replies if not has(r, 'TC')]
    cut = [r for r in replies if has(r, 'TC')]
    assert 5 <= len(whole) <= most and all(data(r) == ['192.0.2.1'] for r in whole)
    assert 50 < len(cut) < 150 and not any(r.answer for r in cut)   # one in two
    assert len(flood(server, 1, 'alias.example.com', patience=5)) == 1      # another name
    assert is_limited(server, 100, name='none.example.com')
    assert data(ask(server, 'www.example.com', tcp=True)) == ['192.0.2.1']
    with_cookie = {'use_edns': 0, 'options': [option(COOKIE, cookie_of(server, b'clientxx')[1])]}
    replies = flood(server, 100, patience=5, **with_cookie)
    assert len(replies) == 100 and not any(has(r, 'TC') for r in replies)
    at = len(server.log())
    server.signal(signal.SIGUSR2)
    server.wait_log(r'rate limit: [1-9]\d* replies not sent, [1-9]\d* sent truncated', after=at)

    server.configure(rrl_exempt='10.0.0.0/8, 127.0.0.0/8')
    server.signal(signal.SIGHUP)
    wait_until(lambda: len([r for r in flood(server, 60, patience=2)
                            if not has(r, 'TC')]) == 60)
    server.configure(rrl_exempt=None, rrl_slip='0')
    server.signal(signal.SIGHUP)
    wait_until(lambda: is_limited(server, 60))
    server.configure(rrl_rate='off')
    server.signal(signal.SIGHUP)
    wait_until(lambda: len(flood(server, 60, patience=2)) == 60)

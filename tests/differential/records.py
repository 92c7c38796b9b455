"""
Single records, each as a row has it (type, data, aux) and as a zone file has it. What the octets of
a rarer type are is dnspython's word, or written down here; the file then has them as RFC 3597 does,
so that no parser of presentation forms is believed by another.
"""
import base64
import collections

import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdatatype

from zones import mixed_case, spell, to_text, to_wire

Record = collections.namedtuple('Record', 'kind data aux file_kind file_text number')


def plain(kind, data, text=None, aux=0):
    data = data.encode() if isinstance(data, str) else data
    text = data.decode() if text is None else text
    return Record(kind, data, aux, kind, text, dns.rdatatype.from_text(kind))


def generic(kind, data, octets, number=None, aux=0):
    """A row of type KIND with DATA, whose octets are OCTETS."""
    number = number or dns.rdatatype.from_text(kind)
    data = data.encode() if isinstance(data, str) else data
    return Record(kind, data, aux, f'TYPE{number}', f'\\# {len(octets)} {octets.hex()}', number)


def address(rng):
    return plain('A', f'192.0.2.{rng.randrange(256)}')


def address6(rng):
    tail = rng.randrange(65536)
    return rng.choice([plain('AAAA', f'2001:db8::{tail:x}'),
                       plain('AAAA', f'2001:DB8:0:0:0:0:0:{tail:x}'),
                       plain('AAAA', f'::ffff:192.0.2.{tail % 256}')])


def _name(kind, target, origin, rng, absolute=False):
    return plain(kind, spell(rng, target, origin, absolute=absolute, safe=False), to_text(target))


def cname(rng, target, origin):
    return _name('CNAME', target, origin, rng)


def nameserver(rng, target, origin):
    return _name('NS', target, origin, rng)


def pointer(rng, target, origin):
    return _name('PTR', target, origin, rng, absolute=True)


def dname(rng, target, origin):
    return plain('DNAME', spell(rng, target, origin), to_text(target))


def mail(rng, target, origin, preference=None):
    aux = rng.choice([0, 10, 65535, 65536 + 5]) if preference is None else preference
    return plain('MX', spell(rng, target, origin, safe=False),
                  f'{aux & 65535} {to_text(target)}', aux)


def service(rng, target, origin):
    aux, weight, port = rng.choice([0, 10, 65535, 70000]), rng.randrange(65536), 443
    return plain('SRV', f'{weight} {port} '.encode() + spell(rng, target, origin),
                  f'{min(aux, 65535)} {weight} {port} {to_text(target)}', aux)


def svcb(rng, target, origin, kind='HTTPS'):
    text = f'{rng.randrange(3)} '
    return plain(kind, text.encode() + spell(rng, target, origin), text + to_text(target))


def strings_to_wire(strings):
    return b''.join(bytes([len(s)]) + s for s in strings)


def text_of(rng, octets):
    """A TXT of OCTETS: as they are in the row (then cut into 255), or in one string of quotes."""
    pieces = [octets[i:i + 255] for i in range(0, len(octets), 255)]
    data = octets
    if octets.startswith(b'"') or rng.random() < 0.3:
        data = quoted(octets, rng)
    return generic('TXT', data, strings_to_wire(pieces))


def quoted(octets, rng=None):
    out = b'"'
    for c in octets:
        if c in b'"\\' and (rng is None or rng.random() < 0.7):
            out += b'\\' + bytes([c])
        elif c in b'"\\' or c < 0x20 or c > 0x7e:
            out += b'\\%03d' % c
        else:
            out += bytes([c])
    return out + b'"'


def strings(kind, some):
    """Several character-strings, quoted in the row."""
    return generic(kind, b' '.join(quoted(s) for s in some), strings_to_wire(some))


def txt(rng):
    choice = rng.random()
    if choice < 0.2:
        return strings('TXT', [bytes(rng.randrange(256) for _ in range(rng.randrange(20)))
                               for _ in range(rng.randrange(1, 8))])
    words = rng.choice([b'v=spf1 -all', b'a  b', b'he said "hi" \\ back; semi', b'x' * 256,
                        b'v=DKIM1; k=rsa; p=' + b'Ab9+/' * 80, b'\\# 1 00', b'"half', b'@', b'(',
                        bytes(range(1, 256)), b'y' * 255, b'\xc3\xa9', b'word', b' blank ends '])
    return text_of(rng, words)


def naptr(rng, origin):
    target = to_text((b'next',) + origin)
    octets = strings_to_wire([b's', b'SIP+D2U', b'!^.*$!sip:\\1@"x!'])
    head = (100).to_bytes(2, 'big') + (50).to_bytes(2, 'big')
    tail = ' s "SIP+D2U" "!^.*$!sip:\\\\1@\\"x!" ' + target
    data, aux = rng.choice([('100 50' + tail, 0), ('50' + tail, 100)])
    return generic('NAPTR', data, head + octets + to_wire((b'next',) + origin), aux=aux)


def hinfo(rng):
    data, some = rng.choice([('"Pentium Pro" Linux', [b'Pentium Pro', b'Linux']),
                             ('PC', [b'PC', b'']), ("'a b' c d", [b'a b', b'c d'])])
    return generic('HINFO', data, strings_to_wire(some))


def responsible(rng, target, origin):
    more = (b'txt',) + origin
    return plain('RP', spell(rng, target, origin) + b' ' + spell(rng, more, origin),
                  f'{to_text(target)} {to_text(more)}')


def signer(rng):
    digest = ''.join(rng.choice('0123456789ABCDEF') for _ in range(64))
    return plain('DS', f'{rng.randrange(65536)} 13 2 {digest}')


# Every type ldns 1.8 knows that a zone may hold and that is no signature: what a row has, and the
# octets where dnspython does not know the type. Names are @-free, {o} is the origin.
NUMBERS = {'EID': 31, 'NIMLOC': 32, 'ATMA': 34, 'SINK': 40, 'RKEY': 57, 'TALINK': 58, 'DSYNC': 66,
           'DOA': 259, 'RESINFO': 261, 'WALLET': 262, 'KEY': 25}
KEY = 'AwEAAcw5QLr0IjC0wKbGoBPQv4qmeqHy9mvL5qGQTuaG5TSrNqEAR6b/'
RARE = [
    ('MD', 'md.{o}', b'\2md{w}'), ('MF', 'mf.{o}', b'\2mf{w}'), ('MB', 'mb.{o}', b'\2mb{w}'),
    ('MG', 'mg.{o}', b'\2mg{w}'),
    ('MR', 'mr.{o}', b'\2mr{w}'), ('NULL', '\\# 3 00ff41', b'\0\xffA'),
    ('WKS', '192.0.2.1 6 25 80', None), ('MINFO', 'a.{o} b.{o}', b'\1a{w}\1b{w}'),
    ('AFSDB', '1 afs.{o}', None), ('X25', '311061700956', None),
    ('ISDN', '150862028003217 004', None),
    ('RT', '2 relay.{o}', None),
    ('NSAP', '0x47.0005.80.005a00.0000.0001.e133.ffffff000161.00', None),
    ('NSAP-PTR', 'host.{o}', None), ('PX', '10 map822.{o} mapx400.{o}', None),
    ('GPOS', '-32.6882 116.8652 10.0', None),
    ('LOC', '51 30 12.748 N 0 7 39.612 W 0m 1m 10m 10m', None),
    ('EID', '\\# 4 e32c6f78', bytes.fromhex('e32c6f78')),
    ('NIMLOC', '\\# 4 32251a03', bytes.fromhex('32251a03')),
    ('ATMA', '\\# 4 00313233', bytes.fromhex('00313233')), ('KX', '10 kx.{o}', None),
    ('CERT', 'PKIX 65534 RSASHA256 ' + KEY, None),
    ('A6', '\\# 17 0020010db8000000000000000000000001', bytes.fromhex(
        '0020010db8000000000000000000000001')),
    ('SINK', '\\# 3 010203', b'\1\2\3'),
    ('APL', '1:192.168.32.0/21 !1:192.168.38.0/28 2:2001:db8::/32', None),
    ('SSHFP', '4 2 ' + '0a' * 32, None), ('IPSECKEY', '10 3 2 gw.{o} ' + KEY, None),
    ('IPSECKEY', '10 1 2 192.0.2.38 ' + KEY, None),
    ('KEY', '256 3 8 ' + KEY, b'\1\0\3\x08' + base64.b64decode(KEY)),
    ('DNSKEY', '257 3 8 ' + KEY, None), ('CDNSKEY', '257 3 8 ' + KEY, None),
    ('DHCID', 'AAIBY2/AuCccgoJbsaxcQc9TUapptP69lOjxfNuVAA2kjEA=', None),
    ('TLSA', '3 1 1 ' + 'Ab' * 32, None), ('SMIMEA', '3 0 0 ' + '30' * 40, None),
    ('HIP', '2 200100107B1A74DF365639CC39F1D578 ' + KEY + ' rvs.{o}', None),
    ('NINFO', '"a b" c', b'\3a b\1c'),
    ('RKEY', '\\# 6 000003080102', bytes.fromhex('000003080102')),
    ('TALINK', 'previous.{o} next.{o}', b'\x08previous{w}\x04next{w}'),
    ('CDS', '12345 13 2 ' + 'CD' * 32, None), ('OPENPGPKEY', KEY, None),
    ('CSYNC', '66 3 A NS AAAA', None),
    ('ZONEMD', '2018031500 1 1 ' + 'fe' * 48, None),
    ('SVCB', '1 svc.{o} alpn=h2,h3 port=8443 ipv4hint=192.0.2.1', None),
    ('HTTPS', '1 . alpn=h3 ech=AQIDBA== ipv6hint=2001:db8::1', None), ('HTTPS', '0 pool.{o}', None),
    ('SPF', '"v=spf1 -all"', None),
    ('NID', '10 0014:4fff:ff20:ee64', b'\0\x0a\0\x14\x4f\xff\xff\x20\xee\x64'),
    ('L32', '10 10.1.2.0', b'\0\x0a\x0a\1\2\0'),
    ('L64', '10 2001:0DB8:1140:1000', bytes.fromhex('000a20010db811401000')),
    ('LP', '10 l64.{o}', b'\0\x0a\x03l64{w}'), ('EUI48', '00-00-5e-00-53-2a', None),
    ('EUI64', '00-00-5e-ef-10-00-00-2a', None),
    ('URI', '10 1 "ftp://ftp1.example.com/public"', None),
    ('CAA', '0 issue "letsencrypt.org; a=b"', None),
    ('CAA', '128 iodef "mailto:a@example.com"', None),
    ('AVC', '"app-name:WOLFGANG|app-class:OAM"', None),
    ('AMTRELAY', '10 1 2 2001:db8::15', None), ('AMTRELAY', '10 0 3 relay.{o}', None),
    ('TA', '\\# 36 30390d02' + 'ef' * 32, bytes.fromhex('30390d02' + 'ef' * 32)),
    ('DLV', '12345 13 2 ' + 'EF' * 32, bytes.fromhex('30390d02' + 'ef' * 32)),
    ('DOA', '\\# 12 000000000000000001000041', bytes.fromhex('000000000000000001000041')),
    # What ldns 1.8 rejects
    ('CAA', '0 issue letsencrypt.org', b'\0\5issueletsencrypt.org'),
    ('CAA', '0 issuewild ;', b'\0\x09issuewild;'),
    ('RESINFO', 'qnamemin exterr=15,16 "infourl=https://example.com/x"',
     b'\x08qnamemin\x0cexterr=15,16\x1dinfourl=https://example.com/x'),
    ('WALLET', 'BTC 1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa',
     b'\3BTC\x221A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa'),
    ('DSYNC', 'CDS NOTIFY 5359 notify.{o}', b'\0\x3b\1\x14\xef\x06notify{w}'),
    # By number, known or not
    ('TYPE65400', '\\# 4 0a000001', b'\x0a\0\0\1'), ('TYPE1234', '\\# 1 ff', b'\xff'),
    ('TYPE1', '\\# 4 c0000263', b'\xc0\0\2\x63'), ('TYPE28', '\\# 16 ' + '20010db8' * 4,
                                                   bytes.fromhex('20010db8' * 4)),
    ('TYPE15', '\\# 5 000a016d00', b'\0\x0a\1m\0'), ('TYPE16', '\\# 3 024142', b'\2AB'),
    ('TYPE2', '\\# 4 026e7300', b'\2ns\0'), ('TYPE33', '\\# 7 00010002000300', b'\0\1\0\2\0\3\0'),
    ('TYPE64', '\\# 3 000100', b'\0\1\0'), ('TYPE257', '\\# 8 000569737375653b', b'\0\5issue;'),
    ('TYPE44', '4 2 ' + '0b' * 32, None), ('TYPE39', '\\# 3 016400', b'\1d\0'),
]


def rare(entry, origin):
    """(record) for an entry of RARE in a zone of ORIGIN."""
    kind, data, octets = entry
    text = data.replace('{o}', to_text(origin))
    number = NUMBERS.get(kind) or dns.rdatatype.from_text(kind)
    if octets is None:
        octets = dns.rdata.from_text(dns.rdataclass.IN, number, text,
                                     dns.name.Name(origin + (b'',)), relativize=False).to_wire()
    return generic(kind, text, octets.replace(b'{w}', to_wire(origin)), number)


def scrambled(rng, record):
    """The same row with another case of its name: the same record, for names only."""
    return record._replace(data=mixed_case(rng, record.data))

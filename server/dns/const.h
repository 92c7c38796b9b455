/*
 * Numbers of the protocol, each with its source. Host byte order.
 */
#pragma once

enum {
    DNS_HEADER_LEN = 12,      /* RFC 1035, 4.1.1 */
    DNS_NAME_MAX = 255,       /* RFC 1035, 2.3.4: octets, the root's zero included */
    DNS_LABEL_MAX = 63,       /* RFC 1035, 2.3.4 */
    DNS_LABELS_MAX = 127,     /* follows from the two above; without the root */
    DNS_UDP_CLASSIC = 512,    /* RFC 1035, 2.3.4: without EDNS */
    DNS_MESSAGE_MAX = 65535,  /* RFC 1035, 4.2.2: two octets of length on TCP */
    DNS_POINTER_MAX = 0x3fff, /* RFC 1035, 4.1.4: highest offset a compression pointer reaches */
    DNS_TTL_MAX = 0x7fffffff, /* RFC 2181, 8 */
    DNS_STRING_MAX = 255,     /* RFC 1035, 3.3: one character-string */
};

enum dns_type {
    TYPE_A = 1,
    TYPE_NS = 2,
    TYPE_MD = 3,
    TYPE_MF = 4,
    TYPE_CNAME = 5,
    TYPE_SOA = 6,
    TYPE_MB = 7,
    TYPE_MG = 8,
    TYPE_MR = 9,
    TYPE_NULL = 10,
    TYPE_WKS = 11,
    TYPE_PTR = 12,
    TYPE_HINFO = 13,
    TYPE_MINFO = 14,
    TYPE_MX = 15,
    TYPE_TXT = 16,
    TYPE_RP = 17,
    TYPE_AFSDB = 18,
    TYPE_X25 = 19,
    TYPE_ISDN = 20,
    TYPE_RT = 21,
    TYPE_NSAP = 22,
    TYPE_SIG = 24,
    TYPE_KEY = 25,
    TYPE_PX = 26,
    TYPE_GPOS = 27,
    TYPE_AAAA = 28,
    TYPE_LOC = 29,
    TYPE_SRV = 33,
    TYPE_NAPTR = 35,
    TYPE_KX = 36,
    TYPE_CERT = 37,
    TYPE_DNAME = 39,
    TYPE_OPT = 41,
    TYPE_APL = 42,
    TYPE_DS = 43,
    TYPE_SSHFP = 44,
    TYPE_RRSIG = 46,
    TYPE_NSEC = 47,
    TYPE_DNSKEY = 48,
    TYPE_NSEC3 = 50,
    TYPE_NSEC3PARAM = 51,
    TYPE_TLSA = 52,
    TYPE_SMIMEA = 53,
    TYPE_CDS = 59,
    TYPE_CDNSKEY = 60,
    TYPE_OPENPGPKEY = 61,
    TYPE_SVCB = 64,
    TYPE_HTTPS = 65,
    TYPE_SPF = 99,
    TYPE_TKEY = 249,
    TYPE_TSIG = 250,
    TYPE_IXFR = 251,
    TYPE_AXFR = 252,
    TYPE_MAILB = 253,
    TYPE_MAILA = 254,
    TYPE_ANY = 255,
    TYPE_URI = 256,
    TYPE_CAA = 257,
    /* MyDNS's ALIAS, which never appears on the wire: a number of the private range (RFC 6895, 3.1). */
    TYPE_ALIAS = 65280,
};

enum dns_class { CLASS_IN = 1, CLASS_CH = 3, CLASS_NONE = 254, CLASS_ANY = 255 };

enum dns_opcode { OPCODE_QUERY = 0, OPCODE_NOTIFY = 4, OPCODE_UPDATE = 5 };

enum dns_rcode {
    RCODE_NOERROR = 0,
    RCODE_FORMERR = 1,
    RCODE_SERVFAIL = 2,
    RCODE_NXDOMAIN = 3,
    RCODE_NOTIMP = 4,
    RCODE_REFUSED = 5,
    RCODE_YXDOMAIN = 6,
    RCODE_NOTAUTH = 9,
    RCODE_BADVERS = 16,   /* RFC 6891, 9: extended, its upper bits travel in OPT */
    RCODE_BADCOOKIE = 23, /* RFC 7873, 8 */
};

/* Header bits as in the 16-bit word after the id (RFC 1035, 4.1.1). */
enum dns_flag {
    FLAG_QR = 0x8000,
    FLAG_AA = 0x0400,
    FLAG_TC = 0x0200,
    FLAG_RD = 0x0100,
    FLAG_RA = 0x0080,
    FLAG_AD = 0x0020,
    FLAG_CD = 0x0010,
};

/* Extended DNS errors (RFC 8914, 5.2). */
enum dns_ede {
    EDE_NONE = -1,
    EDE_OTHER = 0,
    EDE_NOT_READY = 14,
    EDE_NOT_AUTHORITATIVE = 20,
    EDE_INVALID_DATA = 24
};

/* Errors inside TSIG (RFC 8945, 3). */
enum tsig_error { TSIG_BADKEY = 17 };

enum edns_option { EDNS_NSID = 3, EDNS_COOKIE = 10, EDNS_TCP_KEEPALIVE = 11, EDNS_EDE = 15 };

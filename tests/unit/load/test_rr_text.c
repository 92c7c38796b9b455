/* Every record type from a row's text: good forms with the wire data they become, bad ones with the
 * reason they are left out for. */
#include "load/rr_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define WIRE(text) text, sizeof(text) - 1
#define ORIGIN     "\7example\3com"

struct good {
    const char *type, *data;
    uint32_t aux;
    const char *wire;
    size_t len;
};

struct bad {
    const char *type, *data, *reason;
};

static struct record_in record;

static struct db_value value_of(const char *text)
{
    return text == NULL ? (struct db_value){"", 0, true}
                        : (struct db_value){text, strlen(text), false};
}

static struct name example_com(void)
{
    struct name origin;
    assert_null(name_from_text(&origin, "example.com.", 12, NULL));
    return origin;
}

static bool decode(struct rr_row row, enum conf_txt format, struct row_fault *fault)
{
    struct name origin = example_com();
    memset(record.rdata, 0xee, 1024);
    return rr_text_decode(&row, &origin, format, &record, fault);
}

static struct rr_row row_of(const char *type, const char *data, uint32_t aux)
{
    return (struct rr_row){.id = 7,
                           .zone = 1,
                           .name = value_of("www"),
                           .type = value_of(type),
                           .data = value_of(data),
                           .edata = value_of(NULL),
                           .aux = aux,
                           .ttl = 300};
}

static void print_wire(const char *title, const uint8_t *octets, size_t len)
{
    print_error("%s:", title);
    for (size_t i = 0; i < len; i++) {
        print_error(octets[i] > 0x20 && octets[i] < 0x7f ? " %c" : " %02x", octets[i]);
    }
    print_error("\n");
}

static void expect_wire(const char *type, const char *data, const char *wire, size_t len)
{
    if (record.rdata_len != len || memcmp(record.rdata, wire, len) != 0) {
        print_wire("expected", (const uint8_t *)wire, len);
        print_wire("found", record.rdata, record.rdata_len);
        fail_msg("%s %s", type, data);
    }
}

static void check_good(const struct good *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct row_fault fault;
        struct rr_row row = row_of(cases[i].type, cases[i].data, cases[i].aux);
        if (!decode(row, CONF_TXT_AUTO, &fault)) {
            fail_msg("%s %s: %s %s", cases[i].type, cases[i].data, fault.column, fault.reason);
        }
        expect_wire(cases[i].type, cases[i].data, cases[i].wire, cases[i].len);
        assert_int_equal(record.id, 7);
        assert_int_equal(record.ttl, 300);
        assert_int_equal(record.aux, cases[i].aux);
    }
}

static void check_bad(const struct bad *cases, size_t count, const char *column)
{
    for (size_t i = 0; i < count; i++) {
        struct row_fault fault;
        if (decode(row_of(cases[i].type, cases[i].data, 0), CONF_TXT_AUTO, &fault)) {
            print_wire("found", record.rdata, record.rdata_len);
            fail_msg("%s %s: should be refused", cases[i].type, cases[i].data);
        }
        if (strcmp(fault.column, column) != 0 || strstr(fault.reason, cases[i].reason) == NULL) {
            fail_msg("%s %s: %s %s", cases[i].type, cases[i].data, fault.column, fault.reason);
        }
    }
}

static void mydns_types(void **state)
{
    static const struct good cases[] = {
        {"A", "192.0.2.1", 0, WIRE("\300\0\2\1")},
        {"a", " 192.0.2.1\t", 50000, WIRE("\300\0\2\1")},
        {" A ", "255.255.255.255", 0, WIRE("\377\377\377\377")},
        {"AAAA", "2001:db8::1", 0, WIRE("\x20\1\r\xb8\0\0\0\0\0\0\0\0\0\0\0\1")},
        {"AAAA", "::ffff:192.0.2.1", 0, WIRE("\0\0\0\0\0\0\0\0\0\0\377\377\300\0\2\1")},
        {"ALIAS", "web", 0, WIRE("\3web" ORIGIN "\0")},
        {"CNAME", "Web.Example.NET.", 0, WIRE("\3Web\7Example\3NET\0")},
        {"CNAME", "a\\.b", 0, WIRE("\3a.b" ORIGIN "\0")},
        {"CNAME", "@", 0, WIRE("\1@" ORIGIN "\0")},
        {"CNAME", " web ", 0, WIRE("\3web" ORIGIN "\0")},
        {"NS", "ns1", 0, WIRE("\3ns1" ORIGIN "\0")},
        {"NS", ".", 0, WIRE("\0")},
        {"NS", "n\xc3\xa9", 0, WIRE("\3n\xc3\xa9" ORIGIN "\0")},
        {"MX", "mail", 10, WIRE("\0\12\4mail" ORIGIN "\0")},
        {"MX", ".", 0, WIRE("\0\0\0")},
        {"MX", "mail", 65546, WIRE("\0\12\4mail" ORIGIN "\0")},
        {"PTR", "host.example.com.", 0, WIRE("\4host" ORIGIN "\0")},
        {"RP", "root.example.net. text", 0, WIRE("\4root\7example\3net\0\4text" ORIGIN "\0")},
        {"RP", "root", 0, WIRE("\4root" ORIGIN "\0\0")},
        {"RP", "root .", 0, WIRE("\4root" ORIGIN "\0\0")},
        {"HINFO", "PC Linux", 0, WIRE("\2PC\5Linux")},
        {"HINFO", "PC", 0, WIRE("\2PC\0")},
        {"HINFO", "\"Intel x86\" 'Red Hat'", 0, WIRE("\11Intel x86\7Red Hat")},
        {"HINFO", "a\\ b  c\\\"d e", 0, WIRE("\3a b\5c\"d e")},
        {"HINFO", "\"\" \"\"", 0, WIRE("\0\0")},
        {"SRV", "5 443 host", 1, WIRE("\0\1\0\5\1\273\4host" ORIGIN "\0")},
        {"SRV", "0 0 .", 70000, WIRE("\377\377\0\0\0\0\0")},
        {"SRV", " 65535\t65535  h. ", 0, WIRE("\0\0\377\377\377\377\1h\0")},
        {"NAPTR", "100 50 \"s\" \"SIP+D2U\" \"\" _sip._udp.example.com.", 9,
         WIRE("\0\x64\0\x32\1s\7SIP+D2U\0\4_sip\4_udp" ORIGIN "\0")},
        {"NAPTR", "50 \"u\" \"E2U+sip\" \"!^.*$!sip:\\\\1@x!\" .", 100,
         WIRE("\0\x64\0\x32\1u\7E2U+sip\17!^.*$!sip:\\1@x!\0")},
        {"NAPTR", "1 2 u E2U+sip \"!^(.*)$!sip:\\1\\\"!\" .", 0,
         WIRE("\0\1\0\2\1u\7E2U+sip\20!^(.*)$!sip:\\1\"!\0")},
        {"TYPE1", "192.0.2.1", 0, WIRE("\300\0\2\1")},
        {"TYPE1", "\\# 4 c0000201", 0, WIRE("\300\0\2\1")},
        {"A", "\\# 4 C0 00 02 01", 0, WIRE("\300\0\2\1")},
    };
    (void)state;
    check_good(cases, sizeof cases / sizeof cases[0]);
}

static void mydns_types_refused(void **state)
{
    static const struct bad cases[] = {
        {"A", "192.0.2", "IPv4"},
        {"A", "192.0.2.256", "IPv4"},
        {"A", "192.0.2.1.1", "IPv4"},
        {"A", "192.0.2.1 x", "IPv4"},
        {"A", "0x7f.1", "IPv4"},
        {"A", "192.0.2.01", "IPv4"},
        {"A", " ", "IPv4"},
        {"A", "", "is empty"},
        {"A", NULL, "is NULL"},
        {"A", "2001:db8::1", "IPv4"},
        {"A", "1111111111111111111111111111111111111111111111111111111111111", "IPv4"},
        {"AAAA", "192.0.2.1", "IPv6"},
        {"AAAA", "2001:db8::1::2", "IPv6"},
        {"AAAA", "2001:db8::1%eth0", "IPv6"},
        {"AAAA", "2001:db8::g", "IPv6"},
        {"CNAME", "", "is empty"},
        {"CNAME", " ", "is empty"},
        {"CNAME", "a..b", "empty label"},
        {"CNAME", ".a", "empty label"},
        {"CNAME", "a b", "blank"},
        {"CNAME", "a\\", "backslash"},
        {"CNAME", "a\\256.", "\\DDD"},
        {"CNAME", "a123456789a123456789a123456789a123456789a123456789a123456789a123", "63"},
        {"NS", "10.0.0.1..", "empty label"},
        {"MX", "10 mail", "blank"},
        {"PTR", "host.example.com", "final dot"},
        {"PTR", "host", "final dot"},
        {"RP", "a b c", "two fields"},
        {"RP", " ", "mailbox"},
        {"RP", "a..b c", "empty label"},
        {"HINFO", "\"PC Linux", "unfinished"},
        {"SRV", "5 443", "weight port target"},
        {"SRV", "10 5 443 host", "weight port target"},
        {"SRV", "443", "weight port target"},
        {"SRV", "5 65536 host", "65535"},
        {"SRV", "-1 443 host", "65535"},
        {"SRV", "5 https host", "65535"},
        {"SRV", "5 443 a..b", "empty label"},
        {"NAPTR", "100 50 \"s\" \"SIP+D2U\" \"\" _sip._udp.example.com", "final dot"},
        {"NAPTR", "100 50 \"s\" \"SIP\"", "form"},
        {"NAPTR", "1 2 3 4 5 6 7.", "form"},
        {"NAPTR", "65536 50 s S \"\" .", "65535"},
        {"NAPTR", "x s S \"\" .", "65535"},
        {"NAPTR", "1 50 s \"S \"\" .", "unfinished"},
        {"NAPTR", "1 50 u S !^.*$!sip:a@b .", "regexp"},
        {"NAPTR", "\\# 16 0001 0032 00 00 07 00 61 00 62 00 69 69 00 00", "regexp"},
        {"NAPTR", "1 50 u S !^.*$!sip:a@b!g .", "regexp"},
        {"NAPTR", "1 50 u S 1a1b1 .", "regexp"},
        {"NAPTR", "1 50 u S !a!b\\! .", "regexp"},
        {"A", "\\# 5 c000020100", "length"},
        {"A", "\\# 4 c00002", "another number"},
        {"A", "\\# 4 c000020", "another number"},
        {"A", "\\# 4 c000020z", "hexadecimal"},
        {"A", "\\# x", "no length"},
        {"CNAME", "\\# 2 0161", "broken name"},
        {"CNAME", "\\# 3 c00c00", "broken name"},
        {"CNAME", "\\# 4 01610000", "length"},
        {"MX", "\\# 2 0001", "broken name"},
    };
    (void)state;
    check_bad(cases, sizeof cases / sizeof cases[0], "data");
}

static void other_types(void **state)
{
    static const struct good cases[] = {
        {"DNAME", "other.example.net.", 0, WIRE("\5other\7example\3net\0")},
        {"DNAME", "Other", 0, WIRE("\5Other" ORIGIN "\0")},
        {"DNAME", "@", 0, WIRE(ORIGIN "\0")},
        {"KX", "10 kx", 0, WIRE("\0\12\2kx" ORIGIN "\0")},
        {"AFSDB", "1 db", 0, WIRE("\0\1\2db" ORIGIN "\0")},
        {"RT", "1 r", 0, WIRE("\0\1\1r" ORIGIN "\0")},
        {"LP", "1 l", 0, WIRE("\0\1\1l" ORIGIN "\0")},
        {"PX", "1 a b.", 0, WIRE("\0\1\1a" ORIGIN "\0\1b\0")},
        {"MINFO", "a b.", 0, WIRE("\1a" ORIGIN "\0\1b\0")},
        {"TALINK", "a b.", 0, WIRE("\1a" ORIGIN "\0\1b\0")},
        {"CAA", "0 issue \"letsencrypt.org\"", 0, WIRE("\0\5issueletsencrypt.org")},
        {"CAA", "128 issuewild ca.net; a=b", 0, WIRE("\200\11issuewildca.net; a=b")},
        {"CAA", "0 issue \";\"", 0, WIRE("\0\5issue;")},
        {"CAA", "0 issue ;", 0, WIRE("\0\5issue;")},
        {"CAA", "0 iodef \"mailto:a\\\"b\"", 0, WIRE("\0\5iodefmailto:a\"b")},
        {"CAA", "0 issue \"\"", 0, WIRE("\0\5issue")},
        {"DS", "60485 5 1 2BB183AF5F22588179A53B0A98631FAD1A292118", 0,
         WIRE("\354\105\5\1\x2b\xb1\x83\xaf\x5f\x22\x58\x81\x79\xa5\x3b\x0a\x98\x63\x1f\xad\x1a\x29"
              "\x21\x18")},
        {"DS", "( 60485 RSASHA1 9\t( 2BB1 83 ) ; no", 0, WIRE("\354\105\5\11\x2b\xb1\x83")},
        {"CDS", "0 0 0 00", 0, WIRE("\0\0\0\0\0")},
        {"DNSKEY", "257 3 13 AQID", 0, WIRE("\1\1\3\15\1\2\3")},
        {"CDNSKEY", "0 3 0 AA==", 0, WIRE("\0\0\3\0\0")},
        {"SSHFP", "4 9 0102 0304", 0, WIRE("\4\11\1\2\3\4")},
        {"SSHFP", "4 1 0102030405060708090001020304050607080900", 0,
         WIRE("\4\1\1\2\3\4\5\6\7\10\11\0\1\2\3\4\5\6\7\10\11\0")},
        {"TLSA", "3 1 1 0102 0304", 0, WIRE("\3\1\1\1\2\3\4")},
        {"SMIMEA", "3 1 1 01020304", 0, WIRE("\3\1\1\1\2\3\4")},
        {"OPENPGPKEY", "AQID", 0, WIRE("\1\2\3")},
        {"CERT", "1 2 3 AQID", 0, WIRE("\0\1\0\2\3\1\2\3")},
        {"LOC", "52 22 23.000 N 4 53 32.000 E -2.00m 0.00m 10000m 10m", 0,
         WIRE("\0\0\x16\x13\x8b\x3c\xf0\x18\x81\x0c\xbc\xe0\x00\x98\x95\xb8")},
        {"LOC", "90 S 180 W 0m", 0,
         WIRE("\0\x12\x16\x13\x6c\xb0\x27\0\x59\x60\x4e\0\0\x98\x96\x80")},
        {"LOC", "\\# 16 01ff0000000000000000000000000000", 0,
         WIRE("\1\377\0\0\0\0\0\0\0\0\0\0\0\0\0\0")},
        {"HTTPS", "1 . mandatory=alpn,port alpn=h2 port=1 no-default-alpn", 0,
         WIRE("\0\1\0\0\0\0\4\0\1\0\3\0\1\0\3\2h2\0\2\0\0\0\3\0\2\0\1")},
        {"URI", "10 1 \"ftp://ftp.example.com/a b\"", 0,
         WIRE("\0\12\0\1"
              "ftp://ftp.example.com/a b")},
        {"IPSECKEY", "10 1 2 192.0.2.38 AQID", 0, WIRE("\12\1\2\300\0\2\46\1\2\3")},
        {"IPSECKEY", "10 0 2 .  AQ I\tD ", 0, WIRE("\12\0\2\1\2\3")},
        {"IPSECKEY", "( 10 3 2 ) gw (AQ ID) ; key", 0, WIRE("\12\3\2\2gw" ORIGIN "\0\1\2\3")},
        {"IPSECKEY", "10 3 2 g\\(\\;. AQID", 0, WIRE("\12\3\2\3g(;\0\1\2\3")},
        {"IPSECKEY", "10 0 0 .", 0, WIRE("\12\0\0")},
        {"HIP", "2 2001 AQID rvs", 0, WIRE("\2\2\0\3\40\1\1\2\3\3rvs" ORIGIN "\0")},
        {"SVCB", "0 svc", 0, WIRE("\0\0\3svc" ORIGIN "\0")},
        {"HTTPS", "1 . alpn=h2", 0, WIRE("\0\1\0\0\1\0\3\2h2")},
        {"HTTPS", "1 . port=8443 alpn=h3,h2", 0, WIRE("\0\1\0\0\1\0\6\2h3\2h2\0\3\0\2\x20\373")},
        {"SVCB", "2 Foo ipv4hint=192.0.2.1", 0, WIRE("\0\2\3Foo" ORIGIN "\0\0\4\0\4\300\0\2\1")},
        {"APL", "1:192.168.32.0/21 !1:192.168.38.0/28", 0,
         WIRE("\0\1\25\3\300\250\x20\0\1\34\203\300\250\x26")},
        {"CSYNC", "66 3 A NS AAAA", 0, WIRE("\0\0\0\102\0\3\0\4\140\0\0\10")},
        {"EUI48", "00-00-5e-00-53-2a", 0, WIRE("\0\0\x5e\0\x53\x2a")},
        {"EUI64", "00-00-5e-ef-10-00-00-2a", 0, WIRE("\0\0\x5e\xef\x10\0\0\x2a")},
        {"L32", "10 10.1.2.0", 0, WIRE("\0\12\12\1\2\0")},
        {"RESINFO", "qnamemin exterr=15-17", 0, WIRE("\10qnamemin\14exterr=15-17")},
        {"WALLET", "\"BTC\" \"addr ess\"", 0, WIRE("\3BTC\10addr ess")},
        {"DSYNC", "CDS NOTIFY 5359 cds", 0, WIRE("\0\73\1\24\357\3cds" ORIGIN "\0")},
        {"DSYNC", "TYPE62 1 53 .", 0, WIRE("\0\76\1\0\65\0")},
        {"TYPE731", "\\# 6 abcdef012345", 0, WIRE("\253\315\357\1\43\105")},
        {"TYPE65534", "\\# 1 00", 0, WIRE("\0")},
        {"TYPE16", "\\# 4 03616263", 0, WIRE("\3abc")},
        {"TYPE257", "\\# 8 0005697373756561", 0, WIRE("\0\5issuea")},
        {"NULL", "\\# 1 ff", 0, WIRE("\377")},
    };
    (void)state;
    check_good(cases, sizeof cases / sizeof cases[0]);
}

static void other_types_refused(void **state)
{
    static const struct bad cases[] = {
        {"DNAME", "a b", "more fields"},
        {"DNAME", " ", "is empty"},
        {"DNAME", "a..b", "empty label"},
        {"KX", "kx", "number"},
        {"KX", "10", "lacks a name"},
        {"KX", "65536 kx", "number"},
        {"CAA", "0 issue", "form"},
        {"CAA", "256 issue a", "255"},
        {"CAA", "0 is-sue a", "letters and digits"},
        {"CAA", "0 \"\" a", "no tag"},
        {"CAA", "0 issue \"a", "unfinished"},
        {"CAA", "0 issue \"a\" b", "behind"},
        {"CAA", "\\# 2 0005", "no tag"},
        {"CAA", "\\# 3 000561", "no tag"},
        {"DS", "60485 5 1", "form"},
        {"DS", "60485 5 1 xyz", "form"},
        {"DNSKEY", "257 3 13 !!", "form"},
        {"TLSA", "3 1 300 00", "too large"},
        {"TLSA", "3 1 1 000", "odd"},
        {"DS", "65536 5 1 00", "too large"},
        {"DS", "1 5 1 aa bbc", "odd"},
        {"SSHFP", "4 2 01 zz", "form"},
        {"URI", "1 1 \"a\" \"b\"", "behind"},
        {"CSYNC", "66 3 A BOGUS", "does not exist"},
        {"CSYNC", "\\# 9 000000420003000201", "list of types"},
        {"LOC", "somewhere", "form"},
        {"LOC", "90 0 0.001 N 0 E 0m", "latitude"},
        {"LOC", "0 N 181 W 0m", "longitude"},
        {"LOC", "\\# 16 00aa0000800000008000000080000000", "size"},
        {"LOC", "\\# 15 000000008000000080000000800000", "length"},
        {"DS", "60485 5 1 2BB183", "digest"},
        {"CDS", "60485 5 2 2BB183AF5F22588179A53B0A98631FAD1A292118", "digest"},
        {"SSHFP", "4 2 0102030405060708090001020304050607080900", "digest"},
        {"ZONEMD", "2018031500 1 1 0102030405060708090a0b0c", "digest"},
        {"HTTPS", "1 . no-default-alpn", "demands"},
        {"HTTPS", "1 . mandatory=port alpn=h2", "demands"},
        {"HTTPS", "1 . mandatory=mandatory", "demands"},
        {"HTTPS", "\\# 18 000100000000040001000100010003026832", "demands"},
        {"EUI48", "00-00-5e", "form"},
        {"IPSECKEY", "10 1 2", "form"},
        {"IPSECKEY", "10 1 2 192.0.2.38 AQ!D", "base64"},
        {"IPSECKEY", "10 1 2 192.0.2.38", "base64"},
        {"IPSECKEY", "10 1 2 192.0.2 AQ ID", "IPv4"},
        {"IPSECKEY", "10 0 2 gw AQ ID", "type 0"},
        {"IPSECKEY", "10 4 2 gw AQID", "form"},
        {"IPSECKEY", "300 1 2 192.0.2.38 AQ ID", "form"},
        {"IPSECKEY", ";", "form"},
        {"HTTPS", "1 . alpn=h2 alpn=h3", "twice"},
        {"HTTPS", "1 . alpn=\"a\\\\,b,h2\"", "escape"},
        {"SVCB", "1 . port=1 alpn=h\\050", "escape"},
        {"HTTPS", "\\# 15 00010000010003026832000100026832", "another number"},
        {"HTTPS", "\\# 13 00010000030002205b00010001", "order"},
        {"HTTPS", "\\# 13 0001000003000020fb00010000", "broken parameter"},
        {"HTTPS", "\\# 13 00010000030000000100000001", "order"},
        {"DSYNC", "CDS NOTIFY 5359", "form"},
        {"DSYNC", "XYZZY NOTIFY 5359 a", "record type"},
        {"DSYNC", "CDS OTHER 5359 a", "scheme"},
        {"DSYNC", "CDS NOTIFY 65536 a", "port"},
        {"RESINFO", "\"abc", "unfinished"},
        {"TYPE731", "abc", "\\#"},
        {"TYPE731", "\\# 0", "length"},
        {"SSHFP", "4 2 01\n. 0 IN A 192.0.2.1", "control"},
        {"TXT", "", "is empty"},
        {"TXT", NULL, "is NULL"},
        {"TYPE16", "\\# 4 04616263", "character-string"},
        {"HINFO", "\\# 2 0161", "number of strings"},
        {"NAPTR", "\\# 5 0001000101", "character-string"},
        {"NAPTR", "\\# 7 00010001000000", "name"},
    };
    (void)state;
    check_bad(cases, sizeof cases / sizeof cases[0], "data");
}

static void types_refused(void **state)
{
    static const struct bad cases[] = {
        {NULL, "a", "is NULL"},           {"", "a", "is empty"},
        {"  ", "a", "is empty"},          {"BOGUS", "a", "not a record type"},
        {"TYPE0", "a", "not a record"},   {"TYPE65536", "a", "not a record"},
        {"SOA", "a", "table of zones"},   {"OPT", "a", "questions"},
        {"TSIG", "a", "questions"},       {"AXFR", "a", "questions"},
        {"ANY", "a", "questions"},        {"TYPE200", "\\# 1 00", "questions"},
        {"TYPE65535", "a", "questions"},  {"TYPE65280", "\\# 1 00", "ALIAS"},
        {"RRSIG", "a", "signing server"}, {"NSEC", "a", "signing server"},
        {"NSEC3", "a", "signing server"}, {"NSEC3PARAM", "1 0 0 -", "signing server"},
    };
    (void)state;
    check_bad(cases, sizeof cases / sizeof cases[0], "type");
}

static void expect_txt(const char *data, enum conf_txt format, const char *wire, size_t len)
{
    struct row_fault fault;
    if (!decode(row_of("TXT", data, 0), format, &fault)) {
        fail_msg("%s: %s %s", data, fault.column, fault.reason);
    }
    expect_wire("TXT", data, wire, len);
}

static void txt_formats(void **state)
{
    struct row_fault fault;
    (void)state;

    expect_txt("v=spf1 mx a ~all", CONF_TXT_AUTO, WIRE("\20v=spf1 mx a ~all"));
    expect_txt("\"a b\" \"c\"", CONF_TXT_AUTO, WIRE("\3a b\1c"));
    expect_txt(" \"a b\"  ", CONF_TXT_AUTO, WIRE("\3a b"));
    expect_txt("\"\"", CONF_TXT_AUTO, WIRE("\0"));
    expect_txt("\"a\\\"b\\\\c\\010\"", CONF_TXT_AUTO, WIRE("\6a\"b\\c\n"));
    expect_txt("\"a b\"\"c\"", CONF_TXT_AUTO, WIRE("\3a b\1c")); /* as zone files may have it */
    expect_txt("\"a\"\"b", CONF_TXT_AUTO, WIRE("\5\"a\"\"b"));
    expect_txt("\"a\" b", CONF_TXT_AUTO, WIRE("\5\"a\" b"));
    expect_txt("\"a", CONF_TXT_AUTO, WIRE("\2\"a"));
    expect_txt("\"a\"b", CONF_TXT_AUTO, WIRE("\4\"a\"b"));
    expect_txt("\"a\\999\"", CONF_TXT_AUTO, WIRE("\7\"a\\999\""));
    expect_txt("say \"hi\"", CONF_TXT_AUTO, WIRE("\10say \"hi\""));
    expect_txt("a\\b; c", CONF_TXT_AUTO, WIRE("\6a\\b; c"));
    expect_txt("\\# 4 03616263", CONF_TXT_AUTO, WIRE("\15\\# 4 03616263"));
    expect_txt(" a ", CONF_TXT_AUTO, WIRE("\3 a "));
    expect_txt("\"a\"", CONF_TXT_RAW, WIRE("\3\"a\""));
    expect_txt("a \"b c\" d", CONF_TXT_QUOTED, WIRE("\1a\3b c\1d"));
    assert_false(decode(row_of("TXT", "\"a", 0), CONF_TXT_QUOTED, &fault));
    assert_string_equal(fault.reason, "has an unfinished quoted string");
    assert_false(decode(row_of("TXT", "a\\", 0), CONF_TXT_QUOTED, &fault));
}

static void long_txt(void **state)
{
    static char text[70000];
    struct row_fault fault;
    (void)state;

    memset(text, 'x', sizeof text);
    text[256] = '\0';
    assert_true(decode(row_of("TXT", text, 0), CONF_TXT_AUTO, &fault));
    assert_int_equal(record.rdata_len, 258);
    assert_int_equal(record.rdata[0], 255);
    assert_int_equal(record.rdata[256], 1);

    /* in quotes: the same, and never cut inside an escape */
    text[0] = '"';
    memcpy(text + 255, "\\200y\"", 7);
    assert_true(decode(row_of("SPF", text, 0), CONF_TXT_AUTO, &fault));
    assert_int_equal(record.rdata_len, 258);
    assert_int_equal(record.rdata[255], 200);
    assert_int_equal(record.rdata[257], 'y');

    memset(text, 'x', sizeof text);
    struct rr_row row = row_of("TXT", "", 0);
    row.data = (struct db_value){text, 65279, false}; /* 255 strings of 255, one of 254 */
    assert_true(decode(row, CONF_TXT_AUTO, &fault));
    assert_int_equal(record.rdata_len, 65535);
    row.data.len++;
    assert_false(decode(row, CONF_TXT_AUTO, &fault));
    assert_string_equal(fault.reason, "is longer than 65535 octets");
}

static void extended_data(void **state)
{
    struct row_fault fault;
    struct rr_row row = row_of("TXT", "v=DKIM1; ", 0);
    (void)state;

    row.edata = value_of("p=abc");
    assert_true(decode(row, CONF_TXT_AUTO, &fault));
    expect_wire("TXT", "edata", WIRE("\16v=DKIM1; p=abc"));
    row.data = value_of("");
    assert_true(decode(row, CONF_TXT_AUTO, &fault));
    expect_wire("TXT", "edata alone", WIRE("\5p=abc"));
    row.data = value_of(NULL);
    assert_false(decode(row, CONF_TXT_AUTO, &fault));
}

static void owners(void **state)
{
    static const struct {
        const char *text, *wire;
        size_t len;
    } good[] = {
        {"", WIRE(ORIGIN "\0")},
        {"www", WIRE("\3www" ORIGIN "\0")},
        {"WWW", WIRE("\3www" ORIGIN "\0")},
        {"www  ", WIRE("\3www" ORIGIN "\0")},
        {"www\\ ", WIRE("\4www " ORIGIN "\0")},
        {"example.com.", WIRE(ORIGIN "\0")},
        {"ns.example.net.", WIRE("\2ns\7example\3net\0")},
        {".", WIRE("\0")},
        {"@", WIRE("\1@" ORIGIN "\0")},
        {"*", WIRE("\1*" ORIGIN "\0")},
        {"*.a", WIRE("\1*\1a" ORIGIN "\0")},
        {"a\\.b", WIRE("\3a.b" ORIGIN "\0")},
        {"\\065\\000", WIRE("\2a\0" ORIGIN "\0")},
        {"\xc3\x84", WIRE("\2\xc3\x84" ORIGIN "\0")},
        {"1/25", WIRE("\4"
                      "1/25" ORIGIN "\0")},
        {"_dmarc", WIRE("\6_dmarc" ORIGIN "\0")},
    };
    static const char *const bad[] = {"a..b", ".a", "a\\", "a\\25", "..", NULL};
    struct row_fault fault;
    (void)state;

    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        struct rr_row row = row_of("A", "192.0.2.1", 0);
        row.name = value_of(good[i].text);
        assert_true(decode(row, CONF_TXT_AUTO, &fault));
        assert_int_equal(record.owner.len, good[i].len);
        assert_memory_equal(record.owner.octets, good[i].wire, good[i].len);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct rr_row row = row_of("A", "192.0.2.1", 0);
        row.name = value_of(bad[i]);
        assert_false(decode(row, CONF_TXT_AUTO, &fault));
        assert_string_equal(fault.column, "name");
    }
}

static void expect_name(const struct name *name, const char *text)
{
    char out[NAME_TEXT_SIZE];
    assert_string_equal(name_to_text(out, name->octets), text);
}

static void soa_names(void **state)
{
    struct name origin = example_com(), ns, mbox;
    struct soa_row row = {.ns = value_of("ns1"), .mbox = value_of("Root.example.net.")};
    struct row_fault fault;
    (void)state;

    rr_text_soa_names(&row, &origin, &ns, &mbox, &fault);
    assert_null(fault.column);
    expect_name(&ns, "ns1.example.com.");
    expect_name(&mbox, "Root.example.net.");

    row.ns = value_of("");
    row.mbox = value_of(NULL);
    rr_text_soa_names(&row, &origin, &ns, &mbox, &fault);
    assert_null(fault.column);
    expect_name(&ns, "ns.example.com.");
    expect_name(&mbox, "hostmaster.example.com.");

    row.ns = value_of("ns..x");
    row.mbox = value_of("first\\.last");
    rr_text_soa_names(&row, &origin, &ns, &mbox, &fault);
    assert_string_equal(fault.column, "ns");
    expect_name(&ns, "ns.example.com.");
    expect_name(&mbox, "first\\.last.example.com.");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mydns_types),   cmocka_unit_test(mydns_types_refused),
        cmocka_unit_test(other_types),   cmocka_unit_test(other_types_refused),
        cmocka_unit_test(types_refused), cmocka_unit_test(txt_formats),
        cmocka_unit_test(long_txt),      cmocka_unit_test(extended_data),
        cmocka_unit_test(owners),        cmocka_unit_test(soa_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

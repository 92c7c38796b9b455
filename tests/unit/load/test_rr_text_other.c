/* Types that MyDNS does not know from a row's text: good forms with the wire data they become, bad ones
 * with the reason they are left out for. */
#include "load/rr_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/load/rr_text_cases.h"

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
        {"DS", "12345 RSASHA1-NSEC3-SHA1 1 2BB183AF5F22588179A53B0A98631FAD1A292118", 0,
         WIRE("\60\71\7\1\x2b\xb1\x83\xaf\x5f\x22\x58\x81\x79\xa5\x3b\x0a\x98\x63\x1f\xad\x1a\x29"
              "\x21\x18")},
        {"TLSA", "3 1 1 0102 0304", 0, WIRE("\3\1\1\1\2\3\4")},
        {"TLSA", "( DANE-EE SPKI\tSHA2-256 0102 )", 0, WIRE("\3\1\1\1\2")},
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
        {"NULL", "\\# 0", 0, WIRE("")},
        {"TYPE731", "\\# 0", 0, WIRE("")},
        {"APL", "\\# 0", 0, WIRE("")},
        {"APL", "", 0, WIRE("")},
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
        {"TLSA", "-1 1 1 00", "negative"},
        {"TLSA", "DANE-EE SPKI SHA2-256 000", "odd"},
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
        {"SINK", "\\# 0", "length"},
        {"TYPE16", "\\# 0", "number of strings"},
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

/* SVCB and HTTPS in presentation form: quotes, parentheses, and keys by their numbers. */
static void parameters(void **state)
{
    static const struct good cases[] = {
        {"HTTPS", "1 . key65333=\"a port=99999 b\"", 0,
         WIRE("\0\1\0\377\65\0\16"
              "a port=99999 b")},
        {"HTTPS", "1 . key65333=\"a alpn=\\098\"", 0,
         WIRE("\0\1\0\377\65\0\10"
              "a alpn=b")},
        {"HTTPS", "1 . key65333=\"a;(b)\" ; port=99999", 0,
         WIRE("\0\1\0\377\65\0\5"
              "a;(b)")},
        {"HTTPS", "1 . ( port=\"8443\" )", 0, WIRE("\0\1\0\0\3\0\2\40\373")},
        {"HTTPS", "1 @ port=8443", 0, WIRE("\0\1" ORIGIN "\0\0\3\0\2\40\373")},
        {"HTTPS", "1 a.\\@.", 0, WIRE("\0\1\1a\1@\0")},
        {"HTTPS", "1 . key3=8443", 0, WIRE("\0\1\0\0\3\0\2\40\373")},
        {"SVCB", "1 a\\.b. ipv6hint=\"::1,2001:db8::2\"", 0,
         WIRE("\0\1\3a.b\0\0\6\0\40\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1"
              "\40\1\15\270\0\0\0\0\0\0\0\0\0\0\0\2")},
        {"HTTPS", "1 . dohpath=/q{?dns}", 0,
         WIRE("\0\1\0\0\7\0\10"
              "/q{?dns}")},
        {"HTTPS", "1 . dohpath=/\\195\\169%41{x}{&a.b*,%64,dns:9999}", 0,
         WIRE("\0\1\0\0\7\0\35"
              "/\303\251%41{x}{&a.b*,%64,dns:9999}")},
    };
    static const struct bad refused[] = {
        {"HTTPS", "1 . (port=99999)", "port"},
        {"HTTPS", "1 . key3=99999", "port"},
        {"HTTPS", "1 . port", "port"},
        {"HTTPS", "1 . key65333=\"a\\\"\" key3=99999", "port"},
        {"HTTPS", "1 . key1=h\\050", "escape"},
        {"HTTPS", "1 a\"b k=\" port=1 \"", "quote"},
        {"HTTPS", "1 \\@.example.", "@"},
        {"SVCB", "1 @.a alpn=h2", "@"},
        {"SVCB", "0 \\064", "@"},
        {"HTTPS", "1 . key65333=\"a", "form"},
        {"HTTPS", "1 . ipv6hint=::1,1:2:3:4:5:6:7:8:9:0:1:2:3:4:5:6:7:8:9:0:1:2:3:", "ipv6hint"},
        {"HTTPS", "1 . key06=\"1:2:3:4:5:6:7:8:9:0:1:2:3:4:5:6:7:8:9:0:1:2:3:\"", "ipv6hint"},
        {"HTTPS", "1 . dohpath=/q", "cannot have"},
        {"HTTPS", "1 . dohpath=q{?dns}", "cannot have"},
        {"HTTPS", "1 . dohpath=/{?Dns}", "cannot have"},
        {"HTTPS", "1 . dohpath=/{dns", "cannot have"},
        {"HTTPS", "1 . dohpath=/{}{?dns}", "cannot have"},
        {"HTTPS", "1 . dohpath=/{=dns}", "cannot have"},
        {"HTTPS", "1 . dohpath=/{?a..b,dns}", "cannot have"},
        {"HTTPS", "1 . dohpath=/{?dns,}", "cannot have"},
        {"HTTPS", "1 . dohpath=/{?dns:0}", "cannot have"},
        {"HTTPS", "1 . dohpath=/{?dns*:3}", "cannot have"},
        {"HTTPS", "1 . dohpath=/%4{?dns}", "cannot have"},
        {"HTTPS", "1 . dohpath=/\\255{?dns}", "cannot have"},
        {"HTTPS", "1 . dohpath=/\\192\\128{?dns}", "cannot have"},
        {"HTTPS", "1 . dohpath=/\\237\\160\\128{?dns}", "cannot have"},
        {"HTTPS", "\\# 7 00010000070000", "cannot have"},
    };
    (void)state;
    check_good(cases, sizeof cases / sizeof cases[0]);
    check_bad(refused, sizeof refused / sizeof refused[0], "data");
}

/* What BIND as a client takes for malformed, and the whole message with it. */
static void broken_rdata(void **state)
{
    static const struct good cases[] = {
        {"IPSECKEY", "\\# 7 0a0100c0000226", 0, WIRE("\12\1\0\300\0\2\46")},
        {"IPSECKEY", "\\# 6 0a0302000102", 0, WIRE("\12\3\2\0\1\2")},
        {"APL", "\\# 4 00000000", 0, WIRE("\0\0\0\0")},
        {"APL", "\\# 12 000120040102030400028000", 0, WIRE("\0\1\40\4\1\2\3\4\0\2\200\0")},
        {"APL", "\\# 9 ffff00051122334455", 0, WIRE("\377\377\0\5\21\42\63\104\125")},
        {"HIP", "\\# 11 04020003aabbccdd010203", 0, WIRE("\4\2\0\3\252\273\314\335\1\2\3")},
    };
    static const struct bad refused[] = {
        {"IPSECKEY", "\\# 2 0a00", "length"},
        {"IPSECKEY", "\\# 3 0a0002", "length"},
        {"IPSECKEY", "\\# 3 0a0102", "length"},
        {"IPSECKEY", "\\# 6 0a0100c00002", "length"},
        {"IPSECKEY", "\\# 7 0a0102c0000226", "length"},
        {"IPSECKEY", "\\# 18 0a0200000000000000000000000000000000", "length"},
        {"IPSECKEY", "\\# 3 0a0300", "name"},
        {"IPSECKEY", "\\# 5 0a03000161", "name"},
        {"IPSECKEY", "\\# 4 0a040201", "does not exist"},
        {"APL", "\\# 1 00", "list"},
        {"APL", "\\# 7 00012004010203", "list"},
        {"APL", "\\# 4 00012100", "family"},
        {"APL", "1:192.0.2.1/33", "family"},
        {"APL", "1:10.0.0.0/264", "prefix"},
        {"APL", "1:10.0.0.0/-248", "prefix"},
        {"APL", "65537:10.0.0.0/0", "prefix"},
        {"APL", "1:10.0.0.0/abc", "prefix"},
        {"APL", "1:10.0.0.0/", "prefix"},
        {"APL", "1:10.0.0.0", "prefix"},
        {"APL", "\\# 9 000120050102030405", "family"},
        {"APL", "\\# 4 00028100", "family"},
        {"APL", "\\# 5 0001080100", "zeros"},
        {"HIP", "\\# 3 000000", "length"},
        {"HIP", "\\# 4 00000000", "length"},
        {"HIP", "\\# 7 00020003010203", "length"},
        {"HIP", "\\# 8 04020000aabbccdd", "length"},
        {"HIP", "\\# 10 04020003aabbccdd0102", "length"},
        {"HIP", "\\# 13 04020003aabbccdd0102030161", "name"},
    };
    (void)state;
    check_good(cases, sizeof cases / sizeof cases[0]);
    check_bad(refused, sizeof refused / sizeof refused[0], "data");
}

/* Text that ldns would cut, or write behind its own memory for: the lengths it keeps in 16 bits wrap. */
static void long_text(void **state)
{
    static char text[70000];
    struct row_fault fault;
    (void)state;

    size_t len = (size_t)sprintf(text, "1 . ipv6hint=::,0:ffff::");
    for (unsigned i = 0; i < 4095; i++) {
        len += (size_t)sprintf(text + len, ",::");
    }
    len += (size_t)sprintf(text + len, " key9=bbb key10=");
    memset(text + len, 'b', 15000);
    assert_false(decode(row_of("HTTPS", text, 0), CONF_TXT_AUTO, &fault));
    assert_non_null(strstr(fault.reason, "more addresses"));

    memset(text, 'b', sizeof text - 1);
    memcpy(text, "1 2 \"", 5);
    text[4 + 64992 + 1] = '"';
    text[4 + 64992 + 2] = '\0';
    assert_true(decode(row_of("URI", text, 0), CONF_TXT_AUTO, &fault));
    assert_int_equal(record.rdata_len, 64996);
    text[4 + 64992 + 1] = 'b';
    text[4 + 64992 + 2] = '"';
    text[4 + 64992 + 3] = '\0';
    assert_false(decode(row_of("URI", text, 0), CONF_TXT_AUTO, &fault));
    assert_non_null(strstr(fault.reason, "64996 octets"));
    memset(text + 64990, 'b', 1010);
    text[66000] = '"';
    text[66001] = '\0';
    assert_false(decode(row_of("URI", text, 0), CONF_TXT_AUTO, &fault));
    assert_non_null(strstr(fault.reason, "65500 octets"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(other_types), cmocka_unit_test(other_types_refused),
        cmocka_unit_test(parameters),  cmocka_unit_test(broken_rdata),
        cmocka_unit_test(long_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

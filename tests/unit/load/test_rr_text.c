/* MyDNS's types, TXT and owners from a row's text: good forms with the wire data they become, bad ones
 * with the reason they are left out for. */
#include "load/rr_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/load/rr_text_cases.h"

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
    row.data = (struct db_value){text, 64742, false}; /* 253 strings of 255, one of 227 */
    assert_true(decode(row, CONF_TXT_AUTO, &fault));
    assert_int_equal(record.rdata_len, 64996);
    static const size_t too_long[] = {64743, 65279, 65280, sizeof text};
    for (size_t i = 0; i < sizeof too_long / sizeof too_long[0]; i++) {
        row.data.len = too_long[i];
        assert_false(decode(row, CONF_TXT_AUTO, &fault));
        assert_non_null(strstr(fault.reason, "is longer than 64996 octets"));
    }
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
        cmocka_unit_test(types_refused), cmocka_unit_test(txt_formats),
        cmocka_unit_test(long_txt),      cmocka_unit_test(extended_data),
        cmocka_unit_test(owners),        cmocka_unit_test(soa_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

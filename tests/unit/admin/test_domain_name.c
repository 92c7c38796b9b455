/*
 * What people type as a domain, and what becomes of it.
 */
#include "admin/domain_name.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define LABEL63 "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffggg"

static void good_names_are_stored_as_mydns_does(void **state)
{
    static const struct {
        const char *typed, *stored;
    } cases[] = {
        {"example.com", "example.com."},
        {"example.com.", "example.com."},
        {"EXAMPLE.Com", "example.com."},
        {"localhost", "localhost."},
        {"_dmarc.example.com", "_dmarc.example.com."},
        {"0/25.2.0.192.in-addr.arpa", "0/25.2.0.192.in-addr.arpa."},
        {"0-25.2.0.192.in-addr.arpa", "0-25.2.0.192.in-addr.arpa."},
        {"1.2.3.example", "1.2.3.example."},
        {LABEL63 ".com", LABEL63 ".com."},
        {"b\xc3\xbc"
         "cher.example",
         "xn--bcher-kva.example."},
        {"B\xc3\x9c"
         "CHER.example.",
         "xn--bcher-kva.example."},
        {"_x.b\xc3\xbc"
         "cher.example",
         "_x.xn--bcher-kva.example."},
        {"xn--bcher-kva.example", "xn--bcher-kva.example."},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct domain domain;
        assert_null(domain_from_text(&domain, cases[i].typed, strlen(cases[i].typed)));
        assert_null(domain_origin_fault(&domain));
        assert_string_equal(domain.text, cases[i].stored);
    }
}

static void bad_names_are_refused_with_the_rule(void **state)
{
    static const struct {
        const char *typed, *rule;
    } cases[] = {
        {"", "is empty"},
        {"a..com", "has an empty label"},
        {".com", "has an empty label"},
        {LABEL63 "x.com", "has a label longer than 63 octets"},
        {LABEL63 "." LABEL63 "." LABEL63 "." LABEL63 ".com", "is longer than 255 octets"},
        {"a b.com", "contains a blank"},
        {"a\tb.com", "contains a blank"},
        {"a\nb.com", "contains a control character"},
        {"a\x7f.com", "contains a control character"},
        {"192.0.2.1", "is an IP address, not a domain name"},
        {"192.0.2.1.", "is an IP address, not a domain name"},
        {"192.0.2.0/24", "is an IP address, not a domain name"},
        {"2001:db8::1", "contains ':' (an IPv6 address or a port, not a domain name)"},
        {"http://example.com/", "is a URL, not a domain name"},
        {"joe@example.com", "is a mail address, not a domain name"},
        {"x';DROP", "contains a character other than letters, digits, '-', '_' and '/'"},
        {"a\\.b.com", "contains a character other than letters, digits, '-', '_' and '/'"},
        {"\xff.com", "is not valid UTF-8"},
        {"joe\xef\xbc\xa0" /* U+FF20, which maps to an @ */
         "example.com",
         "is a mail address, not a domain name"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct domain domain;
        const char *rule = domain_from_text(&domain, cases[i].typed, strlen(cases[i].typed));
        assert_non_null(rule);
        assert_string_equal(rule, cases[i].rule);
    }
}

static void some_names_are_no_origins(void **state)
{
    static const char *const cases[] = {"*.example.com", "a*.example.com", ".",
                                        "-a.example",    "a-.example",     "a.-"};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct domain domain;
        assert_null(domain_from_text(&domain, cases[i], strlen(cases[i])));
        assert_non_null(domain_origin_fault(&domain));
    }
}

static void wildcards_are_no_hosts(void **state)
{
    struct domain domain;
    (void)state;
    assert_null(host_from_text(&domain, "NS1.example.com"));
    assert_string_equal(domain.text, "ns1.example.com.");
    assert_string_equal(host_from_text(&domain, "*.a"), "contains '*', which is no name of a host");
    assert_string_equal(host_from_text(&domain, "ns 1"), "contains a blank");
    assert_string_equal(host_from_text(&domain, ""), "is empty");
}

static void mail_addresses_become_names(void **state)
{
    static const struct {
        const char *typed, *stored, *rule;
    } cases[] = {
        {"joe@example.net", "joe.example.net.", NULL},
        {"joe@example.net.", "joe.example.net.", NULL},
        {"joe.doe@example.net", "joe\\.doe.example.net.", NULL},
        {"j.o.e+dns@Example.net", "j\\.o\\.e+dns.Example.net.", NULL},
        {"joe\\doe@example.net", "joe\\\\doe.example.net.", NULL},
        {"joe\\.doe.example.net", "joe\\.doe.example.net.", NULL},
        {"joe.example.net.", "joe.example.net.", NULL},
        {"joe@b\xc3\xbc"
         "cher.example",
         "joe.xn--bcher-kva.example.", NULL},
        {"joe doe@example.net", NULL, "is not a mail address"},
        {"<joe@example.net>", NULL, "is not a mail address"},
        {"mailto:joe@example.net", NULL, "is not a mail address"},
        {"https://x.example", NULL, "is not a mail address"},
        {"a@b@example.net", NULL, "is not a mail address"},
        {"joe@example.net,jane@example.net", NULL, "is not a mail address"},
        {"joe@[192.0.2.1]", NULL, "is not a mail address"},
        {"joe@192.0.2.1", NULL, "is an IP address, not a domain name"},
        {"joe@*.example", NULL, "contains '*', which is no name of a host"},
        {"@example.net", NULL, "is not a mail address"},
        {"joe@", NULL, "is not a mail address"},
        {"", NULL, "is not a mail address"},
        {"joe@example..net", NULL, "has an empty label"},
        {"joe@.example.net", NULL, "has an empty label"},
        {"joe@\xff.example", NULL, "is not valid UTF-8"},
        {LABEL63 "x@example.net", NULL, "has a label longer than 63 octets"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char text[NAME_TEXT_SIZE];
        const char *rule = mbox_from_text(text, cases[i].typed);
        if (cases[i].stored != NULL) {
            assert_null(rule);
            assert_string_equal(text, cases[i].stored);
        } else {
            assert_non_null(rule);
            assert_string_equal(rule, cases[i].rule);
        }
    }
}

static void a_nul_octet_is_a_control_character(void **state)
{
    struct domain domain;
    (void)state;
    assert_string_equal(domain_from_text(&domain, "a\0b.com", 7), "contains a control character");
}

static void owners_come_in_three_spellings(void **state)
{
    static const struct {
        const char *typed, *stored; /* NULL: refused */
    } cases[] = {
        {"@", ""},
        {"", ""},
        {"Example.COM.", ""},
        {"www", "www"},
        {"WWW", "www"},
        {"www.example.com.", "www"},
        {"a.b", "a.b"},
        {"*", "*"},
        {"*.sub", "*.sub"},
        {"a\\.b", "a\\.b"},
        {"www.example.com", "www.example.com"},
        {"b\xc3\xbc"
         "cher",
         "xn--bcher-kva"},
        {"www.example.org.", NULL},
        {"com.", NULL},
        {"xexample.com.", NULL},
        {"a b", NULL},
        {"a..b", NULL},
    };
    struct domain domain;
    (void)state;
    assert_null(domain_from_text(&domain, "example.com", 11));
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct name owner;
        char text[NAME_TEXT_SIZE];
        const char *fault = owner_from_text(&owner, cases[i].typed, &domain.name);
        if (cases[i].stored == NULL) {
            assert_non_null(fault);
            continue;
        }
        assert_null(fault);
        owner_to_relative(text, &owner, &domain.name);
        assert_string_equal(text, cases[i].stored);
    }
}

static void messages_show_both_spellings(void **state)
{
    (void)state;
    char *plain = domain_shown("example.com.");
    char *both = domain_shown("xn--bcher-kva.example.");
    char *control = domain_shown("xn--a.example."); /* U+0080 */
    assert_string_equal(plain, "example.com.");
    assert_string_equal(both, "b\xc3\xbc"
                              "cher.example. (xn--bcher-kva.example.)");
    free(plain);
    free(both);
    assert_string_equal(control, "xn--a.example.");
    free(control);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_names_are_stored_as_mydns_does),
        cmocka_unit_test(bad_names_are_refused_with_the_rule),
        cmocka_unit_test(some_names_are_no_origins),
        cmocka_unit_test(wildcards_are_no_hosts),
        cmocka_unit_test(mail_addresses_become_names),
        cmocka_unit_test(a_nul_octet_is_a_control_character),
        cmocka_unit_test(owners_come_in_three_spellings),
        cmocka_unit_test(messages_show_both_spellings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

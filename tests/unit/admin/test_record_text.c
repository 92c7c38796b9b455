/*
 * Words of a command line as columns of a row, and back.
 */
#include "admin/record_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dns/rrtype.h"

static struct name origin;

enum { NO_AUX = -1 };

struct split {
    const char *type;
    const char *words[8];
    int aux_option;
    uint32_t aux;
    const char *data; /* NULL: refused */
};

static bool split(const struct split *from, struct record_text *out)
{
    struct record_words words = {.words = from->words,
                                 .aux_given = from->aux_option != NO_AUX,
                                 .aux = (uint32_t)from->aux_option,
                                 .by_number = strncmp(from->type, "TYPE", 4) == 0};
    char why[RECORD_WHY_SIZE];
    while (words.count < 8 && from->words[words.count] != NULL) {
        words.count++;
    }
    return record_from_words(out, rrtype_from_text(from->type, strlen(from->type)), &words, &origin,
                             why);
}

static void words_become_columns(void **state)
{
    static const struct split cases[] = {
        {"A", {"192.0.2.1"}, NO_AUX, 0, "192.0.2.1"},
        {"A", {"192.0.2.1"}, 50, 50, "192.0.2.1"},
        {"A", {"192.0.2.1", "192.0.2.2"}, NO_AUX, 0, NULL},
        {"CNAME", {"mail"}, NO_AUX, 0, "mail.example.com."},
        {"CNAME", {"@"}, NO_AUX, 0, "example.com."},
        {"CNAME", {"mail.example.org."}, NO_AUX, 0, "mail.example.org."},
        {"NS", {"a..b"}, NO_AUX, 0, NULL},
        {"NS", {""}, NO_AUX, 0, NULL},
        {"MX", {"10", "mail"}, NO_AUX, 10, "mail.example.com."},
        {"MX", {"10 mail"}, NO_AUX, 10, "mail.example.com."},
        {"MX", {"0", "."}, NO_AUX, 0, "."},
        {"MX", {"mail"}, 20, 20, "mail.example.com."},
        {"MX", {"20", "mail"}, 20, 20, "mail.example.com."},
        {"MX", {"10", "mail"}, 20, 0, NULL},
        {"MX", {"mail"}, NO_AUX, 0, NULL},
        {"MX", {"65536", "mail"}, NO_AUX, 0, NULL},
        {"MX", {"mail", "10"}, NO_AUX, 0, NULL},
        {"MX", {"mail"}, 65536, 0, NULL},
        {"SRV", {"0", "5", "443", "host"}, NO_AUX, 0, "5 443 host.example.com."},
        {"SRV", {"7 5 443 host"}, NO_AUX, 7, "5 443 host.example.com."},
        {"SRV", {"5", "443", "host"}, 7, 7, "5 443 host.example.com."},
        {"SRV", {"5", "443", "host"}, NO_AUX, 0, NULL},
        {"SRV", {"0", "5", "99999", "host"}, NO_AUX, 0, NULL},
        {"NAPTR",
         {"100", "10", "", "E2U+sip", "!^.*$!sip:x@example.com!", "."},
         NO_AUX,
         0,
         "100 10 \"\" \"E2U+sip\" \"!^.*$!sip:x@example.com!\" ."},
        {"NAPTR",
         {"100 10 \"u\" \"E2U+sip\" \"!^.*$!sip:x@example.com!\" next"},
         NO_AUX,
         0,
         "100 10 \"u\" \"E2U+sip\" \"!^.*$!sip:x@example.com!\" next.example.com."},
        {"NAPTR", {"100", "10", "u", "E2U+sip", "."}, NO_AUX, 0, NULL},
        {"HINFO", {"Intel Xeon", "Linux"}, NO_AUX, 0, "\"Intel Xeon\" Linux"},
        {"RP", {"joe", "info.example.org."}, NO_AUX, 0, "joe.example.com. info.example.org."},
        {"CAA", {"0", "issue", "ca.example"}, NO_AUX, 0, "0 issue \"ca.example\""},
        {"CAA", {"0 issue \"ca.example; a=b\""}, NO_AUX, 0, "0 issue \"ca.example; a=b\""},
        {"CAA", {"0", "issue", ";"}, NO_AUX, 0, "0 issue \";\""},
        {"CAA", {"0", "issue", "\"ca.example\""}, NO_AUX, 0, "0 issue \"ca.example\""},
        {"TXT", {"v=spf1 mx -all"}, NO_AUX, 0, "v=spf1 mx -all"},
        {"TXT", {"a\\b \"c\""}, NO_AUX, 0, "a\\b \"c\""},
        {"TXT", {"two", "words"}, NO_AUX, 0, NULL},
        {"DS", {"1", "8", "2", "ABCD"}, NO_AUX, 0, "1 8 2 ABCD"},
        {"HTTPS", {"1", "svc", "alpn=h2,h3"}, NO_AUX, 0, "1 svc.example.com. alpn=h2,h3"},
        {"HTTPS",
         {"1 . alpn=\"h2,h3\" ech=\"AEX+DQBB\" key667=\"a \\\" b\""},
         NO_AUX,
         0,
         "1 . alpn=\"h2,h3\" ech=\"AEX+DQBB\" key667=\"a \\\" b\""},
        {"SVCB", {"1", ".", "alpn=\"h2\""}, NO_AUX, 0, "1 . alpn=\"h2\""},
        {"URI", {"10", "1", "ftp://ftp.example/"}, NO_AUX, 0, "10 1 \"ftp://ftp.example/\""},
        {"URI", {"10 1 \"ftp://ftp.example/\""}, NO_AUX, 0, "10 1 \"ftp://ftp.example/\""},
        {"URI", {"10", "70000", "ftp://ftp.example/"}, NO_AUX, 0, NULL},
        {"TYPE65534", {"\\#", "2", "abcd"}, NO_AUX, 0, "\\# 2 abcd"},
        {"MX", {"\\#", "3", "000100"}, NO_AUX, 0, "\\# 3 000100"},
        {"CNAME", {"\\#"}, NO_AUX, 0, "#.example.com."},
        {"CNAME", {"\\# "}, NO_AUX, 0, "#.example.com."},
        {"RP", {"\\#  "}, NO_AUX, 0, NULL},
        {"CNAME", {"\\#x"}, NO_AUX, 0, "#x.example.com."},
        {"TXT", {"\\#", "4", "03616263"}, NO_AUX, 0, NULL},
        {"TYPE16", {"two", "words"}, NO_AUX, 0, NULL},
        {"PTR",
         {"b\xc3\xbc"
          "cher.example."},
         NO_AUX,
         0,
         "xn--bcher-kva.example."},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct record_text out;
        bool good = split(&cases[i], &out);
        if (good != (cases[i].data != NULL)) {
            print_error("case %zu, %s %s\n", i, cases[i].type, cases[i].words[0]);
        }
        assert_int_equal(good, cases[i].data != NULL);
        if (good) {
            assert_string_equal(out.data, cases[i].data);
            assert_int_equal(out.aux, cases[i].aux);
        }
        free(out.data);
    }
}

/* Text may begin with \#, unless the type is a number. */
static void types_by_number(void **state)
{
    static const struct {
        struct split from;
        const char *column;
    } cases[] = {
        {{"MX", {"\\# 3 000100"}, NO_AUX, 0, "\\# 3 000100"}, "MX"},
        {{"TYPE15", {"\\# 3 000100"}, NO_AUX, 0, "\\# 3 000100"}, "MX"},
        {{"TYPE15", {"10", "mail"}, NO_AUX, 10, "mail.example.com."}, "MX"},
        {{"TYPE257", {"0 issue ca.example"}, NO_AUX, 0, "0 issue \"ca.example\""}, "CAA"},
        {{"TYPE65534", {"\\# 1 00"}, NO_AUX, 0, "\\# 1 00"}, "TYPE65534"},
        {{"TYPE16", {"\\# 4 03616263"}, NO_AUX, 0, "\\# 4 03616263"}, "TYPE16"},
        {{"TYPE99", {"\\#", "4", "0361", "6263"}, NO_AUX, 0, "\\# 4 0361 6263"}, "TYPE99"},
        {{"TYPE16", {"\\#"}, NO_AUX, 0, "\\#"}, "TXT"},
        {{"TYPE16", {"\\#4 03616263"}, NO_AUX, 0, "\\#4 03616263"}, "TXT"},
        {{"TYPE99", {"two words"}, NO_AUX, 0, "two words"}, "SPF"},
        {{"TXT", {"\\# 4 03616263"}, NO_AUX, 0, "\\# 4 03616263"}, "TXT"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct record_text out;
        assert_true(split(&cases[i].from, &out));
        assert_string_equal(out.type, cases[i].column);
        assert_string_equal(out.data, cases[i].from.data);
        assert_int_equal(out.aux, cases[i].from.aux);
        free(out.data);
    }
}

static void forgotten_dots_are_told(void **state)
{
    const struct split forgot = {"CNAME", {"www.example.org"}, NO_AUX, 0, ""};
    const struct split meant = {"CNAME", {"www"}, NO_AUX, 0, ""};
    struct record_text out;
    (void)state;
    assert_true(split(&forgot, &out));
    assert_string_equal(out.note, "www.example.org has no final dot and was read as"
                                  " www.example.org.example.com.");
    free(out.data);
    assert_true(split(&meant, &out));
    assert_string_equal(out.note, "");
    free(out.data);
}

static void text_in_quotes_is_told(void **state)
{
    static const char *const told[] = {"\"a\"", " \"a\"  \"b\\\"\" ", "\"\""};
    static const char *const plain[] = {"a",       "\"a\" b \"c\"", "\"a\"b\"",
                                        "\"a\\\"", "a \"b\"",       "\""};
    struct record_text out;
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(told) + ARRAY_LEN(plain); i++) {
        bool quoted = i < ARRAY_LEN(told);
        const char *text = quoted ? told[i] : plain[i - ARRAY_LEN(told)];
        const struct split from = {"TXT", {text}, NO_AUX, 0, ""};
        assert_true(split(&from, &out));
        assert_string_equal(out.data, text);
        assert_int_equal(*out.note != 0, quoted);
        free(out.data);
    }
}

static void columns_are_shown_absolute(void **state)
{
    static const struct {
        const char *type;
        uint32_t aux;
        const char *data, *shown;
    } cases[] = {
        {"A", 5, "192.0.2.1", "192.0.2.1"},
        {"CNAME", 0, "mail", "mail.example.com."},
        {"NS", 0, "ns.example.org.", "ns.example.org."},
        {"MX", 10, "mail", "10 mail.example.com."},
        {"SRV", 0, "5 443 host", "0 5 443 host.example.com."},
        {"TXT", 0, "a \\ \"b\" \xc3\xbc", "a \\ \"b\" \xc3\xbc"},
        {"TXT", 0, "\xc3 \x7f \xe2\x80\xae", "\\195 \\127 \\226\\128\\174"},
        {"CAA", 0, "0 issue \"\xc3\xbc\"", "0 issue \"\\195\\188\""},
        {"TXT", 0, "tab\there\n", "tab\\009here\\010"},
        {"CAA", 0, "0 issue \"a\\\"b\"", "0 issue \"a\\\"b\""},
        {"NAPTR", 0, "1 2 \"\" \"\" \"\" .", "1 2 \"\" \"\" \"\" ."},
        {"NAPTR", 9, "2 \"\" \"\" \"\" .", "9 2 \"\" \"\" \"\" ."},
        {"MX", 10, "a..b", "10 a..b"},
        {"MX", 0, "\\# 3 000a00", "\\# 3 000a00"},
        {"MX", 7, "\\#x", "7 #x.example.com."},
        {"SRV", 7, "\\# 7 00010002000300", "\\# 7 00010002000300"},
        {"NAPTR", 0, "\\# 8 00010032 0000 0000", "\\# 8 00010032 0000 0000"},
        {"TYPE16", 0, "\\# 4 03616263", "\\# 4 03616263"},
        {"HTTPS", 0, "1 www alpn=\"h2,h3\" x=\"a b\"",
         "1 www.example.com. alpn=\"h2,h3\" x=\"a b\""},
        {"URI", 0, "10 1 \"ftp://ftp.example/\"", "10 1 \"ftp://ftp.example/\""},
        {"DNAME", 0, "@", "example.com."},
        {"KX", 0, "10 @", "10 example.com."},
        {"HTTPS", 0, "1 @ alpn=h2", "1 example.com. alpn=h2"},
        {"DNAME", 0, "\\@", "\\@.example.com."},
        {"CNAME", 0, "@", "\\@.example.com."},
        {"SRV", 0, "5 443 @", "0 5 443 \\@.example.com."},
        {"RP", 0, "joe @", "joe.example.com. \\@.example.com."},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char *shown = record_to_shown(rrtype_from_text(cases[i].type, strlen(cases[i].type)),
                                      cases[i].aux, cases[i].data, strlen(cases[i].data), &origin);
        assert_string_equal(shown, cases[i].shown);
        free(shown);
    }
}

static int set_origin(void **state)
{
    (void)state;
    return name_from_text(&origin, "example.com.", 12, NULL) != NULL;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_become_columns),       cmocka_unit_test(types_by_number),
        cmocka_unit_test(forgotten_dots_are_told),    cmocka_unit_test(text_in_quotes_is_told),
        cmocka_unit_test(columns_are_shown_absolute),
    };
    return cmocka_run_group_tests(tests, set_origin, NULL);
}

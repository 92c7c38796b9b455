/*
 * Records as rows: what becomes of text, and of data that only octets from outside can hold.
 */
#include "admin/import.h"

#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct import_zone *new_zone(struct import *import)
{
    struct domain domain;
    assert_null(domain_from_text(&domain, "example.com", strlen("example.com")));
    return import_add(import, &domain);
}

static const char *take(const struct import *import, struct import_zone *zone, const char *line)
{
    ldns_rr *rr = NULL;
    assert_int_equal(ldns_rr_new_frm_str(&rr, line, 0, NULL, NULL), LDNS_STATUS_OK);
    const char *fault = import_rr(import, zone, rr);
    ldns_rr_free(rr);
    return fault;
}

/* A zone of a million texts has to fit into memory. */
static void test_text_takes_the_room_it_needs(void **state)
{
    enum { ROOMY = 256 };
    struct import import = {0};
    struct import_zone *zone = new_zone(&import);
    (void)state;
    assert_null(take(&import, zone, "a.example.com. 60 IN TXT \"v=spf1 -all\""));
    assert_int_equal(zone->count, 1);
    assert_string_equal(zone->rows[0].data, "v=spf1 -all");
    assert_true(malloc_usable_size(zone->rows[0].data) < ROOMY);
    import_release(&import);
}

/* The text of LINE's record; NULL = it was not taken. Given. */
static char *text_of(enum conf_txt format, const char *line)
{
    struct import import = {.txt_format = format};
    struct import_zone *zone = new_zone(&import);
    const char *fault = take(&import, zone, line);
    assert_int_equal(zone->count, fault == NULL);
    char *text = fault == NULL ? strdup(zone->rows[0].data) : NULL;
    import_release(&import);
    return text;
}

static void test_text_as_the_server_will_read_it(void **state)
{
    static const struct {
        enum conf_txt format;
        const char *strings, *text; /* text NULL: not taken */
    } cases[] = {
        {CONF_TXT_AUTO, "\"a b\"", "a b"},
        {CONF_TXT_AUTO, "\"a\" \"b\"", "\"a\" \"b\""},
        {CONF_TXT_AUTO, "\"\\\"q\\\"\"", "\"\\\"q\\\"\""},
        {CONF_TXT_AUTO, "\"a \"", "\"a \""},
        {CONF_TXT_AUTO, "\"\"", "\"\""},
        {CONF_TXT_AUTO, "\"a\\000\"", "\"a\\000\""},
        {CONF_TXT_QUOTED, "\"a b\"", "\"a b\""},
        {CONF_TXT_QUOTED, "\"a\" \"b\"", "\"a\" \"b\""},
        {CONF_TXT_RAW, "\"a b\"", "a b"},
        {CONF_TXT_RAW, "\"a\" \"b\"", "ab"},
        {CONF_TXT_RAW, "\"\\\"q\\\"\"", "\"q\""},
        {CONF_TXT_RAW, "\" a \"", " a "},
        {CONF_TXT_RAW, "\"a\\000\"", NULL},
        {CONF_TXT_RAW, "\"\"", NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char line[128];
        snprintf(line, sizeof line, "a.example.com. 60 IN TXT %s", cases[i].strings);
        char *text = text_of(cases[i].format, line);
        if (cases[i].text == NULL) {
            assert_null(text);
        } else {
            assert_non_null(text);
            assert_string_equal(text, cases[i].text);
        }
        free(text);
    }
}

struct from_wire {
    uint16_t type;
    const char *data; /* its octets */
    size_t len;
    const char *as_type, *text; /* NULL: not taken */
};

static void test_octets_from_another_server(void **state)
{
    static const struct from_wire cases[] = {
        {TYPE_MX, "\0\12\1m\0", 5, "MX", "m."},
        {TYPE_MX, "\0\12", 2, NULL, NULL}, /* ends amid its data */
        {TYPE_MX, "", 0, NULL, NULL},
        {TYPE_SRV, "\0\0\0\1", 4, NULL, NULL},
        {TYPE_SOA, "\0\0\0\0\0\1", 6, NULL, NULL},
        {TYPE_TXT, "", 0, NULL, NULL},
        {65400, "", 0, "TYPE65400", "\\# 0"},
        {TYPE_APL, "", 0, "APL", ""},
        {65400, "\1\2", 2, "TYPE65400", "\\# 2 0102"},
        /* parameters without a text form: another record before */
        {TYPE_SVCB, "\0\1\0\0\1\0\5\1x", 9, NULL, NULL},
        {TYPE_SVCB, "\0\1\0\0\1\0\3\2h2", 10, "SVCB", "1 . alpn=h2"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct from_wire *c = &cases[i];
        struct import import = {0};
        struct import_zone *zone = new_zone(&import);
        uint8_t wire[64] = "\7example\3com";
        size_t head = 13, at = 0;
        ldns_rr *rr = NULL;
        const uint8_t fixed[] = {c->type >> 8, c->type & 255, 0, 1, 0, 0, 0, 60, 0, c->len & 255};

        memcpy(wire + head, fixed, sizeof fixed);
        memcpy(wire + head + sizeof fixed, c->data, c->len);
        assert_int_equal(
            ldns_wire2rr(&rr, wire, head + sizeof fixed + c->len, &at, LDNS_SECTION_ANSWER),
            LDNS_STATUS_OK);
        const char *fault = import_rr(&import, zone, rr);
        assert_int_equal(fault == NULL, c->text != NULL);
        assert_int_equal(zone->count, c->text != NULL);
        if (c->text != NULL) {
            assert_string_equal(zone->rows[0].type, c->as_type);
            assert_string_equal(zone->rows[0].data, c->text);
        }
        ldns_rr_free(rr);
        import_release(&import);
    }
}

static void test_the_reason_is_the_servers(void **state)
{
    struct import import = {0};
    struct import_zone *zone = new_zone(&import);
    (void)state;
    const char *fault =
        take(&import, zone, "example.com. 60 IN DS 1 8 1 2bb183af5f22588179a53b0a98631fad1a292118");
    assert_non_null(fault);
    assert_non_null(strstr(fault, "belongs into the zone above"));
    assert_null(take(&import, zone,
                     "sub.example.com. 60 IN DS 1 8 1 2bb183af5f22588179a53b0a98631fad1a292118"));
    fault = take(&import, zone, "sub.example.com. 60 IN DS 1 8 1 2bb183");
    assert_non_null(fault);
    assert_non_null(strstr(fault, "digest"));
    import_release(&import);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text_takes_the_room_it_needs),
        cmocka_unit_test(test_text_as_the_server_will_read_it),
        cmocka_unit_test(test_octets_from_another_server),
        cmocka_unit_test(test_the_reason_is_the_servers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

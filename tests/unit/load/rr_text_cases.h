/*
 * Rows in tables, decoded and compared with what they become: what the tests of rr_text share. Include it
 * behind cmocka.h.
 */
#pragma once

#include <string.h>

#include "load/rr_text.h"

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

static inline struct db_value value_of(const char *text)
{
    return text == NULL ? (struct db_value){"", 0, true}
                        : (struct db_value){text, strlen(text), false};
}

static inline struct name example_com(void)
{
    struct name origin;
    assert_null(name_from_text(&origin, "example.com.", 12, NULL));
    return origin;
}

static inline bool decode(struct rr_row row, enum conf_txt format, struct row_fault *fault)
{
    struct name origin = example_com();
    memset(record.rdata, 0xee, 1024);
    return rr_text_decode(&row, &origin, format, &record, fault);
}

static inline struct rr_row row_of(const char *type, const char *data, uint32_t aux)
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

static inline void print_wire(const char *title, const uint8_t *octets, size_t len)
{
    print_error("%s:", title);
    for (size_t i = 0; i < len; i++) {
        print_error(octets[i] > 0x20 && octets[i] < 0x7f ? " %c" : " %02x", octets[i]);
    }
    print_error("\n");
}

static inline void expect_wire(const char *type, const char *data, const char *wire, size_t len)
{
    if (record.rdata_len != len || memcmp(record.rdata, wire, len) != 0) {
        print_wire("expected", (const uint8_t *)wire, len);
        print_wire("found", record.rdata, record.rdata_len);
        fail_msg("%s %s", type, data);
    }
}

static inline void check_good(const struct good *cases, size_t count)
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

static inline void check_bad(const struct bad *cases, size_t count, const char *column)
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

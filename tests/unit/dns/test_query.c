/* Questions cut off at every octet, with every octet changed: an outcome, and no step outside. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/random.h"
#include "dns/query.h"

/* Www.Example. MX IN, rd, OPT of 4096 with DO, NSID and a cookie. */
static const uint8_t full[] = {
    0xab, 0xcd, 0x01, 0x00, 0, 1,   0,   0,    0,   0,   0,   1,               /* header */
    3,    'W',  'w',  'w',  7, 'E', 'x', 'a',  'm', 'p', 'l', 'e', 0,          /* name */
    0,    15,   0,    1,                                                       /* MX IN */
    0,    0,    41,   0x10, 0, 0,   0,   0x80, 0,   0,   16,                   /* OPT */
    0,    3,    0,    0,    0, 10,  0,   8,    1,   2,   3,   4,   5, 6, 7, 8, /* NSID, cookie */
};
enum { QUESTION_END = 12 + 13 + 4 };

/* In memory of exactly LEN octets. */
static enum query_outcome parse(struct query *query, const uint8_t *message, size_t len)
{
    uint8_t *exact = alloc_copy(message, len);
    enum query_outcome outcome = query_parse(query, exact, len);
    free(exact);
    return outcome;
}

static void whole(void **state)
{
    struct query query;
    (void)state;
    assert_int_equal(parse(&query, full, sizeof full), QUERY_OK);
    assert_int_equal(query.id, 0xabcd);
    assert_int_equal(query.flags, FLAG_RD);
    assert_int_equal(query.opcode, OPCODE_QUERY);
    assert_int_equal(query.qtype, TYPE_MX);
    assert_int_equal(query.qclass, CLASS_IN);
    assert_int_equal(query.question_len, QUESTION_END - 12);
    assert_int_equal(query.qname.labels, 2);
    assert_memory_equal(query.qname.octets, "\3www\7example", 13);
    assert_true(query.edns && query.edns_do && query.edns_nsid);
    assert_int_equal(query.edns_size, 4096);
}

static void cut_off(void **state)
{
    struct query query;
    (void)state;
    for (size_t len = 0; len < sizeof full; len++) {
        enum query_outcome outcome = parse(&query, full, len);
        assert_int_equal(outcome, len < 12 ? QUERY_DROP : QUERY_FORMERR);
        assert_int_equal(query.question_len, len < QUESTION_END ? 0 : QUESTION_END - 12);
    }
    /* without OPT announced, the rest does not matter */
    uint8_t message[sizeof full];
    memcpy(message, full, sizeof full);
    message[11] = 0;
    for (size_t len = QUESTION_END; len <= sizeof full; len++) {
        assert_int_equal(parse(&query, message, len), QUERY_OK);
        assert_false(query.edns);
    }
}

static void changed(void **state)
{
    struct query query;
    struct random dice = {5};
    uint8_t message[sizeof full];

    (void)state;
    for (size_t at = 0; at < sizeof full; at++) {
        for (unsigned c = 0; c < 256; c++) {
            memcpy(message, full, sizeof full);
            message[at] = (uint8_t)c;
            enum query_outcome outcome = parse(&query, message, sizeof full);
            assert_true(outcome <= QUERY_COOKIE);
            assert_true(outcome != QUERY_OK || query.question_len > 0);
        }
    }
    for (unsigned n = 0; n < 200000; n++) {
        size_t len = random_below(&dice, sizeof full) + 1;
        memcpy(message, full, sizeof full);
        for (unsigned i = random_below(&dice, 6); i > 0; i--) {
            message[random_below(&dice, sizeof full)] = (uint8_t)random_next(&dice);
        }
        (void)parse(&query, message, len);
        assert_true(12u + query.question_len <= (len < 12 ? 12 : len));
    }
}

static void outcomes(void **state)
{
    static const struct {
        uint8_t at, value;
        enum query_outcome outcome;
    } cases[] = {
        {2, 0x81, QUERY_DROP},    /* QR */
        {2, 0x03, QUERY_OK},      /* TC */
        {2, 0x20, QUERY_NOTIMP},  /* NOTIFY */
        {2, 0x28, QUERY_NOTIMP},  /* UPDATE */
        {5, 0, QUERY_FORMERR},    /* no question */
        {5, 2, QUERY_FORMERR},    /* two */
        {26, 252, QUERY_REFUSED}, /* AXFR */
        {26, 254, QUERY_NOTIMP},  /* MAILA */
        {26, 0, QUERY_FORMERR},   /* type 0 */
        {26, 41, QUERY_FORMERR},  /* OPT */
        {26, 255, QUERY_OK},      /* ANY */
        {28, 3, QUERY_REFUSED},   /* CH */
        {28, 255, QUERY_OK},      /* class ANY */
        {35, 1, QUERY_BADVERS},   /* EDNS version */
    };
    struct query query;
    uint8_t message[sizeof full];

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        memcpy(message, full, sizeof full);
        message[cases[i].at] = cases[i].value;
        assert_int_equal(parse(&query, message, sizeof full), cases[i].outcome);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(whole), cmocka_unit_test(cut_off),
                                       cmocka_unit_test(changed), cmocka_unit_test(outcomes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

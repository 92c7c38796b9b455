/*
 * Signed questions of keys nobody here knows: NOTAUTH with BADKEY (RFC 8945, 5.2.1), and how the record
 * is read and repeated.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "dns/reply.h"

/* Algorithm ".", time 1, fudge 300, a MAC of two octets, original id 0x1234, no error, nothing else. */
static const uint8_t rdata[] = {0, 0, 0, 0, 0, 0, 1, 1, 44, 0, 2, 9, 9, 0x12, 0x34, 0, 0, 0, 0};
static uint8_t octets[DNS_MESSAGE_MAX];
static size_t len;
static struct query query;

static void add(const void *data, size_t count)
{
    memcpy(octets + len, data, count);
    len += count;
}

/* A question for a name of OWNER_LEN octets, with a TSIG whose key's name is KEY (COUNT octets). */
static enum query_outcome ask(unsigned owner_len, const void *key, size_t count)
{
    static const uint8_t header[] = {0, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, 1};
    const uint8_t fixed[] = {0, TYPE_TSIG, 0, CLASS_ANY, 0, 0, 0, 0, 0, sizeof rdata};

    len = 0;
    add(header, sizeof header);
    for (unsigned left = owner_len - 1; left > 0;) {
        unsigned label = left > 64 ? 62 : left - 1;
        octets[len] = (uint8_t)label;
        memset(octets + len + 1, 'x', label);
        len += 1 + label;
        left -= 1 + label;
    }
    add("\0\0\1\0\1", 5);
    add(key, count);
    add(fixed, sizeof fixed);
    add(rdata, sizeof rdata);
    return query_parse(&query, octets, len);
}

static size_t reply(bool edns, uint16_t *flags)
{
    struct reply_policy policy = {.edns_udp_size = 1232};
    struct reply reply;

    query.edns = edns;
    query.edns_size = 512;
    reply_begin(&reply, &query, octets, sizeof octets, false, &policy);
    reply.rcode = RCODE_NOTAUTH;
    size_t end = reply_finish(&reply, &query, &policy);
    *flags = reply.flags;
    return end;
}

static void answered(void **state)
{
    static const uint8_t expected[] = {
        1, 'k', 0, 0, TYPE_TSIG, 0, CLASS_ANY, 0, 0, 0,    0,    0, 17,          0, 0,
        0, 0,   0, 0, 1,         1, 44,        0, 0, 0x12, 0x34, 0, TSIG_BADKEY, 0, 0};
    uint16_t flags;
    (void)state;

    assert_int_equal(ask(9, "\1k", 3), QUERY_BADKEY);
    assert_true(query.tsig);
    size_t end = reply(false, &flags);
    assert_int_equal(end, 12 + 9 + 4 + sizeof expected);
    assert_memory_equal(octets + end - sizeof expected, expected, sizeof expected);
    assert_memory_equal(octets, "\0\7\201\11\0\1\0\0\0\0\0\1", 12);
    assert_int_equal(ask(9, "\1k", 3), QUERY_BADKEY);
    end = reply(true, &flags);
    assert_int_equal(end, 12 + 9 + 4 + 11 + sizeof expected); /* TSIG is the last */
    assert_memory_equal(octets + end - sizeof expected, expected, sizeof expected);
    assert_int_equal(octets[11], 2);
}

static void compressed_key(void **state)
{
    uint16_t flags;
    (void)state;
    assert_int_equal(ask(9, "\1k\300\14", 4), QUERY_BADKEY); /* k. and the question's name */
    assert_int_equal(query.tsig_seen.key.len, 2 + 9);
    assert_memory_equal(query.tsig_seen.key.octets, "\1k\7xxxxxxx", 11);
    assert_int_equal(reply(false, &flags), 12 + 9 + 4 + 11 + 27);
    /* forward, to itself, cut off, and past 255 octets */
    assert_int_equal(ask(9, "\1k\300\100", 4), QUERY_FORMERR);
    assert_int_equal(ask(9, "\300\31", 2), QUERY_FORMERR);
    assert_int_equal(ask(9, "\1k\300\31", 4), QUERY_FORMERR);
    assert_int_equal(ask(254, "\300\14", 2), QUERY_BADKEY);
    assert_int_equal(ask(254, "\1k\300\14", 4), QUERY_FORMERR);
}

/* By UDP without EDNS 512 octets hold two names of 255, but not with all that belongs to them. */
static void no_room(void **state)
{
    uint16_t flags;
    (void)state;
    assert_int_equal(ask(255, "\300\14", 2), QUERY_BADKEY);
    assert_int_equal(reply(false, &flags), 12 + 255 + 4);
    assert_int_equal(octets[11], 0);
    assert_int_equal(octets[3] & 15, RCODE_NOTAUTH);
}

/* Every message cut off, with every octet changed: read within its bounds (the sanitizers watch). */
static void bent(void **state)
{
    static uint8_t kept[512];
    (void)state;
    (void)ask(9, "\1k\300\14", 4);
    size_t whole = len;
    memcpy(kept, octets, whole);
    for (size_t cut = 12; cut < whole; cut++) {
        assert_int_equal(query_parse(&query, kept, cut), QUERY_FORMERR);
    }
    for (size_t at = 29; at < whole; at++) {
        for (unsigned value = 0; value < 256; value++) {
            uint8_t copy[512];
            memcpy(copy, kept, whole);
            copy[at] = (uint8_t)value;
            enum query_outcome outcome = query_parse(&query, copy, whole);
            assert_true(outcome == QUERY_BADKEY || outcome == QUERY_FORMERR ||
                        (outcome == QUERY_OK && !query.tsig)); /* another type */
            assert_int_equal(outcome == QUERY_BADKEY, query.tsig);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answered),
        cmocka_unit_test(compressed_key),
        cmocka_unit_test(no_room),
        cmocka_unit_test(bent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* One name's block: what is kept, what is sent, and back to rows. Limits of a build. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/quiesce.h"
#include "base/random.h"
#include "zone/zone.h"

static const uint8_t a1[] = {192, 0, 2, 1}, a2[] = {192, 0, 2, 2};

static struct record record(uint32_t id, uint16_t type, uint32_t ttl, uint32_t aux,
                            const void *rdata, size_t len)
{
    return (struct record){
        .id = id, .ttl = ttl, .aux = aux, .type = type, .rdata_len = (uint16_t)len, .rdata = rdata};
}

static void duplicates_and_ttl(void **state)
{
    struct record rows[] = {record(9, TYPE_A, 300, 0, a1, 4), record(3, TYPE_A, 60, 5, a1, 4),
                            record(5, TYPE_A, 600, 0, a2, 4), record(4, TYPE_TXT, 1, 7, "\1x", 2)};
    struct node *node = node_build((const uint8_t *)"\3www", 4, 0, 2, rows, 4);

    (void)state;
    assert_int_equal(node->rrset_count, 2);
    assert_int_equal(node->children, 2);
    assert_memory_equal(node_name(node), "\3www", 4);
    const struct rrset *set = node_rrset(node, TYPE_A);
    assert_int_equal(set->count, 2);
    assert_int_equal(set->total, 3);
    assert_int_equal(set->ttl, 60);
    assert_int_equal(set->flags, RRSET_MIXED_TTL | RRSET_WEIGHTED);
    assert_int_equal(set->len, 2 * 16);
    const uint32_t *ids = rrset_ids(set, node), *weights = rrset_weights(set, node);
    assert_int_equal(ids[0], 3); /* sent, by id */
    assert_int_equal(ids[1], 5);
    assert_int_equal(ids[2], 9); /* the same data again */
    assert_int_equal(weights[0], 5);
    assert_memory_equal(rrset_records(set, node), "\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\xc0\0\2\1", 16);
    assert_int_equal(node_rrset(node, TYPE_TXT)->flags, 0); /* aux matters to addresses only */
    assert_null(node_rrset(node, TYPE_MX));
    free(node);
}

/* What fits a message is sent, in order of id; what does not has no say in the TTL either. */
static void room_of_a_message(void **state)
{
    static uint8_t large[3][30000], small[2][2] = {"\1x", "\1y"};
    enum record_place places[6];
    large[1][0] = 1;
    large[2][0] = 2;
    struct record rows[] = {record(5, TYPE_TXT, 300, 0, small[0], 2),
                            record(4, TYPE_TXT, 1, 0, large[2], sizeof large[2]),
                            record(3, TYPE_TXT, 60, 0, large[0], sizeof large[0]),
                            record(2, TYPE_TXT, 300, 0, large[1], sizeof large[1]),
                            record(1, TYPE_TXT, 300, 0, large[0], sizeof large[0]),
                            record(6, TYPE_TXT, 300, 0, small[1], 2)};
    struct node *node = node_build((const uint8_t *)"\3www", 4, 0, 0, rows, 6);
    const struct rrset *set = node_rrset(node, TYPE_TXT);

    (void)state;
    assert_int_equal(rrset_choose(rows, 6, places), 4);
    assert_int_equal(places[2], RECORD_SAME);
    assert_int_equal(places[3], RECORD_NO_ROOM);
    assert_int_equal(set->count, 4);
    assert_int_equal(set->total, 6);
    assert_int_equal(set->ttl, 60);
    assert_int_equal(set->len, 2 * 30012 + 2 * 14);
    const uint32_t expected[] = {1, 2, 5, 6, 3, 4};
    assert_memory_equal(rrset_ids(set, node), expected, sizeof expected);
    free(node);
}

/* To the octet. */
static void room_is_used(void **state)
{
    static uint8_t first[40000], second[RRSET_OCTETS_MAX - 40000 - 2 * RECORD_HEADER_LEN + 1];
    enum record_place places[2];
    struct record rows[] = {record(1, TYPE_TXT, 1, 0, first, sizeof first),
                            record(2, TYPE_TXT, 1, 0, second, sizeof second - 1)};

    (void)state;
    assert_int_equal(rrset_choose(rows, 2, places), 2);
    rows[1].rdata_len++;
    assert_int_equal(rrset_choose(rows, 2, places), 1);
}

static void ttl_at_the_end(void **state)
{
    struct record rows[] = {record(1, TYPE_A, UINT32_MAX, 0, a1, 4),
                            record(2, TYPE_A, 5, 0, a2, 4)};
    struct node *node = node_build(NULL, 0, NODE_APEX, 0, rows, 2);

    (void)state;
    assert_int_equal(node->rrsets[0].ttl, 5);
    assert_int_equal(node->rrsets[0].flags, RRSET_MIXED_TTL);
    free(node);
}

static unsigned flags_of(uint16_t type, const char *name, unsigned len, unsigned flags)
{
    struct record row = record(1, type, 0, 0, "\xc0\0", 2);
    struct node *node = node_build((const uint8_t *)name, len, flags, 0, &row, 1);
    unsigned result = node->flags;
    free(node);
    return result;
}

static void flags(void **state)
{
    (void)state;
    assert_int_equal(flags_of(TYPE_NS, "\1a", 2, 0), NODE_CUT);
    assert_int_equal(flags_of(TYPE_NS, "", 0, NODE_APEX), NODE_APEX);
    assert_int_equal(flags_of(TYPE_CNAME, "\1*", 2, 0), NODE_CNAME | NODE_WILDCARD);
    assert_int_equal(flags_of(TYPE_DNAME, "\1a\1*", 4, 0), NODE_DNAME);
    assert_int_equal(flags_of(TYPE_ALIAS, "\2*a", 3, 0), NODE_ALIAS);
    assert_int_equal(flags_of(TYPE_A, "\1*\1a", 5, NODE_FOREIGN), NODE_FOREIGN);
}

static int by_id(const void *a, const void *b)
{
    const struct record *x = a, *y = b;
    return x->id < y->id ? -1 : x->id > y->id;
}

/* Rows to a node and back, whatever they are. */
static void there_and_back(void **state)
{
    struct random dice = {8};

    (void)state;
    for (unsigned round = 0; round < 3000; round++) {
        enum { MOST = 40 };
        static const uint16_t types[] = {TYPE_A, TYPE_TXT, TYPE_CNAME, TYPE_AAAA, 65400};
        struct record rows[MOST] = {0}, copy[MOST];
        uint8_t data[MOST][16];
        size_t count = random_below(&dice, MOST), back;
        for (size_t i = 0; i < count; i++) {
            uint16_t type = types[random_below(&dice, ARRAY_LEN(types))];
            size_t len = type == TYPE_A       ? 4
                         : type == TYPE_AAAA  ? 16
                         : type == TYPE_CNAME ? 3
                                              : random_below(&dice, 4);
            memset(data[i], 0, sizeof data[i]);
            data[i][0] = type == TYPE_CNAME ? 1 : (uint8_t)random_below(&dice, 3);
            data[i][1] = (uint8_t)random_below(&dice, 3);
            bool weighted = type == TYPE_A || type == TYPE_AAAA;
            rows[i] = record((uint32_t)(i * 7919 % 1000), type, random_below(&dice, 3),
                             weighted ? random_below(&dice, 2) : 0, data[i], len);
        }
        memcpy(copy, rows, count * sizeof *rows);
        struct node *node = node_build((const uint8_t *)"\1x", 2, 0, 0, rows, count);
        struct record *again = node_records(node, &back);
        assert_int_equal(back, count);
        qsort(copy, count, sizeof *copy, by_id);
        qsort(again, count, sizeof *again, by_id);
        for (size_t i = 0; i < count; i++) {
            assert_int_equal(copy[i].id, again[i].id);
            assert_int_equal(copy[i].type, again[i].type);
            assert_int_equal(copy[i].ttl, again[i].ttl);
            assert_int_equal(copy[i].aux, again[i].aux);
            assert_int_equal(copy[i].rdata_len, again[i].rdata_len);
            assert_memory_equal(copy[i].rdata, again[i].rdata, copy[i].rdata_len);
        }
        free(again);
        free(node);
    }
}

static void check_store(uint16_t type, const char *in, size_t len, const char *out, size_t out_len)
{
    uint8_t stored[64];
    size_t got;
    assert_true(rdata_store(stored, &got, type, (const uint8_t *)in, len,
                            (const uint8_t *)"\7example\3com"));
    assert_int_equal(got, out_len);
    assert_memory_equal(stored, out, out_len);
}

static void stored_names(void **state)
{
    uint8_t stored[64];
    size_t got;
    const uint8_t *origin = (const uint8_t *)"\7example\3com";

    (void)state;
    check_store(TYPE_MX, "\0\12\1a\7EXAMPLE\3com\0", 17, "\0\12\1a\xc0\0", 6);
    check_store(TYPE_MX, "\0\12\7example\3com\0", 15, "\0\12\xc0\0", 4);
    check_store(TYPE_MX, "\0\12\1a\3net\0", 9, "\0\12\1a\3net\0", 9);
    check_store(TYPE_SRV, "\0\0\0\0\0\0\7example\3com\0", 19, "\0\0\0\0\0\0\7example\3com\0", 19);
    check_store(TYPE_MINFO, "\7example\3com\0\1a\0", 16, "\xc0\0\1a\0", 5);
    check_store(TYPE_A, "\1\2\3\4", 4, "\1\2\3\4", 4);
    check_store(65400, "", 0, "", 0);
    assert_false(rdata_store(stored, &got, TYPE_MX, (const uint8_t *)"\0", 1, origin));
    assert_false(rdata_store(stored, &got, TYPE_MX, (const uint8_t *)"\0\12", 2, origin));
    assert_false(rdata_store(stored, &got, TYPE_NS, (const uint8_t *)"\3ab", 3, origin));
    /* Addresses of one set have to be of one length. */
    assert_false(rdata_store(stored, &got, TYPE_A, (const uint8_t *)"\300\0\2\1\0", 5, origin));
    assert_false(rdata_store(stored, &got, TYPE_AAAA, (const uint8_t *)"\300\0\2\1", 4, origin));
    assert_false(
        rdata_store(stored, &got, TYPE_SRV, (const uint8_t *)"\0\0\0\0\0\0\xc0\0", 8, origin));
    /* at the root there is nothing to shorten */
    assert_true(
        rdata_store(stored, &got, TYPE_NS, (const uint8_t *)"\1a\0", 3, (const uint8_t *)""));
    assert_int_equal(got, 3);
}

/* --- builds --- */

static void build_limits(void **state)
{
    struct name origin, owner;
    struct zone_content content;
    struct zone_too_large too_large;
    const struct zone_limits few = {.max_rows = 5, .max_rrset = 3};

    (void)state;
    assert_null(name_from_text(&origin, "t.", 2, NULL));
    assert_null(name_from_text(&owner, "www", 3, &origin));
    struct zone *zone = zone_new(1, &origin);
    for (unsigned rows = 3; rows <= 6; rows++) {
        struct zone_build *build = zone_build_new(zone, &few);
        for (uint32_t i = 0; i < rows; i++) {
            uint8_t address[4] = {1, 2, 3, (uint8_t)i};
            struct record row = record(i, TYPE_A, 0, 0, address, 4);
            assert_int_equal(zone_build_add(build, &owner, &row),
                             i < 5 ? ZONE_ADD_OK : ZONE_ADD_TOO_MANY);
        }
        bool ok = zone_build_finish(build, &content, &too_large);
        assert_true(ok == (rows == 3));
        if (ok) {
            zone_content_release(&content);
        } else {
            assert_true(name_equal(too_large.owner.octets, owner.octets));
            assert_int_equal(too_large.type, TYPE_A);
            assert_int_equal(too_large.records, rows < 5 ? rows : 5);
        }
        zone_build_free(build);
        quiesce_collect();
    }
    zone_free(zone);
}

/* The digest knows each column, and no order. */
static void digest(void **state)
{
    struct name origin, owner;
    const struct zone_limits limits = {.max_rows = 100, .max_rrset = 100};
    struct record rows[] = {record(1, TYPE_A, 1, 0, a1, 4), record(2, TYPE_A, 1, 0, a2, 4),
                            record(2, TYPE_A, 2, 0, a2, 4), record(2, TYPE_A, 1, 1, a2, 4),
                            record(3, TYPE_A, 1, 0, a2, 4), record(2, TYPE_TXT, 1, 0, a2, 4),
                            record(2, TYPE_A, 1, 0, a1, 4)};
    uint64_t sums[ARRAY_LEN(rows)][2];

    (void)state;
    assert_null(name_from_text(&origin, "t.", 2, NULL));
    assert_null(name_from_text(&owner, "www", 3, &origin));
    struct zone *zone = zone_new(1, &origin);
    for (size_t second = 1; second < ARRAY_LEN(rows); second++) {
        for (int turned = 0; turned < 2; turned++) {
            struct zone_build *build = zone_build_new(zone, &limits);
            assert_int_equal(zone_build_add(build, &owner, &rows[turned ? second : 0]),
                             ZONE_ADD_OK);
            assert_int_equal(zone_build_add(build, &owner, &rows[turned ? 0 : second]),
                             ZONE_ADD_OK);
            sums[second][turned] = zone_build_digest(build);
            zone_build_free(build);
        }
        assert_true(sums[second][0] == sums[second][1]);
        for (size_t before = 1; before < second; before++) {
            assert_true(sums[second][0] != sums[before][0]);
        }
    }
    zone_free(zone);
}

/* Comparing names reads beyond them, but never beyond the block: a sanitizer looks. */
static void slack_behind_the_name(void **state)
{
    struct record empty = record(1, TYPE_TXT, 0, 0, "", 0);
    uint8_t name[DNS_NAME_MAX + NAME_SLACK] = {0};

    (void)state;
    for (unsigned len = 0; len <= 40; len++) {
        memset(name, 'a', len);
        for (unsigned rows = 0; rows < 2; rows++) {
            struct node *node = node_build(name, len, 0, 0, rows > 0 ? &empty : NULL, rows);
            assert_true(lookup_octets_equal(node_name(node), name, len));
            free(node);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(room_of_a_message),
                                       cmocka_unit_test(room_is_used),
                                       cmocka_unit_test(duplicates_and_ttl),
                                       cmocka_unit_test(ttl_at_the_end),
                                       cmocka_unit_test(flags),
                                       cmocka_unit_test(there_and_back),
                                       cmocka_unit_test(stored_names),
                                       cmocka_unit_test(build_limits),
                                       cmocka_unit_test(slack_behind_the_name),
                                       cmocka_unit_test(digest)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

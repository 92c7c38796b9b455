/* What an ALIAS may cost: targets without number, each a long way from its address; and its order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "answer/answer.h"

enum { CAP = 8192, HOPS = 14 };

static const struct zone_limits limits = {10000, 1000};
static struct answer_policy policy = {.reply.edns_udp_size = 1232};
static struct store *store;
static struct zone *zone;
static struct answerer answerer;
static struct answer answer;
static uint8_t octets[CAP];
static uint32_t last_id;

static struct name name_of(const char *text)
{
    struct name name;
    assert_null(name_from_text(&name, text, strlen(text), NULL));
    return name;
}

static void put_weighted(const char *owner, uint16_t type, uint32_t aux, const void *rdata,
                         size_t len)
{
    struct name name = name_of(owner);
    struct record record = {.id = ++last_id,
                            .ttl = 60,
                            .aux = aux,
                            .type = type,
                            .rdata_len = (uint16_t)len,
                            .rdata = rdata};
    assert_int_equal(zone_put(zone, &name, &record, &limits), ZONE_ADD_OK);
}

static void put(const char *owner, uint16_t type, const void *rdata, size_t len)
{
    put_weighted(owner, type, 0, rdata, len);
}

static void put_target(const char *owner, uint16_t type, const char *target)
{
    struct name name = name_of(target);
    put(owner, type, name.octets, name.len);
}

static int begin(void **state)
{
    struct name origin = name_of("example.");
    struct zone_content content;
    struct zone_too_large too_large;
    struct soa_fields fields = {.serial = 1, .minimum = 60, .ttl = 60, .id = 1};

    (void)state;
    store = store_new();
    pthread_mutex_lock(&store->lock);
    struct hosted *hosted = store_add(store, 1, &origin);
    zone = hosted->zone;
    fields.ns = fields.mbox = name_of("ns.example.");
    struct zone_build *build = zone_build_new(zone, &limits);
    assert_true(zone_build_finish(build, &content, &too_large));
    zone_build_free(build);
    hosted->state = LOAD_RUNNING;
    assert_true(store_publish(store, hosted, &content, soa_new(zone, &fields), 0));
    pthread_mutex_unlock(&store->lock);
    atomic_store(&store->complete, true);
    answerer = (struct answerer){.store = store, .policy = &policy, .random = {1}, .now_sec = 1};
    return 0;
}

static int end(void **state)
{
    (void)state;
    store_free(store);
    return 0;
}

/* COUNT ALIAS rows, each to a name of its own that HOPS CNAMEs lead on from, to an address of its own. */
static void put_far_targets(unsigned count)
{
    char owner[32], target[32];

    for (unsigned i = 0; i < count; i++) {
        uint8_t address[4] = {192, 0, 2, (uint8_t)i};
        snprintf(target, sizeof target, "h0-%u.example.", i);
        put_target("alias.example.", TYPE_ALIAS, target);
        for (unsigned hop = 0; hop < HOPS; hop++) {
            snprintf(owner, sizeof owner, "h%u-%u.example.", hop, i);
            snprintf(target, sizeof target, "h%u-%u.example.", hop + 1, i);
            put_target(owner, TYPE_CNAME, target);
        }
        put(target, TYPE_A, address, sizeof address);
    }
}

/* How many addresses the name of the text has. */
static unsigned ask_for(const char *text)
{
    struct name name = name_of(text);

    memset(octets, 0, sizeof octets);
    octets[5] = 1;
    memcpy(octets + 12, name.octets, name.len);
    memcpy(octets + 12 + name.len, "\0\1\0\1", 4);
    answer_parse(&answer, octets, 12u + name.len + 4u);
    answer_prepare(&answer, 1, &answerer);
    assert_int_equal(answer_write(&answer, &answerer, octets, CAP, true), ANSWER_REPLY);
    assert_int_equal(octets[3] & 15, RCODE_NOERROR);
    return (unsigned)octets[6] << 8 | octets[7];
}

static unsigned ask(void)
{
    return ask_for("alias.example.");
}

static void some_far_targets(void **state)
{
    (void)state;
    put_far_targets(16);
    assert_int_equal(ask(), 16);
}

static void too_many_far_targets(void **state)
{
    (void)state;
    put("alias.example.", TYPE_A, "\1\1\1\1", 4);
    put_far_targets(200);
    assert_in_range(ask(), 17, 48);
}

static void many_near_targets(void **state)
{
    char target[32];

    (void)state;
    for (unsigned i = 0; i < 250; i++) {
        uint8_t address[4] = {192, 0, 2, (uint8_t)i};
        snprintf(target, sizeof target, "t%u.example.", i);
        put_target("alias.example.", TYPE_ALIAS, target);
        put(target, TYPE_A, address, sizeof address);
    }
    assert_int_equal(ask(), 250);
}

/* Whether the CNAME of an apex leads elsewhere counts before all the addresses that are there. */
static void many_addresses_beside_a_cname(void **state)
{
    (void)state;
    put_target("example.", TYPE_CNAME, "x.example.");
    put_target("x.example.", TYPE_CNAME, "out.test.");
    for (unsigned i = 0; i < 300; i++) {
        uint8_t address[4] = {192, 0, (uint8_t)(i >> 8), (uint8_t)i};
        put("example.", TYPE_A, address, sizeof address);
    }
    assert_int_equal(ask_for("example."), 2);
}

/* Addresses stand behind an ALIAS, or a CNAME that acts as one, as at the name they come from. */
static void order_by_aux(const char *owner, uint16_t type)
{
    unsigned first[4] = {0};

    put_weighted("pool.example.", TYPE_A, 50000, "\1\1\1\0", 4);
    put_weighted("pool.example.", TYPE_A, 0, "\1\1\1\1", 4);
    put_weighted("pool.example.", TYPE_A, 1, "\1\1\1\2", 4);
    put_weighted("more.example.", TYPE_A, 0, "\1\1\1\3", 4);
    put_target(owner, type, "pool.example.");
    if (type == TYPE_ALIAS) {
        put_target(owner, type, "more.example.");
    }
    for (unsigned n = 0; n < 1000; n++) {
        unsigned count = ask_for(owner);
        assert_int_equal(count, type == TYPE_ALIAS ? 4 : 3);
        size_t records = 12u + name_of(owner).len + 4u;
        assert_int_equal(octets[records + (count - 1) * 16 + 15], 0); /* 50000: always last */
        first[octets[records + 15]]++;
    }
    assert_in_range(first[2], 1, type == TYPE_ALIAS ? 250 : 400);
    assert_in_range(first[1], 300, 800);
}

static void alias_keeps_aux(void **state)
{
    (void)state;
    order_by_aux("alias.example.", TYPE_ALIAS);
}

static void cname_keeps_aux(void **state)
{
    (void)state;
    order_by_aux("example.", TYPE_CNAME);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(some_far_targets, begin, end),
        cmocka_unit_test_setup_teardown(too_many_far_targets, begin, end),
        cmocka_unit_test_setup_teardown(many_near_targets, begin, end),
        cmocka_unit_test_setup_teardown(many_addresses_beside_a_cname, begin, end),
        cmocka_unit_test_setup_teardown(alias_keeps_aux, begin, end),
        cmocka_unit_test_setup_teardown(cname_keeps_aux, begin, end)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

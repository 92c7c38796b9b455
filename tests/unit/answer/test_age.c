/* Which zones are too old to be answered from at once: a table of clocks, and of what is known of the database. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "answer/answer.h"
#include "base/attr.h"
#include "base/quiesce.h"

enum { READ_SEC = 1000000, FRESH_SEC = READ_SEC + 60, MANY = 100000 };

static const uint8_t question[] = "\0\1\0\0\0\1\0\0\0\0\0\0\3www\7example\0\0\1\0\1";

static struct store *store;
static struct zone *zone;
static struct answer_policy policy;
static struct answer answer;
static uint8_t octets[512];

/* A zone that was read at READ_SEC and is fresh up to FRESH_SEC. */
static int fresh(void **state)
{
    static const struct zone_limits limits = {100, 100};
    struct soa_fields fields = {.id = 1};
    struct zone_too_large too_large;
    struct zone_content content;
    struct name origin;

    (void)state;
    assert_null(name_from_text(&origin, "example.", 8, NULL));
    fields.ns = fields.mbox = origin;
    store = store_new();
    atomic_store(&store->complete, true);
    struct hosted *hosted = store_add(store, 1, &origin);
    struct zone_build *build = zone_build_new(hosted->zone, &limits);
    assert_true(zone_build_finish(build, &content, &too_large));
    zone_build_free(build);
    store_queue(store, hosted);
    hosted->state = LOAD_RUNNING;
    assert_true(store_publish(store, hosted, &content, soa_new(hosted->zone, &fields), 0));
    zone = hosted->zone;
    atomic_store(&zone->read_ns, READ_SEC * INT64_C(1000000000));
    atomic_store(&zone->fresh_sec, FRESH_SEC);
    atomic_store(&policy.stale_limit_sec, 86400);
    policy.reply.edns_udp_size = 1232;
    return 0;
}

static int gone(void **state)
{
    (void)state;
    store_free(store);
    quiesce_collect();
    return 0;
}

static enum answer_outcome ask(uint32_t now_sec, bool accept_stale)
{
    struct answerer answerer = {
        .store = store, .policy = &policy, .now_sec = now_sec, .accept_stale = accept_stale};

    memset(&answer.hint, 0, sizeof answer.hint);
    memcpy(octets, question, sizeof question - 1);
    answer_parse(&answer, octets, sizeof question - 1);
    answer_prepare(&answer, 1, &answerer);
    enum answer_outcome outcome = answer_write(&answer, &answerer, octets, sizeof octets, false);
    if (outcome == ANSWER_LATE) {
        assert_true(answer.late_stale); /* instead of waiting, this will do */
        memcpy(octets, question, sizeof question - 1);
        answer_not_ready(&answer, &answerer, octets, sizeof octets, false);
    }
    assert_int_equal(octets[3] & 15, RCODE_NXDOMAIN); /* in any case */
    return outcome;
}

static bool is_late(uint32_t now_sec)
{
    return ask(now_sec, false) == ANSWER_LATE;
}

static void past_its_age(void **state)
{
    (void)state;
    assert_false(is_late(READ_SEC));
    assert_false(is_late(FRESH_SEC));
    assert_true(is_late(FRESH_SEC + 1));
    assert_true(is_late(FRESH_SEC + MANY));
    assert_int_equal(ask(FRESH_SEC + 1, true), ANSWER_REPLY); /* old answers are good enough */
    atomic_store(&zone->fresh_sec, 0);                        /* zone-cache-expire = 0 */
    assert_false(is_late(FRESH_SEC + MANY));
}

static void only_for_a_healthy_database(void **state)
{
    (void)state;
    atomic_store(&store->database_slow, true);
    assert_false(is_late(FRESH_SEC + 1));
    atomic_store(&store->database_slow, false);
    assert_true(is_late(FRESH_SEC + 1));
    atomic_store(&zone->retry_sec, FRESH_SEC + 20); /* it could not be read a moment ago */
    assert_false(is_late(FRESH_SEC + 19));
    assert_true(is_late(FRESH_SEC + 20));
    atomic_store(&store->database_away, true);
    assert_false(is_late(FRESH_SEC + 20));
}

static void what_a_feed_vouches_for(void **state)
{
    const int64_t read_ns = atomic_load(&zone->read_ns);

    (void)state;
    atomic_store(&store->vouched_sec, FRESH_SEC + 10);
    atomic_store(&store->vouched_from_ns, read_ns);
    assert_false(is_late(FRESH_SEC + 1));
    assert_false(is_late(FRESH_SEC + 10));
    assert_true(is_late(FRESH_SEC + 11)); /* it has said nothing since */
    atomic_store(&store->vouched_from_ns, read_ns + 1);
    assert_true(is_late(FRESH_SEC + 1)); /* read before it began */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(past_its_age, fresh, gone),
        cmocka_unit_test_setup_teardown(only_for_a_healthy_database, fresh, gone),
        cmocka_unit_test_setup_teardown(what_a_feed_vouches_for, fresh, gone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

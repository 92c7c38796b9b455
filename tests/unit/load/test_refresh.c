/* When a zone is read again for its age: a table of clocks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/attr.h"
#include "base/quiesce.h"
#include "load/loader_private.h"

enum { LOADED_SEC = 1000000, LIMIT_SEC = 60, DAY_SEC = 86400 };

static struct store *store;
static struct hosted *hosted;

static struct instant at(int64_t sec)
{
    return (struct instant){sec * 1000000000};
}

/* A zone read at LOADED_SEC and asked for just then. */
static int fresh(void **state)
{
    static const struct zone_limits limits = {100, 100};
    struct zone_too_large too_large;
    struct zone_content content;
    struct soa_fields fields = {.id = 1};
    struct name origin;

    (void)state;
    assert_null(name_from_text(&origin, "example.", 8, NULL));
    fields.ns = fields.mbox = origin;
    store = store_new();
    hosted = store_add(store, 1, &origin);
    struct zone_build *build = zone_build_new(hosted->zone, &limits);
    assert_true(zone_build_finish(build, &content, &too_large));
    zone_build_free(build);
    store_queue(store, hosted);
    hosted->state = LOAD_RUNNING;
    assert_true(store_publish(store, hosted, &content, soa_new(hosted->zone, &fields), 0));
    hosted->max_age_sec = LIMIT_SEC;
    hosted->loaded_at = at(LOADED_SEC);
    atomic_store(&hosted->zone->read_ns, at(LOADED_SEC).ns);
    atomic_store(&hosted->zone->asked_sec, LOADED_SEC);
    return 0;
}

static int gone(void **state)
{
    (void)state;
    store_free(store);
    quiesce_collect();
    return 0;
}

static bool is_due(int64_t after_sec)
{
    return refresh_is_due(hosted, at(LOADED_SEC + after_sec), INT64_MAX);
}

static void from_half_of_its_age_on(void **state)
{
    (void)state;
    assert_false(is_due(0));
    assert_false(is_due(LIMIT_SEC / 2 - 1));
    assert_true(is_due(LIMIT_SEC / 2));
    assert_true(is_due(LIMIT_SEC));
    assert_true(is_due(DAY_SEC));
    assert_false(is_due(-DAY_SEC)); /* BOOTTIME never steps; if it did, nothing would be too old */
    hosted->max_age_sec = 1;
    assert_true(is_due(1));
    hosted->max_age_sec = 0; /* zone-cache-expire = 0 */
    assert_false(is_due(DAY_SEC));
}

static void only_what_is_asked_for(void **state)
{
    (void)state;
    atomic_store(&hosted->zone->asked_sec, LOADED_SEC - 1);
    assert_false(is_due(LIMIT_SEC));
    atomic_store(&hosted->zone->asked_sec, LOADED_SEC + LIMIT_SEC);
    assert_true(is_due(LIMIT_SEC));
}

static void only_when_nobody_reads_it(void **state)
{
    (void)state;
    atomic_store(&hosted->zone->retry_sec, LOADED_SEC + 100);
    assert_false(is_due(99));
    assert_true(is_due(100));
    atomic_store(&hosted->zone->retry_sec, 0);
    store_queue(store, hosted);
    assert_false(is_due(DAY_SEC));
}

static void not_what_is_vouched_for(void **state)
{
    struct instant late = at(LOADED_SEC + DAY_SEC);

    (void)state;
    assert_false(refresh_is_due(hosted, late, at(LOADED_SEC).ns));
    assert_false(refresh_is_due(hosted, late, at(LOADED_SEC - 5).ns));
    assert_true(refresh_is_due(hosted, late, at(LOADED_SEC).ns + 1));
    atomic_store(&store->vouched_sec, LOADED_SEC + DAY_SEC - 1);
    assert_false(refresh_is_vouched(store, late));
    atomic_store(&store->vouched_sec, LOADED_SEC + DAY_SEC);
    assert_true(refresh_is_vouched(store, late));
}

/* zone-cache-expire, or the lowest TTL of the zone if that is shorter. */
static void age_limit(void **state)
{
    static const struct {
        unsigned expire, ttl, floor, limit;
    } cases[] = {
        {60, 3600, 0, 60}, {60, 60, 0, 60}, {60, 5, 0, 5},       {60, 5, 30, 30},
        {60, 5, 300, 60},  {60, 0, 0, 1},   {0, 5, 0, 0},        {0, 0, 300, 0},
        {1, 0, 0, 1},      {1, 5, 0, 1},    {86400, 10, 10, 10}, {86400, 10, 9, 10},
    };
    struct conf conf = {0};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        conf.zone_cache_expire_sec = cases[i].expire;
        assert_int_equal(loader_max_age(&conf, cases[i].ttl, cases[i].floor), cases[i].limit);
    }
}

/* New and deleted zones are no staler than rows, unless a feed tells of them. */
static void sweeps(void **state)
{
    static const struct {
        unsigned interval, expire;
        bool vouched;
        unsigned sec;
    } cases[] = {
        {60, 300, false, 60}, {60, 1, false, 1}, {60, 1, true, 60}, {60, 0, false, 60},
        {0, 30, false, 30},   {0, 30, true, 0},  {0, 0, false, 0},
    };
    struct conf conf = {0};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        conf.sweep_interval_sec = cases[i].interval;
        conf.zone_cache_expire_sec = cases[i].expire;
        assert_int_equal(refresh_sweep_sec(&conf, cases[i].vouched), cases[i].sec);
    }
}

/* Whatever is due at half of its age is found before it is too old, up to a million zones. */
static void found_in_time(void **state)
{
    static const uint32_t lines[] = {1, 1 << 12, 1 << 15, 1 << 18};
    struct conf conf = {.zone_cache_expire_sec = 60};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
        unsigned a_second = refresh_steps(lines[i], &conf) * 1024;
        assert_true((lines[i] + a_second - 1) / a_second <= conf.zone_cache_expire_sec / 4);
    }
    conf.zone_cache_expire_sec = 1;
    assert_in_range(refresh_steps(1 << 18, &conf), 4, 32); /* not at any cost */
    conf.zone_cache_expire_sec = 0;
    assert_in_range(refresh_steps(1 << 18, &conf), 1, 32);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(from_half_of_its_age_on, fresh, gone),
        cmocka_unit_test_setup_teardown(only_what_is_asked_for, fresh, gone),
        cmocka_unit_test_setup_teardown(only_when_nobody_reads_it, fresh, gone),
        cmocka_unit_test_setup_teardown(not_what_is_vouched_for, fresh, gone),
        cmocka_unit_test(age_limit),
        cmocka_unit_test(sweeps),
        cmocka_unit_test(found_in_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

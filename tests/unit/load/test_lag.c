/* How far a replica is behind: not known is never 0, what stands still grows, news are told once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "db/db_lag.h"
#include "load/lag.h"

enum { LIMIT = 30 };

static const struct db_lag unknown = {.kind = DB_LAG_UNKNOWN};
static const struct db_lag primary = {.kind = DB_LAG_PRIMARY};
static const struct db_lag stopped = {.kind = DB_LAG_STOPPED, .why = "Duplicate entry"};

static struct db_lag behind(uint32_t seconds)
{
    return (struct db_lag){.kind = DB_LAG_RUNNING, .with_seconds = true, .seconds = seconds};
}

static struct instant at(int64_t sec)
{
    return (struct instant){(1000 + sec) * 1000000000};
}

static void expect(const struct lag *lag, enum lag_state state, uint32_t seconds, bool past)
{
    assert_int_equal(lag->status.state, state);
    assert_int_equal(lag->status.seconds, seconds);
    assert_int_equal(lag->status.past, past);
}

static void test_running(void **state)
{
    struct lag lag = {0};
    struct db_lag read = behind(LIMIT);
    (void)state;
    assert_int_equal(lag_update(&lag, &read, LIMIT, at(0)), LAG_NO_NEWS);
    expect(&lag, LAG_RUNNING, LIMIT, false);
    read = behind(LIMIT + 1);
    assert_int_equal(lag_update(&lag, &read, LIMIT, at(1)), LAG_NEWS_PAST);
    expect(&lag, LAG_RUNNING, LIMIT + 1, true);
    assert_int_equal(lag_update(&lag, &read, LIMIT, at(2)), LAG_NO_NEWS);
    read = behind(0);
    assert_int_equal(lag_update(&lag, &read, LIMIT, at(3)), LAG_NEWS_BACK);
    expect(&lag, LAG_RUNNING, 0, false);
}

static void test_unknown_is_told_once(void **state)
{
    struct lag lag = {0};
    (void)state;
    assert_int_equal(lag_update(&lag, &unknown, LIMIT, at(0)), LAG_NEWS_UNKNOWN);
    expect(&lag, LAG_UNKNOWN, 0, false);
    assert_int_equal(lag_update(&lag, &unknown, LIMIT, at(1)), LAG_NO_NEWS);
    assert_string_equal(lag_state_name(lag.status.state), "unknown");
}

static void test_stopped_grows(void **state)
{
    struct lag lag = {0};
    struct db_lag read = behind(7);
    (void)state;
    (void)lag_update(&lag, &read, LIMIT, at(0));
    assert_int_equal(lag_update(&lag, &stopped, LIMIT, at(10)), LAG_NO_NEWS);
    expect(&lag, LAG_STOPPED, 17, false);
    assert_string_equal(lag.status.why, "Duplicate entry");
    assert_int_equal(lag_update(&lag, &stopped, LIMIT, at(24)), LAG_NEWS_PAST);
    expect(&lag, LAG_STOPPED, 31, true);

    /* A heartbeat knows better. */
    read = stopped;
    read.with_seconds = true;
    read.seconds = 5;
    assert_int_equal(lag_update(&lag, &read, LIMIT, at(25)), LAG_NEWS_BACK);
    expect(&lag, LAG_STOPPED, 5, false);
}

static void test_stopped_from_the_start(void **state)
{
    struct lag lag = {0};
    (void)state;
    (void)lag_update(&lag, &stopped, LIMIT, at(0));
    expect(&lag, LAG_STOPPED, 0, false);
    (void)lag_update(&lag, &stopped, LIMIT, at(31));
    expect(&lag, LAG_STOPPED, 31, true);
}

static void test_promoted(void **state)
{
    struct lag lag = {0};
    (void)state;
    (void)lag_update(&lag, &stopped, LIMIT, at(0));
    (void)lag_update(&lag, &stopped, LIMIT, at(40));
    assert_int_equal(lag_update(&lag, &primary, LIMIT, at(41)), LAG_NEWS_BACK);
    expect(&lag, LAG_PRIMARY, 0, false);
    (void)lag_update(&lag, &stopped, LIMIT, at(50));
    expect(&lag, LAG_STOPPED, 0, false); /* a new replica: what was before does not count */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_running),       cmocka_unit_test(test_unknown_is_told_once),
        cmocka_unit_test(test_stopped_grows), cmocka_unit_test(test_stopped_from_the_start),
        cmocka_unit_test(test_promoted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Zones that are asked for while there is no room: how many a second, which first, on a clock of our own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "load/cold.h"

enum { LOADERS = 2, MAX = 8 };
static const int64_t NS_PER_MS = 1000000;

static struct instant at_ms(int64_t ms)
{
    return (struct instant){(1000000 + ms) * NS_PER_MS};
}

/*
 * Zones are asked for all the time from FROM_MS on, for a second, and each takes LOAD_US to load: how many
 * are loaded by a thread that takes one after the other, whenever it may.
 */
static unsigned loads_in_a_second(struct cold *cold, int64_t from_ms, int64_t load_us,
                                  unsigned loaders)
{
    struct instant now = at_ms(from_ms), end = at_ms(from_ms + 1000);
    uint32_t id = 1, taken[MAX];
    unsigned loads = 0;

    while (now.ns < end.ns) {
        cold_push(cold, id += 100, now);
        unsigned pause_ms = cold_pause_ms(cold, loaders, now);
        if (pause_ms > 0) {
            now = instant_after_ms(now, pause_ms);
            continue;
        }
        assert_int_equal(cold_take(cold, taken, MAX), 1);
        now.ns += load_us * 1000;
        cold_spend(cold, load_us * 1000);
        loads++;
    }
    return loads;
}

/* What adds up while nobody asks is gone at once; then it is half the time of the loaders. */
static void share_of_the_time(void **state)
{
    struct cold cold;

    (void)state;
    cold_init(&cold);
    (void)loads_in_a_second(&cold, 0, 1000, 1);
    assert_in_range(loads_in_a_second(&cold, 1000, 1000, 1), 480, 510);
    assert_in_range(loads_in_a_second(&cold, 2000, 10000, 1), 48, 52); /* a busy machine */
    assert_in_range(loads_in_a_second(&cold, 3000, 200, 1), 2400, 2510);
    assert_in_range(loads_in_a_second(&cold, 4000, 1000, 2), 980, 1000); /* as one thread can */
    cold_release(&cold);
}

static void some_come_at_once(void **state)
{
    struct cold cold;
    uint32_t taken[MAX];

    (void)state;
    cold_init(&cold);
    assert_int_equal(cold_pause_ms(&cold, LOADERS, at_ms(0)), 0);
    for (uint32_t id = 0; id < 1000; id++) {
        cold_push(&cold, id * 100, at_ms(0));
    }
    unsigned loads = 0; /* of a millisecond each, by many threads at the same moment */
    while (cold_pause_ms(&cold, LOADERS, at_ms(0)) == 0) {
        assert_int_equal(cold_take(&cold, taken, MAX), 1);
        cold_spend(&cold, NS_PER_MS);
        loads++;
    }
    assert_int_equal(loads, COLD_BURST_MS);
    /* And again after a while, but not twice as many after a long one. */
    assert_int_equal(cold_pause_ms(&cold, LOADERS, at_ms(3600 * 1000)), 0);
    for (loads = 0; cold_pause_ms(&cold, LOADERS, at_ms(3600 * 1000)) == 0; loads++) {
        assert_int_equal(cold_take(&cold, taken, MAX), 1);
        cold_spend(&cold, NS_PER_MS);
    }
    assert_int_equal(loads, COLD_BURST_MS);
    cold_release(&cold);
}

/* A load that took ten seconds, the database being frozen, does not keep others out for as long. */
static void long_loads(void **state)
{
    struct cold cold;

    (void)state;
    cold_init(&cold);
    cold_push(&cold, 1, at_ms(0));
    assert_int_equal(cold_pause_ms(&cold, LOADERS, at_ms(0)), 0);
    cold_spend(&cold, 10000 * NS_PER_MS);
    cold_spend(&cold, 10000 * NS_PER_MS);
    unsigned pause_ms = cold_pause_ms(&cold, LOADERS, at_ms(0));
    assert_in_range(pause_ms, 1, 2 * COLD_DEBT_MS);
    assert_int_not_equal(cold_pause_ms(&cold, LOADERS, at_ms(pause_ms - 2)), 0);
    assert_int_equal(cold_pause_ms(&cold, LOADERS, at_ms(pause_ms)), 0);
    cold_release(&cold);
}

static void latest_first(void **state)
{
    static const uint32_t ids[] = {50, 7, 8, 12, 500, 501, 505, 520, 300};
    struct cold cold;
    uint32_t taken[MAX];

    (void)state;
    cold_init(&cold);
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
        cold_push(&cold, ids[i], at_ms(0));
    }
    assert_int_equal(cold_take(&cold, taken, MAX), 1);
    assert_int_equal(taken[0], 300);
    assert_int_equal(cold_take(&cold, taken, MAX), 1);
    assert_int_equal(taken[0], 520);
    assert_int_equal(cold_take(&cold, taken, 2), 2); /* close together: one read, in rising order */
    assert_int_equal(taken[0], 501);
    assert_int_equal(taken[1], 505);
    assert_int_equal(cold_take(&cold, taken, MAX), 1);
    assert_int_equal(taken[0], 500);
    assert_int_equal(cold_take(&cold, taken, MAX), 3);
    assert_int_equal(taken[0], 7);
    assert_int_equal(taken[2], 12);
    assert_int_equal(cold_waiting(&cold), 1);
    cold_release(&cold);
}

static void expired(void **state)
{
    struct cold cold;
    uint32_t taken[MAX];

    (void)state;
    cold_init(&cold);
    for (uint32_t round = 0; round < 100; round++) { /* the memory is used again */
        for (uint32_t i = 0; i < 20; i++) {
            cold_push(&cold, 1 + i, at_ms(1000 * round + 10 * i));
        }
        assert_int_equal(cold_take_expired(&cold, at_ms(1000 * round + 999), taken, MAX), 0);
        assert_int_equal(cold_take_expired(&cold, at_ms(1000 * round + 1020), taken, MAX), 3);
        assert_int_equal(taken[0], 1);
        assert_int_equal(taken[2], 3);
        assert_int_equal(cold_take_expired(&cold, at_ms(1000 * round + 9999), taken, MAX), MAX);
        assert_int_equal(cold_take_expired(&cold, at_ms(1000 * round + 9999), taken, MAX), MAX);
        assert_int_equal(cold_take(&cold, taken, MAX), 1);
        assert_int_equal(taken[0], 20);
        assert_int_equal(cold_waiting(&cold), 0);
    }
    cold_release(&cold);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(share_of_the_time), cmocka_unit_test(some_come_at_once),
        cmocka_unit_test(long_loads),        cmocka_unit_test(latest_first),
        cmocka_unit_test(expired),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

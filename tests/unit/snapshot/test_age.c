/* How old a snapshot file is, by a clock that may be wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "snapshot/restore.h"

static void ages(void **state)
{
    struct snapshot_head head = {.saved_at = 100000, .there_at = 99000};

    (void)state;
    struct restore_age age = restore_age(&head, 100010);
    assert_true(age.known);
    assert_int_equal(age.saved_sec, 10);
    assert_int_equal(age.there_sec, 1010);
    age = restore_age(&head, 99900); /* a clock that is a little behind */
    assert_true(age.known);
    assert_int_equal(age.saved_sec, 0);
    assert_false(restore_age(&head, 90000).known);
    head.there_at = 100001;
    assert_false(restore_age(&head, 100010).known);
}

/* However long the server runs then. */
static void age_stays_unknown(void **state)
{
    struct snapshot_head future = {.saved_at = 100000, .there_at = 100000}, old = {0};
    struct store *store = store_new();
    struct instant now = clock_now();

    (void)state;
    for (uint32_t later = 0; later < 1000000000; later = later * 2 + 1) {
        store->away_from_sec = restore_away_from(&future, 1000, now);
        assert_true(store_away_sec(store, instant_sec(now) + later) >= 1000000000);
        store->away_from_sec = restore_away_from(&old, INT64_MAX / 2, now);
        assert_true(store_away_sec(store, instant_sec(now) + later) >= 1000000000);
        store->away_from_sec = restore_away_from(&future, 100500, now);
        assert_int_equal(store_away_sec(store, instant_sec(now) + later), 500 + later);
    }
    store_free(store);
}

static void clock_set(void **state)
{
    struct snapshot_head head = {.saved_at = 1000000, .there_at = 1000000};
    struct instant now = {INT64_C(1000000) * 1000000000};
    uint32_t from = 1000000 - 10, unknown = restore_away_from(&head, 0, now);

    (void)state;
    assert_int_equal(restore_away_from(&head, 1000010, now), from);
    assert_int_equal(restore_away_from_again(&head, 1000010, now, from), from);
    assert_int_equal(restore_away_from_again(&head, 1000300, now, from), from); /* a little */
    /* by three days, as after a start without network */
    assert_int_equal(restore_away_from_again(&head, 1259200, now, from), 1000000 - 259200);
    /* back, to before the file was saved: it was right, or it is, who knows */
    assert_int_equal(restore_away_from_again(&head, 500000, now, from), from);
    assert_int_equal(restore_away_from_again(&head, 1000010, now, unknown), from);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ages),
        cmocka_unit_test(age_stays_unknown),
        cmocka_unit_test(clock_set),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

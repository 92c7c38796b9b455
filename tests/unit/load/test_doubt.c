/* Losses that are looked at twice, on a clock of our own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "load/doubt.h"

static struct doubts doubts;

static int begin(void **state)
{
    (void)state;
    memset(&doubts, 0, sizeof doubts);
    return 0;
}

static bool settle(uint64_t key, uint64_t digest, int64_t ms)
{
    return doubts_settle(&doubts, key, digest, (struct instant){(1000 + ms) * 1000000});
}

static void the_same_twice(void **state)
{
    (void)state;
    assert_false(settle(7, 1, 0));
    assert_false(settle(7, 1, DOUBT_SURE_MS - 1));
    assert_true(settle(7, 1, DOUBT_SURE_MS));
    assert_false(settle(7, 1, DOUBT_SURE_MS)); /* the next loss */
    assert_false(settle(8, 1, 2 * DOUBT_SURE_MS));
    assert_false(settle(DOUBT_OF_LIST, 1, 2 * DOUBT_SURE_MS));
    assert_true(settle(7, 1, 2 * DOUBT_SURE_MS));
    assert_true(settle(DOUBT_OF_LIST, 1, 3 * DOUBT_SURE_MS));
    assert_true(settle(8, 1, 3 * DOUBT_SURE_MS));
}

/* A zone that is being written: each look finds one more row. It does not take for ever. */
static void still_changing(void **state)
{
    int64_t ms = 0;

    (void)state;
    for (uint64_t digest = 1; ms < DOUBT_MOST_MS; ms += DOUBT_SURE_MS) {
        assert_false(settle(7, digest++, ms));
    }
    assert_true(settle(7, 1000, ms));
    assert_false(settle(7, 1, 0));
    assert_false(settle(7, 2, DOUBT_SURE_MS));
    assert_false(settle(7, 2, 2 * DOUBT_SURE_MS - 1));
    assert_true(settle(7, 2, 2 * DOUBT_SURE_MS));
}

/* It came back, and is lost again much later: that is looked at twice as well. */
static void long_ago(void **state)
{
    (void)state;
    for (uint64_t key = 1; key <= 5; key++) {
        assert_false(settle(key, 1, 0));
    }
    assert_false(settle(3, 1, DOUBT_OLD_MS));
    for (uint64_t key = 1; key <= 5; key++) {
        bool settled = settle(key, 1, DOUBT_OLD_MS + DOUBT_SURE_MS);
        assert_int_equal(settled, key == 3);
    }
    for (uint64_t key = 1; key <= 5; key++) {
        bool settled = settle(key, 1, DOUBT_OLD_MS + 2 * DOUBT_SURE_MS);
        assert_int_equal(settled, key != 3);
    }
}

/* More at a time than are remembered show at once, rather than never. */
static void many(void **state)
{
    unsigned at_once = 0, later = 0;

    (void)state;
    for (uint64_t key = 0; key < 2 * DOUBT_MAX; key++) {
        at_once += settle(key, 1, 0);
    }
    assert_int_equal(at_once, DOUBT_MAX);
    for (uint64_t key = 0; key < DOUBT_MAX; key++) {
        later += settle(key, 1, DOUBT_SURE_MS);
    }
    assert_int_equal(later, DOUBT_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(the_same_twice, begin),
        cmocka_unit_test_setup(still_changing, begin),
        cmocka_unit_test_setup(long_ago, begin),
        cmocka_unit_test_setup(many, begin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

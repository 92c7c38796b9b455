/* GTID states: one GTID for each domain, in any order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "feed/gtid_list.h"

static void holds_whole_gtids(void **state)
{
    (void)state;
    assert_true(gtid_list_has("0-1-5,1-2-9", "0-1-5"));
    assert_true(gtid_list_has("0-1-5,1-2-9", "1-2-9"));
    assert_false(gtid_list_has("0-1-5,1-2-9", "1-2-"));
    assert_false(gtid_list_has("0-1-5,1-2-9", "2-9"));
    assert_false(gtid_list_has("", "0-1-5"));
}

static void order_does_not_count(void **state)
{
    (void)state;
    assert_true(gtid_list_equal("0-1-5,1-2-9", "1-2-9,0-1-5"));
    assert_true(gtid_list_equal("", ""));
    assert_false(gtid_list_equal("0-1-5", "0-1-5,1-2-9"));
    assert_false(gtid_list_equal("0-1-5,1-2-9", "0-1-5"));
    assert_false(gtid_list_equal("0-1-5", "0-2-5"));
}

static void a_domain_has_one(void **state)
{
    char list[GTID_LIST_SIZE] = "";

    (void)state;
    gtid_list_put(list, "0-1-5");
    assert_string_equal(list, "0-1-5");
    gtid_list_put(list, "10-1-1");
    gtid_list_put(list, "0-2-6");
    assert_true(gtid_list_equal(list, "0-2-6,10-1-1"));
    gtid_list_put(list, "1-2-9");
    assert_true(gtid_list_equal(list, "1-2-9,0-2-6,10-1-1"));
}

static void too_many_equal_nothing(void **state)
{
    char list[GTID_LIST_SIZE] = "", gtid[64];

    (void)state;
    for (unsigned domain = 0; domain < 100; domain++) {
        snprintf(gtid, sizeof gtid, "%u-4000000000-18446744073709551615", domain);
        gtid_list_put(list, gtid);
    }
    assert_string_equal(list, "?");
    gtid_list_put(list, "0-1-5");
    assert_false(gtid_list_equal(list, "0-1-5"));
    assert_false(gtid_list_equal(list, list));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(holds_whole_gtids),
        cmocka_unit_test(order_does_not_count),
        cmocka_unit_test(a_domain_has_one),
        cmocka_unit_test(too_many_equal_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

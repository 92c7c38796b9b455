/* Which of two servers is behind: by domain, never by what only one of them knows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#include "load/history.h"

static struct db_position at(const char *uid, const char *gtid)
{
    struct db_position position = {.binlog_pos = 4};
    snprintf(position.server_uid, sizeof position.server_uid, "%s", uid);
    snprintf(position.gtid, sizeof position.gtid, "%s", gtid);
    return position;
}

static void test_reaches(void **state)
{
    (void)state;
    assert_true(history_reaches("0-1-10", "0-1-10"));
    assert_true(history_reaches("0-2-11", "0-1-10")); /* the replica has become the primary */
    assert_false(history_reaches("0-1-9", "0-1-10"));
    assert_true(history_reaches("1-1-7,0-1-10", "0-1-10,1-1-7"));
    assert_false(history_reaches("1-1-6,0-1-10", "0-1-10,1-1-7"));
    /* its own log and what it replicated, each with domains */
    assert_true(history_reaches("0-2-3|0-1-10", "0-1-10"));
    assert_true(history_reaches("0-1-10,2-2-1|3-3-3", "0-1-10|3-3-3"));
    assert_false(history_reaches("0-2-3|0-1-9", "0-1-10"));
    /* nothing to compare */
    assert_true(history_reaches("", "0-1-10"));
    assert_true(history_reaches("0-1-10", ""));
    assert_true(history_reaches("5-1-1", "0-1-10"));
    assert_true(history_reaches("?", "nonsense,-,0-,0-1-"));
    assert_true(history_reaches("0-1-18446744073709551615", "0-1-18446744073709551614"));
}

static void test_behind(void **state)
{
    struct history history = {0};
    struct db_position a = at("a", "0-1-10"), b = at("b", "0-1-9"), b_later = at("b", "0-1-10");
    struct db_position anew = at("a", "0-1-1");
    (void)state;
    assert_false(history_is_behind(&history, 0, &b));
    history_note(&history, 0, &a, clock_now());
    assert_true(history_is_behind(&history, 1, &b));
    assert_true(history_is_behind(&history, 0, &b)); /* another server behind the same name */
    assert_false(history_is_behind(&history, 1, &b_later));
    assert_false(history_is_behind(&history, 0, &anew)); /* RESET MASTER */
    assert_true(history_is_behind(&history, 1, &anew));  /* a machine copied with its identity */
    history_note(&history, 0, &anew, clock_now());
    assert_false(history_is_behind(&history, 1, &b));
}

static void test_begun_by_a_file(void **state)
{
    struct history history = {0};
    struct db_position served = at("a", "0-1-10"), behind = at("b", "0-1-9"), unknown = at("a", "");
    struct db_position anew = at("a", "0-1-1"), later = at("b", "0-1-10");
    (void)state;
    history_begin(&history, &unknown);
    assert_false(history_is_behind(&history, 0, &behind));
    history_begin(&history, &served);
    assert_true(history_is_behind(&history, 0, &behind));
    assert_true(history_is_behind(&history, 1, &behind));
    assert_false(history_is_behind(&history, 0, &later));
    assert_true(history_is_elsewhere(&history, 0, &later));
    /* On the same server, whichever of db-host it is now. */
    assert_false(history_is_elsewhere(&history, 3, &anew));
    history_note(&history, 3, &anew, clock_now());
    assert_false(history_is_behind(&history, 3, &anew));
    assert_true(history_is_elsewhere(&history, 0, &anew));
}

static void test_overtaken(void **state)
{
    struct history history = {0};
    struct instant begun = clock_now();
    struct db_position first = at("a", "0-1-10"), second = at("a", "0-1-11"), none = at("a", "");
    struct db_position other = at("b", "0-1-10");
    (void)state;
    history_note(&history, 0, &second, begun);
    history_note(&history, 0, &first, begun); /* read at the same time, noted last */
    assert_string_equal(history.gtid, "0-1-11");
    history_note(&history, 0, &none, clock_now());
    assert_true(history_is_behind(&history, 0, &other));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reaches),
        cmocka_unit_test(test_behind),
        cmocka_unit_test(test_begun_by_a_file),
        cmocka_unit_test(test_overtaken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The rule of vanish protection, with a clock of its own. */
#include "load/vanish.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct vanish vanish;
static struct vanish_measure m;

static int begin(void **state)
{
    (void)state;
    vanish_init(&vanish);
    m = (struct vanish_measure){.now = {INT64_C(1000000000000)},
                                .zones = 100,
                                .rows = 1000,
                                .limit_percent = 10,
                                .hold_sec = 60};
    return 0;
}

static int end(void **state)
{
    (void)state;
    vanish_release(&vanish);
    return 0;
}

static void pass(int64_t ms)
{
    m.now = instant_after_ms(m.now, ms);
}

static bool held(void)
{
    return vanish_state(&vanish) == VANISH_HELD;
}

/* The feed tells of ROWS rows gone from ZONES zones, from id FIRST on, and of SOAS soa rows; EXACT: in detail. */
static void tell_so(bool exact, int64_t rows, uint32_t first, size_t zones, int64_t soas)
{
    uint32_t ids[64];
    for (size_t i = 0; i < zones; i++) {
        ids[i] = first + (uint32_t)i;
    }
    vanish_told(&vanish, &m,
                &(struct vanish_told){.exact = exact,
                                      .rows = rows,
                                      .soas = soas,
                                      .zones_of_rows = ids,
                                      .zones_of_rows_count = zones});
}

static void tell(int64_t rows, uint32_t first, size_t zones, int64_t soas)
{
    tell_so(false, rows, first, zones, soas);
}

static bool empties(uint32_t id, int64_t gone, uint32_t rows)
{
    return vanish_emptied(&vanish, &m, &(struct vanish_zone_told){id, gone}, rows);
}

static bool show(uint32_t id, uint32_t old_rows, uint32_t new_rows, bool complete, uint64_t digest)
{
    return vanish_zone(&vanish, &m,
                       &(struct vanish_zone){.id = id,
                                             .old_rows = old_rows,
                                             .new_rows = new_rows,
                                             .complete = complete,
                                             .digest = digest});
}

static enum vanish_step tick(int64_t ms, uint64_t mark, bool good)
{
    pass(ms);
    vanish_looked(&vanish, &m, &(struct vanish_look){good, mark, 100});
    return vanish_tick(&vanish, &m, false);
}

static void how_much_is_too_much(void **state)
{
    static const struct {
        uint32_t zones;
        uint64_t rows;
        unsigned limit;
        int64_t rows_gone;
        size_t of_zones;
        int64_t zones_gone;
        bool held;
    } cases[] = {
        {100, 1000, 10, 0, 0, 10, false},   /* 10 % is not more than 10 % */
        {100, 1000, 10, 0, 0, 11, true},    /* ... and 11 is */
        {100, 1000, 10, 110, 11, 0, true},  /* rows of many zones */
        {100, 1000, 10, 900, 9, 0, false},  /* most rows, but of few zones */
        {100, 1000, 10, 100, 40, 0, false}, /* few rows of many zones */
        {50, 500, 10, 0, 0, 9, false},      /* 18 %, but fewer than ten */
        {5, 50, 10, 10, 1, 1, false},       /* one of five */
        {5, 50, 10, 49, 5, 4, false},       /* not all of five */
        {5, 50, 10, 50, 5, 0, true},        /* all rows */
        {5, 50, 10, 0, 0, 5, true},         /* all zones */
        {1, 10, 10, 10, 1, 1, false},       /* the only zone may go */
        {100, 1000, 100, 1000, 64, 100, false},
        {100, 1000, 0, 1, 10, 0, true},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        vanish_init(&vanish);
        m.zones = cases[i].zones;
        m.rows = cases[i].rows;
        m.limit_percent = cases[i].limit;
        tell(cases[i].rows_gone, 1, cases[i].of_zones, cases[i].zones_gone);
        if (held() != cases[i].held) {
            fail_msg("case %zu", i);
        }
        vanish_release(&vanish);
    }
    vanish_init(&vanish);
}

/* Who deletes row by row all there is of few zones means it, by whatever way it is seen then. */
static void few_zones_told_in_detail(void **state)
{
    (void)state;
    m.zones = 3;
    m.rows = 6;
    tell_so(true, 6, 1, 3, 3);
    assert_false(held());
    assert_true(vanish_list(&vanish, &m, 3));
    vanish_sample(&vanish, &m, 3, 3);
    for (uint32_t zone = 1; zone <= 3; zone++) {
        assert_true(show(zone, 2, 0, false, zone));
        m.rows -= 2;
    }
    assert_false(held());
    begin(NULL);
    m.zones = 2; /* one after the other */
    tell_so(true, 0, 1, 0, 1);
    assert_true(vanish_list(&vanish, &m, 1));
    m.zones = 1;
    pass(100);
    tell_so(true, 0, 1, 0, 1);
    assert_true(vanish_list(&vanish, &m, 1));
    begin(NULL);
    m.zones = 3;
    tell_so(true, 6, 1, 3, 3); /* then something that was not told in detail */
    vanish_told(&vanish, &m, &(struct vanish_told){0});
    assert_false(vanish_list(&vanish, &m, 3));
    begin(NULL);
    m.zones = 3;
    tell_so(true, 6, 1, 3, 3); /* long ago */
    pass(VANISH_MEANT_MS);
    assert_false(vanish_list(&vanish, &m, 3));
    begin(NULL);
    m.zones = 10; /* not few */
    tell_so(true, 0, 1, 0, 10);
    assert_true(held());
    begin(NULL);
    m.zones = 2; /* DDL, whatever the size */
    vanish_told(&vanish, &m, &(struct vanish_told){.rebuilt = true});
    assert_true(held());
}

static void small_steps_add_up(void **state)
{
    (void)state;
    for (uint32_t zone = 1; zone <= 10; zone++) {
        tell(10, zone, 1, 0);
        pass(500);
        assert_false(held());
    }
    tell(10, 11, 1, 0);
    assert_true(held());
    begin(NULL);
    for (uint32_t zone = 1; zone <= 40; zone++) { /* with pauses they do not */
        tell(10, zone, 1, 1);
        pass(VANISH_QUIET_MS);
        assert_false(held());
    }
    for (uint32_t zone = 1; zone <= 40; zone++) { /* nor filled in at once */
        tell(10, zone, 1, 0);
        tell(-10, zone, 0, 0);
        assert_false(held());
    }
    for (uint32_t zone = 1; zone <= 40; zone++) { /* zones that come back count nevertheless */
        tell(0, zone, 0, 1);
        tell(0, zone, 0, -1);
    }
    assert_true(held());
}

static void a_table_built_anew(void **state)
{
    (void)state;
    m.zones = 1;
    vanish_told(&vanish, &m, &(struct vanish_told){.rebuilt = true});
    assert_true(held());
    begin(NULL);
    m.zones = 0; /* nothing to lose */
    vanish_told(&vanish, &m, &(struct vanish_told){.rebuilt = true});
    assert_false(held());
    m.zones = 100;
    vanish_missing(&vanish);
    assert_false(held());
    vanish_connected(&vanish, &m);
    assert_true(held());
}

static void the_list(void **state)
{
    (void)state;
    assert_true(vanish_list(&vanish, &m, 10));
    m.zones -= 10;
    assert_false(vanish_list(&vanish, &m, 1)); /* 11 of the 100 that were */
    assert_true(held());
    begin(NULL);
    m.zones = 3;
    assert_true(vanish_list(&vanish, &m, 2));
    begin(NULL);
    m.zones = 3;
    assert_false(vanish_list(&vanish, &m, 3));
}

static void a_sample(void **state)
{
    (void)state;
    vanish_sample(&vanish, &m, 64, 6);
    assert_false(held());
    vanish_sample(&vanish, &m, 64, 7);
    assert_true(held());
    begin(NULL);
    m.zones = 3;
    vanish_sample(&vanish, &m, 3, 2);
    assert_false(held());
    vanish_sample(&vanish, &m, 3, 3);
    assert_true(held());
}

static void what_shows_during_a_hold(void **state)
{
    (void)state;
    vanish_told(&vanish, &m, &(struct vanish_told){.rebuilt = true});
    assert_true(show(1, 10, 10, true, 1)); /* changed */
    assert_true(show(1, 10, 12, true, 2)); /* grown */
    assert_false(show(1, 10, 12, false, 3));
    assert_false(show(1, 10, 9, true, 4));
    assert_false(show(1, 10, 0, false, 5));
    assert_false(vanish_list(&vanish, &m, 1));
}

static void what_is_found_by_loads_adds_up(void **state)
{
    (void)state;
    for (uint32_t zone = 1; zone <= 12; zone++) {
        assert_true(show(zone, 10, 2, false, zone));
        m.rows -= 8;
    }
    assert_false(show(13, 10, 2, false, 13));
    assert_true(held());
}

static void an_emptied_zone_waits(void **state)
{
    uint32_t ids[VANISH_WAITS];
    (void)state;
    assert_false(show(7, 10, 0, false, 1));
    assert_false(held());
    assert_int_equal(vanish_waiting(&vanish, ids), 1);
    assert_int_equal(ids[0], 7);
    pass(1500);
    assert_false(show(7, 10, 3, false, 2)); /* it is being filled */
    pass(1500);
    assert_false(show(7, 10, 3, false, 2));
    pass(500);
    assert_true(show(7, 10, 3, false, 2));
    assert_int_equal(vanish_waiting(&vanish, ids), 0);
    assert_false(show(8, 10, 0, false, 1));
    assert_true(show(8, 10, 10, true, 3)); /* filled */
    assert_int_equal(vanish_waiting(&vanish, ids), 0);
    assert_true(show(9, 2, 0, false, 1)); /* too few to be a zone that is written anew */
    for (uint32_t zone = 100; zone <= 100 + VANISH_WAITS; zone++) {
        assert_false(show(zone, 10, 0, false, zone));
    }
    assert_true(held()); /* so many are no single zones */
}

/* Zones that were emptied, and then deleted, before the wait was over: others wait as ever. */
static void a_deleted_zone_does_not_wait(void **state)
{
    uint32_t ids[VANISH_WAITS];
    (void)state;
    for (uint32_t zone = 1; zone <= 3 * VANISH_WAITS; zone++) {
        assert_false(show(zone, 10, 0, false, zone));
        vanish_forget(&vanish, zone);
    }
    assert_false(held());
    assert_false(show(7, 10, 0, false, 7));
    vanish_forget(&vanish, 8);
    assert_int_equal(vanish_waiting(&vanish, ids), 1);
    assert_int_equal(ids[0], 7);
}

/* It waits from when the feed tells it: when it is read, some rows may be back. */
static void an_emptied_zone_is_told(void **state)
{
    uint32_t ids[VANISH_WAITS];
    (void)state;
    assert_false(empties(7, 4, 5)); /* one stays */
    assert_false(empties(7, 2, 2)); /* too few */
    assert_true(empties(7, 5, 5));
    assert_false(empties(7, 5, 5)); /* it waits already */
    assert_int_equal(vanish_waiting(&vanish, ids), 1);
    assert_false(show(7, 5, 3, false, 1));
    assert_false(show(7, 5, 5, false, 2)); /* not all names yet */
    pass(100);
    assert_true(show(7, 5, 6, true, 3)); /* at once */
    assert_int_equal(vanish_waiting(&vanish, ids), 0);
    assert_false(empties(8, -5, 5)); /* new rows first, then the old ones go */
    assert_false(empties(8, 5, 5));
    assert_true(show(8, 5, 5, false, 4));
    assert_true(empties(8, 5, 5));
    vanish_forget(&vanish, 8); /* deleted */
    assert_int_equal(vanish_waiting(&vanish, ids), 0);
    assert_true(empties(9, 5, 5));
    assert_false(show(9, 5, 3, false, 1)); /* fewer than before are all */
    pass(VANISH_QUIET_MS);
    assert_true(show(9, 5, 3, false, 1));
    assert_false(held());
    m.limit_percent = 100;
    assert_false(empties(10, 5, 5));
    m.limit_percent = 10;
    vanish_told(&vanish, &m, &(struct vanish_told){.rebuilt = true});
    assert_false(empties(10, 5, 5)); /* the hold does it */
}

static void ends_when_quiet(void **state)
{
    char text[VANISH_NEWS_SIZE];
    struct vanish_status status;
    (void)state;
    vanish_told(&vanish, &m, &(struct vanish_told){.rebuilt = true});
    assert_true(vanish_news(&vanish, text));
    assert_non_null(strstr(text, "a table is built anew (vanish-limit = 10 %)"));
    assert_false(vanish_news(&vanish, text));
    assert_int_equal(vanish_tick(&vanish, &m, false), VANISH_LOOK);
    assert_int_equal(tick(1000, 1, true), VANISH_LOOK);
    assert_int_equal(tick(1000, 1, false), VANISH_LOOK); /* empty, or locked */
    assert_int_equal(tick(1000, 1, true), VANISH_LOOK);
    assert_int_equal(tick(900, 2, true), VANISH_LOOK); /* changed */
    assert_int_equal(tick(1000, 2, true), VANISH_LOOK);
    vanish_told(&vanish, &m, &(struct vanish_told){0}); /* the feed saw something */
    assert_int_equal(tick(1000, 2, true), VANISH_LOOK);
    vanish_status(&vanish, &status);
    assert_true(status.holding);
    assert_int_equal(tick(1000, 2, true), VANISH_VERIFY);
    vanish_status(&vanish, &status);
    assert_false(status.holding);
    assert_int_equal(status.holds, 1);
    assert_true(vanish_news(&vanish, text));
    assert_non_null(strstr(text, "ends after 6 s, both tables are quiet"));
    /* everything shows now, until all of it was read */
    assert_true(vanish_list(&vanish, &m, 100));
    assert_true(show(1, 10, 0, false, 1));
    /* but not what was read during the hold and comes now */
    m.read_at = instant_after_ms(m.now, -1);
    assert_false(vanish_list(&vanish, &m, 100));
    assert_false(show(1, 10, 9, false, 1));
    assert_true(vanish_wants_names(&vanish, 1));
    assert_false(show(1, 10, 10, false, 1));
    assert_true(show(1, 10, 10, true, 1));
    m.read_at = m.now;
    assert_true(vanish_list(&vanish, &m, 100));
    assert_true(show(1, 10, 0, false, 1));
    m.read_at = (struct instant){0};
    vanish_settled(&vanish); /* by what ran before */
    assert_int_equal(vanish_state(&vanish), VANISH_RELEASED);
    vanish_asked(&vanish);
    vanish_settled(&vanish);
    assert_int_equal(vanish_state(&vanish), VANISH_OPEN);
    assert_false(vanish_list(&vanish, &m, 100));
}

static void ends_in_time(void **state)
{
    (void)state;
    m.hold_sec = 5;
    vanish_told(&vanish, &m, &(struct vanish_told){.rebuilt = true});
    for (uint64_t i = 1; i < 5; i++) {
        assert_int_equal(tick(1000, i, true), VANISH_LOOK);
        vanish_told(&vanish, &m, &(struct vanish_told){.rebuilt = true}); /* no longer for that */
    }
    for (int i = 0; i < 10; i++) { /* not counted while the database is away */
        pass(1000);
        assert_int_equal(vanish_tick(&vanish, &m, true), VANISH_NOTHING);
    }
    assert_int_equal(tick(1000, 9, true), VANISH_VERIFY);
    vanish_told(&vanish, &m, &(struct vanish_told){.rebuilt = true}); /* the next table */
    assert_true(held());
    vanish_let_go(&vanish, &m);
    assert_int_equal(vanish_state(&vanish), VANISH_RELEASED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(how_much_is_too_much, begin, end),
        cmocka_unit_test_setup_teardown(few_zones_told_in_detail, begin, end),
        cmocka_unit_test_setup_teardown(small_steps_add_up, begin, end),
        cmocka_unit_test_setup_teardown(a_table_built_anew, begin, end),
        cmocka_unit_test_setup_teardown(the_list, begin, end),
        cmocka_unit_test_setup_teardown(a_sample, begin, end),
        cmocka_unit_test_setup_teardown(what_shows_during_a_hold, begin, end),
        cmocka_unit_test_setup_teardown(what_is_found_by_loads_adds_up, begin, end),
        cmocka_unit_test_setup_teardown(an_emptied_zone_waits, begin, end),
        cmocka_unit_test_setup_teardown(a_deleted_zone_does_not_wait, begin, end),
        cmocka_unit_test_setup_teardown(an_emptied_zone_is_told, begin, end),
        cmocka_unit_test_setup_teardown(ends_when_quiet, begin, end),
        cmocka_unit_test_setup_teardown(ends_in_time, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

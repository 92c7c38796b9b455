/*
 * What goes into messages, and the sum of many outcomes.
 */
#include "admin/report.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void quoted_values_cannot_move_a_cursor(void **state)
{
    static const struct {
        const char *value, *quoted;
    } cases[] = {
        {"", "\"\""},
        {"plain", "\"plain\""},
        {"a\x1b[2J\n", "\"a\\027[2J\\010\""},
        {"back\\slash", "\"back\\092slash\""},
        {"b\xc3\xbc"
         "cher",
         "\"b\xc3\xbc"
         "cher\""},
        {"\xe2\x80\xae", "\"\\226\\128\\174\""}, /* turns the text round */
        {"\xc2\x9b", "\"\\194\\155\""},          /* a control character of ISO 6429 */
        {"\xc3", "\"\\195\""},
        {"\xff\xfe", "\"\\255\\254\""},
        {"\xe0\x9f\xbf", "\"\\224\\159\\191\""}, /* longer than need be */
        {"\xed\xa0\x80", "\"\\237\\160\\128\""}, /* half of a pair of UTF-16 */
        {"\xed\x9f\xbf", "\"\xed\x9f\xbf\""},
        {"\xf0\x8f\xbf\xbf", "\"\\240\\143\\191\\191\""},
        {"\xf4\x90\x80\x80", "\"\\244\\144\\128\\128\""}, /* past U+10FFFF */
        {"\xf0\x9f\x98\x80", "\"\xf0\x9f\x98\x80\""},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        assert_string_equal(report_quote(cases[i].value, strlen(cases[i].value)), cases[i].quoted);
    }
}

static void long_values_are_cut(void **state)
{
    char value[1000];
    (void)state;
    memset(value, 1, sizeof value);
    const char *quoted = report_quote(value, sizeof value);
    assert_true(strlen(quoted) < 320);
    assert_string_equal(quoted + strlen(quoted) - 3, "..\"");
}

static enum outcome sum(size_t done, size_t unchanged, const enum outcome *failed, size_t count)
{
    struct tally tally = {.done = done, .unchanged = unchanged};
    for (size_t i = 0; i < count; i++) {
        tally_failed(&tally, failed[i]);
    }
    return tally_outcome(&tally);
}

static void many_outcomes_make_one(void **state)
{
    static const enum outcome twice[] = {OUTCOME_EXISTS, OUTCOME_EXISTS};
    static const enum outcome mixed[] = {OUTCOME_EXISTS, OUTCOME_REFUSED};
    static const enum outcome away[] = {OUTCOME_REFUSED, OUTCOME_AWAY, OUTCOME_EXISTS};
    (void)state;
    assert_int_equal(sum(0, 0, NULL, 0), OUTCOME_OK);
    assert_int_equal(sum(3, 1, NULL, 0), OUTCOME_OK);
    assert_int_equal(sum(0, 0, twice, 2), OUTCOME_EXISTS);
    assert_int_equal(sum(1, 0, twice, 2), OUTCOME_PARTLY);
    assert_int_equal(sum(0, 1, twice, 2), OUTCOME_PARTLY);
    assert_int_equal(sum(0, 0, mixed, 2), OUTCOME_FAILED);
    assert_int_equal(sum(0, 0, away, 3), OUTCOME_AWAY);
    assert_int_equal(sum(5, 0, away, 3), OUTCOME_PARTLY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quoted_values_cannot_move_a_cursor),
        cmocka_unit_test(long_values_are_cut),
        cmocka_unit_test(many_outcomes_make_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

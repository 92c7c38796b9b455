/*
 * Serial numbers: today's date, or one more; never back.
 */
#include "admin/serial.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { NOV_20_2026 = 1795132800 + 86399 }; /* the last second of 2026-11-20, UTC */

static void first_of_day_is_the_date(void **state)
{
    (void)state;
    assert_int_equal(serial_first_of_day(NOV_20_2026), 2026112001);
    assert_int_equal(serial_first_of_day(NOV_20_2026 + 1), 2026112101);
    assert_int_equal(serial_first_of_day(0), 1970010101);
}

static void next_moves_forward(void **state)
{
    static const struct {
        uint32_t now, next;
    } cases[] = {
        {0, 2026112001},
        {1, 2026112001},
        {1795132800, 2026112001}, /* Unix time */
        {2025010199, 2026112001},
        {2026112000, 2026112001},
        {2026112001, 2026112002},
        {2026112098, 2026112099},
        {2026112099, 2026112100}, /* the hundredth change of the day */
        {2026112100, 2026112101},
        {2030010100, 2030010101}, /* from the future */
        {3000000000u, 3000000001u},
        {UINT32_MAX - 1, UINT32_MAX},
        {UINT32_MAX, 1}, /* 0 is skipped */
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint32_t next = serial_next(cases[i].now, NOV_20_2026);
        assert_int_equal(next, cases[i].next);
        /* RFC 1982, 3.2 */
        assert_true(next - cases[i].now > 0 && next - cases[i].now < 0x80000000u);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_of_day_is_the_date),
        cmocka_unit_test(next_moves_forward),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

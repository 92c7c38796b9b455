/* Serials of two moments: what is new, gone, or other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "feed/serials.h"

static void note(void *context, uint32_t id, const struct serial *is)
{
    char *text = context;
    assert_true(is == NULL || is->id == id);
    sprintf(text + strlen(text), is == NULL ? "-%u " : "%u ", id);
}

static void compare(struct serials *was, struct serials *is, const char *expected)
{
    char text[256] = "";
    serials_compare(was, is, note, text);
    assert_string_equal(text, expected);
}

static void finds_what_differs(void **state)
{
    struct serials was = {0}, is = {0}, none = {0};

    (void)state;
    compare(&none, &none, "");
    for (uint32_t id = 10; id < 20; id++) {
        serials_add(&was, id, 1);
        if (id != 13) {
            serials_add(&is, id, id == 15 ? 2 : 1);
        }
    }
    compare(&was, &was, "");
    serials_add(&is, 25, 1);
    compare(&was, &is, "-13 15 25 ");
    compare(&is, &was, "13 15 -25 ");
    compare(&none, &is, "10 11 12 14 15 16 17 18 19 25 ");
    compare(&is, &none, "-10 -11 -12 -14 -15 -16 -17 -18 -19 -25 ");
    serials_release(&was);
    serials_release(&is);
}

static void tells_the_next_id(void **state)
{
    struct serials serials = {0};

    (void)state;
    assert_int_equal(serials_next_id(&serials), 1);
    serials_add(&serials, 41, 0);
    assert_int_equal(serials_next_id(&serials), 42);
    serials_add(&serials, UINT32_MAX, 0);
    assert_int_equal(serials_next_id(&serials), 0);
    serials_release(&serials);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_what_differs),
        cmocka_unit_test(tells_the_next_id),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

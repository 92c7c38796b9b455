/* Escaped octets, random numbers in bounds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/random.h"
#include "base/text.h"

static void escapes(void **state)
{
    char out[100], expected[8], octet;

    (void)state;
    assert_string_equal(text_escape(out, sizeof out, "", 0), "");
    assert_string_equal(text_escape(out, sizeof out, "a b\n\\\"\xff", 7), "a b\\010\\092\"\\255");
    assert_string_equal(text_escape(out, sizeof out, "\0", 1), "\\000");
    for (unsigned c = 0; c < 256; c++) {
        octet = (char)c;
        snprintf(expected, sizeof expected, c >= 0x20 && c < 0x7f && c != '\\' ? "%c" : "\\%03u",
                 c);
        assert_string_equal(text_escape(out, sizeof out, &octet, 1), expected);
    }
}

/* Every length into every capacity: within bounds, whole characters, marked when cut. */
static void cut(void **state)
{
    static const char data[] = "ab\ncd\x80"
                               "e";
    char full[100];

    (void)state;
    for (size_t len = 0; len < sizeof data; len++) {
        text_escape(full, sizeof full, data, len);
        for (size_t cap = 5; cap < 40; cap++) {
            char out[50];
            memset(out, '#', sizeof out);
            assert_ptr_equal(text_escape(out, cap, data, len), out);
            size_t used = strlen(out);
            assert_true(used < cap);
            assert_int_equal(out[cap], '#');
            if (strcmp(out, full) != 0) {
                assert_true(strlen(full) + 3 > cap);
                assert_string_equal(out + used - 2, "..");
                assert_memory_equal(out, full, used - 2);
            }
        }
        char exact[TEXT_ESCAPED_SIZE(sizeof data)];
        assert_string_equal(
            text_escape(exact, TEXT_ESCAPED_SIZE(len) < 5 ? 5 : TEXT_ESCAPED_SIZE(len), data, len),
            full);
    }
}

static void random_in_bounds(void **state)
{
    struct random random;
    unsigned seen[7] = {0};

    (void)state;
    random_seed(&random);
    for (unsigned i = 0; i < 70000; i++) {
        uint32_t n = random_below(&random, 7);
        assert_true(n < 7);
        seen[n]++;
    }
    for (unsigned i = 0; i < 7; i++) {
        assert_in_range(seen[i], 9000, 11000);
    }
    assert_int_equal(random_below(&random, 1), 0);
    assert_true(random_below(&random, UINT32_MAX) < UINT32_MAX);
    struct random a = {1}, b = {1};
    assert_true(random_next(&a) == random_next(&b));
    assert_true(random_next(&a) != random_next(&a));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(escapes), cmocka_unit_test(cut),
                                       cmocka_unit_test(random_in_bounds)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

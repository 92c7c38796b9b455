/* Names from text and back, comparing, suffixes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/random.h"
#include "dns/name.h"

static struct name name_of(const char *text)
{
    struct name name;
    assert_null(name_from_text(&name, text, strlen(text), NULL));
    assert_int_equal(name.len, name_len(name.octets));
    assert_int_equal(name_check(name.octets, name.len), name.len);
    assert_int_equal(name_check(name.octets, name.len - 1u), 0);
    return name;
}

static void there_and_back(void **state)
{
    static const char *const texts[] = {".",
                                        "a.",
                                        "www.example.com.",
                                        "WWW.Example.",
                                        "*.a.",
                                        "a\\.b.c.",
                                        "\\\\.",
                                        "\\000\\255.",
                                        "\\032.",
                                        "_x._tcp.",
                                        "\\\"\\;\\(\\)\\@\\$."};
    char text[NAME_TEXT_SIZE];

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        struct name name = name_of(texts[i]);
        assert_string_equal(name_to_text(text, name.octets), texts[i]);
    }
    struct random dice = {9};
    for (unsigned n = 0; n < 5000; n++) { /* any octets at all */
        struct name name = {.len = 0}, again;
        while (name.len < 190 && random_below(&dice, 5) > 0) {
            unsigned label = 1 + random_below(&dice, 63);
            name.octets[name.len++] = (uint8_t)label;
            for (; label > 0; label--) {
                name.octets[name.len++] = (uint8_t)random_next(&dice);
            }
        }
        name.octets[name.len++] = 0;
        name_to_text(text, name.octets);
        assert_null(name_from_text(&again, text, strlen(text), NULL));
        assert_int_equal(again.len, name.len);
        assert_memory_equal(again.octets, name.octets, name.len);
    }
}

static void longest_text(void **state)
{
    struct name name = {.len = 255};
    char text[NAME_TEXT_SIZE];

    (void)state;
    memset(name.octets, 0xff, sizeof name.octets);
    name.octets[0] = name.octets[64] = name.octets[128] = 63;
    name.octets[192] = 61;
    name.octets[254] = 0;
    assert_int_equal(name_check(name.octets, 255), 255);
    name_to_text(text, name.octets);
    assert_true(strlen(text) < sizeof text);
}

static void relative(void **state)
{
    struct name origin = name_of("Example.com."), name;
    char text[NAME_TEXT_SIZE];

    (void)state;
    assert_null(name_from_text(&name, "www", 3, &origin));
    assert_string_equal(name_to_text(text, name.octets), "www.Example.com.");
    assert_null(name_from_text(&name, "", 0, &origin));
    assert_string_equal(name_to_text(text, name.octets), "Example.com.");
    assert_null(name_from_text(&name, "www.", 4, &origin));
    assert_string_equal(name_to_text(text, name.octets), "www.");
    assert_null(name_from_text(&name, "a\\.", 3, &origin)); /* an escaped dot ends nothing */
    assert_string_equal(name_to_text(text, name.octets), "a\\..Example.com.");
    assert_null(name_from_text(&name, ".", 1, &origin));
    assert_int_equal(name.len, 1);
}

static void wrong(void **state)
{
    static const char *const texts[] = {"",    "a",    "a..b.", "..",     ".a.",
                                        "a\\", "\\1.", "\\12.", "\\256.", "\\1a2."};
    struct name name, origin = name_of("t.");
    char text[400];

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        assert_non_null(name_from_text(&name, texts[i], strlen(texts[i]), NULL));
    }
    for (int len = 60; len < 67; len++) {
        snprintf(text, sizeof text, "%.*s.", len,
                 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
        assert_true((name_from_text(&name, text, strlen(text), NULL) == NULL) == (len <= 63));
    }
    for (unsigned labels = 120; labels < 135; labels++) {
        for (unsigned i = 0; i < labels; i++) {
            memcpy(text + 2 * i, "x.", 2);
        }
        assert_true((name_from_text(&name, text, 2 * labels, NULL) == NULL) == (labels <= 127));
        /* one label less fits when "t." is added */
        assert_true((name_from_text(&name, text, 2 * labels - 1, &origin) == NULL) ==
                    (labels <= 126));
    }
}

static void comparing(void **state)
{
    struct name a = name_of("WWW.example.COM."), b = name_of("www.EXAMPLE.com."),
                c = name_of("ww.wexample.com."), com = name_of("com."), root = name_of("."),
                near = name_of("xexample.com."), example = name_of("example.com.");
    uint8_t lower[DNS_NAME_MAX];

    (void)state;
    assert_true(name_equal(a.octets, b.octets));
    assert_false(name_equal(a.octets, c.octets));
    assert_false(name_equal(name_of("[.").octets, name_of("{.").octets));
    assert_true(name_is_at_or_below(a.octets, com.octets));
    assert_true(name_is_at_or_below(a.octets, b.octets));
    assert_true(name_is_at_or_below(a.octets, root.octets));
    assert_true(name_is_at_or_below(root.octets, root.octets));
    assert_false(name_is_at_or_below(com.octets, a.octets));
    assert_false(name_is_at_or_below(near.octets, example.octets));
    assert_false(name_is_at_or_below(root.octets, com.octets));
    assert_int_equal(name_labels(a.octets), 3);
    assert_int_equal(name_labels(root.octets), 0);
    assert_true(name_equal(name_suffix(a.octets, 1), example.octets));
    assert_int_equal(*name_suffix(a.octets, 3), 0);
    name_lower(lower, a.octets, a.len);
    assert_memory_equal(lower, name_of("www.example.com.").octets, a.len);
    assert_true(name_is_wildcard(name_of("*.a.").octets));
    assert_false(name_is_wildcard(name_of("**.a.").octets));
    assert_false(name_is_wildcard(root.octets));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(there_and_back),
                                       cmocka_unit_test(longest_text), cmocka_unit_test(relative),
                                       cmocka_unit_test(wrong), cmocka_unit_test(comparing)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

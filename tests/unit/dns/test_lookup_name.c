/* Reading a question's name, against the slow and obvious way; hashes of suffixes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/random.h"
#include "dns/lookup_name.h"

static struct random dice = {3};

/* Octet by octet, as RFC 1035 3.1 and RFC 4343 say. */
static size_t slowly(const uint8_t *octets, size_t cap, uint8_t *out, uint8_t *offsets,
                     unsigned *labels)
{
    size_t at = 0;
    *labels = 0;
    for (;;) {
        if (at >= cap || at >= 255 || octets[at] > 63) {
            return 0;
        }
        unsigned n = octets[at];
        offsets[*labels] = (uint8_t)at;
        out[at++] = (uint8_t)n;
        if (n == 0) {
            return at;
        }
        ++*labels;
        for (; n > 0; n--, at++) {
            if (at >= cap || at >= 255) {
                return 0;
            }
            out[at] =
                octets[at] >= 'A' && octets[at] <= 'Z' ? (uint8_t)(octets[at] + 32) : octets[at];
        }
    }
}

/* The name in memory of exactly CAP octets, so that a sanitizer sees a step too far. */
static void compare(const uint8_t *octets, size_t cap)
{
    uint8_t *exact = alloc_copy(octets, cap), lower[256], offsets[256];
    struct lookup_name name;
    unsigned labels;
    size_t len = slowly(exact, cap, lower, offsets, &labels);

    assert_int_equal(lookup_name_read(&name, exact, cap), len);
    if (len > 0) {
        assert_int_equal(name.len, len);
        assert_int_equal(name.labels, labels);
        assert_memory_equal(name.octets, lower, len);
        assert_memory_equal(name.offset, offsets, labels + 1);
        for (unsigned k = 0; k <= labels; k++) {
            const uint8_t *suffix = lookup_name_suffix(&name, k);
            assert_int_equal(name_labels(suffix), k);
            assert_true(name.suffix_hash[k] == name_hash(suffix, NULL, NAME_HASH_ROOT));
        }
    }
    free(exact);
}

static void every_octet(void **state)
{
    (void)state;
    for (unsigned place = 1; place <= 20; place++) { /* in the words of eight and in the rest */
        for (unsigned c = 0; c < 256; c++) {
            uint8_t octets[23] = {20, 'x', 'X', 'y'};
            octets[21] = 0;
            octets[place] = (uint8_t)c;
            compare(octets, 22);
            octets[0] = (uint8_t)c;
            compare(octets, 22);
        }
    }
}

static void random_names(void **state)
{
    (void)state;
    for (unsigned n = 0; n < 30000; n++) {
        uint8_t octets[320];
        size_t at = 0, end = random_below(&dice, 270);
        while (at < end) {
            unsigned label = 1 + random_below(&dice, random_below(&dice, 4) == 0 ? 64 : 6);
            octets[at++] = (uint8_t)label;
            for (; label > 0 && at < sizeof octets - 1; label--) {
                octets[at++] = (uint8_t)random_next(&dice);
            }
        }
        octets[at++] = 0;
        compare(octets, at);
        compare(octets, random_below(&dice, (uint32_t)at) + 1);
    }
}

static void limits(void **state)
{
    uint8_t octets[300] = {0};
    (void)state;
    compare(octets, 1); /* the root */
    for (unsigned i = 0; i < 127; i++) {
        octets[2 * i] = 1;
    }
    compare(octets, 255); /* 127 labels */
    octets[254] = 1;
    compare(octets, 300); /* 257 octets */
}

/* Or the hash would be no polynomial any more, and names could be made to collide. */
static void states_do_not_overflow(void **state)
{
    uint8_t label[64 + NAME_SLACK];

    (void)state;
    memset(label, 0xff, sizeof label);
    for (unsigned seed = 0; seed < 100; seed++) {
        name_hash_seed();
        uint64_t hash = NAME_HASH_ROOT;
        for (unsigned i = 0; i < DNS_LABELS_MAX; i++) {
            label[0] = (uint8_t)(1 + i % 63);
            hash = name_hash_label_slack(hash, label);
            assert_true(hash < (UINT64_C(1) << 62) + (UINT64_C(1) << 57));
        }
    }
}

static void hashes_differ(void **state)
{
    static const char *const names[] = {
        ".",      "a.",          "b.",     "aa.",    "a.a.",   "aaa.",    "a.aa.",    "aa.a.",
        "ab.",    "ba.",         "abc.",   "acb.",   "abcd.",  "abcdef.", "abcdefg.", "abcdefgh.",
        "\\000.", "\\000\\000.", "\\001.", "www.a.", "a.www.", "aaaaaa.", "aaaaaaa.", "aaaaaaaa."};
    uint64_t hashes[ARRAY_LEN(names)];

    (void)state;
    name_hash_seed();
    assert_in_range(name_hash_key.point, 2, NAME_HASH_POINT_MAX);
    assert_in_range(name_hash_key.square, 2, NAME_HASH_POINT_MAX);
    assert_true(name_hash_key.spread & 1);
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        struct name name;
        assert_null(name_from_text(&name, names[i], strlen(names[i]), NULL));
        hashes[i] = name_hash(name.octets, NULL, NAME_HASH_ROOT);
        for (size_t k = 0; k < i; k++) {
            assert_true(hashes[i] != hashes[k]);
        }
        /* in two steps: the part below some origin, then the origin */
        if (name_labels(name.octets) == 2) {
            const uint8_t *end = name_suffix(name.octets, 1);
            uint64_t above = name_hash(end, NULL, NAME_HASH_ROOT);
            assert_true(name_hash(name.octets, end, above) == hashes[i]);
        }
    }
}

/* Each length, each octet that may differ, and octets behind that do not count. */
static void octets_equal(void **state)
{
    (void)state;
    for (unsigned len = 0; len <= 40; len++) {
        size_t room = len > NAME_SLACK ? len : NAME_SLACK; /* exactly what is promised */
        uint8_t *a = alloc_new(room), *b = alloc_new(room);
        memset(a, 'a', room);
        memset(b, 'b', room);
        memset(b, 'a', len);
        assert_true(lookup_octets_equal(a, b, len));
        for (unsigned i = 0; i < len; i++) {
            b[i] ^= 0x80;
            assert_false(lookup_octets_equal(a, b, len));
            b[i] ^= 0x80;
        }
        free(a);
        free(b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_octet),   cmocka_unit_test(random_names),
        cmocka_unit_test(limits),        cmocka_unit_test(states_do_not_overflow),
        cmocka_unit_test(hashes_differ), cmocka_unit_test(octets_equal)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

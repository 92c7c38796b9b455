/* The order of addresses against what MyDNS was seen to do (mydns-compat 5), by chi-square. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "answer/order.h"
#include "base/attr.h"

enum { DRAWS = 100000, MOST = 10 };

/* A fixed seed: the same figures each time. */
static struct random dice = {20260101};

/* FIRST[i]: how often i stood in front; also checks that each order is a permutation. */
static void draw(unsigned count, const uint32_t *weights, unsigned *first)
{
    uint16_t order[MOST];
    memset(first, 0, MOST * sizeof *first);
    for (unsigned n = 0; n < DRAWS; n++) {
        unsigned seen = 0;
        order_addresses(order, count, weights, &dice);
        for (unsigned i = 0; i < count; i++) {
            assert_true(order[i] < count);
            seen |= 1u << order[i];
        }
        assert_int_equal(seen, (1u << count) - 1);
        first[order[0]]++;
    }
}

static double chi_square(const unsigned *got, const double *share, unsigned count)
{
    double sum = 0;
    for (unsigned i = 0; i < count; i++) {
        double expected = share[i] * DRAWS, difference = got[i] - expected;
        sum += difference * difference / expected;
    }
    return sum;
}

/* Every order of four equally likely: 24 of them, 23 degrees of freedom, 1 in 10,000 above 57. */
static void shuffle_is_unbiased(void **state)
{
    unsigned seen[256] = {0}, orders = 0;
    double sum = 0;

    (void)state;
    for (unsigned n = 0; n < DRAWS; n++) {
        uint16_t order[4];
        order_addresses(order, 4, NULL, &dice);
        seen[order[0] << 6 | order[1] << 4 | order[2] << 2 | order[3]]++;
    }
    for (unsigned i = 0; i < ARRAY_LEN(seen); i++) {
        if (seen[i] > 0) {
            double difference = seen[i] - DRAWS / 24.0;
            sum += difference * difference / (DRAWS / 24.0);
            orders++;
        }
    }
    assert_int_equal(orders, 24);
    assert_true(sum < 57);
}

/*
 * The exact chance of each to stand in front, by the rule: one of those left, in proportion to its
 * weight + 1, goes to the end, until one is left.
 */
static void chances(const uint32_t *weights, unsigned count, double *share)
{
    static double reach[1 << MOST];
    for (unsigned set = 0; set < 1u << count; set++) {
        reach[set] = 0;
    }
    unsigned all = (1u << count) - 1;
    reach[all] = 1;
    for (unsigned set = all; set > 0; set--) {
        double total = 0;
        for (unsigned i = 0; i < count; i++) {
            total += set >> i & 1 ? weights[i] + 1.0 : 0;
        }
        for (unsigned i = 0; i < count; i++) {
            if (set >> i & 1) {
                reach[set & ~(1u << i)] += reach[set] * (weights[i] + 1.0) / total;
            }
        }
    }
    for (unsigned i = 0; i < count; i++) {
        share[i] = reach[1u << i];
    }
}

static void draw_by_aux(void **state)
{
    static const uint32_t weights[] = {10, 20, 30, 40, 50, 60, 70, 80, 90, 100};
    /* 10,000 answers of MyDNS, in percent */
    static const double seen[] = {50.4, 22.0, 11.4, 5.9, 3.9, 2.6, 1.4, 1.2, 0.8, 0.5};
    double share[MOST];
    unsigned first[MOST];

    (void)state;
    chances(weights, 10, share);
    draw(10, weights, first);
    assert_true(chi_square(first, share, 10) < 33.7); /* 9 degrees of freedom, 1 in 10,000 */
    for (unsigned i = 0; i < 10; i++) {
        double percent = first[i] * 100.0 / DRAWS, off = percent - seen[i];
        assert_true(off * off < 4); /* theirs was a small sample, of weights without our + 1 */
    }
}

static void zero_beside_hundred(void **state)
{
    static const uint32_t weights[] = {100, 0};
    unsigned first[MOST];

    (void)state;
    draw(2, weights, first);
    assert_in_range(first[1], DRAWS * 985 / 1000, DRAWS * 995 / 1000);
}

static void last_is_last(void **state)
{
    static const uint32_t weights[] = {50000, 1, 4294967295, 49999, 0};
    unsigned behind = 0;

    (void)state;
    for (unsigned n = 0; n < DRAWS; n++) {
        uint16_t order[5];
        order_addresses(order, 5, weights, &dice);
        assert_true((order[3] == 0 && order[4] == 2) || (order[3] == 2 && order[4] == 0));
        behind += order[4] == 0;
    }
    assert_in_range(behind, DRAWS * 49 / 100, DRAWS * 51 / 100); /* among themselves unbiased */
    static const uint32_t all[] = {50000, 50000, 60000};
    unsigned first[MOST];
    draw(3, all, first);
    for (unsigned i = 0; i < 3; i++) {
        assert_in_range(first[i], DRAWS * 32 / 100, DRAWS * 35 / 100);
    }
}

static void one_and_none(void **state)
{
    uint16_t order[1] = {7};
    uint32_t weight = 9;

    (void)state;
    order_addresses(order, 0, NULL, &dice);
    assert_int_equal(order[0], 7);
    order_addresses(order, 1, &weight, &dice);
    assert_int_equal(order[0], 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shuffle_is_unbiased), cmocka_unit_test(draw_by_aux),
        cmocka_unit_test(zero_beside_hundred), cmocka_unit_test(last_is_last),
        cmocka_unit_test(one_and_none)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

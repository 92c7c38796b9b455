/* The order of MX and SRV: rank first, then by chance as the weights say (chi-square). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "answer/order.h"

enum { DRAWS = 100000, MOST = 64 };

static struct random dice = {20260102};

static double chi_square(const unsigned *got, const double *share, unsigned count)
{
    double sum = 0;
    for (unsigned i = 0; i < count; i++) {
        double expected = share[i] * DRAWS, difference = got[i] - expected;
        sum += difference * difference / expected;
    }
    return sum;
}

/* FIRST[i]: how often i stood in front of all. Every order is a permutation by rising rank. */
static void draw(unsigned count, const uint16_t *rank, const uint16_t *weight, unsigned *first)
{
    uint16_t order[MOST];
    memset(first, 0, MOST * sizeof *first);
    for (unsigned n = 0; n < DRAWS; n++) {
        uint64_t seen = 0;
        order_by_rank(order, count, rank, weight, &dice);
        for (unsigned i = 0; i < count; i++) {
            assert_true(order[i] < count);
            assert_true(i == 0 || rank[order[i - 1]] <= rank[order[i]]);
            seen |= UINT64_C(1) << order[i];
        }
        assert_true(seen == UINT64_MAX >> (64 - count));
        first[order[0]]++;
    }
}

static void lower_comes_first(void **state)
{
    static const uint16_t rank[] = {30, 10, 65535, 0, 20};
    unsigned first[MOST];

    (void)state;
    draw(5, rank, NULL, first);
    assert_int_equal(first[3], DRAWS);
}

static void equal_ones_are_shuffled(void **state)
{
    static const uint16_t rank[] = {10, 20, 10, 10, 20, 10};
    static const double share[] = {0.25, 0.25, 0.25, 0.25};
    unsigned first[MOST];

    (void)state;
    draw(6, rank, NULL, first);
    assert_int_equal(first[1] + first[4], 0);
    unsigned four[] = {first[0], first[2], first[3], first[5]};
    assert_true(chi_square(four, share, 4) < 21.1); /* 3 degrees of freedom, 1 in 10,000 */
}

static void weights_share(void **state)
{
    static const uint16_t rank[] = {5, 5, 5, 9}, weight[] = {10, 20, 70, 1000};
    /* of total + 1 possible draws, 0 falls to the one in front, which is any of the three */
    static const double share[] = {(10 + 1 / 3.0) / 101, (20 + 1 / 3.0) / 101,
                                   (70 + 1 / 3.0) / 101};
    unsigned first[MOST];

    (void)state;
    draw(4, rank, weight, first);
    assert_int_equal(first[3], 0);
    assert_true(chi_square(first, share, 3) < 18.4);
}

static void weight_zero_hardly_ever(void **state)
{
    static const uint16_t rank[] = {5, 5, 5}, weight[] = {0, 99, 0};
    static const uint16_t none[] = {0, 0, 0};
    static const double third[] = {1 / 3.0, 1 / 3.0, 1 / 3.0};
    unsigned first[MOST];

    (void)state;
    draw(3, rank, weight, first);
    assert_in_range(first[0] + first[2], DRAWS / 200, DRAWS / 60); /* 1 in 100 */
    draw(3, rank, none, first);
    assert_true(chi_square(first, third, 3) < 18.4);
}

static void large_numbers(void **state)
{
    uint16_t rank[MOST], weight[MOST], order[MOST];
    (void)state;
    for (unsigned i = 0; i < MOST; i++) {
        rank[i] = (uint16_t)(i % 3);
        weight[i] = UINT16_MAX;
    }
    order_by_rank(order, MOST, rank, weight, &dice);
    for (unsigned i = 1; i < MOST; i++) {
        assert_true(rank[order[i - 1]] <= rank[order[i]]);
    }
    order_by_rank(order, 1, rank, weight, &dice);
    assert_int_equal(order[0], 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lower_comes_first), cmocka_unit_test(equal_ones_are_shuffled),
        cmocka_unit_test(weights_share), cmocka_unit_test(weight_zero_hardly_ever),
        cmocka_unit_test(large_numbers)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

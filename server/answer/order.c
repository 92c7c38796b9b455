#include "answer/order.h"

#include <stddef.h>

enum { WEIGHT_LAST = 50000 };

static void swap(uint16_t *a, uint16_t *b)
{
    uint16_t c = *a;
    *a = *b;
    *b = c;
}

static void shuffle(uint16_t *order, unsigned count, struct random *random)
{
    for (unsigned n = count; n > 1; n--) {
        swap(&order[n - 1], &order[random_below(random, n)]);
    }
}

/*
 * MyDNS's draw: again and again one of those left, with a probability in proportion to its aux + 1,
 * goes to the end of the places left (so does a 0 beside a 100 come first 99 times in 100).
 */
static void draw(uint16_t *order, unsigned count, const uint32_t *weights, struct random *random)
{
    uint64_t total = 0;
    for (unsigned i = 0; i < count; i++) {
        total += weights[order[i]] + UINT64_C(1);
    }
    for (unsigned left = count; left > 1; left--) {
        uint64_t at = (uint64_t)(((unsigned __int128)random_next(random) * total) >> 64);
        unsigned i = 0;
        while (at > weights[order[i]]) {
            at -= weights[order[i]] + UINT64_C(1);
            i++;
        }
        total -= weights[order[i]] + UINT64_C(1);
        swap(&order[i], &order[left - 1]);
    }
}

void order_addresses(uint16_t *order, unsigned count, const uint32_t *weights,
                     struct random *random)
{
    for (unsigned i = 0; i < count; i++) {
        order[i] = (uint16_t)i;
    }
    if (weights == NULL) {
        shuffle(order, count, random);
        return;
    }
    unsigned front = 0;
    for (unsigned i = 0; i < count; i++) {
        if (weights[order[i]] < WEIGHT_LAST) {
            swap(&order[front++], &order[i]);
        }
    }
    draw(order, front, weights, random);
    shuffle(order + front, count - front, random);
}

/* Which of those left comes next: r of 0..total counts through the weights, those of 0 in front. */
static unsigned drawn(const uint16_t *order, unsigned count, const uint16_t *weight, uint32_t r)
{
    uint32_t sum = 0;
    for (unsigned i = 0; i < count; i++) {
        sum += weight[order[i]];
        if (r == 0 ? weight[order[i]] == 0 : sum >= r) {
            return i;
        }
    }
    return 0; /* r is 0 and no weight is */
}

/* RFC 2782, "Weight". */
static void draw_by_weight(uint16_t *order, unsigned count, const uint16_t *weight,
                           struct random *random)
{
    uint32_t total = 0;
    for (unsigned i = 0; i < count; i++) {
        total += weight[order[i]];
    }
    for (; count > 1; count--, order++) {
        unsigned i = drawn(order, count, weight, random_below(random, total + 1));
        total -= weight[order[i]];
        swap(&order[0], &order[i]);
    }
}

void order_by_rank(uint16_t *order, unsigned count, const uint16_t *rank, const uint16_t *weight,
                   struct random *random)
{
    for (unsigned i = 0; i < count; i++) {
        order[i] = (uint16_t)i;
    }
    shuffle(order, count, random);
    for (unsigned i = 1; i < count; i++) { /* stable, so that equal ones stay shuffled */
        for (unsigned k = i; k > 0 && rank[order[k - 1]] > rank[order[k]]; k--) {
            swap(&order[k - 1], &order[k]);
        }
    }
    for (unsigned i = 0, end; weight != NULL && i < count; i = end) {
        for (end = i + 1; end < count && rank[order[end]] == rank[order[i]]; end++) {
        }
        draw_by_weight(order + i, end - i, weight, random);
    }
}

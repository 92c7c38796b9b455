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

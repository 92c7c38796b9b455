/*
 * In which order the addresses of an RRset are sent (mydns-compat 5): all weights 0, an unbiased
 * shuffle; else by rr.aux, the lower the likelier to stand in front; 50000 and above always last.
 */
#pragma once

#include <stdint.h>

#include "base/random.h"

/* Fill ORDER[0..COUNT-1] with a permutation of 0..COUNT-1. WEIGHTS NULL = all 0. COUNT <= 65535. */
void order_addresses(uint16_t *order, unsigned count, const uint32_t *weights,
                     struct random *random);

/*
 * The order of MX and SRV (mydns-compat 5): fill ORDER[0..COUNT-1] with the numbers of the records by
 * rising RANK (preference, priority), equal ones shuffled; with WEIGHT (not NULL) by RFC 2782's draw,
 * so that a client that takes the first one spreads as the weights say. Quadratic: COUNT is small.
 */
void order_by_rank(uint16_t *order, unsigned count, const uint16_t *rank, const uint16_t *weight,
                   struct random *random);

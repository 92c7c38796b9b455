/*
 * What was asked and answered, counted per thread: one writer each, so an increment is a plain load
 * and store without a locked instruction; any thread may read and add up. Relaxed throughout: the
 * numbers order nothing.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "answer/answer.h"

enum { COUNTED_RCODES = 24 }; /* RFC 6895, 2.3: all assigned ones up to BADCOOKIE */

struct counters {
    _Alignas(64) _Atomic uint64_t udp; /* messages that arrived */
    _Atomic uint64_t tcp;
    _Atomic uint64_t dropped;   /* of these, got no reply: no question at all */
    _Atomic uint64_t late;      /* had to wait for their zone to be loaded */
    _Atomic uint64_t truncated; /* replies with TC */
    _Atomic uint64_t unsent;    /* replies the kernel refused to send */
    _Atomic uint64_t limited;   /* not sent for the rate limit; in no other count but udp */
    _Atomic uint64_t slipped;   /* sent truncated for the rate limit */
    _Atomic uint64_t rcode[COUNTED_RCODES];
};

struct counter_sums {
    uint64_t udp, tcp, dropped, late, truncated, unsent, limited, slipped;
    uint64_t rcode[COUNTED_RCODES];
};

static inline void counter_add(_Atomic uint64_t *counter, uint64_t n)
{
    atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + n,
                          memory_order_relaxed);
}

/* ANSWER holds a finished reply. */
static inline void counters_note_reply(struct counters *counters, const struct answer *answer)
{
    unsigned rcode = answer->reply.rcode;
    counter_add(&counters->rcode[rcode < COUNTED_RCODES ? rcode : COUNTED_RCODES - 1], 1);
    if ((answer->reply.flags & FLAG_TC) != 0) {
        counter_add(&counters->truncated, 1);
    }
}

/* Add what COUNTERS says now to SUMS. Any thread. */
void counters_sum(struct counter_sums *sums, const struct counters *counters) NONNULL;

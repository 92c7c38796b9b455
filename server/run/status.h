/*
 * The lines of SIGUSR1 and SIGUSR2, in the shape of MyDNS (mydns-compat 2.5), which monitoring reads:
 *
 *   host up 1m33s (93s) 23095 questions (248/s) NOERROR=23051 NXDOMAIN=6 (0% TCP, 24 queries)
 *   zone cache 100% useful (111098 hits, 52 misses), 0 collisions (0%), 6% full (40 records), 45335
 *   bytes, avg life 93 sec
 *
 * Written into OUT (capacity CAP); returns OUT.
 */
#pragma once

#include <stddef.h>

#include "base/attr.h"
#include "net/counters.h"

enum { STATUS_LINE_SIZE = 512 };

const char *status_line(char *out, size_t cap, const char *host, uint32_t up_sec,
                        const struct counter_sums *sums) NONNULL;

/* What a line of SIGUSR2 tells of one of MyDNS's three caches. */
struct status_cache {
    const char *name;
    uint64_t hits, misses, records, bytes;
    unsigned full_percent;
    uint32_t life_sec;
};

const char *status_cache_line(char *out, size_t cap, const struct status_cache *cache) NONNULL;

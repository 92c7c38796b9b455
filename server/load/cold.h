/*
 * Zones that somebody asks for while cache-memory is full: each takes the place of another one. A walk over
 * all zones asks for thousands a second, and neither the database nor those who ask for what is in memory
 * may pay for that. So such loads get a share of the loaders' time rather than a number a second: what a
 * load costs differs by a factor of ten between an idle machine and a loaded one, and the share gives way by
 * itself. Up to COLD_BURST_MS that were not used add up, so that a few come at once.
 *
 *     cold_push()  ->  ...  4  5  6  7  ->  cold_take(): the latest first
 *                      |
 *                      +-> cold_take_expired(): who asked has been answered SERVFAIL meanwhile
 *
 * The latest first, since when more come than can be loaded the oldest ones are about to give up: in the
 * order they came in, each would be loaded just when nobody waits any more.
 *
 * No lock, no clock: both are the caller's.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/clock.h"

enum {
    COLD_SHARE_PERCENT = 50, /* of the time of `loaders` threads */
    COLD_BURST_MS = 250,     /* of a loader's time */
    COLD_DEBT_MS = 250,      /* one load that took long does not keep the others out for longer */
    COLD_WAIT_MS = 1000,     /* as long as a question waits for its zone (net/late.c) */
};

struct cold_zone {
    uint32_t id;
    struct instant at;
};

struct cold {
    struct cold_zone *_zones; /* waiting: _first .. _count-1, the oldest first */
    size_t _first, _count, _cap;
    int64_t _left_ns; /* of the loaders' time; below 0: to be made up for */
    struct instant _filled_at;
};

void cold_init(struct cold *cold) NONNULL;
void cold_release(struct cold *cold) NONNULL;

/* Somebody asks for zone ID, which does not wait here yet. */
void cold_push(struct cold *cold, uint32_t id, struct instant now) NONNULL;
size_t cold_waiting(const struct cold *cold) NONNULL;
/* In how many milliseconds one may be taken, with so many LOADERS; 0 = now, or none waits. */
unsigned cold_pause_ms(struct cold *cold, unsigned loaders, struct instant now) NONNULL;
/* Take the latest, and up to MAX in all that lie close to it: in rising order into OUT. */
size_t cold_take(struct cold *cold, uint32_t *out, size_t max) NONNULL;
/* Loading what was taken has kept a loader busy for so long. */
void cold_spend(struct cold *cold, int64_t ns) NONNULL;
/* Take up to MAX that have waited for COLD_WAIT_MS. */
size_t cold_take_expired(struct cold *cold, struct instant now, uint32_t *out, size_t max) NONNULL;

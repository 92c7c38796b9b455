/*
 * Losses that no feed has told of in detail are looked at twice. A panel deletes the rows of a zone and
 * inserts them again, each with its own commit; a small table is filled again row by row. Who reads in
 * between sees some rows, or a zone, missing, too little for vanish protection, and it is back a moment
 * later. So it shows when a second look, DOUBT_SURE_MS later, has found the same; while it changes from one
 * look to the next, after DOUBT_MOST_MS at the latest.
 *
 * No clock; the store's lock is held for each call.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/clock.h"

enum {
    DOUBT_SURE_MS = 25, /* a commit takes up to 10 ms; deletions are to show within 100 ms */
    DOUBT_MOST_MS = 2000,
    DOUBT_OLD_MS = 10 * 1000, /* a loss that long ago was another one */
    DOUBT_MAX = 256,          /* losses at a time; more show at once */
};

struct doubt {
    uint64_t key, digest;
    struct instant since, changed;
};

struct doubts {
    struct doubt _items[DOUBT_MAX];
    size_t _count;
};

/* For doubts_settle(): zone ID lacks rows; the list of zones lacks some. */
static inline uint64_t doubt_of_zone(uint32_t id)
{
    return id;
}
static const uint64_t DOUBT_OF_LIST = UINT64_MAX;

/* What is left of KEY has DIGEST. True: it may show, and is forgotten. Else look again DOUBT_SURE_MS later. */
NODISCARD bool doubts_settle(struct doubts *doubts, uint64_t key, uint64_t digest,
                             struct instant now) NONNULL;

/*
 * How far the database, a replica, is behind its primary (db/db_lag.h): asked once a second on the
 * connection of a loader thread that has nothing better to do, with replica-max-lag only. Not known
 * is never 0; what was known grows while replication is stopped. While the database is away nothing
 * is learned and nothing changes: stale-limit is for that.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/clock.h"

enum lag_state {
    LAG_OFF,     /* nobody asks: replica-max-lag is off */
    LAG_UNKNOWN, /* cannot be told */
    LAG_PRIMARY, /* the database replicates from nobody */
    LAG_RUNNING, /* seconds */
    LAG_STOPPED, /* replication stands still: at least seconds */
};

struct lag_status {
    enum lag_state state;
    uint32_t seconds; /* LAG_RUNNING, LAG_STOPPED */
    uint32_t limit;   /* replica-max-lag */
    bool past;        /* seconds > limit */
    char why[256];    /* LAG_STOPPED */
};

/* "unknown", "primary", ... for status and metrics. */
const char *lag_state_name(enum lag_state state);

struct db_lag;
/* What the loader keeps of it. */
struct lag {
    struct lag_status status;
    bool known;              /* once at least: */
    struct instant known_at; /* it was known_seconds */
    uint32_t known_seconds;
    bool unknown_told;
};

/* Take in what was read at NOW. Returns what is to be logged: */
enum lag_news { LAG_NO_NEWS, LAG_NEWS_UNKNOWN, LAG_NEWS_PAST, LAG_NEWS_BACK };
enum lag_news lag_update(struct lag *lag, const struct db_lag *read, uint32_t limit,
                         struct instant now) NONNULL;

/*
 * How far the history was that answers are made from, so that a move to another server (the next of db-host,
 * or another behind the same name) does not bring back what was before. Pure; the caller has the lock.
 *
 * Servers that replicate from each other share GTID domains, and the larger sequence number of a
 * domain is the later one. Where they share none, nothing can be compared, and nothing is said to
 * be behind. On one server positions may start anew (RESET MASTER, a copy put back): it is never
 * behind itself. A replica filled from a dump that its own log wrote down counts those statements
 * until the first change is replicated, and so may seem to be further than it is.
 */
#pragma once

#include <limits.h>

#include "base/clock.h"
#include "db/db_rows.h"

struct history {
    bool known;
    unsigned host; /* of db-host, or HISTORY_ANY_HOST */
    char server_uid[64], gtid[256];
    struct instant noted_at;
    bool waiting; /* for a server that is behind */
    struct instant waits_since;
};

/* The server is told by its uid alone: what was answered before the start says nothing of its place in db-host. */
#define HISTORY_ANY_HOST UINT_MAX

/* SERVED (server_uid, gtid) was answered before the start. */
void history_begin(struct history *history, const struct db_position *served) NONNULL;

/*
 * Do the GTIDs of STATE (struct db_position) reach those of SERVED in each domain that both name? What only
 * one of them names does not count.
 */
NODISCARD bool history_reaches(const char *state, const char *served) NONNULL;

/* Is POSITION of db-host's HOST on another server than what was read last? */
NODISCARD bool history_is_elsewhere(const struct history *history, unsigned host,
                                    const struct db_position *position) NONNULL;
/* And behind it? */
NODISCARD bool history_is_behind(const struct history *history, unsigned host,
                                 const struct db_position *position) NONNULL;

/* Data read at POSITION, in a view that began at BEGUN, will be answered. */
void history_note(struct history *history, unsigned host, const struct db_position *position,
                  struct instant begun) NONNULL;

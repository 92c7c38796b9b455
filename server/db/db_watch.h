/*
 * The two tables as a whole, cheaply: how many rows some zones have, and whether anything has changed
 * since the last look. For who wants to know that data is vanishing (load/vanish.h).
 */
#pragma once

#include "conf/conf.h"
#include "db/db_rows.h"

enum { DB_WATCH_ZONES = 64 };

struct db_watch; /* opaque: prepared statements of one connection, same thread */

/* LAYOUT and DB are borrowed, CONF read. NULL: db_error_* of DB tells. */
NODISCARD struct db_watch *db_watch_new(struct db *db, const struct db_layout *layout,
                                        const struct conf *conf) NONNULL;
void db_watch_free(struct db_watch *watch);

/*
 * How many rows each of COUNT (1 to DB_WATCH_ZONES) ZONES, in rising order, has in rr: to COUNTS. Inactive
 * rows count, those that rr-where shuts out do not. Sees the snapshot that is open, if one is. No other
 * result may be half read.
 */
NODISCARD enum db_error db_watch_count(struct db_watch *watch, const uint32_t *zones, size_t count,
                                       uint64_t *counts) NONNULL;

struct db_watch_look {
    bool filled;        /* neither table is empty */
    uint64_t mark;      /* other than 0; the same text of the server, the same mark */
    uint32_t still_sec; /* since UPDATE_TIME of both, rounded down; large when not known */
};
/*
 * Never waits for a lock: LOCK TABLES by another is DB_AWAY with number 1205, and the connection stays
 * usable. UPDATE_TIME has whole seconds; for views, which have none, rows are counted.
 */
NODISCARD enum db_error db_watch_look(struct db_watch *watch, struct db_watch_look *look) NONNULL;

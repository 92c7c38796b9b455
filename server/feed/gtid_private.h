/*
 * Rung gtid in its files: watching, and reading what was asked for lately (gtid.c), finding what changed
 * (gtid_found.c). All of it is the feed's thread's. Private.
 */
#pragma once

#include "feed/feed_private.h"
#include "feed/serials.h"

/* What statements cost the database, of one of its cores. */
enum {
    STATEMENT_COST_US = 100,
    ZONE_COST_US = 25,   /* of reading a small zone beside others: 33 to 40 with its 12 rows */
    ALONE_COST_US = 400, /* estimated: of reading one in a view of its own, by zone_load.c */
    ROW_COST_NS = 700,
    LARGE_ROWS = 20000, /* zones above this are verified after all others */
};

struct asked {
    uint32_t id, asked_sec, rows;
};

struct gtid_watch {
    struct feed *feed;
    struct db_look seen; /* the last look */
    struct instant looked, next_look, settle;
    unsigned look_pause_ms;
    struct serials known;
    bool sweep_wanted, news_wanted, rows_wanted, collect_wanted;
    uint32_t last_row;   /* the greatest rr.id known of */
    struct asked *asked; /* to be verified: asked[asked_at .. asked_count-1] */
    size_t asked_at, asked_count, asked_cap;
    struct instant collected, next_collect;
    int64_t collect_ms;                             /* that it took last */
    int64_t sweep_us, rows_us, verify_us, large_us; /* may be spent; below 0: is waited for */
    struct instant filled;
};

static inline int64_t gtid_zone_cost_us(const struct gtid_watch *watch, uint32_t rows)
{
    bool alone = rows > LOADER_SMALL_ROWS || !watch->feed->layout.transactional;
    return (alone ? ALONE_COST_US : ZONE_COST_US) + (int64_t)rows * ROW_COST_NS / 1000;
}

/*
 * What was begun then has taken the database at most MOST_US of its time: on a busy machine we wait for our
 * turn longer than that, and it does, too.
 */
void gtid_spend(struct gtid_watch *watch, struct instant begun, int64_t most_us) NONNULL;

/* Was the zone read since the last change? Then nothing new can be told of it. */
bool gtid_is_known(struct store *store, uint32_t id) NONNULL;
/* Have the loader read zones and their soa rows. */
void gtid_tell(struct gtid_watch *watch, const uint32_t *ids, size_t count);

/* The serials of all zones from FIRST_ID on. False, as below: the database failed. */
NODISCARD bool gtid_read_serials(struct gtid_watch *watch, uint32_t first_id,
                                 struct serials *out) NONNULL;
/* All serials against those of before. */
NODISCARD bool gtid_sweep(struct gtid_watch *watch) NONNULL;
/* New zones alone, which are cheap to find: for when a sweep is too expensive just now. */
NODISCARD bool gtid_find_zones(struct gtid_watch *watch) NONNULL;
/*
 * What was inserted, by its id, whatever the number of zones that would have to be read to see it. Of
 * very many rows, as of a mass import, the first ones; the others come as what was changed does.
 */
NODISCARD bool gtid_find_rows(struct gtid_watch *watch) NONNULL;

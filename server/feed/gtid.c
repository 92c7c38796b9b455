/*
 * Rung gtid: one connection with SELECT alone asks every 10 ms for the server's GTIDs, which costs it
 * some 20 us. As long as they stay, all that was read is what the tables say, and ages do not count.
 *
 *     GTID moved, or a second has passed --> look: visible position, UPDATE_TIME of the two tables
 *     tables touched --> vouched_from = now: of what was read before, the ages count again
 *                    --> soa touched: serials of all zones compared with those of before, new, deleted
 *                        and bumped zones are told to the loader
 *                    --> rr touched: zones with rows of new ids are told to the loader
 *                    --> zones asked for in the last minute are read again, the latest first
 *
 * What is honest about it:
 * - A zone is vouched for only if it was read after the last look that found the tables touched. What
 *   nobody asked for lately is read when somebody does, as without a feed.
 * - The GTID moves before a change can be seen (with semi-synchronous replication by seconds); the
 *   position that SHOW STATUS tells, and UPDATE_TIME, move with it. So after the GTID has moved we look
 *   again and again, with growing pauses, until the position has moved, too; where none moves (a replica
 *   without log_slave_updates) what is found is taken for unsettled, and done once more 100 ms later.
 * - New rows are found by ids above all known ones. Those that become visible out of their order, or have an
 *   id below, are found as changed ones are: when their zone is read again.
 * - UPDATE_TIME has whole seconds: a table written in the second of the last look counts as touched
 *   when anything has moved. Unknown (a view, InnoDB after a start) is touched, too.
 * - What moves no GTID (sql_log_bin = 0, binlog_do_db) moves UPDATE_TIME, which is looked at every second.
 *
 * The work takes a twentieth of one core of the database over time: one half of it for looking and comparing
 * serials, and a sixth of that for zones with new rows; one for zones read again, of which large zones have a third, so that none keeps another waiting:
 * a zone of a million rows, asked for once, is in debt for a minute. Each may save up a second.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/log.h"
#include "feed/gtid_private.h"

enum {
    POLL_MS = 10,
    LOOK_PAUSE_MIN_MS = 30, /* a look costs some 0.3 ms */
    LOOK_PAUSE_MAX_MS = 1000,
    SETTLE_MS = 100,
    VOUCH_SEC = 2,
    PROBE_MS = 30 * 1000,
    LATELY_SEC = 60,
    SWEEP_SHARE = 48, /* one part in so many of one core: 1/48 + 1/240 + 1/60 + 1/120 = 1/20 */
    ROWS_SHARE = 240,
    VERIFY_SHARE = 60,
    LARGE_SHARE = 120,
    BUDGET_MAX_US = 1000 * 1000,
    COLLECT_SHARE = 10, /* of our own time, for finding what was asked for */
    LOOK_COST_US = 300,
    COLLECT_CHEAP_MS = 3,
    JUST_NOW_SEC = 2,  /* half of what was saved is kept for zones asked for since */
    BATCH_ZONES = 256, /* told to the loader at once, some 8 ms: it stays open for who waits */
    SCAN_LINES = 4096,
};

/* --- the budget --- */

static void fill(int64_t *budget_us, int64_t more_us)
{
    *budget_us = *budget_us + more_us < BUDGET_MAX_US ? *budget_us + more_us : BUDGET_MAX_US;
}

void gtid_spend(struct gtid_watch *watch, struct instant begun, int64_t most_us)
{
    int64_t passed_us = (clock_now().ns - begun.ns) / 1000;
    watch->sweep_us -= passed_us < most_us ? passed_us : most_us;
}

static void fill_budget(struct gtid_watch *watch)
{
    struct instant now = clock_now();
    int64_t passed_us = (now.ns - watch->filled.ns) / 1000;

    fill(&watch->sweep_us, passed_us / SWEEP_SHARE);
    fill(&watch->rows_us, passed_us / ROWS_SHARE);
    fill(&watch->verify_us, passed_us / VERIFY_SHARE);
    fill(&watch->large_us, passed_us / LARGE_SHARE);
    watch->filled = now;
}

/* --- looking --- */

/* May the table have been written between two looks, WAS_SEC and IS_SEC being its UPDATE_TIMEs? */
static bool is_touched(uint64_t was_sec, uint64_t is_sec, uint64_t was_now_sec, bool moved)
{
    if (is_sec == 0) {
        return moved;
    }
    /* A table's time is up to a tick behind the clock, and so perhaps a second. */
    return is_sec != was_sec || (moved && is_sec + 1 >= was_now_sec);
}

static bool has_place_moved(const struct db_position *was, const struct db_position *is)
{
    return was->binlog_pos != is->binlog_pos || strcmp(was->binlog_file, is->binlog_file) != 0;
}

/* Of what was read before now nothing is known any more. */
static void note_change(struct gtid_watch *watch, bool soa, bool rr)
{
    struct feed *feed = watch->feed;
    struct instant now = clock_now();

    atomic_store_explicit(&feed->store->vouched_from_ns, now.ns, memory_order_relaxed);
    watch->sweep_wanted |= soa;
    watch->news_wanted |= soa;
    watch->rows_wanted |= rr && feed->layout.id_indexed;
    watch->collect_wanted = true;
    pthread_mutex_lock(&feed->lock);
    feed->status.last_change = now;
    feed->status.changes++;
    pthread_mutex_unlock(&feed->lock);
}

/* SETTLING: what moved 100 ms ago may only now be seen. False: the database failed. */
static bool look(struct gtid_watch *watch, bool settling)
{
    struct instant begun = clock_now();
    struct db_look is;

    if (db_rows_look(watch->feed->rows, &is) != DB_OK) {
        return false;
    }
    const struct db_look *was = &watch->seen;
    bool gtid = strcmp(was->position.gtid, is.position.gtid) != 0;
    bool place = has_place_moved(&was->position, &is.position);
    /* Its end is in the log and cannot be seen yet: nobody has been told of it either. */
    bool waits = gtid && !place && !settling && watch->feed->layout.binlog &&
                 !watch->feed->layout.silent_replica;
    bool moved = (gtid && !waits) || place || settling;
    bool soa = is_touched(was->soa_sec, is.soa_sec, was->now_sec, moved);
    bool rr = is_touched(was->rr_sec, is.rr_sec, was->now_sec, moved);

    if (soa || rr) {
        note_change(watch, soa, rr);
    }
    if (gtid && !place) {
        watch->settle = instant_after_ms(begun, SETTLE_MS);
    }
    watch->look_pause_ms = waits ? POLL_MS : moved ? LOOK_PAUSE_MIN_MS : watch->look_pause_ms * 2;
    if (watch->look_pause_ms > LOOK_PAUSE_MAX_MS) {
        watch->look_pause_ms = LOOK_PAUSE_MAX_MS;
    }
    watch->seen = is;
    watch->looked = begun;
    watch->next_look = instant_after_ms(begun, watch->look_pause_ms);
    gtid_spend(watch, begun, LOOK_COST_US);
    return true;
}

/* --- zones asked for lately --- */

static void collect_asked(void *item, void *context)
{
    struct gtid_watch *watch = context;
    const struct zone *zone = ((const struct hosted *)item)->zone;
    uint32_t asked_sec = atomic_load_explicit(&zone->asked_sec, memory_order_relaxed);

    if (asked_sec == 0 || asked_sec + LATELY_SEC < instant_sec(watch->collected) ||
        atomic_load_explicit(&zone->soa, memory_order_relaxed) == NULL) {
        return;
    }
    if (watch->asked_count == watch->asked_cap) {
        watch->asked_cap = watch->asked_cap == 0 ? 64 : watch->asked_cap * 2;
        watch->asked = alloc_resize(watch->asked, watch->asked_cap, sizeof *watch->asked);
    }
    watch->asked[watch->asked_count++] = (struct asked){zone->id, asked_sec, zone->content.rows};
}

/* Small zones first, and of them the latest. */
static int by_turn(const void *a, const void *b)
{
    const struct asked *x = a, *y = b;
    bool x_large = x->rows > LARGE_ROWS, y_large = y->rows > LARGE_ROWS;
    return x_large != y_large ? x_large - y_large
                              : (x->asked_sec < y->asked_sec) - (x->asked_sec > y->asked_sec);
}

static void collect(struct gtid_watch *watch)
{
    struct store *store = watch->feed->store;
    struct instant begun = clock_now();
    uint32_t at = 0;

    watch->collect_wanted = false;
    watch->asked_at = watch->asked_count = 0;
    watch->collected = begun;
    do { /* in steps: who answers or loads must not wait for the lock */
        pthread_mutex_lock(&store->lock);
        uint64_t ref = atomic_load_explicit(&store->by_id.ref, memory_order_relaxed);
        at = table_each_some(ref, at, SCAN_LINES, collect_asked, watch);
        pthread_mutex_unlock(&store->lock);
    } while (at != 0);
    if (watch->asked_count > 1) {
        qsort(watch->asked, watch->asked_count, sizeof *watch->asked, by_turn);
    }
    struct instant end = clock_now();
    watch->collect_ms = instant_diff_ms(end, begun);
    watch->next_collect = instant_after_ms(end, watch->collect_ms * COLLECT_SHARE);
}

/*
 * Have the next of them read again, as many as the budget allows, one batch at a time: what the sweep finds
 * would have to wait behind all that were told before it.
 */
static void verify_some(struct gtid_watch *watch)
{
    uint32_t ids[BATCH_ZONES];
    size_t count = 0;

    if (watch->asked_at < watch->asked_count && loader_has_changes(watch->feed->loader)) {
        return;
    }
    while (watch->asked_at < watch->asked_count && count < BATCH_ZONES) {
        const struct asked *asked = &watch->asked[watch->asked_at];
        int64_t *budget_us = asked->rows > LARGE_ROWS ? &watch->large_us : &watch->verify_us;
        bool late = asked->asked_sec + JUST_NOW_SEC < instant_sec(watch->collected);
        if (*budget_us < (late ? BUDGET_MAX_US / 2 : 0)) {
            break;
        }
        watch->asked_at++;
        if (!gtid_is_known(watch->feed->store, asked->id)) {
            ids[count++] = asked->id;
            *budget_us -= gtid_zone_cost_us(watch, asked->rows);
        }
    }
    if (count > 0) {
        gtid_tell(watch, ids, count);
    }
}

/* --- the rung --- */

/* What a change has made necessary, as far as the budget goes. False: the database failed. */
static bool work(struct gtid_watch *watch)
{
    fill_budget(watch);
    if (watch->rows_wanted && watch->rows_us >= 0 && !gtid_find_rows(watch)) {
        return false;
    }
    bool affordable = watch->sweep_wanted && watch->sweep_us >= 0;
    if (affordable &&
        watch->collect_ms > COLLECT_CHEAP_MS) { /* many were asked for: it is quicker */
        return gtid_sweep(watch);
    }
    if (watch->collect_wanted && clock_now().ns >= watch->next_collect.ns) {
        collect(watch);
    }
    verify_some(watch);
    if (affordable) {
        return gtid_sweep(watch);
    }
    return !watch->news_wanted || gtid_find_zones(watch);
}

/* One poll. False: REASON tells why it cannot go on. */
static bool poll_once(struct gtid_watch *watch, char *reason, size_t reason_cap)
{
    struct feed *feed = watch->feed;
    struct db_position position;
    bool good = db_rows_now(feed->rows, &position) == DB_OK;

    if (good && strcmp(position.server_uid, feed->server_uid) != 0) {
        snprintf(reason, reason_cap, "connected to another server than a moment ago");
        return false;
    }
    if (loader_host(feed->loader) != feed->host) {
        snprintf(reason, reason_cap, "the loader has gone to another host");
        return false;
    }
    struct instant now = clock_now();
    bool settling = watch->settle.ns != 0 && now.ns >= watch->settle.ns;
    bool moved = good && strcmp(position.gtid, watch->seen.position.gtid) != 0;
    if (moved && instant_diff_ms(now, watch->looked) >= LOOK_PAUSE_MIN_MS) {
        watch->next_look = now;
    }
    if (good && (settling || now.ns >= watch->next_look.ns)) {
        watch->settle.ns = settling ? 0 : watch->settle.ns;
        good = look(watch, settling);
    }
    if (good) {
        feed_vouch(feed, VOUCH_SEC);
        good = work(watch);
    }
    if (!good) {
        snprintf(reason, reason_cap, "%s", db_error_text(feed->db));
        return false;
    }
    pthread_mutex_lock(&feed->lock);
    feed->status.last_event = now;
    feed->status.pos = watch->seen.position.binlog_pos;
    memcpy(feed->status.file, watch->seen.position.binlog_file, sizeof feed->status.file);
    memcpy(feed->status.gtid, position.gtid, sizeof feed->status.gtid);
    pthread_mutex_unlock(&feed->lock);
    return true;
}

/*
 * Is there something that moves with every change? False: REASON tells why not. A GTID left over from
 * former replication moves no more when somebody writes here; UPDATE_TIME tells then, but not of a view.
 */
static bool is_watchable(const struct feed *feed, const struct db_position *position, char *reason,
                         size_t reason_cap)
{
    const struct db_layout *layout = &feed->layout;

    if (!layout->binlog && position->gtid[0] == '\0') {
        snprintf(reason, reason_cap, "the server has neither a binary log nor a GTID");
    } else if (!layout->binlog && (layout->soa.view || layout->rr.view)) {
        snprintf(reason, reason_cap, "log_bin is off and a table is a view");
    } else {
        return true;
    }
    return false;
}

/* What is read from now on is vouched for; the list of zones too. */
static bool begin(struct gtid_watch *watch, bool *away, char *reason, size_t reason_cap)
{
    struct feed *feed = watch->feed;

    *away = true;
    if (feed->rows == NULL && !reader_open(feed, reason, reason_cap)) {
        return false;
    }
    feed->layout = *db_rows_layout(feed->rows);
    /* Rows first: what comes between the two is found. */
    if ((feed->layout.id_indexed && !db_rows_last_rr(feed->rows, &watch->last_row)) ||
        db_rows_look(feed->rows, &watch->seen) != DB_OK) {
        snprintf(reason, reason_cap, "%s", db_error_text(feed->db));
        return false;
    }
    struct instant at = clock_now();
    *away = false;
    if (!is_watchable(feed, &watch->seen.position, reason, reason_cap)) {
        return false;
    }
    if (!gtid_read_serials(watch, 0, &watch->known)) {
        *away = true;
        snprintf(reason, reason_cap, "%s", db_error_text(feed->db));
        return false;
    }
    memcpy(feed->server_uid, watch->seen.position.server_uid, sizeof feed->server_uid);
    gtid_tell(watch, NULL, 0);
    atomic_store_explicit(&feed->store->vouched_from_ns, at.ns, memory_order_relaxed);
    loader_list_since(feed->loader,
                      clock_now()); /* of after the serials: they differ by nothing then */
    watch->looked = watch->filled = at;
    watch->look_pause_ms = LOOK_PAUSE_MIN_MS;
    watch->settle = instant_after_ms(at, SETTLE_MS); /* the GTID may have moved just now */
    watch->sweep_us = watch->rows_us = watch->verify_us = watch->large_us = BUDGET_MAX_US;
    watch->collect_wanted = true;
    pthread_mutex_lock(&feed->lock);
    feed->status.streams++;
    memcpy(feed->status.server_uid, feed->server_uid, sizeof feed->status.server_uid);
    pthread_mutex_unlock(&feed->lock);
    return true;
}

bool gtid_run(struct feed *feed, const char *why, bool *away, char *reason, size_t reason_cap)
{
    struct gtid_watch watch = {.feed = feed};
    struct instant probe = instant_after_ms(clock_now(), PROBE_MS);
    char refused[200];
    bool binlog = false;

    if (begin(&watch, away, reason, reason_cap)) {
        feed_on_rung(feed, FEED_RUNG_GTID, why);
        while (!binlog && feed_pause(feed, POLL_MS)) {
            struct instant now = clock_now();
            if ((feed_take_probe(feed) || now.ns >= probe.ns) &&
                feed_wants(feed, FEED_RUNG_BINLOG)) {
                bool ignored;
                probe = instant_after_ms(now, PROBE_MS);
                binlog = binlog_open(feed, &ignored, refused, sizeof refused);
                if (!binlog) {
                    feed_on_rung(feed, FEED_RUNG_GTID, refused);
                }
            }
            if (!binlog && (feed->rows == NULL || !poll_once(&watch, reason, reason_cap))) {
                log_info("change feed: GTIDs are not watched any more: %s", reason);
                break;
            }
        }
        *away = true;
        if (!binlog) {
            struct loader_change nothing = {.server_uid = "", .file = ""};
            feed_vouch(feed, 0);
            loader_changed(feed->loader, &nothing);
        }
    }
    serials_release(&watch.known);
    free(watch.asked);
    return binlog;
}

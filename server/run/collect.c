#include "run/collect.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "net/query_log.h"

static struct report_since since(struct instant at, struct instant now)
{
    if (at.ns == 0) {
        return (struct report_since){false, 0};
    }
    int64_t ms = instant_diff_ms(now, at);
    return (struct report_since){true, (uint32_t)(ms > 0 ? ms / 1000 : 0)};
}

/* --- ready ------------------------------------------------------------------------------------- */

bool collect_ready(const struct collect *collect, char *why, size_t cap)
{
    struct loader_status loader;

    why[0] = '\0';
    loader_status(collect->loader, &loader);
    if (!atomic_load_explicit(&collect->store->complete, memory_order_relaxed)) {
        snprintf(why, cap, "the list of zones has not been read yet%s%s",
                 loader.error[0] != '\0' ? ": " : "", loader.error);
        return false;
    }
    uint32_t away = store_away_sec(collect->store, instant_sec(clock_now()));
    uint32_t limit = collect->conf->stale_limit_sec;
    limit = limit != 0 ? limit : CONF_STALE_LEAST_SEC;
    if (away > limit) {
        snprintf(
            why, cap, "the database has been away for %u s, stale-limit is %u s%s", away, limit,
            collect->conf->stale_limit_sec != 0 ? "" : " for zones that expire no later than that");
        return false;
    }
    if (loader.lag.past) {
        snprintf(why, cap, "the database is %u s behind its primary, replica-max-lag is %u s",
                 loader.lag.seconds, loader.lag.limit);
        return false;
    }
    return true;
}

/* --- age --------------------------------------------------------------------------------------- */

/*
 * Is all in memory vouched for? On the binlog rung what was read before the stream began is read again
 * at once, so it is from the moment on when nothing waits for a load; a stream that goes on where the
 * last one ended leaves that as it was. On the gtid rung zones nobody asks for are left to their age.
 */
static bool is_settled(struct collect *collect, enum feed_rung rung)
{
    struct store *store = collect->store;
    uint32_t until = atomic_load_explicit(&store->vouched_sec, memory_order_relaxed);
    int64_t from = atomic_load_explicit(&store->vouched_from_ns, memory_order_relaxed);
    struct instant now = clock_now();

    if (until < instant_sec(now) || from == 0 || rung != FEED_RUNG_BINLOG) {
        return false;
    }
    /* A second later: by then what is to be read again is in the queue. */
    if (collect->settled_from_ns != from && now.ns > from + 1000000000) {
        pthread_mutex_lock(&store->lock);
        bool idle = store->pending == 0;
        pthread_mutex_unlock(&store->lock);
        collect->settled_from_ns = idle ? from : 0;
    }
    return collect->settled_from_ns == from;
}

void collect_tick(struct collect *collect)
{
    struct feed_status feed;

    feed_status(collect->feed, &feed);
    (void)is_settled(collect, feed.rung);
}

static void set_age(struct report *report, bool known, uint32_t sec, const char *because)
{
    report->age_known = known;
    report->age_sec = known ? sec : 0;
    report->age_because = because;
}

/*
 * How old an answer can be now, by what bounds it. Zones that could not be loaded are excepted: they
 * are told one by one.
 */
static void collect_age(struct collect *collect, struct report *report, enum feed_rung rung,
                        struct instant now)
{
    const struct store *store = collect->store;
    uint32_t expire = collect->conf->zone_cache_expire_sec,
             away = store_away_sec(store, instant_sec(now));

    if (!atomic_load_explicit(&store->complete, memory_order_relaxed)) {
        set_age(report, false, 0, "no zone is known yet");
    } else if (is_settled(collect, rung)) {
        set_age(report, true, 0, "change feed");
    } else if (away > 0 && collect->settled_from_ns != 0 && report->last_event.known) {
        /* All was current as long as the feed was there. */
        set_age(report, true, report->last_event.sec + 1, "database away since the feed ended");
    } else if (expire == 0) {
        set_age(report, false, 0, "zone-cache-expire = 0");
    } else if (away > 0) {
        set_age(report, true, away + expire, "database away, and zone-cache-expire before");
    } else if (atomic_load_explicit(&store->database_slow, memory_order_relaxed)) {
        set_age(report, false, 0, "the database is too slow to wait for");
    } else {
        set_age(report, true, expire, "zone-cache-expire");
    }
    if (report->holding.known && report->age_known && report->age_sec < report->holding.sec) {
        set_age(report, true, report->holding.sec, "removals are held back (vanish-limit)");
    }
}

/* --- the parts --------------------------------------------------------------------------------- */

static enum feed_rung collect_feed(const struct collect *collect, struct report *report,
                                   struct instant now)
{
    static const enum report_rung rungs[] = {[FEED_RUNG_OFF] = REPORT_RUNG_OFF,
                                             [FEED_RUNG_GTID] = REPORT_RUNG_GTID,
                                             [FEED_RUNG_BINLOG] = REPORT_RUNG_BINLOG};
    struct feed_status feed;

    feed_status(collect->feed, &feed);
    report->rung = rungs[feed.rung];
    snprintf(report->why_not_higher, sizeof report->why_not_higher, "%s",
             collect->feed != NULL                         ? feed.why_not_higher
             : collect->conf->change_feed == CONF_FEED_OFF ? "change-feed = off"
                                                           : "it has not begun yet");
    report->rung_since = since(feed.since, now);
    report->last_event = since(feed.last_event, now);
    report->last_change = since(feed.last_change, now);
    report->feed_streams = feed.streams;
    report->feed_resumed = feed.resumed;
    report->feed_changes = feed.changes;
    report->verifications = feed.verifications;
    if (feed.file[0] != '\0' || feed.gtid[0] != '\0') {
        memcpy(report->server_uid, feed.server_uid, sizeof report->server_uid);
        memcpy(report->binlog_file, feed.file, sizeof report->binlog_file);
        memcpy(report->gtid, feed.gtid, sizeof report->gtid);
        report->binlog_offset = feed.pos;
    }
    return feed.rung;
}

static void collect_loader(const struct collect *collect, struct report *report, struct instant now)
{
    struct loader_status loader;

    loader_status(collect->loader, &loader);
    report->connected = !loader.database_away;
    report->replica_state = lag_state_name(loader.lag.state);
    report->lag_known = loader.lag.state == LAG_RUNNING || loader.lag.state == LAG_STOPPED;
    report->lag_sec = loader.lag.seconds;
    report->lag_limit_sec = loader.lag.limit;
    memcpy(report->replica_error, loader.lag.why, sizeof report->replica_error);
    report->connection = since(loader.away_since, now);
    memcpy(report->database_error, loader.error, sizeof report->database_error);
    report->zones = loader.zones;
    report->loaded = loader.loaded;
    report->failed = loader.failed;
    report->pending = loader.queued;
    report->rows = loader.rows;
    report->rows_left_out = loader.rows_left_out;
    report->loads = loader.loads;
    report->loads_given_up = loader.given_up;
    report->holding = since(loader.vanish.since, now);
    report->held_zones = loader.held;
    report->holds = loader.vanish.holds;
    memcpy(report->hold_why, loader.vanish.why, sizeof report->hold_why);
    report->store_bytes = loader.bytes;
    report->store_limit_bytes = collect->conf->cache_memory;
    report->queue_asked = loader.queue_asked;
    report->queue_changed = loader.queue_changed;
    report->queue_soa = loader.queue_soa;
    report->queue_background = loader.queue_background;
    memcpy(report->server_uid, loader.position.server_uid, sizeof report->server_uid);
    memcpy(report->binlog_file, loader.position.binlog_file, sizeof report->binlog_file);
    memcpy(report->gtid, loader.position.gtid, sizeof report->gtid);
    report->binlog_offset = loader.position.binlog_pos;
}

static void collect_failed(struct store *store, struct report *report)
{
    char origin[NAME_TEXT_SIZE];

    report->zone_names = true;
    pthread_mutex_lock(&store->lock);
    const struct failure *failure = store->last_failed;
    for (; failure != NULL && report->failed_count < REPORT_FAILED_MAX; failure = failure->next) {
        const struct zone *zone = failure->hosted->zone;
        name_to_text(origin, zone->origin);
        report->failed_zones[report->failed_count++] =
            (struct report_failed){alloc_string(origin), alloc_string(failure->reason), zone->id};
    }
    pthread_mutex_unlock(&store->lock);
}

static void collect_traffic(const struct collect *collect, struct report *report)
{
    struct counter_sums sums;
    struct server_gauges gauges;

    server_sum(collect->server, &sums);
    server_gauges(collect->server, &gauges);
    report->udp = sums.udp;
    report->tcp = sums.tcp;
    report->dropped = sums.dropped;
    report->waited = sums.late;
    report->truncated = sums.truncated;
    report->unsent = sums.unsent;
    report->limited = sums.limited;
    report->slipped = sums.slipped;
    report->tcp_connections = gauges.tcp_connections;
    report->waiting = gauges.late_waiting;
    for (unsigned i = 0; i < COUNTED_RCODES && i < REPORT_RCODES_MAX; i++) {
        /* The usual ones are there from the start, so that a rate can be told of their first. */
        if (sums.rcode[i] > 0 || i <= RCODE_REFUSED) {
            struct report_rcode *rcode = &report->rcodes[report->rcode_count++];
            char name[16];
            snprintf(rcode->name, sizeof rcode->name, "%s", query_log_rcode(name, i));
            rcode->count = sums.rcode[i];
        }
    }
}

/* statm, proc_pid_statm(5): the second number is the pages in memory. */
static uint64_t resident_bytes(void)
{
    unsigned long long size, resident;
    FILE *file = fopen("/proc/self/statm", "re");

    if (file == NULL) {
        return 0;
    }
    int got = fscanf(file, "%llu %llu", &size, &resident);
    fclose(file);
    return got == 2 ? (uint64_t)resident * (uint64_t)sysconf(_SC_PAGESIZE) : 0;
}

void collect_report(struct collect *collect, bool zone_names, struct report *report)
{
    struct instant now = clock_now();

    memset(report, 0, sizeof *report);
    report->version = MYDNS_VERSION;
    report->uptime_sec = since(collect->started, now).sec;
    report->start_unix_sec = (uint64_t)time(NULL) - report->uptime_sec;
    report->ready = collect_ready(collect, report->why_not_ready, sizeof report->why_not_ready);
    collect_loader(collect, report, now);
    enum feed_rung rung = collect_feed(collect, report, now);
    collect_age(collect, report, rung, now);
    collect_traffic(collect, report);
    report->resident_bytes = resident_bytes();
    if (zone_names) {
        collect_failed(collect->store, report);
    }
}

#include "feed/feed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/log.h"
#include "feed/feed_private.h"

enum {
    PROBE_MS = 30 * 1000, /* until a rung that was refused is tried again */
    BACKOFF_MIN_MS = 50,
    BACKOFF_MAX_MS = 1000,
};

/* --- what the rungs share --- */

bool feed_stopping(void *context)
{
    struct feed *feed = context;
    pthread_mutex_lock(&feed->lock);
    bool stop = feed->stopping;
    pthread_mutex_unlock(&feed->lock);
    return stop;
}

bool feed_pause(struct feed *feed, unsigned ms)
{
    struct timespec until;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += ms / 1000;
    until.tv_nsec += (long)(ms % 1000) * 1000000;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    pthread_mutex_lock(&feed->lock);
    while (!feed->stopping && !feed->probe_now &&
           pthread_cond_timedwait(&feed->wake, &feed->lock, &until) == 0) {
    }
    bool go_on = !feed->stopping;
    pthread_mutex_unlock(&feed->lock);
    return go_on;
}

bool feed_take_probe(struct feed *feed)
{
    pthread_mutex_lock(&feed->lock);
    bool probe = feed->probe_now;
    feed->probe_now = false;
    pthread_mutex_unlock(&feed->lock);
    return probe;
}

void feed_set_stream(struct feed *feed, struct db_stream *stream)
{
    pthread_mutex_lock(&feed->lock);
    feed->stream = stream;
    if (feed->stopping && stream != NULL) {
        db_stream_interrupt(stream);
    }
    pthread_mutex_unlock(&feed->lock);
}

void feed_vouch(struct feed *feed, unsigned seconds)
{
    uint32_t until = seconds == 0 ? 0 : instant_sec(clock_now()) + seconds;
    atomic_store_explicit(&feed->store->vouched_sec, until, memory_order_relaxed);
}

void feed_note_place(struct feed *feed)
{
    pthread_mutex_lock(&feed->lock);
    feed->status.last_event = clock_now();
    memcpy(feed->status.file, feed->file, sizeof feed->status.file);
    feed->status.pos = feed->pos;
    memcpy(feed->status.gtid, feed->done.gtid, sizeof feed->status.gtid);
    if (!feed->verify.wanted) {
        feed->told_place = feed->done;
    }
    pthread_mutex_unlock(&feed->lock);
}

void feed_forget_place(struct feed *feed)
{
    feed->done.valid = false;
    pthread_mutex_lock(&feed->lock);
    feed->told_place.valid = false;
    pthread_mutex_unlock(&feed->lock);
}

bool feed_place(struct feed *feed, struct feed_place *place)
{
    pthread_mutex_lock(&feed->lock);
    struct place told = feed->told_place;
    pthread_mutex_unlock(&feed->lock);
    *place = (struct feed_place){.position.binlog_pos = told.pos, .layout = told.layout};
    memcpy(place->position.server_uid, told.server_uid, sizeof told.server_uid);
    memcpy(place->position.binlog_file, told.file, sizeof told.file);
    memcpy(place->position.gtid, told.gtid, sizeof told.gtid);
    /* Of another server zones may be in memory by now. */
    return told.valid && told.arrivals == loader_arrivals(feed->loader);
}

bool feed_wants(struct feed *feed, enum feed_rung rung)
{
    enum conf_feed wanted = feed_conf(feed)->change_feed;
    return wanted == CONF_FEED_AUTO || (wanted == CONF_FEED_BINLOG && rung == FEED_RUNG_BINLOG) ||
           (wanted == CONF_FEED_GTID && rung == FEED_RUNG_GTID);
}

static void set_rung(struct feed *feed, enum feed_rung rung, const char *why)
{
    pthread_mutex_lock(&feed->lock);
    if (feed->status.rung != rung || feed->status.since.ns == 0) {
        feed->status.since = clock_now();
    }
    feed->status.rung = rung;
    snprintf(feed->status.why_not_higher, sizeof feed->status.why_not_higher, "%s", why);
    pthread_mutex_unlock(&feed->lock);
}

void feed_on_rung(struct feed *feed, enum feed_rung rung, const char *why)
{
    char text[sizeof feed->told];

    if (feed->unverified && rung != FEED_RUNG_BINLOG) { /* which looks itself */
        loader_reload(feed->loader);
    }
    feed->unverified = false;
    set_rung(feed, rung, why);
    if (rung == FEED_RUNG_BINLOG) {
        feed->told[0] = '\0'; /* it says itself from where */
        return;
    }
    if (rung == FEED_RUNG_OFF) {
        snprintf(text, sizeof text, "changes show by age: %s", why);
    } else {
        snprintf(text, sizeof text, "changes are found by GTID%s%s",
                 why[0] != '\0' ? ", the binlog is not followed: " : "", why);
    }
    if (strcmp(feed->told, text) != 0) {
        memcpy(feed->told, text, sizeof feed->told);
        bool wanted = rung == FEED_RUNG_OFF && feed_conf(feed)->change_feed != CONF_FEED_AUTO;
        (wanted ? log_warning : log_info)("change feed: %s", text);
    }
}

/* --- the ladder --- */

/* Take the highest rung there is, until it breaks. False: none; WHY tells. *AWAY: try again soon. */
static bool climb(struct feed *feed, bool *away, char *why, size_t why_cap)
{
    char binlog[200] = "", gtid[200] = "";
    bool ready = false;

    *away = false;
    if (feed_wants(feed, FEED_RUNG_BINLOG)) {
        ready = binlog_open(feed, away, binlog, sizeof binlog);
    }
    if (!ready && !*away && feed_wants(feed, FEED_RUNG_GTID)) {
        ready = gtid_run(feed, binlog, away, gtid, sizeof gtid);
    }
    if (ready) {
        binlog_follow(feed);
        *away = true;
        return true;
    }
    if (binlog[0] != '\0' && gtid[0] != '\0') {
        snprintf(why, why_cap, "binlog: %s; gtid: %s", binlog, gtid);
    } else {
        snprintf(why, why_cap, "%s%s", binlog, gtid);
    }
    return false;
}

static void *run(void *context)
{
    struct feed *feed = context;
    unsigned backoff = BACKOFF_MIN_MS, wait;
    char why[256];

    do {
        bool away;
        (void)feed_take_probe(feed); /* this is one */
        if (climb(feed, &away, why, sizeof why)) {
            backoff = BACKOFF_MIN_MS;
            snprintf(why, sizeof why, "the binlog stream is lost");
        }
        reader_close(feed);
        if (away) { /* the loader tells of a database that is away */
            set_rung(feed, FEED_RUNG_OFF, why);
            wait = backoff;
            backoff = backoff * 2 > BACKOFF_MAX_MS ? BACKOFF_MAX_MS : backoff * 2;
        } else {
            feed_on_rung(feed, FEED_RUNG_OFF, why);
            wait = PROBE_MS;
            backoff = BACKOFF_MIN_MS;
        }
    } while (feed_pause(feed, wait));
    return NULL;
}

/* --- life --- */

/* Begin as if the stream had been lost where the file was saved. */
static void take_restored(struct feed *feed, const struct feed_restored *restored)
{
    const struct db_position *position = &restored->place.position;
    struct place *done = &feed->done;

    feed->unverified = true;
    done->valid = restored->known;
    done->pos = position->binlog_pos;
    done->layout = restored->place.layout;
    done->vouched_from_ns = restored->since.ns;
    memcpy(done->server_uid, position->server_uid, sizeof done->server_uid);
    memcpy(done->file, position->binlog_file, sizeof done->file);
    memcpy(done->gtid, position->gtid, sizeof done->gtid);
    feed->told_place = *done;
}

struct feed *feed_start(const struct conf *conf, struct store *store, struct loader *loader,
                        const struct feed_restored *restored)
{
    if (conf->change_feed == CONF_FEED_OFF) {
        return NULL;
    }
    struct feed *feed = alloc_zero(1, sizeof *feed);
    pthread_condattr_t monotonic;

    atomic_init(&feed->conf, conf);
    feed->store = store;
    feed->loader = loader;
    if (restored != NULL) {
        take_restored(feed, restored);
    }
    pthread_mutex_init(&feed->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&feed->wake, &monotonic);
    pthread_condattr_destroy(&monotonic);
    if (pthread_create(&feed->thread, NULL, run, feed) != 0) {
        abort(); /* out of threads or memory at start */
    }
    return feed;
}

void feed_stop(struct feed *feed)
{
    if (feed == NULL) {
        return;
    }
    pthread_mutex_lock(&feed->lock);
    feed->stopping = true;
    pthread_cond_broadcast(&feed->wake);
    if (feed->db != NULL) {
        db_interrupt(feed->db);
    }
    if (feed->stream != NULL) {
        db_stream_interrupt(feed->stream);
    }
    pthread_mutex_unlock(&feed->lock);
    pthread_join(feed->thread, NULL);
    pthread_cond_destroy(&feed->wake);
    pthread_mutex_destroy(&feed->lock);
    transaction_release(&feed->transaction);
    prepared_clear(&feed->prepared);
    free(feed);
}

void feed_reconfigure(struct feed *feed, const struct conf *conf)
{
    if (feed != NULL) {
        atomic_store_explicit(&feed->conf, conf, memory_order_release);
        pthread_mutex_lock(&feed->lock);
        feed->probe_now = true;
        pthread_cond_broadcast(&feed->wake);
        pthread_mutex_unlock(&feed->lock);
    }
}

void feed_status(struct feed *feed, struct feed_status *status)
{
    if (feed == NULL) {
        *status = (struct feed_status){.rung = FEED_RUNG_OFF};
        return;
    }
    pthread_mutex_lock(&feed->lock);
    *status = feed->status;
    pthread_mutex_unlock(&feed->lock);
}

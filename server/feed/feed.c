#include "feed/feed.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/log.h"
#include "db/db_rows.h"
#include "db/db_stream.h"
#include "feed/transaction.h"

enum {
    PROBE_MS = 30 * 1000, /* until a rung that was refused is tried again */
    BACKOFF_MIN_MS = 50,
    BACKOFF_MAX_MS = 1000,
    /* Verifying everything takes at most this part of the time, so that a server whose log is all text
     * (binlog_format = MIXED, as Debian has it) is not read over and over; but soon enough in any case. */
    VERIFY_SHARE = 20,
    VERIFY_PAUSE_MAX_MS = 60 * 1000,
    VERIFY_LOOK_MS = 100,
    DEAF_BEATS = 2,
    DEAF_IN_VAIN_MAX = 3,
    VOUCH_SEC = 4, /* a heartbeat comes each second, silence ends the stream after three */
};

struct feed {
    const struct conf *conf;
    struct store *store;
    struct loader *loader;
    pthread_t thread;

    pthread_mutex_t lock; /* guards stopping, and db and stream against feed_stop's interrupt */
    pthread_cond_t wake;
    bool stopping;
    struct db *db;
    struct db_stream *stream;

    /* the thread's own */
    struct db_rows *rows; /* of db */
    char start_gtid[256]; /* the server's, before the stream began */
    char last_gtid[64];   /* of the last transaction heard of; "" = none yet */
    unsigned deaf_beats, deaf_in_vain;
    struct db_layout layout;
    char file[128];
    uint64_t pos;
    struct transaction transaction; /* the one that is open */
    bool altered;                   /* the layout is to be read again before the next event */
    bool verify_wanted, verify_running;
    struct instant verify_begun, verify_looked, verify_next; /* next: not before */
    char told[256]; /* the last reason logged for not running */
};

/* Have everything verified, when it is wanted, the last time is over and the pause after it, too. */
static void verify(struct feed *feed)
{
    struct instant now = clock_now();

    if (feed->verify_running) {
        struct loader_status status;
        if (instant_diff_ms(now, feed->verify_looked) < VERIFY_LOOK_MS) {
            return; /* looking walks over all zones */
        }
        feed->verify_looked = now;
        loader_status(feed->loader, &status);
        if (status.queued > 0) {
            return;
        }
        int64_t pause_ms = instant_diff_ms(now, feed->verify_begun) * (VERIFY_SHARE - 1);
        pause_ms = pause_ms > VERIFY_PAUSE_MAX_MS ? VERIFY_PAUSE_MAX_MS : pause_ms;
        feed->verify_next = instant_after_ms(now, pause_ms);
        feed->verify_running = false;
    }
    if (feed->verify_wanted && now.ns >= feed->verify_next.ns) {
        struct loader_change all = {.all = true, .file = feed->file, .pos = feed->pos};
        feed->verify_wanted = false;
        feed->verify_running = true;
        feed->verify_begun = now;
        loader_changed(feed->loader, &all);
    }
}

static void on_commit(struct feed *feed)
{
    const struct transaction *c = &feed->transaction;
    if (c->all) {
        feed->verify_wanted = true;
        verify(feed);
    } else if (c->zone_count > 0 || c->soa_count > 0) {
        struct loader_change change = {.zones = c->zones,
                                       .zone_count = c->zone_count,
                                       .soas = c->soas,
                                       .soa_count = c->soa_count,
                                       .file = feed->file,
                                       .pos = feed->pos};
        loader_changed(feed->loader, &change);
    }
    transaction_begin(&feed->transaction, &feed->layout);
}

/* --- the stream --- */

static void vouch(struct feed *feed)
{
    atomic_store_explicit(&feed->store->vouched_sec, instant_sec(clock_now()) + VOUCH_SEC,
                          memory_order_relaxed);
}

static void on_event(struct feed *feed, const struct stream_event *event)
{
    if (event->next_pos != 0 && event->kind != STREAM_ROTATE) {
        feed->pos = event->next_pos;
    }
    switch (event->kind) {
    case STREAM_ROTATE:
        if (event->file[0] != '\0') {
            memcpy(feed->file, event->file, sizeof feed->file);
            feed->pos = event->file_pos;
        }
        break;
    case STREAM_BEGIN:
        memcpy(feed->last_gtid, event->gtid, sizeof feed->last_gtid);
        feed->deaf_in_vain = 0;
        transaction_begin(&feed->transaction, &feed->layout);
        feed->transaction.standalone = event->standalone;
        feed->transaction.ddl = event->ddl;
        break;
    case STREAM_TABLE:
        transaction_table(&feed->transaction, event);
        break;
    case STREAM_ROWS:
        transaction_rows(&feed->transaction, event);
        break;
    case STREAM_TEXT:
        transaction_text(&feed->transaction, event);
        if (feed->transaction.standalone) {
            /* Columns may stand elsewhere from now on. */
            feed->altered = feed->transaction.ddl && feed->transaction.all;
            on_commit(feed);
        }
        break;
    case STREAM_COMMIT:
        on_commit(feed);
        break;
    case STREAM_XA:
        transaction_begin(&feed->transaction, &feed->layout); /* XA COMMIT comes later, as text */
        break;
    case STREAM_HEARTBEAT:
    case STREAM_OTHER:
        break;
    }
    if (feed->verify_wanted) {
        verify(feed);
    }
    vouch(feed);
}

/* ADDRESS: what the parameters borrow from. */
static struct db_params params_of(const struct conf *conf, bool feed_account,
                                  struct conf_address *address)
{
    struct db_params params;
    loader_db_params(conf, 0, address, &params);
    if (feed_account && conf->feed_user != NULL) {
        params.user = conf->feed_user;
        params.password = conf->feed_password;
    }
    return params;
}

/* Say once why the binlog is not followed. */
static void tell(struct feed *feed, const char *reason)
{
    if (strcmp(feed->told, reason) != 0) {
        snprintf(feed->told, sizeof feed->told, "%s", reason);
        (feed->conf->change_feed == CONF_FEED_BINLOG ? log_warning : log_info)(
            "change feed: binlog is not followed, changes show by age (%u s): %s",
            feed->conf->zone_cache_expire_sec, reason);
    }
}

/* A db_open_unless callback, too. */
static bool stopping(void *context)
{
    struct feed *feed = context;
    pthread_mutex_lock(&feed->lock);
    bool stop = feed->stopping;
    pthread_mutex_unlock(&feed->lock);
    return stop;
}

/* What feed_stop interrupts: DB, while layout and position are read by it. */
static void set_db(struct feed *feed, struct db *db)
{
    pthread_mutex_lock(&feed->lock);
    feed->db = db;
    if (feed->stopping && db != NULL) {
        db_interrupt(db);
    }
    pthread_mutex_unlock(&feed->lock);
}

static void close_reader(struct feed *feed)
{
    struct db *db = feed->db;
    db_rows_free(feed->rows);
    feed->rows = NULL;
    set_db(feed, NULL);
    db_close(db);
}

/* Connect with the reading account, which is asked where the server stands. False: REASON tells. */
static bool open_reader(struct feed *feed, char *reason, size_t reason_cap)
{
    struct conf_address address;
    struct db_params params = params_of(feed->conf, false, &address);
    enum db_error kind;
    struct db *db = db_open_unless(&params, stopping, feed, &kind, reason, reason_cap);

    set_db(feed, db);
    if (db == NULL) {
        return false;
    }
    feed->rows = db_rows_new(db, feed->conf);
    if (feed->rows == NULL) {
        snprintf(reason, reason_cap, "%s", db_error_text(db));
        close_reader(feed);
        return false;
    }
    return true;
}

/* The GTIDs of the server's own binary log alone, which come first. */
static void cut_gtid(char *gtid)
{
    gtid[strcspn(gtid, "|")] = '\0';
}

/* Read layout and position. False: REASON tells; *AWAY: try again soon. */
static bool read_position(struct feed *feed, bool *away, char *reason, size_t reason_cap)
{
    struct db_position position;

    *away = true;
    if (!open_reader(feed, reason, reason_cap)) {
        return false;
    }
    if (db_rows_begin(feed->rows, &position) != DB_OK || db_rows_end(feed->rows) != DB_OK) {
        snprintf(reason, reason_cap, "%s", db_error_text(feed->db));
        return false;
    }
    *away = false;
    feed->layout = *db_rows_layout(feed->rows);
    snprintf(feed->file, sizeof feed->file, "%s", position.binlog_file);
    feed->pos = position.binlog_pos;
    memcpy(feed->start_gtid, position.gtid, sizeof feed->start_gtid);
    cut_gtid(feed->start_gtid);
    feed->last_gtid[0] = '\0';
    feed->deaf_beats = 0;
    if (!feed->layout.binlog || position.binlog_file[0] == '\0') {
        snprintf(reason, reason_cap, "log_bin is off");
    } else if (feed->layout.soa.view || feed->layout.rr.view) {
        snprintf(reason, reason_cap, "a table is a view");
    } else if (feed->layout.silent_replica) {
        snprintf(reason, reason_cap, "the server is a replica without log_slave_updates");
    } else {
        return true;
    }
    return false;
}

/* After DDL: where columns stand now. False: it cannot be told, the stream begins anew. */
static bool reread_layout(struct feed *feed, char *reason, size_t reason_cap)
{
    feed->altered = false;
    close_reader(feed);
    if (!open_reader(feed, reason, reason_cap)) {
        return false;
    }
    feed->layout = *db_rows_layout(feed->rows);
    return true;
}

/* Is GTID one of LIST, which has one for each domain, with commas between? */
static bool is_listed(const char *list, const char *gtid)
{
    size_t len = strlen(gtid);
    while (*list != '\0') {
        size_t item = strcspn(list, ",");
        if (item == len && memcmp(list, gtid, len) == 0) {
            return true;
        }
        list += item + (list[item] == ',');
    }
    return false;
}

/*
 * With a heartbeat, so after a second of silence: is the last transaction heard of the server's last
 * one of its domain? If not, twice in a row, the server's log goes on somewhere else. So it is after a
 * RESET MASTER: the file we read is gone, and its name belongs to another one. When new streams
 * hear nothing either, the GTIDs are not what we take them for and no longer believed.
 */
static bool is_deaf(struct feed *feed)
{
    struct db_position now;
    char reason[256];

    if (feed->deaf_in_vain >= DEAF_IN_VAIN_MAX ||
        (feed->rows == NULL && !open_reader(feed, reason, sizeof reason))) {
        return false;
    }
    if (db_rows_now(feed->rows, &now) != DB_OK) {
        close_reader(feed); /* the stream itself tells when the database is away */
        return false;
    }
    cut_gtid(now.gtid);
    bool in_step = feed->last_gtid[0] != '\0' ? is_listed(now.gtid, feed->last_gtid)
                                              : strcmp(now.gtid, feed->start_gtid) == 0;
    if (in_step || ++feed->deaf_beats < DEAF_BEATS) {
        feed->deaf_beats = in_step ? 0 : feed->deaf_beats;
        return false;
    }
    feed->deaf_in_vain++;
    return true;
}

static void set_stream(struct feed *feed, struct db_stream *stream)
{
    pthread_mutex_lock(&feed->lock);
    feed->stream = stream;
    if (feed->stopping && stream != NULL) {
        db_stream_interrupt(stream);
    }
    pthread_mutex_unlock(&feed->lock);
}

/* Follow until the stream is lost. Returns how: DB_AWAY is worth another try at once. */
static enum db_error follow(struct feed *feed, char *reason, size_t reason_cap)
{
    struct conf_address address;
    struct db_params params = params_of(feed->conf, true, &address);
    struct stream_event event;
    enum db_error kind;
    bool running = false;
    struct db_stream *stream =
        db_stream_open(&params, feed->file, feed->pos, stopping, feed, &kind, reason, reason_cap);

    if (stream == NULL) {
        return kind;
    }
    set_stream(feed, stream);
    transaction_begin(&feed->transaction, &feed->layout);
    while ((kind = db_stream_next(stream, &event, reason, reason_cap)) == DB_OK &&
           !stopping(feed)) {
        if (!running) { /* the first event shows that we may */
            running = true;
            feed->told[0] = '\0';
            log_info("change feed: following the binlog from %s:%" PRIu64, feed->file, feed->pos);
            /* From the next second on: what was read in this one may be older than the position. */
            atomic_store_explicit(&feed->store->vouched_from_sec, instant_sec(clock_now()) + 1,
                                  memory_order_relaxed);
            struct loader_change all = {.all = true, .file = feed->file, .pos = feed->pos};
            loader_changed(feed->loader, &all);
        }
        on_event(feed, &event);
        if (feed->altered && !reread_layout(feed, reason, reason_cap)) {
            break;
        }
        if (event.kind == STREAM_HEARTBEAT && is_deaf(feed)) {
            snprintf(reason, reason_cap, "the server's log goes on without us");
            break;
        }
    }
    atomic_store_explicit(&feed->store->vouched_sec, 0, memory_order_relaxed);
    /* Positions may start anew (RESET MASTER, another server): no snapshot has to reach the old one. */
    struct loader_change nothing = {.file = ""};
    loader_changed(feed->loader, &nothing);
    set_stream(feed, NULL);
    db_stream_close(stream);
    if (running) {
        log_warning("change feed: the binlog stream ended: %s", reason);
    }
    return running ? DB_AWAY : kind;
}

/* Wait, at most MS. False: stop. */
static bool pause_ms(struct feed *feed, unsigned ms)
{
    struct timespec until;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += ms / 1000;
    until.tv_nsec += (long)(ms % 1000) * 1000000;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    pthread_mutex_lock(&feed->lock);
    while (!feed->stopping && pthread_cond_timedwait(&feed->wake, &feed->lock, &until) == 0) {
    }
    bool go_on = !feed->stopping;
    pthread_mutex_unlock(&feed->lock);
    return go_on;
}

static void *run(void *context)
{
    struct feed *feed = context;
    unsigned backoff = BACKOFF_MIN_MS;
    char reason[256] = "";

    do {
        bool away;
        unsigned wait = PROBE_MS;
        if (read_position(feed, &away, reason, sizeof reason)) {
            enum db_error ended = follow(feed, reason, sizeof reason);
            if (ended == DB_AWAY) {
                away = true;
            } else if (!stopping(feed)) {
                tell(feed, reason);
            }
        } else if (!away) {
            tell(feed, reason);
        }
        close_reader(feed); /* an account may have few connections */
        if (away) {         /* the loader tells of a database that is away */
            wait = backoff;
            backoff = backoff * 2 > BACKOFF_MAX_MS ? BACKOFF_MAX_MS : backoff * 2;
        } else {
            backoff = BACKOFF_MIN_MS;
        }
        if (!pause_ms(feed, wait)) {
            break;
        }
    } while (true);
    return NULL;
}

/* --- life --- */

struct feed *feed_start(const struct conf *conf, struct store *store, struct loader *loader)
{
    if (conf->change_feed == CONF_FEED_GTID) {
        log_warning("change-feed = gtid is not built yet: changes show by age");
    }
    if (conf->change_feed == CONF_FEED_OFF || conf->change_feed == CONF_FEED_GTID) {
        return NULL;
    }
    struct feed *feed = alloc_zero(1, sizeof *feed);
    pthread_condattr_t monotonic;

    feed->conf = conf;
    feed->store = store;
    feed->loader = loader;
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
    free(feed);
}

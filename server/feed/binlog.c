/*
 * Rung binlog. How nothing is lost: the position is read first, the stream starts there, and then every
 * zone is asked to be read again; what was read before the position is thus replaced, and what changes
 * after it is told. The same happens after every loss of the stream, and when the server's GTIDs go on
 * while nothing is heard. An event comes before its rows can be seen: the loader reads again until its
 * snapshot has reached the position told.
 *
 * What is not known in detail (statements as text, DDL, XA, partial row images, a transaction of more than
 * FEED_ZONES_MAX zones) asks for everything to be verified, old data answering meanwhile. Statements
 * about other databases are passed over.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "feed/feed_private.h"

enum {
    DEAF_BEATS = 2,
    DEAF_IN_VAIN_MAX = 3,
    VOUCH_SEC = 4, /* a heartbeat comes each second, silence ends the stream after three */
};

static void on_commit(struct feed *feed)
{
    const struct transaction *c = &feed->transaction;
    if (c->all) {
        feed->verify.wanted = true;
        verify_step(feed);
    } else if (c->zone_count > 0 || c->soa_count > 0) {
        struct loader_change change = {.zones = c->zones,
                                       .zone_count = c->zone_count,
                                       .soas = c->soas,
                                       .soa_count = c->soa_count,
                                       .server_uid = feed->status.server_uid,
                                       .file = feed->file,
                                       .pos = feed->pos};
        pthread_mutex_lock(&feed->lock);
        feed->status.changes++;
        feed->status.last_change = clock_now();
        pthread_mutex_unlock(&feed->lock);
        loader_changed(feed->loader, &change);
    }
    transaction_begin(&feed->transaction, &feed->layout);
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
    if (feed->verify.wanted) {
        verify_step(feed);
    }
    feed_note_place(feed);
    feed_vouch(feed, VOUCH_SEC);
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
    if (!reader_open(feed, reason, reason_cap)) {
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
    pthread_mutex_lock(&feed->lock);
    memcpy(feed->status.server_uid, position.server_uid, sizeof feed->status.server_uid);
    memcpy(feed->status.gtid, feed->start_gtid, sizeof feed->status.gtid);
    pthread_mutex_unlock(&feed->lock);
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
    reader_close(feed);
    if (!reader_open(feed, reason, reason_cap)) {
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
        (feed->rows == NULL && !reader_open(feed, reason, sizeof reason))) {
        return false;
    }
    if (db_rows_now(feed->rows, &now) != DB_OK) {
        reader_close(feed); /* the stream itself tells when the database is away */
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

/* A running stream: what was read before it began is no longer vouched for, and read again. */
static void begin(struct feed *feed)
{
    feed_on_rung(feed, FEED_RUNG_BINLOG, "");
    log_info("change feed: following the binlog from %s:%" PRIu64, feed->file, feed->pos);
    pthread_mutex_lock(&feed->lock);
    feed->status.streams++;
    feed->status.verifications++;
    pthread_mutex_unlock(&feed->lock);
    atomic_store_explicit(&feed->store->vouched_from_ns, clock_now().ns, memory_order_relaxed);
    struct loader_change all = {
        .all = true, .server_uid = feed->status.server_uid, .file = feed->file, .pos = feed->pos};
    loader_changed(feed->loader, &all);
}

/* Follow until the stream is lost. Returns how: DB_AWAY is worth another try at once. */
static enum db_error follow(struct feed *feed, char *reason, size_t reason_cap)
{
    struct conf_address address;
    struct db_params params = reader_params(feed, true, &address);
    struct stream_event event;
    enum db_error kind;
    bool running = false;
    struct db_stream *stream = db_stream_open(&params, feed->file, feed->pos, feed_stopping, feed,
                                              &kind, reason, reason_cap);

    if (stream == NULL) {
        return kind;
    }
    feed_set_stream(feed, stream);
    transaction_begin(&feed->transaction, &feed->layout);
    while ((kind = db_stream_next(stream, &event, reason, reason_cap)) == DB_OK &&
           !feed_stopping(feed)) {
        if (!running) { /* the first event shows that we may */
            running = true;
            begin(feed);
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
    feed_vouch(feed, 0);
    /* Positions may start anew (RESET MASTER, another server): no snapshot has to reach the old one. */
    struct loader_change nothing = {.server_uid = "", .file = ""};
    loader_changed(feed->loader, &nothing);
    feed_set_stream(feed, NULL);
    db_stream_close(stream);
    if (running) {
        log_warning("change feed: the binlog stream ended: %s", reason);
    }
    return running ? DB_AWAY : kind;
}

void binlog_run(struct feed *feed, bool *away, char *reason, size_t reason_cap)
{
    if (read_position(feed, away, reason, reason_cap)) {
        *away = follow(feed, reason, reason_cap) == DB_AWAY;
    }
    reader_close(feed); /* an account may have few connections */
}

/*
 * Rung binlog. How nothing is lost: the position is read first, the stream starts there, and what had
 * been read before is read again; what changes after it is told. A lost stream goes on behind the
 * last whole transaction when that is sure to be the same history (resume.c), else it begins anew, as
 * it does when the server's GTIDs go on while nothing is heard. An event comes before its rows can be
 * seen: the loader reads again until its snapshot has reached the position told.
 *
 * What is not known in detail (statements as text, DDL, partial row images, a transaction of more
 * than FEED_ZONES_MAX zones, one of XA that was prepared before we listened) asks for everything to
 * be verified, old data answering meanwhile. Statements about other databases are passed over.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "feed/feed_private.h"

enum {
    REFUSED_MAX = 5,
    WHY_PAUSE_MS = 10 * 60 * 1000,
    VOUCH_SEC = 4, /* a heartbeat comes each second, silence ends the stream after three */
};

/* What it removed is told before what it changed, so that nothing is read in between. */
static void tell_removal(struct feed *feed)
{
    if (feed->transaction.removal.touched) {
        struct vanish_told told = transaction_removal(&feed->transaction);
        loader_removed(feed->loader, &told);
    }
}

/* Once in a while, since some logs have only such changes. */
static void tell_why(struct feed *feed, const char *why)
{
    struct instant now = clock_now();

    if (why != NULL && now.ns >= feed->tell_why_again.ns) {
        log_info("change feed: all zones are read again, since %s", why);
        feed->tell_why_again = instant_after_ms(now, WHY_PAUSE_MS);
    }
}

void binlog_tell(struct feed *feed)
{
    const struct transaction *c = &feed->transaction;
    tell_removal(feed);

    feed->silence.heard |= c->all || c->zone_count > 0 || c->soa_count > 0;
    if (c->all) {
        feed->verify.wanted = true;
        tell_why(feed, c->why);
        if (!transaction_only_alters(c)) {
            feed->verify.unsure = true;
            /* Before a snapshot may be told that it is known what it shows. */
            loader_note_altered(feed->loader, clock_now());
        }
        verify_step(feed);
    } else if (c->zone_count > 0 || c->soa_count > 0) {
        /* What a verification is to mend yet may not be where the log takes it to be. */
        struct loader_change change = transaction_change(&feed->transaction, feed->verify.unsure);
        change.server_uid = feed->server_uid;
        change.file = feed->file;
        change.pos = feed->pos;
        pthread_mutex_lock(&feed->lock);
        feed->status.changes++;
        feed->status.last_change = clock_now();
        pthread_mutex_unlock(&feed->lock);
        loader_changed(feed->loader, &change);
    }
    transaction_begin(&feed->transaction, &feed->layout);
}

/* A transaction has ended: here the stream may go on after it was lost, if all is told. */
static void note_done(struct feed *feed)
{
    xa_settle(feed);
    if (feed->committing > 0) {
        return;
    }
    feed->done.pos = feed->pos;
    memcpy(feed->done.file, feed->file, sizeof feed->done.file);
    gtid_list_put(feed->done.gtid, feed->last_gtid);
}

/* Columns may stand elsewhere from now on, for us and for those who read. */
static void note_altered(struct feed *feed)
{
    if (feed->transaction.all && (feed->transaction.ddl || feed->transaction.removal.rebuilt)) {
        feed->altered = true;
        loader_renew(feed->loader);
    }
}

/* As long as what is in memory is what the server told, it is vouched for: not while we catch up. */
static void vouch(struct feed *feed, const struct stream_event *event)
{
    if (feed->goal.binlog_file[0] != '\0' && event->kind != STREAM_HEARTBEAT &&
        db_binlog_before(feed->file, feed->pos, feed->goal.binlog_file, feed->goal.binlog_pos)) {
        return;
    }
    feed->goal.binlog_file[0] = '\0';
    feed_vouch(feed, VOUCH_SEC);
}

static void on_event(struct feed *feed, const struct stream_event *event)
{
    if (event->next_pos != 0 && event->kind != STREAM_ROTATE) {
        feed->pos = event->next_pos;
    }
    switch (event->kind) {
    case STREAM_ROTATE:
        memcpy(feed->file, event->file, sizeof feed->file);
        feed->pos = event->file_pos;
        break;
    case STREAM_BEGIN:
        memcpy(feed->last_gtid, event->gtid, sizeof feed->last_gtid);
        feed->silence.deaf_beats = feed->silence.deaf_in_vain = 0;
        xa_begin(feed, &event->xid);
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
            note_altered(feed);
            binlog_tell(feed);
            note_done(feed);
        }
        break;
    case STREAM_COMMIT:
        note_altered(feed); /* CREATE TABLE ... SELECT stands in a group */
        binlog_tell(feed);
        note_done(feed);
        break;
    case STREAM_XA_PREPARE:
        xa_prepare(feed);
        note_done(feed);
        break;
    case STREAM_XA_COMMIT:
        xa_commit(feed);
        note_done(feed);
        break;
    case STREAM_XA_ROLLBACK:
        xa_rollback(feed);
        note_done(feed);
        break;
    case STREAM_HEARTBEAT:
        if (feed->committing > 0) {
            note_done(feed);
        }
        break;
    case STREAM_OTHER:
        break;
    }
    if (feed->verify.wanted) {
        verify_step(feed);
    }
    if (event->kind != STREAM_BEGIN && event->kind != STREAM_TABLE && event->kind != STREAM_ROWS &&
        feed->committing == 0) {
        loader_told(feed->loader, feed->file, feed->pos);
    }
    feed_note_place(feed);
    vouch(feed, event);
}

/* Can the log tell us what we need? False: REASON says why not. */
static bool is_telling(const struct db_layout *layout, const struct db_position *position,
                       char *reason, size_t reason_cap)
{
    if (!layout->binlog || position->binlog_file[0] == '\0') {
        snprintf(reason, reason_cap, "log_bin is off");
    } else if (layout->soa.view || layout->rr.view) {
        snprintf(reason, reason_cap, "a table is a view");
    } else if (layout->silent_replica) {
        snprintf(reason, reason_cap, "the server is a replica without log_slave_updates");
    } else {
        return true;
    }
    return false;
}

/*
 * A snapshot's position, and the GTIDs there: those read before and after it are equal unless somebody
 * writes just now; then the server looks into its log.
 */
static bool read_snapshot(struct feed *feed, struct db_position *position)
{
    struct db_position after;
    struct db_look look;

    if (db_rows_look(feed->rows, &look) != DB_OK) {
        return false;
    }
    silence_begin(feed, &look);
    if (db_rows_begin(feed->rows, position) != DB_OK || db_rows_end(feed->rows) != DB_OK ||
        db_rows_now(feed->rows, &after) != DB_OK) {
        return false;
    }
    gtid_list_cut(position->gtid);
    gtid_list_cut(after.gtid);
    memcpy(feed->start_gtid, after.gtid, sizeof feed->start_gtid);
    return strcmp(position->gtid, after.gtid) == 0 || position->binlog_file[0] == '\0' ||
           db_rows_gtid_at(feed->rows, position->binlog_file, position->binlog_pos, position->gtid,
                           sizeof position->gtid) == DB_OK;
}

/* Where to start: behind what was heard last, if that is sure, else at the present position. */
static void choose_start(struct feed *feed, const struct db_position *position)
{
    if (resume_from_done(feed, position)) {
        return;
    }
    feed_forget_place(feed);
    feed->goal.binlog_file[0] = '\0';
    memcpy(feed->server_uid, position->server_uid, sizeof feed->server_uid);
    memcpy(feed->file, position->binlog_file, sizeof feed->file);
    feed->pos = position->binlog_pos;
    feed->last_gtid[0] = '\0';
    snprintf(feed->done.gtid, sizeof feed->done.gtid, "%s", position->gtid);
}

static bool read_position(struct feed *feed, bool *away, char *reason, size_t reason_cap)
{
    struct db_position position;

    *away = true;
    feed->arrivals = loader_arrivals(feed->loader);
    reader_close(feed); /* another connection reads the layout anew */
    if (!reader_open(feed, reason, reason_cap)) {
        return false;
    }
    if (!read_snapshot(feed, &position)) {
        snprintf(reason, reason_cap, "%s", db_error_text(feed->db));
        return false;
    }
    *away = false;
    feed->layout = *db_rows_layout(feed->rows);
    feed->begun = clock_now();
    if (!is_telling(&feed->layout, &position, reason, reason_cap)) {
        return false;
    }
    choose_start(feed, &position);
    return true;
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
    if (feed->committing > 0) { /* what is not to be seen yet will not be told */
        feed->verify.wanted = feed->verify.unsure = true;
    }
    xa_forget(feed);
    feed->done.layout = resume_layout(&feed->layout);
    return true;
}

/* --- begin and end --- */

static void count(struct feed *feed, bool resumed, bool verified)
{
    pthread_mutex_lock(&feed->lock);
    feed->status.streams++;
    feed->status.resumed += resumed;
    feed->status.verifications += verified;
    memcpy(feed->status.server_uid, feed->server_uid, sizeof feed->status.server_uid);
    pthread_mutex_unlock(&feed->lock);
}

/* The stream runs. If it does not go on where we were: what was read before it is read again. */
static void begin(struct feed *feed)
{
    struct loader_change place = {
        .server_uid = feed->server_uid, .file = feed->file, .pos = feed->pos};

    feed_on_rung(feed, FEED_RUNG_BINLOG, "");
    loader_changed(feed->loader, &place);
    if (feed->done.valid) {
        log_info("change feed: following the binlog again from %s:%" PRIu64, feed->file, feed->pos);
        atomic_store_explicit(&feed->store->vouched_from_ns, feed->done.vouched_from_ns,
                              memory_order_relaxed);
        count(feed, true, false);
        return;
    }
    log_info("change feed: following the binlog from %s:%" PRIu64, feed->file, feed->pos);
    atomic_store_explicit(&feed->store->vouched_from_ns, feed->begun.ns, memory_order_relaxed);
    uint32_t again = loader_verify_since(feed->loader, feed->server_uid, feed->begun);
    count(feed, false, again > 0);
    feed->done.valid = true;
    feed->done.pos = feed->pos;
    feed->done.layout = resume_layout(&feed->layout);
    feed->done.vouched_from_ns = feed->begun.ns;
    feed->done.arrivals = feed->arrivals;
    memcpy(feed->done.file, feed->file, sizeof feed->done.file);
    memcpy(feed->done.server_uid, feed->server_uid, sizeof feed->done.server_uid);
}

bool binlog_open(struct feed *feed, bool *away, char *reason, size_t reason_cap)
{
    struct conf_address address;
    enum db_error kind;

    if (!read_position(feed, away, reason, reason_cap)) {
        return false;
    }
    struct db_params params = reader_params(feed, true, &address);
    struct db_stream_start start = {.params = &params,
                                    .server_uid = feed->server_uid,
                                    .file = feed->file,
                                    .pos = feed->pos,
                                    .stopping = feed_stopping,
                                    .context = feed};
    struct db_stream *stream = db_stream_open(&start, &kind, reason, reason_cap);
    if (stream != NULL) {
        feed_set_stream(feed, stream);
        kind = db_stream_next(stream, &feed->event, reason, reason_cap);
        if (kind == DB_OK) {
            feed->refused = 0;
            return true;
        }
        feed_set_stream(feed, NULL);
        db_stream_close(stream);
    }
    /* Files purged, or a place that is none any more: not the right to read, but where to. An account that
     * may have one connection only is no database that is away. */
    *away = (kind == DB_AWAY && ++feed->refused < REFUSED_MAX) ||
            (kind == DB_MISSING && feed->done.valid);
    if (kind == DB_MISSING && feed->done.valid) {
        log_info("change feed: the stream does not go on at %s:%" PRIu64 ", all is verified: %s",
                 feed->file, feed->pos, reason);
        feed_forget_place(feed);
    }
    return false;
}

void binlog_follow(struct feed *feed)
{
    struct db_stream *stream = feed->stream;
    enum db_error kind = DB_OK;
    char reason[256] = "the server is shutting down";

    transaction_begin(&feed->transaction, &feed->layout);
    xa_forget(feed);
    begin(feed);
    do {
        (void)feed_take_probe(feed); /* there is no higher rung, and pauses are to be pauses */
        on_event(feed, &feed->event);
        if (feed->altered && !reread_layout(feed, reason, sizeof reason)) {
            kind = DB_AWAY;
        } else if (feed->event.kind == STREAM_HEARTBEAT && silence_is_deaf(feed)) {
            snprintf(reason, sizeof reason, "the server's log goes on without us");
            feed_forget_place(feed);
            kind = DB_AWAY;
        } else if (loader_host(feed->loader) != feed->host) {
            snprintf(reason, sizeof reason, "the loader has gone to another host");
            kind = DB_AWAY;
        } else {
            kind = db_stream_next(stream, &feed->event, reason, sizeof reason);
        }
    } while (kind == DB_OK && !feed_stopping(feed));
    feed_vouch(feed, 0);
    resume_settle(feed);
    /* Positions may start anew (RESET MASTER, another server): no snapshot has to reach the old one. */
    struct loader_change nothing = {.server_uid = "", .file = ""};
    loader_changed(feed->loader, &nothing);
    feed_set_stream(feed, NULL);
    db_stream_close(stream);
    reader_close(feed); /* an account may have few connections */
    resume_note_end(feed, kind);
    if (!feed_stopping(feed)) {
        log_warning("change feed: the binlog stream ended: %s", reason);
    }
}

/*
 * A worker's connection: opening and closing it, and what the log is told of it. One line when the
 * database goes, one when it comes, none in between for the same reason, however many hosts there are;
 * one when some threads can connect and others cannot.
 *
 * All threads, and the change feed with them, read from one host of db-host. They stay there as long as one
 * of them is connected, so nothing goes to and fro between two; then the first that connects anywhere leads
 * the others, and none of them leads back. A host whose history is behind what was answered is taken
 * only when the wait for it is over (history.h).
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "db/db_watch.h"
#include "load/loader_private.h"

enum {
    CONNECT_TIMEOUT_SEC = 5,
    /*
     * A server that is silent for so long is away. A slow one is silent, too, as when it has to sort
     * a table before the first row: so a silence that ended a connection doubles what the next is given.
     */
    READ_TIMEOUT_SEC = 10,
    READ_TIMEOUT_MAX_SEC = 60,
    WRITE_TIMEOUT_SEC = 10,
    BACK_LEAST_SEC = 5, /* a shorter visit of the database does not count */
    /*
     * A replica that works is behind by less than a second, one with a large change by some. Past this it has
     * lost what was answered, and changes made there have to show.
     */
    BEHIND_MAX_MS = 10 * 1000,
    /* So long one try looks at a server that is behind, before the next of db-host has its turn. */
    BEHIND_LOOKS = 20,
    BEHIND_PAUSE_MS = 50,
};

/*
 * When the database went, for stale-limit. One that is back for a moment only, as when it takes
 * connections and then fails every statement, has not been back. The loader's lock is held.
 */
static void set_away(struct loader *loader, bool away)
{
    uint32_t now_sec = instant_sec(loader->changed_at);

    if (away && (loader->away_from_sec == 0 || now_sec > loader->back_at_sec + BACK_LEAST_SEC)) {
        loader->away_from_sec = now_sec > 0 ? now_sec : 1;
    }
    if (!away) {
        loader->back_at_sec = now_sec;
        loader->told_count = loader->untold = 0;
    }
    atomic_store_explicit(&loader->store->away_from_sec, away ? loader->away_from_sec : 0,
                          memory_order_relaxed);
}

bool loader_correct_away(struct loader *loader, uint32_t from_sec, uint32_t to_sec)
{
    pthread_mutex_lock(&loader->lock);
    bool same = loader->connected == 0 && loader->away_from_sec == from_sec;
    if (same) {
        loader->away_from_sec = to_sec;
        atomic_store_explicit(&loader->store->away_from_sec, to_sec, memory_order_relaxed);
    }
    pthread_mutex_unlock(&loader->lock);
    return same;
}

static void note_connected(struct worker *worker, int change, const char *error)
{
    struct loader *loader = worker->loader;

    if (worker->spare) {
        return; /* long idle, it would not notice that the database is away */
    }
    pthread_mutex_lock(&loader->lock);
    bool was_away = loader->connected == 0;
    loader->connected += (unsigned)change;
    bool away = loader->connected == 0;
    bool news = was_away != away;
    if (news) {
        loader->changed_at = clock_now();
    }
    if (error != NULL) {
        snprintf(loader->error, sizeof loader->error, "%s", error);
    }
    if (news) {
        set_away(loader, away);
    }
    loader->told_partly &= change < 0;
    /* Under the lock, so that two workers cannot leave the flag and the count at odds. */
    atomic_store_explicit(&loader->store->database_away, away, memory_order_seq_cst);
    pthread_mutex_unlock(&loader->lock);
    if (news && away) {
        log_error("database is away, zones in memory are answered on: %s", error);
    } else if (news) {
        log_info("connected to the database");
    }
}

/* DB is the one that loader_stop interrupts; NULL = none. */
static void publish(struct worker *worker, struct db *db)
{
    pthread_mutex_lock(&worker->lock);
    worker->db = db;
    pthread_mutex_unlock(&worker->lock);
}

void worker_disconnect(struct worker *worker, const char *error)
{
    unsigned timeout_sec = worker->read_timeout_sec;
    if (instant_diff_ms(clock_now(), worker->busy_since) >= (int64_t)timeout_sec * 1000) {
        timeout_sec *= 2;
        worker->read_timeout_sec =
            timeout_sec < READ_TIMEOUT_MAX_SEC ? timeout_sec : READ_TIMEOUT_MAX_SEC;
    }
    if (db_error_kind(worker->db) == DB_MISSING) {
        worker_found_tables(worker, false);
    }
    db_watch_free(worker->watch);
    worker->watch = NULL;
    db_rows_free(worker->rows);
    worker->rows = NULL;
    struct db *db = worker->db;
    publish(worker, NULL);
    db_close(db);
    note_connected(worker, -1, error);
}

/* What the new connection tells of the account and the tables, once per start. */
static void warn_once(struct worker *worker)
{
    struct loader *loader = worker->loader;
    const struct conf *conf = loader_conf(loader);

    pthread_mutex_lock(&loader->lock);
    bool first = !loader->warned_account;
    loader->warned_account = true;
    pthread_mutex_unlock(&loader->lock);
    if (!first) {
        return;
    }
    const struct db_layout *layout = db_rows_layout(worker->rows);
    const char *privilege = db_rows_can_write(worker->rows);
    if (privilege != NULL) {
        log_warning("account %s may write (%s): the server needs SELECT only, give it an account "
                    "that can do no more",
                    conf->db_user, privilege);
    }
    if (layout->soa_active_missing) {
        log_warning("use-soa-active = yes, but table %s has no column active", conf->soa_table);
    }
    if (layout->rr_active_missing) {
        log_warning("use-rr-active = yes, but table %s has no column active", conf->rr_table);
    }
    if (!layout->zone_indexed) {
        log_warning("table %s has no index that begins with zone: every load reads all of it",
                    conf->rr_table);
    }
}

/* Is ERROR new since the database was there? Of too many that differ one passes per minute, with the
 * number of those that did not. The loader's lock is held. */
static bool may_tell(struct loader *loader, const char *error, unsigned *untold)
{
    struct instant now = clock_now();
    uint64_t digest = UINT64_C(0xcbf29ce484222325);

    for (const char *p = error; *p != '\0'; p++) {
        digest = (digest ^ (unsigned char)*p) * UINT64_C(0x100000001b3);
    }
    for (unsigned i = 0; i < loader->told_count; i++) {
        if (loader->told[i] == digest) {
            return false;
        }
    }
    if (loader->told_count < TOLD_MAX) {
        loader->told[loader->told_count++] = digest;
    } else if (instant_diff_ms(now, loader->told_at) < TOLD_PAUSE_MS) {
        loader->untold++;
        return false;
    }
    loader->told_at = now;
    *untold = loader->untold;
    loader->untold = 0;
    return true;
}

static void report_failure(struct worker *worker, const char *error)
{
    struct loader *loader = worker->loader;

    unsigned untold = 0;
    pthread_mutex_lock(&loader->lock);
    bool stopping = loader->stopping, partly = loader->connected > 0;
    bool news = partly ? !loader->told_partly : may_tell(loader, error, &untold);
    loader->told_partly |= partly;
    if (!partly) {
        snprintf(loader->error, sizeof loader->error, "%s", error);
    }
    pthread_mutex_unlock(&loader->lock);
    if (stopping || !news) {
        return;
    }
    if (partly) {
        log_warning("a loader thread cannot connect to the database while others can: %s", error);
    } else if (untold > 0) {
        log_error("no database: %s (and %u more failures)", error, untold);
    } else {
        log_error("no database: %s", error);
    }
}

void loader_db_params(const struct conf *conf, unsigned attempt, struct conf_address *address,
                      struct db_params *params)
{
    memset(address, 0, sizeof *address);
    if (conf->db_host.count > 0 &&
        !conf_address_parse(conf->db_host.items[attempt % conf->db_host.count], address)) {
        address->host[0] = '\0'; /* conf_read has checked it */
    }
    *params = (struct db_params){
        .host = address->host,
        .port = address->port != 0 ? address->port : conf->db_port,
        .socket = conf->db_socket,
        .user = conf->db_user,
        .password = conf->db_password,
        .database = conf->database,
        .ssl_ca = conf->db_ssl_ca,
        .ssl_cert = conf->db_ssl_cert,
        .ssl_key = conf->db_ssl_key,
        .ssl_verify = conf->db_ssl_verify,
        .connect_timeout_sec = CONNECT_TIMEOUT_SEC,
        .read_timeout_sec = READ_TIMEOUT_SEC,
        .write_timeout_sec = WRITE_TIMEOUT_SEC,
    };
}

static bool is_stopping(void *context)
{
    struct loader *loader = context;
    pthread_mutex_lock(&loader->lock);
    bool stopping = loader->stopping;
    pthread_mutex_unlock(&loader->lock);
    return stopping;
}

/* --- which host --- */

static unsigned host_count(struct loader *loader)
{
    size_t count = loader_conf(loader)->db_host.count;
    return count > 0 ? (unsigned)count : 1;
}

/* Whether a worker may connect now, and where to. */
static bool choose_host(struct worker *worker)
{
    struct loader *loader = worker->loader;
    bool wait = false;

    pthread_mutex_lock(&loader->lock);
    if (loader->connected > 0) {
        worker->host = loader_host(loader);
        worker->wandering = false;
    } else if (worker->spare) {
        wait = true; /* it leads nobody */
    } else if (!worker->wandering) {
        worker->host = loader_host(loader);
        worker->wandering = true;
    }
    worker->host %= host_count(loader);
    pthread_mutex_unlock(&loader->lock);
    return !wait;
}

void worker_try_next(struct worker *worker)
{
    struct loader *loader = worker->loader;

    worker->host++;
    worker->wandering = true;
    pthread_mutex_lock(&loader->lock);
    /* Others that do nothing would not notice that the server is gone: they are to ask it. */
    if (loader->connected > 0 && host_count(loader) > 1) {
        for (unsigned i = 0; i < loader->worker_count; i++) {
            loader->workers[i].ping = !loader->workers[i].spare;
        }
        pthread_cond_broadcast(&loader->work);
    }
    pthread_mutex_unlock(&loader->lock);
}

/* Move all of us to WORKER's host, which it is connected to. False: others have gone elsewhere. */
static bool lead(struct worker *worker)
{
    struct loader *loader = worker->loader;

    pthread_mutex_lock(&loader->lock);
    bool led = loader->connected == 0 && !worker->spare;
    if (led) {
        atomic_store_explicit(&loader->host, worker->host, memory_order_relaxed);
        pthread_cond_broadcast(&loader->work); /* for the spare one */
    }
    bool good = led || worker->host == loader_host(loader);
    worker->wandering = false;
    pthread_mutex_unlock(&loader->lock);
    return good;
}

enum arrival { ARRIVED, ARRIVED_BEHIND, ARRIVED_NOT };

/* Is it another server than the one before, and than the one whose changes are told? The loader's lock is held. */
static void note_arrival(struct loader *loader, bool other, const struct db_position *position)
{
    if (other && strcmp(position->server_uid, loader->reach_uid) != 0) {
        atomic_fetch_add_explicit(&loader->arrivals, 1, memory_order_release);
    }
}

/* Does the server WORKER is connected to have all that was answered? ARRIVED_BEHIND: ERR tells. */
static enum arrival look_at_history(struct worker *worker, char *err, size_t err_cap)
{
    struct loader *loader = worker->loader;
    struct history *history = &loader->history;
    struct db_position now;
    struct instant begun = clock_now();
    enum { NOTHING, OTHER, WAITING, ACCEPTED } news = NOTHING;
    char served[sizeof history->gtid] = "";

    if (db_rows_now(worker->rows, &now) != DB_OK) {
        return ARRIVED_NOT;
    }
    pthread_mutex_lock(&loader->lock);
    bool behind = history_is_behind(history, worker->host, &now);
    if (behind && !history->waiting) {
        history->waiting = true;
        history->waits_since = begun;
        news = WAITING;
    }
    memcpy(served, history->gtid, sizeof served);
    bool wait = behind && (loader->connected > 0 ||
                           instant_diff_ms(begun, history->waits_since) < BEHIND_MAX_MS);
    if (!wait) {
        bool other = history_is_elsewhere(history, worker->host, &now);
        news = behind ? ACCEPTED : other && loader->connected == 0 ? OTHER : NOTHING;
        history_note(history, worker->host, &now, begun);
        note_arrival(loader, other, &now);
    }
    pthread_mutex_unlock(&loader->lock);
    if (news == WAITING) {
        log_warning("a database server is behind what was answered (GTID %s, answered were %s): it "
                    "has %d s to catch up",
                    now.gtid, served, BEHIND_MAX_MS / 1000);
    } else if (news == ACCEPTED) {
        log_warning("the database that is read now is behind what was answered (GTID %s, answered "
                    "were %s): changes were lost",
                    now.gtid, served);
    } else if (news == OTHER) {
        log_info("another database server is read now, GTID %s, answered were %s", now.gtid,
                 served);
    }
    if (wait) {
        snprintf(err, err_cap, "the server is behind what was answered");
    }
    return wait ? ARRIVED_BEHIND : ARRIVED;
}

static enum arrival await_history(struct worker *worker, char *err, size_t err_cap)
{
    static const struct timespec pause = {0, BEHIND_PAUSE_MS * 1000000L};
    enum arrival arrival = ARRIVED_BEHIND;

    for (unsigned n = 0; n < BEHIND_LOOKS && arrival == ARRIVED_BEHIND; n++) {
        if (n > 0) {
            nanosleep(&pause, NULL);
        }
        arrival = is_stopping(worker->loader) ? ARRIVED_NOT : look_at_history(worker, err, err_cap);
    }
    return arrival;
}

static bool give_up(struct worker *worker, struct db *db, const char *error)
{
    publish(worker, NULL);
    if (db_error_kind(db) == DB_MISSING) {
        worker_found_tables(worker, false);
    }
    report_failure(worker, error);
    db_rows_free(worker->rows);
    worker->rows = NULL;
    db_close(db);
    worker_try_next(worker);
    return false;
}

bool worker_connect(struct worker *worker)
{
    struct loader *loader = worker->loader;
    const struct conf *conf = loader_conf(loader);
    struct conf_address address;
    char err[256];
    enum db_error kind;

    struct db_params params;
    if (!choose_host(worker)) {
        return false;
    }
    loader_db_params(conf, worker->host, &address, &params);
    if (worker->read_timeout_sec == 0) {
        worker->read_timeout_sec = params.read_timeout_sec;
    }
    params.read_timeout_sec = worker->read_timeout_sec;
    struct db *db = db_open_unless(&params, is_stopping, loader, &kind, err, sizeof err);
    if (db == NULL) {
        report_failure(worker, err);
        worker_try_next(worker);
        return false;
    }
    publish(worker, db); /* what follows may take long, too */
    worker->layouts = atomic_load_explicit(&loader->layouts, memory_order_acquire);
    worker->rows = db_rows_new(db, conf);
    if (worker->rows == NULL) {
        return give_up(worker, db, db_error_text(db));
    }
    enum arrival arrival = await_history(worker, err, sizeof err);
    if (arrival != ARRIVED) {
        return give_up(worker, db, arrival == ARRIVED_BEHIND ? err : db_error_text(db));
    }
    if (!lead(worker)) {
        publish(worker, NULL);
        db_rows_free(worker->rows);
        worker->rows = NULL;
        db_close(db);
        return false;
    }
    worker_found_tables(worker, true);
    note_connected(worker, 1, NULL);
    warn_once(worker);
    return true;
}

void loader_renew(struct loader *loader)
{
    atomic_fetch_add_explicit(&loader->layouts, 1, memory_order_release);
}

void worker_renew(struct worker *worker)
{
    unsigned layouts = atomic_load_explicit(&worker->loader->layouts, memory_order_acquire);

    if (worker->layouts == layouts) {
        return;
    }
    struct db_rows *rows = db_rows_new(worker->db, loader_conf(worker->loader));
    if (rows == NULL) { /* the next connection looks at them */
        worker->why_broken = "the columns of its tables cannot be read";
        db_interrupt(worker->db);
        return;
    }
    db_watch_free(worker->watch); /* it borrows from the rows */
    worker->watch = NULL;
    db_rows_free(worker->rows);
    worker->rows = rows;
    worker->layouts = layouts;
}

unsigned loader_arrivals(struct loader *loader)
{
    return atomic_load_explicit(&loader->arrivals, memory_order_acquire);
}

/* --- the view --- */

/* False: another server has told more than POSITION has, and it was answered. */
static bool note_position(struct worker *worker, const struct db_position *position,
                          struct instant begun)
{
    struct loader *loader = worker->loader;

    pthread_mutex_lock(&loader->lock);
    bool good = !history_is_behind(&loader->history, worker->host, position);
    if (good) {
        note_arrival(loader, history_is_elsewhere(&loader->history, worker->host, position),
                     position);
        history_note(&loader->history, worker->host, position, begun);
        loader->position = *position;
    }
    pthread_mutex_unlock(&loader->lock);
    return good;
}

bool worker_begin(struct worker *worker, struct db_position *position)
{
    enum { TRIES = 2000 }; /* a second at least: semi-synchronous commits may take that */
    static const struct timespec pause = {0, 200 * 1000};

    bool good = true;
    for (unsigned n = 0; n < TRIES; n++) {
        struct instant begun = clock_now();
        if (db_rows_begin(worker->rows, position) != DB_OK) {
            return false;
        }
        if (!loader_is_behind(worker->loader, position)) {
            good = note_position(worker, position, begun);
            if (good) {
                return true;
            }
        }
        if (db_rows_end(worker->rows) != DB_OK) {
            return false;
        }
        nanosleep(&pause, NULL);
    }
    if (!good) { /* two servers behind one name */
        worker->why_broken = "its server is behind that of others, which was answered from";
        return false;
    }
    log_warning(
        "a change told by the binlog cannot be seen after %u tries, reading goes on without",
        TRIES);
    return db_rows_begin(worker->rows, position) == DB_OK;
}

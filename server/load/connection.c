/*
 * A worker's connection: opening and closing it, and what the log is told of it. One line when the
 * database goes, one when it comes, none in between for the same reason, however many hosts there are;
 * one when some threads can connect and others cannot.
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

bool worker_connect(struct worker *worker)
{
    struct loader *loader = worker->loader;
    const struct conf *conf = loader_conf(loader);
    struct conf_address address;
    char err[256];
    enum db_error kind;

    struct db_params params;
    unsigned host = loader_host(loader) + worker->tries;
    loader_db_params(conf, host, &address, &params);
    if (worker->read_timeout_sec == 0) {
        worker->read_timeout_sec = params.read_timeout_sec;
    }
    params.read_timeout_sec = worker->read_timeout_sec;
    struct db *db = db_open_unless(&params, is_stopping, loader, &kind, err, sizeof err);
    if (db == NULL) {
        worker->tries++;
        report_failure(worker, err);
        return false;
    }
    publish(worker, db); /* what follows may take long, too */
    worker->rows = db_rows_new(db, conf);
    if (worker->rows == NULL) {
        publish(worker, NULL);
        if (db_error_kind(db) == DB_MISSING) {
            worker_found_tables(worker, false);
        }
        report_failure(worker, db_error_text(db));
        db_close(db);
        worker->tries++;
        return false;
    }
    worker->tries = 0;
    atomic_store_explicit(&loader->host, conf->db_host.count > 0 ? host % conf->db_host.count : 0,
                          memory_order_relaxed);
    worker_found_tables(worker, true);
    note_connected(worker, 1, NULL);
    warn_once(worker);
    return true;
}

static void note_position(struct loader *loader, const struct db_position *position)
{
    pthread_mutex_lock(&loader->lock);
    loader->position = *position;
    pthread_mutex_unlock(&loader->lock);
}

bool worker_begin(struct worker *worker, struct db_position *position)
{
    enum { TRIES = 2000 }; /* a second at least: semi-synchronous commits may take that */
    static const struct timespec pause = {0, 200 * 1000};

    for (unsigned n = 0; n < TRIES; n++) {
        if (db_rows_begin(worker->rows, position) != DB_OK) {
            return false;
        }
        if (!loader_is_behind(worker->loader, position)) {
            note_position(worker->loader, position);
            return true;
        }
        if (db_rows_end(worker->rows) != DB_OK) {
            return false;
        }
        nanosleep(&pause, NULL);
    }
    log_warning(
        "a change told by the binlog cannot be seen after %u tries, reading goes on without",
        TRIES);
    return db_rows_begin(worker->rows, position) == DB_OK;
}

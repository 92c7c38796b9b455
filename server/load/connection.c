/*
 * A worker's connection: opening and closing it, and what the log is told of it. One line when the
 * database goes, one when it comes, none in between for the same reason.
 */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "conf/conf_address.h"
#include "load/loader_private.h"

enum {
    CONNECT_TIMEOUT_SEC = 5,
    READ_TIMEOUT_SEC = 30, /* a server that is silent for so long is away */
    WRITE_TIMEOUT_SEC = 10,
};

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
    /* Under the lock, so that two workers cannot leave the flag and the count at odds. */
    atomic_store_explicit(&loader->store->database_away, away, memory_order_seq_cst);
    pthread_mutex_unlock(&loader->lock);
    if (news && away) {
        log_error("database is away, zones in memory are answered on: %s", error);
    } else if (news) {
        log_info("connected to the database");
    }
}

void worker_disconnect(struct worker *worker, const char *error)
{
    db_rows_free(worker->rows);
    worker->rows = NULL;
    pthread_mutex_lock(&worker->lock);
    struct db *db = worker->db;
    worker->db = NULL;
    pthread_mutex_unlock(&worker->lock);
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

static void report_failure(struct worker *worker, const char *error)
{
    struct loader *loader = worker->loader;

    pthread_mutex_lock(&loader->lock);
    bool news = loader->connected == 0 && strcmp(loader->error, error) != 0;
    if (news) {
        snprintf(loader->error, sizeof loader->error, "%s", error);
    }
    pthread_mutex_unlock(&loader->lock);
    if (news) {
        log_error("no database: %s", error);
    }
}

bool worker_connect(struct worker *worker)
{
    struct loader *loader = worker->loader;
    const struct conf *conf = loader_conf(loader);
    struct conf_address address = {0};
    char err[256];
    enum db_error kind;

    if (conf->db_host.count > 0 &&
        !conf_address_parse(conf->db_host.items[worker->host % conf->db_host.count], &address)) {
        return false; /* conf_read has checked it */
    }
    struct db_params params = {
        .host = address.host,
        .port = address.port != 0 ? address.port : conf->db_port,
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
    struct db *db = db_open(&params, &kind, err, sizeof err);
    if (db == NULL) {
        worker->host++;
        report_failure(worker, err);
        return false;
    }
    worker->rows = db_rows_new(db, conf);
    if (worker->rows == NULL) {
        report_failure(worker, db_error_text(db));
        db_close(db);
        worker->host++;
        return false;
    }
    pthread_mutex_lock(&worker->lock);
    worker->db = db;
    pthread_mutex_unlock(&worker->lock);
    note_connected(worker, 1, NULL);
    warn_once(worker);
    return true;
}

/*
 * The session's sql_mode is strict whatever the server says: else an unknown type becomes '' and a
 * long text is cut, both without an error.
 */
#include "admin/session.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

enum {
    CONNECT_TIMEOUT_SEC = 10,
    READ_TIMEOUT_SEC = 300, /* DELETE of a large zone on a slow disk */
    LOCK_TIMEOUT_SEC = 60,
};

/* Numbers of MariaDB's errors (its manual, "MariaDB Error Codes"). */
enum {
    ER_CHECKREAD_NUMBER = 1020, /* changed since it was read: innodb_snapshot_isolation */
    ER_DUP_ENTRY_NUMBER = 1062,
    ER_LOCK_WAIT_TIMEOUT_NUMBER = 1205,
    ER_LOCK_DEADLOCK_NUMBER = 1213,
    ER_OPTION_PREVENTS_STATEMENT_NUMBER = 1290 /* read_only */
};

static const char session_sql[] =
    "SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION,ERROR_FOR_DIVISION_BY_ZERO',"
    " autocommit = 1, completion_type = 'NO_CHAIN', sql_select_limit = 18446744073709551615";

enum outcome session_read_settings(struct session *session, const char *file)
{
    memset(session, 0, sizeof *session);
    return settings_read(&session->settings, file);
}

static enum outcome outcome_of(enum db_error kind, unsigned number)
{
    bool locked = number == ER_LOCK_WAIT_TIMEOUT_NUMBER || number == ER_LOCK_DEADLOCK_NUMBER;
    return kind == DB_AWAY && !locked ? OUTCOME_AWAY : OUTCOME_FAILED;
}

/* "host", "host:port", "[v6]:port" or a bare IPv6 address; HOST (given) without the port. */
static char *split_host(const char *text, uint16_t *port)
{
    const char *colon = strrchr(text, ':');
    bool bracket = *text == '[';
    if (colon == NULL || (!bracket && strchr(text, ':') != colon) ||
        (bracket && colon[-1] != ']')) {
        size_t len = strlen(text);
        return bracket && text[len - 1] == ']' ? alloc_printf("%.*s", (int)len - 2, text + 1)
                                               : alloc_string(text);
    }
    *port = (uint16_t)strtoul(colon + 1, NULL, 10);
    return bracket ? alloc_printf("%.*s", (int)(colon - text) - 2, text + 1)
                   : alloc_printf("%.*s", (int)(colon - text), text);
}

static struct db *connect_to(const struct settings *settings, const char *host_text,
                             const char *database, enum db_error *kind, char *err, size_t err_cap)
{
    uint16_t port = settings->db_port;
    char *host = split_host(host_text, &port);
    struct db_params params = {
        .host = host,
        .port = port,
        .socket = settings->db_socket,
        .user = settings->db_user,
        .password = settings->db_password,
        .database = database,
        .ssl_ca = settings->db_ssl_ca,
        .ssl_cert = settings->db_ssl_cert,
        .ssl_key = settings->db_ssl_key,
        .ssl_verify = settings->db_ssl_verify,
        .connect_timeout_sec = CONNECT_TIMEOUT_SEC,
        .read_timeout_sec = READ_TIMEOUT_SEC,
        .write_timeout_sec = READ_TIMEOUT_SEC,
    };
    struct db *db = db_open(&params, kind, err, err_cap);
    free(host);
    return db;
}

struct db *session_connect(const struct settings *settings, const char *database,
                           enum outcome *outcome)
{
    enum db_error kind = DB_FAILED;
    char err[768] = "no db-host is set";
    struct db *db = NULL;

    for (size_t i = 0; i < settings->db_host.count && db == NULL; i++) {
        db = connect_to(settings, settings->db_host.items[i], database, &kind, err, sizeof err);
    }
    if (db == NULL) {
        *outcome = kind == DB_AWAY ? OUTCOME_AWAY : OUTCOME_FAILED;
        const char *what = kind == DB_AWAY     ? "database unreachable"
                           : kind == DB_DENIED ? "the database refuses the account"
                                               : "cannot use the database";
        report_error(*outcome, "%s: %s", what, err);
        if (settings->no_file) {
            report_note("there is no %s, which would tell account and database: dnsadm init makes"
                        " one, -c FILE names another",
                        SETTINGS_FILE);
        }
    }
    return db;
}

/* Released by the end of the connection. */
static enum outcome take_lock(struct session *session)
{
    struct db_stmt *stmt = session_prepare(
        session, "SELECT GET_LOCK(CONCAT('dnsadm.', DATABASE()), %d)", LOCK_TIMEOUT_SEC);
    if (stmt == NULL) {
        return session_outcome(session);
    }
    enum outcome outcome = OUTCOME_OK;
    if (db_execute(stmt) != DB_OK || db_fetch(stmt) != DB_ROW) {
        outcome = session_db_error(session, "cannot wait for other writers");
    } else if (db_column_uint(stmt, 0) != 1) {
        outcome = report_error(OUTCOME_FAILED, "another dnsadm has been writing for %d seconds",
                               LOCK_TIMEOUT_SEC);
    }
    db_stmt_free(stmt);
    return outcome;
}

enum outcome session_open(struct session *session, bool writes)
{
    const struct settings *settings = &session->settings;
    enum outcome outcome;
    char err[768];

    session->db = session_connect(settings, settings->database, &outcome);
    if (session->db == NULL) {
        return outcome;
    }
    if (db_run(session->db, session_sql) != DB_OK) {
        return session_db_error(session, "cannot set up the connection");
    }
    enum db_error error = tables_read(&session->tables, session->db, settings->soa_table,
                                      settings->rr_table, err, sizeof err);
    if (error != DB_OK) {
        return report_error(outcome_of(error, 0), "%s", err);
    }
    bool transactional = session->tables.soa.transactional && session->tables.rr.transactional;
    return writes && !transactional ? take_lock(session) : OUTCOME_OK;
}

void session_close(struct session *session)
{
    tables_release(&session->tables);
    db_close(session->db);
    session->db = NULL;
    settings_release(&session->settings);
}

enum outcome session_outcome(const struct session *session)
{
    return outcome_of(db_error_kind(session->db), db_error_number(session->db));
}

/* Of the kind that ends the whole transaction; also how Galera refuses a COMMIT. */
static bool is_deadlock(const struct session *session)
{
    unsigned number = db_error_number(session->db);
    return number == ER_LOCK_DEADLOCK_NUMBER || number == ER_CHECKREAD_NUMBER;
}

enum outcome session_db_error(const struct session *session, const char *what)
{
    if (session->retries > 0 && is_deadlock(session)) {
        return OUTCOME_AGAIN;
    }
    enum outcome outcome = session_outcome(session);
    const char *about = session->about != NULL ? session->about : "";
    return report_error(outcome, "%s%s%s: %s", about, *about != '\0' ? ": " : "", what,
                        db_error_text(session->db));
}

bool session_may_retry(const struct session *session)
{
    unsigned number = db_error_number(session->db);
    return is_deadlock(session) || number == ER_LOCK_WAIT_TIMEOUT_NUMBER ||
           number == ER_DUP_ENTRY_NUMBER;
}

bool session_is_refused(const struct session *session)
{
    return db_error_kind(session->db) == DB_DENIED ||
           db_error_number(session->db) == ER_OPTION_PREVENTS_STATEMENT_NUMBER;
}

bool session_is_duplicate(const struct session *session)
{
    return db_error_number(session->db) == ER_DUP_ENTRY_NUMBER;
}

enum outcome session_begin(struct session *session)
{
    if (db_run(session->db, "START TRANSACTION") != DB_OK) {
        return session_db_error(session, "cannot begin a transaction");
    }
    return OUTCOME_OK;
}

enum outcome session_commit(struct session *session)
{
    if (db_run(session->db, "COMMIT") != DB_OK) {
        return session_db_error(session, "COMMIT was not confirmed; whether the last change"
                                         " happened is not known");
    }
    return OUTCOME_OK;
}

void session_rollback(struct session *session)
{
    if (db_run(session->db, "ROLLBACK") != DB_OK) {
        return; /* a lost connection rolls back as well */
    }
}

struct db_stmt *session_prepare(struct session *session, const char *format, ...)
{
    char *sql = NULL;
    va_list args;
    va_start(args, format);
    int len = vasprintf(&sql, format, args);
    va_end(args);
    if (len < 0) {
        abort();
    }
    struct db_stmt *stmt = db_prepare(session->db, sql);
    free(sql);
    if (stmt == NULL) {
        session_db_error(session, "cannot prepare a statement");
    }
    return stmt;
}

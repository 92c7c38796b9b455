/*
 * heartbeat: a row that tells when it was written on the primary, so that a server on a replica
 * knows how far that is behind (db/db_lag.h). It has a small table of its own, and nothing else
 * needs it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "admin/administrator.h"
#include "admin/cli.h"
#include "admin/tables.h"
#include "base/alloc.h"
#include "db/db_lag.h"

enum { ER_NO_SUCH_TABLE_NUMBER = 1146 };

#define SQL_WRITE "REPLACE INTO %s (id, at) VALUES (1, UTC_TIMESTAMP())"
static const char sql_create[] =
    "CREATE TABLE IF NOT EXISTS %s (id TINYINT UNSIGNED NOT NULL PRIMARY KEY,"
    " at DATETIME NOT NULL) ENGINE=InnoDB";
static const char sql_event[] = "CREATE OR REPLACE EVENT %s ON SCHEDULE EVERY 1 SECOND"
                                " COMMENT 'dnsadm heartbeat' DO " SQL_WRITE;
static const char sql_scheduler[] = "SELECT @@event_scheduler";

/* A statement whose text names TABLE where FORMAT has %s, twice at most. */
static enum db_error run(struct db *db, const char *format, const char *table)
{
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    char *sql = alloc_printf(format, table, table);
#pragma GCC diagnostic pop
    enum db_error error = db_run(db, sql);
    free(sql);
    return error;
}

/* Write the row; make the table when it is missing and the account may. */
static enum outcome write_row(struct session *session, const char *table)
{
    enum db_error error = run(session->db, SQL_WRITE, table);

    if (error != DB_OK && db_error_number(session->db) == ER_NO_SUCH_TABLE_NUMBER) {
        if (run(session->db, sql_create, table) == DB_DENIED) {
            return report_error(OUTCOME_NOT_FOUND,
                                "there is no table %s and the account may not make it:"
                                " dnsadm heartbeat --install, as administrator, does",
                                table);
        }
        error = run(session->db, SQL_WRITE, table);
    }
    return error == DB_OK ? OUTCOME_OK : session_db_error(session, "cannot write the heartbeat");
}

static enum outcome install(struct session *session, const char *table)
{
    if (run(session->db, sql_create, table) != DB_OK ||
        run(session->db, sql_event, table) != DB_OK) {
        return session_db_error(session, "cannot make table and event");
    }
    struct db_stmt *stmt = db_prepare(session->db, sql_scheduler);
    if (stmt == NULL || db_execute(stmt) != DB_OK || db_fetch(stmt) != DB_ROW) {
        db_stmt_free(stmt);
        return session_db_error(session, "cannot ask for event_scheduler");
    }
    struct db_value value = db_column(stmt, 0);
    bool on = value.len == 2 && memcmp(value.data, "ON", 2) == 0;
    db_stmt_free(stmt);
    report_note("table and event %s are there", table);
    if (!on) {
        report_warning(
            "event_scheduler is off, so that nothing is written: SET GLOBAL event_scheduler"
            " = ON, and the same in the server's configuration");
    }
    return OUTCOME_OK;
}

static enum outcome connect(const struct options *options, struct session *session)
{
    enum outcome outcome = OUTCOME_OK;

    session->db = options->install
                      ? administrator_connect(options, &session->settings, &outcome)
                      : session_connect(&session->settings, session->settings.database, &outcome);
    return session->db != NULL ? OUTCOME_OK : outcome;
}

enum outcome verb_heartbeat(const struct options *options, int count, char **arguments)
{
    struct session session;
    (void)count;
    (void)arguments;

    enum outcome outcome = session_read_settings(&session, options->conf);
    if (outcome == OUTCOME_OK) {
        outcome = connect(options, &session);
    }
    if (outcome == OUTCOME_OK) {
        const char *database =
            options->database != NULL ? options->database : session.settings.database;
        char *name = alloc_printf("%s." DB_HEARTBEAT_TABLE, database != NULL ? database : "mydns");
        char *table = table_quote(name);
        outcome = options->install ? install(&session, table) : write_row(&session, table);
        free(table);
        free(name);
    }
    session_close(&session);
    return outcome;
}

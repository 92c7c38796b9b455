#include "db/db_lag.h"

#include <stdio.h>
#include <string.h>

#include "db/db_private.h"

static const char sql_status[] = "SHOW ALL SLAVES STATUS";
/* A row from a clock that is ahead of ours is no older than now. */
static const char sql_heartbeat[] =
    "SELECT GREATEST(0, TIMESTAMPDIFF(SECOND, at, UTC_TIMESTAMP())) FROM " DB_HEARTBEAT_TABLE
    " WHERE id = 1";

static bool is_yes(struct db_stmt *stmt, int column)
{
    struct db_value value = column < 0 ? (struct db_value){0} : db_column(stmt, (unsigned)column);
    return value.len == 3 && memcmp(value.data, "Yes", 3) == 0;
}

static struct db_value text_of(struct db_stmt *stmt, const char *column)
{
    int at = db_column_named(stmt, column);
    return at < 0 ? (struct db_value){"", 0, true} : db_column(stmt, (unsigned)at);
}

/* One primary of the server's: the worst one so far stays in LAG. */
static void add_connection(struct db_stmt *stmt, struct db_lag *lag)
{
    int seconds_at = db_column_named(stmt, "Seconds_Behind_Master");
    bool sql = is_yes(stmt, db_column_named(stmt, "Slave_SQL_Running"));
    bool io = is_yes(stmt, db_column_named(stmt, "Slave_IO_Running"));
    uint64_t seconds;

    if (sql && io && seconds_at >= 0 && db_column_number(stmt, (unsigned)seconds_at, &seconds)) {
        if (lag->kind != DB_LAG_STOPPED) {
            lag->kind = DB_LAG_RUNNING;
            lag->with_seconds = true;
            if (seconds > lag->seconds) {
                lag->seconds = seconds < UINT32_MAX ? (uint32_t)seconds : UINT32_MAX;
            }
        }
        return;
    }
    struct db_value error = text_of(stmt, sql ? "Last_IO_Error" : "Last_SQL_Error");
    int len = (int)(error.len < sizeof lag->why ? error.len : sizeof lag->why);
    lag->kind = DB_LAG_STOPPED;
    lag->with_seconds = false;
    lag->seconds = 0;
    snprintf(lag->why, sizeof lag->why, "%s%s%.*s",
             sql ? "it has no connection to its primary" : "its SQL thread does not run",
             len > 0 ? ": " : "", len, error.data);
}

/* LAG stays DB_LAG_UNKNOWN when the account may not see it. */
static void read_status(struct db *db, struct db_lag *lag)
{
    struct db_stmt *stmt = db_prepare(db, sql_status);

    if (stmt == NULL || db_execute(stmt) != DB_OK) {
        db_stmt_free(stmt);
        return;
    }
    enum db_fetch got;
    lag->kind = DB_LAG_PRIMARY;
    while ((got = db_fetch(stmt)) == DB_ROW) {
        add_connection(stmt, lag);
    }
    if (got == DB_BROKEN) {
        *lag = (struct db_lag){0};
    }
    db_stmt_free(stmt);
}

static void read_heartbeat(struct db *db, struct db_lag *lag)
{
    struct db_stmt *stmt = db_prepare(db, sql_heartbeat);
    uint64_t seconds;

    if (stmt != NULL && db_execute(stmt) == DB_OK && db_fetch(stmt) == DB_ROW &&
        db_column_number(stmt, 0, &seconds)) {
        lag->kind = lag->kind == DB_LAG_STOPPED ? DB_LAG_STOPPED : DB_LAG_RUNNING;
        lag->with_seconds = true;
        lag->seconds = seconds < UINT32_MAX ? (uint32_t)seconds : UINT32_MAX;
    }
    db_stmt_free(stmt);
}

enum db_error db_lag_read(struct db *db, struct db_lag *lag)
{
    *lag = (struct db_lag){0};
    read_status(db, lag);
    if (!lag->with_seconds && lag->kind != DB_LAG_PRIMARY) {
        read_heartbeat(db, lag);
    }
    return db_is_dead(db) ? DB_AWAY : DB_OK;
}

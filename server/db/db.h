/*
 * One connection to MariaDB, used by one thread, blocking, with hard time-outs. The only room that
 * includes <mysql.h>. Opening is the caller's visible step (with its own back-off); nothing here
 * reconnects by itself. Result octets arrive as stored (character_set_results = binary).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

struct db_params {
    const char *host;                                /* NULL or "localhost" = Unix socket */
    uint16_t port;                                   /* 0 = default */
    const char *socket, *user, *password, *database; /* NULL = default */
    const char *ssl_ca, *ssl_cert, *ssl_key;         /* NULL = not set */
    bool ssl_verify;
    unsigned connect_timeout_sec, read_timeout_sec, write_timeout_sec;
};

struct db; /* a connection: opaque, never shared between threads */

/* Whether the same statement may succeed on a new connection, or only after someone acted. */
enum db_error {
    DB_OK,
    DB_AWAY, /* cannot connect, connection lost, timed out, server shutting down, too many connections */
    DB_DENIED,  /* account refused, or lacks a privilege */
    DB_MISSING, /* no such database, table or column: treat as away, never as empty */
    DB_FAILED   /* anything else */
};

/* Open; NULL with ERR set (a sentence with the server's own text and number) and *KIND told. */
NODISCARD struct db *db_open(const struct db_params *params, enum db_error *kind, char *err,
                             size_t err_cap);
void db_close(struct db *db);
/* May be called from any thread: makes a blocked call of DB's own thread return DB_AWAY. */
void db_interrupt(struct db *db) NONNULL;

/* Text and kind of the last failure on this connection. */
const char *db_error_text(const struct db *db) NONNULL;
enum db_error db_error_kind(const struct db *db) NONNULL;

/* A statement without result, e.g. SET, START TRANSACTION, COMMIT. */
NODISCARD enum db_error db_run(struct db *db, const char *sql) NONNULL;

/*
 * A statement with bound parameters and a result read row by row.
 *
 *   struct db_stmt *stmt = db_prepare(db, "SELECT a, b FROM t WHERE id = ?");
 *   db_bind_uint(stmt, 0, 7);
 *   if (db_execute(stmt) == DB_OK)
 *       while (db_fetch(stmt) == DB_ROW) use db_column(stmt, 0) ...
 *   db_finish(stmt);   keeps the statement for the next execution
 *   db_stmt_free(stmt);
 *
 * Columns are octets (numbers come as decimal text unless read by db_column_uint); a column stays
 * valid until the next fetch. Every call after a failure is harmless and reports the failure again.
 */
struct db_stmt;
struct db_value {
    const char *data; /* borrowed, not NUL-terminated */
    size_t len;
    bool null;
};
enum db_fetch { DB_ROW, DB_END, DB_BROKEN /* see db_error_kind */ };

NODISCARD struct db_stmt *db_prepare(struct db *db, const char *sql) NONNULL; /* NULL: db_error_* */
void db_stmt_free(struct db_stmt *stmt);
void db_bind_uint(struct db_stmt *stmt, unsigned at, uint64_t value) NONNULL;
void db_bind_text(struct db_stmt *stmt, unsigned at, const void *text,
                  size_t len) NONNULL; /* borrowed until executed */
void db_bind_null(struct db_stmt *stmt, unsigned at) NONNULL;
NODISCARD enum db_error db_execute(struct db_stmt *stmt) NONNULL;
NODISCARD enum db_fetch db_fetch(struct db_stmt *stmt) NONNULL;
struct db_value db_column(struct db_stmt *stmt, unsigned at) NONNULL;
uint64_t db_column_uint(struct db_stmt *stmt, unsigned at) NONNULL; /* NULL and non-numbers: 0 */
uint64_t db_affected(struct db_stmt *stmt) NONNULL;
uint64_t db_insert_id(struct db_stmt *stmt) NONNULL;
void db_finish(struct db_stmt *stmt) NONNULL;

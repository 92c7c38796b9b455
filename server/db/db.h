/*
 * One connection to MariaDB, used by one thread, blocking, with hard time-outs; over TCP a line
 * that is dead ends after 10 s whatever these are. The only room that includes <mysql.h>. Opening
 * is the caller's visible step (with its own back-off); nothing here reconnects by itself.
 *
 * Octets pass unchanged in both directions, whatever character set a column has: results arrive as
 * stored, parameters are stored as given (a utf8 column refuses what is no UTF-8, error 1366 under a
 * strict sql_mode). Comparisons with a parameter follow the column's collation and use its index.
 * The program must ignore SIGPIPE (a TLS connection that breaks may raise it).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

/*
 * The group [client] of my.cnf is read, as MyDNS did, when it alone can tell where the server is: no
 * host, no socket and no TLS given. So what stands here always wins over that file.
 */
struct db_params {
    const char *host;                                /* NULL, "" or "localhost" = Unix socket */
    uint16_t port;                                   /* 0 = default */
    const char *socket, *user, *password, *database; /* NULL = default */
    /*
     * Any of them asks for TLS, and a connection without it is then an error. ssl_verify also compares
     * the server's name with its certificate (host must be a name; not over a Unix socket).
     */
    const char *ssl_ca, *ssl_cert, *ssl_key; /* NULL = not set */
    bool ssl_verify;
    unsigned connect_timeout_sec, read_timeout_sec, write_timeout_sec;
};

struct db; /* a connection: opaque, never shared between threads */

/* Whether the same statement may succeed on a new connection, or only after someone acted. */
enum db_error {
    DB_OK,
    DB_AWAY, /* cannot connect, connection lost, timed out (a lock too), server shutting down, too many
                connections, table altered under our snapshot */
    DB_DENIED,  /* account refused, or lacks a privilege */
    DB_MISSING, /* no such database, table or column: treat as away, never as empty */
    DB_FAILED   /* anything else */
};

/* Open; NULL with ERR set (a sentence with the server's own text and number) and *KIND told. */
NODISCARD struct db *db_open(const struct db_params *params, enum db_error *kind, char *err,
                             size_t err_cap);
/*
 * The same for who may be told to stop: STOPPING(CONTEXT) is asked every 100 ms, and once it says true
 * this returns NULL with DB_AWAY; what is under way then is left to itself and comes to nothing.
 */
NODISCARD struct db *db_open_unless(const struct db_params *params, bool (*stopping)(void *context),
                                    void *context, enum db_error *kind, char *err, size_t err_cap);
/* Statements are freed before their connection. */
void db_close(struct db *db);
/*
 * May be called from any thread: makes a blocked call of DB's own thread, and every later one, return
 * DB_AWAY. Takes no lock and touches nothing but the socket. DB must still be open: who calls this
 * from another thread shares a lock with the owner, held here and around "no longer to be
 * interrupted" before db_close. A db_open in progress ends by its own time-outs;
 * see db_open_unless.
 */
void db_interrupt(struct db *db) NONNULL;

/* Text (one sentence with the server's own number), kind and number (0 = not from the server or its
 * library; 1062 = duplicate key) of the last failure on this connection. */
const char *db_error_text(const struct db *db) NONNULL;
enum db_error db_error_kind(const struct db *db) NONNULL;
unsigned db_error_number(const struct db *db) NONNULL;
/* A statement without result, e.g. SET, START TRANSACTION, COMMIT. No other may be half read. */
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
 * valid until the next fetch. Values longer than 1 MiB are cut there. Every call after a failure is
 * harmless and reports the failure again. Rows come straight from the server, so one statement at a
 * time is being read; a result that breaks off (DB_BROKEN) ends the connection.
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
/*
 * After db_execute: take the whole result into memory, some 60 octets more a row than it holds. The
 * connection is free for other statements from then on, while the rows are fetched.
 */
NODISCARD enum db_error db_store(struct db_stmt *stmt) NONNULL;
NODISCARD enum db_fetch db_fetch(struct db_stmt *stmt) NONNULL;
struct db_value db_column(struct db_stmt *stmt, unsigned at) NONNULL;
/* The column called NAME of a statement that was executed; -1 = there is none. */
int db_column_named(struct db_stmt *stmt, const char *name) NONNULL;
bool db_column_is_null(const struct db_stmt *stmt, unsigned at) NONNULL;
uint64_t db_column_uint(struct db_stmt *stmt,
                        unsigned at) NONNULL; /* NULL, negative and non-numbers: 0 */
/* As above; false when there is no such number. */
bool db_column_number(struct db_stmt *stmt, unsigned at, uint64_t *value) NONNULL;
uint64_t db_insert_id(struct db_stmt *stmt) NONNULL;
/* Rows that the INSERT, UPDATE or DELETE just executed has changed. */
uint64_t db_affected_rows(struct db_stmt *stmt) NONNULL;
/* Rows not yet fetched are taken off the line, which takes as long as reading them. */
void db_finish(struct db_stmt *stmt) NONNULL;

/*
 * What the files of this room share and nobody else sees: the inside of a connection, and the parts
 * of db_rows that have a file of their own.
 */
#pragma once

#include <mysql.h>

#include "db/db.h"
#include "db/db_rows.h"

/* Once per process; db_open does it. */
void db_start_library(void);

struct db {
    MYSQL *mysql;
    /*
     * A second descriptor of the connection's socket, for db_interrupt(): the library closes its own
     * one when it loses the connection, and the number could be another thread's socket by then.
     */
    int interrupt_fd;
    bool dead; /* set with the first lost connection: nothing is sent any more */
    enum db_error kind;
    unsigned number;
    char text[768];
};

/* Keep an error of our own, with the server's number or 0. Returns KIND. */
enum db_error db_set_error(struct db *db, enum db_error kind, unsigned number, const char *format,
                           ...) PRINTF(4, 5);
/* Keep the library's error NUMBER and TEXT. Returns its kind. */
enum db_error db_keep_error(struct db *db, unsigned number, const char *text) NONNULL;
/* Is the connection lost? Then db_error_kind is DB_AWAY and the first text stays. */
bool db_is_dead(struct db *db) NONNULL;
/* NAME in backticks, those inside doubled. Given. */
char *db_quoted(const char *name) NONNULL;
/* What a client's or server's error number means for the caller. */
enum db_error db_error_of(unsigned number);

/*
 * Fill LAYOUT for the tables named in CONF. An error of DB tells what is missing.
 */
NODISCARD enum db_error db_layout_read(struct db *db, const struct conf *conf,
                                       struct db_layout *layout) NONNULL;

/*
 * Several statements in one trip, without parameters; from the first that fails on none is done. TAKE gets
 * each row of each result, texts that end with a zero. Once per connection db_allow_several() before.
 */
NODISCARD enum db_error db_allow_several(struct db *db) NONNULL;
NODISCARD enum db_error db_run_several(struct db *db, const char *sql,
                                       void (*take)(void *context, const struct db_value *columns,
                                                    unsigned count),
                                       void *context);

/*
 * The position and the snapshot: how the server is asked depends on its version and on its binary
 * log, so the statements are made once.
 */
struct db_view {
    struct db *db;
    const struct db_layout *layout;
    char *begin, *look; /* statements that are sent together */
    struct db_stmt *marks, *touched;
    struct db_stmt *times, *gtid_at, *prepared; /* made when first wanted */
    char begun_gtid[256], since[32];
    bool moved;
};
NODISCARD enum db_error db_view_init(struct db_view *view, struct db *db,
                                     const struct db_layout *layout) NONNULL;
void db_view_release(struct db_view *view) NONNULL;
NODISCARD enum db_error db_view_begin(struct db_view *view, struct db_position *position) NONNULL;
NODISCARD enum db_error db_view_end(struct db_view *view) NONNULL;
/* @@server_uid, or what stands for it with older servers. */
NODISCARD enum db_error db_read_uid(struct db *db, char *out, size_t out_cap) NONNULL;
NODISCARD enum db_error db_view_look(struct db_view *view, struct db_look *look) NONNULL;
NODISCARD enum db_error db_view_gtid_at(struct db_view *view, const char *file, uint64_t pos,
                                        char *out, size_t out_cap) NONNULL;
NODISCARD enum db_error db_view_now(struct db_view *view, struct db_position *position) NONNULL;
NODISCARD enum db_error db_view_prepared(struct db_view *view, const struct stream_xid *xid,
                                         bool *is) NONNULL;

/*
 * VERB (SELECT) COLUMNS FROM TABLE WHERE CONDITION AND (OWN) TAIL, prepared; NULL with an error of
 * DB. OWN, the operator's SQL as written, may be NULL.
 */
NODISCARD struct db_stmt *db_select(struct db *db, const char *verb, const char *columns,
                                    const struct db_table *table, const char *condition,
                                    const char *own, const char *tail);

/* db_span.c: the rr rows of many zones by their ids. */
struct db_span {
    struct db_stmt *measure, *rows; /* NULL: not with these tables */
    unsigned misses;
};
/* SPAN all zero; COLUMNS of the rows. False: an error of DB. */
NODISCARD bool db_span_init(struct db_span *span, struct db *db, const struct db_layout *layout,
                            const char *columns, const char *own);
void db_span_release(struct db_span *span) NONNULL;
/* The statement that reads the rows of these zones, parameters bound; NULL: they are better read by zone. */
struct db_stmt *db_span_find(struct db_span *span, uint32_t first_zone, uint32_t last_zone) NONNULL;

/*
 * The writing privilege in LINE, one line of SHOW GRANTS, if it reaches one of the tables; a constant
 * like "INSERT", or NULL. Pure.
 */
const char *db_grant_writes(const char *line, size_t len, const struct db_layout *layout) NONNULL;

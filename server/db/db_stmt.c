/*
 * Prepared statements and their results, row by row as they come from the server: a table of millions
 * of rows needs the memory of one row.
 *
 * Integers are fetched natively into 64 bits, everything else as octets into a buffer per column. A
 * buffer starts at the column's declared size, at most CELL_FIRST; a longer value is fetched again
 * into a larger one, which then stays.
 */
#include <assert.h>
#include <errmsg.h>
#include <mysql.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "db/db_private.h"

enum {
    CELL_FIRST = 4096, /* two such columns per statement: rr.data and rr.edata */
    CELL_MAX =
        1024 * 1024, /* longer values are cut here: 65535 octets are all that DNS can carry */
};

struct cell {
    bool integer;
    char *buffer;
    union {
        int64_t i;
        uint64_t u;
    } number;
    unsigned long len;
    my_bool null, error;
    char digits[24];
};

struct db_stmt {
    struct db *db;
    MYSQL_STMT *stmt;
    unsigned param_count, column_count;
    MYSQL_BIND *params, *results;
    uint64_t *values; /* of the parameters bound as numbers */
    struct cell *cells;
    bool reading; /* executed, and not yet at the end or finished */
    bool stored;  /* its rows are in memory */
    bool failed;  /* the last db_execute or db_fetch failed */
    bool moved;   /* buffers are not where the library knows them to be */
};

static enum db_error keep_stmt_error(struct db_stmt *stmt)
{
    stmt->failed = true;
    unsigned number = mysql_stmt_errno(stmt->stmt);
    if (number == 0) { /* a result that breaks off leaves its error with the connection only */
        return db_keep_error(stmt->db, mysql_errno(stmt->db->mysql), mysql_error(stmt->db->mysql));
    }
    return db_keep_error(stmt->db, number, mysql_stmt_error(stmt->stmt));
}

struct db_stmt *db_prepare(struct db *db, const char *sql)
{
    if (db_is_dead(db)) {
        return NULL;
    }
    struct db_stmt *stmt = alloc_zero(1, sizeof *stmt);
    stmt->db = db;
    stmt->stmt = mysql_stmt_init(db->mysql);
    if (stmt->stmt == NULL) {
        db_keep_error(db, mysql_errno(db->mysql), mysql_error(db->mysql));
        free(stmt);
        return NULL;
    }
    if (mysql_stmt_prepare(stmt->stmt, sql, strlen(sql)) != 0) {
        keep_stmt_error(stmt);
        db_stmt_free(stmt);
        return NULL;
    }
    stmt->param_count = (unsigned)mysql_stmt_param_count(stmt->stmt);
    stmt->params = alloc_zero(stmt->param_count + 1, sizeof *stmt->params);
    stmt->values = alloc_zero(stmt->param_count + 1, sizeof *stmt->values);
    for (unsigned i = 0; i < stmt->param_count; i++) {
        stmt->params[i].buffer_type = MYSQL_TYPE_NULL;
    }
    return stmt;
}

static void free_columns(struct db_stmt *stmt)
{
    for (unsigned i = 0; i < stmt->column_count; i++) {
        free(stmt->cells[i].buffer);
    }
    free(stmt->cells);
    free(stmt->results);
    stmt->cells = NULL;
    stmt->results = NULL;
    stmt->column_count = 0;
}

void db_stmt_free(struct db_stmt *stmt)
{
    if (stmt == NULL) {
        return;
    }
    db_finish(stmt);
    mysql_stmt_close(stmt->stmt);
    free_columns(stmt);
    free(stmt->params);
    free(stmt->values);
    free(stmt);
}

/* --- parameters -------------------------------------------------------------------------------- */

static MYSQL_BIND *param(struct db_stmt *stmt, unsigned at)
{
    assert(at < stmt->param_count);
    memset(&stmt->params[at], 0, sizeof stmt->params[at]);
    return &stmt->params[at];
}

void db_bind_uint(struct db_stmt *stmt, unsigned at, uint64_t value)
{
    MYSQL_BIND *bind = param(stmt, at);
    stmt->values[at] = value;
    bind->buffer_type = MYSQL_TYPE_LONGLONG;
    bind->buffer = &stmt->values[at];
    bind->is_unsigned = 1;
}

void db_bind_text(struct db_stmt *stmt, unsigned at, const void *text, size_t len)
{
    MYSQL_BIND *bind = param(stmt, at);
    bind->buffer_type = MYSQL_TYPE_STRING;
    bind->buffer = (void *)(uintptr_t)text; /* only read: the library's struct serves both ways */
    bind->buffer_length = len;
}

void db_bind_null(struct db_stmt *stmt, unsigned at)
{
    param(stmt, at)->buffer_type = MYSQL_TYPE_NULL;
}

/* --- columns ----------------------------------------------------------------------------------- */

static bool is_integer(enum enum_field_types type)
{
    return type == MYSQL_TYPE_TINY || type == MYSQL_TYPE_SHORT || type == MYSQL_TYPE_INT24 ||
           type == MYSQL_TYPE_LONG || type == MYSQL_TYPE_LONGLONG || type == MYSQL_TYPE_YEAR;
}

static void set_buffer(struct db_stmt *stmt, unsigned at, unsigned long cap)
{
    struct cell *cell = &stmt->cells[at];
    free(cell->buffer);
    cell->buffer = alloc_new(cap);
    stmt->results[at].buffer = cell->buffer;
    stmt->results[at].buffer_length = cap;
}

static void describe_column(struct db_stmt *stmt, unsigned at, const MYSQL_FIELD *field)
{
    struct cell *cell = &stmt->cells[at];
    MYSQL_BIND *bind = &stmt->results[at];

    cell->integer = is_integer(field->type);
    bind->is_null = &cell->null;
    bind->length = &cell->len;
    bind->error = &cell->error;
    if (cell->integer) {
        bind->buffer_type = MYSQL_TYPE_LONGLONG;
        bind->buffer = &cell->number;
        bind->buffer_length = sizeof cell->number;
        bind->is_unsigned = (field->flags & UNSIGNED_FLAG) != 0;
        return;
    }
    unsigned long cap =
        field->length < 64 ? 64 : field->length; /* 64: dates and decimals as text */
    bind->buffer_type = MYSQL_TYPE_STRING;
    set_buffer(stmt, at, cap < CELL_FIRST ? cap : CELL_FIRST);
}

/* Are the columns of the kinds they had? What is no number must not be read as one. */
static bool is_described(const struct db_stmt *stmt, MYSQL_RES *meta)
{
    const MYSQL_FIELD *fields = mysql_fetch_fields(meta);
    for (unsigned i = 0; i < stmt->column_count; i++) {
        bool integer = is_integer(fields[i].type);
        bool is_unsigned = (fields[i].flags & UNSIGNED_FLAG) != 0;
        if (integer != stmt->cells[i].integer ||
            (integer && is_unsigned != (bool)stmt->results[i].is_unsigned)) {
            return false;
        }
    }
    return true;
}

/*
 * Columns are known after the first execution only (SHOW statements), and again after each, since
 * ALTER TABLE may have changed them. Their number is fixed by the statement's text.
 */
static enum db_error bind_columns(struct db_stmt *stmt)
{
    unsigned count = mysql_stmt_field_count(stmt->stmt);
    MYSQL_RES *meta = count > 0 ? mysql_stmt_result_metadata(stmt->stmt) : NULL;
    if (count > 0 && meta == NULL) {
        return keep_stmt_error(stmt);
    }
    if (count != stmt->column_count || (count > 0 && !is_described(stmt, meta))) {
        free_columns(stmt);
        stmt->column_count = count;
        stmt->cells = alloc_zero(count, sizeof *stmt->cells);
        stmt->results = alloc_zero(count, sizeof *stmt->results);
        for (unsigned i = 0; i < count; i++) {
            describe_column(stmt, i, &mysql_fetch_fields(meta)[i]);
        }
    }
    mysql_free_result(meta);
    if (count > 0 && mysql_stmt_bind_result(stmt->stmt, stmt->results) != 0) {
        return keep_stmt_error(stmt);
    }
    return DB_OK;
}

enum db_error db_execute(struct db_stmt *stmt)
{
    db_finish(stmt);
    stmt->failed = true;
    if (db_is_dead(stmt->db)) {
        return stmt->db->kind;
    }
    if (stmt->param_count > 0 && mysql_stmt_bind_param(stmt->stmt, stmt->params) != 0) {
        return keep_stmt_error(stmt);
    }
    if (mysql_stmt_execute(stmt->stmt) != 0) {
        return keep_stmt_error(stmt);
    }
    stmt->failed = false;
    stmt->reading = mysql_stmt_field_count(stmt->stmt) > 0;
    return bind_columns(stmt);
}

/*
 * A result that breaks off leaves the line in a state that the library and the server may see
 * differently; waiting for rows that never come would cost a time-out. So it ends the connection.
 */
static enum db_fetch give_up(struct db_stmt *stmt)
{
    keep_stmt_error(stmt);
    stmt->reading = false;
    stmt->db->dead = true;
    db_interrupt(stmt->db);
    return DB_BROKEN;
}

enum db_error db_store(struct db_stmt *stmt)
{
    if (!stmt->reading) {
        return stmt->failed ? stmt->db->kind : DB_OK;
    }
    if (mysql_stmt_store_result(stmt->stmt) != 0) {
        (void)give_up(stmt);
        return stmt->db->kind;
    }
    stmt->stored = true;
    return DB_OK;
}

/*
 * The library takes a stored result that was read to its end for gone, and would keep its rows until the
 * statement is executed again: some 70 octets of each, for as long as the zone stays as it is.
 */
static void free_result(struct db_stmt *stmt)
{
    if (stmt->stored) {
        mysql_stmt_data_seek(stmt->stmt, 0);
    }
    mysql_stmt_free_result(stmt->stmt);
    stmt->stored = false;
}

/* Fetch the octets of the columns that were longer than their buffers. */
static bool fetch_long_columns(struct db_stmt *stmt)
{
    for (unsigned i = 0; i < stmt->column_count; i++) {
        struct cell *cell = &stmt->cells[i];
        unsigned long cap = stmt->results[i].buffer_length;
        if (cell->integer || cell->null || cell->len <= cap || cap >= CELL_MAX) {
            continue;
        }
        while (cap < cell->len && cap < CELL_MAX) {
            cap *= 2;
        }
        set_buffer(stmt, i, cap < CELL_MAX ? cap : CELL_MAX);
        if (mysql_stmt_fetch_column(stmt->stmt, &stmt->results[i], i, 0) != 0) {
            return false;
        }
        stmt->moved = true;
    }
    return true;
}

enum db_fetch db_fetch(struct db_stmt *stmt)
{
    if (!stmt->reading) {
        return stmt->failed ? DB_BROKEN : DB_END;
    }
    /* Not before the row is done with: the library of MariaDB 10.11.18 sets the lengths to 0. */
    if (stmt->moved && mysql_stmt_bind_result(stmt->stmt, stmt->results) != 0) {
        return give_up(stmt);
    }
    stmt->moved = false;
    int result = mysql_stmt_fetch(stmt->stmt);
    if (LIKELY(result == 0)) {
        return DB_ROW;
    }
    if (result == MYSQL_DATA_TRUNCATED) {
        return fetch_long_columns(stmt) ? DB_ROW : give_up(stmt);
    }
    if (result == MYSQL_NO_DATA) {
        if (stmt->stored) {
            free_result(stmt);
        }
        stmt->reading = false;
        return DB_END;
    }
    return give_up(stmt);
}

static struct db_value digits_of(struct db_stmt *stmt, unsigned at)
{
    struct cell *cell = &stmt->cells[at];
    int len = stmt->results[at].is_unsigned
                  ? snprintf(cell->digits, sizeof cell->digits, "%llu",
                             (unsigned long long)cell->number.u)
                  : snprintf(cell->digits, sizeof cell->digits, "%lld", (long long)cell->number.i);
    return (struct db_value){cell->digits, (size_t)len, false};
}

struct db_value db_column(struct db_stmt *stmt, unsigned at)
{
    assert(at < stmt->column_count);
    struct cell *cell = &stmt->cells[at];
    if (cell->null) {
        return (struct db_value){"", 0, true};
    }
    if (cell->integer) {
        return digits_of(stmt, at);
    }
    unsigned long cap = stmt->results[at].buffer_length;
    return (struct db_value){cell->buffer, cell->len < cap ? cell->len : cap, false};
}

int db_column_named(struct db_stmt *stmt, const char *name)
{
    MYSQL_RES *meta = mysql_stmt_result_metadata(stmt->stmt);
    int found = -1;

    for (unsigned i = 0; meta != NULL && i < stmt->column_count && found < 0; i++) {
        found = strcmp(mysql_fetch_fields(meta)[i].name, name) == 0 ? (int)i : -1;
    }
    if (meta != NULL) {
        mysql_free_result(meta);
    }
    return found;
}

bool db_column_is_null(const struct db_stmt *stmt, unsigned at)
{
    assert(at < stmt->column_count);
    return stmt->cells[at].null;
}

/* Digits, perhaps with a sign before and a fraction behind (DECIMAL, SUM()): the fraction is cut. */
static bool parse_number(const char *text, size_t len, uint64_t *value)
{
    size_t at = len > 0 && text[0] == '+' ? 1 : 0;
    size_t first = at;

    *value = 0;
    for (; at < len && text[at] >= '0' && text[at] <= '9'; at++) {
        uint64_t digit = (uint64_t)(text[at] - '0');
        if (*value > (UINT64_MAX - digit) / 10) {
            return false;
        }
        *value = *value * 10 + digit;
    }
    return at > first && (at == len || text[at] == '.');
}

bool db_column_number(struct db_stmt *stmt, unsigned at, uint64_t *value)
{
    assert(at < stmt->column_count);
    const struct cell *cell = &stmt->cells[at];
    bool good;

    if (cell->null) {
        good = false;
    } else if (cell->integer) {
        good = stmt->results[at].is_unsigned || cell->number.i >= 0;
        *value = cell->number.u;
    } else {
        struct db_value text = db_column(stmt, at);
        good = parse_number(text.data, text.len, value);
    }
    if (!good) {
        *value = 0;
    }
    return good;
}

uint64_t db_column_uint(struct db_stmt *stmt, unsigned at)
{
    uint64_t value;
    return db_column_number(stmt, at, &value) ? value : 0;
}

uint64_t db_insert_id(struct db_stmt *stmt)
{
    return stmt->failed ? 0 : mysql_stmt_insert_id(stmt->stmt);
}

uint64_t db_affected_rows(struct db_stmt *stmt)
{
    return stmt->failed ? 0 : mysql_stmt_affected_rows(stmt->stmt);
}

void db_finish(struct db_stmt *stmt)
{
    if (stmt->reading && !stmt->db->dead) {
        free_result(stmt);
    }
    stmt->reading = false;
}

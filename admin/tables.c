#include "admin/tables.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"

static const char columns_sql[] =
    "SELECT COLUMN_NAME, DATA_TYPE, COLUMN_TYPE, CHARACTER_MAXIMUM_LENGTH, COLLATION_NAME,"
    " IS_NULLABLE = 'NO' AND COLUMN_DEFAULT IS NULL AND EXTRA NOT LIKE '%auto_increment%'"
    " AND EXTRA NOT LIKE '%GENERATED%'"
    " FROM information_schema.COLUMNS"
    " WHERE TABLE_SCHEMA = IFNULL(?, DATABASE()) AND TABLE_NAME = ? ORDER BY ORDINAL_POSITION";

static const char engine_sql[] = "SELECT ENGINE FROM information_schema.TABLES"
                                 " WHERE TABLE_SCHEMA = IFNULL(?, DATABASE()) AND TABLE_NAME = ?";

static const char *const soa_columns[] = {"id",      "origin", "ns",     "mbox",    "serial",
                                          "refresh", "retry",  "expire", "minimum", "ttl"};
static const char *const rr_columns[] = {"id", "zone", "name", "type", "data", "aux", "ttl"};

static char *copy_value(struct db_value value)
{
    char *text = alloc_new(value.len + 1);
    memcpy(text, value.len > 0 ? value.data : "", value.len);
    text[value.len] = 0;
    return text;
}

static void put_quoted(FILE *out, const char *text, size_t len)
{
    fputc('`', out);
    for (size_t i = 0; i < len; i++) {
        if (text[i] == '`') {
            fputc('`', out);
        }
        fputc(text[i], out);
    }
    fputc('`', out);
}

char *table_quote(const char *name)
{
    char *text = NULL;
    size_t len;
    const char *dot = strchr(name, '.');
    FILE *out = open_memstream(&text, &len);
    if (dot != NULL) {
        put_quoted(out, name, (size_t)(dot - name));
        fputc('.', out);
        name = dot + 1;
    }
    put_quoted(out, name, strlen(name));
    fclose(out);
    return text;
}

const struct column *table_column(const struct sql_table *table, const char *name)
{
    for (size_t i = 0; i < table->count; i++) {
        if (strcasecmp(table->columns[i].name, name) == 0) {
            return &table->columns[i];
        }
    }
    return NULL;
}

/* Blanks at the end count; so they do in MySQL's collations called 0900. */
static bool is_nopad(const char *collation)
{
    return strstr(collation, "_nopad_") != NULL || strstr(collation, "_0900_") != NULL;
}

static void add_column(struct sql_table *table, struct db_stmt *stmt)
{
    char *collation = copy_value(db_column(stmt, 4));
    size_t len = strlen(collation);
    table->columns = alloc_resize(table->columns, table->count + 1, sizeof table->columns[0]);
    table->columns[table->count++] = (struct column){
        .name = copy_value(db_column(stmt, 0)),
        .type = copy_value(db_column(stmt, 1)),
        .full_type = copy_value(db_column(stmt, 2)),
        .limit = db_column_uint(stmt, 3),
        .utf8 = strncmp(collation, "utf8", 4) != 0      ? 0
                : strncmp(collation, "utf8mb4", 7) == 0 ? 4
                                                        : 3,
        .ascii = strncmp(collation, "ascii", 5) == 0,
        .folds_case = len > 3 && strcmp(collation + len - 3, "_ci") == 0 && !is_nopad(collation),
        .required = db_column_uint(stmt, 5) != 0,
    };
    free(collation);
}

static void bind_table(struct db_stmt *stmt, const char *name)
{
    const char *dot = strchr(name, '.');
    if (dot == NULL) {
        db_bind_null(stmt, 0);
        db_bind_text(stmt, 1, name, strlen(name));
    } else {
        db_bind_text(stmt, 0, name, (size_t)(dot - name));
        db_bind_text(stmt, 1, dot + 1, strlen(dot + 1));
    }
}

static enum db_error read_columns(struct sql_table *table, struct db *db)
{
    enum db_fetch got = DB_END;
    struct db_stmt *stmt = db_prepare(db, columns_sql);
    if (stmt == NULL) {
        return db_error_kind(db);
    }
    bind_table(stmt, table->name);
    enum db_error error = db_execute(stmt);
    while (error == DB_OK && (got = db_fetch(stmt)) == DB_ROW) {
        add_column(table, stmt);
    }
    db_stmt_free(stmt);
    return error == DB_OK && got == DB_BROKEN ? db_error_kind(db) : error;
}

static enum db_error read_engine(struct sql_table *table, struct db *db)
{
    enum db_fetch got = DB_END;
    struct db_stmt *stmt = db_prepare(db, engine_sql);
    if (stmt == NULL) {
        return db_error_kind(db);
    }
    bind_table(stmt, table->name);
    enum db_error error = db_execute(stmt);
    if (error == DB_OK && (got = db_fetch(stmt)) == DB_ROW) {
        struct db_value engine = db_column(stmt, 0); /* NULL: a view; its tables are not known */
        table->transactional =
            engine.null || (engine.len == 6 && strncasecmp(engine.data, "InnoDB", 6) == 0);
    }
    db_stmt_free(stmt);
    return error == DB_OK && got == DB_BROKEN ? db_error_kind(db) : error;
}

/* The next value of an ENUM or SET from AT on, as the SQL literal it is in the text of the type. */
static const char *next_enum(const char *at, size_t *len)
{
    at = strchr(at, '\'');
    if (at == NULL) {
        return NULL;
    }
    const char *end = at + 1;
    while (*end != 0 && (*end != '\'' || end[1] == '\'')) {
        end += *end == '\'' ? 2 : 1;
    }
    *len = (size_t)(end - at) + (*end == '\'');
    return at;
}

static bool is_enum(const struct column *column)
{
    return strcasecmp(column->type, "enum") == 0 || strcasecmp(column->type, "set") == 0;
}

/* ITEM (LEN octets) is a literal with its quotes. */
static bool literal_is(const char *item, size_t len, const char *value)
{
    return len == strlen(value) + 2 && strncasecmp(item + 1, value, len - 2) == 0;
}

bool column_takes(const struct column *column, const char *value)
{
    size_t len;
    if (!is_enum(column)) {
        return true;
    }
    for (const char *item = next_enum(column->full_type, &len); item != NULL;
         item = next_enum(item + len, &len)) {
        if (literal_is(item, len, value)) {
            return true;
        }
    }
    return false;
}

static bool is_number(const struct column *column)
{
    static const char *const types[] = {"tinyint", "smallint", "mediumint", "int", "bigint",
                                        "decimal", "float",    "double",    "bit", "year"};
    for (size_t i = 0; i < ARRAY_LEN(types); i++) {
        if (strcasecmp(column->type, types[i]) == 0) {
            return true;
        }
    }
    return false;
}

/* The spelling of yes that the column knows (mydns-compat 1.3). */
static void put_yes(FILE *out, const struct column *column)
{
    static const char *const words[] = {"y", "yes", "t", "true", "a", "active", "on", "1"};
    size_t len;
    if (!is_enum(column)) {
        fputs(is_number(column) ? "1" : "'Y'", out);
        return;
    }
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        for (const char *item = next_enum(column->full_type, &len); item != NULL;
             item = next_enum(item + len, &len)) {
            if (literal_is(item, len, words[i])) {
                fwrite(item, 1, len, out);
                return;
            }
        }
    }
    fputs("1", out); /* the first value of an ENUM */
}

static void put_empty(FILE *out, const struct column *column)
{
    if (is_number(column)) {
        fputs("0", out);
    } else if (is_enum(column)) {
        fputs("1", out);
    } else if (strncasecmp(column->type, "date", 4) == 0 ||
               strncasecmp(column->type, "time", 4) == 0) {
        fputs("CURRENT_TIMESTAMP", out);
    } else {
        fputs("''", out);
    }
}

static bool is_bound(const char *name, const char *const *bound, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strcasecmp(name, bound[i]) == 0) {
            return true;
        }
    }
    return false;
}

/* A column beyond those we bind, if it needs a value. */
static void put_fill(FILE *names, FILE *values, const struct column *column)
{
    bool active = strcasecmp(column->name, "active") == 0;
    if (!active && !column->required) {
        return;
    }
    fputs(", ", names);
    put_quoted(names, column->name, strlen(column->name));
    fputs(", ", values);
    if (active) {
        put_yes(values, column);
    } else {
        put_empty(values, column);
    }
}

/* A panel's column of both tables. serial, stamp and active are each row's own. */
static bool is_owned(const struct tables *tables, const struct column *column)
{
    static const char *const own[] = {"id", "ttl", "active", "serial", "stamp"};
    return !is_bound(column->name, own, ARRAY_LEN(own)) &&
           table_column(&tables->soa, column->name) != NULL;
}

static void make_owned(struct tables *tables)
{
    size_t len;
    FILE *names = open_memstream(&tables->owned_names, &len);
    FILE *values = open_memstream(&tables->owned_values, &len);
    for (size_t i = 0; i < tables->rr.count; i++) {
        const struct column *column = &tables->rr.columns[i];
        if (is_bound(column->name, rr_columns, ARRAY_LEN(rr_columns))) {
            continue;
        }
        if (is_owned(tables, column)) {
            fputs(", ", names);
            put_quoted(names, column->name, strlen(column->name));
            fputs(", (SELECT ", values);
            put_quoted(values, column->name, strlen(column->name));
            fprintf(values, " FROM %s WHERE id = ?)", tables->soa.quoted);
            tables->owned_count++;
        } else {
            put_fill(names, values, column);
        }
    }
    fclose(names);
    fclose(values);
}

static void make_fill(struct sql_table *table, const char *const *bound, size_t bound_count)
{
    size_t len;
    FILE *names = open_memstream(&table->fill_names, &len);
    FILE *values = open_memstream(&table->fill_values, &len);
    for (size_t i = 0; i < table->count; i++) {
        if (!is_bound(table->columns[i].name, bound, bound_count)) {
            put_fill(names, values, &table->columns[i]);
        }
    }
    fclose(names);
    fclose(values);
}

static enum db_error read_table(struct sql_table *table, struct db *db, const char *name,
                                const char *const *bound, size_t bound_count, char *err,
                                size_t err_cap)
{
    table->name = alloc_string(name);
    table->quoted = table_quote(name);
    enum db_error error = read_columns(table, db);
    if (error == DB_OK) {
        error = read_engine(table, db);
    }
    if (error != DB_OK) {
        snprintf(err, err_cap, "%s", db_error_text(db));
        return error;
    }
    if (table->count == 0) {
        snprintf(err, err_cap,
                 "there is no table %s in the database, or this account may not see it;"
                 " `dnsadm init` makes the tables",
                 table->quoted);
        return DB_MISSING;
    }
    for (size_t i = 0; i < bound_count; i++) {
        if (table_column(table, bound[i]) == NULL) {
            snprintf(err, err_cap, "table %s has no column %s", table->quoted, bound[i]);
            return DB_MISSING;
        }
    }
    make_fill(table, bound, bound_count);
    return DB_OK;
}

enum db_error tables_read(struct tables *out, struct db *db, const char *soa, const char *rr,
                          char *err, size_t err_cap)
{
    memset(out, 0, sizeof *out);
    enum db_error error =
        read_table(&out->soa, db, soa, soa_columns, ARRAY_LEN(soa_columns), err, err_cap);
    if (error == DB_OK) {
        error = read_table(&out->rr, db, rr, rr_columns, ARRAY_LEN(rr_columns), err, err_cap);
    }
    if (error == DB_OK) {
        make_owned(out);
    }
    out->edata = error == DB_OK && table_column(&out->rr, "edata") != NULL;
    out->edatakey = out->edata && table_column(&out->rr, "edatakey") != NULL;
    return error;
}

static void table_release(struct sql_table *table)
{
    for (size_t i = 0; i < table->count; i++) {
        free(table->columns[i].name);
        free(table->columns[i].type);
        free(table->columns[i].full_type);
    }
    free(table->columns);
    free(table->name);
    free(table->quoted);
    free(table->fill_names);
    free(table->fill_values);
}

void tables_release(struct tables *tables)
{
    table_release(&tables->soa);
    table_release(&tables->rr);
    free(tables->owned_names);
    free(tables->owned_values);
    memset(tables, 0, sizeof *tables);
}

size_t column_fits(const struct column *column, const char *text, size_t len)
{
    if (column->limit == 0 || len <= column->limit) {
        return len;
    }
    if (column->utf8 == 0) {
        return column->limit;
    }
    size_t characters = 0, at = 0;
    for (; at < len; at++) {
        if (((unsigned char)text[at] & 0xc0) != 0x80 && characters++ == column->limit) {
            break;
        }
    }
    return at;
}

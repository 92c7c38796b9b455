/*
 * What the two tables look like: MyDNS 1.1, mydns-ng, ISPConfig and views of these differ in columns,
 * engines and indexes (users.md: nothing beyond the base columns may be required). Asked for in
 * information_schema, where SELECT on the tables is enough to see them.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "db/db_private.h"

static const char sql_schema[] = "SELECT DATABASE()";
static const char sql_table[] =
    "SELECT TABLE_TYPE, ENGINE, TABLE_SCHEMA, TABLE_NAME FROM information_schema.TABLES "
    "WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ?";
static const char sql_columns[] = "SELECT COLUMN_NAME FROM information_schema.COLUMNS "
                                  "WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ?";
static const char sql_index[] = "SELECT COUNT(*) FROM information_schema.STATISTICS "
                                "WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ? "
                                "AND COLUMN_NAME = 'zone' AND SEQ_IN_INDEX = 1";
static const char sql_id_primary[] =
    "SELECT COUNT(*) FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ? "
    "AND COLUMN_NAME = 'id' AND SEQ_IN_INDEX = 1 AND INDEX_NAME = 'PRIMARY'";
static const char sql_above[] =
    "SELECT REFERENCED_TABLE_SCHEMA, REFERENCED_TABLE_NAME FROM "
    "information_schema.KEY_COLUMN_USAGE "
    "WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ? AND REFERENCED_TABLE_NAME IS NOT NULL";
static const char sql_binlog[] = "SELECT @@log_bin";
static const char sql_silent[] = "SELECT @@gtid_slave_pos <> '' AND NOT @@log_slave_updates";
static const char sql_place[] = "SELECT ORDINAL_POSITION FROM information_schema.COLUMNS "
                                "WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ? AND COLUMN_NAME = 'id'";
static const char sql_zone_place[] =
    "SELECT ORDINAL_POSITION FROM information_schema.COLUMNS "
    "WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ? AND COLUMN_NAME = 'zone'";
static const char sql_name_place[] =
    "SELECT ORDINAL_POSITION, IF(COLUMN_TYPE LIKE '%COMPRESSED%', '', DATA_TYPE) "
    "FROM information_schema.COLUMNS "
    "WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ? AND COLUMN_NAME = 'name'";
/* Indexes in which no two rows have the same id: unique, and of that column alone. */
static const char sql_id_index[] =
    "SELECT COUNT(*) FROM (SELECT MAX(SEQ_IN_INDEX) AS parts, "
    "MAX(COLUMN_NAME = 'id' AND NON_UNIQUE = 0) AS fits FROM information_schema.STATISTICS "
    "WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ? GROUP BY INDEX_NAME) AS i "
    "WHERE parts = 1 AND fits";
/* Is soa.origin compared without regard to case? BINARY has no collation. */
static const char sql_origin_any_case[] =
    "SELECT COUNT(*) FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ? "
    "AND COLUMN_NAME = 'origin' AND COLLATION_NAME LIKE '%\\_ci'";
static const char sql_width[] = "SELECT MAX(ORDINAL_POSITION) FROM information_schema.COLUMNS "
                                "WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ?";

static const char *const soa_base[] = {"id",      "origin", "ns",     "mbox",    "serial",
                                       "refresh", "retry",  "expire", "minimum", "ttl"};
static const char *const rr_base[] = {"id", "zone", "name", "data", "aux", "ttl", "type"};

/* The optional columns that this server reads. */
enum optional { HAS_ACTIVE = 1, HAS_EDATA = 2 };

/* The first row of SQL about TABLE (NULL: no parameters). *STMT is given, NULL without such a row. */
static enum db_error first_row(struct db *db, const char *sql, const struct db_table *table,
                               struct db_stmt **stmt)
{
    *stmt = db_prepare(db, sql);
    if (*stmt == NULL) {
        return db->kind;
    }
    if (table != NULL) {
        db_bind_text(*stmt, 0, table->schema, strlen(table->schema));
        db_bind_text(*stmt, 1, table->name, strlen(table->name));
    }
    enum db_error failed = db_execute(*stmt);
    enum db_fetch fetched = failed == DB_OK ? db_fetch(*stmt) : DB_BROKEN;
    if (fetched == DB_ROW) {
        return DB_OK;
    }
    db_stmt_free(*stmt);
    *stmt = NULL;
    return fetched == DB_END ? DB_OK : db->kind;
}

/* A single number, 0 when there is no row. */
static enum db_error read_number(struct db *db, const char *sql, const struct db_table *table,
                                 uint64_t *number)
{
    struct db_stmt *stmt;
    enum db_error failed = first_row(db, sql, table, &stmt);
    *number = stmt != NULL ? db_column_uint(stmt, 0) : 0;
    db_stmt_free(stmt);
    return failed;
}

static enum db_error read_schema(struct db *db, char *out, size_t cap)
{
    struct db_stmt *stmt;
    enum db_error failed = first_row(db, sql_schema, NULL, &stmt);
    if (stmt != NULL) {
        struct db_value schema = db_column(stmt, 0);
        snprintf(out, cap, "%.*s", (int)schema.len, schema.data);
        if (schema.null) {
            failed = db_set_error(db, DB_MISSING, 0, "no database is selected (option database)");
        }
    }
    db_stmt_free(stmt);
    return failed;
}

/* "table" of the connection's database, or "database.table". */
static enum db_error locate(struct db *db, const char *option, struct db_table *table)
{
    const char *dot = strchr(option, '.');
    const char *name = dot != NULL ? dot + 1 : option;
    size_t schema_len = dot != NULL ? (size_t)(dot - option) : 0;

    if (strlen(name) >= sizeof table->name || schema_len >= sizeof table->schema) {
        return db_set_error(db, DB_MISSING, 0, "table name %.64s... is too long", option);
    }
    strcpy(table->name, name);
    if (dot == NULL) {
        return read_schema(db, table->schema, sizeof table->schema);
    }
    memcpy(table->schema, option, schema_len);
    table->schema[schema_len] = '\0';
    return DB_OK;
}

static void copy_name(char *out, size_t cap, struct db_value value)
{
    snprintf(out, cap, "%.*s", (int)value.len, value.data);
}

static enum db_error read_table(struct db *db, struct db_table *table, bool *transactional)
{
    struct db_stmt *stmt;
    enum db_error failed = first_row(db, sql_table, table, &stmt);
    if (failed != DB_OK) {
        return failed;
    }
    if (stmt == NULL) {
        return db_set_error(db, DB_MISSING, 0,
                            "table %s.%s does not exist, or the account may not read it",
                            table->schema, table->name);
    }
    struct db_value type = db_column(stmt, 0), engine = db_column(stmt, 1);
    table->view = type.len == 4 && strncasecmp(type.data, "VIEW", 4) == 0;
    /*
     * A view shows no engine, and its definition only to who may SHOW VIEW. Taking it for MyISAM costs a
     * few repeated reads; taking MyISAM for InnoDB would keep torn zones.
     */
    *transactional = engine.len == 6 && strncasecmp(engine.data, "InnoDB", 6) == 0;
    /* With lower_case_table_names the binary log has other letters than mydns.conf may have. */
    copy_name(table->schema, sizeof table->schema, db_column(stmt, 2));
    copy_name(table->name, sizeof table->name, db_column(stmt, 3));
    db_stmt_free(stmt);
    return DB_OK;
}

static void note_column(struct db_value column, const char *const *base, size_t base_count,
                        unsigned *found, unsigned *optional)
{
    for (size_t i = 0; i < base_count; i++) {
        if (strlen(base[i]) == column.len && strncasecmp(base[i], column.data, column.len) == 0) {
            *found |= 1u << i;
        }
    }
    if (column.len == 6 && strncasecmp(column.data, "active", 6) == 0) {
        *optional |= HAS_ACTIVE;
    } else if (column.len == 5 && strncasecmp(column.data, "edata", 5) == 0) {
        *optional |= HAS_EDATA;
    }
}

static enum db_error read_columns(struct db *db, const struct db_table *table,
                                  const char *const *base, size_t base_count, unsigned *optional)
{
    struct db_stmt *stmt;
    unsigned found = 0;
    enum db_error failed = first_row(db, sql_columns, table, &stmt);

    *optional = 0;
    if (stmt != NULL) {
        enum db_fetch fetched;
        do {
            note_column(db_column(stmt, 0), base, base_count, &found, optional);
        } while ((fetched = db_fetch(stmt)) == DB_ROW);
        failed = fetched == DB_END ? DB_OK : db->kind;
    }
    db_stmt_free(stmt);
    for (size_t i = 0; i < base_count && failed == DB_OK; i++) {
        if ((found & 1u << i) == 0) {
            failed = db_set_error(db, DB_MISSING, 0,
                                  "table %s.%s has no column %s, or the account may not read it",
                                  table->schema, table->name, base[i]);
        }
    }
    return failed;
}

/* Does an existing (or missing) column count? */
static bool counts(enum conf_choice choice, unsigned exists, bool *missing)
{
    *missing = choice == CONF_YES && !exists;
    return choice != CONF_NO && exists;
}

static enum db_error read_place(struct db *db, const char *sql, const struct db_table *table,
                                unsigned *place)
{
    uint64_t ordinal = 0;
    enum db_error failed = read_number(db, sql, table, &ordinal);
    *place = ordinal > 0 ? (unsigned)ordinal - 1 : 0;
    return failed;
}

/*
 * rr.name: its place, and whether a row event holds the octets that a SELECT gives. So it is with
 * characters (but for blanks at the end of CHAR, which count in no name); BINARY is padded in one and
 * not in the other, and COMPRESSED columns are packed in one.
 */
static enum db_error read_name_place(struct db *db, struct db_layout *layout)
{
    static const char *const alike[] = {"char",       "varchar",  "varbinary", "tinytext",
                                        "mediumtext", "longtext", "text"};
    struct db_stmt *stmt;
    enum db_error failed = first_row(db, sql_name_place, &layout->rr, &stmt);

    if (stmt != NULL) {
        uint64_t ordinal = db_column_uint(stmt, 0);
        struct db_value type = db_column(stmt, 1);
        layout->rr_places.name = ordinal > 0 ? (unsigned)ordinal - 1 : 0;
        for (size_t i = 0; i < ARRAY_LEN(alike); i++) {
            layout->rr_places.name_alike |=
                strlen(alike[i]) == type.len && strncasecmp(alike[i], type.data, type.len) == 0;
        }
    }
    db_stmt_free(stmt);
    return failed;
}

/* MAX() counts columns the account may not read only where it may read them: it needs SELECT on the
 * table, as everything here. */
static enum db_error read_places(struct db *db, struct db_layout *layout)
{
    uint64_t soa_columns = 0, rr_columns = 0;
    enum db_error failed;

    if ((failed = read_number(db, sql_width, &layout->soa, &soa_columns)) == DB_OK &&
        (failed = read_number(db, sql_width, &layout->rr, &rr_columns)) == DB_OK &&
        (failed = read_place(db, sql_place, &layout->soa, &layout->soa_places.id)) == DB_OK &&
        (failed = read_place(db, sql_place, &layout->rr, &layout->rr_places.id)) == DB_OK) {
        failed = read_place(db, sql_zone_place, &layout->rr, &layout->rr_places.zone);
    }
    if (failed == DB_OK) {
        failed = read_name_place(db, layout);
    }
    layout->soa_places.columns = (unsigned)soa_columns;
    layout->rr_places.columns = (unsigned)rr_columns;
    return failed;
}

static bool is_same_table(const struct db_table *table, const struct db_table *other)
{
    return strcmp(table->schema, other->schema) == 0 && strcmp(table->name, other->name) == 0;
}

static void note_above(struct db_layout *layout, struct db_value schema, struct db_value name)
{
    struct db_table table = {.view = false};

    copy_name(table.schema, sizeof table.schema, schema);
    copy_name(table.name, sizeof table.name, name);
    bool known = is_same_table(&table, &layout->soa);
    layout->soa_is_above |= known;
    known |= is_same_table(&table, &layout->rr);
    for (unsigned i = 0; i < layout->above_count && !known; i++) {
        known = is_same_table(&table, &layout->above[i]);
    }
    if (!known && layout->above_count < DB_ABOVE_MAX) {
        layout->above[layout->above_count++] = table;
    }
}

/* Which tables TABLE refers to. Whether their rows take others along is told to who may write alone. */
static enum db_error read_above(struct db *db, const struct db_table *table,
                                struct db_layout *layout)
{
    struct db_stmt *stmt;
    enum db_error failed = first_row(db, sql_above, table, &stmt);

    if (stmt != NULL) {
        enum db_fetch fetched;
        do {
            note_above(layout, db_column(stmt, 0), db_column(stmt, 1));
        } while ((fetched = db_fetch(stmt)) == DB_ROW);
        failed = fetched == DB_END ? DB_OK : db->kind;
    }
    db_stmt_free(stmt);
    return failed;
}

static enum db_error read_all_above(struct db *db, struct db_layout *layout)
{
    enum db_error failed = read_above(db, &layout->soa, layout);

    if (failed == DB_OK) {
        failed = read_above(db, &layout->rr, layout);
    }
    for (unsigned i = 0; i < layout->above_count && failed == DB_OK; i++) {
        struct db_table table = layout->above[i];
        failed = read_above(db, &table, layout);
    }
    return failed;
}

enum db_error db_layout_read(struct db *db, const struct conf *conf, struct db_layout *layout)
{
    unsigned soa_optional = 0, rr_optional = 0;
    bool soa_transactional = false, rr_transactional = false;
    uint64_t indexes = 0, ids = 0, primary = 0, any_case = 0, binlog = 0, silent = 0;
    enum db_error failed;

    memset(layout, 0, sizeof *layout);
    if ((failed = locate(db, conf->soa_table, &layout->soa)) != DB_OK ||
        (failed = locate(db, conf->rr_table, &layout->rr)) != DB_OK ||
        (failed = read_table(db, &layout->soa, &soa_transactional)) != DB_OK ||
        (failed = read_table(db, &layout->rr, &rr_transactional)) != DB_OK ||
        (failed = read_columns(db, &layout->soa, soa_base, ARRAY_LEN(soa_base), &soa_optional)) !=
            DB_OK ||
        (failed = read_columns(db, &layout->rr, rr_base, ARRAY_LEN(rr_base), &rr_optional)) !=
            DB_OK ||
        (failed = read_number(db, sql_index, &layout->rr, &indexes)) != DB_OK ||
        (failed = read_number(db, sql_id_index, &layout->rr, &ids)) != DB_OK ||
        (failed = read_number(db, sql_id_primary, &layout->rr, &primary)) != DB_OK ||
        (failed = read_number(db, sql_origin_any_case, &layout->soa, &any_case)) != DB_OK ||
        (failed = read_number(db, sql_binlog, NULL, &binlog)) != DB_OK ||
        (failed = read_number(db, sql_silent, NULL, &silent)) != DB_OK ||
        (failed = read_places(db, layout)) != DB_OK ||
        (failed = read_all_above(db, layout)) != DB_OK) {
        return failed;
    }
    layout->soa_active =
        counts(conf->use_soa_active, soa_optional & HAS_ACTIVE, &layout->soa_active_missing);
    layout->rr_active =
        counts(conf->use_rr_active, rr_optional & HAS_ACTIVE, &layout->rr_active_missing);
    layout->rr_edata = (rr_optional & HAS_EDATA) != 0;
    layout->transactional = soa_transactional && rr_transactional;
    layout->zone_indexed = indexes > 0 || layout->rr.view;
    layout->id_indexed = ids > 0;
    layout->id_primary = primary > 0;
    layout->origin_any_case = any_case > 0;
    layout->binlog = binlog != 0;
    layout->silent_replica = silent != 0;
    return DB_OK;
}

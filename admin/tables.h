/*
 * The two tables as they are here: columns are found by name, and nothing beyond MyDNS 1.1's is
 * required. From them come the texts of the INSERTs: a row must be active where there is such a
 * column, and columns of panels that have no default get an empty value.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "db/db.h"

struct column {
    char *name;
    char *type;      /* "enum", "varchar" ... */
    char *full_type; /* "enum('Y','N')" */
    uint64_t limit;  /* characters of a text, octets of a binary; 0 = no text */
    uint8_t utf8;    /* the limit counts UTF-8 characters, of at most so many octets; 0: none */
    bool ascii;      /* holds nothing else */
    bool folds_case; /* equality ignores case, and blanks at the end */
    bool required;   /* NOT NULL without default */
};

struct sql_table {
    char *name;   /* as configured, for messages */
    char *quoted; /* for SQL: `db`.`table` */
    size_t count;
    struct column *columns;
    char *fill_names, *fill_values; /* ", `active`" and ", 'Y'": beyond the columns we bind */
    bool transactional;
};

struct tables {
    struct sql_table soa, rr;
    bool edata, edatakey; /* mydns-ng: the rest of long data */
    /* Like rr.fill_*, but columns of a panel that both tables have (owner, server_id) take the
     * zone's value: a subselect with the zone's id to be bound, OWNED_COUNT times. */
    char *owned_names, *owned_values;
    unsigned owned_count;
};

/*
 * Look at the tables called SOA and RR ("table" or "database.table"). DB_MISSING with ERR when a
 * table or column is not there. tables_release in either case.
 */
NODISCARD enum db_error tables_read(struct tables *out, struct db *db, const char *soa,
                                    const char *rr, char *err, size_t err_cap) NONNULL;
void tables_release(struct tables *tables) NONNULL;

/* NULL = no such column. */
const struct column *table_column(const struct sql_table *table, const char *name) NONNULL;

/* How many characters (octets) of TEXT the column takes at most, as an octet count <= LEN. */
size_t column_fits(const struct column *column, const char *text, size_t len) NONNULL;

/* May the value stand in the column? ENUMs list their values; other types take any. */
bool column_takes(const struct column *column, const char *value) NONNULL;

/* The text `name` with backquotes doubled; "a.b" as `a`.`b`. Given. */
NODISCARD char *table_quote(const char *name) NONNULL;

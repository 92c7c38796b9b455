/*
 * MyDNS tables as typed rows: which columns exist, the SELECTs, the position in the database's
 * history at which something was read. Reads only. One struct db_rows per connection, same thread.
 */
#pragma once

#include "conf/conf.h"
#include "db/db.h"

/* Columns and engine, found by name at connection time (information_schema), never required beyond
 * MyDNS 1.1's base columns. */
struct db_layout {
    bool soa_active, rr_active; /* column exists and counts (use-*-active) */
    bool rr_edata;
    bool transactional; /* both tables InnoDB: a snapshot is a snapshot */
    bool zone_indexed;  /* an index of rr begins with zone: small ranges are cheap */
};

/* Where in the database's history something was read. Compared only within one server_uid. */
struct db_position {
    char server_uid[64];
    char binlog_file[128]; /* "" without a binary log */
    uint64_t binlog_pos;
    char gtid[256]; /* @@gtid_binlog_pos, else @@gtid_slave_pos; "" without both; cut text = "" */
};

struct soa_row {
    uint32_t id;
    struct db_value origin, ns, mbox;
    uint32_t serial, refresh, retry, expire, minimum, ttl;
};

struct rr_row {
    uint32_t id, zone;
    struct db_value name, type, data, edata; /* edata: null without the column */
    uint32_t aux, ttl;
    bool ttl_null, aux_null;
};

struct db_rows; /* opaque: connection, layout, prepared statements */

/* Look at the tables and prepare the SELECTs. NULL: db_error_* of DB tells (DB_MISSING when a table
 * or mandatory column is not there). DB and CONF are borrowed. */
NODISCARD struct db_rows *db_rows_new(struct db *db, const struct conf *conf);
void db_rows_free(struct db_rows *rows);
const struct db_layout *db_rows_layout(const struct db_rows *rows) NONNULL;

/*
 * One consistent view: START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY, and its position.
 * Between the two calls all reads below see the state at POSITION (MyISAM: the state at or after it).
 */
NODISCARD enum db_error db_rows_begin(struct db_rows *rows, struct db_position *position) NONNULL;
NODISCARD enum db_error db_rows_end(struct db_rows *rows) NONNULL;

/* Start one of the reads; then db_rows_next_* until it returns DB_END or DB_BROKEN. Only one read
 * at a time. soa-where, rr-where and the active columns are applied by the SELECTs. */
NODISCARD enum db_error db_rows_all_soa(struct db_rows *rows) NONNULL; /* in order of id */
NODISCARD enum db_error db_rows_soa_range(struct db_rows *rows, uint32_t first_id,
                                          uint32_t last_id) NONNULL;
NODISCARD enum db_error db_rows_rr_range(struct db_rows *rows, uint32_t first_zone,
                                         uint32_t last_zone) NONNULL; /* any order */
/* Rows whose origin is ORIGIN by SQL equality; the caller compares again octet by octet. */
NODISCARD enum db_error db_rows_soa_by_origin(struct db_rows *rows, const char *origin,
                                              size_t len) NONNULL;
NODISCARD enum db_fetch
db_rows_next_soa(struct db_rows *rows, struct soa_row *row) NONNULL; /* row: borrowed until next */
NODISCARD enum db_fetch db_rows_next_rr(struct db_rows *rows, struct rr_row *row) NONNULL;
void db_rows_cancel(struct db_rows *rows) NONNULL; /* stop reading before the end */

/* May the account write? NULL = no or unknown, else the privilege found, for a warning at start. */
NODISCARD const char *db_rows_can_write(struct db_rows *rows) NONNULL;

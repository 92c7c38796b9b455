/*
 * MyDNS tables as typed rows: which columns exist, the SELECTs, the position in the database's
 * history at which something was read. Reads only. One struct db_rows per connection, same thread.
 */
#pragma once

#include "conf/conf.h"
#include "db/db.h"
#include "db/db_stream.h"

/* A table as the server knows it (an identifier has at most 64 characters of 3 octets). */
struct db_table {
    char schema[200], name[200];
    bool view;
};

/* Where columns stand in a table (0 = first), as row events number them. */
struct db_places {
    unsigned columns;        /* how many there are */
    unsigned id, zone, name; /* zone, name: of rr */
    bool name_alike;         /* name's octets in a row event are those that are read */
};

enum { DB_ABOVE_MAX = 8 };

/* Columns and engine, found by name at connection time (information_schema), never required beyond
 * MyDNS 1.1's base columns. Read again (a new db_rows) after ALTER TABLE. */
struct db_layout {
    struct db_table soa, rr;                    /* row events of a view name other tables */
    bool soa_active, rr_active;                 /* column exists and counts (use-*-active) */
    bool soa_active_missing, rr_active_missing; /* use-*-active = yes without that column: warn */
    bool rr_edata;
    bool transactional; /* both tables InnoDB: a snapshot is a snapshot. Views: unknown, so no */
    bool zone_indexed; /* an index of rr begins with zone: small ranges are cheap. Views: assumed */
    bool id_indexed;   /* rr.id is a key of its own: a row is read by it alone. Not of views */
    bool id_primary;   /* rr's primary key begins with id: rows lie in that order. Not of views */
    bool origin_any_case; /* soa.origin is compared without regard to case */
    bool binlog;          /* @@log_bin: positions have a file and an offset */
    bool silent_replica;  /* replicates, but its own binary log does not tell what it replicated */
    struct db_places soa_places, rr_places;
    /*
     * Tables that ours refer to by a foreign key, and those that they refer to: rows deleted there may take
     * rows of ours along, of which the binary log tells nothing. Past DB_ABOVE_MAX they are not looked at.
     */
    struct db_table above[DB_ABOVE_MAX];
    unsigned above_count;
    bool soa_is_above; /* so are those of a soa row that goes, or gets another id */
};

/* Where in the database's history something was read. Compared only within one server_uid. */
struct db_position {
    char server_uid[64];
    char binlog_file[128]; /* "" without a binary log */
    uint64_t binlog_pos;
    /*
     * @@gtid_binlog_pos, else @@gtid_slave_pos, or both with '|' between (each may move alone); "" without
     * both, or when too long. Read just before the snapshot began, so never ahead of it by a change
     * made later; but the server counts a change shortly before its rows are visible, so an equal
     * text proves freshness only when the read began some 100 ms after the change. The pair of binlog
     * file and offset is exact.
     */
    char gtid[256];
};

/*
 * Is FILE:POS of a binary log before THAN? False for names that differ in more than their number, as
 * after a RESET MASTER with another one: they cannot be compared.
 */
bool db_binlog_before(const char *file, uint64_t pos, const char *than_file,
                      uint64_t than_pos) NONNULL;

/*
 * Numbers are what the columns hold, forced into 32 bits: NULL and negative ones are 0, larger ones
 * 2^32-1. A row whose id is NULL, negative or above 2^32-1 cannot be told apart from others: those of soa,
 * and rr rows with such a zone, are left out, and db_rows_left_out() counts them; an rr row says `no_id`.
 */
struct soa_row {
    uint32_t id;
    struct db_value origin, ns, mbox;
    uint32_t serial, refresh, retry, expire, minimum, ttl;
    uint8_t forced; /* bit k: the k-th of these numbers is not what the column holds */
};

struct rr_row {
    uint32_t id, zone;
    struct db_value name, type, data, edata; /* edata: null without the column */
    uint32_t aux, ttl;
    bool ttl_null, aux_null;
    bool no_id; /* and id is 0 */
};

struct db_rows; /* opaque: connection, layout, prepared statements */

/*
 * Look at the tables and prepare the SELECTs. NULL: db_error_* of DB tells (DB_MISSING names the table or
 * mandatory column that is not there). DB and CONF are borrowed.
 *
 * Makes the session one for reading: read-only transactions, REPEATABLE READ, sql_mode '', at most 2 s
 * of waiting for a lock (LOCK TABLES, ALTER TABLE) and 10 minutes per statement. Who writes uses another
 * connection.
 */
NODISCARD struct db_rows *db_rows_new(struct db *db, const struct conf *conf);
void db_rows_free(struct db_rows *rows);
const struct db_layout *db_rows_layout(const struct db_rows *rows) NONNULL;
/* Have the columns that are read, or the engine, become others? Some ms. False as well: it cannot be told. */
bool db_rows_is_outdated(struct db_rows *rows, const struct conf *conf) NONNULL;

/*
 * One consistent view: START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY, and its position.
 * Between the two calls all reads below see the state at POSITION (without layout->transactional: each
 * read sees a state at or after it). db_rows_end also ends the view after a failure.
 */
NODISCARD enum db_error db_rows_begin(struct db_rows *rows, struct db_position *position) NONNULL;
NODISCARD enum db_error db_rows_end(struct db_rows *rows) NONNULL;
/*
 * After db_rows_end, without layout->transactional: may the tables have changed while they were read, so
 * that the reads do not fit together? By the tables' UPDATE_TIME (whole seconds, so what was written up
 * to two seconds before counts as well), unless the server's GTID has not moved. Views have no such time:
 * they move with the GTID, and count as still without one. Else false.
 */
bool db_rows_moved(const struct db_rows *rows) NONNULL;
/* The present position without a view, as cheap as can be: binlog_file is "". */
NODISCARD enum db_error db_rows_now(struct db_rows *rows, struct db_position *position) NONNULL;
/*
 * Whether anything has changed, seen from outside a view. The position's file and offset are those of
 * the last change that is visible, which the GTID may be ahead of. Some 0.3 ms of the server's time.
 */
struct db_look {
    struct db_position position;
    uint64_t now_sec; /* the server's clock before the two were read */
    /*
     * When the tables were last written (a change counts when it becomes visible); 0 = not known: views,
     * and InnoDB's until their first change after a start. Up to a second early.
     */
    uint64_t soa_sec, rr_sec;
};
NODISCARD enum db_error db_rows_look(struct db_rows *rows, struct db_look *look) NONNULL;
/*
 * The GTIDs of the binary log at FILE, POS, one for each domain with commas between; "" = there is no such
 * place (any more), or they are too long. The server reads that file up to there.
 */
NODISCARD enum db_error db_rows_gtid_at(struct db_rows *rows, const char *file, uint64_t pos,
                                        char *out, size_t out_cap) NONNULL;
/*
 * *IS: the server holds XID as prepared, so that nothing of it can be seen. Between XA COMMIT in the binary
 * log, the position of a view included, and its rows there is a gap: when this says no, it is over.
 */
NODISCARD enum db_error db_rows_prepared(struct db_rows *rows, const struct stream_xid *xid,
                                         bool *is) NONNULL;

/*
 * Start one of the reads; then db_rows_next_* until it returns DB_END or DB_BROKEN. Only one read
 * at a time. soa-where and rr-where are applied, and rows that are not active left out: active is
 * NULL, 1 or a spelling of yes (y yes t true a active on); not active 0, 2 and n no f false i inactive
 * off d deleted, in any case; else MyDNS's boolean rule (mydns-compat 1.3).
 */
/* In order of id; only id, origin and serial are filled, which takes half the time of whole rows. */
NODISCARD enum db_error db_rows_all_soa(struct db_rows *rows) NONNULL;
/* Ids and serials alone, from FIRST_ID on, in order of id; db_rows_next_serial() reads them. */
NODISCARD enum db_error db_rows_serials(struct db_rows *rows, uint32_t first_id) NONNULL;
NODISCARD enum db_fetch db_rows_next_serial(struct db_rows *rows, uint32_t *id,
                                            uint32_t *serial) NONNULL;
NODISCARD enum db_error db_rows_soa_range(struct db_rows *rows, uint32_t first_id,
                                          uint32_t last_id) NONNULL;
NODISCARD enum db_error db_rows_rr_range(struct db_rows *rows, uint32_t first_zone,
                                         uint32_t last_zone) NONNULL; /* any order */
/* Any MAX of ZONE's rows, or all if there are fewer: db_rows_fetched() tells. */
NODISCARD enum db_error db_rows_rr_some(struct db_rows *rows, uint32_t zone, uint32_t max) NONNULL;
/*
 * As db_rows_rr_range() of one zone, for one of very many rows: it returns when all of them are in memory
 * (some 120 octets each), and they may still be read after db_rows_end. So the view, which keeps an ALTER
 * TABLE waiting, lasts only as long as the server needs to send them.
 */
NODISCARD enum db_error db_rows_rr_stored(struct db_rows *rows, uint32_t zone) NONNULL;
/*
 * About how many rows db_rows_rr_range would read, as the index tells without reading them (within a
 * factor of two or so); 0 = unknown. About 0.1 ms whatever the number.
 */
uint64_t db_rows_rr_estimate(struct db_rows *rows, uint32_t first_zone, uint32_t last_zone) NONNULL;
/*
 * The rr rows of COUNT (1 to DB_IDS_MAX) IDS; the soa rows, in order of id; the rr rows of zones, in any.
 * For zones that lie apart, one statement costs a quarter of as many.
 */
enum { DB_IDS_MAX = 64 };
NODISCARD enum db_error db_rows_rr_ids(struct db_rows *rows, const uint32_t *ids, size_t count);
NODISCARD enum db_error db_rows_soa_ids(struct db_rows *rows, const uint32_t *ids, size_t count);
NODISCARD enum db_error db_rows_rr_zones(struct db_rows *rows, const uint32_t *zones, size_t count);
/*
 * The greatest rr.id; the rows above LAST, at most MAX, in order of id. Whether active or not, and without
 * rr-where. Cheap with layout->id_indexed. Ids above 32 bits do not count. False: the database failed.
 */
struct rr_place {
    uint32_t id, zone;
};
NODISCARD bool db_rows_last_rr(struct db_rows *rows, uint32_t *last) NONNULL;
NODISCARD bool db_rows_new_rr(struct db_rows *rows, uint32_t last, struct rr_place *out, size_t max,
                              size_t *count) NONNULL;
/* How many rr rows name ZONE, active or not: at most MAX are counted. False: the database failed. */
NODISCARD bool db_rows_count_rr(struct db_rows *rows, uint32_t zone, uint32_t max,
                                uint64_t *count) NONNULL;
/* Rows whose origin is ORIGIN by SQL equality; the caller compares again octet by octet. */
NODISCARD enum db_error db_rows_soa_by_origin(struct db_rows *rows, const char *origin,
                                              size_t len) NONNULL;
/*
 * Likewise for COUNT (1 to DB_ORIGINS_MAX) ORIGINS, borrowed until the read is over; only id, origin and
 * serial are filled.
 */
enum { DB_ORIGINS_MAX = 16 };
NODISCARD enum db_error db_rows_soa_by_origins(struct db_rows *rows, const struct db_value *origins,
                                               size_t count) NONNULL;
NODISCARD enum db_fetch
db_rows_next_soa(struct db_rows *rows, struct soa_row *row) NONNULL; /* row: borrowed until next */
NODISCARD enum db_fetch db_rows_next_rr(struct db_rows *rows, struct rr_row *row) NONNULL;
/* Stop reading before the end. Costs as much as reading on; closing the connection is quicker. */
void db_rows_cancel(struct db_rows *rows) NONNULL;
/* Rows of the last (or present) read so far, those that were not active or left out included. */
uint64_t db_rows_fetched(const struct db_rows *rows) NONNULL;
/* Rows of the last (or present) read left out for their id or zone, see above. */
uint64_t db_rows_left_out(const struct db_rows *rows) NONNULL;

/*
 * May the account write? NULL = no or unknown, else the first writing privilege that reaches one of the
 * tables ("INSERT", "ALL PRIVILEGES", ...), for a warning at start. Grants of active roles count.
 */
NODISCARD const char *db_rows_can_write(struct db_rows *rows) NONNULL;

/*
 * What one transaction of the binary log has touched of our two tables: rr rows by id, zone and the name
 * they had before, soa rows by their id. Filled event by event; pure.
 *
 * Where rows cannot be told one by one (too many of them, a name whose octets differ between log and
 * table, images without it), their zone is noted to be read whole.
 */
#pragma once

#include "db/db_rows.h"
#include "db/db_stream.h"
#include "feed/row_image.h"
#include "load/loader.h"

enum {
    FEED_ZONES_MAX = 1000, /* more zones in one transaction: all is verified */
    FEED_TABLES_MAX = 64,  /* more tables told apart: likewise */
    FEED_LOST_MAX = 16,    /* no fewer zones than vanish protection wants to be told apart */
    /* More rows of one zone, or of all together: the zone is read whole, which is no dearer then. */
    FEED_ZONE_ROWS_MAX = 4096,
    FEED_ROWS_MAX = 16384,
};

/* ABOVE: rows deleted there may take rows of ours along. */
enum table_kind { TABLE_FOREIGN, TABLE_SOA, TABLE_RR, TABLE_ABOVE };

struct noted_table {
    uint64_t id;
    enum table_kind kind;
    bool known; /* its shape could be read and fits the layout */
    struct row_shape shape;
};

struct noted_zone {
    uint32_t id, rows;
    int64_t gone; /* rr rows that left it minus those that came */
    bool whole;
};

/* What it took out of the tables, for vanish protection. Counted also when `all` is set. */
struct removal {
    bool touched;                 /* our tables, or perhaps */
    bool rebuilt;                 /* by DDL: dropped, made, truncated or renamed one */
    bool updated;                 /* rows, which may have become inactive by that */
    int64_t rows, zones;          /* rr and soa rows deleted minus inserted */
    uint32_t lost[FEED_LOST_MAX]; /* different zones of deleted rr rows: the first ones */
    size_t lost_count;
};

struct transaction {
    struct noted_zone zones[FEED_ZONES_MAX];
    uint32_t soas[FEED_ZONES_MAX];
    size_t zone_count, soa_count;
    bool all;        /* more than can be told, or not known in detail */
    const char *why; /* the first reason for it, a constant; NULL: none */
    struct removal removal;
    bool standalone, ddl; /* of its GTID */
    bool illegible;       /* a statement whose text is not there */
    bool moves;           /* one that may exchange rows, or their ids, zones, names */

    const struct db_layout *_layout;
    struct loader_row *_rows;
    size_t _row_count, _row_cap, _last; /* last: index of the zone found last */
    uint8_t *_owners;
    size_t _owners_len, _owners_cap;
    uint32_t _whole[FEED_ZONES_MAX];
    struct vanish_zone_told _told[FEED_ZONES_MAX];
    struct noted_table _tables[FEED_TABLES_MAX];
    unsigned _table_count;
};

/* Empty it; all zero before the first time. LAYOUT is borrowed until the next call. */
void transaction_begin(struct transaction *t, const struct db_layout *layout) NONNULL;
void transaction_release(struct transaction *t) NONNULL;
/*
 * What it changed, without a position: borrowed until T is changed. UNSURE: zones may not be what
 * the log takes them for, so all are to be read whole.
 */
struct loader_change transaction_change(struct transaction *t, bool unsure) NONNULL;
/* It changed more than can be told: WHY, a constant, unless there is a reason already. */
void transaction_give_up(struct transaction *t, const char *why) NONNULL;
/* Is it a statement that alters a table, by its columns, and leaves the rows there are? */
bool transaction_only_alters(const struct transaction *t) NONNULL;
/* What it took out of the tables; borrowed likewise. */
struct vanish_told transaction_removal(struct transaction *t) NONNULL;
/*
 * What it changed as one block of *LEN octets, given, and back: T becomes what it was then. LAYOUT has to
 * be the same as then.
 */
NODISCARD void *transaction_pack(const struct transaction *t, size_t *len) NONNULL;
void transaction_unpack(struct transaction *t, const struct db_layout *layout,
                        const void *packed) NONNULL;
/* STREAM_TABLE: which table an id stands for. */
void transaction_table(struct transaction *t, const struct stream_event *event) NONNULL;
/* STREAM_ROWS. */
void transaction_rows(struct transaction *t, const struct stream_event *event) NONNULL;
/*
 * STREAM_TEXT: sets ALL when the statement may have changed our tables: its default database is ours,
 * or its text names ours. What it does to them through triggers of other databases is left to the
 * sweep.
 */
void transaction_text(struct transaction *t, const struct stream_event *event) NONNULL;

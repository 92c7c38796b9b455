/*
 * What one transaction of the binary log has touched of our two tables: zones by their rr rows, soa rows
 * by their id. Filled event by event; pure.
 */
#pragma once

#include "db/db_rows.h"
#include "db/db_stream.h"
#include "feed/row_image.h"

enum {
    FEED_ZONES_MAX = 1000, /* more zones in one transaction: all is verified */
    FEED_TABLES_MAX = 64,  /* more tables told apart: likewise */
};

enum table_kind { TABLE_FOREIGN, TABLE_SOA, TABLE_RR };

struct noted_table {
    uint64_t id;
    enum table_kind kind;
    bool known; /* its shape could be read and fits the layout */
    struct row_shape shape;
};

struct transaction {
    uint32_t zones[FEED_ZONES_MAX], soas[FEED_ZONES_MAX];
    size_t zone_count, soa_count;
    bool all;             /* more than can be told, or not known in detail */
    bool standalone, ddl; /* of its GTID */

    const struct db_layout *_layout;
    struct noted_table _tables[FEED_TABLES_MAX];
    unsigned _table_count;
};

/* Empty it. LAYOUT is borrowed until the next call. */
void transaction_begin(struct transaction *t, const struct db_layout *layout) NONNULL;
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

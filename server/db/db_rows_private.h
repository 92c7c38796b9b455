/*
 * The statements (db_rows.c) and what their rows say (db_rows_next.c). Private.
 */
#pragma once

#include "db/db_private.h"
#include "db/db_rows.h"

/* The columns in the order of the SELECTs; the optional ones follow. */
enum {
    SOA_ID,
    SOA_ORIGIN,
    SOA_NS,
    SOA_MBOX,
    SOA_SERIAL,
    SOA_REFRESH,
    SOA_RETRY,
    SOA_EXPIRE,
    SOA_MINIMUM,
    SOA_TTL,
    SOA_ACTIVE
};
#define SOA_COLUMNS "id, origin, ns, mbox, serial, refresh, retry, expire, minimum, ttl"

/* Of the list of all zones. */
enum { LIST_ID, LIST_ORIGIN, LIST_SERIAL, LIST_ACTIVE };
#define LIST_COLUMNS "id, origin, serial"

enum { RR_ID, RR_ZONE, RR_NAME, RR_DATA, RR_AUX, RR_TTL, RR_TYPE, RR_OPTIONAL };
#define RR_COLUMNS "id, zone, name, data, aux, ttl, type"

struct db_rows {
    struct db *db;
    struct db_layout layout;
    struct db_view view;
    struct db_stmt *serials, *all_soa, *soa_range, *soa_ids, *soa_by_origin, *soa_by_origins,
        *rr_range, *rr_zones, *rr_some, *rr_id, *rr_ids, *rr_count;
    struct db_stmt *rr_estimate;      /* NULL: not to be had */
    struct db_stmt *rr_last, *rr_new; /* prepared when they are first wanted */
    struct db_span span;
    bool stored;             /* all rows of READING are in memory */
    struct db_stmt *reading; /* one of the above, or NULL */
    bool failed;             /* the last read could not be started */
    uint64_t fetched;        /* rows of the last or present read, left out or not */
    uint64_t left_out;
};

/* A number forced into 32 bits, as db_rows.h tells. */
uint32_t db_number(struct db_stmt *stmt, unsigned at) NONNULL;
/* False: it is none that an id can be, and *ID is 0. */
NODISCARD bool db_id(struct db_stmt *stmt, unsigned at, uint32_t *id) NONNULL;

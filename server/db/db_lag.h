/*
 * How far behind its primary the database is, as far as the account may know. Two sources:
 *
 *   SHOW ALL SLAVES STATUS   needs SLAVE MONITOR; of several primaries the worst one counts
 *   mydns_heartbeat          one row in our own database that somebody writes on the primary and that
 *                            replication brings here (dnsadm heartbeat); never required
 *
 * The first also knows whether replication runs at all, but while it is stopped not for how long; then,
 * and without that privilege, the row is asked.
 */
#pragma once

#include "db/db.h"

/* id 1; at: UTC_TIMESTAMP() of the primary when it was written. */
#define DB_HEARTBEAT_TABLE "mydns_heartbeat"

enum db_lag_kind {
    DB_LAG_UNKNOWN, /* neither source is there */
    DB_LAG_PRIMARY, /* the server replicates from nobody */
    DB_LAG_RUNNING, /* seconds: told by the server, or the row's age */
    DB_LAG_STOPPED, /* replication is known not to run; with_seconds: as the row tells */
};

struct db_lag {
    enum db_lag_kind kind;
    bool with_seconds;
    uint32_t seconds;
    char why[256]; /* DB_LAG_STOPPED: a sentence, with the server's own error text */
};

/* DB_OK, also with DB_LAG_UNKNOWN; else the connection is lost. */
NODISCARD enum db_error db_lag_read(struct db *db, struct db_lag *lag) NONNULL;

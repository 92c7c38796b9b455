/*
 * A connection of the writing account with the tables looked at, and transactions on it. Errors are
 * reported here, once, with the server's own text; callers pass the outcome on.
 */
#pragma once

#include "admin/report.h"
#include "admin/settings.h"
#include "admin/tables.h"
#include "conf/conf.h"

struct session {
    struct settings settings;
    struct db *db;
    struct tables tables;
    unsigned retries; /* how often a transaction may still be begun anew after a deadlock */
    /*
     * The server's conditions, for who reads as it does: soa-where and rr-where (NULL = none, borrowed),
     * and use-soa-active, use-rr-active = no.
     */
    const char *soa_where, *rr_where;
    bool ignores_soa_active, ignores_rr_active;
    const char *about; /* what errors of the database begin with, a zone say; NULL = nothing */
};

/* Read the settings (FILE: NULL = the default one). session_close in either case. */
NODISCARD enum outcome session_read_settings(struct session *session, const char *file);
/*
 * Connect and look at the tables. WRITES: where the tables have no transactions and no row locks
 * (MyISAM), only one dnsadm at a time changes this database; the others wait here.
 */
NODISCARD enum outcome session_open(struct session *session, bool writes) NONNULL;
void session_close(struct session *session) NONNULL;

/* Open the first of the configured hosts that answers. NULL: reported, *OUTCOME tells. */
NODISCARD struct db *session_connect(const struct settings *settings, const char *database,
                                     enum outcome *outcome);

/* Report the last database error: "WHAT: text". Unreachable is told from failed. A deadlock is
 * OUTCOME_AGAIN, not reported, while RETRIES are left. */
enum outcome session_db_error(const struct session *session, const char *what) NONNULL;
/* The outcome that the last database error means; nothing is printed. */
enum outcome session_outcome(const struct session *session) NONNULL;
/* The last error was a deadlock or another writer's unique key: the same may succeed in a new
 * transaction. */
bool session_may_retry(const struct session *session) NONNULL;
/* The last error holds for every change: a privilege is missing, or the SQL server is read-only. */
bool session_is_refused(const struct session *session) NONNULL;
/* The last error was a unique key that is taken. */
bool session_is_duplicate(const struct session *session) NONNULL;

NODISCARD enum outcome session_begin(struct session *session) NONNULL;
/* After a failed COMMIT nobody knows whether it happened; the message says so. */
NODISCARD enum outcome session_commit(struct session *session) NONNULL;
void session_rollback(struct session *session) NONNULL;

/* Prepare a statement whose text is made by the format. NULL: reported, see session_outcome. */
NODISCARD struct db_stmt *session_prepare(struct session *session, const char *format, ...)
    PRINTF(2, 3);

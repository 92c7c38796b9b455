/*
 * The change feed: which rows and zones a transaction touched, told to the loader when it commits.
 * One thread.
 *
 *     MariaDB --> feed --loader_changed(rows, zones, soa ids, position)--> loader reads them anew
 *                  |
 *                  +-- while it runs it vouches for what is in memory: ages do not count
 *
 * It follows the server that the loader is connected to. It stands on one of three rungs of a ladder,
 * the highest that the server and the account allow, and looks every 30 s whether a higher one can be
 * reached, going on meanwhile where it is:
 *
 *     binlog   follows the binary log as a replica would (binlog.c): exact, in milliseconds. Needs
 *              log_bin, ROW format, REPLICATION SLAVE for feed-user, and tables that are no views.
 *     gtid     watches with SELECT alone how far the server is (gtid.c): says when something changed,
 *              the serials, ids of rows and a second look at what is asked for say what (gtid_found.c).
 *     off      age limits and the sweep, which stay on underneath the others (load/loader.c).
 */
#pragma once

#include "db/db_rows.h"
#include "load/loader.h"

struct feed;

enum feed_rung { FEED_RUNG_OFF, FEED_RUNG_GTID, FEED_RUNG_BINLOG };

/* For who looks from outside. */
struct feed_status {
    enum feed_rung rung;        /* that serves now */
    char why_not_higher[256];   /* "" on the highest rung that change-feed asks for */
    struct instant since;       /* on this rung since; 0 = never on any */
    struct instant last_event;  /* something was last heard, heartbeats included; 0 = never */
    struct instant last_change; /* of a transaction that touched our tables; 0 = none yet */
    /* Where the server stood then; "" and 0 when not known. */
    char server_uid[64];
    char file[128]; /* of its binary log */
    uint64_t pos;
    char gtid[256];
    uint64_t streams;       /* begun since start; on gtid: connections */
    uint64_t resumed;       /* of them, those that went on where the one before was lost */
    uint64_t verifications; /* how often every zone was asked to be read again */
    uint64_t changes; /* transactions (binlog) or looks (gtid) that named zones to the loader */
};

/* The end of a transaction in the history of one server, up to which all was told to the loader. */
struct feed_place {
    struct db_position position; /* gtid: there, of the server's own binary log */
    uint64_t layout;             /* of the tables there: row events are read by it */
};

/* The store was filled from a file. */
struct feed_restored {
    bool
        known; /* where the zones were read: at PLACE; each shows at least what was told up to there */
    struct feed_place place;
    struct instant since; /* zone.read_ns of those zones */
};

/*
 * Start the thread; conf change-feed = off: does nothing and returns NULL. All are borrowed, but
 * RESTORED, which is copied. With it (NULL = an ordinary start) the binlog is followed from the
 * place of the file, if that is sure to be the same history; else everything is verified, on each
 * rung.
 */
NODISCARD struct feed *feed_start(const struct conf *conf, struct store *store,
                                  struct loader *loader, const struct feed_restored *restored);
/* Stop and free. Before loader_stop. */
void feed_stop(struct feed *feed);
/* CONF (borrowed until feed_stop) counts from the next connection on: accounts. Higher rungs are tried at
 * once. Any thread. */
void feed_reconfigure(struct feed *feed, const struct conf *conf);
/* How far the binlog was told; false: not known. Any thread. */
NODISCARD bool feed_place(struct feed *feed, struct feed_place *place) NONNULL;
/* FEED may be NULL: rung off, by configuration. Any thread. */
void feed_status(struct feed *feed, struct feed_status *status);

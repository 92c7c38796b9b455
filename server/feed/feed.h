/*
 * The change feed: which zones a transaction touched, told to the loader when it commits. One thread.
 *
 *     MariaDB --> feed --loader_changed(zones, soa ids, position)--> loader reads them anew
 *                  |
 *                  +-- while it runs it vouches for what is in memory: ages do not count
 *
 * It follows the server that the loader is connected to. It stands on one of three rungs of a ladder, the highest that the server and the account allow, and
 * looks every 30 s whether a higher one can be reached, going on meanwhile where it is:
 *
 *     binlog   follows the binary log as a replica would (binlog.c): exact, in milliseconds. Needs
 *              log_bin, ROW format, REPLICATION SLAVE for feed-user, and tables that are no views.
 *     gtid     watches with SELECT alone how far the server is (gtid.c): says when something changed,
 *              the serials and a second look at what is asked for say what.
 *     off      age limits and the sweep, which stay on underneath the others (load/loader.c).
 */
#pragma once

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

/* Start the thread; conf change-feed = off: does nothing and returns NULL. All are borrowed. */
NODISCARD struct feed *feed_start(const struct conf *conf, struct store *store,
                                  struct loader *loader);
/* Stop and free. Before loader_stop. */
void feed_stop(struct feed *feed);
/* CONF (borrowed until feed_stop) counts from the next connection on: accounts. Higher rungs are tried at
 * once. Any thread. */
void feed_reconfigure(struct feed *feed, const struct conf *conf);
/* FEED may be NULL: rung off, by configuration. Any thread. */
void feed_status(struct feed *feed, struct feed_status *status);

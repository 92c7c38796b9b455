/*
 * Vanish protection: tables that are emptied to be filled again must not make every name vanish.
 *
 * mysqldump's restore drops and refills rr, then soa, each step with its own commit; panels TRUNCATE
 * and reload. Whoever answers exactly what the tables say at each moment says NXDOMAIN and REFUSED to
 * everybody for as long as that takes. So a removal that is too large to be meant makes a hold begin:
 *
 *     OPEN      all shows at once
 *       |  more than vanish-limit would go, or the tables are built anew
 *       v
 *     HELD      removals wait, additions show: a zone in memory is replaced only by a version that lacks
 *       |       no row and no name of it, a zone without a soa row stays
 *       |  both tables still for QUIET_MS, or vanish-hold is over, or SIGHUP
 *       v
 *     RELEASED  everything is read once more and shows, whatever it is; what was read before does not
 *       |  that is done
 *       v
 *     OPEN
 *
 * What is too large: it concerns LEAST_ZONES zones or more, and more than vanish-limit percent of
 * the zones or of the rows. Where nobody told in detail what went (no feed, statements as text),
 * also all of fewer zones (two at least), since that is all that can be seen of a table being
 * refilled; who deletes row by row in the log what there is of three zones means it. Measured on
 * what is in memory, by four ways to learn of it:
 *
 *  1. The change feed tells what each transaction removed, before anything is read (vanish_told), and
 *     that a table was dropped, made, truncated or renamed, which begins a hold whatever the size. What
 *     goes in small steps is summed up from when the tables were last quiet, over BURST_MS at most:
 *     rows and zones net, so that a rebuild which fills in what it takes out does not count.
 *  2. The origin list would lose zones (vanish_list).
 *  3. A load finds zones with far fewer rows, and nobody told why (no feed, statements as text,
 *     a stream that was lost): the loader counts the rows of some zones picked at random in the same
 *     snapshot (vanish_sample). Not COUNT(*): that takes 0.2 s per million rows, this 1 ms however
 *     large the tables are, and it tells one large zone from many. What a sample misses adds up, as in 1.
 *  4. A table was missing and is back (vanish_missing).
 *
 * Beside that, one zone of LEAST_ROWS rows or more that loses all of them while its soa row stays waits on
 * its own for QUIET_MS after its last change: no one means a zone without any record, but panels write zones
 * anew that way, one after the other. It begins when a read finds it empty, or when the feed tells that one
 * transaction took out as many rows as it has: by the time of the read some may be back. A zone
 * that has all it had shows at once, and so does deleting a zone, which takes its soa row.
 *
 * Zones that something is held back of, and all during a hold, do not leave memory for cache-memory.
 *
 * An empty table counts as not yet filled again, not as quiet: a panel may take its time between
 * TRUNCATE and the first row. What is really empty shows after vanish-hold. The clock of vanish-hold stands
 * while the database is away: nothing could be verified then.
 *
 * vanish-limit = 100 turns all of it off: nothing is more than everything.
 *
 * The rule alone: no SQL, no clock, no log (vanish_news tells what to log). vanish_watch.c knows the loader.
 * Any thread, also under the store's lock; the lock in here is taken last.
 */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/clock.h"

enum {
    VANISH_LEAST_ZONES = 10,
    VANISH_LEAST_ROWS = 3,
    VANISH_QUIET_MS = 2000,
    VANISH_BURST_MS = 10 * 1000,
    VANISH_MEANT_MS = 30 * 1000, /* what was told in detail is read within this */
    VANISH_WAITS = 64,           /* zones that wait on their own; more begin a hold */
    VANISH_GROWN = 64,           /* zones remembered as having grown a moment ago */
    VANISH_NEWS_SIZE = 400,
};

enum vanish_state { VANISH_OPEN, VANISH_HELD, VANISH_RELEASED };

/* What there is to lose, and how much may go. */
struct vanish_measure {
    struct instant now;
    /* When reading what is judged began: before the end of a hold it may have found empty tables. 0 = now. */
    struct instant read_at;
    uint32_t zones; /* hosted */
    uint64_t rows;  /* in memory; of zones not loaded as many as of the others, on average */
    unsigned limit_percent, hold_sec;
};

struct vanish_zone_told {
    uint32_t id;
    int64_t gone; /* rr rows that left it minus those that came */
};

/* What one transaction did to our tables, as the feed saw it. Zero: it changed something, that is all. */
struct vanish_told {
    bool rebuilt;       /* dropped, made, truncated or renamed a table */
    bool exact;         /* all it did was told row by row */
    bool updated;       /* among that, updates: a row that became inactive has gone as well */
    int64_t rows, soas; /* rr and soa rows deleted minus inserted */
    /* Zones of deleted rr rows; up to VANISH_LEAST_ZONES are of use. */
    const uint32_t *zones_of_rows;
    size_t zones_of_rows_count;
    const struct vanish_zone_told *zones; /* when exact: all that became larger or smaller */
    size_t zone_count;
};

/* What one step after the other took away since the tables were last quiet. */
struct vanish_burst {
    struct instant begun, last;
    int64_t rows, zones;
    uint32_t touched[VANISH_LEAST_ZONES]; /* different zones that lost rows */
    unsigned touched_count;
};

/* A zone that was emptied, and not yet filled again. */
struct vanish_wait {
    uint32_t id;
    uint64_t digest; /* of what the tables held when last read */
    struct instant since, changed;
};

/* Rows that a zone got, which may not be in memory yet. */
struct vanish_growth {
    uint32_t id;
    int64_t rows;
    struct instant at;
};

struct vanish {
    pthread_mutex_t _lock; /* taken last, held for a few instructions */
    enum vanish_state _state;
    struct instant _since, _until, _changed, _ticked;
    struct vanish_burst _told, _seen;
    bool _asked; /* while RELEASED: everything was asked to be read */
    bool _missing;
    struct instant _meant; /* when a removal was told in detail last; 0 = since then one was not */
    uint64_t _mark;        /* of the tables, when last looked at */
    uint64_t _holds;
    char _why[160];
    struct vanish_wait _waits[VANISH_WAITS];
    unsigned _wait_count;
    struct vanish_growth _grown[VANISH_GROWN];
    unsigned _grown_at; /* the next one to be overwritten */
    char _news[VANISH_NEWS_SIZE];
};

void vanish_init(struct vanish *vanish) NONNULL;
void vanish_release(struct vanish *vanish) NONNULL;

enum vanish_state vanish_state(struct vanish *vanish) NONNULL;

/* The feed saw a transaction that touched our tables; call it before what it changed is read. */
void vanish_told(struct vanish *vanish, const struct vanish_measure *m,
                 const struct vanish_told *told) NONNULL;
/*
 * After vanish_told, for a zone of its `zones`, which has ROWS rows in memory. True: it was emptied and waits
 * to be filled again.
 */
NODISCARD bool vanish_emptied(struct vanish *vanish, const struct vanish_measure *m,
                              const struct vanish_zone_told *told, uint32_t rows) NONNULL;
/* The origin list lacks GONE zones. True: they may go. */
NODISCARD bool vanish_list(struct vanish *vanish, const struct vanish_measure *m,
                           size_t gone) NONNULL;
/* Is it worth counting, when a zone of OLD rows has NOW? */
bool vanish_is_loss(const struct vanish_measure *m, uint64_t old, uint64_t now) NONNULL;
/* Of ASKED zones picked at random out of m->zones, LOST have lost as much. */
void vanish_sample(struct vanish *vanish, const struct vanish_measure *m, size_t asked,
                   size_t lost) NONNULL;

/* A zone was read anew. */
struct vanish_zone {
    uint32_t id;
    uint32_t old_rows, new_rows; /* in memory, in the tables */
    bool complete;               /* the new version has every name and type of the old one */
    uint64_t digest;
};
/* True: it may be shown. */
NODISCARD bool vanish_zone(struct vanish *vanish, const struct vanish_measure *m,
                           const struct vanish_zone *zone) NONNULL;
/* Would vanish_zone look at `complete`? It takes time to find out. */
bool vanish_wants_names(struct vanish *vanish, uint32_t id) NONNULL;

/* A table is not there; the tables are there. */
void vanish_missing(struct vanish *vanish) NONNULL;
void vanish_connected(struct vanish *vanish, const struct vanish_measure *m) NONNULL;

/* The operator wants to see what the tables say: RELEASED. Read everything afterwards. */
void vanish_let_go(struct vanish *vanish, const struct vanish_measure *m) NONNULL;
/*
 * Someone looked at the tables during a hold. MARK: differs when something changed. STILL_SEC: seconds since
 * the server's own last change. Not GOOD: one is missing, locked or empty.
 */
struct vanish_look {
    bool good;
    uint64_t mark;
    uint32_t still_sec;
};
void vanish_looked(struct vanish *vanish, const struct vanish_measure *m,
                   const struct vanish_look *look) NONNULL;

/* Everything was asked to be read; nothing waits to be read any more, and nothing is being read. */
void vanish_asked(struct vanish *vanish) NONNULL;
void vanish_settled(struct vanish *vanish) NONNULL;

/* Every second. AWAY: the database is. */
enum vanish_step {
    VANISH_NOTHING,
    VANISH_LOOK,   /* have the tables looked at */
    VANISH_VERIFY, /* a hold has ended: read everything */
};
enum vanish_step vanish_tick(struct vanish *vanish, const struct vanish_measure *m,
                             bool away) NONNULL;
/* The zones that wait on their own: read them again now and then. Up to VANISH_WAITS into IDS. */
size_t vanish_waiting(struct vanish *vanish, uint32_t *ids) NONNULL;
/* Zone ID is not hosted any more, so it does not wait: panels delete rr rows first. */
void vanish_forget(struct vanish *vanish, uint32_t id) NONNULL;

/* Is a loss, of whatever size, that no feed has told in detail to be looked at twice? */
bool vanish_wants_proof(struct vanish *vanish, const struct vanish_measure *m) NONNULL;

/* What is to be logged, if anything: copied to TEXT and forgotten. */
NODISCARD bool vanish_news(struct vanish *vanish, char text[static VANISH_NEWS_SIZE]) NONNULL;

struct vanish_status {
    bool holding;
    struct instant since; /* of the present hold; 0 = none */
    uint64_t holds;       /* since start */
    char why[160];        /* of the last hold, "" = none yet */
};
void vanish_status(struct vanish *vanish, struct vanish_status *status) NONNULL;

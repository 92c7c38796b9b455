/*
 * From SQL to the store: a few threads, each with one connection to MariaDB, that read the origin
 * list and zones, decode and build them, and publish them. They may wait for the database as long as
 * it takes; nobody waits for them but queries for a zone not loaded yet.
 *
 *     loader_request(id)  -- urgent --+
 *     ages, SIGHUP        -- refresh -+--> queue --> thread: snapshot, soa rows, rr rows, build --> store_publish
 *     start               -- preload -+                              |                               |
 *                                                                    +-- faults -> log               +-- events->zone_done
 *
 * A database that is away is no error here: threads reconnect with back-off for ever, zones in
 * memory stay as they are.
 */
#pragma once

#include "conf/conf.h"
#include "conf/conf_address.h"
#include "db/db_rows.h"
#include "load/lag.h"
#include "load/vanish.h"
#include "store/store.h"

struct loader;

/* Called on loader threads, no lock held: pass a message on and return. */
struct loader_events {
    void (*zone_done)(void *context, uint32_t id);  /* a requested load ended, well or not */
    void (*name_done)(void *context, uint64_t key); /* loader_look_up() of it ended, well or not */
    void (*origins_complete)(void *context); /* the origin list is in the store; called once */
    void *context;
};

struct loader_status {
    bool database_away;
    struct instant away_since; /* or connected since */
    char error[256];           /* of the last failure, "" = none */
    uint32_t zones, loaded, failed, queued;
    uint32_t mean_age_sec; /* of the zones: since they were read */
    uint64_t rows, rows_left_out, bytes;
    uint64_t loads;    /* zones published since start */
    uint64_t given_up; /* loads given up for want of room and time, since start */
    /* Zones and soa rows that wait, by who wants them; those asked for again may stand twice. */
    size_t queue_asked, queue_changed, queue_soa, queue_background;
    struct db_position position; /* of the last snapshot; all empty before the first one */
    struct lag_status lag;
    struct vanish_status vanish;
    uint32_t held; /* zones that the tables have less of, or nothing, which does not show yet */
    /* Is what nobody waits for, zones or the list, to be read or being read; when that was over last. */
    bool background;
    struct instant rested_at;
};

/*
 * Start the threads. CONF and STORE are borrowed until loader_free. EVENTS is copied, and so is
 * SERVED: how far in the database's history (server_uid, gtid) answers were before the start, NULL
 * = that is not known.
 */
NODISCARD struct loader *loader_start(const struct conf *conf, struct store *store,
                                      const struct loader_events *events,
                                      const struct db_position *served);
/* Stop reading, join the threads. Then loader_served() and loader_free() are left. */
void loader_stop(struct loader *loader);
void loader_free(struct loader *loader);
/* How far in the database's history what is answered may be: server_uid, gtid; all empty: not known. Any thread. */
void loader_served(struct loader *loader, struct db_position *served) NONNULL;

/* A query waits for the zone ID: load it before all others. Any thread. */
void loader_request(struct loader *loader, uint32_t id) NONNULL;
/*
 * Before the origin list is there: find the hosted zones above NAME, whose store_name_key() is KEY, by
 * a statement of its own. False: too many names are being looked up, or NAME is spelled unlike a host's.
 * Any thread.
 */
NODISCARD bool loader_look_up(struct loader *loader, uint64_t key, const struct name *name) NONNULL;
/* One rr row that a transaction changed: what the zone may hold of it, or is to hold. */
struct loader_row {
    uint32_t zone, id;
    uint32_t owner_off; /* in loader_change.owners: rr.name before the change, as stored ... */
    uint16_t owner_len;
    bool had_owner; /* ... unless there was no such row in this zone */
};

/* A zone of so many rows is read whole as fast as one row of it, and beside others. */
enum { LOADER_SMALL_ROWS = 100 };

/* What a transaction changed, as the change feed tells it. */
struct loader_change {
    const uint32_t *zones; /* to be read whole */
    size_t zone_count;
    const struct loader_row *rows; /* of zones that need not be */
    size_t row_count;
    const uint8_t *owners;
    const uint32_t *soas; /* soa.id of its soa rows */
    size_t soa_count;
    bool all;       /* not known in detail: verify everything */
    bool same_rows; /* `all`, but no row is another one: a table was altered */
    const char *server_uid,
        *file; /* where it ended in the binary log; file "": no position counts */
    uint64_t pos;
};
/* Read what CHANGE names anew, from a snapshot that has reached its end. Never waits. Any thread. */
void loader_changed(struct loader *loader, const struct loader_change *change) NONNULL;
/*
 * A transaction touched our tables: told before loader_changed(), and whether or not that comes at all, so
 * that a hold begins before anything is read. Never waits. Any thread.
 */
void loader_removed(struct loader *loader, const struct vanish_told *told) NONNULL;
/*
 * Whatever was committed up to here has been told. A snapshot may stand behind the last change told; what
 * else it shows must be known before single rows are read from it, or half a transaction would show.
 * Cheap; the change feed's thread.
 */
void loader_told(struct loader *loader, const char *file, uint64_t pos) NONNULL;

/*
 * Verify what in memory was read before AT, or from another server than SERVER_UID: zones and the origin
 * list. Returns how many zones are read again. Any thread.
 */
uint32_t loader_verify_since(struct loader *loader, const char *server_uid,
                             struct instant at) NONNULL;
/* The same for the origin list alone. */
void loader_list_since(struct loader *loader, struct instant at) NONNULL;

/* Which of db-host a loader thread connected to last: an ATTEMPT for loader_db_params(). Any thread. */
unsigned loader_host(struct loader *loader) NONNULL;
/* How to connect to the database of CONF; ATTEMPT walks through db-host. PARAMS borrow from CONF and
 * from ADDRESS, which is filled. */
void loader_db_params(const struct conf *conf, unsigned attempt, struct conf_address *address,
                      struct db_params *params) NONNULL;

/*
 * A query has waited for a refresh until it had to take the old answer: the database is slow or
 * stalled. Nobody else waits for a refresh until one has succeeded. Any thread.
 */
void loader_waited_in_vain(struct loader *loader) NONNULL;

/* SIGHUP, before loader_reload: what vanish protection holds back shows, whatever it is. Any thread. */
void loader_let_go(struct loader *loader) NONNULL;
/* Read the origin list now and verify every zone; old data answers meanwhile. Any thread that has the time:
 * a second with a million zones. */
void loader_reload(struct loader *loader) NONNULL;
/* SIGHUP: the same by a thread of the loader, once it is connected. Any thread. */
void loader_want_reload(struct loader *loader) NONNULL;
/* CONF (borrowed until loader_free) counts from the next connection on: accounts, limits. */
void loader_reconfigure(struct loader *loader, const struct conf *conf) NONNULL;
/* Load the COUNT zones of IDS behind all others that wait. Any thread. */
void loader_want_zones(struct loader *loader, const uint32_t *ids, size_t count);
/* A zone that was requested since store.restoring was set, each once. False: no more now. Any thread. */
bool loader_take_asked(struct loader *loader, uint32_t *id) NONNULL;
/* The zone ID has got its content from elsewhere: events.zone_done for those who wait. Any thread. */
void loader_tell_done(struct loader *loader, uint32_t id) NONNULL;
/* The store is complete from elsewhere, if not from the first list: events.origins_complete. Any thread. */
void loader_tell_complete(struct loader *loader) NONNULL;
/* Is all that loader_changed() was told of read, or noted in the state of its zone? Any thread. */
bool loader_is_settled(struct loader *loader) NONNULL;
/* Is some of it to be worked off now? What waits for the end of a zone's read is not. Any thread. */
bool loader_has_changes(struct loader *loader) NONNULL;
/* Columns of the tables may be others now: whoever reads looks at them before it reads on. Any thread. */
void loader_renew(struct loader *loader) NONNULL;
/* How often another database server was read than the one before. Any thread. */
unsigned loader_arrivals(struct loader *loader) NONNULL;
/* Up to AT something changed that nobody told in detail: what was read before may lack it. Any thread. */
void loader_note_altered(struct loader *loader, struct instant at) NONNULL;
/* The zone of ORIGIN is hosted no more, if it was. Waits for changes that are being shown. Any thread. */
bool loader_drop(struct loader *loader, const struct name *origin) NONNULL;
/* After how many seconds a zone is to be read again: the expiry, or its LOWEST_TTL (at least FLOOR) if shorter;
 * 0 = never. */
uint32_t loader_max_age(const struct conf *conf, uint32_t lowest_ttl, uint32_t floor) NONNULL;
/*
 * Without database since the start: it was last there at TO_SEC, an instant_sec(), not at FROM_SEC as
 * store.away_from_sec said at the start. False: it has been there. Any thread.
 */
bool loader_correct_away(struct loader *loader, uint32_t from_sec, uint32_t to_sec) NONNULL;
/* Once a second from the event loop: refreshes that are due, sweeps, memory. Never waits. */
void loader_tick(struct loader *loader) NONNULL;
/* Takes both locks for a moment only, however many zones there are. Any thread. */
void loader_status(struct loader *loader, struct loader_status *status) NONNULL;

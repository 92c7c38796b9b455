/*
 * The set of hosted zones: the only place where answering and loading meet.
 *
 *     readers (UDP threads, event loop)                 writers (loaders, event loop), under a lock
 *     store_find_zone(name): longest hosted suffix      store_add / store_remove: origins come and go
 *          |                                            store_publish / store_keep: a load ends
 *          v                                            store_evict
 *     origins: hash of suffix -> struct zone -> names (zone/zone.h)
 *
 * Every hosted origin is here as soon as the origin list was read, loaded or not, so a name of no
 * hosted zone is known as such without SQL. A bitmap tells which label counts hosted origins have: a
 * search probes those suffixes only (one, where all zones are of the form example.com).
 *
 * Freed blocks go through base/quiesce.h; readers never wait. What a row costs is told in zone/zone.h.
 */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "zone/zone_edit.h"

/*
 * Where in the database's history zones were read, shared by all zones of one snapshot. A zone that
 * was read or changed alone has one of its own as long as it is in memory; so no octet more than needed.
 */
struct stamp {
    uint32_t refs;  /* under the store's lock */
    uint32_t zones; /* of these, zones': while there are any it is counted in store.bytes */
    uint32_t size;  /* octets of this block */
    struct instant read_at,
        published_at; /* when reading began; when the first zone was published */
    uint64_t binlog_pos;
    const char *binlog_file; /* "" without a binary log; in this block */
    char server_uid[];
};

enum load_state {
    LOAD_IDLE,
    LOAD_QUEUED,
    LOAD_RUNNING, /* a loader (or two, see shared) owns the right to publish; changes may still show (noted) */
};

struct hosted;

/* Why the last load of a zone came to nothing. One list of all of them in the store. */
struct failure {
    struct hosted *hosted;
    struct failure *next; /* older */
    struct failure *_newer;
    char reason[];
};

/* A hosted zone as the writers see it. All fields under the store's lock. */
struct hosted {
    struct zone *zone;
    enum load_state state; /* from LOAD_IDLE by store_queue(), back by publish and keep: counted */
    bool again;            /* asked for once more while LOAD_RUNNING */
    bool removed;          /* no longer hosted: whoever runs the load frees it */
    bool urgent;           /* queued in front: somebody waits */
    bool shared;  /* LOAD_RUNNING with other zones, so somebody who waits may begin a second load */
    bool held;    /* the tables have less of it, which is not shown: store_set_held() */
    bool noted;   /* changes show while it is read whole: the loader's notes have them */
    bool holding; /* changes wait until it has been read */
    uint8_t running;         /* loads under way: the last one to end lets go */
    struct failure *failure; /* the last load found what cannot be served: store_fail() */
    uint32_t rows_left_out;  /* store_set_left_out() */
    uint64_t fault_digest;   /* of what was logged of its rows, so that it is logged once */
    void *faults;            /* the loader's own: store_set_faults() */
    uint32_t faults_size;
    uint64_t bytes;       /* counted in store.bytes */
    uint32_t list_serial; /* serial in the origin list when last seen */
    uint32_t
        torn_sec; /* instant_sec() since when no read of it was whole (load); 0 = the last was */
    uint32_t since_sec;       /* instant_sec() when it came into memory */
    uint32_t max_age_sec;     /* refresh before this age; 0 = never */
    struct instant loaded_at; /* store_set_loaded_at() */
    struct instant behind_at; /* what it lacked then only a read begun later brings; 0 = nothing */
    struct stamp *stamp;
};

/* Names looked up by themselves that are remembered: a power of 2; 64 KB, touched at start only. */
enum { STORE_LOOKED_UP = 1 << 13 };

struct store {
    struct table origins;             /* of struct zone, by name */
    _Atomic uint64_t label_counts[2]; /* bit k: there are origins of k labels */
    _Atomic bool complete;            /* the origin list was read: what is not here is not hosted */
    _Atomic bool
        database_slow; /* a refresh was waited for in vain: until one succeeds nobody waits */
    /*
     * Until this instant_sec() a feed vouches for zones with zone->read_ns at or after vouched_from_ns (an
     * instant): no age limit then. The feed first moves vouched_from_ns past what it no longer knows.
     */
    _Atomic uint32_t vouched_sec;
    _Atomic int64_t vouched_from_ns;
    _Atomic bool restoring; /* zones are being filled from elsewhere: waiting for one may help */
    _Atomic bool database_away;     /* known down: nobody waits for a load */
    _Atomic uint32_t away_from_sec; /* instant_sec() when it went; 0 = it is there, or never was */
    _Atomic bool refuse_lagging;    /* it is too far behind its primary to be answered from */
    /*
     * Before complete: names whose own suffixes were all looked up, by store_name_key(); a place is taken
     * over by the next name that falls on it. For such a name, and no other one, what is hosted here
     * above it is all there is.
     */
    _Atomic uint64_t looked_up[STORE_LOOKED_UP];

    pthread_mutex_t lock; /* guards all below, and every writer of origins and zones */
    struct table by_id;   /* of struct hosted */
    uint32_t with_labels[DNS_LABELS_MAX + 1];
    uint32_t zones, loaded;
    uint64_t rows, bytes;
    struct evict *evict; /* evict.c; NULL = never yet */
    /* Sums over all zones, kept as they change: a million zones are not walked to tell them. */
    uint32_t failed, pending; /* pending: not LOAD_IDLE */
    uint32_t held;            /* hosted->held */
    uint64_t rows_left_out;
    uint32_t read;               /* zones that were read once, and ... */
    uint64_t read_at_sum_sec;    /* ... the sum of their instant_sec(loaded_at) */
    struct failure *last_failed; /* the latest one first */
};

NODISCARD struct store *store_new(void);
/* No reader and no writer may be left. */
void store_free(struct store *store);

/* For how many seconds the database has been away at NOW_SEC, an instant_sec(); 0 = it is there. */
static inline uint32_t store_away_sec(const struct store *store, uint32_t now_sec)
{
    uint32_t from = atomic_load_explicit(&store->away_from_sec, memory_order_relaxed);
    /* It may have gone before the machine was started, that is, before second 0: the counter wraps. */
    int32_t sec = (int32_t)(now_sec - from);
    return from == 0 || sec < 0 ? 0 : (uint32_t)sec;
}

/* --- readers, inside quiesce --- */

/*
 * The hosted zone with the longest origin at or above the suffix of MAX_LABELS labels of NAME; NULL
 * when none is hosted. Never fails, never locks.
 */
struct zone *store_find_zone(const struct store *store, const struct lookup_name *name,
                             unsigned max_labels) NONNULL;

/* Is it certain that no origin of more than LABELS labels is hosted? */
static inline bool store_has_none_below(const struct store *store, unsigned labels)
{
    return atomic_load_explicit(&store->complete, memory_order_seq_cst) && labels < 63 &&
           atomic_load_explicit(&store->label_counts[0], memory_order_seq_cst) >> (labels + 1) ==
               0 &&
           atomic_load_explicit(&store->label_counts[1], memory_order_seq_cst) == 0;
}

/* NAME among those looked up: never 0, and never the id of a zone. */
static inline uint64_t store_name_key(const struct lookup_name *name)
{
    return name_hash_finish(name->suffix_hash[name->labels]) | UINT64_C(1) << 63;
}

/*
 * Is every hosted origin above NAME known? Ask before store_find_zone(): what is known then, that will
 * find. Any thread.
 */
static inline bool store_is_known(const struct store *store, const struct lookup_name *name)
{
    if (LIKELY(atomic_load_explicit(&store->complete, memory_order_seq_cst))) {
        return true;
    }
    uint64_t key = store_name_key(name);
    return atomic_load_explicit(&store->looked_up[key % STORE_LOOKED_UP], memory_order_seq_cst) ==
           key;
}

/* The name of KEY was looked up, and what was found is hosted. Any thread. */
static inline void store_note_looked_up(struct store *store, uint64_t key)
{
    atomic_store_explicit(&store->looked_up[key % STORE_LOOKED_UP], key, memory_order_seq_cst);
}

/* --- writers, holding store->lock for each call --- */

/* The zone of soa.id ID, or NULL. */
struct hosted *store_hosted(struct store *store, uint32_t id) NONNULL;
/* The zone hosted under ORIGIN (lower case), or NULL. */
struct hosted *store_hosted_origin(struct store *store, const struct name *origin) NONNULL;
/* Host a zone, not loaded yet. Neither its id nor its origin may be hosted already. */
struct hosted *store_add(struct store *store, uint32_t id, const struct name *origin) NONNULL;
/* Its load is wanted: LOAD_QUEUED, from LOAD_IDLE or LOAD_QUEUED. */
void store_queue(struct store *store, struct hosted *hosted) NONNULL;
/* Its load has failed because of REASON (copied); its load was good. Not after it was removed. */
void store_fail(struct store *store, struct hosted *hosted, const char *reason) NONNULL;
void store_mend(struct store *store, struct hosted *hosted) NONNULL;
/* What a load found; not after it was removed. */
void store_set_left_out(struct store *store, struct hosted *hosted, uint32_t rows) NONNULL;
/* FAULTS: one block (taken) of SIZE octets that tells which rows were left out; NULL = none. */
void store_set_faults(struct store *store, struct hosted *hosted, void *faults, uint32_t size);
void store_set_loaded_at(struct store *store, struct hosted *hosted, struct instant at) NONNULL;
void store_set_held(struct store *store, struct hosted *hosted, bool held) NONNULL;
/*
 * Host ZONE (taken; with its content, or not loaded), which no reader has seen yet. FORMER is the zone
 * hosted under its origin until now: readers find either, and never none. One hosted under its id
 * is found by its origin only from here on. Both are still to be removed. NULL: there is none.
 */
struct hosted *store_arrive(struct store *store, struct zone *zone, struct hosted *former);
/* Stop hosting a zone. HOSTED is freed (at the end of its load, if one runs). */
void store_remove(struct store *store, struct hosted *hosted) NONNULL;
/*
 * End of a load by the loader that set LOAD_RUNNING: CONTENT and SOA (both taken) replace what was
 * there. A zone that was removed meanwhile is freed, and so is CONTENT; returns false then.
 */
bool store_publish(struct store *store, struct hosted *hosted, struct zone_content *content,
                   struct soa *soa, uint32_t ttl_floor) NONNULL;
/*
 * The same with EDIT, which was prepared for it, instead of new content. SOA (taken) NULL: it stays as it
 * is, and so does TTL_FLOOR. False: HOSTED was removed, and is freed.
 */
bool store_change(struct store *store, struct hosted *hosted, struct zone_edit *edit,
                  struct soa *soa, uint32_t ttl_floor);
/* End of a load without a new version. Returns false when HOSTED was removed, and is freed. */
bool store_keep(struct store *store, struct hosted *hosted) NONNULL;
/*
 * CONTENT and SOA (both taken) for a zone that was not loaded since the start, from elsewhere than the
 * database; loads that wait or run go on. False, and all freed, when it was: what it showed is newer.
 */
bool store_restore(struct store *store, struct hosted *hosted, struct zone_content *content,
                   struct soa *soa, uint32_t ttl_floor) NONNULL;
/* Drop a zone's content to save memory; it stays hosted and is loaded when asked. */
void store_unload(struct store *store, struct hosted *hosted) NONNULL;
/*
 * One step (some 0.1 ms) at NOW_SEC, an instant_sec(), towards MAX_BYTES, from zones not asked for longest
 * on, but for those that are held or whose load has failed: call it again, with the lock released in
 * between, until it returns false. EVICTED: zones unloaded in this step.
 */
bool store_evict(struct store *store, uint32_t now_sec, uint64_t max_bytes,
                 unsigned *evicted) NONNULL;
void store_evict_free(struct store *store) NONNULL; /* store_free's */
/* The texts are copied; the one reference is the caller's. */
NODISCARD struct stamp *stamp_new(const char *server_uid, const char *binlog_file,
                                  uint64_t binlog_pos, struct instant read_at) NONNULL;
/* Replace the stamp (counts references; STAMP NULL = none). */
void store_set_stamp(struct store *store, struct hosted *hosted, struct stamp *stamp);
/*
 * Amid long work: let others have the lock, which is held before and after. Releasing it alone would
 * not do, since who waits for it is slower to wake than we are to take it again.
 */
void store_pause(struct store *store) NONNULL;
/*
 * Visit the zones of some lines of their table from AT on (0 = the first): some 0.2 ms. Returns where
 * to go on, 0 when all were visited. Nobody else may add in between, or some are visited twice.
 */
uint32_t store_each_some(struct store *store, uint32_t at,
                         void (*visit)(struct hosted *hosted, void *context), void *context);
/*
 * Visit every zone that stays, without the lock held before or after: it is taken for some 0.5 ms
 * at a time, so that a million zones keep nobody waiting. While zones come, some may be visited
 * twice. VISIT may not add or remove.
 */
void store_walk(struct store *store, void (*visit)(struct hosted *hosted, void *context),
                void *context);
/* Visit every zone; VISIT may not add or remove. */
void store_each(struct store *store, void (*visit)(struct hosted *hosted, void *context),
                void *context);

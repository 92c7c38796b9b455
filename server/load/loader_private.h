/*
 * The loader's rooms within the room. Private.
 *
 *   loader.c      threads, the queue, the clock
 *   id_list.c     which zones wait
 *   connection.c  a thread's connection
 *   origins.c     the origin list: which zones are hosted
 *   zone_load.c   a run of zones: snapshot, rows, build, publish
 *   zone_rows.c   one zone of it, from rows to a build (zone_rows.h, which dnsadm uses as well)
 *   since.c       positions: which of two is older, what is older than one
 *   lag.c         how far the database is behind its primary (lag.h)
 *   faults.c      rows left out, told once and briefly
 */
#pragma once

#include <pthread.h>
#include <stdatomic.h>

#include "db/db_rows.h"
#include "load/lag.h"
#include "load/loader.h"
#include "load/zone_rows.h"

/* A growing list of soa ids. */
struct id_list {
    uint32_t *ids;
    size_t first, count, cap; /* waiting: ids[first .. count-1] */
};
void id_list_push(struct id_list *list, uint32_t id) NONNULL;
/* Take up to MAX ids that lie close together from the front, in rising order, into OUT. */
size_t id_list_take(struct id_list *list, uint32_t *out, size_t max) NONNULL;
void id_list_sort(struct id_list *list) NONNULL;
void id_list_free(struct id_list *list) NONNULL;

/* Zones read in one snapshot: long enough to spread its cost, short enough to let others through. */
enum { SLICE_ZONES = 256, URGENT_ZONES = 32 };

/* One loader thread. Its own, but for db under lock. */
struct worker {
    struct loader *loader;
    /*
     * Takes nothing but zones somebody waits for, and connects when the first of them comes: so however
     * large what the others read, and were it one loader only, queries have one more to serve them.
     */
    bool spare;
    pthread_t thread;
    pthread_mutex_t lock; /* guards db against loader_stop's interrupt */
    struct db *db;        /* NULL = not connected */
    struct db_rows *rows;
    unsigned tries; /* to connect, in vain: how far from loader->host in conf->db_host we are */
    unsigned backoff_ms;
    char last_error[256];
    struct record_in record; /* large: kept here rather than on the stack */
};

/* Reasons why the database cannot be reached; more differ in each try, and one a minute will do. */
enum { TOLD_MAX = 16, TOLD_PAUSE_MS = 60000 };

struct loader {
    const struct conf *_Atomic conf;
    _Atomic unsigned host; /* of conf->db_host, where a thread connected last */
    struct store *store;
    struct loader_events events;
    struct worker *workers;
    unsigned worker_count;

    pthread_mutex_t lock; /* guards all below; never held together with the store's */
    pthread_cond_t work;
    bool stopping;
    bool list_wanted, list_running; /* the origin list is to be read; is being read */
    struct instant list_begun;      /* to be read, last */
    bool complete_told;
    struct id_list urgent, bulk;
    struct id_list changed, soas;        /* told by the change feed: zones; ids of soa rows */
    char reach_uid[64], reach_file[128]; /* a snapshot must have reached this, or it is too old */
    uint64_t reach_pos;
    unsigned soas_running; /* jobs of soas under way */
    unsigned connected;
    struct instant changed_at; /* when the database came or went */
    char error[256];
    bool warned_account;
    /* Failures to connect told since the database was there: each text once. */
    uint64_t told[TOLD_MAX];
    unsigned told_count, untold;
    struct instant told_at;
    bool told_partly;                    /* that a thread cannot connect while others can */
    uint32_t away_from_sec, back_at_sec; /* instant_sec() when the database went, came last */
    uint64_t rows_without_id;            /* of the zones' table, when last told */
    uint64_t list_faults; /* digest of the faults of the origin list that were told */
    struct instant swept_at;
    struct lag lag;
    bool lag_wanted;
    uint32_t scan_at; /* where the search for zones too old goes on */
    uint64_t loads;
    struct db_position position; /* of the last snapshot */
};

static inline const struct conf *loader_conf(struct loader *loader)
{
    return atomic_load_explicit(&loader->conf, memory_order_acquire);
}

/* How a job ended. */
enum job_outcome {
    JOB_DONE,
    JOB_BROKEN, /* the database failed: db_error_* of the worker's connection tells */
};

/* connection.c: connect to the database; false when that failed, which is told. */
NODISCARD bool worker_connect(struct worker *worker) NONNULL;
/* Close the connection because of ERROR. */
void worker_disconnect(struct worker *worker, const char *error) NONNULL;

/* origins.c: read the origin list and bring the store in line. */
enum job_outcome origins_read(struct worker *worker) NONNULL;
/* The same for the soa rows of COUNT ids; their zones are loaded next. */
enum job_outcome origins_update(struct worker *worker, const uint32_t *ids, size_t count);

/* zone_load.c: load COUNT zones (rising ids). With JOB_BROKEN none of them was published or lost. */
enum job_outcome zones_load(struct worker *worker, const uint32_t *ids, size_t count);

/* lag.c: once a second; read when lag_wanted. */
void lag_tick(struct loader *loader) NONNULL;
enum job_outcome lag_read(struct worker *worker) NONNULL;

/* faults.c: the rows of one zone that were left out. */
enum { FAULT_LINES = 10 };
struct faults {
    uint32_t count;
    uint64_t digest; /* of which rows, and why */
    char *lines[FAULT_LINES];
};
/* A finding_told; CONTEXT is the struct faults. */
void faults_add(void *context, const struct finding *finding) NONNULL;
/* Log them, unless the same were logged when KNOWN_DIGEST was noted. */
void faults_log(struct faults *faults, const char *origin, uint64_t known_digest) NONNULL;
void faults_release(struct faults *faults) NONNULL;
/* Log how many rows of the zones' TABLE have no id to tell them by, when that has changed. */
void faults_log_ids(struct loader *loader, const char *table, uint64_t count) NONNULL;

/* Is POSITION one of another server than the one whose changes are told? */
bool loader_is_elsewhere(struct loader *loader, const struct db_position *position) NONNULL;
/* Was POSITION read before the last change told? Then a snapshot there may show old rows. */
bool loader_is_behind(struct loader *loader, const struct db_position *position) NONNULL;
/*
 * db_rows_begin(), again until the snapshot has reached the last change told: its event comes before
 * its rows can be seen, by some 0.1 ms, on a busy replica or Galera node by more.
 */
NODISCARD bool worker_begin(struct worker *worker, struct db_position *position) NONNULL;

/* Ask for the origin list to be read, or for zones to be loaded behind all others (IDS may be NULL
 * when COUNT is 0). Any thread. */
void loader_want_list(struct loader *loader) NONNULL;
/* Zones the change feed has told of: before all others but those somebody waits for. */
void loader_want_changed(struct loader *loader, const uint32_t *ids, size_t count);

/*
 * The loader's rooms within the room. Private.
 *
 *   loader.c      threads, the queue, the clock
 *   want.c        what is wanted of them
 *   id_list.c     which zones wait
 *   status.c      what is told of all this
 *   connection.c  a thread's connection
 *   origins.c     the origin list: which zones are hosted
 *   early.c       before it is there: the zones above a name
 *   zone_load.c   a run of zones: snapshot, rows, build, publish
 *   changes.c     what the change feed told: zones come and go, rows change
 *   change_plan.c what is to be done with each zone of it
 *   change_read.c its rows
 *   change_queue.c  what was told and is not read yet
 *   told.c        from the feed into the queue, and out of it
 *   notes.c       what changes while a zone is read whole (notes.h)
 *   catch_up.c    the end of such a read
 *   zone_rows.c   one zone of it, from rows to a build (zone_rows.h, which dnsadm uses as well)
 *   history.c     how far the history was that was answered (history.h)
 *   since.c       positions: which of two is older, what is older than one
 *   lag.c         how far the database is behind its primary (lag.h)
 *   refresh.c     zones that grow too old
 *   room.c        cache-memory
 *   cold.c        zones that are asked for while it is full (cold.h)
 *   faults.c      rows left out, told once and briefly
 *   doubt.c       losses that are looked at twice (doubt.h)
 *   again.c       what is read again in a moment
 *   vanish.c      the rule of what may not vanish at once (vanish.h)
 *   vanish_watch.c  what it is told, and what comes of it
 */
#pragma once

#include <pthread.h>
#include <stdatomic.h>

#include "db/db_rows.h"
#include "load/change_queue.h"
#include "load/cold.h"
#include "load/doubt.h"
#include "load/history.h"
#include "load/lag.h"
#include "load/loader.h"
#include "load/notes.h"
#include "load/zone_rows.h"

/* A growing list of soa ids. */
struct id_list {
    uint32_t *ids;
    size_t first, count, cap; /* waiting: ids[first .. count-1] */
};
void id_list_push(struct id_list *list, uint32_t id) NONNULL;
static inline size_t id_list_waiting(const struct id_list *list)
{
    return list->count - list->first;
}
/* Take up to MAX ids that lie close together from the front, in rising order, into OUT. */
size_t id_list_take(struct id_list *list, uint32_t *out, size_t max) NONNULL;
void id_list_sort(struct id_list *list) NONNULL;
/* Of a sorted list. */
bool id_list_has(const struct id_list *list, uint32_t id) NONNULL;
void id_list_free(struct id_list *list) NONNULL;

/* Zones read in one snapshot: long enough to spread its cost, short enough to let others through. */
enum { SLICE_ZONES = 256, URGENT_ZONES = 32 };

/* Whole zones, soa rows, or the list of all of them. */
struct again {
    struct id_list zones, soas;
    bool list;
    struct instant at; /* 0 = nothing */
};

/* Names that are looked up at once, before the origin list is there. */
enum { EARLY_MAX = 64 };
struct early_name {
    uint64_t key;
    bool running;
    struct instant asked_at;
    struct name name;
};

/* One loader thread. Its own, but for db under lock. */
struct worker {
    struct loader *loader;
    /*
     * Takes nothing but zones somebody waits for, and connects when the first of them comes: so however
     * large what the others read, and were it one loader only, queries have one more to serve them.
     */
    bool spare;
    bool took_urgent, took_name; /* as its last job */
    pthread_t thread;
    pthread_mutex_t lock; /* guards db against loader_stop's interrupt */
    struct db *db;        /* NULL = not connected */
    struct db_rows *rows;
    unsigned layouts;       /* loader.layouts when ROWS was made */
    struct db_watch *watch; /* NULL until wanted */
    unsigned host;          /* of conf->db_host: where it is connected, or tries to */
    bool wandering;         /* from host to host, since nobody is connected */
    bool ping;              /* to ask whether the server is still there; under the loader's lock */
    unsigned backoff_ms;
    unsigned read_timeout_sec; /* of the connection; 0 = not connected yet */
    struct instant busy_since; /* the last job's begin */
    const char *why_broken;    /* a job, if not by what db_error_text() tells */
    struct record_in record;   /* large: kept here rather than on the stack */
};

/* Reasons why the database cannot be reached; more differ in each try, and one a minute will do. */
enum { TOLD_MAX = 16, TOLD_PAUSE_MS = 60000 };

struct loader {
    const struct conf *_Atomic conf;
    _Atomic unsigned host;     /* of conf->db_host, where the threads are; changed under the lock */
    _Atomic unsigned layouts;  /* how often columns are known to have changed */
    _Atomic unsigned arrivals; /* how often another server was read than before */
    struct store *store;
    struct loader_events events;
    struct vanish vanish; /* has a lock of its own, taken last */
    struct doubts doubts; /* under the store's lock */
    struct worker *workers;
    unsigned worker_count;

    pthread_mutex_t lock; /* guards all below; never held together with the store's */
    pthread_cond_t work;
    bool stopping;
    bool list_wanted, list_running; /* the origin list is to be read; is being read */
    struct instant list_begun;      /* to be read, last */
    bool complete_told;
    bool
        list_taken; /* the first list is, or is being, taken: it decides, and no look-up any more */
    struct early_name early[EARLY_MAX];
    size_t early_count, early_waiting; /* waiting: not running */
    bool look_wanted;                  /* at the tables, during a hold */
    bool reload_wanted, collect_wanted;
    unsigned busy; /* workers that do a job */
    struct id_list urgent, bulk;
    unsigned bulk_running;    /* workers that read some of bulk */
    struct instant rested_at; /* when they had read all of it, and the list, last */
    struct again again;       /* to be read once more, in a moment */
    struct id_list asked;     /* those of urgent since store.restoring was set, for who restores */
    struct cold cold;         /* as urgent, but there is no room for them */
    uint64_t given_up;        /* of these, since they had waited for too long */
    struct id_list changed;   /* zones to be read whole since they have changed */
    struct change_queue changes; /* told by the change feed, or found by the sweep */
    bool changes_running;        /* by one worker at a time, so that they show in order */
    unsigned excluders;          /* who wait for changes_over: they come first */
    pthread_cond_t changes_over;
    struct notes *notes; /* that worker's own, and no part of what the lock guards */
    /* An instant: what was read before may lack what nobody told in detail. */
    _Atomic int64_t altered_ns;
    struct id_list list_touched; /* soa ids brought up to date since it began */
    char told_file[128];         /* everything up to here was told; "" = nobody tells */
    uint64_t told_pos;
    bool awaits_told;
    pthread_cond_t told_more;
    struct id_list gone; /* soa ids that were removed since the last sweep: GONE_MAX at most */
    char reach_uid[64], reach_file[128]; /* a snapshot must have reached this, or it is too old */
    uint64_t reach_pos;
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
    struct instant columns_at;           /* when they were looked at last; who reads the list */
    uint64_t list_faults; /* digest of the faults of the origin list that were told */
    struct id_list torn;  /* to be read again, a second later */
    struct instant swept_at;
    struct lag lag;
    bool lag_wanted;
    uint32_t scan_at; /* where the search for zones too old goes on */
    uint64_t loads;
    struct db_position position; /* of the last snapshot */
    struct history history;
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
/* Before a job: read the tables by the columns they have by now, where loader_renew() was told. */
void worker_renew(struct worker *worker) NONNULL;
/* The host it was to be, or was, connected to is of no use: unless others are there, the next one. */
void worker_try_next(struct worker *worker) NONNULL;
/* Close the connection because of ERROR. */
void worker_disconnect(struct worker *worker, const char *error) NONNULL;

/* origins.c: read the origin list and bring the store in line. */
enum job_outcome origins_read(struct worker *worker) NONNULL;
/*
 * early.c: is there a name to be looked up? The first of them is taken; under the loader's lock.
 * Then look it up.
 */
bool early_waits(const struct worker *worker) NONNULL;
void early_take(struct loader *loader, struct early_name *out) NONNULL;
enum job_outcome early_run(struct worker *worker, const struct early_name *name) NONNULL;
/* lag.c: once a second; read when lag_wanted. */
void lag_tick(struct loader *loader) NONNULL;
enum job_outcome lag_read(struct worker *worker) NONNULL;

/*
 * refresh.c: is a zone to be read again for its age? Once half of max_age_sec is over and it was asked
 * for since it was read; not what was read at or after VOUCHED_FROM_NS (INT64_MAX: no feed vouches), nor
 * what could not be loaded just now. The store's lock is held.
 */
bool refresh_is_due(const struct hosted *hosted, struct instant now,
                    int64_t vouched_from_ns) NONNULL;
/* Does a change feed vouch for zones now? */
bool refresh_is_vouched(const struct store *store, struct instant now) NONNULL;
/* How often the list of zones is read; 0 = never. */
unsigned refresh_sweep_sec(const struct conf *conf, bool vouched) NONNULL;
/* In how many steps a second LINES of the zones' table are searched for zones that are due. */
unsigned refresh_steps(uint32_t lines, const struct conf *conf) NONNULL;
/* Once a second: ask for zones that are due, some of the table at a time; for those read torn. */
void refresh_due(struct loader *loader, struct instant now) NONNULL;
void refresh_torn(struct loader *loader) NONNULL;

/* room.c: may zones be loaded that nobody has asked for? With the store's lock held. The same without. */
bool loader_has_room_locked(struct loader *loader) NONNULL;
bool loader_has_room(struct loader *loader) NONNULL;
/* Nobody waits for COUNT zones IDS any more, taken from loader->cold: they are not queued any more. */
void loader_give_up(struct loader *loader, const uint32_t *ids, size_t count);
/* Give zones back that were not loaded for want of memory: they are loaded when asked for. */
void loader_release(struct loader *loader, const uint32_t *ids, size_t count);
/* After a load: cache-memory is kept again. */
void loader_make_room(struct loader *loader) NONNULL;
/* The origin list is there: log if there is no room for anything else. */
void loader_tell_room(struct loader *loader) NONNULL;

/*
 * again.c: read zones, the soa rows of some, or the list of zones (NULL, 0), once more in a moment.
 * In how many milliseconds is there something to be read, 0 = nothing, or now (BE_IT)? Under the
 * loader's lock. Then have it read.
 */
void again_zone(struct loader *loader, uint32_t id) NONNULL;
void again_soas(struct loader *loader, const uint32_t *ids, size_t count);
void again_list(struct loader *loader) NONNULL;
unsigned again_pause_ms(const struct loader *loader, struct instant now, bool *be_it) NONNULL;
void again_run(struct loader *loader) NONNULL;

/* vanish_watch.c */
/* The store as vanish protection measures it. The store's lock is held. */
struct vanish_measure loader_measure(struct loader *loader) NONNULL;
/*
 * May CONTENT, read from READ_AT on, be shown in place of what OLD has? UNSURE (NULL: do not ask):
 * no, but that is to be seen by again_zone(). The store's lock is held.
 */
NODISCARD bool loader_may_show(struct loader *loader, const struct zone *old,
                               const struct zone_content *content, struct instant read_at,
                               bool *unsure);
/* The list lacks GONE zones, of whose ids DIGEST is made: may they go? The same with again_list() or kin. */
NODISCARD bool loader_may_go(struct loader *loader, size_t gone, uint64_t digest,
                             struct instant read_at, bool *unsure) NONNULL;
/* For DIGEST: add it up. */
static inline uint64_t loader_digest_id(uint32_t id)
{
    uint64_t x = (id + UINT64_C(1)) * UINT64_C(0x9e3779b97f4a7c15);
    return (x ^ x >> 29) * UINT64_C(0xbf58476d1ce4e5b9);
}
/* Log what is new of vanish protection. No lock is held. */
void loader_log_vanish(struct loader *loader) NONNULL;
void loader_tick_vanish(struct loader *loader) NONNULL;
/* A job has ended, and what it was wanted for as well, unless it is wanted again. */
void loader_note_idle(struct loader *loader) NONNULL;
/* A connection found both tables, or that one of them is missing. */
void worker_found_tables(struct worker *worker, bool there) NONNULL;
/* Within a view: have some zones counted that others may have lost as much. False: the database failed. */
NODISCARD bool worker_sample(struct worker *worker) NONNULL;
/* Whether the tables are filled and quiet. */
enum job_outcome tables_look(struct worker *worker) NONNULL;

/* faults.c: the rows of one zone that were left out. */
enum { FAULT_LINES = 10 };
struct faults {
    uint32_t count;
    uint32_t served; /* of these: rows that are served all the same, */
    uint32_t stored; /* and rows that the zone counts among its own */
    uint64_t digest; /* of which rows, and why */
    char *lines[FAULT_LINES];
    struct fault *kept; /* all of them, FAULTS_KEPT_MAX at most */
    size_t cap;
};
/* One of them; KEY: which row of which table. */
struct fault {
    uint64_t key, digest;
};
enum { FAULTS_KEPT_MAX = 65536 };
/*
 * What is remembered of a zone's faults, so that rows that change alone can be counted in and out: one
 * block (given, NULL = none). COMPLETE: all of them are there.
 */
struct kept_faults {
    uint32_t count;
    bool complete;
    struct fault items[];
};
NODISCARD struct kept_faults *faults_keep(const struct faults *faults) NONNULL;
/* HOSTED has FAULTS from now on. The store's lock is held. */
void faults_set(struct store *store, struct hosted *hosted, const struct faults *faults) NONNULL;
/*
 * Of FAULTS, a whole zone's: those of COUNT rr rows IDS (in rising order), and of the soa row with
 * SOA set, become those that LIVE (NULL = none) has of them. False: not all are known.
 */
NODISCARD bool faults_replace(struct faults *faults, const struct kept_faults *live,
                              const uint32_t *ids, size_t count, bool soa);
/*
 * FAULTS that rows of a change have, and those of KEPT (NULL = none) that are not of COUNT rr rows IDS (in
 * rising order), nor of the soa row with SOA set: the zone's faults from now on. What KEPT had as well
 * is not told again.
 */
void faults_merge(struct faults *faults, const struct kept_faults *kept, const uint32_t *ids,
                  size_t count, bool soa);
/* A finding_told; CONTEXT is the struct faults. */
void faults_add(void *context, const struct finding *finding) NONNULL;
/* Log them, unless the same were logged when KNOWN_DIGEST was noted. */
void faults_log(struct faults *faults, const char *origin, uint64_t known_digest) NONNULL;
void faults_release(struct faults *faults) NONNULL;
/* Log how many rows of the zones' TABLE have no id to tell them by, when that has changed. */
void faults_log_ids(struct loader *loader, const char *table, uint64_t count) NONNULL;

/* Is POSITION one of another server than the one whose changes are told? */
bool loader_is_elsewhere(struct loader *loader, const struct db_position *position) NONNULL;
/* A soa row of the list. */
struct listed {
    uint32_t id, serial;
    struct name *origin; /* given */
};

struct list {
    struct listed *items; /* in order of id */
    size_t count, cap;
    struct faults faults;
};

void list_release(struct list *list) NONNULL;
/* ROW of TABLE to the end of LIST, or what is wrong with it to its faults. */
void list_add(struct list *list, const char *table, const struct soa_row *row) NONNULL;
/* In order of id. */
void list_sort(struct list *list) NONNULL;
const struct listed *listed_id(const struct list *list, uint32_t id) NONNULL;
bool listed_same_origin(const struct hosted *hosted, const struct listed *item) NONNULL;
/* ITEM's origin is another zone's: a fault of the list. */
void list_add_taken(struct list *list, const char *table, const struct listed *item) NONNULL;

/* COUNT zones IDS were removed: the next sweep looks whether they left rr rows behind. */
enum { GONE_MAX = 100 };
void loader_note_gone(struct loader *loader, const uint32_t *ids, size_t count);

/* changes.c: read and show what was told. */
enum job_outcome changes_run(struct worker *worker) NONNULL;
/* told.c: is there something to work off, and nobody who does? The loader's lock is held. */
bool changes_wait(const struct loader *loader) NONNULL;
/* Nobody else runs changes in between, and loader->list_touched stays as it is. */
void changes_exclude(struct loader *loader) NONNULL;
void changes_admit(struct loader *loader) NONNULL;
/* Changes bring the soa rows of COUNT IDS up to date: a list being read is older. */
void changes_touch(struct loader *loader, const uint32_t *ids, size_t count);

/* A zone on its way. */
struct target {
    struct hosted *hosted; /* claimed; NULL: about to be hosted for the first time */
    struct zone *zone;     /* its zone, or the one it is going to be */
    bool unread;           /* only hosted, not loaded yet */
    uint32_t serial;       /* about to be hosted: as the soa row has it */
    uint32_t id;
    bool urgent; /* somebody waited for it when we began */
    struct zone_rows rows;
    struct faults faults;
    /* what came of it */
    bool good, again, changed, torn;
    bool caught_up; /* it has what changed while it was read: it is no older than what answers */
    bool held;      /* vanish protection does not show it */
    bool unsure;    /* nor do we, unless it is the same in a moment */
    struct zone_content content;
    struct soa *soa;
    uint64_t known_faults;
};

/* Zones read in one view. */
struct run {
    struct worker *worker;
    const struct conf *conf;
    struct target *targets; /* in order of id */
    size_t count;
    bool elsewhere;      /* read from another server than the change feed follows */
    bool stored;         /* one zone, and a large one */
    bool torn;           /* tables without snapshots moved while they were read */
    struct target *last; /* the last one found: rows of one zone come together */
    struct stamp *stamp; /* one of its references is the run's */
};

/*
 * The steps of a load, for who has a view of his own: begin reading TARGET; read the soa and rr rows of
 * COUNT (1 to DB_IDS_MAX) targets, by their IDS (false: the database failed), or of one at most MAX rr
 * rows, soa rows first; make the zone; show it, under the store's lock, which takes what was made; say what
 * there is to say. Returns whether a query may wait for the zone.
 */
void target_begin(struct run *run, struct target *target) NONNULL;
struct target *run_target(struct run *run, uint32_t id) NONNULL; /* NULL: none of that id */
NODISCARD bool run_read_soa(struct run *run, const uint32_t *ids, size_t count) NONNULL;
NODISCARD bool run_read_rr(struct run *run, const uint32_t *ids, size_t count) NONNULL;
NODISCARD bool run_read_rr_some(struct run *run, uint32_t id, uint32_t max) NONNULL;
/* After the last read, in the same view: if a zone has lost much, worker_sample(). */
NODISCARD bool run_look_around(struct run *run) NONNULL;
void target_build(struct run *run, struct target *target) NONNULL;
void target_publish(struct run *run, struct target *target) NONNULL;
/* The same for a zone that is hosted from now on, in place of FORMER (see store_arrive): loaded when
 * TARGET was read and is good. */
void target_arrive(struct run *run, struct target *target, struct hosted *former);
bool target_end(struct run *run, struct target *target) NONNULL;
void target_release(struct target *target) NONNULL;
/* Drop the run's reference of its stamp. */
void run_let_stamp(struct run *run) NONNULL;

/*
 * catch_up.c: did, or do, changes of HOSTED show, or wait, while it is read whole? The store's lock
 * is held. Then catch_up() instead of target_publish(), and without the lock.
 */
bool catch_up_is_due(const struct hosted *hosted) NONNULL;
void catch_up(struct run *run, struct target *t) NONNULL;
/* A load of HOSTED ends, or is about to. Both the right to work off changes and the store's lock are held. */
void catch_up_leave(struct loader *loader, struct hosted *hosted) NONNULL;

/* zone_load.c: load COUNT zones (rising ids). With JOB_BROKEN none of them was published or lost. */
enum job_outcome zones_load(struct worker *worker, const uint32_t *ids, size_t count);

/* Is STAMP (NULL = none) the newer one of two that may have been read at the same time? */
bool stamp_is_newer(const struct stamp *stamp, const struct stamp *than);
struct change_at change_at(const char *file, uint64_t pos) NONNULL;
/*
 * Wait until the feed has told everything that a snapshot at POSITION shows, at most MS. False: it has
 * not, or there is none that could.
 */
NODISCARD bool loader_await_told(struct loader *loader, const struct db_position *position,
                                 unsigned ms) NONNULL;
/* A whole load of zone ID has ended: what was held meanwhile is next. */
void loader_let(struct loader *loader, uint32_t id) NONNULL;
/* IDS of soa rows are to be looked at, as if the feed had told of them. */
void loader_want_soas(struct loader *loader, const uint32_t *ids, size_t count);
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

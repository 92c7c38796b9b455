/*
 * Runs of zones, each from one snapshot: their soa rows, then their rr rows as they come, each decoded
 * and handed to its zone's build; after the snapshot has ended the builds are finished and published.
 *
 * A snapshot's transaction keeps an ALTER TABLE waiting, and everybody who comes after that. So a run
 * has SLICE_ROWS at most, by the index's own estimate: some 0.1 s, a second over a slow line. A zone
 * of more than STORED_ROWS is a run of its own, taken into memory as it comes and decoded after the
 * transaction: 2 s are enough for some three million rows then, whatever the machine does meanwhile.
 * Larger zones take longer, since no key that every table has divides a zone.
 * Rows of zones in between that nobody asked for are passed over. What the database says at one
 * moment is published per zone in one step; a zone that cannot be built keeps its old version.
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/log.h"
#include "base/quiesce.h"
#include "base/text.h"
#include "load/loader_private.h"

/*
 * After a failed load nobody waits for the zone for this long, nor is it read again because of its
 * age; longer when reading it took long, so that it costs little over time. A new serial is tried
 * at once.
 */
enum { RETRY_SEC = 30, RETRY_TIMES = 20 };

/* Tables without snapshots are read again when they moved meanwhile, at most so often. */
enum { MOVED_MAX = 3 };

enum { SLICE_ROWS = 50000, STORED_ROWS = 100000 };

/* As long as a query waits for a fresh answer (net/late.c). */
enum { WORTH_WAITING_MS = 200 };

/* A zone on its way. */
struct target {
    struct hosted *hosted;
    uint32_t id;
    bool urgent; /* somebody waited for it when we began */
    struct zone_rows rows;
    struct faults faults;
};

struct run {
    struct worker *worker;
    const struct conf *conf;
    struct target *targets; /* in order of id */
    size_t count;
    bool stored;         /* one zone, and a large one */
    struct target *last; /* the last one found: rows of one zone come together */
    struct stamp *stamp;
    bool elsewhere; /* read from another server than the change feed follows */
};

/*
 * Take those of IDS that are waiting for a load; also one that runs in a long run already and that
 * somebody cannot wait for. Of two loads of one zone the one that read later counts.
 */
static void claim(struct run *run, const uint32_t *ids, size_t count)
{
    struct store *store = run->worker->loader->store;

    run->targets = alloc_zero(count, sizeof *run->targets);
    pthread_mutex_lock(&store->lock);
    for (size_t i = 0; i < count; i++) {
        struct hosted *hosted = store_hosted(store, ids[i]);
        if (hosted == NULL ||
            (hosted->state != LOAD_QUEUED &&
             !(hosted->state == LOAD_RUNNING && hosted->shared && hosted->urgent))) {
            continue;
        }
        hosted->state = LOAD_RUNNING;
        hosted->running++;
        struct target *target = &run->targets[run->count++];
        target->hosted = hosted;
        target->id = ids[i];
        target->urgent = hosted->urgent;
        hosted->urgent = false;
    }
    for (size_t i = 0; i < run->count; i++) {
        struct hosted *hosted = run->targets[i].hosted;
        hosted->shared = run->count > 1 && hosted->running == 1;
    }
    pthread_mutex_unlock(&store->lock);
}

/* A zone's former read is thrown away: it is read again. */
static void reset_targets(struct run *run)
{
    for (size_t i = 0; i < run->count; i++) {
        struct target *t = &run->targets[i];
        faults_release(&t->faults);
        zone_rows_begin(&t->rows, t->hosted->zone, run->conf, faults_add, &t->faults);
    }
    run->last = NULL;
}

static struct target *find_target(struct run *run, uint32_t id)
{
    if (run->last != NULL && run->last->id == id) {
        return run->last;
    }
    size_t low = 0, high = run->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (run->targets[middle].id < id) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    if (low < run->count && run->targets[low].id == id) {
        return run->last = &run->targets[low];
    }
    return NULL;
}

/* Read soa and rr rows of the run in one view. False: the database failed. */
static bool read_rr(struct run *run)
{
    struct rr_row rr;
    enum db_fetch fetched;

    while ((fetched = db_rows_next_rr(run->worker->rows, &rr)) == DB_ROW) {
        struct target *t = find_target(run, rr.zone);
        if (t != NULL) {
            zone_rows_rr(&t->rows, &rr, &run->worker->record);
        }
    }
    return fetched == DB_END;
}

static bool read_view(struct run *run, struct db_position *position)
{
    struct db_rows *rows = run->worker->rows;
    uint32_t first = run->targets[0].id, last = run->targets[run->count - 1].id;
    struct soa_row soa;
    enum db_fetch fetched = DB_BROKEN;
    bool good = false;

    if (!worker_begin(run->worker, position)) {
        return false;
    }
    if (db_rows_soa_range(rows, first, last) == DB_OK) {
        while ((fetched = db_rows_next_soa(rows, &soa)) == DB_ROW) {
            struct target *t = find_target(run, soa.id);
            if (t != NULL) {
                zone_rows_soa(&t->rows, &soa);
            }
        }
    }
    if (fetched == DB_END && run->stored) {
        good = db_rows_rr_stored(rows, first) == DB_OK && db_rows_end(rows) == DB_OK;
        return good && read_rr(run);
    }
    if (fetched == DB_END) {
        good = db_rows_rr_range(rows, first, last) == DB_OK && read_rr(run);
    }
    return db_rows_end(rows) == DB_OK && good;
}

static bool read_rows(struct run *run)
{
    struct db_position position;

    for (unsigned n = 0; n < MOVED_MAX; n++) {
        reset_targets(run);
        struct instant now = clock_now();
        if (!read_view(run, &position)) {
            return false;
        }
        free(run->stamp);
        run->stamp = alloc_zero(1, sizeof *run->stamp);
        run->stamp->read_at = now;
        run->stamp->binlog_pos = position.binlog_pos;
        memcpy(run->stamp->server_uid, position.server_uid, sizeof run->stamp->server_uid);
        memcpy(run->stamp->binlog_file, position.binlog_file, sizeof run->stamp->binlog_file);
        run->elsewhere = loader_is_elsewhere(run->worker->loader, &position);
        memcpy(run->stamp->gtid, position.gtid, sizeof run->stamp->gtid);
        if (db_rows_layout(run->worker->rows)->transactional || !db_rows_moved(run->worker->rows)) {
            break;
        }
    }
    return true;
}

static void fail(struct run *run, struct target *t)
{
    struct hosted *hosted = t->hosted;
    char origin[NAME_TEXT_SIZE];
    name_to_text(origin, t->rows.origin.octets);
    const char *reason = t->rows.failure;
    if (hosted->failure == NULL || strcmp(hosted->failure->reason, reason) != 0) {
        log_error("zone %s (%s id %u) is not loaded, %s: %s", origin, run->conf->soa_table, t->id,
                  atomic_load_explicit(&hosted->zone->soa, memory_order_relaxed) != NULL
                      ? "its former version stays"
                      : "SERVFAIL until it is mended",
                  reason);
    }
    store_fail(run->worker->loader->store, hosted, reason);
    struct instant now = clock_now();
    int64_t took_sec = instant_diff_ms(now, run->stamp->read_at) / 1000;
    atomic_store_explicit(&hosted->zone->retry_sec,
                          instant_sec(now) + RETRY_SEC + (uint32_t)took_sec * RETRY_TIMES,
                          memory_order_relaxed);
}

uint32_t loader_max_age(const struct conf *conf, uint32_t lowest_ttl, uint32_t floor)
{
    uint32_t expire = conf->zone_cache_expire_sec;
    uint32_t ttl = lowest_ttl < floor ? floor : lowest_ttl;
    ttl = ttl == 0 ? 1 : ttl;
    return expire == 0 || expire < ttl ? expire : ttl;
}

/* Publish one zone, under the store's lock. CONTENT and SOA are taken. Returns whether it changed. */
static bool publish(struct run *run, struct target *t, struct zone_content *content,
                    struct soa *soa)
{
    struct store *store = run->worker->loader->store;
    struct hosted *hosted = t->hosted;
    uint32_t floor = run->conf->ignore_minimum ? 0 : t->rows.soa.minimum;
    struct soa *old = atomic_load_explicit(&hosted->zone->soa, memory_order_relaxed);

    store_set_loaded_at(store, hosted, run->stamp->read_at);
    hosted->max_age_sec = loader_max_age(run->conf, t->rows.lowest_ttl, floor);
    store_set_left_out(store, hosted, t->faults.count);
    hosted->fault_digest = t->faults.digest;
    store_mend(store, hosted);
    store_set_stamp(hosted, run->stamp);
    /* Nobody waits for a zone whose reading takes longer than a query would wait for it. */
    bool slow =
        run->count == 1 && instant_diff_ms(clock_now(), hosted->loaded_at) > WORTH_WAITING_MS;
    atomic_store_explicit(
        &hosted->zone->fresh_sec,
        hosted->max_age_sec == 0 || slow ? 0 : instant_sec(hosted->loaded_at) + hosted->max_age_sec,
        memory_order_relaxed);
    atomic_store_explicit(&hosted->zone->read_ns, run->elsewhere ? 0 : hosted->loaded_at.ns,
                          memory_order_relaxed);
    atomic_store_explicit(&hosted->zone->retry_sec, 0, memory_order_relaxed);
    if (old != NULL && hosted->zone->content.digest == content->digest && soa_equal(old, soa) &&
        atomic_load_explicit(&hosted->zone->ttl_floor, memory_order_relaxed) == floor) {
        zone_content_release(content);
        free(soa);
        store_keep(store, hosted);
        return false;
    }
    hosted->list_serial = t->rows.soa.serial;
    store_publish(store, hosted, content, soa, floor);
    return true;
}

/* Finish one zone. Returns whether a query may wait for it. */
static bool finish_target(struct run *run, struct target *t)
{
    struct loader *loader = run->worker->loader;
    struct store *store = loader->store;
    struct hosted *hosted = t->hosted;
    struct zone_content content = {0};
    struct soa *soa = NULL;
    bool changed = false;

    if (zone_rows_finish(&t->rows, &content)) {
        soa = soa_new(hosted->zone, &t->rows.soa);
    }
    char origin[NAME_TEXT_SIZE];
    name_to_text(origin, t->rows.origin.octets);
    pthread_mutex_lock(&store->lock);
    bool urgent = t->urgent || hosted->urgent, again = hosted->again;
    bool older = hosted->loaded_at.ns > run->stamp->read_at.ns;
    uint64_t known = hosted->fault_digest;
    hosted->urgent = hosted->again = false;
    if (soa != NULL) {
        if (hosted->removed || older) {
            zone_content_release(&content);
            free(soa);
            store_keep(store, hosted);
        } else {
            changed = publish(run, t, &content, soa);
        }
    } else {
        /* No soa row any more, or another origin: the list will tell. */
        if (t->rows.failure != NULL && !hosted->removed && !older) {
            fail(run, t);
        } else {
            atomic_store_explicit(&hosted->zone->retry_sec, instant_sec(run->stamp->read_at) + 1,
                                  memory_order_relaxed);
        }
        store_keep(store, hosted);
    }
    pthread_mutex_unlock(&store->lock);
    if (!t->rows.has_soa) {
        loader_want_list(loader);
    }
    if (again) {
        loader_want_zones(loader, &t->id, 1);
    }
    if (soa != NULL) {
        faults_log(&t->faults, origin, known);
    }
    if (changed) {
        pthread_mutex_lock(&loader->lock);
        loader->loads++;
        pthread_mutex_unlock(&loader->lock);
    }
    return urgent;
}

/* The database failed: every zone of the run waits again. */
static void give_back(struct run *run)
{
    struct store *store = run->worker->loader->store;
    uint32_t *ids = alloc_zero(run->count + 1, sizeof *ids);
    bool *urgent = alloc_zero(run->count + 1, sizeof *urgent);
    size_t kept = 0;

    pthread_mutex_lock(&store->lock);
    for (size_t i = 0; i < run->count; i++) {
        struct hosted *hosted = run->targets[i].hosted;
        bool waited = run->targets[i].urgent || hosted->urgent;
        hosted->urgent = false;
        if (store_keep(store, hosted)) {
            urgent[kept] = waited;
            ids[kept++] = run->targets[i].id;
        }
    }
    pthread_mutex_unlock(&store->lock);
    loader_want_zones(run->worker->loader, ids, kept);
    for (size_t i = 0; i < kept; i++) {
        if (urgent[i]) {
            run->worker->loader->events.zone_done(run->worker->loader->events.context, ids[i]);
        }
    }
    free(ids);
    free(urgent);
}

/* How many of the COUNT zones from RUN's first on go into one run. */
static size_t run_size(struct run *run, size_t count)
{
    uint32_t first = run->targets[0].id;
    uint64_t rows;

    while ((rows = db_rows_rr_estimate(run->worker->rows, first, run->targets[count - 1].id)) >
               SLICE_ROWS &&
           count > 1) {
        count /= 2;
    }
    run->stored = count == 1 && rows > STORED_ROWS;
    return count;
}

static enum job_outcome load_run(struct run *run)
{
    struct loader *loader = run->worker->loader;

    if (!read_rows(run)) {
        free(run->stamp);
        return JOB_BROKEN;
    }
    atomic_store_explicit(&loader->store->database_slow, false, memory_order_relaxed);
    run->stamp->refs = 1; /* ours, until all are published */
    for (size_t i = 0; i < run->count; i++) {
        if (finish_target(run, &run->targets[i])) {
            loader->events.zone_done(loader->events.context, run->targets[i].id);
        }
        zone_rows_release(&run->targets[i].rows);
    }
    pthread_mutex_lock(&loader->store->lock);
    bool unused = --run->stamp->refs == 0;
    pthread_mutex_unlock(&loader->store->lock);
    if (unused) {
        free(run->stamp);
    }
    run->stamp = NULL;
    quiesce_collect();
    return JOB_DONE;
}

enum job_outcome zones_load(struct worker *worker, const uint32_t *ids, size_t count)
{
    struct loader *loader = worker->loader;
    struct run run = {.worker = worker, .conf = loader_conf(loader)};

    claim(&run, ids, count);
    struct target *targets = run.targets;
    size_t claimed = run.count;
    enum job_outcome outcome = JOB_DONE;
    for (size_t done = 0; done < claimed && outcome == JOB_DONE; done += run.count) {
        run.targets = &targets[done];
        run.count = run_size(&run, claimed - done);
        outcome = load_run(&run);
        if (outcome == JOB_BROKEN) {
            run.count = claimed - done;
            give_back(&run);
        }
    }
    for (size_t i = 0; i < claimed; i++) {
        zone_rows_release(&targets[i].rows);
        faults_release(&targets[i].faults);
    }
    free(targets);
    return outcome;
}

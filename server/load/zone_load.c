/*
 * Runs of zones, each from one snapshot: their soa rows, then their rr rows as they come, each decoded
 * and handed to its zone's build; after the snapshot has ended the builds are finished and published.
 *
 * A snapshot's transaction keeps an ALTER TABLE waiting, and everybody who comes after that. So a run
 * has SLICE_ROWS at most, by the index's own estimate: some 0.1 s, a second over a slow line. A zone
 * of more than STORED_ROWS is a run of its own, taken into memory as it comes and decoded after the
 * transaction: an ALTER TABLE waited 0.5 s beside a million rows, so 2 s ought to do for three million.
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
enum { MOVED_MAX = 3, TORN_MAX_SEC = 10 };

enum { SLICE_ROWS = 50000, STORED_ROWS = 100000 };

/* As long as a query waits for a fresh answer (net/late.c). */
enum { WORTH_WAITING_MS = 200 };

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
        target->zone = hosted->zone;
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

void target_begin(struct run *run, struct target *target)
{
    faults_release(&target->faults); /* a former read is thrown away */
    zone_rows_begin(&target->rows, target->zone, run->conf, faults_add, &target->faults);
    run->last = NULL;
}

void target_release(struct target *target)
{
    zone_rows_release(&target->rows);
    faults_release(&target->faults);
    zone_content_release(&target->content);
    free(target->soa);
    target->soa = NULL;
}

struct target *run_target(struct run *run, uint32_t id)
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

static bool take_rr(struct run *run)
{
    struct rr_row rr;
    enum db_fetch fetched;

    while ((fetched = db_rows_next_rr(run->worker->rows, &rr)) == DB_ROW) {
        struct target *t = run_target(run, rr.zone);
        if (t != NULL) {
            zone_rows_rr(&t->rows, &rr, &run->worker->record);
        }
    }
    return fetched == DB_END;
}

/* The rows of the read that has begun. */
static bool take_soa(struct run *run)
{
    struct soa_row soa;
    enum db_fetch fetched;

    while ((fetched = db_rows_next_soa(run->worker->rows, &soa)) == DB_ROW) {
        struct target *t = run_target(run, soa.id);
        if (t != NULL) {
            zone_rows_soa(&t->rows, &soa);
        }
    }
    return fetched == DB_END;
}

bool run_read_soa(struct run *run, const uint32_t *ids, size_t count)
{
    return db_rows_soa_ids(run->worker->rows, ids, count) == DB_OK && take_soa(run);
}

bool run_read_rr(struct run *run, const uint32_t *ids, size_t count)
{
    return db_rows_rr_zones(run->worker->rows, ids, count) == DB_OK && take_rr(run);
}

bool run_read_rr_some(struct run *run, uint32_t id, uint32_t max)
{
    return db_rows_rr_some(run->worker->rows, id, max) == DB_OK && take_rr(run);
}

bool run_look_around(struct run *run)
{
    struct loader *loader = run->worker->loader;
    bool loss = false;

    if (vanish_state(&loader->vanish) != VANISH_OPEN) {
        return true;
    }
    pthread_mutex_lock(&loader->store->lock);
    struct vanish_measure m = loader_measure(loader);
    for (size_t i = 0; i < run->count && !loss; i++) {
        const struct target *t = &run->targets[i];
        const struct hosted *hosted = t->hosted;
        loss = hosted != NULL &&
               vanish_is_loss(&m, (uint64_t)hosted->zone->content.rows + hosted->rows_left_out,
                              t->rows.seen);
    }
    pthread_mutex_unlock(&loader->store->lock);
    return !loss || worker_sample(run->worker);
}

static bool read_view(struct run *run, struct db_position *position)
{
    struct db_rows *rows = run->worker->rows;

    if (!worker_begin(run->worker, position)) {
        return false;
    }
    uint32_t first = run->targets[0].id, last = run->targets[run->count - 1].id;
    bool good = db_rows_soa_range(rows, first, last) == DB_OK && take_soa(run);
    if (good && run->stored) {
        return db_rows_rr_stored(rows, first) == DB_OK && db_rows_end(rows) == DB_OK &&
               take_rr(run);
    }
    good = good && db_rows_rr_range(rows, first, last) == DB_OK && take_rr(run) &&
           run_look_around(run);
    return db_rows_end(rows) == DB_OK && good;
}

void run_let_stamp(struct run *run)
{
    struct store *store = run->worker->loader->store;

    pthread_mutex_lock(&store->lock);
    bool unused = --run->stamp->refs == 0;
    pthread_mutex_unlock(&store->lock);
    if (unused) {
        free(run->stamp);
    }
    run->stamp = NULL;
}

static bool read_rows(struct run *run)
{
    struct db_position position;

    for (unsigned n = 0; n < MOVED_MAX; n++) {
        for (size_t i = 0; i < run->count; i++) {
            target_begin(run, &run->targets[i]);
        }
        struct instant now = clock_now();
        if (!read_view(run, &position)) {
            return false;
        }
        free(run->stamp);
        run->stamp = stamp_new(position.server_uid, position.binlog_file, position.binlog_pos, now);
        run->elsewhere = loader_is_elsewhere(run->worker->loader, &position);
        run->torn =
            !db_rows_layout(run->worker->rows)->transactional && db_rows_moved(run->worker->rows);
        if (!run->torn) {
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

/* TARGET's zone is as fresh as can be, though it may show what was before. */
static void note_fresh(struct run *run, struct target *t, uint32_t floor)
{
    struct store *store = run->worker->loader->store;
    struct hosted *hosted = t->hosted;
    struct zone *zone = hosted->zone;

    hosted->torn_sec = run->torn ? hosted->torn_sec : 0;
    store_set_loaded_at(store, hosted, run->stamp->read_at);
    uint32_t age_sec = loader_max_age(run->conf, t->rows.lowest_ttl, floor);
    if (!t->caught_up || age_sec == 0 || age_sec < hosted->max_age_sec) {
        hosted->max_age_sec = age_sec; /* else of rows that were taken over */
    }
    store_mend(store, hosted);
    /* Nobody waits for a zone whose reading takes longer than a query would wait for it. */
    bool slow =
        run->count == 1 && instant_diff_ms(clock_now(), hosted->loaded_at) > WORTH_WAITING_MS;
    atomic_store_explicit(
        &zone->fresh_sec,
        hosted->max_age_sec == 0 || slow ? 0 : instant_sec(hosted->loaded_at) + hosted->max_age_sec,
        memory_order_relaxed);
    atomic_store_explicit(&zone->read_ns, run->elsewhere ? 0 : hosted->loaded_at.ns,
                          memory_order_relaxed);
    atomic_store_explicit(&zone->retry_sec, 0, memory_order_relaxed);
}

/* A good read of TARGET's zone, whatever came of it. */
static void note_read(struct run *run, struct target *t, uint32_t floor)
{
    struct store *store = run->worker->loader->store;
    struct hosted *hosted = t->hosted;

    note_fresh(run, t, floor);
    store_set_held(store, hosted, false);
    faults_set(store, hosted, &t->faults);
    if (!t->caught_up) { /* else what answers is later, and it has what makes it so */
        store_set_stamp(store, hosted, run->stamp);
    }
}

/*
 * Vanish protection: the tables have less of the zone, or nothing, which does not show yet. Its stamp stays
 * that of what it shows.
 */
static void hold_back(struct run *run, struct target *t)
{
    t->held = true;
    t->good = false;
    note_fresh(run, t, 0);
    store_set_held(run->worker->loader->store, t->hosted, true);
    store_keep(run->worker->loader->store, t->hosted);
}

/* A new version of TARGET's zone, or the same one, read later. */
static void publish(struct run *run, struct target *t)
{
    struct store *store = run->worker->loader->store;
    struct hosted *hosted = t->hosted;
    struct zone *zone = hosted->zone;
    uint32_t floor = run->conf->ignore_minimum ? 0 : t->rows.soa.minimum;
    struct soa *old = atomic_load_explicit(&zone->soa, memory_order_relaxed);

    note_read(run, t, floor);
    if (old != NULL && zone->content.digest == t->content.digest && soa_equal(old, t->soa) &&
        atomic_load_explicit(&zone->ttl_floor, memory_order_relaxed) == floor) {
        store_keep(store, hosted);
        return;
    }
    hosted->list_serial = t->rows.soa.serial;
    store_publish(store, hosted, &t->content, t->soa, floor);
    t->soa = NULL;
    t->changed = true;
}

void target_arrive(struct run *run, struct target *t, struct hosted *former)
{
    uint32_t floor = run->conf->ignore_minimum ? 0 : t->rows.soa.minimum;

    if (t->good) {
        zone_publish(t->zone, &t->content, t->soa, floor);
        t->soa = NULL;
        t->changed = true;
    }
    t->hosted = store_arrive(run->worker->loader->store, t->zone, former);
    t->hosted->list_serial = t->serial;
    if (t->good) {
        note_read(run, t, floor);
    } else if (t->rows.failure != NULL) {
        fail(run, t);
    }
}

void target_build(struct run *run, struct target *t)
{
    (void)run;
    t->good = zone_rows_finish(&t->rows, &t->content);
    if (t->good) {
        t->soa = soa_new(t->zone, &t->rows.soa);
    }
}

/*
 * The rows of T were read while the tables were written, and there is no snapshot. So the former
 * version stays, and the zone is read again a second later; after TORN_MAX_SEC of that what was read
 * is shown, since every statement on its own saw the table at one moment, and still read again.
 */
static bool keep_torn(struct run *run, struct target *t)
{
    struct hosted *hosted = t->hosted;
    uint32_t now_sec = instant_sec(run->stamp->read_at);

    if (hosted->torn_sec == 0) {
        hosted->torn_sec = now_sec > 0 ? now_sec : 1;
    }
    t->torn = true;
    /* Nobody waits for it meanwhile. */
    atomic_store_explicit(&hosted->zone->retry_sec, now_sec + 1, memory_order_relaxed);
    return atomic_load_explicit(&hosted->zone->soa, memory_order_relaxed) != NULL &&
           now_sec - hosted->torn_sec < TORN_MAX_SEC;
}

void target_publish(struct run *run, struct target *t)
{
    struct store *store = run->worker->loader->store;
    struct hosted *hosted = t->hosted;
    bool older = !t->caught_up && stamp_is_newer(hosted->stamp, run->stamp);

    if (run->stamp->published_at.ns == 0) {
        run->stamp->published_at = clock_now();
    }
    t->urgent |= hosted->urgent;
    t->again = hosted->again;
    t->known_faults = hosted->fault_digest;
    hosted->urgent = hosted->again = false;
    if (run->torn && !hosted->removed && !older && keep_torn(run, t)) {
        store_keep(store, hosted);
        return;
    }
    if (t->good && !hosted->removed && !older) {
        if (loader_may_show(run->worker->loader, hosted->zone, &t->content, run->stamp->read_at,
                            &t->unsure)) {
            publish(run, t);
        } else {
            hold_back(run, t);
        }
        return;
    }
    if (!t->rows.has_soa && !hosted->removed && !older && !t->rows.failure &&
        atomic_load_explicit(&hosted->zone->soa, memory_order_relaxed) != NULL &&
        vanish_state(&run->worker->loader->vanish) == VANISH_HELD) {
        hold_back(run, t);
        return;
    }
    if (t->rows.failure != NULL && !hosted->removed && !older) {
        fail(run, t);
    } else if (!t->good) { /* No soa row any more, or another origin: the list will tell. */
        atomic_store_explicit(&hosted->zone->retry_sec, instant_sec(run->stamp->read_at) + 1,
                              memory_order_relaxed);
    }
    store_keep(store, hosted);
}

bool target_end(struct run *run, struct target *t)
{
    struct loader *loader = run->worker->loader;
    char origin[NAME_TEXT_SIZE];

    name_to_text(origin, t->rows.origin.octets);
    loader_log_vanish(loader);
    if (t->unsure) {
        again_zone(loader, t->id);
    }
    if (!t->rows.has_soa && !t->held) {
        loader_want_list(loader);
    }
    if (t->torn) {
        pthread_mutex_lock(&loader->lock);
        id_list_push(&loader->torn, t->id);
        pthread_mutex_unlock(&loader->lock);
    } else if (t->again) {
        loader_want_zones(loader, &t->id, 1);
    }
    if (t->good) {
        faults_log(&t->faults, origin, t->known_faults);
    }
    if (t->changed) {
        pthread_mutex_lock(&loader->lock);
        loader->loads++;
        pthread_mutex_unlock(&loader->lock);
    }
    return t->urgent;
}

/* The database failed: every zone of the run waits again. */
static void give_back(struct run *run)
{
    struct store *store = run->worker->loader->store;
    uint32_t *ids = alloc_zero(run->count + 1, sizeof *ids);
    bool *urgent = alloc_zero(run->count + 1, sizeof *urgent);
    size_t kept = 0;

    pthread_mutex_lock(&store->lock);
    bool exclude = false;
    for (size_t i = 0; i < run->count; i++) {
        exclude |= catch_up_is_due(run->targets[i].hosted);
    }
    if (exclude) {
        pthread_mutex_unlock(&store->lock);
        changes_exclude(run->worker->loader);
        pthread_mutex_lock(&store->lock);
    }
    for (size_t i = 0; i < run->count; i++) {
        struct hosted *hosted = run->targets[i].hosted;
        bool waited = run->targets[i].urgent || hosted->urgent;
        hosted->urgent = false;
        if (exclude) {
            catch_up_leave(run->worker->loader, hosted);
        }
        if (store_keep(store, hosted)) {
            urgent[kept] = waited;
            ids[kept++] = run->targets[i].id;
        }
    }
    pthread_mutex_unlock(&store->lock);
    if (exclude) {
        for (size_t i = 0; i < run->count; i++) {
            loader_let(run->worker->loader, run->targets[i].id);
        }
        changes_admit(run->worker->loader);
    }
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

static void show(struct run *run, struct target *t)
{
    struct store *store = run->worker->loader->store;

    pthread_mutex_lock(&store->lock);
    bool due = catch_up_is_due(t->hosted);
    if (!due) {
        target_publish(run, t);
    }
    pthread_mutex_unlock(&store->lock);
    if (due) {
        catch_up(run, t);
    }
}

static enum job_outcome load_run(struct run *run)
{
    struct loader *loader = run->worker->loader;

    if (!read_rows(run)) {
        free(run->stamp);
        run->stamp = NULL;
        return JOB_BROKEN;
    }
    atomic_store_explicit(&loader->store->database_slow, false, memory_order_relaxed);
    for (size_t i = 0; i < run->count; i++) {
        struct target *t = &run->targets[i];
        target_build(run, t);
        show(run, t);
        if (target_end(run, t)) {
            loader->events.zone_done(loader->events.context, t->id);
        }
        target_release(t);
    }
    run_let_stamp(run);
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
        target_release(&targets[i]);
    }
    free(targets);
    return outcome;
}

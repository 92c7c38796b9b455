/*
 * Threads, connections and the queue. A worker does, in this order, what is there: connect; zones
 * somebody waits for, in turn with what the change feed told; note that all are to be verified; free
 * what readers have let go of; of zones for which there is no room as many as may be; zones that
 * changed; the origin list; a slice of the others. Nothing is lost when the database fails: what was
 * taken from the queue goes back, and the worker connects again, at once the first time (an idle
 * connection may have been closed), then with a growing pause of at most a second.
 */
#include "load/loader.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/log.h"
#include "base/quiesce.h"
#include "db/db_watch.h"
#include "load/loader_private.h"

enum {
    BACKOFF_MIN_MS = 50,
    BACKOFF_MAX_MS = 1000,
};

/* --- the worker --- */

struct job {
    bool list, changes, lag, look, reload, collect, early;
    bool again;
    bool cold, expired; /* the zones are, or were, of loader->cold */
    bool bulk;          /* they are of loader->bulk */
    struct early_name name;
    bool ping, moved; /* ask whether the server is there; the others have gone to another host */
    uint32_t ids[SLICE_ZONES];
    size_t count;
};

/* A zone of loader->cold, or some that nobody waits for any more. Else PAUSE_MS: until then; 0 = none. */
static bool take_cold(struct loader *loader, struct job *job, unsigned *pause_ms)
{
    struct instant now = clock_now();

    *pause_ms = 0;
    if (cold_waiting(&loader->cold) == 0) {
        return false;
    }
    job->count = cold_take_expired(&loader->cold, now, job->ids, SLICE_ZONES);
    job->expired = job->count > 0;
    if (job->expired) {
        return true;
    }
    *pause_ms = cold_pause_ms(&loader->cold, loader_conf(loader)->loaders, now);
    if (*pause_ms > 0) {
        return false;
    }
    job->count = cold_take(&loader->cold, job->ids, URGENT_ZONES);
    job->cold = true;
    return true;
}

static struct timespec monotonic_after_ms(unsigned ms)
{
    struct timespec at;

    clock_gettime(CLOCK_MONOTONIC, &at);
    at.tv_nsec += (long)ms * 1000000;
    at.tv_sec += at.tv_nsec / 1000000000;
    at.tv_nsec %= 1000000000;
    return at;
}

/* At most MS, unless that is 0. */
static void wait_for_work(struct loader *loader, unsigned ms)
{
    if (ms == 0) {
        pthread_cond_wait(&loader->work, &loader->lock);
        return;
    }
    struct timespec until = monotonic_after_ms(ms);
    pthread_cond_timedwait(&loader->work, &loader->lock, &until);
}

/* Wait for something to do. False: stop. */
static bool next_job(struct worker *worker, struct job *job)
{
    struct loader *loader = worker->loader;
    unsigned pause_ms = 0, again_ms;

    job->list = job->changes = job->lag = job->look = job->reload = job->collect = false;
    job->early = job->ping = job->moved = job->cold = job->expired = job->again = false;
    job->bulk = false;
    job->count = 0;
    pthread_mutex_lock(&loader->lock);
    while (!loader->stopping) {
        if (worker->host != loader_host(loader)) {
            job->moved = true;
            break;
        }
        if (worker->ping) {
            job->ping = true;
            worker->ping = false;
            break;
        }
        if (early_waits(worker)) {
            early_take(loader, &job->name);
            job->early = worker->took_name = true;
            break;
        }
        worker->took_name = false;
        /* In turn with changes, of which one worker at a time takes any: another one is left. */
        if (id_list_waiting(&loader->urgent) > 0 &&
            !(worker->took_urgent && changes_wait(loader))) {
            job->count = id_list_take(&loader->urgent, job->ids, URGENT_ZONES);
            worker->took_urgent = true;
            break;
        }
        worker->took_urgent = false;
        if (changes_wait(loader)) {
            job->changes = loader->changes_running = true;
            break;
        }
        if (loader->reload_wanted) {
            job->reload = true;
            loader->reload_wanted = false;
            break;
        }
        if (loader->collect_wanted) {
            job->collect = true;
            loader->collect_wanted = false;
            break;
        }
        if (take_cold(loader, job, &pause_ms)) {
            break;
        }
        again_ms = again_pause_ms(loader, clock_now(), &job->again);
        if (job->again) {
            break;
        }
        pause_ms = again_ms > 0 && (pause_ms == 0 || again_ms < pause_ms) ? again_ms : pause_ms;
        if (id_list_waiting(&loader->changed) > 0 && !worker->spare) {
            job->count = id_list_take(&loader->changed, job->ids, URGENT_ZONES);
            break;
        }
        if (loader->look_wanted && !worker->spare) {
            job->look = true;
            loader->look_wanted = false;
            break;
        }
        if (loader->lag_wanted && !worker->spare) {
            job->lag = true;
            loader->lag_wanted = false;
            break;
        }
        if (loader->list_wanted && !loader->list_running && !worker->spare) {
            job->list = loader->list_running = true;
            loader->list_begun = clock_now();
            loader->list_wanted = false;
            loader->list_touched.first = loader->list_touched.count = 0;
            break;
        }
        if (id_list_waiting(&loader->bulk) > 0 && !worker->spare) {
            job->count = id_list_take(&loader->bulk, job->ids, SLICE_ZONES);
            job->bulk = true;
            loader->bulk_running++;
            break;
        }
        wait_for_work(loader, pause_ms);
    }
    bool go_on = !loader->stopping;
    loader->busy += go_on;
    pthread_mutex_unlock(&loader->lock);
    return go_on;
}

/* Until somebody waits for a zone. False: stop. */
static bool wait_for_urgent(struct loader *loader)
{
    pthread_mutex_lock(&loader->lock);
    while (!loader->stopping && id_list_waiting(&loader->urgent) == 0 &&
           loader->early_waiting == 0 && cold_waiting(&loader->cold) == 0 &&
           !changes_wait(loader)) {
        pthread_cond_wait(&loader->work, &loader->lock);
    }
    bool go_on = !loader->stopping;
    pthread_mutex_unlock(&loader->lock);
    return go_on;
}

/* Something of the background is over. The loader's lock is held. */
static void note_rest(struct loader *loader)
{
    if (loader->bulk_running == 0 && !loader->list_running && id_list_waiting(&loader->bulk) == 0) {
        loader->rested_at = clock_now();
    }
}

static void end_list(struct loader *loader, bool again)
{
    pthread_mutex_lock(&loader->lock);
    loader->list_running = false;
    loader->list_wanted |= again;
    note_rest(loader);
    pthread_mutex_unlock(&loader->lock);
}

/* Sleep before the next try to connect; longer each time. False: stop. */
static bool pause_before_retry(struct worker *worker)
{
    struct loader *loader = worker->loader;
    struct timespec until = monotonic_after_ms(worker->backoff_ms);

    pthread_mutex_lock(&loader->lock);
    while (!loader->stopping && pthread_cond_timedwait(&loader->work, &loader->lock, &until) == 0) {
        /* work that came must wait for the database as well */
    }
    bool go_on = !loader->stopping;
    pthread_mutex_unlock(&loader->lock);
    worker->backoff_ms *= 2;
    worker->backoff_ms = worker->backoff_ms > BACKOFF_MAX_MS ? BACKOFF_MAX_MS : worker->backoff_ms;
    return go_on;
}

static bool is_urgent(struct loader *loader, const struct job *job)
{
    bool urgent = false;
    pthread_mutex_lock(&loader->store->lock);
    for (size_t i = 0; i < job->count && !urgent; i++) {
        struct hosted *hosted = store_hosted(loader->store, job->ids[i]);
        /* Waited for, or in memory already: reading it anew takes no more room. */
        urgent = hosted != NULL &&
                 (hosted->urgent ||
                  atomic_load_explicit(&hosted->zone->soa, memory_order_relaxed) != NULL);
    }
    pthread_mutex_unlock(&loader->store->lock);
    return urgent;
}

static enum job_outcome run_job(struct worker *worker, struct job *job)
{
    struct loader *loader = worker->loader;

    if (job->moved) {
        worker->why_broken = "the other threads are connected to another host";
        return JOB_BROKEN;
    }
    if (job->again) {
        again_run(loader);
        return JOB_DONE;
    }
    if (job->expired) {
        loader_give_up(loader, job->ids, job->count);
        return JOB_DONE;
    }
    if (job->reload) {
        loader_reload(loader);
        return JOB_DONE;
    }
    if (job->collect) {
        quiesce_collect();
        return JOB_DONE;
    }
    if (job->ping) {
        struct db_position now;
        return db_rows_now(worker->rows, &now) == DB_OK ? JOB_DONE : JOB_BROKEN;
    }
    if (job->list) {
        enum job_outcome outcome = origins_read(worker);
        end_list(loader, outcome == JOB_BROKEN);
        return outcome;
    }
    if (job->early) {
        return early_run(worker, &job->name);
    }
    if (job->look) {
        return tables_look(worker);
    }
    if (job->lag) {
        return lag_read(worker);
    }
    if (job->changes) {
        enum job_outcome outcome = changes_run(worker);
        changes_admit(loader);
        loader_make_room(loader); /* zones come, rows as well */
        return outcome;
    }
    if (!loader_has_room(loader) && !is_urgent(loader, job)) {
        loader_release(loader, job->ids, job->count);
        return JOB_DONE;
    }
    enum job_outcome outcome = zones_load(worker, job->ids, job->count);
    loader_make_room(loader);
    if (job->cold) {
        pthread_mutex_lock(&loader->lock);
        cold_spend(&loader->cold, clock_now().ns - worker->busy_since.ns);
        pthread_mutex_unlock(&loader->lock);
    }
    return outcome;
}

static void end_bulk(struct loader *loader)
{
    pthread_mutex_lock(&loader->lock);
    loader->bulk_running--;
    note_rest(loader);
    pthread_mutex_unlock(&loader->lock);
}

static bool is_stopping(struct loader *loader)
{
    pthread_mutex_lock(&loader->lock);
    bool stopping = loader->stopping;
    pthread_mutex_unlock(&loader->lock);
    return stopping;
}

static void *worker_main(void *context)
{
    struct worker *worker = context;
    struct loader *loader = worker->loader;
    struct job job;

    worker->backoff_ms = BACKOFF_MIN_MS;
    for (;;) {
        if (worker->db == NULL) {
            if (worker->spare && !wait_for_urgent(loader)) {
                break;
            }
            if (!worker_connect(worker)) {
                if (!pause_before_retry(worker)) {
                    break;
                }
                continue;
            }
        }
        if (!next_job(worker, &job)) {
            break;
        }
        worker->busy_since = clock_now();
        worker_renew(worker);
        enum job_outcome outcome = run_job(worker, &job);
        if (job.bulk) {
            end_bulk(loader);
        }
        loader_note_idle(loader);
        if (outcome == JOB_DONE) {
            worker->backoff_ms = BACKOFF_MIN_MS;
            continue;
        }
        if (is_stopping(loader)) {
            break; /* it was loader_stop that broke the connection */
        }
        char error[256];
        snprintf(error, sizeof error, "%s",
                 worker->why_broken != NULL ? worker->why_broken : db_error_text(worker->db));
        worker->why_broken = NULL;
        worker_disconnect(worker, error);
        if (worker->backoff_ms > BACKOFF_MIN_MS) {
            worker_try_next(worker); /* it takes connections, and that is all */
            if (!pause_before_retry(worker)) {
                break;
            }
        }
        worker->backoff_ms *= 2;
    }
    if (worker->db != NULL) {
        db_watch_free(worker->watch);
        db_rows_free(worker->rows);
        pthread_mutex_lock(&worker->lock);
        struct db *db = worker->db;
        worker->db = NULL;
        pthread_mutex_unlock(&worker->lock);
        db_close(db);
    }
    return NULL;
}

/* --- the clock --- */

/*
 * What readers still looked at when it was replaced is to be freed. A zone of a million names takes 0.4 s:
 * not of the event loop's time, as long as there is a worker for it.
 */
static void want_collect(struct loader *loader)
{
    if (quiesce_pending() == 0) {
        return;
    }
    pthread_mutex_lock(&loader->lock);
    bool away = loader->connected == 0;
    if (!away) {
        loader->collect_wanted = true;
        pthread_cond_broadcast(&loader->work);
    }
    pthread_mutex_unlock(&loader->lock);
    if (away) {
        quiesce_collect();
    }
}

void loader_tick(struct loader *loader)
{
    const struct conf *conf = loader_conf(loader);
    struct instant now = clock_now();

    want_collect(loader);
    lag_tick(loader);
    refresh_torn(loader);
    loader_tick_vanish(loader);
    if (!atomic_load_explicit(&loader->store->database_away, memory_order_seq_cst)) {
        refresh_due(loader, now);
    }
    unsigned sweep_sec = refresh_sweep_sec(conf, refresh_is_vouched(loader->store, now));
    if (sweep_sec > 0 && instant_diff_ms(now, loader->swept_at) >= (int64_t)sweep_sec * 1000) {
        loader->swept_at = now;
        loader_want_list(loader);
    }
}

/* --- life --- */

struct loader *loader_start(const struct conf *conf, struct store *store,
                            const struct loader_events *events, const struct db_position *served)
{
    struct loader *loader = alloc_zero(1, sizeof *loader);
    pthread_condattr_t monotonic;

    atomic_init(&loader->conf, conf);
    loader->store = store;
    loader->events = *events;
    vanish_init(&loader->vanish);
    cold_init(&loader->cold);
    if (served != NULL) {
        history_begin(&loader->history, served);
    }
    loader->list_wanted = true;
    loader->swept_at = loader->changed_at = loader->columns_at = clock_now();
    loader->away_from_sec = atomic_load_explicit(&store->away_from_sec, memory_order_relaxed);
    atomic_store_explicit(&store->database_away, true, memory_order_seq_cst);
    pthread_mutex_init(&loader->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&loader->work, &monotonic);
    pthread_cond_init(&loader->told_more, &monotonic);
    pthread_cond_init(&loader->changes_over, NULL);
    change_queue_init(&loader->changes);
    pthread_condattr_destroy(&monotonic);
    loader->worker_count = (conf->loaders > 0 ? conf->loaders : 1) + 1; /* the spare one */
    loader->workers = alloc_zero(loader->worker_count, sizeof *loader->workers);
    for (unsigned i = 0; i < loader->worker_count; i++) {
        struct worker *worker = &loader->workers[i];
        worker->loader = loader;
        worker->spare = i + 1 == loader->worker_count && i > 0;
        pthread_mutex_init(&worker->lock, NULL);
        int failed = pthread_create(&worker->thread, NULL, worker_main, worker);
        if (failed != 0) {
            log_error("cannot start loader thread %u: %s", i + 1, strerror(failed));
            loader->worker_count = i;
            break;
        }
    }
    if (loader->worker_count == 0) {
        loader_free(loader);
        return NULL;
    }
    return loader;
}

void loader_stop(struct loader *loader)
{
    if (loader == NULL) {
        return;
    }
    pthread_mutex_lock(&loader->lock);
    loader->stopping = true;
    pthread_cond_broadcast(&loader->work);
    pthread_cond_broadcast(&loader->told_more);
    pthread_mutex_unlock(&loader->lock);
    for (unsigned i = 0; i < loader->worker_count; i++) { /* all, since one may wait for another */
        struct worker *worker = &loader->workers[i];
        pthread_mutex_lock(&worker->lock);
        if (worker->db != NULL) {
            db_interrupt(worker->db);
        }
        pthread_mutex_unlock(&worker->lock);
    }
    for (unsigned i = 0; i < loader->worker_count; i++) {
        struct worker *worker = &loader->workers[i];
        pthread_join(worker->thread, NULL);
        pthread_mutex_destroy(&worker->lock);
    }
}

void loader_free(struct loader *loader)
{
    if (loader == NULL) {
        return;
    }
    free(loader->workers);
    id_list_free(&loader->urgent);
    id_list_free(&loader->asked);
    cold_release(&loader->cold);
    id_list_free(&loader->torn);
    id_list_free(&loader->bulk);
    id_list_free(&loader->changed);
    id_list_free(&loader->list_touched);
    id_list_free(&loader->gone);
    id_list_free(&loader->again.zones);
    id_list_free(&loader->again.soas);
    change_queue_release(&loader->changes);
    pthread_cond_destroy(&loader->told_more);
    pthread_cond_destroy(&loader->changes_over);
    pthread_cond_destroy(&loader->work);
    pthread_mutex_destroy(&loader->lock);
    vanish_release(&loader->vanish);
    free(loader);
}

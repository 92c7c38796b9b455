/*
 * What vanish protection (vanish.h) is told by the loader, and what comes of it: measures of the store,
 * the sample of zones, the look at the tables during a hold, the log.
 */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "db/db_watch.h"
#include "load/loader_private.h"

enum {
    /* Zones of more rows take too long to count. What they lose adds up when it is read. */
    SAMPLE_ROWS_MAX = 1000,
    SAMPLE_LINES = 16,         /* of the zones' table, at a time ... */
    SAMPLE_LINES_MAX = 4096,   /* ... and in all, when most zones are not loaded */
    SERVER_ERROR_LEAST = 1000, /* below: the system's */
    CLIENT_ERROR_LEAST = 2000, /* from here on: the library's, so the connection's */
};

struct vanish_measure loader_measure(struct loader *loader)
{
    const struct conf *conf = loader_conf(loader);
    const struct store *store = loader->store;
    struct vanish_measure m = {.now = clock_now(),
                               .zones = store->zones,
                               .rows = store->rows,
                               .limit_percent = conf->vanish_limit_percent,
                               .hold_sec = conf->vanish_hold_sec};
    if (store->loaded > 0 && store->loaded < store->zones) {
        m.rows = m.rows * store->zones / store->loaded;
    }
    return m;
}

static struct vanish_measure measure(struct loader *loader)
{
    pthread_mutex_lock(&loader->store->lock);
    struct vanish_measure m = loader_measure(loader);
    pthread_mutex_unlock(&loader->store->lock);
    return m;
}

void loader_log_vanish(struct loader *loader)
{
    char text[VANISH_NEWS_SIZE];

    if (!vanish_news(&loader->vanish, text)) {
        return;
    }
    if (vanish_state(&loader->vanish) == VANISH_HELD) {
        log_warning("%s", text);
    } else {
        pthread_mutex_lock(&loader->store->lock);
        uint32_t held = loader->store->held;
        pthread_mutex_unlock(&loader->store->lock);
        log_info("%s (%u zones had less in the tables)", text, held);
    }
}

void loader_removed(struct loader *loader, const struct vanish_told *told)
{
    struct store *store = loader->store;

    pthread_mutex_lock(&store->lock);
    struct vanish_measure m = loader_measure(loader);
    vanish_told(&loader->vanish, &m, told);
    for (size_t i = 0; i < told->zone_count; i++) {
        struct hosted *hosted = store_hosted(store, told->zones[i].id);
        if (hosted != NULL &&
            atomic_load_explicit(&hosted->zone->soa, memory_order_relaxed) != NULL &&
            vanish_emptied(&loader->vanish, &m, &told->zones[i], hosted->zone->content.rows)) {
            store_set_held(store, hosted, true);
        }
    }
    pthread_mutex_unlock(&store->lock);
    loader_log_vanish(loader);
}

void loader_let_go(struct loader *loader)
{
    struct vanish_measure m = measure(loader);
    vanish_let_go(&loader->vanish, &m);
    loader_log_vanish(loader);
}

void worker_found_tables(struct worker *worker, bool there)
{
    struct loader *loader = worker->loader;

    if (there) {
        struct vanish_measure m = measure(loader);
        vanish_connected(&loader->vanish, &m);
        loader_log_vanish(loader);
    } else {
        vanish_missing(&loader->vanish);
    }
}

/* Few or many, a loss that is not told in detail may be half of a change. */
static bool is_unsure(struct loader *loader, const struct vanish_measure *m,
                      const struct vanish_zone *zone)
{
    bool emptied = zone->new_rows == 0 && zone->old_rows >= VANISH_LEAST_ROWS; /* waits anyway */

    return zone->new_rows < zone->old_rows && !emptied && vanish_wants_proof(&loader->vanish, m) &&
           !vanish_wants_names(&loader->vanish, zone->id) &&
           !doubts_settle(&loader->doubts, doubt_of_zone(zone->id), zone->digest, m->now);
}

bool loader_may_go(struct loader *loader, size_t gone, uint64_t digest, struct instant read_at,
                   bool *unsure)
{
    struct vanish_measure m = loader_measure(loader);
    m.read_at = read_at;

    *unsure = gone > 0 && vanish_wants_proof(&loader->vanish, &m) &&
              !doubts_settle(&loader->doubts, DOUBT_OF_LIST, digest, m.now);
    return !*unsure && vanish_list(&loader->vanish, &m, gone);
}

bool loader_may_show(struct loader *loader, const struct zone *old,
                     const struct zone_content *content, struct instant read_at, bool *unsure)
{
    struct vanish_zone zone = {.id = old->id,
                               .old_rows = old->content.rows,
                               .new_rows = content->rows,
                               .complete = true,
                               .digest = content->digest};

    if (atomic_load_explicit(&old->soa, memory_order_relaxed) == NULL) {
        return true;
    }
    if (zone.digest != old->content.digest && zone.new_rows >= zone.old_rows &&
        vanish_wants_names(&loader->vanish, old->id)) {
        zone.complete = zone_content_covers(content, old);
    }
    struct vanish_measure m = loader_measure(loader);
    m.read_at = read_at;
    if (unsure != NULL && is_unsure(loader, &m, &zone)) {
        *unsure = true;
        return false;
    }
    return vanish_zone(&loader->vanish, &m, &zone);
}

/* The worker's statements for it; NULL: db_error_* tells. */
static struct db_watch *watch_of(struct worker *worker)
{
    if (worker->watch == NULL) {
        worker->watch =
            db_watch_new(worker->db, db_rows_layout(worker->rows), loader_conf(worker->loader));
    }
    return worker->watch;
}

/* --- the sample --- */

struct sampled {
    uint32_t id;
    uint64_t rows;
};

struct sample {
    struct sampled zones[DB_WATCH_ZONES];
    size_t count;
};

static void pick(void *item, void *context)
{
    const struct hosted *hosted = item;
    struct sample *sample = context;
    uint64_t rows = (uint64_t)hosted->zone->content.rows + hosted->rows_left_out;

    if (sample->count < DB_WATCH_ZONES && rows > 0 && rows <= SAMPLE_ROWS_MAX && !hosted->held &&
        atomic_load_explicit(&hosted->zone->soa, memory_order_relaxed) != NULL) {
        sample->zones[sample->count++] = (struct sampled){hosted->zone->id, rows};
    }
}

static int by_id(const void *a, const void *b)
{
    const struct sampled *x = a, *y = b;
    return x->id < y->id ? -1 : x->id > y->id;
}

/* Ids are hashed in the table, so lines that follow each other hold zones at random. */
static void pick_sample(struct store *store, struct instant now, struct sample *sample)
{
    uint64_t ref = atomic_load_explicit(&store->by_id.ref, memory_order_relaxed);
    if (ref == 0) {
        return;
    }
    uint32_t lines = (uint32_t)(UINT64_C(1) << (ref & 63)), looked = 0;
    uint32_t begin = table_index(ref, (uint64_t)now.ns * UINT64_C(0x9e3779b97f4a7c15));
    uint32_t at = begin;
    bool around = false;

    while (sample->count < DB_WATCH_ZONES && looked < SAMPLE_LINES_MAX && looked < lines) {
        uint32_t step = around && begin - at < SAMPLE_LINES ? begin - at : SAMPLE_LINES;
        at = table_each_some(ref, at, step, pick, sample);
        around |= at == 0;
        looked += step;
    }
}

bool worker_sample(struct worker *worker)
{
    struct loader *loader = worker->loader;
    struct sample sample = {0};
    uint32_t ids[DB_WATCH_ZONES];
    uint64_t counts[DB_WATCH_ZONES];
    size_t lost = 0;

    struct db_watch *watch = watch_of(worker);
    if (watch == NULL) {
        return false;
    }
    pthread_mutex_lock(&loader->store->lock);
    struct vanish_measure m = loader_measure(loader);
    pick_sample(loader->store, m.now, &sample);
    pthread_mutex_unlock(&loader->store->lock);
    if (sample.count == 0) {
        return true;
    }
    qsort(sample.zones, sample.count, sizeof *sample.zones, by_id);
    for (size_t i = 0; i < sample.count; i++) {
        ids[i] = sample.zones[i].id;
    }
    if (db_watch_count(watch, ids, sample.count, counts) != DB_OK) {
        return false;
    }
    for (size_t i = 0; i < sample.count; i++) {
        lost += vanish_is_loss(&m, sample.zones[i].rows, counts[i]);
    }
    vanish_sample(&loader->vanish, &m, sample.count, lost);
    return true;
}

/* --- the look during a hold, and its end --- */

void loader_note_idle(struct loader *loader)
{
    pthread_mutex_lock(&loader->lock);
    loader->busy--;
    if (loader->busy == 0 && !loader->list_wanted && !loader->reload_wanted &&
        !loader->changes_running && change_queue_is_empty(&loader->changes) &&
        loader->bulk.first == loader->bulk.count) {
        vanish_settled(&loader->vanish);
    }
    pthread_mutex_unlock(&loader->lock);
}

enum job_outcome tables_look(struct worker *worker)
{
    struct loader *loader = worker->loader;
    struct db_watch_look seen = {0};
    struct db_watch *watch = watch_of(worker);
    bool good = watch != NULL && db_watch_look(watch, &seen) == DB_OK;

    struct vanish_measure m = measure(loader);
    vanish_looked(&loader->vanish, &m,
                  &(struct vanish_look){
                      .good = good && seen.filled, .mark = seen.mark, .still_sec = seen.still_sec});
    unsigned number = good ? 0 : db_error_number(worker->db);
    bool refused = number >= SERVER_ERROR_LEAST && number < CLIENT_ERROR_LEAST &&
                   db_error_kind(worker->db) != DB_MISSING; /* locked: the connection is good */
    return good || refused ? JOB_DONE : JOB_BROKEN;
}

/* Have zones that wait on their own read again, but for those that have left meanwhile. */
static void want_waiting(struct loader *loader)
{
    uint32_t ids[VANISH_WAITS];
    size_t count = vanish_waiting(&loader->vanish, ids), kept = 0;

    pthread_mutex_lock(&loader->store->lock);
    for (size_t i = 0; i < count; i++) {
        if (store_hosted(loader->store, ids[i]) != NULL) {
            ids[kept++] = ids[i];
        } else {
            vanish_forget(&loader->vanish, ids[i]);
        }
    }
    pthread_mutex_unlock(&loader->store->lock);
    loader_want_zones(loader, ids, kept);
}

void loader_tick_vanish(struct loader *loader)
{
    struct vanish_measure m = measure(loader);

    pthread_mutex_lock(&loader->lock);
    bool away = loader->connected == 0;
    pthread_mutex_unlock(&loader->lock);
    enum vanish_step step = vanish_tick(&loader->vanish, &m, away);
    loader_log_vanish(loader);
    if (step == VANISH_LOOK) {
        pthread_mutex_lock(&loader->lock);
        loader->look_wanted = true;
        pthread_cond_broadcast(&loader->work);
        pthread_mutex_unlock(&loader->lock);
    } else if (step == VANISH_VERIFY) {
        loader_want_reload(loader);
    }
    want_waiting(loader);
}

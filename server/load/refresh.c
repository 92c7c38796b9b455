/*
 * What is read again without being asked for: zones that grow too old, those that could not be read whole,
 * and all of them after SIGHUP. All times come from the caller.
 */
#include "base/alloc.h"
#include "load/loader_private.h"

enum {
    STEP_LINES = 1024, /* of the zones' table, looked at in one step: some 1 ms */
    /*
     * Steps a second. All lines are to be seen within a quarter of the age limit, since zones are due at half
     * of it: so a zone that is asked for all the time is read before it is too old. The event loop does it.
     */
    STEPS_LEAST = 4,
    STEPS_MOST = 32,
    ROUNDS = 4,
};

bool refresh_is_vouched(const struct store *store, struct instant now)
{
    return atomic_load_explicit(&store->vouched_sec, memory_order_relaxed) >= instant_sec(now);
}

bool refresh_is_due(const struct hosted *hosted, struct instant now, int64_t vouched_from_ns)
{
    uint32_t limit = hosted->max_age_sec;

    if (hosted->state != LOAD_IDLE || limit == 0 ||
        atomic_load_explicit(&hosted->zone->soa, memory_order_relaxed) == NULL) {
        return false;
    }
    if (atomic_load_explicit(&hosted->zone->retry_sec, memory_order_relaxed) > instant_sec(now)) {
        return false; /* it could not be loaded just now: a huge zone is not read every second */
    }
    if (atomic_load_explicit(&hosted->zone->read_ns, memory_order_relaxed) >= vouched_from_ns) {
        return false;
    }
    int64_t age_ms = instant_diff_ms(now, hosted->loaded_at);
    uint32_t asked = atomic_load_explicit(&hosted->zone->asked_sec, memory_order_relaxed);
    return age_ms >= (int64_t)limit * 500 && asked >= instant_sec(hosted->loaded_at);
}

unsigned refresh_sweep_sec(const struct conf *conf, bool vouched)
{
    unsigned sweep_sec = conf->sweep_interval_sec, expire_sec = conf->zone_cache_expire_sec;

    if (!vouched && expire_sec > 0 && (sweep_sec == 0 || expire_sec < sweep_sec)) {
        return expire_sec; /* new and deleted zones are no staler than rows */
    }
    return sweep_sec;
}

unsigned refresh_steps(uint32_t lines, const struct conf *conf)
{
    uint64_t expire_sec = conf->zone_cache_expire_sec;
    uint64_t steps = expire_sec == 0 ? 0 : (uint64_t)lines * ROUNDS / STEP_LINES / expire_sec + 1;

    return steps < STEPS_LEAST ? STEPS_LEAST : steps > STEPS_MOST ? STEPS_MOST : (unsigned)steps;
}

struct scan {
    struct instant now;
    int64_t vouched_from_ns;
    struct id_list due;
};

static void find_due(void *item, void *context)
{
    const struct hosted *hosted = item;
    struct scan *scan = context;
    if (refresh_is_due(hosted, scan->now, scan->vouched_from_ns)) {
        id_list_push(&scan->due, hosted->zone->id);
    }
}

void refresh_due(struct loader *loader, struct instant now)
{
    struct store *store = loader->store;
    struct scan scan = {.now = now, .vouched_from_ns = INT64_MAX};

    if (refresh_is_vouched(store, now)) {
        scan.vouched_from_ns = atomic_load_explicit(&store->vouched_from_ns, memory_order_relaxed);
    }
    unsigned steps = STEPS_LEAST;
    for (unsigned step = 0; step < steps; step++) {
        pthread_mutex_lock(&store->lock);
        uint64_t ref = atomic_load_explicit(&store->by_id.ref, memory_order_relaxed);
        uint32_t lines = ref == 0 ? 0 : (uint32_t)(UINT64_C(1) << (ref & 63));
        steps = refresh_steps(lines, loader_conf(loader));
        loader->scan_at = table_each_some(ref, loader->scan_at, STEP_LINES, find_due, &scan);
        pthread_mutex_unlock(&store->lock);
        if (loader->scan_at == 0) {
            break; /* the end of the table: the next round begins with the next second */
        }
    }
    id_list_sort(&scan.due);
    loader_want_zones(loader, scan.due.ids, scan.due.count);
    id_list_free(&scan.due);
}

void refresh_torn(struct loader *loader)
{
    pthread_mutex_lock(&loader->lock);
    struct id_list torn = loader->torn;
    loader->torn = (struct id_list){0};
    pthread_mutex_unlock(&loader->lock);
    if (torn.count > 0) {
        id_list_sort(&torn);
        loader_want_zones(loader, torn.ids, torn.count);
    }
    id_list_free(&torn);
}

/* Zones in memory, those that wait to be, and those that could not be: perhaps they were mended. What
 * nobody has asked for is left alone. */
static void collect_wanted(struct hosted *hosted, void *context)
{
    if (atomic_load_explicit(&hosted->zone->soa, memory_order_relaxed) != NULL ||
        hosted->state != LOAD_IDLE || hosted->failure != NULL) {
        id_list_push(context, hosted->zone->id);
    }
}

void loader_reload(struct loader *loader)
{
    struct id_list all = {0};

    store_walk(loader->store, collect_wanted, &all);
    loader_want_list(loader);
    id_list_sort(&all);
    loader_want_zones(loader, all.ids, all.count);
    vanish_asked(&loader->vanish);
    id_list_free(&all);
}

void loader_want_reload(struct loader *loader)
{
    pthread_mutex_lock(&loader->lock);
    loader->reload_wanted = true;
    pthread_cond_broadcast(&loader->work);
    pthread_mutex_unlock(&loader->lock);
}

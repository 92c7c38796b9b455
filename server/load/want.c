/*
 * What is wanted of the loader, by anybody: zones that are to be read, the origin list. It is noted
 * in the state of each zone, and in the lists that workers take from (loader.c).
 */
#include <stdlib.h>

#include "base/alloc.h"
#include "load/loader_private.h"

enum { WANT_STEP = 2048 /* zones, under one hold of a lock: some 0.5 ms */ };

void loader_want_list(struct loader *loader)
{
    pthread_mutex_lock(&loader->lock);
    loader->list_wanted = true;
    pthread_cond_broadcast(&loader->work); /* not every worker takes it */
    pthread_mutex_unlock(&loader->lock);
}

/* HOSTED is to be read. True: it is to be put into a list. The store's lock is held. */
static bool want_zone(struct store *store, struct hosted *hosted, bool first, bool preload,
                      struct instant now)
{
    if (first && !preload && hosted->state == LOAD_IDLE &&
        atomic_load_explicit(&hosted->zone->soa, memory_order_relaxed) == NULL) {
        return false; /* read when it is asked for */
    }
    if (first) {
        hosted->behind_at = now;
    }
    if (hosted->state == LOAD_RUNNING) {
        hosted->again = true; /* what runs may have begun before the change */
        return false;
    }
    if (hosted->state == LOAD_QUEUED && !first) {
        return false;
    }
    store_queue(store, hosted);
    return true;
}

/*
 * Put zones into LIST, one of the loader's. FIRST: also those that wait in a list further behind,
 * since they lack what the change feed told.
 */
static void want_zones(struct loader *loader, struct id_list *list, bool first, const uint32_t *ids,
                       size_t count)
{
    struct store *store = loader->store;
    uint32_t *queued = alloc_new((count + 1) * sizeof *queued);
    bool preload = loader_conf(loader)->preload;
    struct instant now = clock_now();
    size_t n = 0;

    pthread_mutex_lock(&store->lock);
    for (size_t i = 0; i < count; i++) {
        if (i % WANT_STEP == WANT_STEP - 1) {
            store_pause(store);
        }
        struct hosted *hosted = store_hosted(store, ids[i]);
        if (hosted != NULL && want_zone(store, hosted, first, preload, now)) {
            queued[n++] = ids[i];
        }
    }
    pthread_mutex_unlock(&store->lock);
    for (size_t done = 0; done < n; done += WANT_STEP) {
        pthread_mutex_lock(&loader->lock);
        for (size_t i = done; i < n && i < done + WANT_STEP; i++) {
            id_list_push(list, queued[i]);
        }
        pthread_cond_broadcast(&loader->work);
        pthread_mutex_unlock(&loader->lock);
    }
    free(queued);
}

void loader_want_zones(struct loader *loader, const uint32_t *ids, size_t count)
{
    want_zones(loader, &loader->bulk, false, ids, count);
}

void loader_want_changed(struct loader *loader, const uint32_t *ids, size_t count)
{
    want_zones(loader, &loader->changed, true, ids, count);
}

void loader_request(struct loader *loader, uint32_t id)
{
    struct store *store = loader->store;
    bool push = false, is_cold = false;

    pthread_mutex_lock(&store->lock);
    struct hosted *hosted = store_hosted(store, id);
    bool gone = hosted == NULL;
    if (!gone) {
        is_cold = atomic_load_explicit(&hosted->zone->soa, memory_order_relaxed) == NULL &&
                  !loader_has_room_locked(loader);
        push = !hosted->urgent && (hosted->state != LOAD_RUNNING || hosted->shared);
        hosted->urgent = true;
        if (hosted->state == LOAD_IDLE) {
            store_queue(store, hosted);
        }
    }
    pthread_mutex_unlock(&store->lock);
    if (gone) {
        loader->events.zone_done(loader->events.context, id);
    }
    if (push) {
        pthread_mutex_lock(&loader->lock);
        bool wake = !is_cold || cold_waiting(&loader->cold) == 0; /* else they know */
        if (is_cold) {
            cold_push(&loader->cold, id, clock_now());
        } else {
            id_list_push(&loader->urgent, id);
        }
        if (atomic_load_explicit(&store->restoring, memory_order_relaxed)) {
            id_list_push(&loader->asked, id);
        }
        if (wake) {
            /* who is woken alone may have to connect first */
            pthread_cond_broadcast(&loader->work);
        }
        pthread_mutex_unlock(&loader->lock);
    }
}

bool loader_take_asked(struct loader *loader, uint32_t *id)
{
    pthread_mutex_lock(&loader->lock);
    bool some = id_list_waiting(&loader->asked) > 0 && id_list_take(&loader->asked, id, 1) > 0;
    pthread_mutex_unlock(&loader->lock);
    return some;
}

void loader_tell_done(struct loader *loader, uint32_t id)
{
    loader->events.zone_done(loader->events.context, id);
}

void loader_tell_complete(struct loader *loader)
{
    pthread_mutex_lock(&loader->lock);
    bool first = !loader->complete_told;
    loader->complete_told = true;
    pthread_mutex_unlock(&loader->lock);
    if (first) {
        atomic_store_explicit(&loader->store->complete, true, memory_order_seq_cst);
        loader->events.origins_complete(loader->events.context);
    }
}

bool loader_is_settled(struct loader *loader)
{
    pthread_mutex_lock(&loader->lock);
    bool settled = !loader->changes_running && change_queue_count(&loader->changes) == 0;
    pthread_mutex_unlock(&loader->lock);
    return settled;
}

bool loader_has_changes(struct loader *loader)
{
    pthread_mutex_lock(&loader->lock);
    bool has = loader->changes_running || !change_queue_is_empty(&loader->changes);
    pthread_mutex_unlock(&loader->lock);
    return has;
}

void loader_waited_in_vain(struct loader *loader)
{
    atomic_store_explicit(&loader->store->database_slow, true, memory_order_relaxed);
}

void loader_reconfigure(struct loader *loader, const struct conf *conf)
{
    atomic_store_explicit(&loader->conf, conf, memory_order_release);
}

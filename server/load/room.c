/*
 * cache-memory: whether there is room for zones nobody has asked for, and making room after a load. Not
 * during a hold of vanish protection: what would leave then could not be read again. What is asked for
 * while there is no room waits in loader->cold.
 */
#include "base/log.h"
#include "base/quiesce.h"
#include "load/loader_private.h"

enum { SLACK_DIVISOR = 16 /* preload stops this fraction below cache-memory */ };

bool loader_has_room_locked(struct loader *loader)
{
    uint64_t bound = loader_conf(loader)->cache_memory;
    return bound == 0 || loader->store->bytes < bound - bound / SLACK_DIVISOR;
}

bool loader_has_room(struct loader *loader)
{
    if (loader_conf(loader)->cache_memory == 0) {
        return true;
    }
    pthread_mutex_lock(&loader->store->lock);
    bool room = loader_has_room_locked(loader);
    pthread_mutex_unlock(&loader->store->lock);
    return room;
}

void loader_give_up(struct loader *loader, const uint32_t *ids, size_t count)
{
    size_t given_up = 0;

    pthread_mutex_lock(&loader->store->lock);
    for (size_t i = 0; i < count; i++) {
        struct hosted *hosted = store_hosted(loader->store, ids[i]);
        if (hosted != NULL && hosted->state == LOAD_QUEUED && hosted->urgent) {
            hosted->urgent = false;
            store_keep(loader->store, hosted);
            given_up++;
        }
    }
    pthread_mutex_unlock(&loader->store->lock);
    pthread_mutex_lock(&loader->lock);
    loader->given_up += given_up;
    pthread_mutex_unlock(&loader->lock);
    for (size_t i = 0; i < count; i++) { /* who came later asks for it again */
        loader_tell_done(loader, ids[i]);
    }
}

void loader_release(struct loader *loader, const uint32_t *ids, size_t count)
{
    pthread_mutex_lock(&loader->store->lock);
    for (size_t i = 0; i < count; i++) {
        struct hosted *hosted = store_hosted(loader->store, ids[i]);
        if (hosted != NULL && hosted->state == LOAD_QUEUED && !hosted->urgent) {
            store_keep(loader->store, hosted);
        }
    }
    pthread_mutex_unlock(&loader->store->lock);
}

void loader_make_room(struct loader *loader)
{
    uint64_t bound = loader_conf(loader)->cache_memory;
    if (bound == 0 || vanish_state(&loader->vanish) == VANISH_HELD) {
        return;
    }
    unsigned evicted = 0, left;
    pthread_mutex_lock(&loader->store->lock);
    while (store_evict(loader->store, instant_sec(clock_now()), bound, &left)) {
        evicted += left;
        store_pause(loader->store);
    }
    pthread_mutex_unlock(&loader->store->lock);
    if (evicted > 0) {
        log_debug("cache-memory reached: %u zones evicted", evicted);
        quiesce_collect();
    }
}

void loader_tell_room(struct loader *loader)
{
    uint64_t bound = loader_conf(loader)->cache_memory;

    pthread_mutex_lock(&loader->store->lock);
    bool room = bound == 0 || loader_has_room_locked(loader);
    unsigned zones = loader->store->zones;
    uint64_t taken = loader->store->bytes;
    pthread_mutex_unlock(&loader->store->lock);
    if (!room) {
        log_warning("cache-memory = %llu octets, and the list of %u zones alone takes %llu: a zone "
                    "that is asked for leaves memory soon after",
                    (unsigned long long)bound, zones, (unsigned long long)taken);
    }
}

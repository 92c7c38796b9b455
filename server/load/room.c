/*
 * cache-memory: whether there is room for zones nobody has asked for, and making room after a load. Not
 * during a hold of vanish protection: what would leave then could not be read again.
 */
#include "base/log.h"
#include "base/quiesce.h"
#include "load/loader_private.h"

enum { SLACK_DIVISOR = 16 /* preload stops this fraction below cache-memory */ };

bool loader_has_room(struct loader *loader)
{
    uint64_t bound = loader_conf(loader)->cache_memory;
    if (bound == 0) {
        return true;
    }
    pthread_mutex_lock(&loader->store->lock);
    bool room = loader->store->bytes < bound - bound / SLACK_DIVISOR;
    pthread_mutex_unlock(&loader->store->lock);
    return room;
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

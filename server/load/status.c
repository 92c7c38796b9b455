/*
 * What the loader tells of itself: for the log, dnsadm status and metrics.
 */
#include <string.h>

#include "load/loader_private.h"

void loader_status(struct loader *loader, struct loader_status *status)
{
    struct store *store = loader->store;

    memset(status, 0, sizeof *status);
    pthread_mutex_lock(&store->lock);
    status->zones = store->zones;
    status->loaded = store->loaded;
    status->rows = store->rows;
    status->bytes = store->bytes;
    status->failed = store->failed;
    status->queued = store->pending;
    status->rows_left_out = store->rows_left_out;
    status->held = store->held;
    if (store->read > 0) {
        int64_t mean_sec = (int64_t)(store->read_at_sum_sec / store->read);
        int64_t age_sec = instant_sec(clock_now()) - mean_sec;
        status->mean_age_sec = (uint32_t)(age_sec > 0 ? age_sec : 0);
    }
    pthread_mutex_unlock(&store->lock);
    vanish_status(&loader->vanish, &status->vanish);
    pthread_mutex_lock(&loader->lock);
    status->database_away = loader->connected == 0;
    status->away_since = loader->changed_at;
    status->loads = loader->loads;
    status->position = loader->position;
    status->given_up = loader->given_up;
    status->queue_asked = id_list_waiting(&loader->urgent) + cold_waiting(&loader->cold);
    status->queue_changed = id_list_waiting(&loader->changed);
    status->queue_soa = change_queue_count(&loader->changes);
    status->queue_background = id_list_waiting(&loader->bulk);
    status->background = status->queue_background > 0 || loader->bulk_running > 0 ||
                         loader->list_wanted || loader->list_running;
    status->rested_at = loader->rested_at;
    status->lag = loader->lag.status;
    memcpy(status->error, loader->error, sizeof status->error);
    pthread_mutex_unlock(&loader->lock);
}

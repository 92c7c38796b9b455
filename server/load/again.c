/*
 * What is read once more in a moment, since it may have been seen amid a change (doubt.h). All of it at
 * once, some milliseconds later than the first of it was put in; who comes later comes back.
 */
#include "load/loader_private.h"

/* The loader's lock is held; something was put in. */
static void set_time(struct loader *loader)
{
    if (loader->again.at.ns == 0) {
        loader->again.at = instant_after_ms(clock_now(), DOUBT_SURE_MS);
        pthread_cond_broadcast(&loader->work); /* who waits, waits for too long */
    }
}

void again_zone(struct loader *loader, uint32_t id)
{
    pthread_mutex_lock(&loader->lock);
    id_list_push(&loader->again.zones, id);
    set_time(loader);
    pthread_mutex_unlock(&loader->lock);
}

void again_soas(struct loader *loader, const uint32_t *ids, size_t count)
{
    if (count == 0) {
        return;
    }
    pthread_mutex_lock(&loader->lock);
    for (size_t i = 0; i < count; i++) {
        id_list_push(&loader->again.soas, ids[i]);
    }
    set_time(loader);
    pthread_mutex_unlock(&loader->lock);
}

void again_list(struct loader *loader)
{
    pthread_mutex_lock(&loader->lock);
    loader->again.list = true;
    set_time(loader);
    pthread_mutex_unlock(&loader->lock);
}

unsigned again_pause_ms(const struct loader *loader, struct instant now, bool *be_it)
{
    int64_t ms = instant_diff_ms(loader->again.at, now);

    *be_it = loader->again.at.ns != 0 && now.ns >= loader->again.at.ns;
    return loader->again.at.ns == 0 || *be_it ? 0 : (unsigned)ms + 1;
}

void again_run(struct loader *loader)
{
    pthread_mutex_lock(&loader->lock);
    struct again again = loader->again;
    loader->again = (struct again){0};
    pthread_mutex_unlock(&loader->lock);
    id_list_sort(&again.zones);
    id_list_sort(&again.soas);
    loader_want_changed(loader, again.zones.ids, again.zones.count);
    if (again.soas.count > 0) {
        loader_want_soas(loader, again.soas.ids, again.soas.count);
    }
    if (again.list) {
        loader_want_list(loader);
    }
    id_list_free(&again.zones);
    id_list_free(&again.soas);
}

/*
 * What the change feed tells, on its way to whoever reads it: the queue of changes under the loader's
 * lock, how far the feed has come, and the right to work the changes off, which one worker has at a time.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "load/loader_private.h"

void loader_want_soas(struct loader *loader, const uint32_t *ids, size_t count)
{
    struct loader_change change = {.soas = ids, .soa_count = count};

    pthread_mutex_lock(&loader->lock);
    change_queue_add(&loader->changes, &change, (struct change_at){0});
    pthread_cond_broadcast(&loader->work);
    pthread_mutex_unlock(&loader->lock);
}

void loader_changed(struct loader *loader, const struct loader_change *change)
{
    struct change_at at = {0};

    pthread_mutex_lock(&loader->lock);
    snprintf(loader->reach_uid, sizeof loader->reach_uid, "%s", change->server_uid);
    snprintf(loader->reach_file, sizeof loader->reach_file, "%s", change->file);
    loader->reach_pos = change->pos;
    if (change->file[0] == '\0') {
        loader->told_file[0] = '\0';
        change_queue_forget_places(&loader->changes);
    } else {
        at = change_at(change->file, change->pos);
    }
    if (!change->all) {
        change_queue_add(&loader->changes, change, at);
    }
    if (!change_queue_is_empty(&loader->changes)) {
        pthread_cond_broadcast(&loader->work);
    }
    pthread_mutex_unlock(&loader->lock);
    if (change->all) {
        if (!change->same_rows) {
            loader_note_altered(loader, clock_now());
        }
        loader_reload(loader);
    }
}

void loader_note_altered(struct loader *loader, struct instant at)
{
    int64_t before = atomic_load_explicit(&loader->altered_ns, memory_order_relaxed);
    while (before < at.ns &&
           !atomic_compare_exchange_weak_explicit(&loader->altered_ns, &before, at.ns,
                                                  memory_order_release, memory_order_relaxed)) {
        /* another thread was first */
    }
}

void changes_exclude(struct loader *loader)
{
    pthread_mutex_lock(&loader->lock);
    /* Who works off changes would be back before we are awake, again and again. */
    loader->excluders++;
    while (loader->changes_running) {
        pthread_cond_wait(&loader->changes_over, &loader->lock);
    }
    loader->excluders--;
    loader->changes_running = true;
    pthread_mutex_unlock(&loader->lock);
}

void changes_admit(struct loader *loader)
{
    pthread_mutex_lock(&loader->lock);
    loader->changes_running = false;
    pthread_cond_broadcast(&loader->changes_over);
    if (!change_queue_is_empty(&loader->changes)) {
        pthread_cond_broadcast(&loader->work);
    }
    pthread_mutex_unlock(&loader->lock);
}

bool loader_drop(struct loader *loader, const struct name *origin)
{
    struct store *store = loader->store;

    changes_exclude(
        loader); /* who works off changes keeps zones in hand without the store's lock */
    pthread_mutex_lock(&store->lock);
    struct hosted *hosted = store_hosted_origin(store, origin);
    if (hosted != NULL) {
        store_remove(store, hosted);
    }
    pthread_mutex_unlock(&store->lock);
    changes_admit(loader);
    return hosted != NULL;
}

void changes_touch(struct loader *loader, const uint32_t *ids, size_t count)
{
    pthread_mutex_lock(&loader->lock);
    for (size_t i = 0; i < count && loader->list_running; i++) {
        id_list_push(&loader->list_touched, ids[i]);
    }
    pthread_mutex_unlock(&loader->lock);
}

void loader_let(struct loader *loader, uint32_t id)
{
    pthread_mutex_lock(&loader->lock);
    if (change_queue_let(&loader->changes, id)) {
        pthread_cond_broadcast(&loader->work);
    }
    pthread_mutex_unlock(&loader->lock);
}

/* --- how far the feed has come --- */

void loader_told(struct loader *loader, const char *file, uint64_t pos)
{
    pthread_mutex_lock(&loader->lock);
    snprintf(loader->told_file, sizeof loader->told_file, "%s", file);
    loader->told_pos = pos;
    if (loader->awaits_told) {
        pthread_cond_broadcast(&loader->told_more);
    }
    pthread_mutex_unlock(&loader->lock);
}

bool loader_await_told(struct loader *loader, const struct db_position *position, unsigned ms)
{
    struct timespec until;
    bool told = false, late = false;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += (long)ms * 1000000;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    pthread_mutex_lock(&loader->lock);
    loader->awaits_told = true;
    while (!loader->stopping && !late) {
        if (loader->told_file[0] == '\0' || position->binlog_file[0] == '\0' ||
            strcmp(loader->reach_uid, position->server_uid) != 0) {
            break; /* nobody tells, or of another server */
        }
        if (!db_binlog_before(loader->told_file, loader->told_pos, position->binlog_file,
                              position->binlog_pos)) {
            /* Reached, unless the two cannot be compared. */
            told = db_binlog_before(position->binlog_file, position->binlog_pos, loader->told_file,
                                    loader->told_pos + 1);
            break;
        }
        late = pthread_cond_timedwait(&loader->told_more, &loader->lock, &until) != 0;
    }
    loader->awaits_told = false;
    pthread_mutex_unlock(&loader->lock);
    return told;
}

/* --- who works them off --- */

bool changes_wait(const struct loader *loader)
{
    return !loader->changes_running && loader->excluders == 0 &&
           !change_queue_is_empty(&loader->changes);
}

/*
 * What is to be done with each zone told; the store's lock is held, but in hold().
 */
#include <string.h>

#include "base/alloc.h"
#include "load/changes_private.h"

static void point(struct target *target, struct hosted *hosted)
{
    target->hosted = hosted;
    target->zone = hosted->zone;
    target->id = hosted->zone->id;
}

/* A read of it that is wanted still has to begin: it is wanted again when we have done. */
static void claim(struct changes *c, struct target *target, struct hosted *hosted)
{
    hosted->again |= hosted->state == LOAD_QUEUED;
    store_queue(c->store, hosted);
    hosted->state = LOAD_RUNNING;
    hosted->running = 1;
    hosted->shared = false;
    point(target, hosted);
    target->urgent = hosted->urgent;
}

static void plan_whole(struct changes *c, struct hosted *hosted)
{
    claim(c, &c->run.targets[c->run.count++], hosted);
}

static void plan_rows(struct changes *c, struct hosted *hosted, const struct change_zone *told,
                      bool soa_told)
{
    struct row_change *change = &c->rows[c->row_change_count++];
    if (hosted->state == LOAD_RUNNING) {
        hosted->running++;
        hosted->noted = true;
        change->notes = notes_begin(&c->loader->notes, hosted);
        point(&change->target, hosted);
    } else {
        claim(c, &change->target, hosted);
    }
    change->told = told;
    change->soa_told = soa_told;
    change->ttl_floor = atomic_load_explicit(&hosted->zone->ttl_floor, memory_order_relaxed);
}

static void plan_arrival(struct changes *c, const struct listed *item, const struct hosted *same_id)
{
    struct target *target = &c->run.targets[c->run.count++];
    bool served = changes_is_loaded(same_id) ||
                  changes_is_loaded(store_hosted_origin(c->store, item->origin));

    target->id = item->id;
    target->serial = item->serial;
    target->zone = zone_new(item->id, item->origin);
    target->unread = !c->transactional || (!served && !c->conf->preload);
    target->urgent = served; /* whatever its size: the name is not to be without a zone */
}

/* HOSTED is being read. Its end waits for the end of our work (catch_up.c), so it will find what is held. */
static void hold(struct changes *c, struct hosted *hosted, const struct change_zone *told,
                 bool soa_told)
{
    struct change_zone soa_only = {.id = hosted->zone->id};

    hosted->holding = true;
    pthread_mutex_unlock(&c->store->lock); /* the two locks are never held together */
    pthread_mutex_lock(&c->loader->lock);
    change_queue_hold(&c->loader->changes, told != NULL ? told : &soa_only, soa_told);
    pthread_mutex_unlock(&c->loader->lock);
    pthread_mutex_lock(&c->store->lock);
}

/* Are what is in memory and what was told of it such that rows can be changed alone? */
static bool is_in_step(const struct changes *c, const struct hosted *hosted,
                       const struct change_zone *told)
{
    const struct kept_faults *faults = hosted->faults;
    /* During a hold, and where something is held back, what there is is not what the log changes. */
    bool shows_all = !hosted->held && vanish_state(&c->loader->vanish) != VANISH_HELD &&
                     (told == NULL || told->row_count < hosted->zone->content.rows);

    int64_t altered_ns = atomic_load_explicit(&c->loader->altered_ns, memory_order_acquire);

    return c->exact && shows_all && hosted->loaded_at.ns >= altered_ns && hosted->failure == NULL &&
           (faults == NULL || faults->complete) && (told == NULL || !told->whole);
}

/* Does the read of it that is wanted, or under way, only verify what is there? */
static bool lacks_nothing(const struct changes *c, const struct hosted *hosted)
{
    return !hosted->holding && hosted->loaded_at.ns > hosted->behind_at.ns &&
           hosted->stamp != NULL &&
           strcmp(hosted->stamp->server_uid, c->run.stamp->server_uid) == 0;
}

/* Is there room to note what was TOLD? Of each row where it was, where it is, and that it was told. */
static bool can_be_noted(const struct changes *c, const struct change_zone *told)
{
    size_t rows = told == NULL ? 0 : told->row_count;
    return notes_count(c->loader->notes) + 3 * rows <= NOTES_MAX;
}

/* A hosted zone whose origin has not changed. */
static void plan_zone(struct changes *c, struct hosted *hosted, const struct change_zone *told,
                      bool soa_told)
{
    bool loaded = hosted->loaded_at.ns != 0 && changes_is_loaded(hosted) && c->transactional;
    bool large = hosted->zone->content.rows > LOADER_SMALL_ROWS;
    bool in_step = loaded && is_in_step(c, hosted, told) &&
                   (hosted->state == LOAD_IDLE || lacks_nothing(c, hosted));
    bool newer = loaded && stamp_is_newer(hosted->stamp, c->run.stamp);

    if (hosted->state == LOAD_RUNNING) {
        if (in_step && !newer && can_be_noted(c, told)) {
            plan_rows(c, hosted, told, soa_told);
        } else {
            hold(c, hosted, told, soa_told);
        }
    } else if (!loaded) {
        id_list_push(&c->want, hosted->zone->id);
    } else if (newer) {
        return; /* it shows all of this and more */
    } else if (!large) {
        plan_whole(c, hosted);
    } else if (in_step) {
        plan_rows(c, hosted, told, soa_told);
    } else {
        id_list_push(&c->want, hosted->zone->id);
    }
}

static void plan_soa(struct changes *c, uint32_t id, const struct change_zone *told)
{
    struct hosted *hosted = store_hosted(c->store, id);
    const struct listed *item = listed_id(&c->list, id);

    if (hosted != NULL && item != NULL && listed_same_origin(hosted, item)) {
        hosted->list_serial = item->serial;
        plan_zone(c, hosted, told, true);
        return;
    }
    if (item != NULL) {
        plan_arrival(c, item, hosted);
    }
    if (hosted != NULL) {
        c->leaving[c->leaving_count++] = hosted;
    }
}

/* Soa rows and zones told, both in order of id. */
void changes_plan(struct changes *c)
{
    const struct change_batch *batch = &c->batch;
    size_t max = batch->soa_count + batch->zone_count + 1, s = 0, z = 0;

    c->run.targets = alloc_zero(max, sizeof *c->run.targets);
    c->rows = alloc_zero(max, sizeof *c->rows);
    c->leaving = alloc_zero(max, sizeof(struct hosted *));
    pthread_mutex_lock(&c->store->lock);
    while (s < batch->soa_count || z < batch->zone_count) {
        bool soa = s < batch->soa_count &&
                   (z == batch->zone_count || batch->soas[s] <= batch->zones[z].id);
        bool zone = z < batch->zone_count &&
                    (s == batch->soa_count || batch->zones[z].id <= batch->soas[s]);
        const struct change_zone *told = zone ? &batch->zones[z] : NULL;
        if (soa) {
            plan_soa(c, batch->soas[s], told);
        } else {
            struct hosted *hosted = store_hosted(c->store, told->id);
            if (hosted != NULL) { /* else its rows come before its soa row, or without */
                plan_zone(c, hosted, told, false);
            }
        }
        s += soa;
        z += zone;
    }
    pthread_mutex_unlock(&c->store->lock);
}

/*
 * What the change feed told, made visible: everything that was told up to one snapshot, read in that
 * snapshot, shown zone after zone without a pause.
 *
 *     1  a view that has reached the last change told; then a moment until the feed has told
 *        everything that the view shows
 *     2  take from the queue what ended at or before the view
 *     3  read the soa rows told; decide about each zone:
 *          new, or of another origin   read whole, hosted when it is ready
 *          no longer there             removed, after those that take its place have come
 *          small                       read whole
 *          large                       the rows told alone, by their ids: its size does not matter
 *          large, told as a whole      left to zone_load.c, by another thread
 *          being read whole just now   the rows told alone, and noted (notes.h); where that cannot be,
 *                                      held until it is over
 *     4  make zones and nodes ready
 *     5  under the store's lock: show all of it; then end the view
 *
 * Why the snapshot and the feed have to meet: rows are read as the snapshot shows them. A row changed
 * again by a transaction that nobody has told of yet would show without the other rows of it.
 *
 * Only a zone in step with what was told is changed row by row: loaded, not failed, and no read wanted that
 * is to bring what was not told row by row. In any other the rows before the change may lie elsewhere
 * than the log says, and it would show half of what that read is to bring.
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/quiesce.h"
#include "load/changes_private.h"

enum {
    BATCH_MAX = 2000,   /* zones and soa rows; more of them go the way of the sweep */
    TELL_WAIT_MS = 250, /* for the feed, which is behind by 0.1 ms but for huge transactions */
};

/* --- 3 is in change_read.c and change_plan.c; 4: making ready --- */

/* What is told of the rows that changed, and of those beside them that may have no room in a message. */
static void merge_faults(struct row_change *change)
{
    struct target *t = &change->target;
    size_t more;
    const uint32_t *crowded = zone_edit_crowded(&change->edit, &more);
    struct id_list ids = {0};

    if (change->fits) {
        zone_rows_finish_edit(&t->rows);
    }
    if (more == 0) {
        faults_merge(&t->faults, t->hosted->faults, change->ids, change->id_count,
                     change->soa_told);
        return;
    }
    for (size_t i = 0; i < change->id_count + more; i++) {
        id_list_push(&ids, i < change->id_count ? change->ids[i] : crowded[i - change->id_count]);
    }
    id_list_sort(&ids);
    faults_merge(&t->faults, t->hosted->faults, ids.ids, ids.count, change->soa_told);
    id_list_free(&ids);
}

static void prepare(struct changes *c)
{
    const struct zone_limits limits = {c->conf->zone_max_rows, c->conf->rrset_max_records};

    for (size_t i = 0; i < c->run.count; i++) {
        if (!c->run.targets[i].unread) {
            target_build(&c->run, &c->run.targets[i]);
        }
    }
    for (size_t i = 0; i < c->row_change_count; i++) {
        struct row_change *change = &c->rows[i];
        struct target *t = &change->target;
        change->fits = zone_edit_prepare(&change->edit, &limits);
        if (change->fits && change->soa_told) {
            t->soa = t->rows.has_soa ? soa_new(t->zone, &t->rows.soa) : NULL;
            change->ttl_floor = c->conf->ignore_minimum ? 0 : t->rows.soa.minimum;
            change->fits = t->soa != NULL;
        }
        merge_faults(change);
    }
}

/* --- 5: showing. The store's lock is held. --- */

static bool is_leaving(const struct changes *c, const struct hosted *hosted)
{
    for (size_t i = 0; i < c->leaving_count; i++) {
        if (c->leaving[i] == hosted) {
            return true;
        }
    }
    return false;
}

static void show_arrival(struct changes *c, struct target *t)
{
    struct name origin = {.len = t->zone->origin_len};
    memcpy(origin.octets, t->zone->origin, origin.len);
    struct hosted *former = store_hosted_origin(c->store, &origin);

    if (former != NULL && !is_leaving(c, former)) {
        struct listed item = {.id = t->id, .origin = &origin};
        list_add_taken(&c->list, c->conf->soa_table, &item);
        zone_free(t->zone);
        t->zone = NULL;
        return;
    }
    target_arrive(&c->run, t, former);
    if (!t->good) {
        id_list_push(&c->want, t->id);
    }
}

/* Does a zone arrive in the place of HOSTED, under its origin? */
static bool is_replaced(const struct changes *c, const struct hosted *hosted)
{
    for (size_t i = 0; i < c->run.count; i++) {
        const struct zone *zone = c->run.targets[i].zone;
        if (c->run.targets[i].hosted == NULL && zone != NULL && zone->id != hosted->zone->id &&
            zone->origin_len == hosted->zone->origin_len &&
            memcmp(zone->origin, hosted->zone->origin, zone->origin_len) == 0) {
            return true;
        }
    }
    return false;
}

/* HOSTED stays. */
static void keep(struct changes *c, const struct hosted *hosted)
{
    size_t kept = 0;
    for (size_t i = 0; i < c->leaving_count; i++) {
        if (c->leaving[i] != hosted) {
            c->leaving[kept++] = c->leaving[i];
        }
    }
    c->leaving_count = kept;
}

/* It does not come yet: it will when the list is read, once the hold is over. */
static void put_off(struct target *t)
{
    zone_free(t->zone);
    t->zone = NULL;
}

/*
 * Vanish protection: who may come and leave. A zone that takes another one's place must have what that
 * had; zones that leave without such a one must not be too many. Those that stay keep their ids.
 */
static void judge(struct changes *c)
{
    struct loader *loader = c->loader;
    size_t gone = 0, kept = 0;
    uint64_t digest = 0;

    for (size_t i = 0; i < c->run.count; i++) {
        struct target *t = &c->run.targets[i];
        if (t->hosted != NULL || !t->good) {
            continue;
        }
        struct name origin = {.len = t->zone->origin_len};
        memcpy(origin.octets, t->zone->origin, origin.len);
        struct hosted *former = store_hosted_origin(c->store, &origin);
        /* What waits is what answers: read again, it tells by its missing soa row that another one comes. */
        if (former != NULL && former->zone->id != t->id &&
            !loader_may_show(loader, former->zone, &t->content, c->run.stamp->read_at, NULL)) {
            store_set_held(c->store, former, true);
            keep(c, former);
            put_off(t);
        }
    }
    for (size_t i = 0; i < c->leaving_count; i++) {
        if (!is_replaced(c, c->leaving[i])) {
            gone++;
            digest += loader_digest_id(c->leaving[i]->zone->id);
        }
    }
    bool unsure;
    if (loader_may_go(loader, gone, digest, c->run.stamp->read_at, &unsure)) {
        return;
    }
    for (size_t i = 0; i < c->leaving_count; i++) {
        struct hosted *hosted = c->leaving[i];
        if (is_replaced(c, hosted)) {
            c->leaving[kept++] = hosted;
            continue;
        }
        if (unsure) {
            id_list_push(&c->unsure, hosted->zone->id);
        }
        store_set_held(c->store, hosted, true);
        for (size_t k = 0; k < c->run.count; k++) {
            struct target *t = &c->run.targets[k];
            if (t->hosted == NULL && t->zone != NULL && t->id == hosted->zone->id) {
                put_off(t);
            }
        }
    }
    c->leaving_count = kept;
}

static void leave(struct changes *c, struct hosted *hosted)
{
    if (hosted->urgent) {
        id_list_push(&c->done, hosted->zone->id);
    }
    if (listed_id(&c->list, hosted->zone->id) == NULL) {
        id_list_push(&c->gone, hosted->zone->id);
    }
    c->unblocked = true;
    vanish_forget(&c->loader->vanish, hosted->zone->id);
    store_remove(c->store, hosted);
}

/* How long the zone's lowest TTL lets it be kept without a feed; that of other rows is not known. */
static void lower_age(struct row_change *change)
{
    struct hosted *hosted = change->target.hosted;
    uint32_t lowest = change->target.rows.lowest_ttl, floor = change->ttl_floor;

    if (floor < atomic_load_explicit(&hosted->zone->ttl_floor, memory_order_relaxed)) {
        lowest = 0; /* rows that it raised so far */
    }
    lowest = lowest < floor ? floor : lowest;
    lowest = lowest == 0 ? 1 : lowest;
    if (lowest < hosted->max_age_sec) {
        hosted->max_age_sec = lowest;
        if (atomic_load_explicit(&hosted->zone->fresh_sec, memory_order_relaxed) != 0) {
            atomic_store_explicit(&hosted->zone->fresh_sec, instant_sec(hosted->loaded_at) + lowest,
                                  memory_order_relaxed);
        }
    }
}

static void show_rows(struct changes *c, struct row_change *change)
{
    struct target *t = &change->target;
    struct hosted *hosted = t->hosted;

    t->known_faults = hosted->fault_digest;
    if (change->notes == NULL) { /* else it is the read's that goes on */
        t->urgent |= hosted->urgent;
        t->again = hosted->again;
        hosted->urgent = hosted->again = false;
    }
    if (hosted->removed || !change->fits) {
        store_keep(c->store, hosted);
        return;
    }
    lower_age(change);
    faults_set(c->store, hosted, &t->faults);
    store_set_stamp(c->store, hosted, c->run.stamp);
    store_change(c->store, hosted, &change->edit, t->soa, change->ttl_floor);
    t->soa = NULL;
    t->changed = t->good = true;
}

static void show(struct changes *c)
{
    pthread_mutex_lock(&c->store->lock);
    c->run.stamp->published_at = clock_now();
    judge(c);
    for (size_t i = 0; i < c->run.count;
         i++) { /* come before others go: no name is without a zone */
        if (c->run.targets[i].zone == NULL) {
            continue; /* put off */
        }
        if (c->run.targets[i].hosted == NULL) {
            show_arrival(c, &c->run.targets[i]);
        } else {
            target_publish(&c->run, &c->run.targets[i]);
        }
    }
    for (size_t i = 0; i < c->leaving_count; i++) {
        leave(c, c->leaving[i]);
    }
    for (size_t i = 0; i < c->row_change_count; i++) {
        show_rows(c, &c->rows[i]);
    }
    pthread_mutex_unlock(&c->store->lock);
}

/* --- the job --- */

static void end(struct changes *c)
{
    struct loader *loader = c->loader;

    for (size_t i = 0; i < c->run.count; i++) {
        struct target *t = &c->run.targets[i];
        if (t->zone != NULL && !t->unread && target_end(&c->run, t)) {
            id_list_push(&c->done, t->id);
        }
    }
    for (size_t i = 0; i < c->row_change_count; i++) {
        struct row_change *change = &c->rows[i];
        struct target *t = &change->target;
        t->rows.has_soa = true; /* it has, whether it was read or not */
        if (target_end(&c->run, t)) {
            id_list_push(&c->done, t->id);
        }
        if (!change->fits) {
            id_list_push(&c->want, t->id); /* read whole, it can be told what does not fit */
        }
    }
    loader_want_changed(loader, c->want.ids, c->want.count);
    again_soas(loader, c->unsure.ids, c->unsure.count);
    for (size_t i = 0; i < c->done.count; i++) {
        loader->events.zone_done(loader->events.context, c->done.ids[i]);
    }
    faults_log(&c->list.faults, "list", 0);
    loader_log_vanish(loader);
    loader_note_gone(loader, c->gone.ids, c->gone.count);
    pthread_mutex_lock(&loader->lock);
    bool blocked = c->unblocked && loader->list_faults != 0;
    pthread_mutex_unlock(&loader->lock);
    if (blocked || c->list.faults.count > 0) {
        loader_want_list(loader); /* a row was, or is, in the way of another one */
    }
}

/* The database failed: what was taken is told again, zones whole. */
static void give_back(struct changes *c)
{
    uint32_t *zones = alloc_new((c->batch.zone_count + 1) * sizeof *zones);

    pthread_mutex_lock(&c->store->lock);
    for (size_t i = 0; i < c->run.count + c->row_change_count; i++) {
        struct target *t =
            i < c->run.count ? &c->run.targets[i] : &c->rows[i - c->run.count].target;
        if (t->hosted == NULL) {
            zone_free(t->zone);
            continue;
        }
        if (i >= c->run.count && c->rows[i - c->run.count].notes != NULL) {
            store_keep(c->store, t->hosted); /* the read of it goes on */
            continue;
        }
        if (t->urgent || t->hosted->urgent) {
            id_list_push(&c->done, t->id);
        }
        if (t->hosted->again) {
            id_list_push(&c->want, t->id);
        }
        t->hosted->urgent = t->hosted->again = false;
        store_keep(c->store, t->hosted);
    }
    pthread_mutex_unlock(&c->store->lock);
    for (size_t i = 0; i < c->batch.zone_count; i++) {
        zones[i] = c->batch.zones[i].id;
    }
    struct loader_change change = {.zones = zones,
                                   .zone_count = c->batch.zone_count,
                                   .soas = c->batch.soas,
                                   .soa_count = c->batch.soa_count};
    pthread_mutex_lock(&c->loader->lock);
    change_queue_add(&c->loader->changes, &change, (struct change_at){0});
    pthread_mutex_unlock(&c->loader->lock);
    loader_want_zones(c->loader, c->want.ids, c->want.count);
    for (size_t i = 0; i < c->done.count; i++) {
        c->loader->events.zone_done(c->loader->events.context, c->done.ids[i]);
    }
    free(zones);
}

/* Very many at once, as after a mass import: the list tells of soa rows, whole loads of the others. */
static bool leave_to_others(struct changes *c)
{
    if (c->batch.soa_count <= BATCH_MAX && c->batch.zone_count <= BATCH_MAX) {
        return false;
    }
    for (size_t i = 0; i < c->batch.zone_count; i++) {
        id_list_push(&c->want, c->batch.zones[i].id);
    }
    if (c->batch.soa_count > 0) {
        loader_want_list(c->loader);
    }
    loader_want_changed(c->loader, c->want.ids, c->want.count);
    loader_want_changed(c->loader, c->batch.soas, c->batch.soa_count);
    return true;
}

static void take(struct changes *c, const struct db_position *position)
{
    struct loader *loader = c->loader;
    /* Of what the feed tells meanwhile this view may lack something. */
    bool comparable = !c->run.elsewhere && position->binlog_file[0] != '\0';
    bool told = loader_await_told(loader, position, TELL_WAIT_MS);
    struct change_at upto = change_at(position->binlog_file, position->binlog_pos);

    c->transactional = db_rows_layout(c->worker->rows)->transactional;
    c->exact = told && c->transactional;
    pthread_mutex_lock(&loader->lock);
    /* What the view does not show stays, or it would be lost. */
    change_queue_take(&loader->changes, comparable ? &upto : NULL, &c->batch);
    c->exact &= !c->batch.all;
    pthread_mutex_unlock(&loader->lock);
    changes_touch(loader, c->batch.soas, c->batch.soa_count);
}

static void release(struct changes *c)
{
    for (size_t i = 0; i < c->run.count; i++) {
        target_release(&c->run.targets[i]);
    }
    for (size_t i = 0; i < c->row_change_count; i++) {
        zone_edit_release(&c->rows[i].edit);
        free(c->rows[i].ids);
        target_release(&c->rows[i].target);
    }
    free(c->run.targets);
    free(c->rows);
    free(c->leaving);
    id_list_free(&c->want);
    id_list_free(&c->done);
    id_list_free(&c->gone);
    id_list_free(&c->unsure);
    for (size_t i = 0; i < c->soa_count; i++) {
        free(c->soas[i].octets);
    }
    free(c->soas);
    list_release(&c->list);
    change_batch_release(&c->batch);
    run_let_stamp(&c->run);
}

enum job_outcome changes_run(struct worker *worker)
{
    struct loader *loader = worker->loader;
    struct changes c = {
        .worker = worker, .loader = loader, .store = loader->store, .conf = loader_conf(loader)};
    struct instant begun = clock_now();
    struct db_position position;

    if (!worker_begin(worker, &position)) {
        return JOB_BROKEN;
    }
    c.run.worker = worker;
    c.run.conf = c.conf;
    c.run.stamp = stamp_new(position.server_uid, position.binlog_file, position.binlog_pos, begun);
    c.run.elsewhere = loader_is_elsewhere(loader, &position);
    take(&c, &position);
    bool elsewhere = leave_to_others(&c);
    bool good = elsewhere || changes_read(&c);
    if (good && !elsewhere) { /* what a view has said stands, whatever becomes of the connection */
        prepare(&c);
        show(&c);
    }
    bool ended = db_rows_end(worker->rows) == DB_OK;
    if (good && !elsewhere) {
        end(&c);
    } else if (!good) {
        give_back(&c);
    }
    bool all = c.batch.all;
    release(&c);
    quiesce_collect();
    if (all) {
        loader_note_altered(loader, clock_now());
        loader_reload(loader);
    }
    return good && ended ? JOB_DONE : JOB_BROKEN;
}

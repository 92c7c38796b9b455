/*
 * Step 3 of changes.c: what was told, read in the view. Each statement is a trip to the database, and the
 * new answer waits for all of them, so what has been read is not read again.
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "load/changes_private.h"

/*
 * A new zone of as many rows, which take 3 ms, is loaded beside the changes, unless another one waits for it
 * to take its place; so are those that come when so many rows of others were read.
 */
enum { ARRIVE_ROWS = 1000, ARRIVE_ROWS_MAX = 5000 };

static struct db_value keep_text(char **at, struct db_value text)
{
    struct db_value kept = {*at, text.len, text.null};

    memcpy(*at, text.data, text.len);
    (*at)[text.len] = '\0';
    *at += text.len + 1;
    return kept;
}

static void keep_soa(struct soa_told *told, const struct soa_row *row)
{
    char *at = alloc_new(row->origin.len + row->ns.len + row->mbox.len + 3);

    *told = (struct soa_told){.row = *row, .octets = at};
    told->row.origin = keep_text(&at, row->origin);
    told->row.ns = keep_text(&at, row->ns);
    told->row.mbox = keep_text(&at, row->mbox);
}

/* To ROWS what was read of the soa row ID. False: it was not told, or is not there. */
static bool take_soa(const struct changes *c, uint32_t id, struct zone_rows *rows)
{
    size_t low = 0, high = c->soa_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (c->soas[middle].row.id < id) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    bool there = low < c->soa_count && c->soas[low].row.id == id;
    for (; low < c->soa_count && c->soas[low].row.id == id; low++) { /* ids need not be unique */
        zone_rows_soa(rows, &c->soas[low].row);
    }
    return there;
}

static int by_id(const void *a, const void *b)
{
    const struct soa_told *x = a, *y = b;
    return x->row.id < y->row.id ? -1 : x->row.id > y->row.id;
}

/* The soa rows told. They are kept: the zones read whole need them as well. */
static bool read_soas(struct changes *c)
{
    struct db_rows *rows = c->worker->rows;
    const struct change_batch *batch = &c->batch;
    enum db_fetch fetched = DB_END;
    struct soa_row row;
    size_t cap = batch->soa_count;

    c->soas = alloc_new((cap + 1) * sizeof *c->soas);
    for (size_t i = 0; i < batch->soa_count && fetched == DB_END; i += DB_IDS_MAX) {
        size_t count = batch->soa_count - i < DB_IDS_MAX ? batch->soa_count - i : DB_IDS_MAX;
        if (db_rows_soa_ids(rows, batch->soas + i, count) != DB_OK) {
            return false;
        }
        while ((fetched = db_rows_next_soa(rows, &row)) == DB_ROW) {
            list_add(&c->list, c->conf->soa_table, &row);
            if (c->soa_count == cap) {
                cap = cap * 2 + 1;
                c->soas = alloc_resize(c->soas, cap + 1, sizeof *c->soas);
            }
            keep_soa(&c->soas[c->soa_count++], &row);
        }
    }
    /* SQL's order is another one where ids are no numbers. */
    list_sort(&c->list);
    qsort(c->soas, c->soa_count, sizeof *c->soas, by_id);
    return fetched == DB_END;
}

/* Zones to be read whole by the same statements. */
struct group {
    uint32_t ids[DB_IDS_MAX];
    size_t count;
};

static bool read_group(struct changes *c, const struct group *group)
{
    struct run *run = &c->run;
    struct group untold = {.count = 0};

    for (size_t i = 0; i < group->count; i++) {
        uint32_t id = group->ids[i];
        if (!take_soa(c, id, &run_target(run, id)->rows)) {
            untold.ids[untold.count++] = id;
        }
    }
    return (untold.count == 0 || run_read_soa(run, untold.ids, untold.count)) &&
           (group->count == 0 || run_read_rr(run, group->ids, group->count));
}

/* A zone that comes, and that nobody has to have at once: it is left to zone_load.c if it is large. */
static bool read_arrival(struct changes *c, struct target *t, uint64_t *arrived)
{
    t->unread = *arrived >= ARRIVE_ROWS_MAX;
    if (t->unread) {
        return true;
    }
    take_soa(c, t->id, &t->rows); /* it is there, and makes the zone come */
    if (!run_read_rr_some(&c->run, t->id, ARRIVE_ROWS)) {
        return false;
    }
    uint64_t fetched = db_rows_fetched(c->worker->rows);
    *arrived += fetched;
    t->unread = fetched >= ARRIVE_ROWS;
    if (t->unread) {
        zone_rows_release(&t->rows); /* read again by who loads it */
    }
    return true;
}

static bool read_whole(struct changes *c)
{
    struct run *run = &c->run;
    struct group group = {.count = 0};
    uint64_t arrived = 0;

    for (size_t i = 0; i < run->count; i++) {
        target_begin(run, &run->targets[i]);
    }
    for (size_t i = 0; i < run->count; i++) {
        struct target *t = &run->targets[i];
        bool comes = t->hosted == NULL && !t->urgent;
        if (t->unread) {
            continue;
        }
        if (comes && !read_arrival(c, t, &arrived)) {
            return false;
        }
        if (!comes) {
            group.ids[group.count++] = t->id;
        }
        if (group.count == DB_IDS_MAX) {
            if (!read_group(c, &group)) {
                return false;
            }
            group.count = 0;
        }
    }
    return read_group(c, &group);
}

static void note(struct row_change *change, uint32_t id, const struct name *owner)
{
    if (change->notes != NULL) {
        notes_add(change->notes, id, owner);
    }
}

static void drop_rows(struct row_change *change)
{
    const struct change_zone *told = change->told;
    struct name owner;

    change->ids = alloc_new((told->row_count + 1) * sizeof *change->ids);
    for (size_t i = 0; i < told->row_count; i++) {
        const struct change_row *row = &told->rows[i];
        if (change->id_count == 0 || change->ids[change->id_count - 1] != row->id) {
            change->ids[change->id_count++] = row->id;
            /* Also of a row that is served nowhere: by its id what is wrong with it is taken over. */
            note(change, row->id, &change->target.rows.origin);
        }
        /* Of a name that cannot be read no row was served. */
        if (row->had_owner && rr_text_owner((const char *)row->owner, row->owner_len,
                                            &change->target.rows.origin, &owner) == NULL) {
            zone_edit_drop(&change->edit, &owner, row->id);
            note(change, row->id, &owner);
        }
    }
}

static bool read_rows(struct changes *c, struct row_change *change)
{
    struct db_rows *rows = c->worker->rows;
    struct target *t = &change->target;
    enum db_fetch fetched = DB_END;
    struct rr_row rr;

    zone_edit_begin(&change->edit, t->zone);
    zone_rows_begin_edit(&t->rows, t->zone, c->conf, faults_add, &t->faults, &change->edit);
    if (change->soa_told) {
        if (change->notes != NULL) {
            change->notes->soa = true;
        }
        take_soa(c, t->id, &t->rows);
    }
    if (change->told != NULL) {
        drop_rows(change);
    }
    for (size_t i = 0; i < change->id_count && fetched == DB_END; i += DB_IDS_MAX) {
        size_t count = change->id_count - i < DB_IDS_MAX ? change->id_count - i : DB_IDS_MAX;
        if (db_rows_rr_ids(rows, change->ids + i, count) != DB_OK) {
            return false;
        }
        while ((fetched = db_rows_next_rr(rows, &rr)) == DB_ROW) {
            /* Of another zone: it has moved, and that one was told of it, too. */
            if (rr.zone == t->id && zone_rows_rr(&t->rows, &rr, &c->worker->record)) {
                note(change, rr.id, &c->worker->record.owner);
            }
        }
    }
    return fetched == DB_END;
}

/* Has vanish protection counted already what the zones lack? */
static bool is_loss_told(struct changes *c)
{
    pthread_mutex_lock(&c->store->lock);
    struct vanish_measure m = loader_measure(c->loader);
    pthread_mutex_unlock(&c->store->lock);
    return c->exact && !vanish_wants_proof(&c->loader->vanish, &m);
}

bool changes_read(struct changes *c)
{
    if (!read_soas(c)) {
        return false;
    }
    changes_plan(c);
    if (!read_whole(c) || (!is_loss_told(c) && !run_look_around(&c->run))) {
        return false;
    }
    for (size_t i = 0; i < c->row_change_count; i++) {
        if (!read_rows(c, &c->rows[i])) {
            return false;
        }
    }
    return true;
}

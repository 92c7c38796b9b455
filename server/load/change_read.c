/*
 * Step 3 of changes.c: what was told, read in the view. Each statement is a trip to the database, and the
 * new answer waits for all of them, so what has been read is not read again.
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "load/changes_private.h"

enum {
    /* A new zone of as many is loaded beside the changes, unless another one waits for it to take its place. */
    ARRIVE_ROWS = 50000,
    CLOSE_IDS = 8, /* zones further apart are not read by one range */
};

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

/* NULL: it was not told, or is not there. */
static const struct soa_row *soa_told(const struct changes *c, uint32_t id)
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
    return low < c->soa_count && c->soas[low].row.id == id ? &c->soas[low].row : NULL;
}

/* The soa rows told, in order of id: each one costs a trip to the database, so what they hold is kept. */
static bool read_soas(struct changes *c)
{
    struct db_rows *rows = c->worker->rows;
    enum db_fetch fetched = DB_END;
    struct soa_row row;

    c->soas = alloc_zero(c->batch.soa_count + 1, sizeof *c->soas);
    for (size_t i = 0; i < c->batch.soa_count && fetched == DB_END; i++) {
        if (db_rows_soa_range(rows, c->batch.soas[i], c->batch.soas[i]) != DB_OK) {
            return false;
        }
        while ((fetched = db_rows_next_soa(rows, &row)) == DB_ROW) {
            list_add(&c->list, c->conf->soa_table, &row);
            if (row.id == c->batch.soas[i] &&
                soa_told(c, row.id) == NULL) { /* a view may have two */
                keep_soa(&c->soas[c->soa_count++], &row);
            }
        }
    }
    return fetched == DB_END;
}

/* The soa rows of COUNT targets from FIRST on. */
static bool take_soas(struct changes *c, size_t first, size_t count)
{
    struct run *run = &c->run;
    bool all = true;

    for (size_t i = first; i < first + count; i++) {
        all = all && soa_told(c, run->targets[i].id) != NULL;
    }
    if (!all) {
        return run_read_soa(run, first, count);
    }
    for (size_t i = first; i < first + count; i++) {
        zone_rows_soa(&run->targets[i].rows, soa_told(c, run->targets[i].id));
    }
    return true;
}

/* A zone that comes, and that nobody has to have at once: it is left to zone_load.c if it is large. */
static bool may_be_large(const struct target *t)
{
    return t->hosted == NULL && !t->urgent;
}

static bool read_arrival(struct changes *c, struct target *t)
{
    if (!run_read_rr_some(&c->run, t, ARRIVE_ROWS)) {
        return false;
    }
    t->unread = db_rows_fetched(c->worker->rows) >= ARRIVE_ROWS;
    return true;
}

static bool read_whole(struct changes *c)
{
    struct run *run = &c->run;

    for (size_t i = 0; i < run->count; i++) {
        target_begin(run, &run->targets[i]);
    }
    for (size_t i = 0, end; i < run->count; i = end) {
        struct target *t = run->targets;
        end = i + 1;
        if (t[i].unread) {
            continue;
        }
        if (may_be_large(&t[i])) {
            if (!take_soas(c, i, 1) || !read_arrival(c, &t[i])) {
                return false;
            }
            continue;
        }
        while (end < run->count && !t[end].unread && !may_be_large(&t[end]) &&
               t[end].id - t[end - 1].id <= CLOSE_IDS) {
            end++;
        }
        if (!take_soas(c, i, end - i) || !run_read_rr(run, i, end - i)) {
            return false;
        }
    }
    return true;
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
        const struct soa_row *soa = soa_told(c, t->id);
        if (soa != NULL) {
            zone_rows_soa(&t->rows, soa);
        }
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

/*
 * The origin list: every soa row, read in one statement, against what the store hosts. The first list,
 * and one with very many differences, is taken as it is: new ids are added, vanished ones removed, one
 * whose origin changed is removed and added. Few differences are handed on as if the change feed had
 * told of them (changes.c), which reads the zones before it shows them. A zone whose serial changed is loaded
 * anew. A failed statement changes nothing: "no table" is never "no zones".
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/log.h"
#include "base/quiesce.h"
#include "load/loader_private.h"

/* Up to so many differences are worked off one by one. */
enum { FEW_MAX = 1000 };
/* How often columns are looked at, which costs the database some ms. */
enum { COLUMNS_MS = 10000 };

void list_add(struct list *list, const char *table, const struct soa_row *row)
{
    struct row_fault fault;
    struct name name;

    if (!origin_from_row(row, &name, &fault)) {
        faults_add(&list->faults,
                   &(struct finding){.table = table,
                                     .id = row->id,
                                     .column = fault.column,
                                     .reason = fault.reason,
                                     .value = row->origin.null ? "" : row->origin.data,
                                     .value_len = row->origin.null ? 0 : row->origin.len});
        return;
    }
    if (list->count == list->cap) {
        list->cap = list->cap == 0 ? 64 : list->cap * 2;
        list->items = alloc_resize(list->items, list->cap, sizeof *list->items);
    }
    /* The store compares names with the slack behind them (dns/lookup_name.h). */
    struct name *origin = alloc_zero(1, 1u + name.len + NAME_SLACK);
    memcpy(origin, &name, 1u + name.len);
    list->items[list->count++] = (struct listed){row->id, row->serial, origin};
}

void list_release(struct list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        free(list->items[i].origin);
    }
    free(list->items);
    faults_release(&list->faults);
}

static int by_id(const void *a, const void *b)
{
    const struct listed *x = a, *y = b;
    return x->id < y->id ? -1 : x->id > y->id;
}

void list_sort(struct list *list)
{
    if (list->count > 1) {
        qsort(list->items, list->count, sizeof *list->items, by_id);
    }
}

const struct listed *listed_id(const struct list *list, uint32_t id)
{
    struct listed key = {.id = id};
    return list->count == 0 ? NULL
                            : bsearch(&key, list->items, list->count, sizeof *list->items, by_id);
}

bool listed_same_origin(const struct hosted *hosted, const struct listed *item)
{
    return hosted->zone->origin_len == item->origin->len &&
           memcmp(hosted->zone->origin, item->origin->octets, item->origin->len) == 0;
}

struct vanished {
    const struct list *list;
    const struct id_list *touched;
    uint32_t *ids;
    size_t count, cap;
};

static void find_vanished(struct hosted *hosted, void *context)
{
    struct vanished *vanished = context;
    const struct listed *item = listed_id(vanished->list, hosted->zone->id);
    if ((item != NULL && listed_same_origin(hosted, item)) ||
        id_list_has(vanished->touched, hosted->zone->id)) {
        return;
    }
    if (vanished->count == vanished->cap) {
        vanished->cap = vanished->cap == 0 ? 16 : vanished->cap * 2;
        vanished->ids = alloc_resize(vanished->ids, vanished->cap, sizeof *vanished->ids);
    }
    vanished->ids[vanished->count++] = hosted->zone->id;
}

void list_add_taken(struct list *list, const char *table, const struct listed *item)
{
    char text[NAME_TEXT_SIZE];

    name_to_text(text, item->origin->octets);
    faults_add(&list->faults, &(struct finding){.table = table,
                                                .id = item->id,
                                                .column = "origin",
                                                .reason = origin_is_taken,
                                                .value = text,
                                                .value_len = strlen(text)});
}

/* Where the list and the store differ. */
struct differences {
    struct vanished vanished; /* hosted, and not in the list as such */
    struct id_list fresh;     /* in the list, and not hosted */
    struct id_list load;      /* to be loaded for their serial */
};

/* Is the zone that is hosted under ITEM's origin one that stays? */
static bool is_taken(struct store *store, const struct list *list, const struct listed *item)
{
    struct hosted *hosted = store_hosted_origin(store, item->origin);
    const struct listed *own = hosted == NULL ? NULL : listed_id(list, hosted->zone->id);
    return own != NULL && listed_same_origin(hosted, own);
}

/* A million zones are not compared in one go while queries for zones not loaded wait for the lock. */
static void pause_at_times(struct store *store, size_t step)
{
    enum { STEPS = 512 };
    if (step % STEPS == STEPS - 1) {
        store_pause(store);
    }
}

/*
 * The store's lock is held, but let go at times: changes are kept out by the caller, so no zone comes
 * meanwhile. TOUCHED: ids that are further than the list.
 */
static void find_differences(struct store *store, const struct conf *conf, struct list *list,
                             const struct id_list *touched, struct differences *found)
{
    found->vanished.list = list;
    found->vanished.touched = touched;
    uint32_t at = 0;
    while ((at = store_each_some(store, at, find_vanished, &found->vanished)) != 0) {
        store_pause(store);
    }
    for (size_t i = 0; i < list->count; i++) {
        pause_at_times(store, i);
        const struct listed *item = &list->items[i];
        struct hosted *hosted = store_hosted(store, item->id);
        if (id_list_has(touched, item->id)) {
            continue;
        }
        if (hosted == NULL || !listed_same_origin(hosted, item)) {
            if (is_taken(store, list, item)) {
                list_add_taken(list, conf->soa_table, item);
            } else {
                id_list_push(&found->fresh, item->id);
            }
            continue;
        }
        bool loaded = atomic_load_explicit(&hosted->zone->soa, memory_order_relaxed) != NULL;
        if (!loaded) {
            store_set_held(store, hosted,
                           false); /* its soa row is there again: no load need tell */
        }
        if (hosted->list_serial != item->serial) {
            hosted->list_serial = item->serial;
            if (conf->preload || loaded) {
                id_list_push(&found->load, item->id);
            }
        }
    }
}

static void release_differences(struct differences *found)
{
    free(found->vanished.ids);
    id_list_free(&found->fresh);
    id_list_free(&found->load);
}

/* Take the list as it is. The store's lock is held, but let go at times. */
static void reconcile(struct store *store, const struct conf *conf, struct list *list,
                      struct differences *found)
{
    for (size_t i = 0; i < found->vanished.count; i++) {
        pause_at_times(store, i);
        struct hosted *hosted = store_hosted(store, found->vanished.ids[i]);
        if (hosted != NULL) {
            store_remove(store, hosted);
        }
    }
    for (size_t i = 0; i < found->fresh.count; i++) {
        const struct listed *item = listed_id(list, found->fresh.ids[i]);
        pause_at_times(store, i);
        if (store_hosted_origin(store, item->origin) != NULL) { /* two new rows of one origin */
            list_add_taken(list, conf->soa_table, item);
            continue;
        }
        store_add(store, item->id, item->origin)->list_serial = item->serial;
        if (conf->preload) {
            id_list_push(&found->load, item->id);
        }
    }
}

/*
 * Vanish protection, for very many differences: zones that are gone stay, and what would take their ids
 * or origins does not come yet. Few are judged when they are shown (changes.c). True: that is to be seen in a
 * moment. The store's lock is held, but let go at times.
 */
static bool judge(struct loader *loader, struct list *list, struct differences *found,
                  struct instant read_at)
{
    struct store *store = loader->store;
    size_t moved = 0, kept = 0;

    for (size_t i = 0; i < found->fresh.count; i++) {
        pause_at_times(store, i);
        moved += store_hosted_origin(store, listed_id(list, found->fresh.ids[i])->origin) != NULL;
    }
    size_t gone = found->vanished.count > moved ? found->vanished.count - moved : 0;
    uint64_t digest = 0;
    for (size_t i = 0; i < found->vanished.count; i++) {
        digest += loader_digest_id(found->vanished.ids[i]);
    }
    bool unsure;
    if (loader_may_go(loader, gone, digest, read_at, &unsure)) {
        return false;
    }
    for (size_t i = 0; i < found->vanished.count; i++) {
        pause_at_times(store, i);
        struct hosted *hosted = store_hosted(store, found->vanished.ids[i]);
        if (hosted != NULL) {
            store_set_held(store, hosted, true);
        }
    }
    found->vanished.count = 0;
    for (size_t i = 0; i < found->fresh.count; i++) {
        const struct listed *item = listed_id(list, found->fresh.ids[i]);
        pause_at_times(store, i);
        if (store_hosted(store, item->id) == NULL &&
            store_hosted_origin(store, item->origin) == NULL) {
            found->fresh.ids[kept++] = item->id;
        }
    }
    found->fresh.count = kept;
    return unsure;
}

static enum job_outcome read_list(struct worker *worker, struct list *list)
{
    const char *table = loader_conf(worker->loader)->soa_table;
    struct soa_row row;
    enum db_fetch fetched;

    if (db_rows_all_soa(worker->rows) != DB_OK) {
        return JOB_BROKEN;
    }
    while ((fetched = db_rows_next_soa(worker->rows, &row)) == DB_ROW) {
        list_add(list, table, &row);
    }
    if (fetched == DB_END) {
        faults_log_ids(worker->loader, table, db_rows_left_out(worker->rows));
    }
    list_sort(list);
    return fetched == DB_END ? JOB_DONE : JOB_BROKEN;
}

/* Hand few differences on. */
static void hand_on(struct loader *loader, const struct differences *found)
{
    struct id_list ids = {0};

    for (size_t i = 0; i < found->fresh.count; i++) {
        id_list_push(&ids, found->fresh.ids[i]);
    }
    for (size_t i = 0; i < found->vanished.count; i++) {
        id_list_push(&ids, found->vanished.ids[i]);
    }
    if (ids.count > 0) {
        loader_want_soas(loader, ids.ids, ids.count);
    }
    id_list_free(&ids);
}

static void take_list(struct loader *loader, struct list *list, bool first)
{
    struct store *store = loader->store;
    const struct conf *conf = loader_conf(loader);
    struct differences found = {0};

    pthread_mutex_lock(&loader->lock);
    loader->list_taken = true;
    struct instant begun = loader->list_begun;
    pthread_mutex_unlock(&loader->lock);
    changes_exclude(loader);
    id_list_sort(&loader->list_touched); /* who touches has the same right */
    pthread_mutex_lock(&store->lock);
    find_differences(store, conf, list, &loader->list_touched, &found);
    bool few = !first && found.fresh.count + found.vanished.count <= FEW_MAX;
    bool unsure = !few && judge(loader, list, &found, begun);
    size_t added = found.fresh.count, removed = found.vanished.count;
    if (!few) {
        reconcile(store, conf, list, &found);
    }
    pthread_mutex_unlock(&store->lock);
    changes_admit(loader);
    if (unsure) {
        again_list(loader);
    }
    if (few) {
        hand_on(loader, &found);
    } else if (!first && added + removed > 0) {
        log_info("zones added: %zu, removed: %zu", added, removed);
    }
    loader_log_vanish(loader);
    quiesce_collect();
    loader_want_zones(loader, found.load.ids, found.load.count);
    release_differences(&found);
}

void loader_note_gone(struct loader *loader, const uint32_t *ids, size_t count)
{
    pthread_mutex_lock(&loader->lock);
    for (size_t i = 0; i < count && loader->gone.count < GONE_MAX; i++) {
        id_list_push(&loader->gone, ids[i]);
    }
    pthread_mutex_unlock(&loader->lock);
}

/*
 * A soa row that goes should take its rr rows with it; one that a REPLACE gave another id leaves them
 * without a zone. Looked for with the sweep, since panels delete one before the other, and counted no
 * further than it costs nothing. False: the database failed.
 */
static bool tell_orphans(struct worker *worker, const struct list *list)
{
    enum { COUNTED = 1000 };
    struct loader *loader = worker->loader;
    const struct conf *conf = loader_conf(loader);

    pthread_mutex_lock(&loader->lock);
    struct id_list gone = loader->gone;
    loader->gone = (struct id_list){0};
    pthread_mutex_unlock(&loader->lock);
    bool good = true;
    for (size_t i = 0; i < gone.count && good; i++) {
        uint64_t count = 0;
        if (listed_id(list, gone.ids[i]) == NULL) {
            good = db_rows_count_rr(worker->rows, gone.ids[i], COUNTED, &count);
        }
        if (good && count > 0) {
            log_warning(
                "table %s: %llu%s rows are of zone %u, which table %s no longer has: they are "
                "not served",
                conf->rr_table, (unsigned long long)count, count == COUNTED ? " or more" : "",
                gone.ids[i], conf->soa_table);
        }
    }
    id_list_free(&gone);
    return good;
}

/* ALTER TABLE is told by no rung but the binlog's. */
static void look_at_columns(struct worker *worker)
{
    struct loader *loader = worker->loader;
    struct instant now = clock_now();

    if (instant_diff_ms(now, loader->columns_at) < COLUMNS_MS) {
        return;
    }
    loader->columns_at = now;
    if (db_rows_is_outdated(worker->rows, loader_conf(loader))) {
        log_info("columns of the tables have changed, all zones are read again");
        loader_renew(loader);
        worker_renew(worker);
        loader_note_altered(loader, clock_now());
        loader_reload(loader);
    }
}

enum job_outcome origins_read(struct worker *worker)
{
    struct loader *loader = worker->loader;
    struct list list = {0};
    bool first = !atomic_load_explicit(&loader->store->complete, memory_order_relaxed);

    look_at_columns(worker);
    enum job_outcome outcome = read_list(worker, &list);
    if (outcome == JOB_DONE) {
        take_list(loader, &list, first);
        pthread_mutex_lock(&loader->lock);
        uint64_t known = loader->list_faults;
        loader->list_faults = list.faults.digest;
        pthread_mutex_unlock(&loader->lock);
        faults_log(&list.faults, "list", known);
        if (first) { /* from now on what is not in the store is not hosted */
            log_info("origin list read: %zu zones", list.count);
            loader_tell_room(loader);
        }
        loader_tell_complete(loader);
        outcome = tell_orphans(worker, &list) ? JOB_DONE : JOB_BROKEN;
    }
    list_release(&list);
    return outcome;
}

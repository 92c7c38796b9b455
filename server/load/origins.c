/*
 * The origin list: every soa row, read in one statement, against what the store hosts. New ids are
 * added, vanished ones removed, one whose origin changed is removed and added; one whose serial
 * changed is loaded anew. A failed statement changes nothing: "no table" is never "no zones".
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/log.h"
#include "base/quiesce.h"
#include "load/loader_private.h"

struct listed {
    uint32_t id, serial;
    struct name *origin; /* given */
};

struct list {
    struct listed *items; /* in order of id */
    size_t count, cap;
    struct faults faults;
};

static void list_add(struct list *list, const char *table, const struct soa_row *row)
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
    list->items[list->count++] =
        (struct listed){row->id, row->serial, alloc_copy(&name, 1u + name.len)};
}

static void list_release(struct list *list)
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

static const struct listed *listed_id(const struct list *list, uint32_t id)
{
    struct listed key = {.id = id};
    return list->count == 0 ? NULL
                            : bsearch(&key, list->items, list->count, sizeof *list->items, by_id);
}

static bool same_origin(const struct hosted *hosted, const struct listed *item)
{
    return hosted->zone->origin_len == item->origin->len &&
           memcmp(hosted->zone->origin, item->origin->octets, item->origin->len) == 0;
}

struct vanished {
    const struct list *list;
    struct hosted **items;
    size_t count, cap;
};

static void find_vanished(struct hosted *hosted, void *context)
{
    struct vanished *vanished = context;
    const struct listed *item = listed_id(vanished->list, hosted->zone->id);
    if (item != NULL && same_origin(hosted, item)) {
        return;
    }
    if (vanished->count == vanished->cap) {
        vanished->cap = vanished->cap == 0 ? 16 : vanished->cap * 2;
        vanished->items = alloc_resize(vanished->items, vanished->cap, sizeof(struct hosted *));
    }
    vanished->items[vanished->count++] = hosted;
}

/* Host what LIST has and the store has not; ids to load go to LOAD. The store's lock is held. */
static void add_listed(struct store *store, const struct conf *conf, struct list *list,
                       struct id_list *load, unsigned *added)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct listed *item = &list->items[i];
        struct hosted *hosted = store_hosted(store, item->id);
        if (hosted != NULL) {
            if (hosted->list_serial != item->serial) {
                hosted->list_serial = item->serial;
                if (conf->preload ||
                    atomic_load_explicit(&hosted->zone->soa, memory_order_relaxed) != NULL) {
                    id_list_push(load, item->id);
                }
            }
            continue;
        }
        if (store_hosted_origin(store, item->origin) != NULL) {
            char text[NAME_TEXT_SIZE];
            name_to_text(text, item->origin->octets);
            faults_add(&list->faults, &(struct finding){.table = conf->soa_table,
                                                        .id = item->id,
                                                        .column = "origin",
                                                        .reason = origin_is_taken,
                                                        .value = text,
                                                        .value_len = strlen(text)});
            continue;
        }
        hosted = store_add(store, item->id, item->origin);
        hosted->list_serial = item->serial;
        if (conf->preload) {
            id_list_push(load, item->id);
        }
        (*added)++;
    }
}

/* Bring the store in line with LIST. The store's lock is held. */
static void reconcile(struct store *store, const struct conf *conf, struct list *list,
                      struct id_list *load, unsigned *added, unsigned *removed)
{
    struct vanished vanished = {.list = list};

    store_each(store, find_vanished, &vanished);
    for (size_t i = 0; i < vanished.count; i++) {
        store_remove(store, vanished.items[i]);
    }
    *removed = (unsigned)vanished.count;
    free(vanished.items);
    add_listed(store, conf, list, load, added);
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
    if (list->count > 1) {
        qsort(list->items, list->count, sizeof *list->items, by_id);
    }
    return fetched == DB_END ? JOB_DONE : JOB_BROKEN;
}

enum job_outcome origins_read(struct worker *worker)
{
    struct loader *loader = worker->loader;
    struct store *store = loader->store;
    const struct conf *conf = loader_conf(loader);
    struct list list = {0};
    struct id_list load = {0};
    unsigned added = 0, removed = 0;

    enum job_outcome outcome = read_list(worker, &list);
    if (outcome == JOB_DONE) {
        bool first = !atomic_load_explicit(&store->complete, memory_order_relaxed);
        pthread_mutex_lock(&store->lock);
        reconcile(store, conf, &list, &load, &added, &removed);
        pthread_mutex_unlock(&store->lock);
        quiesce_collect();
        pthread_mutex_lock(&loader->lock);
        uint64_t known = loader->list_faults;
        loader->list_faults = list.faults.digest;
        pthread_mutex_unlock(&loader->lock);
        faults_log(&list.faults, "list", known);
        if (first) { /* from now on what is not in the store is not hosted */
            log_info("origin list read: %zu zones", list.count);
        }
        loader_tell_complete(loader);
        if (!first && (added > 0 || removed > 0)) {
            log_info("zones added: %u, removed: %u", added, removed);
        }
        loader_want_zones(loader, load.ids, load.count);
    }
    id_list_free(&load);
    list_release(&list);
    return outcome;
}

static enum job_outcome read_some(struct worker *worker, const uint32_t *ids, size_t count,
                                  struct list *list)
{
    const char *table = loader_conf(worker->loader)->soa_table;
    struct db_position position;
    enum db_fetch fetched = DB_END;
    struct soa_row row;

    if (!worker_begin(worker, &position)) {
        return JOB_BROKEN;
    }
    for (size_t i = 0; i < count && fetched == DB_END; i++) {
        if (db_rows_soa_range(worker->rows, ids[i], ids[i]) != DB_OK) {
            fetched = DB_BROKEN;
            break;
        }
        while ((fetched = db_rows_next_soa(worker->rows, &row)) == DB_ROW) {
            list_add(list, table, &row);
        }
    }
    return db_rows_end(worker->rows) == DB_OK && fetched == DB_END ? JOB_DONE : JOB_BROKEN;
}

enum job_outcome origins_update(struct worker *worker, const uint32_t *ids, size_t count)
{
    struct loader *loader = worker->loader;
    struct store *store = loader->store;
    struct list list = {0};
    struct id_list load = {0};
    unsigned added = 0;

    enum job_outcome outcome = read_some(worker, ids, count, &list);
    if (outcome == JOB_DONE) {
        pthread_mutex_lock(&store->lock);
        for (size_t i = 0; i < count; i++) {
            struct hosted *hosted = store_hosted(store, ids[i]);
            const struct listed *item = listed_id(&list, ids[i]);
            if (hosted != NULL && (item == NULL || !same_origin(hosted, item))) {
                store_remove(store, hosted);
            } else if (hosted != NULL) {
                hosted->list_serial = item->serial;
            }
        }
        add_listed(store, loader_conf(loader), &list, &load, &added);
        pthread_mutex_unlock(&store->lock);
        quiesce_collect();
        faults_log(&list.faults, "list", 0);
        loader_want_changed(loader, ids, count);
        if (list.faults.count > 0) {
            loader_want_list(loader); /* a row may be in the way of another one */
        }
    } else {
        loader_want_list(loader); /* the whole list tells as well, on the next connection */
    }
    id_list_free(&load);
    list_release(&list);
    return outcome;
}

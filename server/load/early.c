/*
 * Before the first origin list is there, which takes seconds where zones are very many: the zones above
 * one name, found by a statement of its own. All suffixes of the name are asked for at once, so the longest
 * hosted origin above it is known, and for this name no child zone is overlooked; other names are looked
 * up for themselves. That nothing was found is no reason to refuse: that is the list's to say.
 */
#include <string.h>

#include "load/loader_private.h"

/* So long a question waits (net/late.h): names asked for before that are let go. */
enum { WAIT_MS = 1000 };

/*
 * Only names of which the tables are likely to have one spelling, but for case: with others the nearest
 * origin might be written with escapes, and a zone above it be taken for the nearest.
 */
static bool is_plain(const struct name *name)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyz0123456789-_";

    for (const uint8_t *label = name->octets; *label != 0; label += 1 + *label) {
        for (unsigned i = 1; i <= *label; i++) {
            if (label[i] == '\0' || strchr(plain, label[i]) == NULL) {
                return false;
            }
        }
    }
    return true;
}

bool loader_look_up(struct loader *loader, uint64_t key, const struct name *name)
{
    if (!is_plain(name)) {
        return false;
    }
    pthread_mutex_lock(&loader->lock);
    size_t i = 0;
    while (i < loader->early_count && loader->early[i].key != key) {
        i++;
    }
    bool there = i < EARLY_MAX;
    if (i == loader->early_count && there) {
        loader->early[loader->early_count++] = (struct early_name){key, false, clock_now(), *name};
        loader->early_waiting++;
        pthread_cond_broadcast(&loader->work);
    }
    pthread_mutex_unlock(&loader->lock);
    return there;
}

bool early_waits(const struct worker *worker)
{
    const struct loader *loader = worker->loader;

    if (loader->early_waiting == 0) {
        return false;
    }
    if (worker->took_name &&
        (loader->urgent.first < loader->urgent.count || changes_wait(loader))) {
        return false; /* in turn */
    }
    return worker->spare || !loader->list_wanted || loader->list_running;
}

void early_take(struct loader *loader, struct early_name *out)
{
    size_t i = 0;
    while (loader->early[i].running) {
        i++;
    }
    loader->early[i].running = true;
    loader->early_waiting--;
    *out = loader->early[i];
}

/* It has ended, well or not. */
static void end(struct loader *loader, const struct early_name *name)
{
    pthread_mutex_lock(&loader->lock);
    for (size_t i = 0; i < loader->early_count; i++) {
        if (loader->early[i].key == name->key) {
            memmove(&loader->early[i], &loader->early[i + 1],
                    (loader->early_count - i - 1) * sizeof loader->early[0]);
            loader->early_count--;
            break;
        }
    }
    pthread_mutex_unlock(&loader->lock);
    loader->events.name_done(loader->events.context, name->key);
}

/* The soa rows of COUNT suffixes, and of what SQL takes for equal. */
static bool read_suffixes(struct worker *worker, const uint8_t *const *suffixes, size_t count,
                          struct list *list)
{
    const char *table = loader_conf(worker->loader)->soa_table;
    char texts[DB_ORIGINS_MAX][NAME_TEXT_SIZE];
    struct db_value origins[DB_ORIGINS_MAX];
    enum db_fetch fetched;
    struct soa_row row;

    for (size_t i = 0; i < count; i++) {
        name_to_text(texts[i], suffixes[i]);
        origins[i] = (struct db_value){.data = texts[i], .len = strlen(texts[i])};
    }
    if (db_rows_soa_by_origins(worker->rows, origins, count) != DB_OK) {
        return false;
    }
    while ((fetched = db_rows_next_soa(worker->rows, &row)) == DB_ROW) {
        list_add(list, table, &row);
    }
    return fetched == DB_END;
}

static bool read_above(struct worker *worker, const struct name *name, struct list *list)
{
    const uint8_t *suffixes[DB_ORIGINS_MAX], *label = name->octets;
    bool last = false;

    while (!last) {
        size_t count = 0;
        while (count < DB_ORIGINS_MAX && !last) {
            suffixes[count++] = label;
            last = *label == 0;
            label += 1 + *label;
        }
        if (!read_suffixes(worker, suffixes, count, list)) {
            return false;
        }
    }
    return true;
}

static bool is_list_taken(struct loader *loader)
{
    pthread_mutex_lock(&loader->lock);
    bool taken = loader->list_taken;
    pthread_mutex_unlock(&loader->lock);
    return taken;
}

/*
 * Host what LIST has above NAME, of two rows of one origin the one of the lower id, as the origin
 * list does, which leaves alone what is touched here.
 */
static void host(struct loader *loader, const struct early_name *name, const struct list *list)
{
    struct store *store = loader->store;
    struct id_list added = {0};

    changes_exclude(loader);
    bool taken = is_list_taken(loader);
    pthread_mutex_lock(&store->lock);
    for (size_t i = 0; i < list->count && !taken; i++) {
        const struct listed *item = &list->items[i];
        if (name_is_at_or_below(name->name.octets, item->origin->octets) &&
            store_hosted(store, item->id) == NULL &&
            store_hosted_origin(store, item->origin) == NULL) {
            store_add(store, item->id, item->origin)->list_serial = item->serial;
            id_list_push(&added, item->id);
        }
    }
    pthread_mutex_unlock(&store->lock);
    changes_touch(loader, added.ids, added.count);
    changes_admit(loader);
    if (!taken) {
        store_note_looked_up(store, name->key);
    }
    if (loader_conf(loader)->preload && added.count > 0) {
        loader_want_zones(loader, added.ids, added.count);
    }
    id_list_free(&added);
}

enum job_outcome early_run(struct worker *worker, const struct early_name *name)
{
    struct loader *loader = worker->loader;
    struct list list = {0};
    bool in_time = instant_diff_ms(clock_now(), name->asked_at) <= WAIT_MS;
    bool good = true;

    if (in_time && !is_list_taken(loader) && db_rows_layout(worker->rows)->origin_any_case) {
        good = read_above(worker, &name->name, &list);
        if (good) {
            list_sort(&list);
            host(loader, name, &list);
        }
    }
    list_release(&list);
    end(loader, name);
    return good ? JOB_DONE : JOB_BROKEN;
}

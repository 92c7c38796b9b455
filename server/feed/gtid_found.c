/*
 * What statements cheaper than reading zones tell of a change: serials that differ, zones that are new or
 * gone, rows with ids that are new.
 */
#include "feed/gtid_private.h"

enum {
    SERIAL_COST_NS = 250, /* 160 of one core, measured over 100,000 zones */
    NEW_ROWS_MAX = 256,   /* looked at once: more come of imports alone */
    CHANGED_MAX = 1000,   /* more zones than that: the list and all zones, at their price */
};

static int64_t serials_cost_us(size_t count)
{
    return STATEMENT_COST_US + (int64_t)count * SERIAL_COST_NS / 1000;
}

/* --- serials --- */

struct changed {
    struct store *store;
    uint32_t ids[CHANGED_MAX];
    size_t count;
    bool more;
};

bool gtid_is_known(struct store *store, uint32_t id)
{
    int64_t from = atomic_load_explicit(&store->vouched_from_ns, memory_order_relaxed);
    pthread_mutex_lock(&store->lock);
    const struct hosted *hosted = store_hosted(store, id);
    bool known = hosted != NULL &&
                 atomic_load_explicit(&hosted->zone->read_ns, memory_order_relaxed) >= from;
    pthread_mutex_unlock(&store->lock);
    return known;
}

/* Is what the sweep found in memory already? Zones asked for are quicker than the sweep. */
static bool has_serial(struct store *store, const struct serial *serial)
{
    pthread_mutex_lock(&store->lock);
    const struct hosted *hosted = store_hosted(store, serial->id);
    bool has = hosted != NULL && hosted->list_serial == serial->serial;
    pthread_mutex_unlock(&store->lock);
    return has && gtid_is_known(store, serial->id);
}

static void add_changed(void *context, uint32_t id, const struct serial *is)
{
    struct changed *changed = context;
    if (is != NULL && has_serial(changed->store, is)) {
        return;
    }
    if (changed->count == CHANGED_MAX) {
        changed->more = true;
    } else {
        changed->ids[changed->count++] = id;
    }
}

/* Positions are not told: what a look has seen every later snapshot shows. */
void gtid_tell(struct gtid_watch *watch, const uint32_t *ids, size_t count)
{
    struct feed *feed = watch->feed;
    struct loader_change change = {
        .soas = ids, .soa_count = count, .server_uid = feed->server_uid, .file = ""};
    loader_changed(feed->loader, &change);
}

static void tell_changed(struct gtid_watch *watch, const struct changed *changed)
{
    struct feed *feed = watch->feed;
    if (!changed->more) {
        if (changed->count > 0) {
            gtid_tell(watch, changed->ids, changed->count);
        }
        return;
    }
    /* The list finds those zones as well; it loads the changed ones, not all. */
    loader_list_since(feed->loader, clock_now());
}

bool gtid_read_serials(struct gtid_watch *watch, uint32_t first_id, struct serials *out)
{
    struct db_rows *rows = watch->feed->rows;
    enum db_fetch fetched;
    uint32_t id, serial;

    if (db_rows_serials(rows, first_id) != DB_OK) {
        return false;
    }
    while ((fetched = db_rows_next_serial(rows, &id, &serial)) == DB_ROW) {
        serials_add(out, id, serial);
    }
    return fetched == DB_END;
}

bool gtid_sweep(struct gtid_watch *watch)
{
    struct instant begun = clock_now();
    struct serials now = {0};
    struct changed changed = {.store = watch->feed->store};

    if (!gtid_read_serials(watch, 0, &now)) {
        serials_release(&now);
        return false;
    }
    serials_compare(&watch->known, &now, add_changed, &changed);
    serials_release(&watch->known);
    watch->known = now;
    watch->sweep_wanted = watch->news_wanted = false;
    gtid_spend(watch, begun, serials_cost_us(watch->known.count));
    tell_changed(watch, &changed);
    return true;
}

bool gtid_find_zones(struct gtid_watch *watch)
{
    struct changed changed = {.store = watch->feed->store};
    size_t before = watch->known.count;
    uint32_t first_id = serials_next_id(&watch->known);

    watch->news_wanted = false;
    if (first_id == 0) {
        return true;
    }
    bool read = gtid_read_serials(watch, first_id, &watch->known);
    for (size_t i = before; i < watch->known.count; i++) {
        add_changed(&changed, watch->known.items[i].id, &watch->known.items[i]);
    }
    tell_changed(watch, &changed);
    return read;
}

/* --- new rows --- */

/*
 * Is the zone to be read at once? *ROWS: how many it has. Even if it was read a moment ago: the row may have
 * come since, and is not found once more.
 */
static bool is_worth_reading(struct store *store, uint32_t id, uint32_t *rows)
{
    pthread_mutex_lock(&store->lock);
    const struct hosted *hosted = store_hosted(store, id);
    bool loaded =
        hosted != NULL && atomic_load_explicit(&hosted->zone->soa, memory_order_relaxed) != NULL;
    *rows = loaded ? hosted->zone->content.rows : 0;
    pthread_mutex_unlock(&store->lock);
    return loaded && *rows <= LARGE_ROWS;
}

static bool has_id(const uint32_t *ids, size_t count, uint32_t id)
{
    for (size_t i = 0; i < count; i++) {
        if (ids[i] == id) {
            return true;
        }
    }
    return false;
}

/* After the last of the new rows, or of those there are now: ids begin anew after a TRUNCATE. */
static bool find_end(struct gtid_watch *watch, bool more)
{
    uint32_t last;

    watch->rows_us -= STATEMENT_COST_US;
    if (!db_rows_last_rr(watch->feed->rows, &last)) {
        return false;
    }
    watch->last_row = more || last < watch->last_row ? last : watch->last_row;
    return true;
}

bool gtid_find_rows(struct gtid_watch *watch)
{
    struct rr_place places[NEW_ROWS_MAX];
    uint32_t ids[NEW_ROWS_MAX], rows;
    size_t count, at = 0, worth = 0;

    watch->rows_us -= STATEMENT_COST_US;
    if (!db_rows_new_rr(watch->feed->rows, watch->last_row, places, NEW_ROWS_MAX, &count)) {
        return false;
    }
    for (; at < count && watch->rows_us >= 0; at++) {
        uint32_t zone = places[at].zone;
        if (!has_id(ids, worth, zone) && is_worth_reading(watch->feed->store, zone, &rows)) {
            watch->rows_us -= gtid_zone_cost_us(watch, rows);
            ids[worth++] = zone;
        }
        watch->last_row = places[at].id;
    }
    bool more = count == NEW_ROWS_MAX; /* of a mass import, which is not followed row by row */
    watch->rows_wanted = at < count && !more;
    if ((more || count == 0) && !find_end(watch, more)) {
        return false;
    }
    if (worth > 0) {
        gtid_tell(watch, ids, worth);
    }
    return true;
}

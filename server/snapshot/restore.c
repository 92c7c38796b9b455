/*
 * Every zone goes through the build that rows of SQL go through, so nothing in the file can make a zone
 * that cannot be answered from, though RDATA may be no better than who wrote the file. What a zone gets
 * here is older than anything the loader has: it is taken only by a zone that has had nothing yet, and
 * counts as past its age limit until the feed vouches for the position of the file or the zone is read.
 */
#include "snapshot/restore.h"

#include <stdio.h>

#include "base/log.h"
#include "snapshot/content.h"

/* --- ages -------------------------------------------------------------------------------------- */

struct restore_age restore_age(const struct snapshot_head *head, int64_t now)
{
    struct restore_age age = {.known = head->saved_at >= 0 && head->there_at >= 0 &&
                                       head->there_at <= head->saved_at &&
                                       head->saved_at <= now + RESTORE_CLOCK_SLACK_SEC};
    if (age.known) {
        age.saved_sec = now > head->saved_at ? now - head->saved_at : 0;
        age.there_sec = now > head->there_at ? now - head->there_at : 0;
    }
    return age;
}

/*
 * Older counts as so old, 34 years: the difference to it must stay below INT32_MAX while the server runs
 * (store_away_sec).
 */
enum { AGO_MAX_SEC = INT32_MAX / 2 };

/* As an instant_sec(): before the last boot the counter wraps, and who takes the difference gets it right. */
uint32_t restore_away_from(const struct snapshot_head *head, int64_t wall_sec, struct instant now)
{
    struct restore_age age = restore_age(head, wall_sec);
    int64_t ago = age.known && age.there_sec < AGO_MAX_SEC ? age.there_sec : AGO_MAX_SEC;
    uint32_t sec = instant_sec(now) - (uint32_t)ago;
    return sec == 0 ? 1 : sec;
}

uint32_t restore_away_from_again(const struct snapshot_head *head, int64_t wall_sec,
                                 struct instant now, uint32_t from_sec)
{
    uint32_t from = restore_away_from(head, wall_sec, now);
    int32_t moved = (int32_t)(from - from_sec);
    bool set = moved > RESTORE_CLOCK_SLACK_SEC || moved < -RESTORE_CLOCK_SLACK_SEC;
    return set && restore_age(head, wall_sec).known ? from : from_sec;
}

/* --- hosting ----------------------------------------------------------------------------------- */

void restore_host(struct restore *restore, int64_t wall_sec)
{
    struct store *store = restore->store;
    struct restore_age age = restore_age(&restore->file->head, wall_sec);
    struct instant now = clock_now();
    struct zone_entry entry;

    int64_t read_ns = age.known ? now.ns - age.saved_sec * 1000000000 : 1;
    const struct db_position *position = &restore->file->head.place.position;
    struct instant read_at = {.ns = read_ns > 0 ? read_ns : 1}; /* before the last boot */
    restore->stamp =
        stamp_new(position->server_uid, position->binlog_file, position->binlog_pos, read_at);
    restore->begun = now;

    restore->claimed = alloc_zero(restore->file->head.blocks + (size_t)1, sizeof *restore->claimed);
    file_first_zone(restore->file);
    pthread_mutex_lock(&store->lock);
    for (uint32_t i = 0; i < restore->file->head.zones; i++) {
        file_next_zone(restore->file, &entry);
        if (entry.flags & ENTRY_STRUCK) {
            restore->struck++;
        } else if (store_hosted(store, entry.id) == NULL &&
                   store_hosted_origin(store, &entry.origin) == NULL) {
            store_add(store, entry.id, &entry.origin)->list_serial = entry.serial;
            restore->hosted++;
        }
    }
    pthread_mutex_unlock(&store->lock);
    atomic_store_explicit(&store->away_from_sec,
                          restore_away_from(&restore->file->head, wall_sec, now),
                          memory_order_relaxed);
    atomic_store_explicit(&store->restoring, true, memory_order_relaxed);
    atomic_store_explicit(&store->complete, true, memory_order_seq_cst);
}

/* --- which block next --------------------------------------------------------------------------- */

/* The block with the content of zone ID: zones stand in order of their ids. False: there is none. */
static bool find_block(const struct restore *restore, uint32_t id, uint32_t *block)
{
    const struct snapshot_file *file = restore->file;
    uint32_t low = 0, high = file->head.zones;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (file->places[middle].id < id) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    if (low == file->head.zones || file->places[low].id != id || file->places[low].len == 0) {
        return false;
    }
    uint32_t first = 0, behind = file->head.blocks; /* the last one that begins at or before LOW */
    while (behind - first > 1) {
        uint32_t middle = first + (behind - first) / 2;
        if (file->spans[middle].first <= low) {
            first = middle;
        } else {
            behind = middle;
        }
    }
    *block = first;
    return true;
}

static bool claim(struct restore *restore, uint32_t block)
{
    return !atomic_exchange_explicit(&restore->claimed[block], true, memory_order_relaxed);
}

/* One with a zone that somebody waits for, else in order. */
static bool next_block(struct restore *restore, uint32_t *block)
{
    uint32_t id;

    while (restore->asked != NULL && restore->asked(restore->loader, &id)) {
        if (find_block(restore, id, block) && claim(restore, *block)) {
            return true;
        }
    }
    do {
        *block = atomic_fetch_add_explicit(&restore->next, 1, memory_order_relaxed);
    } while (*block < restore->file->head.blocks && !claim(restore, *block));
    return *block < restore->file->head.blocks;
}

/* --- filling ----------------------------------------------------------------------------------- */

/* So many zones at once are found, and published, under one hold of the store's lock. */
enum { BATCH_ZONES = 64 };

/* A zone on its way. */
struct filling {
    const struct place *place;
    const struct zone *zone; /* NULL: it has something by now, or is no longer hosted */
    struct snapshot_content found;
    bool read, waited;
};

/* Those that have nothing yet. Inside quiesce they stay where they are. */
static void find_empty(struct restore *restore, struct filling *zones, uint32_t count)
{
    struct store *store = restore->store;
    uint64_t bound = restore->conf->cache_memory;

    pthread_mutex_lock(&store->lock);
    bool full = bound != 0 && store->bytes >= bound;
    for (uint32_t i = 0; i < count; i++) {
        struct hosted *hosted =
            zones[i].place->len == 0 || full ? NULL : store_hosted(store, zones[i].place->id);
        zones[i].zone = hosted != NULL && hosted->loaded_at.ns == 0 ? hosted->zone : NULL;
    }
    pthread_mutex_unlock(&store->lock);
}

static void read_zone(struct restore *restore, struct filling *filling, const uint8_t *octets)
{
    struct zone_limits limits = {restore->conf->zone_max_rows, restore->conf->rrset_max_records};
    struct octets_in in = {octets, octets + filling->place->len, false};
    const char *wrong;
    char origin[NAME_TEXT_SIZE];

    filling->read = content_read(&in, filling->zone, &limits, &filling->found, &wrong);
    if (!filling->read &&
        atomic_fetch_add_explicit(&restore->refused, 1, memory_order_relaxed) < 10) {
        log_warning("snapshot: zone %s %s: it is left to the database",
                    name_to_text(origin, filling->zone->origin), wrong);
    }
}

/* Put what was read into the zone, unless it has something by now. The store's lock is held. */
static bool take(struct restore *restore, struct filling *filling)
{
    struct store *store = restore->store;
    struct snapshot_content *found = &filling->found;
    uint32_t floor = restore->conf->ignore_minimum ? 0 : found->soa->minimum;

    struct hosted *hosted = store_hosted(store, filling->place->id);
    if (hosted == NULL || hosted->zone != filling->zone) {
        zone_content_release(&found->content);
        free(found->soa);
        return false;
    }
    if (!store_restore(store, hosted, &found->content, found->soa, floor)) {
        return false;
    }
    filling->waited = hosted->urgent;
    hosted->max_age_sec = loader_max_age(restore->conf, found->lowest_ttl, floor);
    store_set_loaded_at(store, hosted, restore->stamp->read_at);
    store_set_stamp(store, hosted, restore->stamp);
    atomic_store_explicit(&hosted->zone->fresh_sec, 1, memory_order_relaxed);
    atomic_store_explicit(&hosted->zone->read_ns,
                          filling->place->flags & ENTRY_DIRTY ? 0 : restore->begun.ns,
                          memory_order_relaxed);
    return true;
}

static void take_all(struct restore *restore, struct filling *zones, uint32_t count)
{
    uint32_t taken = 0;

    pthread_mutex_lock(&restore->store->lock);
    for (uint32_t i = 0; i < count; i++) {
        taken += zones[i].read && take(restore, &zones[i]);
    }
    pthread_mutex_unlock(&restore->store->lock);
    atomic_fetch_add_explicit(&restore->loaded, taken, memory_order_relaxed);
    for (uint32_t i = 0; i < count && restore->loader != NULL; i++) {
        if (zones[i].waited) {
            loader_tell_done(restore->loader, zones[i].place->id);
        }
    }
}

/* COUNT zones from PLACES on, whose octets begin at AT. Returns where the next one's do. Inside quiesce. */
static const uint8_t *fill_some(struct restore *restore, const struct place *places, uint32_t count,
                                const uint8_t *at)
{
    struct filling zones[BATCH_ZONES];

    for (uint32_t i = 0; i < count; i++) {
        zones[i] = (struct filling){.place = &places[i]};
    }
    find_empty(restore, zones, count);
    for (uint32_t i = 0; i < count; i++) {
        if (zones[i].zone != NULL) {
            read_zone(restore, &zones[i], at);
        }
        at += places[i].len;
    }
    take_all(restore, zones, count);
    return at;
}

static void fill_block(struct restore *restore, const struct span *span, struct octets_out *buffer,
                       struct quiesce_reader *reader)
{
    const struct place *places = &restore->file->places[span->first];
    const uint8_t *at = file_read_block(restore->file, span, buffer);
    uint32_t left = at == NULL ? 0 : span->block.zones;

    if (at == NULL) {
        atomic_fetch_add_explicit(&restore->damaged, span->block.zones, memory_order_relaxed);
    }
    while (left > 0 && !atomic_load_explicit(&restore->stopping, memory_order_relaxed)) {
        uint32_t count = left < BATCH_ZONES ? left : BATCH_ZONES;
        quiesce_enter(reader);
        at = fill_some(restore, places, count, at);
        quiesce_leave(reader);
        places += count;
        left -= count;
    }
}

void restore_fill(struct restore *restore)
{
    struct quiesce_reader reader;
    struct octets_out buffer = {0};
    uint32_t block;

    quiesce_reader_add(&reader);
    while (!atomic_load_explicit(&restore->stopping, memory_order_relaxed) &&
           next_block(restore, &block)) {
        fill_block(restore, &restore->file->spans[block], &buffer, &reader);
        quiesce_collect();
    }
    quiesce_reader_remove(&reader);
    free(buffer.octets);
}

void restore_release(struct restore *restore)
{
    struct store *store = restore->store;

    atomic_store_explicit(&store->restoring, false, memory_order_relaxed);
    pthread_mutex_lock(&store->lock);
    bool unused = --restore->stamp->refs == 0;
    pthread_mutex_unlock(&store->lock);
    if (unused) {
        free(restore->stamp);
    }
    restore->stamp = NULL;
    free(restore->claimed);
    restore->claimed = NULL;
}

/*
 * Every zone goes through the build that rows of SQL go through, so nothing in the file can make a zone
 * that SQL could not make. What a zone gets here is older than anything the loader has: it is taken
 * only by a zone that has had nothing yet, and counts as past its age limit until the feed vouches
 * for the position of the file or the zone is read.
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
    restore->stamp = alloc_zero(1, sizeof *restore->stamp);
    restore->stamp->refs = 1;                               /* ours */
    restore->stamp->read_at.ns = read_ns > 0 ? read_ns : 1; /* before the last boot */
    restore->stamp->binlog_pos = restore->file->head.place.position.binlog_pos;
    const struct db_position *position = &restore->file->head.place.position;
    memcpy(restore->stamp->server_uid, position->server_uid, sizeof position->server_uid);
    memcpy(restore->stamp->binlog_file, position->binlog_file, sizeof position->binlog_file);
    memcpy(restore->stamp->gtid, position->gtid, sizeof position->gtid);
    restore->begun = now;

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

/* --- filling ----------------------------------------------------------------------------------- */

/* Put what was read into the zone, unless it has something by now. */
static void take(struct restore *restore, const struct place *place, const struct zone *zone,
                 struct snapshot_content *found)
{
    struct store *store = restore->store;
    uint32_t floor = restore->conf->ignore_minimum ? 0 : found->soa->minimum;
    bool taken = false, waited = false;

    pthread_mutex_lock(&store->lock);
    struct hosted *hosted = store_hosted(store, place->id);
    if (hosted == NULL || hosted->zone != zone) {
        zone_content_release(&found->content);
        free(found->soa);
    } else if (store_restore(store, hosted, &found->content, found->soa, floor)) {
        taken = true;
        waited = hosted->urgent;
        hosted->max_age_sec = loader_max_age(restore->conf, found->lowest_ttl, floor);
        store_set_loaded_at(store, hosted, restore->stamp->read_at);
        store_set_stamp(hosted, restore->stamp);
        atomic_store_explicit(&hosted->zone->fresh_sec, 1, memory_order_relaxed);
        atomic_store_explicit(&hosted->zone->read_ns,
                              place->flags & ENTRY_DIRTY ? 0 : restore->begun.ns,
                              memory_order_relaxed);
    }
    pthread_mutex_unlock(&store->lock);
    if (taken) {
        atomic_fetch_add_explicit(&restore->loaded, 1, memory_order_relaxed);
    }
    if (waited && restore->loader != NULL) {
        loader_tell_done(restore->loader, place->id);
    }
}

/* The zone to fill, unless it has something by now. Inside quiesce it stays where it is. */
static const struct zone *find_empty(struct restore *restore, uint32_t id)
{
    pthread_mutex_lock(&restore->store->lock);
    struct hosted *hosted = store_hosted(restore->store, id);
    const struct zone *zone = hosted != NULL && hosted->loaded_at.ns == 0 ? hosted->zone : NULL;
    uint64_t bound = restore->conf->cache_memory;
    if (bound != 0 && restore->store->bytes >= bound) {
        zone = NULL;
    }
    pthread_mutex_unlock(&restore->store->lock);
    return zone;
}

static void fill_zone(struct restore *restore, const struct place *place, const uint8_t *octets)
{
    struct zone_limits limits = {restore->conf->zone_max_rows, restore->conf->rrset_max_records};
    struct octets_in in = {octets, octets + place->len, false};
    struct snapshot_content found;
    const char *wrong;
    char origin[NAME_TEXT_SIZE];

    const struct zone *zone = find_empty(restore, place->id);
    if (zone == NULL) {
        return;
    }
    if (content_read(&in, zone, &limits, &found, &wrong)) {
        take(restore, place, zone, &found);
        return;
    }
    if (atomic_fetch_add_explicit(&restore->refused, 1, memory_order_relaxed) < 10) {
        log_warning("snapshot: zone %s %s: it is left to the database",
                    name_to_text(origin, zone->origin), wrong);
    }
}

static void fill_block(struct restore *restore, const struct span *span,
                       struct quiesce_reader *reader)
{
    const struct place *places = &restore->file->places[span->first];
    uint8_t *octets = file_read_block(restore->file, span), *at = octets;

    if (octets == NULL) {
        atomic_fetch_add_explicit(&restore->damaged, span->block.zones, memory_order_relaxed);
        return;
    }
    for (uint32_t i = 0; i < span->block.zones; i++) {
        if (places[i].len > 0 && !atomic_load_explicit(&restore->stopping, memory_order_relaxed)) {
            quiesce_enter(reader);
            fill_zone(restore, &places[i], at);
            quiesce_leave(reader);
        }
        at += places[i].len;
    }
    free(octets);
}

void restore_fill(struct restore *restore)
{
    struct quiesce_reader reader;

    quiesce_reader_add(&reader);
    while (!atomic_load_explicit(&restore->stopping, memory_order_relaxed)) {
        uint32_t block = atomic_fetch_add_explicit(&restore->next, 1, memory_order_relaxed);
        if (block >= restore->file->head.blocks) {
            break;
        }
        fill_block(restore, &restore->file->spans[block], &reader);
        quiesce_collect();
    }
    quiesce_reader_remove(&reader);
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
}

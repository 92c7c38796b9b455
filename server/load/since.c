/*
 * Positions in a server's history: whether a snapshot has reached one, and which zones in memory are
 * older than one. Positions of two servers are never compared, nor those of file names that differ
 * in more than their number.
 */
#include <stdlib.h>
#include <string.h>

#include "load/loader_private.h"

struct change_at change_at(const char *file, uint64_t pos)
{
    const char *dot = strrchr(file, '.');
    unsigned long number = dot == NULL ? 0 : strtoul(dot + 1, NULL, 10);
    return (struct change_at){.pos = pos, .file = (uint32_t)number};
}

bool stamp_is_newer(const struct stamp *stamp, const struct stamp *than)
{
    if (stamp == NULL || stamp->published_at.ns <= than->read_at.ns) {
        return false; /* it was over before the other one began */
    }
    if (strcmp(stamp->server_uid, than->server_uid) == 0 && stamp->binlog_file[0] != '\0' &&
        than->binlog_file[0] != '\0') {
        if (db_binlog_before(than->binlog_file, than->binlog_pos, stamp->binlog_file,
                             stamp->binlog_pos)) {
            return true;
        }
        if (db_binlog_before(stamp->binlog_file, stamp->binlog_pos, than->binlog_file,
                             than->binlog_pos)) {
            return false;
        }
    }
    return stamp->read_at.ns > than->read_at.ns;
}

bool loader_is_behind(struct loader *loader, const struct db_position *position)
{
    bool behind = false;

    pthread_mutex_lock(&loader->lock);
    if (loader->reach_file[0] != '\0' && position->binlog_file[0] != '\0' &&
        strcmp(loader->reach_uid, position->server_uid) == 0) {
        behind = db_binlog_before(position->binlog_file, position->binlog_pos, loader->reach_file,
                                  loader->reach_pos);
    }
    pthread_mutex_unlock(&loader->lock);
    return behind;
}

bool loader_is_elsewhere(struct loader *loader, const struct db_position *position)
{
    pthread_mutex_lock(&loader->lock);
    bool elsewhere =
        loader->reach_uid[0] != '\0' && strcmp(loader->reach_uid, position->server_uid) != 0;
    pthread_mutex_unlock(&loader->lock);
    return elsewhere;
}

void loader_served(struct loader *loader, struct db_position *served)
{
    *served = (struct db_position){0};
    pthread_mutex_lock(&loader->lock);
    memcpy(served->server_uid, loader->history.server_uid, sizeof served->server_uid);
    memcpy(served->gtid, loader->history.gtid, sizeof served->gtid);
    pthread_mutex_unlock(&loader->lock);
}

unsigned loader_host(struct loader *loader)
{
    return atomic_load_explicit(&loader->host, memory_order_relaxed);
}

/* --- what is older --- */

struct older {
    struct instant at;
    const char *server_uid;
    struct id_list ids;
};

/*
 * By time alone: positions of before a RESET MASTER are larger than those after it, and prove nothing.
 */
static void find_older(struct hosted *hosted, void *context)
{
    struct older *older = context;
    const struct zone *zone = hosted->zone;

    if (hosted->state == LOAD_QUEUED) {
        return; /* read later than AT in any case */
    }
    if (hosted->state == LOAD_IDLE && hosted->failure == NULL) {
        if (atomic_load_explicit(&zone->soa, memory_order_relaxed) == NULL) {
            return; /* read when it is asked for */
        }
        if (atomic_load_explicit(&zone->read_ns, memory_order_relaxed) >= older->at.ns &&
            hosted->stamp != NULL && strcmp(hosted->stamp->server_uid, older->server_uid) == 0) {
            return;
        }
    }
    id_list_push(&older->ids, zone->id);
}

void loader_list_since(struct loader *loader, struct instant at)
{
    pthread_mutex_lock(&loader->lock);
    bool newer = loader->list_begun.ns >= at.ns;
    pthread_mutex_unlock(&loader->lock);
    if (!newer) {
        loader_want_list(loader);
    }
}

uint32_t loader_verify_since(struct loader *loader, const char *server_uid, struct instant at)
{
    struct older older = {.at = at, .server_uid = server_uid};

    loader_note_altered(loader, at);
    store_walk(loader->store, find_older, &older);
    loader_list_since(loader, at);
    id_list_sort(&older.ids);
    loader_want_zones(loader, older.ids.ids, older.ids.count);
    uint32_t count = (uint32_t)older.ids.count;
    id_list_free(&older.ids);
    return count;
}

#include "snapshot/save.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <unistd.h>

#include "base/quiesce.h"
#include "snapshot/content.h"
#include "snapshot/file.h"

enum {
    SCAN_LINES = 512,   /* of the zones' table looked at under one hold of the lock */
    SLICE_ZONES = 256,  /* copied under one hold ... */
    SLICE_NODES = 4096, /* ... until they have so many names */
    STEP_NODES = 256,   /* written at a time */
    TRIES = 20,         /* to walk the table of zones before it grows */
};

/*
 * A zone of more octets in memory is listed only: in the file it could be longer than CONTENT_LEN_MAX, since
 * names are not compressed there. Default limits allow no such zone.
 */
#define CONTENT_BYTES_MAX (UINT64_C(512) << 20)

/* A zone as it was when it was looked at. */
struct captured {
    struct zone_entry entry;
    const struct soa *soa; /* NULL = not loaded */
    size_t first, count;   /* its nodes */
};

struct save {
    int fd;
    struct store *store;
    const _Atomic bool *stopping;
    struct save_result *result;
    char *err;
    size_t err_cap;

    uint32_t *ids;
    size_t id_count, id_cap;
    struct captured zones[SLICE_ZONES];
    size_t zone_count;
    const struct node **nodes;
    size_t node_count, node_cap;

    struct octets_out waiting;       /* octets of the block that are not written yet */
    crypto_generichash_state digest; /* of those that are */
    struct block_entry block;        /* that grows */
    struct octets_out blocks, list;  /* entries */
    uint32_t block_count;
    uint64_t off;
};

static bool is_stopped(const struct save *save)
{
    return save->stopping != NULL && atomic_load_explicit(save->stopping, memory_order_relaxed);
}

static bool fail(struct save *save)
{
    snprintf(save->err, save->err_cap, "cannot be written: %s", strerror(errno));
    return false;
}

/* --- which zones ------------------------------------------------------------------------------- */

static void push_id(void *item, void *context)
{
    const struct hosted *hosted = item;
    struct save *save = context;

    if (save->id_count == save->id_cap) {
        save->id_cap = save->id_cap == 0 ? 1024 : save->id_cap * 2;
        save->ids = alloc_resize(save->ids, save->id_cap, sizeof *save->ids);
    }
    save->ids[save->id_count++] = hosted->zone->id;
}

/* A walk in steps; false: the table grew meanwhile. */
static bool walk_ids(struct save *save)
{
    struct table *table = &save->store->by_id;
    uint64_t begun = 0;
    uint32_t at = 0;

    save->id_count = 0;
    do {
        pthread_mutex_lock(&save->store->lock);
        uint64_t ref = atomic_load_explicit(&table->ref, memory_order_relaxed);
        begun = at == 0 ? ref : begun;
        if (ref == begun) {
            at = table_each_some(ref, at, SCAN_LINES, push_id, save);
        }
        pthread_mutex_unlock(&save->store->lock);
        if (ref != begun) {
            return false;
        }
    } while (at != 0);
    return true;
}

static int by_id(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

static bool collect_ids(struct save *save)
{
    for (unsigned n = 0; n < TRIES && !is_stopped(save); n++) {
        if (walk_ids(save)) {
            if (save->id_count > 1) {
                qsort(save->ids, save->id_count, sizeof *save->ids, by_id);
            }
            return true;
        }
    }
    snprintf(save->err, save->err_cap, "is not written now: zones come too fast");
    return false;
}

/* --- copying ----------------------------------------------------------------------------------- */

static void push_node(void *item, void *context)
{
    struct save *save = context;
    if (save->node_count == save->node_cap) {
        save->node_cap = save->node_cap == 0 ? SLICE_NODES : save->node_cap * 2;
        save->nodes = alloc_resize(save->nodes, save->node_cap, sizeof(const struct node *));
    }
    save->nodes[save->node_count++] = item;
}

static void capture(struct save *save, const struct hosted *hosted)
{
    struct captured *zone = &save->zones[save->zone_count++];

    *zone = (struct captured){
        .entry = {.id = hosted->zone->id, .serial = hosted->list_serial},
        .soa = atomic_load_explicit(&hosted->zone->soa, memory_order_seq_cst),
        .first = save->node_count,
    };
    zone->entry.origin.len = hosted->zone->origin_len;
    memcpy(zone->entry.origin.octets, hosted->zone->origin, hosted->zone->origin_len);
    if (hosted->state != LOAD_IDLE || hosted->failure != NULL || hosted->again || hosted->held ||
        hosted->torn_sec != 0) {
        zone->entry.flags |= ENTRY_DIRTY;
    }
    /* Not by the zone's own count, which a loader may change without the lock (zone_edit_prepare). */
    if (hosted->bytes > CONTENT_BYTES_MAX) {
        zone->soa = NULL; /* the database has it */
    }
    if (zone->soa != NULL) {
        table_each(zone_names(hosted->zone), push_node, save);
        zone->count = save->node_count - zone->first;
    }
}

/* Take some of the zones of IDS, under the lock. Returns how many ids that were. */
static size_t capture_slice(struct save *save, const uint32_t *ids, size_t count)
{
    size_t n = 0;

    save->zone_count = save->node_count = 0;
    pthread_mutex_lock(&save->store->lock);
    while (n < count && save->zone_count < SLICE_ZONES && save->node_count < SLICE_NODES) {
        const struct hosted *hosted = store_hosted(save->store, ids[n++]);
        if (hosted != NULL) {
            capture(save, hosted);
        }
    }
    pthread_mutex_unlock(&save->store->lock);
    return n;
}

/* --- writing ----------------------------------------------------------------------------------- */

static bool flush(struct save *save)
{
    crypto_generichash_update(&save->digest, save->waiting.octets, save->waiting.len);
    if (!file_write_all(save->fd, save->waiting.octets, save->waiting.len)) {
        return fail(save);
    }
    save->off += save->waiting.len;
    save->block.len += save->waiting.len;
    save->waiting.len = 0;
    return true;
}

static void begin_block(struct save *save)
{
    save->block = (struct block_entry){0};
    crypto_generichash_init(&save->digest, NULL, 0, DIGEST_LEN);
}

static bool end_block(struct save *save)
{
    if (save->block.zones == 0) {
        return true;
    }
    if (!flush(save)) {
        return false;
    }
    crypto_generichash_final(&save->digest, save->block.digest, DIGEST_LEN);
    block_entry_write(&save->blocks, &save->block);
    save->block_count++;
    begin_block(save);
    return true;
}

/* Octets of the block so far. */
static uint64_t block_len(const struct save *save)
{
    return save->block.len + save->waiting.len;
}

static bool write_content(struct save *save, struct captured *zone)
{
    const struct name *origin = &zone->entry.origin;
    uint64_t before = block_len(save);

    content_write_soa(&save->waiting, origin, zone->soa);
    for (size_t at = 0; at < zone->count;) {
        size_t some = zone->count - at < STEP_NODES ? zone->count - at : STEP_NODES;
        save->result->rows +=
            content_write_nodes(&save->waiting, origin, &save->nodes[zone->first + at], some);
        at += some;
        if (save->waiting.len >= BLOCK_LEN && !flush(save)) {
            return false;
        }
    }
    zone->entry.flags |= ENTRY_LOADED;
    zone->entry.len = block_len(save) - before;
    save->result->loaded++;
    return true;
}

static bool write_zone(struct save *save, struct captured *zone)
{
    if (zone->soa != NULL && !write_content(save, zone)) {
        return false;
    }
    zone_entry_write(&save->list, &zone->entry);
    save->result->zones++;
    save->block.zones++;
    return block_len(save) < BLOCK_LEN || end_block(save);
}

static bool write_all_zones(struct save *save)
{
    struct quiesce_reader reader;
    bool good = true;

    quiesce_reader_add(&reader);
    for (size_t at = 0; good && at < save->id_count;) {
        quiesce_enter(&reader);
        at += capture_slice(save, save->ids + at, save->id_count - at);
        for (size_t i = 0; good && i < save->zone_count; i++) {
            good = write_zone(save, &save->zones[i]);
        }
        quiesce_leave(&reader);
        quiesce_collect();
        if (good && is_stopped(save)) {
            snprintf(save->err, save->err_cap, "is not written: the server ends");
            good = false;
        }
    }
    quiesce_reader_remove(&reader);
    return good && end_block(save);
}

static bool write_list(struct save *save, struct snapshot_head *head)
{
    out_octets(&save->blocks, save->list.octets, save->list.len);
    head->rows = save->result->rows;
    head->zones = save->result->zones;
    head->blocks = save->block_count;
    head->list_off = save->off;
    head->list_len = save->blocks.len;
    snapshot_digest(head->list_digest, save->blocks.octets, save->blocks.len);
    save->result->octets = save->off + save->blocks.len;
    return file_write_all(save->fd, save->blocks.octets, save->blocks.len) || fail(save);
}

/* In the room left for it. */
bool save_head(int fd, const struct snapshot_head *head, char *err, size_t cap)
{
    uint8_t octets[HEAD_LEN];

    head_write(octets, head);
    if (lseek(fd, 0, SEEK_SET) != 0 || !file_write_all(fd, octets, HEAD_LEN)) {
        snprintf(err, cap, "cannot be written: %s", strerror(errno));
        return false;
    }
    return true;
}

bool save_zones(int fd, struct store *store, struct snapshot_head *head,
                const _Atomic bool *stopping, struct save_result *result, char *err, size_t cap)
{
    static const uint8_t no_head[HEAD_LEN];
    struct save *save = alloc_zero(1, sizeof *save);
    struct instant begun = clock_now();

    *result = (struct save_result){0};
    save->fd = fd;
    save->store = store;
    save->stopping = stopping;
    save->result = result;
    save->err = err;
    save->err_cap = cap;
    save->off = HEAD_LEN;
    begin_block(save);
    bool good = (file_write_all(fd, no_head, HEAD_LEN) || fail(save)) && collect_ids(save) &&
                write_all_zones(save) && write_list(save, head);
    result->took_ms = instant_diff_ms(clock_now(), begun);
    free(save->ids);
    free(save->nodes);
    free(save->waiting.octets);
    free(save->blocks.octets);
    free(save->list.octets);
    free(save);
    return good;
}

#include "zone/content.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/quiesce.h"

/*
 * Names that a zone may have for each row that it may have, the empty ones in between counted: a row of
 * 127 labels makes 125 of them, and a reverse zone of IPv6 some twenty per row.
 */
enum { NAMES_PER_ROW = 4 };

/* Rows are copied behind one another into chunks of this size (a longer row gets its own). The first
 * one is small: most zones are. */
enum { CHUNK_FIRST = 1024, CHUNK_SIZE = 32 * 1024 };

struct stored_name {
    const uint8_t *octets;
    unsigned len;
};

static bool same_name(const void *item, const void *key)
{
    const struct node *node = item;
    const struct stored_name *name = key;
    return node->name_len == name->len && memcmp(node_name(node), name->octets, name->len) == 0;
}

static uint64_t hash_of_name(const struct zone *zone, const uint8_t *name, unsigned len,
                             bool foreign)
{
    uint64_t state = foreign ? name_hash(name, NULL, NAME_HASH_ROOT)
                             : name_hash(name, name + len, zone->origin_hash);
    return name_hash_finish(state);
}

uint64_t content_hash(const void *item, const void *context)
{
    const struct node *node = item;
    return hash_of_name(context, node_name(node), node->name_len, node->flags & NODE_FOREIGN);
}

struct node *content_find(const struct zone_content *content, uint64_t hash, const uint8_t *name,
                          unsigned len)
{
    struct stored_name key = {name, len};
    return table_find(atomic_load_explicit(&content->names.ref, memory_order_relaxed), hash,
                      same_name, &key);
}

/* Counters are the writer's; readers only compare them with 0. */
static void count(_Atomic uint32_t *counter, int change)
{
    uint32_t value = atomic_load_explicit(counter, memory_order_relaxed);
    atomic_store_explicit(counter, value + (uint32_t)change, memory_order_seq_cst);
}

static void count_node(struct zone_content *content, const struct node *node, int change)
{
    if (node->flags & (NODE_CUT | NODE_DNAME)) {
        count(&content->cuts, change);
    }
    if (node->flags & NODE_WILDCARD) {
        count(&content->wildcards, change);
    }
    if (node->flags & NODE_FOREIGN) {
        count(&content->foreign, change);
    }
    for (unsigned i = 0; i < node->rrset_count; i++) {
        content->rows += (uint32_t)(change * node->rrsets[i].total);
    }
    content->bytes += (uint64_t)((int64_t)change * (int64_t)node->size);
}

static void insert(struct zone_content *content, const struct zone *zone, struct node *node)
{
    uint64_t before = table_bytes(atomic_load_explicit(&content->names.ref, memory_order_relaxed));
    table_insert(&content->names, content_hash(node, zone), node, content_hash, zone);
    content->bytes +=
        table_bytes(atomic_load_explicit(&content->names.ref, memory_order_relaxed)) - before;
    count_node(content, node, 1);
}

/* The parent of a name in the zone, by its stored form; the apex has none. */
static struct stored_name parent_of(const struct node *node)
{
    const uint8_t *name = node_name(node);
    unsigned first = 1u + name[0];
    return (struct stored_name){name + first, node->name_len - first};
}

void content_put(struct zone_content *content, const struct zone *zone, struct node *old,
                 struct node *fresh)
{
    if (old != NULL) {
        count_node(content, fresh, 1);
        table_replace(&content->names, content_hash(old, zone), old, fresh);
        count_node(content, old, -1);
        quiesce_retire(old, free);
        return;
    }
    /* Ancestors first, so that a name is never there without them. */
    if (!(fresh->flags & (NODE_APEX | NODE_FOREIGN))) {
        struct stored_name above = parent_of(fresh);
        uint64_t hash = hash_of_name(zone, above.octets, above.len, false);
        struct node *parent = content_find(content, hash, above.octets, above.len);
        if (parent == NULL) {
            parent =
                node_build(above.octets, above.len, above.len == 0 ? NODE_APEX : 0, 0, NULL, 0);
            content_put(content, zone, NULL, parent);
        }
        parent->children++;
    }
    insert(content, zone, fresh);
}

struct cover {
    const struct zone_content *content;
    const struct zone *zone;
    bool whole;
};

static void look_for(void *item, void *context)
{
    const struct node *old = item;
    struct cover *cover = context;

    if (!cover->whole || old->rrset_count == 0) {
        return;
    }
    const struct node *fresh =
        content_find(cover->content, content_hash(old, cover->zone), node_name(old), old->name_len);
    for (unsigned i = 0; i < old->rrset_count && cover->whole; i++) {
        cover->whole = fresh != NULL && node_rrset(fresh, old->rrsets[i].type) != NULL;
    }
}

bool zone_content_covers(const struct zone_content *content, const struct zone *zone)
{
    struct cover cover = {content, zone, true};
    table_each(zone_names(zone), look_for, &cover);
    return cover.whole;
}

void content_remove(struct zone_content *content, const struct zone *zone, struct node *node)
{
    while (node != NULL) {
        struct node *parent = NULL;
        if (!(node->flags & (NODE_APEX | NODE_FOREIGN))) {
            struct stored_name above = parent_of(node);
            parent = content_find(content, hash_of_name(zone, above.octets, above.len, false),
                                  above.octets, above.len);
            parent->children--;
        }
        table_remove(&content->names, content_hash(node, zone), node);
        count_node(content, node, -1);
        quiesce_retire(node, free);
        bool needless = parent != NULL && parent->children == 0 && parent->rrset_count == 0 &&
                        !(parent->flags & NODE_APEX);
        node = needless ? parent : NULL;
    }
}

void content_reserve(struct zone_content *content, const struct zone *zone, uint32_t names)
{
    uint64_t before = table_bytes(atomic_load_explicit(&content->names.ref, memory_order_relaxed));
    table_reserve(&content->names, content->names.used + names, content_hash, zone);
    content->bytes +=
        table_bytes(atomic_load_explicit(&content->names.ref, memory_order_relaxed)) - before;
}

uint64_t content_names_max(const struct zone_limits *limits)
{
    return (uint64_t)limits->max_rows * NAMES_PER_ROW;
}

uint64_t content_row_digest(uint64_t state, const struct record *record)
{
    bool address = record->type == TYPE_A || record->type == TYPE_AAAA;

    state = name_hash_step(NAME_HASH_ROOT, state & NAME_HASH_PRIME);
    state = name_hash_step(state, (uint64_t)record->type << 32 | record->id);
    state = name_hash_step(state, (uint64_t)record->ttl << 16 | record->rdata_len);
    state = name_hash_step(state, address ? record->aux : 0);
    for (size_t i = 0; i < record->rdata_len; i += 7) {
        uint64_t word = 0;
        size_t left = record->rdata_len - i;
        memcpy(&word, record->rdata + i, left < 7 ? left : 7);
        state = name_hash_step(state, word);
    }
    return name_hash_finish(state);
}

uint8_t *chunks_room(struct chunk **chunks, size_t len)
{
    struct chunk *chunk = *chunks;
    if (chunk == NULL || chunk->cap - chunk->used < len) {
        size_t cap = chunk == NULL ? CHUNK_FIRST : CHUNK_SIZE;
        cap = len > cap ? len : cap;
        chunk = alloc_new(sizeof *chunk + cap);
        *chunk = (struct chunk){.next = *chunks, .cap = cap};
        *chunks = chunk;
    }
    return chunk->octets + chunk->used;
}

void chunks_free(struct chunk *chunks)
{
    for (struct chunk *next; chunks != NULL; chunks = next) {
        next = chunks->next;
        free(chunks);
    }
}

struct name content_whole_name(const struct zone *zone, const uint8_t *stored, unsigned len,
                               bool foreign)
{
    struct name name = {.len = (uint8_t)len};

    memcpy(name.octets, stored, len);
    if (!foreign) {
        memcpy(name.octets + len, zone->origin, zone->origin_len);
        name.len = (uint8_t)(len + zone->origin_len);
    }
    return name;
}

void content_tell_left_out(const struct zone *zone, const uint8_t *name, unsigned len, bool foreign,
                           const struct record *records, size_t count, zone_left_out_told *told,
                           void *context)
{
    for (size_t i = 0, end; i < count; i = end) {
        end = rrset_end(records, count, i);
        if (rrset_octets(records + i, end - i) <= RRSET_OCTETS_MAX) {
            continue;
        }
        struct name owner = content_whole_name(zone, name, len, foreign);
        enum record_place *places = alloc_new((end - i) * sizeof *places);
        (void)rrset_choose(records + i, end - i, places);
        for (size_t k = i; k < end; k++) {
            if (places[k - i] == RECORD_NO_ROOM) {
                told(context, &owner, records[k].type, records[k].id);
            }
        }
        free(places);
    }
}

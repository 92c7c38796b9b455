/*
 * A zone from its rows, in whatever order they come: rows are copied into chunks as stored form,
 * sorted once by owner (by its hash, then its octets), and each run of one owner becomes a node.
 * Chunks never move, so records can point into them until the nodes are made.
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "zone/content.h"
#include "zone/zone.h"

/* A row waiting: its owner's stored name, then its rdata, lie in a chunk. */
struct waiting {
    uint64_t hash;
    const uint8_t *name;
    uint8_t name_len;
    bool foreign;
    struct record record;
};

struct zone_build {
    const struct zone *zone;
    struct zone_limits limits;
    struct chunk *chunks;
    struct waiting *rows;
    size_t count, cap;
    uint64_t digest;
    zone_left_out_told *left_out;
    void *left_out_context;
};

struct zone_build *zone_build_new(const struct zone *zone, const struct zone_limits *limits)
{
    struct zone_build *build = alloc_zero(1, sizeof *build);
    build->zone = zone;
    build->limits = *limits;
    return build;
}

void zone_build_tell_left_out(struct zone_build *build, zone_left_out_told *told, void *context)
{
    build->left_out = told;
    build->left_out_context = context;
}

void zone_build_free(struct zone_build *build)
{
    if (build == NULL) {
        return;
    }
    chunks_free(build->chunks);
    free(build->rows);
    free(build);
}

bool zone_is_outside(const uint8_t *origin, const uint8_t *owner, uint16_t type)
{
    return type != TYPE_A && type != TYPE_AAAA && !name_is_at_or_below(owner, origin);
}

enum zone_add zone_build_add(struct zone_build *build, const struct name *owner,
                             const struct record *record)
{
    const struct zone *zone = build->zone;
    bool inside = name_is_at_or_below(owner->octets, zone->origin);

    if (!inside && zone_is_outside(zone->origin, owner->octets, record->type)) {
        return ZONE_ADD_OUTSIDE;
    }
    if (build->count >= build->limits.max_rows) {
        return ZONE_ADD_TOO_MANY;
    }
    unsigned name_len = inside ? (unsigned)owner->len - zone->origin_len : owner->len;
    uint8_t *at = chunks_room(&build->chunks, name_len + (size_t)record->rdata_len);
    memcpy(at, owner->octets, name_len);
    size_t len;
    if (!rdata_store(at + name_len, &len, record->type, record->rdata, record->rdata_len,
                     zone->origin)) {
        return ZONE_ADD_BAD_NAME;
    }
    build->chunks->used += name_len + len;
    if (build->count == build->cap) {
        build->cap = build->cap == 0 ? 16 : build->cap * 2;
        build->rows = alloc_resize(build->rows, build->cap, sizeof *build->rows);
    }
    struct waiting *row = &build->rows[build->count++];
    *row = (struct waiting){
        .hash = name_hash(at, at + name_len, inside ? zone->origin_hash : NAME_HASH_ROOT),
        .name = at,
        .name_len = (uint8_t)name_len,
        .foreign = !inside,
        .record = *record,
    };
    if (!inside) { /* the root's zero is kept, but is no label */
        row->hash = name_hash(at, NULL, NAME_HASH_ROOT);
    }
    row->record.rdata = at + name_len;
    row->record.rdata_len = (uint16_t)len;
    build->digest += content_row_digest(row->hash, &row->record);
    return ZONE_ADD_OK;
}

uint64_t zone_build_digest(const struct zone_build *build)
{
    return build->digest;
}

static int by_owner(const void *a, const void *b)
{
    const struct waiting *x = a, *y = b;
    if (x->hash != y->hash) {
        return x->hash < y->hash ? -1 : 1;
    }
    if (x->name_len != y->name_len) {
        return x->name_len < y->name_len ? -1 : 1;
    }
    return memcmp(x->name, y->name, x->name_len);
}

/* Find an RRset past its limit among the records of one node, which are sorted by type. */
static bool within_limits(const struct zone_build *build, const struct waiting *owner,
                          const struct record *records, size_t count,
                          struct zone_too_large *too_large)
{
    size_t octets = rrset_octets(records, count);

    *too_large = (struct zone_too_large){.type = records[0].type};
    if (octets > NODE_OCTETS_MAX) {
        too_large->octets = octets;
    }
    for (size_t i = 0, end; i < count && too_large->octets + too_large->records == 0; i = end) {
        end = rrset_end(records, count, i);
        if (end - i > build->limits.max_rrset) {
            too_large->type = records[i].type;
            too_large->records = end - i;
        }
    }
    if (too_large->octets + too_large->records == 0) {
        return true;
    }
    too_large->owner =
        content_whole_name(build->zone, owner->name, owner->name_len, owner->foreign);
    return false;
}

static int by_type(const void *a, const void *b)
{
    const struct record *x = a, *y = b;
    return x->type < y->type ? -1 : x->type > y->type;
}

bool zone_build_finish(struct zone_build *build, struct zone_content *content,
                       struct zone_too_large *too_large)
{
    struct record *records = NULL;
    size_t cap = 0, owners = 0;
    bool ok = true;

    *content = (struct zone_content){0};
    if (build->count > 1) {
        qsort(build->rows, build->count, sizeof *build->rows, by_owner);
    }
    for (size_t i = 0; i < build->count; i++) {
        owners += i == 0 || by_owner(&build->rows[i - 1], &build->rows[i]) != 0;
    }
    table_reserve(&content->names, (uint32_t)owners + 1, content_hash, build->zone);
    content->bytes = table_bytes(atomic_load_explicit(&content->names.ref, memory_order_relaxed));
    /* The apex is there even without a row: a zone always has its SOA. */
    content_put(content, build->zone, NULL, node_build(NULL, 0, NODE_APEX, 0, NULL, 0));
    for (size_t i = 0, end; ok && i < build->count; i = end) {
        const struct waiting *owner = &build->rows[i];
        size_t count = 0;
        for (end = i; end < build->count && by_owner(owner, &build->rows[end]) == 0; end++) {
            if (count == cap) {
                cap = cap == 0 ? 16 : cap * 2;
                records = alloc_resize(records, cap, sizeof *records);
            }
            records[count++] = build->rows[end].record;
        }
        qsort(records, count, sizeof *records, by_type);
        ok = within_limits(build, owner, records, count, too_large);
        if (ok && content->names.used > content_names_max(&build->limits)) {
            *too_large = (struct zone_too_large){.records = content->names.used};
            ok = false;
        }
        if (ok) {
            struct node *old =
                content_find(content, name_hash_finish(owner->hash), owner->name, owner->name_len);
            unsigned flags = owner->foreign ? NODE_FOREIGN : owner->name_len == 0 ? NODE_APEX : 0;
            content_put(content, build->zone, old,
                        node_build(owner->name, owner->name_len, flags,
                                   old != NULL ? old->children : 0, records, count));
            if (build->left_out != NULL) {
                content_tell_left_out(build->zone, owner->name, owner->name_len, owner->foreign,
                                      records, count, build->left_out, build->left_out_context);
            }
        }
    }
    free(records);
    content->digest = build->digest;
    if (!ok) {
        zone_content_release(content);
    }
    return ok;
}

#include "zone/zone.h"

#include <assert.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/quiesce.h"
#include "zone/content.h"
#include "zone/zone_edit.h"

enum {
    ZONE_ALIGN = 64,
    TRIM_LINES =
        1 << 15, /* of a quarter of a million slots: a walk through the heap is worth while */
};
_Static_assert(offsetof(struct zone, origin) % ZONE_ALIGN <= ZONE_ALIGN - NAME_SLACK, "slack");

struct zone *zone_new(uint32_t id, const struct name *origin)
{
    /* What questions look at is two lines; rounded up to whole ones, the block has the origin's slack. */
    size_t size = sizeof(struct zone) + origin->len;
    struct zone *zone = alloc_aligned(ZONE_ALIGN, size);
    memset(zone, 0, size);
    zone->id = id;
    zone->origin_len = origin->len;
    name_lower(zone->origin, origin->octets, origin->len);
    zone->origin_labels = (uint8_t)name_labels(zone->origin);
    zone->origin_hash = name_hash(zone->origin, NULL, NAME_HASH_ROOT);
    return zone;
}

static void free_node(void *item, void *context)
{
    (void)context;
    free(item);
}

/*
 * Nodes and lines of a table that was swapped out; the ref travels as the retired "block". Of a large one
 * malloc(3) would keep all for later: some 150 MB of each zone of a million rows.
 */
static void free_names(void *packed)
{
    uint64_t ref = (uint64_t)(uintptr_t)packed;
    uint64_t lines = ref == 0 ? 0 : UINT64_C(1) << (ref & 63);

    table_each(ref, free_node, NULL);
    table_free_lines(ref);
    if (lines >= TRIM_LINES) {
        malloc_trim(0);
    }
}

void zone_content_release(struct zone_content *content)
{
    uint64_t ref = atomic_load_explicit(&content->names.ref, memory_order_relaxed);
    if (ref != 0) {
        free_names((void *)(uintptr_t)ref);
    }
    *content = (struct zone_content){0};
}

void zone_free(void *memory)
{
    struct zone *zone = memory;
    if (zone == NULL) {
        return;
    }
    zone_content_release(&zone->content);
    free(atomic_load_explicit(&zone->soa, memory_order_relaxed));
    free(zone);
}

/* --- finding --- */

struct suffix_key {
    const uint8_t *octets;
    unsigned len;
};

static inline bool is_suffix(const void *item, const void *context)
{
    const struct node *node = item;
    const struct suffix_key *key = context;
    return node->name_len == key->len &&
           lookup_octets_equal(node_name(node), key->octets, key->len);
}

static inline bool is_wildcard_below(const void *item, const void *context)
{
    const struct node *node = item;
    const struct suffix_key *key = context;
    return node->name_len == key->len + 2 && name_is_wildcard(node_name(node)) &&
           memcmp(node_name(node) + 2, key->octets, key->len) == 0;
}

static struct suffix_key key_of(const struct zone *zone, const struct lookup_name *name, unsigned k)
{
    const uint8_t *suffix = lookup_name_suffix(name, k);
    unsigned len = (unsigned)(name->octets + name->len - suffix) - zone->origin_len;
    return (struct suffix_key){suffix, len};
}

const struct node *zone_find(const struct zone *zone, uint64_t names,
                             const struct lookup_name *name, unsigned k)
{
    struct suffix_key key = key_of(zone, name, k);
    return table_find(names, name_hash_finish(name->suffix_hash[k]), is_suffix, &key);
}

const struct node *zone_find_wildcard(const struct zone *zone, uint64_t names,
                                      const struct lookup_name *name, unsigned k)
{
    struct suffix_key key = key_of(zone, name, k);
    uint64_t hash = name_hash_label(name->suffix_hash[k], (const uint8_t *)"\1*");
    return table_find(names, name_hash_finish(hash), is_wildcard_below, &key);
}

const struct node *zone_find_relative(const struct zone *zone, uint64_t names,
                                      const uint8_t *relative, unsigned len)
{
    uint8_t lower[DNS_NAME_MAX + NAME_SLACK], offset[DNS_LABELS_MAX];
    unsigned labels = 0;
    uint64_t hash = zone->origin_hash;

    memcpy(lower, relative, len);
    for (unsigned at = 0; at < len; at += 1u + lower[at]) {
        offset[labels++] = (uint8_t)at;
    }
    while (labels > 0) {
        hash = name_hash_label_slack(hash, lower + offset[--labels]);
    }
    struct suffix_key key = {lower, len};
    hash = name_hash_finish(hash);
    return table_find(names, hash, is_suffix, &key);
}

const struct node *zone_find_foreign(const struct zone *zone, uint64_t names,
                                     const struct lookup_name *name)
{
    (void)zone;
    struct suffix_key key = {name->octets, name->len};
    return table_find(names, name_hash_finish(name->suffix_hash[name->labels]), is_suffix, &key);
}

/* --- SOA --- */

static uint8_t *append32(uint8_t *at, uint32_t value)
{
    *at++ = (uint8_t)(value >> 24);
    *at++ = (uint8_t)(value >> 16);
    *at++ = (uint8_t)(value >> 8);
    *at++ = (uint8_t)value;
    return at;
}

struct soa *soa_new(const struct zone *zone, const struct soa_fields *f)
{
    uint8_t rdata[2 * DNS_NAME_MAX + 20], stored[sizeof rdata], *at = rdata;

    memcpy(at, f->ns.octets, f->ns.len);
    at += f->ns.len;
    memcpy(at, f->mbox.octets, f->mbox.len);
    at += f->mbox.len;
    const uint32_t numbers[] = {f->serial, f->refresh, f->retry, f->expire, f->minimum};
    for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
        at = append32(at, numbers[i]);
    }
    size_t len;
    bool stored_it = rdata_store(stored, &len, TYPE_SOA, rdata, (size_t)(at - rdata), zone->origin);
    assert(stored_it);
    struct record record = {
        .id = f->id, .ttl = f->ttl, .type = TYPE_SOA, .rdata_len = (uint16_t)len, .rdata = stored};
    size_t size = sizeof(struct soa) + rrset_size(&record, 1);
    struct soa *soa = alloc_aligned(ZONE_ALIGN, size);
    *soa = (struct soa){.serial = f->serial,
                        .refresh = f->refresh,
                        .retry = f->retry,
                        .expire = f->expire,
                        .minimum = f->minimum,
                        .negative_ttl = f->ttl < f->minimum ? f->ttl : f->minimum,
                        .size = (uint32_t)size};
    rrset_write(&soa->set, soa, sizeof(struct soa), &record, 1);
    return soa;
}

struct soa *soa_copy(const struct soa *soa)
{
    struct soa *copy = alloc_aligned(ZONE_ALIGN, soa->size);
    memcpy(copy, soa, soa->size);
    return copy;
}

bool soa_equal(const struct soa *a, const struct soa *b)
{
    return a->size == b->size && a->set.ttl == b->set.ttl && a->set.len == b->set.len &&
           memcmp(rrset_records(&a->set, a), rrset_records(&b->set, b), a->set.len) == 0;
}

/* --- publishing --- */

void zone_change_begin(struct zone *zone)
{
    atomic_fetch_add_explicit(&zone->seq, 1, memory_order_seq_cst);
}

void zone_change_end(struct zone *zone)
{
    atomic_fetch_add_explicit(&zone->seq, 1, memory_order_seq_cst);
}

void zone_set_soa(struct zone *zone, struct soa *soa, uint32_t ttl_floor)
{
    struct soa *old = atomic_exchange_explicit(&zone->soa, soa, memory_order_seq_cst);
    atomic_store_explicit(&zone->ttl_floor, ttl_floor, memory_order_seq_cst);
    quiesce_retire(old, free);
}

static void store32(_Atomic uint32_t *to, _Atomic uint32_t *from)
{
    atomic_store_explicit(to, atomic_load_explicit(from, memory_order_relaxed),
                          memory_order_seq_cst);
}

void zone_publish(struct zone *zone, struct zone_content *content, struct soa *soa,
                  uint32_t ttl_floor)
{
    struct zone_content *live = &zone->content;
    uint64_t fresh = atomic_load_explicit(&content->names.ref, memory_order_relaxed);

    zone_change_begin(zone);
    uint64_t old = atomic_exchange_explicit(&live->names.ref, fresh, memory_order_seq_cst);
    live->names.used = content->names.used;
    live->names.graves = content->names.graves;
    store32(&live->cuts, &content->cuts);
    store32(&live->wildcards, &content->wildcards);
    store32(&live->foreign, &content->foreign);
    live->rows = content->rows;
    live->bytes = content->bytes;
    live->digest = content->digest;
    zone_set_soa(zone, soa, ttl_floor);
    zone_change_end(zone);
    *content = (struct zone_content){0};
    quiesce_retire((void *)(uintptr_t)old, free_names);
}

uint64_t zone_bytes(const struct zone *zone)
{
    const struct soa *soa = atomic_load_explicit(&zone->soa, memory_order_relaxed);
    return sizeof *zone + zone->origin_len + zone->content.bytes + (soa == NULL ? 0 : soa->size);
}

/* --- one row alone --- */

enum zone_add zone_put(struct zone *zone, const struct name *owner, const struct record *record,
                       const struct zone_limits *limits)
{
    struct zone_edit edit;

    zone_edit_begin(&edit, zone);
    enum zone_add outcome = zone_edit_put(&edit, owner, record);
    if (outcome == ZONE_ADD_OK && zone_edit_prepare(&edit, limits)) {
        zone_edit_apply(&edit);
    } else if (outcome == ZONE_ADD_OK) {
        outcome = ZONE_ADD_TOO_MANY;
    }
    zone_edit_release(&edit);
    return outcome;
}

bool zone_drop(struct zone *zone, const struct name *owner, uint32_t id)
{
    static const struct zone_limits none = {UINT32_MAX, UINT32_MAX};
    struct zone_edit edit;

    zone_edit_begin(&edit, zone);
    bool found = zone_edit_drop(&edit, owner, id) && zone_edit_prepare(&edit, &none);
    if (found) {
        zone_edit_apply(&edit);
    }
    zone_edit_release(&edit);
    return found;
}

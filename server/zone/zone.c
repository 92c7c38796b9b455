#include "zone/zone.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/quiesce.h"
#include "zone/content.h"

struct zone *zone_new(uint32_t id, const struct name *origin)
{
    struct zone *zone = alloc_zero(1, sizeof *zone + origin->len);
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

/* Nodes and lines of a table that was swapped out; the ref travels as the retired "block". */
static void free_names(void *packed)
{
    uint64_t ref = (uint64_t)(uintptr_t)packed;
    table_each(ref, free_node, NULL);
    table_free_lines(ref);
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
    return node->name_len == key->len && memcmp(node_name(node), key->octets, key->len) == 0;
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
    uint8_t lower[DNS_NAME_MAX];
    name_lower(lower, relative, len);
    struct suffix_key key = {lower, len};
    uint64_t hash = name_hash_finish(name_hash(lower, lower + len, zone->origin_hash));
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
    struct soa *soa = alloc_new(size);
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

/* --- changing row by row --- */

/* Where a row belongs: stored name and hash. False: outside the zone and not an address. */
struct place {
    const uint8_t *name;
    unsigned len, flags;
    uint64_t hash;
};

static bool place_of(const struct zone *zone, const struct name *owner, uint16_t type,
                     struct place *place)
{
    if (name_is_at_or_below(owner->octets, zone->origin)) {
        unsigned len = (unsigned)owner->len - zone->origin_len;
        *place = (struct place){owner->octets, len, len == 0 ? NODE_APEX : 0,
                                name_hash(owner->octets, owner->octets + len, zone->origin_hash)};
    } else if (type == TYPE_A || type == TYPE_AAAA) {
        *place = (struct place){owner->octets, owner->len, NODE_FOREIGN,
                                name_hash(owner->octets, NULL, NAME_HASH_ROOT)};
    } else {
        return false;
    }
    place->hash = name_hash_finish(place->hash);
    return true;
}

static size_t find_id(const struct record *records, size_t count, uint32_t id)
{
    size_t at = 0;
    while (at < count && records[at].id != id) {
        at++;
    }
    return at;
}

/* Would the RRset of RECORD's type pass its limit? */
static bool too_large(const struct record *records, size_t count, uint16_t type, uint32_t max)
{
    size_t same = 0, octets = 0;
    for (size_t i = 0; i < count; i++) {
        if (records[i].type == type) {
            same++;
            octets += RECORD_HEADER_LEN + (size_t)records[i].rdata_len;
        }
    }
    return same > max || octets > RRSET_OCTETS_MAX;
}

enum zone_add zone_put(struct zone *zone, const struct name *owner, const struct record *record,
                       const struct zone_limits *limits)
{
    struct place place;
    uint8_t stored[UINT16_MAX];
    struct zone_content *content = &zone->content;

    if (!place_of(zone, owner, record->type, &place)) {
        return ZONE_ADD_OUTSIDE;
    }
    size_t len;
    if (!rdata_store(stored, &len, record->type, record->rdata, record->rdata_len, zone->origin)) {
        return ZONE_ADD_BAD_NAME;
    }
    struct node *old = content_find(content, place.hash, place.name, place.len);
    size_t count = 0;
    struct record *records =
        old != NULL ? node_records(old, &count) : alloc_zero(1, sizeof *records);
    size_t at = find_id(records, count, record->id);
    bool added = at == count;
    count += added;
    records[at] = *record;
    records[at].rdata = stored;
    records[at].rdata_len = (uint16_t)len;
    enum zone_add outcome = ZONE_ADD_TOO_MANY;
    if (!too_large(records, count, record->type, limits->max_rrset) &&
        content->rows + added <= limits->max_rows) {
        content_put(content, zone, old,
                    node_build(place.name, place.len, place.flags, old != NULL ? old->children : 0,
                               records, count));
        outcome = ZONE_ADD_OK;
    }
    free(records);
    return outcome;
}

bool zone_drop(struct zone *zone, const struct name *owner, uint32_t id)
{
    struct place place;
    struct zone_content *content = &zone->content;

    if (!place_of(zone, owner, TYPE_A, &place)) {
        return false;
    }
    struct node *old = content_find(content, place.hash, place.name, place.len);
    if (old == NULL) {
        return false;
    }
    size_t count;
    struct record *records = node_records(old, &count);
    size_t at = find_id(records, count, id);
    bool found = at < count;
    if (found) {
        records[at] = records[--count];
        if (count == 0 && old->children == 0 && !(old->flags & NODE_APEX)) {
            content_remove(content, zone, old);
        } else {
            content_put(
                content, zone, old,
                node_build(place.name, place.len, place.flags, old->children, records, count));
        }
    }
    free(records);
    return found;
}

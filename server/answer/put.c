#include "answer/put.h"

#include <string.h>

#include "answer/order.h"
#include "dns/rrtype.h"

/* Addresses permuted at most; an RRset of more goes out as stored, in one copy. */
enum { PERMUTE_MAX = 512 };

enum { A_LEN = RECORD_HEADER_LEN + 4 }; /* an address of IPv4, as stored */

/* The same for MX and SRV, which are sorted. */
enum { RANKED_MAX = 64 };

static void put16(uint8_t *at, unsigned value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static void put32(uint8_t *at, uint32_t value)
{
    put16(at, value >> 16);
    put16(at + 2, value & 0xffff);
}

uint32_t put_ttl(const struct zone *zone, const struct rrset *set)
{
    uint32_t floor = atomic_load_explicit(&zone->ttl_floor, memory_order_seq_cst);
    uint32_t ttl = set->ttl < floor ? floor : set->ttl;
    return ttl > DNS_TTL_MAX ? DNS_TTL_MAX : ttl;
}

/* What may be undone when an RRset does not fit. */
struct mark {
    uint32_t len;
    uint8_t remembered;
};

static struct mark mark(const struct reply *reply)
{
    return (struct mark){reply->len, reply->remembered_count};
}

static bool undo(struct reply *reply, struct mark mark)
{
    reply->len = mark.len;
    reply->remembered_count = mark.remembered;
    return false;
}

/* --- as stored: one copy, then what differs is patched --- */

static void copy_permuted(uint8_t *to, const struct rrset *set, const void *base,
                          struct random *random)
{
    uint16_t order[PERMUTE_MAX];
    const uint8_t *from = rrset_records(set, base);
    size_t stride = record_len(from); /* addresses of one type are of one length */

    order_addresses(order, set->count,
                    set->flags & RRSET_WEIGHTED ? rrset_weights(set, base) : NULL, random);
    if (stride == A_LEN) { /* lengths known here need no call */
        for (unsigned i = 0; i < set->count; i++) {
            memcpy(to + i * A_LEN, from + order[i] * A_LEN, A_LEN);
        }
        return;
    }
    for (unsigned i = 0; i < set->count; i++, to += stride) {
        memcpy(to, from + order[i] * stride, stride);
    }
}

static bool is_ranked(const struct rrset *set)
{
    return (set->type == TYPE_MX || set->type == TYPE_SRV) && set->count <= RANKED_MAX;
}

static uint16_t get16(const uint8_t *at)
{
    return (uint16_t)(at[0] << 8 | at[1]);
}

/* The records of an MX or SRV set in the order in which they are sent. */
static void rank_records(const struct rrset *set, const void *base, struct random *random,
                         const uint8_t **sorted)
{
    uint16_t order[RANKED_MAX], rank[RANKED_MAX], weight[RANKED_MAX];
    const uint8_t *records[RANKED_MAX], *at = rrset_records(set, base);

    for (unsigned i = 0; i < set->count; i++, at += record_len(at)) {
        records[i] = at;
        rank[i] = get16(at + RECORD_HEADER_LEN);
        /* An MX to the root (RFC 7505) ends behind its rank and a zero. */
        weight[i] = set->type == TYPE_SRV ? get16(at + RECORD_HEADER_LEN + 2) : 0;
    }
    order_by_rank(order, set->count, rank, set->type == TYPE_SRV ? weight : NULL, random);
    for (unsigned i = 0; i < set->count; i++) {
        sorted[i] = records[order[i]];
    }
}

static void copy_ranked(uint8_t *to, const struct rrset *set, const void *base,
                        struct random *random)
{
    const uint8_t *sorted[RANKED_MAX];
    rank_records(set, base, random, sorted);
    for (unsigned i = 0; i < set->count; i++) {
        size_t len = record_len(sorted[i]);
        memcpy(to, sorted[i], len);
        to += len;
    }
}

/* Several records in an order of their own. False: they go out as stored. */
static bool copy_in_order(uint8_t *to, const struct rrset *set, const void *base,
                          struct random *random)
{
    if ((set->type == TYPE_A || set->type == TYPE_AAAA) && set->count <= PERMUTE_MAX) {
        copy_permuted(to, set, base, random);
        return true;
    }
    if (is_ranked(set)) {
        copy_ranked(to, set, base, random);
        return true;
    }
    return false;
}

/* Point the names of one record at the zone's origin. */
static void point_names(uint8_t *record, const struct rrtype *type, unsigned origin_off)
{
    uint8_t *at = record + RECORD_HEADER_LEN + type->name_off;
    for (unsigned n = 0; n < type->name_count; n++) {
        while (*at < 0xc0) {
            at += 1u + *at;
        }
        put16(at, 0xc000 | origin_off);
        at += 2;
    }
}

static void patch(uint8_t *at, const uint8_t *end, unsigned owner_off, unsigned origin_off,
                  const struct rrset *set, uint32_t ttl)
{
    const struct rrtype *type = set->flags & RRSET_NAMES ? rrtype_find(set->type) : NULL;
    for (; at < end; at += record_len(at)) {
        put16(at, 0xc000 | owner_off);
        put32(at + 6, ttl);
        if (type != NULL) {
            point_names(at, type, origin_off);
        }
    }
}

/* --- record by record: outside names, places beyond a pointer's reach, compact replies --- */

static bool put_owner(struct reply *reply, const struct put_zone *from,
                      const struct put_owner *owner)
{
    uint8_t pointer[2];
    if (owner->off != 0 && owner->off <= DNS_POINTER_MAX) {
        put16(pointer, 0xc000 | owner->off);
        return reply_put(reply, pointer, 2);
    }
    if (owner->off != 0) {
        struct name name;
        reply_name_at(reply, owner->off, &name);
        return reply_put(reply, name.octets, name.len);
    }
    if (!reply_put(reply, owner->relative, owner->len)) {
        return false;
    }
    if (from->origin_off > DNS_POINTER_MAX) {
        return reply_put(reply, from->zone->origin, from->zone->origin_len);
    }
    put16(pointer, 0xc000 | from->origin_off);
    return reply_put(reply, pointer, 2);
}

/* A stored name at *AT; steps over it. */
static bool put_stored_name(struct reply *reply, const struct put_zone *from, const uint8_t **at)
{
    const uint8_t *start = *at, *end = start;
    while (*end != 0 && *end < 0xc0) {
        end += 1u + *end;
    }
    if (*end == 0) {
        *at = end + 1;
        return reply_put_name(reply, start);
    }
    *at = end + 2;
    if (reply->compact) {
        uint8_t whole[DNS_NAME_MAX];
        memcpy(whole, start, (size_t)(end - start));
        memcpy(whole + (end - start), from->zone->origin, from->zone->origin_len);
        return reply_put_name_inside(reply, whole, from->zone->origin_labels, from->origin_off);
    }
    struct put_owner name = {0, start, (unsigned)(end - start)};
    return put_owner(reply, from, &name);
}

static bool put_rdata(struct reply *reply, const struct put_zone *from, const struct rrset *set,
                      const uint8_t *rdata, size_t len)
{
    const struct rrtype *type = set->flags & RRSET_NAMES ? rrtype_find(set->type) : NULL;
    const uint8_t *at = rdata, *end = rdata + len;
    if (type != NULL) {
        if (!reply_put(reply, at, type->name_off)) {
            return false;
        }
        at += type->name_off;
        for (unsigned n = 0; n < type->name_count; n++) {
            if (!put_stored_name(reply, from, &at)) {
                return false;
            }
        }
    }
    return reply_put(reply, at, (size_t)(end - at));
}

static bool put_slowly(struct reply *reply, const struct put_zone *from,
                       const struct put_owner *owner, const struct rrset *set, const void *base,
                       uint32_t ttl, struct random *random)
{
    const uint8_t *sorted[RANKED_MAX], *next = rrset_records(set, base);
    bool ranked = set->count > 1 && random != NULL && is_ranked(set);
    if (ranked) {
        rank_records(set, base, random, sorted);
    }
    for (unsigned i = 0; i < set->count; i++) {
        const uint8_t *record = ranked ? sorted[i] : next;
        next += record_len(next);
        uint8_t head[RECORD_HEADER_LEN - 2];
        memcpy(head, record + 2, sizeof head);
        put32(head + 4, ttl);
        if (!put_owner(reply, from, owner) || !reply_put(reply, head, sizeof head)) {
            return false;
        }
        uint32_t rdata = reply->len;
        if (!put_rdata(reply, from, set, record + RECORD_HEADER_LEN,
                       record_len(record) - RECORD_HEADER_LEN)) {
            return false;
        }
        put16(reply->octets + rdata - 2, reply->len - rdata);
    }
    return true;
}

bool put_rrset(struct reply *reply, enum reply_section section, const struct put_zone *from,
               const struct put_owner *owner, const struct rrset *set, const void *base,
               uint32_t ttl, struct random *random, struct put_span *span)
{
    struct mark start = mark(reply);

    *span = (struct put_span){reply->len, set->count};
    bool names = (set->flags & RRSET_NAMES) != 0;
    bool in_reach = owner->off != 0 && owner->off <= DNS_POINTER_MAX &&
                    (!names || from->origin_off <= DNS_POINTER_MAX);
    reply->roomy |= names;
    if (UNLIKELY(!in_reach || (set->flags & RRSET_FOREIGN) || (names && reply->compact))) {
        if (!put_slowly(reply, from, owner, set, base, ttl, random)) {
            return undo(reply, start);
        }
    } else {
        if (reply->limit - reply->len < set->len) {
            return false;
        }
        uint8_t *to = reply->octets + reply->len;
        if (set->count == 1 || random == NULL || !copy_in_order(to, set, base, random)) {
            memcpy(to, rrset_records(set, base), set->len);
        }
        if (owner->off != DNS_HEADER_LEN || ttl != set->ttl ||
            (set->flags & (RRSET_NAMES | RRSET_MIXED_TTL))) {
            patch(to, to + set->len, owner->off, from->origin_off, set, ttl);
        }
        reply->len += set->len;
    }
    reply->counts[section] = (uint16_t)(reply->counts[section] + set->count);
    return true;
}

bool put_negative(struct reply *reply, const struct put_zone *from, const struct soa *soa)
{
    struct put_owner owner = {from->origin_off, NULL, 0};
    struct put_span span;
    uint32_t ttl = soa->negative_ttl;
    return put_rrset(reply, SECTION_AUTHORITY, from, &owner, &soa->set, soa,
                     ttl > DNS_TTL_MAX ? DNS_TTL_MAX : ttl, NULL, &span);
}

unsigned put_rdata_off(const struct reply *reply, unsigned off, unsigned *next)
{
    const uint8_t *octets = reply->octets;
    while (octets[off] != 0 && octets[off] < 0xc0) {
        off += 1u + octets[off];
    }
    off += octets[off] == 0 ? 1 : 2;
    unsigned rdata = off + RECORD_HEADER_LEN - 2;
    *next = rdata + ((unsigned)octets[rdata - 2] << 8 | octets[rdata - 1]);
    return rdata;
}

bool put_record(struct reply *reply, enum reply_section section, unsigned owner_off, uint16_t type,
                uint32_t ttl, const uint8_t *rdata, unsigned len)
{
    struct mark start = mark(reply);
    struct put_owner owner = {owner_off, NULL, 0};
    uint8_t head[RECORD_HEADER_LEN - 2];

    put16(head, type);
    put16(head + 2, CLASS_IN);
    put32(head + 4, ttl);
    put16(head + 8, len);
    if (!put_owner(reply, NULL, &owner) || !reply_put(reply, head, sizeof head) ||
        !reply_put(reply, rdata, len)) {
        return undo(reply, start);
    }
    reply->counts[section]++;
    return true;
}

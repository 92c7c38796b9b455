#include "zone/node.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "dns/name_hash.h"
#include "dns/rrtype.h"

enum { A_RDATA_LEN = 4, AAAA_RDATA_LEN = 16 }; /* RFC 1035, 3.4.1; RFC 3596, 2.2 */

/* Behind a node's name lies at least the smallest record: an id, and no RDATA. */
_Static_assert(sizeof(uint32_t) + RECORD_HEADER_LEN >= NAME_SLACK, "slack");

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

static uint32_t get32(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

/*
 * By type, and MX and SRV by preference or priority: answers sort them as well, but not where they are
 * too many.
 */
static int by_type_and_id(const void *a, const void *b)
{
    const struct record *x = a, *y = b;
    if (x->type != y->type) {
        return x->type < y->type ? -1 : 1;
    }
    if (x->type == TYPE_MX || x->type == TYPE_SRV) {
        int order = memcmp(x->rdata, y->rdata, 2);
        if (order != 0) {
            return order;
        }
    }
    return x->id < y->id ? -1 : x->id > y->id;
}

static uint8_t folded(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c;
}

/* The places [*FROM, return value) of RECORD's stored RDATA that are names. */
static size_t names_end(const struct record *record, size_t *from)
{
    const struct rrtype *type = rrtype_find(record->type);
    if (type == NULL || type->name_count == 0) {
        return *from = 0;
    }
    const uint8_t *rdata = record->rdata;
    size_t at = *from = type->name_off;
    for (unsigned n = 0; n < type->name_count; n++) {
        while (rdata[at] != 0 && rdata[at] < 0xc0) {
            at += 1u + rdata[at];
        }
        at += rdata[at] == 0 ? 1 : 2;
    }
    return at;
}

/* Order of data: names in it compare without case (RFC 4343), all else octet by octet. */
static int compare_data(const struct record *x, const struct record *y)
{
    if (x->rdata_len != y->rdata_len) {
        return x->rdata_len < y->rdata_len ? -1 : 1;
    }
    size_t from, end = names_end(x, &from);
    for (size_t i = 0; i < x->rdata_len; i++) {
        uint8_t p = x->rdata[i], q = y->rdata[i];
        if (i >= from && i < end) {
            p = folded(p);
            q = folded(q);
        }
        if (p != q) {
            return p < q ? -1 : 1;
        }
    }
    return 0;
}

static int by_data_and_id(const void *a, const void *b)
{
    const struct record *x = *(const struct record *const *)a,
                        *y = *(const struct record *const *)b;
    int order = compare_data(x, y);
    return order != 0 ? order : (x->id < y->id ? -1 : x->id > y->id);
}

/* Of equal data the lowest id is sent (RFC 2181, 5: duplicates are one record). */
static void find_same(const struct record *records, size_t count, enum record_place *places)
{
    const struct record **sorted = alloc_new(count * sizeof(const struct record *));
    for (size_t i = 0; i < count; i++) {
        sorted[i] = &records[i];
    }
    qsort(sorted, count, sizeof(const struct record *), by_data_and_id);
    for (size_t i = 0; i < count; i++) {
        bool first = i == 0 || compare_data(sorted[i - 1], sorted[i]) != 0;
        places[sorted[i] - records] = first ? RECORD_SENT : RECORD_SAME;
    }
    free(sorted);
}

size_t rrset_choose(const struct record *records, size_t count, enum record_place *places)
{
    bool single = records[0].type == TYPE_CNAME || records[0].type == TYPE_DNAME;
    size_t octets = 0, kept = 0;

    places[0] = RECORD_SENT;
    if (count == 1 || single) {
        for (size_t i = 1; i < count; i++) {
            places[i] = RECORD_SAME;
        }
        return 1;
    }
    find_same(records, count, places);
    for (size_t i = 0; i < count; i++) {
        size_t len = RECORD_HEADER_LEN + (size_t)records[i].rdata_len;
        if (places[i] != RECORD_SENT) {
            continue;
        }
        if (octets + len > RRSET_OCTETS_MAX) {
            places[i] = RECORD_NO_ROOM;
            continue;
        }
        octets += len;
        kept++;
    }
    return kept;
}

size_t rrset_octets(const struct record *records, size_t count)
{
    size_t octets = 0;
    for (size_t i = 0; i < count; i++) {
        octets += RECORD_HEADER_LEN + (size_t)records[i].rdata_len;
    }
    return octets;
}

static bool is_weighted(const struct record *records, size_t count)
{
    if (records[0].type != TYPE_A && records[0].type != TYPE_AAAA) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (records[i].aux != 0) {
            return true;
        }
    }
    return false;
}

size_t rrset_size(const struct record *records, size_t count)
{
    size_t size = count * sizeof(uint32_t) * (is_weighted(records, count) ? 2 : 1);
    size += rrset_octets(records, count);
    return (size + 3) & ~(size_t)3;
}

/* Does a name in the stored RDATA end outside the zone, that is, at the root? */
static bool names_foreign(const struct rrtype *type, const struct record *record)
{
    const uint8_t *at = record->rdata + type->name_off;
    for (unsigned n = 0; n < type->name_count; n++) {
        while (*at != 0 && *at < 0xc0) {
            at += 1u + *at;
        }
        if (*at == 0) {
            return true;
        }
        at += 2;
    }
    return false;
}

static uint8_t *write_record(uint8_t *at, const struct record *record)
{
    put16(at, 0xc000 | DNS_HEADER_LEN); /* where the question's name stands */
    put16(at + 2, record->type);
    put16(at + 4, CLASS_IN);
    put32(at + 6, record->ttl);
    put16(at + 10, record->rdata_len);
    memcpy(at + RECORD_HEADER_LEN, record->rdata, record->rdata_len);
    return at + RECORD_HEADER_LEN + record->rdata_len;
}

void rrset_write(struct rrset *set, void *base, uint32_t off, struct record *records, size_t count)
{
    const struct rrtype *type = rrtype_find(records[0].type);
    enum record_place few[16],
        *places = count <= ARRAY_LEN(few) ? few : alloc_new(count * sizeof *places);

    assert(count <= UINT16_MAX);
    *set = (struct rrset){.type = records[0].type,
                          .count = (uint16_t)rrset_choose(records, count, places),
                          .total = (uint16_t)count,
                          .ttl = UINT32_MAX,
                          .off = off};
    if (is_weighted(records, count)) {
        set->flags |= RRSET_WEIGHTED;
    }
    if (type != NULL && type->compress) {
        set->flags |= RRSET_NAMES;
    }
    uint32_t *ids = (uint32_t *)((uint8_t *)base + off);
    uint32_t *weights = ids + count;
    uint8_t *at = (uint8_t *)(ids + count * (set->flags & RRSET_WEIGHTED ? 2 : 1));
    uint8_t *start = at;
    size_t placed = 0;
    for (int pass = 1; pass >= 0; pass--) { /* those that are sent, then the others */
        for (size_t i = 0; i < count; i++) {
            const struct record *record = &records[i];
            if ((places[i] == RECORD_SENT) != (pass == 1)) {
                continue;
            }
            ids[placed] = record->id;
            if (set->flags & RRSET_WEIGHTED) {
                weights[placed] = record->aux;
            }
            placed++;
            at = write_record(at, record);
            if (pass == 0) {
                continue;
            }
            if (placed > 1 && set->ttl != record->ttl) {
                set->flags |= RRSET_MIXED_TTL;
            }
            set->ttl = record->ttl < set->ttl ? record->ttl : set->ttl;
            if ((set->flags & RRSET_NAMES) && names_foreign(type, record)) {
                set->flags |= RRSET_FOREIGN;
            }
        }
        if (pass == 1) {
            set->len = (uint32_t)(at - start);
        }
    }
    /* A row that is not sent, since its data stands there already, still lowers the set's TTL. */
    if (records[0].type != TYPE_CNAME && records[0].type != TYPE_DNAME) {
        for (size_t i = 0; i < count; i++) {
            if (places[i] == RECORD_SAME && records[i].ttl < set->ttl) {
                set->ttl = records[i].ttl;
                set->flags |= RRSET_MIXED_TTL;
            }
        }
    }
    if (places != few) {
        free(places);
    }
}

static unsigned flag_of(uint16_t type, unsigned flags)
{
    switch (type) {
    case TYPE_NS:
        return flags & (NODE_APEX | NODE_FOREIGN) ? 0 : NODE_CUT;
    case TYPE_CNAME:
        return NODE_CNAME;
    case TYPE_DNAME:
        return NODE_DNAME;
    case TYPE_ALIAS:
        return NODE_ALIAS;
    default:
        return 0;
    }
}

struct node *node_build(const uint8_t *name, unsigned name_len, unsigned flags, uint32_t children,
                        struct record *records, size_t count)
{
    size_t sets = 0, data = 0;

    if (count > 1) {
        qsort(records, count, sizeof *records, by_type_and_id);
    }
    for (size_t i = 0, end; i < count; i = end) {
        for (end = i + 1; end < count && records[end].type == records[i].type; end++) {
        }
        sets++;
        data += rrset_size(records + i, end - i);
        flags |= flag_of(records[i].type, flags);
    }
    if (!(flags & NODE_FOREIGN) && name_len >= 2 && name_is_wildcard(name)) {
        flags |= NODE_WILDCARD;
    }
    size_t head = sizeof(struct node) + sets * sizeof(struct rrset) + name_len;
    /* Where no record follows, the name's slack does. */
    size_t off = (head + (sets == 0 ? NAME_SLACK : 0) + 3) & ~(size_t)3;
    struct node *node = alloc_new(off + data);
    *node = (struct node){.size = (uint32_t)(off + data),
                          .children = children,
                          .rrset_count = (uint16_t)sets,
                          .flags = (uint8_t)flags,
                          .name_len = (uint8_t)name_len};
    if (name_len > 0) {
        memcpy((uint8_t *)&node->rrsets[sets], name, name_len);
    }
    size_t set = 0;
    for (size_t i = 0, end; i < count; i = end) {
        for (end = i + 1; end < count && records[end].type == records[i].type; end++) {
        }
        rrset_write(&node->rrsets[set++], node, (uint32_t)off, records + i, end - i);
        off += rrset_size(records + i, end - i);
    }
    return node;
}

struct record *node_records(const struct node *node, size_t *count)
{
    size_t total = 0, n = 0;

    for (unsigned i = 0; i < node->rrset_count; i++) {
        total += node->rrsets[i].total;
    }
    /* One more than needed: the caller's usual next step is to add a record. */
    struct record *records = alloc_zero(total + 1, sizeof *records);
    for (unsigned i = 0; i < node->rrset_count; i++) {
        const struct rrset *set = &node->rrsets[i];
        const uint8_t *at = rrset_records(set, node);
        for (unsigned k = 0; k < set->total; k++, at += record_len(at)) {
            records[n++] = (struct record){
                .id = rrset_ids(set, node)[k],
                .ttl = get32(at + 6),
                .aux = set->flags & RRSET_WEIGHTED ? rrset_weights(set, node)[k] : 0,
                .type = set->type,
                .rdata_len = (uint16_t)(record_len(at) - RECORD_HEADER_LEN),
                .rdata = at + RECORD_HEADER_LEN,
            };
        }
    }
    *count = n;
    return records;
}

/* One name at IN (within LEFT octets) shortened to OUT. Returns octets written; *USED those read. */
static size_t store_name(uint8_t *out, const uint8_t *in, size_t left, const uint8_t *origin,
                         size_t *used)
{
    size_t len = name_check(in, left);
    if (len == 0) {
        return 0;
    }
    *used = len;
    size_t origin_len = name_len(origin);
    /* C0 00 must be no longer than what it stands for: the root's zero alone stays as it is. */
    if (origin_len >= 2 && name_is_at_or_below(in, origin)) {
        size_t labels = len - origin_len;
        memmove(out, in, labels);
        out[labels] = 0xc0;
        out[labels + 1] = 0;
        return labels + 2;
    }
    memmove(out, in, len);
    return len;
}

/* Those of one RRset are permuted by their places, so all have to be of one length. */
static bool is_address_len(uint16_t type, size_t len)
{
    return (type != TYPE_A || len == A_RDATA_LEN) && (type != TYPE_AAAA || len == AAAA_RDATA_LEN);
}

bool rdata_store(uint8_t *out, size_t *out_len, uint16_t number, const uint8_t *rdata, size_t len,
                 const uint8_t *origin)
{
    const struct rrtype *type = rrtype_find(number);

    if (!is_address_len(number, len)) {
        return false;
    }
    if (type == NULL || type->name_count == 0) {
        if (len > 0) {
            memcpy(out, rdata, len);
        }
        *out_len = len;
        return true;
    }
    size_t in = type->name_off, at = in;
    if (len < in) {
        return false;
    }
    memcpy(out, rdata, in);
    for (unsigned n = 0; n < type->name_count; n++) {
        size_t used = 0, wrote = type->compress
                                     ? store_name(out + at, rdata + in, len - in, origin, &used)
                                     : name_check(rdata + in, len - in);
        if (wrote == 0) {
            return false;
        }
        if (!type->compress) {
            memcpy(out + at, rdata + in, wrote);
            used = wrote;
        }
        in += used;
        at += wrote;
    }
    memcpy(out + at, rdata + in, len - in);
    *out_len = at + (len - in);
    return true;
}

size_t rdata_expand(uint8_t *out, uint16_t number, const uint8_t *stored, size_t len,
                    const uint8_t *origin)
{
    const struct rrtype *type = rrtype_find(number);
    size_t in = 0, at = 0;

    if (type != NULL && type->compress) {
        in = at = type->name_off;
        memcpy(out, stored, in);
        for (unsigned n = 0; n < type->name_count; n++) {
            size_t labels = in;
            while (stored[labels] != 0 && stored[labels] < 0xc0) {
                labels += 1u + stored[labels];
            }
            memcpy(out + at, stored + in, labels - in);
            at += labels - in;
            size_t end = stored[labels] == 0 ? 1 : name_len(origin);
            memcpy(out + at, stored[labels] == 0 ? stored + labels : origin, end);
            at += end;
            in = labels + (stored[labels] == 0 ? 1 : 2);
        }
    }
    if (len > in) {
        memcpy(out + at, stored + in, len - in);
    }
    return at + (len - in);
}

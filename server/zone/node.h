/*
 * All data of one name, in one immutable block:
 *
 *     struct node | struct rrset [rrset_count] | name | per RRset: ids, weights, records
 *
 *     name      relative to the zone's origin, without the root's zero; "" at the apex. Foreign glue
 *               (a name outside the zone) keeps its absolute name, zero included, so that it can
 *               never be taken for a name inside
 *     ids       rr.id of each record, so that a changed row finds its record again
 *     weights   rr.aux of each record, only when one of them is not 0 (A and AAAA)
 *     records   as they are sent, one after another:  C0 0C | type | IN | ttl | rdlength | rdata
 *               so that answering is one copy. A name in rdata that may be compressed and lies in
 *               the zone is kept as its labels and the octets C0 00, to be pointed at the origin
 *
 * Within an RRset the records that are sent come first, in order of id (MX and SRV: of preference or
 * priority, then of id); behind them stand those that are not (a second row of the same data, a second
 * CNAME, one that no message has room for), which come forward when rows before them go. A new version
 * of a name is a new block: node_build(), then one pointer is replaced (zone.h). `children` alone
 * changes in place; only the zone's writer looks at it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "dns/name.h"

enum { RECORD_HEADER_LEN = 12 }; /* pointer, type, class, TTL, RDLENGTH */

/* An RRset's records must fit a message beside its header, the longest question and the longest OPT. */
enum { RRSET_OCTETS_MAX = DNS_MESSAGE_MAX - DNS_HEADER_LEN - (DNS_NAME_MAX + 4) - 256 };

enum node_flag {
    NODE_APEX = 1 << 0,
    NODE_CUT = 1 << 1, /* NS below the apex: RFC 1034, 4.2 */
    NODE_CNAME = 1 << 2,
    NODE_DNAME = 1 << 3,
    NODE_ALIAS = 1 << 4,
    NODE_WILDCARD = 1 << 5, /* first label is "*" */
    NODE_FOREIGN = 1 << 6,  /* address outside the zone, for its own referrals only */
    /* A question there is not answered by the RRset of its type alone. */
    NODE_SPECIAL = NODE_CUT | NODE_CNAME | NODE_DNAME | NODE_ALIAS,
};

enum rrset_flag {
    RRSET_NAMES = 1 << 0,     /* rdata holds names that may be compressed */
    RRSET_FOREIGN = 1 << 1,   /* at least one of them lies outside the zone */
    RRSET_MIXED_TTL = 1 << 2, /* records' own TTLs differ: ttl below is the lowest */
    RRSET_WEIGHTED = 1 << 3,  /* weights are there */
};

struct rrset {
    uint16_t type;
    uint16_t flags; /* enum rrset_flag */
    uint16_t count; /* records sent, >= 1 */
    uint16_t total; /* with those that are not */
    uint32_t ttl;   /* lowest of the set: RFC 2181, 5.2 */
    uint32_t off;   /* of the ids, from the start of the block */
    uint32_t len;   /* octets of the records sent */
};

struct node {
    uint32_t size;        /* octets of this block */
    uint32_t children;    /* names one label below; the writer's own */
    uint16_t rrset_count; /* 0: empty non-terminal */
    uint8_t flags;        /* enum node_flag */
    uint8_t name_len;
    struct rrset rrsets[]; /* in order of type */
};

/* One row on its way into a node. RDATA is in the stored form described above; borrowed. */
struct record {
    uint32_t id, ttl, aux;
    uint16_t type, rdata_len;
    const uint8_t *rdata;
};

static inline const uint8_t *node_name(const struct node *node)
{
    return (const uint8_t *)&node->rrsets[node->rrset_count];
}

/* The RRset of TYPE at NODE, or NULL. */
static inline const struct rrset *node_rrset(const struct node *node, uint16_t type)
{
    for (unsigned i = 0; i < node->rrset_count; i++) {
        if (node->rrsets[i].type == type) {
            return &node->rrsets[i];
        }
    }
    return NULL;
}

/* Parts of an RRset in the block that starts at BASE. */
static inline const uint32_t *rrset_ids(const struct rrset *set, const void *base)
{
    return (const uint32_t *)((const uint8_t *)base + set->off);
}
static inline const uint32_t *rrset_weights(const struct rrset *set, const void *base)
{
    return rrset_ids(set, base) + set->total;
}
static inline const uint8_t *rrset_records(const struct rrset *set, const void *base)
{
    size_t arrays = set->flags & RRSET_WEIGHTED ? 2 : 1;
    return (const uint8_t *)(rrset_ids(set, base) + arrays * set->total);
}
/* Octets of the record at RECORD (stored form). */
static inline size_t record_len(const uint8_t *record)
{
    return RECORD_HEADER_LEN + ((size_t)record[10] << 8 | record[11]);
}

/*
 * Build a block (given) for NAME (relative, NAME_LEN octets) from COUNT RECORDS, which are sorted
 * in place by type, then id. FLAGS: NODE_APEX, NODE_FOREIGN; the others are found out here.
 */
NODISCARD struct node *node_build(const uint8_t *name, unsigned name_len, unsigned flags,
                                  uint32_t children, struct record *records, size_t count);

/* All rows of NODE as records (given array of *COUNT, free(); rdata borrowed from NODE). */
NODISCARD struct record *node_records(const struct node *node, size_t *count) NONNULL;

/* What becomes of a record of an RRset. */
enum record_place {
    RECORD_SENT,
    RECORD_SAME,    /* its data stands in a row of lower id; or a second CNAME or DNAME */
    RECORD_NO_ROOM, /* with it those before would pass RRSET_OCTETS_MAX */
};
/* Of COUNT RECORDS of one RRset in their order: PLACES[i] for RECORDS[i]. Returns how many are sent. */
size_t rrset_choose(const struct record *records, size_t count, enum record_place *places);
/* Octets of them all, sent or not. */
size_t rrset_octets(const struct record *records, size_t count);
/* Of COUNT RECORDS grouped by type, the first behind AT of another type. */
static inline size_t rrset_end(const struct record *records, size_t count, size_t at)
{
    size_t end = at + 1;
    while (end < count && records[end].type == records[at].type) {
        end++;
    }
    return end;
}
/* Rows of one name have no more octets, sent or not: offsets within a node are of 32 bits. */
enum { NODE_OCTETS_MAX = 1 << 28 };

/*
 * One RRset alone in the caller's memory (the SOA): bytes needed, then writing it at BASE + OFF.
 * RECORDS as for node_build, all of one type.
 */
size_t rrset_size(const struct record *records, size_t count);
void rrset_write(struct rrset *set, void *base, uint32_t off, struct record *records, size_t count);

/*
 * RDATA (wire form, uncompressed, LEN octets) of TYPE into the stored form at OUT (capacity LEN):
 * names that may be compressed and lie at or below ORIGIN end in C0 00. *OUT_LEN: the stored length,
 * never more than LEN. False: a name in it is malformed, or an address is not as long as they are.
 */
NODISCARD bool rdata_store(uint8_t *out, size_t *out_len, uint16_t type, const uint8_t *rdata,
                           size_t len, const uint8_t *origin);
/* The reverse: stored RDATA of a node, uncompressed, at OUT (capacity 65535). Returns its length. */
size_t rdata_expand(uint8_t *out, uint16_t type, const uint8_t *stored, size_t len,
                    const uint8_t *origin);

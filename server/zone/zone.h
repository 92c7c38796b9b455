/*
 * A hosted zone: its names in a table, its SOA, and what a search needs to be short.
 *
 *   struct zone (stays as long as the zone is hosted)
 *     | seq       odd while several names change at once
 *     | soa       -> struct soa (immutable, replaced whole)
 *     | content   | names -> table of nodes, keyed by the hash of the whole name (zone/table.h)
 *     |           | cuts, wildcards: how many such names there are; 0 spares the search for them
 *
 *        names:   ""  -------> node (apex)           RRsets SOA is not here, NS, MX ...
 *                 "www" -----> node                  one immutable block per name (zone/node.h)
 *                 "b" -------> node, no RRsets       empty non-terminal: exists because a.b does
 *                 "a.b" -----> node
 *                 "*" -------> node
 *
 * Why so: a name that is asked is found by one probe of the table and one block, whatever the size
 * of the zone; a name that is not there by one probe, unless the zone has wildcards or cuts, which
 * cost a probe per label. Nothing refers from one name to another, so a changed row means one new
 * block and one replaced pointer; a new or vanished name touches its ancestors' child counts only
 * (O(labels)), which keep the empty non-terminals exact. There is no order to keep: denial of
 * existence for DNSSEC can be computed online. A zone that was read again whole gets a new table,
 * swapped in with its SOA in one step under seq.
 *
 * Measured with 100,000 zones of 10 names, 1,594,977 rows with their SOA: 80 octets per row by our
 * own count (nodes 53, tables 8, zones with their SOA 19), 98 as the process's PSS (149 MiB),
 * loaded in 3.9 s by two loaders beside the database on two cores.
 *
 * Readers (any number, inside quiesce) and one writer per zone at a time (whoever holds the store's
 * lock on the zone). All zone_* functions that change need the writer; zone_find and kin are for all.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>

#include "dns/lookup_name.h"
#include "zone/node.h"
#include "zone/table.h"

/* The SOA row as it is answered. Immutable. */
struct soa {
    uint32_t serial, refresh, retry, expire, minimum;
    uint32_t negative_ttl; /* min(TTL, MINIMUM): RFC 2308, 3 */
    uint32_t size;         /* octets of this block */
    struct rrset set;      /* set.ttl: the record's own; base of its offsets is this struct */
};

struct zone_content {
    struct table names;
    _Atomic uint32_t cuts;      /* names with NODE_CUT or NODE_DNAME */
    _Atomic uint32_t wildcards; /* names with NODE_WILDCARD */
    _Atomic uint32_t foreign;   /* names with NODE_FOREIGN */
    uint32_t rows;              /* records kept, SOA not counted; the writer's own from here on */
    uint64_t bytes;             /* nodes and table */
    uint64_t digest;            /* of the rows: equal digests, equal zones */
};

struct zone {
    _Atomic uint32_t seq;
    _Atomic uint32_t asked_sec; /* instant_sec() when last asked; set by readers */
    _Atomic(struct soa *) soa;  /* NULL = not loaded: then content is empty too */
    struct zone_content content;
    _Atomic uint32_t
        ttl_floor; /* TTLs below are raised to it: soa.minimum, 0 with ignore-minimum */
    _Atomic uint32_t
        fresh_sec; /* too old after this instant_sec(), when no feed vouches; 0 = never */
    _Atomic uint32_t retry_sec; /* not loadable: nobody waits for it before this instant_sec() */
    uint32_t id;                /* soa.id */
    _Atomic int64_t read_ns;    /* instant since which a feed knows what is here; 0 = it does not */
    uint64_t origin_hash;       /* name_hash state of the origin */
    void *owner;                /* the store's own state of this zone */
    uint8_t origin_len, origin_labels;
    uint8_t origin[]; /* lower case; NAME_SLACK octets can be read */
};

NODISCARD struct zone *zone_new(uint32_t id, const struct name *origin) NONNULL;
/* Free a zone that no reader can see any more, with all it holds. */
void zone_free(void *zone);

/* --- finding ------------------------------------------------------------------------------- */

/* The table's ref, loaded once per answer. */
static inline uint64_t zone_names(const struct zone *zone)
{
    return atomic_load_explicit(&zone->content.names.ref, memory_order_seq_cst);
}

/* The node of the suffix of K labels of NAME, which must lie at or below ZONE's origin. */
const struct node *zone_find(const struct zone *zone, uint64_t names,
                             const struct lookup_name *name, unsigned k) NONNULL;
/* Is NODE, found in ZONE's table by its tag, that of NAME, which lies at or below ZONE's origin? */
static inline bool zone_is_node(const struct zone *zone, const struct node *node,
                                const struct lookup_name *name)
{
    unsigned len = (unsigned)name->len - zone->origin_len;
    return node->name_len == len && lookup_octets_equal(node_name(node), name->octets, len);
}
/* The node "*" directly below that suffix. */
const struct node *zone_find_wildcard(const struct zone *zone, uint64_t names,
                                      const struct lookup_name *name, unsigned k) NONNULL;
/* The node of RELATIVE labels, in lower case, of LEN octets below the origin. */
const struct node *zone_find_relative(const struct zone *zone, uint64_t names,
                                      const uint8_t *relative, unsigned len) NONNULL;
/* Foreign glue for the absolute, lower-case NAME, or NULL. */
const struct node *zone_find_foreign(const struct zone *zone, uint64_t names,
                                     const struct lookup_name *name) NONNULL;

/* --- building whole ------------------------------------------------------------------------ */

/* What a zone may hold: past it the build fails and the old version stays. */
struct zone_limits {
    uint32_t max_rows, max_rrset;
};

struct zone_build;

NODISCARD struct zone_build *zone_build_new(const struct zone *zone,
                                            const struct zone_limits *limits) NONNULL;
void zone_build_free(struct zone_build *build);

/*
 * Does a row of TYPE at OWNER lie outside the zone of ORIGIN, where nothing can serve it? Addresses may lie
 * there: they are glue for the zone's own referrals.
 */
bool zone_is_outside(const uint8_t *origin, const uint8_t *owner, uint16_t type) NONNULL;

enum zone_add {
    ZONE_ADD_OK,
    ZONE_ADD_OUTSIDE,  /* zone_is_outside */
    ZONE_ADD_BAD_NAME, /* a name in rdata is malformed, or an address of another length */
    ZONE_ADD_TOO_MANY  /* limits.max_rows passed: give the build up */
};
/*
 * Add a row. OWNER: absolute, lower case. RECORD->rdata: wire form, uncompressed; copied.
 */
NODISCARD enum zone_add zone_build_add(struct zone_build *build, const struct name *owner,
                                       const struct record *record) NONNULL;
/*
 * A row that is kept but not sent: with those before that are, its RRset would pass RRSET_OCTETS_MAX.
 * OWNER: absolute, lower case; borrowed for as long as the callback runs.
 */
typedef void zone_left_out_told(void *context, const struct name *owner, uint16_t type,
                                uint32_t id);
/* Have zone_build_finish tell them. */
void zone_build_tell_left_out(struct zone_build *build, zone_left_out_told *told, void *context);
/* Sum over all rows added, in any order: equal digests, equal zones. */
uint64_t zone_build_digest(const struct zone_build *build) NONNULL;

/*
 * Make the names. O(n log n). False when an RRset is past its limit: TOO_LARGE tells its name and
 * type; or when there are too many names, empty ones in between counted: then its type is 0 and
 * `records` tells how many there were at least. On success CONTENT (given) is ready for zone_publish or
 * zone_content_release.
 */
struct zone_too_large {
    struct name owner;
    uint16_t type;
    size_t records; /* what it has */
    size_t octets;  /* not 0: what all rows of OWNER have */
};
NODISCARD bool zone_build_finish(struct zone_build *build, struct zone_content *content,
                                 struct zone_too_large *too_large) NONNULL;
/* Has CONTENT, built for a zone of ZONE's origin, every name and type that ZONE has now? O(names). */
bool zone_content_covers(const struct zone_content *content, const struct zone *zone) NONNULL;
/* Free content that was never published. */
void zone_content_release(struct zone_content *content) NONNULL;

/* The SOA block (given) for zone_publish and zone_set_soa. NS and MBOX absolute. TTL as answered. */
struct soa_fields {
    uint32_t serial, refresh, retry, expire, minimum, ttl, id;
    struct name ns, mbox;
};
NODISCARD struct soa *soa_new(const struct zone *zone, const struct soa_fields *fields) NONNULL;
NODISCARD struct soa *soa_copy(const struct soa *soa) NONNULL;
/* Same answer? */
bool soa_equal(const struct soa *a, const struct soa *b) NONNULL;

/* Replace all of ZONE by CONTENT and SOA (both taken) in one step for readers; what was there is
 * retired. CONTENT all zero and SOA NULL unload the zone. */
void zone_publish(struct zone *zone, struct zone_content *content, struct soa *soa,
                  uint32_t ttl_floor);

/* --- changing row by row ------------------------------------------------------------------- */

/* Between these two, readers answer again rather than see half of the changes. */
void zone_change_begin(struct zone *zone) NONNULL;
void zone_change_end(struct zone *zone) NONNULL;
/* SOA (taken) in place of the one before; NULL: not loaded. */
void zone_set_soa(struct zone *zone, struct soa *soa, uint32_t ttl_floor);
/* One row alone; many that change together: zone/zone_edit.h. */
/* Put a row in; one of the same id at OWNER is replaced. As zone_build_add, and ZONE_ADD_TOO_MANY
 * when it would pass LIMITS. */
NODISCARD enum zone_add zone_put(struct zone *zone, const struct name *owner,
                                 const struct record *record,
                                 const struct zone_limits *limits) NONNULL;
/* Take the row ID at OWNER out; false when there is none, or zone_edit_prepare gives it up. */
bool zone_drop(struct zone *zone, const struct name *owner, uint32_t id) NONNULL;

/* Bytes a zone holds, itself included. */
uint64_t zone_bytes(const struct zone *zone) NONNULL;

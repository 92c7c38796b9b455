/*
 * Names coming and going in a zone's content, with their ancestors: shared by the build of a whole
 * zone and by changes row by row. Private to the room.
 */
#pragma once

#include "zone/zone.h"

/* Hash of a node's name for the table of ZONE: a table_* callback (context: the zone). */
uint64_t content_hash(const void *node, const void *zone);

/* The node with exactly this stored name, of LEN octets; HASH of the whole name. */
struct node *content_find(const struct zone_content *content, uint64_t hash, const uint8_t *name,
                          unsigned len);

/*
 * Put FRESH (taken) in: in place of OLD, a node of the same name, which is retired; or, OLD NULL,
 * as a new name whose missing ancestors become empty non-terminals. Child counts and totals follow.
 */
void content_put(struct zone_content *content, const struct zone *zone, struct node *old,
                 struct node *fresh);

/* Take NODE out, and every ancestor that existed only for its sake. Nodes are retired. */
void content_remove(struct zone_content *content, const struct zone *zone, struct node *node);

/* Make room for NAMES more, so that putting them in does not have to. */
void content_reserve(struct zone_content *content, const struct zone *zone, uint32_t names) NONNULL;

/* The stored NAME (LEN octets) as a whole one; FOREIGN: it is one. */
struct name content_whole_name(const struct zone *zone, const uint8_t *stored, unsigned len,
                               bool foreign) NONNULL;
/*
 * Tell those of a name's RECORDS, as node_build has sorted them, that no message has room for. NAME, LEN
 * and FOREIGN as above.
 */
void content_tell_left_out(const struct zone *zone, const uint8_t *name, unsigned len, bool foreign,
                           const struct record *records, size_t count, zone_left_out_told *told,
                           void *context);

/* How many names a zone may have, those without rows counted. */
uint64_t content_names_max(const struct zone_limits *limits) NONNULL;

/*
 * A keyed hash of RECORD (stored form) at the name with hash STATE, not finished; zones sum them up. Of
 * what a node does not keep nothing counts: aux is in the rdata of all types but A and AAAA.
 */
uint64_t content_row_digest(uint64_t state, const struct record *record) NONNULL;

/* Octets that stay where they are until all are freed. */
struct chunk {
    struct chunk *next;
    size_t used, cap;
    uint8_t octets[];
};
/* Room for LEN octets; whoever keeps them adds their number to (*CHUNKS)->used. */
uint8_t *chunks_room(struct chunk **chunks, size_t len) NONNULL;
void chunks_free(struct chunk *chunks);

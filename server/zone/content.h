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

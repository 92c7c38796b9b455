/*
 * One zone as octets of a snapshot file, and back. Private to the room, but for tests.
 */
#pragma once

#include "snapshot/octets.h"
#include "zone/zone.h"

/* A content begins with the SOA of the zone of ORIGIN; then come the rows of its nodes, in any number of calls,
 * which return how many rows that were. Inside quiesce. */
void content_write_soa(struct octets_out *out, const struct name *origin,
                       const struct soa *soa) NONNULL;
uint32_t content_write_nodes(struct octets_out *out, const struct name *origin,
                             const struct node *const *nodes, size_t count);

/* What content_read found: as the loader finds it in SQL. */
struct snapshot_content {
    struct zone_content content; /* given */
    struct soa *soa;             /* given */
    uint32_t lowest_ttl;         /* of all rows; UINT32_MAX without any */
};
/*
 * Read all of IN, of which nothing is believed, as the content of ZONE (its id and origin are used). False:
 * nothing is given, *WRONG is a constant that tells why: damage, or more than LIMITS allow. Any thread.
 */
NODISCARD bool content_read(struct octets_in *in, const struct zone *zone,
                            const struct zone_limits *limits, struct snapshot_content *out,
                            const char **wrong) NONNULL;

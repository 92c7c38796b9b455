/*
 * RRsets into a reply. Private to the room.
 */
#pragma once

#include "base/random.h"
#include "dns/reply.h"
#include "zone/zone.h"

/* The zone an RRset comes from, and where its origin stands in the message. */
struct put_zone {
    const struct zone *zone;
    unsigned origin_off;
};

/* The owner: a name standing in the message; or, OFF 0, RELATIVE labels of LEN octets in the zone. */
struct put_owner {
    unsigned off;
    const uint8_t *relative;
    unsigned len;
};

/* What was written: where it begins, how many records. */
struct put_span {
    unsigned off, count;
};

/*
 * Append the RRset SET of the block BASE with TTL to SECTION, whole or not at all. RANDOM:
 * addresses are permuted with it, MX and SRV sorted (order.h); NULL = in stored order. False: it
 * did not fit, REPLY is as before.
 */
NODISCARD bool put_rrset(struct reply *reply, enum reply_section section,
                         const struct put_zone *from, const struct put_owner *owner,
                         const struct rrset *set, const void *base, uint32_t ttl,
                         struct random *random, struct put_span *span);

/* RFC 2308, 3: SOA in AUTHORITY, which says for how long there is nothing. False: it did not fit. */
NODISCARD bool put_negative(struct reply *reply, const struct put_zone *from,
                            const struct soa *soa) NONNULL;

/* The TTL of SET as sent from ZONE: raised to the zone's minimum (mydns-compat 1.6), RFC 2181, 8. */
uint32_t put_ttl(const struct zone *zone, const struct rrset *set) NONNULL;

/* Offset of the RDATA of the record at OFF in the message, and of what follows the record. */
unsigned put_rdata_off(const struct reply *reply, unsigned off, unsigned *next) NONNULL;

/* One record with ready RDATA (no names to compress), owner at OWNER_OFF. False: no room. */
NODISCARD bool put_record(struct reply *reply, enum reply_section section, unsigned owner_off,
                          uint16_t type, uint32_t ttl, const uint8_t *rdata, unsigned len);

/*
 * A reply in the making. It is written over the query, whose header and question already stand where
 * the reply wants them: only what follows is added. Whole RRsets only: what does not fit is undone.
 *
 *     | header | question | ANSWER ... | AUTHORITY ... | ADDITIONAL ... | OPT |
 *     0        12         ^ len grows                                   reserved
 *
 * Compression (RFC 1035, 4.1.4) by places that are known, not searched: the owner is the question or
 * a name just written; a name of the zone ends at the place of the zone's origin. Only names outside
 * the zone are compared with those outside names written before. Question octets keep their case.
 * A reply that does not fit so is written once more, compact: then each name that may be is
 * compared with the question and with names written before, those of the zone, too.
 */
#pragma once

#include "dns/query.h"

enum reply_section { SECTION_ANSWER, SECTION_AUTHORITY, SECTION_ADDITIONAL };

enum { REPLY_REMEMBERED = 8 }; /* outside names that later ones are compared with */

struct reply {
    uint8_t *octets;
    uint32_t limit; /* octets that may be used, the reserve for OPT already taken off */
    uint32_t len;
    uint16_t counts[3]; /* by enum reply_section */
    uint16_t flags;     /* FLAG_AA, FLAG_TC; the rest is set by reply_finish */
    uint16_t rcode;     /* enum dns_rcode, also extended ones */
    int16_t ede;        /* enum dns_ede */
    uint16_t remembered[REPLY_REMEMBERED];
    uint8_t remembered_count;
    bool tcp;
    bool compact; /* reply_be_compact() */
    bool roomy;   /* set by the writer: names were written that may take less room when compact */
};

/* How large replies may be, and what EDNS tells of us. */
struct reply_policy {
    uint16_t edns_udp_size;
    const uint8_t *nsid; /* NULL = none */
    uint16_t nsid_len;
    /* Idle time of TCP connections in 100 ms (RFC 7828); 0 = not told. Read only for replies by TCP: whoever
     * serves TCP may change it. */
    uint16_t tcp_keepalive;
};

/*
 * Begin (or begin again) the reply to QUERY in its own buffer OCTETS of CAP octets. TCP: whether the
 * limit is that of TCP; otherwise 512 or what the client announced, at most the policy's size.
 */
void reply_begin(struct reply *reply, const struct query *query, uint8_t *octets, size_t cap,
                 bool tcp, const struct reply_policy *policy);
/* For a reply that has just been begun: it takes less room and more time. */
void reply_be_compact(struct reply *reply) NONNULL;
/* Set header and OPT, and with QUERY_BADKEY and NOTAUTH the TSIG that says so. Returns the message's
 * length. */
size_t reply_finish(struct reply *reply, const struct query *query,
                    const struct reply_policy *policy) NONNULL;

/*
 * Write NAME (wire form) compressed against the outside names remembered; remember it. False: no room.
 */
NODISCARD bool reply_put_name(struct reply *reply, const uint8_t *name) NONNULL;
/*
 * The same for a name inside the zone of a compact reply: its last LABELS labels, the origin's,
 * stand at OFF, whatever their case there.
 */
NODISCARD bool reply_put_name_inside(struct reply *reply, const uint8_t *name, unsigned labels,
                                     unsigned off) NONNULL;
/* Append LEN octets. False: no room. */
NODISCARD bool reply_put(struct reply *reply, const void *octets, size_t len) NONNULL;

/* The offset where the suffix of the name at OFF begins after SKIP labels; follows pointers we wrote. */
unsigned reply_suffix_off(const struct reply *reply, unsigned off, unsigned skip) NONNULL;
/* The name at OFF, pointers followed, lower-cased or not, into OUT. */
void reply_name_at(const struct reply *reply, unsigned off, struct name *out) NONNULL;

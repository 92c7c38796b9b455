/*
 * The OPT record (RFC 6891, 6.1): reading the options of a question, writing the reply's record. Known
 * are NSID (RFC 5001), COOKIE (RFC 7873), edns-tcp-keepalive (RFC 7828) and, in replies, extended errors
 * (RFC 8914); all others are stepped over (RFC 6891, 6.1.2). Pure functions; any thread.
 */
#pragma once

#include "dns/reply.h"

/*
 * Note in QUERY what the options at AT (LEN octets of RDATA) ask for. Of several cookies the first
 * counts (RFC 7873, 5). False: FORMERR, an option runs out of the record or a cookie has a length that
 * none can have (RFC 7873, 5.2.2).
 */
NODISCARD bool edns_read_options(struct query *query, const uint8_t *at, size_t len) NONNULL;

enum { EDNS_OPT_LEN = 11 }; /* root, type, size, extended rcode, version, flags, RDLENGTH */

uint32_t edns_options_len(const struct query *query, const struct reply_policy *policy,
                          bool tcp) NONNULL;
/* Octets of the reply's OPT to QUERY, which has one, an extended error not counted. */
static inline uint32_t edns_reply_len(const struct query *query, const struct reply_policy *policy,
                                      bool tcp)
{
    return EDNS_OPT_LEN +
           (UNLIKELY(query->edns_options) ? edns_options_len(query, policy, tcp) : 0);
}
/* Write it at OPT. EDE: enum dns_ede. Returns its octets. */
uint32_t edns_put(uint8_t *opt, const struct query *query, const struct reply_policy *policy,
                  unsigned rcode, int ede, bool tcp) NONNULL;

/*
 * TSIG (RFC 8945) of a server that knows no keys: enough is read to answer that the key is unknown.
 * Pure functions; any thread.
 */
#pragma once

#include "dns/name.h"

/* Of a question's TSIG what the reply repeats. */
struct tsig_seen {
    struct name key, algorithm;
    uint8_t time_fudge[8]; /* time signed and fudge, as they came */
    uint8_t original_id[2];
};

/*
 * Read the TSIG whose owner stands at OWNER, whose RDATA at RDATA (RDATA_LEN octets, inside the
 * message), of MESSAGE (LEN octets). False: it cannot be read, FORMERR (5.2).
 */
NODISCARD bool tsig_read(struct tsig_seen *seen, const uint8_t *message, size_t len, size_t owner,
                         size_t rdata, size_t rdata_len) NONNULL;

/* Octets that tsig_put() writes. */
uint32_t tsig_reply_len(const struct tsig_seen *seen) NONNULL;
/* Write an unsigned TSIG (5.3.2) that tells ERROR at AT. Returns its octets. */
uint32_t tsig_put(uint8_t *at, const struct tsig_seen *seen, enum tsig_error error) NONNULL;

/*
 * What a server tells of itself in class CHAOS (RFC 4892, and MyDNS's names: mydns-compat 2.6).
 */
#pragma once

#include "dns/reply.h"

/* Texts of at most 255 octets; NULL = not told. Borrowed. */
struct chaos_texts {
    const char *version;  /* version.bind, version.server, version.mydns */
    const char *hostname; /* hostname.bind */
    const char *id;       /* id.server */
};

/* Write the answer to QUERY, of class CHAOS, into REPLY. False: not a name or type that is answered,
 * REPLY is as before. */
NODISCARD bool chaos_put(struct reply *reply, const struct query *query,
                         const struct chaos_texts *texts) NONNULL;

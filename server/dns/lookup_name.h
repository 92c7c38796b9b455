/*
 * A name made ready for looking up: lower case, its labels' places, and the hash of every suffix.
 * One is filled per question and per CNAME, DNAME or ALIAS target; about 20 ns for three labels.
 */
#pragma once

#include "dns/name.h"
#include "dns/name_hash.h"

struct lookup_name {
    uint8_t len;                              /* octets, the root's zero included */
    uint8_t labels;                           /* without the root */
    uint8_t offset[DNS_LABELS_MAX + 1];       /* of each label from the left; [labels] = the root */
    uint64_t suffix_hash[DNS_LABELS_MAX + 1]; /* [k] = state of the suffix of k labels */
    uint8_t octets[DNS_NAME_MAX + 1];
};

/*
 * Fill OUT from the wire name at OCTETS, which must end within CAP octets and may not be compressed.
 * Returns its length, 0 when it is malformed (label over 63, over 255 octets, cut off, compressed).
 */
NODISCARD size_t lookup_name_read(struct lookup_name *out, const uint8_t *octets, size_t cap);

/* The suffix of K labels, 0 <= K <= labels. */
static inline const uint8_t *lookup_name_suffix(const struct lookup_name *name, unsigned k)
{
    return name->octets + name->offset[name->labels - k];
}

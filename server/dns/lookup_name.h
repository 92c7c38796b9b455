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
    uint8_t octets[DNS_NAME_MAX + NAME_SLACK]; /* behind len: anything */
};

/*
 * Fill OUT from the wire name at OCTETS, which must end within CAP octets and may not be compressed.
 * Returns its length, 0 when it is malformed (label over 63, over 255 octets, cut off, compressed).
 */
NODISCARD size_t lookup_name_read(struct lookup_name *out, const uint8_t *octets, size_t cap);
/*
 * The same in two steps, for a batch: all but the hashes, then these. At once, each hash would wait for the
 * octets of its name to get from the registers to the cache, 3 ns a label.
 */
NODISCARD size_t lookup_name_parse(struct lookup_name *out, const uint8_t *octets, size_t cap);
void lookup_name_hash(struct lookup_name *name) NONNULL;

/* The suffix of K labels, 0 <= K <= labels. */
static inline const uint8_t *lookup_name_suffix(const struct lookup_name *name, unsigned k)
{
    return name->octets + name->offset[name->labels - k];
}

/*
 * Are the LEN octets at A and B equal? NAME_SLACK octets must be readable at both, whatever LEN: then names
 * of one or two labels compare without a branch that depends on their length.
 */
static inline bool lookup_octets_equal(const uint8_t *a, const uint8_t *b, unsigned len)
{
    uint64_t x[2], y[2];

    if (UNLIKELY(len > NAME_SLACK)) {
        return memcmp(a, b, len) == 0;
    }
    memcpy(x, a, sizeof x);
    memcpy(y, b, sizeof y);
    unsigned second = len > 8 ? len - 8 : 0;
    uint64_t differ = (x[0] ^ y[0]) & name_octets_mask(len < 8 ? len : 8);
    return (differ | ((x[1] ^ y[1]) & name_octets_mask(second))) == 0;
}

/* Is the name at or below ORIGIN (lower case, LEN octets and slack, LABELS labels)? */
static inline bool lookup_name_ends_with(const struct lookup_name *name, const uint8_t *origin,
                                         unsigned len, unsigned labels)
{
    if (name->labels < labels) {
        return false;
    }
    const uint8_t *suffix = lookup_name_suffix(name, labels);
    return name->octets + name->len - suffix == (ptrdiff_t)len &&
           lookup_octets_equal(suffix, origin, len);
}

/*
 * Domain names in wire form: a length octet and that many octets per label, ended by the root's
 * zero octet (RFC 1035, 3.1), never compressed here. "Length" counts the root's octet (1..255).
 * Labels are opaque octets; comparing folds ASCII capitals only (RFC 4343). Pure functions on the
 * caller's memory; any thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "dns/const.h"

struct name {
    uint8_t len; /* octets used, the root's zero included; 0 = no name */
    uint8_t octets[DNS_NAME_MAX];
};

/* Room for any name as text, with the final NUL (name_to_text). */
enum { NAME_TEXT_SIZE = DNS_NAME_MAX * 4 + 1 };

/*
 * Read TEXT (LEN octets, master-file form: labels separated by dots, \DDD and \X escapes; other
 * octets, also those above 0x7f, stand for themselves) into OUT. Without a final dot the name is
 * relative and ORIGIN (wire form) is appended; ORIGIN NULL = the final dot is required.
 * Empty text is the origin. "@" is not special. OUT keeps the case of TEXT.
 * Returns NULL, or a constant sentence that says which rule was broken (OUT is then undefined).
 */
NODISCARD const char *name_from_text(struct name *out, const char *text, size_t len,
                                     const struct name *origin);

/*
 * Write the name at OCTETS (valid wire form) as text with final dot into OUT (capacity at least
 * NAME_TEXT_SIZE): dots and backslashes inside labels escaped, everything unprintable as \DDD.
 * Returns OUT.
 */
const char *name_to_text(char *out, const uint8_t *octets) NONNULL;

/* Octets of the valid wire name at OCTETS, the root's zero included. */
size_t name_len(const uint8_t *octets) NONNULL;
/* Labels without the root. */
unsigned name_labels(const uint8_t *octets) NONNULL;
/* Length of the name at OCTETS if it is well formed and ends within CAP octets, else 0. */
NODISCARD size_t name_check(const uint8_t *octets, size_t cap) NONNULL;
/* Fold ASCII capitals in LEN octets from IN to OUT (may be the same). */
void name_lower(uint8_t *out, const uint8_t *in, size_t len) NONNULL;
bool name_equal(const uint8_t *a, const uint8_t *b) NONNULL;
/* Is the name A at or below the name B (ASCII case folded)? */
bool name_is_at_or_below(const uint8_t *a, const uint8_t *b) NONNULL;
/* The name without its first SKIP labels. */
const uint8_t *name_suffix(const uint8_t *octets, unsigned skip) NONNULL;
/* Is the first label exactly "*"? RFC 4592, 2.1.1 */
static inline bool name_is_wildcard(const uint8_t *octets)
{
    return octets[0] == 1 && octets[1] == '*';
}

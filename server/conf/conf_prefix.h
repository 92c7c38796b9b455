/*
 * Address prefixes as lists of options write them: "192.0.2.0/24", "2001:db8::/32", or an address alone.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"

struct conf_prefix {
    uint8_t address[16]; /* IPv4 in the form ::ffff:a.b.c.d */
    unsigned bits;       /* 0..128 that count; of IPv4 at least 96 */
};

/* False when TEXT is no prefix. Bits behind the prefix may be set; they do not count. */
NODISCARD bool conf_prefix_parse(const char *text, struct conf_prefix *out) NONNULL;
/* Does the address (same form) lie in PREFIX? */
bool conf_prefix_holds(const struct conf_prefix *prefix, const uint8_t address[16]) NONNULL;
/* Clear all but the first BITS of ADDRESS. */
void conf_prefix_mask(uint8_t address[16], unsigned bits) NONNULL;

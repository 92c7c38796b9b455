#include "dns/lookup_name.h"

/* Fold ASCII capitals in 8 octets at once. A length octet is below 'A' and stays. */
static inline uint64_t lower8(uint64_t word)
{
    const uint64_t ones = 0x0101010101010101u, high = 0x8080808080808080u;
    uint64_t seven = word & ~high;
    uint64_t from_a = seven + (0x80 - 'A') * ones;     /* high bit where octet >= 'A' */
    uint64_t past_z = seven + (0x80 - 'Z' - 1) * ones; /* high bit where octet > 'Z' */
    uint64_t capital = from_a & ~past_z & ~word & high;
    return word | capital >> 2; /* 0x80 >> 2 = 0x20 */
}

static inline void fold8(uint8_t *out, const uint8_t *in)
{
    uint64_t word;
    memcpy(&word, in, 8);
    word = lower8(word);
    memcpy(out, &word, 8);
}

/* LEN octets from IN to OUT in lower case; the last words overlap, and most names are of 17 to 32 octets. */
static inline void fold(uint8_t *out, const uint8_t *in, size_t len)
{
    if (UNLIKELY(len < 16)) {
        uint8_t padded[16] = {0};
        memcpy(padded, in, len);
        fold8(out, padded); /* OUT has room for any name */
        fold8(out + 8, padded + 8);
        return;
    }
    for (size_t i = 0; UNLIKELY(i + 32 < len); i += 8) {
        fold8(out + i, in + i);
    }
    size_t rest = len < 32 ? 0 : len - 32;
    fold8(out + rest, in + rest);
    fold8(out + rest + 8, in + rest + 8);
    fold8(out + len - 16, in + len - 16);
    fold8(out + len - 8, in + len - 8);
}

size_t lookup_name_read(struct lookup_name *out, const uint8_t *octets, size_t cap)
{
    size_t at = 0;
    unsigned labels = 0;

    if (cap > DNS_NAME_MAX) {
        cap = DNS_NAME_MAX;
    }
    for (;;) {
        if (at >= cap) {
            return 0;
        }
        uint8_t len = octets[at];
        out->offset[labels] = (uint8_t)at;
        if (len == 0) {
            break;
        }
        if (len > DNS_LABEL_MAX) {
            return 0;
        }
        at += 1u + len;
        labels++;
    }
    size_t total = at + 1;
    fold(out->octets, octets, total);
    out->len = (uint8_t)total;
    out->labels = (uint8_t)labels;
    uint64_t state = NAME_HASH_ROOT;
    out->suffix_hash[0] = state;
    for (unsigned k = 1; k <= labels; k++) {
        state = name_hash_label_slack(state, out->octets + out->offset[labels - k]);
        out->suffix_hash[k] = state;
    }
    return total;
}

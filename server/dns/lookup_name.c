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
    size_t i = 0;
    for (; i + 8 <= total; i += 8) {
        uint64_t word;
        memcpy(&word, octets + i, 8);
        word = lower8(word);
        memcpy(out->octets + i, &word, 8);
    }
    for (; i < total; i++) {
        uint8_t c = octets[i];
        out->octets[i] = c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c;
    }
    out->len = (uint8_t)total;
    out->labels = (uint8_t)labels;
    uint64_t state = NAME_HASH_ROOT;
    out->suffix_hash[0] = state;
    for (unsigned k = 1; k <= labels; k++) {
        state = name_hash_label(state, out->octets + out->offset[labels - k]);
        out->suffix_hash[k] = state;
    }
    return total;
}

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

/* LEN octets from IN to OUT, which has room for them and 7 more, in lower case. */
static inline void fold(uint8_t *out, const uint8_t *in, size_t len)
{
    uint64_t word = 0;
    size_t i = 0;

    if (len < 8) {
        memcpy(&word, in, len);
        word = lower8(word);
        memcpy(out, &word, 8);
        return;
    }
    for (; i + 8 < len; i += 8) {
        memcpy(&word, in + i, 8);
        word = lower8(word);
        memcpy(out + i, &word, 8);
    }
    memcpy(&word, in + len - 8, 8); /* overlaps what is done */
    word = lower8(word);
    memcpy(out + len - 8, &word, 8);
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

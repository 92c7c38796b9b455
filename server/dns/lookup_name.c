#include "dns/lookup_name.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

enum { PIECE = 16 }; /* octets folded at once */

/* Fold ASCII capitals. A length octet is below 'A' and stays. */
static inline void fold_piece(uint8_t *out, const uint8_t *in)
{
#ifdef __SSE2__
    __m128i octets = _mm_loadu_si128((const __m128i *)(const void *)in);
    __m128i from_a = _mm_sub_epi8(octets, _mm_set1_epi8('A'));
    __m128i capital = _mm_cmpeq_epi8(_mm_min_epu8(from_a, _mm_set1_epi8('Z' - 'A')), from_a);
    octets = _mm_or_si128(octets, _mm_and_si128(capital, _mm_set1_epi8('a' - 'A')));
    _mm_storeu_si128((__m128i *)(void *)out, octets);
#else
    for (unsigned i = 0; i < PIECE; i++) {
        out[i] = in[i] | ((uint8_t)(in[i] - 'A') <= 'Z' - 'A' ? 'a' - 'A' : 0);
    }
#endif
}

/* LEN octets from IN to OUT in lower case; the last pieces overlap, and most names are of 17 to 32 octets. */
static inline void fold(uint8_t *out, const uint8_t *in, size_t len)
{
    if (UNLIKELY(len < PIECE)) {
        uint8_t padded[PIECE] = {0};
        memcpy(padded, in, len);
        fold_piece(out, padded); /* OUT has room for any name */
        return;
    }
    for (size_t i = 0; UNLIKELY(i + 2 * PIECE < len); i += PIECE) {
        fold_piece(out + i, in + i);
    }
    size_t rest = len < 2 * PIECE ? 0 : len - 2 * PIECE;
    fold_piece(out + rest, in + rest);
    fold_piece(out + len - PIECE, in + len - PIECE);
}

size_t lookup_name_parse(struct lookup_name *out, const uint8_t *octets, size_t cap)
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
    return total;
}

void lookup_name_hash(struct lookup_name *name)
{
    unsigned labels = name->labels;
    uint64_t state = NAME_HASH_ROOT;

    name->suffix_hash[0] = state;
    for (unsigned k = 1; k <= labels; k++) {
        state = name_hash_label_slack(state, name->octets + name->offset[labels - k]);
        name->suffix_hash[k] = state;
    }
}

size_t lookup_name_read(struct lookup_name *out, const uint8_t *octets, size_t cap)
{
    size_t len = lookup_name_parse(out, octets, cap);
    if (len != 0) {
        lookup_name_hash(out);
    }
    return len;
}

/*
 * A keyed hash of names that grows label by label from the root, so that one walk over a question
 * yields the hash of the name and of every suffix (its zone, its cuts, its wildcards).
 *
 * Names in tables are chosen by customers, names in questions by anybody, so the function must not
 * allow prepared collisions. It is a polynomial over the prime 2^61-1 in a secret random point: each
 * label, length octet first, is cut into words of 7 octets, each a coefficient. Two different names
 * collide with probability at most (number of words)/2^61 over the choice of the point, whatever
 * the attacker knows of the method; a secret multiply-shift then spreads the value over table
 * indices. SipHash would do as well but costs some 30 ns a label; this takes 3.
 */
#pragma once

#include <stdint.h>
#include <string.h>

/* Chosen once at start, before any name is hashed; read-only afterwards. */
struct name_hash_key {
    uint64_t point;  /* 1 .. 2^61-2 */
    uint64_t spread; /* odd */
};
extern struct name_hash_key name_hash_key;
/* Draw a random key. main() calls it once; without it (unit tests, fuzzers) the key is fixed. */
void name_hash_seed(void);

#define NAME_HASH_PRIME ((UINT64_C(1) << 61) - 1)
/* State of the root, the empty suffix. */
#define NAME_HASH_ROOT UINT64_C(1)

static inline uint64_t name_hash_step(uint64_t state, uint64_t word)
{
    unsigned __int128 product = (unsigned __int128)(state + word) * name_hash_key.point;
    uint64_t folded = ((uint64_t)product & NAME_HASH_PRIME) + (uint64_t)(product >> 61);
    return (folded & NAME_HASH_PRIME) + (folded >> 61);
}

/*
 * The state of a name from the state of its parent (ABOVE) and its first LABEL (length octet and
 * octets, already lower case, not the root). Reads exactly the label's octets.
 */
static inline uint64_t name_hash_label(uint64_t above, const uint8_t *label)
{
    unsigned left = *label + 1u; /* 2..64 */
    uint64_t word;

    for (; left > 7; left -= 7, label += 7) {
        memcpy(&word, label, 8);
        above = name_hash_step(above, word & 0xffffffffffffff);
    }
    if (left >= 4) { /* two overlapping loads, the overlap shifted out */
        uint32_t low, high;
        memcpy(&low, label, 4);
        memcpy(&high, label + left - 4, 4);
        word = low | (uint64_t)high >> (8 * (8 - left)) << 32;
    } else { /* 1..3 */
        word = label[0] | (uint64_t)label[left / 2] << 8 | (uint64_t)label[left - 1] << 16;
    }
    return name_hash_step(above, word);
}

/* Spread a state over 64 bits: tables take their index from the top. */
static inline uint64_t name_hash_finish(uint64_t state)
{
    return state * name_hash_key.spread;
}

/* State of the whole name at OCTETS (wire form, lower case), starting from the state ABOVE of what
 * follows its END (NULL: the root's zero octet, state NAME_HASH_ROOT). */
uint64_t name_hash(const uint8_t *octets, const uint8_t *end, uint64_t above);

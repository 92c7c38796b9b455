/*
 * A keyed hash of names that grows label by label from the root, so that one walk over a question
 * yields the hash of the name and of every suffix (its zone, its cuts, its wildcards).
 *
 * Names in tables are chosen by customers, names in questions by anybody, so the function must not
 * allow prepared collisions. It is a polynomial over the prime 2^61-1 in a secret random point:
 * each label, length octet first, is cut into pairs of words of 7 octets (the last filled up with
 * zeros), each a coefficient. Two different names collide with probability at most (number of
 * words)/2^59 over the choice of the point, whatever the attacker knows of the method; a secret
 * multiply-shift then spreads the value over table indices. SipHash would do as well but costs some
 * 30 ns a label; this takes 3. By pairs, since most labels are one then: no branch to be guessed
 * wrong, and two multiplications at the same time.
 */
#pragma once

#include <stdint.h>
#include <string.h>

#include "base/attr.h"

/* Chosen once at start, before any name is hashed; read-only afterwards. */
struct name_hash_key {
    uint64_t point;  /* 2 .. NAME_HASH_POINT_MAX */
    uint64_t square; /* of the point, modulo the prime; at most NAME_HASH_POINT_MAX as well */
    uint64_t spread; /* odd */
};
extern struct name_hash_key name_hash_key;
/* Draw a random key. main() calls it once; without it (unit tests, fuzzers) the key is fixed. */
void name_hash_seed(void);

#define NAME_HASH_PRIME ((UINT64_C(1) << 61) - 1)
/* A quarter of all points have both in the lower half: name_hash_reduce() tells what for. */
#define NAME_HASH_POINT_MAX ((UINT64_C(1) << 60) - 1)
/* State of the root, the empty suffix. */
#define NAME_HASH_ROOT UINT64_C(1)

/*
 * VALUE modulo the prime, or that and once or twice the prime, which is the same for the same name each time
 * and spares a step. A state is below 2^62 + 2^57: the next one is at most the prime plus half of it, since
 * points are below 2^60.
 */
static inline uint64_t name_hash_reduce(unsigned __int128 value)
{
    return ((uint64_t)value & NAME_HASH_PRIME) + (uint64_t)(value >> 61);
}

static inline uint64_t name_hash_step(uint64_t state, uint64_t word)
{
    return name_hash_reduce((unsigned __int128)(state + word) * name_hash_key.point);
}

/* Two steps at once, in the time of one. */
static inline uint64_t name_hash_pair(uint64_t state, uint64_t first, uint64_t second)
{
    return name_hash_reduce((unsigned __int128)(state + first) * name_hash_key.square +
                            (unsigned __int128)second * name_hash_key.point);
}

enum {
    NAME_HASH_WORD = 7, /* octets of a word */
    NAME_SLACK =
        16, /* octets that may be read where a name or a label begins, whatever its length */
};

/* Ones in the first N octets of a word in memory, 0 <= N <= 8. */
static inline uint64_t name_octets_mask(unsigned n)
{
    return n == 0 ? 0 : ~UINT64_C(0) >> (64 - 8 * n);
}

/* The first N octets at AT as a word, 0 <= N <= 7. Reads 8. */
static inline uint64_t name_hash_load(const uint8_t *at, unsigned n)
{
    uint64_t word;
    memcpy(&word, at, 8);
    return word & ((UINT64_C(1) << 8 * n) - 1);
}

/*
 * The state of a name from the state of its parent (ABOVE) and its first LABEL (length octet and
 * octets, already lower case, not the root). May read up to NAME_SLACK octets from the label's
 * last 14 on, of which those behind the label do not count.
 */
static inline uint64_t name_hash_label_slack(uint64_t above, const uint8_t *label)
{
    unsigned left = *label + 1u; /* 2..64 */

    for (; UNLIKELY(left > 2 * NAME_HASH_WORD); left -= 2 * NAME_HASH_WORD) {
        above = name_hash_pair(above, name_hash_load(label, NAME_HASH_WORD),
                               name_hash_load(label + NAME_HASH_WORD, NAME_HASH_WORD));
        label += 2 * NAME_HASH_WORD;
    }
    unsigned first = left < NAME_HASH_WORD ? left : NAME_HASH_WORD;
    return name_hash_pair(above, name_hash_load(label, first),
                          name_hash_load(label + NAME_HASH_WORD, left - first));
}

/* The same, reading exactly the label's octets. */
static inline uint64_t name_hash_label(uint64_t above, const uint8_t *label)
{
    uint8_t copy[1 + 63 + NAME_SLACK];
    memcpy(copy, label, *label + 1u);
    memset(copy + *label + 1u, 0, NAME_SLACK);
    return name_hash_label_slack(above, copy);
}

/* Spread a state over 64 bits: tables take their index from the top. */
static inline uint64_t name_hash_finish(uint64_t state)
{
    return state * name_hash_key.spread;
}

/* State of the whole name at OCTETS (wire form, lower case), starting from the state ABOVE of what
 * follows its END (NULL: the root's zero octet, state NAME_HASH_ROOT). */
uint64_t name_hash(const uint8_t *octets, const uint8_t *end, uint64_t above);

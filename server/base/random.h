/*
 * Random numbers for shuffles and draws: fast, one generator per thread, seeded by the kernel.
 * Not for secrets. (The step is the 64-bit mix known as SplitMix: a Weyl sequence and a finalizer.)
 */
#pragma once

#include <stdint.h>
#include <stdlib.h>
#include <sys/random.h>

struct random {
    uint64_t _state;
};

static inline void random_seed(struct random *random)
{
    if (getrandom(&random->_state, sizeof random->_state, 0) != sizeof random->_state) {
        abort(); /* cannot happen for 8 bytes after boot */
    }
}

static inline uint64_t random_next(struct random *random)
{
    uint64_t z = random->_state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/* 0 .. BOUND-1, BOUND > 0. The bias of the multiplication is below 2^-32 for any 32-bit bound. */
static inline uint32_t random_below(struct random *random, uint32_t bound)
{
    return (uint32_t)(((random_next(random) >> 32) * (uint64_t)bound) >> 32);
}

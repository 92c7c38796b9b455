/*
 * Numbers and octets of a snapshot file, in little-endian order on every machine. Reading beyond
 * the end gives zeros and sets BAD, which sticks: who reads looks at it once, at the end of a part.
 * Private to the room.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "dns/name.h"

/* --- reading ----------------------------------------------------------------------------------- */

struct octets_in {
    const uint8_t *at, *end;
    bool bad;
};

static inline size_t in_left(const struct octets_in *in)
{
    return (size_t)(in->end - in->at);
}

/* The next LEN octets (borrowed), or NULL. */
static inline const uint8_t *in_take(struct octets_in *in, size_t len)
{
    if (in->bad || in_left(in) < len) {
        in->bad = true;
        return NULL;
    }
    const uint8_t *octets = in->at;
    in->at += len;
    return octets;
}

static inline uint64_t in_number(struct octets_in *in, unsigned len)
{
    const uint8_t *octets = in_take(in, len);
    uint64_t value = 0;
    for (unsigned i = 0; octets != NULL && i < len; i++) {
        value |= (uint64_t)octets[i] << 8 * i;
    }
    return value;
}

static inline uint8_t in8(struct octets_in *in)
{
    return (uint8_t)in_number(in, 1);
}
static inline uint16_t in16(struct octets_in *in)
{
    return (uint16_t)in_number(in, 2);
}
static inline uint32_t in32(struct octets_in *in)
{
    return (uint32_t)in_number(in, 4);
}
static inline uint64_t in64(struct octets_in *in)
{
    return in_number(in, 8);
}

/* Octets that are zero from LEN on, as text of at most CAP - 1 characters. */
static inline void in_text(struct octets_in *in, char *out, size_t cap, size_t len)
{
    const uint8_t *octets = in_take(in, len);
    out[0] = '\0';
    if (octets != NULL) {
        size_t used = strnlen((const char *)octets, len < cap ? len : cap - 1);
        memcpy(out, octets, used);
        out[used] = '\0';
    }
}

/* A name, uncompressed. */
static inline void in_name(struct octets_in *in, struct name *name)
{
    size_t len = in->bad ? 0 : name_check(in->at, in_left(in));
    const uint8_t *octets = len == 0 ? NULL : in_take(in, len);
    in->bad |= octets == NULL;
    name->len = 0;
    if (octets != NULL) {
        name->len = (uint8_t)len;
        memcpy(name->octets, octets, len);
    }
}

/* --- writing ----------------------------------------------------------------------------------- */

/* Grows. Given: free(octets). */
struct octets_out {
    uint8_t *octets;
    size_t len, cap;
};

/* Room for LEN more octets, which count as written. */
static inline uint8_t *out_room(struct octets_out *out, size_t len)
{
    if (out->cap - out->len < len) {
        out->cap = out->cap * 2 > out->len + len ? out->cap * 2 : out->len + len + 256;
        out->octets = alloc_resize(out->octets, out->cap, 1);
    }
    uint8_t *at = out->octets + out->len;
    out->len += len;
    return at;
}

static inline void out_octets(struct octets_out *out, const void *octets, size_t len)
{
    if (len > 0) {
        memcpy(out_room(out, len), octets, len);
    }
}

static inline void out_number(struct octets_out *out, uint64_t value, unsigned len)
{
    uint8_t *at = out_room(out, len);
    for (unsigned i = 0; i < len; i++) {
        at[i] = (uint8_t)(value >> 8 * i);
    }
}

static inline void out8(struct octets_out *out, unsigned value)
{
    out_number(out, value, 1);
}
static inline void out16(struct octets_out *out, unsigned value)
{
    out_number(out, value, 2);
}
static inline void out32(struct octets_out *out, uint32_t value)
{
    out_number(out, value, 4);
}
static inline void out64(struct octets_out *out, uint64_t value)
{
    out_number(out, value, 8);
}

/* TEXT in LEN octets, cut, zeros behind it. */
static inline void out_text(struct octets_out *out, const char *text, size_t len)
{
    uint8_t *at = out_room(out, len);
    memset(at, 0, len);
    memcpy(at, text, strnlen(text, len));
}

/*
 * The serials of all zones as they were seen last, to be compared with those of now. Eight octets per
 * zone. Pure.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

struct serial {
    uint32_t id, serial;
};

struct serials {
    struct serial *items; /* in rising order of id */
    size_t count, _cap;
};

/* ID must be above all others. */
void serials_add(struct serials *serials, uint32_t id, uint32_t serial) NONNULL;
/* The first id that none of them has, or is below; 0 when there are no more ids. */
uint32_t serials_next_id(const struct serials *serials) NONNULL;
/* Call DIFFERS for every id that is in one of them alone, or has two serials. IS: NULL when it is gone. */
void serials_compare(const struct serials *was, const struct serials *is,
                     void (*differs)(void *context, uint32_t id, const struct serial *is),
                     void *context);
void serials_release(struct serials *serials) NONNULL;

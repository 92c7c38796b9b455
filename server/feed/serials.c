#include "feed/serials.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

void serials_add(struct serials *serials, uint32_t id, uint32_t serial)
{
    if (serials->count == serials->_cap) {
        serials->_cap = serials->_cap == 0 ? 256 : serials->_cap * 2;
        serials->items = alloc_resize(serials->items, serials->_cap, sizeof *serials->items);
    }
    serials->items[serials->count++] = (struct serial){id, serial};
}

uint32_t serials_next_id(const struct serials *serials)
{
    return serials->count == 0 ? 1 : serials->items[serials->count - 1].id + 1;
}

void serials_compare(const struct serials *was, const struct serials *is,
                     void (*differs)(void *context, uint32_t id, const struct serial *is),
                     void *context)
{
    size_t w = 0, i = 0;

    while (w < was->count || i < is->count) {
        if (i == is->count || (w < was->count && was->items[w].id < is->items[i].id)) {
            differs(context, was->items[w++].id, NULL);
        } else if (w == was->count || is->items[i].id < was->items[w].id) {
            differs(context, is->items[i].id, &is->items[i]);
            i++;
        } else {
            if (was->items[w].serial != is->items[i].serial) {
                differs(context, is->items[i].id, &is->items[i]);
            }
            w++;
            i++;
        }
    }
}

void serials_release(struct serials *serials)
{
    free(serials->items);
    memset(serials, 0, sizeof *serials);
}

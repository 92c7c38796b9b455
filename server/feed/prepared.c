#include "feed/prepared.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

static size_t xid_len(const struct stream_xid *xid)
{
    return (size_t)xid->gtrid_len + xid->bqual_len;
}

struct prepared_one *prepared_find(struct prepared *prepared, const struct stream_xid *xid)
{
    for (size_t i = 0; i < prepared->count && xid_len(xid) > 0; i++) {
        const struct stream_xid *other = &prepared->items[i].xid;
        if (other->format == xid->format && other->gtrid_len == xid->gtrid_len &&
            other->bqual_len == xid->bqual_len &&
            memcmp(other->data, xid->data, xid_len(xid)) == 0) {
            return &prepared->items[i];
        }
    }
    return NULL;
}

void prepared_drop(struct prepared *prepared, struct prepared_one *one)
{
    prepared->bytes -= one->change_len;
    free(one->change);
    *one = prepared->items[--prepared->count];
}

bool prepared_keep(struct prepared *prepared, const struct stream_xid *xid,
                   const struct transaction *t)
{
    struct prepared_one *old = prepared_find(prepared, xid);

    if (old != NULL) {
        prepared_drop(prepared, old);
    }
    if (xid_len(xid) == 0 || prepared->count == PREPARED_MAX) {
        return false;
    }
    if (prepared->count == prepared->_cap) {
        prepared->_cap = prepared->_cap == 0 ? 4 : prepared->_cap * 2;
        prepared->items = alloc_resize(prepared->items, prepared->_cap, sizeof *prepared->items);
    }
    struct prepared_one *one = &prepared->items[prepared->count++];
    *one = (struct prepared_one){.xid = *xid, .empty = t != NULL && !t->all && !t->removal.touched};
    if (t != NULL && !one->empty) {
        one->change = transaction_pack(t, &one->change_len);
        if (one->change_len > PREPARED_BYTES_MAX - prepared->bytes) {
            free(one->change);
            one->change = NULL;
            one->change_len = 0;
        }
    }
    prepared->bytes += one->change_len;
    return true;
}

void prepared_clear(struct prepared *prepared)
{
    for (size_t i = 0; i < prepared->count; i++) {
        free(prepared->items[i].change);
    }
    free(prepared->items);
    memset(prepared, 0, sizeof *prepared);
}

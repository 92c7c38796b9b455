/*
 * XA transactions that are prepared: what each has changed, until it is committed or rolled back. Pure.
 *
 * Bounded, since nobody is obliged to end one. What cannot be kept is known without its changes
 * (PREPARED_BYTES_MAX) or not at all (PREPARED_MAX); when it is committed all is to be verified, as with one
 * that was prepared before we listened.
 */
#pragma once

#include "feed/transaction.h"

enum {
    PREPARED_MAX = 1000,
    PREPARED_BYTES_MAX =
        16 << 20, /* of changes; a transaction has half a MiB at most, but for long names */
};

struct prepared_one {
    struct stream_xid xid;
    bool empty;   /* none of our tables is touched */
    void *change; /* else transaction_pack(); NULL: not known */
    size_t change_len;
    bool committing; /* the log says so, but nothing of it may be seen yet */
};

/* All zero: empty. */
struct prepared {
    struct prepared_one *items; /* in no order */
    size_t count, bytes, _cap;
};

/* Keep what T has changed under XID, or that it is not known (NULL); in place of what stands there. False:
 * there are too many. */
bool prepared_keep(struct prepared *prepared, const struct stream_xid *xid,
                   const struct transaction *t);
/* Borrowed until one is kept or dropped; NULL: there is none. No XID has none. */
struct prepared_one *prepared_find(struct prepared *prepared, const struct stream_xid *xid) NONNULL;
/* ONE is moved over by the last one. */
void prepared_drop(struct prepared *prepared, struct prepared_one *one) NONNULL;
void prepared_clear(struct prepared *prepared) NONNULL;

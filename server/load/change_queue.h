/*
 * What the change feed has told and nobody has read yet: transactions in the order of their commits,
 * each with the place where it ended. Pure; the loader's lock guards it.
 *
 *     change_queue_add ---> told: t1 t2 t3 ...       change_queue_take(upto): t1 t2, merged
 *                                                          |
 *     change_queue_hold <--- rows of a zone that is being read whole just now
 *             |
 *     change_queue_let <---- that is over: taken with whatever is taken next
 *
 * A snapshot shows whole transactions, so whole transactions are taken: all that ended at or before the
 * snapshot, none that ended after it. What is told of one row or zone more than once is merged then,
 * not before, or a row that changes all the time would be put off for ever.
 *
 * Bounded: past CHANGE_ROWS_MAX rows or CHANGE_TOLD_MAX transactions all that waits becomes one
 * transaction of whole zones; past CHANGE_ZONES_MAX of these, `all`.
 */
#pragma once

#include "load/loader.h"

enum {
    CHANGE_ROWS_MAX = 100000,
    CHANGE_TOLD_MAX = 100000,
    CHANGE_ZONES_MAX = 200000,
    CHANGE_ZONE_ROWS_MAX = 4096, /* of one zone, merged: reading it whole is no dearer then */
};

/* A place in the binary log; all zero: before everything, so that any snapshot will do. */
struct change_at {
    uint64_t pos;
    uint32_t file; /* the number at the end of its name */
};

/* Below 0, 0 or above: A is before, at or after B. */
int change_at_compare(struct change_at a, struct change_at b);

struct change_row {
    uint32_t zone, id;
    bool had_owner;
    uint16_t owner_len;
    const uint8_t *owner; /* in a block of the batch */
};

struct change_zone {
    uint32_t id;
    bool whole;
    const struct change_row *rows; /* in order of id, then owner; none when whole */
    size_t row_count;
    struct change_at last; /* where the last transaction that touched it ended */
};

/* What was taken. */
struct change_batch {
    bool all;
    uint32_t *soas; /* in rising order, each once */
    size_t soa_count;
    struct change_zone *zones; /* likewise */
    size_t zone_count;
    struct change_row *_rows;
    struct told *_told;
};

struct change_queue {
    struct told *_first, **_end; /* in order */
    struct told *_ready;         /* any snapshot will do */
    struct told *_held;          /* one zone each */
    size_t _rows, _count, _held_rows;
    bool _all;
};

void change_queue_init(struct change_queue *queue) NONNULL;
void change_queue_release(struct change_queue *queue) NONNULL;
/* CHANGE is copied, but for its `all` and its position. */
void change_queue_add(struct change_queue *queue, const struct loader_change *change,
                      struct change_at at) NONNULL;
/* Is there nothing that could be taken? */
bool change_queue_is_empty(const struct change_queue *queue) NONNULL;
/* Transactions that wait or are held. */
size_t change_queue_count(const struct change_queue *queue) NONNULL;
/* What ended at or before UPTO; NULL: everything. BATCH ends with change_batch_release. */
void change_queue_take(struct change_queue *queue, const struct change_at *upto,
                       struct change_batch *batch);
void change_batch_release(struct change_batch *batch) NONNULL;
/* ZONE (borrowed) cannot be changed at present: keep it for change_queue_let. SOA: with its soa row. */
void change_queue_hold(struct change_queue *queue, const struct change_zone *zone,
                       bool soa) NONNULL;
/* What is held of zone ID may be taken. False: nothing is. */
bool change_queue_let(struct change_queue *queue, uint32_t id) NONNULL;
/* Positions count no more: all that was told is taken with the next snapshot, zones whole. */
void change_queue_forget_places(struct change_queue *queue) NONNULL;

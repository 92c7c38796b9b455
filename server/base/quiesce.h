/*
 * When may memory be freed that lock-free readers might still look at?
 *
 *     reader:  quiesce_enter(r);  ... follow published pointers ...  quiesce_leave(r);
 *     writer:  unpublish the block;  quiesce_retire(block, free);    quiesce_collect();
 *
 * A global epoch counts retirements. A reader notes the epoch when it enters and clears its note
 * when it leaves (one batch of packets; outside of it, blocked in a system call, it holds nothing
 * up). A block retired at epoch E is freed once every reader inside has entered after E.
 *
 * Why it is right: the reader's note and the pointers it follows, the writer's unpublishing and its
 * look at the notes are all sequentially consistent, so either the writer sees the note or the
 * reader sees the pointer already replaced. Readers therefore load published pointers with
 * memory_order_seq_cst (a plain load on x86). No fences, which ThreadSanitizer does not model: it
 * watches this code as it is.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

struct quiesce_reader {
    _Alignas(64) _Atomic uint64_t _epoch; /* 0 = outside */
    struct quiesce_reader *_next;
};

/* Make READER known; it must live until quiesce_reader_remove. Its own thread then enters and leaves. */
void quiesce_reader_add(struct quiesce_reader *reader) NONNULL;
void quiesce_reader_remove(struct quiesce_reader *reader) NONNULL;
void quiesce_enter(struct quiesce_reader *reader) NONNULL;
void quiesce_leave(struct quiesce_reader *reader) NONNULL;

/* Free BLOCK by FREE_BLOCK once no reader can see it. Any thread, also one inside as a reader. */
void quiesce_retire(void *block, void (*free_block)(void *));
/* Free what may be freed now. Called by writers after publishing, and by a timer. Any thread. */
void quiesce_collect(void);
/* Blocks waiting; for status and tests. */
size_t quiesce_pending(void);

#include "zone/table.h"

#include <assert.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/quiesce.h"

/* Lines are at most 7/8 full, graves counted; beyond that searches begin to wander. */
static uint64_t capacity(uint64_t ref)
{
    return ref == 0 ? 0 : (UINT64_C(1) << (ref & 63)) * (TABLE_SLOTS - 1);
}

static uint64_t new_lines(uint64_t items)
{
    unsigned bits = 0;
    while ((UINT64_C(1) << bits) * (TABLE_SLOTS - 1) < items) {
        bits++;
    }
    size_t count = (size_t)1 << bits;
    struct table_line *lines = alloc_aligned(64, count * sizeof *lines);
    for (size_t i = 0; i < count; i++) {
        for (unsigned s = 0; s < TABLE_SLOTS; s++) {
            atomic_init(&lines[i].slot[s], 0);
        }
    }
    return (uint64_t)(uintptr_t)lines | bits;
}

/* Put a slot's value into the first line with room; the lines are known not to be full. */
static void put(uint64_t ref, uint64_t hash, uint64_t value)
{
    struct table_line *lines = table_lines(ref);
    uint32_t mask = (uint32_t)((UINT64_C(1) << (ref & 63)) - 1);

    for (uint32_t at = table_index(ref, hash);; at = (at + 1) & mask) {
        for (unsigned s = 0; s < TABLE_SLOTS; s++) {
            uint64_t slot = atomic_load_explicit(&lines[at].slot[s], memory_order_relaxed);
            if (slot == 0) {
                atomic_store_explicit(&lines[at].slot[s], value, memory_order_seq_cst);
                return;
            }
        }
    }
}

void table_reserve(struct table *table, uint32_t items,
                   uint64_t (*hash_of)(const void *, const void *), const void *context)
{
    uint64_t old = atomic_load_explicit(&table->ref, memory_order_relaxed);

    if ((uint64_t)items + table->graves <= capacity(old)) {
        return;
    }
    /* Room for the items now and half as many again, unless the table is being made. */
    uint64_t fresh = new_lines(old == 0 ? items : (uint64_t)items + items / 2);
    if (old != 0) {
        const struct table_line *lines = table_lines(old);
        size_t count = (size_t)1 << (old & 63);
        for (size_t i = 0; i < count; i++) {
            for (unsigned s = 0; s < TABLE_SLOTS; s++) {
                uint64_t slot = atomic_load_explicit(&lines[i].slot[s], memory_order_relaxed);
                if (slot > TABLE_GRAVE) {
                    const void *item = (const void *)(uintptr_t)(slot & TABLE_POINTER_MASK);
                    put(fresh, hash_of(item, context), slot);
                }
            }
        }
    }
    table->graves = 0;
    atomic_store_explicit(&table->ref, fresh, memory_order_seq_cst);
    table_retire_lines(old);
}

void table_insert(struct table *table, uint64_t hash, void *item,
                  uint64_t (*hash_of)(const void *, const void *), const void *context)
{
    table_reserve(table, table->used + 1, hash_of, context);
    put(atomic_load_explicit(&table->ref, memory_order_relaxed), hash,
        table_tag(hash) | (uint64_t)(uintptr_t)item);
    table->used++;
}

/* The slot that holds ITEM, with the line it is in. */
static _Atomic uint64_t *slot_of(uint64_t ref, uint64_t hash, const void *item,
                                 struct table_line **line)
{
    struct table_line *lines = table_lines(ref);
    uint32_t mask = (uint32_t)((UINT64_C(1) << (ref & 63)) - 1);
    uint64_t value = table_tag(hash) | (uint64_t)(uintptr_t)item;
    uint32_t at = table_index(ref, hash);

    for (uint32_t n = 0; n <= mask; n++, at = (at + 1) & mask) {
        for (unsigned s = 0; s < TABLE_SLOTS; s++) {
            if (atomic_load_explicit(&lines[at].slot[s], memory_order_relaxed) == value) {
                *line = &lines[at];
                return &lines[at].slot[s];
            }
        }
    }
    assert(!"item in its table");
    abort();
}

void table_replace(struct table *table, uint64_t hash, const void *old_item, void *new_item)
{
    struct table_line *line;
    _Atomic uint64_t *slot =
        slot_of(atomic_load_explicit(&table->ref, memory_order_relaxed), hash, old_item, &line);
    atomic_store_explicit(slot, table_tag(hash) | (uint64_t)(uintptr_t)new_item,
                          memory_order_seq_cst);
}

void table_remove(struct table *table, uint64_t hash, const void *item)
{
    struct table_line *line;
    _Atomic uint64_t *slot =
        slot_of(atomic_load_explicit(&table->ref, memory_order_relaxed), hash, item, &line);
    bool has_empty = false;

    for (unsigned s = 0; s < TABLE_SLOTS; s++) {
        has_empty |= atomic_load_explicit(&line->slot[s], memory_order_relaxed) == 0;
    }
    /* A line with an empty slot was never passed by an item still here: one more does no harm. */
    atomic_store_explicit(slot, has_empty ? 0 : TABLE_GRAVE, memory_order_seq_cst);
    table->graves += has_empty ? 0 : 1;
    table->used--;
}

uint32_t table_each_some(uint64_t ref, uint32_t first, uint32_t lines,
                         void (*visit)(void *item, void *context), void *context)
{
    if (ref == 0) {
        return 0;
    }
    const struct table_line *all = table_lines(ref);
    uint64_t count = UINT64_C(1) << (ref & 63), at = first;
    for (; at < count && at - first < lines; at++) {
        for (unsigned s = 0; s < TABLE_SLOTS; s++) {
            uint64_t slot = atomic_load_explicit(&all[at].slot[s], memory_order_relaxed);
            if (slot > TABLE_GRAVE) {
                visit((void *)(uintptr_t)(slot & TABLE_POINTER_MASK), context);
            }
        }
    }
    return at < count ? (uint32_t)at : 0;
}

void table_each(uint64_t ref, void (*visit)(void *item, void *context), void *context)
{
    uint32_t at = 0;
    do {
        at = table_each_some(ref, at, UINT32_MAX, visit, context);
    } while (at != 0);
}

void table_free_lines(uint64_t ref)
{
    free(table_lines(ref));
}

void table_retire_lines(uint64_t ref)
{
    quiesce_retire(table_lines(ref), free);
}

size_t table_bytes(uint64_t ref)
{
    return ref == 0 ? 0 : ((size_t)1 << (ref & 63)) * sizeof(struct table_line);
}

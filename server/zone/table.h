/*
 * A hash table that readers search without a lock while one writer changes it.
 *
 *     ref = address of lines | log2(number of lines)          one atomic word, so always consistent
 *     line = 64 octets, one cache line = 8 slots               slot = tag (16 bits) | pointer (48 bits)
 *
 * A hash's top bits choose the line, 15 further bits are the tag. An item lies in its line or, when
 * that is full, in the next ones; a search ends at the first line with an empty slot. So a search
 * for what is there costs one line, with the item itself touched only when the tag agrees (1 in
 * 32,768 by chance), and so does one for what is not there.
 *
 * Slots are replaced one by one; growing builds new lines and replaces the ref. Old lines are
 * retired (base/quiesce.h). What the items are, and who frees them, is the caller's matter.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif
/* Not beneath ThreadSanitizer, which takes no vector for atomic loads. */
#if defined(__SSE2__) && !defined(__SANITIZE_THREAD__) /* gcc's name for it */
#if defined(__has_feature)                             /* clang's */
#define TABLE_BY_SSE2 !__has_feature(thread_sanitizer)
#else
#define TABLE_BY_SSE2 1
#endif
#else
#define TABLE_BY_SSE2 0
#endif

#include "base/attr.h"

enum { TABLE_SLOTS = 8 };

struct table_line {
    _Alignas(64) _Atomic uint64_t slot[TABLE_SLOTS];
};

struct table {
    _Atomic uint64_t ref; /* 0 = no lines yet */
    uint32_t used;        /* items; the writer's own from here on */
    uint32_t graves;      /* slots of removed items in full lines, which searches must pass */
};

#define TABLE_GRAVE        UINT64_C(1) /* no item: pointers are aligned, tags are odd */
#define TABLE_POINTER_MASK ((UINT64_C(1) << 48) - 1)

static inline uint64_t table_tag(uint64_t hash)
{
    return ((hash >> 16) | 1) << 48;
}

static inline struct table_line *table_lines(uint64_t ref)
{
    return (struct table_line *)(uintptr_t)(ref & ~UINT64_C(63));
}

static inline uint32_t table_index(uint64_t ref, uint64_t hash)
{
    unsigned bits = ref & 63;
    return bits == 0 ? 0 : (uint32_t)(hash >> (64 - bits));
}

/* Where a search for HASH will look first: to be prefetched. REF not 0. */
static inline const struct table_line *table_first_line(uint64_t ref, uint64_t hash)
{
    return &table_lines(ref)[table_index(ref, hash)];
}

/*
 * Which slots of LINE hold the tag: bit 4 s + 3 for slot s. All are looked at: a loop that ends at the right
 * one ends at another place each time, and a branch guessed wrong costs more than they do. What is found is
 * a hint, to be taken by table_item().
 */
static inline uint32_t table_match(const struct table_line *line, uint64_t tag)
{
#if TABLE_BY_SSE2
    /* Both halves of 16 aligned octets are read whole on every x86-64, as by two atomic loads. */
    const __m128i *pair = (const __m128i *)(const void *)line;
    __m128i wanted = _mm_set1_epi16((short)(tag >> 48));
    __m128i low = _mm_packs_epi16(_mm_cmpeq_epi16(_mm_load_si128(pair), wanted),
                                  _mm_cmpeq_epi16(_mm_load_si128(pair + 1), wanted));
    __m128i high = _mm_packs_epi16(_mm_cmpeq_epi16(_mm_load_si128(pair + 2), wanted),
                                   _mm_cmpeq_epi16(_mm_load_si128(pair + 3), wanted));
    uint32_t words = (uint32_t)_mm_movemask_epi8(low) | (uint32_t)_mm_movemask_epi8(high) << 16;
    return words & 0x88888888;
#else
    uint32_t match = 0;
    for (unsigned s = 0; s < TABLE_SLOTS; s++) {
        uint64_t slot = atomic_load_explicit(&line->slot[s], memory_order_seq_cst);
        match |= (uint32_t)(((slot ^ tag) >> 48) == 0) << (4 * s + 3);
    }
    return match;
#endif
}

/* The slot of the lowest bit of MATCH, which is not 0. */
static inline unsigned table_slot(uint32_t match)
{
    return (unsigned)__builtin_ctz(match) / 4;
}

/* Does a search end here? */
static inline bool table_has_empty(const struct table_line *line)
{
    for (uint32_t match = table_match(line, 0); match != 0; match &= match - 1) {
        if (atomic_load_explicit(&line->slot[table_slot(match)], memory_order_seq_cst) == 0) {
            return true; /* and no grave */
        }
    }
    return false;
}

/* The item in slot S of LINE if it (still) has the tag, else NULL. */
static inline void *table_item(const struct table_line *line, unsigned s, uint64_t tag)
{
    uint64_t slot = atomic_load_explicit(&line->slot[s], memory_order_seq_cst);
    return ((slot ^ tag) >> 48) == 0 ? (void *)(uintptr_t)(slot & TABLE_POINTER_MASK) : NULL;
}

/*
 * Find the item with HASH for which SAME(item, key) holds; NULL when there is none. REF is the
 * table's ref, loaded once by the caller (0 is an empty table). Reader inside quiesce, or the writer.
 */
static inline __attribute__((always_inline)) void *
table_find(uint64_t ref, uint64_t hash, bool (*same)(const void *item, const void *key),
           const void *key)
{
    if (ref == 0) {
        return NULL;
    }
    const struct table_line *lines = table_lines(ref);
    uint32_t mask = (uint32_t)((UINT64_C(1) << (ref & 63)) - 1);
    uint64_t tag = table_tag(hash);
    uint32_t at = table_index(ref, hash);

    for (uint32_t n = 0; n <= mask; n++, at = (at + 1) & mask) {
        uint32_t match = table_match(&lines[at], tag);
        for (; match != 0; match &= match - 1) {
            void *item = table_item(&lines[at], table_slot(match), tag);
            if (item != NULL && same(item, key)) {
                return item;
            }
        }
        if (table_has_empty(&lines[at])) {
            break;
        }
    }
    return NULL;
}

/*
 * Where a search for HASH will end, by its first line alone: an item with the tag, which is the one sought
 * but once in 32,768 times; or NULL, and in *ABSENT whether it is certain that there is none. REF not 0.
 */
static inline void *table_guess(uint64_t ref, uint64_t hash, bool *absent)
{
    const struct table_line *line = table_first_line(ref, hash);
    uint64_t tag = table_tag(hash);
    uint32_t match = table_match(line, tag);

    *absent = match == 0 && table_has_empty(line);
    return match == 0 ? NULL : table_item(line, table_slot(match), tag);
}

/* Writer only, all below. ITEM must be aligned to 2 or more and not be in the table yet. */
void table_reserve(struct table *table, uint32_t items,
                   uint64_t (*hash_of)(const void *item, const void *context), const void *context);
void table_insert(struct table *table, uint64_t hash, void *item,
                  uint64_t (*hash_of)(const void *item, const void *context), const void *context);
/* Put NEW_ITEM into OLD_ITEM's slot (same hash): one store, readers see either. */
void table_replace(struct table *table, uint64_t hash, const void *old_item,
                   void *new_item) NONNULL;
void table_remove(struct table *table, uint64_t hash, const void *item) NONNULL;
/* Call VISIT for every item (the writer, or while nobody writes). VISIT may free the item. */
void table_each(uint64_t ref, void (*visit)(void *item, void *context), void *context);
/*
 * The same for LINES lines from line FIRST on. Returns where to go on; 0 when the end was reached, so
 * that a walk in steps over a table that changes meanwhile sees what stays at least once a round
 * (unless the table grows).
 */
uint32_t table_each_some(uint64_t ref, uint32_t first, uint32_t lines,
                         void (*visit)(void *item, void *context), void *context);
/* Free the lines of a table nobody reads any more, or retire those of one that was unpublished. */
void table_free_lines(uint64_t ref);
void table_retire_lines(uint64_t ref);
size_t table_bytes(uint64_t ref);

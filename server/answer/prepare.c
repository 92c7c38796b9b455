/*
 * The cache misses of a batch, taken together. A question spread over many zones costs about five of
 * them, each waiting for the one before: the line of origins, the zone, its line of names, the node,
 * the node's end. Here each step is made for all messages of the batch before the next step begins,
 * so that the memory works on all of them at once; answer_write then finds everything in the cache,
 * and need not search again what was found here (struct answer_hint).
 */
#include "answer/answer.h"

#include <string.h>

/*
 * Fetch the lines of the first 128 octets at BLOCK, or as many more as it takes to its third line. Most
 * nodes and SOAs are no longer; of what is, the place of the data depends on the type asked, and that is
 * not known before the beginning is there.
 */
static inline void fetch(const void *block)
{
    __builtin_prefetch(block);
    __builtin_prefetch((const uint8_t *)block + 64);
    __builtin_prefetch((const uint8_t *)block + 112);
}

/* Step 1: the hashes of the name, and where most origins are found: they have two labels. */
static void hash_name(struct answer *answer, uint64_t origins)
{
    struct lookup_name *name = &answer->query.qname;

    lookup_name_hash(name);
    if (origins != 0 && name->labels >= 2) {
        __builtin_prefetch(table_first_line(origins, name_hash_finish(name->suffix_hash[2])));
    }
}

/* Step 2: the zone with the longest origin, by its tag; or certainty that there is none. */
static void guess_zone(struct answer *answer, const struct store *store, uint64_t origins)
{
    const struct lookup_name *name = &answer->query.qname;
    uint64_t counts = atomic_load_explicit(&store->label_counts[0], memory_order_seq_cst);

    if (name->labels >= 64 || answer->query.qtype == TYPE_DS) {
        return; /* rare: answer_write searches as if nothing had been prepared */
    }
    counts &= (UINT64_C(2) << name->labels) - 1;
    while (counts != 0) {
        unsigned k = 63u - (unsigned)__builtin_clzll(counts);
        counts &= ~(UINT64_C(1) << k);
        bool absent;
        struct zone *zone = table_guess(origins, name_hash_finish(name->suffix_hash[k]), &absent);
        if (zone != NULL) {
            answer->hint.zone = zone;
            answer->hint.labels = (uint8_t)k;
            __builtin_prefetch(zone); /* which lies at the start of a line */
            __builtin_prefetch((const uint8_t *)zone + 64);
            return;
        }
        if (!absent) {
            return;
        }
    }
    answer->hint.foreign = true;
}

static inline uint64_t hash_of(const struct answer *answer)
{
    const struct lookup_name *name = &answer->query.qname;
    return name_hash_finish(name->suffix_hash[name->labels]);
}

/*
 * Step 3: is it that zone? Of K labels it must be, since one above it may have the same tag. Then where its
 * names are.
 */
static void enter_zone(struct answer *answer)
{
    struct answer_hint *hint = &answer->hint;
    const struct lookup_name *name = &answer->query.qname;

    if (!lookup_name_ends_with(name, hint->zone->origin, hint->zone->origin_len, hint->labels)) {
        hint->zone = NULL;
        return;
    }
    hint->seq = atomic_load_explicit(&hint->zone->seq, memory_order_seq_cst);
    uint64_t names = zone_names(hint->zone);
    if (names != 0) {
        __builtin_prefetch(table_first_line(names, hash_of(answer)));
    }
}

/* Step 4: the node; where there is none, the SOA will be wanted. */
static void guess_node(struct answer *answer)
{
    struct answer_hint *hint = &answer->hint;
    uint64_t names = zone_names(hint->zone);

    if (names == 0) {
        return;
    }
    hint->node = table_guess(names, hash_of(answer), &hint->absent);
    if (hint->node != NULL) {
        fetch(hint->node);
    } else {
        const struct soa *soa = atomic_load_explicit(&hint->zone->soa, memory_order_seq_cst);
        fetch(soa);
    }
}

void answer_prepare(struct answer *answers, unsigned count, const struct answerer *answerer)
{
    const struct store *store = answerer->store;
    /* Before the origins: whoever sees that the list is complete sees all of it. */
    bool complete = atomic_load_explicit(&store->complete, memory_order_seq_cst);
    uint64_t origins = atomic_load_explicit(&store->origins.ref, memory_order_seq_cst);

    for (unsigned i = 0; i < count; i++) {
        if (answers[i].parsed == QUERY_OK) {
            hash_name(&answers[i], origins);
        }
    }
    if (origins == 0 || !complete) {
        return; /* the zone above a name may be hosted already, and the one between them not yet */
    }
    for (unsigned i = 0; i < count; i++) {
        if (answers[i].parsed == QUERY_OK) {
            guess_zone(&answers[i], store, origins);
        }
    }
    for (unsigned i = 0; i < count; i++) {
        if (answers[i].hint.zone != NULL) {
            enter_zone(&answers[i]);
        }
    }
    for (unsigned i = 0; i < count; i++) {
        if (answers[i].hint.zone != NULL) {
            guess_node(&answers[i]);
        }
    }
}

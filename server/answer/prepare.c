/*
 * The cache misses of a batch, taken together. A question spread over many zones costs about five of
 * them, each waiting for the one before: the line of origins, the zone, its line of names, the node,
 * the node's end. Here each step is made for all messages of the batch before the next step begins,
 * so that the memory works on all of them at once; answer_write then finds everything in the cache.
 * Only hints are given: tags are believed without comparing names, and nothing is remembered but the
 * pointer to fetch next, so what is wrong here costs time, never an answer.
 */
#include "answer/answer.h"

/* The first item in HASH's first line whose tag agrees; NULL when there is none. */
static const void *likely_item(uint64_t ref, uint64_t hash)
{
    const struct table_line *line = table_first_line(ref, hash);
    uint64_t tag = table_tag(hash);
    for (unsigned s = 0; s < TABLE_SLOTS; s++) {
        uint64_t slot = atomic_load_explicit(&line->slot[s], memory_order_seq_cst);
        if (((slot ^ tag) >> 48) == 0) {
            return (const void *)(uintptr_t)(slot & TABLE_POINTER_MASK);
        }
    }
    return NULL;
}

static void fetch_zone(struct answer *answer, const struct answerer *answerer, uint64_t origins)
{
    const struct lookup_name *name = &answer->query.qname;
    const struct store *store = answerer->store;
    uint64_t counts = atomic_load_explicit(&store->label_counts[0], memory_order_relaxed);

    answer->likely = NULL;
    if (name->labels < 63) {
        counts &= (UINT64_C(2) << name->labels) - 1;
    }
    while (counts != 0 && answer->likely == NULL) {
        unsigned k = 63u - (unsigned)__builtin_clzll(counts);
        counts &= ~(UINT64_C(1) << k);
        answer->likely = likely_item(origins, name_hash_finish(name->suffix_hash[k]));
    }
    if (answer->likely != NULL) {
        __builtin_prefetch(answer->likely);
        __builtin_prefetch((const uint8_t *)answer->likely + 64);
    }
}

static uint64_t name_of(const struct answer *answer)
{
    const struct lookup_name *name = &answer->query.qname;
    return name_hash_finish(name->suffix_hash[name->labels]);
}

void answer_prepare(struct answer *answers, unsigned count, const struct answerer *answerer)
{
    uint64_t origins = atomic_load_explicit(&answerer->store->origins.ref, memory_order_seq_cst);
    if (origins == 0) {
        return;
    }
    for (unsigned i = 0; i < count; i++) {
        answers[i].likely = NULL;
        if (answers[i].parsed == QUERY_OK) {
            fetch_zone(&answers[i], answerer, origins);
        }
    }
    for (unsigned i = 0; i < count; i++) {
        if (answers[i].likely != NULL) {
            answers[i].likely_names = zone_names(answers[i].likely);
            if (answers[i].likely_names == 0) {
                answers[i].likely = NULL;
            } else {
                __builtin_prefetch(table_first_line(answers[i].likely_names, name_of(&answers[i])));
            }
        }
    }
    for (unsigned i = 0; i < count; i++) {
        if (answers[i].likely == NULL) {
            continue;
        }
        const void *node = likely_item(answers[i].likely_names, name_of(&answers[i]));
        if (node == NULL) { /* nothing of that name: the SOA will be wanted */
            const struct zone *zone = answers[i].likely;
            node = atomic_load_explicit(&zone->soa, memory_order_seq_cst);
        }
        __builtin_prefetch(node);
        __builtin_prefetch((const uint8_t *)node + 64);
    }
}

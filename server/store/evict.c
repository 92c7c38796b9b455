/*
 * Zones leave memory, those not asked for longest first; in steps, since neither a loader nor the
 * event loop may wait for the store's lock while somebody looks at a million zones.
 *
 * A step looks at a few lines of the table of zones, where the last one ended, and notes what could
 * leave. When enough is noted, or all zones were seen, the oldest quarter of it goes. So it is the
 * oldest of some hundred zones each time, not of all: good enough, as every sampling cache shows.
 *
 * Admission: a zone that was asked for once since it came (and so perhaps for the last time) leaves
 * before any that was asked again. So a walk over all zones passes through memory without pushing out
 * those that others ask for. A walk that begins anew every few seconds asks for all zones again and again,
 * more than memory holds: of zones asked for lately the newest ones leave first, and only when nothing else
 * is found far and wide. What is there and asked for stays, whoever else wants its place.
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "store/store.h"

enum {
    STEP_LINES = 64, /* of TABLE_SLOTS zones: some 0.1 ms */
    ENOUGH = 256,    /* noted, to choose from */
    NOTED_MAX = ENOUGH + STEP_LINES * TABLE_SLOTS,
    LEAVE_DIVISOR = 4,  /* of what is noted */
    SLACK_DIVISOR = 64, /* below the bound: not each load begins the walk again */
    FIRST_SEC = 2,      /* the query that a zone was loaded for is answered within this */
    LATELY_SEC = 10,    /* who was asked for within this is in use */
    FAR_LINES = 4096,   /* as far as we look for others before zones in use leave: some 6 ms */
};

/* What leaves first, in this order. */
enum { RANK_ONCE, RANK_AGAIN, RANK_IN_USE };
static const unsigned RANK_SHIFT = 32;

struct noted {
    uint64_t rank; /* the lowest leaves first */
    uint32_t id;
};

struct evict {
    bool under_way;
    uint32_t now_sec;
    uint32_t at;          /* line to go on with */
    uint64_t walked;      /* lines since something left */
    size_t count, in_use; /* noted; of these, in use */
    struct noted items[NOTED_MAX];
};

void store_evict_free(struct store *store)
{
    free(store->evict);
}

/* Not what the tables no longer have, or have in a form that cannot be loaded: it would not come back. */
static bool may_leave(const struct hosted *hosted)
{
    return hosted != NULL && hosted->state == LOAD_IDLE && !hosted->held &&
           hosted->failure == NULL &&
           atomic_load_explicit(&hosted->zone->soa, memory_order_relaxed) != NULL;
}

static uint64_t rank_of(const struct hosted *hosted, uint32_t now_sec)
{
    uint32_t asked = atomic_load_explicit(&hosted->zone->asked_sec, memory_order_relaxed);

    if (asked <= hosted->since_sec + FIRST_SEC) {
        return (uint64_t)RANK_ONCE << RANK_SHIFT | asked;
    }
    if (asked + LATELY_SEC <= now_sec) {
        return (uint64_t)RANK_AGAIN << RANK_SHIFT | asked;
    }
    return (uint64_t)RANK_IN_USE << RANK_SHIFT | (UINT32_MAX - hosted->since_sec);
}

static bool is_in_use(uint64_t rank)
{
    return rank >> RANK_SHIFT == RANK_IN_USE;
}

static void note(void *item, void *context)
{
    struct evict *evict = context;
    struct hosted *hosted = item;

    if (may_leave(hosted) && evict->count < NOTED_MAX) {
        uint64_t rank = rank_of(hosted, evict->now_sec);
        evict->in_use += is_in_use(rank);
        evict->items[evict->count++] = (struct noted){rank, hosted->zone->id};
    }
}

static int by_rank(const void *a, const void *b)
{
    const struct noted *x = a, *y = b;
    return x->rank < y->rank ? -1 : x->rank > y->rank;
}

/* Keep those that leave first, and room for another step. */
static void keep_first(struct evict *evict)
{
    qsort(evict->items, evict->count, sizeof *evict->items, by_rank);
    while (evict->count > ENOUGH) {
        evict->in_use -= is_in_use(evict->items[--evict->count].rank);
    }
}

/* Unload the first of what is noted, as long as more than GOAL is taken. */
static unsigned leave(struct store *store, struct evict *evict, uint64_t goal)
{
    size_t others = evict->count - evict->in_use;
    /* Few were found far and wide: then all of them. */
    size_t most = others >= ENOUGH ? others / LEAVE_DIVISOR : evict->count;
    unsigned left = 0;

    qsort(evict->items, evict->count, sizeof *evict->items, by_rank);
    for (size_t i = 0; i < evict->count && left < most && store->bytes > goal; i++) {
        struct hosted *hosted = store_hosted(store, evict->items[i].id);
        /* It may have changed since it was noted. */
        if (may_leave(hosted) && rank_of(hosted, evict->now_sec) == evict->items[i].rank) {
            store_unload(store, hosted);
            left++;
        }
    }
    evict->count = evict->in_use = 0;
    evict->walked = 0;
    return left;
}

bool store_evict(struct store *store, uint32_t now_sec, uint64_t max_bytes, unsigned *evicted)
{
    struct evict *evict = store->evict;
    uint64_t goal = max_bytes - max_bytes / SLACK_DIVISOR;

    *evicted = 0;
    if (store->bytes <= (evict != NULL && evict->under_way ? goal : max_bytes)) {
        if (evict != NULL) {
            evict->under_way = false;
        }
        return false;
    }
    if (evict == NULL) {
        evict = store->evict = alloc_zero(1, sizeof *evict);
    }
    evict->under_way = true;
    evict->now_sec = now_sec;
    uint64_t ref = atomic_load_explicit(&store->by_id.ref, memory_order_relaxed);
    evict->at = table_each_some(ref, evict->at, STEP_LINES, note, evict);
    evict->walked += STEP_LINES;
    bool round = evict->walked >= (UINT64_C(1) << (ref & 63)) + STEP_LINES;
    bool far = evict->walked >= FAR_LINES && evict->count >= ENOUGH;
    if (evict->count - evict->in_use < ENOUGH && !far && !round) {
        keep_first(evict);
        return true;
    }
    bool nothing = evict->count == 0;
    *evicted = leave(store, evict, goal);
    evict->under_way = !nothing;
    return !nothing;
}

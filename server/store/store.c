#include "store/store.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "base/quiesce.h"

struct store *store_new(void)
{
    struct store *store = alloc_zero(1, sizeof *store);
    pthread_mutex_init(&store->lock, NULL);
    return store;
}

/* --- keys --- */

struct origin_key {
    const uint8_t *octets;
    unsigned len;
};

static inline bool is_origin(const void *item, const void *context)
{
    const struct zone *zone = item;
    const struct origin_key *key = context;
    return zone->origin_len == key->len && lookup_octets_equal(zone->origin, key->octets, key->len);
}

static uint64_t origin_hash(const void *item, const void *context)
{
    (void)context;
    return name_hash_finish(((const struct zone *)item)->origin_hash);
}

static uint64_t id_hash(uint32_t id)
{
    return (id + UINT64_C(1)) * UINT64_C(0x9e3779b97f4a7c15); /* ids are the operator's own */
}

static uint64_t hosted_hash(const void *item, const void *context)
{
    (void)context;
    return id_hash(((const struct hosted *)item)->zone->id);
}

static bool has_id(const void *item, const void *context)
{
    return ((const struct hosted *)item)->zone->id == *(const uint32_t *)context;
}

/* --- readers --- */

static struct zone *find_origin(const struct store *store, uint64_t origins,
                                const struct lookup_name *name, unsigned k)
{
    (void)store;
    const uint8_t *suffix = lookup_name_suffix(name, k);
    struct origin_key key = {suffix, (unsigned)(name->octets + name->len - suffix)};
    return table_find(origins, name_hash_finish(name->suffix_hash[k]), is_origin, &key);
}

struct zone *store_find_zone(const struct store *store, const struct lookup_name *name,
                             unsigned max_labels)
{
    uint64_t origins = atomic_load_explicit(&store->origins.ref, memory_order_seq_cst);

    for (int half = 1; half >= 0; half--) {
        uint64_t counts = atomic_load_explicit(&store->label_counts[half], memory_order_seq_cst);
        unsigned base = (unsigned)half * 64;
        if (max_labels < base) {
            continue;
        }
        if (max_labels - base < 63) {
            counts &= (UINT64_C(2) << (max_labels - base)) - 1;
        }
        while (counts != 0) {
            unsigned k = 63u - (unsigned)__builtin_clzll(counts);
            counts &= ~(UINT64_C(1) << k);
            struct zone *zone = find_origin(store, origins, name, base + k);
            if (zone != NULL) {
                return zone;
            }
        }
    }
    return NULL;
}

/* --- writers --- */

static void note_labels(struct store *store, unsigned labels, int change)
{
    store->with_labels[labels] += (uint32_t)change;
    _Atomic uint64_t *word = &store->label_counts[labels / 64];
    uint64_t bit = UINT64_C(1) << labels % 64;
    uint64_t counts = atomic_load_explicit(word, memory_order_relaxed);
    counts = store->with_labels[labels] > 0 ? counts | bit : counts & ~bit;
    atomic_store_explicit(word, counts, memory_order_seq_cst);
}

struct hosted *store_hosted(struct store *store, uint32_t id)
{
    return table_find(atomic_load_explicit(&store->by_id.ref, memory_order_relaxed), id_hash(id),
                      has_id, &id);
}

struct hosted *store_hosted_origin(struct store *store, const struct name *origin)
{
    struct name whole = {.len = origin->len}; /* ORIGIN may be cut off behind its octets */
    memcpy(whole.octets, origin->octets, origin->len);
    struct origin_key key = {whole.octets, whole.len};
    uint64_t hash = name_hash_finish(name_hash(origin->octets, NULL, NAME_HASH_ROOT));
    struct zone *zone = table_find(atomic_load_explicit(&store->origins.ref, memory_order_relaxed),
                                   hash, is_origin, &key);
    return zone == NULL ? NULL : zone->owner;
}

/* Twice the room is made that is needed: one line in ten would run over else, a step more for its names. */
static void add_origin(struct store *store, struct zone *zone)
{
    table_reserve(&store->origins, 2 * store->zones, origin_hash, NULL);
    table_insert(&store->origins, origin_hash(zone, NULL), zone, origin_hash, NULL);
}

struct hosted *store_add(struct store *store, uint32_t id, const struct name *origin)
{
    struct hosted *hosted = alloc_zero(1, sizeof *hosted);
    struct zone *zone = hosted->zone = zone_new(id, origin);

    zone->owner = hosted;
    hosted->bytes = zone_bytes(zone) + sizeof *hosted;
    store->bytes += hosted->bytes;
    store->zones++;
    table_insert(&store->by_id, id_hash(id), hosted, hosted_hash, NULL);
    add_origin(store, zone);
    note_labels(store, zone->origin_labels, 1);
    return hosted;
}

struct stamp *stamp_new(const char *server_uid, const char *binlog_file, uint64_t binlog_pos,
                        struct instant read_at)
{
    size_t uid_size = strlen(server_uid) + 1, file_size = strlen(binlog_file) + 1;
    size_t size = sizeof(struct stamp) + uid_size + file_size;
    struct stamp *stamp = alloc_zero(1, size);

    stamp->refs = 1;
    stamp->size = (uint32_t)size;
    stamp->read_at = read_at;
    stamp->binlog_pos = binlog_pos;
    memcpy(stamp->server_uid, server_uid, uid_size);
    stamp->binlog_file = memcpy(stamp->server_uid + uid_size, binlog_file, file_size);
    return stamp;
}

void store_set_stamp(struct store *store, struct hosted *hosted, struct stamp *stamp)
{
    struct stamp *before = hosted->stamp;

    if (stamp != NULL) {
        stamp->refs++;
        store->bytes += stamp->zones++ == 0 ? stamp->size : 0;
    }
    if (before != NULL) {
        store->bytes -= --before->zones == 0 ? before->size : 0;
        if (--before->refs == 0) {
            free(before);
        }
    }
    hosted->stamp = stamp;
}

void store_queue(struct store *store, struct hosted *hosted)
{
    assert(hosted->state != LOAD_RUNNING);
    store->pending += hosted->state == LOAD_IDLE;
    hosted->state = LOAD_QUEUED;
}

void store_mend(struct store *store, struct hosted *hosted)
{
    struct failure *failure = hosted->failure;

    if (failure == NULL) {
        return;
    }
    if (failure->_newer != NULL) {
        failure->_newer->next = failure->next;
    } else {
        store->last_failed = failure->next;
    }
    if (failure->next != NULL) {
        failure->next->_newer = failure->_newer;
    }
    hosted->failure = NULL;
    store->failed--;
    free(failure);
}

void store_fail(struct store *store, struct hosted *hosted, const char *reason)
{
    size_t size = strlen(reason) + 1;
    struct failure *failure = alloc_new(sizeof *failure + size);

    store_mend(store, hosted);
    memcpy(failure->reason, reason, size);
    failure->hosted = hosted;
    failure->_newer = NULL;
    failure->next = store->last_failed;
    if (failure->next != NULL) {
        failure->next->_newer = failure;
    }
    store->last_failed = hosted->failure = failure;
    store->failed++;
}

void store_set_left_out(struct store *store, struct hosted *hosted, uint32_t rows)
{
    store->rows_left_out += rows;
    store->rows_left_out -= hosted->rows_left_out;
    hosted->rows_left_out = rows;
}

void store_set_faults(struct store *store, struct hosted *hosted, void *faults, uint32_t size)
{
    store->bytes += size;
    store->bytes -= hosted->faults_size;
    hosted->bytes += size;
    hosted->bytes -= hosted->faults_size;
    free(hosted->faults);
    hosted->faults = faults;
    hosted->faults_size = size;
}

void store_set_held(struct store *store, struct hosted *hosted, bool held)
{
    store->held += held;
    store->held -= hosted->held;
    hosted->held = held;
}

void store_set_loaded_at(struct store *store, struct hosted *hosted, struct instant at)
{
    if (hosted->loaded_at.ns != 0) {
        store->read--;
        store->read_at_sum_sec -= instant_sec(hosted->loaded_at);
    }
    if (at.ns != 0) {
        store->read++;
        store->read_at_sum_sec += instant_sec(at);
    }
    hosted->loaded_at = at;
}

static void free_hosted(struct store *store, struct hosted *hosted)
{
    store_set_stamp(store, hosted, NULL);
    free(hosted->failure);
    free(hosted->faults);
    free(hosted);
}

/* Take what a zone holds off the totals, or put it on again. */
static void uncount(struct store *store, struct hosted *hosted)
{
    struct zone *zone = hosted->zone;
    store->bytes -= hosted->bytes;
    store->rows -= zone->content.rows;
    store->loaded -= atomic_load_explicit(&zone->soa, memory_order_relaxed) != NULL;
}

static void recount(struct store *store, struct hosted *hosted)
{
    struct zone *zone = hosted->zone;
    hosted->bytes = zone_bytes(zone) + sizeof *hosted + hosted->faults_size;
    store->bytes += hosted->bytes;
    store->rows += zone->content.rows;
    store->loaded += atomic_load_explicit(&zone->soa, memory_order_relaxed) != NULL;
}

struct hosted *store_arrive(struct store *store, struct zone *zone, struct hosted *former)
{
    struct hosted *hosted = alloc_zero(1, sizeof *hosted), *same_id = store_hosted(store, zone->id);

    hosted->zone = zone;
    hosted->since_sec = former != NULL ? former->since_sec : instant_sec(clock_now());
    zone->owner = hosted;
    recount(store, hosted);
    store->zones++;
    if (same_id != NULL) {
        table_replace(&store->by_id, id_hash(zone->id), same_id, hosted);
    } else {
        table_insert(&store->by_id, id_hash(zone->id), hosted, hosted_hash, NULL);
    }
    if (former != NULL) {
        table_replace(&store->origins, origin_hash(zone, NULL), former->zone, zone);
    } else {
        add_origin(store, zone);
    }
    note_labels(store, zone->origin_labels, 1);
    return hosted;
}

void store_remove(struct store *store, struct hosted *hosted)
{
    struct zone *zone = hosted->zone;

    note_labels(store, zone->origin_labels, -1);
    struct name origin = {.len = zone->origin_len};
    memcpy(origin.octets, zone->origin, zone->origin_len);
    if (store_hosted_origin(store, &origin) == hosted) { /* else another one took its place */
        table_remove(&store->origins, origin_hash(zone, NULL), zone);
    }
    if (store_hosted(store, zone->id) == hosted) {
        table_remove(&store->by_id, id_hash(zone->id), hosted);
    }
    uncount(store, hosted);
    store->zones--;
    store->pending -= hosted->state != LOAD_IDLE;
    store_mend(store, hosted);
    store_set_left_out(store, hosted, 0);
    store_set_held(store, hosted, false);
    store_set_loaded_at(store, hosted, (struct instant){0});
    if (hosted->state != LOAD_RUNNING) { /* queues hold ids, not pointers */
        quiesce_retire(zone, zone_free);
        free_hosted(store, hosted);
    } else {
        hosted->removed = true; /* the loader that holds it lets both go */
    }
}

static bool let_go(struct store *store, struct hosted *hosted)
{
    if (hosted->running > 1) { /* another load goes on */
        hosted->running--;
        return !hosted->removed;
    }
    hosted->running = 0;
    if (!hosted->removed) {
        store->pending -= hosted->state != LOAD_IDLE;
        hosted->state = LOAD_IDLE;
        return true;
    }
    quiesce_retire(hosted->zone, zone_free);
    free_hosted(store, hosted);
    return false;
}

bool store_publish(struct store *store, struct hosted *hosted, struct zone_content *content,
                   struct soa *soa, uint32_t ttl_floor)
{
    if (hosted->removed) {
        zone_content_release(content);
        free(soa);
    } else {
        uncount(store, hosted);
        if (atomic_load_explicit(&hosted->zone->soa, memory_order_relaxed) == NULL) {
            hosted->since_sec = instant_sec(clock_now());
        }
        zone_publish(hosted->zone, content, soa, ttl_floor);
        recount(store, hosted);
    }
    return let_go(store, hosted);
}

bool store_change(struct store *store, struct hosted *hosted, struct zone_edit *edit,
                  struct soa *soa, uint32_t ttl_floor)
{
    struct zone *zone = hosted->zone;

    if (hosted->removed) {
        free(soa);
        return let_go(store, hosted);
    }
    uncount(store, hosted);
    zone_change_begin(zone);
    zone_edit_apply(edit);
    if (soa != NULL) {
        zone_set_soa(zone, soa, ttl_floor);
    }
    zone_change_end(zone);
    recount(store, hosted);
    return let_go(store, hosted);
}

bool store_keep(struct store *store, struct hosted *hosted)
{
    return let_go(store, hosted);
}

bool store_restore(struct store *store, struct hosted *hosted, struct zone_content *content,
                   struct soa *soa, uint32_t ttl_floor)
{
    if (hosted->loaded_at.ns != 0) {
        zone_content_release(content);
        free(soa);
        return false;
    }
    uncount(store, hosted);
    hosted->since_sec = instant_sec(clock_now());
    zone_publish(hosted->zone, content, soa, ttl_floor);
    recount(store, hosted);
    return true;
}

void store_unload(struct store *store, struct hosted *hosted)
{
    struct zone_content nothing = {0};

    assert(hosted->state == LOAD_IDLE);
    uncount(store, hosted);
    zone_publish(hosted->zone, &nothing, NULL, 0);
    hosted->faults_size = 0; /* the next load finds them again */
    free(hosted->faults);
    hosted->faults = NULL;
    store_set_held(store, hosted, false);
    store_set_stamp(store, hosted, NULL); /* what is read next is later than all that was read */
    recount(store, hosted);
}

struct each_context {
    void (*visit)(struct hosted *hosted, void *context);
    void *context;
};

static void each_visit(void *item, void *context)
{
    const struct each_context *each = context;
    each->visit(item, each->context);
}

void store_each(struct store *store, void (*visit)(struct hosted *hosted, void *context),
                void *context)
{
    struct each_context each = {visit, context};
    table_each(atomic_load_explicit(&store->by_id.ref, memory_order_relaxed), each_visit, &each);
}

void store_pause(struct store *store)
{
    static const struct timespec moment = {0, 1000};

    pthread_mutex_unlock(&store->lock);
    nanosleep(&moment, NULL);
    pthread_mutex_lock(&store->lock);
}

uint32_t store_each_some(struct store *store, uint32_t at,
                         void (*visit)(struct hosted *hosted, void *context), void *context)
{
    enum { LINES = 64 };
    struct each_context each = {visit, context};
    return table_each_some(atomic_load_explicit(&store->by_id.ref, memory_order_relaxed), at, LINES,
                           each_visit, &each);
}

void store_walk(struct store *store, void (*visit)(struct hosted *hosted, void *context),
                void *context)
{
    enum { LINES = 512 };
    struct each_context each = {visit, context};
    uint64_t begun = 0;
    uint32_t at = 0;

    pthread_mutex_lock(&store->lock);
    do {
        uint64_t ref = atomic_load_explicit(&store->by_id.ref, memory_order_relaxed);
        at = ref == begun ? at : 0; /* the table has grown: zones lie elsewhere */
        begun = ref;
        at = table_each_some(ref, at, LINES, each_visit, &each);
        if (at != 0) {
            store_pause(store);
        }
    } while (at != 0);
    pthread_mutex_unlock(&store->lock);
}

static void free_one(struct hosted *hosted, void *context)
{
    zone_free(hosted->zone);
    free_hosted(context, hosted);
}

void store_free(struct store *store)
{
    if (store == NULL) {
        return;
    }
    store_each(store, free_one, store);
    table_free_lines(atomic_load_explicit(&store->by_id.ref, memory_order_relaxed));
    table_free_lines(atomic_load_explicit(&store->origins.ref, memory_order_relaxed));
    pthread_mutex_destroy(&store->lock);
    store_evict_free(store);
    free(store);
}

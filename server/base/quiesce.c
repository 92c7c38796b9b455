#include "base/quiesce.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/alloc.h"

struct retired {
    void *block;
    void (*free_block)(void *);
    uint64_t epoch;
};

static _Atomic uint64_t epoch = 1;

/* Guards everything below; held for short list work only, never while blocks are freed. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct quiesce_reader *readers;
static struct retired *limbo; /* a queue in order of epoch: [limbo_first, limbo_end) */
static size_t limbo_first, limbo_end, limbo_cap;

void quiesce_reader_add(struct quiesce_reader *reader)
{
    atomic_init(&reader->_epoch, 0);
    pthread_mutex_lock(&lock);
    reader->_next = readers;
    readers = reader;
    pthread_mutex_unlock(&lock);
}

void quiesce_reader_remove(struct quiesce_reader *reader)
{
    pthread_mutex_lock(&lock);
    for (struct quiesce_reader **at = &readers; *at != NULL; at = &(*at)->_next) {
        if (*at == reader) {
            *at = reader->_next;
            break;
        }
    }
    pthread_mutex_unlock(&lock);
}

void quiesce_enter(struct quiesce_reader *reader)
{
    uint64_t now = atomic_load_explicit(&epoch, memory_order_seq_cst);
    /* An exchange, not a store: the full barrier stands between the note and what is read next. */
    (void)atomic_exchange_explicit(&reader->_epoch, now, memory_order_seq_cst);
}

void quiesce_leave(struct quiesce_reader *reader)
{
    atomic_store_explicit(&reader->_epoch, 0, memory_order_release);
}

void quiesce_retire(void *block, void (*free_block)(void *))
{
    if (block == NULL) {
        return;
    }
    pthread_mutex_lock(&lock);
    if (limbo_end == limbo_cap) {
        if (limbo_first > limbo_cap / 2) { /* reuse the front before growing */
            for (size_t i = limbo_first; i < limbo_end; i++) {
                limbo[i - limbo_first] = limbo[i];
            }
            limbo_end -= limbo_first;
            limbo_first = 0;
        } else {
            limbo_cap = limbo_cap == 0 ? 256 : limbo_cap * 2;
            limbo = alloc_resize(limbo, limbo_cap, sizeof *limbo);
        }
    }
    limbo[limbo_end++] = (struct retired){
        block, free_block, atomic_fetch_add_explicit(&epoch, 1, memory_order_seq_cst)};
    pthread_mutex_unlock(&lock);
}

/* The lowest epoch any reader inside has noted; UINT64_MAX when all are outside. Lock held. */
static uint64_t oldest_reader(void)
{
    uint64_t oldest = UINT64_MAX;
    for (struct quiesce_reader *r = readers; r != NULL; r = r->_next) {
        uint64_t noted = atomic_load_explicit(&r->_epoch, memory_order_seq_cst);
        if (noted != 0 && noted < oldest) {
            oldest = noted;
        }
    }
    return oldest;
}

void quiesce_collect(void)
{
    enum { BATCH = 256 };
    struct retired ready[BATCH];
    size_t count;

    do {
        count = 0;
        pthread_mutex_lock(&lock);
        if (limbo_first < limbo_end) {
            uint64_t oldest = oldest_reader();
            while (limbo_first < limbo_end && limbo[limbo_first].epoch < oldest && count < BATCH) {
                ready[count++] = limbo[limbo_first++];
            }
        }
        if (limbo_first == limbo_end) {
            limbo_first = limbo_end = 0;
        }
        pthread_mutex_unlock(&lock);
        for (size_t i = 0; i < count; i++) {
            ready[i].free_block(ready[i].block);
        }
    } while (count == BATCH);
}

size_t quiesce_pending(void)
{
    pthread_mutex_lock(&lock);
    size_t pending = limbo_end - limbo_first;
    pthread_mutex_unlock(&lock);
    return pending;
}

/* What a reader may still see is not freed; what it may not is. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/quiesce.h"

static unsigned freed;

static void count_free(void *block)
{
    freed++;
    free(block);
}

static void held_until_all_left(void **state)
{
    struct quiesce_reader a = {0}, b = {0};

    (void)state;
    freed = 0;
    quiesce_reader_add(&a);
    quiesce_reader_add(&b);
    quiesce_enter(&a);
    quiesce_retire(malloc(1), count_free);
    quiesce_collect();
    assert_int_equal(freed, 0);
    quiesce_enter(&b); /* after the block was retired: does not hold it */
    quiesce_retire(malloc(1), count_free);
    quiesce_leave(&a);
    quiesce_collect();
    assert_int_equal(freed, 1);
    assert_int_equal(quiesce_pending(), 1);
    quiesce_leave(&b);
    quiesce_enter(&b);
    quiesce_collect();
    assert_int_equal(freed, 2);
    quiesce_retire(NULL, count_free);
    assert_int_equal(quiesce_pending(), 0);
    quiesce_retire(malloc(1), count_free);
    quiesce_reader_remove(&b); /* one that is gone holds nothing */
    quiesce_collect();
    assert_int_equal(freed, 3);
    quiesce_reader_remove(&a);
}

static void many(void **state)
{
    struct quiesce_reader reader = {0};

    (void)state;
    freed = 0;
    quiesce_reader_add(&reader);
    for (unsigned round = 0; round < 50;
         round++) { /* the queue grows, and its front is used again */
        quiesce_enter(&reader);
        for (unsigned i = 0; i < 1 + round * 37; i++) {
            quiesce_retire(malloc(1), count_free);
        }
        quiesce_collect();
        assert_true(quiesce_pending() >= 1 + round * 37); /* those before may go, these may not */
        quiesce_leave(&reader);
        if (round % 3 == 0) {
            quiesce_collect();
            assert_int_equal(quiesce_pending(), 0);
        }
    }
    quiesce_collect();
    assert_int_equal(quiesce_pending(), 0);
    quiesce_reader_remove(&reader);
}

/* --- readers and a writer: a sanitizer watches --- */

static _Atomic(unsigned *) shared;
static atomic_bool stop;

static void *read_on(void *context)
{
    struct quiesce_reader reader = {0};
    unsigned *bad = context;

    quiesce_reader_add(&reader);
    while (!atomic_load(&stop)) {
        quiesce_enter(&reader);
        for (int i = 0; i < 10; i++) {
            const unsigned *block = atomic_load_explicit(&shared, memory_order_seq_cst);
            *bad += block[0] != block[99];
        }
        quiesce_leave(&reader);
    }
    quiesce_reader_remove(&reader);
    return NULL;
}

static void threads(void **state)
{
    pthread_t readers[3];
    unsigned bad[3] = {0};

    (void)state;
    atomic_store(&shared, calloc(100, sizeof(unsigned)));
    for (int i = 0; i < 3; i++) {
        assert_int_equal(pthread_create(&readers[i], NULL, read_on, &bad[i]), 0);
    }
    for (unsigned n = 1; n < 20000; n++) {
        unsigned *block = calloc(100, sizeof(unsigned));
        block[0] = block[99] = n;
        unsigned *old = atomic_exchange_explicit(&shared, block, memory_order_seq_cst);
        quiesce_retire(old, free);
        quiesce_collect();
    }
    atomic_store(&stop, true);
    for (int i = 0; i < 3; i++) {
        pthread_join(readers[i], NULL);
        assert_int_equal(bad[i], 0);
    }
    quiesce_collect();
    assert_int_equal(quiesce_pending(), 0);
    free(atomic_load(&shared));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(held_until_all_left),
                                       cmocka_unit_test(many), cmocka_unit_test(threads)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

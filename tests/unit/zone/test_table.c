/* The lock-free table against a plain array: random inserts, replacements, removals, growth. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/quiesce.h"
#include "base/random.h"
#include "zone/table.h"

enum { KEYS = 3000 };

struct item {
    uint32_t key;
    uint32_t version;
};

static struct random dice = {1};
static struct item *present[KEYS];
static uint64_t (*hash_key)(uint32_t key);

static uint64_t good_hash(uint32_t key)
{
    struct random random = {key};
    return random_next(&random);
}

/* Three lines' worth of values only, and few tags: everything collides. */
static uint64_t bad_hash(uint32_t key)
{
    return (uint64_t)(key % 3) << 62 | (uint64_t)(key % 5) << 17;
}

static uint64_t hash_of(const void *item, const void *context)
{
    assert_ptr_equal(context, &dice);
    return hash_key(((const struct item *)item)->key);
}

static bool same(const void *item, const void *key)
{
    return ((const struct item *)item)->key == *(const uint32_t *)key;
}

static struct item *find(const struct table *table, uint32_t key)
{
    return table_find(atomic_load(&table->ref), hash_key(key), same, &key);
}

static void count_item(void *item, void *context)
{
    const struct item *it = item;
    assert_ptr_equal(present[it->key], it);
    ++*(uint32_t *)context;
}

static void check(const struct table *table, uint32_t keys)
{
    uint32_t expected = 0, visited = 0;
    for (uint32_t key = 0; key < keys; key++) {
        assert_ptr_equal(find(table, key), present[key]);
        expected += present[key] != NULL;
    }
    assert_int_equal(table->used, expected);
    uint64_t ref = atomic_load(&table->ref);
    table_each(ref, count_item, &visited);
    assert_int_equal(visited, expected);
    visited = 0;
    for (uint32_t at = 0; (at = table_each_some(ref, at, 3, count_item, &visited)) != 0;) {
    }
    assert_int_equal(visited, expected);
    /* never so full that a search would not end: each item and grave has its slot, and some are empty */
    assert_true(ref == 0 || (uint64_t)table->used + table->graves <=
                                table_bytes(ref) / sizeof(struct table_line) * (TABLE_SLOTS - 1));
}

static void free_item(void *item, void *context)
{
    present[((struct item *)item)->key] = NULL;
    (void)context;
    free(item);
}

static void churn(uint32_t keys, unsigned steps, unsigned remove_of_10)
{
    struct table table = {0};

    for (unsigned n = 0; n < steps; n++) {
        uint32_t key = random_below(&dice, keys);
        struct item *old = present[key];
        if (old == NULL) {
            struct item *item = malloc(sizeof *item);
            *item = (struct item){key, n};
            table_insert(&table, hash_key(key), item, hash_of, &dice);
            present[key] = item;
        } else if (random_below(&dice, 10) < remove_of_10) {
            table_remove(&table, hash_key(key), old);
            present[key] = NULL;
            quiesce_retire(old, free);
        } else {
            struct item *item = malloc(sizeof *item);
            *item = (struct item){key, n};
            table_replace(&table, hash_key(key), old, item);
            present[key] = item;
            quiesce_retire(old, free);
        }
        if (n % (steps / 50) == 0) {
            check(&table, keys);
            quiesce_collect();
        }
    }
    check(&table, keys);
    uint64_t ref = atomic_load(&table.ref);
    table_each(ref, free_item, NULL);
    table_free_lines(ref);
    quiesce_collect();
}

static void good(void **state)
{
    (void)state;
    hash_key = good_hash;
    churn(KEYS, 100000, 5);
    churn(7, 5000, 5);
    churn(8, 5000, 9);
    churn(100, 50000, 10);
}

static void collisions(void **state)
{
    (void)state;
    hash_key = bad_hash;
    churn(60, 20000, 5);
    churn(9, 5000, 10);
}

static void empty(void **state)
{
    struct table table = {0};
    uint32_t none = 0;

    (void)state;
    hash_key = good_hash;
    assert_null(find(&table, 1));
    table_each(0, count_item, &none);
    assert_int_equal(none, 0);
    assert_int_equal(table_bytes(0), 0);
    table_reserve(&table, 1000, hash_of, &dice);
    size_t bytes = table_bytes(atomic_load(&table.ref));
    assert_true(bytes >= 1000 * 8);
    check(&table, 10);
    table_reserve(&table, 500, hash_of, &dice); /* no step back */
    assert_int_equal(table_bytes(atomic_load(&table.ref)), bytes);
    table_free_lines(atomic_load(&table.ref));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(empty), cmocka_unit_test(good),
                                       cmocka_unit_test(collisions)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * The queue of what the change feed told: whole transactions up to a place, merged; rows of zones that are
 * being loaded held and let; bounds.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "load/change_queue.h"

static struct change_queue queue;

static int begin(void **state)
{
    (void)state;
    change_queue_init(&queue);
    return 0;
}

static int end(void **state)
{
    (void)state;
    change_queue_release(&queue);
    return 0;
}

static struct change_at at(uint64_t pos)
{
    return (struct change_at){.pos = pos, .file = 1};
}

/* A transaction of one row; OWNER NULL: it was not there before. */
static void add_row(uint32_t zone, uint32_t id, const char *owner, uint64_t pos)
{
    struct loader_row row = {.zone = zone, .id = id};
    struct loader_change change = {.rows = &row, .row_count = 1};

    if (owner != NULL) {
        row.had_owner = true;
        row.owner_len = (uint16_t)strlen(owner);
        change.owners = (const uint8_t *)owner;
    }
    change_queue_add(&queue, &change, at(pos));
}

static void add_numbers(uint32_t soa, uint32_t zone, uint64_t pos)
{
    struct loader_change change = {
        .soas = &soa, .soa_count = soa != 0, .zones = &zone, .zone_count = zone != 0};
    change_queue_add(&queue, &change, at(pos));
}

static struct change_batch take(uint64_t pos)
{
    struct change_batch batch;
    struct change_at upto = at(pos);
    change_queue_take(&queue, &upto, &batch);
    return batch;
}

static void expect_row(const struct change_row *row, uint32_t id, const char *owner)
{
    assert_int_equal(row->id, id);
    assert_int_equal(row->had_owner, owner != NULL);
    if (owner != NULL) {
        assert_int_equal(row->owner_len, strlen(owner));
        assert_memory_equal(row->owner, owner, row->owner_len);
    }
}

static void whole_transactions_in_order(void **state)
{
    (void)state;
    assert_true(change_queue_is_empty(&queue));
    add_row(7, 1, "www", 100);
    add_numbers(7, 0, 200);
    add_row(8, 2, NULL, 300);
    assert_int_equal(change_queue_count(&queue), 3);

    struct change_batch batch = take(99);
    assert_int_equal(batch.zone_count + batch.soa_count, 0);
    change_batch_release(&batch);
    batch = take(250);
    assert_int_equal(batch.soa_count, 1);
    assert_int_equal(batch.soas[0], 7);
    assert_int_equal(batch.zone_count, 1);
    assert_int_equal(batch.zones[0].id, 7);
    assert_int_equal(batch.zones[0].last.pos, 100);
    expect_row(&batch.zones[0].rows[0], 1, "www");
    change_batch_release(&batch);
    assert_false(change_queue_is_empty(&queue));
    batch = take(300);
    assert_int_equal(batch.zones[0].id, 8);
    expect_row(&batch.zones[0].rows[0], 2, NULL);
    change_batch_release(&batch);
    assert_true(change_queue_is_empty(&queue));
    add_row(9, 3, NULL, 400); /* and it goes on being a queue */
    batch = take(400);
    assert_int_equal(batch.zone_count, 1);
    change_batch_release(&batch);
}

/* Owners that a row had one after another all stay: each may be where the zone has it. */
static void the_same_row_again(void **state)
{
    (void)state;
    add_row(7, 1, "a", 100);
    add_row(7, 1, "bb", 200);
    add_row(7, 1, "a", 300);
    add_row(7, 1, NULL, 400);
    add_row(6, 1, "", 500);
    struct change_batch batch = take(500);
    assert_int_equal(batch.zone_count, 2);
    assert_int_equal(batch.zones[0].id, 6);
    assert_int_equal(batch.zones[0].row_count, 1);
    expect_row(&batch.zones[0].rows[0], 1, ""); /* the apex is a name, too */
    assert_int_equal(batch.zones[1].row_count, 3);
    expect_row(&batch.zones[1].rows[0], 1, NULL);
    expect_row(&batch.zones[1].rows[1], 1, "a");
    expect_row(&batch.zones[1].rows[2], 1, "bb");
    assert_int_equal(batch.zones[1].last.pos, 400);
    change_batch_release(&batch);
}

static void a_file_later(void **state)
{
    (void)state;
    assert_true(change_at_compare((struct change_at){5, 2}, (struct change_at){900, 1}) > 0);
    assert_true(change_at_compare((struct change_at){5, 2}, (struct change_at){5, 2}) == 0);
    assert_true(change_at_compare((struct change_at){0}, (struct change_at){4, 1}) < 0);
}

static void whole_zone_counts_more_than_its_rows(void **state)
{
    (void)state;
    add_row(7, 1, "a", 100);
    add_numbers(0, 7, 200);
    struct change_batch batch = take(200);
    assert_int_equal(batch.zone_count, 1);
    assert_true(batch.zones[0].whole);
    assert_int_equal(batch.zones[0].row_count, 0);
    change_batch_release(&batch);
    for (uint32_t i = 0; i <= CHANGE_ZONE_ROWS_MAX; i++) {
        add_row(8, i, "b", 300 + i);
    }
    batch = take(UINT64_MAX);
    assert_true(batch.zones[0].whole); /* so many are read whole */
    change_batch_release(&batch);
}

static void held_and_let(void **state)
{
    (void)state;
    add_row(7, 1, "a", 100);
    add_numbers(7, 0, 100);
    struct change_batch batch = take(100);
    change_queue_hold(&queue, &batch.zones[0], true);
    change_batch_release(&batch);
    assert_true(change_queue_is_empty(&queue));
    assert_int_equal(change_queue_count(&queue), 1);
    add_row(7, 2, "b", 200);
    batch = take(200);
    change_queue_hold(&queue, &batch.zones[0], false);
    change_batch_release(&batch);
    assert_false(change_queue_let(&queue, 8));
    assert_true(change_queue_let(&queue, 7));
    assert_false(change_queue_let(&queue, 7));
    batch = take(0); /* whatever the place: it was told long ago */
    assert_int_equal(batch.soa_count, 1);
    assert_int_equal(batch.zones[0].row_count, 2);
    expect_row(&batch.zones[0].rows[0], 1, "a");
    expect_row(&batch.zones[0].rows[1], 2, "b");
    assert_int_equal(batch.zones[0].last.pos, 200);
    change_batch_release(&batch);
}

static void held_whole(void **state)
{
    struct change_zone whole = {.id = 7, .whole = true, .last = at(300)};

    (void)state;
    add_row(7, 1, "a", 100);
    struct change_batch batch = take(100);
    change_queue_hold(&queue, &batch.zones[0], true);
    change_batch_release(&batch);
    change_queue_hold(&queue, &whole, false);
    assert_int_equal(change_queue_count(&queue), 1); /* the rows are not needed any more */
    assert_true(change_queue_let(&queue, 7));
    batch = take(0);
    assert_true(batch.zones[0].whole);
    assert_int_equal(batch.soa_count, 1); /* but the soa row is */
    change_batch_release(&batch);
}

static void bounded(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < CHANGE_ROWS_MAX + 5; i++) {
        add_row(i % 1000, i, "owner", 100 + i);
    }
    assert_true(change_queue_count(&queue) < 10);
    struct change_batch batch = take(100 + CHANGE_ROWS_MAX + 5);
    assert_int_equal(batch.zone_count, 1000);
    assert_true(batch.zones[0].whole);
    assert_false(batch.all);
    change_batch_release(&batch);

    for (uint32_t i = 0; i < CHANGE_ZONES_MAX + CHANGE_TOLD_MAX + 5; i++) {
        add_numbers(0, i + 1, 1000000 + i);
    }
    batch = take(UINT64_MAX);
    assert_true(batch.all);
    change_batch_release(&batch);
    assert_true(change_queue_is_empty(&queue));
}

/* What becomes one transaction ends where the last one of them does, whatever was added behind it. */
static void bounded_in_its_place(void **state)
{
    uint32_t soa = 3;
    struct loader_change unplaced = {.soas = &soa, .soa_count = 1};
    (void)state;
    for (uint32_t i = 0; i < CHANGE_TOLD_MAX; i++) {
        add_numbers(0, 7, 100 + i);
    }
    change_queue_add(&queue, &unplaced, (struct change_at){0});
    assert_int_equal(change_queue_count(&queue), 1);
    struct change_batch batch = take(100 + CHANGE_TOLD_MAX - 2);
    assert_int_equal(batch.zone_count + batch.soa_count, 0);
    change_batch_release(&batch);
    batch = take(100 + CHANGE_TOLD_MAX - 1);
    assert_int_equal(batch.zone_count + batch.soa_count, 2);
    change_batch_release(&batch);
}

/* The stream is lost: places mean nothing any more, and what ends where cannot be told. */
static void without_places(void **state)
{
    (void)state;
    add_row(7, 1, "a", 100);
    add_numbers(3, 8, 200);
    change_queue_forget_places(&queue);
    struct change_batch batch = take(1);
    assert_int_equal(batch.soa_count, 1);
    assert_int_equal(batch.zone_count, 2);
    assert_true(batch.zones[0].whole && batch.zones[1].whole);
    change_batch_release(&batch);
    change_queue_forget_places(&queue);
    assert_true(change_queue_is_empty(&queue));
    add_row(7, 1, "a", 100);
    change_queue_take(&queue, NULL, &batch);
    assert_int_equal(batch.zones[0].row_count, 1);
    change_batch_release(&batch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(whole_transactions_in_order, begin, end),
        cmocka_unit_test_setup_teardown(the_same_row_again, begin, end),
        cmocka_unit_test_setup_teardown(a_file_later, begin, end),
        cmocka_unit_test_setup_teardown(whole_zone_counts_more_than_its_rows, begin, end),
        cmocka_unit_test_setup_teardown(held_and_let, begin, end),
        cmocka_unit_test_setup_teardown(held_whole, begin, end),
        cmocka_unit_test_setup_teardown(bounded, begin, end),
        cmocka_unit_test_setup_teardown(bounded_in_its_place, begin, end),
        cmocka_unit_test_setup_teardown(without_places, begin, end)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

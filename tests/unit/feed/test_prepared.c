/*
 * Prepared transactions: found by their xid alone, whole when they come back, and never more of them than
 * the limits allow.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "feed/prepared.h"

static const struct db_layout layout;
static struct prepared prepared;
static struct transaction t;

static int begin(void **state)
{
    (void)state;
    transaction_begin(&t, &layout);
    return 0;
}

static int end(void **state)
{
    (void)state;
    prepared_clear(&prepared);
    transaction_release(&t);
    return 0;
}

static struct stream_xid xid_of(uint32_t format, const char *gtrid, const char *bqual)
{
    struct stream_xid xid = {
        .format = format, .gtrid_len = (uint8_t)strlen(gtrid), .bqual_len = (uint8_t)strlen(bqual)};
    snprintf((char *)xid.data, sizeof xid.data, "%s%s", gtrid, bqual);
    return xid;
}

/* As if zone ID had been changed in the row ROW, whose name was NAME. */
static void change(uint32_t id, uint32_t row, const char *name)
{
    t.removal.touched = true;
    t.zones[t.zone_count++] = (struct noted_zone){.id = id, .rows = 1, .gone = -1};
    t._rows = alloc_resize(t._rows, t._row_count + 1, sizeof *t._rows);
    t._rows[t._row_count++] = (struct loader_row){.zone = id,
                                                  .id = row,
                                                  .owner_off = (uint32_t)t._owners_len,
                                                  .owner_len = (uint16_t)strlen(name),
                                                  .had_owner = true};
    t._row_cap = t._row_count;
    t._owners = alloc_resize(t._owners, t._owners_len + strlen(name), 1);
    memcpy(t._owners + t._owners_len, name, strlen(name));
    t._owners_len += strlen(name);
    t._owners_cap = t._owners_len;
}

static void comes_back_whole(void **state)
{
    struct stream_xid xid = xid_of(1, "bank", "7");

    (void)state;
    change(5, 50, "www");
    change(6, 60, "mail");
    t.zones[1].whole = true;
    t.soas[t.soa_count++] = 9;
    t.removal.rows = 3;
    assert_true(prepared_keep(&prepared, &xid, &t));
    transaction_begin(&t, &layout);
    change(1, 1, "something else");

    struct prepared_one *one = prepared_find(&prepared, &xid);
    assert_non_null(one);
    assert_false(one->empty);
    transaction_unpack(&t, &layout, one->change);
    struct loader_change told = transaction_change(&t, false);
    assert_int_equal(told.row_count, 2);
    assert_int_equal(told.rows[0].zone, 5);
    assert_int_equal(told.rows[1].id, 60);
    assert_memory_equal(told.owners + told.rows[1].owner_off, "mail", 4);
    assert_int_equal(told.zone_count, 1);
    assert_int_equal(told.zones[0], 6);
    assert_int_equal(told.soa_count, 1);
    assert_int_equal(told.soas[0], 9);
    assert_false(told.all);
    struct vanish_told removal = transaction_removal(&t);
    assert_int_equal(removal.rows, 3);
    assert_int_equal(removal.zone_count, 2);
    assert_int_equal(removal.zones[0].gone, -1);

    prepared_drop(&prepared, one);
    assert_null(prepared_find(&prepared, &xid));
    assert_int_equal(prepared.bytes, 0);
}

/* Gtrid and bqual are two texts: where one ends counts. */
static void xids_are_told_apart(void **state)
{
    struct stream_xid xids[] = {xid_of(1, "ab", "c"), xid_of(1, "a", "bc"), xid_of(2, "ab", "c"),
                                xid_of(1, "ab", ""), xid_of(1, "ab", "d")};

    (void)state;
    for (uint32_t i = 0; i < ARRAY_LEN(xids); i++) {
        transaction_begin(&t, &layout);
        change(i + 1, 1, "");
        assert_true(prepared_keep(&prepared, &xids[i], &t));
    }
    for (uint32_t i = 0; i < ARRAY_LEN(xids); i++) {
        struct prepared_one *one = prepared_find(&prepared, &xids[i]);
        assert_non_null(one);
        transaction_unpack(&t, &layout, one->change);
        assert_int_equal(t.zones[0].id, i + 1);
        prepared_drop(&prepared, one);
    }
    assert_int_equal(prepared.count, 0);
}

static void kept_again_replaces(void **state)
{
    struct stream_xid xid = xid_of(1, "x", "");

    (void)state;
    change(1, 1, "a");
    assert_true(prepared_keep(&prepared, &xid, &t));
    transaction_begin(&t, &layout);
    change(2, 2, "b");
    assert_true(prepared_keep(&prepared, &xid, &t));
    assert_int_equal(prepared.count, 1);
    transaction_unpack(&t, &layout, prepared_find(&prepared, &xid)->change);
    assert_int_equal(t.zones[0].id, 2);
}

static void nothing_of_ours(void **state)
{
    struct stream_xid xid = xid_of(1, "shop", "");

    (void)state;
    assert_true(prepared_keep(&prepared, &xid, &t));
    assert_true(prepared_find(&prepared, &xid)->empty);
    t.all = true;
    assert_true(prepared_keep(&prepared, &xid, &t));
    assert_false(prepared_find(&prepared, &xid)->empty);
}

/* As when the event could not be read. */
static void without_xid(void **state)
{
    struct stream_xid none = {.format = 0};

    (void)state;
    change(1, 1, "a");
    assert_false(prepared_keep(&prepared, &none, &t));
    assert_null(prepared_find(&prepared, &none));
}

static void not_more_than_so_many(void **state)
{
    char text[16];

    (void)state;
    for (unsigned i = 0; i <= PREPARED_MAX; i++) {
        snprintf(text, sizeof text, "%u", i);
        struct stream_xid xid = xid_of(1, text, "");
        assert_int_equal(prepared_keep(&prepared, &xid, &t), i < PREPARED_MAX);
        assert_int_equal(prepared_find(&prepared, &xid) != NULL, i < PREPARED_MAX);
    }
}

static void not_more_than_so_many_octets(void **state)
{
    enum { NAME_LEN = 60000 };
    static char name[NAME_LEN + 1];
    char text[16];
    bool unknown = false;

    (void)state;
    memset(name, 'n', NAME_LEN);
    for (unsigned i = 0; i < 20; i++) {
        change(i + 1, i, name);
    }
    for (unsigned i = 0; i < PREPARED_MAX && !unknown; i++) {
        snprintf(text, sizeof text, "%u", i);
        struct stream_xid xid = xid_of(1, text, "");
        assert_true(prepared_keep(&prepared, &xid, &t));
        struct prepared_one *one = prepared_find(&prepared, &xid);
        unknown = one->change == NULL;
        assert_false(one->empty);
        assert_true(prepared.bytes <= PREPARED_BYTES_MAX);
    }
    assert_true(unknown);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(comes_back_whole, begin, end),
        cmocka_unit_test_setup_teardown(xids_are_told_apart, begin, end),
        cmocka_unit_test_setup_teardown(kept_again_replaces, begin, end),
        cmocka_unit_test_setup_teardown(nothing_of_ours, begin, end),
        cmocka_unit_test_setup_teardown(without_xid, begin, end),
        cmocka_unit_test_setup_teardown(not_more_than_so_many, begin, end),
        cmocka_unit_test_setup_teardown(not_more_than_so_many_octets, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

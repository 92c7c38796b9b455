/*
 * What a transaction's row events become: rows with the names they had, zones to be read whole where that
 * cannot be told, everything where not even that can.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "feed/transaction.h"

enum { LONG = 3, VARCHAR = 15, RR = 17, SOA = 18, FOREIGN = 19, ABOVE = 20 };

/* rr: id, zone, name, data; soa: id, origin */
static const uint8_t rr_types[] = {LONG, LONG, VARCHAR, VARCHAR};
static const uint8_t rr_metadata[] = {255, 0, 255, 0};
static const uint8_t soa_types[] = {LONG, VARCHAR};
static const uint8_t soa_metadata[] = {255, 0};
static const uint8_t all_present[] = {0x0f}, no_name[] = {0x0b}, id_only[] = {0x01};

static struct db_layout layout;
static struct transaction t;

static struct stream_octets octets(const void *at, size_t len)
{
    return (struct stream_octets){at, len};
}

static void map(uint64_t table_id, const char *schema, const char *name)
{
    bool soa = strcmp(name, "soa") == 0;
    struct stream_event event = {.kind = STREAM_TABLE,
                                 .table_id = table_id,
                                 .schema = octets(schema, strlen(schema)),
                                 .table = octets(name, strlen(name)),
                                 .column_types = soa ? octets(soa_types, sizeof soa_types)
                                                     : octets(rr_types, sizeof rr_types),
                                 .metadata = soa ? octets(soa_metadata, sizeof soa_metadata)
                                                 : octets(rr_metadata, sizeof rr_metadata)};
    transaction_table(&t, &event);
}

static int begin(void **state)
{
    (void)state;
    memset(&layout, 0, sizeof layout);
    strcpy(layout.soa.schema, "dns");
    strcpy(layout.rr.schema, "dns");
    strcpy(layout.soa.name, "soa");
    strcpy(layout.rr.name, "rr");
    layout.transactional = layout.id_indexed = true;
    layout.above_count = 0;
    layout.soa_is_above = false;
    layout.soa_places = (struct db_places){.columns = 2};
    layout.rr_places = (struct db_places){.columns = 4, .zone = 1, .name = 2, .name_alike = true};
    transaction_begin(&t, &layout);
    map(RR, "dns", "rr");
    map(SOA, "dns", "soa");
    map(FOREIGN, "shop", "rr");
    return 0;
}

static int end(void **state)
{
    (void)state;
    transaction_release(&t);
    return 0;
}

/* --- images --- */

struct image {
    uint8_t at[2000];
    size_t len;
};

static void put_number(struct image *image, uint32_t number)
{
    for (unsigned i = 0; i < 4; i++) {
        image->at[image->len++] = (uint8_t)(number >> 8 * i);
    }
}

static void put_text(struct image *image, const char *text)
{
    image->at[image->len++] = (uint8_t)strlen(text);
    memcpy(image->at + image->len, text, strlen(text));
    image->len += strlen(text);
}

static void put_rr(struct image *image, uint32_t id, uint32_t zone, const char *name)
{
    image->at[image->len++] = name == NULL ? 0x04 : 0;
    put_number(image, id);
    put_number(image, zone);
    if (name != NULL) {
        put_text(image, name);
    }
    put_text(image, "192.0.2.1");
}

static void rows(enum stream_rows kind, uint64_t table_id, const struct image *image,
                 const uint8_t *present)
{
    struct stream_event event = {.kind = STREAM_ROWS,
                                 .rows = kind,
                                 .table_id = table_id,
                                 .column_count = table_id == SOA ? 2 : 4,
                                 .present = present,
                                 .present_after = kind == STREAM_UPDATE ? present : NULL,
                                 .data = octets(image->at, image->len)};
    transaction_rows(&t, &event);
}

static void expect(const struct loader_change *change, size_t at, uint32_t zone, uint32_t id,
                   const char *owner)
{
    assert_true(at < change->row_count);
    const struct loader_row *row = &change->rows[at];
    assert_int_equal(row->zone, zone);
    assert_int_equal(row->id, id);
    assert_int_equal(row->had_owner, owner != NULL);
    if (owner != NULL) {
        assert_int_equal(row->owner_len, strlen(owner));
        assert_memory_equal(change->owners + row->owner_off, owner, row->owner_len);
    }
}

/* --- tests --- */

static void inserted_updated_deleted(void **state)
{
    struct image inserted = {.len = 0}, updated = {.len = 0}, deleted = {.len = 0};

    (void)state;
    put_rr(&inserted, 1, 5, "new");
    put_rr(&inserted, 2, 6, "");
    rows(STREAM_INSERT, RR, &inserted, all_present);
    put_rr(&updated, 3, 5, "before");
    put_rr(&updated, 3, 5, "after");
    rows(STREAM_UPDATE, RR, &updated, all_present);
    put_rr(&deleted, 4, 5, "gone");
    rows(STREAM_DELETE, RR, &deleted, all_present);

    struct loader_change change = transaction_change(&t, false);
    assert_false(change.all);
    assert_int_equal(change.zone_count, 0);
    assert_int_equal(change.row_count, 4);
    expect(&change, 0, 5, 1, NULL);
    expect(&change, 1, 6, 2, NULL);
    expect(&change, 2, 5, 3, "before");
    expect(&change, 3, 5, 4, "gone");

    change = transaction_change(&t, true); /* of zones that are not what the log takes them for */
    assert_int_equal(change.row_count, 0);
    assert_int_equal(change.zone_count, 2);
}

static void moved_to_another_zone_or_id(void **state)
{
    struct image image = {.len = 0};

    (void)state;
    put_rr(&image, 3, 5, "www");
    put_rr(&image, 3, 6, "www");
    put_rr(&image, 4, 5, "ftp");
    put_rr(&image, 9, 5, "ftp");
    rows(STREAM_UPDATE, RR, &image, all_present);
    struct loader_change change = transaction_change(&t, false);
    assert_int_equal(change.row_count, 4);
    expect(&change, 0, 5, 3, "www");
    expect(&change, 1, 6, 3, NULL);
    expect(&change, 2, 5, 4, "ftp");
    expect(&change, 3, 5, 9, NULL);
}

static void name_is_null(void **state)
{
    struct image image = {.len = 0};

    (void)state;
    put_rr(&image, 3, 5, NULL);
    rows(STREAM_DELETE, RR, &image, all_present);
    struct loader_change change = transaction_change(&t, false);
    assert_int_equal(change.row_count, 1);
    expect(&change, 0, 5, 3, NULL); /* it was never served */
}

static void expect_gone(const struct vanish_told *told, size_t at, uint32_t zone, int64_t gone)
{
    assert_true(at < told->zone_count);
    assert_int_equal(told->zones[at].id, zone);
    assert_int_equal(told->zones[at].gone, gone);
}

/* Per zone, net: what is put in again does not count, what moves does. */
static void how_many_are_gone(void **state)
{
    struct image deleted = {.len = 0}, inserted = {.len = 0}, moved = {.len = 0};

    (void)state;
    for (uint32_t id = 1; id <= 3; id++) {
        put_rr(&deleted, id, 5, "www");
        put_rr(&deleted, id + 10, 6, "www");
    }
    rows(STREAM_DELETE, RR, &deleted, all_present);
    put_rr(&inserted, 21, 6, "www");
    put_rr(&inserted, 22, 6, "www");
    put_rr(&inserted, 23, 6, "www");
    rows(STREAM_INSERT, RR, &inserted, all_present);
    put_rr(&moved, 31, 7, "www");
    put_rr(&moved, 31, 8, "www");
    put_rr(&moved, 32, 9, "www"); /* only changed */
    put_rr(&moved, 32, 9, "ftp");
    rows(STREAM_UPDATE, RR, &moved, all_present);

    struct vanish_told told = transaction_removal(&t);
    assert_true(told.exact);
    assert_int_equal(told.rows, 3);
    assert_int_equal(told.zones_of_rows_count, 2);
    assert_int_equal(told.zone_count, 3);
    expect_gone(&told, 0, 5, 3);
    expect_gone(&told, 1, 7, 1);
    expect_gone(&told, 2, 8, -1);

    t.all = true;
    told = transaction_removal(&t);
    assert_false(told.exact);
    assert_int_equal(told.zone_count, 0);
    assert_int_equal(told.rows, 3);
}

static void soa_rows(void **state)
{
    struct image image = {.len = 0};

    (void)state;
    for (uint32_t id = 7; id < 9; id++) {
        image.at[image.len++] = 0;
        put_number(&image, id);
        put_text(&image, "example.com.");
    }
    rows(STREAM_UPDATE, SOA, &image, all_present);
    rows(STREAM_UPDATE, SOA, &image, all_present);
    struct loader_change change = transaction_change(&t, false);
    assert_int_equal(change.soa_count, 2);
    assert_int_equal(change.soas[0], 7);
    assert_int_equal(change.soas[1], 8);
}

static void put_soa(struct image *image, uint32_t id)
{
    image->at[image->len++] = 0;
    put_number(image, id);
    put_text(image, "example.com.");
}

/* Rows of a zone follow its soa row by a foreign key, and the log does not tell it. */
static void soa_rows_that_go(void **state)
{
    struct image deleted = {.len = 0}, inserted = {.len = 0}, moved = {.len = 0};

    (void)state;
    put_soa(&deleted, 7);
    put_soa(&inserted, 8);
    put_soa(&moved, 9);
    put_soa(&moved, 10);
    rows(STREAM_DELETE, SOA, &deleted, all_present);
    assert_int_equal(transaction_change(&t, false).zone_count, 0); /* no such key */
    layout.soa_is_above = true;
    rows(STREAM_DELETE, SOA, &deleted, all_present);
    rows(STREAM_INSERT, SOA, &inserted, all_present);
    rows(STREAM_UPDATE, SOA, &moved, all_present);
    struct loader_change change = transaction_change(&t, false);
    assert_int_equal(change.soa_count, 4);
    assert_int_equal(change.zone_count, 3);
    assert_int_equal(change.zones[0], 7);
    assert_int_equal(change.zones[1], 9);
    assert_int_equal(change.zones[2], 10);
}

/* Rows deleted in a table that ours refer to take rows of ours along, of which nothing is told. */
static void tables_above(void **state)
{
    struct image image = {.len = 0};

    (void)state;
    strcpy(layout.above[0].schema, "dns");
    strcpy(layout.above[0].name, "customer");
    layout.above_count = 1;
    map(ABOVE, "dns", "customer");
    put_rr(&image, 1, 5, "www");
    rows(STREAM_INSERT, ABOVE, &image, all_present);
    assert_false(t.all);
    rows(STREAM_DELETE, ABOVE, &image, all_present);
    assert_true(t.all);
    assert_true(t.removal.touched);
    assert_int_equal(t.removal.rows, 0);
}

static void other_tables(void **state)
{
    struct image image = {.len = 0};

    (void)state;
    put_rr(&image, 1, 5, "www");
    rows(STREAM_INSERT, FOREIGN, &image, all_present);
    assert_int_equal(t.zone_count, 0);
    assert_false(t.all);
}

static void image_without_name(void **state)
{
    struct image image = {.len = 0};

    (void)state;
    image.at[image.len++] = 0;
    put_number(&image, 1);
    put_number(&image, 5);
    put_text(&image, "192.0.2.1");
    rows(STREAM_DELETE, RR, &image, no_name);
    struct loader_change change = transaction_change(&t, false);
    assert_int_equal(change.row_count, 0);
    assert_int_equal(change.zone_count, 1);
    assert_int_equal(change.zones[0], 5);
}

static void image_without_zone(void **state)
{
    struct image image = {.len = 0};

    (void)state;
    image.at[image.len++] = 0;
    put_number(&image, 1);
    rows(STREAM_DELETE, RR, &image, id_only);
    assert_true(t.all);
    assert_non_null(strstr(t.why, "binlog_row_image"));
}

static void tables_that_do_not_lend_themselves(void **state)
{
    bool *const needed[] = {&layout.transactional, &layout.id_indexed,
                            &layout.rr_places.name_alike};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(needed); i++) {
        struct image image = {.len = 0};
        transaction_begin(&t, &layout);
        map(RR, "dns", "rr");
        *needed[i] = false;
        put_rr(&image, 1, 5, "www");
        rows(STREAM_INSERT, RR, &image, all_present);
        *needed[i] = true;
        struct loader_change change = transaction_change(&t, false);
        assert_int_equal(change.row_count, 0);
        assert_int_equal(change.zone_count, 1);
    }
}

static void too_many_rows(void **state)
{
    (void)state;
    for (uint32_t id = 0; id < FEED_ZONE_ROWS_MAX + 10; id++) {
        struct image image = {.len = 0};
        put_rr(&image, id, 5, "www");
        put_rr(&image, id, 6, "www");
        rows(STREAM_UPDATE, RR, &image, all_present);
    }
    struct loader_change change = transaction_change(&t, false);
    assert_int_equal(change.zone_count, 2);
    assert_int_equal(change.row_count, 2 * FEED_ZONE_ROWS_MAX);
    for (uint32_t zone = 10; zone < 10 + FEED_ZONES_MAX; zone++) {
        struct image image = {.len = 0};
        put_rr(&image, zone, zone, "www");
        rows(STREAM_INSERT, RR, &image, all_present);
    }
    assert_true(t.all);
    assert_non_null(strstr(t.why, "1000 zones"));
}

static void cut_off(void **state)
{
    struct image image = {.len = 0};

    (void)state;
    put_rr(&image, 3, 5, "before");
    put_rr(&image, 3, 5, "after");
    size_t len = image.len;
    for (image.len = 1; image.len < len; image.len++) {
        transaction_begin(&t, &layout);
        map(RR, "dns", "rr");
        rows(STREAM_UPDATE, RR, &image, all_present);
        assert_true(t.all);
    }
}

/* Its columns change, the rows there are stay: what is told row by row goes on to count. */
static void only_alters(void **state)
{
    static const struct {
        const char *text;
        bool ddl, expected;
    } cases[] = {{"ALTER TABLE rr ADD COLUMN note INT", true, true},
                 {"CREATE INDEX i ON rr (data)", true, true},
                 {"TRUNCATE TABLE rr", true, false},
                 {"RENAME TABLE rr TO old, rr_new TO rr", true, false},
                 {"ALTER TABLE rr_new RENAME TO rr", true, false},
                 {"ALTER TABLE rr EXCHANGE PARTITION p0 WITH TABLE rr_old", true, false},
                 {"ALTER TABLE rr DROP PARTITION (p0)", true, false},
                 {"ALTER TABLE rr IMPORT TABLESPACE", true, false},
                 {"ALTER TABLE rr DROP id, ADD `id` INT AUTO_INCREMENT PRIMARY KEY", true, false},
                 {"ALTER TABLE rr ADD (a INT), MODIFY zone BIGINT", true, false},
                 {"UPDATE rr SET ttl = 60", false, false},
                 {NULL, true, false}};

    (void)state;
    for (unsigned i = 0; i < ARRAY_LEN(cases); i++) {
        struct stream_event event = {.kind = STREAM_TEXT};
        const char *text = cases[i].text;
        transaction_begin(&t, &layout);
        t.standalone = true;
        t.ddl = cases[i].ddl;
        event.text_schema.at = (const uint8_t *)"dns";
        event.text_schema.len = 3;
        event.text.at = (const uint8_t *)text;
        event.text.len = text == NULL ? 0 : strlen(text);
        transaction_text(&t, &event);
        assert_true(t.all);
        assert_int_equal(transaction_only_alters(&t), cases[i].expected);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(inserted_updated_deleted, begin, end),
        cmocka_unit_test_setup_teardown(moved_to_another_zone_or_id, begin, end),
        cmocka_unit_test_setup_teardown(name_is_null, begin, end),
        cmocka_unit_test_setup_teardown(how_many_are_gone, begin, end),
        cmocka_unit_test_setup_teardown(soa_rows, begin, end),
        cmocka_unit_test_setup_teardown(soa_rows_that_go, begin, end),
        cmocka_unit_test_setup_teardown(tables_above, begin, end),
        cmocka_unit_test_setup_teardown(other_tables, begin, end),
        cmocka_unit_test_setup_teardown(image_without_name, begin, end),
        cmocka_unit_test_setup_teardown(image_without_zone, begin, end),
        cmocka_unit_test_setup_teardown(tables_that_do_not_lend_themselves, begin, end),
        cmocka_unit_test_setup_teardown(too_many_rows, begin, end),
        cmocka_unit_test_setup_teardown(cut_off, begin, end),
        cmocka_unit_test_setup_teardown(only_alters, begin, end)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * Rows change at random while a zone is read whole: what was read, as of some moment, with the rows
 * noted taken over, is the zone as it answers.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/quiesce.h"
#include "base/random.h"
#include "load/loader_private.h"
#include "zone/content.h"

enum { ROWS = 60, NAMES = 20, ROUNDS = 400, CHANGES = 40 };

static const struct zone_limits limits = {1000, 1000};

struct row {
    bool there;
    unsigned name;
    uint8_t address[4];
};

static struct random dice = {7};
static struct name origin;

static struct name owner_of(unsigned name)
{
    static const char *const names[] = {"",    "a",     "b",   "a.b",   "x.a.b", "*",
                                        "*.b", "c.d.e", "d.e", "f",     "g",     "h.g",
                                        "i.g", "Mixed", "j",   "k.l.m", "l.m"};
    struct name owner;
    char text[32];

    if (name < ARRAY_LEN(names)) {
        snprintf(text, sizeof text, "%s", names[name]);
    } else {
        snprintf(text, sizeof text, "ns%u.else.", name); /* foreign */
    }
    assert_null(name_from_text(&owner, text, strlen(text), &origin));
    name_lower(owner.octets, owner.octets, owner.len);
    return owner;
}

static struct record record_of(const struct row *row, uint32_t id)
{
    return (struct record){.id = id,
                           .ttl = 60 + row->address[3],
                           .aux = row->address[2],
                           .type = TYPE_A,
                           .rdata_len = 4,
                           .rdata = row->address};
}

static struct zone_content build(const struct zone *zone, const struct row *rows)
{
    struct zone_build *build = zone_build_new(zone, &limits);
    struct zone_too_large too_large;
    struct zone_content content;

    for (uint32_t id = 0; id < ROWS; id++) {
        if (rows[id].there) {
            struct name owner = owner_of(rows[id].name);
            struct record record = record_of(&rows[id], id);
            assert_int_equal(zone_build_add(build, &owner, &record), ZONE_ADD_OK);
        }
    }
    assert_true(zone_build_finish(build, &content, &too_large));
    zone_build_free(build);
    return content;
}

static struct row random_row(void)
{
    return (struct row){
        .there = random_below(&dice, 4) != 0,
        .name = random_below(&dice, NAMES),
        .address = {192, 0, (uint8_t)random_below(&dice, 2), (uint8_t)random_below(&dice, 9)}};
}

/* One row of LIVE becomes another one, as by a change that is told; or goes, or comes. */
static void change(struct zone *live, struct row *rows, struct notes *notes)
{
    uint32_t id = random_below(&dice, ROWS);
    struct row row = random_row();
    struct zone_edit edit;

    zone_edit_begin(&edit, live);
    if (rows[id].there) {
        struct name owner = owner_of(rows[id].name);
        assert_true(zone_edit_drop(&edit, &owner, id));
        notes_add(notes, id, &owner);
    }
    if (row.there) {
        struct name owner = owner_of(row.name);
        struct record record = record_of(&row, id);
        assert_int_equal(zone_edit_put(&edit, &owner, &record), ZONE_ADD_OK);
        notes_add(notes, id, &owner);
    }
    rows[id] = row;
    assert_true(zone_edit_prepare(&edit, &limits));
    zone_edit_apply(&edit);
    zone_edit_release(&edit);
}

static void check_same(const struct zone_content *content, const struct zone *live)
{
    struct zone *other = zone_new(2, &origin);

    assert_int_equal(content->digest, live->content.digest);
    assert_int_equal(content->rows, live->content.rows);
    assert_int_equal(content->names.used, live->content.names.used);
    assert_int_equal(atomic_load(&content->wildcards), atomic_load(&live->content.wildcards));
    assert_int_equal(atomic_load(&content->foreign), atomic_load(&live->content.foreign));
    assert_true(zone_content_covers(content, live));
    other->content = *content;
    assert_true(zone_content_covers(&live->content, other));
    other->content = (struct zone_content){0};
    zone_free(other);
}

static void test_random(void **state)
{
    (void)state;
    for (unsigned round = 0; round < ROUNDS; round++) {
        struct zone *live = zone_new(1, &origin);
        struct row rows[ROWS], seen[ROWS];
        struct hosted hosted = {.zone = live};
        struct notes *list = NULL;

        for (uint32_t id = 0; id < ROWS; id++) {
            rows[id] = random_row();
        }
        live->content = build(live, rows);
        struct notes *notes = notes_begin(&list, &hosted);
        uint32_t *ids;
        size_t count;
        unsigned changes = random_below(&dice, CHANGES), view = random_below(&dice, CHANGES);
        memcpy(seen, rows, sizeof seen);
        for (unsigned i = 0; i < changes; i++) {
            change(live, rows, notes);
            if (i < view) { /* the read sees it, or has begun before */
                memcpy(seen, rows, sizeof seen);
            }
        }
        struct zone_content content = build(live, seen);
        assert_true(notes_take_over(notes, live, &content, &limits, &ids, &count));
        free(ids);
        check_same(&content, live);
        zone_content_release(&content);
        notes_end(&list, notes);
        assert_null(list);
        zone_free(live);
        quiesce_collect();
    }
}

static void test_past_a_limit(void **state)
{
    static const struct zone_limits few = {ROWS, 1};
    struct zone *live = zone_new(1, &origin);
    struct hosted hosted = {.zone = live};
    struct notes *list = NULL;
    struct row rows[ROWS] = {{.there = true, .name = 1}, {.there = true, .name = 2}};
    uint32_t *ids;
    size_t count;

    (void)state;
    live->content = build(live, rows);
    struct zone_content content = build(live, rows);
    uint64_t digest = content.digest;
    struct notes *notes = notes_begin(&list, &hosted);
    struct zone_edit edit;
    struct name owner = owner_of(1);
    struct record record = record_of(&(struct row){.address = {1, 2, 3, 4}}, 7);
    record.rdata = (const uint8_t *)"\1\2\3\4";
    zone_edit_begin(&edit, live);
    assert_int_equal(zone_edit_put(&edit, &owner, &record), ZONE_ADD_OK);
    notes_add(notes, 7, &owner);
    assert_true(zone_edit_prepare(&edit, &limits));
    zone_edit_apply(&edit);
    zone_edit_release(&edit);
    assert_false(notes_take_over(notes, live, &content, &few, &ids, &count));
    free(ids);
    assert_int_equal(content.digest, digest);
    assert_int_equal(content.rows, 2);
    zone_content_release(&content);
    notes_end(&list, notes);
    zone_free(live);
    quiesce_collect();
}

static void test_each_place_once(void **state)
{
    struct zone *zone = zone_new(1, &origin);
    static struct store store;
    struct hosted hosted = {.zone = zone}, other = {.zone = zone};
    struct stamp *stamp = stamp_new("uid", "", 0, clock_now());
    struct notes *list = NULL;
    size_t count;

    (void)state;
    store_set_stamp(&store, &hosted, stamp);
    struct notes *notes = notes_begin(&list, &hosted);
    assert_int_equal(stamp->refs, 3);
    assert_ptr_equal(notes_begin(&list, &hosted), notes);
    for (unsigned i = 0; i < 3000; i++) {
        struct name owner = owner_of(i % NAMES);
        notes_add(notes, 1000 - i % 100, &owner);
    }
    assert_int_equal(notes_count(list), 100);
    uint32_t *ids = notes_ids(notes, &count);
    assert_int_equal(count, 100);
    assert_int_equal(ids[0], 901);
    assert_int_equal(ids[99], 1000);
    free(ids);
    assert_null(notes_find(list, &other));
    struct notes *second = notes_begin(&list, &other);
    notes_end(&list, notes);
    assert_ptr_equal(list, second);
    assert_int_equal(stamp->refs, 2);
    notes_rebase(second, stamp);
    assert_int_equal(stamp->refs, 3);
    notes_end(&list, second);
    store_set_stamp(&store, &hosted, NULL);
    assert_int_equal(stamp->refs, 1);
    free(stamp);
    zone_free(zone);
}

/* --- rows left out --- */

static void add_fault(struct faults *faults, uint32_t id, const char *reason, bool soa)
{
    faults_add(faults, &(struct finding){.table = soa ? "soa" : "rr",
                                         .id = id,
                                         .column = soa ? "ns" : "data",
                                         .reason = reason,
                                         .value = ""});
}

static void test_faults(void **state)
{
    static const uint32_t ids[] = {3, 5};
    struct faults read = {0}, live = {0}, expected = {0};

    (void)state;
    add_fault(&read, 2, "is old", false);
    add_fault(&read, 3, "is old", false); /* mended since */
    add_fault(&read, 4, "is old", false);
    add_fault(&read, 9, "is old", true);
    add_fault(&live, 5, "is new", false);
    add_fault(&live, 8, "is not in the tables", false);
    add_fault(&expected, 2, "is old", false);
    add_fault(&expected, 4, "is old", false);
    add_fault(&expected, 9, "is old", true);
    add_fault(&expected, 5, "is new", false);
    struct kept_faults *kept = faults_keep(&live);
    assert_true(faults_replace(&read, kept, ids, ARRAY_LEN(ids), false));
    assert_int_equal(read.count, expected.count);
    assert_int_equal(read.digest, expected.digest);
    assert_string_equal(read.lines[1], expected.lines[1]);
    assert_null(read.lines[3]);
    assert_true(faults_replace(&read, NULL, ids, ARRAY_LEN(ids), true));
    assert_int_equal(read.count, 2);
    free(kept);
    faults_release(&read);
    faults_release(&live);
    faults_release(&expected);
}

int main(void)
{
    assert_null(name_from_text(&origin, "example.test.", 13, NULL));
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random),
        cmocka_unit_test(test_past_a_limit),
        cmocka_unit_test(test_each_place_once),
        cmocka_unit_test(test_faults),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * Thousands of random row changes, one by one and many in one edit; after each batch the zone must
 * be what a build from scratch makes of the same rows: names with empty non-terminals, child
 * counts, cuts, wildcards, records, counters, and every octet of the answers.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "answer/answer.h"
#include "base/quiesce.h"
#include "zone/content.h"
#include "zone/zone_edit.h"

enum { ROWS = 300, BATCHES = 400, CHANGES = 25, QUESTIONS = 40 };

static const struct zone_limits limits = {280, 6};

struct row {
    bool there;
    struct name owner;
    struct record record;
    uint8_t rdata[64];
};

struct side {
    struct store *store;
    struct hosted *hosted;
};

static struct row rows[ROWS]; /* [id] */
static struct random dice = {42};
static struct name origin;
static const struct answer_policy policy = {.reply = {.edns_udp_size = 1232}, .alias_aaaa = true};

static struct name name_of(const char *text)
{
    struct name name;
    assert_null(name_from_text(&name, text, strlen(text), &origin));
    return name;
}

static struct name random_name(void)
{
    static const char *const labels[] = {"a", "b", "c", "*", "www"};
    char text[64] = "";
    unsigned depth = random_below(&dice, 5);

    if (random_below(&dice, 30) == 0) {
        return name_of(random_below(&dice, 2) != 0 ? "ns.elsewhere." : "a.b.c.test.");
    }
    for (unsigned i = 0; i < depth; i++) {
        strcat(text, i > 0 ? "." : "");
        strcat(text, labels[random_below(&dice, 5)]);
    }
    return name_of(text);
}

/* A row like those of the database: few different ones, so that they meet. */
static struct row random_row(uint32_t id)
{
    static const uint16_t types[] = {TYPE_A,   TYPE_A,     TYPE_AAAA,  TYPE_NS,  TYPE_MX,
                                     TYPE_TXT, TYPE_CNAME, TYPE_DNAME, TYPE_SRV, TYPE_ALIAS};
    struct row row = {.there = true, .owner = random_name()};
    uint16_t type = types[random_below(&dice, ARRAY_LEN(types))];
    struct name target = random_name();
    size_t len = 0;

    if ((type == TYPE_CNAME || type == TYPE_DNAME || type == TYPE_NS) &&
        random_below(&dice, 3) != 0) {
        type = TYPE_A; /* or they would hide everything */
    }
    if (type == TYPE_A || type == TYPE_AAAA) {
        len = type == TYPE_A ? 4 : 16;
        row.rdata[0] = (uint8_t)random_below(&dice, 4);
    } else if (type == TYPE_TXT) {
        len = 1 + random_below(&dice, 8);
        row.rdata[0] = (uint8_t)(len - 1);
    } else {
        len = type == TYPE_MX ? 2 : type == TYPE_SRV ? 6 : 0;
        memcpy(row.rdata + len, target.octets, target.len);
        len += target.len;
    }
    row.record = (struct record){.id = id,
                                 .ttl = 60 * random_below(&dice, 3),
                                 .aux = random_below(&dice, 4) == 0 ? random_below(&dice, 99) : 0,
                                 .type = type,
                                 .rdata_len = (uint16_t)len};
    return row;
}

/* --- both sides --- */

static struct soa *make_soa(const struct zone *zone)
{
    struct soa_fields fields = {.serial = 1, .minimum = 60, .ttl = 3600, .id = 1};
    fields.ns = name_of("ns");
    fields.mbox = name_of("hostmaster");
    return soa_new(zone, &fields);
}

static struct side side_new(void)
{
    struct side side = {.store = store_new()};
    struct zone_content content;
    struct zone_too_large too_large;
    static const struct zone_limits none = {1000000, 10000};

    atomic_store(&side.store->complete, true);
    side.hosted = store_add(side.store, 1, &origin);
    struct zone_build *build = zone_build_new(side.hosted->zone, &none);
    for (unsigned i = 0; i < ROWS; i++) {
        if (rows[i].there) {
            rows[i].record.rdata = rows[i].rdata;
            assert_int_equal(zone_build_add(build, &rows[i].owner, &rows[i].record), ZONE_ADD_OK);
        }
    }
    assert_true(zone_build_finish(build, &content, &too_large));
    zone_build_free(build);
    side.hosted->state = LOAD_RUNNING;
    assert_true(store_publish(side.store, side.hosted, &content, make_soa(side.hosted->zone), 0));
    return side;
}

static uint64_t ref_of(const struct zone *zone)
{
    return zone_names(zone);
}

static void compare_node(void *item, void *context)
{
    const struct node *a = item;
    const struct zone *other = context;
    const struct node *b =
        content_find(&other->content, content_hash(a, other), node_name(a), a->name_len);

    assert_non_null(b);
    assert_int_equal(a->size, b->size);
    assert_int_equal(a->children, b->children);
    assert_int_equal(a->flags, b->flags);
    assert_int_equal(a->rrset_count, b->rrset_count);
    /* only the apex may be without rows and children */
    assert_true(a->rrset_count > 0 || a->children > 0 || (a->flags & NODE_APEX));
    for (unsigned i = 0; i < a->rrset_count; i++) {
        const struct rrset *x = &a->rrsets[i], *y = &b->rrsets[i];
        assert_int_equal(x->type, y->type);
        assert_int_equal(x->flags, y->flags);
        assert_int_equal(x->count, y->count);
        assert_int_equal(x->total, y->total);
        assert_int_equal(x->ttl, y->ttl);
        assert_int_equal(x->len, y->len);
        assert_memory_equal(rrset_ids(x, a), rrset_ids(y, b), x->total * sizeof(uint32_t));
        if (x->flags & RRSET_WEIGHTED) {
            assert_memory_equal(rrset_weights(x, a), rrset_weights(y, b),
                                x->total * sizeof(uint32_t));
        }
        assert_memory_equal(rrset_records(x, a), rrset_records(y, b), x->len);
    }
}

static void compare_zones(const struct zone *a, const struct zone *b)
{
    assert_int_equal(a->content.names.used, b->content.names.used);
    assert_int_equal(a->content.cuts, b->content.cuts);
    assert_int_equal(a->content.wildcards, b->content.wildcards);
    assert_int_equal(a->content.foreign, b->content.foreign);
    assert_int_equal(a->content.rows, b->content.rows);
    assert_true(a->content.digest == b->content.digest);
    assert_int_equal(a->content.bytes - table_bytes(ref_of(a)),
                     b->content.bytes - table_bytes(ref_of(b)));
    table_each(ref_of(a), compare_node, (void *)(uintptr_t)b);
    table_each(ref_of(b), compare_node, (void *)(uintptr_t)a);
}

static size_t ask(const struct side *side, const struct name *name, uint16_t type, uint8_t *octets,
                  size_t cap, uint64_t seed)
{
    static struct answer answer;
    struct answerer answerer = {.store = side->store, .policy = &policy, .random = {seed}};
    uint8_t query[DNS_HEADER_LEN + DNS_NAME_MAX + 4] = {0, 1, 0, 0, 0, 1};
    size_t len = DNS_HEADER_LEN;

    memcpy(query + len, name->octets, name->len);
    len += name->len;
    query[len++] = (uint8_t)(type >> 8);
    query[len++] = (uint8_t)type;
    query[len++] = 0;
    query[len++] = CLASS_IN;
    answer_parse(&answer, query, len);
    answer_prepare(&answer, 1, &answerer);
    memcpy(octets, query, len);
    assert_int_equal(answer_write(&answer, &answerer, octets, cap, true), ANSWER_REPLY);
    return answer.reply_len;
}

static void compare_answers(const struct side *a, const struct side *b)
{
    static const uint16_t types[] = {TYPE_A,     TYPE_AAAA, TYPE_NS,  TYPE_MX, TYPE_TXT,  TYPE_SRV,
                                     TYPE_CNAME, TYPE_ANY,  TYPE_SOA, TYPE_DS, TYPE_DNAME};
    static uint8_t one[DNS_MESSAGE_MAX], two[DNS_MESSAGE_MAX];

    for (unsigned i = 0; i < QUESTIONS; i++) {
        struct name name = random_name();
        uint16_t type = types[random_below(&dice, ARRAY_LEN(types))];
        size_t len = ask(a, &name, type, one, sizeof one, i);
        assert_int_equal(len, ask(b, &name, type, two, sizeof two, i));
        assert_memory_equal(one, two, len);
    }
}

/* --- changes --- */

static unsigned same_set(const struct row *row)
{
    unsigned count = 0;
    for (unsigned i = 0; i < ROWS; i++) {
        count += rows[i].there && rows[i].record.type == row->record.type &&
                 rows[i].record.id != row->record.id &&
                 name_equal(rows[i].owner.octets, row->owner.octets);
    }
    return count;
}

static bool drop(struct zone *zone, struct zone_edit *edit, const struct name *owner, uint32_t id)
{
    return edit != NULL ? zone_edit_drop(edit, owner, id) : zone_drop(zone, owner, id);
}

/* One row; EDIT NULL: at once. */
static void change(struct zone *zone, struct zone_edit *edit, uint32_t *count)
{
    uint32_t id = random_below(&dice, ROWS);
    struct row *old = &rows[id], fresh = random_row(id);

    if (old->there && random_below(&dice, 8) == 0) { /* the same name, other data */
        fresh.owner = old->owner;
    }
    if (old->there &&
        (random_below(&dice, 3) == 0 || !name_equal(old->owner.octets, fresh.owner.octets))) {
        assert_true(drop(zone, edit, &old->owner, id));
        assert_false(drop(zone, edit, &old->owner, id));
        old->there = false;
        (*count)--;
    }
    if (random_below(&dice, 3) == 0) {
        return;
    }
    bool inside = name_is_at_or_below(fresh.owner.octets, origin.octets);
    bool address = fresh.record.type == TYPE_A || fresh.record.type == TYPE_AAAA;
    fresh.record.rdata = fresh.rdata;
    enum zone_add expected = !inside && !address                       ? ZONE_ADD_OUTSIDE
                             : same_set(&fresh) + 1 > limits.max_rrset ? ZONE_ADD_TOO_MANY
                             : *count + !old->there > limits.max_rows  ? ZONE_ADD_TOO_MANY
                                                                       : ZONE_ADD_OK;
    if (edit == NULL) {
        assert_int_equal(zone_put(zone, &fresh.owner, &fresh.record, &limits), expected);
    } else if (expected != ZONE_ADD_TOO_MANY) { /* found for all rows together only */
        assert_int_equal(zone_edit_put(edit, &fresh.owner, &fresh.record), expected);
    }
    if (expected == ZONE_ADD_OK) {
        *count += !old->there;
        *old = fresh;
    }
}

static void run(const char *text)
{
    assert_null(name_from_text(&origin, text, strlen(text), NULL));
    memset(rows, 0, sizeof rows);
    struct side live = side_new();
    uint32_t count = 0;

    for (unsigned batch = 0; batch < BATCHES; batch++) {
        struct zone *zone = live.hosted->zone;
        struct zone_edit edit;
        bool together = batch % 2 == 0;
        zone_edit_begin(&edit, zone);
        zone_change_begin(zone);
        for (unsigned i = 0; i < CHANGES; i++) {
            change(zone, together ? &edit : NULL, &count);
        }
        if (together) {
            assert_true(zone_edit_prepare(&edit, &limits));
            zone_edit_apply(&edit);
        }
        zone_change_end(zone);
        zone_edit_release(&edit);
        struct side fresh = side_new();
        compare_zones(live.hosted->zone, fresh.hosted->zone);
        compare_answers(&live, &fresh);
        store_free(fresh.store);
        quiesce_collect();
        if (batch % 100 == 99) { /* to nothing and back */
            for (unsigned i = 0; i < ROWS; i++) {
                if (rows[i].there) {
                    assert_true(zone_drop(live.hosted->zone, &rows[i].owner, i));
                    rows[i].there = false;
                }
            }
            count = 0;
            assert_int_equal(live.hosted->zone->content.names.used, 1); /* the apex */
            assert_int_equal(live.hosted->zone->content.rows, 0);
        }
    }
    store_free(live.store);
    quiesce_collect();
    assert_int_equal(quiesce_pending(), 0);
}

/* What would pass a limit leaves the zone as it was, whatever else was to change. */
static void past_a_limit(void **state)
{
    (void)state;
    const char *text = "example.com.";
    assert_null(name_from_text(&origin, text, strlen(text), NULL));
    memset(rows, 0, sizeof rows);
    for (uint32_t id = 0; id < limits.max_rrset; id++) {
        rows[id] = (struct row){.there = true, .owner = name_of("www"), .rdata = {(uint8_t)id}};
        rows[id].record = (struct record){.id = id, .type = TYPE_A, .rdata_len = 4};
    }
    struct side live = side_new(), same = side_new();
    struct zone_edit edit;
    struct row more = {.owner = name_of("www"), .rdata = {99}};
    more.record = (struct record){.id = 99, .type = TYPE_A, .rdata_len = 4, .rdata = more.rdata};
    struct name other = name_of("a.b.other");

    zone_edit_begin(&edit, live.hosted->zone);
    assert_int_equal(zone_edit_put(&edit, &other, &more.record), ZONE_ADD_OK);
    assert_int_equal(zone_edit_put(&edit, &more.owner, &more.record), ZONE_ADD_OK);
    assert_false(zone_edit_prepare(&edit, &limits)); /* a record more than the set may have */
    compare_zones(live.hosted->zone, same.hosted->zone);
    assert_true(zone_edit_drop(&edit, &more.owner, 0));
    struct zone_limits few = {limits.max_rrset, limits.max_rrset};
    assert_false(zone_edit_prepare(&edit, &few)); /* a row more than the zone may have */
    compare_zones(live.hosted->zone, same.hosted->zone);
    zone_edit_release(&edit);
    store_free(live.store);
    store_free(same.store);
    quiesce_collect();
}

/* Rows without room are told by who builds the zone whole, before and after. */
static void note_left_out(void *context, const struct name *owner, uint16_t type, uint32_t id)
{
    uint32_t *ids = context;
    struct name www = name_of("www");
    assert_true(name_equal(owner->octets, www.octets) && type == TYPE_TXT);
    ids[++ids[0]] = id;
}

/* Rows that no message has room for are told, and come forward when others go. */
static void crowded_name(void **state)
{
    static uint8_t large[3][30000];
    static const struct zone_limits wide = {100, 100};
    struct zone_edit edit;
    uint32_t told[4] = {0};
    size_t count;
    (void)state;
    memset(rows, 0, sizeof rows);
    struct side live = side_new();
    struct zone *zone = live.hosted->zone;
    struct name www = name_of("www");

    for (uint32_t id = 0; id < 3; id++) {
        large[id][0] = (uint8_t)id;
        struct record record = {
            .id = id, .type = TYPE_TXT, .rdata = large[id], .rdata_len = sizeof large[id]};
        zone_edit_begin(&edit, zone);
        assert_int_equal(zone_edit_put(&edit, &www, &record), ZONE_ADD_OK);
        assert_true(zone_edit_prepare(&edit, &wide));
        zone_edit_tell_left_out(&edit, note_left_out, told);
        assert_int_equal(told[0], id == 2);
        const uint32_t *ids = zone_edit_crowded(&edit, &count);
        assert_int_equal(count, id == 2 ? 3 : 0);
        assert_true(count == 0 || (ids[0] == 0 && ids[1] == 1 && ids[2] == 2));
        zone_edit_apply(&edit);
        zone_edit_release(&edit);
    }
    assert_int_equal(told[1], 2);

    told[0] = 0;
    zone_edit_begin(&edit, zone);
    assert_true(zone_edit_drop(&edit, &www, 0));
    assert_true(zone_edit_prepare(&edit, &wide));
    zone_edit_tell_left_out(&edit, note_left_out, told);
    assert_int_equal(told[0], 0); /* all have room */
    (void)zone_edit_crowded(&edit, &count);
    assert_int_equal(count, 3); /* which was told otherwise */
    zone_edit_apply(&edit);
    zone_edit_release(&edit);
    store_free(live.store);
    quiesce_collect();
}

static void ordinary_zone(void **state)
{
    (void)state;
    run("example.com.");
}

static void root_zone(void **state)
{
    (void)state;
    run(".");
}

static void wildcard_origin(void **state)
{
    (void)state;
    run("*.b.c.test.");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(ordinary_zone), cmocka_unit_test(root_zone),
                                       cmocka_unit_test(wildcard_origin),
                                       cmocka_unit_test(crowded_name),
                                       cmocka_unit_test(past_a_limit)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

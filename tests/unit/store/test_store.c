/* Origins come and go, the longest is found, memory is bounded, stamps are shared. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/quiesce.h"
#include "base/random.h"
#include "store/store.h"

static struct random dice = {4};
static const struct zone_limits limits = {100000, 1000};

static struct name name_of(const char *text)
{
    struct name name;
    assert_null(name_from_text(&name, text, strlen(text), NULL));
    return name;
}

static uint32_t find(const struct store *store, const char *text, unsigned max_labels)
{
    struct name name = name_of(text);
    struct lookup_name lookup;
    assert_int_equal(lookup_name_read(&lookup, name.octets, name.len), name.len);
    unsigned labels = max_labels < lookup.labels ? max_labels : lookup.labels;
    const struct zone *zone = store_find_zone(store, &lookup, labels);
    return zone == NULL ? 0 : zone->id;
}

static struct hosted *add(struct store *store, uint32_t id, const char *text)
{
    struct name origin = name_of(text);
    return store_add(store, id, &origin);
}

static void load(struct store *store, struct hosted *hosted, unsigned rows)
{
    struct zone_build *build = zone_build_new(hosted->zone, &limits);
    struct zone_content content;
    struct zone_too_large too_large;
    struct name owner;
    struct soa_fields fields = {
        .id = hosted->zone->id, .ns = name_of("ns."), .mbox = name_of("hm.")};

    memcpy(owner.octets, hosted->zone->origin, hosted->zone->origin_len);
    owner.len = hosted->zone->origin_len;
    for (unsigned i = 0; i < rows; i++) {
        uint8_t rdata[4] = {10, 0, (uint8_t)(i >> 8), (uint8_t)i};
        struct record record = {.id = i, .type = TYPE_A, .rdata_len = 4, .rdata = rdata};
        assert_int_equal(zone_build_add(build, &owner, &record), ZONE_ADD_OK);
    }
    assert_true(zone_build_finish(build, &content, &too_large));
    zone_build_free(build);
    hosted->state = LOAD_RUNNING;
    store_publish(store, hosted, &content, soa_new(hosted->zone, &fields), 0);
}

static void longest(void **state)
{
    struct store *store = store_new();

    (void)state;
    assert_int_equal(find(store, "www.example.com.", 127), 0);
    add(store, 1, "example.com.");
    add(store, 2, "sub.example.com.");
    add(store, 3, "a.b.c.d.example.com.");
    assert_int_equal(find(store, "example.com.", 127), 1);
    assert_int_equal(find(store, "EXAMPLE.com.", 127), 1);
    assert_int_equal(find(store, "www.example.com.", 127), 1);
    assert_int_equal(find(store, "x.y.sub.example.com.", 127), 2);
    assert_int_equal(find(store, "b.c.d.example.com.", 127), 1);
    assert_int_equal(find(store, "x.a.b.c.d.example.com.", 127), 3);
    assert_int_equal(find(store, "com.", 127), 0);
    assert_int_equal(find(store, "xexample.com.", 127), 0);
    assert_int_equal(find(store, "sub.example.com.", 2), 1); /* its parent */
    assert_int_equal(find(store, "sub.example.com.", 1), 0);
    struct hosted *root = add(store, 4, ".");
    assert_int_equal(find(store, "com.", 127), 4);
    assert_int_equal(find(store, ".", 127), 4);
    assert_int_equal(find(store, "sub.example.com.", 1), 4);
    assert_int_equal(find(store, "sub.example.com.", 0), 4);
    store_remove(store, root);
    assert_int_equal(find(store, "com.", 127), 0);
    store_free(store);
    quiesce_collect();
}

/* Origins of every possible number of labels. */
static void all_depths(void **state)
{
    struct store *store = store_new();
    char text[260];

    (void)state;
    for (unsigned labels = 0; labels <= 127; labels++) {
        for (unsigned i = 0; i < labels; i++) {
            memcpy(text + 2 * i, "x.", 3);
        }
        add(store, labels + 1, labels == 0 ? "." : text);
    }
    for (unsigned labels = 1; labels <= 127; labels++) {
        assert_int_equal(find(store, text + 2 * (127 - labels), 127), labels + 1);
    }
    for (unsigned max = 0; max <= 127; max++) {
        assert_int_equal(find(store, text, max), max + 1);
    }
    for (unsigned labels = 0; labels <= 127; labels += 2) {
        store_remove(store, store_hosted(store, labels + 1));
    }
    for (unsigned max = 1; max <= 127; max++) {
        assert_int_equal(find(store, text, max), (max % 2 == 1 ? max : max - 1) + 1);
    }
    store_free(store);
    quiesce_collect();
}

static void come_and_go(void **state)
{
    enum { ZONES = 500 };
    struct store *store = store_new();
    bool there[ZONES] = {false};
    uint32_t count = 0;

    (void)state;
    for (unsigned n = 0; n < 20000; n++) {
        uint32_t id = random_below(&dice, ZONES);
        char text[64];
        snprintf(text, sizeof text, "z%u.%stest.", id, id % 3 == 0 ? "deep.er." : "");
        struct name origin = name_of(text);
        struct hosted *hosted = store_hosted(store, id);
        assert_int_equal(hosted != NULL, there[id]);
        assert_ptr_equal(store_hosted_origin(store, &origin), hosted);
        if (hosted == NULL) {
            hosted = add(store, id, text);
            if (id % 2 == 0) {
                load(store, hosted, id % 5);
            }
        } else {
            store_remove(store, hosted);
        }
        there[id] = !there[id];
        count += there[id] ? 1 : -1u;
        assert_int_equal(store->zones, count);
        if (n % 100 == 0) {
            quiesce_collect();
        }
    }
    for (uint32_t id = 0; id < ZONES; id++) {
        if (there[id]) {
            store_remove(store, store_hosted(store, id));
        }
    }
    assert_int_equal(store->bytes, 0);
    assert_int_equal(store->rows, 0);
    assert_int_equal(store->loaded, 0);
    assert_int_equal(store->label_counts[0] | store->label_counts[1], 0);
    store_free(store);
    quiesce_collect();
    assert_int_equal(quiesce_pending(), 0);
}

/* A zone removed while a loader works on it belongs to the loader until the load ends. */
static void removed_while_loading(void **state)
{
    struct store *store = store_new();
    struct soa_fields fields = {.id = 1, .ns = name_of("ns."), .mbox = name_of("hm.")};
    struct zone_content content;
    struct zone_too_large too_large;

    (void)state;
    for (int publish = 0; publish < 2; publish++) {
        struct hosted *hosted = add(store, 1, "example.com.");
        hosted->state = LOAD_RUNNING;
        store_remove(store, hosted);
        quiesce_collect();
        assert_int_equal(find(store, "example.com.", 127), 0);
        struct hosted *again = add(store, 1, "example.com.");
        assert_ptr_not_equal(again, hosted);
        if (publish) {
            struct zone_build *build = zone_build_new(hosted->zone, &limits);
            assert_true(zone_build_finish(build, &content, &too_large));
            zone_build_free(build);
            assert_false(store_publish(store, hosted, &content, soa_new(hosted->zone, &fields), 0));
        } else {
            assert_false(store_keep(store, hosted));
        }
        assert_int_equal(store->zones, 1);
        assert_true(store_keep(store, again));
        store_remove(store, again);
        assert_int_equal(store->bytes, 0);
    }
    store_free(store);
    quiesce_collect();
    assert_int_equal(quiesce_pending(), 0);
}

/* Nothing was asked for lately. */
static unsigned evict_to(struct store *store, uint64_t max_bytes)
{
    unsigned all = 0, left;
    bool more = true;
    while (more) {
        more = store_evict(store, UINT32_MAX, max_bytes, &left);
        all += left;
    }
    return all;
}

/* Asked for once since they came: such zones leave before older ones that were asked again. */
static void admission(void **state)
{
    enum { HOT = 2000, ALL = 4000 };
    struct store *store = store_new();

    (void)state;
    for (uint32_t id = 1; id <= ALL; id++) {
        char text[32];
        snprintf(text, sizeof text, "z%u.test.", id);
        struct hosted *hosted = add(store, id, text);
        load(store, hosted, 5);
        hosted->since_sec = id <= HOT ? 100 : 200;
        atomic_store(&hosted->zone->asked_sec, id <= HOT ? 150 : 201);
    }
    unsigned evicted = evict_to(store, store->bytes - store->bytes / 8);
    assert_in_range(evicted, 100, HOT);
    for (uint32_t id = 1; id <= HOT; id++) {
        assert_non_null(atomic_load(&store_hosted(store, id)->zone->soa));
    }
    assert_int_equal(store->loaded, ALL - evicted);
    store_free(store);
    quiesce_collect();
}

static bool is_loaded(struct store *store, uint32_t id)
{
    return atomic_load(&store_hosted(store, id)->zone->soa) != NULL;
}

/*
 * A walk over all zones, again and again, each asked for as lately as those that others ask for: who was
 * there first stays, also when there is little else.
 */
static void in_use(void **state)
{
    enum { ALL = 4000, NOW_SEC = 1000 };
    static const uint32_t users[] = {200, 2000, 3600};

    (void)state;
    for (size_t i = 0; i < sizeof users / sizeof *users; i++) {
        struct store *store = store_new();
        for (uint32_t id = 1; id <= ALL; id++) {
            char text[32];
            snprintf(text, sizeof text, "z%u.test.", id);
            struct hosted *hosted = add(store, id, text);
            load(store, hosted, 5);
            hosted->since_sec = id <= users[i] ? 100 : NOW_SEC - 5;
            atomic_store(&hosted->zone->asked_sec, NOW_SEC - id % 2);
        }
        unsigned evicted = 0, left;
        uint64_t bound = store->bytes - store->bytes / 100;
        while (store_evict(store, NOW_SEC, bound, &left)) {
            evicted += left;
        }
        assert_true(store->bytes <= bound);
        assert_int_equal(store->loaded, ALL - evicted);
        for (uint32_t id = 1; id <= users[i]; id++) {
            assert_true(is_loaded(store, id));
        }
        /* What nobody has asked for lately leaves before all of them. */
        for (uint32_t id = 1; id <= 20; id++) {
            atomic_store(&store_hosted(store, id)->zone->asked_sec, NOW_SEC - 60);
        }
        bound = store->bytes - store->bytes / 1000;
        while (store_evict(store, NOW_SEC, bound, &left)) {
            evicted += left;
        }
        for (uint32_t id = 1; id <= ALL; id++) {
            assert_true(is_loaded(store, id) || id <= 20 || id > users[i]);
        }
        assert_false(is_loaded(store, 1) && is_loaded(store, 2) && is_loaded(store, 3));
        store_free(store);
        quiesce_collect();
    }
}

/* What the tables hold back would not come back when asked for. */
static void some_stay(void **state)
{
    struct store *store = store_new();

    (void)state;
    for (uint32_t id = 1; id <= 20; id++) {
        char text[32];
        snprintf(text, sizeof text, "z%u.test.", id);
        load(store, add(store, id, text), 50);
    }
    store_set_held(store, store_hosted(store, 3), true);
    store_fail(store, store_hosted(store, 5), "too many rows");
    assert_int_equal(evict_to(store, 1), 18);
    assert_non_null(atomic_load(&store_hosted(store, 3)->zone->soa));
    assert_non_null(atomic_load(&store_hosted(store, 5)->zone->soa));
    assert_int_equal(store->held, 1);
    store_set_held(store, store_hosted(store, 3), false);
    store_mend(store, store_hosted(store, 5));
    assert_int_equal(evict_to(store, 1), 2);
    assert_int_equal(store->rows, 0);
    store_free(store);
    quiesce_collect();
}

/* What is remembered of rows that were left out takes room as well, and goes with the zone. */
static void faults_are_counted(void **state)
{
    struct store *store = store_new();
    struct hosted *hosted = add(store, 1, "example.com.");

    (void)state;
    uint64_t empty = store->bytes;
    load(store, hosted, 5);
    uint64_t loaded = store->bytes;
    store_set_faults(store, hosted, malloc(4000), 4000);
    assert_int_equal(store->bytes, loaded + 4000);
    load(store, hosted, 5);
    assert_int_equal(store->bytes, loaded + 4000);
    store_set_faults(store, hosted, malloc(1000), 1000);
    assert_int_equal(store->bytes, loaded + 1000);
    assert_int_equal(evict_to(store, loaded), 1);
    assert_int_equal(store->bytes, empty);
    assert_null(hosted->faults);
    store_set_faults(store, hosted, malloc(10), 10);
    store_remove(store, hosted);
    assert_int_equal(store->bytes, 0);
    store_free(store);
    quiesce_collect();
}

/* --- a walk in steps --- */

enum { WALK_FIRST = 20000, WALK_MORE = 60000 };

static void *add_more(void *context)
{
    struct store *store = context;

    for (uint32_t id = WALK_FIRST; id < WALK_MORE; id++) {
        char text[32];
        snprintf(text, sizeof text, "z%u.test.", id);
        pthread_mutex_lock(&store->lock);
        add(store, id, text);
        pthread_mutex_unlock(&store->lock);
    }
    return NULL;
}

static void note_visit(struct hosted *hosted, void *context)
{
    bool *visited = context;
    visited[hosted->zone->id] = true;
}

/* While the table of zones grows, each zone that was there is met all the same. */
static void walk(void **state)
{
    static bool visited[WALK_MORE];
    struct store *store = store_new();
    pthread_t other;

    (void)state;
    store_walk(store, note_visit, visited); /* of none */
    for (uint32_t id = 0; id < WALK_FIRST; id++) {
        char text[32];
        snprintf(text, sizeof text, "z%u.test.", id);
        add(store, id, text);
    }
    assert_int_equal(pthread_create(&other, NULL, add_more, store), 0);
    while (!visited[WALK_MORE - 1]) {
        memset(visited, 0, sizeof visited);
        store_walk(store, note_visit, visited);
        for (uint32_t id = 0; id < WALK_FIRST; id++) {
            assert_true(visited[id]);
        }
    }
    pthread_join(other, NULL);
    store_free(store);
    quiesce_collect();
}

static void evict(void **state)
{
    struct store *store = store_new();

    (void)state;
    for (uint32_t id = 1; id <= 100; id++) {
        char text[32];
        snprintf(text, sizeof text, "z%u.test.", id);
        load(store, add(store, id, text), 50);
        atomic_store(&store_hosted(store, id)->zone->asked_sec,
                     1000 - id); /* 100 was asked first */
    }
    uint64_t all = store->bytes;
    assert_int_equal(store->loaded, 100);
    assert_int_equal(store->rows, 5000);
    assert_int_equal(evict_to(store, all), 0);
    store_hosted(store, 100)->state = LOAD_RUNNING; /* not touched, though it is the oldest */
    unsigned evicted = evict_to(store, all / 2);
    assert_in_range(evicted, 30, 70);
    assert_true(store->bytes <= all / 2);
    assert_int_equal(store->loaded, 100 - evicted);
    assert_int_equal(store->zones, 100);
    for (uint32_t id = 1; id < 100; id++) {
        bool loaded = atomic_load(&store_hosted(store, id)->zone->soa) != NULL;
        assert_int_equal(loaded, id < 100 - evicted);
        assert_true(loaded || store_hosted(store, id)->zone->content.rows == 0);
    }
    assert_non_null(atomic_load(&store_hosted(store, 100)->zone->soa));
    assert_true(store_keep(store, store_hosted(store, 100)));
    load(store, store_hosted(store, 99), 50); /* and back again */
    assert_int_equal(store->loaded, 101 - evicted);
    store_free(store);
    quiesce_collect();
}

static void stamps(void **state)
{
    struct store *store = store_new();
    struct hosted *a = add(store, 1, "a."), *b = add(store, 2, "b.");
    struct instant now = clock_now();
    struct stamp *one = stamp_new("uid", "log.1", 1, now), *two = stamp_new("u", "", 1, now);
    uint64_t empty = store->bytes;

    (void)state;
    assert_string_equal(one->server_uid, "uid");
    assert_string_equal(one->binlog_file, "log.1");
    assert_true(one->size < 100); /* of each zone that was changed alone */
    one->refs = two->refs = 0;    /* ours */
    store_set_stamp(store, a, one);
    store_set_stamp(store, b, one);
    assert_int_equal(one->refs, 2);
    assert_int_equal(store->bytes, empty + one->size);
    store_set_stamp(store, a, one); /* the same again */
    assert_int_equal(one->refs, 2);
    store_set_stamp(store, a, two);
    assert_int_equal(one->refs, 1);
    assert_int_equal(store->bytes, empty + one->size + two->size);
    store_set_stamp(store, b, two); /* frees one; a sanitizer would tell otherwise */
    assert_int_equal(two->refs, 2);
    store_set_stamp(store, a, NULL);
    assert_null(a->stamp);
    assert_int_equal(store->bytes, empty + two->size);
    two->refs++; /* ours */
    store_unload(store, b);
    assert_null(b->stamp);
    assert_int_equal(store->bytes, empty);
    free(two);
    store_free(store);
    quiesce_collect();
}

/* The sums of the store, which nobody walks over all zones to tell. */
static void sums(void **state)
{
    struct store *store = store_new();
    struct hosted *a = add(store, 1, "a."), *b = add(store, 2, "b."), *c = add(store, 3, "c.");
    const int64_t sec = 1000000000;

    (void)state;
    store_queue(store, a);
    store_queue(store, a);
    store_queue(store, b);
    assert_int_equal(store->pending, 2);
    a->state = LOAD_RUNNING;
    store_fail(store, a, "one");
    store_keep(store, a);
    assert_int_equal(store->pending, 1);
    store_remove(store, b);
    assert_int_equal(store->pending, 0);
    store_queue(store, c);
    c->state = LOAD_RUNNING;
    store_remove(store, c); /* while it is loaded */
    assert_int_equal(store->pending, 0);
    assert_false(store_keep(store, c));
    assert_int_equal(store->pending, 0);

    b = add(store, 4, "b.");
    c = add(store, 5, "c.");
    store_fail(store, b, "two");
    store_fail(store, c, "three");
    store_fail(store, a, "four"); /* now the latest */
    assert_int_equal(store->failed, 3);
    struct failure *failure = store->last_failed;
    assert_ptr_equal(failure->hosted, a);
    assert_string_equal(failure->reason, "four");
    assert_ptr_equal(failure->next->hosted, c);
    assert_ptr_equal(failure->next->next->hosted, b);
    assert_null(failure->next->next->next);
    store_mend(store, c); /* from the middle */
    store_mend(store, c);
    assert_ptr_equal(store->last_failed->next->hosted, b);
    store_remove(store, a); /* the first */
    assert_int_equal(store->failed, 1);
    assert_ptr_equal(store->last_failed->hosted, b);
    store_mend(store, b);
    assert_null(store->last_failed);
    store_fail(store, c, "again");

    store_set_left_out(store, b, 7);
    store_set_left_out(store, c, 5);
    store_set_left_out(store, b, 1);
    assert_int_equal(store->rows_left_out, 6);
    store_set_loaded_at(store, b, (struct instant){10 * sec});
    store_set_loaded_at(store, c, (struct instant){20 * sec});
    store_set_loaded_at(store, c, (struct instant){30 * sec});
    assert_int_equal(store->read, 2);
    assert_int_equal(store->read_at_sum_sec, 40);
    store_remove(store, b);
    assert_int_equal(store->rows_left_out, 5);
    assert_int_equal(store->read, 1);
    assert_int_equal(store->read_at_sum_sec, 30);
    store_free(store);
    quiesce_collect();
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(longest),
                                       cmocka_unit_test(all_depths),
                                       cmocka_unit_test(come_and_go),
                                       cmocka_unit_test(removed_while_loading),
                                       cmocka_unit_test(admission),
                                       cmocka_unit_test(some_stay),
                                       cmocka_unit_test(in_use),
                                       cmocka_unit_test(evict),
                                       cmocka_unit_test(stamps),
                                       cmocka_unit_test(sums),
                                       cmocka_unit_test(faults_are_counted),
                                       cmocka_unit_test(walk)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

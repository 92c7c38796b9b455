/*
 * Questions that wait: how many, for how long, and what they get in the end. The loader is this test:
 * it notes what was asked for and says when a load has ended.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "net/late.h"

/* www.example. A, www.second. A */
static const uint8_t ask_first[] = "\0\1\0\0\0\1\0\0\0\0\0\0\3www\7example\0\0\1\0\1";
static const uint8_t ask_second[] = "\0\2\0\0\0\1\0\0\0\0\0\0\3www\6second\0\0\1\0\1";

enum { FIRST = 11, SECOND = 22, REQUESTS = 64 };

static struct {
    uint32_t ids[REQUESTS];
    unsigned count;
    uint64_t key; /* of the last name looked up */
    unsigned names;
    bool full;        /* no more names */
    unsigned in_vain; /* old answers that had to do */
} requests;

/* Instead of the loader's, which so is not linked. */
void loader_waited_in_vain(struct loader *loader)
{
    (void)loader;
    requests.in_vain++;
}

void loader_request(struct loader *loader, uint32_t id)
{
    (void)loader;
    assert_true(requests.count < REQUESTS);
    requests.ids[requests.count++] = id;
}

bool loader_look_up(struct loader *loader, uint64_t key, const struct name *name)
{
    (void)loader;
    assert_true(name->len > 0);
    requests.key = key;
    requests.names += !requests.full;
    return !requests.full;
}

struct fixture {
    struct event_base *base;
    struct mailbox *mailbox;
    struct store *store;
    struct answer_policy policy;
    struct worker *worker;
    struct late *late;
    struct answer answer;
    unsigned replies[16]; /* by rcode */
    unsigned total;
};

static void note_reply(void *context, const struct late_client *client, const uint8_t *octets,
                       size_t len)
{
    struct fixture *f = context;

    assert_int_equal(client->udp, 7);
    assert_true(len >= DNS_HEADER_LEN);
    f->replies[octets[3] & 15]++;
    f->total++;
}

static void host(struct fixture *f, uint32_t id, const char *origin)
{
    struct name name;

    assert_null(name_from_text(&name, origin, strlen(origin), NULL));
    pthread_mutex_lock(&f->store->lock);
    assert_non_null(store_add(f->store, id, &name));
    pthread_mutex_unlock(&f->store->lock);
}

static void unhost(struct fixture *f, uint32_t id)
{
    pthread_mutex_lock(&f->store->lock);
    store_remove(f->store, store_hosted(f->store, id));
    pthread_mutex_unlock(&f->store->lock);
}

static int set_up(void **state)
{
    struct fixture *f = alloc_zero(1, sizeof *f);

    memset(&requests, 0, sizeof requests);
    f->base = event_base_new();
    f->mailbox = mailbox_new(f->base);
    f->store = store_new();
    atomic_store(&f->store->complete, true);
    host(f, FIRST, "example.");
    host(f, SECOND, "second.");
    f->policy.reply.edns_udp_size = 1232;
    f->worker = alloc_aligned(64, sizeof *f->worker);
    memset(f->worker, 0, sizeof *f->worker);
    f->late = late_new(f->base, f->mailbox, f->worker, note_reply, f);
    worker_init(f->worker, f->store, &f->policy, f->late, false);
    late_set_loader(f->late, (struct loader *)f); /* never looked into */
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    late_free(f->late);
    mailbox_free(f->mailbox);
    worker_release(f->worker);
    free(f->worker);
    store_free(f->store);
    quiesce_collect();
    event_base_free(f->base);
    free(f);
    return 0;
}

static void run(struct fixture *f)
{
    event_base_loop(f->base, EVLOOP_NONBLOCK);
}

/* As a UDP thread does. False: nobody may wait for that any more. */
static bool ask(struct fixture *f, const uint8_t *question, size_t len)
{
    struct late_client client = {.udp = 7};
    uint8_t octets[512];

    memcpy(octets, question, len);
    worker_enter(f->worker);
    answer_parse(&f->answer, octets, len);
    answer_prepare(&f->answer, 1, &f->worker->answerer);
    assert_int_equal(answer_write(&f->answer, &f->worker->answerer, octets, sizeof octets, false),
                     ANSWER_LATE);
    bool parked = late_park(f->late, &f->answer, octets, &client);
    worker_leave(f->worker);
    return parked;
}

#define ASK(f, question) ask(f, question, sizeof question - 1)

static void test_loads_are_asked_for_once(void **state)
{
    struct fixture *f = *state;

    for (unsigned i = 0; i < 3; i++) {
        assert_true(ASK(f, ask_first));
    }
    assert_true(ASK(f, ask_second));
    run(f);
    assert_int_equal(requests.count, 2);
    assert_int_equal(requests.ids[0], FIRST);
    assert_int_equal(requests.ids[1], SECOND);
    assert_int_equal(f->total, 0);
    assert_int_equal(late_waiting(f->late), 4);
}

static void test_end_of_the_load_answers(void **state)
{
    struct fixture *f = *state;

    assert_true(ASK(f, ask_first));
    assert_true(ASK(f, ask_first));
    assert_true(ASK(f, ask_second));
    run(f);
    unhost(f, FIRST); /* what the load found: the zone has gone */
    late_zone_done(f->late, FIRST);
    assert_int_equal(f->total, 2);
    assert_int_equal(f->replies[RCODE_REFUSED], 2);
    assert_int_equal(late_waiting(f->late), 1);
}

/* The load ended while the message was on its way to the event loop. */
static void test_load_before_the_message(void **state)
{
    struct fixture *f = *state;

    assert_true(ASK(f, ask_first));
    unhost(f, FIRST);
    late_zone_done(f->late, FIRST);
    assert_int_equal(f->total, 0);
    run(f);
    assert_int_equal(f->replies[RCODE_REFUSED], 1);
    assert_int_equal(requests.count, 0);
}

static void test_loads_in_vain(void **state)
{
    struct fixture *f = *state;

    assert_true(ASK(f, ask_first));
    run(f);
    for (unsigned i = 0; i < 10 && f->total == 0; i++) {
        late_zone_done(f->late, FIRST);
    }
    assert_int_equal(f->replies[RCODE_SERVFAIL], 1);
    assert_true(requests.count <= 4);
    assert_int_equal(late_waiting(f->late), 0);
}

static void test_eight_per_zone(void **state)
{
    struct fixture *f = *state;

    for (unsigned i = 0; i < 8; i++) {
        assert_true(ASK(f, ask_first));
    }
    assert_false(ASK(f, ask_first));
    assert_true(ASK(f, ask_second));
    run(f);
    unhost(f, FIRST);
    late_zone_done(f->late, FIRST);
    assert_int_equal(f->total, 8);
    host(f, FIRST, "example.");
    assert_true(ASK(f, ask_first)); /* their places are free again */
}

static void test_nobody_waits_without_database(void **state)
{
    struct fixture *f = *state;

    assert_true(ASK(f, ask_first));
    atomic_store(&f->store->database_away, true);
    assert_false(ASK(f, ask_first));
    run(f);
    assert_int_equal(f->replies[RCODE_SERVFAIL], 1); /* who was on the way does not either */
}

static void test_patience(void **state)
{
    struct fixture *f = *state;
    struct instant began = clock_now();

    assert_true(ASK(f, ask_first));
    while (f->total == 0) {
        event_base_loop(f->base, EVLOOP_ONCE);
    }
    assert_in_range(instant_diff_ms(clock_now(), began), 990, 5000);
    assert_int_equal(f->replies[RCODE_SERVFAIL], 1);
    assert_int_equal(late_waiting(f->late), 0);
    late_zone_done(f->late, FIRST); /* too late */
    assert_int_equal(f->total, 1);
}

/* Fill the zone ID: nothing but a SOA record, and too old. */
static void fill_old(struct fixture *f, uint32_t id)
{
    static const struct zone_limits limits = {100, 100};
    struct soa_fields fields = {.id = id};
    struct zone_content content;
    struct zone_too_large too_large;

    pthread_mutex_lock(&f->store->lock);
    struct hosted *hosted = store_hosted(f->store, id);
    assert_null(name_from_text(&fields.ns, "ns.", 3, NULL));
    fields.mbox = fields.ns;
    struct zone_build *build = zone_build_new(hosted->zone, &limits);
    assert_true(zone_build_finish(build, &content, &too_large));
    zone_build_free(build);
    store_queue(f->store, hosted);
    hosted->state = LOAD_RUNNING;
    assert_true(store_publish(f->store, hosted, &content, soa_new(hosted->zone, &fields), 0));
    atomic_store(&hosted->zone->fresh_sec, 1);
    pthread_mutex_unlock(&f->store->lock);
}

/* Past its age: a read is waited for 200 ms, then the old answer does. */
static void test_old_answer(void **state)
{
    struct fixture *f = *state;
    struct instant began = clock_now();

    fill_old(f, FIRST);
    assert_true(ASK(f, ask_second)); /* which waits for longer, and was there before */
    assert_true(ASK(f, ask_first));
    while (f->total == 0) {
        event_base_loop(f->base, EVLOOP_ONCE);
    }
    assert_in_range(instant_diff_ms(clock_now(), began), 190, 990);
    assert_int_equal(f->replies[RCODE_NXDOMAIN], 1);
    assert_int_equal(requests.in_vain, 1);
    assert_int_equal(late_waiting(f->late), 1);
}

static void test_fresh_in_time(void **state)
{
    struct fixture *f = *state;

    fill_old(f, FIRST);
    assert_true(ASK(f, ask_first));
    run(f);
    assert_int_equal(f->total, 0);
    assert_int_equal(requests.count, 1);
    atomic_store(&store_hosted(f->store, FIRST)->zone->fresh_sec, UINT32_MAX);
    late_zone_done(f->late, FIRST);
    assert_int_equal(f->replies[RCODE_NXDOMAIN], 1);
    assert_int_equal(requests.in_vain, 0);
}

/* Before the origin list is there: the name first, then its zone. */
static void test_name_is_looked_up_first(void **state)
{
    struct fixture *f = *state;

    atomic_store(&f->store->complete, false);
    assert_true(ASK(f, ask_first));
    assert_true(ASK(f, ask_first));
    run(f);
    assert_int_equal(requests.names, 1);
    assert_int_equal(requests.count, 0);
    store_note_looked_up(f->store, requests.key);
    late_name_done(f->late, requests.key);
    assert_int_equal(requests.count, 1);
    assert_int_equal(requests.ids[0], FIRST);
    assert_int_equal(late_waiting(f->late), 2);
    unhost(f, FIRST);
    late_zone_done(f->late, FIRST);
    assert_int_equal(f->replies[RCODE_SERVFAIL], 2); /* not REFUSED: the list has not been read */
    assert_int_equal(late_waiting(f->late), 0);
}

static void test_list_comes_while_a_name_waits(void **state)
{
    struct fixture *f = *state;

    atomic_store(&f->store->complete, false);
    unhost(f, FIRST);
    assert_true(ASK(f, ask_first));
    run(f);
    atomic_store(&f->store->complete, true);
    late_name_done(f->late, requests.key); /* not looked up any more */
    assert_int_equal(f->replies[RCODE_REFUSED], 1);
}

static void test_look_up_in_vain(void **state)
{
    struct fixture *f = *state;

    atomic_store(&f->store->complete, false);
    assert_true(ASK(f, ask_first));
    run(f);
    for (unsigned i = 0; i < 10 && f->total == 0; i++) {
        late_name_done(f->late, requests.key);
    }
    assert_int_equal(f->replies[RCODE_SERVFAIL], 1);
    assert_true(requests.names <= 4);
    requests.full = true;
    assert_true(ASK(f, ask_second));
    run(f);
    assert_int_equal(f->replies[RCODE_SERVFAIL], 2);
    assert_int_equal(late_waiting(f->late), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_loads_are_asked_for_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_end_of_the_load_answers, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_load_before_the_message, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_loads_in_vain, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_eight_per_zone, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_nobody_waits_without_database, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_patience, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_old_answer, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_fresh_in_time, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_name_is_looked_up_first, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_list_comes_while_a_name_waits, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_look_up_in_vain, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

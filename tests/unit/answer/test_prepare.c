/* What answer_prepare found holds for answer_write only as long as the zone stands still. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "answer/answer.h"
#include "base/alloc.h"

enum { CAP = 512 };

static const struct zone_limits limits = {1000, 100};
static struct answer_policy policy = {.reply.edns_udp_size = 1232};
static struct store *store;
static struct zone *zone;
static struct answerer answerer;
static struct answer answer;
static uint8_t octets[CAP];

static struct name name_of(const char *text)
{
    struct name name;
    assert_null(name_from_text(&name, text, strlen(text), NULL));
    return name;
}

static void put(uint32_t id, const char *owner, const char *address)
{
    struct name name = name_of(owner);
    struct record record = {
        .id = id, .ttl = 60, .type = TYPE_A, .rdata_len = 4, .rdata = (const uint8_t *)address};
    assert_int_equal(zone_put(zone, &name, &record, &limits), ZONE_ADD_OK);
}

static struct soa *new_soa(uint32_t serial)
{
    struct soa_fields fields = {.serial = serial, .minimum = 60, .ttl = 60, .id = 1};
    fields.ns = fields.mbox = name_of("ns.example.");
    return soa_new(zone, &fields);
}

/* Host a zone that has its SOA and nothing else; ZONE is it from here on. */
static void host(uint32_t id, const char *text)
{
    struct name origin = name_of(text);
    struct zone_content content;
    struct zone_too_large too_large;

    pthread_mutex_lock(&store->lock);
    struct hosted *hosted = store_add(store, id, &origin);
    zone = hosted->zone;
    struct zone_build *build = zone_build_new(zone, &limits);
    assert_true(zone_build_finish(build, &content, &too_large));
    zone_build_free(build);
    hosted->state = LOAD_RUNNING;
    assert_true(store_publish(store, hosted, &content, new_soa(1), 0));
    pthread_mutex_unlock(&store->lock);
}

static int begin(void **state)
{
    (void)state;
    store = store_new();
    host(1, "example.");
    atomic_store(&store->complete, true);
    put(1, "www.example.", "\1\1\1\1");
    answerer = (struct answerer){.store = store, .policy = &policy, .random = {1}, .now_sec = 1};
    return 0;
}

static int end(void **state)
{
    (void)state;
    store_free(store);
    return 0;
}

static void prepare(const char *text)
{
    struct name name = name_of(text);
    memset(octets, 0, sizeof octets);
    octets[5] = 1;
    memcpy(octets + 12, name.octets, name.len);
    memcpy(octets + 12 + name.len, "\0\1\0\1", 4);
    answer_parse(&answer, octets, 12u + name.len + 4u);
    answer_prepare(&answer, 1, &answerer);
}

/* The reply's rcode; ADDRESS: what it ends with. */
static unsigned reply(const char *address)
{
    assert_int_equal(answer_write(&answer, &answerer, octets, CAP, false), ANSWER_REPLY);
    if (address != NULL) {
        assert_memory_equal(octets + answer.reply_len - 4, address, 4);
    }
    return octets[3] & 15;
}

static void taken_over(void **state)
{
    (void)state;
    prepare("www.example.");
    assert_ptr_equal(answer.hint.zone, zone);
    assert_non_null(answer.hint.node);
    assert_int_equal(reply("\1\1\1\1"), RCODE_NOERROR);
    prepare("other.example.");
    assert_ptr_equal(answer.hint.zone, zone);
    assert_true(answer.hint.absent);
    assert_int_equal(reply(NULL), RCODE_NXDOMAIN);
    prepare("www.example.net.");
    assert_true(answer.hint.foreign);
    assert_int_equal(reply(NULL), RCODE_REFUSED);
}

static void changed_in_between(void **state)
{
    (void)state;
    prepare("www.example.");
    zone_change_begin(zone);
    put(1, "www.example.", "\2\2\2\2");
    zone_change_end(zone);
    assert_int_equal(reply("\2\2\2\2"), RCODE_NOERROR);
}

static void added_in_between(void **state)
{
    (void)state;
    prepare("new.example.");
    assert_true(answer.hint.absent);
    zone_change_begin(zone);
    put(2, "new.example.", "\3\3\3\3");
    zone_change_end(zone);
    assert_int_equal(reply("\3\3\3\3"), RCODE_NOERROR);
}

static void dropped_in_between(void **state)
{
    struct name name = name_of("www.example.");
    (void)state;
    prepare("www.example.");
    zone_change_begin(zone);
    assert_true(zone_drop(zone, &name, 1));
    zone_change_end(zone);
    assert_int_equal(reply(NULL), RCODE_NXDOMAIN);
}

/*
 * Before the origin list is there nothing is guessed, neither that a name is foreign nor which zone
 * has it: one between the two may be hosted by the time of the answer. It waits until the name was
 * looked up.
 */
static void nothing_is_guessed_without_the_list(void **state)
{
    (void)state;
    atomic_store(&store->complete, false);
    prepare("www.example.net.");
    assert_false(answer.hint.foreign);
    prepare("www.example.");
    assert_null(answer.hint.zone);
    assert_int_equal(answer_write(&answer, &answerer, octets, sizeof octets, false), ANSWER_LATE);
    assert_true(answer.late_key == store_name_key(&answer.query.qname));
    assert_int_equal(answer.late_name.len, 13);
    store_note_looked_up(store, answer.late_key);
    assert_int_equal(reply(NULL), RCODE_NOERROR);
    prepare("mail.example."); /* for itself */
    assert_int_equal(answer_write(&answer, &answerer, octets, sizeof octets, false), ANSWER_LATE);
    prepare("www.example.net.");
    store_note_looked_up(store, store_name_key(&answer.query.qname));
    assert_int_equal(reply(NULL), RCODE_SERVFAIL); /* not REFUSED */
}

static uint64_t tag_of(const char *text)
{
    struct name name = name_of(text);
    return table_tag(name_hash_finish(name_hash(name.octets, NULL, NAME_HASH_ROOT)));
}

/* A zone below another one, in the same line of origins and with the same tag as that. */
static void child_with_the_tag_of_its_parent(void **state)
{
    char child[64], www[80];
    unsigned i = 0;

    (void)state;
    do {
        snprintf(child, sizeof child, "c%u.example.", i++);
    } while (tag_of(child) != tag_of("example."));
    host(2, child);
    snprintf(www, sizeof www, "www.%s", child);
    put(2, www, "\4\4\4\4");
    prepare(www);
    assert_true(answer.hint.zone == zone || answer.hint.zone == NULL);
    assert_int_equal(reply("\4\4\4\4"), RCODE_NOERROR);
}

static void nothing_is_left_of_the_last_message(void **state)
{
    (void)state;
    prepare("www.example.");
    answer_parse(&answer, octets, 5);
    assert_null(answer.hint.zone);
    assert_null(answer.hint.node);
    assert_false(answer.hint.absent || answer.hint.foreign);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(taken_over, begin, end),
        cmocka_unit_test_setup_teardown(changed_in_between, begin, end),
        cmocka_unit_test_setup_teardown(added_in_between, begin, end),
        cmocka_unit_test_setup_teardown(dropped_in_between, begin, end),
        cmocka_unit_test_setup_teardown(nothing_is_guessed_without_the_list, begin, end),
        cmocka_unit_test_setup_teardown(child_with_the_tag_of_its_parent, begin, end),
        cmocka_unit_test_setup_teardown(nothing_is_left_of_the_last_message, begin, end)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

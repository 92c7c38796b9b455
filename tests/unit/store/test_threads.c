/*
 * Readers look up while a writer changes rows, publishes whole zones, lets zones come, go and be
 * evicted. Every transaction stamps its generation on the SOA, on TXT at the apex and on the addresses of
 * two names: no answer may show two generations. Meant for ThreadSanitizer.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "answer/answer.h"
#include "base/quiesce.h"

enum { READERS = 3, ZONES = 4, TRANSACTIONS = 12000, EXTRA = 6 };

static const struct zone_limits limits = {10000, 100};
static const struct answer_policy policy = {.reply = {.edns_udp_size = 1232}};
static struct store *store;
static struct random dice = {7};
static atomic_bool stop;

struct reader {
    pthread_t thread;
    struct quiesce_reader quiesce;
    uint64_t replies, late, refused, two_generations, broken;
};

static struct name name_of(const char *text)
{
    struct name name;
    assert_null(name_from_text(&name, text, strlen(text), NULL));
    return name;
}

static struct name in_zone(unsigned zone, const char *relative)
{
    char text[128];
    snprintf(text, sizeof text, "%s%sz%u.test.", relative, *relative == '\0' ? "" : ".", zone);
    return name_of(text);
}

/* --- the writer --- */

static void put32(uint8_t *at, uint32_t value)
{
    for (int i = 3; i >= 0; i--, value >>= 8) {
        at[i] = (uint8_t)value;
    }
}

/* Rows of a zone: RDATA of those that carry the generation. */
enum { ROW_MX_A = 1, ROW_MX_B, ROW_TXT, ROW_A, ROW_B, ROW_WILD, ROW_NS, ROW_FIRST_EXTRA };

static struct soa *soa_of(const struct zone *zone, unsigned number, uint32_t generation)
{
    struct soa_fields fields = {.serial = generation, .minimum = 60, .ttl = 60, .id = zone->id};
    fields.ns = in_zone(number, "a");
    fields.mbox = in_zone(number, "b");
    return soa_new(zone, &fields);
}

static struct record row_of(unsigned zone, unsigned row, uint32_t generation, uint8_t *rdata,
                            struct name *owner)
{
    static const char *const owners[] = {"", "", "", "", "a", "b", "*.wild", "cut"};
    struct record record = {.id = row, .ttl = 60, .rdata = rdata};
    struct name target = in_zone(zone, row == ROW_MX_A ? "a" : "b");

    *owner = in_zone(zone, owners[row]);
    switch (row) {
    case ROW_MX_A:
    case ROW_MX_B:
    case ROW_NS:
        record.type = row == ROW_NS ? TYPE_NS : TYPE_MX;
        record.rdata_len = (uint16_t)(target.len + (row == ROW_NS ? 0 : 2));
        memset(rdata, 0, 2);
        memcpy(rdata + record.rdata_len - target.len, target.octets, target.len);
        break;
    case ROW_TXT:
        record.type = TYPE_TXT;
        record.rdata_len = 5;
        rdata[0] = 4;
        put32(rdata + 1, generation);
        break;
    default:
        record.type = TYPE_A;
        record.rdata_len = 4;
        put32(rdata, generation);
    }
    return record;
}

static void publish_whole(struct hosted *hosted, unsigned number, uint32_t generation)
{
    struct zone_build *build = zone_build_new(hosted->zone, &limits);
    struct zone_content content;
    struct zone_too_large too_large;
    struct name owner;
    uint8_t rdata[300];

    for (unsigned row = ROW_MX_A; row <= ROW_NS; row++) {
        struct record record = row_of(number, row, generation, rdata, &owner);
        assert_int_equal(zone_build_add(build, &owner, &record), ZONE_ADD_OK);
    }
    assert_true(zone_build_finish(build, &content, &too_large));
    zone_build_free(build);
    hosted->state = LOAD_RUNNING;
    assert_true(
        store_publish(store, hosted, &content, soa_of(hosted->zone, number, generation), 0));
}

static void change_rows(struct hosted *hosted, unsigned number, uint32_t generation)
{
    static const unsigned stamped[] = {ROW_TXT, ROW_A, ROW_B};
    struct zone *zone = hosted->zone;
    struct name owner;
    uint8_t rdata[300];

    zone_change_begin(zone);
    for (size_t i = 0; i < ARRAY_LEN(stamped); i++) {
        struct record record = row_of(number, stamped[i], generation, rdata, &owner);
        assert_int_equal(zone_put(zone, &owner, &record, &limits), ZONE_ADD_OK);
    }
    /* names that come and go, deep ones too, so that the table grows and ancestors change */
    for (unsigned i = 0; i < EXTRA; i++) {
        char text[32];
        uint32_t n = random_below(&dice, 200);
        snprintf(text, sizeof text, "x.y%u.n%u", n % 7, n);
        owner = in_zone(number, text);
        uint32_t id = ROW_FIRST_EXTRA + n;
        if (!zone_drop(zone, &owner, id)) {
            struct record record = {.id = id, .ttl = 60, .type = TYPE_A, .rdata_len = 4};
            record.rdata = rdata;
            assert_int_equal(zone_put(zone, &owner, &record, &limits), ZONE_ADD_OK);
        }
    }
    zone_set_soa(zone, soa_of(zone, number, generation), 0);
    zone_change_end(zone);
}

static void transaction(uint32_t generation)
{
    unsigned number = random_below(&dice, ZONES), what = random_below(&dice, 20);
    struct name origin = in_zone(number, "");

    pthread_mutex_lock(&store->lock);
    struct hosted *hosted = store_hosted(store, number + 1);
    if (hosted == NULL) {
        hosted = store_add(store, number + 1, &origin);
        if (what > 2) {
            publish_whole(hosted, number, generation);
        }
    } else if (what == 0) {
        store_remove(store, hosted);
    } else if (what == 1) {
        store_unload(store, hosted);
    } else if (what < 5 || atomic_load(&hosted->zone->soa) == NULL) {
        publish_whole(hosted, number, generation);
    } else {
        change_rows(hosted, number, generation);
    }
    pthread_mutex_unlock(&store->lock);
    quiesce_collect();
}

/* --- readers --- */

static size_t skip_name(const uint8_t *octets, size_t at)
{
    while (octets[at] != 0 && octets[at] < 0xc0) {
        at += 1u + octets[at];
    }
    return at + (octets[at] == 0 ? 1 : 2);
}

static uint32_t get32(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

/* How many generations are there in a reply? */
static unsigned generations(const uint8_t *octets, size_t len, unsigned *stamps)
{
    unsigned records = 0, different = 0;
    uint32_t first = 0;
    size_t at = skip_name(octets, DNS_HEADER_LEN) + 4;

    *stamps = 0;
    for (unsigned i = 6; i < DNS_HEADER_LEN; i += 2) {
        records += (unsigned)octets[i] << 8 | octets[i + 1];
    }
    for (; records > 0; records--) {
        at = skip_name(octets, at);
        unsigned type = (unsigned)octets[at] << 8 | octets[at + 1];
        const uint8_t *rdata = octets + at + 10;
        uint32_t stamp;
        at += 10 + ((size_t)rdata[-2] << 8 | rdata[-1]);
        if (type == TYPE_A) {
            stamp = get32(rdata);
        } else if (type == TYPE_TXT) {
            stamp = get32(rdata + 1);
        } else if (type == TYPE_SOA) {
            stamp = get32(octets + at - 20);
        } else {
            continue;
        }
        different += *stamps > 0 && stamp != first;
        first = stamp;
        ++*stamps;
    }
    return at == len ? different : 1000;
}

static void ask(struct reader *reader, struct answerer *answerer, const struct name *name,
                uint16_t type)
{
    struct answer answer;
    uint8_t octets[4096] = {0, 1, 0, 0, 0, 1};
    size_t len = DNS_HEADER_LEN;

    memcpy(octets + len, name->octets, name->len);
    len += name->len;
    octets[len++] = (uint8_t)(type >> 8);
    octets[len++] = (uint8_t)type;
    octets[len++] = 0;
    octets[len++] = CLASS_IN;
    answer_parse(&answer, octets, len);
    answer_prepare(&answer, 1, answerer);
    if (answer_write(&answer, answerer, octets, sizeof octets, true) != ANSWER_REPLY) {
        reader->late++;
        return;
    }
    unsigned stamps, rcode = octets[3] & 15;
    unsigned different = generations(octets, answer.reply_len, &stamps);
    reader->refused += rcode == RCODE_REFUSED;
    reader->replies += rcode != RCODE_REFUSED;
    reader->two_generations += different > 0 && different < 1000;
    reader->broken +=
        different >= 1000 || (rcode == RCODE_NOERROR && stamps == 0 && type != TYPE_NS);
    if (type == TYPE_MX && rcode == RCODE_NOERROR) {
        reader->broken += stamps != 2;
    }
}

static void *read_on(void *context)
{
    struct reader *reader = context;
    struct answerer answerer = {.store = store, .policy = &policy, .now_sec = 1};
    struct name names[ZONES][4];

    random_seed(&answerer.random);
    for (unsigned i = 0; i < ZONES; i++) {
        names[i][0] = in_zone(i, "");
        names[i][1] = in_zone(i, "x.y1.n8.nothere");
        names[i][2] = in_zone(i, "some.wild");
        names[i][3] = in_zone(i, "below.cut");
    }
    quiesce_reader_add(&reader->quiesce);
    while (!atomic_load(&stop)) {
        unsigned zone = random_below(&answerer.random, ZONES);
        quiesce_enter(&reader->quiesce);
        ask(reader, &answerer, &names[zone][0], TYPE_MX);
        ask(reader, &answerer, &names[zone][0], TYPE_ANY);
        ask(reader, &answerer, &names[zone][1], TYPE_A);
        ask(reader, &answerer, &names[zone][2], TYPE_A);
        ask(reader, &answerer, &names[zone][3], TYPE_NS);
        quiesce_leave(&reader->quiesce);
    }
    quiesce_reader_remove(&reader->quiesce);
    return NULL;
}

static void one_generation(void **state)
{
    static struct reader readers[READERS];

    (void)state;
    store = store_new();
    atomic_store(&store->complete, true);
    for (uint32_t g = 1; g < 50; g++) {
        transaction(g);
    }
    for (unsigned i = 0; i < READERS; i++) {
        assert_int_equal(pthread_create(&readers[i].thread, NULL, read_on, &readers[i]), 0);
    }
    for (uint32_t g = 50; g < 50 + TRANSACTIONS; g++) {
        transaction(g);
    }
    atomic_store(&stop, true);
    for (unsigned i = 0; i < READERS; i++) {
        pthread_join(readers[i].thread, NULL);
        print_message("replies %lu, late %lu, refused %lu\n", (unsigned long)readers[i].replies,
                      (unsigned long)readers[i].late, (unsigned long)readers[i].refused);
        assert_int_equal(readers[i].two_generations, 0);
        assert_int_equal(readers[i].broken, 0);
        assert_true(readers[i].replies > 0);
    }
    quiesce_collect();
    assert_int_equal(quiesce_pending(), 0);
    store_free(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(one_generation)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

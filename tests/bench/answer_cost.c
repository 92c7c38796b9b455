/*
 * What our own part of an answer costs, without sockets: zones in memory, questions in batches as
 * net/udp.c makes them, through answer_parse, answer_prepare, answer_write. The figures are small
 * (0.2 us beside the kernel's 1.9), so this shows what a change does where a whole server cannot; and
 * valgrind --tool=callgrind counts its instructions.
 *
 *   answer_cost [ZONES [CHUNKS [WORKLOAD]]]
 *
 * For each workload: nanoseconds per question of each step. Everything else on the machine can only make
 * them slower, so many short pieces are measured, and that is shown which 19 of 20 were not faster than.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "answer/answer.h"
#include "base/alloc.h"

enum {
    BATCH = 32,
    CAP = 4160,
    CHUNK = 50, /* batches measured together: a third of a millisecond */
    ROUNDS = 20,
    HOSTS = 5, /* names of a zone beside the apex, ns1, ns2, www, mail and spf */
    HOT = 100, /* names of the workload hot */
    CLOCK_ID = CLOCK_MONOTONIC,
};

struct question {
    uint8_t octets[80];
    uint8_t len;
};

struct origin {
    char text[48];
    char host[HOSTS][16];
};

static struct store *store;
static struct origin *origins;
static struct random chance = {20};
static unsigned zone_count = 1000, chunk_count = 40;

/* --- data --- */

static void letters(char *out, unsigned least, unsigned most)
{
    unsigned len = least + random_below(&chance, most - least + 1);
    for (unsigned i = 0; i < len; i++) {
        out[i] = (char)('a' + random_below(&chance, 26));
    }
    out[len] = '\0';
}

static struct name name_of(const char *text)
{
    struct name name;
    const char *wrong = name_from_text(&name, text, strlen(text), NULL);
    if (wrong != NULL) {
        fprintf(stderr, "%s: %s\n", text, wrong);
        exit(1);
    }
    return name;
}

static void add_row(struct zone_build *build, const char *owner, uint16_t type, const void *rdata,
                    size_t len)
{
    static uint32_t id;
    struct name name = name_of(owner);
    struct record record = {
        .id = ++id, .ttl = 3600, .type = type, .rdata_len = (uint16_t)len, .rdata = rdata};
    if (zone_build_add(build, &name, &record) != ZONE_ADD_OK) {
        abort();
    }
}

static void add_address(struct zone_build *build, const char *host, const char *origin)
{
    char owner[64];
    uint64_t value = random_next(&chance);
    snprintf(owner, sizeof owner, "%s%s%s", host, *host != '\0' ? "." : "", origin);
    add_row(build, owner, TYPE_A, &value, 4);
}

static void add_zone(uint32_t id, struct origin *origin)
{
    static const char *const tlds[] = {"com", "net", "org", "info", "de", "eu", "io", "dev"};
    static const struct zone_limits limits = {1000, 100};
    char text[64], host[16];
    struct zone_content content;
    struct zone_too_large too_large;

    letters(host, 3, 10);
    snprintf(origin->text, sizeof origin->text, "%s%u.%s.", host, id, tlds[id % 8]);
    struct name name = name_of(origin->text);
    struct hosted *hosted = store_add(store, id, &name);
    struct zone_build *build = zone_build_new(hosted->zone, &limits);
    add_address(build, "", origin->text);
    add_address(build, "ns1", origin->text);
    add_address(build, "ns2", origin->text);
    for (unsigned i = 0; i < HOSTS; i++) {
        letters(origin->host[i], 4, 12);
        add_address(build, origin->host[i], origin->text);
    }
    snprintf(text, sizeof text, "ns1.%s", origin->text);
    struct name ns = name_of(text);
    add_row(build, origin->text, TYPE_NS, ns.octets, ns.len);
    snprintf(text, sizeof text, "ns2.%s", origin->text);
    struct name ns2 = name_of(text);
    add_row(build, origin->text, TYPE_NS, ns2.octets, ns2.len);
    snprintf(text, sizeof text, "%s.%s", origin->host[0], origin->text);
    struct name mail = name_of(text);
    uint8_t mx[DNS_NAME_MAX + 2] = {0, 10};
    memcpy(mx + 2, mail.octets, mail.len);
    add_row(build, origin->text, TYPE_MX, mx, mail.len + 2u);
    snprintf(text, sizeof text, "mail.%s", origin->text);
    add_row(build, text, TYPE_CNAME, mail.octets, mail.len);
    snprintf(text, sizeof text, "www.%s", origin->text);
    add_row(build, text, TYPE_CNAME, name.octets, name.len);
    snprintf(text, sizeof text, "spf.%s", origin->text);
    add_row(build, text, TYPE_TXT, "\x1dv=spf1 mx a ip4:192.0.2.1 -all", 30);
    if (!zone_build_finish(build, &content, &too_large)) {
        abort();
    }
    zone_build_free(build);
    struct soa_fields soa = {.serial = 1,
                             .refresh = 28800,
                             .retry = 7200,
                             .expire = 604800,
                             .minimum = 3600,
                             .ttl = 3600,
                             .id = id,
                             .ns = ns,
                             .mbox = ns};
    hosted->state = LOAD_RUNNING;
    (void)store_publish(store, hosted, &content, soa_new(hosted->zone, &soa), 0);
}

/* --- questions --- */

static struct question question_for(const char *text, unsigned type)
{
    struct question question = {.octets = {[5] = 1}};
    struct name name = name_of(text);
    memcpy(question.octets + 12, name.octets, name.len);
    memcpy(question.octets + 12 + name.len, (const uint8_t[]){0, (uint8_t)type, 0, CLASS_IN}, 4);
    question.octets[0] = (uint8_t)random_next(&chance);
    question.len = (uint8_t)(12 + name.len + 4);
    return question;
}

static struct question existing(unsigned zones)
{
    char text[64];
    static const struct {
        const char *host;
        uint16_t type;
    } others[] = {{"", TYPE_NS},   {"", TYPE_NS},       {"", TYPE_A},
                  {"", TYPE_MX},   {"spf", TYPE_TXT},   {"ns1", TYPE_A},
                  {"ns2", TYPE_A}, {"www", TYPE_CNAME}, {"mail", TYPE_CNAME}};
    const struct origin *origin = &origins[random_below(&chance, zones)];
    unsigned i = random_below(&chance, HOSTS + ARRAY_LEN(others));
    const char *host = i < HOSTS ? origin->host[i] : others[i - HOSTS].host;
    snprintf(text, sizeof text, "%s%s%s", host, *host != '\0' ? "." : "", origin->text);
    return question_for(text, i < HOSTS ? TYPE_A : others[i - HOSTS].type);
}

static struct question random_name(void)
{
    char text[64], host[16];
    letters(host, 8, 14);
    snprintf(text, sizeof text, "%s.%s", host, origins[random_below(&chance, zone_count)].text);
    return question_for(text, TYPE_A);
}

static struct question foreign(void)
{
    char text[64], host[16], zone[16];
    letters(host, 3, 6);
    letters(zone, 6, 12);
    snprintf(text, sizeof text, "%s.%s.com.", host, zone);
    return question_for(text, TYPE_A);
}

static void make_questions(struct question *questions, size_t count, const char *workload)
{
    struct question hot[HOT];
    for (unsigned i = 0; i < HOT; i++) {
        hot[i] = existing(zone_count);
    }
    for (size_t i = 0; i < count; i++) {
        questions[i] = strcmp(workload, "hot") == 0      ? hot[random_below(&chance, HOT)]
                       : strcmp(workload, "spread") == 0 ? existing(zone_count)
                       : strcmp(workload, "nx") == 0     ? random_name()
                                                         : foreign();
    }
}

/* --- the measurement --- */

enum step { PARSE, PREPARE, WRITE, STEPS };

static double now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static struct answer *answers;
static uint8_t *buffers;
static uint64_t octets_sent;

static void run_batch(struct answerer *answerer, const struct question *questions, double *spent)
{
    for (unsigned i = 0; i < BATCH; i++) { /* as the kernel does: the queries stand in cache */
        memcpy(buffers + (size_t)i * CAP, questions[i].octets, questions[i].len);
    }
    double t0 = now_ns();
    for (unsigned i = 0; i < BATCH; i++) {
        answer_parse(&answers[i], buffers + (size_t)i * CAP, questions[i].len);
    }
    double t1 = now_ns();
    answer_prepare(answers, BATCH, answerer);
    double t2 = now_ns();
    for (unsigned i = 0; i < BATCH; i++) {
        if (answer_write(&answers[i], answerer, buffers + (size_t)i * CAP, CAP, false) ==
            ANSWER_REPLY) {
            octets_sent += answers[i].reply_len;
        }
    }
    double t3 = now_ns();
    spent[PARSE] += t1 - t0;
    spent[PREPARE] += t2 - t1;
    spent[WRITE] += t3 - t2;
}

/* Nanoseconds that a chunk of CHUNK batches took, by step and in all. */
struct chunk {
    double spent[STEPS], sum;
};

static int by_sum(const void *a, const void *b)
{
    const struct chunk *x = a, *y = b;
    return x->sum < y->sum ? -1 : x->sum > y->sum;
}

static void run_workload(struct answerer *answerer, const char *workload)
{
    size_t count = (size_t)chunk_count * CHUNK * BATCH, runs = (size_t)chunk_count * ROUNDS;
    struct question *questions = alloc_new(count * sizeof *questions);
    struct chunk *chunks = alloc_zero(runs, sizeof *chunks);

    make_questions(questions, count, workload);
    octets_sent = 0;
    for (size_t i = 0; i < runs; i++) {
        size_t first = i % chunk_count * CHUNK * BATCH;
        for (unsigned b = 0; b < CHUNK; b++) {
            run_batch(answerer, questions + first + (size_t)b * BATCH, chunks[i].spent);
        }
        chunks[i].sum = chunks[i].spent[PARSE] + chunks[i].spent[PREPARE] + chunks[i].spent[WRITE];
    }
    qsort(chunks, runs, sizeof *chunks, by_sum);
    const struct chunk *chunk = &chunks[runs / 20];
    double one = CHUNK * BATCH;
    printf("%-8s %6.1f ns: parse %5.1f, prepare %5.1f, write %5.1f; %.1f octets\n", workload,
           chunk->sum / one, chunk->spent[PARSE] / one, chunk->spent[PREPARE] / one,
           chunk->spent[WRITE] / one, (double)octets_sent / (double)count / ROUNDS);
    free(questions);
    free(chunks);
}

int main(int argc, char **argv)
{
    static const char *const workloads[] = {"hot", "spread", "nx", "foreign"};
    static struct answer_policy policy = {.reply.edns_udp_size = 1232};

    zone_count = argc > 1 ? (unsigned)atoi(argv[1]) : zone_count;
    chunk_count = argc > 2 ? (unsigned)atoi(argv[2]) : chunk_count;
    store = store_new();
    origins = alloc_zero(zone_count, sizeof *origins);
    pthread_mutex_lock(&store->lock);
    for (unsigned i = 0; i < zone_count; i++) {
        add_zone(i + 1, &origins[i]);
    }
    pthread_mutex_unlock(&store->lock);
    atomic_store(&store->complete, true);
    answers = alloc_aligned(64, BATCH * sizeof *answers);
    buffers = alloc_aligned(4096, BATCH * CAP);
    struct answerer answerer = {.store = store, .policy = &policy, .random = {1}, .now_sec = 1000};
    for (unsigned i = 0; i < sizeof workloads / sizeof *workloads; i++) {
        if (argc <= 3 || strcmp(argv[3], workloads[i]) == 0) {
            run_workload(&answerer, workloads[i]);
        }
    }
    store_free(store);
    free(origins);
    free(answers);
    free(buffers);
    return 0;
}

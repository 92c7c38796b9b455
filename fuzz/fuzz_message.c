/*
 * The octets of a message, answered from the zones of fuzz_message.zones over UDP and TCP and in
 * several capacities. Beyond the rules of fuzz.h: the same question has the same answer wherever there
 * is room for it, and where there is not, TC tells.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "answer/chaos.h"
#include "answer/cookie.h"
#include "base/alloc.h"
#include "base/quiesce.h"
#include "fuzz/fuzz.h"
#include "tests/cases/case_data.h"

enum { NAMES_MAX = 512, ZONES_MAX = 64, STALE_ZONE = 20 };

static struct name names[NAMES_MAX], origins[ZONES_MAX]; /* for the mutator */
static unsigned name_count;

static const struct chaos_texts chaos = {"mydns", "ns1.example.com", NULL};
static const struct cookie_secrets secrets = {1, {{1, 2, 3}}};

static void note_name(struct name *out, const char *text, const struct name *origin)
{
    if (strcmp(text, "-") == 0) {
        text = "";
    }
    if (name_from_text(out, text, strlen(text), origin) != NULL) {
        broken("no name", text);
    }
}

static void read_line(char *line)
{
    char *words[16], *copy = alloc_string(line), *save;
    unsigned count = 0;
    for (char *word = strtok_r(copy, " \t", &save); word != NULL && count < ARRAY_LEN(words);
         word = strtok_r(NULL, " \t", &save)) {
        words[count++] = word;
    }
    char *rest = line + strcspn(line, " \t");
    if (!case_data_statement(words, count, rest + strspn(rest, " \t"))) {
        broken("what is this?", line);
    }
    if (strcmp(words[0], "soa") == 0) {
        note_name(&origins[number(words[1]) % ZONES_MAX], words[2], NULL);
    } else if (strcmp(words[0], "rr") == 0 && name_count < NAMES_MAX) {
        note_name(&names[name_count++], words[3], &origins[number(words[2]) % ZONES_MAX]);
    }
    free(copy);
}

/* For LeakSanitizer, which does not see pointers in the store's tables: they carry a tag. */
static void release(void)
{
    case_data_forget();
    store_free(data.store);
    quiesce_collect();
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    char *line = NULL;
    size_t cap = 0;

    (void)argc;
    (void)argv;
    data.file = SOURCE_DIR "/fuzz/fuzz_message.zones";
    FILE *file = fopen(data.file, "r");
    case_data_forget();
    if (file == NULL) {
        broken("cannot open", data.file);
    }
    while (getline(&line, &cap, file) >= 0) {
        data.line++;
        line[strcspn(line, "\n")] = '\0';
        if (line[0] != '\0' && line[0] != '#') {
            read_line(line);
        }
    }
    free(line);
    fclose(file);
    case_data_load();
    data.policy.chaos = &chaos;
    data.policy.reply.tcp_keepalive = 100;
    atomic_store(&data.policy.cookies, &secrets);
    atexit(release);
    atomic_store(&store_hosted(data.store, STALE_ZONE)->zone->fresh_sec, FUZZ_NOW_SEC / 2);
    return 0;
}

/*
 * What there is no room for must be missed aloud, but to ANY some RRsets are an answer as well. A chain cut
 * off may end in another RCODE.
 */
static void compare(const struct fuzz_reply *full, const struct fuzz_reply *small, bool any)
{
    const struct strict_reply *a = &full->strict, *b = &small->strict;
    bool enough = any && b->counts[0] > 0;

    if (b->flags & FLAG_TC) {
        return;
    }
    if (a->rcode != b->rcode || a->ede != b->ede || a->flags != b->flags ||
        (a->counts[0] != b->counts[0] && !enough) || a->counts[1] != b->counts[1]) {
        fuzz_fail("without TC, but not the same as over TCP");
    }
}

static void ask(const uint8_t *message, size_t len, size_t cap, bool tcp, struct fuzz_reply *full)
{
    struct fuzz_question question = {.store = data.store,
                                     .policy = &data.policy,
                                     .message = message,
                                     .len = len,
                                     .cap = cap,
                                     .tcp = tcp,
                                     .truncate = cap == FUZZ_CAP_MIN,
                                     .prepare = cap % 2 == 0};
    struct fuzz_reply reply;

    fuzz_ask(&question, &reply);
    bool any = reply.query.question_len > 0 && reply.query.qtype == TYPE_ANY;
    /* ANY is answered in another way over UDP. */
    if (full->octets != NULL && (tcp || !any)) {
        compare(full, &reply, any);
    }
    free(reply.octets);
}

int LLVMFuzzerTestOneInput(const uint8_t *message, size_t len)
{
    struct fuzz_reply full;
    struct fuzz_question question = {.store = data.store,
                                     .policy = &data.policy,
                                     .message = message,
                                     .len = len,
                                     .cap = DNS_MESSAGE_MAX,
                                     .tcp = true};
    if (len > DNS_MESSAGE_MAX) {
        return 0;
    }
    /* What is off by default is on for every other id. */
    data.policy.wildcard_recursion = len > 1 && message[1] % 2 == 1 ? -1 : 0;
    fuzz_ask(&question, &full);
    /* One capacity of many, chosen by the id; where a record ends matters most, so near FULL's too. */
    size_t odd = len < 2 ? 0 : (size_t)message[0] << 4 | message[1] >> 4;
    size_t near = full.len > FUZZ_CAP_MIN + odd % 64 ? full.len - odd % 64 : FUZZ_CAP_MIN;
    ask(message, len, 512, false, &full);
    ask(message, len, 1232, false, &full);
    ask(message, len, 4096, false, &full);
    ask(message, len, FUZZ_CAP_MIN + odd, false, &full);
    ask(message, len, FUZZ_CAP_MIN + odd * 4, true, &full);
    ask(message, len, near, true, &full);
    free(full.octets);
    return 0;
}

/* --- the mutator: half of the time a sound question for a name that is there, or nearly --- */

static size_t put_question(uint8_t *out, struct random *random)
{
    static const uint16_t types[] = {
        TYPE_A,   TYPE_NS, TYPE_CNAME, TYPE_SOA,   TYPE_PTR,   TYPE_MX,    TYPE_TXT,   TYPE_AAAA,
        TYPE_SRV, TYPE_DS, TYPE_ANY,   TYPE_DNAME, TYPE_NAPTR, TYPE_HTTPS, TYPE_ALIAS, TYPE_AXFR};
    static const uint8_t labels[][8] = {"", "\1x", "\1*", "\3www", "\1a\1b", "\1*\1*", "\2ns"};
    static const uint8_t opt[] = {0, 0, 41, 4, 208, 0, 0, 128, 0, 0, 4, 0, 3, 0, 0};
    const struct name *name = &names[random_below(random, name_count)];
    const uint8_t *prefix = labels[random_below(random, ARRAY_LEN(labels))];
    uint16_t type = types[random_below(random, ARRAY_LEN(types))];
    size_t skip = 0, at = DNS_HEADER_LEN, prefix_len = strlen((const char *)prefix);
    uint32_t dice = (uint32_t)(random_next(random) >> 32);

    memset(out, 0, DNS_HEADER_LEN);
    out[0] = (uint8_t)dice;
    out[1] = (uint8_t)(dice >> 8);
    out[5] = 1;
    if ((dice & 0x30000) == 0 && name->octets[0] != 0) {
        skip = 1u + name->octets[0];
    }
    if (prefix_len + name->len - skip > DNS_NAME_MAX) {
        prefix_len = 0;
    }
    memcpy(out + at, prefix, prefix_len);
    memcpy(out + at + prefix_len, name->octets + skip, name->len - skip);
    at += prefix_len + name->len - skip;
    memcpy(out + at, (uint8_t[4]){(uint8_t)(type >> 8), (uint8_t)type, 0, 1}, 4);
    at += 4;
    if (dice & 0x40000) {
        memcpy(out + at, opt, sizeof opt);
        out[11] = 1;
        at += sizeof opt;
    }
    return at;
}

size_t LLVMFuzzerCustomMutator(uint8_t *message, size_t len, size_t cap, unsigned seed)
{
    struct random random = {seed};
    if (seed % 2 == 0 && cap >= FUZZ_CAP_MIN) {
        len = put_question(message, &random);
        if (seed % 4 == 0) {
            return len;
        }
    }
    return LLVMFuzzerMutate(message, len, cap);
}

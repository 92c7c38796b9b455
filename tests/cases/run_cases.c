/*
 * Runs text files of zone data, questions and expected replies straight through load's decoding, zone,
 * store and answer: no socket, no SQL. `run_cases FILE...` prints each question that was answered
 * otherwise with file:line, what was expected and what came; exit 1 when there was one.
 *
 * A file is read from top to bottom; # begins a comment line.
 *
 *   option NAME VALUE        ignore-minimum yes|no, edns-udp-size N, nsid TEXT|-, alias-aaaa yes|no,
 *                            wildcard-recursion N,
 *                            complete yes|no (was the origin list read?)
 *   new                      forget all zones, rows and options
 *   soa ID ORIGIN NS MBOX SERIAL REFRESH RETRY EXPIRE MINIMUM TTL       NS, MBOX: - = empty
 *   rr ID ZONE NAME TYPE AUX TTL DATA...      NAME - = empty; DATA is the rest of the line, as in SQL
 *   badrr ...                the same, for a row that must be left out
 *   rrs COUNT ID ...         COUNT rows from this one: %d in NAME and DATA is 0, 1, 2 ...; %h and %l
 *                            are its high and low octet
 *   unloaded ID, loaded ID   zones known by their origin only
 *
 *   query [WORD...] NAME TYPE [CLASS]
 *   raw [WORD...] HEX        a message as it stands, octets in any grouping
 *       words: tcp, rd, cd, edns=SIZE, do, version=N (of EDNS), nsid, opcode=N, notready (the late zone does
 *       not come), looked-up (names that must be, before the origin list is there, are), exact (names are compared with their case), ordered (answers in this order)
 *
 * then, indented, what is expected:
 *
 *     RCODE [aa] [tc]                       or: drop, or: late ID, or: late NAME
 *     answer|authority|additional NAME TTL TYPE RDATA...        any order; all there is, unless
 *     count SECTION N                       says how many there are: then the lines are some of them
 *     ede N, nsid TEXT, edns SIZE, noedns, size<=N, question no (not echoed)
 *
 * Records are compared in ldns's normal form. Every reply also passes the strict walk of
 * strict_walk.h, and every question is asked again with less and less room: what does not fit must
 * be left out by whole RRsets, with TC.
 */
#include <ctype.h>
#include <ldns/ldns.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "answer/answer.h"
#include "base/alloc.h"
#include "base/quiesce.h"
#include "dns/rrtype.h"
#include "tests/cases/case_data.h"
#include "tests/cases/strict_walk.h"

enum { MAX_WORDS = 400, MAX_LINES_EXPECTED = 400, UDP_CAP = 4096 };

/* What a question is and what it should give. */
struct test {
    unsigned line;
    uint8_t message[DNS_MESSAGE_MAX];
    size_t len;
    bool tcp, exact, ordered, notready, looked_up, raw, edns, any;
    char *expected[3][MAX_LINES_EXPECTED]; /* normal form */
    unsigned expected_count[3];
    int count[3]; /* -1 = as many as lines */
    char status[64], nsid[128];
    int ede, edns_size, max_size;
    bool question;
};

static unsigned failed, asked;

static const char *const sections[] = {"answer", "authority", "additional"};

/* --- messages --- */

static size_t put16(uint8_t *at, unsigned value16)
{
    at[0] = (uint8_t)(value16 >> 8);
    at[1] = (uint8_t)value16;
    return 2;
}

static unsigned class_of(const char *text)
{
    static const struct {
        const char *text;
        unsigned number;
    } known[] = {{"IN", CLASS_IN}, {"CH", CLASS_CH}, {"ANY", CLASS_ANY}, {"NONE", CLASS_NONE}};
    for (size_t i = 0; i < ARRAY_LEN(known); i++) {
        if (strcmp(text, known[i].text) == 0) {
            return known[i].number;
        }
    }
    return number(text);
}

static void make_query(struct test *test, char **words, unsigned count, unsigned flags,
                       unsigned size, unsigned version, bool dnssec_ok, bool nsid)
{
    struct name name;
    uint8_t *at = test->message;

    if (count < 2 || count > 3) {
        broken("query", "NAME TYPE [CLASS] expected");
    }
    const char *wrong = name_from_text(&name, words[0], strlen(words[0]), NULL);
    unsigned type = rrtype_from_text(words[1], strlen(words[1]));
    if (wrong != NULL) {
        broken(words[0], wrong);
    }
    if (type == 0 && strcmp(words[1], "TYPE0") != 0) {
        broken("no type", words[1]);
    }
    test->any = type == TYPE_ANY;
    memset(at, 0, DNS_HEADER_LEN);
    put16(at, 0x1234);
    put16(at + 2, flags);
    put16(at + 4, 1);
    put16(at + 10, test->edns);
    at += DNS_HEADER_LEN;
    memcpy(at, name.octets, name.len);
    at += name.len;
    at += put16(at, type);
    at += put16(at, count == 3 ? class_of(words[2]) : CLASS_IN);
    if (test->edns) {
        *at++ = 0;
        at += put16(at, TYPE_OPT);
        at += put16(at, size);
        at += put16(at, version);
        at += put16(at, dnssec_ok ? 0x8000 : 0);
        at += put16(at, nsid ? 4 : 0);
        if (nsid) {
            at += put16(at, EDNS_NSID);
            at += put16(at, 0);
        }
    }
    test->len = (size_t)(at - test->message);
}

static void read_hex(struct test *test, char **words, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        for (const char *p = words[i]; *p != '\0'; p += 2) {
            unsigned octet;
            if (sscanf(p, "%2x", &octet) != 1 || p[1] == '\0') {
                broken("not hexadecimal", words[i]);
            }
            test->message[test->len++] = (uint8_t)octet;
        }
    }
}

static void begin_test(struct test *test, char **words, unsigned count)
{
    unsigned at = 1, flags = 0, size = 0, version = 0;
    bool dnssec_ok = false, nsid = false;

    *test = (struct test){.line = data.line,
                          .count = {-1, -1, -1},
                          .ede = EDE_NONE,
                          .edns_size = -1,
                          .max_size = -1,
                          .question = true};
    test->raw = strcmp(words[0], "raw") == 0;
    for (; at < count; at++) {
        const char *word = words[at];
        unsigned n;
        if (strcmp(word, "tcp") == 0) {
            test->tcp = true;
        } else if (strcmp(word, "rd") == 0) {
            flags |= FLAG_RD;
        } else if (strcmp(word, "cd") == 0) {
            flags |= FLAG_CD | FLAG_AD;
        } else if (strcmp(word, "do") == 0) {
            dnssec_ok = true;
        } else if (strcmp(word, "nsid") == 0) {
            nsid = true;
        } else if (strcmp(word, "exact") == 0) {
            test->exact = true;
        } else if (strcmp(word, "ordered") == 0) {
            test->ordered = true;
        } else if (strcmp(word, "notready") == 0) {
            test->notready = true;
        } else if (strcmp(word, "looked-up") == 0) {
            test->looked_up = true;
        } else if (sscanf(word, "edns=%u", &n) == 1) {
            test->edns = true;
            size = n;
        } else if (sscanf(word, "version=%u", &n) == 1) {
            version = n;
        } else if (sscanf(word, "opcode=%u", &n) == 1) {
            flags |= n << 11;
        } else {
            break;
        }
    }
    if (test->raw) {
        read_hex(test, words + at, count - at);
    } else {
        make_query(test, words + at, count - at, flags, size, version, dnssec_ok, nsid);
    }
}

/* --- expectations --- */

static char *normal_form(ldns_rr *rr, bool exact)
{
    if (!exact) {
        ldns_rr2canonical(rr);
        ldns_dname2canonical(ldns_rr_owner(rr));
        for (size_t i = 0; i < ldns_rr_rd_count(rr); i++) {
            if (ldns_rdf_get_type(ldns_rr_rdf(rr, i)) == LDNS_RDF_TYPE_DNAME) {
                ldns_dname2canonical(ldns_rr_rdf(rr, i));
            }
        }
    }
    char *text = ldns_rr2str(rr);
    text[strcspn(text, "\n")] = '\0';
    return text;
}

static void expect_record(struct test *test, unsigned section, const char *rest)
{
    char name[NAME_TEXT_SIZE], ttl[16];
    int used = 0;
    ldns_rr *rr = NULL;

    if (sscanf(rest, "%1020s %15s %n", name, ttl, &used) < 2 || used == 0) {
        broken("record expected", rest);
    }
    char *text = alloc_printf("%s %s IN %s", name, ttl, rest + used);
    if (ldns_rr_new_frm_str(&rr, text, 0, NULL, NULL) != LDNS_STATUS_OK) {
        broken("ldns does not read", text);
    }
    free(text);
    if (test->expected_count[section] == MAX_LINES_EXPECTED) {
        broken("too many lines", rest);
    }
    test->expected[section][test->expected_count[section]++] = normal_form(rr, test->exact);
    ldns_rr_free(rr);
}

static void expect(struct test *test, char *line)
{
    char section[16];
    int used = 0;

    line += strspn(line, " \t");
    for (unsigned i = 0; i < 3; i++) {
        size_t len = strlen(sections[i]);
        if (strncmp(line, sections[i], len) == 0 && isspace((unsigned char)line[len])) {
            expect_record(test, i, line + len);
            return;
        }
    }
    int n;
    if (sscanf(line, "count %15s %d", section, &n) == 2) {
        for (unsigned i = 0; i < 3; i++) {
            if (strcmp(section, sections[i]) == 0) {
                test->count[i] = n;
            }
        }
    } else if (sscanf(line, "ede %d", &n) == 1) {
        test->ede = n;
    } else if (sscanf(line, "edns %d", &n) == 1) {
        test->edns_size = n;
    } else if (sscanf(line, "size<=%d", &n) == 1) {
        test->max_size = n;
    } else if (sscanf(line, "nsid %n", &used) == 0 && used > 0) {
        snprintf(test->nsid, sizeof test->nsid, "%s", line + used);
    } else if (strcmp(line, "noedns") == 0) {
        test->edns = false; /* of a message refused before its OPT was read */
    } else if (strcmp(line, "question no") == 0) {
        test->question = false;
    } else if (test->status[0] == '\0') {
        snprintf(test->status, sizeof test->status, "%s", line);
    } else {
        broken("what is this?", line);
    }
}

/* --- asking --- */

/* One way through answer/: as a batch of its own, or without what was found for it. */
static enum answer_outcome ask_once(const struct test *test, struct answer *answer, bool prepare,
                                    struct random random, uint8_t *buffer, size_t cap)
{
    struct answerer answerer = {
        .store = data.store, .policy = &data.policy, .random = random, .now_sec = 1000};

    answer_parse(answer, test->message, test->len);
    answer_prepare(answer, 1, &answerer);
    if (!prepare) {
        answer->hint = (struct answer_hint){0};
    }
    memcpy(buffer, test->message, test->len < cap ? test->len : cap);
    enum answer_outcome outcome = answer_write(answer, &answerer, buffer, cap, test->tcp);
    while (outcome == ANSWER_LATE && answer->late_key != 0 && test->looked_up) {
        store_note_looked_up(data.store, answer->late_key);
        memcpy(buffer, test->message, test->len < cap ? test->len : cap);
        outcome = answer_write(answer, &answerer, buffer, cap, test->tcp);
    }
    if (outcome == ANSWER_LATE && test->notready) {
        answer_not_ready(answer, &answerer, buffer, cap, test->tcp);
        outcome = ANSWER_REPLY;
    }
    return outcome;
}

/* The reply in BUFFER (of CAP octets, *LEN used), or in words what came instead of one. */
static const char *ask(const struct test *test, uint8_t *buffer, size_t cap, size_t *len)
{
    static struct answer answer, unprepared;
    static char late[NAME_TEXT_SIZE + 8];
    uint8_t *other = alloc_new(cap);
    struct random random;

    random_seed(&random);
    enum answer_outcome outcome = ask_once(test, &answer, true, random, buffer, cap);
    bool same = ask_once(test, &unprepared, false, random, other, cap) == outcome &&
                (outcome != ANSWER_REPLY || (unprepared.reply_len == answer.reply_len &&
                                             memcmp(buffer, other, answer.reply_len) == 0));
    free(other);
    if (!same) {
        return "another reply when prepared";
    }
    *len = answer.reply_len;
    switch (outcome) {
    case ANSWER_NOTHING:
        return "drop";
    case ANSWER_LATE:
        if (answer.late_key != 0) {
            char name[NAME_TEXT_SIZE];
            snprintf(late, sizeof late, "late %s", name_to_text(name, answer.late_name.octets));
        } else {
            snprintf(late, sizeof late, "late %u", answer.late_zone);
        }
        return late;
    default:
        return NULL;
    }
}

static void complain(const struct test *test, const char *format, const char *expected,
                     const char *got)
{
    printf("%s:%u: ", data.file, test->line);
    printf("%s\n    expected: %s\n    got:      %s\n", format, expected, got);
}

static bool compare_section(const struct test *test, unsigned section, ldns_rr_list *list)
{
    unsigned count = (unsigned)ldns_rr_list_rr_count(list), matched = 0;
    bool *used = alloc_zero(count + 1u, sizeof *used), good = true;
    char **got = alloc_zero(count + 1u, sizeof *got);

    for (unsigned i = 0; i < count; i++) {
        got[i] = normal_form(ldns_rr_list_rr(list, i), test->exact);
    }
    for (unsigned e = 0; e < test->expected_count[section]; e++) {
        unsigned i = test->ordered ? e : 0, end = test->ordered ? e + 1 : count;
        while (i < end && i < count &&
               (used[i] || strcmp(got[i], test->expected[section][e]) != 0)) {
            i++;
        }
        if (i < end && i < count) {
            used[i] = true;
            matched++;
        } else {
            complain(test, sections[section], test->expected[section][e], "(not there)");
            good = false;
        }
    }
    if (test->count[section] >= 0) {
        if (count != (unsigned)test->count[section]) {
            char a[16], b[16];
            snprintf(a, sizeof a, "%d", test->count[section]);
            snprintf(b, sizeof b, "%u", count);
            complain(test, sections[section], a, b);
            good = false;
        }
    } else if (matched < count) {
        for (unsigned i = 0; i < count; i++) {
            if (!used[i]) {
                complain(test, sections[section], "(nothing)", got[i]);
            }
        }
        good = false;
    }
    for (unsigned i = 0; i < count; i++) {
        free(got[i]);
    }
    free(got);
    free(used);
    return good;
}

static bool compare_numbers(const struct test *test, const struct strict_reply *reply, size_t len)
{
    char expected[192], got[192];
    bool edns = test->raw ? reply->edns : test->edns;
    int edns_size = test->edns_size >= 0 ? test->edns_size : (int)reply->edns_size;

    snprintf(expected, sizeof expected, "ede %d, edns %d of %d, nsid '%.100s'", test->ede, edns,
             edns_size, test->nsid);
    snprintf(got, sizeof got, "ede %d, edns %d of %d, nsid '%.100s'", reply->ede, reply->edns,
             (int)reply->edns_size, reply->nsid);
    if (strcmp(expected, got) != 0) {
        complain(test, "OPT", expected, got);
        return false;
    }
    if (test->max_size >= 0 && len > (size_t)test->max_size) {
        complain(test, "size", "less", "more");
        return false;
    }
    return true;
}

static bool compare_reply(const struct test *test, const struct strict_reply *reply,
                          const uint8_t *octets, size_t len)
{
    char status[64];
    bool good = compare_numbers(test, reply, len);
    ldns_pkt *packet = NULL;

    strict_status_text(status, sizeof status, reply);
    if (strcmp(status, test->status) != 0) {
        complain(test, "status", test->status, status);
        good = false;
    }
    if (ldns_wire2pkt(&packet, octets, len) != LDNS_STATUS_OK) {
        complain(test, "ldns", "a message", "cannot read it");
        return false;
    }
    good &= compare_section(test, 0, ldns_pkt_answer(packet));
    good &= compare_section(test, 1, ldns_pkt_authority(packet));
    good &= compare_section(test, 2, ldns_pkt_additional(packet));
    ldns_pkt_free(packet);
    return good;
}

/* The same question with room for ROOM octets: what is there is whole, what is missing shows TC. */
static bool ask_in_little_room(const struct test *test, size_t room,
                               const struct strict_reply *full)
{
    struct test again = {.line = test->line, .tcp = true, .len = test->len};
    memcpy(again.message, test->message, test->len);
    uint8_t *buffer = alloc_new(room);
    size_t len = 0;
    struct strict_reply reply;
    const char *wrong = ask(&again, buffer, room, &len) == NULL && len <= room
                            ? strict_walk(&reply, buffer, len, test->message, test->len, true)
                            : "no reply, or one past the end";
    if (wrong == NULL && !(reply.flags & FLAG_TC) &&
        !(test->any && reply.counts[0] > 0) && /* RFC 8482, 4.1 */
        (reply.counts[0] != full->counts[0] || reply.counts[1] != full->counts[1])) {
        wrong = "records are missing without TC";
    }
    if (wrong != NULL) {
        char text[32];
        snprintf(text, sizeof text, "in %zu octets", room);
        complain(test, "little room", text, wrong);
    }
    free(buffer);
    return wrong == NULL;
}

static bool ask_in_all_sizes(const struct test *test)
{
    static uint8_t octets[DNS_MESSAGE_MAX];
    struct test full = {.line = test->line, .tcp = true, .len = test->len};
    struct strict_reply reply;
    size_t len;

    memcpy(full.message, test->message, test->len);
    if (ask(&full, octets, sizeof octets, &len) != NULL) {
        return true;
    }
    const char *wrong = strict_walk(&reply, octets, len, test->message, test->len, true);
    if (wrong != NULL) {
        complain(test, "by TCP", "a sound message", wrong);
        return false;
    }
    size_t step = len < 1500 ? 1 : len / 50;
    bool good = true;
    for (size_t room = test->len + 64; room < len && good; room += step) {
        good = ask_in_little_room(test, room, &reply);
    }
    return good;
}

static void end_test(struct test *test)
{
    size_t cap = test->tcp ? DNS_MESSAGE_MAX : UDP_CAP, len = 0;
    uint8_t *octets = alloc_new(cap);
    struct strict_reply reply;

    if (test->line == 0) {
        free(octets);
        return;
    }
    if (data.dirty) {
        case_data_load();
    }
    asked++;
    const char *instead = ask(test, octets, cap, &len);
    bool good = true;
    if (instead != NULL) {
        good = strcmp(instead, test->status) == 0;
        if (!good) {
            complain(test, "outcome", test->status, instead);
        }
    } else {
        const char *wrong =
            strict_walk(&reply, octets, len, test->message, test->len, test->question);
        if (wrong != NULL) {
            complain(test, "strict walk", "a sound message", wrong);
            good = false;
        } else {
            good = compare_reply(test, &reply, octets, len);
            good = good && (test->raw || test->notready || ask_in_all_sizes(test));
        }
    }
    failed += !good;
    for (unsigned s = 0; s < 3; s++) {
        for (unsigned i = 0; i < test->expected_count[s]; i++) {
            free(test->expected[s][i]);
        }
    }
    test->line = 0;
    free(octets);
}

/* --- the file --- */

/* The first words of a line; those past the last that fits matter to nobody. */
static unsigned split(char *line, char **words)
{
    unsigned count = 0;
    char *save, *word = strtok_r(line, " \t", &save);
    for (; word != NULL && count < MAX_WORDS; word = strtok_r(NULL, " \t", &save)) {
        words[count++] = word;
    }
    return count;
}

static void read_statement(struct test *test, char *line)
{
    char *words[MAX_WORDS], *copy = alloc_string(line), *rest = line + strcspn(line, " \t");
    unsigned count = split(copy, words);

    rest += strspn(rest, " \t");
    if (strcmp(words[0], "query") == 0 || strcmp(words[0], "raw") == 0) {
        begin_test(test, words, count);
    } else if (!case_data_statement(words, count, rest)) {
        broken("what is this?", line);
    }
    free(copy);
}

static void run_file(const char *path)
{
    static struct test test; /* the one whose expectations are being read; line 0 = none */
    char *line = NULL;
    size_t cap = 0;
    FILE *file = fopen(path, "r");

    data.file = path;
    data.line = 0;
    case_data_forget();
    if (file == NULL) {
        broken("cannot open", path);
    }
    while (getline(&line, &cap, file) >= 0) {
        data.line++;
        line[strcspn(line, "\n")] = '\0';
        if (line[strspn(line, " \t")] == '\0' || line[strspn(line, " \t")] == '#') {
            continue;
        }
        if (line[0] == ' ' || line[0] == '\t') {
            expect(&test, line);
            continue;
        }
        unsigned here = data.line;
        end_test(&test);
        data.line = here;
        read_statement(&test, line);
    }
    end_test(&test);
    free(line);
    fclose(file);
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        run_file(argv[i]);
    }
    case_data_forget();
    store_free(data.store);
    quiesce_collect();
    printf("%u questions, %u answered wrongly\n", asked, failed);
    return failed > 0 || asked == 0;
}

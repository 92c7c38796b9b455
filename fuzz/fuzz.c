#include "fuzz/fuzz.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "answer/cookie.h"
#include "base/alloc.h"

/* LeakSanitizer's: ldns 1.8 forgets a few octets of some texts that it refuses (CERT "0 x y"). */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_options(void);

const char *__lsan_default_suppressions(void)
{
    return "leak:libldns.so\n";
}

const char *__lsan_default_options(void)
{
    return "print_suppressions=0";
}

void fuzz_fail(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fputs("broken: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    abort();
}

uint8_t *fuzz_exact(const void *data, size_t len)
{
    uint8_t *copy = malloc(len == 0 ? 1 : len);
    if (len > 0) {
        memcpy(copy, data, len);
    }
    return copy;
}

static unsigned get16(const uint8_t *at)
{
    return (unsigned)at[0] << 8 | at[1];
}

/* Octets of the one question of MESSAGE, found without the parser under test; 0 = there is none. */
static size_t question_octets(const uint8_t *message, size_t len)
{
    size_t at = DNS_HEADER_LEN, name = 0;
    while (at < len && message[at] != 0) {
        if (message[at] > DNS_LABEL_MAX) {
            return 0;
        }
        name += 1u + message[at];
        at += 1u + message[at];
    }
    return at >= len || name + 1 > DNS_NAME_MAX || len - at < 5 ? 0 : name + 5;
}

static size_t size_limit(const struct fuzz_question *question, const struct fuzz_reply *reply)
{
    size_t limit = DNS_MESSAGE_MAX;
    if (!question->tcp) {
        limit = DNS_UDP_CLASSIC;
        if (reply->strict.edns && reply->query.edns_size > limit) {
            size_t ours = question->policy->reply.edns_udp_size;
            limit = reply->query.edns_size < ours ? reply->query.edns_size : ours;
        }
    }
    return limit < question->cap ? limit : question->cap;
}

static void check_reply(const struct fuzz_question *question, struct fuzz_reply *reply)
{
    const uint8_t *message = question->message;

    if (question->len < DNS_HEADER_LEN || (message[2] & 0x80)) {
        fuzz_fail("a reply to what is no query");
    }
    if (reply->len < DNS_HEADER_LEN || reply->len > question->cap) {
        fuzz_fail("%zu octets in a buffer of %zu", reply->len, question->cap);
    }
    unsigned echoed = get16(reply->octets + 4);
    if (get16(message + 4) == 1 && question_octets(message, question->len) > 0 && echoed != 1) {
        fuzz_fail("the question is not echoed");
    }
    const char *wrong =
        strict_walk(&reply->strict, reply->octets, reply->len, message, question->len, echoed == 1);
    if (wrong != NULL) {
        fuzz_fail("%s", wrong);
    }
    if (reply->octets[3] & 0xf0) {
        fuzz_fail("RA, Z, AD or CD");
    }
    if (reply->strict.edns != reply->query.edns) {
        fuzz_fail("OPT in one of question and reply only");
    }
    if (reply->len > size_limit(question, reply)) {
        fuzz_fail("%zu octets, %zu allowed", reply->len, size_limit(question, reply));
    }
}

/* The reply once more, cut down to what RRL sends ("slip"). */
static void check_truncated(struct answer *answer, const struct answerer *answerer,
                            const struct fuzz_question *question, const struct fuzz_reply *reply)
{
    struct fuzz_reply cut = {.octets = malloc(question->cap), .query = reply->query};

    memcpy(cut.octets, reply->octets, reply->len);
    answer_truncate(answer, answerer, cut.octets, question->cap);
    cut.len = answer->reply_len;
    check_reply(question, &cut);
    if (cut.strict.counts[0] + cut.strict.counts[1] + cut.strict.counts[2] != 0 ||
        !(cut.strict.flags & FLAG_TC)) {
        fuzz_fail("truncated, but with records or without TC");
    }
    free(cut.octets);
}

static void ask_late(struct answer *first, struct answerer *answerer, uint8_t *octets,
                     const struct fuzz_question *question)
{
    static struct answer again;
    size_t kept = DNS_HEADER_LEN + (size_t)first->query.question_len;

    memset(octets + kept, 0xa5, question->cap - kept);
    again = (struct answer){
        .query = first->query, .parsed = first->parsed, .late_stale = first->late_stale};
    if (answer_write(&again, answerer, octets, question->cap, question->tcp) == ANSWER_LATE) {
        answer_not_ready(&again, answerer, octets, question->cap, question->tcp);
    }
    *first = again;
}

void fuzz_ask(const struct fuzz_question *question, struct fuzz_reply *reply)
{
    static struct answer answer;
    struct answerer answerer = {.store = question->store,
                                .policy = question->policy,
                                .random = {1},
                                .now_sec = FUZZ_NOW_SEC};
    size_t room = question->len < question->cap ? question->len : question->cap;

    reply->octets = malloc(question->cap);
    memcpy(reply->octets, question->message, room);
    answer_parse(&answer, question->message, question->len);
    answer_cookie(&answer, &answerer, (const uint8_t[]){192, 0, 2, 1}, 4, FUZZ_UNIX_SEC);
    answer_prepare(&answer, 1, &answerer);
    if (!question->prepare) {
        answer.hint = (struct answer_hint){0};
    }
    reply->query = answer.query;
    reply->outcome = answer_write(&answer, &answerer, reply->octets, question->cap, question->tcp);
    if (reply->outcome == ANSWER_NOTHING) {
        if (question->len >= DNS_HEADER_LEN && !(question->message[2] & 0x80)) {
            fuzz_fail("no reply to a query");
        }
        free(reply->octets);
        reply->octets = NULL;
        reply->len = 0;
        return;
    }
    if (reply->outcome == ANSWER_LATE) {
        ask_late(&answer, &answerer, reply->octets, question);
    }
    reply->len = answer.reply_len;
    if (!question->unchecked) {
        check_reply(question, reply);
    }
    if (question->truncate) {
        check_truncated(&answer, &answerer, question, reply);
    }
}

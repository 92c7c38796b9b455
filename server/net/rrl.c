#include "net/rrl.h"

#include <sodium.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "conf/conf_prefix.h"

enum {
    SLOTS = 8, /* of a line */
    V4_PREFIX = 96 + 24,
    V6_PREFIX = 56,
    SECOND_US = 1000000,
    TIME_BITS = 44, /* of microseconds: half a year until times look alike again */
};
#define TIME_MASK ((UINT64_C(1) << TIME_BITS) - 1)

struct line {
    _Alignas(64) _Atomic uint64_t slot[SLOTS]; /* tag << TIME_BITS | paid until; 0 = free */
};

enum kind { KIND_DATA, KIND_NOTHING, KIND_ERROR, KIND_ALL, KIND_COUNT };

struct rrl {
    struct line *lines;
    uint64_t mask;                 /* of a line's number */
    uint32_t interval[KIND_COUNT]; /* microseconds that a reply costs; 0 = not limited */
    unsigned slip;
    size_t exempt_count;
    struct conf_prefix *exempt;
    uint8_t key[crypto_shorthash_KEYBYTES];
};

/* What a counter is for. Hashed as it stands, so without gaps. */
struct subject {
    uint64_t name; /* hash of it; 0 = none */
    uint64_t kind;
    uint8_t network[16];
};
_Static_assert(sizeof(struct subject) == 32, "no octets between");

/* --- the table --- */

/* Microseconds that the slot's replies are ahead of NOW; 0 = none, also when it is of long ago. */
static uint64_t ahead_of(uint64_t slot, uint64_t now)
{
    uint64_t ahead = (slot - now) & TIME_MASK;
    return ahead <= 2 * SECOND_US ? ahead : 0;
}

/* The slot of TAG, else the one to take over: free, or paid for longest. */
static unsigned find_slot(struct line *line, uint64_t tag, uint64_t now, uint64_t *value)
{
    unsigned best = 0;
    uint64_t best_ahead = UINT64_MAX;

    for (unsigned i = 0; i < SLOTS; i++) {
        uint64_t slot = atomic_load_explicit(&line->slot[i], memory_order_relaxed);
        if (slot >> TIME_BITS == tag) {
            *value = slot;
            return i;
        }
        if (ahead_of(slot, now) < best_ahead) {
            best = i;
            best_ahead = ahead_of(slot, now);
            *value = slot;
        }
    }
    return best;
}

/* Count one reply about SUBJECT. False: it is past the rate. */
static bool pay(struct rrl *rrl, const struct subject *subject, uint64_t now)
{
    uint64_t hash, slot = 0, interval = rrl->interval[subject->kind];

    if (interval == 0) {
        return true;
    }
    crypto_shorthash((uint8_t *)&hash, (const uint8_t *)subject, sizeof *subject, rrl->key);
    struct line *line = &rrl->lines[hash & rrl->mask];
    uint64_t tag = hash >> TIME_BITS | 1; /* never 0, so no free slot has it */
    unsigned i = find_slot(line, tag, now, &slot);
    uint64_t ahead = slot >> TIME_BITS == tag ? ahead_of(slot, now) : 0;
    if (ahead + interval > SECOND_US) {
        return false;
    }
    uint64_t next = tag << TIME_BITS | ((now + ahead + interval) & TIME_MASK);
    atomic_compare_exchange_strong_explicit(&line->slot[i], &slot, next, memory_order_relaxed,
                                            memory_order_relaxed);
    return true;
}

/* --- judging --- */

static void network_of(uint8_t network[16], const struct address *client)
{
    if (client->any.sa_family == AF_INET6) {
        memcpy(network, &client->v6.sin6_addr, 16);
    } else {
        memset(network, 0, 10);
        network[10] = network[11] = 0xff;
        memcpy(network + 12, &client->v4.sin_addr, 4);
    }
}

static bool is_exempt(const struct rrl *rrl, const uint8_t address[16])
{
    for (size_t i = 0; i < rrl->exempt_count; i++) {
        if (conf_prefix_holds(&rrl->exempt[i], address)) {
            return true;
        }
    }
    return false;
}

static enum kind kind_of(const struct answer *answer)
{
    const struct reply *reply = &answer->reply;

    if (answer->parsed != QUERY_OK) {
        return KIND_ERROR;
    }
    switch (reply->rcode) {
    case RCODE_NOERROR:
        /* A referral has no AA; an answer cut off has TC. For class ANY nothing has AA. */
        return reply->counts[SECTION_ANSWER] == 0 && !(reply->flags & FLAG_TC) &&
                       (reply->flags & FLAG_AA || answer->query.qclass == CLASS_ANY)
                   ? KIND_NOTHING
                   : KIND_DATA;
    case RCODE_NXDOMAIN:
        return KIND_NOTHING;
    default:
        return KIND_ERROR;
    }
}

enum rrl_verdict rrl_judge(struct rrl *rrl, const struct answer *answer,
                           const struct address *client, struct instant now, struct random *random)
{
    const struct lookup_name *name = &answer->query.qname;
    struct subject subject = {.kind = kind_of(answer)};
    enum kind kind = (enum kind)subject.kind;
    uint64_t now_us = (uint64_t)now.ns / 1000;

    if (answer->query.cookie_state == COOKIE_GOOD) {
        return RRL_SEND;
    }
    network_of(subject.network, client);
    if (is_exempt(rrl, subject.network)) {
        return RRL_SEND;
    }
    conf_prefix_mask(subject.network, client->any.sa_family == AF_INET6 ? V6_PREFIX : V4_PREFIX);
    if (kind != KIND_ERROR) {
        subject.name = name->suffix_hash[answer->deciding_labels];
    }
    bool paid = pay(rrl, &subject, now_us);
    subject.kind = KIND_ALL;
    subject.name = 0;
    if (paid && pay(rrl, &subject, now_us)) {
        return RRL_SEND;
    }
    if (rrl->slip == 0 || random_below(random, rrl->slip) != 0) {
        return RRL_DROP;
    }
    return kind == KIND_ERROR ? RRL_SEND : RRL_TRUNCATE;
}

/* --- life --- */

static uint32_t interval_of(unsigned rate)
{
    return rate == 0 ? 0 : SECOND_US / rate;
}

struct rrl *rrl_new(const struct conf *conf)
{
    uint64_t lines = 1;

    if (conf->rrl_rate == 0) {
        return NULL;
    }
    struct rrl *rrl = alloc_zero(1, sizeof *rrl);
    rrl->interval[KIND_DATA] = interval_of(conf->rrl_rate);
    rrl->interval[KIND_NOTHING] =
        interval_of(conf->rrl_nxdomain_rate ? conf->rrl_nxdomain_rate : conf->rrl_rate);
    rrl->interval[KIND_ERROR] =
        interval_of(conf->rrl_error_rate ? conf->rrl_error_rate : conf->rrl_rate);
    rrl->interval[KIND_ALL] = interval_of(conf->rrl_all_rate);
    rrl->slip = conf->rrl_slip;
    while (lines * SLOTS < conf->rrl_size) {
        lines *= 2;
    }
    rrl->mask = lines - 1;
    rrl->lines = alloc_aligned(64, lines * sizeof(struct line));
    memset(rrl->lines, 0, lines * sizeof(struct line));
    rrl->exempt = alloc_zero(conf->rrl_exempt.count + 1, sizeof *rrl->exempt);
    for (size_t i = 0; i < conf->rrl_exempt.count; i++) {
        if (conf_prefix_parse(conf->rrl_exempt.items[i], &rrl->exempt[i])) { /* conf checked it */
            rrl->exempt_count++;
        }
    }
    randombytes_buf(rrl->key, sizeof rrl->key);
    return rrl;
}

void rrl_free(struct rrl *rrl)
{
    if (rrl != NULL) {
        free(rrl->lines);
        free(rrl->exempt);
        free(rrl);
    }
}

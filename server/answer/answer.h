/*
 * From a question to its reply: RFC 1034 4.3.2 over the store, with the policy of RFC 2181, 2308,
 * 4592, 6672, 8482, 9471. Works on the caller's memory; no lock, no malloc, no system call. The
 * caller is inside quiesce. One struct answerer per thread.
 */
#pragma once

#include "base/random.h"
#include "dns/reply.h"
#include "store/store.h"

struct answer_policy {
    struct reply_policy reply;
    _Atomic uint32_t stale_limit_sec; /* may change any time; 0 = as soa.expire says */
    bool alias_aaaa;                  /* ALIAS answers AAAA as well as A */
    int wildcard_recursion;           /* hosted zones above to search for a wildcard; -1 = all */
    const struct chaos_texts *chaos;  /* answer/chaos.h; NULL = class CHAOS is refused */
    /* answer/cookie.h; NULL = no cookies. What was published stays until nobody answers any more. */
    _Atomic(const struct cookie_secrets *) cookies;
};

struct answerer {
    const struct store *store;
    const struct answer_policy *policy;
    struct random random;
    uint32_t now_sec;  /* instant_sec(), set by the caller once per batch */
    bool accept_stale; /* answer from zones past their age limit rather than wait for them */
};

enum answer_outcome {
    ANSWER_REPLY,   /* reply_len octets stand in the buffer */
    ANSWER_NOTHING, /* drop the message */
    /*
     * late_zone must be loaded (or late_name looked up) first; then answer_write() again, with a struct
     * answer whose query and parsed are copies of these and whose hint is all zero, and a buffer that
     * holds header and question (what stood behind them may be gone).
     */
    ANSWER_LATE,
};

/*
 * What answer_prepare found for answer_write, which believes it: so it is for the same batch, without a
 * quiescent state between. All zero where nothing was prepared.
 */
struct answer_hint {
    struct zone *zone;       /* that answers for qname; NULL = not known */
    const struct node *node; /* perhaps of qname; NULL = not known */
    uint32_t seq;            /* the zone's, before the next two were looked up */
    uint8_t labels;          /* of the zone's origin; while preparing */
    bool absent;             /* qname is no name of the zone */
    bool foreign;            /* no zone answers for qname, and all are known */
};

/* One message on its way. Large (2 KB): reuse it; nothing needs to be cleared. */
struct answer {
    struct answer_hint hint;
    struct reply reply;
    enum query_outcome parsed;
    struct query query;
    uint32_t late_zone; /* set with ANSWER_LATE: soa.id */
    /*
     * Set with ANSWER_LATE. Key not 0: not a zone, but a name (lower case) of which it is not known whether a
     * zone above it is hosted, since the origin list is not there yet; store_name_key() of it.
     */
    uint64_t late_key;
    struct name late_name;
    bool late_stale;    /* set with ANSWER_LATE: there is an old answer, see accept_stale */
    uint32_t reply_len; /* set with ANSWER_REPLY */
    /* Set with ANSWER_REPLY, when a zone answered: of the labels of the name asked, how many decided. All
     * of them; those of the cut, of the wildcard's parent; those of the zone for a negative answer. */
    uint8_t deciding_labels;
};

/* Step 1: read the message (LEN octets). */
void answer_parse(struct answer *answer, const uint8_t *message, size_t len) NONNULL;

/* Step 1b, only for messages with a cookie: answer_cookie() of answer/cookie.h. */

/*
 * Step 2, for a batch or one message, never left out: make the hashes of the names, look them up, and bring
 * what step 3 will touch into the cache.
 */
void answer_prepare(struct answer *answers, unsigned count,
                    const struct answerer *answerer) NONNULL;

/*
 * Step 3: write the reply over the message in OCTETS, at most CAP. TCP: the message came by TCP.
 */
NODISCARD enum answer_outcome answer_write(struct answer *answer, struct answerer *answerer,
                                           uint8_t *octets, size_t cap, bool tcp) NONNULL;

/*
 * After ANSWER_LATE, instead of waiting (any longer): the old answer where late_stale says there is
 * one, else SERVFAIL with EDE 14 (not ready). ANSWER as answer_write() left it.
 */
void answer_not_ready(struct answer *answer, struct answerer *answerer, uint8_t *octets, size_t cap,
                      bool tcp) NONNULL;

/*
 * Make the reply that answer_write() left in OCTETS one that says only TC: ask again by TCP.
 */
void answer_truncate(struct answer *answer, const struct answerer *answerer, uint8_t *octets,
                     size_t cap) NONNULL;

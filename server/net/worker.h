/*
 * What every thread that answers questions owns: its answerer, its place among the readers of the
 * store, its counters. Nothing in it is shared for writing.
 *
 *     worker_enter(worker);        once per batch: time, and the store may be looked at
 *     ... worker_parse, answer_prepare, answer_write ...
 *     worker_leave(worker);
 */
#pragma once

#include "answer/cookie.h"
#include "base/quiesce.h"
#include "net/counters.h"
#include "net/query_log.h"

struct late;

struct worker {
    struct counters counters;
    struct quiesce_reader reader;
    struct answerer answerer;
    struct instant now; /* of worker_enter() */
    struct late *late;  /* where questions for zones not yet loaded go */
    bool log_queries;
};

static inline void worker_init(struct worker *worker, const struct store *store,
                               const struct answer_policy *policy, struct late *late,
                               bool log_queries)
{
    worker->answerer.store = store;
    worker->answerer.policy = policy;
    random_seed(&worker->answerer.random);
    worker->late = late;
    worker->log_queries = log_queries;
    quiesce_reader_add(&worker->reader);
}

static inline void worker_release(struct worker *worker)
{
    quiesce_reader_remove(&worker->reader);
}

static inline void worker_enter(struct worker *worker)
{
    worker->now = clock_now();
    worker->answerer.now_sec = instant_sec(worker->now);
    quiesce_enter(&worker->reader);
}

static inline void worker_leave(struct worker *worker)
{
    quiesce_leave(&worker->reader);
}

void worker_cookie(struct worker *worker, struct answer *answer,
                   const struct address *client) NONNULL;

/* Read the message of LEN octets that CLIENT sent: answer_parse(), and its cookie if it has one. */
static inline void worker_parse(struct worker *worker, struct answer *answer,
                                const uint8_t *message, size_t len, const struct address *client)
{
    answer_parse(answer, message, len);
    if (UNLIKELY(answer->query.cookie_state == COOKIE_RECEIVED)) {
        worker_cookie(worker, answer, client);
    }
}

/* A reply is finished: count it, and log it if wanted. */
static inline void worker_note(struct worker *worker, const struct answer *answer,
                               const struct address *client, bool tcp)
{
    counters_note_reply(&worker->counters, answer);
    if (UNLIKELY(worker->log_queries)) {
        query_log(answer, client, tcp);
    }
}

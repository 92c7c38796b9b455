/*
 * A thread that answers questions on one UDP socket: it blocks in recvmmsg, answers the whole batch,
 * sends it, and never waits for anything else.
 */
#pragma once

#include "net/late.h"
#include "net/rrl.h"

struct udp;

struct udp_config {
    int socket; /* borrowed; no other thread reads from it */
    const struct store *store;
    const struct answer_policy *policy;
    struct late *late;
    /* The rate limit, NULL = none. Its owner may publish another; the old one is retired (quiesce.h). */
    _Atomic(struct rrl *) *rrl;
    bool log_queries;
};

/* Start the thread, with all signals blocked as in the caller. */
NODISCARD struct udp *udp_start(const struct udp_config *config) NONNULL;
const struct counters *udp_counters(const struct udp *udp) NONNULL;
/* Ask the thread to end. */
void udp_stop(struct udp *udp) NONNULL;
/* Wait until it has ended, and free. After udp_stop. */
void udp_join(struct udp *udp);

/*
 * The hot path. What bounds it is the kernel: 1.9 us per query for receiving and sending, against
 * 0.1 to 1 us of our own. So two system calls per batch and no others (the clock is read in user
 * space), no lock, no allocation, nothing written that another thread reads often.
 *
 *     recvmmsg, up to 32 messages, as many as are there        MSG_WAITFORONE: blocks for the first only
 *     pass 1: parse each
 *     pass 2: hash and look up, step by step for all           so that the cache misses overlap
 *     pass 3: write each reply over its query
 *     sendmmsg, all replies
 *
 * The kernel writes each client's address where the reply's destination is read from, so a reply
 * needs one length set and nothing copied.
 */
#include "net/udp.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>

#include "base/alloc.h"

enum {
    BATCH = 32, /* 16 is as good as 64; a few more keep up after a pause */
    /* No question is longer (a name, OPT, options); what is cut here is dropped. */
    QUERY_MAX = 4096,
};

struct udp {
    struct worker worker;
    struct udp_config config;
    pthread_t thread;
    _Atomic bool stop;
    size_t cap; /* of each buffer */
    uint8_t *buffers;
    struct mmsghdr in[BATCH], out[BATCH];
    struct iovec in_vec[BATCH], out_vec[BATCH];
    struct address client[BATCH];
    struct answer answer[BATCH];
};

/* --- a batch --- */

/* A reply is written. False: it is past the rate limit and not to be sent. */
static bool limit_reply(struct udp *udp, unsigned i, struct rrl *rrl)
{
    struct worker *worker = &udp->worker;
    struct answer *answer = &udp->answer[i];

    switch (rrl_judge(rrl, answer, &udp->client[i], worker->now, &worker->answerer.random)) {
    case RRL_SEND:
        break;
    case RRL_TRUNCATE:
        answer_truncate(answer, &worker->answerer, udp->in_vec[i].iov_base, udp->cap);
        counter_add(&worker->counters.slipped, 1);
        break;
    case RRL_DROP:
        counter_add(&worker->counters.limited, 1);
        return false;
    }
    return true;
}

/* False: no reply. */
static bool write_reply(struct udp *udp, unsigned i)
{
    struct answer *answer = &udp->answer[i];
    struct answerer *answerer = &udp->worker.answerer;
    uint8_t *octets = udp->in_vec[i].iov_base;

    switch (answer_write(answer, answerer, octets, udp->cap, false)) {
    case ANSWER_REPLY:
        return true;
    case ANSWER_NOTHING:
        counter_add(&udp->worker.counters.dropped, 1);
        return false;
    case ANSWER_LATE:
        break;
    }
    struct late_client client = {udp->config.socket, 0, udp->client[i]};
    counter_add(&udp->worker.counters.late, 1);
    if (late_park(udp->worker.late, answer, octets, &client)) {
        return false;
    }
    answer_not_ready(answer, answerer, octets, udp->cap, false);
    return true;
}

/* Answer COUNT messages received. Returns how many replies stand ready to be sent. */
static unsigned answer_batch(struct udp *udp, unsigned count)
{
    unsigned ready = 0;

    worker_enter(&udp->worker);
    struct rrl *rrl = atomic_load_explicit(udp->config.rrl, memory_order_seq_cst);
    for (unsigned i = 0; i < count; i++) {
        bool cut = (udp->in[i].msg_hdr.msg_flags & MSG_TRUNC) != 0;
        worker_parse(&udp->worker, &udp->answer[i], udp->in_vec[i].iov_base,
                     cut ? 0 : udp->in[i].msg_len, &udp->client[i]);
    }
    answer_prepare(udp->answer, count, &udp->worker.answerer);
    for (unsigned i = 0; i < count; i++) {
        udp->client[i].len = udp->in[i].msg_hdr.msg_namelen;
        if (!write_reply(udp, i) || (UNLIKELY(rrl != NULL) && !limit_reply(udp, i, rrl))) {
            continue;
        }
        worker_note(&udp->worker, &udp->answer[i], &udp->client[i], false);
        udp->out_vec[ready] = (struct iovec){udp->in_vec[i].iov_base, udp->answer[i].reply_len};
        udp->out[ready].msg_hdr.msg_name = &udp->client[i].any;
        udp->out[ready].msg_hdr.msg_namelen = udp->client[i].len;
        ready++;
    }
    worker_leave(&udp->worker);
    return ready;
}

static void send_batch(struct udp *udp, unsigned count)
{
    for (unsigned done = 0; done < count;) {
        int sent = sendmmsg(udp->config.socket, udp->out + done, count - done, 0);
        if (sent > 0) {
            done += (unsigned)sent;
        } else if (sent < 0 && errno != EINTR) {
            /* Unreachable, filtered, port 0: the client's trouble, or somebody's in its name. */
            counter_add(&udp->worker.counters.unsent, 1);
            done++;
        }
    }
}

static bool stopped(const struct udp *udp)
{
    return atomic_load_explicit(&udp->stop, memory_order_relaxed);
}

static void *run(void *context)
{
    struct udp *udp = context;
    unsigned used = BATCH;

    while (!stopped(udp)) {
        for (unsigned i = 0; i < used; i++) { /* the kernel wrote its lengths here */
            udp->in[i].msg_hdr.msg_namelen = sizeof udp->client[i].v6;
        }
        int count = recvmmsg(udp->config.socket, udp->in, BATCH, MSG_WAITFORONE, NULL);
        if (count <= 0) {
            used = BATCH;
            continue; /* errors of earlier replies (ICMP) or a signal */
        }
        if (stopped(udp)) {
            break; /* woken by udp_stop, which looks like an empty message */
        }
        used = (unsigned)count;
        counter_add(&udp->worker.counters.udp, used);
        send_batch(udp, answer_batch(udp, used));
    }
    return NULL;
}

/* --- life --- */

struct udp *udp_start(const struct udp_config *config)
{
    size_t size = config->policy->reply.edns_udp_size;
    struct udp *udp = alloc_aligned(64, sizeof *udp);

    memset(udp, 0, sizeof *udp);
    udp->config = *config;
    udp->cap = size > QUERY_MAX ? size : QUERY_MAX;
    /* An odd number of cache lines, or the buffers' beginnings would all fall into one set of them. */
    udp->cap = ((udp->cap + 63) / 64 | 1) * 64;
    udp->buffers = alloc_aligned(4096, BATCH * udp->cap);
    for (unsigned i = 0; i < BATCH; i++) {
        udp->in_vec[i] = (struct iovec){udp->buffers + i * udp->cap, QUERY_MAX};
        udp->in[i].msg_hdr.msg_name = &udp->client[i].any;
        udp->in[i].msg_hdr.msg_iov = &udp->in_vec[i];
        udp->in[i].msg_hdr.msg_iovlen = 1;
        udp->out[i].msg_hdr.msg_iov = &udp->out_vec[i];
        udp->out[i].msg_hdr.msg_iovlen = 1;
    }
    worker_init(&udp->worker, config->store, config->policy, config->late, config->log_queries);
    if (pthread_create(&udp->thread, NULL, run, udp) != 0) {
        abort(); /* out of threads or memory at start */
    }
    return udp;
}

const struct counters *udp_counters(const struct udp *udp)
{
    return &udp->worker.counters;
}

void udp_stop(struct udp *udp)
{
    atomic_store_explicit(&udp->stop, true, memory_order_relaxed);
    /* Linux answers ENOTCONN for a UDP socket and wakes its reader all the same, now and for every
     * later call, so there is no moment at which the reader could miss it. */
    (void)shutdown(udp->config.socket, SHUT_RDWR);
}

void udp_join(struct udp *udp)
{
    pthread_join(udp->thread, NULL);
    worker_release(&udp->worker);
    free(udp->buffers);
    free(udp);
}

/*
 * Response rate limiting: who forges a client's address to have our replies sent there gets few of
 * them. Replies by UDP are counted by the network they go to (IPv4 /24, IPv6 /56) and by what they
 * say:
 *
 *     data       answers and referrals    by the name that decided: itself, the cut, the wildcard
 *     nothing    NXDOMAIN, no data        by the zone, or the name that exists without the data
 *     errors     all other RCODEs         together
 *     all        every reply              together, if that is wanted
 *
 * Past its rate a reply is dropped, but for one in `slip`, which goes out as TC: a real client in the
 * same network then asks by TCP, where nobody can forge an address, and is served. Clients with a
 * cookie that is ours (answer/cookie.h) and exempt networks are never limited.
 *
 * One table for all threads, of fixed size, without locks: a slot is one 64-bit word that holds a part
 * of a keyed hash (SipHash, so that nobody prepares collisions) and the time up to which its replies
 * are paid for. A reply moves that time by 1/rate seconds; it may run a second ahead of the clock,
 * which is the burst allowed. A line of the cache has 8 slots: a new counter takes the one that is paid
 * for longest, so a flood of new counters displaces those that limit nothing. Changes are one relaxed
 * compare-and-swap; one that fails because another thread was faster is not repeated, so a race gives
 * away a reply at most. Shared, because the kernel spreads one client's sockets over all threads:
 * rates divided among threads would depend on its port numbers. What it costs is one cache line
 * that threads pass around while somebody is flooded; without `rrl-rate` one test of a pointer.
 *
 * Replies that waited for their zone to be loaded (net/late.h) are few by limits of their own and are
 * not counted here.
 */
#pragma once

#include "answer/answer.h"
#include "base/clock.h"
#include "base/random.h"
#include "conf/conf.h"
#include "net/address.h"

struct rrl;

enum rrl_verdict { RRL_SEND, RRL_TRUNCATE, RRL_DROP };

/* NULL: limiting is off in CONF, which is not referred to afterwards. */
NODISCARD struct rrl *rrl_new(const struct conf *conf) NONNULL;
void rrl_free(struct rrl *rrl);

/*
 * What to do with the reply in ANSWER to CLIENT at NOW, counted herewith. RRL_TRUNCATE asks for
 * answer_truncate(); errors cannot be truncated, of them one in `slip` is sent. Any thread; RANDOM is
 * the thread's own.
 */
NODISCARD enum rrl_verdict rrl_judge(struct rrl *rrl, const struct answer *answer,
                                     const struct address *client, struct instant now,
                                     struct random *random) NONNULL;

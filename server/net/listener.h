/*
 * The sockets questions come in by. Every address is bound singly, never the wildcard: a reply then
 * leaves from the address that was asked without IP_PKTINFO, which costs 1 to 3 % per query. One UDP
 * socket per thread shares the address by SO_REUSEPORT; the kernel spreads clients over them.
 *
 * Made while the process may still be root; nothing is read here.
 */
#pragma once

#include "conf/conf.h"
#include "net/address.h"

struct listener {
    struct address address;
    int *udp;           /* one for each thread */
    unsigned udp_count; /* as many are open */
    int tcp;            /* -1 = none */
};

struct listeners {
    struct listener *items;
    size_t count;
};

/*
 * Bind what CONF's listen, no-listen, port, threads and allow-tcp say; of threads fewer where there are very
 * many addresses. "0.0.0.0" and "::" are
 * the "*" of one family. Addresses found by these that cannot be bound are left out with a warning; any
 * other is fatal: false, with a sentence in ERR (capacity ERR_CAP).
 */
NODISCARD bool listeners_open(struct listeners *listeners, const struct conf *conf, char *err,
                              size_t err_cap) NONNULL;
void listeners_close(struct listeners *listeners) NONNULL;

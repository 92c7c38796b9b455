/*
 * DNS over TCP (RFC 7766) on the event loop: many connections, each read and written without ever
 * waiting. Questions are taken one after another from a connection, however their octets arrive;
 * replies leave in the order in which they are ready (6.2.1.1).
 *
 * Connections are limited in number, per client, in time and in what they hold. When the total is reached,
 * the one idle longest makes room for the new one: a client that holds connections open cannot lock others
 * out. Clients that ask and do not read leave some 260 KB with us, each of them; past TCP_HELD_MAX the one
 * that holds most is closed.
 */
#pragma once

#include "net/listener.h"
#include "net/worker.h"

#include <event2/event.h>

struct tcp;

enum { TCP_HELD_MAX = 32 << 20 };

struct tcp_limits {
    unsigned connections, per_client, idle_sec;
    unsigned queries; /* per connection; 0 = no limit */
    size_t held;      /* octets unanswered and unsent, of all connections */
};

/* All functions: event loop only. LISTENERS, WORKER (the event loop's own) are borrowed. */
NODISCARD struct tcp *tcp_new(struct event_base *base, struct worker *worker,
                              const struct listeners *listeners,
                              const struct tcp_limits *limits) NONNULL;
/* Close all connections and stop accepting. */
void tcp_free(struct tcp *tcp);
/* LIMITS are copied; connections beyond them live on until they end. Fewer connections are taken, with a
 * warning, when the process may not open as many files. */
void tcp_set_limits(struct tcp *tcp, const struct tcp_limits *limits) NONNULL;
/* A late reply to connection ID (struct late_client). Nothing happens when it has gone. */
void tcp_reply(struct tcp *tcp, uint64_t id, const uint8_t *octets, size_t len) NONNULL;
/* Once a second: close what was idle too long. */
void tcp_tick(struct tcp *tcp) NONNULL;
unsigned tcp_connections(const struct tcp *tcp) NONNULL;

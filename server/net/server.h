/*
 * All that answers: UDP threads, and the event loop with TCP, late answers and timers, which is the
 * thread that calls server_run().
 *
 *     server_new -> server_start_udp -> loader_start(server_loader_events) -> server_set_loader
 *     -> server_run ... server_break -> server_stop -> loader_stop -> server_free
 */
#pragma once

#include "conf/conf.h"
#include "load/loader.h"
#include "net/counters.h"
#include "net/listener.h"

#include <event2/event.h>

struct server;

struct server_config {
    const struct conf *conf; /* borrowed until server_free */
    struct store *store;     /* borrowed until server_free */
    const struct listeners *listeners;
    bool log_queries;
    uint64_t quit_after; /* server_run returns after so many questions; 0 = never */
    /* The origin list is complete. Called on the event loop, once. */
    void (*complete)(void *context);
    void *context;
};

NODISCARD struct server *server_new(const struct server_config *config) NONNULL;
void server_start_udp(struct server *server) NONNULL;
/* What the loader is to call; messages are kept until server_run. */
struct loader_events server_loader_events(struct server *server) NONNULL;
void server_set_loader(struct server *server, struct loader *loader) NONNULL;
/* For signals and timers of others. */
struct event_base *server_base(struct server *server) NONNULL;
/* Serve until server_break(). */
void server_run(struct server *server) NONNULL;
/* Event loop only. */
void server_break(struct server *server) NONNULL;
/* Close TCP, end and join the UDP threads. The loader may still call. */
void server_stop(struct server *server) NONNULL;
/* After loader_stop. */
void server_free(struct server *server);

/* New limits from CONF. Event loop only. */
void server_reconfigure(struct server *server, const struct conf *conf) NONNULL;
/* All threads' counters. SUMS is overwritten. Any thread between server_start_udp and server_stop;
 * the stopped threads' counts stay in. */
void server_sum(const struct server *server, struct counter_sums *sums) NONNULL;

struct server_gauges {
    uint32_t tcp_connections, late_waiting;
};
/* What there is now. Event loop only. */
void server_gauges(const struct server *server, struct server_gauges *gauges) NONNULL;

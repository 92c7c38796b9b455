/*
 * The pages by which the server is seen from outside: on the Unix socket for dnsadm status, and on
 * http-listen for monitoring.
 *
 *     /status    JSON (report/report.h); names of zones on the Unix socket, else with http-zone-names
 *     /metrics   Prometheus text
 *     /ready     200, or 503 and why
 */
#pragma once

#include "http/http_listener.h"
#include "run/collect.h"

#include <event2/event.h>

struct monitor;

/* COLLECT is copied, LISTENERS are borrowed until monitor_free. All functions: event loop only. */
NODISCARD struct monitor *monitor_new(struct event_base *base,
                                      const struct http_listeners *listeners,
                                      const struct collect *collect) NONNULL;
/* FEED (borrowed) is there from now on. */
void monitor_set_feed(struct monitor *monitor, struct feed *feed);
/* CONF (borrowed) counts from now on. */
void monitor_reconfigure(struct monitor *monitor, const struct conf *conf) NONNULL;
/* Before loader and feed end. */
void monitor_free(struct monitor *monitor);

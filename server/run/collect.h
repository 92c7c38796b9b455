/*
 * The server's state as a struct report, gathered from those who keep it. Nobody is held up: sums are
 * kept as they change, and each lock is taken for a moment, however many zones there are.
 */
#pragma once

#include "feed/feed.h"
#include "net/server.h"
#include "report/report.h"

struct collect {
    const struct conf *conf; /* in force; all borrowed */
    struct store *store;
    struct loader *loader;
    struct feed *feed; /* NULL = off */
    const struct server *server;
    struct instant started;
    int64_t settled_from_ns; /* the store's vouched_from_ns when all in memory was; 0 = never */
};

/* Once a second, so that the moment when nothing waits is seen. Event loop only, as all here. */
void collect_tick(struct collect *collect) NONNULL;
/* Fill REPORT; ZONE_NAMES: with the zones that failed. The caller releases it. */
void collect_report(struct collect *collect, bool zone_names, struct report *report) NONNULL;

/* Only whether the server is ready: as REPORT's `ready`, else WHY (capacity CAP) tells. */
bool collect_ready(const struct collect *collect, char *why, size_t cap) NONNULL;

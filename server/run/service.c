/*
 * All of this runs on the main thread: before the event loop starts, in it, and after it.
 *
 * A configuration that SIGHUP replaces is kept to the end: loader threads may hold on to it, and a
 * few kilobytes per reload are not worth a count of who does.
 */
#include "run/service.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/attr.h"
#include "base/log.h"
#include "base/quiesce.h"
#include "dns/name_hash.h"
#include "feed/feed.h"
#include "run/monitor.h"
#include "run/notify.h"
#include "run/status.h"
#include "snapshot/snapshot.h"

enum { SIGNAL_COUNT = 6, WAITING_NEWS_SEC = 5, WAITING_EXTEND_SEC = 30, RESTORED_LOOK_MS = 20 };
static const int handled[SIGNAL_COUNT] = {SIGHUP, SIGUSR1, SIGUSR2, SIGTERM, SIGINT, SIGQUIT};

struct service {
    const struct command_line *line;
    struct conf **confs; /* all ever read; the last one counts */
    size_t conf_count;
    struct store *store;
    struct server *server;
    struct loader *loader;
    struct feed *feed;
    struct monitor *monitor;
    struct snapshot *snapshot; /* NULL = none */
    struct instant started;
    struct event *signals[SIGNAL_COUNT];
    struct event *waiting;   /* until the origin list is there */
    struct event *restoring; /* until the zones of the snapshot are in memory; NULL = none */
};

static struct conf *current(const struct service *service)
{
    return service->confs[service->conf_count - 1];
}

static void take_conf(struct service *service, struct conf *conf)
{
    service->confs = alloc_resize(service->confs, service->conf_count + 1, sizeof(struct conf *));
    service->confs[service->conf_count++] = conf;
}

void service_log_messages(char *messages)
{
    char *next = messages;
    for (char *line; (line = strsep(&next, "\n")) != NULL;) {
        static const char mark[] = "error: "; /* which the log has, too */
        if (strncmp(line, mark, strlen(mark)) == 0) {
            log_error("%s", line + strlen(mark));
        } else if (strstr(line, "error:") != NULL) {
            log_error("%s", line);
        } else if (line[0] != '\0') {
            log_warning("%s", line);
        }
    }
    free(messages);
}

/* --- status --- */

static uint32_t uptime_sec(const struct service *service)
{
    return (uint32_t)(instant_diff_ms(clock_now(), service->started) / 1000);
}

static void log_status(const struct service *service)
{
    char host[256] = "", text[STATUS_LINE_SIZE];
    struct counter_sums sums;

    gethostname(host, sizeof host - 1);
    server_sum(service->server, &sums);
    log_info("%s", status_line(text, sizeof text, host, uptime_sec(service), &sums));
}

/*
 * MyDNS's three caches are one store here. Of the zone cache the figures are those of the store, a
 * miss being a question that had to wait; NXDOMAIN is what the negative cache was for; there is no
 * reply cache.
 */
static void log_caches(const struct service *service)
{
    char text[STATUS_LINE_SIZE];
    const struct conf *conf = current(service);
    struct counter_sums sums;
    struct loader_status loader;

    server_sum(service->server, &sums);
    loader_status(service->loader, &loader);

    uint64_t full = conf->cache_memory > 0 ? loader.bytes * 100 / conf->cache_memory
                    : loader.zones > 0     ? loader.loaded * UINT64_C(100) / loader.zones
                                           : 0;
    struct status_cache zone = {.name = "zone",
                                .hits = sums.rcode[RCODE_NOERROR],
                                .misses = sums.late,
                                .records = loader.rows,
                                .bytes = loader.bytes,
                                .full_percent = (unsigned)full,
                                .life_sec = loader.mean_age_sec};
    struct status_cache negative = {.name = "negative", .hits = sums.rcode[RCODE_NXDOMAIN]};
    struct status_cache reply = {.name = "reply"};
    log_info("%s", status_cache_line(text, sizeof text, &zone));
    log_info("%s", status_cache_line(text, sizeof text, &negative));
    log_info("%s", status_cache_line(text, sizeof text, &reply));
    log_info("store: %u zones, %u in memory, %u not servable, %llu rows left out", loader.zones,
             loader.loaded, loader.failed, (unsigned long long)loader.rows_left_out);
    if (conf->rrl_rate > 0) {
        log_info("rate limit: %llu replies not sent, %llu sent truncated",
                 (unsigned long long)sums.limited, (unsigned long long)sums.slipped);
    }
}

/* --- reload --- */

/* Say which changed options wait for a restart. */
static void log_restart(const struct conf *old, const struct conf *new)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);

    if (out == NULL) {
        abort();
    }
    conf_report_restart(old, new, out);
    fclose(out);
    service_log_messages(text);
}

static void reload(struct service *service)
{
    char *messages = NULL;

    log_reopen();
    log_info("SIGHUP: configuration, tables and zones are read anew");
    struct conf *conf = conf_read(service->line->conf_file, service->line->overrides, &messages);
    service_log_messages(messages);
    if (conf == NULL) {
        log_error("the configuration in force stays as it is");
    } else {
        /* What needs a restart is compared with what the server was started with. */
        log_restart(service->confs[0], conf);
        struct conf *next = conf_reload(service->confs[0], conf);
        conf_free(conf);
        take_conf(service, next);
        log_set_level(next->log_level);
        server_reconfigure(service->server, next);
        loader_reconfigure(service->loader, next);
        feed_reconfigure(service->feed, next);
        monitor_reconfigure(service->monitor, next);
    }
    loader_let_go(service->loader);
    loader_want_reload(service->loader);
}

/* --- signals --- */

/* HOW is SIG_BLOCK or SIG_UNBLOCK. BEFORE, which may be NULL: filled with what was blocked. */
static void mask_signals(int how, sigset_t *before)
{
    sigset_t set;

    sigemptyset(&set);
    for (size_t i = 0; i < SIGNAL_COUNT; i++) {
        sigaddset(&set, handled[i]);
    }
    pthread_sigmask(how, &set, before);
}

void service_block_signals(void)
{
    mask_signals(SIG_BLOCK, NULL);
    signal(SIGPIPE, SIG_IGN);
}

static void on_signal(evutil_socket_t number, short what, void *context)
{
    struct service *service = context;

    (void)what;
    switch (number) {
    case SIGHUP:
        reload(service);
        break;
    case SIGUSR1:
        log_status(service);
        break;
    case SIGUSR2:
        log_caches(service);
        break;
    default:
        log_info("SIG%s received, ending", sigabbrev_np((int)number));
        server_break(service->server);
        break;
    }
}

static void listen_to_signals(struct service *service)
{
    for (size_t i = 0; i < SIGNAL_COUNT; i++) {
        service->signals[i] =
            evsignal_new(server_base(service->server), handled[i], on_signal, service);
        if (service->signals[i] == NULL || event_add(service->signals[i], NULL) != 0) {
            abort();
        }
    }
}

/* --- life --- */

/*
 * The supervisor is told what we wait for, and that its limit for a start does not count for it: a
 * database that comes late is no reason to be killed and started again.
 */
static void tell_waiting(evutil_socket_t fd, short what, void *context)
{
    struct service *service = context;
    struct loader_status loader;
    char text[512];

    (void)fd, (void)what;
    loader_status(service->loader, &loader);
    for (char *p = loader.error; *p != '\0'; p++) {
        *p = (unsigned char)*p < 0x20 ? ' ' : *p; /* a line of its own would be an order */
    }
    snprintf(text, sizeof text, "STATUS=waiting for the database%s%s\nEXTEND_TIMEOUT_USEC=%d000000",
             loader.error[0] != '\0' ? ": " : "", loader.error, WAITING_EXTEND_SEC);
    notify_supervisor(text);
}

static void wait_for_zones(struct service *service)
{
    struct timeval pause = {WAITING_NEWS_SEC, 0};

    service->waiting =
        event_new(server_base(service->server), -1, EV_PERSIST, tell_waiting, service);
    if (service->waiting == NULL || event_add(service->waiting, &pause) != 0) {
        abort();
    }
    tell_waiting(-1, 0, service);
}

static void on_complete(void *context)
{
    char text[64];
    struct service *service = context;
    struct loader_status loader;

    loader_status(service->loader, &loader);
    log_info("ready: %u zones", loader.zones);
    event_del(service->waiting);
    snprintf(text, sizeof text, "READY=1\nSTATUS=%u zones", loader.zones);
    notify_supervisor(text);
}

/*
 * The feed begins when what is in the snapshot file is in memory, so that it can vouch for it, or have it
 * verified.
 */
static void start_feed(evutil_socket_t fd, short what, void *context)
{
    struct service *service = context;
    struct timeval look = {0, RESTORED_LOOK_MS * 1000};

    (void)fd, (void)what;
    if (!snapshot_is_restored(service->snapshot)) {
        event_add(service->restoring, &look);
        return;
    }
    const struct feed_restored *restored = snapshot_restored(service->snapshot);
    sigset_t before;
    mask_signals(SIG_BLOCK, &before); /* its threads have them blocked like all others */
    service->feed = feed_start(current(service), service->store, service->loader, restored);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    snapshot_set_feed(service->snapshot, service->feed);
    monitor_set_feed(service->monitor, service->feed);
    if (service->feed == NULL && restored != NULL) {
        loader_want_reload(service->loader);
    }
}

static void start_snapshot(struct service *service)
{
    snapshot_start(service->snapshot, service->loader);
    service->restoring = event_new(server_base(service->server), -1, 0, start_feed, service);
    if (service->restoring == NULL) {
        abort();
    }
    start_feed(-1, 0, service);
}

/* False: no loader thread could be started, which is logged. */
static bool start(struct service *service, const struct listeners *listeners,
                  const struct http_listeners *http)
{
    struct server_config config = {.conf = current(service),
                                   .listeners = listeners,
                                   .log_queries = service->line->verbose,
                                   .quit_after = service->line->quit_after,
                                   .complete = on_complete,
                                   .context = service};

    name_hash_seed();
    service->started = clock_now();
    service->store = store_new();
    config.store = service->store;
    service->snapshot = snapshot_open(current(service), service->store);
    service->server = server_new(&config);
    server_start_udp(service->server);
    struct loader_events events = server_loader_events(service->server);
    service->loader =
        loader_start(current(service), service->store, &events, snapshot_served(service->snapshot));
    if (service->loader == NULL) {
        return false;
    }
    server_set_loader(service->server, service->loader);
    struct collect collect = {.conf = current(service),
                              .store = service->store,
                              .loader = service->loader,
                              .feed = service->feed,
                              .server = service->server,
                              .started = service->started};
    service->monitor = monitor_new(server_base(service->server), http, &collect);
    listen_to_signals(service);
    wait_for_zones(service);
    start_snapshot(service);
    return true;
}

static void stop(struct service *service)
{
    notify_supervisor("STOPPING=1");
    for (size_t i = 0; i < SIGNAL_COUNT; i++) {
        if (service->signals[i] != NULL) {
            event_free(service->signals[i]);
        }
    }
    if (service->waiting != NULL) {
        event_free(service->waiting);
    }
    monitor_free(service->monitor);
    if (service->restoring != NULL) {
        event_free(service->restoring);
    }
    server_stop(service->server);
    log_status(service);
    snapshot_end(service->snapshot);
    feed_stop(service->feed);
    loader_stop(service->loader);
    server_free(service->server);
    snapshot_close(service->snapshot);
    loader_free(service->loader);
    /* The kernel takes all zones back at once. A million freed one by one take seconds, in which
     * the next server cannot start; only who looks for leaks wants to see that nothing is left. */
    if (ADDRESS_SANITIZER) {
        store_free(service->store);
        quiesce_collect();
    }
    for (size_t i = 0; i < service->conf_count; i++) {
        conf_free(service->confs[i]);
    }
    free(service->confs);
}

bool service_run(const struct command_line *line, struct conf *conf,
                 const struct listeners *listeners, const struct http_listeners *http,
                 void (*started)(void))
{
    struct service service = {.line = line};

    take_conf(&service, conf);
    bool running = start(&service, listeners, http);
    if (running) {
        started();
        mask_signals(SIG_UNBLOCK, NULL);
        server_run(service.server);
        /* Nobody handles them from here on: one more would end us half-way, pidfile left behind. */
        mask_signals(SIG_BLOCK, NULL);
    }
    stop(&service);
    return running;
}

#include "run/monitor.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "http/http.h"

/* Enough for every monitor at once; dnsadm is run by people and scripts of this host. */
enum { HTTP_CONNECTIONS = 64, CONTROL_CONNECTIONS = 16 };

struct monitor {
    struct collect collect;
    struct event *tick;
    struct http *control, *http; /* NULL = none */
};

static void status_page(struct monitor *monitor, bool zone_names, struct http_page *page)
{
    struct report *report = alloc_new(sizeof *report);

    collect_report(&monitor->collect, zone_names, report);
    *page = (struct http_page){.status = HTTP_OK, .type = "application/json"};
    page->body = report_json(report, &page->len);
    report_release(report);
    free(report);
}

static void metrics_page(struct monitor *monitor, struct http_page *page)
{
    struct report *report = alloc_new(sizeof *report);

    collect_report(&monitor->collect, false, report);
    *page =
        (struct http_page){.status = HTTP_OK, .type = "text/plain; version=0.0.4; charset=utf-8"};
    page->body = report_metrics(report, &page->len);
    report_release(report);
    free(report);
}

static void ready_page(struct monitor *monitor, struct http_page *page)
{
    char why[400];
    bool ready = collect_ready(&monitor->collect, why, sizeof why);

    *page = (struct http_page){.status = ready ? HTTP_OK : HTTP_UNAVAILABLE,
                               .type = "text/plain; charset=utf-8"};
    page->body = alloc_printf("%s\n", ready ? "ready" : why);
    page->len = strlen(page->body);
}

static void write_page(struct monitor *monitor, bool zone_names, const char *path,
                       struct http_page *page)
{
    if (strcmp(path, "/status") == 0) {
        status_page(monitor, zone_names, page);
    } else if (strcmp(path, "/metrics") == 0) {
        metrics_page(monitor, page);
    } else if (strcmp(path, "/ready") == 0) {
        ready_page(monitor, page);
    }
}

static void control_page(void *context, const char *path, struct http_page *page)
{
    write_page(context, true, path, page);
}

static void http_page(void *context, const char *path, struct http_page *page)
{
    struct monitor *monitor = context;
    write_page(monitor, monitor->collect.conf->http_zone_names, path, page);
}

static void on_tick(evutil_socket_t fd, short what, void *context)
{
    struct monitor *monitor = context;

    (void)fd, (void)what;
    collect_tick(&monitor->collect);
}

static struct http *open_pages(struct event_base *base, const int *socket, unsigned connections,
                               void (*page)(void *, const char *, struct http_page *),
                               struct monitor *monitor)
{
    struct http_config config = {socket, 1, connections, page, monitor};
    return *socket < 0 ? NULL : http_new(base, &config);
}

struct monitor *monitor_new(struct event_base *base, const struct http_listeners *listeners,
                            const struct collect *collect)
{
    struct monitor *monitor = alloc_zero(1, sizeof *monitor);
    struct timeval second = {1, 0};

    monitor->collect = *collect;
    monitor->tick = event_new(base, -1, EV_PERSIST, on_tick, monitor);
    if (monitor->tick == NULL || event_add(monitor->tick, &second) != 0) {
        abort();
    }
    monitor->control =
        open_pages(base, &listeners->control, CONTROL_CONNECTIONS, control_page, monitor);
    monitor->http = open_pages(base, &listeners->tcp, HTTP_CONNECTIONS, http_page, monitor);
    return monitor;
}

void monitor_set_feed(struct monitor *monitor, struct feed *feed)
{
    if (monitor != NULL) {
        monitor->collect.feed = feed;
    }
}

void monitor_reconfigure(struct monitor *monitor, const struct conf *conf)
{
    monitor->collect.conf = conf;
}

void monitor_free(struct monitor *monitor)
{
    if (monitor == NULL) {
        return;
    }
    http_free(monitor->control);
    http_free(monitor->http);
    event_free(monitor->tick);
    free(monitor);
}

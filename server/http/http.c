#include "http/http.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/log.h"

enum {
    ACCEPT_AT_ONCE = 16,  /* then other events have their turn */
    DRAIN_MAX = 1 << 20,  /* octets of a body that nobody wants; then the connection is closed */
    DRAIN_AT_ONCE = 4096, /* octets */
    HEADERS_MAX = 512,
};

enum state { READING, WRITING, DRAINING };

struct conn {
    struct http *http;
    int fd;
    struct event *event; /* what the state waits for */
    enum state state;
    struct instant since;
    char *in;
    size_t in_len, drained;
    char *out;
    size_t out_len, sent;
    TAILQ_ENTRY(conn) by_age;
};

struct http {
    struct http_config config;
    struct event_base *base;
    struct event **acceptors;
    struct event *tick;
    bool paused; /* no descriptor was left: accepting goes on with the next tick */
    unsigned count;
    TAILQ_HEAD(, conn) by_age; /* the oldest first */
};

/* --- connections --- */

static void close_conn(struct conn *conn)
{
    TAILQ_REMOVE(&conn->http->by_age, conn, by_age);
    conn->http->count--;
    event_free(conn->event);
    close(conn->fd);
    free(conn->in);
    free(conn->out);
    free(conn);
}

static void on_ready(evutil_socket_t fd, short what, void *context);

static void enter(struct conn *conn, enum state state)
{
    short what = state == WRITING ? EV_WRITE : EV_READ;

    conn->state = state;
    if (conn->event != NULL) {
        event_free(conn->event);
    }
    conn->event = event_new(conn->http->base, conn->fd, what | EV_PERSIST, on_ready, conn);
    if (conn->event == NULL || event_add(conn->event, NULL) != 0) {
        abort();
    }
}

/* False: the connection is gone. */
static bool write_on(struct conn *conn)
{
    while (conn->sent < conn->out_len) {
        ssize_t n = send(conn->fd, conn->out + conn->sent, conn->out_len - conn->sent,
                         MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0 && errno == EAGAIN) {
            return true;
        }
        if (n < 0) {
            close_conn(conn);
            return false;
        }
        conn->sent += (size_t)n;
    }
    /* Closing with octets unread would reset the connection, and the client might lose our answer. */
    shutdown(conn->fd, SHUT_WR);
    enter(conn, DRAINING);
    return true;
}

static void answer(struct conn *conn, enum http_status status, const struct http_request *request)
{
    struct http_page page = {.status = status};
    const struct http_config *config = &conn->http->config;

    if (status == HTTP_OK) {
        page.status = HTTP_NOT_FOUND;
        config->page(config->context, request->path, &page);
    }
    const char *text = http_status_text(page.status);
    if (page.body == NULL) {
        page.type = "text/plain; charset=utf-8";
        page.body = alloc_printf("%s\n", text);
        page.len = strlen(page.body);
    }
    conn->out = alloc_new(HEADERS_MAX + page.len);
    int len = snprintf(conn->out, HEADERS_MAX,
                       "HTTP/1.1 %d %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\n%s"
                       "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n"
                       "Connection: close\r\n\r\n",
                       (int)page.status, text, page.type, page.len,
                       page.status == HTTP_NO_METHOD ? "Allow: GET, HEAD\r\n" : "");
    conn->out_len = (size_t)len;
    if (!request->head) {
        memcpy(conn->out + len, page.body, page.len);
        conn->out_len += page.len;
    }
    free(page.body);
    free(conn->in);
    conn->in = NULL;
    enter(conn, WRITING);
    (void)write_on(conn);
}

static void read_on(struct conn *conn)
{
    struct http_request request;
    ssize_t n = recv(conn->fd, conn->in + conn->in_len, HTTP_HEAD_MAX - conn->in_len, MSG_DONTWAIT);

    if (n < 0 && errno == EAGAIN) {
        return;
    }
    if (n <= 0) {
        close_conn(conn);
        return;
    }
    conn->in_len += (size_t)n;
    enum http_status status = http_request_read(&request, conn->in, conn->in_len);
    if (status != HTTP_MORE) {
        answer(conn, status, &request);
    }
}

static void drain(struct conn *conn)
{
    char ignored[DRAIN_AT_ONCE];
    ssize_t n = recv(conn->fd, ignored, sizeof ignored, MSG_DONTWAIT);

    if (n < 0 && errno == EAGAIN) {
        return;
    }
    conn->drained += n > 0 ? (size_t)n : 0;
    if (n <= 0 || conn->drained > DRAIN_MAX) {
        close_conn(conn);
    }
}

static void on_ready(evutil_socket_t fd, short what, void *context)
{
    struct conn *conn = context;

    (void)fd, (void)what;
    switch (conn->state) {
    case READING:
        read_on(conn);
        break;
    case WRITING:
        (void)write_on(conn);
        break;
    case DRAINING:
        drain(conn);
        break;
    }
}

/* --- accepting --- */

static void open_conn(struct http *http, int fd)
{
    if (http->count >= http->config.connections) {
        close_conn(TAILQ_FIRST(&http->by_age));
    }
    struct conn *conn = alloc_zero(1, sizeof *conn);
    conn->http = http;
    conn->fd = fd;
    conn->since = clock_now();
    conn->in = alloc_new(HTTP_HEAD_MAX);
    TAILQ_INSERT_TAIL(&http->by_age, conn, by_age);
    http->count++;
    enter(conn, READING);
}

/* No descriptor for a connection that waits, whose event would come again at once. */
static void out_of_files(struct http *http)
{
    static struct log_limit limit;
    uint32_t skipped;

    if (log_limit_pass(&limit, &skipped)) {
        log_warning("cannot accept HTTP connections: %s", strerror(errno));
    }
    for (size_t i = 0; i < http->config.count; i++) {
        event_del(http->acceptors[i]);
    }
    http->paused = true;
}

static void on_accept(evutil_socket_t fd, short what, void *context)
{
    struct http *http = context;

    (void)what;
    for (unsigned i = 0; i < ACCEPT_AT_ONCE; i++) {
        int conn = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (conn >= 0) {
            open_conn(http, conn);
        } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
            out_of_files(http);
            return;
        } else if (errno == EAGAIN) {
            return;
        } /* else the connection broke before it was accepted: on to the next */
    }
}

static void on_tick(evutil_socket_t fd, short what, void *context)
{
    struct http *http = context;
    struct instant now = clock_now();
    struct conn *oldest;

    (void)fd, (void)what;
    while ((oldest = TAILQ_FIRST(&http->by_age)) != NULL &&
           instant_diff_ms(now, oldest->since) >= HTTP_SECONDS * 1000) {
        close_conn(oldest);
    }
    if (http->paused) {
        http->paused = false;
        for (size_t i = 0; i < http->config.count; i++) {
            event_add(http->acceptors[i], NULL);
        }
    }
}

/* --- life --- */

static struct event *new_event(struct http *http, int fd, short what, event_callback_fn call,
                               const struct timeval *every)
{
    struct event *event = event_new(http->base, fd, what | EV_PERSIST, call, http);
    if (event == NULL || event_add(event, every) != 0) {
        abort();
    }
    return event;
}

struct http *http_new(struct event_base *base, const struct http_config *config)
{
    struct http *http = alloc_zero(1, sizeof *http);
    struct timeval second = {1, 0};

    http->config = *config;
    http->base = base;
    TAILQ_INIT(&http->by_age);
    http->acceptors = alloc_zero(config->count + 1, sizeof(struct event *));
    for (size_t i = 0; i < config->count; i++) {
        http->acceptors[i] = new_event(http, config->sockets[i], EV_READ, on_accept, NULL);
    }
    http->tick = new_event(http, -1, 0, on_tick, &second);
    return http;
}

void http_free(struct http *http)
{
    if (http == NULL) {
        return;
    }
    while (!TAILQ_EMPTY(&http->by_age)) {
        close_conn(TAILQ_FIRST(&http->by_age));
    }
    for (size_t i = 0; i < http->config.count; i++) {
        event_free(http->acceptors[i]);
    }
    event_free(http->tick);
    free(http->acceptors);
    free(http);
}

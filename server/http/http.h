/*
 * A few pages over HTTP/1.1, on the event loop: one request per connection, GET and HEAD.
 *
 *     accept -> read the head (8 KB) -> page() -> write -> shutdown -> read on until the client closes
 *
 * By hand rather than with libevent's evhttp 2.1, which can neither limit connections nor the time
 * of a whole request: its timeouts begin anew with each octet, so a few clients that send one octet
 * a minute hold on to it for ever. Here a connection has HTTP_SECONDS for everything, and at the limit
 * the oldest one makes room for the new one, so nobody is locked out by clients that do nothing.
 * What a client sends besides a head is thrown away.
 */
#pragma once

#include "http/http_request.h"

#include <event2/event.h>

enum { HTTP_SECONDS = 5 };

struct http_page {
    enum http_status status;
    const char *type; /* borrowed: "text/plain; charset=utf-8" */
    char *body;       /* taken: free() */
    size_t len;
};

struct http_config {
    const int *sockets; /* listening, not blocking; borrowed until http_free */
    size_t count;
    unsigned connections; /* at most, >= 1 */
    /* Fill PAGE for PATH, or leave it as it is: HTTP_NOT_FOUND, nothing to free. Must be short. */
    void (*page)(void *context, const char *path, struct http_page *page);
    void *context;
};

struct http;

/* CONFIG is copied. All functions: event loop only. */
NODISCARD struct http *http_new(struct event_base *base, const struct http_config *config) NONNULL;
/* Close all connections; the sockets stay. */
void http_free(struct http *http);

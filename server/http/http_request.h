/*
 * The head of an HTTP request (RFC 9112): what of it matters to a server that has a few pages and
 * changes nothing. Pure functions on the caller's memory.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"

enum {
    HTTP_HEAD_MAX = 8192, /* octets of request line and headers */
    HTTP_PATH_MAX = 63,
};

/* Status codes of RFC 9110, and one that says that the head goes on. */
enum http_status {
    HTTP_MORE = 0,
    HTTP_OK = 200,
    HTTP_BAD_REQUEST = 400,
    HTTP_NOT_FOUND = 404,
    HTTP_NO_METHOD = 405,
    HTTP_HEAD_TOO_LARGE = 431,
    HTTP_UNAVAILABLE = 503,
    HTTP_NO_VERSION = 505,
};

struct http_request {
    bool head;                    /* HEAD: the answer has no body */
    char path[HTTP_PATH_MAX + 1]; /* as written, without query; what is longer is HTTP_NOT_FOUND */
};

/*
 * Read a head from LEN octets that have arrived. HTTP_MORE: it is not complete. HTTP_OK: OUT is
 * filled. Any other status is to be answered. What follows the head is of no interest here.
 */
NODISCARD enum http_status http_request_read(struct http_request *out, const char *octets,
                                             size_t len) NONNULL;
/* "OK", "Not Found". */
const char *http_status_text(enum http_status status);

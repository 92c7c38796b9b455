#include "http/http_request.h"

#include <string.h>

/* Where the head ends, behind its empty line; 0 = not here. Lines may end with LF alone (2.2). */
static size_t head_end(const char *octets, size_t len)
{
    const char *at = octets, *end = octets + len;

    while ((at = memchr(at, '\n', (size_t)(end - at))) != NULL) {
        at++;
        if (at < end && *at == '\n') {
            return (size_t)(at - octets) + 1;
        }
        if (end - at >= 2 && at[0] == '\r' && at[1] == '\n') {
            return (size_t)(at - octets) + 2;
        }
    }
    return 0;
}

struct span {
    const char *text;
    size_t len;
};

static bool is(struct span span, const char *text)
{
    return span.len == strlen(text) && memcmp(span.text, text, span.len) == 0;
}

/* Cut a word off LINE, up to the next blank. */
static struct span take_word(struct span *line)
{
    const char *blank = memchr(line->text, ' ', line->len);
    struct span word = {line->text, blank != NULL ? (size_t)(blank - line->text) : line->len};
    size_t used = word.len + (blank != NULL);

    line->text += used;
    line->len -= used;
    return word;
}

/* The absolute form (3.2.2): http://host/path; the host is of no interest. */
static struct span without_host(struct span target)
{
    static const char scheme[] = "http://";
    size_t len = strlen(scheme);

    if (target.len < len || memcmp(target.text, scheme, len) != 0) {
        return target;
    }
    const char *slash = memchr(target.text + len, '/', target.len - len);
    if (slash == NULL) {
        return (struct span){"/", 1};
    }
    return (struct span){slash, target.len - (size_t)(slash - target.text)};
}

static enum http_status read_line(struct http_request *out, struct span line)
{
    struct span method = take_word(&line), target = take_word(&line);

    for (size_t i = 0; i < target.len; i++) {
        if (target.text[i] <= ' ' || target.text[i] > '~') {
            return HTTP_BAD_REQUEST;
        }
    }
    if (method.len == 0 || target.len == 0 || line.len < 8 || memcmp(line.text, "HTTP/", 5) != 0) {
        return HTTP_BAD_REQUEST;
    }
    if (!is(line, "HTTP/1.1") && !is(line, "HTTP/1.0")) {
        return HTTP_NO_VERSION;
    }
    out->head = is(method, "HEAD");
    if (!out->head && !is(method, "GET")) {
        return HTTP_NO_METHOD;
    }
    target = without_host(target);
    const char *query = memchr(target.text, '?', target.len);
    size_t len = query != NULL ? (size_t)(query - target.text) : target.len;
    if (target.text[0] != '/') {
        return HTTP_BAD_REQUEST;
    }
    if (len > HTTP_PATH_MAX) {
        return HTTP_NOT_FOUND;
    }
    memcpy(out->path, target.text, len);
    out->path[len] = '\0';
    return HTTP_OK;
}

enum http_status http_request_read(struct http_request *out, const char *octets, size_t len)
{
    memset(out, 0, sizeof *out);
    if (head_end(octets, len) == 0) {
        return len >= HTTP_HEAD_MAX ? HTTP_HEAD_TOO_LARGE : HTTP_MORE;
    }
    const char *end = memchr(octets, '\n', len);
    struct span line = {octets, (size_t)(end - octets)};
    if (line.len > 0 && line.text[line.len - 1] == '\r') {
        line.len--;
    }
    return read_line(out, line);
}

const char *http_status_text(enum http_status status)
{
    switch (status) {
    case HTTP_OK:
        return "OK";
    case HTTP_NOT_FOUND:
        return "Not Found";
    case HTTP_NO_METHOD:
        return "Method Not Allowed";
    case HTTP_HEAD_TOO_LARGE:
        return "Request Header Fields Too Large";
    case HTTP_UNAVAILABLE:
        return "Service Unavailable";
    case HTTP_NO_VERSION:
        return "HTTP Version Not Supported";
    case HTTP_MORE:
    case HTTP_BAD_REQUEST:
        break;
    }
    return "Bad Request";
}

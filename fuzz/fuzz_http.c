/*
 * The head of an HTTP request. However it is cut the same is understood, nothing before its empty line;
 * a path that is understood can be printed and holds no query.
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz/fuzz.h"
#include "http/http_request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct http_request whole, part;
    enum http_status status = HTTP_MORE;
    size_t n = 0;

    len = len < HTTP_HEAD_MAX ? len : HTTP_HEAD_MAX;
    char *octets = (char *)fuzz_exact(data, len);
    enum http_status expected = http_request_read(&whole, octets, len);
    for (; n <= len && status == HTTP_MORE; n++) {
        status = http_request_read(&part, octets, n);
    }
    if (status != expected || memcmp(&whole, &part, sizeof whole) != 0) {
        fuzz_fail("status %d of all, %d of the first %zu octets", expected, status, n - 1);
    }
    if (status == HTTP_OK && (part.path[0] != '/' || strpbrk(part.path, " ?\r\n\t") != NULL ||
                              strlen(part.path) > HTTP_PATH_MAX)) {
        fuzz_fail("path \"%s\"", part.path);
    }
    free(octets);
    return 0;
}

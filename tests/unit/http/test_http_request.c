/* What a client may write before its empty line, and what it is told (RFC 9112). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "http/http_request.h"

static enum http_status read_text(struct http_request *request, const char *text)
{
    return http_request_read(request, text, strlen(text));
}

static void test_lines(void **state)
{
    static const struct {
        const char *text;
        enum http_status status;
        const char *path; /* of HTTP_OK */
    } cases[] = {
        {"GET /metrics HTTP/1.1\r\n\r\n", HTTP_OK, "/metrics"},
        {"GET /metrics HTTP/1.0\r\nHost: x\r\n\r\n", HTTP_OK, "/metrics"},
        {"GET /metrics?a=/b HTTP/1.1\n\n", HTTP_OK, "/metrics"},
        {"GET / HTTP/1.1\r\nHost: x\r\n\r\nbody", HTTP_OK, "/"},
        {"GET http://host:80/ready HTTP/1.1\r\n\r\n", HTTP_OK, "/ready"},
        {"GET http://host HTTP/1.1\r\n\r\n", HTTP_OK, "/"},
        {"GET /%2e%2e/ HTTP/1.1\r\n\r\n", HTTP_OK, "/%2e%2e/"},
        {"", HTTP_MORE, NULL},
        {"GET / HTTP/1.1\r\n", HTTP_MORE, NULL},
        {"GET / HTTP/1.1\r\nHost: x\r\n", HTTP_MORE, NULL},
        {"GET / HTTP/1.1\r\nHost: x\r\n\r", HTTP_MORE, NULL},
        {"POST / HTTP/1.1\r\n\r\n", HTTP_NO_METHOD, NULL},
        {"get / HTTP/1.1\r\n\r\n", HTTP_NO_METHOD, NULL},
        {"HEADS / HTTP/1.1\r\n\r\n", HTTP_NO_METHOD, NULL},
        {"GET / HTTP/1.2\r\n\r\n", HTTP_NO_VERSION, NULL},
        {"GET / HTTP/1.1 \r\n\r\n", HTTP_NO_VERSION, NULL},
        {"GET / HTTP/11111\r\n\r\n", HTTP_NO_VERSION, NULL},
        {"GET /\r\n\r\n", HTTP_BAD_REQUEST, NULL},
        {"GET\r\n\r\n", HTTP_BAD_REQUEST, NULL},
        {"\r\n\r\n", HTTP_BAD_REQUEST, NULL},
        {"\n\n", HTTP_BAD_REQUEST, NULL},
        {" / HTTP/1.1\r\n\r\n", HTTP_BAD_REQUEST, NULL},
        {"GET  / HTTP/1.1\r\n\r\n", HTTP_BAD_REQUEST, NULL},
        {"GET * HTTP/1.1\r\n\r\n", HTTP_BAD_REQUEST, NULL},
        {"GET ?x HTTP/1.1\r\n\r\n", HTTP_BAD_REQUEST, NULL},
        {"GET /\x01 HTTP/1.1\r\n\r\n", HTTP_BAD_REQUEST, NULL},
        {"GET /\xc3\xa4 HTTP/1.1\r\n\r\n", HTTP_BAD_REQUEST, NULL},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct http_request request;
        enum http_status status = read_text(&request, cases[i].text);
        if (status != cases[i].status) {
            print_error("%s -> %d\n", cases[i].text, status);
        }
        assert_int_equal(status, cases[i].status);
        if (status == HTTP_OK) {
            assert_string_equal(request.path, cases[i].path);
            assert_false(request.head);
        }
    }
    struct http_request request;
    assert_int_equal(read_text(&request, "HEAD / HTTP/1.1\r\n\r\n"), HTTP_OK);
    assert_true(request.head);
}

static void test_bounds(void **state)
{
    static char octets[HTTP_HEAD_MAX];
    struct http_request request;

    (void)state;
    memset(octets, 'a', sizeof octets);
    assert_int_equal(http_request_read(&request, octets, sizeof octets - 1), HTTP_MORE);
    assert_int_equal(http_request_read(&request, octets, sizeof octets), HTTP_HEAD_TOO_LARGE);
    memcpy(octets, "GET /", 5);
    memcpy(octets + 5 + HTTP_PATH_MAX, " HTTP/1.1\n\n", 11);
    /* the slash is one of the path's own */
    assert_int_equal(http_request_read(&request, octets, sizeof octets), HTTP_NOT_FOUND);
    memmove(octets + 4 + HTTP_PATH_MAX, octets + 5 + HTTP_PATH_MAX, 11);
    assert_int_equal(http_request_read(&request, octets, sizeof octets), HTTP_OK);
    assert_int_equal(strlen(request.path), HTTP_PATH_MAX);
    memcpy(octets + sizeof octets - 4, "\r\n\r\n", 4); /* the last octet that fits */
    octets[4 + HTTP_PATH_MAX + 10] = 'X';
    assert_int_equal(http_request_read(&request, octets, sizeof octets), HTTP_OK);
}

/* However it is cut, the same answer; never one before the head has ended. */
static void test_pieces(void **state)
{
    static const char text[] = "GET /status HTTP/1.1\r\nHost: localhost\r\nAccept: */*\r\n\r\n";
    struct http_request request;

    (void)state;
    for (size_t len = 0; len < strlen(text); len++) {
        assert_int_equal(http_request_read(&request, text, len), HTTP_MORE);
    }
    assert_int_equal(http_request_read(&request, text, strlen(text)), HTTP_OK);
}

static void test_texts(void **state)
{
    (void)state;
    assert_string_equal(http_status_text(HTTP_OK), "OK");
    assert_string_equal(http_status_text(HTTP_UNAVAILABLE), "Service Unavailable");
    assert_string_equal(http_status_text(HTTP_BAD_REQUEST), "Bad Request");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_pieces),
        cmocka_unit_test(test_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Connections of the status pages: pages larger than any buffer, too many clients, clients that go. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/alloc.h"
#include "http/http.h"

enum { PAGE_SIZE = 3 << 20, CONNECTIONS = 4, TURNS = 100000 };

struct fixture {
    struct event_base *base;
    int listening;
    struct sockaddr_un address;
    socklen_t address_len;
    struct http *http;
    unsigned asked;
};

static void page(void *context, const char *path, struct http_page *out)
{
    struct fixture *f = context;

    f->asked++;
    if (strcmp(path, "/large") == 0) {
        *out = (struct http_page){HTTP_OK, "text/plain", alloc_new(PAGE_SIZE), PAGE_SIZE};
        for (size_t i = 0; i < PAGE_SIZE; i++) {
            out->body[i] = (char)('a' + i % 26);
        }
    } else if (strcmp(path, "/empty") == 0) {
        *out = (struct http_page){HTTP_UNAVAILABLE, "text/plain", alloc_string(""), 0};
    }
}

static int setup(void **state)
{
    struct fixture *f = *state = alloc_zero(1, sizeof *f);

    f->base = event_base_new();
    f->listening = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
    f->address.sun_family = AF_UNIX;
    f->address_len = sizeof f->address;
    /* an abstract address of the kernel's choice: unix(7), autobind */
    assert_int_equal(bind(f->listening, (struct sockaddr *)&f->address, sizeof(sa_family_t)), 0);
    assert_int_equal(getsockname(f->listening, (struct sockaddr *)&f->address, &f->address_len), 0);
    assert_int_equal(listen(f->listening, 32), 0);
    struct http_config config = {&f->listening, 1, CONNECTIONS, page, f};
    f->http = http_new(f->base, &config);
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    http_free(f->http);
    event_base_free(f->base);
    close(f->listening);
    free(f);
    return 0;
}

static void turn(struct fixture *f)
{
    event_base_loop(f->base, EVLOOP_NONBLOCK);
}

static int connect_to(struct fixture *f)
{
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    assert_int_equal(connect(fd, (struct sockaddr *)&f->address, f->address_len), 0);
    assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
    turn(f);
    return fd;
}

static void say(int fd, const char *text)
{
    assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

/* All that comes until the server closes (given). */
static char *read_all(struct fixture *f, int fd, size_t *len)
{
    char *octets = alloc_new(PAGE_SIZE + 4096);

    *len = 0;
    for (unsigned i = 0; i < TURNS; i++) {
        turn(f);
        ssize_t n = recv(fd, octets + *len, PAGE_SIZE + 4095 - *len, 0);
        if (n < 0 && errno == EAGAIN) {
            continue;
        }
        if (n <= 0) {
            octets[*len] = '\0';
            return octets;
        }
        *len += (size_t)n;
    }
    fail_msg("no end after %zu octets", *len);
    return NULL;
}

static bool is_closed(int fd)
{
    char octet;
    ssize_t n = recv(fd, &octet, 1, 0);
    return n == 0 || (n < 0 && errno != EAGAIN);
}

static void test_large(void **state)
{
    struct fixture *f = *state;
    size_t len;
    int fd = connect_to(f);

    say(fd, "GET /large HTTP/1.1\r\n");
    turn(f);
    assert_int_equal(f->asked, 0);
    say(fd, "Host: x\r\n\r\nGET /large HTTP/1.1\r\n\r\n"); /* one question each */
    char *octets = read_all(f, fd, &len);
    char *body = strstr(octets, "\r\n\r\n");
    assert_non_null(body);
    body += 4;
    assert_int_equal(len - (size_t)(body - octets), PAGE_SIZE);
    for (size_t i = 0; i < PAGE_SIZE; i++) {
        if (body[i] != (char)('a' + i % 26)) {
            fail_msg("octet %zu of the page", i);
        }
    }
    assert_int_equal(f->asked, 1);
    free(octets);
    close(fd);

    fd = connect_to(f);
    say(fd, "HEAD /large HTTP/1.0\r\n\r\n");
    octets = read_all(f, fd, &len);
    char length[64];
    snprintf(length, sizeof length, "\r\nContent-Length: %d\r\n", (int)PAGE_SIZE);
    assert_non_null(strstr(octets, length));
    assert_string_equal(octets + len - 4, "\r\n\r\n");
    free(octets);
    close(fd);
}

static void test_small(void **state)
{
    static const struct {
        const char *request, *begin, *end;
    } cases[] = {
        {"GET /empty HTTP/1.1\r\n\r\n", "HTTP/1.1 503 Service Unavailable\r\n", "\r\n\r\n"},
        {"GET /no HTTP/1.1\r\n\r\n", "HTTP/1.1 404 Not Found\r\n", "\r\n\r\nNot Found\n"},
        {"PUT /empty HTTP/1.1\r\n\r\n", "HTTP/1.1 405 ", "\r\n\r\nMethod Not Allowed\n"},
        {"nonsense\r\n\r\n", "HTTP/1.1 400 ", "\r\n\r\nBad Request\n"},
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        size_t len;
        int fd = connect_to(f);
        say(fd, cases[i].request);
        char *octets = read_all(f, fd, &len);
        assert_memory_equal(octets, cases[i].begin, strlen(cases[i].begin));
        assert_string_equal(octets + len - strlen(cases[i].end), cases[i].end);
        assert_non_null(strstr(octets, "\r\nConnection: close\r\n"));
        free(octets);
        close(fd);
    }
}

/* At the limit the oldest makes room, whatever it is doing. */
static void test_too_many(void **state)
{
    struct fixture *f = *state;
    int fds[CONNECTIONS + 2];
    size_t len;

    for (size_t i = 0; i < CONNECTIONS; i++) {
        fds[i] = connect_to(f);
        say(fds[i], i % 2 == 0 ? "GET /lar" : "GET /large HTTP/1.1\r\n\r\n");
        turn(f);
    }
    assert_false(is_closed(fds[0]));
    fds[CONNECTIONS] = connect_to(f);
    assert_true(is_closed(fds[0]));
    fds[CONNECTIONS + 1] = connect_to(f);
    free(read_all(f, fds[1], &len)); /* in the middle of its page */
    assert_in_range(len, 1, PAGE_SIZE - 1);
    say(fds[2], "ge HTTP/1.1\r\n\r\n");
    free(read_all(f, fds[2], &len));
    assert_true(len > PAGE_SIZE);
    for (size_t i = 0; i < CONNECTIONS + 2; i++) {
        close(fds[i]);
    }
}

/* Who goes away leaves nothing behind, wherever it was; what is open at the end is closed. */
static void test_gone(void **state)
{
    static const char *const said[] = {"", "GET", "GET /large HTTP/1.1\r\n\r\n",
                                       "GET /empty HTTP/1.1\r\n\r\n"};
    struct fixture *f = *state;

    for (size_t i = 0; i < 3 * ARRAY_LEN(said); i++) {
        int fd = connect_to(f);
        say(fd, said[i % ARRAY_LEN(said)]);
        turn(f);
        if (i >= ARRAY_LEN(said)) {
            char some[1000];
            (void)!recv(fd, some, sizeof some, 0);
        }
        close(fd);
        turn(f);
    }
    for (size_t i = 0; i < ARRAY_LEN(said); i++) {
        int fd = connect_to(f);
        say(fd, said[i]);
        turn(f);
        if (i == 0) {
            shutdown(fd, SHUT_WR);
            turn(f);
            assert_true(is_closed(fd));
            close(fd);
        }
        /* the others stay open: a sanitizer tells if http_free forgets one */
    }
}

/* A body that nobody wants is read, up to a point, so that the answer is not lost. */
static void test_body(void **state)
{
    static char body[1 << 16];
    struct fixture *f = *state;
    size_t len, sent = 0;
    int fd = connect_to(f);

    say(fd, "POST /empty HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n");
    for (unsigned i = 0; i < TURNS; i++) {
        ssize_t n = send(fd, body, sizeof body, MSG_NOSIGNAL);
        sent += n > 0 ? (size_t)n : 0;
        if (n < 0 && errno != EAGAIN) {
            break;
        }
        turn(f);
    }
    assert_in_range(sent, 1 << 20, 4 << 20);
    char *octets = read_all(f, fd, &len);
    assert_memory_equal(octets, "HTTP/1.1 405 ", 13);
    free(octets);
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_large, setup, teardown),
        cmocka_unit_test_setup_teardown(test_small, setup, teardown),
        cmocka_unit_test_setup_teardown(test_too_many, setup, teardown),
        cmocka_unit_test_setup_teardown(test_gone, setup, teardown),
        cmocka_unit_test_setup_teardown(test_body, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

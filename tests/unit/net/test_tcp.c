/*
 * TCP connections over a store without zones: every question is REFUSED, which is reply enough to see
 * framing, limits and ends. Client and server take turns in one thread.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "net/tcp_conn.h"

enum { DEADLINE_MS = 5000 };

/* www.example. A with its length prefix. */
static const uint8_t question[] = "\0\035\0\7\0\0\0\1\0\0\0\0\0\0\3www\7example\0\0\1\0\1";
enum { FRAME = sizeof question - 1 };

struct fixture {
    struct event_base *base;
    struct store *store;
    struct answer_policy policy;
    struct worker *worker;
    struct listener listener;
    struct listeners listeners;
    struct tcp *tcp;
    uint8_t frame[FRAME];
};

static int set_up(void **state)
{
    struct fixture *f = alloc_zero(1, sizeof *f);
    socklen_t len = sizeof f->listener.address.v4;

    memcpy(f->frame, question, FRAME);
    assert_int_equal(f->frame[1], FRAME - 2);
    f->base = event_base_new();
    f->store = store_new();
    atomic_store(&f->store->complete, true);
    f->policy.reply.edns_udp_size = 1232;
    f->worker = alloc_aligned(64, sizeof *f->worker);
    memset(f->worker, 0, sizeof *f->worker);
    worker_init(f->worker, f->store, &f->policy, NULL, false);
    assert_true(address_from_text(&f->listener.address, "127.0.0.1", 0));
    f->listener.tcp = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    assert_int_equal(bind(f->listener.tcp, &f->listener.address.any, f->listener.address.len), 0);
    assert_int_equal(listen(f->listener.tcp, 64), 0);
    getsockname(f->listener.tcp, &f->listener.address.any, &len);
    f->listeners = (struct listeners){&f->listener, 1};
    struct tcp_limits limits = {
        .connections = 100, .per_client = 100, .idle_sec = 100, .held = 1 << 20};
    f->tcp = tcp_new(f->base, f->worker, &f->listeners, &limits);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    tcp_free(f->tcp);
    worker_release(f->worker);
    free(f->worker);
    store_free(f->store);
    event_base_free(f->base);
    close(f->listener.tcp);
    free(f);
    return 0;
}

/* A client whose kernel takes some RECEIVE octets for it; 0 = as many as it likes. */
static int client_open_small(struct fixture *f, int receive)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (receive > 0) {
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive, sizeof receive);
    }
    int done = connect(fd, &f->listener.address.any, f->listener.address.len);
    assert_true(done == 0 || errno == EINPROGRESS);
    event_base_loop(f->base, EVLOOP_NONBLOCK);
    return fd;
}

static int client_open(struct fixture *f)
{
    return client_open_small(f, 0);
}

/* Let the server work until the client has something to read (true), or a moment has passed. */
static bool readable(struct fixture *f, int fd, int ms)
{
    struct pollfd poll_fd = {.fd = fd, .events = POLLIN};

    for (struct instant end = instant_after_ms(clock_now(), ms); clock_now().ns < end.ns;) {
        event_base_loop(f->base, EVLOOP_NONBLOCK);
        if (poll(&poll_fd, 1, 1) > 0) {
            return true;
        }
    }
    return false;
}

/* Octets read, 0 at the end or a reset. */
static size_t receive(struct fixture *f, int fd, uint8_t *out, size_t cap)
{
    assert_true(readable(f, fd, DEADLINE_MS));
    ssize_t n = recv(fd, out, cap, 0);
    return n > 0 ? (size_t)n : 0;
}

static void expect_replies(struct fixture *f, int fd, unsigned count)
{
    uint8_t reply[FRAME];

    for (unsigned i = 0; i < count; i++) {
        for (size_t got = 0; got < FRAME;) {
            size_t n = receive(f, fd, reply + got, FRAME - got);
            assert_true(n > 0);
            got += n;
        }
        assert_int_equal(reply[1], FRAME - 2);
        assert_memory_equal(reply + 2, f->frame + 2, 2); /* its id */
        assert_int_equal(reply[5] & 15, RCODE_REFUSED);
    }
}

static void expect_end(struct fixture *f, int fd)
{
    uint8_t octet;
    assert_int_equal(receive(f, fd, &octet, 1), 0);
}

static void test_any_split(void **state)
{
    struct fixture *f = *state;
    int fd = client_open(f);

    for (size_t split = 1; split < FRAME; split++) {
        assert_int_equal(send(fd, f->frame, split, 0), split);
        assert_false(readable(f, fd, 2));
        assert_int_equal(send(fd, f->frame + split, FRAME - split, 0), FRAME - split);
        expect_replies(f, fd, 1);
    }
    close(fd);
}

static void test_pipelined_and_half_closed(void **state)
{
    struct fixture *f = *state;
    uint8_t many[50 * FRAME];
    int fd = client_open(f);

    for (size_t i = 0; i < 50; i++) {
        memcpy(many + i * FRAME, f->frame, FRAME);
    }
    assert_int_equal(send(fd, many, sizeof many, 0), sizeof many);
    shutdown(fd, SHUT_WR);
    expect_replies(f, fd, 50);
    expect_end(f, fd);
    assert_int_equal(tcp_connections(f->tcp), 0);
    close(fd);
}

/* A client that asks and never reads is not read from any more; what it gets later is complete. */
static void test_not_reading(void **state)
{
    struct fixture *f = *state;
    int fd = client_open_small(f, 64 * 1024);
    size_t sent = 0;
    unsigned refused = 0;

    while (refused < 20) {
        ssize_t n = send(fd, f->frame + sent % FRAME, FRAME - sent % FRAME, 0);
        refused = n > 0 ? 0 : refused + 1;
        sent += n > 0 ? (size_t)n : 0;
        event_base_loop(f->base, EVLOOP_NONBLOCK);
    }
    shutdown(fd, SHUT_WR);
    expect_replies(f, fd, (unsigned)(sent / FRAME));
    expect_end(f, fd);
    close(fd);
}

/* Ask on FD until so much waits for it that it is not read from any more, or somebody was closed. */
static void ask_without_reading(struct fixture *f, int fd)
{
    size_t sent = 0, held = f->tcp->held;
    unsigned connections = tcp_connections(f->tcp);
    struct instant end = instant_after_ms(clock_now(), 4 * DEADLINE_MS);

    while (tcp_connections(f->tcp) == connections && f->tcp->held < held + TCP_UNSENT_MAX) {
        size_t at = sent % FRAME;
        ssize_t n = send(fd, f->frame + at, FRAME - at, MSG_NOSIGNAL);
        assert_true(n > 0 || errno == EAGAIN);
        sent += n > 0 ? (size_t)n : 0;
        event_base_loop(f->base, EVLOOP_NONBLOCK);
        assert_true(clock_now().ns < end.ns);
    }
}

/* Who holds most is closed when all hold too much together; others keep what they have. */
static void test_not_reading_together(void **state)
{
    enum { CLIENTS = 6 };
    struct fixture *f = *state;
    struct tcp_limits limits = {
        .connections = 9, .per_client = 9, .idle_sec = 100, .held = 250 * 1024};
    int fd[CLIENTS], small = 16 * 1024, half = client_open(f);

    tcp_set_limits(f->tcp, &limits);
    setsockopt(f->listener.tcp, SOL_SOCKET, SO_SNDBUF, &small,
               sizeof small); /* of those accepted */
    assert_int_equal(send(half, f->frame, 9, 0), 9);
    for (unsigned i = 0; i < CLIENTS; i++) {
        fd[i] = client_open_small(f, small);
    }
    assert_int_equal(tcp_connections(f->tcp), CLIENTS + 1);
    for (unsigned i = 0; i < CLIENTS; i++) {
        ask_without_reading(f, fd[i]);
    }
    assert_in_range(tcp_connections(f->tcp), 2, 4); /* each of more than 64 KB */
    assert_int_equal(send(half, f->frame + 9, FRAME - 9, 0), FRAME - 9);
    expect_replies(f, half, 1);
    for (unsigned i = 0; i < CLIENTS; i++) {
        close(fd[i]);
    }
    close(half);
}

static void test_no_dns(void **state)
{
    static const uint8_t garbage[] = {0, 3, 'a', 'b', 'c'};
    struct fixture *f = *state;
    int fd = client_open(f);

    assert_int_equal(send(fd, garbage, sizeof garbage, 0), sizeof garbage);
    expect_end(f, fd);
    close(fd);
}

static void test_queries_per_connection(void **state)
{
    struct fixture *f = *state;
    struct tcp_limits limits = {
        .connections = 9, .per_client = 9, .idle_sec = 100, .queries = 2, .held = 1 << 20};
    uint8_t three[3 * FRAME];

    for (size_t i = 0; i < 3; i++) {
        memcpy(three + i * FRAME, f->frame, FRAME);
    }
    tcp_set_limits(f->tcp, &limits);
    int fd = client_open(f);
    assert_int_equal(send(fd, three, sizeof three, 0), sizeof three);
    expect_replies(f, fd, 2);
    expect_end(f, fd);
    close(fd);
}

static void test_per_client(void **state)
{
    struct fixture *f = *state;
    struct tcp_limits limits = {
        .connections = 9, .per_client = 2, .idle_sec = 100, .held = 1 << 20};

    tcp_set_limits(f->tcp, &limits);
    int a = client_open(f), b = client_open(f), c = client_open(f);
    expect_end(f, c);
    assert_int_equal(tcp_connections(f->tcp), 2);
    close(a);
    while (tcp_connections(f->tcp) == 2) {
        event_base_loop(f->base, EVLOOP_ONCE);
    }
    int d = client_open(f);
    assert_int_equal(send(d, f->frame, FRAME, 0), FRAME);
    expect_replies(f, d, 1);
    close(b), close(c), close(d);
}

static void test_idle_longest_makes_room(void **state)
{
    struct fixture *f = *state;
    struct tcp_limits limits = {
        .connections = 2, .per_client = 9, .idle_sec = 100, .held = 1 << 20};

    tcp_set_limits(f->tcp, &limits);
    int a = client_open(f), b = client_open(f);
    assert_int_equal(send(a, f->frame, FRAME, 0), FRAME); /* now b is idle longer */
    expect_replies(f, a, 1);
    int c = client_open(f);
    expect_end(f, b);
    assert_int_equal(send(a, f->frame, FRAME, 0), FRAME);
    assert_int_equal(send(c, f->frame, FRAME, 0), FRAME);
    expect_replies(f, a, 1);
    expect_replies(f, c, 1);
    close(a), close(b), close(c);
}

static void test_idle(void **state)
{
    struct fixture *f = *state;
    struct tcp_limits limits = {.connections = 9, .per_client = 9, .idle_sec = 0, .held = 1 << 20};
    int fd = client_open(f);

    assert_int_equal(send(fd, f->frame, 5, 0), 5); /* half a question is no activity */
    event_base_loop(f->base, EVLOOP_NONBLOCK);
    tcp_tick(f->tcp);
    assert_int_equal(tcp_connections(f->tcp), 1);
    tcp_set_limits(f->tcp, &limits);
    tcp_tick(f->tcp);
    expect_end(f, fd);
    close(fd);
}

static void test_late_reply_to_nobody(void **state)
{
    struct fixture *f = *state;
    tcp_reply(f->tcp, UINT64_C(1) << 32, f->frame, FRAME); /* gone long ago */
    int fd = client_open(f);
    tcp_reply(f->tcp, UINT64_C(99) << 32, f->frame, FRAME); /* an older owner of its slot */
    assert_false(readable(f, fd, 2));
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_any_split, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_pipelined_and_half_closed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_not_reading, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_not_reading_together, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_no_dns, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_queries_per_connection, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_per_client, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_idle_longest_makes_room, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_idle, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_late_reply_to_nobody, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

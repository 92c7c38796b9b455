/* What the sockets are told: no path MTU from forged ICMP, one address each, room for bursts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "net/listener.h"
#include "tests/unit/conf/conf_fixture.h"

static int option(int fd, int level, int name)
{
    int value = -1;
    socklen_t len = sizeof value;
    assert_int_equal(getsockopt(fd, level, name, &value, &len), 0);
    return value;
}

/* Another one in each process that runs at the same time. */
static int port(void)
{
    return 10000 + getpid() % 9000;
}

static void sockets_as_they_should_be(void **state)
{
    static const char *const hosts[] = {"127.0.0.1", "[::1]"};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(hosts); i++) {
        char text[64];
        snprintf(text, sizeof text, "listen = %s:%d\nthreads = 2\n", hosts[i], port());
        struct fixture fixture = read_text(text);
        struct listeners listeners;
        char err[256];

        assert_non_null(fixture.conf);
        if (!listeners_open(&listeners, fixture.conf, err, sizeof err)) {
            if (i == 0) {
                fail_msg("%s", err);
            }
            print_message("%s\n", err); /* there is no IPv6 */
            release(&fixture);
            continue;
        }
        assert_int_equal(listeners.count, 1);
        const struct listener *listener = &listeners.items[0];
        assert_int_equal(listener->udp_count, 2);
        for (unsigned n = 0; n < listener->udp_count; n++) {
            int fd = listener->udp[n];
            if (listener->address.any.sa_family == AF_INET) {
                assert_int_equal(option(fd, IPPROTO_IP, IP_MTU_DISCOVER), IP_PMTUDISC_OMIT);
            } else {
                assert_int_equal(option(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER), IPV6_PMTUDISC_OMIT);
            }
            assert_int_equal(option(fd, SOL_SOCKET, SO_REUSEPORT), 1);
            assert_true(option(fd, SOL_SOCKET, SO_RCVBUF) >= 1 << 16);
        }
        listeners_close(&listeners);
        release(&fixture);
    }
}

/* The limit of open files is no reason to leave addresses out, as long as it can be raised. */
static void many_addresses_and_threads(void **state)
{
    char text[128];
    snprintf(text, sizeof text,
             "listen = 127.0.0.1:%d, 127.0.0.2:%d, 127.0.0.3:%d\nthreads = 600\n", port(), port(),
             port());
    struct fixture fixture = read_text(text);
    struct listeners listeners;
    struct rlimit before, few;
    char err[256];

    (void)state;
    getrlimit(RLIMIT_NOFILE, &before);
    few = (struct rlimit){100, before.rlim_max};
    if (before.rlim_max < 1200) {
        skip();
    }
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
    if (!listeners_open(&listeners, fixture.conf, err, sizeof err)) {
        fail_msg("%s", err);
    }
    assert_int_equal(listeners.count, 3);
    for (size_t i = 0; i < listeners.count; i++) {
        assert_int_equal(listeners.items[i].udp_count, 1024 / 3);
    }
    listeners_close(&listeners);
    setrlimit(RLIMIT_NOFILE, &before);
    release(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(sockets_as_they_should_be),
                                       cmocka_unit_test(many_addresses_and_threads)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Lines to syslogd: their form, a syslogd that does not read, one that is started anew. */
#include <regex.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/log_syslog.h"

static char directory[] = "/tmp/mydns-unit-XXXXXX", path[64], file[64];

static int listen_at_path(int kind)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, kind, 0);

    unlink(path);
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    assert_true(kind == SOCK_DGRAM || listen(fd, 4) == 0);
    return fd;
}

static int start(void **state)
{
    char err[256];
    (void)state;
    if (mkdtemp(directory) == NULL) {
        return -1;
    }
    snprintf(path, sizeof path, "%s/log", directory);
    snprintf(file, sizeof file, "%s/file", directory);
    log_syslog_path = path;
    return log_open("unit", file, err, sizeof err) &&
                   log_open("unit", "LOG_LOCAL3", err, sizeof err)
               ? 0
               : -1;
}

static int stop(void **state)
{
    (void)state;
    unlink(path);
    unlink(file);
    return rmdir(directory);
}

/* The next line in OUT; false: there is none. */
static bool receive(int fd, char *out, size_t cap)
{
    ssize_t len = recv(fd, out, cap - 1, MSG_DONTWAIT);
    out[len > 0 ? len : 0] = '\0';
    return len > 0;
}

static void expect(int fd, const char *pattern)
{
    char line[8192];
    regex_t regex;

    assert_true(receive(fd, line, sizeof line));
    assert_int_equal(regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB), 0);
    if (regexec(&regex, line, 0, NULL, 0) != 0) {
        fail_msg("%s does not match %s", line, pattern);
    }
    regfree(&regex);
}

static void nobody_is_there(void **state)
{
    char text[256] = "";
    (void)state;
    FILE *log = fopen(file, "r");
    assert_non_null(log);
    assert_non_null(fgets(text, sizeof text, log));
    assert_non_null(strstr(text, "warning: log = LOG_LOCAL3: no syslogd at /tmp/mydns-unit-"));
    fclose(log);
}

static void form(void **state)
{
    (void)state;
    log_warning("nobody is there");
    int fd = listen_at_path(SOCK_DGRAM);
    log_error("row %d\n", 7);
    expect(fd,
           "^<156>[A-Z][a-z]{2} [ 0-9][0-9] [0-9:]{8} unit\\[[0-9]+\\]: 1 lines are missing here");
    expect(fd, "^<155>[A-Z][a-z]{2} [ 0-9][0-9] [0-9:]{8} unit\\[[0-9]+\\]: row 7\\\\010$");
    log_line("vm up");
    expect(fd, "^<158>.*: vm up$");
    close(fd);
    fd = listen_at_path(SOCK_DGRAM); /* a new syslogd */
    log_info("again");
    expect(fd, ": again$");
    close(fd);
}

static void nobody_reads(void **state)
{
    enum { LINES = 20000 };
    char line[8192], told[64];
    unsigned taken = 0;
    (void)state;

    int fd = listen_at_path(SOCK_DGRAM);
    struct instant begun = clock_now();
    for (unsigned i = 0; i < LINES; i++) {
        log_info("line %u", i);
    }
    assert_true(instant_diff_ms(clock_now(), begun) < 20000);
    while (receive(fd, line, sizeof line)) {
        taken++;
    }
    assert_true(taken > 0 && taken < LINES);
    log_info("the end");
    snprintf(told, sizeof told, ": %u lines are missing here", LINES - taken);
    expect(fd, told);
    expect(fd, ": the end$");
    close(fd);
}

static void stream(void **state)
{
    char octets[256];
    (void)state;

    int fd = listen_at_path(SOCK_STREAM);
    log_info("one");
    log_info("two");
    int peer = accept(fd, NULL, NULL);
    ssize_t len = recv(peer, octets, sizeof octets, 0);
    assert_true(len > 0 && octets[len - 1] == '\0');
    size_t first = strlen(octets);
    assert_string_equal(octets + first - 5, ": one");
    assert_string_equal(octets + len - 6, ": two");
    close(peer);
    log_info("three"); /* by a connection of its own */
    peer = accept(fd, NULL, NULL);
    len = recv(peer, octets, sizeof octets, 0);
    assert_true(len > 0);
    assert_string_equal(octets + len - 8, ": three");
    close(peer);
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nobody_is_there),
        cmocka_unit_test(form),
        cmocka_unit_test(nobody_reads),
        cmocka_unit_test(stream),
    };
    return cmocka_run_group_tests(tests, start, stop);
}

#include "run/daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int started_pipe = -1; /* in the child, until daemon_started */

bool daemon_begin(char *err, size_t cap)
{
    int ends[2];
    char octet;

    if (pipe2(ends, O_CLOEXEC) != 0) {
        snprintf(err, cap, "cannot become a daemon: %s", strerror(errno));
        return false;
    }
    pid_t child = fork();
    if (child < 0) {
        snprintf(err, cap, "cannot become a daemon: %s", strerror(errno));
        close(ends[0]);
        close(ends[1]);
        return false;
    }
    if (child > 0) {
        close(ends[1]);
        ssize_t n;
        do {
            n = read(ends[0], &octet, 1);
        } while (n < 0 && errno == EINTR);
        _exit(n == 1 ? 0 : 1); /* what it had to say the child has said */
    }
    close(ends[0]);
    started_pipe = ends[1];
    setsid();
    return true;
}

void daemon_started(void)
{
    if (started_pipe < 0) {
        return;
    }
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    for (int fd = 0; null >= 0 && fd <= 2; fd++) {
        dup2(null, fd);
    }
    if (null > 2) {
        close(null);
    }
    ssize_t n = write(started_pipe, "", 1);
    (void)n; /* the parent was killed: then nobody waits */
    close(started_pipe);
    started_pipe = -1;
}

#include "base/log_syslog.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "base/attr.h"

const char *log_syslog_path = _PATH_LOG;

void log_syslog_close(struct log_syslog *to)
{
    if (to->_fd >= 0) {
        close(to->_fd);
    }
    to->_fd = -1;
}

bool log_syslog_open(struct log_syslog *to)
{
    static const int kinds[] = {SOCK_DGRAM, SOCK_STREAM};
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    bool connected = false;

    snprintf(address.sun_path, sizeof address.sun_path, "%s", log_syslog_path);
    for (unsigned i = 0; i < ARRAY_LEN(kinds) && !connected; i++) {
        to->_stream = kinds[i] == SOCK_STREAM;
        to->_fd = socket(AF_UNIX, kinds[i] | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        connected = to->_fd >= 0 &&
                    connect(to->_fd, (const struct sockaddr *)&address, sizeof address) == 0;
        if (!connected) {
            int failed = errno;
            log_syslog_close(to);
            errno = failed;
        }
    }
    return connected;
}

/* Once; errno tells why not. The socket does not wait. */
static bool send_line(const struct log_syslog *to, const char *line, size_t len)
{
    ssize_t sent = send(to->_fd, line, len, MSG_NOSIGNAL);
    if (sent >= 0 && (size_t)sent < len) {
        errno = EPIPE; /* half a line in a stream: begin anew */
    }
    return sent == (ssize_t)len;
}

bool log_syslog_send(struct log_syslog *to, int patience_ms, int priority, const char *program,
                     const char *message)
{
    char line[PIPE_BUF], stamp[32];
    time_t now = time(NULL);
    struct tm tm;

    localtime_r(&now, &tm);
    strftime(stamp, sizeof stamp, "%b %e %H:%M:%S", &tm);
    int written = snprintf(line, sizeof line, "<%d>%s %s[%d]: %s", priority, stamp, program,
                           (int)getpid(), message);
    size_t len = written < 0                     ? 0
                 : (size_t)written < sizeof line ? (size_t)written
                                                 : sizeof line - 1;
    for (unsigned attempt = 0; attempt < 2; attempt++) {
        if (to->_fd < 0 && !log_syslog_open(to)) {
            return false;
        }
        if (send_line(to, line, len + to->_stream)) { /* the NUL ends a line in a stream */
            return true;
        }
        if (errno != EAGAIN) { /* syslogd has gone, and maybe come back */
            log_syslog_close(to);
        } else if (attempt == 0 && patience_ms > 0) {
            (void)poll(&(struct pollfd){.fd = to->_fd, .events = POLLOUT}, 1, patience_ms);
        }
    }
    return false;
}

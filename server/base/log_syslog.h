/*
 * Lines for syslogd by its socket, never waiting longer than told: glibc's syslog() sleeps for as long as
 * nobody reads there, and whoever logs sleeps with it. The form is the one of C libraries (RFC 3164, 4.1,
 * without a host): <PRI>Mmm dd hh:mm:ss PROGRAM[PID]: MESSAGE. One thread at a time.
 */
#pragma once

#include <stdbool.h>

#include "base/attr.h"

struct log_syslog {
    int _fd; /* -1: not connected */
    bool _stream;
};
#define LOG_SYSLOG_INIT                                                                            \
    {                                                                                              \
        ._fd = -1                                                                                  \
    }

/* /dev/log; unit tests have one of their own. */
extern const char *log_syslog_path;

/* Connect, which log_syslog_send does by itself. False with errno: nobody is there. */
NODISCARD bool log_syslog_open(struct log_syslog *to) NONNULL;
/*
 * PRIORITY: facility and level as of syslog(). A syslogd that has been started anew is found. False: nobody
 * is there, or nobody took the line within PATIENCE_MS; it is lost.
 */
NODISCARD bool log_syslog_send(struct log_syslog *to, int patience_ms, int priority,
                               const char *program, const char *message) NONNULL;
void log_syslog_close(struct log_syslog *to) NONNULL;

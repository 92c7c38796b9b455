/*
 * Lines are built whole in a buffer on the stack and written by one call, so that threads never
 * mix. A mutex guards the target only while it is replaced or written to.
 *
 * A pipe or a syslogd whose reader has stopped takes nothing more. Whoever logs would wait for it, and then
 * nothing is loaded, nobody is answered by TCP and no signal is heard; so lines are lost then, and counted.
 * A terminal may still hold up a line it takes half of.
 */
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/log_syslog.h"
#include "base/text.h"

enum {
    STAMP_SIZE = 128,
    /* A line is cut here; the longest legitimate one (a name and its data escaped) stays below. A
     * pipe that takes any octet takes a whole line then. */
    LINE_SIZE = PIPE_BUF - STAMP_SIZE,
    PATIENCE_MS = 100, /* with a reader that is slow */
};

enum target_kind { TARGET_STREAM, TARGET_SYSLOG, TARGET_FILE };

static struct {
    pthread_mutex_t lock; /* guards everything but level */
    _Atomic int level;
    enum target_kind kind;
    int fd;       /* unless it is syslog */
    int facility; /* of syslog */
    struct log_syslog syslog;
    unsigned lost; /* lines that were not taken since the last one that was */
    char *path;
    char program[32];
} target = {.lock = PTHREAD_MUTEX_INITIALIZER,
            .level = LOG_LEVEL_INFO,
            .fd = STDERR_FILENO,
            .syslog = LOG_SYSLOG_INIT,
            .program = "mydns"};

enum { LEVEL_NONE = LOG_LEVEL_DEBUG + 1 }; /* of log_line() */
static const char *const level_name[] = {"error", "warning", "info", "debug"};
static const int level_priority[] = {LOG_ERR, LOG_WARNING, LOG_INFO, LOG_DEBUG, LOG_INFO};

static int facility_of(const char *name)
{
    if (strcasecmp(name, "LOG_DAEMON") == 0) {
        return LOG_DAEMON;
    }
    static const int local[] = {LOG_LOCAL0, LOG_LOCAL1, LOG_LOCAL2, LOG_LOCAL3,
                                LOG_LOCAL4, LOG_LOCAL5, LOG_LOCAL6, LOG_LOCAL7};
    if (strncasecmp(name, "LOG_LOCAL", 9) == 0 && name[9] >= '0' && name[9] <= '7' &&
        name[10] == '\0') {
        return local[name[9] - '0'];
    }
    return -1;
}

static int open_file(const char *path)
{
    return open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0640);
}

/* Called with the lock held. */
static void close_target(void)
{
    if (target.kind == TARGET_FILE) {
        close(target.fd);
    } else if (target.kind == TARGET_SYSLOG) {
        log_syslog_close(&target.syslog);
    }
    free(target.path);
    target.path = NULL;
}

bool log_open(const char *program, const char *name, char *err, uint32_t err_cap)
{
    int facility = facility_of(name);
    enum target_kind kind = TARGET_STREAM;
    struct log_syslog syslog = LOG_SYSLOG_INIT;
    int fd = STDERR_FILENO;

    if (facility >= 0) {
        kind = TARGET_SYSLOG;
        if (!log_syslog_open(&syslog)) { /* told where the log went before */
            log_warning("log = %s: no syslogd at %s: %s; lines are lost until there is one", name,
                        log_syslog_path, strerror(errno));
        }
    } else if (strcasecmp(name, "stdout") == 0) {
        fd = STDOUT_FILENO;
    } else if (strcasecmp(name, "stderr") != 0) {
        kind = TARGET_FILE;
        fd = open_file(name);
        if (fd < 0) {
            snprintf(err, err_cap, "cannot open log file %s: %s", name, strerror(errno));
            return false;
        }
    }
    pthread_mutex_lock(&target.lock);
    close_target();
    snprintf(target.program, sizeof target.program, "%s", program);
    target.kind = kind;
    target.fd = fd;
    target.facility = facility;
    target.syslog = syslog;
    if (kind == TARGET_FILE) {
        target.path = alloc_string(name);
    }
    pthread_mutex_unlock(&target.lock);
    return true;
}

void log_reopen(void)
{
    int failed = 0;
    pthread_mutex_lock(&target.lock);
    if (target.kind == TARGET_FILE) {
        int fd = open_file(target.path);
        if (fd >= 0) {
            close(target.fd);
            target.fd = fd;
        } else {
            failed = errno;
        }
    }
    pthread_mutex_unlock(&target.lock);
    if (failed != 0) {
        log_error("log file cannot be reopened, the old one stays in use: %s", strerror(failed));
    }
}

bool log_on_stderr(void)
{
    pthread_mutex_lock(&target.lock);
    bool on_stderr = target.kind == TARGET_STREAM && target.fd == STDERR_FILENO;
    pthread_mutex_unlock(&target.lock);
    return on_stderr;
}

void log_chown(uint32_t uid, uint32_t gid)
{
    pthread_mutex_lock(&target.lock);
    if (target.kind == TARGET_FILE && fchown(target.fd, uid, gid) != 0) {
        /* Not fatal: only a later reopen will fail, and says so then. */
    }
    pthread_mutex_unlock(&target.lock);
}

void log_set_level(enum log_level most_detailed)
{
    atomic_store_explicit(&target.level, (int)most_detailed, memory_order_relaxed);
}

bool log_enabled(enum log_level level)
{
    return (int)level <= atomic_load_explicit(&target.level, memory_order_relaxed);
}

/* With the lock held, as all below. */
static void write_line(int level, const char *message)
{
    char line[LINE_SIZE + STAMP_SIZE];
    struct timespec now;
    struct tm tm;

    clock_gettime(CLOCK_REALTIME, &now);
    localtime_r(&now.tv_sec, &tm);
    char stamp[48], origin[64] = "";
    strftime(stamp, sizeof stamp, "%d-%b-%Y %H:%M:%S", &tm);
    if (level != LEVEL_NONE) {
        snprintf(origin, sizeof origin, " %s[%d]: %s:", target.program, (int)getpid(),
                 level_name[level]);
    }
    int len =
        snprintf(line, sizeof line, "%s+%06ld%s %s\n", stamp, now.tv_nsec / 1000, origin, message);
    ssize_t written = write(target.fd, line, (size_t)len);
    (void)written; /* there is no other place to complain to */
}

static bool is_ready(int patience_ms)
{
    struct pollfd ready = {.fd = target.fd, .events = POLLOUT};
    int count;

    do {
        count = poll(&ready, 1, patience_ms);
    } while (count < 0 && errno == EINTR);
    return count != 0;
}

/* False: the line was not taken. While none is, nobody waits for the next one. */
static bool take_line(int level, const char *message)
{
    int patience_ms = target.lost == 0 ? PATIENCE_MS : 0;

    if (target.kind == TARGET_SYSLOG) {
        return log_syslog_send(&target.syslog, patience_ms, target.facility | level_priority[level],
                               target.program, message);
    }
    if (!is_ready(patience_ms)) {
        return false;
    }
    write_line(level, message);
    return true;
}

static void put_line(int level, const char *message)
{
    char text[64];

    pthread_mutex_lock(&target.lock);
    if (target.lost > 0) {
        snprintf(text, sizeof text, "%u lines are missing here: nobody read them", target.lost);
        if (take_line(LOG_LEVEL_WARNING, text)) {
            target.lost = 0;
        }
    }
    if (target.lost > 0 || !take_line(level, message)) {
        target.lost++;
    }
    pthread_mutex_unlock(&target.lock);
}

static PRINTF(2, 0) void put_message(int level, const char *format, va_list args)
{
    char raw[LINE_SIZE - 512], message[LINE_SIZE];

    if (level != LEVEL_NONE && !log_enabled((enum log_level)level)) {
        return;
    }
    int len = vsnprintf(raw, sizeof raw, format, args);
    if (len < 0) {
        return;
    }
    size_t at = 0;
    for (const char *p = raw; *p != '\0' && at + 5 < sizeof message; p++) {
        unsigned char c = (unsigned char)*p;
        if (c < 0x20 || c == 0x7f) {
            at += (size_t)snprintf(message + at, sizeof message - at, "\\%03u", c);
        } else {
            message[at++] = (char)c;
        }
    }
    message[at] = '\0';
    put_line(level, message);
}

#define LOG_FUNCTION(name, level)                                                                  \
    void name(const char *format, ...)                                                             \
    {                                                                                              \
        va_list args;                                                                              \
        va_start(args, format);                                                                    \
        put_message(level, format, args);                                                          \
        va_end(args);                                                                              \
    }
LOG_FUNCTION(log_error, LOG_LEVEL_ERROR)
LOG_FUNCTION(log_warning, LOG_LEVEL_WARNING)
LOG_FUNCTION(log_info, LOG_LEVEL_INFO)
LOG_FUNCTION(log_debug, LOG_LEVEL_DEBUG)
LOG_FUNCTION(log_line, LEVEL_NONE)

bool log_limit_pass(struct log_limit *limit, uint32_t *skipped)
{
    uint64_t now = instant_sec(clock_now()) + 1;
    uint64_t last = atomic_load_explicit(&limit->_last_sec, memory_order_relaxed);

    if (last == now ||
        !atomic_compare_exchange_strong_explicit(&limit->_last_sec, &last, now,
                                                 memory_order_relaxed, memory_order_relaxed)) {
        atomic_fetch_add_explicit(&limit->_skipped, 1, memory_order_relaxed);
        return false;
    }
    *skipped = atomic_exchange_explicit(&limit->_skipped, 0, memory_order_relaxed);
    return true;
}

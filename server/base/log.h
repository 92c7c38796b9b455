/*
 * The log: one event, one line. error = someone must act; warning = data or a peer is wrong, we go
 * on; info = the life of server and zones; debug = per query. Arguments from outside go through
 * text_escape or name_to_text first; as a second wall, control octets in a finished line are
 * replaced by \DDD. Passwords and keys are never logged. Any thread.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

/*
 * Choose where lines go: "stderr", "stdout", "LOG_DAEMON", "LOG_LOCAL0".."LOG_LOCAL7" (syslog), else
 * a file, which is appended to and reopened by log_reopen(). Until the first call: stderr.
 * Returns false with ERR set (capacity ERR_CAP) when the file cannot be opened; the old target stays.
 */
NODISCARD bool log_open(const char *program, const char *target, char *err,
                        uint32_t err_cap) NONNULL;
void log_reopen(void);
/* Does the log go to stderr, as it does before log_open? */
bool log_on_stderr(void);
void log_set_level(enum log_level most_detailed);
bool log_enabled(enum log_level level);
/* Give the log file to a user before privileges are dropped, so that it can be reopened. */
void log_chown(uint32_t uid, uint32_t gid);

void log_error(const char *format, ...) PRINTF(1, 2);
void log_warning(const char *format, ...) PRINTF(1, 2);
void log_info(const char *format, ...) PRINTF(1, 2);
void log_debug(const char *format, ...) PRINTF(1, 2);
/* A line of a shape of its own, whatever the level: in a file only the date stands before it. */
void log_line(const char *format, ...) PRINTF(1, 2);

/*
 * At most one line of a kind per second: `if (log_limit_pass(&limit, &skipped)) log_warning(...)`.
 * SKIPPED: how many were held back since the last one that passed. The struct starts zeroed.
 */
struct log_limit {
    _Atomic uint64_t _last_sec;
    _Atomic uint32_t _skipped;
};
bool log_limit_pass(struct log_limit *limit, uint32_t *skipped) NONNULL;

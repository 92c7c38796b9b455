/*
 * The server in operation: signals, reload, status, end.
 */
#pragma once

#include "conf/conf.h"
#include "http/http_listener.h"
#include "net/server.h"
#include "run/command_line.h"

/*
 * Block the signals that service_run handles, so that no thread started from now on takes one, and
 * ignore SIGPIPE. What arrives meanwhile waits.
 */
void service_block_signals(void);

/*
 * Serve on LISTENERS, and tell about it on HTTP, until a signal says to end. CONF is taken, the
 * others are borrowed. STARTED is called when everything runs. By the main thread, signals blocked,
 * privileges dropped. Returns false when it could not start, which is logged.
 */
bool service_run(const struct command_line *line, struct conf *conf,
                 const struct listeners *listeners, const struct http_listeners *http,
                 void (*started)(void));

/* Log each line of MESSAGES (of conf_read; taken), as errors or warnings. */
void service_log_messages(char *messages);

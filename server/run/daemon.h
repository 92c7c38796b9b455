/*
 * Becoming a daemon (-b). The parent stays until the child says that it has started, so that whoever
 * starts the server learns from the exit status whether it did.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"

/* Fork; returns in the child, a session of its own, still with its terminal for messages. False: ERR
 * (capacity CAP) tells why. Before threads, sockets and pidfile. */
NODISCARD bool daemon_begin(char *err, size_t cap) NONNULL;
/* The start has succeeded: let the parent exit with 0, let go of the terminal. Without daemon_begin
 * nothing happens. If the process ends without this, the parent exits with 1. */
void daemon_started(void);

/*
 * A word to the supervisor: the datagram of sd_notify(3), whose whole protocol this is.
 */
#pragma once

#include "base/attr.h"

/* Send STATE ("READY=1") to $NOTIFY_SOCKET; nothing happens when there is none. */
void notify_supervisor(const char *state) NONNULL;

/*
 * The file with our process id (option pidfile).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/attr.h"

/* Write it, and give it to UID and GID, so that the server may remove it. False: ERR (capacity CAP)
 * tells why. */
NODISCARD bool pidfile_write(const char *path, uid_t uid, gid_t gid, char *err, size_t cap) NONNULL;
/* Remove it; where the directory belongs to root only, empty it. */
void pidfile_remove(const char *path) NONNULL;

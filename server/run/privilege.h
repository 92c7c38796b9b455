/*
 * From root to an ordinary user, for good (mydns-compat 2.2, options user and group).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/attr.h"

struct privilege {
    const char *user; /* borrowed */
    uid_t uid;
    gid_t gid;
    bool change; /* false: started without root, or --run-as-root */
};

/*
 * Whom to become. An unknown USER is an error: false, ERR (capacity CAP) tells. An unknown GROUP
 * becomes nobody or nogroup, else the user's own, with a warning.
 */
NODISCARD bool privilege_find(struct privilege *privilege, const char *user, const char *group,
                              bool run_as_root, char *err, size_t cap) NONNULL;
/* Become it, and give up every capability. Before threads are started. */
NODISCARD bool privilege_drop(const struct privilege *privilege, char *err, size_t cap) NONNULL;
/* Allow COUNT open files, as far as the system lets us; a warning if that is less. */
void privilege_raise_files(size_t count);

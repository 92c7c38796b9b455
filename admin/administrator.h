/*
 * The connection of an administrator, who makes what the writing account may not: --admin-user,
 * --admin-socket, --admin-password-file, --host.
 */
#pragma once

#include "admin/cli.h"
#include "admin/session.h"

/*
 * Connect without a database. SETTINGS: where the server is, as far as OPTIONS do not say; NULL =
 * nothing known. NULL: reported, *OUTCOME tells.
 */
NODISCARD struct db *administrator_connect(const struct options *options,
                                           const struct settings *settings, enum outcome *outcome);

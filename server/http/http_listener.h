/*
 * The sockets of the status pages: a Unix socket for the host's own root and the server's user, and a
 * TCP address for monitoring, if any. Opened while the process may still be root.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/attr.h"
#include "conf/conf.h"

struct http_listeners {
    int control; /* the Unix socket; -1 = none */
    int tcp;     /* -1 = none */
    char *control_path;
    dev_t control_dev; /* which file was made: another server's is not removed */
    ino_t control_ino;
};

/*
 * Open what CONF's control-socket and http-listen say. The Unix socket belongs to UID and GID (mode
 * 0660); one that nobody listens on any more is replaced. False: ERR (capacity CAP) tells why; a
 * Unix socket that nobody has asked for is left out with a word in the log instead.
 */
NODISCARD bool http_listeners_open(struct http_listeners *listeners, const struct conf *conf,
                                   uid_t uid, gid_t gid, char *err, size_t cap) NONNULL;
/* Close them, remove the Unix socket where we may. */
void http_listeners_close(struct http_listeners *listeners) NONNULL;

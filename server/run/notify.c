#include "run/notify.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"

/* One that does not read its socket must not hold up the event loop: its queue takes ten messages. */
static const struct timeval patience = {0, 100 * 1000};

void notify_supervisor(const char *state)
{
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    if (path == NULL || (path[0] != '/' && path[0] != '@')) {
        return;
    }
    size_t len = strlen(path);
    if (len >= sizeof address.sun_path) {
        log_warning("NOTIFY_SOCKET is too long");
        return;
    }
    memcpy(address.sun_path, path, len);
    if (path[0] == '@') { /* an abstract name: its length counts, no final zero octet */
        address.sun_path[0] = '\0';
    }
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience) < 0 ||
        sendto(fd, state, strlen(state), MSG_NOSIGNAL, (struct sockaddr *)&address,
               (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)) < 0) {
        log_warning("cannot tell the supervisor %s: %s", state, strerror(errno));
    }
    if (fd >= 0) {
        close(fd);
    }
}

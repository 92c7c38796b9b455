#include "run/pidfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

bool pidfile_write(const char *path, uid_t uid, gid_t gid, char *err, size_t cap)
{
    char text[32];
    int len = snprintf(text, sizeof text, "%d\n", (int)getpid());
    /* Not through a link that somebody else may have put there. */
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
    bool good = fd >= 0 && write(fd, text, (size_t)len) == len;

    if (!good) {
        snprintf(err, cap, "cannot write pidfile %s: %s", path, strerror(errno));
    } else if (fchown(fd, uid, gid) != 0) {
        /* Then it cannot be emptied at the end; a stale pidfile is no harm. */
    }
    if (fd >= 0) {
        close(fd);
    }
    return good;
}

void pidfile_remove(const char *path)
{
    if (unlink(path) != 0 && errno != ENOENT) {
        int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC | O_NOFOLLOW);
        if (fd >= 0) {
            close(fd);
        }
    }
}

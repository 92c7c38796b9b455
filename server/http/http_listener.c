#include "http/http_listener.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/log.h"
#include "conf/conf_address.h"
#include "net/address.h"

enum { BACKLOG = 64, CONTROL_MODE = 0660 };

static void close_keeping_errno(int fd)
{
    int kept = errno;
    close(fd);
    errno = kept;
}

/* --- the Unix socket --- */

static bool control_address(struct sockaddr_un *address, const char *path)
{
    *address = (struct sockaddr_un){.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address->sun_path) {
        errno = ENAMETOOLONG;
        return false;
    }
    strcpy(address->sun_path, path);
    return true;
}

/*
 * A socket in our way: does somebody listen there? One whose server has ended is removed. Anything
 * else of that name is not ours to remove. False: errno tells.
 */
static bool make_way(const struct sockaddr_un *address)
{
    struct stat st;

    if (lstat(address->sun_path, &st) != 0) {
        return errno == ENOENT;
    }
    if (!S_ISSOCK(st.st_mode)) {
        errno = EEXIST;
        return false;
    }
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        return false;
    }
    bool stale = connect(fd, (const struct sockaddr *)address, sizeof *address) != 0 &&
                 errno == ECONNREFUSED;
    close(fd);
    if (!stale) {
        errno = EADDRINUSE;
        return false;
    }
    return unlink(address->sun_path) == 0 || errno == ENOENT;
}

/* To whom the socket belongs, through a descriptor: nobody can put another file in between. */
static bool give_away(struct http_listeners *listeners, uid_t uid, gid_t gid)
{
    struct stat st = {0};
    int fd = open(listeners->control_path, O_PATH | O_NOFOLLOW | O_CLOEXEC);

    if (fd < 0) {
        return false;
    }
    bool good = fstat(fd, &st) == 0;
    if (good && !(S_ISSOCK(st.st_mode) && st.st_uid == geteuid() && st.st_nlink == 1)) {
        errno = EPERM;
        good = false;
    }
    good = good && ((uid == st.st_uid && gid == st.st_gid) ||
                    fchownat(fd, "", uid, gid, AT_EMPTY_PATH) == 0);
    close_keeping_errno(fd);
    listeners->control_dev = st.st_dev;
    listeners->control_ino = st.st_ino;
    return good;
}

/* False: errno tells why. */
static bool open_control(struct http_listeners *listeners, const char *path, uid_t uid, gid_t gid)
{
    struct sockaddr_un address;

    if (!control_address(&address, path) || !make_way(&address)) {
        return false;
    }
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        return false;
    }
    listeners->control_path = alloc_string(path);
    /* Linux makes the file with the mode of the descriptor, so it is never open to others. */
    mode_t mask = umask(0);
    bool good = fchmod(fd, CONTROL_MODE) == 0 &&
                bind(fd, (const struct sockaddr *)&address, sizeof address) == 0;
    umask(mask);
    if (!good) {
        close_keeping_errno(fd);
        free(listeners->control_path);
        listeners->control_path = NULL;
        return false;
    }
    listeners->control = fd;
    return give_away(listeners, uid, gid) && listen(fd, BACKLOG) == 0;
}

static const char *why_not(int error)
{
    return error == EADDRINUSE ? "another server that runs listens there"
           : error == EEXIST   ? "there is something that is no socket"
                               : strerror(error);
}

/* --- TCP --- */

/* False: errno tells why. */
static bool open_tcp(struct http_listeners *listeners, const char *text)
{
    struct conf_address parsed;
    struct address address;
    int one = 1, zero = 0;

    errno = EINVAL;
    if (!conf_http_parse(text, &parsed)) {
        return false;
    }
    bool any = strcmp(parsed.host, "*") == 0;
    errno = EADDRNOTAVAIL;
    if (!address_from_text(&address, any ? "::" : parsed.host, parsed.port)) {
        return false;
    }
    int fd = socket(address.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0 && any && errno == EAFNOSUPPORT &&
        address_from_text(&address, "0.0.0.0", parsed.port)) {
        fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    }
    if (fd < 0) {
        return false;
    }
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (address.any.sa_family == AF_INET6) {
        (void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, any ? &zero : &one, sizeof one);
    }
    if (!address_bind(fd, &address) || listen(fd, BACKLOG) != 0) {
        close_keeping_errno(fd);
        return false;
    }
    listeners->tcp = fd;
    char name[ADDRESS_TEXT_SIZE];
    log_info("HTTP on %s", address_to_text(name, &address));
    return true;
}

/* --- both --- */

bool http_listeners_open(struct http_listeners *listeners, const struct conf *conf, uid_t uid,
                         gid_t gid, char *err, size_t cap)
{
    *listeners = (struct http_listeners){.control = -1, .tcp = -1};
    if (conf->http_listen != NULL && !open_tcp(listeners, conf->http_listen)) {
        snprintf(err, cap, "http-listen: cannot listen on %s: %s", conf->http_listen,
                 strerror(errno));
        return false;
    }
    if (conf->control_socket == NULL || open_control(listeners, conf->control_socket, uid, gid)) {
        return true;
    }
    int error = errno;
    if (conf->control_socket_set) {
        snprintf(err, cap, "control-socket: cannot listen on %s: %s", conf->control_socket,
                 why_not(error));
        http_listeners_close(listeners);
        return false;
    }
    log_info("no control socket for dnsadm status, %s: %s", conf->control_socket, why_not(error));
    int tcp = listeners->tcp;
    listeners->tcp = -1;
    http_listeners_close(listeners);
    listeners->tcp = tcp;
    return true;
}

void http_listeners_close(struct http_listeners *listeners)
{
    struct stat st;

    if (listeners->control >= 0) {
        close(listeners->control);
        if (lstat(listeners->control_path, &st) == 0 && st.st_dev == listeners->control_dev &&
            st.st_ino == listeners->control_ino) {
            (void)unlink(listeners->control_path); /* a directory of root's keeps it: no harm */
        }
    }
    if (listeners->tcp >= 0) {
        close(listeners->tcp);
    }
    free(listeners->control_path);
    *listeners = (struct http_listeners){.control = -1, .tcp = -1};
}

#include "net/listener.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/files.h"
#include "base/log.h"
#include "conf/conf_address.h"

enum {
    /* Some 40 ms of a gigabit of small queries: a thread that was not scheduled for that long loses
     * nothing. The kernel counts its own overhead too, and doubles the value for it. */
    SOCKET_BUFFER = 4 << 20,
    TCP_BACKLOG = 1024,
    /* Threads of all addresses. A host of web sites has hundreds of addresses and dozens of CPUs: as many
     * threads and sockets as both multiplied it is not allowed, and one address is not asked that much. */
    THREADS_MAX = 1024,
    OTHER_FILES = 64, /* open while sockets are made: log, libraries' own */
};

/* An address to bind and how much depends on it. */
struct wish {
    struct address_list named;     /* written in the configuration: must work */
    struct address_list interface; /* found by "*": should work */
};

/* --- which addresses --- */

/* Add what one item of listen or no-listen means to LIST. False: errno tells why. */
static bool add_item(struct address_list *list, const char *text, uint16_t default_port)
{
    struct conf_address parsed;
    struct address address;

    errno = EINVAL;
    if (!conf_address_parse(text, &parsed)) {
        return false;
    }
    uint16_t port = parsed.port != 0 ? parsed.port : default_port;
    if (strcmp(parsed.host, "*") == 0) {
        return address_list_add_host(list, AF_UNSPEC, port);
    }
    if (strcasecmp(parsed.host, "localhost") == 0) {
        strcpy(parsed.host, "127.0.0.1");
    }
    errno = EADDRNOTAVAIL; /* an interface that is not there */
    if (!address_from_text(&address, parsed.host, port)) {
        return false;
    }
    if (address_is_any(&address)) {
        return address_list_add_host(list, address.any.sa_family, port);
    }
    address_list_add(list, &address);
    return true;
}

/* Does TEXT stand for what the host has, and not for an address? */
static bool is_any(const char *text)
{
    struct conf_address parsed;
    struct address address;

    return conf_address_parse(text, &parsed) &&
           (strcmp(parsed.host, "*") == 0 ||
            (address_from_text(&address, parsed.host, 0) && address_is_any(&address)));
}

static bool collect(struct wish *wish, const struct conf *conf, char *err, size_t err_cap)
{
    struct address_list removed = {0};

    for (size_t i = 0; i < conf->listen.count; i++) {
        const char *text = conf->listen.items[i];
        if (!add_item(is_any(text) ? &wish->interface : &wish->named, text, conf->port)) {
            snprintf(err, err_cap, "cannot listen on %s: %s", text, strerror(errno));
            return false;
        }
    }
    for (size_t i = 0; i < conf->no_listen.count; i++) {
        /* An address that is not there is not listened on anyway. */
        if (!add_item(&removed, conf->no_listen.items[i], conf->port)) {
            log_warning("no-listen: %s is no address of this host", conf->no_listen.items[i]);
        }
    }
    for (size_t i = 0; i < wish->named.count; i++) {
        address_list_remove(&wish->interface, &wish->named.items[i]);
    }
    for (size_t i = 0; i < removed.count; i++) {
        address_list_remove(&wish->named, &removed.items[i]);
        address_list_remove(&wish->interface, &removed.items[i]);
    }
    address_list_release(&removed);
    if (wish->named.count + wish->interface.count == 0) {
        snprintf(err, err_cap, "nothing to listen on: see the options listen and no-listen");
        return false;
    }
    return true;
}

/* --- sockets --- */

static void set(int fd, int level, int option, int value)
{
    /* Best effort: where a kernel does not know the option, the server works all the same. */
    (void)setsockopt(fd, level, option, &value, sizeof value);
}

static int new_socket(const struct address *address, int type)
{
    int fd = socket(address->any.sa_family, type | SOCK_CLOEXEC, 0);
    if (fd >= 0 && address->any.sa_family == AF_INET6) {
        set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
    }
    return fd;
}

static void tune_udp(int fd, int family)
{
    /* Never let a forged ICMP "fragmentation needed" shrink what we send, nor set DF: replies are at
     * most edns-udp-size (RFC 9715 discusses; OMIT is what it advises for Linux). */
    if (family == AF_INET) {
        set(fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_OMIT);
    } else {
        set(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_OMIT);
    }
    set(fd, SOL_SOCKET, SO_RCVBUF, SOCKET_BUFFER);
    set(fd, SOL_SOCKET, SO_SNDBUF, SOCKET_BUFFER);
    set(fd, SOL_SOCKET, SO_RCVBUFFORCE, SOCKET_BUFFER); /* beyond rmem_max, as root */
    set(fd, SOL_SOCKET, SO_SNDBUFFORCE, SOCKET_BUFFER);
}

/*
 * The first socket of an address is bound alone, so that another server on it is noticed even when it
 * runs as the same user; SO_REUSEPORT, set afterwards, then lets ours join.
 */
static int open_udp(const struct address *address, bool first)
{
    int fd = new_socket(address, SOCK_DGRAM);
    if (fd < 0) {
        return -1;
    }
    if (!first) {
        set(fd, SOL_SOCKET, SO_REUSEPORT, 1);
    }
    if (!address_bind(fd, address)) {
        int failed = errno;
        close(fd);
        errno = failed;
        return -1;
    }
    set(fd, SOL_SOCKET, SO_REUSEPORT, 1);
    tune_udp(fd, address->any.sa_family);
    return fd;
}

static int open_tcp(const struct address *address)
{
    int fd = new_socket(address, SOCK_STREAM | SOCK_NONBLOCK);
    if (fd < 0) {
        return -1;
    }
    set(fd, SOL_SOCKET, SO_REUSEADDR, 1); /* connections of the last run may linger in TIME_WAIT */
    set(fd, IPPROTO_TCP, TCP_NODELAY, 1); /* those accepted take it over */
    if (!address_bind(fd, address) || listen(fd, TCP_BACKLOG) != 0) {
        int failed = errno;
        close(fd);
        errno = failed;
        return -1;
    }
    return fd;
}

static void close_listener(struct listener *listener)
{
    for (unsigned i = 0; i < listener->udp_count; i++) {
        close(listener->udp[i]);
    }
    if (listener->tcp >= 0) {
        close(listener->tcp);
    }
    free(listener->udp);
}

/* UDP threads of each of COUNT addresses. */
static unsigned threads_each(const struct conf *conf, size_t count)
{
    unsigned threads = conf->threads;

    if (threads > 1 && count * threads > THREADS_MAX) {
        threads = count < THREADS_MAX ? (unsigned)(THREADS_MAX / count) : 1;
        log_info("%u threads for each of %zu addresses instead of %u", threads, count,
                 conf->threads);
    }
    return threads;
}

/* All sockets of one address, or none. False: ERR tells why. */
static bool open_listener(struct listener *listener, const struct address *address,
                          const struct conf *conf, unsigned threads, char *err, size_t err_cap)
{
    const char *transport = "UDP";
    char text[ADDRESS_TEXT_SIZE];

    *listener =
        (struct listener){.address = *address, .tcp = -1, .udp = alloc_zero(threads, sizeof(int))};
    for (unsigned i = 0; i < threads; i++) {
        int fd = open_udp(address, i == 0);
        if (fd < 0) {
            goto failed;
        }
        listener->udp[listener->udp_count++] = fd;
    }
    transport = "TCP";
    if (conf->allow_tcp) {
        listener->tcp = open_tcp(address);
        if (listener->tcp < 0) {
            goto failed;
        }
    }
    return true;
failed:
    snprintf(err, err_cap, "cannot listen on %s (%s): %s%s", address_to_text(text, address),
             transport, strerror(errno),
             errno == EADDRINUSE ? " by another program"
             : errno == EACCES   ? "; ports below 1024 need root or CAP_NET_BIND_SERVICE"
                                 : "");
    close_listener(listener);
    return false;
}

static void log_listeners(const struct listeners *listeners)
{
    char text[ADDRESS_TEXT_SIZE];
    for (size_t i = 0; i < listeners->count; i++) {
        log_info("listening on %s", address_to_text(text, &listeners->items[i].address));
    }
}

bool listeners_open(struct listeners *listeners, const struct conf *conf, char *err, size_t err_cap)
{
    struct wish wish = {0};
    bool good = collect(&wish, conf, err, err_cap);
    size_t count = wish.named.count + wish.interface.count;
    unsigned threads = threads_each(conf, count);

    (void)files_raise(count * (threads + 1) + OTHER_FILES);
    *listeners = (struct listeners){alloc_zero(count + 1, sizeof *listeners->items), 0};
    for (size_t i = 0; good && i < wish.named.count; i++) {
        good = open_listener(&listeners->items[listeners->count], &wish.named.items[i], conf,
                             threads, err, err_cap);
        listeners->count += good;
    }
    for (size_t i = 0; good && i < wish.interface.count; i++) {
        if (open_listener(&listeners->items[listeners->count], &wish.interface.items[i], conf,
                          threads, err, err_cap)) {
            listeners->count++;
        } else {
            log_warning("%s; left out", err);
        }
    }
    if (good && listeners->count == 0) { /* ERR tells why the last one failed */
        good = false;
    }
    if (good) {
        log_listeners(listeners);
    } else {
        listeners_close(listeners);
    }
    address_list_release(&wish.named);
    address_list_release(&wish.interface);
    return good;
}

void listeners_close(struct listeners *listeners)
{
    for (size_t i = 0; i < listeners->count; i++) {
        close_listener(&listeners->items[i]);
    }
    free(listeners->items);
    *listeners = (struct listeners){NULL, 0};
}

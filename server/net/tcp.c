/*
 * The set of connections: accepting, counting, and letting go of them. All have the same idle time,
 * so one list in order of activity serves as their timer and tells whom to close for a newcomer.
 */
#include "net/tcp.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/files.h"
#include "base/log.h"
#include "net/tcp_conn.h"

enum {
    ACCEPT_AT_ONCE = 64, /* then other events have their turn */
    /* Beside sockets that listen: the database's, log, snapshot, event loop, who asks for the status. They
     * would all fail when TCP took the last descriptor. */
    OTHER_FILES = 128,
    LEAST_CONNECTIONS = 8, /* whatever the limit of files */
};

/* --- clients --- */

/* IPv4 addresses in the form ::ffff:a.b.c.d. Of IPv6 the first half: the other one is the client's to
 * choose, and as many addresses with it as it likes. */
static void client_key(uint8_t key[16], const struct address *peer)
{
    if (peer->any.sa_family == AF_INET) {
        memset(key, 0, 10);
        key[10] = key[11] = 0xff;
        memcpy(key + 12, &peer->v4.sin_addr, 4);
    } else {
        memcpy(key, &peer->v6.sin6_addr, 8);
        memset(key + 8, 0, 8);
    }
}

static struct tcp_client_list *client_list(struct tcp *tcp, const uint8_t key[16])
{
    uint64_t halves[2];
    memcpy(halves, key, sizeof halves);
    uint64_t mixed = (halves[0] ^ tcp->client_seed) * UINT64_C(0x9e3779b97f4a7c15);
    mixed = (mixed ^ halves[1]) * UINT64_C(0xbf58476d1ce4e5b9);
    return &tcp->clients[mixed >> 56];
}

/* The client's entry, made when it is new. NULL: it has as many connections as it may. */
static struct tcp_client *client_enter(struct tcp *tcp, const struct address *peer)
{
    struct tcp_client *client;
    uint8_t key[16];

    client_key(key, peer);
    struct tcp_client_list *list = client_list(tcp, key);
    LIST_FOREACH(client, list, next)
    {
        if (memcmp(client->address, key, sizeof key) == 0) {
            break;
        }
    }
    if (client == NULL) {
        client = alloc_zero(1, sizeof *client);
        memcpy(client->address, key, sizeof key);
        LIST_INSERT_HEAD(list, client, next);
    } else if (client->connections >= tcp->limits.per_client) {
        return NULL;
    }
    client->connections++;
    return client;
}

static void client_leave(struct tcp_client *client)
{
    if (--client->connections == 0) {
        LIST_REMOVE(client, next);
        free(client);
    }
}

/* --- connections --- */

static uint32_t free_slot(struct tcp *tcp)
{
    if (tcp->free_count == 0) {
        size_t more = tcp->slot_count == 0 ? 64 : tcp->slot_count * 2;
        tcp->slots = alloc_resize(tcp->slots, more, sizeof *tcp->slots);
        tcp->free_slots = alloc_resize(tcp->free_slots, more, sizeof *tcp->free_slots);
        for (size_t i = more; i-- > tcp->slot_count;) {
            tcp->slots[i] = NULL;
            tcp->free_slots[tcp->free_count++] = (uint32_t)i;
        }
        tcp->slot_count = more;
    }
    return tcp->free_slots[--tcp->free_count];
}

static void open_connection(struct tcp *tcp, int fd, const struct address *peer)
{
    struct tcp_client *client = client_enter(tcp, peer);

    if (client == NULL) {
        close(fd);
        return;
    }
    while (tcp->count >= tcp->limits.connections && tcp->count > 0) {
        tcp_close(TAILQ_FIRST(&tcp->by_activity));
    }
    struct tcp_conn *conn = alloc_zero(1, sizeof *conn);
    uint32_t slot = free_slot(tcp);
    conn->tcp = tcp;
    conn->fd = fd;
    conn->id = (uint64_t)++tcp->generation << 32 | slot;
    conn->peer = *peer;
    conn->client = client;
    conn->active = clock_now();
    tcp->slots[slot] = conn;
    tcp->count++;
    TAILQ_INSERT_TAIL(&tcp->by_activity, conn, by_activity);
    tcp_conn_start(conn);
}

void tcp_close(struct tcp_conn *conn)
{
    struct tcp *tcp = conn->tcp;

    TAILQ_REMOVE(&tcp->by_activity, conn, by_activity);
    tcp->slots[(uint32_t)conn->id] = NULL;
    tcp->free_slots[tcp->free_count++] = (uint32_t)conn->id;
    tcp->count--;
    client_leave(conn->client);
    tcp_conn_release(conn);
}

void tcp_make_room(struct tcp *tcp)
{
    while (tcp->held > tcp->limits.held && !TAILQ_EMPTY(&tcp->by_activity)) {
        struct tcp_conn *at, *most = NULL;
        TAILQ_FOREACH(at, &tcp->by_activity, by_activity)
        {
            if (most == NULL || at->held > most->held) {
                most = at;
            }
        }
        tcp_close(most);
    }
}

void tcp_touch(struct tcp_conn *conn)
{
    conn->active = clock_now();
    TAILQ_REMOVE(&conn->tcp->by_activity, conn, by_activity);
    TAILQ_INSERT_TAIL(&conn->tcp->by_activity, conn, by_activity);
}

/* --- accepting --- */

/* No descriptor for a connection that waits: make room, or stop listening until the next tick, since
 * the event would come again at once. */
static void out_of_files(struct tcp *tcp)
{
    static struct log_limit limit;
    uint32_t skipped;

    if (log_limit_pass(&limit, &skipped)) {
        log_warning("cannot accept TCP connections: %s; see the limit of open files",
                    strerror(errno));
    }
    if (!TAILQ_EMPTY(&tcp->by_activity)) {
        tcp_close(TAILQ_FIRST(&tcp->by_activity));
        return;
    }
    for (size_t i = 0; i < tcp->acceptor_count; i++) {
        event_del(tcp->acceptors[i]);
    }
    tcp->paused = true;
}

static void on_accept(evutil_socket_t fd, short what, void *context)
{
    struct tcp *tcp = context;

    (void)what;
    for (unsigned i = 0; i < ACCEPT_AT_ONCE; i++) {
        struct address peer = {.len = sizeof peer.v6};
        int conn = accept4(fd, &peer.any, &peer.len, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (conn >= 0) {
            open_connection(tcp, conn, &peer);
        } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
            out_of_files(tcp);
            return;
        } else if (errno == EAGAIN) {
            return;
        } /* else the connection broke before it was accepted: on to the next */
    }
}

/* --- life --- */

struct tcp *tcp_new(struct event_base *base, struct worker *worker,
                    const struct listeners *listeners, const struct tcp_limits *limits)
{
    struct tcp *tcp = alloc_zero(1, sizeof *tcp);
    struct random random;

    random_seed(&random);
    tcp->base = base;
    tcp->worker = worker;
    tcp->other_files = OTHER_FILES;
    for (size_t i = 0; i < listeners->count; i++) {
        tcp->other_files += listeners->items[i].udp_count + 1;
    }
    tcp_set_limits(tcp, limits);
    tcp->client_seed = random_next(&random);
    TAILQ_INIT(&tcp->by_activity);
    tcp->acceptors = alloc_zero(listeners->count + 1, sizeof(struct event *));
    for (size_t i = 0; i < listeners->count; i++) {
        if (listeners->items[i].tcp < 0) {
            continue;
        }
        struct event *event =
            event_new(base, listeners->items[i].tcp, EV_READ | EV_PERSIST, on_accept, tcp);
        if (event == NULL || event_add(event, NULL) != 0) {
            abort();
        }
        tcp->acceptors[tcp->acceptor_count++] = event;
    }
    return tcp;
}

void tcp_free(struct tcp *tcp)
{
    if (tcp == NULL) {
        return;
    }
    while (!TAILQ_EMPTY(&tcp->by_activity)) {
        tcp_close(TAILQ_FIRST(&tcp->by_activity));
    }
    for (size_t i = 0; i < tcp->acceptor_count; i++) {
        event_free(tcp->acceptors[i]);
    }
    free(tcp->acceptors);
    free(tcp->slots);
    free(tcp->free_slots);
    free(tcp);
}

/* How many of WANTED connections there are descriptors for. */
static unsigned connections_possible(const struct tcp *tcp, unsigned wanted)
{
    uint64_t needed = wanted + tcp->other_files, files = files_raise(needed);

    if (files >= needed) {
        return wanted;
    }
    unsigned possible = files < tcp->other_files + LEAST_CONNECTIONS
                            ? LEAST_CONNECTIONS
                            : (unsigned)(files - tcp->other_files);
    possible = possible < wanted ? possible : wanted;
    log_warning("tcp-connections: %u instead of %u, since no more than %llu files can be open",
                possible, wanted, (unsigned long long)files);
    return possible;
}

void tcp_set_limits(struct tcp *tcp, const struct tcp_limits *limits)
{
    tcp->limits = *limits;
    tcp->limits.connections = connections_possible(tcp, limits->connections);
}

void tcp_reply(struct tcp *tcp, uint64_t id, const uint8_t *octets, size_t len)
{
    uint32_t slot = (uint32_t)id;
    struct tcp_conn *conn = slot < tcp->slot_count ? tcp->slots[slot] : NULL;

    if (conn != NULL && conn->id == id) {
        tcp_conn_reply(conn, octets, len);
    }
}

void tcp_tick(struct tcp *tcp)
{
    struct instant now = clock_now();
    struct tcp_conn *idle;

    while ((idle = TAILQ_FIRST(&tcp->by_activity)) != NULL &&
           instant_diff_ms(now, idle->active) >= (int64_t)tcp->limits.idle_sec * 1000) {
        tcp_close(idle);
    }
    if (tcp->paused) {
        tcp->paused = false;
        for (size_t i = 0; i < tcp->acceptor_count; i++) {
            event_add(tcp->acceptors[i], NULL);
        }
    }
}

unsigned tcp_connections(const struct tcp *tcp)
{
    return tcp->count;
}

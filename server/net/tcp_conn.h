/*
 * One TCP connection, and what all connections share. Used by tcp.c and tcp_conn.c only.
 */
#pragma once

#include <event2/buffer.h>
#include <event2/event_struct.h>
#include <sys/queue.h>

#include "net/late.h"
#include "net/tcp.h"

enum {
    TCP_FRAME_MAX = 2 + DNS_MESSAGE_MAX, /* RFC 1035, 4.2.2: length prefix and message */
    /* Room for what was left of the last read, at most a frame that lacks its last octet unless
     * reading is stopped, and as much again. */
    TCP_IN_SIZE = 2 * TCP_FRAME_MAX,
    TCP_OUT_SIZE = 2 * TCP_FRAME_MAX,
    /* A client that does not read its replies is not read from beyond this. */
    TCP_UNSENT_MAX = 64 * 1024,
};

/* Who has connections open: an address, or a network of IPv6 of 64 bits, which is one machine's. */
struct tcp_client {
    LIST_ENTRY(tcp_client) next;
    uint8_t address[16];
    unsigned connections;
};

struct tcp_conn {
    struct tcp *tcp;
    int fd;
    uint64_t id; /* generation << 32 | slot: not reused */
    struct address peer;
    struct tcp_client *client;
    TAILQ_ENTRY(tcp_conn) by_activity;
    struct instant active; /* last whole question, or progress in sending */
    struct event readable, writable;
    uint8_t
        *rest; /* received, not yet answered: part of a frame, or more when reading is stopped */
    size_t rest_len;
    size_t held;             /* of rest and unsent, as counted in tcp->held */
    struct evbuffer *unsent; /* NULL = nothing was ever left over */
    unsigned queries;        /* taken so far */
    unsigned late;           /* parked */
    bool ended;              /* nothing more will be read: closed by the peer, or query limit */
    bool broken;             /* sending failed */
};

TAILQ_HEAD(tcp_conn_list, tcp_conn);
LIST_HEAD(tcp_client_list, tcp_client);

enum { TCP_CLIENT_LISTS = 256 };

struct tcp {
    struct event_base *base;
    struct worker *worker;
    struct tcp_limits limits;
    size_t other_files; /* descriptors that are not ours to take: sockets, database, log ... */
    struct event **acceptors;
    size_t acceptor_count;
    bool paused; /* acceptors are off for want of descriptors, until the next tick */

    struct tcp_conn_list by_activity; /* idle longest first */
    struct tcp_conn **slots;          /* by the lower half of id */
    size_t slot_count;
    uint32_t *free_slots; /* a stack, with room for all */
    size_t free_count;
    unsigned count;
    size_t held; /* octets, of all connections */
    uint32_t generation;
    struct tcp_client_list clients[TCP_CLIENT_LISTS];
    uint64_t client_seed;

    /* Between events both are empty: one connection at a time. */
    uint8_t in[TCP_IN_SIZE];
    uint8_t out[TCP_OUT_SIZE];
    size_t out_len;
    struct answer answer;
};

/* --- tcp_conn.c --- */

/* Begin to read from CONN, whose fd, id, peer and client are set. */
void tcp_conn_start(struct tcp_conn *conn) NONNULL;
/* A reply to one of CONN's parked questions. May close CONN. */
void tcp_conn_reply(struct tcp_conn *conn, const uint8_t *octets, size_t len) NONNULL;
/* Free what the connection holds, its socket too. By tcp_close only. */
void tcp_conn_release(struct tcp_conn *conn) NONNULL;

/* --- tcp.c --- */

/* Remove CONN from all lists and free it. */
void tcp_close(struct tcp_conn *conn) NONNULL;
/* Close those that hold most, until all together hold no more than they may. */
void tcp_make_room(struct tcp *tcp) NONNULL;
/* CONN did something: it is now the one idle shortest. */
void tcp_touch(struct tcp_conn *conn) NONNULL;

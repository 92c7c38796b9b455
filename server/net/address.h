/*
 * Socket addresses of both families as one type, and the addresses this host has.
 */
#pragma once

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/attr.h"

struct address {
    socklen_t len; /* of the member in use */
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    };
};

/* "2001:db8:...%interface" with room to spare, and "[]:65535". */
enum { ADDRESS_TEXT_SIZE = 96 };

/* HOST is an IPv4 or IPv6 address, the latter perhaps with %interface. False for anything else. */
NODISCARD bool address_from_text(struct address *out, const char *host, uint16_t port) NONNULL;
/* The host part alone into OUT (ADDRESS_TEXT_SIZE). Returns OUT. */
const char *address_host(char *out, const struct address *address) NONNULL;
/* "192.0.2.1:53", "[2001:db8::1]:53" into OUT (ADDRESS_TEXT_SIZE). Returns OUT. */
const char *address_to_text(char *out, const struct address *address) NONNULL;
/* 0.0.0.0 or ::? */
bool address_is_any(const struct address *address) NONNULL;
bool address_equal(const struct address *a, const struct address *b) NONNULL;

struct address_list {
    struct address *items;
    size_t count;
};

/* Append, unless it is there already. */
void address_list_add(struct address_list *list, const struct address *address) NONNULL;
void address_list_remove(struct address_list *list, const struct address *address) NONNULL;
void address_list_release(struct address_list *list) NONNULL;
/* Append every address of FAMILY (AF_UNSPEC: of both) of every interface that is up, with PORT. False:
 * errno tells why. */
NODISCARD bool address_list_add_host(struct address_list *list, int family, uint16_t port) NONNULL;

/*
 * bind(2). An address of IPv6 that the host has only just been given cannot be bound for a second or two,
 * until it is certain that nobody else in the network has it (RFC 4862, 5.4): just when a machine starts,
 * and its servers with it. Here it can, by FREEBIND, which is kept from any address that the host does not
 * have. False: errno tells why.
 */
NODISCARD bool address_bind(int fd, const struct address *address) NONNULL;

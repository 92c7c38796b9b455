#include "net/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

bool address_from_text(struct address *out, const char *host, uint16_t port)
{
    char text[ADDRESS_TEXT_SIZE];

    memset(out, 0, sizeof *out);
    if (inet_pton(AF_INET, host, &out->v4.sin_addr) == 1) {
        out->len = sizeof out->v4;
        out->v4.sin_family = AF_INET;
        out->v4.sin_port = htons(port);
        return true;
    }
    if ((size_t)snprintf(text, sizeof text, "%s", host) >= sizeof text) {
        return false;
    }
    char *scope = strchr(text, '%');
    if (scope != NULL) {
        *scope++ = '\0';
        out->v6.sin6_scope_id = if_nametoindex(scope);
        if (out->v6.sin6_scope_id == 0) {
            return false;
        }
    }
    out->len = sizeof out->v6;
    out->v6.sin6_family = AF_INET6;
    out->v6.sin6_port = htons(port);
    return inet_pton(AF_INET6, text, &out->v6.sin6_addr) == 1;
}

const char *address_host(char *out, const struct address *address)
{
    if (address->any.sa_family == AF_INET) {
        return inet_ntop(AF_INET, &address->v4.sin_addr, out, ADDRESS_TEXT_SIZE);
    }
    char interface[IF_NAMESIZE];
    inet_ntop(AF_INET6, &address->v6.sin6_addr, out, ADDRESS_TEXT_SIZE);
    if (address->v6.sin6_scope_id != 0 &&
        if_indextoname(address->v6.sin6_scope_id, interface) != NULL) {
        size_t len = strlen(out);
        snprintf(out + len, ADDRESS_TEXT_SIZE - len, "%%%s", interface);
    }
    return out;
}

const char *address_to_text(char *out, const struct address *address)
{
    char host[ADDRESS_TEXT_SIZE];

    address_host(host, address);
    if (address->any.sa_family == AF_INET) {
        snprintf(out, ADDRESS_TEXT_SIZE, "%.64s:%u", host, ntohs(address->v4.sin_port));
    } else {
        snprintf(out, ADDRESS_TEXT_SIZE, "[%.80s]:%u", host, ntohs(address->v6.sin6_port));
    }
    return out;
}

bool address_equal(const struct address *a, const struct address *b)
{
    if (a->any.sa_family != b->any.sa_family) {
        return false;
    }
    if (a->any.sa_family == AF_INET) {
        return a->v4.sin_addr.s_addr == b->v4.sin_addr.s_addr && a->v4.sin_port == b->v4.sin_port;
    }
    return memcmp(&a->v6.sin6_addr, &b->v6.sin6_addr, sizeof a->v6.sin6_addr) == 0 &&
           a->v6.sin6_port == b->v6.sin6_port && a->v6.sin6_scope_id == b->v6.sin6_scope_id;
}

bool address_is_any(const struct address *address)
{
    return address->any.sa_family == AF_INET ? address->v4.sin_addr.s_addr == htonl(INADDR_ANY)
                                             : IN6_IS_ADDR_UNSPECIFIED(&address->v6.sin6_addr);
}

void address_list_add(struct address_list *list, const struct address *address)
{
    for (size_t i = 0; i < list->count; i++) {
        if (address_equal(&list->items[i], address)) {
            return;
        }
    }
    list->items = alloc_resize(list->items, list->count + 1, sizeof *list->items);
    list->items[list->count++] = *address;
}

void address_list_remove(struct address_list *list, const struct address *address)
{
    size_t kept = 0;
    for (size_t i = 0; i < list->count; i++) {
        if (!address_equal(&list->items[i], address)) {
            list->items[kept++] = list->items[i];
        }
    }
    list->count = kept;
}

void address_list_release(struct address_list *list)
{
    free(list->items);
    *list = (struct address_list){NULL, 0};
}

bool address_list_add_host(struct address_list *list, int family, uint16_t port)
{
    struct ifaddrs *all;

    if (getifaddrs(&all) != 0) {
        return false;
    }
    for (const struct ifaddrs *at = all; at != NULL; at = at->ifa_next) {
        struct address address = {0};
        if (at->ifa_addr == NULL || (at->ifa_flags & IFF_UP) == 0 ||
            (family != AF_UNSPEC && at->ifa_addr->sa_family != family)) {
            continue;
        }
        if (at->ifa_addr->sa_family == AF_INET) {
            address.len = sizeof address.v4;
            memcpy(&address.v4, at->ifa_addr, sizeof address.v4);
            address.v4.sin_port = htons(port);
        } else if (at->ifa_addr->sa_family == AF_INET6) {
            address.len = sizeof address.v6;
            memcpy(&address.v6, at->ifa_addr, sizeof address.v6);
            address.v6.sin6_port = htons(port);
        } else {
            continue;
        }
        address_list_add(list, &address);
    }
    freeifaddrs(all);
    return true;
}

static bool is_of_host(const struct address *address)
{
    struct address_list host = {0};
    bool found = false;

    if (address_list_add_host(&host, AF_INET6, ntohs(address->v6.sin6_port))) {
        for (size_t i = 0; i < host.count && !found; i++) {
            found = address_equal(&host.items[i], address);
        }
    }
    address_list_release(&host);
    return found;
}

bool address_bind(int fd, const struct address *address)
{
    int one = 1;

    if (bind(fd, &address->any, address->len) == 0) {
        return true;
    }
    int failed = errno;
    if (failed == EADDRNOTAVAIL && address->any.sa_family == AF_INET6 && is_of_host(address) &&
        setsockopt(fd, IPPROTO_IPV6, IPV6_FREEBIND, &one, sizeof one) == 0) {
        return bind(fd, &address->any, address->len) == 0;
    }
    errno = failed;
    return false;
}

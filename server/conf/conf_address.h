/*
 * An address with or without port, as listen, no-listen and db-host write it.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"

enum { CONF_SOCKET_SIZE = 108 }; /* of sun_path: a Unix socket's path with its NUL */

struct conf_address {
    char host[256]; /* without brackets; "*", an IP address (perhaps with %scope), or a name */
    uint16_t port;  /* 0 = none written */
};

/*
 * Read "host", "host:port", "host+port" (MyDNS), "[v6]", "[v6]:port", "[v6]+port" or a bare IPv6
 * address. Returns false when TEXT is none of these or the port is not in 1..65535. A host that is no
 * IP address is not looked up.
 */
NODISCARD bool conf_address_parse(const char *text, struct conf_address *out) NONNULL;
/*
 * The same for http-listen: "8053" and ":8053" are 127.0.0.1:8053, an address without port has
 * CONF_HTTP_PORT. Local ones only.
 */
enum { CONF_HTTP_PORT = 8053 };
NODISCARD bool conf_http_parse(const char *text, struct conf_address *out) NONNULL;
/* Is the host "*", "localhost" or an IP address: something to bind to without a resolver? */
bool conf_address_is_local(const struct conf_address *address) NONNULL;

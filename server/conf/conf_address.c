#include "conf/conf_address.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static bool read_port(const char *text, uint16_t *out)
{
    size_t len = strspn(text, "0123456789");
    if (len == 0 || len > 5 || text[len] != '\0') {
        return false;
    }
    unsigned long port = strtoul(text, NULL, 10);
    *out = (uint16_t)port;
    return port >= 1 && port <= 65535;
}

/* Where the host ends: at the separator before the port, or at the end of TEXT. */
static const char *host_end(const char *text)
{
    const char *plus = strchr(text, '+');
    if (plus != NULL) {
        return plus;
    }
    const char *colon = strchr(text, ':');
    bool one_colon = colon != NULL && strchr(colon + 1, ':') == NULL;
    return one_colon ? colon : text + strlen(text); /* several colons: IPv6 without port */
}

bool conf_address_parse(const char *text, struct conf_address *out)
{
    const char *host = text, *end, *rest;

    out->port = 0;
    if (text[0] == '[') {
        host = text + 1;
        end = strchr(host, ']');
        if (end == NULL) {
            return false;
        }
        rest = end + 1;
    } else {
        end = host_end(text);
        rest = end;
    }
    size_t len = (size_t)(end - host);
    if (len == 0 || len >= sizeof out->host) {
        return false;
    }
    for (size_t i = 0; i < len; i++) {
        if (isspace((unsigned char)host[i])) {
            return false;
        }
    }
    memcpy(out->host, host, len);
    out->host[len] = '\0';
    if (*rest == '\0') {
        return true;
    }
    return (*rest == ':' || *rest == '+') && read_port(rest + 1, &out->port);
}

bool conf_http_parse(const char *text, struct conf_address *out)
{
    if (read_port(text[0] == ':' ? text + 1 : text, &out->port)) {
        strcpy(out->host, "127.0.0.1");
        return true;
    }
    if (!conf_address_parse(text, out) || !conf_address_is_local(out)) {
        return false;
    }
    if (strcasecmp(out->host, "localhost") == 0) {
        strcpy(out->host, "127.0.0.1");
    }
    out->port = out->port != 0 ? out->port : CONF_HTTP_PORT;
    return true;
}

bool conf_address_is_local(const struct conf_address *address)
{
    struct in6_addr ignored;
    char host[sizeof address->host];

    if (strcmp(address->host, "*") == 0 || strcasecmp(address->host, "localhost") == 0) {
        return true;
    }
    strcpy(host, address->host);
    char *scope = strchr(host, '%');
    if (scope != NULL) {
        *scope = '\0';
    }
    return inet_pton(AF_INET, address->host, &ignored) == 1 ||
           inet_pton(AF_INET6, host, &ignored) == 1;
}

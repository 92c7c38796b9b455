#include "conf/conf_prefix.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

enum { V4_BITS = 32, V6_BITS = 128, V4_OFF = 12 /* octets of ::ffff: */ };

static bool read_bits(const char *text, unsigned max, unsigned *out)
{
    size_t len = strspn(text, "0123456789");
    if (len == 0 || len > 3 || text[len] != '\0') {
        return false;
    }
    *out = (unsigned)strtoul(text, NULL, 10);
    return *out <= max;
}

bool conf_prefix_parse(const char *text, struct conf_prefix *out)
{
    char host[INET6_ADDRSTRLEN];
    size_t len = strcspn(text, "/");
    bool v4;

    if (len >= sizeof host) {
        return false;
    }
    memcpy(host, text, len);
    host[len] = '\0';
    memset(out->address, 0, sizeof out->address);
    v4 = inet_pton(AF_INET, host, out->address + V4_OFF) == 1;
    if (v4) {
        out->address[10] = out->address[11] = 0xff;
    } else if (inet_pton(AF_INET6, host, out->address) != 1) {
        return false;
    }
    out->bits = v4 ? V4_BITS : V6_BITS;
    if (text[len] == '/' && !read_bits(text + len + 1, out->bits, &out->bits)) {
        return false;
    }
    out->bits += v4 ? V6_BITS - V4_BITS : 0;
    conf_prefix_mask(out->address, out->bits);
    return true;
}

bool conf_prefix_holds(const struct conf_prefix *prefix, const uint8_t address[16])
{
    uint8_t masked[16];

    memcpy(masked, address, sizeof masked);
    conf_prefix_mask(masked, prefix->bits);
    return memcmp(masked, prefix->address, sizeof masked) == 0;
}

void conf_prefix_mask(uint8_t address[16], unsigned bits)
{
    for (unsigned i = 0; i<16; i++, bits = bits> 8 ? bits - 8 : 0) {
        if (bits < 8) {
            address[i] &= (uint8_t)(0xff00u >> bits);
        }
    }
}

#include "freshness_reply.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HEADER = 12, TYPE_A = 1, TYPE_SOA = 6, ADDRESSES_MAX = 32 };

size_t query_make(uint8_t *out, const char *name, const char *kind)
{
    size_t len = HEADER;
    int type = strcmp(kind, "A") == 0 ? TYPE_A : strcmp(kind, "SOA") == 0 ? TYPE_SOA : 0;

    if (type == 0 || strlen(name) > 250) {
        return 0;
    }
    memset(out, 0, HEADER);
    out[5] = 1;
    while (*name != '\0') {
        size_t label = strcspn(name, ".");
        if (label == 0 || label > 63) {
            return 0;
        }
        out[len++] = (uint8_t)label;
        memcpy(out + len, name, label);
        len += label;
        name += label + (name[label] == '.');
    }
    out[len++] = 0;
    out[len++] = 0;
    out[len++] = (uint8_t)type;
    out[len++] = 0;
    out[len++] = 1;
    return len;
}

static unsigned get16(const uint8_t *p)
{
    return (unsigned)p[0] << 8 | p[1];
}

/* Behind the name at AT; 0 when it leaves the message. */
static size_t skip_name(const uint8_t *reply, size_t len, size_t at)
{
    while (at < len) {
        if (reply[at] == 0) {
            return at + 1;
        }
        if (reply[at] >= 0xc0) {
            return at + 2;
        }
        at += 1U + reply[at];
    }
    return 0;
}

static int compare_addresses(const void *a, const void *b)
{
    return memcmp(a, b, 4);
}

/* Answer records at AT, COUNT of them: addresses into FOUND, a serial into *SERIAL. False: malformed. */
static bool read_answer(const uint8_t *reply, size_t len, size_t at, unsigned count,
                        uint8_t found[][4], unsigned *addresses, uint32_t *serial)
{
    for (unsigned i = 0; i < count; i++) {
        at = skip_name(reply, len, at);
        if (at == 0 || at + 10 > len) {
            return false;
        }
        unsigned type = get16(reply + at), rdata_len = get16(reply + at + 8);
        at += 10;
        if (at + rdata_len > len) {
            return false;
        }
        if (type == TYPE_A && rdata_len == 4 && *addresses < ADDRESSES_MAX) {
            memcpy(found[(*addresses)++], reply + at, 4);
        } else if (type == TYPE_SOA && rdata_len >= 22) {
            const uint8_t *p = reply + at + rdata_len - 20;
            *serial = (uint32_t)get16(p) << 16 | get16(p + 2);
        }
        at += rdata_len;
    }
    return true;
}

void reply_text(const uint8_t *reply, size_t len, char *out, size_t cap)
{
    uint8_t found[ADDRESSES_MAX][4];
    unsigned addresses = 0;
    uint32_t serial = 0;

    if (len < HEADER) {
        snprintf(out, cap, "BAD");
        return;
    }
    unsigned rcode = reply[3] & 15, count = get16(reply + 6);
    if (rcode != 0) {
        static const char *const names[] = {[2] = "SERVFAIL", [3] = "NXDOMAIN", [5] = "REFUSED"};
        if (rcode < sizeof names / sizeof *names && names[rcode] != NULL) {
            snprintf(out, cap, "%s", names[rcode]);
        } else {
            snprintf(out, cap, "RCODE%u", rcode);
        }
        return;
    }
    size_t at = skip_name(reply, len, HEADER);
    if (at == 0 || !read_answer(reply, len, at + 4, count, found, &addresses, &serial)) {
        snprintf(out, cap, "BAD");
        return;
    }
    if (addresses == 0) {
        snprintf(out, cap, serial == 0 ? "NODATA" : "%u", serial);
        return;
    }
    qsort(found, addresses, 4, compare_addresses);
    size_t used = 0;
    for (unsigned i = 0; i < addresses && used + 20 < cap; i++) {
        used += (size_t)snprintf(out + used, cap - used, "%s%u.%u.%u.%u", i > 0 ? "," : "",
                                 found[i][0], found[i][1], found[i][2], found[i][3]);
    }
}

enum reply_state reply_compare(const char *text, const char *old, const char *new)
{
    if (strcmp(text, new) == 0) {
        return REPLY_NEW;
    }
    if (strcmp(text, old) == 0) {
        return REPLY_OLD;
    }
    return text[strspn(text, "0123456789.,")] == '\0' && strchr(text, '.') != NULL ? REPLY_MIXED
                                                                                   : REPLY_OTHER;
}

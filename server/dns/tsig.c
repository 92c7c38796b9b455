#include "dns/tsig.h"

#include <string.h>

enum {
    RECORD_FIXED = 10, /* type, class, TTL, RDLENGTH */
    /* Behind the algorithm's name: time (6), fudge, MAC size; MAC; original id, error, other size;
     * other data (RFC 8945, 4.2). */
    BEFORE_MAC = 10,
    AFTER_MAC = 6,
};

static unsigned get16(const uint8_t *at)
{
    return (unsigned)at[0] << 8 | at[1];
}

static void put16(uint8_t *at, unsigned value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

/* The name at AT with its pointers followed, each to a place before all that was read so far. */
static bool read_name(struct name *name, const uint8_t *message, size_t len, size_t at)
{
    size_t first = at, used = 0;

    while (at < len) {
        size_t label = message[at];
        if (label >= 0xc0) {
            size_t to = at + 2 <= len ? get16(message + at) & 0x3fffu : len;
            if (to >= first) {
                return false;
            }
            at = first = to;
            continue;
        }
        if (label > DNS_LABEL_MAX || len - at <= label || used + 1 + label > DNS_NAME_MAX) {
            return false;
        }
        memcpy(name->octets + used, message + at, 1 + label);
        used += 1 + label;
        at += 1 + label;
        if (label == 0) {
            name->len = (uint8_t)used;
            return true;
        }
    }
    return false;
}

bool tsig_read(struct tsig_seen *seen, const uint8_t *message, size_t len, size_t owner,
               size_t rdata, size_t rdata_len)
{
    const uint8_t *at = message + rdata;
    size_t algorithm = name_check(at, rdata_len);

    if (algorithm == 0 || !read_name(&seen->key, message, len, owner)) {
        return false;
    }
    memcpy(seen->algorithm.octets, at, algorithm);
    seen->algorithm.len = (uint8_t)algorithm;
    at += algorithm;
    rdata_len -= algorithm;
    if (rdata_len < BEFORE_MAC + AFTER_MAC) {
        return false;
    }
    size_t mac_len = get16(at + 8);
    memcpy(seen->time_fudge, at, sizeof seen->time_fudge);
    if (rdata_len - BEFORE_MAC - AFTER_MAC < mac_len) {
        return false;
    }
    at += BEFORE_MAC + mac_len;
    rdata_len -= BEFORE_MAC + mac_len;
    memcpy(seen->original_id, at, 2);
    return rdata_len == (size_t)AFTER_MAC + get16(at + 4);
}

uint32_t tsig_reply_len(const struct tsig_seen *seen)
{
    return (uint32_t)seen->key.len + RECORD_FIXED + seen->algorithm.len + BEFORE_MAC + AFTER_MAC;
}

uint32_t tsig_put(uint8_t *at, const struct tsig_seen *seen, enum tsig_error error)
{
    memcpy(at, seen->key.octets, seen->key.len);
    at += seen->key.len;
    put16(at, TYPE_TSIG);
    put16(at + 2, CLASS_ANY);
    memset(at + 4, 0, 4);
    put16(at + 8, (unsigned)seen->algorithm.len + BEFORE_MAC + AFTER_MAC);
    at += RECORD_FIXED;
    memcpy(at, seen->algorithm.octets, seen->algorithm.len);
    at += seen->algorithm.len;
    memcpy(at, seen->time_fudge, sizeof seen->time_fudge);
    put16(at + 8, 0); /* no MAC */
    memcpy(at + BEFORE_MAC, seen->original_id, 2);
    put16(at + BEFORE_MAC + 2, error);
    put16(at + BEFORE_MAC + 4, 0);
    return tsig_reply_len(seen);
}

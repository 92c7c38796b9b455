#include "dns/edns.h"

#include <string.h>

enum {
    OPTION_HEAD = 4, /* code, length */
    KEEPALIVE_LEN = 2,
    EDE_LEN = 2, /* without text */
    FLAG_DO = 0x8000,
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

/* --- reading --- */

static bool read_cookie(struct query *query, const uint8_t *at, size_t len)
{
    /* 8 octets of the client alone, or these and 8 to 32 of the server. */
    if (len != COOKIE_CLIENT_LEN && (len < 2 * COOKIE_CLIENT_LEN || len > COOKIE_LEN_MAX)) {
        return false;
    }
    if (query->cookie_state == COOKIE_NONE) {
        query->cookie_state = COOKIE_RECEIVED;
        query->edns_options = true;
        query->cookie_len = (uint8_t)len;
        memcpy(query->cookie, at, len);
    }
    return true;
}

bool edns_read_options(struct query *query, const uint8_t *at, size_t len)
{
    while (len > 0) {
        if (len < OPTION_HEAD || len - OPTION_HEAD < get16(at + 2)) {
            return false;
        }
        size_t option_len = get16(at + 2);
        switch (get16(at)) {
        case EDNS_NSID:
            query->edns_nsid = query->edns_options = true;
            break;
        case EDNS_COOKIE:
            if (!read_cookie(query, at + OPTION_HEAD, option_len)) {
                query->cookie_state = COOKIE_NONE;
                return false;
            }
            break;
        case EDNS_TCP_KEEPALIVE:
            /* A client may not name a time (RFC 7828, 3.2.1); one that does is not listened to. */
            query->edns_keepalive = option_len == 0;
            query->edns_options = true;
            break;
        default:
            break;
        }
        at += OPTION_HEAD + option_len;
        len -= OPTION_HEAD + option_len;
    }
    return true;
}

/* --- writing --- */

static bool tells_nsid(const struct query *query, const struct reply_policy *policy)
{
    return query->edns_nsid && policy->nsid != NULL;
}

/* RFC 7828, 3.2.2: by UDP the option is ignored. */
static bool tells_keepalive(const struct query *query, const struct reply_policy *policy, bool tcp)
{
    return tcp && query->edns_keepalive && policy->tcp_keepalive != 0;
}

uint32_t edns_options_len(const struct query *query, const struct reply_policy *policy, bool tcp)
{
    uint32_t len = 0;

    if (tells_nsid(query, policy)) {
        len += OPTION_HEAD + policy->nsid_len;
    }
    if (query->cookie_state >= COOKIE_NEW) {
        len += OPTION_HEAD + COOKIE_LEN;
    }
    if (tells_keepalive(query, policy, tcp)) {
        len += OPTION_HEAD + KEEPALIVE_LEN;
    }
    return len;
}

static uint8_t *put_option(uint8_t *at, enum edns_option code, const void *octets, unsigned len)
{
    put16(at, code);
    put16(at + 2, len);
    memcpy(at + OPTION_HEAD, octets, len);
    return at + OPTION_HEAD + len;
}

static uint8_t *put_options(uint8_t *at, const struct query *query,
                            const struct reply_policy *policy, bool tcp)
{
    uint8_t number[2];

    if (tells_nsid(query, policy)) {
        at = put_option(at, EDNS_NSID, policy->nsid, policy->nsid_len);
    }
    if (query->cookie_state >= COOKIE_NEW) {
        at = put_option(at, EDNS_COOKIE, query->cookie, COOKIE_LEN);
    }
    if (tells_keepalive(query, policy, tcp)) {
        put16(number, policy->tcp_keepalive);
        at = put_option(at, EDNS_TCP_KEEPALIVE, number, KEEPALIVE_LEN);
    }
    return at;
}

uint32_t edns_put(uint8_t *opt, const struct query *query, const struct reply_policy *policy,
                  unsigned rcode, int ede, bool tcp)
{
    uint8_t *at = opt + EDNS_OPT_LEN, number[2];

    opt[0] = 0;
    put16(opt + 1, TYPE_OPT);
    put16(opt + 3, policy->edns_udp_size);
    opt[5] = (uint8_t)(rcode >> 4);
    opt[6] = 0;                                   /* the version we know */
    put16(opt + 7, query->edns_do ? FLAG_DO : 0); /* RFC 3225, 3: DO is copied */
    if (UNLIKELY(query->edns_options)) {
        at = put_options(at, query, policy, tcp);
    }
    if (ede != EDE_NONE) { /* errors carry no records, so there is room */
        put16(number, (unsigned)ede);
        at = put_option(at, EDNS_EDE, number, EDE_LEN);
    }
    put16(opt + 9, (unsigned)(at - opt - EDNS_OPT_LEN));
    return (uint32_t)(at - opt);
}

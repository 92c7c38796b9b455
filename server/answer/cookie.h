/*
 * DNS cookies (RFC 7873) in the form that all servers of one address can share (RFC 9018): SipHash-2-4
 * of the client's cookie, a time and the client's address. No state per client; a client that sends one
 * back receives what is sent to its address, so its questions need no limit (net/rrl.h).
 *
 * No question is refused for want of a cookie. BADCOOKIE is said only to the one who asks how good its
 * cookie is: a message without question (RFC 7873, 5.4).
 *
 *     | client's 8 octets | 1 | 0 0 0 | time: 4 | hash: 8 |
 */
#pragma once

#include "answer/answer.h"

enum {
    COOKIE_SECRET_LEN = 16,
    COOKIE_SECRETS_MAX = 2,
    COOKIE_CLIENT_MAX = 16, /* octets of an IPv6 address */
    /* RFC 9018, 4.3, in seconds. */
    COOKIE_VALID_SEC = 3600,
    COOKIE_RENEW_SEC = 1800,
    COOKIE_FUTURE_SEC = 300,
};

/* The first makes cookies, all are good for those that come back. Immutable once published. */
struct cookie_secrets {
    unsigned count;
    uint8_t octets[COOKIE_SECRETS_MAX][COOKIE_SECRET_LEN];
};

/*
 * Step 1b, after answer_parse() of a message with a cookie (query.cookie_state is COOKIE_RECEIVED):
 * judge it for the client at the address IP (LEN octets, 4 or 16) at the time UNIX_SEC, and put the one
 * to send back in its place. Left out, or without secrets in the policy, no cookie is sent.
 */
void answer_cookie(struct answer *answer, const struct answerer *answerer, const void *ip,
                   size_t len, uint32_t unix_sec) NONNULL;

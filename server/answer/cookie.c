#include "answer/cookie.h"

#include <sodium.h>
#include <string.h>

enum {
    VERSION_OFF = COOKIE_CLIENT_LEN, /* version and three reserved octets */
    TIME_OFF = VERSION_OFF + 4,
    HASH_OFF = TIME_OFF + 4,
    VERSION = 1, /* RFC 9018, 4.1 */
};

_Static_assert(COOKIE_SECRET_LEN == crypto_shorthash_KEYBYTES, "SipHash-2-4");
_Static_assert(COOKIE_LEN == HASH_OFF + crypto_shorthash_BYTES, "RFC 9018, 4.4");

struct client {
    const void *ip;
    size_t len;
};

static void make_hash(uint8_t hash[crypto_shorthash_BYTES], const uint8_t *cookie,
                      const struct client *client, const uint8_t *secret)
{
    uint8_t input[HASH_OFF + COOKIE_CLIENT_MAX];

    memcpy(input, cookie, HASH_OFF);
    memcpy(input + HASH_OFF, client->ip, client->len);
    crypto_shorthash(hash, input, HASH_OFF + client->len, secret);
}

static uint32_t time_of(const uint8_t *cookie)
{
    const uint8_t *at = cookie + TIME_OFF;
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

/* By which of the secrets was the cookie made? Reserved octets are hashed as they came (RFC 9018, 4.2).
 * Returns secrets->count for none. */
static unsigned find_secret(const struct cookie_secrets *secrets, const uint8_t *cookie,
                            const struct client *client)
{
    unsigned i = 0;
    for (; i < secrets->count; i++) {
        uint8_t hash[crypto_shorthash_BYTES];
        make_hash(hash, cookie, client, secrets->octets[i]);
        if (sodium_memcmp(hash, cookie + HASH_OFF, sizeof hash) == 0) {
            break;
        }
    }
    return i;
}

/* Write the server's part behind the client's. */
static void make_cookie(uint8_t *cookie, const struct cookie_secrets *secrets,
                        const struct client *client, uint32_t unix_sec)
{
    uint8_t *at = cookie + TIME_OFF;

    memcpy(cookie + VERSION_OFF, (uint8_t[]){VERSION, 0, 0, 0}, 4);
    at[0] = (uint8_t)(unix_sec >> 24);
    at[1] = (uint8_t)(unix_sec >> 16);
    at[2] = (uint8_t)(unix_sec >> 8);
    at[3] = (uint8_t)unix_sec;
    make_hash(cookie + HASH_OFF, cookie, client, secrets->octets[0]);
}

void answer_cookie(struct answer *answer, const struct answerer *answerer, const void *ip,
                   size_t len, uint32_t unix_sec)
{
    /* Secrets are published whole and never freed while anybody answers. */
    const struct cookie_secrets *secrets =
        atomic_load_explicit(&answerer->policy->cookies, memory_order_acquire);
    struct query *query = &answer->query;
    struct client client = {ip, len};

    if (secrets == NULL || query->cookie_state != COOKIE_RECEIVED || len > COOKIE_CLIENT_MAX) {
        return;
    }
    if (query->cookie_len == COOKIE_LEN && query->cookie[VERSION_OFF] == VERSION) {
        int32_t age = (int32_t)(unix_sec - time_of(query->cookie)); /* RFC 1982 */
        unsigned secret = find_secret(secrets, query->cookie, &client);
        if (secret < secrets->count && age <= COOKIE_VALID_SEC && age >= -COOKIE_FUTURE_SEC) {
            query->cookie_state = COOKIE_GOOD;
            if (secret == 0 && age <= COOKIE_RENEW_SEC) {
                return; /* goes back as it is */
            }
            make_cookie(query->cookie, secrets, &client, unix_sec);
            return;
        }
    }
    query->cookie_state = query->cookie_len == COOKIE_CLIENT_LEN ? COOKIE_NEW : COOKIE_WRONG;
    make_cookie(query->cookie, secrets, &client, unix_sec);
}

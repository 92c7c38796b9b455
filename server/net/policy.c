#include "net/policy.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"

/* A thread may be reading the old ones, and reloads are few: they are kept. */
struct policy_secrets {
    struct policy_secrets *next;
    struct cookie_secrets secrets;
};

static void read_secrets(struct cookie_secrets *out, const struct conf *conf)
{
    memset(out, 0, sizeof *out);
    for (size_t i = 0; i < conf->cookie_secret.count && i < COOKIE_SECRETS_MAX; i++) {
        const char *hex = conf->cookie_secret.items[i]; /* checked by conf */
        if (sodium_hex2bin(out->octets[i], COOKIE_SECRET_LEN, hex, strlen(hex), NULL, NULL, NULL) !=
            0) {
            abort();
        }
        out->count++;
    }
}

static void set_secrets(struct policy *policy, const struct conf *conf)
{
    struct cookie_secrets wanted;

    read_secrets(&wanted, conf);
    if (wanted.count == 0) {
        wanted = policy->random;
    }
    if (policy->secrets != NULL && memcmp(&policy->secrets->secrets, &wanted, sizeof wanted) == 0) {
        return;
    }
    struct policy_secrets *item = alloc_new(sizeof *item);
    item->secrets = wanted;
    item->next = policy->secrets;
    policy->secrets = item;
    /* Release: who sees the pointer sees the octets. */
    atomic_store_explicit(&policy->answer.cookies, &item->secrets, memory_order_release);
}

void policy_reconfigure(struct policy *policy, const struct conf *conf)
{
    set_secrets(policy, conf);
    atomic_store_explicit(&policy->answer.stale_limit_sec, conf->stale_limit_sec,
                          memory_order_relaxed);
    policy->answer.reply.tcp_keepalive = (uint16_t)(conf->tcp_idle_sec * 10); /* units of 100 ms */
}

void policy_init(struct policy *policy, const struct conf *conf)
{
    struct answer_policy *answer = &policy->answer;

    answer->alias_aaaa = conf->alias_aaaa;
    answer->wildcard_recursion = conf->wildcard_recursion;
    answer->reply.edns_udp_size = conf->edns_udp_size;
    if (conf->nsid != NULL) {
        answer->reply.nsid = (const uint8_t *)conf->nsid;
        answer->reply.nsid_len = (uint16_t)strlen(conf->nsid);
    }
    if (conf->chaos) {
        bool named = gethostname(policy->hostname, sizeof policy->hostname - 1) == 0;
        policy->chaos =
            (struct chaos_texts){MYDNS_VERSION, named ? policy->hostname : NULL, conf->nsid};
        answer->chaos = &policy->chaos;
    }
    policy->random.count = 1;
    randombytes_buf(policy->random.octets[0], COOKIE_SECRET_LEN);
    policy_reconfigure(policy, conf);
}

void policy_release(struct policy *policy)
{
    while (policy->secrets != NULL) {
        struct policy_secrets *next = policy->secrets->next;
        sodium_memzero(policy->secrets, sizeof *policy->secrets);
        free(policy->secrets);
        policy->secrets = next;
    }
}

/*
 * What the configuration says of answers, in the form that the answering threads read, together with
 * the memory it refers to.
 */
#pragma once

#include "answer/chaos.h"
#include "answer/cookie.h"
#include "conf/conf.h"

struct policy_secrets;

struct policy {
    /* Const once threads run, but for three fields: the cookies' secrets and stale-limit, which are
     * atomic, and the idle time of TCP, which only the event loop reads. */
    struct answer_policy answer;
    struct chaos_texts chaos;
    char hostname[256];
    struct cookie_secrets random;   /* of this process: counts while none is configured */
    struct policy_secrets *secrets; /* all ever published, the newest first */
};

/* Fill POLICY (zeroed). CONF is borrowed until policy_release. */
void policy_init(struct policy *policy, const struct conf *conf) NONNULL;
/* Take over what may change while threads run. Event loop, or before it. */
void policy_reconfigure(struct policy *policy, const struct conf *conf) NONNULL;
/* After the last answer. */
void policy_release(struct policy *policy) NONNULL;

/*
 * What a new domain consists of: its SOA, NS, the address at the apex, www and mail. Pure; the same
 * for every domain of a batch apart from the names.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "admin/domain_name.h"
#include "base/attr.h"

enum { PLAN_NS_MAX = 32 };

struct add_plan {
    size_t ns_count;
    const char *ns[PLAN_NS_MAX]; /* ASCII; a name without any dot lies in each new domain */
    const char *mbox;            /* as mbox_from_text has it; NULL = hostmaster.DOMAIN */
    const char *ip, *ip6;        /* ip6: NULL = none */
    uint32_t ttl, minimum, serial;
};

struct plan_row {
    char *name, *data; /* given; as stored in rr */
    const char *type;
};

enum { PLAN_ROWS_MAX = PLAN_NS_MAX * 3 + 4 };

struct plan_zone {
    char *origin, *ns, *mbox; /* given; as stored in soa */
    size_t count;
    struct plan_row rows[PLAN_ROWS_MAX];
};

/* Times of the SOA, RFC 1912, 2.2: secondaries keep a zone for two weeks without its primary. */
enum { PLAN_REFRESH = 28800, PLAN_RETRY = 7200, PLAN_EXPIRE = 1209600 };

/* Work out the rows of DOMAIN. Returns NULL, or the rule that a name derived from it breaks. */
NODISCARD const char *plan_zone_make(struct plan_zone *out, const struct add_plan *plan,
                                     const struct domain *domain) NONNULL;
void plan_zone_release(struct plan_zone *zone) NONNULL;

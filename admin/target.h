/*
 * The arguments that the verbs at one domain begin with, DOMAIN NAME TYPE, and the way in and out:
 * settings, connection, transaction, zone. What is wrong is reported here.
 */
#pragma once

#include "admin/cli.h"
#include "admin/rows.h"
#include "dns/rrtype.h"

struct target {
    struct domain domain;
    const char *name_text;
    uint16_t type;  /* 0 = none given */
    bool by_number; /* the type was given as TYPEnnn */
};

NODISCARD enum outcome target_read_domain(struct domain *out, const char *text) NONNULL;
/* NAME of what is to be changed: an empty one is a script's variable without value rather than the
 * domain itself. */
NODISCARD enum outcome target_read_name(struct target *target, const char *text) NONNULL;
NODISCARD enum outcome target_read_type(struct target *target, const char *text) NONNULL;
/* NAME within ZONE; warns when a final dot seems forgotten. */
NODISCARD enum outcome target_read_owner(struct name *out, const char *text,
                                         const struct zone_row *zone) NONNULL;

/* What is looked for, as text into OUT: "www A in example.com." Returns OUT. */
const char *target_to_text(char *out, size_t cap, const struct target *target,
                           const struct zone_row *zone) NONNULL;

/*
 * Open everything that a verb at DOMAIN needs. The zone is locked unless --dry-run. QUIET: a
 * missing zone is not reported. target_close in every case.
 */
NODISCARD enum outcome target_open(const struct options *options, struct session *session,
                                   const struct domain *domain, bool quiet,
                                   struct zone_row *zone) NONNULL;
/*
 * Run CHANGE, which does all that the transaction of target_open is for; anew after a deadlock,
 * with ZONE read and locked again.
 */
NODISCARD enum outcome target_run(struct session *session, struct zone_row *zone,
                                  enum outcome (*change)(void *context), void *context) NONNULL;
/* Roll back what was not committed, close, return OUTCOME. */
enum outcome target_close(struct session *session, struct zone_row *zone,
                          enum outcome outcome) NONNULL;

/*
 * One question being answered: where it stands, and the steps it takes. Private to the room.
 *
 *   answer.c      messages, errors, the loop over CNAME and DNAME (RFC 1034, 4.3.2)
 *   walk_data.c   what a name found in a zone gives: RRsets, ANY, ALIAS, negative answers
 *   additional.c  referrals, glue and other addresses
 *   ancestors.c   wildcards of the zones above, when wildcard-recursion asks for them
 */
#pragma once

#include "answer/answer.h"
#include "answer/put.h"

enum {
    CHAIN_MAX = 16,   /* CNAME and DNAME hops followed; more is a mistake or an attack */
    ALIAS_ZONES = 40, /* zones that ALIAS may lead into */
    TOUCHED_MAX = 64, /* zones whose seq one answer watches: those, hops, and some above them */
};

enum walk_outcome {
    WALK_DONE,
    WALK_FOLLOW, /* the current name has become another one */
    WALK_LATE,   /* zone `late` is not loaded */
};

struct touched {
    const struct zone *zone;
    uint32_t seq;
};

struct walk {
    struct answerer *answerer;
    struct reply *reply;
    uint16_t qtype;
    bool tcp;
    unsigned hops;
    unsigned alias_steps;               /* names and addresses looked at for ALIAS, of all hops */
    uint8_t deciding_labels;            /* struct answer */
    uint64_t names_seen[CHAIN_MAX + 1]; /* hashes of the names asked so far: a loop ends */
    const struct node *dnames[CHAIN_MAX + 1]; /* the DNAME of each hop so far; NULL for a CNAME */

    /* the current name */
    const struct answer_hint *hint; /* NULL = nothing was prepared for it */
    const struct lookup_name *name;
    unsigned owner_off; /* where it stands in the message */

    /* the zone it lies in */
    const struct zone *zone;
    uint64_t names; /* the zone's table, loaded once */
    const struct soa *soa;
    struct put_zone from;

    struct answer *answer; /* late_key, late_name: the first name that is not known */
    const struct zone *late;
    bool late_stale;       /* loaded, but past its age limit */
    bool past_stale_limit; /* loaded, and not to be answered any more: stale-limit */
    bool lagging;          /* likewise: replica-max-lag */
    struct touched touched[TOUCHED_MAX];
    unsigned touched_count;
    struct lookup_name target; /* the current name after the first hop */
};

/* Enter ZONE: note its seq (once, the first), load its pointers. False: it must be loaded first, or read again. */
NODISCARD bool walk_enter(struct walk *walk, const struct zone *zone) NONNULL;

/*
 * store_find_zone() for a whole NAME: NULL as well when the origin list is not there yet and NAME
 * was not looked up, which is then to be done before there is an answer.
 */
struct zone *walk_find_zone(const struct walk *walk, const struct lookup_name *name) NONNULL;

/* What the zone says of a name: RFC 1034 4.3.2 step 3, RFC 4592. */
enum found_kind { FOUND_NODE, FOUND_WILDCARD, FOUND_CUT, FOUND_DNAME, FOUND_NOTHING };
struct found {
    enum found_kind kind;
    const struct node *node; /* NULL with FOUND_NOTHING */
    unsigned labels;         /* of the node's name; wildcard: of the closest encloser */
};
struct found walk_find(const struct walk *walk, const struct lookup_name *name) NONNULL;

/* walk_data.c */
enum walk_outcome walk_node(struct walk *walk, const struct node *node) NONNULL;
enum walk_outcome walk_dname(struct walk *walk, const struct node *node, unsigned labels) NONNULL;
void walk_negative(struct walk *walk, enum dns_rcode rcode) NONNULL;

/* ancestors.c: a wildcard in the hosted zones above; the walk then stands in the zone of NODE. */
enum ancestor_outcome { ANCESTOR_FOUND, ANCESTOR_NOTHING, ANCESTOR_LATE };
NODISCARD enum ancestor_outcome walk_ancestors(struct walk *walk, const struct node **node) NONNULL;

/* additional.c */
void walk_referral(struct walk *walk, const struct node *cut, unsigned labels) NONNULL;
/* The records of TYPE in SPAN were put. */
void walk_additional(struct walk *walk, const struct put_span *span, uint16_t type) NONNULL;

#include "answer/answer.h"

#include <string.h>

#include "answer/chaos.h"
#include "answer/walk.h"
#include "conf/conf.h"

/* Who answers for all classes would have to know them all: RFC 1035, 6.2. */
static inline uint16_t authority(const struct query *query)
{
    return LIKELY(query->qclass == CLASS_IN) ? FLAG_AA : 0;
}

/* --- one zone --- */

/* Past its age limit, and a database is there that could be asked. */
static bool is_too_old(const struct answerer *answerer, const struct zone *zone)
{
    const struct store *store = answerer->store;
    uint32_t fresh = atomic_load_explicit(&zone->fresh_sec, memory_order_relaxed);
    uint32_t now = answerer->now_sec;

    if (fresh == 0 || now <= fresh) {
        return false;
    }
    if (atomic_load_explicit(&store->vouched_sec, memory_order_relaxed) >= now &&
        atomic_load_explicit(&zone->read_ns, memory_order_relaxed) >=
            atomic_load_explicit(&store->vouched_from_ns, memory_order_relaxed)) {
        return false;
    }
    return !answerer->accept_stale &&
           !atomic_load_explicit(&store->database_away, memory_order_relaxed) &&
           !atomic_load_explicit(&store->database_slow, memory_order_relaxed) &&
           atomic_load_explicit(&zone->retry_sec, memory_order_relaxed) <= now;
}

/* The database has been away for longer than old data may be answered. */
static bool is_past_stale_limit(const struct answerer *answerer, const struct soa *soa)
{
    uint32_t limit = atomic_load_explicit(&answerer->policy->stale_limit_sec, memory_order_relaxed);
    if (limit == 0) {
        limit = soa->expire > CONF_STALE_LEAST_SEC ? soa->expire : CONF_STALE_LEAST_SEC;
    }
    return store_away_sec(answerer->store, answerer->now_sec) > limit;
}

/* Is all that is hosted above NAME known? Else it is noted as what must be looked up first. */
static bool is_known(const struct answerer *answerer, struct answer *answer,
                     const struct lookup_name *name)
{
    if (LIKELY(store_is_known(answerer->store, name))) {
        return true;
    }
    if (answer->late_key == 0) {
        answer->late_key = store_name_key(name);
        answer->late_name.len = name->len;
        memcpy(answer->late_name.octets, name->octets, name->len);
    }
    return false;
}

struct zone *walk_find_zone(const struct walk *walk, const struct lookup_name *name)
{
    return is_known(walk->answerer, walk->answer, name)
               ? store_find_zone(walk->answerer->store, name, name->labels)
               : NULL;
}

/* Is there anything that may forbid to answer from ZONE? walk_enter() tells what. */
static bool is_unfit(const struct answerer *answerer, const struct zone *zone)
{
    const struct store *store = answerer->store;
    return UNLIKELY(atomic_load_explicit(&store->away_from_sec, memory_order_relaxed) != 0) ||
           UNLIKELY(atomic_load_explicit(&store->refuse_lagging, memory_order_relaxed)) ||
           is_too_old(answerer, zone);
}

static inline bool is_touched(const struct walk *walk, const struct zone *zone)
{
    for (unsigned i = 0; i < walk->touched_count; i++) {
        if (walk->touched[i].zone == zone) {
            return true;
        }
    }
    return false;
}

bool walk_enter(struct walk *walk, const struct zone *zone)
{
    uint32_t seq = atomic_load_explicit(&zone->seq, memory_order_seq_cst);
    if (LIKELY(walk->touched_count < TOUCHED_MAX && !is_touched(walk, zone))) {
        walk->touched[walk->touched_count++] = (struct touched){zone, seq};
    }
    walk->zone = zone;
    walk->soa = atomic_load_explicit(&zone->soa, memory_order_seq_cst);
    walk->names = zone_names(zone);
    if (walk->soa == NULL || walk->names == 0) {
        walk->late = zone;
        return false;
    }
    uint32_t away_from_sec =
        atomic_load_explicit(&walk->answerer->store->away_from_sec, memory_order_relaxed);
    if (UNLIKELY(away_from_sec != 0) && is_past_stale_limit(walk->answerer, walk->soa)) {
        walk->late = zone;
        walk->past_stale_limit = true;
        return false;
    }
    if (UNLIKELY(
            atomic_load_explicit(&walk->answerer->store->refuse_lagging, memory_order_relaxed))) {
        walk->late = zone;
        walk->lagging = true;
        return false;
    }
    if (UNLIKELY(is_too_old(walk->answerer, zone))) {
        walk->late = zone;
        walk->late_stale = true;
        return false;
    }
    return true;
}

/* Did a writer change several names of ZONE since SEQ? Then we may have seen half of it. */
static bool has_changed(const struct zone *zone, uint32_t seq)
{
    uint32_t now = atomic_load_explicit(&zone->seq, memory_order_seq_cst);
    return seq != now || (now & 1) != 0;
}

static bool changed_meanwhile(const struct walk *walk)
{
    for (unsigned i = 0; i < walk->touched_count; i++) {
        if (has_changed(walk->touched[i].zone, walk->touched[i].seq)) {
            return true;
        }
    }
    return false;
}

/* The node of NAME itself. */
static const struct node *find_exactly(const struct walk *walk, const struct lookup_name *name)
{
    const struct answer_hint *hint = walk->hint;

    /* What was prepared holds for the name asked, as long as nothing changed since. */
    if (hint != NULL && name == walk->name && hint->zone == walk->zone &&
        hint->seq == walk->touched[0].seq) {
        if (hint->absent) {
            return NULL;
        }
        if (hint->node != NULL && zone_is_node(walk->zone, hint->node, name)) {
            return hint->node;
        }
    }
    return zone_find(walk->zone, walk->names, name, name->labels);
}

struct found walk_find(const struct walk *walk, const struct lookup_name *name)
{
    const struct zone *zone = walk->zone;
    unsigned top = zone->origin_labels, k = top;

    /* Down from the apex: the uppermost cut or DNAME wins. Spared where a zone has none of them. */
    if (atomic_load_explicit(&zone->content.cuts, memory_order_seq_cst) != 0) {
        for (; k < name->labels; k++) {
            const struct node *node = zone_find(zone, walk->names, name, k);
            if (node == NULL) {
                break; /* and nothing below exists either */
            }
            if (node->flags & NODE_CUT) {
                return (struct found){FOUND_CUT, node, k};
            }
            if (node->flags & NODE_DNAME) {
                return (struct found){FOUND_DNAME, node, k};
            }
        }
    }
    const struct node *node = find_exactly(walk, name);
    if (node != NULL) {
        /* DS belongs to the parent's side of a cut: RFC 4035, 3.1.4.1. */
        bool cut = (node->flags & NODE_CUT) && walk->qtype != TYPE_DS;
        return (struct found){cut ? FOUND_CUT : FOUND_NODE, node, name->labels};
    }
    if (atomic_load_explicit(&zone->content.wildcards, memory_order_seq_cst) == 0) {
        return (struct found){FOUND_NOTHING, NULL, 0};
    }
    /* RFC 4592, 3.3.1: the wildcard directly below the closest encloser, no other. */
    for (k = name->labels - 1u; k > top && zone_find(zone, walk->names, name, k) == NULL; k--) {
    }
    node = zone_find_wildcard(zone, walk->names, name, k);
    return (struct found){node != NULL ? FOUND_WILDCARD : FOUND_NOTHING, node, k};
}

/* Is the name asked the apex of another zone hosted here, and we asked above it for its DS? */
static bool is_hosted_child(const struct walk *walk)
{
    const struct lookup_name *name = walk->name;
    if (walk->qtype != TYPE_DS) {
        return false;
    }
    const struct zone *zone = store_find_zone(walk->answerer->store, name, name->labels);
    return zone != NULL && zone != walk->zone && zone->origin_labels == name->labels;
}

static enum walk_outcome walk_zone(struct walk *walk)
{
    struct found found = walk_find(walk, walk->name);

    if (walk->hops == 0) {
        walk->deciding_labels =
            found.kind != FOUND_NOTHING ? (uint8_t)found.labels : walk->zone->origin_labels;
    }
    switch (found.kind) {
    case FOUND_CUT:
        if (walk->hops == 0) {
            walk->reply->flags &= (uint16_t)~FLAG_AA; /* RFC 2181, 6.1 */
        }
        walk_referral(walk, found.node, found.labels);
        return WALK_DONE;
    case FOUND_DNAME:
        return walk_dname(walk, found.node, found.labels);
    case FOUND_NODE:
        return walk_node(walk, found.node);
    case FOUND_WILDCARD:
        if (is_hosted_child(walk)) {
            break;
        }
        return walk_node(walk, found.node);
    case FOUND_NOTHING:
        if (UNLIKELY(walk->answerer->policy->wildcard_recursion != 0) && !is_hosted_child(walk)) {
            switch (walk_ancestors(walk, &found.node)) {
            case ANCESTOR_FOUND:
                return walk_node(walk, found.node);
            case ANCESTOR_LATE:
                return WALK_LATE;
            case ANCESTOR_NOTHING:
                break;
            }
        }
        break;
    }
    /* A hosted child exists, also where its parent has no row of that name (mydns-compat 3.2). */
    walk_negative(walk, is_hosted_child(walk) ? RCODE_NOERROR : RCODE_NXDOMAIN);
    return WALK_DONE;
}

/* The zone that answers for NAME: the deepest; for DS at an apex, the one above if it is hosted. */
static struct zone *zone_for(const struct answerer *answerer, const struct lookup_name *name,
                             uint16_t qtype)
{
    struct zone *zone = store_find_zone(answerer->store, name, name->labels);
    if (qtype == TYPE_DS && zone != NULL && zone->origin_labels == name->labels &&
        name->labels > 0) {
        struct zone *parent = store_find_zone(answerer->store, name, name->labels - 1u);
        return parent != NULL ? parent : zone;
    }
    return zone;
}

static void note_asked(struct zone *zone, uint32_t now_sec)
{
    if (atomic_load_explicit(&zone->asked_sec, memory_order_relaxed) != now_sec) {
        atomic_store_explicit(&zone->asked_sec, now_sec, memory_order_relaxed);
    }
}

/* Steps 2 to 4 of RFC 1034, 4.3.2, over zones and CNAMEs. */
static enum walk_outcome walk_chain(struct walk *walk, struct zone *zone)
{
    for (;;) {
        note_asked(zone, walk->answerer->now_sec);
        if (!walk_enter(walk, zone)) {
            return WALK_LATE;
        }
        walk->from = (struct put_zone){
            zone, reply_suffix_off(walk->reply, walk->owner_off,
                                   (unsigned)walk->name->labels - zone->origin_labels)};
        enum walk_outcome outcome = walk_zone(walk);
        if (outcome != WALK_FOLLOW) {
            return outcome;
        }
        walk->hint = NULL;
        zone = is_known(walk->answerer, walk->answer, walk->name)
                   ? zone_for(walk->answerer, walk->name, walk->qtype)
                   : NULL;
        if (zone == NULL) {
            return WALK_DONE; /* the resolver goes on elsewhere */
        }
    }
}

/* --- what needs no walk --- */

/* Types of which nothing is told beside them, unlike those that name hosts. */
static inline bool is_plain(uint16_t type)
{
    return type == TYPE_A || type == TYPE_AAAA || type == TYPE_TXT || type == TYPE_CNAME ||
           type == TYPE_PTR;
}

/*
 * Most answers are the RRset of the name and type asked, or the SOA where there is none, in a zone in which
 * no cut or wildcard has a say. answer_prepare found where they stand, so they are written at once: what the
 * walk would give, without its bookkeeping. False: not so plain, too large, or changed meanwhile;
 * then the walk decides.
 */
static bool answer_plainly(struct answer *answer, struct answerer *answerer, uint8_t *octets,
                           size_t cap, bool tcp)
{
    const struct query *query = &answer->query;
    const struct lookup_name *name = &query->qname;
    const struct node *node = answer->hint.node;
    struct zone *zone = answer->hint.zone;
    struct reply *reply = &answer->reply;
    const struct soa *soa = atomic_load_explicit(&zone->soa, memory_order_seq_cst);
    const struct rrset *set = NULL;

    if (UNLIKELY(soa == NULL || is_unfit(answerer, zone)) ||
        atomic_load_explicit(&zone->content.cuts, memory_order_seq_cst) != 0 ||
        query->qtype == TYPE_ANY || query->qtype == TYPE_SOA) {
        return false;
    }
    if (node != NULL) {
        bool cname = query->qtype == TYPE_CNAME && (node->flags & NODE_APEX) == 0;
        if ((node->flags & NODE_SPECIAL & ~(cname ? NODE_CNAME : 0u)) != 0 ||
            !zone_is_node(zone, node, name)) {
            return false;
        }
        set = node_rrset(node, query->qtype);
    } else if (!answer->hint.absent || answerer->policy->wildcard_recursion != 0 ||
               atomic_load_explicit(&zone->content.wildcards, memory_order_seq_cst) != 0) {
        return false;
    }
    struct put_zone from = {zone, DNS_HEADER_LEN +
                                      (unsigned)name->offset[name->labels - zone->origin_labels]};
    struct put_span span;
    reply_begin(reply, query, octets, cap, tcp, &answerer->policy->reply);
    reply->flags = authority(query);
    if (set != NULL) {
        struct put_owner owner = {DNS_HEADER_LEN, NULL, 0};
        if (!is_plain(set->type) || !put_rrset(reply, SECTION_ANSWER, &from, &owner, set, node,
                                               put_ttl(zone, set), &answerer->random, &span)) {
            return false;
        }
    } else {
        reply->rcode = node != NULL ? RCODE_NOERROR : RCODE_NXDOMAIN;
        if (!put_negative(reply, &from, soa)) {
            return false;
        }
    }
    if (UNLIKELY(has_changed(zone, answer->hint.seq))) {
        return false;
    }
    note_asked(zone, answerer->now_sec);
    answer->deciding_labels = node != NULL ? name->labels : zone->origin_labels;
    return true;
}

/* --- messages --- */

void answer_parse(struct answer *answer, const uint8_t *message, size_t len)
{
    answer->hint = (struct answer_hint){0};
    answer->parsed = query_parse(&answer->query, message, len);
}

static enum answer_outcome finish(struct answer *answer, const struct answerer *answerer)
{
    answer->reply_len =
        (uint32_t)reply_finish(&answer->reply, &answer->query, &answerer->policy->reply);
    return ANSWER_REPLY;
}

/* A reply without records. */
static enum answer_outcome refuse(struct answer *answer, const struct answerer *answerer,
                                  uint8_t *octets, size_t cap, bool tcp, enum dns_rcode rcode,
                                  enum dns_ede ede)
{
    reply_begin(&answer->reply, &answer->query, octets, cap, tcp, &answerer->policy->reply);
    answer->reply.rcode = (uint16_t)rcode;
    answer->reply.ede = (int16_t)ede;
    return finish(answer, answerer);
}

static enum dns_rcode rcode_of(enum query_outcome outcome)
{
    switch (outcome) {
    case QUERY_FORMERR:
        return RCODE_FORMERR;
    case QUERY_NOTIMP:
        return RCODE_NOTIMP;
    case QUERY_BADVERS:
        return RCODE_BADVERS;
    case QUERY_BADKEY:
        return RCODE_NOTAUTH; /* RFC 8945, 5.2.1 */
    default:
        return RCODE_REFUSED;
    }
}

static enum answer_outcome answer_question(struct answer *answer, struct answerer *answerer,
                                           uint8_t *octets, size_t cap, bool tcp)
{
    const struct query *query = &answer->query;
    const struct lookup_name *name = &query->qname;
    const struct answer_hint *hint = answer->hint.zone != NULL ? &answer->hint : NULL;
    struct walk walk; /* large: each field is set before it is read */
    enum walk_outcome outcome;
    bool compact = false;

    if (answer->hint.foreign) {
        return refuse(answer, answerer, octets, cap, tcp, RCODE_REFUSED, EDE_NOT_AUTHORITATIVE);
    }
    if (hint != NULL && answer_plainly(answer, answerer, octets, cap, tcp)) {
        return finish(answer, answerer);
    }
    for (;; hint = NULL) {
        answer->late_key = 0;
        if (hint == NULL && UNLIKELY(!is_known(answerer, answer, name))) {
            answer->late_stale = false;
            return ANSWER_LATE;
        }
        struct zone *zone = hint != NULL ? hint->zone : zone_for(answerer, name, query->qtype);
        if (zone == NULL) {
            bool complete = atomic_load_explicit(&answerer->store->complete, memory_order_seq_cst);
            return complete
                       ? refuse(answer, answerer, octets, cap, tcp, RCODE_REFUSED,
                                EDE_NOT_AUTHORITATIVE)
                       : refuse(answer, answerer, octets, cap, tcp, RCODE_SERVFAIL, EDE_NOT_READY);
        }
        reply_begin(&answer->reply, query, octets, cap, tcp, &answerer->policy->reply);
        answer->reply.flags = authority(query);
        if (UNLIKELY(compact)) {
            reply_be_compact(&answer->reply);
        }
        walk.answerer = answerer;
        walk.answer = answer;
        walk.reply = &answer->reply;
        walk.qtype = query->qtype;
        walk.tcp = tcp;
        walk.hops = walk.alias_steps = 0;
        walk.names_seen[0] = name->suffix_hash[name->labels];
        walk.hint = hint;
        walk.name = name;
        walk.owner_off = DNS_HEADER_LEN;
        walk.late = NULL;
        walk.late_stale = false;
        walk.past_stale_limit = walk.lagging = false;
        walk.touched_count = 0;
        outcome = walk_chain(&walk, zone);
        if (UNLIKELY(changed_meanwhile(&walk))) {
            continue;
        }
        /* Small costs time, and most replies fit as they are. */
        if (LIKELY(!(answer->reply.flags & FLAG_TC) || compact || !answer->reply.roomy)) {
            break;
        }
        compact = true;
    }
    if (UNLIKELY(answer->late_key != 0)) {
        answer->late_stale = false;
        return ANSWER_LATE;
    }
    if (UNLIKELY(outcome == WALK_LATE)) {
        if (walk.past_stale_limit) {
            return refuse(answer, answerer, octets, cap, tcp, RCODE_SERVFAIL, EDE_INVALID_DATA);
        }
        if (walk.lagging) {
            return refuse(answer, answerer, octets, cap, tcp, RCODE_SERVFAIL, EDE_OTHER);
        }
        if (atomic_load_explicit(&walk.late->retry_sec, memory_order_relaxed) > answerer->now_sec) {
            return refuse(answer, answerer, octets, cap, tcp, RCODE_SERVFAIL, EDE_NOT_READY);
        }
        answer->late_zone = walk.late->id;
        answer->late_stale = walk.late_stale;
        return ANSWER_LATE;
    }
    answer->deciding_labels = walk.deciding_labels;
    return finish(answer, answerer);
}

/* No question, but a cookie to make or to judge: RFC 7873, 5.4. */
static enum dns_rcode judge_cookie(const struct query *query)
{
    switch (query->cookie_state) {
    case COOKIE_NEW:
    case COOKIE_GOOD:
        return RCODE_NOERROR;
    case COOKIE_WRONG:
        return RCODE_BADCOOKIE;
    default:
        return RCODE_FORMERR; /* we deal in no cookies, so a question is missing */
    }
}

/* Whatever is not a question for the data of a zone. */
static enum answer_outcome answer_other(struct answer *answer, const struct answerer *answerer,
                                        uint8_t *octets, size_t cap, bool tcp)
{
    const struct query *query = &answer->query;
    const struct answer_policy *policy = answerer->policy;

    if (answer->parsed == QUERY_DROP) {
        return ANSWER_NOTHING;
    }
    if (answer->parsed == QUERY_COOKIE) {
        return refuse(answer, answerer, octets, cap, tcp, judge_cookie(query), EDE_NONE);
    }
    if (answer->parsed == QUERY_REFUSED && query->qclass == CLASS_CH && policy->chaos != NULL) {
        reply_begin(&answer->reply, query, octets, cap, tcp, &policy->reply);
        if (chaos_put(&answer->reply, query, policy->chaos)) {
            return finish(answer, answerer);
        }
    }
    return refuse(answer, answerer, octets, cap, tcp, rcode_of(answer->parsed), EDE_NONE);
}

enum answer_outcome answer_write(struct answer *answer, struct answerer *answerer, uint8_t *octets,
                                 size_t cap, bool tcp)
{
    if (LIKELY(answer->parsed == QUERY_OK)) {
        return answer_question(answer, answerer, octets, cap, tcp);
    }
    return answer_other(answer, answerer, octets, cap, tcp);
}

void answer_not_ready(struct answer *answer, struct answerer *answerer, uint8_t *octets, size_t cap,
                      bool tcp)
{
    if (answer->late_stale) {
        answerer->accept_stale = true;
        enum answer_outcome outcome = answer_write(answer, answerer, octets, cap, tcp);
        answerer->accept_stale = false;
        if (outcome == ANSWER_REPLY) {
            return;
        }
    }
    (void)refuse(answer, answerer, octets, cap, tcp, RCODE_SERVFAIL, EDE_NOT_READY);
}

void answer_truncate(struct answer *answer, const struct answerer *answerer, uint8_t *octets,
                     size_t cap)
{
    struct reply *reply = &answer->reply;
    const struct reply_policy *policy = &answerer->policy->reply;
    uint16_t flags = reply->flags | FLAG_TC, rcode = reply->rcode;
    int16_t ede = reply->ede;

    reply_begin(reply, &answer->query, octets, cap, reply->tcp, policy);
    reply->flags = flags;
    reply->rcode = rcode;
    reply->ede = ede;
    answer->reply_len = (uint32_t)reply_finish(reply, &answer->query, policy);
}

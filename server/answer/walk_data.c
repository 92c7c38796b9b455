/*
 * What a name that was found gives for the type asked: its RRset, a CNAME to follow, a DNAME's
 * substitution, the addresses behind an ALIAS, all or one RRset for ANY, or nothing.
 */
#include <string.h>

#include "answer/order.h"
#include "answer/walk.h"
#include "dns/rrtype.h"

static bool put_answer(struct walk *walk, const struct rrset *set, const void *base,
                       struct put_span *span)
{
    struct put_owner owner = {walk->owner_off, NULL, 0};
    if (put_rrset(walk->reply, SECTION_ANSWER, &walk->from, &owner, set, base,
                  put_ttl(walk->zone, set), &walk->answerer->random, span)) {
        return true;
    }
    walk->reply->flags |= FLAG_TC;
    return false;
}

/* The SOA of the apex that was asked. */
static void put_soa(struct walk *walk)
{
    struct put_owner owner = {walk->owner_off, NULL, 0};
    struct put_span span;
    if (!put_rrset(walk->reply, SECTION_ANSWER, &walk->from, &owner, &walk->soa->set, walk->soa,
                   walk->soa->set.ttl, NULL, &span)) {
        walk->reply->flags |= FLAG_TC;
    }
}

void walk_negative(struct walk *walk, enum dns_rcode rcode)
{
    walk->reply->rcode = rcode;
    if (!put_negative(walk->reply, &walk->from, walk->soa)) {
        walk->reply->flags |= FLAG_TC;
    }
}

/*
 * Make the name in the RDATA at OFF of the message the current one. WALK_DONE: it was asked before, or
 * the chain is too long; what was collected is the answer.
 */
static enum walk_outcome follow(struct walk *walk, unsigned off)
{
    struct name target;
    reply_name_at(walk->reply, off, &target);
    if (++walk->hops > CHAIN_MAX ||
        lookup_name_read(&walk->target, target.octets, target.len) == 0) {
        return WALK_DONE;
    }
    uint64_t hash = walk->target.suffix_hash[walk->target.labels];
    for (unsigned i = 0; i < walk->hops; i++) {
        if (walk->names_seen[i] == hash) {
            return WALK_DONE;
        }
    }
    walk->names_seen[walk->hops] = hash;
    walk->name = &walk->target;
    walk->owner_off = off;
    return WALK_FOLLOW;
}

static enum walk_outcome walk_cname(struct walk *walk, const struct node *node)
{
    struct put_span span;
    unsigned next;
    walk->dnames[walk->hops] = NULL;
    if (!put_answer(walk, node_rrset(node, TYPE_CNAME), node, &span)) {
        return WALK_DONE;
    }
    return follow(walk, put_rdata_off(walk->reply, span.off, &next));
}

/* Did an earlier hop put this DNAME into the answer? No record stands in it twice. */
static bool dname_is_there(const struct walk *walk, const struct node *node)
{
    for (unsigned i = 0; i < walk->hops; i++) {
        if (walk->dnames[i] == node) {
            return true;
        }
    }
    return false;
}

/*
 * RFC 6672, 3.2: the DNAME at the ancestor of LABELS labels, and the CNAME it makes of the current
 * name, with the DNAME's TTL (3.1). A name that grows too long is YXDOMAIN.
 */
enum walk_outcome walk_dname(struct walk *walk, const struct node *node, unsigned labels)
{
    const struct rrset *set = node_rrset(node, TYPE_DNAME);
    const struct lookup_name *name = walk->name;
    unsigned prefix = name->offset[name->labels - labels];
    struct put_owner owner = {reply_suffix_off(walk->reply, walk->owner_off, name->labels - labels),
                              NULL, 0};
    struct put_span span;
    unsigned next;
    uint32_t ttl = put_ttl(walk->zone, set);

    if (!dname_is_there(walk, node) &&
        !put_rrset(walk->reply, SECTION_ANSWER, &walk->from, &owner, set, node, ttl, NULL, &span)) {
        walk->reply->flags |= FLAG_TC;
        return WALK_DONE;
    }
    walk->dnames[walk->hops] = node;
    struct name whole;
    reply_name_at(walk->reply, walk->owner_off, &whole); /* with the case it was asked in */
    /* The name in a DNAME is never compressed, so it is stored as it is sent. */
    const uint8_t *target = rrset_records(set, node) + RECORD_HEADER_LEN;
    unsigned target_len = (unsigned)name_len(target);
    if (prefix + target_len > DNS_NAME_MAX) {
        walk->reply->rcode = RCODE_YXDOMAIN;
        return WALK_DONE;
    }
    uint8_t made[DNS_NAME_MAX + 2];
    unsigned made_len = prefix + target_len;
    memcpy(made, whole.octets, prefix);
    memcpy(made + prefix, target, target_len);
    if (walk->from.origin_off <= DNS_POINTER_MAX &&
        name_is_at_or_below(target, walk->zone->origin)) {
        made_len -= walk->zone->origin_len;
        made[made_len++] = (uint8_t)(0xc0 | walk->from.origin_off >> 8);
        made[made_len++] = (uint8_t)walk->from.origin_off;
    }
    unsigned cname_off = walk->reply->len;
    if (!put_record(walk->reply, SECTION_ANSWER, walk->owner_off, TYPE_CNAME, ttl, made,
                    made_len)) {
        walk->reply->flags |= FLAG_TC;
        return WALK_DONE;
    }
    /* A target below its own DNAME is redirected again and again, and grows: once is enough. */
    if (walk->qtype == TYPE_CNAME ||
        name_is_at_or_below(target, lookup_name_suffix(name, labels))) {
        return WALK_DONE;
    }
    return follow(walk, put_rdata_off(walk->reply, cname_off, &next));
}

/* --- ALIAS: the addresses of a hosted name under another one (mydns-compat 3.6) --- */

enum {
    ALIAS_RECORDS_MAX = 256,
    /* Names and addresses looked at for one question. An ALIAS has a target or two; whoever may write
     * rows could have thousands of them, each a long way from its address, and each question cost 20 ms. */
    ALIAS_STEPS_MAX = 512,
};

struct address_list {
    const uint8_t *records[ALIAS_RECORDS_MAX]; /* as stored; valid for the batch */
    uint32_t weights[ALIAS_RECORDS_MAX];       /* their aux */
    unsigned count;
    uint32_t ttl;   /* the lowest on the way */
    bool weighted;  /* some weight is not 0 */
    bool elsewhere; /* the CNAME leads to a name that others tell of */
};

static bool has_enough(const struct walk *walk, const struct address_list *list)
{
    return walk->alias_steps >= ALIAS_STEPS_MAX || walk->touched_count >= ALIAS_ZONES ||
           list->count >= ALIAS_RECORDS_MAX;
}

/* OWN: of the name asked for, which count whatever was looked at before. */
static void collect(struct walk *walk, struct address_list *list, const struct zone *zone,
                    const struct node *node, uint16_t type, bool own)
{
    const struct rrset *set = node_rrset(node, type);
    if (set == NULL) {
        return;
    }
    uint32_t ttl = put_ttl(zone, set);
    list->ttl = ttl < list->ttl ? ttl : list->ttl;
    const uint8_t *record = rrset_records(set, node);
    const uint32_t *weights = set->flags & RRSET_WEIGHTED ? rrset_weights(set, node) : NULL;
    for (unsigned i = 0; i < set->count; i++, record += record_len(record)) {
        if (own ? list->count >= ALIAS_RECORDS_MAX : has_enough(walk, list)) {
            break;
        }
        size_t len = record_len(record) - RECORD_HEADER_LEN;
        bool known = false;
        walk->alias_steps++;
        for (unsigned k = 0; k < list->count && !known; k++) {
            known =
                memcmp(list->records[k] + RECORD_HEADER_LEN, record + RECORD_HEADER_LEN, len) == 0;
        }
        if (!known) {
            list->records[list->count] = record;
            list->weights[list->count++] = weights != NULL ? weights[i] : 0;
            list->weighted |= weights != NULL;
        }
    }
}

/* The stored name at AT (relative ones end in a pointer) of ZONE as an absolute one. */
static void read_stored_name(const struct zone *zone, const uint8_t *at, struct name *name)
{
    unsigned len = 0;
    while (at[len] != 0 && at[len] < 0xc0) {
        len += 1u + at[len];
    }
    memcpy(name->octets, at, len);
    if (at[len] == 0) {
        name->octets[len] = 0;
        name->len = (uint8_t)(len + 1);
    } else {
        memcpy(name->octets + len, zone->origin, zone->origin_len);
        name->len = (uint8_t)(len + zone->origin_len);
    }
}

/*
 * Does the CNAME at this node act as ALIAS? At an apex it may not stand, since it would hide SOA and
 * NS; people mean "the addresses of that name" by it, and where the target is hosted we can tell them,
 * unless further CNAMEs lead elsewhere: then addresses are asked there, and all else stays visible.
 */
static bool cname_is_alias(const struct walk *walk, const struct zone *zone,
                           const struct node *node)
{
    struct name target;
    struct lookup_name name;

    if ((node->flags & (NODE_CNAME | NODE_APEX)) != (NODE_CNAME | NODE_APEX)) {
        return false;
    }
    read_stored_name(zone, rrset_records(node_rrset(node, TYPE_CNAME), node) + RECORD_HEADER_LEN,
                     &target);
    return lookup_name_read(&name, target.octets, target.len) != 0 &&
           walk_find_zone(walk, &name) != NULL;
}

/*
 * Gather the addresses of NAME (absolute), the target of a row of type FROM, into LIST, through CNAMEs
 * and further ALIASes of hosted zones. False: a zone on the way is not loaded. The walk stays where it is.
 */
static bool collect_target(struct walk *walk, struct address_list *list, struct name *name,
                           uint16_t from, uint16_t type)
{
    const struct zone *zone_here = walk->zone;
    const struct soa *soa_here = walk->soa;
    uint64_t names_here = walk->names;
    struct lookup_name target;
    bool loaded = true, cnames = from == TYPE_CNAME; /* nothing but CNAMEs led here */

    for (unsigned hop = 0; hop < CHAIN_MAX && !has_enough(walk, list); hop++) {
        walk->alias_steps++;
        if (lookup_name_read(&target, name->octets, name->len) == 0) {
            break;
        }
        const struct zone *zone = walk_find_zone(walk, &target);
        if (zone == NULL) {
            list->elsewhere |= cnames;
            break;
        }
        if (!walk_enter(walk, zone)) {
            loaded = false;
            break;
        }
        struct found found = walk_find(walk, &target);
        if (found.kind != FOUND_NODE && found.kind != FOUND_WILDCARD) {
            list->elsewhere |= cnames && found.kind != FOUND_NOTHING;
            break;
        }
        if (!(found.node->flags & NODE_CNAME) || cname_is_alias(walk, zone, found.node)) {
            collect(walk, list, zone, found.node, type, false);
        }
        uint16_t on = found.node->flags & NODE_CNAME ? TYPE_CNAME : TYPE_ALIAS;
        cnames = cnames && on == TYPE_CNAME;
        const struct rrset *set = node_rrset(found.node, on);
        if (set == NULL) {
            break;
        }
        uint32_t ttl = put_ttl(zone, set);
        list->ttl = ttl < list->ttl ? ttl : list->ttl;
        read_stored_name(zone, rrset_records(set, found.node) + RECORD_HEADER_LEN, name);
    }
    walk->zone = zone_here;
    walk->soa = soa_here;
    walk->names = names_here;
    return loaded;
}

/* The addresses of TYPE behind the names in SET of NODE. False: a zone is not loaded. */
static bool collect_targets(struct walk *walk, const struct node *node, const struct rrset *set,
                            uint16_t type, struct address_list *list)
{
    const uint8_t *record = rrset_records(set, node);
    uint32_t ttl = put_ttl(walk->zone, set);
    struct name name;

    list->ttl = ttl < list->ttl ? ttl : list->ttl;
    for (unsigned i = 0; i < set->count && !has_enough(walk, list);
         i++, record += record_len(record)) {
        read_stored_name(walk->zone, record + RECORD_HEADER_LEN, &name);
        if (!collect_target(walk, list, &name, set->type, type)) {
            return false;
        }
    }
    return true;
}

/*
 * The addresses of TYPE at NODE, behind its ALIAS rows, and behind a CNAME that acts as one: that first,
 * since whether it leads elsewhere decides. False: a zone is not loaded.
 */
static bool collect_alias(struct walk *walk, const struct node *node, uint16_t type,
                          struct address_list *list)
{
    const struct rrset *alias = node_rrset(node, TYPE_ALIAS);
    const struct rrset *cname = node_rrset(node, TYPE_CNAME); /* then NODE is an apex */

    list->count = 0;
    list->weighted = list->elsewhere = false;
    list->ttl = UINT32_MAX;
    if (cname != NULL && !collect_targets(walk, node, cname, type, list)) {
        return false;
    }
    if (list->elsewhere) {
        return true;
    }
    collect(walk, list, walk->zone, node, type, true);
    if (alias == NULL) {
        return true;
    }
    uint32_t ttl = put_ttl(walk->zone, alias);
    list->ttl = ttl < list->ttl ? ttl : list->ttl;
    return (type != TYPE_A && !walk->answerer->policy->alias_aaaa) ||
           collect_targets(walk, node, alias, type, list);
}

static bool put_alias(struct walk *walk, const struct address_list *list, uint16_t type)
{
    uint16_t order[ALIAS_RECORDS_MAX];
    struct reply *reply = walk->reply;
    uint32_t before = reply->len;

    order_addresses(order, list->count, list->weighted ? list->weights : NULL,
                    &walk->answerer->random);
    for (unsigned i = 0; i < list->count; i++) {
        const uint8_t *record = list->records[order[i]];
        if (!put_record(reply, SECTION_ANSWER, walk->owner_off, type, list->ttl,
                        record + RECORD_HEADER_LEN,
                        (unsigned)(record_len(record) - RECORD_HEADER_LEN))) {
            reply->len = before;
            reply->counts[SECTION_ANSWER] = (uint16_t)(reply->counts[SECTION_ANSWER] - i);
            reply->flags |= FLAG_TC;
            return false;
        }
    }
    return true;
}

/* --- the type asked --- */

static bool is_address(uint16_t type)
{
    return type == TYPE_A || type == TYPE_AAAA;
}

static enum walk_outcome walk_alias(struct walk *walk, const struct node *node)
{
    struct address_list list;
    if (!collect_alias(walk, node, walk->qtype, &list)) {
        return WALK_LATE;
    }
    if (list.elsewhere) {
        return walk_cname(walk, node);
    }
    if (list.count == 0) {
        walk_negative(walk, walk->reply->rcode);
    } else {
        put_alias(walk, &list, walk->qtype);
    }
    return WALK_DONE;
}

/*
 * An RRset did not fit an answer to ANY. Others stand there: by TCP they are enough (RFC 8482, 4.1), and
 * to ask once more would not help. But names may take less room.
 */
static enum walk_outcome any_is_full(struct walk *walk, uint16_t before)
{
    struct reply *reply = walk->reply;
    if (walk->tcp && reply->counts[SECTION_ANSWER] != before && (reply->compact || !reply->roomy)) {
        reply->flags &= (uint16_t)~FLAG_TC;
    }
    return WALK_DONE;
}

/*
 * ANY: everything over TCP, as far as it fits; over UDP one RRset is an answer to it (RFC 8482, 4.1),
 * and no help to those who want large replies sent elsewhere.
 */
static enum walk_outcome walk_any(struct walk *walk, const struct node *node)
{
    static const uint16_t addresses[] = {TYPE_A, TYPE_AAAA};
    uint16_t before = walk->reply->counts[SECTION_ANSWER];
    struct put_span span;
    bool one = !walk->tcp, apex = (node->flags & NODE_APEX) != 0;
    bool cname_alias = cname_is_alias(walk, walk->zone, node);
    bool alias = (node->flags & NODE_ALIAS) || cname_alias;
    bool hides = (node->flags & NODE_CNAME) && !cname_alias;

    if (hides && !apex) {
        put_answer(walk, node_rrset(node, TYPE_CNAME), node, &span);
        return WALK_DONE;
    }
    if (apex) {
        put_soa(walk);
        if (one || (walk->reply->flags & FLAG_TC)) {
            return WALK_DONE;
        }
    }
    for (size_t i = 0; alias && !hides && i < ARRAY_LEN(addresses); i++) {
        struct address_list list;
        if (!collect_alias(walk, node, addresses[i], &list)) {
            return WALK_LATE;
        }
        if (list.elsewhere) {
            cname_alias = false; /* the CNAME stands for both */
            break;
        }
        if (list.count > 0) {
            if (!put_alias(walk, &list, addresses[i])) {
                return any_is_full(walk, before);
            }
            if (one) {
                return WALK_DONE;
            }
        }
    }
    for (unsigned i = 0; i < node->rrset_count; i++) {
        const struct rrset *set = &node->rrsets[i];
        if (set->type == TYPE_ALIAS || (alias && is_address(set->type)) ||
            (cname_alias && set->type == TYPE_CNAME) ||
            (hides && set->type != TYPE_CNAME && set->type != TYPE_NS)) {
            continue;
        }
        if (set->type == TYPE_DNAME && dname_is_there(walk, node)) {
            before = 0;
            continue;
        }
        if (!put_answer(walk, set, node, &span)) {
            return any_is_full(walk, before);
        }
        if (one) {
            return WALK_DONE;
        }
    }
    if (walk->reply->counts[SECTION_ANSWER] == before) {
        walk_negative(walk, walk->reply->rcode);
    }
    return WALK_DONE;
}

/* Does a CNAME at this node stand for the type asked? An apex keeps its SOA and NS, and has no DS. */
static bool is_hidden(const struct walk *walk, const struct node *node)
{
    if (!(node->flags & NODE_CNAME) || walk->qtype == TYPE_CNAME) {
        return false;
    }
    if ((node->flags & (NODE_CUT | NODE_WILDCARD)) == NODE_CUT) {
        return false; /* asked for DS: to all else it is a delegation, whatever stands there */
    }
    return !(node->flags & NODE_APEX) || (walk->qtype != TYPE_SOA && walk->qtype != TYPE_NS &&
                                          walk->qtype != TYPE_DS); /* RFC 4035, 3.1.4.1 */
}

enum walk_outcome walk_node(struct walk *walk, const struct node *node)
{
    uint16_t qtype = walk->qtype;
    struct put_span span;

    if (UNLIKELY(qtype == TYPE_ANY)) {
        return walk_any(walk, node);
    }
    bool alias = (node->flags & NODE_ALIAS) != 0;
    if (node->flags & NODE_CNAME) {
        if (cname_is_alias(walk, walk->zone, node)) {
            if (qtype == TYPE_CNAME) {
                walk_negative(walk, RCODE_NOERROR); /* it would hide what else is there */
                return WALK_DONE;
            }
            alias = true;
        } else if (is_hidden(walk, node)) {
            return walk_cname(walk, node);
        }
    }
    if (UNLIKELY(alias && is_address(qtype))) {
        return walk_alias(walk, node);
    }
    if (qtype == TYPE_SOA && (node->flags & NODE_APEX)) {
        put_soa(walk);
        return WALK_DONE;
    }
    const struct rrset *set = qtype == TYPE_ALIAS ? NULL : node_rrset(node, qtype);
    if (set == NULL) {
        walk_negative(walk, RCODE_NOERROR);
        return WALK_DONE;
    }
    if (qtype == TYPE_DNAME && dname_is_there(walk, node)) {
        return WALK_DONE;
    }
    if (put_answer(walk, set, node, &span) && !is_address(qtype)) {
        walk_additional(walk, &span, qtype);
    }
    return WALK_DONE;
}

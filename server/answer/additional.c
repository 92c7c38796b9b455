/*
 * Addresses of names that stand in records just written: glue of referrals (RFC 9471: all of the
 * in-domain glue or TC, sibling glue as it fits), and addresses beside NS, MX, SRV, SVCB and HTTPS
 * answers (as they fit), from the same zone only.
 */
#include <string.h>

#include "answer/walk.h"
#include "dns/rrtype.h"

/* A name in the reply whose addresses are wanted. */
struct wanted {
    struct name target; /* in lower case */
    bool inside;        /* at or below the origin of the walk's zone */
    unsigned off;       /* where it stands, when it may be pointed at; else 0 */
    uint64_t key;       /* of its addresses, set with the node: equal means they are the same */
};

/*
 * The name at OFF, if it ends in a pointer to the zone's origin, as names inside do that were stored so.
 * False: it does not; then it may lie anywhere.
 */
static bool read_inside(const struct walk *walk, unsigned off, struct name *target)
{
    const uint8_t *name = walk->reply->octets + off;
    const struct zone *zone = walk->zone;
    unsigned len = 0;

    while (name[len] != 0 && name[len] < 0xc0) {
        len += 1u + name[len];
    }
    if (name[len] == 0 ||
        ((unsigned)(name[len] & 0x3f) << 8 | name[len + 1]) != walk->from.origin_off) {
        return false;
    }
    name_lower(target->octets, name, len);
    memcpy(target->octets + len, zone->origin, zone->origin_len);
    target->len = (uint8_t)(len + zone->origin_len);
    return true;
}

/* The target of the record whose RDATA stands at OFF. False: it names nothing to look up. */
static bool target_of(const struct walk *walk, const struct rrtype *type, unsigned off,
                      struct wanted *wanted)
{
    unsigned name_off = off + type->name_off;
    struct name *target = &wanted->target;

    /* Only names of RFC 1035's types may be pointed at; others must read as opaque octets. */
    wanted->off = type->compress ? name_off : 0;
    wanted->inside = read_inside(walk, name_off, target);
    if (!wanted->inside) {
        reply_name_at(walk->reply, name_off, target);
        if (target->len == 1) {
            return false; /* SRV "no such service"; SVCB's "." means the owner, which was asked for */
        }
        name_lower(target->octets, target->octets, target->len);
        wanted->inside = name_is_at_or_below(target->octets, walk->zone->origin);
    }
    return true;
}

/*
 * The names whose addresses were put, since several records may have the same target. Past this many
 * only required ones are put, those of a referral's NS, which have each target once.
 */
enum { GIVEN_MAX = 64 };
struct given {
    uint64_t keys[GIVEN_MAX];
    unsigned count;
};

static bool is_given(struct given *given, uint64_t key, bool required)
{
    for (unsigned i = 0; i < given->count; i++) {
        if (given->keys[i] == key) {
            return true;
        }
    }
    if (given->count < GIVEN_MAX) {
        given->keys[given->count++] = key;
        return false;
    }
    return !required;
}

/*
 * Put the addresses of WANTED. REQUIRED: when they do not fit, the reply is truncated.
 */
static void put_addresses(struct walk *walk, const struct wanted *wanted, const struct node *node,
                          struct given *given, bool required)
{
    if (is_given(given, wanted->key, required)) {
        return;
    }
    static const uint16_t types[] = {TYPE_A, TYPE_AAAA};
    unsigned origin_len = walk->zone->origin_len;
    struct put_owner owner = {wanted->off, wanted->target.octets,
                              (unsigned)wanted->target.len - origin_len};

    for (size_t i = 0; i < ARRAY_LEN(types); i++) {
        const struct rrset *set = node_rrset(node, types[i]);
        struct put_span span;
        if (set != NULL &&
            !put_rrset(walk->reply, SECTION_ADDITIONAL, &walk->from, &owner, set, node,
                       put_ttl(walk->zone, set), &walk->answerer->random, &span) &&
            required) {
            walk->reply->flags |= FLAG_TC;
        }
    }
}

/*
 * Does TARGET, in the walk's zone, lie at or below a cut or a DNAME, or in a hosted child? Then its data
 * is not the zone's.
 */
static bool is_occluded(const struct walk *walk, const struct name *target)
{
    struct lookup_name name;
    bool cuts = atomic_load_explicit(&walk->zone->content.cuts, memory_order_seq_cst) != 0;
    if (!cuts && store_has_none_below(walk->answerer->store, walk->zone->origin_labels)) {
        return false;
    }
    if (lookup_name_read(&name, target->octets, target->len) == 0) {
        return true;
    }
    const struct zone *zone = walk_find_zone(walk, &name);
    if (UNLIKELY(walk->answer->late_key != 0)) {
        return true; /* the answer will be another one */
    }
    /* By the origin: the walk's own zone may be hosted no more just now, or anew. */
    if (zone != NULL && zone->origin_labels > walk->zone->origin_labels) {
        return true;
    }
    if (!cuts) {
        return false;
    }
    enum found_kind kind = walk_find(walk, &name).kind;
    return kind == FOUND_CUT || kind == FOUND_DNAME;
}

/*
 * The wildcard that stands for WANTED, a name which is not in the walk's zone; or NULL. Below a cut too,
 * since glue is what lies there.
 */
static const struct node *wildcard_of(const struct walk *walk, struct wanted *wanted)
{
    const struct zone *zone = walk->zone;
    struct lookup_name name;
    if (atomic_load_explicit(&zone->content.wildcards, memory_order_seq_cst) == 0 ||
        lookup_name_read(&name, wanted->target.octets, wanted->target.len) == 0) {
        return NULL;
    }
    unsigned k = name.labels - 1u;
    while (k > zone->origin_labels && zone_find(zone, walk->names, &name, k) == NULL) {
        k--;
    }
    wanted->key = name.suffix_hash[name.labels];
    return zone_find_wildcard(zone, walk->names, &name, k);
}

/* A node of the walk's zone for WANTED, or foreign glue of that zone for a referral. */
static const struct node *node_of(const struct walk *walk, struct wanted *wanted, bool referral)
{
    const struct zone *zone = walk->zone;
    const struct name *target = &wanted->target;
    const struct node *node;

    if (wanted->inside) {
        node = zone_find_relative(zone, walk->names, target->octets,
                                  (unsigned)target->len - zone->origin_len);
        wanted->key = (uintptr_t)node;
        if (node == NULL) {
            node = wildcard_of(walk, wanted);
        }
        return node != NULL && !(node->flags & NODE_CNAME) ? node : NULL;
    }
    if (!referral || wanted->off == 0 ||
        atomic_load_explicit(&zone->content.foreign, memory_order_seq_cst) == 0) {
        return NULL;
    }
    struct lookup_name name;
    if (lookup_name_read(&name, target->octets, target->len) == 0 ||
        walk_find_zone(walk, &name) != NULL) {
        return NULL; /* what a hosted zone says is not contradicted */
    }
    node = zone_find_foreign(zone, walk->names, &name);
    wanted->key = (uintptr_t)node;
    return node;
}

void walk_additional(struct walk *walk, const struct put_span *span, uint16_t number)
{
    const struct rrtype *type = rrtype_find(number);
    unsigned off = span->off, next;
    struct given given;

    if (type == NULL || !type->additional) {
        return;
    }
    given.count = 0;
    for (unsigned i = 0; i < span->count; i++, off = next) {
        unsigned rdata = put_rdata_off(walk->reply, off, &next);
        struct wanted wanted;
        if (!target_of(walk, type, rdata, &wanted)) {
            continue;
        }
        const struct node *node = node_of(walk, &wanted, false);
        /* Glue helps to reach nameservers; to others it is not ours to tell. */
        if (node != NULL && (number == TYPE_NS || !is_occluded(walk, &wanted.target))) {
            put_addresses(walk, &wanted, node, &given, false);
        }
    }
}

/*
 * A referral: NS of the cut in AUTHORITY, aa as it is, and glue: first all that lies at or below
 * the cut, without which the delegation cannot be followed, then the rest.
 */
void walk_referral(struct walk *walk, const struct node *cut, unsigned labels)
{
    const struct rrset *set = node_rrset(cut, TYPE_NS);
    const struct rrtype *type = rrtype_find(TYPE_NS);
    unsigned cut_off = reply_suffix_off(walk->reply, walk->owner_off, walk->name->labels - labels);
    struct put_owner owner = {cut_off, NULL, 0};
    struct put_span span;
    struct given given;

    given.count = 0;
    if (!put_rrset(walk->reply, SECTION_AUTHORITY, &walk->from, &owner, set, cut,
                   put_ttl(walk->zone, set), NULL, &span)) {
        walk->reply->flags |= FLAG_TC;
        return;
    }
    const uint8_t *cut_name = lookup_name_suffix(walk->name, labels);
    for (int pass = 0; pass < 2; pass++) {
        unsigned off = span.off, next;
        for (unsigned i = 0; i < span.count; i++, off = next) {
            struct wanted wanted;
            unsigned rdata = put_rdata_off(walk->reply, off, &next);
            if (!target_of(walk, type, rdata, &wanted)) {
                continue;
            }
            bool in_domain = name_is_at_or_below(wanted.target.octets, cut_name);
            const struct node *node =
                in_domain == (pass == 0) ? node_of(walk, &wanted, true) : NULL;
            if (node != NULL) {
                put_addresses(walk, &wanted, node, &given, in_domain);
            }
        }
    }
}

/*
 * wildcard-recursion (mydns-compat 3.3): what a zone does not have may be found as a wildcard in a
 * hosted zone above it, if that zone delegates the one below it by NS rows at its full origin. No RFC
 * knows of it, and it is off by default: then nothing here is ever called.
 */
#include "answer/walk.h"

/* Where the walk stands, to come back to. */
struct place {
    const struct zone *zone;
    const struct soa *soa;
    uint64_t names;
    struct put_zone from;
};

static bool delegates(const struct walk *walk, unsigned labels)
{
    const struct node *node = zone_find(walk->zone, walk->names, walk->name, labels);
    return node != NULL && node_rrset(node, TYPE_NS) != NULL;
}

/*
 * MyDNS's search: "*" in place of the first label, of the first two, ... up to the apex. Other names in
 * between do not end it, since the delegated zone's own name always stands there.
 */
static const struct node *find_wildcard(const struct walk *walk)
{
    const struct node *node = NULL;
    for (unsigned k = walk->name->labels; node == NULL && k > walk->zone->origin_labels; k--) {
        node = zone_find_wildcard(walk->zone, walk->names, walk->name, k - 1);
    }
    return node != NULL && node->rrset_count > 0 ? node : NULL;
}

enum ancestor_outcome walk_ancestors(struct walk *walk, const struct node **node)
{
    struct place start = {walk->zone, walk->soa, walk->names, walk->from};
    int left = walk->answerer->policy->wildcard_recursion;

    while (left != 0 && walk->zone->origin_labels > 0) {
        unsigned below = walk->zone->origin_labels;
        const struct zone *zone = store_find_zone(walk->answerer->store, walk->name, below - 1);
        if (zone == NULL) {
            break;
        }
        if (!walk_enter(walk, zone)) {
            return ANCESTOR_LATE;
        }
        walk->from = (struct put_zone){
            zone, reply_suffix_off(walk->reply, walk->owner_off,
                                   (unsigned)walk->name->labels - zone->origin_labels)};
        if (!delegates(walk, below)) {
            break;
        }
        *node = find_wildcard(walk);
        if (*node != NULL) {
            return ANCESTOR_FOUND;
        }
        left -= left > 0;
    }
    walk->zone = start.zone;
    walk->soa = start.soa;
    walk->names = start.names;
    walk->from = start.from;
    return ANCESTOR_NOTHING;
}

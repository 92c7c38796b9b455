#include "admin/zone_check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/quiesce.h"
#include "dns/rrtype.h"

/*
 * A name in data, completed with the origin, that may have been meant to be complete: whether it
 * exists shows at the end.
 */
struct doubt {
    struct doubt *next;
    uint32_t id;
    uint16_t text_len;
    uint8_t name_len; /* relative to the origin */
    uint8_t octets[]; /* the name, then the column's text */
};

static void add(struct zone_check *check, enum severity severity, const struct finding *finding)
{
    findings_add(check->findings, severity, check->domain, finding);
}

static void add_rr(struct zone_check *check, enum severity severity, uint32_t id,
                   const char *column, const char *reason, const void *value, size_t value_len)
{
    add(check, severity,
        &(struct finding){check->conf->rr_table, id, column, reason, value, value_len, false,
                          false});
}

/* What the server leaves out is an error. */
static void left_out(void *context, const struct finding *finding)
{
    add(context, finding->served ? SEVERITY_WARNING : SEVERITY_ERROR, finding);
}

void zone_check_begin(struct zone_check *check, struct zone *zone, const struct conf *conf,
                      const struct store *store, struct findings *findings)
{
    memset(check, 0, sizeof *check);
    check->conf = conf;
    check->store = store;
    check->findings = findings;
    check->zone = zone;
    name_to_text(check->domain, zone->origin);
    zone_rows_begin(&check->rows, zone, conf, left_out, check);
}

void zone_check_soa(struct zone_check *check, const struct soa_row *row)
{
    zone_rows_soa(&check->rows, row);
}

/* --- row by row ------------------------------------------------------------------------------- */

/* The name at the end of TEXT: behind the last blank (SRV has numbers in front). */
static const char *last_word(const char *text, size_t *len)
{
    while (*len > 0 && text[*len - 1] == ' ') {
        (*len)--;
    }
    size_t at = *len;
    while (at > 0 && text[at - 1] != ' ' && text[at - 1] != '\t') {
        at--;
    }
    *len -= at;
    return text + at;
}

/* Does TEXT, without final dot, end in the origin's name? Then it was meant to be complete. */
static bool repeats_origin(const struct zone_check *check, const char *text, size_t len)
{
    size_t bare = strlen(check->domain) - 1;
    return bare > 0 && len >= bare && strncasecmp(text + len - bare, check->domain, bare) == 0 &&
           (len == bare || text[len - bare - 1] == '.');
}

/* TARGET: the name in the row's data, as it was read. */
static void look_at_target(struct zone_check *check, const struct rr_row *row, uint16_t type,
                           const struct name *target)
{
    static const char repeated[] =
        "ends in the origin without a final dot, so the origin is appended once more";
    size_t len = row->data.len;
    const char *text = row->data.data;

    if (type == TYPE_SRV) {
        text = last_word(text, &len);
    }
    if (len == 0 || len > UINT16_MAX || text[len - 1] == '.' ||
        !name_is_at_or_below(target->octets, check->zone->origin)) {
        return;
    }
    if (repeats_origin(check, text, len)) {
        add_rr(check, SEVERITY_WARNING, row->id, "data", repeated, row->data.data, row->data.len);
        return;
    }
    if (memchr(text, '.', len) == NULL) {
        return; /* one label: nearly always meant so */
    }
    unsigned name_len = (unsigned)target->len - check->zone->origin_len;
    struct doubt *doubt = alloc_new(sizeof *doubt + name_len + len);
    *doubt = (struct doubt){.next = check->doubts,
                            .id = row->id,
                            .text_len = (uint16_t)len,
                            .name_len = (uint8_t)name_len};
    memcpy(doubt->octets, target->octets, name_len);
    memcpy(doubt->octets + name_len, text, len);
    check->doubts = doubt;
}

static bool has_target(uint16_t type)
{
    return type == TYPE_NS || type == TYPE_CNAME || type == TYPE_MX || type == TYPE_SRV ||
           type == TYPE_ALIAS || type == TYPE_DNAME;
}

/* The name in the RDATA of a type that has_target. */
static void target_of(uint16_t type, const uint8_t *rdata, struct name *target)
{
    const struct rrtype *known = rrtype_find(type);
    rdata += known != NULL ? known->name_off : 0;
    target->len = (uint8_t)name_len(rdata);
    name_lower(target->octets, rdata, target->len);
}

static void look_at_name(struct zone_check *check, const struct rr_row *row)
{
    size_t len = row->name.len;
    const char *text = last_word(row->name.data, &len);
    if (len > 0 && text[len - 1] != '.' && repeats_origin(check, text, len)) {
        add_rr(check, SEVERITY_WARNING, row->id, "name",
               "ends in the origin without a final dot, so the origin is appended once more", text,
               len);
    }
}

void zone_check_rr(struct zone_check *check, const struct rr_row *row, struct record_in *in)
{
    if (!zone_rows_rr(&check->rows, row, in)) {
        return;
    }
    if (in->ttl > DNS_TTL_MAX) {
        char text[16];
        int len = snprintf(text, sizeof text, "%u", in->ttl);
        add_rr(check, SEVERITY_WARNING, row->id, "ttl", "is above 2147483647, which is sent", text,
               (size_t)len);
    }
    look_at_name(check, row);
    if (has_target(in->type)) {
        struct name target;
        target_of(in->type, in->rdata, &target);
        look_at_target(check, row, in->type, &target);
    }
}

/* --- the whole zone --------------------------------------------------------------------------- */

struct walk {
    struct zone_check *check;
    uint64_t names;
    char owner[NAME_TEXT_SIZE];
};

static void add_node(struct walk *walk, enum severity severity, uint32_t id, const char *column,
                     const char *reason)
{
    add_rr(walk->check, severity, id, column, reason, walk->owner, strlen(walk->owner));
}

/* A stored name (relative ones end in a pointer) as an absolute one, lower case. */
static void stored_target(const struct zone *zone, const uint8_t *at, struct name *target)
{
    size_t len = 0;
    while (at[len] != 0 && at[len] < 0xc0) {
        len += 1u + at[len];
    }
    memcpy(target->octets, at, len);
    if (at[len] == 0) {
        target->octets[len++] = 0;
    } else {
        memcpy(target->octets + len, zone->origin, zone->origin_len);
        len += zone->origin_len;
    }
    target->len = (uint8_t)len;
    name_lower(target->octets, target->octets, len);
}

/*
 * Rows behind those that are sent: CNAMEs and DNAMEs of which only one may be, and repetitions. What a
 * message has no room for was told when the zone was built.
 */
static void check_unsent(struct walk *walk, const struct node *node, const struct rrset *set)
{
    bool single = set->type == TYPE_CNAME || set->type == TYPE_DNAME;
    const uint32_t *ids = rrset_ids(set, node);
    char reason[64];
    size_t count, first = 0;

    if (set->count == set->total) {
        return;
    }
    struct record *records = node_records(node, &count);
    while (records[first].type != set->type) {
        first++;
    }
    enum record_place *places = alloc_new(set->total * sizeof *places);
    (void)rrset_choose(records + first, set->total, places);
    for (unsigned i = set->count; i < set->total; i++) {
        if (single) {
            snprintf(reason, sizeof reason, "has a %s already, of id %u, which counts",
                     set->type == TYPE_CNAME ? "CNAME" : "DNAME", ids[0]);
            add_node(walk, SEVERITY_ERROR, ids[i], "name", reason);
        } else if (places[i] == RECORD_SAME) {
            add_node(walk, SEVERITY_WARNING, ids[i], "name",
                     "has a second row of the same type and data");
        }
    }
    free(places);
    free(records);
}

static void check_targets(struct walk *walk, const struct node *node, const struct rrset *set)
{
    const struct zone *zone = walk->check->zone;
    const uint32_t *ids = rrset_ids(set, node);
    const uint8_t *record = rrset_records(set, node);
    unsigned off = set->type == TYPE_MX ? 2 : set->type == TYPE_SRV ? 6 : 0;

    for (unsigned i = 0; i < set->count; i++, record += record_len(record)) {
        struct name target;
        stored_target(zone, record + RECORD_HEADER_LEN + off, &target);
        if (!name_is_at_or_below(target.octets, zone->origin)) {
            continue;
        }
        const struct node *there = zone_find_relative(zone, walk->names, target.octets,
                                                      (unsigned)target.len - zone->origin_len);
        if (there != NULL && (there->flags & NODE_CNAME)) { /* RFC 2181, 10.3; RFC 2782 */
            char text[NAME_TEXT_SIZE];
            name_to_text(text, target.octets);
            add_rr(walk->check, set->type == TYPE_NS ? SEVERITY_ERROR : SEVERITY_WARNING, ids[i],
                   "data", "leads to a CNAME, which it may not", text, strlen(text));
        }
    }
}

/* Is the target of the CNAME at the apex hosted? Then it stands for addresses only. */
static bool acts_as_alias(const struct walk *walk, const struct node *node)
{
    struct name target;
    struct lookup_name name;
    const struct rrset *set = node_rrset(node, TYPE_CNAME);
    stored_target(walk->check->zone, rrset_records(set, node) + RECORD_HEADER_LEN, &target);
    return lookup_name_read(&name, target.octets, target.len) != 0 &&
           store_find_zone(walk->check->store, &name, name.labels) != NULL;
}

static void check_cname(struct walk *walk, const struct node *node)
{
    const uint32_t *cname = rrset_ids(node_rrset(node, TYPE_CNAME), node);
    if ((node->flags & (NODE_CUT | NODE_WILDCARD)) == NODE_CUT) {
        add_node(walk, SEVERITY_ERROR, cname[0], "name",
                 "has NS records, which make it a delegation, so this row is not seen");
        return;
    }
    if (node->flags & NODE_APEX) {
        if (acts_as_alias(walk, node)) {
            add_node(walk, SEVERITY_WARNING, cname[0], "name",
                     "is the origin, where a CNAME acts as ALIAS");
            return;
        }
        add_node(walk, SEVERITY_ERROR, cname[0], "name", "is the origin, where no CNAME may be");
    }
    for (unsigned i = 0; i < node->rrset_count; i++) {
        const struct rrset *set = &node->rrsets[i];
        const uint32_t *ids = rrset_ids(set, node);
        bool shown = set->type == TYPE_CNAME || (set->type == TYPE_NS && node->flags & NODE_APEX);
        for (unsigned k = 0; !shown && k < set->count; k++) {
            char reason[64];
            snprintf(reason, sizeof reason, "has a CNAME, of id %u, which hides this row",
                     cname[0]);
            add_node(walk, SEVERITY_ERROR, ids[k], "name", reason);
        }
    }
}

static void check_node(void *item, void *context)
{
    const struct node *node = item;
    struct walk *walk = context;
    struct zone_check *check = walk->check;
    struct name owner;

    if ((node->flags & NODE_FOREIGN) || node->rrset_count == 0) {
        return;
    }
    memcpy(owner.octets, node_name(node), node->name_len);
    memcpy(owner.octets + node->name_len, check->zone->origin, check->zone->origin_len);
    name_to_text(walk->owner, owner.octets);
    if (node->flags & NODE_CNAME) {
        check_cname(walk, node);
    }
    for (unsigned i = 0; i < node->rrset_count; i++) {
        const struct rrset *set = &node->rrsets[i];
        check_unsent(walk, node, set);
        if (set->type == TYPE_NS || set->type == TYPE_MX || set->type == TYPE_SRV) {
            check_targets(walk, node, set);
        }
    }
}

/* Names that were completed with the origin and lead nowhere: a dot was forgotten. */
static void check_doubts(struct zone_check *check, uint64_t names)
{
    for (const struct doubt *doubt = check->doubts; doubt != NULL; doubt = doubt->next) {
        struct name target;
        struct lookup_name name;
        memcpy(target.octets, doubt->octets, doubt->name_len);
        memcpy(target.octets + doubt->name_len, check->zone->origin, check->zone->origin_len);
        target.len = (uint8_t)(doubt->name_len + check->zone->origin_len);
        bool found = lookup_name_read(&name, target.octets, target.len) == 0;
        for (unsigned k = check->zone->origin_labels; !found && k <= name.labels; k++) {
            const struct node *node = zone_find(check->zone, names, &name, k);
            found = (node != NULL && (k == name.labels || node->flags & NODE_CUT)) ||
                    (k < name.labels && zone_find_wildcard(check->zone, names, &name, k) != NULL);
        }
        if (!found) {
            add_rr(check, SEVERITY_WARNING, doubt->id, "data",
                   "has no final dot, and with the origin behind it there is no such name",
                   doubt->octets + doubt->name_len, doubt->text_len);
        }
    }
}

static void check_content(struct zone_check *check, struct zone_content *content)
{
    static const uint8_t apex[1];
    struct zone *zone = check->zone;

    zone_publish(zone, content, soa_new(zone, &check->rows.soa), 0);
    struct walk walk = {.check = check, .names = zone_names(zone)};
    table_each(walk.names, check_node, &walk);
    check_doubts(check, walk.names);
    const struct node *top = zone_find_relative(zone, walk.names, apex, 0);
    if (top == NULL || node_rrset(top, TYPE_NS) == NULL) {
        add(check, SEVERITY_ERROR,
            &(struct finding){check->conf->soa_table, zone->id, "origin", "has no NS record",
                              check->domain, strlen(check->domain), false, false});
    }
    struct zone_content nothing = {0};
    zone_publish(zone, &nothing, NULL, 0);
    quiesce_collect();
}

void zone_check_whole(struct zone_check *check)
{
    struct zone_content content;

    if (zone_rows_finish(&check->rows, &content)) {
        check_content(check, &content);
    } else if (check->rows.failure != NULL) {
        char *reason = alloc_printf("is not loaded: %s", check->rows.failure);
        add(check, SEVERITY_ERROR,
            &(struct finding){check->conf->soa_table, check->zone->id, "origin", reason,
                              check->domain, strlen(check->domain), false, false});
        free(reason);
    }
}

void zone_check_end(struct zone_check *check)
{
    for (struct doubt *doubt = check->doubts, *next; doubt != NULL; doubt = next) {
        next = doubt->next;
        free(doubt);
    }
    check->doubts = NULL;
    zone_rows_release(&check->rows);
}

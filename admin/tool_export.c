/*
 * mydnsexport: zones as zone files (RFC 1035, 5) or as input of tinydns-data.
 *
 * What is written is what the server serves: a row that it leaves out, or that a CNAME of the same name
 * hides, is told on stderr and is not written, so that the file can be loaded elsewhere. Names stay as
 * they are stored, relative ones relative. The type ALIAS belongs to MyDNS alone and becomes CNAME, as
 * MyDNS has it; a CNAME at an origin is an error elsewhere, hence the warning.
 */
#include <ldns/ldns.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "admin/tool_export.h"
#include "base/alloc.h"
#include "dns/rrtype.h"
#include "load/zone_rows.h"

static const char usage[] = "Usage: mydnsexport [SWITCH]... [ZONE]...\n"
                            "Print zones, all active ones by default.\n\n"
                            "  -b, --bind               as zone files (the default)\n"
                            "  -t, --tinydns-data       as input of tinydns-data\n"
                            "  -c FILE                  like --conf\n";

/* Would a zone file read this as the very name that is stored? */
static bool is_plain(const char *text, size_t len)
{
    static const char safe[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.*/";
    return len > 0 && strspn(text, safe) >= len;
}

/* The record's data in zone-file form, names absolute; NULL when ldns cannot read it. */
static char *wire_text(const struct record_in *record, uint16_t type)
{
    enum { FIXED = 1 + 10 }; /* the root as owner; type, class, TTL, length (RFC 1035, 3.2.1) */
    size_t len = FIXED + record->rdata_len, pos = 0, text_len = 0;
    uint8_t *wire = alloc_zero(1, len);
    ldns_rr *rr = NULL;
    char *text = NULL;

    ldns_write_uint16(wire + 1, type);
    ldns_write_uint16(wire + 3, LDNS_RR_CLASS_IN);
    ldns_write_uint16(wire + 9, record->rdata_len);
    memcpy(wire + FIXED, record->rdata, record->rdata_len);
    if (ldns_wire2rr(&rr, wire, len, &pos, LDNS_SECTION_ANSWER) == LDNS_STATUS_OK) {
        FILE *out = open_memstream(&text, &text_len);
        for (size_t i = 0; i < ldns_rr_rd_count(rr); i++) {
            char *word = ldns_rdf2str(ldns_rr_rdf(rr, i));
            fprintf(out, "%s%s", i > 0 ? " " : "", word != NULL ? word : "");
            free(word);
        }
        fclose(out);
        ldns_rr_free(rr);
    }
    free(wire);
    return text;
}

/* RFC 3597, 5 */
static char *generic_text(const struct record_in *record)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    fprintf(out, "\\# %u", record->rdata_len);
    for (unsigned i = 0; i < record->rdata_len; i++) {
        fprintf(out, "%s%02x", i == 0 ? " " : "", record->rdata[i]);
    }
    fclose(out);
    return text;
}

static char *data_text(const struct rr_data *row, const struct record_in *record)
{
    switch (record->type) {
    case TYPE_CNAME:
    case TYPE_ALIAS:
    case TYPE_NS:
    case TYPE_PTR:
        if (is_plain(row->data, row->data_len)) {
            return alloc_string(row->data);
        }
        break;
    case TYPE_MX:
        if (is_plain(row->data, row->data_len)) {
            return alloc_printf("%u %s", row->aux & UINT16_MAX, row->data);
        }
        break;
    default:
        break;
    }
    char *text = wire_text(record, record->type == TYPE_ALIAS ? TYPE_CNAME : record->type);
    return text != NULL ? text : generic_text(record);
}

/* --- zone files ------------------------------------------------------------------------------- */

/* TEXT as stored, where a zone file reads it as NAME; else NAME in BUFFER (NAME_TEXT_SIZE). */
static const char *name_shown(const char *text, const struct name *name, const struct name *origin,
                              char *buffer)
{
    struct name same;
    bool plain = is_plain(text, strlen(text)) &&
                 name_from_text(&same, text, strlen(text), origin) == NULL &&
                 name_equal(same.octets, name->octets);
    return plain ? text : name_to_text(buffer, name->octets);
}

static void put_bind_soa(const struct zone_row *zone)
{
    const struct soa_row row = {.ns = {.data = zone->ns, .len = strlen(zone->ns)},
                                .mbox = {.data = zone->mbox, .len = strlen(zone->mbox)}};
    char buffers[3][NAME_TEXT_SIZE];
    struct name ns_name, mbox_name;
    struct row_fault fault;

    rr_text_soa_names(&row, &zone->name, &ns_name, &mbox_name, &fault);
    if (fault.column != NULL) {
        report_warning("%s: soa row %u: %s %s: its default is served and written", zone->origin,
                       zone->id, fault.column, fault.reason);
    }
    const char *origin = name_shown(zone->origin, &zone->name, NULL, buffers[0]);
    const char *ns = name_shown(zone->ns, &ns_name, &zone->name, buffers[1]);
    const char *mbox = name_shown(zone->mbox, &mbox_name, &zone->name, buffers[2]);
    printf("$TTL %u\n"
           "; Zone: %s (soa.id %u)\n"
           "$ORIGIN %s\n"
           "@\t%u\tIN SOA\t%s %s (\n"
           "\t\t%u\t; serial\n\t\t%u\t; refresh\n\t\t%u\t; retry\n\t\t%u\t; expire\n"
           "\t\t%u )\t; minimum\n",
           ttl_shown(zone->ttl), origin, zone->id, origin, ttl_shown(zone->ttl), ns, mbox,
           zone->serial, zone->refresh, zone->retry, zone->expire, zone->minimum);
}

/* A blank owner is that of the line before. */
static void put_bind_owner(const struct rr_data *row, const struct zone_row *zone,
                           const struct record_in *record, bool *at_apex)
{
    char text[NAME_TEXT_SIZE];
    if (name_equal(record->owner.octets, zone->name.octets)) {
        fputs(*at_apex ? "" : "@", stdout);
        *at_apex = true;
        return;
    }
    *at_apex = false;
    size_t len = strlen(row->name);
    fputs(is_plain(row->name, len) ? row->name : name_to_text(text, record->owner.octets), stdout);
}

static void put_bind(const struct rr_data *row, const struct zone_row *zone,
                     const struct record_in *record, bool *at_apex)
{
    char type[RRTYPE_TEXT_SIZE];
    char *data = data_text(row, record);

    put_bind_owner(row, zone, record, at_apex);
    rrtype_to_text(type, record->type == TYPE_ALIAS ? TYPE_CNAME : record->type);
    printf("\t%u\tIN %s\t%s\n", ttl_shown(row->ttl), type, data);
    free(data);
}

/* --- CNAMEs ----------------------------------------------------------------------------------- */

/* Of each name one row of a type, the one that counts, in order of names. */
struct firsts {
    size_t count;
    const struct rr_data **items;
};

struct cnames {
    struct firsts rows, ns;
    bool alias; /* the one at the origin acts as ALIAS: it hides nothing */
};

static int compare_owners(const struct rr_data *a, const struct rr_data *b)
{
    size_t len = a->owner.len < b->owner.len ? a->owner.len : b->owner.len;
    int order = memcmp(a->owner.octets, b->owner.octets, len);
    return order != 0 ? order : (int)a->owner.len - (int)b->owner.len;
}

static int by_owner(const void *a, const void *b)
{
    return compare_owners(*(const struct rr_data *const *)a, *(const struct rr_data *const *)b);
}

static int by_owner_and_id(const void *a, const void *b)
{
    const struct rr_data *const *x = a, *const *y = b;
    int order = compare_owners(*x, *y);
    return order != 0 ? order : ((*x)->id > (*y)->id) - ((*x)->id < (*y)->id);
}

/* Of each name the first row of TYPE that is served. RECORD is room to work in. */
static struct firsts firsts_of(struct tool *tool, const struct zone_row *zone,
                               const struct rr_list *list, uint16_t type, struct record_in *record)
{
    struct firsts firsts = {.items = alloc_zero(list->count + 1, sizeof *firsts.items)};
    size_t found = 0;

    for (size_t i = 0; i < list->count; i++) {
        const struct rr_data *row = &list->items[i];
        struct row_fault fault;
        if (row->active && row->type_number == type &&
            rr_data_decode(&tool->session, row, &zone->name, record, &fault)) {
            firsts.items[found++] = row;
        }
    }
    qsort(firsts.items, found, sizeof firsts.items[0], by_owner_and_id);
    for (size_t i = 0; i < found; i++) {
        if (i == 0 || compare_owners(firsts.items[i], firsts.items[firsts.count - 1]) != 0) {
            firsts.items[firsts.count++] = firsts.items[i];
        }
    }
    return firsts;
}

/* The one at the name of ROW, or NULL. */
static const struct rr_data *first_at(const struct firsts *firsts, const struct rr_data *row)
{
    const struct rr_data *const *found =
        bsearch(&row, firsts->items, firsts->count, sizeof firsts->items[0], by_owner);
    return found != NULL ? *found : NULL;
}

static void cnames_release(struct cnames *cnames)
{
    free((void *)cnames->rows.items);
    free((void *)cnames->ns.items);
}

/*
 * At an origin, which keeps SOA and NS, the server takes a CNAME for an ALIAS where it hosts the target
 * (answer/walk_data.c, cname_is_alias). RECORD is room to work in.
 */
static enum outcome find_alias(struct tool *tool, const struct zone_row *zone,
                               struct cnames *cnames, struct record_in *record)
{
    const struct rr_data origin = {.owner = zone->name}, *cname = first_at(&cnames->rows, &origin);
    enum outcome outcome = OUTCOME_OK;
    struct row_fault fault;
    struct domain domain;
    struct zone_row hosted;

    if (cname == NULL || !rr_data_decode(&tool->session, cname, &zone->name, record, &fault)) {
        return OUTCOME_OK;
    }
    const uint8_t *target = record->rdata;
    unsigned labels = name_labels(target);
    for (unsigned i = 0; i <= labels && outcome == OUTCOME_OK && !cnames->alias; i++) {
        const uint8_t *suffix = name_suffix(target, i);
        domain.name.len = (uint8_t)name_len(suffix);
        name_lower(domain.name.octets, suffix, domain.name.len);
        name_to_text(domain.text, domain.name.octets);
        outcome = zone_row_find(&tool->session, &domain, false, true, &hosted);
        outcome = outcome == OUTCOME_NOT_FOUND ? OUTCOME_OK : outcome;
        cnames->alias = hosted.active;
        zone_row_release(&hosted);
    }
    return outcome;
}

/*
 * The row that hides ROW, or NULL: the server's is_hidden (answer/walk_data.c). A delegation hides a CNAME
 * beside it, which then hides nothing.
 */
static const struct rr_data *hidden_by(const struct cnames *cnames, const struct zone_row *zone,
                                       const struct rr_data *row)
{
    const struct rr_data *cname = first_at(&cnames->rows, row), *ns = first_at(&cnames->ns, row);
    bool apex = name_equal(row->owner.octets, zone->name.octets);

    if (ns != NULL && !apex && !name_is_wildcard(row->owner.octets)) {
        return row->type_number == TYPE_CNAME ? ns : NULL;
    }
    bool stays =
        row->type_number != TYPE_CNAME && apex && (cnames->alias || row->type_number == TYPE_NS);
    return cname != row && !stays ? cname : NULL;
}

/* --- all of it -------------------------------------------------------------------------------- */

struct export
{
    bool tinydns;
    size_t zones;
    struct record_in record;
};

static void warn_of_cname(const struct rr_data *row, const struct zone_row *zone,
                          const struct record_in *record)
{
    bool cname = record->type == TYPE_CNAME || record->type == TYPE_ALIAS;
    if (cname && name_equal(record->owner.octets, zone->name.octets)) {
        report_warning("%s: row %llu: %sother servers refuse a CNAME at an origin", zone->origin,
                       (unsigned long long)row->id,
                       record->type == TYPE_ALIAS ? "ALIAS becomes CNAME, and " : "");
    }
}

static enum outcome export_zone(struct tool *tool, const struct zone_row *zone, void *context)
{
    struct export *export = context;
    struct rr_list list = {0};
    struct cnames cnames = {0};
    struct row_fault fault;
    bool at_apex = true;

    if (zone->name.len == 0) {
        return report_error(OUTCOME_REFUSED, "soa row %u: origin %s is no absolute name", zone->id,
                            report_quote(zone->origin, strlen(zone->origin)));
    }
    enum outcome outcome = rr_read(&tool->session, zone, NULL, &list);
    if (outcome == OUTCOME_OK) {
        cnames.rows = firsts_of(tool, zone, &list, TYPE_CNAME, &export->record);
        cnames.ns = firsts_of(tool, zone, &list, TYPE_NS, &export->record);
        outcome = find_alias(tool, zone, &cnames, &export->record);
    }
    if (outcome != OUTCOME_OK) {
        cnames_release(&cnames);
        rr_list_release(&list);
        return outcome;
    }
    if (export->tinydns) {
        export_tinydns_soa(zone);
    } else {
        fputs(export->zones > 0 ? "\f\n" : "", stdout);
        put_bind_soa(zone);
    }
    bool *unsent = rr_list_unsent(&tool->session, zone, &list);
    for (size_t i = 0; i < list.count; i++) {
        const struct rr_data *row = &list.items[i], *hides = hidden_by(&cnames, zone, row);
        if (!row->active) {
            continue;
        }
        if (!rr_data_decode(&tool->session, row, &zone->name, &export->record, &fault)) {
            report_warning("%s: row %llu is not served and left out: %s %s", zone->origin,
                           (unsigned long long)row->id, fault.column, fault.reason);
        } else if (hides != NULL) {
            report_warning("%s: row %llu is not served and left out: the %s of row %llu hides it",
                           zone->origin, (unsigned long long)row->id,
                           hides->type_number == TYPE_NS ? "delegation" : "CNAME",
                           (unsigned long long)hides->id);
        } else if (unsent != NULL && unsent[i]) {
            report_warning("%s: row %llu is not served and left out: data %s", zone->origin,
                           (unsigned long long)row->id, rrset_has_no_room);
        } else {
            if (export->tinydns) {
                export_tinydns(row, &export->record);
            } else {
                put_bind(row, zone, &export->record, &at_apex);
            }
            warn_of_cname(row, zone, &export->record);
        }
    }
    free(unsent);
    cnames_release(&cnames);
    export->zones++;
    rr_list_release(&list);
    return OUTCOME_OK;
}

enum outcome tool_export(struct tool *tool, int argc, char **argv)
{
    static const struct option switches[] = {
        {"bind", no_argument, NULL, 'b'}, {"tinydns-data", no_argument, NULL, 't'}, TOOL_SWITCHES};
    static struct export export; /* large */
    enum outcome outcome;
    int letter;

    tool->usage = usage;
    while ((letter = getopt_long(argc, argv, "btc:" TOOL_LETTERS, switches, NULL)) != -1) {
        if (letter == 'b' || letter == 't') {
            export.tinydns = letter == 't';
        } else if (tool_take(tool, letter == 'c' ? TOOL_CONF : letter, optarg, &outcome) ==
                   TOOL_ENDS) {
            return outcome;
        }
    }
    outcome = tool_open(tool, false);
    return outcome == OUTCOME_OK ? tool_each_zone(tool, argv + optind, export_zone, &export)
                                 : outcome;
}

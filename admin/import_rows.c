/*
 * Records as rows of MyDNS (mydns-compat 1.5): names relative to the origin, MX and SRV with their
 * first number in aux, text as its octets where the server reads them so; everything else in
 * zone-file form. What comes from another server may be any octets: a record that ldns cannot
 * write as text, or not so that the server reads the same of it, becomes RFC 3597's \# form.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "admin/import.h"
#include "base/alloc.h"
#include "dns/const.h"
#include "load/rr_text.h"

struct import_zone *import_add(struct import *import, const struct domain *domain)
{
    if (import->count == import->_cap) {
        import->_cap = import->_cap == 0 ? 8 : 2 * import->_cap;
        import->zones = alloc_resize(import->zones, import->_cap, sizeof import->zones[0]);
    }
    import->zones[import->count] = (struct import_zone){.domain = *domain};
    return &import->zones[import->count++];
}

static int compare_names(const uint8_t *a, const uint8_t *b)
{
    size_t a_len = name_len(a), b_len = name_len(b);
    return a_len != b_len ? (a_len < b_len ? -1 : 1) : memcmp(a, b, a_len);
}

static int compare_zones(const void *a, const void *b)
{
    const struct import_zone *x = a, *y = b;
    return compare_names(x->domain.name.octets, y->domain.name.octets);
}

void import_sort(struct import *import)
{
    size_t kept = 0;
    if (import->count > 0) {
        qsort(import->zones, import->count, sizeof import->zones[0], compare_zones);
    }
    for (size_t i = 0; i < import->count; i++) {
        if (kept == 0 || compare_zones(&import->zones[kept - 1], &import->zones[i]) != 0) {
            import->zones[kept++] = import->zones[i];
        }
    }
    import->count = kept;
}

static int compare_to_zone(const void *key, const void *zone)
{
    return compare_names(key, ((const struct import_zone *)zone)->domain.name.octets);
}

struct import_zone *import_find(const struct import *import, const struct name *name)
{
    for (unsigned skip = 0; import->count > 0 && skip < name_labels(name->octets); skip++) {
        struct import_zone *found =
            bsearch(name_suffix(name->octets, skip), import->zones, import->count,
                    sizeof import->zones[0], compare_to_zone);
        if (found != NULL) {
            return found;
        }
    }
    return NULL;
}

static void row_release(struct import_rr *row)
{
    free(row->name);
    free(row->type);
    free(row->data);
}

void import_drop_last(struct import *import)
{
    struct import_zone *zone = &import->zones[--import->count];
    for (size_t i = 0; i < zone->count; i++) {
        row_release(&zone->rows[i]);
    }
    free(zone->rows);
    free(zone->ns);
    free(zone->mbox);
}

void import_release(struct import *import)
{
    while (import->count > 0) {
        import_drop_last(import);
    }
    free(import->zones);
    memset(import, 0, sizeof *import);
}

struct import_rr *import_row_add(struct import_zone *zone)
{
    if (zone->count == zone->_cap) {
        zone->_cap = zone->_cap == 0 ? 32 : 2 * zone->_cap;
        zone->rows = alloc_resize(zone->rows, zone->_cap, sizeof zone->rows[0]);
    }
    zone->rows[zone->count] = (struct import_rr){0};
    return &zone->rows[zone->count++];
}

/* --- data ------------------------------------------------------------------------------------- */

static char *rdf_text(const ldns_rr *rr, size_t at)
{
    char *text = ldns_rdf2str(ldns_rr_rdf(rr, at));
    char *copy = alloc_string(text != NULL ? text : "");
    free(text);
    return copy;
}

/* The name at AT; the origin is cut off, unless --notrim or it is the whole name. */
static char *name_text(const struct import *import, const struct import_zone *zone,
                       const ldns_rr *rr, size_t at)
{
    char *text = rdf_text(rr, at);
    size_t len = strlen(text), origin_len = strlen(zone->domain.text);
    bool below = len > origin_len + 1 && text[len - origin_len - 1] == '.' &&
                 text[len - origin_len - 2] != '\\' &&
                 strcasecmp(text + len - origin_len, zone->domain.text) == 0;
    if (below && !import->keep_names) {
        text[len - origin_len - 1] = '\0';
    }
    return text;
}

static unsigned number(const ldns_rr *rr, size_t at)
{
    return ldns_rdf2native_int16(ldns_rr_rdf(rr, at));
}

/* All fields from FIRST on, as in a zone file. */
static char *fields_text(const ldns_rr *rr, size_t first)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    for (size_t i = first; i < ldns_rr_rd_count(rr); i++) {
        char *field = rdf_text(rr, i);
        fprintf(out, "%s%s", i > first ? " " : "", field);
        free(field);
    }
    fclose(out);
    return text;
}

/*
 * The octets of all strings of TXT into OUT; their number. SAME: the server, which cuts raw text at
 * every 255th octet, would make the same strings of them.
 */
static size_t join_strings(const ldns_rr *rr, char *out, bool *same)
{
    size_t len = 0, count = ldns_rr_rd_count(rr);
    *same = count > 0;
    for (size_t i = 0; i < count; i++) {
        const uint8_t *string = ldns_rdf_data(ldns_rr_rdf(rr, i));
        memcpy(out + len, string + 1, string[0]);
        len += string[0];
        *same = *same && (i + 1 == count ? string[0] > 0 : string[0] == DNS_STRING_MAX);
    }
    out[len] = '\0';
    return len;
}

/* No reader takes it for strings in quotes or for octets in hexadecimal, or trims it. */
static bool is_harmless(const char *text, size_t len)
{
    return *text != '"' && strncmp(text, "\\#", 2) != 0 && !isspace((unsigned char)*text) &&
           !isspace((unsigned char)text[len - 1]);
}

/*
 * Text as the server will read it: its octets where that is certain, else in presentation form,
 * which also tells strings apart. With txt-format = quoted there is only the latter, with raw the
 * former.
 */
static const char *take_text(const struct import *import, const struct import_zone *zone,
                             const ldns_rr *rr, struct import_rr *row)
{
    char octets[UINT16_MAX + 1];
    bool same;
    size_t len = join_strings(rr, octets, &same);
    bool storable = len > 0 && strlen(octets) == len; /* without NUL */

    if (import->txt_format == CONF_TXT_RAW) {
        if (!storable) {
            return "is empty or has a NUL octet, and txt-format = raw has no form for that";
        }
        if (!same) {
            report_warning("%s: %s %s: txt-format = raw cannot tell its strings apart, they become"
                           " one text",
                           zone->domain.text, *row->name != '\0' ? row->name : "@", row->type);
        }
        row->data = alloc_string(octets);
    } else if (import->txt_format == CONF_TXT_AUTO && same && storable &&
               is_harmless(octets, len)) {
        row->data = alloc_string(octets);
    } else {
        row->data = fields_text(rr, 0);
    }
    return NULL;
}

/* NULL, or why not. */
static const char *take_data(const struct import *import, const struct import_zone *zone,
                             const ldns_rr *rr, struct import_rr *row)
{
    switch (ldns_rr_get_type(rr)) {
    case LDNS_RR_TYPE_NS:
    case LDNS_RR_TYPE_CNAME:
        row->data = name_text(import, zone, rr, 0);
        break;
    case LDNS_RR_TYPE_MX:
        row->aux = number(rr, 0);
        row->data = name_text(import, zone, rr, 1);
        break;
    case LDNS_RR_TYPE_SRV: {
        char *target = name_text(import, zone, rr, 3);
        row->aux = number(rr, 0);
        row->data = alloc_printf("%u %u %s", number(rr, 1), number(rr, 2), target);
        free(target);
        break;
    }
    case LDNS_RR_TYPE_TXT:
    case LDNS_RR_TYPE_SPF:
        return take_text(import, zone, rr, row);
    default:
        row->data = fields_text(rr, 0);
        break;
    }
    return NULL;
}

/* --- is it the same? -------------------------------------------------------------------------- */

static struct db_value value_of(const char *text)
{
    return (struct db_value){.data = text, .len = strlen(text)};
}

bool import_same_data(const struct record_in *in, const ldns_rr *rr)
{
    size_t at = 0;
    for (size_t i = 0; i < ldns_rr_rd_count(rr); i++) {
        const ldns_rdf *field = ldns_rr_rdf(rr, i);
        size_t len = ldns_rdf_size(field);
        if (len > in->rdata_len - at || memcmp(in->rdata + at, ldns_rdf_data(field), len) != 0) {
            return false;
        }
        at += len;
    }
    return at == in->rdata_len;
}

/* NULL: the server will read ROW as RR. Else why not. */
static const char *misread(const struct import *import, const struct import_zone *zone,
                           const ldns_rr *rr, const struct import_rr *row)
{
    struct record_in in;
    struct row_fault fault;
    struct rr_row columns = {.aux = row->aux,
                             .name = value_of(row->name),
                             .type = value_of(row->type),
                             .data = value_of(row->data),
                             .edata = {.null = true}};
    if (!rr_text_decode(&columns, &zone->domain.name, import->txt_format, &in, &fault)) {
        return fault.reason;
    }
    bool same = in.type == ldns_rr_get_type(rr) && import_same_data(&in, rr);
    return same ? NULL : "is nothing that a row can hold";
}

/* RFC 3597, 5: the type by its number, too, since text may begin like that. */
static void take_octets(const ldns_rr *rr, struct import_rr *row)
{
    size_t len = 0, text_len;
    FILE *out;

    free(row->type);
    free(row->data);
    row->type = alloc_printf("TYPE%u", (unsigned)ldns_rr_get_type(rr));
    row->aux = 0;
    for (size_t i = 0; i < ldns_rr_rd_count(rr); i++) {
        len += ldns_rdf_size(ldns_rr_rdf(rr, i));
    }
    out = open_memstream(&row->data, &text_len);
    fprintf(out, "\\# %zu%s", len, len > 0 ? " " : "");
    for (size_t i = 0; i < ldns_rr_rd_count(rr); i++) {
        const ldns_rdf *field = ldns_rr_rdf(rr, i);
        for (size_t k = 0; k < ldns_rdf_size(field); k++) {
            fprintf(out, "%02x", ldns_rdf_data(field)[k]);
        }
    }
    fclose(out);
}

/* --- records ---------------------------------------------------------------------------------- */

/* ldns takes records from the wire that end before their first field, or amid them. */
static bool is_whole(const ldns_rr *rr)
{
    const ldns_rr_descriptor *descriptor = ldns_rr_descript(ldns_rr_get_type(rr));
    bool known = ldns_rr_descriptor_field_type(descriptor, 0) != LDNS_RDF_TYPE_UNKNOWN;
    return !known || ldns_rr_rd_count(rr) >= ldns_rr_descriptor_minimum(descriptor);
}

static void take_soa(struct import_zone *zone, const ldns_rr *rr)
{
    uint32_t *const numbers[] = {&zone->serial, &zone->refresh, &zone->retry, &zone->expire,
                                 &zone->minimum};
    free(zone->ns);
    free(zone->mbox);
    zone->ns = rdf_text(rr, 0);
    zone->mbox = rdf_text(rr, 1);
    for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
        *numbers[i] = ldns_rdf2native_int32(ldns_rr_rdf(rr, 2 + i));
    }
    zone->ttl = ldns_rr_ttl(rr) > zone->minimum ? ldns_rr_ttl(rr) : zone->minimum; /* as MyDNS */
}

static bool is_signature(ldns_rr_type type)
{
    return type == LDNS_RR_TYPE_RRSIG || type == LDNS_RR_TYPE_NSEC || type == LDNS_RR_TYPE_NSEC3 ||
           type == LDNS_RR_TYPE_NSEC3PARAM;
}

static bool is_text(ldns_rr_type type)
{
    return type == LDNS_RR_TYPE_TXT || type == LDNS_RR_TYPE_SPF;
}

const char *import_rr(const struct import *import, struct import_zone *zone, const ldns_rr *rr)
{
    char relative[NAME_TEXT_SIZE];
    struct name owner;
    char *text = ldns_rdf2str(ldns_rr_owner(rr));
    const char *fault = text == NULL ? "has an owner that cannot be read"
                                     : name_from_text(&owner, text, strlen(text), NULL);
    free(text);
    if (fault != NULL) {
        return fault;
    }
    name_lower(owner.octets, owner.octets, owner.len);
    if (!name_is_at_or_below(owner.octets, zone->domain.name.octets)) {
        return "lies outside the zone";
    }
    if (!is_whole(rr)) {
        return "lacks part of its data";
    }
    if (ldns_rr_get_type(rr) == LDNS_RR_TYPE_SOA) {
        if (name_equal(owner.octets, zone->domain.name.octets)) {
            take_soa(zone, rr);
            return NULL;
        }
        return "is a SOA below the origin";
    }
    if (is_signature(ldns_rr_get_type(rr))) {
        zone->signatures++;
        return NULL;
    }
    struct import_rr *row = import_row_add(zone);
    row->ttl = ldns_rr_ttl(rr);
    if (import->keep_names) {
        name_to_text(relative, owner.octets);
    } else {
        owner_to_relative(relative, &owner, &zone->domain.name);
    }
    row->name = alloc_string(relative);
    char *type = ldns_rr_type2str(ldns_rr_get_type(rr));
    row->type = alloc_string(type != NULL ? type : "");
    free(type);
    fault = take_data(import, zone, rr, row);
    bool joined = import->txt_format == CONF_TXT_RAW && is_text(ldns_rr_get_type(rr));
    if (fault == NULL && !joined && misread(import, zone, rr, row) != NULL) {
        take_octets(rr, row);
        fault = misread(import, zone, rr, row);
    }
    if (fault != NULL) {
        row_release(row);
        zone->count--;
    }
    return fault;
}

/*
 * The checks of rows.h and the printing: what the server would say to a row. rr_text_decode and
 * zone_is_outside are the server's own, so dnsadm and mydns cannot disagree.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "admin/record_text.h"
#include "admin/rows.h"
#include "base/alloc.h"
#include "base/text.h"
#include "dns/rrtype.h"
#include "load/zone_rows.h"
#include "zone/node.h"

static char fault_text[1024];

/* Two decoded records of 64 KB each are too large for the stack of a careful program. */
static struct record_in decoded[2];

static struct db_value value_of(const char *text, size_t len)
{
    return (struct db_value){.data = text, .len = len};
}

static struct rr_row row_of_new(const struct rr_new *row)
{
    return (struct rr_row){.name = value_of(row->name, strlen(row->name)),
                           .type = value_of(row->type, strlen(row->type)),
                           .data = value_of(row->data, strlen(row->data)),
                           .edata = {.null = true},
                           .aux = row->aux,
                           .ttl = row->ttl};
}

static struct rr_row row_of_old(const struct rr_data *row)
{
    return (struct rr_row){.id = (uint32_t)row->id,
                           .name = value_of(row->name, strlen(row->name)),
                           .type = value_of(row->type, strlen(row->type)),
                           .data = value_of(row->data, row->data_len),
                           .edata = {.null = true}, /* is in data already */
                           .aux = row->aux,
                           .ttl = row->ttl};
}

/* Will the server take the row? */
static bool decode(const struct rr_row *row, const struct name *origin, enum conf_txt txt_format,
                   struct record_in *out, struct row_fault *fault)
{
    if (!rr_text_decode(row, origin, txt_format, out, fault)) {
        return false;
    }
    if (zone_is_outside(origin->octets, out->owner.octets, out->type)) {
        *fault = (struct row_fault){"name", owner_is_outside};
        return false;
    }
    return true;
}

bool rr_data_decode(const struct session *session, const struct rr_data *row,
                    const struct name *origin, struct record_in *out, struct row_fault *fault)
{
    struct rr_row columns = row_of_old(row);
    if (row->id > UINT32_MAX) {
        *fault = (struct row_fault){"id", "is above 4294967295"};
        return false;
    }
    return decode(&columns, origin, session->settings.txt_format, out, fault);
}

/* NULL, or what about VALUE the column's character set does not have. */
static const char *missing_characters(const struct column *column, const char *value, size_t len)
{
    for (size_t at = 0, step; at < len && (column->utf8 > 0 || column->ascii); at += step) {
        step = report_utf8(value + at, len - at);
        if (column->ascii && step != 1) {
            return "has characters beyond ASCII, which";
        }
        if (step == 0) {
            return "is not UTF-8, which";
        }
        if (step > 3 && column->utf8 == 3) {
            return "has characters beyond U+FFFF, which";
        }
    }
    return NULL;
}

/* NULL, or what about the LEN octets of VALUE that are for the column it does not hold. */
static const char *charset_fault(const struct sql_table *table, const char *name, const char *value,
                                 size_t len)
{
    const struct column *column = table_column(table, name);
    const char *missing = missing_characters(column, value, len);
    if (missing == NULL) {
        return NULL;
    }
    snprintf(fault_text, sizeof fault_text, "%s %s column %s of %s (%s) does not hold",
             report_quote(value, len), missing, column->name, table->quoted,
             column->ascii       ? "ascii"
             : column->utf8 == 3 ? "utf8mb3"
                                 : "utf8mb4");
    return fault_text;
}

/* NULL, or why VALUE does not fit the column. */
static const char *width_fault(const struct sql_table *table, const char *name, const char *value)
{
    const struct column *column = table_column(table, name);
    size_t len = strlen(value);
    if (column_fits(column, value, len) < len) {
        snprintf(fault_text, sizeof fault_text,
                 "%s is %zu octets long, but column %s of %s takes %llu", report_quote(value, len),
                 len, column->name, table->quoted, (unsigned long long)column->limit);
        return fault_text;
    }
    if (charset_fault(table, name, value, len) != NULL) {
        return fault_text;
    }
    if (strcasecmp(column->type, "char") == 0 && len > 0 && value[len - 1] == ' ') {
        snprintf(fault_text, sizeof fault_text,
                 "%s ends with a blank, which column %s of %s (CHAR) would drop",
                 report_quote(value, len), column->name, table->quoted);
        return fault_text;
    }
    return NULL;
}

const char *soa_fault(const struct session *session, const char *origin, const char *ns,
                      const char *mbox)
{
    const struct sql_table *soa = &session->tables.soa;
    const char *fault = width_fault(soa, "origin", origin);
    if (fault == NULL) {
        fault = width_fault(soa, "ns", ns);
    }
    return fault != NULL ? fault : width_fault(soa, "mbox", mbox);
}

const char *rr_fault(const struct session *session, const struct rr_new *row,
                     const struct name *origin)
{
    const struct tables *tables = &session->tables;
    struct rr_row columns = row_of_new(row);
    struct row_fault why = {0};

    if (!decode(&columns, origin, session->settings.txt_format, &decoded[0], &why)) {
        const char *value = strcmp(why.column, "name") == 0   ? row->name
                            : strcmp(why.column, "type") == 0 ? row->type
                                                              : row->data;
        snprintf(fault_text, sizeof fault_text, "%s %s (%s)", report_quote(value, strlen(value)),
                 why.reason, row->type);
        return fault_text;
    }
    const struct column *type = table_column(&tables->rr, "type");
    if (!column_takes(type, row->type)) {
        snprintf(
            fault_text, sizeof fault_text,
            "column type of %s does not know %s, only %s; ALTER TABLE ... MODIFY type can change"
            " that",
            tables->rr.quoted, row->type, type->full_type);
        return fault_text;
    }
    const char *fault = width_fault(&tables->rr, "name", row->name);
    if (fault != NULL) {
        return fault;
    }
    if (tables->edata) {
        size_t fits = column_fits(table_column(&tables->rr, "data"), row->data, strlen(row->data));
        return charset_fault(&tables->rr, "data", row->data, fits);
    }
    return width_fault(&tables->rr, "data", row->data);
}

const char *rrset_fault(const struct session *session, const struct rr_list *old,
                        const struct rr_new *row, const struct name *origin)
{
    struct rr_row columns = row_of_new(row);
    struct row_fault why;

    if (!decode(&columns, origin, session->settings.txt_format, &decoded[0], &why)) {
        return NULL; /* rr_fault tells */
    }
    size_t octets = RECORD_HEADER_LEN + (size_t)decoded[0].rdata_len, records = 1;
    for (size_t i = 0; i < old->count; i++) {
        const struct rr_data *other = &old->items[i];
        if (other->active && other->type_number == decoded[0].type &&
            rr_data_decode(session, other, origin, &decoded[1], &why)) {
            octets += RECORD_HEADER_LEN + (size_t)decoded[1].rdata_len;
            records++;
        }
    }
    if (octets <= RRSET_OCTETS_MAX) {
        return NULL;
    }
    snprintf(fault_text, sizeof fault_text,
             "with it the name has %zu %s records of %zu octets, more than a message holds (%d): "
             "the server would leave out what does not fit",
             records, row->type, octets, RRSET_OCTETS_MAX);
    return fault_text;
}

static bool same_names(const uint8_t *a, const uint8_t *b, size_t len, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        size_t step = name_check(a, len);
        if (step == 0 || name_check(b, len) != step || !name_equal(a, b)) {
            return false;
        }
        a += step;
        b += step;
        len -= step;
    }
    return memcmp(a, b, len) == 0;
}

/* Case does not matter in names within the data (RFC 4343); everywhere else it does. */
static bool same_rdata(const struct record_in *a, const struct record_in *b)
{
    const struct rrtype *type = rrtype_find(a->type);
    if (a->type != b->type || a->rdata_len != b->rdata_len) {
        return false;
    }
    size_t plain = type != NULL && type->name_count > 0 ? type->name_off : a->rdata_len;
    if (plain > a->rdata_len) {
        plain = a->rdata_len;
    }
    return memcmp(a->rdata, b->rdata, plain) == 0 &&
           same_names(a->rdata + plain, b->rdata + plain, (size_t)(a->rdata_len - plain),
                      type != NULL ? type->name_count : 0);
}

bool rr_same(const struct rr_data *old, const struct rr_new *row, const struct name *origin,
             enum conf_txt txt_format)
{
    struct rr_row a = row_of_old(old), b = row_of_new(row);
    struct row_fault why;
    return rr_text_decode(&a, origin, txt_format, &decoded[0], &why) &&
           rr_text_decode(&b, origin, txt_format, &decoded[1], &why) &&
           same_rdata(&decoded[0], &decoded[1]);
}

const char *rr_data_fault(const struct session *session, const struct rr_data *row,
                          const struct name *origin)
{
    struct row_fault why = {0};
    if (rr_data_decode(session, row, origin, &decoded[0], &why)) {
        return NULL;
    }
    snprintf(fault_text, sizeof fault_text, "%s %s", why.column, why.reason);
    return fault_text;
}

struct unsent {
    const struct rr_list *list; /* in order of id */
    bool *flags;                /* NULL = none yet */
};

static int compare_ids(const void *key, const void *item)
{
    uint32_t id = *(const uint32_t *)key;
    const struct rr_data *row = item;
    return (id > row->id) - (id < row->id);
}

static void mark_unsent(void *context, const struct name *owner, uint16_t type, uint32_t id)
{
    struct unsent *unsent = context;
    const struct rr_list *list = unsent->list;
    const struct rr_data *row =
        bsearch(&id, list->items, list->count, sizeof list->items[0], compare_ids);
    (void)owner;
    (void)type;
    if (unsent->flags == NULL) {
        unsent->flags = alloc_zero(list->count, sizeof unsent->flags[0]);
    }
    unsent->flags[row - list->items] = true;
}

static bool is_copy(const struct rr_data *a, const struct rr_data *b)
{
    return a->type_number == b->type_number && a->aux == b->aux && a->data_len == b->data_len &&
           memcmp(a->data, b->data, a->data_len) == 0 &&
           name_equal(a->owner.octets, b->owner.octets);
}

/* Copies of what is not sent are not sent either. */
static void mark_copies(const struct unsent *unsent)
{
    const struct rr_list *list = unsent->list;
    for (size_t i = 0; i < list->count && unsent->flags != NULL; i++) {
        for (size_t k = 0; unsent->flags[i] && k < list->count; k++) {
            unsent->flags[k] |= is_copy(&list->items[i], &list->items[k]);
        }
    }
}

/* All rows together fit into a message, whatever names they have: no need to look. */
static bool is_small(const struct rr_list *list)
{
    size_t octets = 0;
    for (size_t i = 0; i < list->count && octets <= RRSET_OCTETS_MAX; i++) {
        octets += RECORD_HEADER_LEN + list->items[i].data_len + 2 * DNS_NAME_MAX;
    }
    return octets <= RRSET_OCTETS_MAX;
}

/* Built as the server builds it, which also knows what is a repetition. */
bool *rr_list_unsent(const struct session *session, const struct zone_row *zone,
                     const struct rr_list *list)
{
    static const struct zone_limits limits = {UINT32_MAX, UINT32_MAX};
    struct unsent unsent = {.list = list};
    struct record_in *in = &decoded[0];
    struct zone_too_large too_large;
    struct zone_content content;
    struct row_fault why;

    if (is_small(list)) {
        return NULL;
    }
    struct zone *whole = zone_new(zone->id, &zone->name);
    struct zone_build *build = zone_build_new(whole, &limits);
    for (size_t i = 0; i < list->count; i++) {
        if (list->items[i].active &&
            rr_data_decode(session, &list->items[i], &zone->name, in, &why)) {
            struct record record = record_read(in);
            (void)!zone_build_add(build, &in->owner, &record);
        }
    }
    zone_build_tell_left_out(build, mark_unsent, &unsent);
    if (zone_build_finish(build, &content, &too_large)) {
        zone_content_release(&content);
    }
    zone_build_free(build);
    zone_free(whole);
    mark_copies(&unsent);
    return unsent.flags;
}

/* An absolute name for printing; what cannot be read is shown as it is, so are relative names where
 * the origin cannot be read. Given. */
static char *shown_name(const char *text, const struct name *origin)
{
    struct name name;
    char buffer[NAME_TEXT_SIZE];
    origin = origin != NULL && origin->len > 0 ? origin : NULL;
    if (name_from_text(&name, text, strlen(text), origin) == NULL) {
        return alloc_string(name_to_text(buffer, name.octets));
    }
    return alloc_string(text_escape(buffer, sizeof buffer, text, strlen(text)));
}

void output_rr(struct output *output, const struct rr_data *row, const struct zone_row *zone)
{
    char type[64];
    char *domain = shown_name(zone->origin, NULL), *name = shown_name(row->name, &zone->name);
    char *data = record_to_shown(row->type_number, row->aux, row->data, row->data_len, &zone->name);
    text_escape(type, sizeof type, row->type, strlen(row->type));
    struct output_record record = {.id = row->id,
                                   .domain = domain,
                                   .name = name,
                                   .type = type,
                                   .data = data,
                                   .text = record_is_text(row->type_number) ? row->data : NULL,
                                   .text_len = row->data_len,
                                   .ttl = row->ttl,
                                   .aux = row->aux,
                                   .active = row->active};
    output_record(output, &record);
    free(domain);
    free(name);
    free(data);
}

void output_soa(struct output *output, const struct zone_row *zone, bool list)
{
    char *domain = shown_name(zone->origin, NULL);
    char *ns = shown_name(zone->ns, &zone->name), *mbox = shown_name(zone->mbox, &zone->name);
    char *data = alloc_printf("%s %s %u %u %u %u %u", ns, mbox, zone->serial, zone->refresh,
                              zone->retry, zone->expire, zone->minimum);
    struct output_record record = {.id = zone->id,
                                   .domain = domain,
                                   .name = domain,
                                   .type = "SOA",
                                   .data = data,
                                   .ttl = zone->ttl,
                                   .active = zone->active};
    if (list) {
        output_domain(output, &record);
    } else {
        output_record(output, &record);
    }
    free(domain);
    free(ns);
    free(mbox);
    free(data);
}

#include "load/zone_rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "dns/rrtype.h"

/* --- findings ---------------------------------------------------------------------------------- */

const char *finding_value(char out[static FINDING_VALUE_SIZE], const struct finding *finding)
{
    return text_escape(out, FINDING_VALUE_SIZE, finding->value, finding->value_len);
}

char *finding_text(const struct finding *finding)
{
    char value[FINDING_VALUE_SIZE];
    return alloc_printf("table %s, id %u: %s %s: '%s'", finding->table, finding->id,
                        finding->column, finding->reason, finding_value(value, finding));
}

static void tell(const struct zone_rows *rows, const char *table, uint32_t id,
                 const struct row_fault *fault, const struct db_value *value)
{
    rows->_found(rows->_context, &(struct finding){.table = table,
                                                   .id = id,
                                                   .column = fault->column,
                                                   .reason = fault->reason,
                                                   .value = value->null ? "" : value->data,
                                                   .value_len = value->null ? 0 : value->len});
}

/* --- soa --------------------------------------------------------------------------------------- */

const char origin_is_taken[] = "is hosted by another row already";
const char owner_is_outside[] = "lies outside the zone";
const char rrset_has_no_room[] =
    "makes an RRset of more than 65008 octets, all that a message takes beside the question";
_Static_assert(RRSET_OCTETS_MAX == 65008, "the reason tells it");

bool origin_from_row(const struct soa_row *row, struct name *origin, struct row_fault *fault)
{
    size_t len = rr_text_sql_len(row->origin.data, row->origin.len);

    fault->column = "origin";
    fault->reason =
        row->origin.null ? "is NULL" : name_from_text(origin, row->origin.data, len, NULL);
    if (fault->reason == NULL && len == 0) {
        fault->reason = "is empty";
    }
    if (fault->reason != NULL) {
        return false;
    }
    name_lower(origin->octets, origin->octets, origin->len);
    return true;
}

static void begin(struct zone_rows *rows, const struct zone *zone, const struct conf *conf,
                  finding_told *found, void *context)
{
    zone_rows_release(rows);
    rows->_conf = conf;
    rows->_zone = zone;
    rows->_found = found;
    rows->_context = context;
    rows->origin.len = zone->origin_len;
    memcpy(rows->origin.octets, zone->origin, zone->origin_len);
    rows->_edit = NULL;
    rows->has_soa = false;
    rows->lowest_ttl = UINT32_MAX;
    rows->seen = 0;
    rows->_too_many = false;
}

void zone_rows_begin(struct zone_rows *rows, const struct zone *zone, const struct conf *conf,
                     finding_told *found, void *context)
{
    struct zone_limits limits = {conf->zone_max_rows, conf->rrset_max_records};

    begin(rows, zone, conf, found, context);
    rows->build = zone_build_new(zone, &limits);
}

void zone_rows_begin_edit(struct zone_rows *rows, const struct zone *zone, const struct conf *conf,
                          finding_told *found, void *context, struct zone_edit *edit)
{
    begin(rows, zone, conf, found, context);
    rows->_edit = edit;
}

void zone_rows_release(struct zone_rows *rows)
{
    zone_build_free(rows->build);
    rows->build = NULL;
    free(rows->failure);
    rows->failure = NULL;
}

static void tell_forced(const struct zone_rows *rows, const struct soa_row *row)
{
    const struct {
        const char *column;
        uint32_t served;
    } numbers[] = {{"serial", row->serial}, {"refresh", row->refresh}, {"retry", row->retry},
                   {"expire", row->expire}, {"minimum", row->minimum}, {"ttl", row->ttl}};
    char text[12];

    for (unsigned k = 0; k < ARRAY_LEN(numbers); k++) {
        if ((row->forced >> k & 1) != 0) {
            int len = snprintf(text, sizeof text, "%u", numbers[k].served);
            rows->_found(rows->_context,
                         &(struct finding){.table = rows->_conf->soa_table,
                                           .id = row->id,
                                           .column = numbers[k].column,
                                           .reason = "is NULL, negative or above 4294967295 and "
                                                     "is served as",
                                           .value = text,
                                           .value_len = (size_t)len,
                                           .served = true});
        }
    }
}

void zone_rows_soa(struct zone_rows *rows, const struct soa_row *row)
{
    const struct conf *conf = rows->_conf;
    struct row_fault fault;
    struct name origin;

    if (!origin_from_row(row, &origin, &fault) || !name_equal(origin.octets, rows->origin.octets)) {
        return;
    }
    rows->soa = (struct soa_fields){.id = row->id,
                                    .serial = row->serial,
                                    .refresh = row->refresh,
                                    .retry = row->retry,
                                    .expire = row->expire,
                                    .minimum = row->minimum,
                                    .ttl = row->ttl};
    if (!conf->ignore_minimum && rows->soa.ttl < rows->soa.minimum) {
        rows->soa.ttl = rows->soa.minimum; /* mydns-compat 1.6 */
    }
    if (rows->soa.ttl > DNS_TTL_MAX) {
        rows->soa.ttl = DNS_TTL_MAX;
    }
    rr_text_soa_names(row, &rows->origin, &rows->soa.ns, &rows->soa.mbox, &fault);
    if (fault.column != NULL) {
        tell(rows, conf->soa_table, row->id, &fault,
             strcmp(fault.column, "ns") == 0 ? &row->ns : &row->mbox);
    }
    tell_forced(rows, row);
    rows->has_soa = true;
}

/* --- rr ---------------------------------------------------------------------------------------- */

static const struct db_value *column_of(const struct rr_row *row, const char *column)
{
    return strcmp(column, "name") == 0    ? &row->name
           : strcmp(column, "type") == 0  ? &row->type
           : strcmp(column, "edata") == 0 ? &row->edata
                                          : &row->data;
}

/* False: FAULT tells why, or the zone has too many rows (then FAULT->column is NULL). */
static bool take(struct zone_rows *rows, const struct rr_row *row, struct record_in *in,
                 struct row_fault *fault)
{
    if (row->no_id) {
        *fault = (struct row_fault){"id", "is NULL, negative or above 4294967295"};
        return false;
    }
    if (!rr_text_decode(row, &rows->origin, rows->_conf->txt_format, in, fault)) {
        return false;
    }
    struct record record = record_read(in);
    switch (rows->_edit != NULL ? zone_edit_put(rows->_edit, &in->owner, &record)
                                : zone_build_add(rows->build, &in->owner, &record)) {
    case ZONE_ADD_OUTSIDE:
        *fault = (struct row_fault){"name", owner_is_outside};
        return false;
    case ZONE_ADD_BAD_NAME:
        *fault = (struct row_fault){"data", "holds a malformed name"};
        return false;
    case ZONE_ADD_TOO_MANY:
        *fault = (struct row_fault){NULL, NULL};
        return false;
    case ZONE_ADD_OK:
        break;
    }
    return true;
}

bool zone_rows_rr(struct zone_rows *rows, const struct rr_row *row, struct record_in *in)
{
    struct row_fault fault;

    rows->seen++;
    if ((!rows->has_soa && rows->_edit == NULL) || rows->_too_many) {
        return false; /* past the limit the rest is only counted */
    }
    if (take(rows, row, in, &fault)) {
        rows->lowest_ttl = in->ttl < rows->lowest_ttl ? in->ttl : rows->lowest_ttl;
        return true;
    }
    rows->_too_many = fault.column == NULL;
    if (rows->_too_many) {
        zone_build_free(rows->build); /* of no use any more, and large */
        rows->build = NULL;
    } else {
        tell(rows, rows->_conf->rr_table, row->id, &fault, column_of(row, fault.column));
    }
    return false;
}

/* --- the zone ---------------------------------------------------------------------------------- */

static char *too_large_text(const struct zone_rows *rows, const struct zone_too_large *set)
{
    char owner[NAME_TEXT_SIZE], type[RRTYPE_TEXT_SIZE];
    if (set->type == 0) {
        return alloc_printf("it has %zu names or more, those without rows counted, "
                            "zone-max-rows = %u",
                            set->records, rows->_conf->zone_max_rows);
    }
    name_to_text(owner, set->owner.octets);
    if (set->octets != 0) {
        return alloc_printf("%s has rows of %zu octets, more than %d", owner, set->octets,
                            NODE_OCTETS_MAX);
    }
    rrtype_to_text(type, set->type);
    return alloc_printf("%s %s has %zu records, rrset-max-records = %u", owner, type, set->records,
                        rows->_conf->rrset_max_records);
}

/* CONTEXT: the struct zone_rows. */
static void tell_left_out(void *context, const struct name *owner, uint16_t type, uint32_t id)
{
    const struct zone_rows *rows = context;
    char name[NAME_TEXT_SIZE], mnemonic[RRTYPE_TEXT_SIZE];
    char *value =
        alloc_printf("%s %s", name_to_text(name, owner->octets), rrtype_to_text(mnemonic, type));

    rows->_found(rows->_context, &(struct finding){.table = rows->_conf->rr_table,
                                                   .id = id,
                                                   .column = "data",
                                                   .reason = rrset_has_no_room,
                                                   .value = value,
                                                   .value_len = strlen(value),
                                                   .stored = true});
    free(value);
}

bool zone_rows_finish(struct zone_rows *rows, struct zone_content *content)
{
    struct zone_too_large too_large;

    if (!rows->has_soa) {
        return false;
    }
    if (rows->_too_many) {
        rows->failure = alloc_printf("it has %u rows, zone-max-rows = %u", rows->seen,
                                     rows->_conf->zone_max_rows);
        return false;
    }
    zone_build_tell_left_out(rows->build, tell_left_out, rows);
    if (!zone_build_finish(rows->build, content, &too_large)) {
        rows->failure = too_large_text(rows, &too_large);
        return false;
    }
    return true;
}

void zone_rows_finish_edit(const struct zone_rows *rows)
{
    zone_edit_tell_left_out(rows->_edit, tell_left_out, (void *)(uintptr_t)rows);
}

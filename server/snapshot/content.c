#include "snapshot/content.h"

#include <stdlib.h>

#include "dns/rrtype.h"

enum { OWNER_FOREIGN = 1 /* flag of a name: absolute, outside the zone */ };

static const char is_damaged[] = "is damaged";

/* --- writing ----------------------------------------------------------------------------------- */

static void write_rdata(struct octets_out *out, uint16_t type, const uint8_t *stored, size_t len,
                        const struct name *origin)
{
    size_t start = out->len + 2;
    uint8_t *at = out_room(out, 2 + UINT16_MAX);
    size_t used = rdata_expand(at + 2, type, stored, len, origin->octets);
    at[0] = (uint8_t)used;
    at[1] = (uint8_t)(used >> 8);
    out->len = start + used;
}

void content_write_soa(struct octets_out *out, const struct name *origin, const struct soa *soa)
{
    const uint8_t *record = rrset_records(&soa->set, soa);

    out32(out, soa->set.ttl);
    write_rdata(out, TYPE_SOA, record + RECORD_HEADER_LEN, record_len(record) - RECORD_HEADER_LEN,
                origin);
}

uint32_t content_write_nodes(struct octets_out *out, const struct name *origin,
                             const struct node *const *nodes, size_t count)
{
    uint32_t rows = 0;

    for (size_t i = 0; i < count; i++) {
        const struct node *node = nodes[i];
        if (node->rrset_count == 0) {
            continue; /* it is there because of others */
        }
        size_t row_count;
        struct record *records = node_records(node, &row_count);
        out8(out, node->flags & NODE_FOREIGN ? OWNER_FOREIGN : 0);
        out8(out, node->name_len);
        out_octets(out, node_name(node), node->name_len);
        out32(out, (uint32_t)row_count);
        for (size_t k = 0; k < row_count; k++) {
            const struct record *record = &records[k];
            out32(out, record->id);
            out32(out, record->ttl);
            out32(out, record->aux);
            out16(out, record->type);
            write_rdata(out, record->type, record->rdata, record->rdata_len, origin);
        }
        rows += (uint32_t)row_count;
        free(records);
    }
    return rows;
}

/* --- reading ----------------------------------------------------------------------------------- */

static const uint8_t *read_rdata(struct octets_in *in, uint16_t *len)
{
    *len = in16(in);
    return in_take(in, *len);
}

static uint32_t get32(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

/* The SOA's fields, as zone_rows_soa() finds them. */
static bool read_soa(struct octets_in *in, uint32_t id, struct soa_fields *soa)
{
    uint16_t len;

    *soa = (struct soa_fields){.id = id, .ttl = in32(in)};
    const uint8_t *rdata = read_rdata(in, &len);
    if (rdata == NULL || soa->ttl > DNS_TTL_MAX) {
        return false;
    }
    struct octets_in fields = {rdata, rdata + len, false};
    in_name(&fields, &soa->ns);
    in_name(&fields, &soa->mbox);
    const uint8_t *numbers = in_take(&fields, 5 * sizeof(uint32_t));
    if (numbers == NULL || in_left(&fields) > 0) {
        return false;
    }
    soa->serial = get32(numbers);
    soa->refresh = get32(numbers + 4);
    soa->retry = get32(numbers + 8);
    soa->expire = get32(numbers + 12);
    soa->minimum = get32(numbers + 16);
    return true;
}

/* A name that has rows, absolute and in lower case. */
static bool read_owner(struct octets_in *in, const struct zone *zone, struct name *owner)
{
    bool foreign = in8(in) == OWNER_FOREIGN;
    size_t len = in8(in), above = foreign ? 0 : zone->origin_len;
    const uint8_t *octets = in_take(in, len);

    if (octets == NULL || len + above > DNS_NAME_MAX || len + above == 0) {
        return false;
    }
    if (len > 0) {
        name_lower(owner->octets, octets, len);
    }
    memcpy(owner->octets + len, zone->origin, above);
    owner->len = (uint8_t)(len + above);
    return name_check(owner->octets, owner->len) == owner->len &&
           name_is_at_or_below(owner->octets, zone->origin) != foreign;
}

/* May rows of TYPE be data? What SQL holds was asked the same (load/rr_text.c). */
static bool is_data(uint16_t type)
{
    const struct rrtype *known = rrtype_find(type);
    return type != 0 && type != TYPE_SOA && type != UINT16_MAX && (type < 128 || type > 255) &&
           (known == NULL || !known->meta);
}

static const char *read_row(struct octets_in *in, const struct name *owner,
                            struct zone_build *build, uint32_t *lowest_ttl)
{
    struct record record = {.id = in32(in)};

    record.ttl = in32(in);
    record.aux = in32(in);
    record.type = in16(in);
    record.rdata = read_rdata(in, &record.rdata_len);
    if (record.rdata == NULL || !is_data(record.type)) {
        return is_damaged;
    }
    *lowest_ttl = record.ttl < *lowest_ttl ? record.ttl : *lowest_ttl;
    switch (zone_build_add(build, owner, &record)) {
    case ZONE_ADD_OK:
        return NULL;
    case ZONE_ADD_TOO_MANY:
        return "has more rows than zone-max-rows";
    default:
        return is_damaged;
    }
}

static const char *read_rows(struct octets_in *in, const struct zone *zone,
                             struct zone_build *build, uint32_t *lowest_ttl)
{
    const char *wrong = NULL;
    struct name owner;

    while (wrong == NULL && in_left(in) > 0) {
        if (!read_owner(in, zone, &owner)) {
            return is_damaged;
        }
        uint32_t count = in32(in);
        if (in->bad || count == 0) {
            return is_damaged;
        }
        for (uint32_t i = 0; wrong == NULL && i < count; i++) {
            wrong = read_row(in, &owner, build, lowest_ttl);
        }
    }
    return wrong;
}

bool content_read(struct octets_in *in, const struct zone *zone, const struct zone_limits *limits,
                  struct snapshot_content *out, const char **wrong)
{
    struct soa_fields soa;
    struct zone_too_large too_large;
    struct zone_build *build = zone_build_new(zone, limits);

    *out = (struct snapshot_content){.lowest_ttl = UINT32_MAX};
    *wrong =
        read_soa(in, zone->id, &soa) ? read_rows(in, zone, build, &out->lowest_ttl) : is_damaged;
    if (*wrong == NULL) {
        if (zone_build_finish(build, &out->content, &too_large)) {
            out->soa = soa_new(zone, &soa);
        } else {
            *wrong = "has an RRset larger than rrset-max-records, or too many names";
        }
    }
    zone_build_free(build);
    return *wrong == NULL;
}

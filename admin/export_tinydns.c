/*
 * Lines of tinydns-data. MyDNS wrote Z = C @ . and S, and dropped what tinydns-data had no letter
 * for; such records are written by their octets here (":fqdn:type:octets:ttl"), PTR has its ^.
 *
 * = also makes the PTR record of the address. A dot would make a SOA as well, the second one beside
 * that of the Z line, so that every NS record is written with &.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "admin/tool_export.h"

/* tinydns-data: octets as \ooo; a colon would end the field. */
static void put_octets(const uint8_t *octets, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (isalnum(octets[i]) || (octets[i] != 0 && strchr("-_.*=+/;, ", octets[i]) != NULL)) {
            putchar(octets[i]);
        } else {
            printf("\\%03o", octets[i]);
        }
    }
}

/* A name without its final dot, dots inside of labels as \056. */
static void put_name(const uint8_t *name)
{
    for (const uint8_t *at = name; *at != 0; at += *at + 1) {
        if (at != name) {
            putchar('.');
        }
        for (unsigned i = 1; i <= *at; i++) {
            if (at[i] == '.') {
                fputs("\\056", stdout);
            } else {
                put_octets(at + i, 1);
            }
        }
    }
}

static void put_stored_name(const char *text, const char *fallback, const struct name *origin)
{
    struct name name;
    if (*text == '\0' || name_from_text(&name, text, strlen(text), origin) != NULL) {
        text = fallback;
        if (name_from_text(&name, text, strlen(text), origin) != NULL) {
            return;
        }
    }
    put_name(name.octets);
}

void export_tinydns_soa(const struct zone_row *zone)
{
    putchar('Z');
    put_name(zone->name.octets);
    putchar(':');
    put_stored_name(zone->ns, "ns", &zone->name);
    putchar(':');
    put_stored_name(zone->mbox, "hostmaster", &zone->name);
    printf(":%u:%u:%u:%u:%u:%u\n", zone->serial, zone->refresh, zone->retry, zone->expire,
           zone->minimum, ttl_shown(zone->ttl));
}

static unsigned u16(const uint8_t *at)
{
    return (unsigned)at[0] << 8 | at[1];
}

static void put_text(const struct record_in *record)
{
    const uint8_t *at = record->rdata, *end = at + record->rdata_len;
    for (; at < end; at += *at + 1) {
        put_octets(at + 1, *at);
    }
}

/* tinydns-data cuts text into strings of 127: only what stays the same may be written with '. */
static bool is_short_text(const struct record_in *record)
{
    enum { CUT = 127 };
    return record->type == TYPE_TXT && record->rdata_len > 0 && record->rdata[0] <= CUT &&
           record->rdata[0] == record->rdata_len - 1;
}

/*
 * tinydns-data takes a server without a dot in it for the first label of a name of its own: which the root
 * (no mail, no service) and names of a single label are not.
 */
static bool has_dot(const uint8_t *name)
{
    return name[0] != 0 && name[name[0] + 1] != 0;
}

/* They keep their final dot: by octets tinydns-data refuses NS and MX, and the whole file with them. */
static void put_server(const uint8_t *name)
{
    put_name(name);
    if (!has_dot(name)) {
        putchar('.');
    }
}

static void put_head(char letter, const struct record_in *record)
{
    putchar(letter);
    put_name(record->owner.octets);
    putchar(':');
}

void export_tinydns(const struct rr_data *row, const struct record_in *record)
{
    const uint8_t *data = record->rdata;

    /* The octets of a SRV need no patch, unlike S. */
    switch (record->type == TYPE_SRV && !has_dot(data + 6) ? 0 : record->type) {
    case TYPE_A:
        put_head(name_is_wildcard(record->owner.octets) ? '+' : '=', record);
        printf("%u.%u.%u.%u", data[0], data[1], data[2], data[3]);
        break;
    case TYPE_CNAME:
    case TYPE_ALIAS:
        put_head('C', record);
        put_name(data);
        break;
    case TYPE_PTR:
        put_head('^', record);
        put_name(data);
        break;
    case TYPE_MX:
        put_head('@', record);
        putchar(':');
        put_server(data + 2);
        printf(":%u", u16(data));
        break;
    case TYPE_NS:
        put_head('&', record);
        putchar(':');
        put_server(data);
        break;
    case TYPE_SRV:
        put_head('S', record);
        putchar(':');
        put_name(data + 6);
        printf(":%u:%u:%u", u16(data + 4), u16(data), u16(data + 2));
        break;
    default:
        if (is_short_text(record)) {
            put_head('\'', record);
            put_text(record);
        } else {
            put_head(':', record);
            printf("%u:", record->type);
            put_octets(data, record->rdata_len);
        }
        break;
    }
    printf(":%u\n", ttl_shown(row->ttl));
}

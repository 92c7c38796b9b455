/*
 * A row's text becomes wire data: the type, the owner's name, then the data by one of two families of
 * rules. MyDNS's own types split their data between the columns data and aux (rr_text_mydns.c);
 * for all other types data holds the presentation form of zone files (rr_text_other.c).
 */
#include "load/rr_text.h"

#include <stdlib.h>
#include <strings.h>

#include "base/alloc.h"
#include "dns/rrtype.h"
#include "load/rr_text_private.h"
#include "zone/node.h"

/* --- fields ------------------------------------------------------------------------------------ */

struct span span_trim(struct span text)
{
    while (text.len > 0 && is_blank(text.at[0])) {
        text.at++;
        text.len--;
    }
    while (text.len > 0 && is_blank(text.at[text.len - 1]) &&
           (text.len < 2 || text.at[text.len - 2] != '\\')) {
        text.len--;
    }
    return text;
}

enum token_outcome span_token(struct span *in, struct token *token)
{
    const char *at = in->at, *end = in->at + in->len;

    while (at < end && is_blank(*at)) {
        at++;
    }
    token->quoted = at < end && *at == '"';
    at += token->quoted;
    token->text.at = at;
    while (at < end && (token->quoted ? *at != '"' : !is_blank(*at))) {
        at += *at == '\\' && at + 1 < end ? 2 : 1;
    }
    token->text.len = (size_t)(at - token->text.at);
    bool unfinished =
        token->quoted && (at == end || (at + 1 < end && !is_blank(at[1]) && at[1] != '"'));
    at += token->quoted && at < end;
    in->at = at;
    in->len = (size_t)(end - at);
    if (unfinished) {
        return TOKEN_UNFINISHED;
    }
    return token->quoted || token->text.len > 0 ? TOKEN_FOUND : TOKEN_NONE;
}

bool span_number(struct span text, uint32_t max, uint32_t *value)
{
    uint64_t sum = 0;
    if (text.len == 0 || text.len > 10) {
        return false;
    }
    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] < '0' || text.at[i] > '9') {
            return false;
        }
        sum = sum * 10 + (uint64_t)(text.at[i] - '0');
    }
    *value = (uint32_t)sum;
    return sum <= max;
}

/* Three digits at TEXT: their value, above 999 when they are none. */
static unsigned three_digits(const char *text, size_t len)
{
    unsigned value = 0;
    for (size_t i = 0; i < 3; i++) {
        if (i >= len || text[i] < '0' || text[i] > '9') {
            return 1000;
        }
        value = value * 10 + (unsigned)(text[i] - '0');
    }
    return value;
}

const char *span_unescape(struct span text, enum unescape how, uint8_t *out, size_t cap,
                          size_t *len)
{
    size_t used = 0;
    for (size_t i = 0; i < text.len;) {
        char c = text.at[i++];
        uint8_t octet = (uint8_t)c;
        if (c == '\\') {
            size_t left = text.len - i;
            unsigned value = three_digits(text.at + i, left);
            if (value <= 255) {
                octet = (uint8_t)value;
                i += 3;
            } else if (how == UNESCAPE_NAPTR ? left > 0 && (text.at[i] == '"' || text.at[i] == '\\')
                                             : left > 0 && (text.at[i] < '0' || text.at[i] > '9')) {
                octet = (uint8_t)text.at[i++];
            } else if (how != UNESCAPE_NAPTR) {
                return left == 0 ? "ends in a backslash" : "has a \\DDD escape that is no octet";
            }
        }
        if (used == cap) {
            return "has a string longer than 255 octets";
        }
        out[used++] = octet;
    }
    *len = used;
    return NULL;
}

const char *rdata_put_name(struct rdata *out, struct span text, const struct name *origin)
{
    struct name name;
    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] == '\\') {
            i++;
        } else if (is_blank(text.at[i])) {
            return "has a blank inside a name";
        }
    }
    const char *wrong = name_from_text(&name, text.at, text.len, origin);
    if (wrong == NULL) {
        rdata_put(out, name.octets, name.len);
    }
    return wrong;
}

/* --- the row ----------------------------------------------------------------------------------- */

/* The types of most rows, without a walk through the table of all. 0 = ask there. */
static uint16_t common_type(const char *text, size_t len)
{
    static const struct {
        char text[6];
        uint8_t len;
        uint16_t type;
    } common[] = {
        {"A", 1, TYPE_A},     {"NS", 2, TYPE_NS},       {"MX", 2, TYPE_MX},
        {"TXT", 3, TYPE_TXT}, {"CNAME", 5, TYPE_CNAME}, {"AAAA", 4, TYPE_AAAA},
        {"PTR", 3, TYPE_PTR}, {"SRV", 3, TYPE_SRV},
    };
    for (size_t i = 0; i < ARRAY_LEN(common); i++) {
        if (common[i].len == len && memcmp(common[i].text, text, len) == 0) {
            return common[i].type;
        }
    }
    return 0;
}

/* Made by the server when it signs a zone; in a row they could only contradict it. */
static bool is_signers_type(uint16_t type)
{
    return type == TYPE_RRSIG || type == TYPE_NSEC || type == TYPE_NSEC3 ||
           type == TYPE_NSEC3PARAM || type == TYPE_SIG || type == 30 /* NXT */;
}

static const char *read_type(struct db_value text, uint16_t *type)
{
    if (text.null) {
        return "is NULL";
    }
    if ((*type = common_type(text.data, text.len)) != 0) {
        return NULL;
    }
    struct span span = span_trim((struct span){text.data, text.len});
    if (span.len == 0) {
        return "is empty"; /* an ENUM shows a value that it does not know as '' */
    }
    *type = rrtype_from_text(span.at, span.len);
    const struct rrtype *known = rrtype_find(*type);
    if (*type == 0) {
        return "is not a record type";
    }
    if (*type == TYPE_ALIAS && span.len != 5) {
        return "is a number that this server uses for ALIAS";
    }
    if (*type == TYPE_SOA) {
        return "is SOA, which belongs into the table of zones";
    }
    /* RFC 6895, 3.1: 128 to 255 are for questions and meta-types; 65535 is reserved */
    if ((known != NULL && known->meta) || (*type >= 128 && *type <= 255) || *type == UINT16_MAX) {
        return "is a type that only questions may have";
    }
    return is_signers_type(*type) ? "is a type that the signing server makes itself" : NULL;
}

size_t rr_text_sql_len(const char *text, size_t len)
{
    while (len > 0 && text[len - 1] == ' ' && (len < 2 || text[len - 2] != '\\')) {
        len--;
    }
    return len;
}

const char *rr_text_owner(const char *text, size_t len, const struct name *origin,
                          struct name *owner)
{
    const char *wrong = name_from_text(owner, text, rr_text_sql_len(text, len), origin);
    if (wrong == NULL) {
        name_lower(owner->octets, owner->octets, owner->len);
    }
    return wrong;
}

static const char *read_owner(struct db_value text, const struct name *origin, struct name *owner)
{
    return text.null ? "is NULL" : rr_text_owner(text.data, text.len, origin, owner);
}

/*
 * "\# length hex" (RFC 3597, 5), which any type may use. Raw text could begin like this too, so in TXT
 * and SPF it needs a type written as TYPEnnn.
 */
static bool is_generic_form(struct db_value type_text, uint16_t type, struct span data)
{
    bool by_number = type_text.len > 4 && strncasecmp(type_text.data, "TYPE", 4) == 0;
    return data.len > 2 && data.at[0] == '\\' && data.at[1] == '#' && is_blank(data.at[2]) &&
           (by_number || (type != TYPE_TXT && type != TYPE_SPF));
}

/* Longer RDATA would be an RRset that no message takes. */
enum { RDATA_MAX = RRSET_OCTETS_MAX - RECORD_HEADER_LEN };
_Static_assert(RDATA_MAX == 64996, "the reason below tells it");

static const char *decode_data(struct span data, const struct rr_row *row,
                               const struct name *origin, enum conf_txt txt_format,
                               struct record_in *out)
{
    struct rdata rdata = {out->rdata, 0, false};
    const char *wrong;

    if (data.len == 0 && out->type != TYPE_APL) {
        return "is empty";
    }
    if (is_generic_form(row->type, out->type, data)) {
        wrong = decode_generic(out->type, data, &rdata);
    } else if (rr_text_is_mydns(out->type)) {
        wrong = decode_mydns(out->type, data, row->aux, origin, txt_format, &rdata);
    } else {
        wrong = decode_presentation(out->type, data, origin, &rdata);
    }
    out->rdata_len = (uint16_t)rdata.len;
    if (wrong == NULL && (rdata.full || rdata.len > RDATA_MAX)) {
        return "is longer than 64996 octets, all that a message takes beside the question";
    }
    return wrong;
}

/* data, with edata behind it (mydns-compat 1.5: longer values are split between the two). */
static const char *decode_columns(const struct rr_row *row, const struct name *origin,
                                  enum conf_txt txt_format, struct record_in *out)
{
    if (row->data.null) {
        return "is NULL";
    }
    if (row->edata.null || row->edata.len == 0) {
        return decode_data((struct span){row->data.data, row->data.len}, row, origin, txt_format,
                           out);
    }
    size_t len = row->data.len + row->edata.len;
    char *both = alloc_new(len);
    memcpy(both, row->data.data, row->data.len);
    memcpy(both + row->data.len, row->edata.data, row->edata.len);
    const char *wrong = decode_data((struct span){both, len}, row, origin, txt_format, out);
    free(both);
    return wrong;
}

bool rr_text_decode(const struct rr_row *row, const struct name *origin, enum conf_txt txt_format,
                    struct record_in *out, struct row_fault *fault)
{
    fault->column = "type";
    fault->reason = read_type(row->type, &out->type);
    if (fault->reason == NULL) {
        fault->column = "name";
        fault->reason = read_owner(row->name, origin, &out->owner);
    }
    if (fault->reason == NULL && out->type == TYPE_DS &&
        name_equal(out->owner.octets, origin->octets)) {
        fault->column = "type";
        fault->reason = "at the zone's own name belongs into the zone above (RFC 4035, 2.4)";
    }
    if (fault->reason == NULL) {
        fault->column = "data";
        fault->reason = decode_columns(row, origin, txt_format, out);
    }
    out->id = row->id;
    out->ttl = row->ttl;
    out->aux = row->aux;
    return fault->reason == NULL;
}

/* --- SOA --------------------------------------------------------------------------------------- */

/* FIRST.origin; the origin alone when that were too long. */
static void complete(struct name *out, const char *first, const struct name *origin)
{
    if (name_from_text(out, first, strlen(first), origin) != NULL) {
        *out = *origin;
    }
}

static void soa_name(struct db_value value, const char *column, const char *first,
                     const struct name *origin, struct name *out, struct row_fault *fault)
{
    struct span text = span_trim((struct span){value.data, value.len});
    if (value.null || text.len == 0) {
        complete(out, first, origin);
        return;
    }
    const char *wrong = name_from_text(out, text.at, text.len, origin);
    if (wrong != NULL) {
        if (fault->column == NULL) {
            *fault = (struct row_fault){column, wrong};
        }
        complete(out, first, origin);
    }
}

void rr_text_soa_names(const struct soa_row *row, const struct name *origin, struct name *ns,
                       struct name *mbox, struct row_fault *fault)
{
    *fault = (struct row_fault){NULL, NULL};
    soa_name(row->ns, "ns", "ns", origin, ns, fault);
    soa_name(row->mbox, "mbox", "hostmaster", origin, mbox, fault);
}

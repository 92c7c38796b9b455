/*
 * MyDNS's own types: what stands in data and what in aux is its choice, not that of zone files
 * (mydns-compat 1.5). Names are completed with the origin, except in PTR and NAPTR. No allocation:
 * nearly every row of a table passes here.
 */
#include <arpa/inet.h>

#include "load/rr_text_private.h"

bool rr_text_is_mydns(uint16_t type)
{
    switch (type) {
    case TYPE_A:
    case TYPE_AAAA:
    case TYPE_ALIAS:
    case TYPE_CNAME:
    case TYPE_HINFO:
    case TYPE_MX:
    case TYPE_NAPTR:
    case TYPE_NS:
    case TYPE_PTR:
    case TYPE_RP:
    case TYPE_SRV:
    case TYPE_TXT:
    case TYPE_SPF:
        return true;
    default:
        return false;
    }
}

/* Strict (inet_pton, as MyDNS), but blanks around the address are forgiven. */
static const char *decode_address(int family, struct span data, struct rdata *out)
{
    struct span text = span_trim(data);
    char copy[INET6_ADDRSTRLEN];
    uint8_t address[16];

    if (text.len < sizeof copy && memchr(text.at, '\0', text.len) == NULL) {
        memcpy(copy, text.at, text.len);
        copy[text.len] = '\0';
        if (inet_pton(family, copy, address) == 1) {
            rdata_put(out, address, family == AF_INET ? 4 : 16);
            return NULL;
        }
    }
    return family == AF_INET ? "is not an IPv4 address" : "is not an IPv6 address";
}

/* Two names and a blank; the second may be missing and is then the root, "none" (RFC 1183, 2.2). */
static const char *decode_rp(struct span data, const struct name *origin, struct rdata *out)
{
    struct token mbox, txt, more;
    if (span_token(&data, &mbox) != TOKEN_FOUND) {
        return "has no mailbox";
    }
    const char *wrong = rdata_put_name(out, mbox.text, origin);
    if (wrong != NULL) {
        return wrong;
    }
    switch (span_token(&data, &txt)) {
    case TOKEN_NONE:
        rdata_put8(out, 0);
        return NULL;
    case TOKEN_UNFINISHED:
        return "has an unfinished quoted string";
    case TOKEN_FOUND:
        break;
    }
    return span_token(&data, &more) != TOKEN_NONE ? "has more than two fields"
                                                  : rdata_put_name(out, txt.text, origin);
}

/*
 * One string of HINFO: up to a blank outside quotes when WORD, else all of it. Both kinds of quotes
 * group and vanish. IN is left behind the string.
 */
static const char *hinfo_string(struct span *in, bool word, struct rdata *out)
{
    uint8_t octets[DNS_STRING_MAX];
    size_t used = 0, at = 0;
    char quote = '\0';

    for (; at < in->len && !(word && quote == '\0' && is_blank(in->at[at])); at++) {
        char c = in->at[at];
        if (c == quote) {
            quote = '\0';
            continue;
        }
        if (quote == '\0' && (c == '"' || c == '\'')) {
            quote = c;
            continue;
        }
        if (c == '\\' && at + 1 < in->len) {
            c = in->at[++at];
        }
        if (used == sizeof octets) {
            return "has a string longer than 255 octets";
        }
        octets[used++] = (uint8_t)c;
    }
    in->at += at;
    in->len -= at;
    rdata_put8(out, (unsigned)used);
    rdata_put(out, octets, used);
    return quote != '\0' ? "has an unfinished quoted string" : NULL;
}

static const char *decode_hinfo(struct span data, struct rdata *out)
{
    struct span in = span_trim(data);
    const char *wrong = hinfo_string(&in, true, out);
    if (wrong != NULL) {
        return wrong;
    }
    in = span_trim(in);
    return hinfo_string(&in, false, out); /* no os: an empty string */
}

/* weight port target; the priority is aux, at most 65535. */
static const char *decode_srv(struct span data, uint32_t aux, const struct name *origin,
                              struct rdata *out)
{
    struct token field[4];
    uint32_t weight, port;
    unsigned count = 0;

    while (count < ARRAY_LEN(field) && span_token(&data, &field[count]) == TOKEN_FOUND) {
        count++;
    }
    if (count != 3) {
        return "is not of the form weight port target";
    }
    if (!span_number(field[0].text, UINT16_MAX, &weight) ||
        !span_number(field[1].text, UINT16_MAX, &port)) {
        return "has a weight or port that is no number up to 65535";
    }
    rdata_put16(out, aux > UINT16_MAX ? UINT16_MAX : aux);
    rdata_put16(out, weight);
    rdata_put16(out, port);
    return rdata_put_name(out, field[2].text, origin);
}

/*
 * MyDNS: order pref flags service regexp replacement. ISPConfig keeps the order in aux and has the
 * five others in data. The replacement needs its final dot in both.
 */
static const char *decode_naptr(struct span data, uint32_t aux, struct rdata *out)
{
    struct token field[7];
    uint32_t order = aux > UINT16_MAX ? UINT16_MAX : aux, preference;
    unsigned count = 0, at = 0;
    enum token_outcome outcome;

    while (count < ARRAY_LEN(field) && (outcome = span_token(&data, &field[count])) != TOKEN_NONE) {
        if (outcome == TOKEN_UNFINISHED) {
            return "has an unfinished quoted string";
        }
        count++;
    }
    if (count != 5 && count != 6) {
        return "is not of the form order preference flags service regexp replacement";
    }
    if ((count == 6 && !span_number(field[at++].text, UINT16_MAX, &order)) ||
        !span_number(field[at++].text, UINT16_MAX, &preference)) {
        return "has an order or preference that is no number up to 65535";
    }
    rdata_put16(out, order);
    rdata_put16(out, preference);
    for (unsigned i = 0; i < 3; i++) {
        uint8_t octets[DNS_STRING_MAX];
        size_t len;
        const char *wrong =
            span_unescape(field[at++].text, UNESCAPE_NAPTR, octets, sizeof octets, &len);
        if (wrong != NULL) {
            return wrong;
        }
        rdata_put8(out, (unsigned)len);
        rdata_put(out, octets, len);
    }
    const char *wrong = rdata_put_name(out, field[at].text, NULL);
    return wrong != NULL || out->full ? wrong : check_rdata(TYPE_NAPTR, out->octets, out->len);
}

/* The octets as they are, in strings of 255. */
static void put_raw_strings(struct span data, struct rdata *out)
{
    while (data.len > 0) {
        size_t len = data.len < DNS_STRING_MAX ? data.len : DNS_STRING_MAX;
        rdata_put8(out, (unsigned)len);
        rdata_put(out, data.at, len);
        data.at += len;
        data.len -= len;
    }
}

/* One string, written in pieces of 255: a long key in one pair of quotes is a common spelling. */
static const char *put_string(struct span text, struct rdata *out)
{
    do {
        /* At most this much text can be 255 octets; stop before an escape that would be torn. */
        size_t take = 0, octets = 0;
        while (take < text.len && octets < DNS_STRING_MAX) {
            bool escape = text.at[take] == '\\' && take + 1 < text.len;
            bool digits = escape && text.at[take + 1] >= '0' && text.at[take + 1] <= '9';
            size_t step = digits ? 4 : escape ? 2 : 1;
            take += step < text.len - take ? step : text.len - take;
            octets++;
        }
        uint8_t piece[DNS_STRING_MAX];
        size_t len;
        const char *wrong =
            span_unescape((struct span){text.at, take}, UNESCAPE_ALL, piece, sizeof piece, &len);
        if (wrong != NULL) {
            return wrong;
        }
        rdata_put8(out, (unsigned)len);
        rdata_put(out, piece, len);
        text.at += take;
        text.len -= take;
    } while (text.len > 0);
    return NULL;
}

const char *decode_strings(struct span data, bool quoted_only, struct rdata *out)
{
    struct token token;
    enum token_outcome outcome;

    while ((outcome = span_token(&data, &token)) == TOKEN_FOUND) {
        if (quoted_only && !token.quoted) {
            return "has text outside quotes";
        }
        const char *wrong = put_string(token.text, out);
        if (wrong != NULL) {
            return wrong;
        }
    }
    if (outcome == TOKEN_UNFINISHED) {
        return "has an unfinished quoted string";
    }
    return out->len == 0 ? "holds no string" : NULL;
}

static const char *decode_txt(struct span data, enum conf_txt format, struct rdata *out)
{
    if (format == CONF_TXT_QUOTED) {
        return decode_strings(data, false, out);
    }
    struct span trimmed = span_trim(data); /* of blanks alone nothing is left */
    if (format == CONF_TXT_AUTO && trimmed.len > 0 && trimmed.at[0] == '"' &&
        decode_strings(data, true, out) == NULL) {
        return NULL;
    }
    out->len = 0;
    out->full = false;
    put_raw_strings(data, out);
    return NULL;
}

const char *decode_mydns(uint16_t type, struct span data, uint32_t aux, const struct name *origin,
                         enum conf_txt txt_format, struct rdata *out)
{
    switch (type) {
    case TYPE_A:
        return decode_address(AF_INET, data, out);
    case TYPE_AAAA:
        return decode_address(AF_INET6, data, out);
    case TYPE_TXT:
    case TYPE_SPF:
        return decode_txt(data, txt_format, out);
    case TYPE_MX:
        rdata_put16(out, aux & UINT16_MAX); /* as MyDNS, which sends the low half */
        break;
    case TYPE_HINFO:
        return decode_hinfo(data, out);
    case TYPE_RP:
        return decode_rp(data, origin, out);
    case TYPE_SRV:
        return decode_srv(data, aux, origin, out);
    case TYPE_NAPTR:
        return decode_naptr(data, aux, out);
    default: /* ALIAS, CNAME, NS, PTR: a name */
        break;
    }
    struct span text = span_trim(data);
    if (text.len == 0) {
        return "is empty";
    }
    return rdata_put_name(out, text, type == TYPE_PTR ? NULL : origin);
}

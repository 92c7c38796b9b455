/*
 * Types that MyDNS does not know: data holds the presentation form of zone files (RFC 1035, 5.1).
 *
 * Three ways lead to RDATA. Types that are a number and names, or strings, or that ldns 1.8.3 does not
 * know or reads too strictly, are read here; "\# length hex" is read here for all; the rest goes
 * through ldns, one record at a time. Whatever its way, RDATA is checked before it is believed.
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <ldns/ldns.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "base/alloc.h"
#include "dns/rrtype.h"
#include "load/rr_text_private.h"

enum {
    TYPE_IPSECKEY = 45,
    TYPE_NINFO = 56,
    TYPE_DSYNC = 66,
    TYPE_AVC = 258,
    TYPE_AMTRELAY = 260,
    TYPE_RESINFO = 261,
    TYPE_WALLET = 262,
};

enum {
    TEXT_MAX = 65500, /* longer fields ldns cuts without a word */
    /* Past these ldns 1.8.3 writes behind its own memory: characters of an address, and their number. */
    IPV6_TEXT_MAX = INET6_ADDRSTRLEN - 1,
    IPV6_HINTS_MAX = UINT16_MAX / 16,
};

static int hex_value(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

const char *decode_generic(uint16_t type, struct span data, struct rdata *out)
{
    struct token mark, length;
    uint32_t expected;
    unsigned digits = 0;
    uint8_t octet = 0;

    if (span_token(&data, &mark) != TOKEN_FOUND || span_token(&data, &length) != TOKEN_FOUND ||
        !span_number(length.text, UINT16_MAX, &expected)) {
        return "has no length behind \\#";
    }
    for (size_t i = 0; i < data.len; i++) {
        if (is_blank(data.at[i])) {
            continue;
        }
        int value = hex_value(data.at[i]);
        if (value < 0) {
            return "has something else than hexadecimal digits behind \\#";
        }
        octet = (uint8_t)(octet << 4 | value);
        if (++digits % 2 == 0) {
            rdata_put8(out, octet);
        }
    }
    if (digits % 2 != 0 || out->len != expected) {
        return "has another number of octets behind \\# than it says";
    }
    return check_rdata(type, out->octets, out->len);
}

/* --- read here --------------------------------------------------------------------------------- */

/* A name in presentation form, where a single @ is the origin. */
static const char *put_presentation_name(struct rdata *out, struct span text,
                                         const struct name *origin)
{
    if (text.len == 1 && text.at[0] == '@') {
        text.len = 0;
    }
    return rdata_put_name(out, text, origin);
}

/* Types whose RDATA is one number of 16 bits or none, then names, and nothing else. */
static bool is_number_and_names(const struct rrtype *type)
{
    return type != NULL && type->name_count > 0 && (type->name_off == 0 || type->name_off == 2) &&
           type->number != TYPE_SVCB && type->number != TYPE_HTTPS;
}

static const char *decode_names(const struct rrtype *type, struct span data,
                                const struct name *origin, struct rdata *out)
{
    struct token field;
    uint32_t number;

    if (type->name_off == 2) {
        if (span_token(&data, &field) != TOKEN_FOUND ||
            !span_number(field.text, UINT16_MAX, &number)) {
            return "does not begin with a number up to 65535";
        }
        rdata_put16(out, number);
    }
    for (unsigned i = 0; i < type->name_count; i++) {
        if (span_token(&data, &field) != TOKEN_FOUND) {
            return "lacks a name";
        }
        const char *wrong = put_presentation_name(out, field.text, origin);
        if (wrong != NULL) {
            return wrong;
        }
    }
    return span_token(&data, &field) == TOKEN_NONE ? NULL : "has more fields than its type";
}

/* flags tag value (RFC 8659, 4.1.1). An unquoted value is the rest of the text, "; options" included. */
static const char *decode_caa(struct span data, struct rdata *out)
{
    struct token flags, tag, value, more;
    uint32_t number;

    if (span_token(&data, &flags) != TOKEN_FOUND || span_token(&data, &tag) != TOKEN_FOUND) {
        return "is not of the form flags tag value";
    }
    if (!span_number(flags.text, UINT8_MAX, &number)) {
        return "has flags that are no number up to 255";
    }
    rdata_put8(out, number);
    rdata_put8(out, tag.text.len > UINT8_MAX ? 0 : (unsigned)tag.text.len); /* 0: refused below */
    rdata_put(out, tag.text.at, tag.text.len);

    struct span rest = span_trim(data);
    if (rest.len > 0 && rest.at[0] == '"') {
        if (span_token(&rest, &value) != TOKEN_FOUND) {
            return "has an unfinished quoted string";
        }
        if (span_token(&rest, &more) != TOKEN_NONE) {
            return "has text behind its quoted value";
        }
        rest = value.text;
    } else if (rest.len == 0) {
        return "is not of the form flags tag value";
    }
    size_t len;
    uint8_t *octets = alloc_new(rest.len + 1);
    const char *wrong = span_unescape(rest, UNESCAPE_ALL, octets, rest.len + 1, &len);
    if (wrong == NULL) {
        rdata_put(out, octets, len);
    }
    free(octets);
    return wrong;
}

/* rrtype scheme port target (RFC 9859, 2.1). The one scheme with a name is NOTIFY, 1. */
static const char *decode_dsync(struct span data, const struct name *origin, struct rdata *out)
{
    struct token field[5];
    uint32_t scheme, port;
    unsigned count = 0;

    while (count < ARRAY_LEN(field) && span_token(&data, &field[count]) == TOKEN_FOUND) {
        count++;
    }
    if (count != 4) {
        return "is not of the form type scheme port target";
    }
    uint16_t type = rrtype_from_text(field[0].text.at, field[0].text.len);
    if (type == 0) {
        return "names no record type";
    }
    if (field[1].text.len == 6 && strncasecmp(field[1].text.at, "NOTIFY", 6) == 0) {
        scheme = 1;
    } else if (!span_number(field[1].text, UINT8_MAX, &scheme)) {
        return "has a scheme that is neither NOTIFY nor a number up to 255";
    }
    if (!span_number(field[2].text, UINT16_MAX, &port)) {
        return "has a port that is no number up to 65535";
    }
    rdata_put16(out, type);
    rdata_put8(out, scheme);
    rdata_put16(out, port);
    return put_presentation_name(out, field[3].text, origin);
}

/* What is left of a text: base64 in pieces. */
static const char *put_base64(struct rdata *out, struct span text)
{
    enum { LONGEST = UINT16_MAX / 3 * 4 }; /* ldns counts the octets in 16 bits */
    size_t len = 0;
    char *joined = alloc_new(text.len + 1);
    for (size_t i = 0; i < text.len; i++) {
        if (!is_blank(text.at[i])) {
            joined[len++] = text.at[i];
        }
    }
    joined[len] = '\0';
    ldns_rdf *octets =
        len > 0 && len <= LONGEST ? ldns_rdf_new_frm_str(LDNS_RDF_TYPE_B64, joined) : NULL;
    if (octets != NULL) {
        rdata_put(out, ldns_rdf_data(octets), ldns_rdf_size(octets));
        ldns_rdf_deep_free(octets);
    }
    free(joined);
    return octets != NULL ? NULL : "has a key that is not base64";
}

/* No host, an IPv4 or IPv6 address, or a name, as TYPE says. */
static const char *put_host(struct rdata *out, uint32_t type, struct span host,
                            const struct name *origin)
{
    switch (type) {
    case 0:
        return host.len == 1 && host.at[0] == '.' ? NULL : "names a host, though of type 0";
    case 1:
        return decode_mydns(TYPE_A, host, 0, origin, CONF_TXT_AUTO, out);
    case 2:
        return decode_mydns(TYPE_AAAA, host, 0, origin, CONF_TXT_AUTO, out);
    default:
        return put_presentation_name(out, host, origin);
    }
}

/* precedence D type relay (RFC 8777, 4.3). Debian's ldns is built without it. */
static const char *decode_amtrelay(struct span data, const struct name *origin, struct rdata *out)
{
    struct token field[5];
    uint32_t precedence, discovery, type;
    unsigned count = 0;

    while (count < ARRAY_LEN(field) && span_token(&data, &field[count]) == TOKEN_FOUND) {
        count++;
    }
    if (count != 4 || !span_number(field[0].text, UINT8_MAX, &precedence) ||
        !span_number(field[1].text, 1, &discovery) || !span_number(field[2].text, 3, &type)) {
        return "is not of the form precedence discovery type relay";
    }
    rdata_put8(out, precedence);
    rdata_put8(out, discovery << 7 | type);
    return put_host(out, type, field[3].text, origin);
}

/*
 * TEXT without its parentheses and its comment, at OUT (TEXT.len octets): from here on fields end at
 * blanks alone. In quotes and behind a backslash they are text.
 */
static struct span plain_text(struct span text, char *out)
{
    size_t len = 0;
    bool quoted = false;

    for (; len < text.len && (quoted || text.at[len] != ';'); len++) {
        char c = text.at[len];
        quoted ^= c == '"';
        out[len] = !quoted && (c == '(' || c == ')') ? ' ' : c;
        if (c == '\\' && len + 1 < text.len) {
            len++;
            out[len] = text.at[len];
        }
    }
    return (struct span){out, len};
}

/*
 * precedence type algorithm gateway key (RFC 4025, 3.1). ldns neither completes the gateway's name nor
 * joins a key in pieces. Parentheses and a comment may be there.
 */
static const char *decode_ipseckey(struct span data, const struct name *origin, struct rdata *out)
{
    uint32_t precedence, type, algorithm;
    struct token field[4];
    unsigned count = 0;
    char *plain = alloc_new(data.len);
    const char *wrong = "is not of the form precedence type algorithm gateway key";

    struct span rest = plain_text(data, plain);
    while (count < ARRAY_LEN(field) && span_token(&rest, &field[count]) == TOKEN_FOUND) {
        count++;
    }
    if (count == ARRAY_LEN(field) && span_number(field[0].text, UINT8_MAX, &precedence) &&
        span_number(field[1].text, 3, &type) && span_number(field[2].text, UINT8_MAX, &algorithm)) {
        rdata_put8(out, precedence);
        rdata_put8(out, type);
        rdata_put8(out, algorithm);
        wrong = put_host(out, type, field[3].text, origin);
        bool no_key = algorithm == 0 && span_trim(rest).len == 0;
        wrong = wrong != NULL || no_key ? wrong : put_base64(out, rest);
    }
    free(plain);
    return wrong;
}

/* --- through ldns ------------------------------------------------------------------------------ */

static const char *reason_of(ldns_status status)
{
    return status == LDNS_STATUS_SYNTAX_SUPERFLUOUS_TEXT_ERR
               ? "has text behind its last field"
               : "is not in the presentation form of its type";
}

/*
 * What ldns lets pass: numbers too large lose their upper bits ("TLSA 3 1 300" becomes 44), and an odd
 * hexadecimal digit gets a zero. Octets of the numbers at the beginning, and whether the rest is hex.
 */
static const struct shape {
    uint16_t type;
    char numbers[4];
    bool hex;
} shapes[] = {
    {TYPE_KEY, "211", false},    {TYPE_CERT, "221", false},
    {TYPE_DS, "211", true},      {TYPE_SSHFP, "11", true},
    {TYPE_DNSKEY, "211", false}, {TYPE_TLSA, "111", true},
    {TYPE_SMIMEA, "111", true},  {55, "1", false},
    {TYPE_CDS, "211", true},     {TYPE_CDNSKEY, "211", false},
    {62, "42", false},           {63, "411", true},
    {TYPE_SVCB, "2", false},     {TYPE_HTTPS, "2", false},
    {104, "2", false},           {105, "2", false},
    {106, "2", false},           {TYPE_URI, "22", false},
    {32769, "211", true},
};

static bool ends_field(char c)
{
    return is_blank(c) || c == '(' || c == ')';
}

static const char *check_numbers(const struct shape *shape, struct span text, size_t rdata_len)
{
    size_t at = 0, octets = 0, digits = 0;

    for (const char *width = shape->numbers; *width != '\0'; width++) {
        unsigned bits = (unsigned)(*width - '0') * 8;
        while (at < text.len && ends_field(text.at[at])) {
            at++;
        }
        struct span number = {text.at + at, 0};
        while (at < text.len && !ends_field(text.at[at])) {
            at++;
            number.len++;
        }
        /* algorithms, and what TLSA has (RFC 7218), may also have names */
        bool named = number.len > 0 && isalpha((unsigned char)number.at[0]);
        uint32_t value;
        if (!named && !span_number(number, UINT32_MAX >> (32 - bits), &value)) {
            return "has a number that is negative or too large for its field";
        }
        octets += bits / 8;
    }
    for (; shape->hex && at < text.len && text.at[at] != ';'; at++) {
        digits += isxdigit((unsigned char)text.at[at]) != 0;
    }
    return shape->hex && digits != 2 * (rdata_len - octets) ? "has an odd hexadecimal digit" : NULL;
}

static const char *check_shape(uint16_t type, struct span text, size_t rdata_len)
{
    for (size_t i = 0; i < ARRAY_LEN(shapes); i++) {
        if (shapes[i].type == type) {
            return check_numbers(&shapes[i], text, rdata_len);
        }
    }
    return NULL;
}

struct param {
    struct span key, value; /* the value without its quotes, escapes still in it */
};

/* Take the next key, key=value or key="value" off IN. */
static bool next_param(struct span *in, struct param *param)
{
    *in = span_trim(*in);
    const char *at = in->at, *end = in->at + in->len;

    param->key.at = at;
    while (at < end && !is_blank(*at) && *at != '=') {
        at++;
    }
    param->key.len = (size_t)(at - param->key.at);
    at += at < end && *at == '=';
    bool quoted = at < end && at[-1] == '=' && *at == '"';
    at += quoted;
    param->value.at = at;
    while (at < end && (quoted ? *at != '"' : !is_blank(*at))) {
        at += *at == '\\' && at + 1 < end ? 2 : 1;
    }
    param->value.len = (size_t)(at - param->value.at);
    at += quoted && at < end;
    bool found = at > in->at;
    *in = (struct span){at, (size_t)(end - at)};
    return found;
}

/* Is PARAM's key NAME, or keyN with its NUMBER? */
static bool is_param(const struct param *param, const char *name, uint32_t number)
{
    struct span key = param->key;
    uint32_t value;

    if (key.len == strlen(name) && memcmp(key.at, name, key.len) == 0) {
        return true;
    }
    return key.len > 3 && memcmp(key.at, "key", 3) == 0 &&
           span_number((struct span){key.at + 3, key.len - 3}, UINT16_MAX, &value) &&
           value == number;
}

static const char *check_ipv6_hints(struct span value)
{
    size_t count = 1, len = 0;
    for (size_t i = 0; i < value.len; i++) {
        len = value.at[i] == ',' ? 0 : len + 1;
        count += value.at[i] == ',';
        if (len > IPV6_TEXT_MAX) {
            return "has an ipv6hint that is no IPv6 address";
        }
    }
    return count > IPV6_HINTS_MAX ? "has more addresses than fit into an ipv6hint" : NULL;
}

/*
 * What ldns makes of SVCB and HTTPS without a word: of the port it keeps the lower bits as well,
 * escapes in alpn (RFC 9460, appendix A.1) it takes for themselves, and see IPV6_TEXT_MAX. So this is
 * asked before.
 */
static const char *check_params(struct span text)
{
    struct param param;
    uint32_t value;

    for (unsigned i = 0; i < 2; i++) { /* priority and target */
        text = span_trim(text);
        while (text.len > 0 && !is_blank(text.at[0])) {
            size_t step = text.at[0] == '\\' && text.len > 1 ? 2 : 1;
            if (text.at[0] == '"') {
                return "has a quote in its priority or target";
            }
            text.at += step;
            text.len -= step;
        }
    }
    while (next_param(&text, &param)) {
        const char *wrong = NULL;
        if (is_param(&param, "alpn", 1) && memchr(param.value.at, '\\', param.value.len) != NULL) {
            wrong = "has an escape in alpn, which is not understood: \\# length hex is";
        } else if (is_param(&param, "port", 3) && !span_number(param.value, UINT16_MAX, &value)) {
            wrong = "has a port that is no number up to 65535";
        } else if (is_param(&param, "ipv6hint", 6)) {
            wrong = check_ipv6_hints(param.value);
        }
        if (wrong != NULL) {
            return wrong;
        }
    }
    return NULL;
}

/* ldns takes a name whose first label is @ for the origin, whatever follows. */
static const char *check_target(struct span text, const struct name *origin)
{
    struct token field;
    struct name name;
    bool found = span_token(&text, &field) == TOKEN_FOUND && /* priority */
                 span_token(&text, &field) == TOKEN_FOUND && field.text.len > 1 &&
                 name_from_text(&name, field.text.at, field.text.len, origin) == NULL;
    return found && name.octets[0] == 1 && name.octets[1] == '@'
               ? "has a target that begins with the label @, which is not understood: "
                 "\\# length hex is"
               : NULL;
}

static const char *put_ldns_record(const ldns_rr *rr, struct rdata *out)
{
    for (size_t i = 0; i < ldns_rr_rd_count(rr); i++) {
        const ldns_rdf *field = ldns_rr_rdf(rr, i);
        if (field == NULL) {
            return reason_of(LDNS_STATUS_ERR);
        }
        rdata_put(out, ldns_rdf_data(field), ldns_rdf_size(field));
    }
    return NULL;
}

/*
 * One line of a zone file, ". 0 IN TYPE data", so that nothing in the data can be taken for another
 * field or another line: line breaks and NULs are refused before.
 */
static const char *decode_by_ldns(uint16_t type, struct span data, const struct name *origin,
                                  struct rdata *out)
{
    char mnemonic[RRTYPE_TEXT_SIZE];
    uint8_t octets[DNS_NAME_MAX];
    ldns_rr *rr = NULL;

    for (size_t i = 0; i < data.len; i++) {
        if (iscntrl((unsigned char)data.at[i]) && data.at[i] != '\t') {
            return "has a control character";
        }
    }
    if (data.len > TEXT_MAX) {
        return "is longer than 65500 octets of text: \\# length hex may be longer";
    }
    memcpy(octets, origin->octets, origin->len);
    char *line =
        alloc_printf(". 0 IN %s %.*s", rrtype_to_text(mnemonic, type), (int)data.len, data.at);
    ldns_rdf *base = ldns_rdf_new(LDNS_RDF_TYPE_DNAME, origin->len, octets);
    ldns_status status =
        base == NULL ? LDNS_STATUS_MEM_ERR : ldns_rr_new_frm_str(&rr, line, 0, base, NULL);
    const char *wrong = status == LDNS_STATUS_OK ? put_ldns_record(rr, out) : reason_of(status);

    ldns_rr_free(rr);
    ldns_rdf_free(base); /* the struct alone: the octets are ours */
    free(line);
    return wrong;
}

static const char *decode_svcb(uint16_t type, struct span data, const struct name *origin,
                               struct rdata *out)
{
    char *plain = alloc_new(data.len);
    struct span text = span_trim(plain_text(data, plain));
    const char *wrong = check_params(text);

    if (wrong == NULL) {
        wrong = check_target(text, origin);
    }
    if (wrong == NULL) {
        wrong = decode_by_ldns(type, text, origin, out);
    }
    if (wrong == NULL) {
        wrong = check_shape(type, text, out->len);
    }
    free(plain);
    return wrong;
}

/* [!]family:address/prefix (RFC 3123, 5): ldns keeps the lower bits of the numbers, of none a 0. */
static const char *check_apl_numbers(struct span text)
{
    struct token item;
    uint32_t family, prefix;

    while (span_token(&text, &item) == TOKEN_FOUND) {
        size_t first = item.text.len > 0 && item.text.at[0] == '!';
        const char *from = item.text.at + first;
        const char *colon = memchr(from, ':', item.text.len - first);
        const char *slash = memrchr(from, '/', item.text.len - first);
        if (colon == NULL || slash == NULL || slash < colon ||
            !span_number((struct span){from, (size_t)(colon - from)}, 2, &family) ||
            !span_number(
                (struct span){slash + 1, (size_t)(item.text.at + item.text.len - slash - 1)},
                family == 1 ? 32 : 128, &prefix)) {
            return "is no list of [!]family:address/prefix with family 1 or 2";
        }
    }
    return NULL;
}

const char *decode_presentation(uint16_t type, struct span data, const struct name *origin,
                                struct rdata *out)
{
    const struct rrtype *known = rrtype_find(type);
    struct span text = span_trim(data);
    const char *wrong;

    if (text.len == 0) {
        return type == TYPE_APL ? NULL : "is empty"; /* RFC 3123, 4: a list of no items */
    }
    if (type == TYPE_CAA) {
        wrong = decode_caa(text, out);
    } else if (type == TYPE_DSYNC) {
        wrong = decode_dsync(text, origin, out);
    } else if (type == TYPE_AMTRELAY) {
        wrong = decode_amtrelay(text, origin, out);
    } else if (type == TYPE_IPSECKEY) {
        wrong = decode_ipseckey(text, origin, out);
    } else if (type == TYPE_RESINFO || type == TYPE_WALLET || type == TYPE_NINFO ||
               type == TYPE_AVC) {
        wrong = decode_strings(text, false, out);
    } else if (is_number_and_names(known)) {
        wrong = decode_names(known, text, origin, out);
    } else if (type == TYPE_SVCB || type == TYPE_HTTPS) {
        wrong = decode_svcb(type, text, origin, out);
    } else if (known == NULL) {
        wrong = "has a type that needs the form \\# length hex";
    } else {
        wrong = type == TYPE_APL ? check_apl_numbers(text) : NULL;
        wrong = wrong != NULL ? wrong : decode_by_ldns(type, text, origin, out);
        wrong = wrong != NULL ? wrong : check_shape(type, text, out->len);
    }
    if (wrong != NULL || out->full) {
        return wrong;
    }
    return check_rdata(type, out->octets, out->len);
}

/*
 * Is this RDATA what its type says? Asked of everything that came through ldns or as hexadecimal
 * digits: a client that takes a broken record apart would reject the whole message, so one bad row
 * would harm others. Lengths, names, character-strings, and values that resolvers are known to look at;
 * all others are the operator's business.
 */
#include <ctype.h>

#include "dns/rrtype.h"
#include "load/rr_text_private.h"

/* Types of fixed or least length whose contents are free. Sources: the RFC of each type. */
static const struct {
    uint16_t type, least, most;
} lengths[] = {
    {TYPE_A, 4, 4},
    {TYPE_WKS, 5, UINT16_MAX},
    {TYPE_AAAA, 16, 16},
    {TYPE_KEY, 4, UINT16_MAX},
    {TYPE_CERT, 5, UINT16_MAX},
    {TYPE_DS, 5, UINT16_MAX}, /* a digest of at least one octet */
    {TYPE_SSHFP, 3, UINT16_MAX},
    {TYPE_DNSKEY, 5, UINT16_MAX},
    {49, 3, UINT16_MAX}, /* DHCID */
    {TYPE_TLSA, 4, UINT16_MAX},
    {TYPE_SMIMEA, 4, UINT16_MAX},
    {TYPE_CDS, 5, UINT16_MAX},
    {TYPE_CDNSKEY, 5, UINT16_MAX},
    {TYPE_OPENPGPKEY, 1, UINT16_MAX},
    {62, 6, UINT16_MAX},  /* CSYNC */
    {63, 18, UINT16_MAX}, /* ZONEMD: a digest of at least 12 octets */
    {104, 10, 10},        /* NID */
    {105, 6, 6},          /* L32 */
    {106, 10, 10},        /* L64 */
    {108, 6, 6},          /* EUI48 */
    {109, 8, 8},          /* EUI64 */
    {TYPE_URI, 5, UINT16_MAX},
    {32768, 5, UINT16_MAX}, /* TA */
    {32769, 5, UINT16_MAX}, /* DLV */
};

/*
 * Digests whose length follows from their algorithm, an octet of the record; the digest is what comes
 * behind it. Resolvers (BIND) take a message with a digest of another length for malformed.
 */
static const struct {
    uint16_t type;
    uint8_t at;     /* where the algorithm stands */
    uint8_t len[5]; /* by algorithm; 0 = any */
} digests[] = {
    {TYPE_DS, 3, {0, 20, 32, 0, 48}},  {TYPE_SSHFP, 1, {0, 20, 32}},
    {TYPE_CDS, 3, {0, 20, 32, 0, 48}}, {63, 5, {0, 48, 64}}, /* ZONEMD */
    {32768, 3, {0, 20, 32, 0, 48}},    {32769, 3, {0, 20, 32, 0, 48}},
};

static const char wrong_length[] = "has a length that its type cannot have";
static const char wrong_name[] = "has a broken name";
static const char wrong_string[] = "has a broken character-string";

/* Types made of character-strings only: how many; most 0 = any number. */
static bool string_counts(uint16_t type, unsigned *least, unsigned *most)
{
    *least = 1;
    *most = 0;
    switch (type) {
    case TYPE_TXT:
    case TYPE_SPF:
    case 56:  /* NINFO */
    case 258: /* AVC */
    case 261: /* RESINFO */
    case 262: /* WALLET */
        return true;
    case TYPE_HINFO:
        *least = *most = 2;
        return true;
    case TYPE_GPOS:
        *least = *most = 3;
        return true;
    case TYPE_X25:
        *most = 1;
        return true;
    case TYPE_ISDN:
        *most = 2;
        return true;
    default:
        return false;
    }
}

/* COUNT strings from AT on (0 = up to the end); the offset behind them, 0 when one is broken. */
static size_t skip_strings(const uint8_t *octets, size_t at, size_t len, unsigned count)
{
    for (unsigned i = 0; count == 0 ? at < len : i < count; i++) {
        if (at >= len || (size_t)octets[at] + 1 > len - at) {
            return 0;
        }
        at += (size_t)octets[at] + 1;
    }
    return at;
}

static const char *check_strings(const uint8_t *octets, size_t len, unsigned least, unsigned most)
{
    unsigned count = 0;
    for (size_t at = 0; at < len; count++) {
        at = skip_strings(octets, at, len, 1);
        if (at == 0) {
            return wrong_string;
        }
    }
    return count < least || (most > 0 && count > most) ? "has a wrong number of strings" : NULL;
}

/*
 * RFC 3402, 3.2: nothing, or an expression, its replacement and flags, each behind the delimiter; i is the
 * one flag. The expression itself is the operator's business.
 */
static bool is_substitution(const uint8_t *text, size_t len)
{
    unsigned delimiters = 1;
    size_t at = 1;

    if (len == 0) {
        return true;
    }
    static const char no_delimiters[] = "0123456789i\\"; /* nor the NUL behind them */
    if (memchr(no_delimiters, text[0], sizeof no_delimiters) != NULL) {
        return false;
    }
    for (; at < len && delimiters < 3; at++) {
        if (text[at] == '\\') {
            at++;
        } else if (text[at] == text[0]) {
            delimiters++;
        }
    }
    while (at < len && text[at] == 'i') {
        at++;
    }
    return delimiters == 3 && at == len;
}

static const char *check_naptr(const uint8_t *octets, size_t len)
{
    size_t regexp = len < 4 ? 0 : skip_strings(octets, 4, len, 2);
    size_t at = regexp == 0 ? 0 : skip_strings(octets, regexp, len, 1);
    if (at == 0) {
        return wrong_string;
    }
    if (!is_substitution(octets + regexp + 1, octets[regexp])) {
        return "has a regexp that is not of the form !expression!replacement!";
    }
    size_t name = name_check(octets + at, len - at);
    return name == 0 || at + name != len ? wrong_name : NULL;
}

/* RFC 8659, 4.1: flags, the tag's length, a tag of letters and digits, the value. */
static const char *check_caa(const uint8_t *octets, size_t len)
{
    if (len < 3 || octets[1] == 0 || octets[1] > len - 2) {
        return "has no tag, or one that is too long";
    }
    for (size_t i = 0; i < octets[1]; i++) {
        uint8_t c = octets[2 + i];
        if (!(c >= '0' && c <= '9') && !((c | 0x20) >= 'a' && (c | 0x20) <= 'z')) {
            return "has a tag with something else than letters and digits";
        }
    }
    return NULL;
}

/* Whole identifiers, each with its length, none empty, and at least one: RFC 9460, 7.1.1. */
static bool is_alpn(const uint8_t *value, size_t len)
{
    size_t at = 0;
    while (at < len && value[at] != 0 && value[at] < len - at) {
        at += 1u + value[at];
    }
    return len > 0 && at == len;
}

/* RFC 3629, 4; overlong forms and surrogates are none. */
static bool is_utf8(const uint8_t *text, size_t len)
{
    for (size_t at = 0; at < len;) {
        uint8_t c = text[at++];
        unsigned more = c < 0x80 ? 0 : c < 0xe0 ? 1 : c < 0xf0 ? 2 : 3;
        uint32_t code = more == 0 ? c : c & (0x3fu >> more);
        static const uint32_t least[] = {0, 0x80, 0x800, 0x10000};
        if ((c >= 0x80 && c < 0xc2) || c > 0xf4 || more > len - at) {
            return false;
        }
        for (unsigned i = 0; i < more; i++, at++) {
            if ((text[at] & 0xc0) != 0x80) {
                return false;
            }
            code = code << 6 | (text[at] & 0x3f);
        }
        if (code < least[more] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) {
            return false;
        }
    }
    return true;
}

/* Octets of "%XX" at TEXT, 0 when it is something else. */
static size_t percent_len(const uint8_t *text, size_t len)
{
    return len >= 3 && text[0] == '%' && isxdigit(text[1]) && isxdigit(text[2]) ? 3 : 0;
}

/* RFC 6570, 2.3 and 2.4: a name with single dots in it, then * or :1 to :9999 or nothing. */
static bool is_variable(const uint8_t *text, size_t len)
{
    size_t at = 0;
    bool dot = true; /* none may stand here */

    for (size_t step; at < len; at += step) {
        step = text[at] == '.'                        ? !dot
               : isalnum(text[at]) || text[at] == '_' ? 1
                                                      : percent_len(text + at, len - at);
        if (step == 0) {
            break;
        }
        dot = text[at] == '.';
    }
    if (dot) {
        return false;
    }
    if (at < len && text[at] == ':') {
        uint32_t value;
        struct span digits = {(const char *)text + at + 1, len - at - 1};
        return span_number(digits, 9999, &value) && digits.at[0] != '0';
    }
    return at == len || (text[at] == '*' && at + 1 == len);
}

/* What stands between braces: an operator, variables. *DNS: one of them has that name. */
static bool is_expression(const uint8_t *text, size_t len, bool *dns)
{
    size_t at = len > 0 && memchr("+#./;?&", text[0], 7) != NULL;

    for (;; at++) {
        const uint8_t *comma = memchr(text + at, ',', len - at);
        size_t end = comma == NULL ? len : (size_t)(comma - text);
        if (!is_variable(text + at, end - at)) {
            return false;
        }
        *dns |= end - at >= 3 && memcmp(text + at, "dns", 3) == 0 &&
                (end - at == 3 || text[at + 3] == '*' || text[at + 3] == ':');
        at = end;
        if (at == len) {
            return true;
        }
    }
}

/* RFC 9461, 5: a URI template (RFC 6570) in UTF-8, relative, with the variable dns. */
static bool is_dohpath(const uint8_t *text, size_t len)
{
    bool dns = false;

    if (len == 0 || text[0] != '/' || !is_utf8(text, len)) {
        return false;
    }
    for (size_t at = 0; at < len; at++) {
        if (text[at] == '%' && percent_len(text + at, len - at) == 0) {
            return false;
        }
        if (text[at] == '{') {
            const uint8_t *end = memchr(text + at, '}', len - at);
            at++;
            if (end == NULL || !is_expression(text + at, (size_t)(end - text) - at, &dns)) {
                return false;
            }
            at = (size_t)(end - text);
        }
    }
    return dns;
}

/* May the value of KEY look like this? RFC 9460, 7 and 8; RFC 9461, 5. */
static bool is_svcb_value(int32_t key, const uint8_t *value, size_t len)
{
    switch (key) {
    case 0: /* mandatory: keys */
        return len > 0 && len % 2 == 0;
    case 1:
        return is_alpn(value, len);
    case 2: /* no-default-alpn */
        return len == 0;
    case 3: /* port */
        return len == 2;
    case 4: /* ipv4hint */
        return len > 0 && len % 4 == 0;
    case 6: /* ipv6hint */
        return len > 0 && len % 16 == 0;
    case 7: /* dohpath */
        return is_dohpath(value, len);
    default:
        return true;
    }
}

/* Is KEY among the parameters, which are whole? */
static bool has_svcb_key(const uint8_t *octets, size_t len, int32_t key)
{
    for (size_t at = 0; at < len; at += 4u + (octets[at + 2] << 8 | octets[at + 3])) {
        if ((octets[at] << 8 | octets[at + 1]) == key) {
            return true;
        }
    }
    return false;
}

/* RFC 9460, 7.1.1 and 8: no-default-alpn has an alpn, mandatory keys are there, in ascending order. */
static bool is_svcb_consistent(const uint8_t *octets, size_t len)
{
    if (has_svcb_key(octets, len, 2) && !has_svcb_key(octets, len, 1)) {
        return false;
    }
    if (!has_svcb_key(octets, len, 0)) {
        return true;
    }
    int32_t last = 0; /* mandatory, the lowest key, stands first and does not name itself */
    size_t end = 4u + (octets[2] << 8 | octets[3]);
    for (size_t at = 4; at < end; at += 2) {
        int32_t key = octets[at] << 8 | octets[at + 1];
        if (key <= last || !has_svcb_key(octets, len, key)) {
            return false;
        }
        last = key;
    }
    return true;
}

/* RFC 9460, 2.2: keys in ascending order, none twice, each value within the rest. */
static const char *check_svcb_params(const uint8_t *octets, size_t len)
{
    const char *wrong = NULL;
    int32_t last = -1;
    for (size_t at = 0; at < len;) {
        if (len - at < 4) {
            return "has a broken parameter";
        }
        int32_t key = octets[at] << 8 | octets[at + 1];
        size_t value_len = (size_t)(octets[at + 2] << 8 | octets[at + 3]);
        if (key <= last) {
            return "has its parameters out of order, or one twice";
        }
        if (value_len > len - at - 4) {
            return "has a broken parameter";
        }
        if (!is_svcb_value(key, octets + at + 4, value_len)) {
            wrong = "has a parameter with a value that it cannot have";
        }
        last = key;
        at += 4 + value_len;
    }
    if (wrong == NULL && !is_svcb_consistent(octets, len)) {
        wrong = "lacks a parameter that another one demands, or demands one twice";
    }
    return wrong;
}

static uint32_t distance(const uint8_t *octets)
{
    uint32_t value = (uint32_t)octets[0] << 24 | (uint32_t)octets[1] << 16 |
                     (uint32_t)octets[2] << 8 | octets[3];
    return value >= 1u << 31 ? value - (1u << 31) : (1u << 31) - value;
}

/* RFC 1876, 2: version 0 has digits in its three sizes, and a place on Earth. */
static const char *check_loc(const uint8_t *octets, size_t len)
{
    const uint32_t degree = 3600 * 1000; /* in thousandths of a second of arc */

    if (len != 16) {
        return wrong_length;
    }
    for (unsigned i = 1; i < 4 && octets[0] == 0; i++) {
        if (octets[i] >> 4 > 9 || (octets[i] & 0x0f) > 9) {
            return "has a size that is none";
        }
    }
    return octets[0] == 0 && (distance(octets + 4) > 90 * degree || /* latitude */
                              distance(octets + 8) > 180 * degree)
               ? "has a latitude above 90 or a longitude above 180 degrees"
               : NULL;
}

/*
 * RFC 7477, 2.1.1: serial, flags, the types in RFC 4034, 4.1.2's windows. ldns turns an unknown mnemonic
 * into type 0, which no record has.
 */
static const char *check_csync(const uint8_t *octets, size_t len)
{
    int last = -1;
    for (size_t at = 6; at < len;) {
        if (len - at < 3 || octets[at] <= last || octets[at + 1] == 0 || octets[at + 1] > 32 ||
            octets[at + 1] > len - at - 2) {
            return "has a broken list of types";
        }
        if (octets[at] == 0 && (octets[at + 2] & 0x80) != 0) {
            return "names a type that does not exist";
        }
        last = octets[at];
        at += 2u + octets[at + 1];
    }
    return len < 6 ? wrong_length : NULL;
}

/* RFC 8777, 4.2: precedence, D and type, a relay as the type says. */
static const char *check_amtrelay(const uint8_t *octets, size_t len)
{
    static const uint8_t relay_len[] = {0, 4, 16};
    unsigned type = len < 2 ? 0 : octets[1] & 0x7f;
    if (len >= 2 && type == 3) {
        return 2 + name_check(octets + 2, len - 2) == len && len > 2 ? NULL : wrong_name;
    }
    bool known = type < ARRAY_LEN(relay_len);
    return len < 2 || (known && len != 2u + relay_len[type]) ? wrong_length : NULL;
}

/* RFC 4025, 2: precedence, type, algorithm, a gateway as the type says, a key unless algorithm is 0. */
static const char *check_ipseckey(const uint8_t *octets, size_t len)
{
    static const uint8_t gateway_len[] = {0, 4, 16};
    if (len < 3) {
        return wrong_length;
    }
    if (octets[1] > 3) {
        return "has a gateway of a type that does not exist";
    }
    size_t gateway = octets[1] < 3 ? gateway_len[octets[1]] : name_check(octets + 3, len - 3);
    if (octets[1] == 3 && gateway == 0) {
        return wrong_name;
    }
    return len < 3 + gateway + (octets[2] != 0) ? wrong_length : NULL;
}

/* RFC 3123, 4: any number of family, prefix, N and length, an address without the zeros at its end. */
static const char *check_apl(const uint8_t *octets, size_t len)
{
    for (size_t at = 0; at < len;) {
        if (len - at < 4 || (octets[at + 3] & 0x7fu) > len - at - 4) {
            return "has a broken list of addresses";
        }
        unsigned family = (unsigned)octets[at] << 8 | octets[at + 1], prefix = octets[at + 2];
        unsigned address_len = octets[at + 3] & 0x7f;
        unsigned most = family == 1 ? 4 : family == 2 ? 16 : UINT8_MAX; /* IPv4, IPv6, others */
        at += 4 + address_len;
        if (address_len > most || prefix > most * 8) {
            return "has an address or a prefix that is too long for its family";
        }
        if (address_len > 0 && octets[at - 1] == 0) {
            return "has an address with zeros at its end";
        }
    }
    return NULL;
}

/* RFC 8005, 5: lengths of HIT and key, algorithm, both of them, names of servers. */
static const char *check_hip(const uint8_t *octets, size_t len)
{
    size_t hit_len = len < 4 ? 0 : octets[0];
    size_t key_len = len < 4 ? 0 : (size_t)(octets[2] << 8 | octets[3]);
    if (hit_len == 0 || key_len == 0 || hit_len + key_len > len - 4) {
        return wrong_length;
    }
    for (size_t at = 4 + hit_len + key_len, name; at < len; at += name) {
        name = name_check(octets + at, len - at);
        if (name == 0) {
            return wrong_name;
        }
    }
    return NULL;
}

/* Names at the places that the descriptor tells, and nothing behind them but SVCB's parameters. */
static const char *check_names(const struct rrtype *type, const uint8_t *octets, size_t len)
{
    size_t at = type->name_off;
    for (unsigned i = 0; i < type->name_count; i++) {
        size_t name = at < len ? name_check(octets + at, len - at) : 0;
        if (name == 0) {
            return wrong_name;
        }
        at += name;
    }
    if (type->number == TYPE_SVCB || type->number == TYPE_HTTPS) {
        return check_svcb_params(octets + at, len - at);
    }
    return at == len ? NULL : wrong_length;
}

/* LEN is enough for the type. */
static const char *check_digest(uint16_t type, const uint8_t *octets, size_t len)
{
    for (size_t i = 0; i < ARRAY_LEN(digests); i++) {
        unsigned at = digests[i].at;
        if (digests[i].type != type || octets[at] >= ARRAY_LEN(digests[i].len)) {
            continue;
        }
        unsigned expected = digests[i].len[octets[at]];
        return expected != 0 && len != at + 1u + expected
                   ? "has a digest of another length than its algorithm's"
                   : NULL;
    }
    return NULL;
}

const char *check_rdata(uint16_t type, const uint8_t *octets, size_t len)
{
    const struct rrtype *known = rrtype_find(type);
    unsigned least, most;

    if (known != NULL && known->name_count > 0) {
        return check_names(known, octets, len);
    }
    if (string_counts(type, &least, &most)) {
        return check_strings(octets, len, least, most);
    }
    switch (type) {
    case TYPE_NAPTR:
        return check_naptr(octets, len);
    case TYPE_CAA:
        return check_caa(octets, len);
    case TYPE_LOC:
        return check_loc(octets, len);
    case TYPE_APL:
        return check_apl(octets, len);
    case 45:
        return check_ipseckey(octets, len);
    case 55:
        return check_hip(octets, len);
    case 62:
        return check_csync(octets, len);
    case 260:
        return check_amtrelay(octets, len);
    case 66: /* DSYNC: type, scheme, port, target */
        return len > 5 && 5 + name_check(octets + 5, len - 5) == len ? NULL : wrong_name;
    default:
        break;
    }
    for (size_t i = 0; i < ARRAY_LEN(lengths); i++) {
        if (lengths[i].type == type) {
            return len < lengths[i].least || len > lengths[i].most
                       ? wrong_length
                       : check_digest(type, octets, len);
        }
    }
    /* RFC 3597, 5: what is not known may be empty; RFC 1035, 3.3.10: NULL may be anything. */
    return len == 0 && known != NULL && type != TYPE_NULL ? wrong_length : NULL;
}

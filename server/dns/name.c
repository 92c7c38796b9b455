#include "dns/name.h"

#include <string.h>

static uint8_t lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/*
 * Read one octet of a label at TEXT[*AT], undoing escapes. Returns NULL or what is wrong with it.
 */
static const char *read_octet(const char *text, size_t len, size_t *at, uint8_t *octet)
{
    char c = text[(*at)++];
    if (c != '\\') {
        *octet = (uint8_t)c;
        return NULL;
    }
    if (*at >= len) {
        return "ends in a backslash";
    }
    if (!is_digit(text[*at])) {
        *octet = (uint8_t)text[(*at)++];
        return NULL;
    }
    if (len - *at < 3 || !is_digit(text[*at + 1]) || !is_digit(text[*at + 2])) {
        return "has a \\DDD escape without three digits";
    }
    unsigned value = (unsigned)(text[*at] - '0') * 100 + (unsigned)(text[*at + 1] - '0') * 10 +
                     (unsigned)(text[*at + 2] - '0');
    if (value > 255) {
        return "has a \\DDD escape above 255";
    }
    *at += 3;
    *octet = (uint8_t)value;
    return NULL;
}

const char *name_from_text(struct name *out, const char *text, size_t len,
                           const struct name *origin)
{
    size_t at = 0, used = 0;

    if (len == 1 && text[0] == '.') {
        out->len = 1;
        out->octets[0] = 0;
        return NULL;
    }
    bool absolute = false;
    while (at < len) {
        size_t label = used++; /* place of the length octet */
        if (label >= DNS_NAME_MAX - 1) {
            return "is longer than 255 octets";
        }
        while (at < len && text[at] != '.') {
            uint8_t octet;
            const char *wrong = read_octet(text, len, &at, &octet);
            if (wrong != NULL) {
                return wrong;
            }
            if (used - label - 1 >= DNS_LABEL_MAX) {
                return "has a label longer than 63 octets";
            }
            if (used >= DNS_NAME_MAX - 1) {
                return "is longer than 255 octets";
            }
            out->octets[used++] = octet;
        }
        if (used == label + 1) {
            return "has an empty label";
        }
        out->octets[label] = (uint8_t)(used - label - 1);
        if (at < len) { /* at a dot */
            at++;
            absolute = at == len;
        }
    }
    if (absolute) {
        out->octets[used++] = 0;
    } else if (origin == NULL) {
        return "lacks the final dot";
    } else {
        if (used + origin->len > DNS_NAME_MAX) {
            return "is longer than 255 octets with its origin";
        }
        memcpy(out->octets + used, origin->octets, origin->len);
        used += origin->len;
    }
    out->len = (uint8_t)used;
    return NULL;
}

const char *name_to_text(char *out, const uint8_t *octets)
{
    char *p = out;

    if (octets[0] == 0) {
        *p++ = '.';
    }
    while (*octets != 0) {
        for (unsigned n = *octets++; n > 0; n--) {
            uint8_t c = *octets++;
            if (c <= 0x20 || c >= 0x7f) {
                *p++ = '\\';
                *p++ = (char)('0' + c / 100);
                *p++ = (char)('0' + c / 10 % 10);
                *p++ = (char)('0' + c % 10);
                continue;
            }
            if (strchr(".\\\"();@$", c) != NULL) {
                *p++ = '\\';
            }
            *p++ = (char)c;
        }
        *p++ = '.';
    }
    *p = '\0';
    return out;
}

size_t name_len(const uint8_t *octets)
{
    size_t at = 0;
    while (octets[at] != 0) {
        at += 1u + octets[at];
    }
    return at + 1;
}

unsigned name_labels(const uint8_t *octets)
{
    unsigned count = 0;
    while (*octets != 0) {
        octets += 1u + *octets;
        count++;
    }
    return count;
}

size_t name_check(const uint8_t *octets, size_t cap)
{
    size_t at = 0;
    if (cap > DNS_NAME_MAX) {
        cap = DNS_NAME_MAX;
    }
    while (at < cap) {
        if (octets[at] == 0) {
            return at + 1;
        }
        if (octets[at] > DNS_LABEL_MAX) {
            return 0;
        }
        at += 1u + octets[at];
    }
    return 0;
}

void name_lower(uint8_t *out, const uint8_t *in, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        out[i] = lower(in[i]); /* a length octet is at most 63, below 'A' */
    }
}

static bool octets_equal(const uint8_t *a, const uint8_t *b, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (lower(a[i]) != lower(b[i])) {
            return false;
        }
    }
    return true;
}

bool name_equal(const uint8_t *a, const uint8_t *b)
{
    size_t len = name_len(a);
    return len == name_len(b) && octets_equal(a, b, len);
}

bool name_is_at_or_below(const uint8_t *a, const uint8_t *b)
{
    size_t left = name_len(a), len = name_len(b);

    while (left > len) {
        left -= 1u + *a;
        a += 1u + *a;
    }
    return left == len && (memcmp(a, b, len) == 0 || octets_equal(a, b, len));
}

const uint8_t *name_suffix(const uint8_t *octets, unsigned skip)
{
    while (skip-- > 0) {
        octets += 1u + *octets;
    }
    return octets;
}

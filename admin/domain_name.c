/*
 * libidn2 does the conversion, label by label, so that what DNS allows beyond host names ('_' of
 * RFC 8552, '/' of RFC 2317, '*') passes untouched beside labels in other scripts.
 */
#include "admin/domain_name.h"

#include <arpa/inet.h>
#include <idn2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "admin/report.h"
#include "base/alloc.h"

static bool is_ascii(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if ((unsigned char)text[i] >= 0x80) {
            return false;
        }
    }
    return true;
}

static const char *put_label(FILE *out, const char *label, size_t len)
{
    if (is_ascii(label, len)) {
        fwrite(label, 1, len, out);
        return NULL;
    }
    char *utf8 = alloc_printf("%.*s", (int)len, label), *ascii = NULL;
    int rc = idn2_to_ascii_8z(utf8, &ascii, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
    free(utf8);
    if (rc != IDN2_OK) {
        return rc == IDN2_ENCODING_ERROR ? "is not valid UTF-8"
                                         : "is not a valid internationalised name (RFC 5891)";
    }
    fputs(ascii, out);
    idn2_free(ascii);
    return NULL;
}

char *domain_to_ascii(const char *text, size_t len, const char **fault)
{
    char *ascii = NULL;
    size_t ascii_len = 0, start = 0;
    FILE *out = open_memstream(&ascii, &ascii_len);

    *fault = NULL;
    for (size_t at = 0; at <= len && *fault == NULL; at++) {
        if (at < len && text[at] != '.') {
            continue;
        }
        *fault = put_label(out, text + start, at - start);
        if (at < len) {
            fputc('.', out);
        }
        start = at + 1;
    }
    fclose(out);
    if (*fault != NULL) {
        free(ascii);
        return NULL;
    }
    return ascii;
}

/* Things that people paste instead of a domain, and octets that no domain has. */
static const char *find_fault(const char *text, size_t len)
{
    if (len == 0) {
        return "is empty";
    }
    if (memmem(text, len, "://", 3) != NULL) {
        return "is a URL, not a domain name";
    }
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c == ' ' || c == '\t') {
            return "contains a blank";
        }
        if (c < 0x20 || c == 0x7f) {
            return "contains a control character";
        }
        if (c == '@') {
            return "is a mail address, not a domain name";
        }
        if (c == ':') {
            return "contains ':' (an IPv6 address or a port, not a domain name)";
        }
        bool good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                    c >= 0x80 || strchr("-_./*", c) != NULL;
        if (!good) {
            return "contains a character other than letters, digits, '-', '_' and '/'";
        }
    }
    return NULL;
}

/* Also with a prefix: 192.0.2.0/24. */
static bool is_ipv4(const char *text)
{
    struct in_addr address;
    char bare[64];
    size_t len = strcspn(text, "/");
    const char *end = text[len] != 0 ? text + len + 1 : text + len;
    end += strspn(end, "0123456789");
    end += *end == '.';
    if (len == 0 || len >= sizeof bare || *end != 0) {
        return false;
    }
    memcpy(bare, text, len);
    bare[len] = 0;
    if (bare[len - 1] == '.') {
        bare[len - 1] = 0;
    }
    return inet_pton(AF_INET, bare, &address) == 1;
}

const char *domain_from_text(struct domain *out, const char *text, size_t len)
{
    static const struct name root = {1, {0}};
    const char *fault = find_fault(text, len);
    if (fault != NULL) {
        return fault;
    }
    char *ascii = domain_to_ascii(text, len, &fault);
    if (ascii == NULL) {
        return fault;
    }
    fault = find_fault(ascii, strlen(ascii)); /* again: U+FF20 has become an @ */
    if (fault == NULL && is_ipv4(ascii)) {
        fault = "is an IP address, not a domain name";
    }
    if (fault == NULL) {
        fault = name_from_text(&out->name, ascii, strlen(ascii), &root);
    }
    free(ascii);
    if (fault == NULL) {
        name_lower(out->name.octets, out->name.octets, out->name.len);
        name_to_text(out->text, out->name.octets);
    }
    return fault;
}

const char *host_from_text(struct domain *out, const char *text)
{
    const char *fault = domain_from_text(out, text, strlen(text));
    return fault == NULL && strchr(text, '*') != NULL ? "contains '*', which is no name of a host"
                                                      : fault;
}

const char *mbox_from_text(char *out, const char *text)
{
    static const struct name root = {1, {0}};
    const char *fault, *at = strrchr(text, '@');
    const char *domain = at != NULL ? at + 1 : text; /* IDN is for the part behind the @ */
    struct domain host;
    struct name name;

    if (strpbrk(text, " \t\r\n<>()[]:;,\"") != NULL || *domain == 0 || at == text ||
        strpbrk(text, "@.") == NULL || strchr(text, '@') != at) {
        return "is not a mail address";
    }
    for (const char *c = text; c < domain; c++) {
        if ((*c & 0x80) != 0) {
            return "has characters beyond ASCII before the @";
        }
    }
    if (at != NULL && (fault = host_from_text(&host, domain)) != NULL) {
        return fault;
    }
    char *ascii = domain_to_ascii(domain, strlen(domain), &fault);
    if (ascii == NULL) {
        return fault;
    }
    char *whole = alloc_new(2 * (size_t)(domain - text) + strlen(ascii) + 1), *p = whole;
    for (const char *c = text; c < domain; c++) {
        if (c != at && (*c == '.' || *c == '\\')) {
            *p++ = '\\';
        }
        *p++ = c == at ? '.' : *c;
    }
    strcpy(p, ascii);
    fault = name_from_text(&name, whole, strlen(whole), &root);
    if (fault == NULL) {
        name_to_text(out, name.octets);
    }
    free(whole);
    free(ascii);
    return fault;
}

const char *domain_origin_fault(const struct domain *domain)
{
    const uint8_t *at = domain->name.octets;
    if (*at == 0) {
        return "is the root; a zone for every name that exists is not what dnsadm makes";
    }
    for (; *at != 0; at += *at + 1) {
        if (memchr(at + 1, '*', *at) != NULL) {
            return "contains '*': a wildcard is a record of a domain, not a domain";
        }
        if (at[1] == '-' || at[*at] == '-') {
            return "has a label that begins or ends with '-' (RFC 1123, 2.1)";
        }
    }
    return NULL;
}

/* An A-label may stand for anything, control characters too. */
static bool is_printable(const char *text)
{
    size_t len = strlen(text), step = 1;
    for (size_t at = 0; at < len && step > 0; at += step) {
        step = report_printable(text + at, len - at);
    }
    return step > 0;
}

char *domain_shown(const char *text)
{
    char *utf8 = NULL;
    if (strcasestr(text, "xn--") == NULL || idn2_to_unicode_8z8z(text, &utf8, 0) != IDN2_OK) {
        return alloc_string(text);
    }
    char *shown = strcmp(utf8, text) == 0 || !is_printable(utf8)
                      ? alloc_string(text)
                      : alloc_printf("%s (%s)", utf8, text);
    idn2_free(utf8);
    return shown;
}

const char *owner_from_text(struct name *out, const char *text, const struct name *origin)
{
    const char *fault;
    if (strcmp(text, "@") == 0 || *text == 0) {
        *out = *origin;
        return NULL;
    }
    char *ascii = domain_to_ascii(text, strlen(text), &fault);
    if (ascii == NULL) {
        return fault;
    }
    for (const unsigned char *c = (const unsigned char *)ascii; *c != 0 && fault == NULL; c++) {
        if (*c <= ' ' || *c == 0x7f) {
            fault = *c == ' ' ? "contains a blank" : "contains a control character";
        }
    }
    if (fault == NULL) {
        fault = name_from_text(out, ascii, strlen(ascii), origin);
    }
    free(ascii);
    if (fault != NULL) {
        return fault;
    }
    name_lower(out->octets, out->octets, out->len);
    return name_is_at_or_below(out->octets, origin->octets) ? NULL : "does not lie in the domain";
}

void owner_to_relative(char *out, const struct name *owner, const struct name *origin)
{
    struct name relative = {0, {0}};
    size_t len = (size_t)(owner->len - origin->len);
    memcpy(relative.octets, owner->octets, len);
    relative.octets[len] = 0;
    relative.len = (uint8_t)(len + 1);
    if (len == 0) {
        *out = 0;
        return;
    }
    name_to_text(out, relative.octets);
    out[strlen(out) - 1] = 0; /* the final dot of a name that is relative here */
}

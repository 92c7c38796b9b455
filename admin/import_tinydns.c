/*
 * The input of tinydns-data (https://cr.yp.to/djbdns/tinydns-data.html), a line per record or two:
 * each becomes the line of a zone file, which ldns reads. Origins are where a Z or . line says;
 * read first, so that the order of lines does not matter. Times to live that are left out are
 * tinydns-data's. Timestamps and locations do not count.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "admin/import.h"
#include "base/alloc.h"

enum {
    FIELDS = 12,
    OCTETS_MAX = 65535,
    TTL_SOA = 2560, /* these four: tinydns-data.c's own */
    TTL_NS = 259200,
    TTL_OTHER = 86400,
};

struct source {
    struct import *import;
    const char *file;
    unsigned line;
    unsigned serial; /* of zones whose lines have none: the file's time */
    char *fields[FIELDS];
    size_t skipped; /* records of no zone that is imported */
};

static const char *field(const struct source *source, unsigned at)
{
    return at < FIELDS && source->fields[at] != NULL ? source->fields[at] : "";
}

static const char *field_or(const struct source *source, unsigned at, const char *fallback)
{
    return *field(source, at) != '\0' ? field(source, at) : fallback;
}

/* TTL at AT, or FALLBACK. */
static unsigned ttl_at(const struct source *source, unsigned at, unsigned fallback)
{
    const char *text = field(source, at);
    return isdigit((unsigned char)*text) ? (unsigned)strtoul(text, NULL, 10) : fallback;
}

static bool is_octal(const char *at)
{
    return at[0] == '\\' && at[1] >= '0' && at[1] <= '3' && at[2] >= '0' && at[2] <= '7' &&
           at[3] >= '0' && at[3] <= '7';
}

/* Next octet of TEXT, which moves on. */
static uint8_t next_octet(const char **text)
{
    if (is_octal(*text)) {
        const char *at = *text;
        *text += 4;
        return (uint8_t)((at[1] - '0') << 6 | (at[2] - '0') << 3 | (at[3] - '0'));
    }
    return (uint8_t) * (*text)++;
}

/* A name of the file as one of a zone file, with final dot (given). */
static char *name_of(const char *text)
{
    char *name = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&name, &len);
    const char *at = text;
    while (*at != '\0') {
        bool escaped = is_octal(at);
        uint8_t octet = next_octet(&at);
        if (!escaped && octet == '.') {
            if (*at != '\0') {
                fputc('.', out);
            }
        } else if (isalnum(octet) || (octet != 0 && strchr("-_*/", octet) != NULL)) {
            fputc(octet, out);
        } else {
            fprintf(out, "\\%03u", octet);
        }
    }
    fputc('.', out);
    fclose(out);
    return name;
}

static enum outcome complain(const struct source *source, const char *what)
{
    report_warning("%s:%u: left out: %s", source->file, source->line, what);
    return OUTCOME_REFUSED;
}

/* The record "OWNER TTL IN ..." into its zone, if that is imported. */
PRINTF(4, 5)
static void put(struct source *source, const char *owner, unsigned ttl, const char *format, ...)
{
    struct name name;
    ldns_rr *rr = NULL;
    char *data = NULL;
    va_list args;
    va_start(args, format);
    if (vasprintf(&data, format, args) < 0) {
        abort();
    }
    va_end(args);
    const char *fault = name_from_text(&name, owner, strlen(owner), NULL);
    if (fault == NULL) {
        name_lower(name.octets, name.octets, name.len);
        struct import_zone *zone = import_find(source->import, &name);
        char *line = alloc_printf("%s %u IN %s", owner, ttl, data);
        if (zone == NULL) {
            source->skipped++;
        } else if (ldns_rr_new_frm_str(&rr, line, 0, NULL, NULL) != LDNS_STATUS_OK) {
            fault = "it makes no record";
        } else {
            fault = import_rr(source->import, zone, rr);
        }
        if (zone != NULL && fault != NULL) {
            zone->left_out++;
        }
        ldns_rr_free(rr);
        free(line);
    }
    if (fault != NULL) {
        complain(source, fault);
    }
    free(data);
}

/* --- lines ------------------------------------------------------------------------------------ */

/* x of NS, MX and SRV lines: without a dot it lies below KIND of the name. Given. */
static char *host_of(const struct source *source, unsigned at, const char *kind)
{
    const char *text = field(source, at);
    if (strchr(text, '.') != NULL) {
        return name_of(text);
    }
    char *whole = alloc_printf("%s%s%s.%s", text, *text != '\0' ? "." : "", kind, field(source, 0));
    char *name = name_of(whole);
    free(whole);
    return name;
}

static void put_address(struct source *source, const char *owner, const char *address, unsigned ttl)
{
    if (*address != '\0') {
        put(source, owner, ttl, "A %s", address);
    }
}

static void put_soa_line(struct source *source, const char *owner)
{
    char *ns = name_of(field(source, 1)), *mbox = name_of(field(source, 2));
    put(source, owner, ttl_at(source, 8, TTL_SOA), "SOA %s %s %u %u %u %u %u", ns, mbox,
        ttl_at(source, 3, source->serial), ttl_at(source, 4, 16384), ttl_at(source, 5, 2048),
        ttl_at(source, 6, 1048576), ttl_at(source, 7, TTL_SOA));
    free(ns);
    free(mbox);
}

/* A Z line for the same name comes first or last, and wins. */
static void put_ns_line(struct source *source, const char *owner, bool with_soa)
{
    char *host = host_of(source, 2, "ns");
    struct name name;
    unsigned ttl = ttl_at(source, 3, TTL_NS);

    if (with_soa && name_from_text(&name, owner, strlen(owner), NULL) == NULL) {
        name_lower(name.octets, name.octets, name.len);
        const struct import_zone *zone = import_find(source->import, &name);
        if (zone != NULL && zone->ns == NULL) {
            put(source, owner, TTL_SOA, "SOA %s hostmaster.%s %u 16384 2048 1048576 %d", host,
                owner, source->serial, TTL_SOA);
        }
    }
    put(source, owner, ttl, "NS %s", host);
    put_address(source, host, field(source, 1), ttl);
    free(host);
}

static void put_reverse(struct source *source, const char *owner, unsigned ttl)
{
    unsigned a, b, c, d;
    if (sscanf(field(source, 1), "%u.%u.%u.%u", &a, &b, &c, &d) == 4) {
        char reverse[64];
        snprintf(reverse, sizeof reverse, "%u.%u.%u.%u.in-addr.arpa.", d & 255, c & 255, b & 255,
                 a & 255);
        put(source, reverse, ttl, "PTR %s", owner);
    }
}

static void put_host_line(struct source *source, const char *owner, char letter)
{
    char *host = host_of(source, 2, letter == '@' ? "mx" : "srv");
    if (letter == '@') {
        unsigned ttl = ttl_at(source, 4, TTL_OTHER);
        put(source, owner, ttl, "MX %u %s", ttl_at(source, 3, 0), host);
        put_address(source, host, field(source, 1), ttl);
    } else {
        unsigned ttl = ttl_at(source, 6, TTL_OTHER);
        put(source, owner, ttl, "SRV %u %u %u %s", ttl_at(source, 4, 0), ttl_at(source, 5, 0),
            ttl_at(source, 3, 0), host);
        put_address(source, host, field(source, 1), ttl);
    }
    free(host);
}

/* 32 hexadecimal digits */
static void put_address6(struct source *source, const char *owner)
{
    const char *digits = field(source, 1);
    if (strlen(digits) != 32 || strspn(digits, "0123456789abcdefABCDEF") != 32) {
        complain(source, "an address of 32 hexadecimal digits is expected");
        return;
    }
    char text[40], *out = text;
    for (unsigned i = 0; i < 32; i++) {
        *out++ = digits[i];
        if (i % 4 == 3 && i != 31) {
            *out++ = ':';
        }
    }
    *out = '\0';
    put(source, owner, ttl_at(source, 2, TTL_OTHER), "AAAA %s", text);
}

static void put_octets(struct source *source, const char *owner, unsigned type, const char *text,
                       unsigned ttl, bool strings)
{
    char *hex = NULL;
    size_t hex_len = 0, len = 0, total = 0;
    FILE *out = open_memstream(&hex, &hex_len);
    uint8_t *octets = alloc_new(OCTETS_MAX);

    while (*text != '\0' && len < OCTETS_MAX) {
        octets[len++] = next_octet(&text);
    }
    for (size_t i = 0; i < len; i++) {
        if (strings && i % DNS_STRING_MAX == 0) {
            size_t rest = len - i;
            fprintf(out, "%02zx", rest < DNS_STRING_MAX ? rest : (size_t)DNS_STRING_MAX);
            total++;
        }
        fprintf(out, "%02x", octets[i]);
        total++;
    }
    if (strings && len == 0) {
        fputs("00", out);
        total++;
    }
    fclose(out);
    put(source, owner, ttl, "TYPE%u \\# %zu %s", type, total, hex);
    free(octets);
    free(hex);
}

static void put_line(struct source *source, char letter, const char *owner)
{
    unsigned ttl = ttl_at(source, 2, TTL_OTHER);
    char *target = name_of(field(source, 1));

    switch (letter) {
    case 'Z':
        put_soa_line(source, owner);
        break;
    case '.':
    case '&':
        put_ns_line(source, owner, letter == '.');
        break;
    case '=':
        put_reverse(source, owner, ttl);
        /* fall through */
    case '+':
        put(source, owner, ttl, "A %s", field(source, 1));
        break;
    case '@':
    case 'S':
        put_host_line(source, owner, letter);
        break;
    case '\'':
        put_octets(source, owner, TYPE_TXT, field(source, 1), ttl, true);
        break;
    case '^':
        put(source, owner, ttl, "PTR %s", target);
        break;
    case 'C':
        put(source, owner, ttl, "CNAME %s", target);
        break;
    case ':':
        put_octets(source, owner, ttl_at(source, 1, 0), field(source, 2),
                   ttl_at(source, 3, TTL_OTHER), false);
        break;
    case '3':
    case '6':
        put_address6(source, owner);
        break;
    default:
        complain(source, "no line of tinydns-data begins like this");
        break;
    }
    free(target);
}

/* --- the file --------------------------------------------------------------------------------- */

static bool is_wanted(const struct domain *domain, char **names)
{
    struct domain wanted;
    for (char **name = names; *name != NULL; name++) {
        if (domain_from_text(&wanted, *name, strlen(*name)) == NULL &&
            name_equal(wanted.name.octets, domain->name.octets)) {
            return true;
        }
    }
    return *names == NULL;
}

/* First pass: where zones begin. */
static void note_origin(struct source *source, const char *owner, char **names)
{
    struct domain domain;
    const char *fault = domain_from_text(&domain, owner, strlen(owner));
    if (fault == NULL && is_wanted(&domain, names)) {
        import_add(source->import, &domain);
    } else if (fault != NULL) {
        complain(source, fault);
    }
}

/* Cut the line at its colons. */
static void cut(struct source *source, char *line)
{
    memset(source->fields, 0, sizeof source->fields);
    for (unsigned i = 0; line != NULL && i < FIELDS; i++) {
        source->fields[i] = strsep(&line, ":");
    }
}

static void read_lines(struct source *source, FILE *file, bool origins, char **names)
{
    char *line = NULL;
    size_t cap = 0;
    ssize_t len;

    rewind(file);
    source->line = 0;
    while ((len = getline(&line, &cap, file)) >= 0) {
        source->line++;
        while (len > 0 && isspace((unsigned char)line[len - 1])) {
            line[--len] = '\0';
        }
        char letter = line[0];
        if (letter == '\0' || letter == '#' || letter == '-' || letter == '%' ||
            (origins && letter != 'Z' && letter != '.')) {
            continue;
        }
        cut(source, line + 1);
        char *owner = name_of(field_or(source, 0, ""));
        if (origins) {
            note_origin(source, owner, names);
        } else {
            put_line(source, letter, owner);
        }
        free(owner);
    }
    free(line);
}

enum outcome import_tinydns(struct import *import, const char *file, char **names)
{
    struct source source = {.import = import, .file = file};
    struct stat st;
    FILE *in = fopen(file, "r");

    if (in == NULL || fstat(fileno(in), &st) != 0) {
        enum outcome outcome =
            report_error(OUTCOME_USAGE, "%s cannot be read: %s", file, strerror(errno));
        if (in != NULL) {
            fclose(in);
        }
        return outcome;
    }
    source.serial = (unsigned)st.st_mtime;
    read_lines(&source, in, true, names);
    import_sort(import);
    read_lines(&source, in, false, names);
    fclose(in);
    if (source.skipped > 0 && *names == NULL) {
        report_note("%zu records are of no zone of the file", source.skipped);
    }
    for (; *names != NULL; names++) {
        struct domain domain;
        if (domain_from_text(&domain, *names, strlen(*names)) != NULL ||
            import_find(import, &domain.name) == NULL) {
            return report_error(OUTCOME_NOT_FOUND, "%s: %s has no such zone", *names, file);
        }
    }
    return OUTCOME_OK;
}

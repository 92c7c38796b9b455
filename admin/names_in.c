#include "admin/names_in.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "admin/report.h"
#include "base/alloc.h"

static void add_name(struct names_in *names, const char *text, size_t len, const char *source,
                     size_t line)
{
    if (names->count == names->_cap) {
        names->_cap = names->_cap == 0 ? 64 : 2 * names->_cap;
        names->items = alloc_resize(names->items, names->_cap, sizeof names->items[0]);
    }
    char *copy = alloc_new(len + 1);
    memcpy(copy, text, len);
    copy[len] = 0;
    names->items[names->count++] = (struct name_in){copy, len, source, line};
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool read_lines(struct names_in *names, FILE *file, const char *source, char *why,
                       size_t why_cap)
{
    char *buffer = NULL;
    size_t cap = 0, number = 0;
    ssize_t got;

    while ((got = getline(&buffer, &cap, file)) >= 0) {
        const char *text = buffer;
        size_t len = (size_t)got;
        number++;
        if (number == 1 && len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
            text += 3; /* the byte order mark of Windows editors */
            len -= 3;
        }
        while (len > 0 && is_space(text[len - 1])) {
            len--;
        }
        while (len > 0 && is_space(*text)) {
            text++;
            len--;
        }
        if (len > 0 && *text != '#') {
            add_name(names, text, len, source, number);
        }
    }
    bool good = !ferror(file);
    if (!good) {
        snprintf(why, why_cap, "%s cannot be read: %s", source, strerror(errno));
    }
    free(buffer);
    return good;
}

bool names_in_add(struct names_in *names, const char *argument, char *why, size_t why_cap)
{
    if (strcmp(argument, "-") == 0) {
        return read_lines(names, stdin, "standard input", why, why_cap);
    }
    add_name(names, argument, strlen(argument), NULL, 0);
    return true;
}

bool names_in_read_file(struct names_in *names, const char *file, char *why, size_t why_cap)
{
    if (strcmp(file, "-") == 0) {
        return names_in_add(names, file, why, why_cap);
    }
    FILE *in = fopen(file, "re");
    if (in == NULL) {
        snprintf(why, why_cap, "%s cannot be opened: %s", file, strerror(errno));
        return false;
    }
    bool good = read_lines(names, in, file, why, why_cap);
    fclose(in);
    return good;
}

void names_in_release(struct names_in *names)
{
    for (size_t i = 0; i < names->count; i++) {
        free(names->items[i].text);
    }
    free(names->items);
    memset(names, 0, sizeof *names);
}

static void report_bad(const struct name_in *name, const char *fault)
{
    const char *quoted = report_quote(name->text, name->len);
    if (name->line > 0) {
        report_error(OUTCOME_REFUSED, "%s, line %zu: %s %s", name->source, name->line, quoted,
                     fault);
    } else {
        report_error(OUTCOME_REFUSED, "%s %s", quoted, fault);
    }
}

/* By name, then by place, so that the first of equal names stays. */
static int compare_text(const void *a, const void *b)
{
    const struct domain_in *x = *(const struct domain_in *const *)a;
    const struct domain_in *y = *(const struct domain_in *const *)b;
    int order = strcmp(x->text, y->text);
    return order != 0 ? order : (x->from > y->from) - (x->from < y->from);
}

static size_t drop_repeated(struct domains_in *domains)
{
    size_t kept = 0, count = domains->count;
    if (count == 0) {
        return 0;
    }
    struct domain_in **sorted = alloc_zero(count, sizeof *sorted);
    for (size_t i = 0; i < count; i++) {
        sorted[i] = &domains->items[i];
    }
    qsort(sorted, count, sizeof *sorted, compare_text);
    const char *last = sorted[0]->text;
    for (size_t i = 1; i < count; i++) {
        if (strcmp(sorted[i]->text, last) == 0) {
            free(sorted[i]->text);
            sorted[i]->text = NULL;
        } else {
            last = sorted[i]->text;
        }
    }
    free(sorted);
    for (size_t i = 0; i < count; i++) {
        if (domains->items[i].text != NULL) {
            domains->items[kept++] = domains->items[i];
        }
    }
    domains->count = kept;
    return count - kept;
}

void domains_in_read(struct domains_in *out, const struct names_in *names, bool origins,
                     size_t *failed, size_t *repeated)
{
    struct domain domain;

    out->count = 0;
    out->items = alloc_zero(names->count + 1, sizeof out->items[0]);
    *failed = 0;
    for (size_t i = 0; i < names->count; i++) {
        const struct name_in *name = &names->items[i];
        const char *fault = domain_from_text(&domain, name->text, name->len);
        if (fault == NULL && origins) {
            fault = domain_origin_fault(&domain);
        }
        if (fault != NULL) {
            report_bad(name, fault);
            (*failed)++;
            continue;
        }
        out->items[out->count++] = (struct domain_in){alloc_string(domain.text), name};
    }
    *repeated = drop_repeated(out);
}

void domains_in_release(struct domains_in *domains)
{
    for (size_t i = 0; i < domains->count; i++) {
        free(domains->items[i].text);
    }
    free(domains->items);
    memset(domains, 0, sizeof *domains);
}

#include "admin/report.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/text.h"

static const char *program = "dnsadm";
static bool is_quiet;
static bool progress_shown; /* the cursor stands behind a progress line */

void report_set_name(const char *name)
{
    program = name;
}

const char *report_name(void)
{
    return program;
}

void report_set_quiet(bool quiet)
{
    is_quiet = quiet;
}

/* Values that come with the words of others (an origin, the database's errors) are not quoted one by
 * one: nothing in LINE may move a cursor. Given. */
static char *make_printable(const char *line)
{
    size_t len = strlen(line);
    char *text = alloc_new(TEXT_ESCAPED_SIZE(len)), *p = text;
    for (size_t at = 0, step; at < len; at += step) {
        step = report_printable(line + at, len - at);
        if (step == 0) {
            p += sprintf(p, "\\%03u", (unsigned char)line[at]);
            step = 1;
        } else {
            p = mempcpy(p, line + at, step);
        }
    }
    *p = 0;
    return text;
}

PRINTF(2, 0) static void put_line(const char *kind, const char *format, va_list args)
{
    if (progress_shown) {
        fputs("\r\033[K", stderr);
        progress_shown = false;
    }
    char *line = NULL;
    if (vasprintf(&line, format, args) < 0) {
        abort();
    }
    char *text = make_printable(line);
    fprintf(stderr, "%s: %s%s\n", program, kind, text);
    free(text);
    free(line);
}

enum outcome report_error(enum outcome what, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    put_line("", format, args);
    va_end(args);
    return what;
}

void report_note(const char *format, ...)
{
    va_list args;
    if (is_quiet) {
        return;
    }
    va_start(args, format);
    put_line("", format, args);
    va_end(args);
}

void report_warning(const char *format, ...)
{
    va_list args;
    if (is_quiet) {
        return;
    }
    va_start(args, format);
    put_line("warning: ", format, args);
    va_end(args);
}

void report_progress(const char *what, size_t done, size_t total)
{
    if (is_quiet || !isatty(STDERR_FILENO)) {
        return;
    }
    fprintf(stderr, "\r%zu of %zu %s", done, total, what);
    progress_shown = done < total;
    if (!progress_shown) {
        fputs("\r\033[K", stderr);
    }
    fflush(stderr);
}

size_t report_utf8(const char *octets, size_t len)
{
    const unsigned char *text = (const unsigned char *)octets;
    unsigned char least = 0x80, most = 0xbf; /* of the second octet */
    if (text[0] < 0x80) {
        return 1;
    }
    size_t more = text[0] >= 0xf0 ? 3 : text[0] >= 0xe0 ? 2 : text[0] >= 0xc2 ? 1 : 0;
    if (more == 0 || more >= len || text[0] > 0xf4) {
        return 0;
    }
    switch (text[0]) {
    case 0xe0:
        least = 0xa0;
        break;
    case 0xed: /* surrogates */
        most = 0x9f;
        break;
    case 0xf0:
        least = 0x90;
        break;
    case 0xf4:
        most = 0x8f;
        break;
    }
    if (text[1] < least || text[1] > most) {
        return 0;
    }
    for (size_t i = 2; i <= more; i++) {
        if ((text[i] & 0xc0) != 0x80) {
            return 0;
        }
    }
    return more + 1;
}

size_t report_printable(const char *octets, size_t len)
{
    const unsigned char *text = (const unsigned char *)octets;
    if (text[0] < 0x80) {
        return text[0] >= 0x20 && text[0] != 0x7f ? 1 : 0;
    }
    /* 0xc2: the C1 controls. 0xe2: marks that turn text round. */
    return text[0] == 0xc2 || text[0] == 0xe2 ? 0 : report_utf8(octets, len);
}

const char *report_quote(const char *value, size_t len)
{
    enum { BUFFERS = 4, CAP = 320 };
    static char buffers[BUFFERS][CAP];
    static unsigned turn;
    char *out = buffers[turn++ % BUFFERS], *p = out;

    *p++ = '"';
    for (size_t at = 0; at < len;) {
        if (p - out > CAP - 12) {
            p = stpcpy(p, "..");
            break;
        }
        size_t step = report_printable(value + at, len - at);
        if (step == 0 || value[at] == '\\') {
            p += sprintf(p, "\\%03u", (unsigned char)value[at++]);
            continue;
        }
        memcpy(p, value + at, step);
        p += step;
        at += step;
    }
    *p++ = '"';
    *p = 0;
    return out;
}

void tally_failed(struct tally *tally, enum outcome what)
{
    if (tally->failed == 0 || what == OUTCOME_AWAY) {
        tally->worst = what;
    } else if (tally->worst != what && tally->worst != OUTCOME_AWAY) {
        tally->worst = OUTCOME_FAILED;
    }
    tally->failed++;
}

enum outcome tally_outcome(const struct tally *tally)
{
    if (tally->failed == 0) {
        return OUTCOME_OK;
    }
    return tally->done + tally->unchanged > 0 ? OUTCOME_PARTLY : tally->worst;
}

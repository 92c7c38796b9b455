/*
 * Line by line, octet by octet: each octet is either plain (it may end the name, start a comment, be
 * trimmed) or literal (it came after a backslash and is only itself). That distinction is settled
 * here, once, so that an escaped blank survives trimming and an escaped '#' is no comment.
 */
#include "conf/conf_parse.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

/* Nobody writes a configuration of this size; it keeps /dev/zero from filling the memory. */
enum { FILE_SIZE_MAX = 1 << 20 };

/* A name or a value under construction, in a buffer as long as its line. */
struct part {
    char *text;
    size_t len;
    size_t keep; /* length without plain blanks at the end */
};

static bool is_blank(char c)
{
    return isspace((unsigned char)c) || c == '\0';
}

static void part_add(struct part *part, char c, bool literal)
{
    if (!literal && is_blank(c)) {
        if (part->len > 0) {
            part->text[part->len++] = c;
        }
        return;
    }
    part->text[part->len++] = c;
    part->keep = part->len;
}

static bool starts_comment(const char *p, const char *end)
{
    return *p == '#' || (*p == '/' && p + 1 < end && (p[1] == '/' || p[1] == '*'));
}

static void add(struct conf_settings *settings, struct conf_setting setting)
{
    settings->items = alloc_resize(settings->items, settings->count + 1, sizeof settings->items[0]);
    settings->items[settings->count++] = setting;
}

/* The line from P to END, without its line end. */
static void parse_line(struct conf_settings *settings, const char *file, unsigned line,
                       const char *p, const char *end)
{
    size_t size = (size_t)(end - p) + 1;
    struct part name = {.text = alloc_new(size)}, value = {.text = alloc_new(size)};
    struct part *part = &name;

    for (; p < end && !starts_comment(p, end); p++) {
        if (*p == '\\') {
            if (++p == end) {
                break;
            }
            part_add(part, *p, true);
        } else if (*p == '=' && part == &name) {
            part = &value;
        } else {
            part_add(part, *p, false);
        }
    }
    name.text[name.keep] = '\0';
    value.text[value.keep] = '\0';
    if (name.keep == 0 && part == &name) {
        free(name.text);
        free(value.text);
        return;
    }
    for (char *c = name.text; *c != '\0'; c++) {
        *c = (char)tolower((unsigned char)*c);
    }
    if (part == &name) {
        free(value.text);
        value.text = NULL;
    }
    add(settings,
        (struct conf_setting){name.text, value.text, alloc_printf("%s:%u", file, line), line});
}

void conf_parse_text(struct conf_settings *settings, const char *file, const char *text, size_t len)
{
    const char *p = text, *end = text + len;

    if (len >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0) {
        p += 3; /* the byte order mark that some editors put in front */
    }
    for (unsigned line = 1; p < end; line++) {
        const char *stop = memchr(p, '\n', (size_t)(end - p));
        if (stop == NULL) {
            stop = end;
        }
        parse_line(settings, file, line, p, stop);
        p = stop < end ? stop + 1 : end;
    }
}

bool conf_parse_file(struct conf_settings *settings, const char *file, char *err, size_t cap)
{
    FILE *in = fopen(file, "re");
    if (in == NULL) {
        if (errno == ENOENT) {
            return true;
        }
        snprintf(err, cap, "%s: cannot be opened: %s", file, strerror(errno));
        return false;
    }
    char *text = alloc_new(FILE_SIZE_MAX + 1);
    errno = 0;
    size_t len = fread(text, 1, FILE_SIZE_MAX + 1, in);
    bool ok = !ferror(in) && len <= FILE_SIZE_MAX;
    if (ok) {
        conf_parse_text(settings, file, text, len);
    } else {
        snprintf(err, cap, "%s: cannot be read: %s", file,
                 len > FILE_SIZE_MAX ? "longer than 1 MiB" : strerror(errno));
    }
    free(text);
    fclose(in);
    return ok;
}

void conf_settings_add(struct conf_settings *settings, const char *name, const char *value)
{
    add(settings, (struct conf_setting){alloc_string(name), alloc_string(value),
                                        alloc_string("command line"), 0});
}

void conf_settings_release(struct conf_settings *settings)
{
    for (size_t i = 0; i < settings->count; i++) {
        free(settings->items[i].name);
        free(settings->items[i].value);
        free(settings->items[i].where);
    }
    free(settings->items);
    *settings = (struct conf_settings){0};
}

void conf_write_value(const char *value, FILE *out)
{
    for (const char *p = value; *p != '\0'; p++) {
        bool edge = p == value || p[1] == '\0';
        if (*p == '\n') {
            fputs(edge ? "\\ " : " ", out);
            continue;
        }
        if (*p == '\\' || *p == '#' || (*p == '/' && (p[1] == '/' || p[1] == '*')) ||
            (edge && is_blank(*p))) {
            putc('\\', out);
        }
        putc(*p, out);
    }
}

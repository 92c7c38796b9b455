/*
 * The syntax of mydns.conf (mydns-compat 2.1), which dnsadm.conf shares: a file becomes a list of
 * settings. Which names exist and what their values mean is not known here: see conf_option.h.
 *
 *   name = value        # comment           names: any case; white space around both is trimmed
 *   password = a\#b     // comment          #, // and / * start a comment anywhere in the line,
 *                                           a backslash takes the next character literally
 *
 * A comment ends with its line. There are no quotes, sections or continued lines.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/attr.h"

struct conf_setting {
    char *name;    /* lower case */
    char *value;   /* "" = nothing after the '='; NULL = no '=' in the line */
    char *where;   /* "file:line", or "command line" */
    unsigned line; /* 0 = command line */
};

struct conf_settings {
    size_t count;
    struct conf_setting *items;
};

/*
 * Append the settings of FILE to SETTINGS (starts zeroed). A file that does not exist has none.
 * Returns false with ERR (a sentence, capacity CAP) when it exists but cannot be read.
 */
NODISCARD bool conf_parse_file(struct conf_settings *settings, const char *file, char *err,
                               size_t cap) NONNULL;
/* The same for LEN octets of TEXT; FILE is a name for messages. */
void conf_parse_text(struct conf_settings *settings, const char *file, const char *text,
                     size_t len) NONNULL;
/* Append NAME and VALUE, taken as they are, from the command line. First settings win: call this
 * before the file is parsed. */
void conf_settings_add(struct conf_settings *settings, const char *name, const char *value) NONNULL;
void conf_settings_release(struct conf_settings *settings) NONNULL;

/* Write VALUE to OUT so that conf_parse_text reads it back. Line ends (LF) cannot be written: they
 * become blanks. */
void conf_write_value(const char *value, FILE *out) NONNULL;

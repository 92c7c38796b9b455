/*
 * Options as a table: one row per option tells its name, type, range, default and help; the reader,
 * the messages and the dump all come from the row. The server's table is options.c, dnsadm has its
 * own; the target is any struct whose fields the rows name.
 *
 *   struct tool { char *db_user; uint32_t default_ttl; };
 *   static const struct conf_option rows[] = {
 *       {.group = "DATABASE INFORMATION"},
 *       {.name = "db-user", .type = CONF_TEXT, CONF_FIELD(struct tool, db_user), .help = "account"},
 *       {.name = "default-ttl", .type = CONF_NUMBER, CONF_FIELD(struct tool, default_ttl),
 *        .fallback = "3600", .max = 2147483647, .unit = "s", .help = "TTL of new records"},
 *   };
 *   static const struct conf_table table = {rows, ARRAY_LEN(rows)};
 *
 *   conf_settings_add(&settings, "db-user", "from -u");                  command line first
 *   conf_parse_file(&settings, "/etc/dnsadm.conf", err, sizeof err);
 *   source = conf_options_read(&table, &target, &settings, messages, &ok);
 *   ...
 *   conf_options_release(source, &target);
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/attr.h"
#include "conf/conf_parse.h"

/* What a value looks like, and the C type of its field. */
enum conf_type {
    CONF_TEXT,   /* char *; NULL = not set */
    CONF_BOOL,   /* bool */
    CONF_CHOICE, /* enum conf_choice */
    CONF_NUMBER, /* int, or any unsigned type that holds max; decimal, may be followed by unit */
    CONF_SIZE,   /* uint64_t; decimal, may be followed by K, M, G or T */
    CONF_WORD,   /* an enum whose constants count from 0 like the row's words */
    CONF_LIST    /* struct conf_list; separated by commas, empty items left out */
};

/* A yes or no that has a third state: not set at all. */
enum conf_choice { CONF_UNSET, CONF_NO, CONF_YES };

struct conf_list {
    size_t count;
    char **items;
};

enum conf_option_flag {
    CONF_OPTION_APPEND = 1 << 0, /* repeated lines add up; else the first one wins */
    CONF_OPTION_SECRET = 1 << 1, /* messages do not show the value */
    CONF_OPTION_RELOAD = 1 << 2, /* SIGHUP may change it */
    CONF_OPTION_OFF = 1 << 3,    /* "off" is the same as not set (numbers: 0) */
    /* MyDNS's own: a boolean that is neither a yes nor a no means what it meant to MyDNS, with a
     * warning. New options make it an error. */
    CONF_OPTION_MYDNS = 1 << 4,
    /* Little or nothing depends on it: a bad value is ignored with a warning, never an error. */
    CONF_OPTION_LENIENT = 1 << 5,
    /* What it asks for is missing in this version: one warning when it is set to something else than
     * its default, no, off or 0. Implies LENIENT. */
    CONF_OPTION_MISSING = 1 << 6,
};

/* A row with a group and no name is a heading for the dump. A name that ends in '*' stands for every
 * name that begins so: known, never an error, without field. */
struct conf_option {
    const char *name;
    const char *group;
    const char
        *alias_of; /* an older name: counts when that option is not set (APPEND: adds to it) */
    enum conf_type type;
    unsigned flags;
    size_t offset, size;  /* CONF_FIELD; size 0 = no field, the value is only checked and kept */
    const char *fallback; /* default, as text; NULL = not set */
    /* NUMBER: inclusive. SIZE: at least min, or 0. LIST: at most max items, 0 = any number. */
    int64_t min, max;
    const char *unit;         /* CONF_NUMBER: "s", "%" */
    const char *const *words; /* CONF_WORD; NULL at the end */
    /* TEXT: the value, LIST: each item. NULL when it is fine, else what is expected: "an address". */
    const char *(*check)(const char *text);
    const char *help; /* half a sentence for the dump */
};

#define CONF_FIELD(structure, member)                                                              \
    .offset = offsetof(structure, member), .size = sizeof(((structure *)0)->member)

struct conf_table {
    const struct conf_option *rows;
    size_t count;
};

/* The values in force, as text, and where each was set. */
struct conf_source;

/*
 * Set the fields of TARGET (zeroed before) from the defaults and SETTINGS. Complaints go to MESSAGES,
 * one per line, each beginning with its place. *OK becomes false when one of them is an error (it
 * then says "error:"); it is never set to true. Returns the source in every case (given:
 * conf_options_release); SETTINGS may be released at once. TABLE is borrowed.
 */
NODISCARD struct conf_source *conf_options_read(const struct conf_table *table, void *target,
                                                const struct conf_settings *settings,
                                                FILE *messages, bool *ok) NONNULL;
/*
 * What SIGHUP makes of CURRENT and NEXT, two sources of the same table: rows with CONF_OPTION_RELOAD as
 * in NEXT, all others as in CURRENT. Sets the fields of TARGET (zeroed before). Given, as above.
 */
NODISCARD struct conf_source *conf_options_reload(const struct conf_source *current,
                                                  const struct conf_source *next,
                                                  void *target) NONNULL;
/* Free SOURCE (NULL is fine) and every text and list in TARGET. */
void conf_options_release(struct conf_source *source, void *target);

/* Was the option named in a setting (by itself or an alias)? NAME must be in the table. */
bool conf_option_is_set(const struct conf_source *source, const char *name) NONNULL;
/* Its value in force as text, borrowed; NULL = not set and no default. NAME as above. */
const char *conf_option_text(const struct conf_source *source, const char *name) NONNULL;
/* Where it was set ("file:line"), borrowed; NULL when it was not. NAME as above. */
const char *conf_option_where(const struct conf_source *source, const char *name) NONNULL;
/* Give the option a computed default. TEXT must be valid for it. */
void conf_option_derive(struct conf_source *source, void *target, const char *name,
                        const char *text) NONNULL;

/* The row of NAME (any case), aliases and '*' rows included; NULL = unknown. */
const struct conf_option *conf_option_find(const struct conf_table *table,
                                           const char *name) NONNULL;

/* All options with their values in force and their help, under the headings of the table. */
void conf_options_dump(const struct conf_source *source, FILE *out) NONNULL;

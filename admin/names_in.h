/*
 * The names a verb works on: arguments, or lines of a file or of standard input. Blank lines and
 * lines that start with # are skipped, CR before the line's end is dropped, white space around a
 * name too. The list remembers where each name came from.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "admin/domain_name.h"
#include "base/attr.h"

struct name_in {
    char *text; /* as written; given to the list */
    size_t len; /* may contain NUL octets, which are then refused like any control character */
    const char *source; /* file name, "standard input", or NULL for an argument */
    size_t line;        /* from 1; 0 for an argument */
};

struct names_in {
    size_t count, _cap;
    struct name_in *items;
};

/* Add one argument; "-" reads standard input instead. False with WHY (capacity) on a read error. */
NODISCARD bool names_in_add(struct names_in *names, const char *argument, char *why,
                            size_t why_cap) NONNULL;
NODISCARD bool names_in_read_file(struct names_in *names, const char *file, char *why,
                                  size_t why_cap) NONNULL;
void names_in_release(struct names_in *names) NONNULL;

/* A name that passed: as stored, and who asked for it. */
struct domain_in {
    char *text; /* with final dot; given to the list */
    const struct name_in *from;
};

struct domains_in {
    size_t count;
    struct domain_in *items; /* in the order of the input */
};

/*
 * Read all of NAMES. Those that break a rule are reported (with the line) and counted in *FAILED,
 * repeated ones are dropped and counted in *REPEATED. ORIGINS: the rules for new origins as well.
 */
void domains_in_read(struct domains_in *out, const struct names_in *names, bool origins,
                     size_t *failed, size_t *repeated) NONNULL;
void domains_in_release(struct domains_in *domains) NONNULL;

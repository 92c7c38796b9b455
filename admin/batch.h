/*
 * What the verbs for many domains share: finding many origins at once, and ending early without
 * losing what is done. A batch is one transaction.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "admin/names_in.h"
#include "admin/session.h"

/* Domains per transaction: large enough that the commit does not count, small enough that locks are
 * short and Ctrl-C is quick. */
enum { BATCH_SIZE = 500 };

/* Between these two SIGINT and SIGTERM only set a flag. */
void batch_signals_catch(void);
void batch_signals_release(void);
bool batch_interrupted(void);

/*
 * IDS[i] becomes the soa.id of DOMAINS[i], 0 = there is none. At most BATCH_SIZE. Locks nothing:
 * with so many values a server may prefer to walk the whole table, and would lock all of it.
 * Failures are not reported.
 */
NODISCARD enum db_error batch_find(struct session *session, const struct domain_in *const *domains,
                                   size_t count, uint32_t *ids) NONNULL;
/* The same; TWICE[i]: of several rows that DOMAINS[i] has IDS[i] is the lowest. */
NODISCARD enum db_error batch_find_twice(struct session *session,
                                         const struct domain_in *const *domains, size_t count,
                                         uint32_t *ids, bool *twice) NONNULL;

/* Collect the names: ARGUMENTS, --file, "-". Reported: there are none, or a file is unreadable. */
NODISCARD enum outcome batch_read(struct names_in *names, const char *file, int count,
                                  char **arguments);

/* Write "(?, ?)" with COUNT question marks and, before the parenthesis, TAIL. */
void batch_put_marks(FILE *out, size_t count, const char *tail) NONNULL;

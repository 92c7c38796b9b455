/*
 * What dnsadm says to people: everything on stderr, one line per event, so that stdout carries data
 * only. What cannot be shown is written \DDD; values from outside that may hold anything go through
 * report_quote first, so that one sees where they end.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"

/* How dnsadm ends; dnsadm(8), EXIT STATUS. Scripts rely on the numbers. */
enum outcome {
    OUTCOME_OK = 0,
    OUTCOME_FAILED = 1,
    OUTCOME_USAGE = 2,
    OUTCOME_NOT_FOUND = 3,
    OUTCOME_EXISTS = 4,
    OUTCOME_REFUSED = 5,
    OUTCOME_AWAY = 6, /* database unreachable */
    OUTCOME_PARTLY = 7,
    OUTCOME_AGAIN /* never how it ends: see session_db_error */
};

/* The program's name in front of every line, "dnsadm" unless told otherwise (borrowed). */
void report_set_name(const char *name) NONNULL;
const char *report_name(void);
/* --quiet: only errors are printed. */
void report_set_quiet(bool quiet);

/* Print "dnsadm: ..." and return WHAT: `return report_error(OUTCOME_USAGE, ...)` reads well. */
enum outcome report_error(enum outcome what, const char *format, ...) PRINTF(2, 3);
void report_note(const char *format, ...) PRINTF(1, 2);    /* "dnsadm: ..." */
void report_warning(const char *format, ...) PRINTF(1, 2); /* "dnsadm: warning: ..." */

/* "N of TOTAL domains" on one line that moves, when stderr is a terminal. */
void report_progress(const char *what, size_t done, size_t total) NONNULL;

/* Octets of the UTF-8 character at TEXT (RFC 3629, 4); 0 = there is none. */
size_t report_utf8(const char *text, size_t len) NONNULL;

/* Octets of the valid UTF-8 character at TEXT that may be shown anywhere; 0 = none (control
 * characters, marks that turn text round, what is no UTF-8). */
size_t report_printable(const char *text, size_t len) NONNULL;

/* VALUE in quotes for a message: valid UTF-8 without control characters as it is, everything else
 * as \DDD; long values cut. Two calls may stand in one argument list (four buffers in turn). */
const char *report_quote(const char *value, size_t len) NONNULL;

/*
 * The sum over many names: all well is 0, all failed the same way is that outcome, some of each
 * is OUTCOME_PARTLY.
 */
struct tally {
    size_t done, unchanged, failed; /* unchanged: was so already, and that is fine */
    enum outcome worst; /* of the failed ones: AWAY if any is, OUTCOME_FAILED when they differ */
};
void tally_failed(struct tally *tally, enum outcome what) NONNULL;
enum outcome tally_outcome(const struct tally *tally) NONNULL;

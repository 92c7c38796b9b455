/*
 * Records on stdout in the form the reader can use: a table for a person at a terminal; one line of
 * tab-separated `domain name ttl type data` for a pipe (absolute names, no header); a JSON array of
 * objects for --json. What is not printable is \DDD already when it comes here, but for text.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

struct output_record {
    uint64_t id; /* of the rr row, of the soa row for type SOA; 0 = not known (yet) */
    const char *domain, *name, *type, *data;
    /* TXT: the octets themselves, for JSON, which holds whatever is UTF-8. NULL = data is all. */
    const char *text;
    size_t text_len;
    uint32_t ttl, aux;
    bool active;
};

struct output;

/* JSON: the form was asked for; else the form is chosen by what stdout is. */
NODISCARD struct output *output_new(bool json);
void output_record(struct output *output, const struct output_record *record) NONNULL;
/* A domain of a list: only its name on a pipe; RECORD is its SOA. */
void output_domain(struct output *output, const struct output_record *record) NONNULL;
/* Print what was collected and free. False when stdout cannot be written. */
NODISCARD bool output_finish(struct output *output) NONNULL;

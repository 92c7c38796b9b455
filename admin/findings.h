/*
 * What `check` prints: findings, one by one as they come, in the form the reader can use: a table
 * for a person at a terminal; a line of tab-separated
 * `severity domain table id column reason value` for a pipe; a JSON array of objects with these
 * keys for --json.
 */
#pragma once

#include "load/zone_rows.h"

enum severity {
    SEVERITY_WARNING, /* served, but hardly as it was meant */
    SEVERITY_ERROR,   /* something in the tables is not served, or breaks the zone for resolvers */
};

struct findings;

NODISCARD struct findings *findings_new(bool json);
/* DOMAIN: absolute, "" when the row belongs to none. */
void findings_add(struct findings *findings, enum severity severity, const char *domain,
                  const struct finding *finding) NONNULL;
size_t findings_count(const struct findings *findings, enum severity severity) NONNULL;
/* Print what was collected and free. False when stdout cannot be written. */
NODISCARD bool findings_finish(struct findings *findings) NONNULL;

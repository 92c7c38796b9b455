/*
 * The server's /status (server/report/report.h writes it) as text for people.
 */
#pragma once

#include <jansson.h>
#include <stdio.h>

#include "base/attr.h"

/* Write STATUS to OUT. What is missing in it, as in that of another version, is left out or 0. */
void status_text(const json_t *status, FILE *out) NONNULL;

/*
 * Findings about one zone, beyond the rows that the server leaves out: rows that say something else
 * than was meant, and what shows only when the whole zone is known. It looks at the zone as the
 * server builds it. Only the zone itself is looked at; other hosted zones only where a CNAME leads.
 */
#pragma once

#include "admin/findings.h"
#include "store/store.h"

struct doubt;

/* A zone being checked. */
struct zone_check {
    const struct conf *conf;
    const struct store *store; /* all hosted zones, by their origin */
    struct findings *findings;
    struct zone *zone; /* borrowed */
    char domain[NAME_TEXT_SIZE];
    struct zone_rows rows;
    struct doubt *doubts; /* names that may have lost their final dot */
};

/* Begin with ZONE, known by its origin, that nobody else reads. zone_check_end in every case. */
void zone_check_begin(struct zone_check *check, struct zone *zone, const struct conf *conf,
                      const struct store *store, struct findings *findings) NONNULL;
/* Its rows; IN is room to work in. */
void zone_check_soa(struct zone_check *check, const struct soa_row *row) NONNULL;
void zone_check_rr(struct zone_check *check, const struct rr_row *row,
                   struct record_in *in) NONNULL;
/* All rows were read: look at the whole. */
void zone_check_whole(struct zone_check *check) NONNULL;
void zone_check_end(struct zone_check *check) NONNULL;

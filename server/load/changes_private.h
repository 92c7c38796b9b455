/*
 * The job of changes.c in its files: reading what was told (change_read.c), deciding what is to be done
 * (change_plan.c), doing it. Private.
 */
#pragma once

#include "load/loader_private.h"

/* A large zone of which only some rows have changed. */
struct row_change {
    struct target target;
    const struct change_zone *told; /* NULL: its soa row alone */
    bool soa_told, fits;
    uint32_t ttl_floor;
    struct zone_edit edit;
    struct notes *notes; /* the zone is being read whole; NULL: it is not */
    uint32_t *ids;       /* of the rows told, in rising order */
    size_t id_count;
};

/* A soa row told, as the view has it. */
struct soa_told {
    struct soa_row row; /* its texts are in OCTETS */
    char *octets;
};

struct changes {
    struct worker *worker;
    struct loader *loader;
    struct store *store;
    const struct conf *conf;
    struct change_batch batch;
    struct list list;      /* of the soa rows told those that are there */
    struct soa_told *soas; /* the same, and those with faults: what they hold */
    size_t soa_count;
    bool transactional, exact; /* exact: rows may be read alone */

    struct run run; /* zones read whole; hosted NULL: they arrive */
    struct row_change *rows;
    size_t row_change_count;
    struct hosted **leaving;
    size_t leaving_count;
    struct id_list want;   /* to be loaded whole by zone_load.c */
    struct id_list done;   /* somebody waited for these */
    struct id_list gone;   /* soa ids that are no more */
    struct id_list unsure; /* soa ids that may be back in a moment */
    bool unblocked;        /* an origin is free that another soa row may have */
};

/*
 * Step 3: what is to be done with each zone told, from what is hosted and C->list. Zones that are to be
 * changed are claimed (LOAD_RUNNING), so that no other load begins with them.
 */
void changes_plan(struct changes *c) NONNULL;
/* Step 3: read what was told of C->batch, with changes_plan() in it. False: the database failed. */
NODISCARD bool changes_read(struct changes *c) NONNULL;

static inline bool changes_is_loaded(const struct hosted *hosted)
{
    return hosted != NULL && atomic_load_explicit(&hosted->zone->soa, memory_order_relaxed) != NULL;
}

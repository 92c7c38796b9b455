/*
 * Writing new domains, a batch per transaction: one SELECT finds which exist, one INSERT makes the
 * SOAs, one SELECT reads their ids back, INSERTs of many rows make the records. Ids are read back
 * since nothing promises that those of one INSERT follow one another (innodb_autoinc_lock_mode,
 * Galera). Without transactions (MyISAM) domains are written one by one, and one that fails half-way is
 * taken back.
 */
#pragma once

#include "admin/add_plan.h"
#include "admin/names_in.h"
#include "admin/output.h"
#include "admin/session.h"

struct bulk_add {
    struct session *session;
    const struct add_plan *plan;
    bool if_not_exists, dry_run;
    struct output *output; /* NULL = print nothing */
    struct tally tally;    /* done: added */
    bool stopped;          /* the database went away: nothing more can be done */
};

/*
 * Add COUNT (at most BATCH_SIZE) domains. What goes wrong with one of them is reported and counted
 * and does not stop the others: a batch that fails is tried again in halves.
 */
void bulk_add_batch(struct bulk_add *bulk, const struct domain_in *domains, size_t count) NONNULL;

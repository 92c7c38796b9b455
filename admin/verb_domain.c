/*
 * remove-domain and list-domains.
 */
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "admin/batch.h"
#include "admin/cli.h"
#include "admin/rows.h"
#include "base/alloc.h"

enum { ATTEMPTS = 3 /* deadlock with another writer */ };

struct removal {
    const struct options *options;
    struct session *session;
    struct output *output; /* NULL = print nothing */
    struct tally tally;
    size_t missing,
        failed; /* names that were not there, whether that is fine or not; that failed */
    bool stopped;
};

/* What is printed of a domain when it is gone: the SOA, with --dry-run the records, too. */
struct shown {
    struct zone_row zone;
    struct rr_list list;
};

/* The domains of one transaction. */
struct batch {
    size_t count;
    const struct domain_in *domains[BATCH_SIZE];
    uint32_t ids[BATCH_SIZE]; /* 0: was not there */
    bool twice[BATCH_SIZE];   /* has more rows in soa */
    struct shown *shown;      /* NULL: nobody asks */
};

/* The statements of a removal, each for one zone's id. */
struct statements {
    struct db_stmt *lock, *delete_rr, *delete_soa;
};

static struct db_stmt *prepare(struct session *session, const char *what,
                               const struct sql_table *table, const char *column, const char *more)
{
    char *sql = alloc_printf("%s FROM %s WHERE %s = ?%s", what, table->quoted, column, more);
    struct db_stmt *stmt = db_prepare(session->db, sql);
    free(sql);
    return stmt;
}

static bool statements_prepare(struct statements *out, struct session *session)
{
    const struct tables *tables = &session->tables;
    out->lock = prepare(session, "SELECT id", &tables->soa, "id", " FOR UPDATE");
    out->delete_rr = prepare(session, "DELETE", &tables->rr, "zone", "");
    out->delete_soa = prepare(session, "DELETE", &tables->soa, "id", "");
    return out->lock != NULL && out->delete_rr != NULL && out->delete_soa != NULL;
}

static void statements_free(struct statements *statements)
{
    db_stmt_free(statements->lock);
    db_stmt_free(statements->delete_rr);
    db_stmt_free(statements->delete_soa);
}

/* Lock the zone *ID; it becomes 0 when it is gone meanwhile. */
static enum db_error lock_zone(struct session *session, struct db_stmt *stmt, uint32_t *id)
{
    db_bind_uint(stmt, 0, *id);
    enum db_error error = db_execute(stmt);
    enum db_fetch got = error == DB_OK ? db_fetch(stmt) : DB_BROKEN;
    if (got == DB_BROKEN) {
        return db_error_kind(session->db);
    }
    if (got == DB_END) {
        *id = 0;
    }
    db_finish(stmt);
    return DB_OK;
}

static enum db_error run_for(struct db_stmt *stmt, uint32_t id)
{
    db_bind_uint(stmt, 0, id);
    return db_execute(stmt);
}

static int compare_ids(const void *a, const void *b)
{
    uint32_t x = **(uint32_t *const *)a, y = **(uint32_t *const *)b;
    return (x > y) - (x < y);
}

static void release_shown(struct batch *batch)
{
    for (size_t i = 0; batch->shown != NULL && i < batch->count; i++) {
        rr_list_release(&batch->shown[i].list);
        zone_row_release(&batch->shown[i].zone);
    }
}

static void print(struct output *output, const struct shown *shown)
{
    output_soa(output, &shown->zone, false);
    for (size_t i = 0; i < shown->list.count; i++) {
        output_rr(output, &shown->list.items[i], &shown->zone);
    }
}

/* Read what is to be shown; what is to go is locked by now. */
static enum db_error collect(const struct removal *removal, struct batch *batch)
{
    struct session *session = removal->session;
    bool dry_run = removal->options->dry_run;
    for (size_t i = 0; batch->shown != NULL && i < batch->count; i++) {
        struct shown *shown = &batch->shown[i];
        enum outcome outcome =
            batch->ids[i] != 0 ? zone_row_find_id(session, batch->ids[i], !dry_run, &shown->zone)
                               : OUTCOME_NOT_FOUND;
        if (outcome == OUTCOME_OK && dry_run) { /* many rows: they are printed at once */
            outcome = rr_read(session, &shown->zone, NULL, &shown->list);
            if (outcome == OUTCOME_OK) {
                print(removal->output, shown);
            }
            rr_list_release(&shown->list);
        }
        if (outcome == OUTCOME_NOT_FOUND) {
            batch->ids[i] = 0;
        } else if (outcome != OUTCOME_OK) {
            return DB_FAILED;
        }
    }
    return DB_OK;
}

/*
 * All zones are locked before the first record goes, in order of id: so two removals wait for each
 * other, and add-record, which locks its zone before it touches a record, too. Single rows by their
 * key: a list of them would lock whatever else the server walks over. Records go before their zone,
 * so that none is left behind where there are no transactions.
 */
static enum db_error delete_zones(const struct removal *removal, struct batch *batch)
{
    struct session *session = removal->session;
    struct statements statements;
    uint32_t *sorted[BATCH_SIZE] = {NULL};
    size_t there = 0;
    enum db_error error =
        statements_prepare(&statements, session) ? DB_OK : db_error_kind(session->db);

    for (size_t i = 0; i < batch->count; i++) {
        if (batch->ids[i] != 0) {
            sorted[there++] = &batch->ids[i];
        }
    }
    qsort(sorted, there, sizeof sorted[0], compare_ids);
    for (size_t i = 0; i < there && error == DB_OK; i++) {
        error = lock_zone(session, statements.lock, sorted[i]);
    }
    error = error == DB_OK ? collect(removal, batch) : error;
    for (size_t i = 0; i < there && error == DB_OK; i++) {
        error = *sorted[i] != 0 ? run_for(statements.delete_rr, *sorted[i]) : DB_OK;
    }
    for (size_t i = 0; i < there && error == DB_OK; i++) {
        error = *sorted[i] != 0 ? run_for(statements.delete_soa, *sorted[i]) : DB_OK;
    }
    statements_free(&statements);
    return error;
}

static void note_missing(struct removal *removal, const struct domain_in *in)
{
    removal->missing++;
    if (removal->options->if_exists) {
        removal->tally.unchanged++;
        return;
    }
    char *shown = domain_shown(in->text);
    if (in->from->line > 0) {
        report_error(OUTCOME_NOT_FOUND, "%s, line %zu: there is no domain %s", in->from->source,
                     in->from->line, shown);
    } else {
        report_error(OUTCOME_NOT_FOUND, "there is no domain %s", shown);
    }
    free(shown);
    tally_failed(&removal->tally, OUTCOME_NOT_FOUND);
}

/* Find and delete within a transaction. */
static enum db_error remove_found(const struct removal *removal, struct batch *batch)
{
    enum db_error error =
        batch_find_twice(removal->session, batch->domains, batch->count, batch->ids, batch->twice);
    if (error != DB_OK) {
        return error;
    }
    return removal->options->dry_run ? collect(removal, batch) : delete_zones(removal, batch);
}

/* One transaction, anew after a deadlock. */
static enum db_error run_batch(const struct removal *removal, struct batch *batch)
{
    struct db *db = removal->session->db;
    enum db_error error = DB_FAILED;
    for (int attempt = 0; attempt < ATTEMPTS && error != DB_OK; attempt++) {
        if (attempt > 0) {
            session_rollback(removal->session);
            release_shown(batch);
        }
        error = db_run(db, "START TRANSACTION");
        if (error == DB_OK) {
            error = remove_found(removal, batch);
        }
        if (error == DB_OK) {
            error = db_run(db, "COMMIT");
        }
        if (!session_may_retry(removal->session)) {
            break;
        }
    }
    return error;
}

static void note_removed(struct removal *removal, const struct batch *batch, size_t at)
{
    removal->tally.done++;
    if (batch->twice[at]) {
        char *shown = domain_shown(batch->domains[at]->text);
        report_warning("%s is in %s more than once; only the row with id %u goes", shown,
                       removal->session->tables.soa.quoted, batch->ids[at]);
        free(shown);
    }
    if (batch->shown != NULL && !removal->options->dry_run) {
        print(removal->output, &batch->shown[at]);
    }
}

static void remove_batch(struct removal *removal, const struct domain_in *items, size_t count)
{
    struct batch batch = {.count = count};

    for (size_t i = 0; i < count; i++) {
        batch.domains[i] = &items[i];
    }
    if (removal->output != NULL) {
        batch.shown = alloc_zero(count, sizeof *batch.shown);
    }
    enum db_error error = run_batch(removal, &batch);
    if (error != DB_OK) {
        enum outcome outcome = session_db_error(removal->session, "cannot remove the domains");
        session_rollback(removal->session);
        tally_failed(&removal->tally, outcome);
        removal->failed += count;
        removal->stopped = true;
    }
    for (size_t i = 0; i < count && error == DB_OK; i++) {
        if (batch.ids[i] == 0) {
            note_missing(removal, batch.domains[i]);
        } else {
            note_removed(removal, &batch, i);
        }
    }
    release_shown(&batch);
    free(batch.shown);
}

/* "removed 3 domains, 1 was not there": what is 0 is not worth a word. */
static void report_sum(const struct removal *removal, size_t not_tried)
{
    char more[200] = "";
    int used = 0;

    if (removal->missing > 0) {
        used += snprintf(more, sizeof more, ", %zu %s not there", removal->missing,
                         removal->missing == 1 ? "was" : "were");
    }
    if (removal->failed > 0) {
        used += snprintf(more + used, sizeof more - (size_t)used, ", %zu failed", removal->failed);
    }
    if (not_tried > 0) {
        snprintf(more + used, sizeof more - (size_t)used, ", %zu not tried", not_tried);
    }
    report_note("%s %zu domain%s%s", removal->options->dry_run ? "would remove" : "removed",
                removal->tally.done, removal->tally.done == 1 ? "" : "s", more);
}

static enum outcome remove_all(struct removal *removal, const struct domains_in *domains)
{
    const struct tables *tables = &removal->session->tables;
    /* Without transactions what is gone stays gone: one after the other it can be told. */
    size_t most = tables->soa.transactional && tables->rr.transactional ? BATCH_SIZE : 1, at = 0;
    batch_signals_catch();
    while (at < domains->count && !removal->stopped && !batch_interrupted()) {
        size_t count = domains->count - at < most ? domains->count - at : most;
        remove_batch(removal, domains->items + at, count);
        at += count;
        report_progress("domains", at, domains->count);
    }
    batch_signals_release();
    if (domains->count == 1 && removal->tally.done == 1) {
        char *shown = domain_shown(domains->items[0].text);
        report_note("%s %s", removal->options->dry_run ? "would remove" : "removed", shown);
        free(shown);
    } else if (domains->count > 1 || removal->tally.failed == 0) {
        report_sum(removal, domains->count - at);
    }
    return at < domains->count && batch_interrupted() ? OUTCOME_PARTLY
                                                      : tally_outcome(&removal->tally);
}

/* Only a person at a terminal is asked; scripts know what they do. */
static bool is_confirmed(const struct options *options, const struct domains_in *domains)
{
    char answer[16];
    if (options->yes || options->dry_run || domains->count == 0 || !isatty(STDIN_FILENO) ||
        !isatty(STDERR_FILENO)) {
        return true;
    }
    if (domains->count == 1) {
        char *shown = domain_shown(domains->items[0].text);
        fprintf(stderr, "Remove %s with all its records? [y/N] ", shown);
        free(shown);
    } else {
        fprintf(stderr, "Remove %zu domains with all their records? [y/N] ", domains->count);
    }
    return fgets(answer, sizeof answer, stdin) != NULL && (*answer == 'y' || *answer == 'Y');
}

static enum outcome remove_names(struct removal *removal, const struct domains_in *domains)
{
    if (!is_confirmed(removal->options, domains)) {
        return report_error(OUTCOME_FAILED, "nothing removed");
    }
    enum outcome outcome = domains->count > 0
                               ? session_open(removal->session, !removal->options->dry_run)
                               : OUTCOME_OK;
    if (outcome != OUTCOME_OK) {
        return outcome;
    }
    if (removal->options->json || removal->options->dry_run) {
        removal->output = output_new(removal->options->json);
    }
    outcome = remove_all(removal, domains);
    if (removal->output != NULL && !output_finish(removal->output)) {
        outcome = report_error(OUTCOME_FAILED, "standard output cannot be written");
    }
    return outcome;
}

enum outcome verb_remove_domain(const struct options *options, int count, char **arguments)
{
    struct session session = {0};
    struct names_in names = {0};
    struct domains_in domains = {0};
    struct removal removal = {.options = options, .session = &session};
    size_t failed = 0, repeated = 0;

    enum outcome outcome = session_read_settings(&session, options->conf);
    if (outcome == OUTCOME_OK) {
        outcome = batch_read(&names, options->file, count, arguments);
    }
    if (outcome == OUTCOME_OK) {
        domains_in_read(&domains, &names, false, &failed, &repeated);
        for (size_t i = 0; i < failed; i++) {
            tally_failed(&removal.tally, OUTCOME_REFUSED);
        }
        removal.failed = failed;
        outcome = remove_names(&removal, &domains);
    }
    domains_in_release(&domains);
    names_in_release(&names);
    session_close(&session);
    return outcome;
}

/* --- listing ---------------------------------------------------------------------------------- */

struct listing {
    struct output *output;
    char *pattern; /* ASCII, lower case, final dot; NULL = all */
    size_t shown;
};

static void list_zone(void *context, const struct zone_row *zone)
{
    struct listing *listing = context;
    if (listing->pattern == NULL || fnmatch(listing->pattern, zone->origin, FNM_CASEFOLD) == 0) {
        output_soa(listing->output, zone, true);
        listing->shown++;
    }
}

static enum outcome read_pattern(struct listing *listing, const char *text)
{
    const char *fault;
    char *ascii = domain_to_ascii(text, strlen(text), &fault);
    if (ascii == NULL) {
        return report_error(OUTCOME_REFUSED, "%s %s", report_quote(text, strlen(text)), fault);
    }
    size_t len = strlen(ascii);
    bool open = len > 0 && (ascii[len - 1] == '.' || ascii[len - 1] == '*');
    listing->pattern = alloc_printf("%s%s", ascii, open ? "" : ".");
    free(ascii);
    return OUTCOME_OK;
}

enum outcome verb_list_domains(const struct options *options, int count, char **arguments)
{
    struct session session = {0};
    struct listing listing = {0};

    enum outcome outcome = count > 0 ? read_pattern(&listing, arguments[0]) : OUTCOME_OK;
    if (outcome == OUTCOME_OK) {
        outcome = session_read_settings(&session, options->conf);
    }
    if (outcome == OUTCOME_OK) {
        outcome = session_open(&session, false);
    }
    if (outcome == OUTCOME_OK) {
        listing.output = output_new(options->json);
        outcome = zone_row_each(&session, list_zone, &listing);
        if (!output_finish(listing.output)) {
            outcome = report_error(OUTCOME_FAILED, "standard output cannot be written");
        }
    }
    free(listing.pattern);
    session_close(&session);
    return outcome;
}

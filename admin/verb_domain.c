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

struct removal {
    const struct options *options;
    struct session *session;
    struct output *output; /* NULL = print nothing */
    struct tally tally;
    bool stopped;
};

/* DELETE FROM TABLE WHERE COLUMN IN (IDS). */
static enum db_error delete_ids(struct session *session, const struct table *table,
                                const char *column, const uint32_t *ids, size_t count)
{
    char *sql = NULL;
    size_t len;
    FILE *out = open_memstream(&sql, &len);
    fprintf(out, "DELETE FROM %s WHERE %s IN ", table->quoted, column);
    batch_put_marks(out, count, "");
    fclose(out);
    struct db_stmt *stmt = db_prepare(session->db, sql);
    free(sql);
    if (stmt == NULL) {
        return db_error_kind(session->db);
    }
    for (size_t i = 0; i < count; i++) {
        db_bind_uint(stmt, (unsigned)i, ids[i]);
    }
    enum db_error error = db_execute(stmt);
    db_stmt_free(stmt);
    return error;
}

/* What is about to go, for --dry-run (all rows) and --json (the SOA). */
static enum outcome print_zone(struct removal *removal, uint32_t id)
{
    struct zone_row zone;
    struct rr_list list = {0};
    enum outcome outcome = zone_find_id(removal->session, id, false, &zone);
    if (outcome == OUTCOME_OK) {
        output_soa(removal->output, &zone, false);
    }
    if (outcome == OUTCOME_OK && removal->options->dry_run) {
        outcome = rr_read(removal->session, &zone, NULL, &list);
        for (size_t i = 0; i < list.count; i++) {
            output_rr(removal->output, &list.items[i], &zone);
        }
    }
    rr_list_release(&list);
    zone_row_release(&zone);
    return outcome;
}

static void note_missing(struct removal *removal, const struct domain_in *in)
{
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

/* Find and delete within a transaction; IDS of those that were there, *FOUND of them. */
static enum db_error remove_found(struct removal *removal, const struct domain_in *const *domains,
                                  size_t count, uint32_t *ids, size_t *found)
{
    struct session *session = removal->session;
    uint32_t present[BATCH_SIZE];
    bool change = !removal->options->dry_run;

    *found = 0;
    enum db_error error = batch_find(session, domains, count, change, ids);
    for (size_t i = 0; i < count && error == DB_OK; i++) {
        if (ids[i] != 0) {
            present[(*found)++] = ids[i];
        }
    }
    if (error != DB_OK || *found == 0) {
        return error;
    }
    for (size_t i = 0; i < *found && removal->output != NULL; i++) {
        if (print_zone(removal, present[i]) != OUTCOME_OK) {
            return DB_FAILED;
        }
    }
    if (change) { /* records first: without transactions no row is ever left without its zone */
        error = delete_ids(session, &session->tables.rr, "zone", present, *found);
        if (error == DB_OK) {
            error = delete_ids(session, &session->tables.soa, "id", present, *found);
        }
    }
    return error;
}

static void remove_batch(struct removal *removal, const struct domain_in *items, size_t count)
{
    const struct domain_in *domains[BATCH_SIZE] = {NULL};
    uint32_t ids[BATCH_SIZE];
    size_t found = 0;
    struct db *db = removal->session->db;

    for (size_t i = 0; i < count; i++) {
        domains[i] = &items[i];
    }
    enum db_error error = db_run(db, "START TRANSACTION");
    if (error == DB_OK) {
        error = remove_found(removal, domains, count, ids, &found);
    }
    if (error == DB_OK) {
        error = db_run(db, "COMMIT");
    }
    if (error != DB_OK) {
        enum outcome outcome = session_db_error(removal->session, "cannot remove the domains");
        session_rollback(removal->session);
        tally_failed(&removal->tally, outcome);
        removal->stopped = true;
        return;
    }
    removal->tally.done += found;
    for (size_t i = 0; i < count; i++) {
        if (ids[i] == 0) {
            note_missing(removal, domains[i]);
        }
    }
}

static enum outcome remove_all(struct removal *removal, const struct domains_in *domains)
{
    size_t at = 0;
    batch_signals_catch();
    while (at < domains->count && !removal->stopped && !batch_interrupted()) {
        size_t count = domains->count - at < BATCH_SIZE ? domains->count - at : BATCH_SIZE;
        remove_batch(removal, domains->items + at, count);
        at += count;
        report_progress("domains", at, domains->count);
    }
    batch_signals_release();
    const char *verb = removal->options->dry_run ? "would remove" : "removed";
    if (domains->count == 1 && removal->tally.done == 1) {
        char *shown = domain_shown(domains->items[0].text);
        report_note("%s %s", verb, shown);
        free(shown);
    } else if (domains->count > 1 || removal->tally.failed == 0) {
        report_note("%s %zu domains, %zu were not there, %zu failed, %zu not tried", verb,
                    removal->tally.done, removal->tally.unchanged, removal->tally.failed,
                    domains->count - at);
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
        outcome = remove_names(&removal, &domains);
    }
    domains_in_release(&domains);
    names_in_release(&names);
    session_close(&session);
    return outcome;
}

/* --- listing ----------------------------------------------------------------------------------- */

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
        outcome = zone_each(&session, list_zone, &listing);
        if (!output_finish(listing.output)) {
            outcome = report_error(OUTCOME_FAILED, "standard output cannot be written");
        }
    }
    free(listing.pattern);
    session_close(&session);
    return outcome;
}

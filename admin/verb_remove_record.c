/*
 * remove-record: lock, look, decide and write as add-record does.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "admin/record_text.h"
#include "admin/target.h"

/* What is to be removed from ZONE; a transaction runs it, see target_run. */
struct removal {
    const struct options *options;
    struct session *session;
    struct zone_row *zone;
    const struct target *target; /* this and the next two: NULL with --id */
    const struct record_words *words;
    const struct name *owner;
};

static bool has_aux(const struct removal *removal, const struct rr_data *row)
{
    return !removal->options->aux_given || row->aux == removal->options->aux;
}

/* Does ROW hold the data that the words mean or, if the server cannot read it, literally those words? */
static bool has_data(const struct removal *removal, const struct rr_data *row)
{
    const struct record_words *words = removal->words;
    const struct name *origin = &removal->zone->name;
    struct record_text text;
    char why[RECORD_WHY_SIZE];
    bool same = false;

    if (record_from_words(&text, removal->target->type, words, origin, why)) {
        struct rr_new meant = {
            .aux = text.aux, .name = row->name, .type = text.type, .data = text.data};
        same = rr_same(row, &meant, origin, words->txt_format);
    }
    free(text.data);
    /* Text is the same only if both or none are octets. */
    if (words->count == 1 && !same &&
        (!record_is_text(removal->target->type) || strcasecmp(row->type, text.type) == 0)) {
        same = strlen(words->words[0]) == row->data_len &&
               memcmp(words->words[0], row->data, row->data_len) == 0 &&
               rr_data_fault(removal->session, row, origin) != NULL;
    }
    return same;
}

/* Keep of LIST what matches; the rest is dropped. */
static void keep_matching(struct rr_list *list, const struct removal *removal)
{
    const struct target *target = removal->target;
    size_t kept = 0;
    for (size_t i = 0; i < list->count; i++) {
        struct rr_data *row = &list->items[i];
        if ((target->type == 0 || row->type_number == target->type) && has_aux(removal, row) &&
            (removal->words->count == 0 || has_data(removal, row))) {
            struct rr_data swap = list->items[kept];
            list->items[kept++] = *row;
            *row = swap;
        }
    }
    for (size_t i = kept; i < list->count; i++) {
        free(list->items[i].name);
        free(list->items[i].type);
        free(list->items[i].data);
    }
    list->count = kept;
}

static enum outcome print_list(const struct options *options, const struct zone_row *zone,
                               const struct rr_list *list)
{
    struct output *output = output_new(options->json);
    for (size_t i = 0; i < list->count; i++) {
        output_rr(output, &list->items[i], zone);
    }
    return output_finish(output)
               ? OUTCOME_OK
               : report_error(OUTCOME_FAILED, "standard output cannot be written");
}

/* Nothing changed, and that is fine: --json is a document all the same. */
static enum outcome print_nothing(const struct options *options)
{
    static const struct zone_row nowhere;
    static const struct rr_list nothing;
    return options->json ? print_list(options, &nowhere, &nothing) : OUTCOME_OK;
}

/* WHY data cannot match anything, or NULL. */
static enum outcome none_matches(const struct removal *removal, const char *why)
{
    const struct options *options = removal->options;
    char what[NAME_TEXT_SIZE + 600], aux[32] = "";

    if (removal->target != NULL) {
        target_to_text(what, sizeof what, removal->target, removal->zone);
    } else {
        snprintf(what, sizeof what, "--id %llu", (unsigned long long)options->id);
    }
    if (options->aux_given) {
        snprintf(aux, sizeof aux, " with aux %u", options->aux);
    }
    if (options->if_exists) {
        report_note("no record matches %s%s; nothing changed", what, aux);
        return print_nothing(options);
    }
    return report_error(OUTCOME_NOT_FOUND, "no record matches %s%s%s%s", what, aux,
                        why != NULL ? ": " : "", why != NULL ? why : "");
}

static enum outcome remove_rows(const struct options *options, struct session *session,
                                struct zone_row *zone, const struct rr_list *list)
{
    const char *noun = list->count == 1 ? "record" : "records";
    if (options->dry_run) {
        report_note("would remove %zu %s from %s", list->count, noun, zone->origin);
        return print_list(options, zone, list);
    }
    enum outcome outcome = OUTCOME_OK;
    for (size_t i = 0; i < list->count && outcome == OUTCOME_OK; i++) {
        outcome = rr_delete(session, zone->id, list->items[i].id);
    }
    if (outcome == OUTCOME_OK) {
        outcome = zone_raise_serial(session, zone);
    }
    if (outcome == OUTCOME_OK) {
        outcome = session_commit(session);
    }
    if (outcome != OUTCOME_OK) {
        return outcome;
    }
    report_note("removed %zu %s from %s (serial %u)", list->count, noun, zone->origin,
                zone->serial);
    return options->json ? print_list(options, zone, list) : OUTCOME_OK;
}

/* Why no record of the type has such data, in WHY (RECORD_WHY_SIZE); NULL: one may have. */
static const char *words_fault(const struct removal *removal, char *why)
{
    const struct record_words *words = removal->words;
    const char *fault = NULL;
    struct record_text text;

    if (words->count == 0) {
        return NULL;
    }
    if (!record_from_words(&text, removal->target->type, words, &removal->zone->name, why)) {
        return why;
    }
    struct rr_new row = {.aux = text.aux, .name = "", .type = text.type, .data = text.data};
    fault = rr_fault(removal->session, &row, &removal->zone->name);
    free(text.data);
    return fault;
}

static enum outcome remove_matching(void *context)
{
    const struct removal *removal = context;
    char why[RECORD_WHY_SIZE];
    struct rr_list list;

    enum outcome outcome = rr_read(removal->session, removal->zone, removal->owner, &list);
    if (outcome == OUTCOME_OK) {
        keep_matching(&list, removal);
        outcome = list.count > 0
                      ? remove_rows(removal->options, removal->session, removal->zone, &list)
                      : none_matches(removal, words_fault(removal, why));
    }
    rr_list_release(&list);
    return outcome;
}

static enum outcome remove_named(const struct options *options, int count, char **arguments)
{
    struct session session = {0};
    struct zone_row zone = {0};
    struct name owner;
    struct target target = {0};
    struct record_words words = {(const char *const *)arguments + 3,
                                 count > 3 ? (size_t)count - 3 : 0,
                                 options->aux_given,
                                 options->aux,
                                 false,
                                 CONF_TXT_AUTO};

    enum outcome outcome = target_read_domain(&target.domain, arguments[0]);
    if (outcome == OUTCOME_OK) {
        outcome = target_read_name(&target, arguments[1]);
    }
    if (outcome == OUTCOME_OK && count > 2) {
        outcome = target_read_type(&target, arguments[2]);
        words.by_number = target.by_number;
    }
    if (outcome != OUTCOME_OK) {
        return outcome;
    }
    outcome = target_open(options, &session, &target.domain, options->if_exists, &zone);
    if (outcome == OUTCOME_NOT_FOUND && options->if_exists) {
        report_note("there is no domain %s; nothing changed", target.domain.text);
        return target_close(&session, &zone, print_nothing(options));
    }
    if (outcome == OUTCOME_OK) {
        outcome = target_read_owner(&owner, target.name_text, &zone);
    }
    if (outcome == OUTCOME_OK) {
        words.txt_format = session.settings.txt_format;
        struct removal removal = {options, &session, &zone, &target, &words, &owner};
        outcome = target_run(&session, &zone, remove_matching, &removal);
    }
    return target_close(&session, &zone, outcome);
}

/* A row whose zone is gone belongs to nobody; it is removed without a serial. */
static enum outcome remove_orphan(const struct options *options, struct session *session,
                                  const struct domain *domain, const struct rr_list *list)
{
    char none[] = "";
    const struct zone_row nobody = {.origin = none, .ns = none, .mbox = none};
    const struct rr_data *row = &list->items[0];
    if (domain != NULL) {
        return report_error(OUTCOME_NOT_FOUND,
                            "row %llu belongs to no domain (zone %u is not there), not to %s",
                            (unsigned long long)row->id, row->zone, domain->text);
    }
    if (options->dry_run) {
        report_note("would remove row %llu, whose zone %u is not there",
                    (unsigned long long)row->id, row->zone);
        return print_list(options, &nobody, list);
    }
    enum outcome outcome = rr_delete(session, row->zone, row->id);
    if (outcome == OUTCOME_OK) {
        outcome = session_commit(session);
    }
    if (outcome == OUTCOME_OK) {
        report_note("removed row %llu, whose zone %u is not there", (unsigned long long)row->id,
                    row->zone);
        outcome = options->json ? print_list(options, &nobody, list) : OUTCOME_OK;
    }
    return outcome;
}

/* The row again, now that its zone is locked. */
static enum outcome remove_row(void *context)
{
    const struct removal *removal = context;
    struct rr_list list;
    enum outcome outcome = rr_read_id(removal->session, removal->options->id, &list);
    if (outcome == OUTCOME_OK) {
        outcome = list.count > 0 && has_aux(removal, &list.items[0])
                      ? remove_rows(removal->options, removal->session, removal->zone, &list)
                      : none_matches(removal, NULL);
    }
    rr_list_release(&list);
    return outcome;
}

/* Which zone has the row, then a transaction that begins with the zone's lock. */
static enum outcome find_and_remove(const struct options *options, struct session *session,
                                    const struct domain *domain, struct zone_row *zone)
{
    struct rr_list list;
    enum outcome outcome = rr_read_id(session, options->id, &list);
    if (outcome == OUTCOME_OK) {
        outcome = session_begin(session);
    }
    if (outcome == OUTCOME_OK && list.count > 0) {
        outcome = zone_row_find_id(session, list.items[0].zone, !options->dry_run, zone);
    }
    if (outcome == OUTCOME_NOT_FOUND) {
        outcome = remove_orphan(options, session, domain, &list);
    } else if (outcome == OUTCOME_OK && domain != NULL && list.count > 0 &&
               (zone->name.len == 0 || !name_equal(zone->name.octets, domain->name.octets))) {
        outcome = report_error(OUTCOME_NOT_FOUND, "row %llu belongs to %s, not to %s",
                               (unsigned long long)options->id, zone->origin, domain->text);
    } else if (outcome == OUTCOME_OK) {
        struct removal removal = {.options = options, .session = session, .zone = zone};
        outcome = target_run(session, zone, remove_row, &removal);
    }
    rr_list_release(&list);
    return outcome;
}

static enum outcome remove_by_id(const struct options *options, int count, char **arguments)
{
    struct session session = {0};
    struct zone_row zone = {0};
    struct domain domain;

    if (count > 1) {
        return cli_usage("remove-record takes --id or a name, not both");
    }
    enum outcome outcome = count == 1 ? target_read_domain(&domain, arguments[0]) : OUTCOME_OK;
    if (outcome != OUTCOME_OK) {
        return outcome;
    }
    outcome = session_read_settings(&session, options->conf);
    if (outcome == OUTCOME_OK) {
        outcome = session_open(&session, !options->dry_run);
    }
    if (outcome == OUTCOME_OK) {
        outcome = find_and_remove(options, &session, count == 1 ? &domain : NULL, &zone);
    }
    return target_close(&session, &zone, outcome);
}

enum outcome verb_remove_record(const struct options *options, int count, char **arguments)
{
    if (options->id_given) {
        return remove_by_id(options, count, arguments);
    }
    if (count < 2) {
        return cli_usage("remove-record needs DOMAIN and NAME, or --id N");
    }
    return remove_named(options, count, arguments);
}

/*
 * remove-record: the way of add-record. The rows that are to go are locked, too, since panels write
 * without a look at the zone's lock.
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
    bool orphan; /* there is no zone of ZONE's id */
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

/* Of LIST the item AT is kept, as number *KEPT. */
static void keep(struct rr_list *list, size_t *kept, size_t at)
{
    struct rr_data swap = list->items[*kept];
    list->items[(*kept)++] = list->items[at];
    list->items[at] = swap;
}

static void drop_rest(struct rr_list *list, size_t kept)
{
    for (size_t i = kept; i < list->count; i++) {
        free(list->items[i].name);
        free(list->items[i].type);
        free(list->items[i].data);
    }
    list->count = kept;
}

/* Keep of LIST what matches; the rest is dropped. */
static void keep_matching(struct rr_list *list, const struct removal *removal)
{
    const struct target *target = removal->target;
    size_t kept = 0;
    for (size_t i = 0; i < list->count; i++) {
        const struct rr_data *row = &list->items[i];
        if ((target->type == 0 || row->type_number == target->type) && has_aux(removal, row) &&
            (removal->words->count == 0 || has_data(removal, row))) {
            keep(list, &kept, i);
        }
    }
    drop_rest(list, kept);
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
        report_note("no record matches %s%s%s%s; nothing changed", what, aux,
                    why != NULL ? ": " : "", why != NULL ? why : "");
        return print_nothing(options);
    }
    return report_error(OUTCOME_NOT_FOUND, "no record matches %s%s%s%s", what, aux,
                        why != NULL ? ": " : "", why != NULL ? why : "");
}

/* Delete the rows of LIST. Where they cannot be locked another writer may have been faster: in LIST
 * stays what was deleted. */
static enum outcome delete_rows(const struct removal *removal, struct rr_list *list)
{
    size_t kept = 0;
    for (size_t i = 0; i < list->count; i++) {
        unsigned long long id = list->items[i].id;
        enum outcome outcome = rr_delete(removal->session, removal->zone->id, id);
        if (outcome == OUTCOME_OK) {
            keep(list, &kept, i);
        } else if (outcome == OUTCOME_NOT_FOUND) {
            report_warning("row %llu of %s was removed or moved meanwhile", id,
                           removal->zone->origin);
        } else {
            return outcome;
        }
    }
    drop_rest(list, kept);
    return OUTCOME_OK;
}

static enum outcome remove_rows(const struct removal *removal, struct rr_list *list)
{
    const struct options *options = removal->options;
    struct zone_row *zone = removal->zone;
    if (options->dry_run) {
        report_note("would remove %zu record%s from %s", list->count, list->count == 1 ? "" : "s",
                    zone->origin);
        return print_list(options, zone, list);
    }
    enum outcome outcome = delete_rows(removal, list);
    if (outcome == OUTCOME_OK && list->count == 0) {
        return none_matches(removal, NULL);
    }
    if (outcome == OUTCOME_OK) {
        outcome = zone_raise_serial(removal->session, zone);
    }
    if (outcome == OUTCOME_OK) {
        outcome = session_commit(removal->session);
    }
    if (outcome != OUTCOME_OK) {
        return outcome;
    }
    report_note("removed %zu record%s from %s (serial %u)", list->count,
                list->count == 1 ? "" : "s", zone->origin, zone->serial);
    return options->json ? print_list(options, zone, list) : OUTCOME_OK;
}

/* Why no record of the type has such data, in WHY (RECORD_WHY_SIZE); NULL: one may have. */
static const char *words_fault(const struct removal *removal, char *why)
{
    const struct record_words *words = removal->words;
    const struct name *origin = &removal->zone->name;
    struct record_text text;
    char name[NAME_TEXT_SIZE];

    if (words->count == 0) {
        return NULL;
    }
    if (!record_from_words(&text, removal->target->type, words, origin, why)) {
        return why;
    }
    owner_to_relative(name, removal->owner, origin);
    struct rr_new row = {.aux = text.aux, .name = name, .type = text.type, .data = text.data};
    const char *fault = rr_fault(removal->session, &row, origin);
    free(text.data);
    return fault;
}

static enum outcome remove_matching(void *context)
{
    const struct removal *removal = context;
    char why[RECORD_WHY_SIZE];
    struct rr_list list;

    enum outcome outcome =
        removal->options->dry_run
            ? rr_read(removal->session, removal->zone, removal->owner, &list)
            : rr_read_locked(removal->session, removal->zone, removal->owner, &list);
    if (outcome == OUTCOME_OK) {
        keep_matching(&list, removal);
        outcome = list.count > 0 ? remove_rows(removal, &list)
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
        struct removal removal = {.options = options,
                                  .session = &session,
                                  .zone = &zone,
                                  .target = &target,
                                  .words = &words,
                                  .owner = &owner};
        outcome = target_run(&session, &zone, remove_matching, &removal);
    }
    return target_close(&session, &zone, outcome);
}

/* A row whose zone is gone belongs to nobody; it is removed without a serial. */
static enum outcome remove_orphan(const struct removal *removal, const struct rr_list *list)
{
    const struct options *options = removal->options;
    const struct rr_data *row = &list->items[0];
    if (options->dry_run) {
        report_note("would remove row %llu, whose zone %u is not there",
                    (unsigned long long)row->id, row->zone);
        return print_list(options, removal->zone, list);
    }
    enum outcome outcome = rr_delete(removal->session, row->zone, row->id);
    if (outcome == OUTCOME_NOT_FOUND) {
        return none_matches(removal, NULL);
    }
    if (outcome == OUTCOME_OK) {
        outcome = session_commit(removal->session);
    }
    if (outcome == OUTCOME_OK) {
        report_note("removed row %llu, whose zone %u is not there", (unsigned long long)row->id,
                    row->zone);
        outcome = options->json ? print_list(options, removal->zone, list) : OUTCOME_OK;
    }
    return outcome;
}

/* The row again, now that its zone is locked. */
static enum outcome remove_row(void *context)
{
    const struct removal *removal = context;
    const struct options *options = removal->options;
    struct rr_list list;
    enum outcome outcome = rr_read_id(removal->session, options->id, !options->dry_run, &list);
    if (outcome == OUTCOME_OK && (list.count == 0 || !has_aux(removal, &list.items[0]))) {
        outcome = none_matches(removal, NULL);
    } else if (outcome == OUTCOME_OK && list.items[0].zone != removal->zone->id) {
        outcome = report_error(OUTCOME_FAILED,
                               "row %llu was moved to another zone (%u) meanwhile; nothing removed",
                               (unsigned long long)options->id, list.items[0].zone);
    } else if (outcome == OUTCOME_OK) {
        outcome = removal->orphan ? remove_orphan(removal, &list) : remove_rows(removal, &list);
    }
    rr_list_release(&list);
    return outcome;
}

static enum outcome remove_row_of_nobody(const struct options *options, struct session *session,
                                         const struct domain *domain, uint32_t zone)
{
    char none[] = "";
    struct zone_row nobody = {.id = zone, .origin = none, .ns = none, .mbox = none};
    struct removal removal = {
        .options = options, .session = session, .zone = &nobody, .orphan = true};
    if (domain != NULL) {
        return report_error(OUTCOME_NOT_FOUND,
                            "row %llu belongs to no domain (zone %u is not there), not to %s",
                            (unsigned long long)options->id, zone, domain->text);
    }
    return remove_row(&removal);
}

/* Which zone has the row, then a transaction that begins with the zone's lock. */
static enum outcome find_and_remove(const struct options *options, struct session *session,
                                    const struct domain *domain, struct zone_row *zone)
{
    struct removal removal = {.options = options, .session = session, .zone = zone};
    struct rr_list list;
    enum outcome outcome = rr_read_id(session, options->id, false, &list);
    bool there = list.count > 0;
    uint32_t id = there ? list.items[0].zone : 0;
    rr_list_release(&list);
    if (outcome == OUTCOME_OK && !there) {
        return none_matches(&removal, NULL);
    }
    if (outcome == OUTCOME_OK) {
        outcome = session_begin(session);
    }
    if (outcome == OUTCOME_OK) {
        outcome = zone_row_find_id(session, id, !options->dry_run, zone);
    }
    if (outcome == OUTCOME_NOT_FOUND) {
        return remove_row_of_nobody(options, session, domain, id);
    }
    if (outcome == OUTCOME_OK && domain != NULL &&
        (zone->name.len == 0 || !name_equal(zone->name.octets, domain->name.octets))) {
        return report_error(OUTCOME_NOT_FOUND, "row %llu belongs to %s, not to %s",
                            (unsigned long long)options->id, zone->origin, domain->text);
    }
    return outcome == OUTCOME_OK ? target_run(session, zone, remove_row, &removal) : outcome;
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

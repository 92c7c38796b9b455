/*
 * add-record, remove-record. Each change: lock the zone's row, look, decide, write, raise the
 * serial, commit. The lock makes two dnsadm at one zone wait for each other, so that what was
 * decided still holds when it is written, and the serial moves twice.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "admin/record_text.h"
#include "admin/target.h"

/* Nothing changed, and that is fine: --json is a document all the same. */
static enum outcome print_nothing(const struct options *options)
{
    return !options->json || output_finish(output_new(true))
               ? OUTCOME_OK
               : report_error(OUTCOME_FAILED, "standard output cannot be written");
}

/* An empty NAME is a script's variable without value rather than the domain itself. */
static enum outcome check_name(const char *text)
{
    return *text != 0 ? OUTCOME_OK : cli_usage("NAME is empty; the domain itself is @");
}

/* --- adding ----------------------------------------------------------------------------------- */

/* Types that stand beside a CNAME (RFC 4034, 2 and 4.1; RFC 2136, 3.2). */
static bool stands_beside_cname(uint16_t type)
{
    return type == TYPE_RRSIG || type == TYPE_NSEC || type == TYPE_KEY || type == TYPE_SIG;
}

static enum outcome refuse_conflict(const struct rr_new *row, const struct rr_data *old,
                                    const char *rule)
{
    const char *name = *row->name == 0 ? "@" : row->name;
    if (old == NULL) {
        return report_error(OUTCOME_REFUSED, "%s %s: %s", report_quote(name, strlen(name)),
                            row->type, rule);
    }
    return report_error(OUTCOME_REFUSED, "%s %s: %s; row %llu is %s %s",
                        report_quote(name, strlen(name)), row->type, rule,
                        (unsigned long long)old->id, old->type,
                        report_quote(old->data, old->data_len));
}

static enum outcome check_beside(const struct rr_new *row, uint16_t type, const struct rr_list *old,
                                 const struct name *origin, enum conf_txt txt_format,
                                 bool if_not_exists)
{
    for (size_t i = 0; i < old->count; i++) {
        const struct rr_data *other = &old->items[i];
        if (rr_same(other, row, origin, txt_format)) {
            const char *name = *row->name == 0 ? "@" : row->name;
            if (if_not_exists && other->active) {
                report_note("%s %s: the record exists already, row %llu; nothing changed",
                            report_quote(name, strlen(name)), row->type,
                            (unsigned long long)other->id);
                return OUTCOME_OK;
            }
            return report_error(OUTCOME_EXISTS, "%s %s: the record exists already, row %llu%s",
                                report_quote(name, strlen(name)), row->type,
                                (unsigned long long)other->id,
                                other->active ? "" : ", but it is not active");
        }
    }
    for (size_t i = 0; i < old->count; i++) {
        const struct rr_data *other = &old->items[i];
        if (!other->active) {
            continue;
        }
        if (type == TYPE_CNAME && other->type_number == TYPE_CNAME) {
            return refuse_conflict(row, other, "a name has one CNAME (RFC 2181, 10.1)");
        }
        if ((type == TYPE_CNAME && !stands_beside_cname(other->type_number)) ||
            (other->type_number == TYPE_CNAME && !stands_beside_cname(type))) {
            return refuse_conflict(row, other,
                                   "a CNAME stands alone at its name (RFC 1034, 3.6.2)");
        }
        if (type == TYPE_DNAME && other->type_number == TYPE_DNAME) {
            return refuse_conflict(row, other, "a name has one DNAME (RFC 6672, 2.4)");
        }
    }
    return OUTCOME_NOT_FOUND; /* nothing in the way */
}

/* Insert the checked ROW and raise the serial. */
static enum outcome write_record(struct session *session, struct zone_row *zone,
                                 const struct rr_new *row, uint64_t *id)
{
    enum outcome outcome = rr_insert(session, row, id);
    if (outcome == OUTCOME_OK) {
        outcome = zone_raise_serial(session, zone);
    }
    return outcome == OUTCOME_OK ? session_commit(session) : outcome;
}

static enum outcome print_new(const struct options *options, const struct zone_row *zone,
                              const struct rr_new *row, uint16_t type, uint64_t id)
{
    struct rr_data shown = {.id = id,
                            .aux = row->aux,
                            .ttl = row->ttl,
                            .name = (char *)(uintptr_t)row->name,
                            .type = (char *)(uintptr_t)row->type,
                            .data = (char *)(uintptr_t)row->data,
                            .data_len = strlen(row->data),
                            .active = true,
                            .type_number = type};
    struct output *output = output_new(options->json);
    output_rr(output, &shown, zone);
    return output_finish(output)
               ? OUTCOME_OK
               : report_error(OUTCOME_FAILED, "standard output cannot be written");
}

/* What is to be added to ZONE; a transaction runs it, see target_run. */
struct addition {
    const struct options *options;
    struct session *session;
    struct zone_row *zone;
    const struct rr_new *row;
    const struct target *target;
    const struct name *owner;
};

static enum outcome add_checked(void *context)
{
    const struct addition *addition = context;
    const struct options *options = addition->options;
    struct session *session = addition->session;
    struct zone_row *zone = addition->zone;
    const struct rr_new *row = addition->row;
    const struct target *target = addition->target;
    struct rr_list old;
    uint64_t id = 0;
    const char *fault = rr_fault(session, row, &zone->name);
    if (fault != NULL) {
        return report_error(OUTCOME_REFUSED, "%s", fault);
    }
    if (target->type == TYPE_CNAME && *row->name == 0) {
        return refuse_conflict(row, NULL,
                               "no CNAME beside SOA and NS (RFC 1034, 3.6.2); ALIAS can"
                               " do that");
    }
    enum outcome outcome = rr_read(session, zone, addition->owner, &old);
    if (outcome == OUTCOME_OK) {
        outcome = check_beside(row, target->type, &old, &zone->name, session->settings.txt_format,
                               options->if_not_exists);
    }
    if (outcome == OUTCOME_NOT_FOUND &&
        (fault = rrset_fault(session, &old, row, &zone->name)) != NULL) {
        outcome = report_error(OUTCOME_REFUSED, "%s", fault);
    }
    rr_list_release(&old);
    if (outcome == OUTCOME_OK) {
        return print_nothing(options);
    }
    if (outcome != OUTCOME_NOT_FOUND) {
        return outcome;
    }
    if (options->dry_run) {
        report_note("would add 1 record to %s", zone->origin);
        return print_new(options, zone, row, target->type, 0);
    }
    outcome = write_record(session, zone, row, &id);
    if (outcome == OUTCOME_OK) {
        report_note("added 1 record to %s (row %llu, serial %u)", zone->origin,
                    (unsigned long long)id, zone->serial);
        outcome = options->json ? print_new(options, zone, row, target->type, id) : OUTCOME_OK;
    }
    return outcome;
}

static enum outcome add_to_zone(const struct options *options, struct session *session,
                                struct zone_row *zone, const struct target *target, int count,
                                char **words)
{
    struct name owner;
    struct record_text text;
    char relative[NAME_TEXT_SIZE], why[RECORD_WHY_SIZE];
    struct record_words data = {(const char *const *)words, (size_t)count,
                                options->aux_given,         options->aux,
                                target->by_number,          session->settings.txt_format};

    enum outcome outcome = target_read_owner(&owner, target->name_text, zone);
    if (outcome != OUTCOME_OK) {
        return outcome;
    }
    if (target->type == TYPE_SOA) {
        return report_error(OUTCOME_REFUSED, "type SOA: the SOA is a row of %s, not a record",
                            session->tables.soa.quoted);
    }
    if (!record_from_words(&text, target->type, &data, &zone->name, why)) {
        return report_error(OUTCOME_REFUSED, "%s", why);
    }
    if (*text.note != 0) {
        report_warning("%s", text.note);
    }
    owner_to_relative(relative, &owner, &zone->name);
    struct rr_new row = {.zone = zone->id,
                         .aux = text.aux,
                         .ttl = options->ttl_given ? options->ttl : session->settings.default_ttl,
                         .name = relative,
                         .type = text.type,
                         .data = text.data};
    struct addition addition = {options, session, zone, &row, target, &owner};
    outcome = target_run(session, zone, add_checked, &addition);
    free(text.data);
    return outcome;
}

enum outcome verb_add_record(const struct options *options, int count, char **arguments)
{
    struct session session = {0};
    struct zone_row zone = {0};
    struct target target = {.name_text = arguments[1]};

    enum outcome outcome = check_name(arguments[1]);
    if (outcome == OUTCOME_OK) {
        outcome = target_read_domain(&target.domain, arguments[0]);
    }
    if (outcome == OUTCOME_OK) {
        outcome = target_read_type(&target, arguments[2]);
    }
    if (outcome != OUTCOME_OK) {
        return outcome;
    }
    outcome = target_open(options, &session, &target.domain, false, &zone);
    if (outcome == OUTCOME_OK) {
        outcome = add_to_zone(options, &session, &zone, &target, count - 3, arguments + 3);
    }
    return target_close(&session, &zone, outcome);
}

/* --- removing --------------------------------------------------------------------------------- */

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

/* WHY data cannot match anything, or NULL. */
static enum outcome none_matches(const struct removal *removal, const char *why)
{
    static const struct rr_list nothing;
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
        return options->json ? print_list(options, removal->zone, &nothing) : OUTCOME_OK;
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
    struct target target = {.name_text = arguments[1]};
    struct record_words words = {(const char *const *)arguments + 3,
                                 count > 3 ? (size_t)count - 3 : 0,
                                 options->aux_given,
                                 options->aux,
                                 false,
                                 CONF_TXT_AUTO};

    enum outcome outcome = check_name(arguments[1]);
    if (outcome == OUTCOME_OK) {
        outcome = target_read_domain(&target.domain, arguments[0]);
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

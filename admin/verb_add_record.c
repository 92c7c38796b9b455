/*
 * add-record: lock the zone's row, look, decide, write, raise the serial, commit. The lock makes two
 * dnsadm at one zone wait for each other, so that what was decided still holds when it is written,
 * and the serial moves twice.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "admin/record_text.h"
#include "admin/target.h"

/* Nothing changed, and that is fine: --json is a document all the same. */
static enum outcome print_nothing(const struct options *options)
{
    return !options->json || output_finish(output_new(true))
               ? OUTCOME_OK
               : report_error(OUTCOME_FAILED, "standard output cannot be written");
}

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
    struct target target = {0};

    enum outcome outcome = target_read_domain(&target.domain, arguments[0]);
    if (outcome == OUTCOME_OK) {
        outcome = target_read_name(&target, arguments[1]);
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

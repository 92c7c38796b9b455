/*
 * show: the records of a domain. Reads only.
 */
#include "admin/target.h"

static enum outcome show_zone(const struct options *options, struct session *session,
                              const struct zone_row *zone, const struct target *target)
{
    struct name owner;
    struct rr_list list = {0};
    size_t shown = 0;
    enum outcome outcome = OUTCOME_OK;

    if (target->name_text != NULL) {
        outcome = target_read_owner(&owner, target->name_text, zone);
    }
    if (outcome == OUTCOME_OK) {
        outcome = rr_read(session, zone, target->name_text != NULL ? &owner : NULL, &list);
    }
    if (outcome != OUTCOME_OK) {
        rr_list_release(&list);
        return outcome;
    }
    struct output *output = output_new(options->json);
    bool apex = target->name_text == NULL || name_equal(owner.octets, zone->name.octets);
    if (apex && (target->type == 0 || target->type == TYPE_SOA)) {
        output_soa(output, zone, false);
        shown++;
    }
    for (size_t i = 0; i < list.count; i++) {
        const struct rr_data *row = &list.items[i];
        if (target->type != 0 && row->type_number != target->type) {
            continue;
        }
        const char *fault = rr_data_fault(session, row, &zone->name);
        if (fault != NULL) {
            report_warning("row %llu is not served: %s", (unsigned long long)row->id, fault);
        }
        output_rr(output, row, zone);
        shown++;
    }
    rr_list_release(&list);
    if (!output_finish(output)) {
        return report_error(OUTCOME_FAILED, "standard output cannot be written");
    }
    char what[NAME_TEXT_SIZE + 600];
    return shown > 0 ? OUTCOME_OK
                     : report_error(OUTCOME_NOT_FOUND, "no record matches %s",
                                    target_to_text(what, sizeof what, target, zone));
}

enum outcome verb_show(const struct options *options, int count, char **arguments)
{
    struct session session = {0};
    struct zone_row zone = {0};
    struct target target = {.name_text = count > 1 ? arguments[1] : NULL};

    enum outcome outcome = target_read_domain(&target.domain, arguments[0]);
    if (outcome == OUTCOME_OK && count > 2) {
        outcome = target_read_type(&target, arguments[2]);
    }
    if (outcome != OUTCOME_OK) {
        return outcome;
    }
    struct options reading = *options;
    reading.dry_run = true; /* no lock */
    outcome = target_open(&reading, &session, &target.domain, false, &zone);
    if (outcome == OUTCOME_OK) {
        outcome = show_zone(options, &session, &zone, &target);
    }
    return target_close(&session, &zone, outcome);
}

#include "admin/target.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { RETRIES = 4 };

enum outcome target_read_domain(struct domain *out, const char *text)
{
    const char *fault = domain_from_text(out, text, strlen(text));
    if (fault != NULL) {
        return report_error(OUTCOME_REFUSED, "%s %s", report_quote(text, strlen(text)), fault);
    }
    return OUTCOME_OK;
}

enum outcome target_read_name(struct target *target, const char *text)
{
    target->name_text = text;
    return *text != 0 ? OUTCOME_OK : cli_usage("NAME is empty; the domain itself is @");
}

enum outcome target_read_type(struct target *target, const char *text)
{
    const char *quoted = report_quote(text, strlen(text));
    target->type = rrtype_from_text(text, strlen(text));
    if (target->type == 0) {
        return report_error(OUTCOME_REFUSED, "%s is not a record type", quoted);
    }
    target->by_number = strncasecmp(text, "TYPE", 4) == 0;
    if (target->by_number && target->type == TYPE_ALIAS) {
        return report_error(OUTCOME_REFUSED, "%s is a number that the server uses for ALIAS",
                            quoted);
    }
    return OUTCOME_OK;
}

enum outcome target_read_owner(struct name *out, const char *text, const struct zone_row *zone)
{
    const char *fault = owner_from_text(out, text, &zone->name);
    if (fault != NULL) {
        return report_error(OUTCOME_REFUSED, "%s %s", report_quote(text, strlen(text)), fault);
    }
    size_t len = strlen(text);
    const char *origin = zone->origin;
    size_t bare = strlen(origin) - 1; /* without its final dot; of the root nothing is left */
    if (bare > 0 && len >= bare && text[len - 1] != '.' &&
        strncasecmp(text + len - bare, origin, bare) == 0) {
        char shown[NAME_TEXT_SIZE];
        report_warning("%s has no final dot and was read as %s", report_quote(text, len),
                       name_to_text(shown, out->octets));
    }
    return OUTCOME_OK;
}

const char *target_to_text(char *out, size_t cap, const struct target *target,
                           const struct zone_row *zone)
{
    char type[RRTYPE_TEXT_SIZE] = "";

    if (target->type != 0) {
        rrtype_to_text(type, target->type);
    }
    snprintf(out, cap, "%s%s%s%sin %s",
             target->name_text == NULL ? ""
                                       : report_quote(target->name_text, strlen(target->name_text)),
             target->name_text == NULL ? "" : " ", type, *type == '\0' ? "" : " ", zone->origin);
    return out;
}

enum outcome target_open(const struct options *options, struct session *session,
                         const struct domain *domain, bool quiet, struct zone_row *zone)
{
    memset(zone, 0, sizeof *zone);
    enum outcome outcome = session_read_settings(session, options->conf);
    if (outcome == OUTCOME_OK) {
        outcome = session_open(session, !options->dry_run);
    }
    if (outcome == OUTCOME_OK) {
        outcome = session_begin(session);
    }
    if (outcome == OUTCOME_OK) {
        outcome = zone_row_find(session, domain, !options->dry_run, quiet, zone);
    }
    return outcome;
}

static enum outcome begin_again(struct session *session, struct zone_row *zone)
{
    uint32_t id = zone->id;
    session->retries--;
    session_rollback(session);
    zone_row_release(zone);
    enum outcome outcome = session_begin(session);
    if (outcome == OUTCOME_OK) {
        outcome = zone_row_find_id(session, id, true, zone);
        zone->id = id;
    }
    return outcome == OUTCOME_NOT_FOUND ? report_error(outcome, "the domain was removed meanwhile")
                                        : outcome;
}

enum outcome target_run(struct session *session, struct zone_row *zone,
                        enum outcome (*change)(void *context), void *context)
{
    session->retries = RETRIES;
    enum outcome outcome = change(context);
    while (outcome == OUTCOME_AGAIN) {
        outcome = begin_again(session, zone);
        if (outcome == OUTCOME_OK) {
            outcome = change(context);
        }
    }
    session->retries = 0;
    return outcome;
}

enum outcome target_close(struct session *session, struct zone_row *zone, enum outcome outcome)
{
    if (session->db != NULL) {
        session_rollback(session); /* nothing to undo after a COMMIT */
    }
    zone_row_release(zone);
    session_close(session);
    return outcome;
}

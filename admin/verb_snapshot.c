/*
 * snapshot-remove: a takedown while the database is away. It works on the server's file alone.
 */
#include <string.h>

#include "admin/cli.h"
#include "admin/domain_name.h"
#include "snapshot/snapshot.h"

enum outcome verb_snapshot_remove(const struct options *options, int count, char **arguments)
{
    char err[512] = "";
    struct domain domain;
    bool found;
    const char *file = arguments[0], *text = arguments[1];

    (void)options, (void)count;
    const char *fault = domain_from_text(&domain, text, strlen(text));
    if (fault != NULL) {
        return report_error(OUTCOME_USAGE, "%s %s", report_quote(text, strlen(text)), fault);
    }
    if (!snapshot_strike(file, &domain.name, &found, err, sizeof err)) {
        return err[0] == '\0'
                   ? report_error(OUTCOME_NOT_FOUND, "%s is not in %s", domain.text, file)
                   : report_error(OUTCOME_FAILED, "%s %s", file, err);
    }
    report_note(
        "struck %s from %s: without database the server answers no longer for it; remove it "
        "from the database, too",
        domain.text, file);
    return OUTCOME_OK;
}

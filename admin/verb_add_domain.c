/*
 * add-domain: what the options and the settings say becomes a plan, the names become batches.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "admin/batch.h"
#include "admin/bulk_add.h"
#include "admin/cli.h"
#include "admin/serial.h"
#include "base/alloc.h"

/* Texts that the plan borrows. */
struct plan_texts {
    char *ns[PLAN_NS_MAX];
    char *mbox;
};

static enum outcome read_ns(struct add_plan *plan, struct plan_texts *texts, const char *option,
                            const char *text)
{
    struct domain domain;
    if (plan->ns_count == PLAN_NS_MAX) {
        return cli_usage("more than %d name servers", PLAN_NS_MAX);
    }
    const char *fault = host_from_text(&domain, text);
    if (fault != NULL) {
        return report_error(OUTCOME_USAGE, "%s: %s %s", option, report_quote(text, strlen(text)),
                            fault);
    }
    if (strchr(text, '.') == NULL) {
        domain.text[strlen(domain.text) - 1] = 0; /* one label: in each new domain */
    }
    texts->ns[plan->ns_count] = alloc_string(domain.text);
    plan->ns[plan->ns_count] = texts->ns[plan->ns_count];
    plan->ns_count++;
    return OUTCOME_OK;
}

static enum outcome read_mbox(struct add_plan *plan, struct plan_texts *texts, const char *option,
                              const char *text)
{
    char name[NAME_TEXT_SIZE];
    const char *fault = mbox_from_text(name, text);
    if (fault != NULL) {
        return report_error(OUTCOME_USAGE, "%s: %s %s", option, report_quote(text, strlen(text)),
                            fault);
    }
    texts->mbox = alloc_string(name);
    plan->mbox = texts->mbox;
    return OUTCOME_OK;
}

static enum outcome missing(const struct options *options, const char *key, const char *option)
{
    return report_error(OUTCOME_USAGE, "%s is not set: write it into %s, or give %s", key,
                        options->conf != NULL ? options->conf : SETTINGS_FILE, option);
}

static enum outcome read_names(struct add_plan *plan, struct plan_texts *texts,
                               const struct options *options, const struct settings *settings)
{
    enum outcome outcome = OUTCOME_OK;
    for (size_t i = 0; i < options->ns_count && outcome == OUTCOME_OK; i++) {
        outcome = read_ns(plan, texts, "--ns", options->ns[i]);
    }
    if (options->ns_count == 0) {
        for (size_t i = 0; i < settings->default_ns.count && outcome == OUTCOME_OK; i++) {
            outcome = read_ns(plan, texts, "default-ns", settings->default_ns.items[i]);
        }
    }
    if (outcome == OUTCOME_OK && options->mbox != NULL) {
        outcome = read_mbox(plan, texts, "--mbox", options->mbox);
    } else if (outcome == OUTCOME_OK && settings->default_mbox != NULL) {
        outcome = read_mbox(plan, texts, "default-mbox", settings->default_mbox);
    }
    return outcome;
}

static enum outcome make_plan(struct add_plan *plan, struct plan_texts *texts,
                              const struct options *options, const struct settings *settings)
{
    *plan = (struct add_plan){
        .ip = options->ip != NULL ? options->ip : settings->default_ip,
        .ip6 = options->ip6 != NULL ? options->ip6 : settings->default_ip6,
        .ttl = options->ttl_given ? options->ttl : settings->default_ttl,
        .minimum = settings->default_minimum,
        .serial = serial_first_of_day(time(NULL)),
    };
    enum outcome outcome = read_names(plan, texts, options, settings);
    if (outcome != OUTCOME_OK) {
        return outcome;
    }
    if (plan->ns_count == 0) {
        return missing(options, "default-ns", "--ns NAME");
    }
    return plan->ip == NULL ? missing(options, "default-ip", "--ip A") : OUTCOME_OK;
}

static void release_texts(struct plan_texts *texts)
{
    for (size_t i = 0; i < PLAN_NS_MAX; i++) {
        free(texts->ns[i]);
    }
    free(texts->mbox);
}

/* One line for one name that went well, a sum for many. */
static void report_sum(const struct bulk_add *bulk, const struct domains_in *domains,
                       size_t repeated, size_t not_tried)
{
    const char *would = bulk->dry_run ? "would add" : "added";
    if (domains->count == 1 && bulk->tally.failed == 0) {
        char *shown = domain_shown(domains->items[0].text);
        if (bulk->tally.unchanged > 0) {
            report_note("%s exists already; nothing changed", shown);
        } else {
            report_note("%s %s (serial %u)", would, shown, bulk->plan->serial);
        }
        free(shown);
        return;
    }
    char more[200] = "";
    int used = 0;
    if (bulk->tally.unchanged > 0) {
        used += snprintf(more + used, sizeof more - (size_t)used, ", %zu existed already",
                         bulk->tally.unchanged);
    }
    if (bulk->tally.failed > 0) {
        used +=
            snprintf(more + used, sizeof more - (size_t)used, ", %zu failed", bulk->tally.failed);
    }
    if (repeated > 0) {
        used +=
            snprintf(more + used, sizeof more - (size_t)used, ", %zu were given twice", repeated);
    }
    if (not_tried > 0) {
        snprintf(more + used, sizeof more - (size_t)used, ", %zu not tried", not_tried);
    }
    report_note("%s %zu domain%s%s", would, bulk->tally.done, bulk->tally.done == 1 ? "" : "s",
                more);
}

static enum outcome add_all(struct bulk_add *bulk, const struct domains_in *domains,
                            size_t repeated)
{
    size_t at = 0, before = bulk->tally.failed;
    batch_signals_catch();
    while (at < domains->count && !bulk->stopped && !batch_interrupted()) {
        size_t count = domains->count - at < BATCH_SIZE ? domains->count - at : BATCH_SIZE;
        bulk_add_batch(bulk, domains->items + at, count);
        at += count;
        report_progress("domains", at, domains->count);
    }
    batch_signals_release();
    const struct tally *tally = &bulk->tally;
    report_sum(bulk, domains, repeated,
               domains->count - tally->done - tally->unchanged - (tally->failed - before));
    return at < domains->count && batch_interrupted() ? OUTCOME_PARTLY
                                                      : tally_outcome(&bulk->tally);
}

static enum outcome add_names(struct bulk_add *bulk, const struct options *options,
                              const struct names_in *names)
{
    struct domains_in domains;
    size_t failed = 0, repeated = 0;
    enum outcome outcome = OUTCOME_OK;

    domains_in_read(&domains, names, true, &failed, &repeated);
    for (size_t i = 0; i < failed; i++) {
        tally_failed(&bulk->tally, OUTCOME_REFUSED);
    }
    bool single_label = domains.count == 1 && strchr(domains.items[0].text, '.')[1] == 0;
    if (single_label) {
        report_warning("%s is a top-level domain", domains.items[0].text);
    }
    if (domains.count > 0) { /* nothing to write: no reason to connect */
        outcome = session_open(bulk->session, !bulk->dry_run);
    }
    if (outcome == OUTCOME_OK) {
        bulk->output = options->json || options->dry_run ? output_new(options->json) : NULL;
        outcome = add_all(bulk, &domains, repeated);
        if (bulk->output != NULL && !output_finish(bulk->output)) {
            outcome = report_error(OUTCOME_FAILED, "standard output cannot be written");
        }
    }
    domains_in_release(&domains);
    return outcome;
}

enum outcome verb_add_domain(const struct options *options, int count, char **arguments)
{
    struct session session = {0};
    struct names_in names = {0};
    struct add_plan plan;
    struct plan_texts texts = {{0}, NULL};
    struct bulk_add bulk = {.session = &session,
                            .plan = &plan,
                            .if_not_exists = options->if_not_exists,
                            .dry_run = options->dry_run};

    enum outcome outcome = session_read_settings(&session, options->conf);
    if (outcome == OUTCOME_OK) {
        outcome = make_plan(&plan, &texts, options, &session.settings);
    }
    if (outcome == OUTCOME_OK) {
        outcome = batch_read(&names, options->file, count, arguments);
    }
    if (outcome == OUTCOME_OK) {
        outcome = add_names(&bulk, options, &names);
    }
    names_in_release(&names);
    release_texts(&texts);
    session_close(&session);
    return outcome;
}

/*
 * check: all zones, or some, read as the server reads them and told what it would leave out, and
 * what else looks wrong. Reads only, in one snapshot, a run of zones at a time.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "admin/target.h"
#include "admin/zone_check.h"
#include "base/alloc.h"

/* Zones whose rows are read by one statement; their ids lie no further apart than CLOSE_IDS. */
enum { RUN_ZONES = 128, CLOSE_IDS = 8 };

struct check {
    const struct conf *conf;
    struct db_rows *rows;
    struct store *store; /* every origin that the server would host; nothing is loaded */
    struct findings *findings;
    struct hosted **zones; /* to be checked, in order of id */
    size_t count, cap;
    struct record_in in;
};

/* --- which zones ------------------------------------------------------------------------------ */

struct wanted {
    size_t count;
    struct domain *domains; /* none: all zones */
    bool *found;
};

static bool is_wanted(const struct wanted *wanted, const struct name *origin)
{
    bool found = wanted->count == 0;
    for (size_t i = 0; i < wanted->count; i++) {
        if (name_equal(wanted->domains[i].name.octets, origin->octets)) {
            found = wanted->found[i] = true;
        }
    }
    return found;
}

static void origin_fault(struct check *check, uint32_t id, const char *reason, const char *value,
                         size_t value_len)
{
    findings_add(check->findings, SEVERITY_ERROR, "",
                 &(struct finding){check->conf->soa_table, id, "origin", reason, value, value_len,
                                   false, false});
}

/* As the server: of two rows of one origin the lower id is hosted. */
static void take_origin(struct check *check, struct wanted *wanted, const struct soa_row *row)
{
    struct row_fault fault;
    struct name origin;

    if (!origin_from_row(row, &origin, &fault)) {
        if (wanted->count == 0) {
            const struct db_value *value = &row->origin;
            origin_fault(check, row->id, fault.reason, value->null ? "" : value->data,
                         value->null ? 0 : value->len);
        }
        return;
    }
    bool chosen = is_wanted(wanted, &origin);
    if (store_hosted_origin(check->store, &origin) != NULL) {
        if (chosen) {
            char text[NAME_TEXT_SIZE];
            name_to_text(text, origin.octets);
            origin_fault(check, row->id, origin_is_taken, text, strlen(text));
        }
        return;
    }
    struct hosted *hosted = store_add(check->store, row->id, &origin);
    if (!chosen) {
        return;
    }
    if (check->count == check->cap) {
        check->cap = check->cap == 0 ? 64 : check->cap * 2;
        check->zones = alloc_resize(check->zones, check->cap, sizeof(struct hosted *));
    }
    check->zones[check->count++] = hosted;
}

/* Rows that nothing tells apart are counted, as in the server's log. */
static void tell_left_out(struct check *check, const char *table)
{
    uint64_t count = db_rows_left_out(check->rows);
    if (count > 0) {
        char value[24];
        int len = snprintf(value, sizeof value, "%llu rows", (unsigned long long)count);
        findings_add(check->findings, SEVERITY_ERROR, "",
                     &(struct finding){table, 0, "id", "is NULL, negative or above 4294967295",
                                       value, (size_t)len, false, false});
    }
}

static bool read_origins(struct check *check, struct wanted *wanted)
{
    struct soa_row row;
    enum db_fetch fetched;

    if (db_rows_all_soa(check->rows) != DB_OK) {
        return false;
    }
    while ((fetched = db_rows_next_soa(check->rows, &row)) == DB_ROW) {
        if (store_hosted(check->store, row.id) == NULL) {
            take_origin(check, wanted, &row);
        }
    }
    tell_left_out(check, check->conf->soa_table);
    return fetched == DB_END;
}

/* --- zones ------------------------------------------------------------------------------------ */

struct run {
    struct hosted **zones;
    size_t count;
    struct zone_check *checks;
};

static struct zone_check *find(const struct run *run, uint32_t id)
{
    size_t low = 0, high = run->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        uint32_t there = run->zones[middle]->zone->id;
        if (there == id) {
            return &run->checks[middle];
        }
        low = there < id ? middle + 1 : low;
        high = there < id ? high : middle;
    }
    return NULL;
}

static bool read_run(struct check *check, const struct run *run)
{
    uint32_t first = run->zones[0]->zone->id, last = run->zones[run->count - 1]->zone->id;
    struct db_rows *rows = check->rows;
    enum db_fetch fetched = DB_BROKEN;
    struct soa_row soa;
    struct rr_row rr;
    struct zone_check *of;

    if (db_rows_soa_range(rows, first, last) == DB_OK) {
        while ((fetched = db_rows_next_soa(rows, &soa)) == DB_ROW) {
            if ((of = find(run, soa.id)) != NULL) {
                zone_check_soa(of, &soa);
            }
        }
    }
    if (fetched != DB_END || db_rows_rr_range(rows, first, last) != DB_OK) {
        return false;
    }
    while ((fetched = db_rows_next_rr(rows, &rr)) == DB_ROW) {
        if ((of = find(run, rr.zone)) != NULL) {
            zone_check_rr(of, &rr, &check->in);
        }
    }
    tell_left_out(check, check->conf->rr_table);
    return fetched == DB_END;
}

static bool check_run(struct check *check, struct run *run)
{
    for (size_t i = 0; i < run->count; i++) {
        zone_check_begin(&run->checks[i], run->zones[i]->zone, check->conf, check->store,
                         check->findings);
    }
    bool good = read_run(check, run);
    for (size_t i = 0; i < run->count; i++) {
        if (good) {
            zone_check_whole(&run->checks[i]);
        }
        zone_check_end(&run->checks[i]);
    }
    return good;
}

static bool check_zones(struct check *check)
{
    struct run run = {.checks = alloc_zero(RUN_ZONES, sizeof *run.checks)};
    bool good = true;

    for (size_t i = 0; good && i < check->count; i += run.count) {
        run.zones = check->zones + i;
        run.count = 1;
        while (i + run.count < check->count && run.count < RUN_ZONES &&
               run.zones[run.count]->zone->id - run.zones[run.count - 1]->zone->id <= CLOSE_IDS) {
            run.count++;
        }
        good = check_run(check, &run);
        report_progress("zones", i + run.count, check->count);
    }
    free(run.checks);
    return good;
}

/* --- rows of no zone -------------------------------------------------------------------------- */

static bool check_orphans(struct check *check, struct db *db)
{
    char *soa = table_quote(check->conf->soa_table), *rr = table_quote(check->conf->rr_table);
    char *sql = alloc_printf("SELECT r.id, r.zone FROM %s r LEFT JOIN %s s ON s.id = r.zone "
                             "WHERE s.id IS NULL ORDER BY r.id",
                             rr, soa);
    struct db_stmt *stmt = db_prepare(db, sql);
    enum db_fetch fetched = DB_BROKEN;

    if (stmt != NULL && db_execute(stmt) == DB_OK) {
        while ((fetched = db_fetch(stmt)) == DB_ROW) {
            uint32_t id = (uint32_t)db_column_uint(stmt, 0);
            struct db_value zone = db_column(stmt, 1);
            findings_add(check->findings, SEVERITY_WARNING, "",
                         &(struct finding){
                             check->conf->rr_table, id, "zone", "is no id of the table of zones",
                             zone.null ? "" : zone.data, zone.null ? 0 : zone.len, false, false});
        }
    }
    db_stmt_free(stmt);
    free(sql);
    free(rr);
    free(soa);
    return fetched == DB_END;
}

/* --- the verb --------------------------------------------------------------------------------- */

/* The server's rules: defaults, or FILE's; the tables are dnsadm's in any case. */
static struct conf *read_rules(const struct settings *settings, const char *file)
{
    /* The last one where no file tells how the server reads text. */
    const char *const overrides[] = {"database",
                                     settings->database,
                                     "soa-table",
                                     settings->soa_table,
                                     "rr-table",
                                     settings->rr_table,
                                     file == NULL ? "txt-format" : NULL,
                                     settings_txt_format(settings),
                                     NULL};
    char *messages;
    struct conf *conf = conf_read(file, overrides, &messages);
    char *rest = NULL;
    for (char *line = strtok_r(messages, "\n", &rest); line != NULL && conf == NULL;
         line = strtok_r(NULL, "\n", &rest)) {
        report_error(OUTCOME_USAGE, "%s", line);
    }
    free(messages);
    return conf;
}

static enum outcome db_failed(struct db *db)
{
    enum outcome outcome = db_error_kind(db) == DB_AWAY ? OUTCOME_AWAY : OUTCOME_FAILED;
    return report_error(outcome, "cannot read the tables: %s", db_error_text(db));
}

static enum outcome run_check(struct check *check, struct db *db, struct wanted *wanted)
{
    struct db_position position;

    check->rows = db_rows_new(db, check->conf);
    bool good = check->rows != NULL && db_rows_begin(check->rows, &position) == DB_OK &&
                read_origins(check, wanted) && check_zones(check) &&
                (wanted->count > 0 || check_orphans(check, db)) &&
                db_rows_end(check->rows) == DB_OK;
    enum outcome outcome = good ? OUTCOME_OK : db_failed(db);
    for (size_t i = 0; good && i < wanted->count; i++) {
        if (!wanted->found[i]) {
            outcome = report_error(OUTCOME_NOT_FOUND, "%s is not served from these tables",
                                   wanted->domains[i].text);
        }
    }
    db_rows_free(check->rows);
    return outcome;
}

/* Print the sum; what was found outweighs a domain that was not. */
static enum outcome sum_up(struct check *check, const struct options *options, enum outcome outcome)
{
    size_t errors = findings_count(check->findings, SEVERITY_ERROR);
    size_t warnings = findings_count(check->findings, SEVERITY_WARNING);

    if (!findings_finish(check->findings)) {
        return report_error(OUTCOME_FAILED, "standard output cannot be written");
    }
    if (outcome != OUTCOME_OK && outcome != OUTCOME_NOT_FOUND) {
        return outcome;
    }
    report_note("%zu zone%s checked: %zu error%s, %zu warning%s", check->count,
                check->count == 1 ? "" : "s", errors, errors == 1 ? "" : "s", warnings,
                warnings == 1 ? "" : "s");
    return errors > 0 || (options->strict && warnings > 0) ? OUTCOME_REFUSED : outcome;
}

enum outcome verb_check(const struct options *options, int count, char **arguments)
{
    struct session session = {0};
    struct check *check = alloc_zero(1, sizeof *check);
    struct wanted wanted = {.count = (size_t)count,
                            .domains = alloc_zero((size_t)count + 1, sizeof(struct domain)),
                            .found = alloc_zero((size_t)count + 1, sizeof(bool))};
    struct conf *conf = NULL;
    struct db *db = NULL;

    enum outcome outcome = session_read_settings(&session, options->conf);
    for (int i = 0; outcome == OUTCOME_OK && i < count; i++) {
        outcome = target_read_domain(&wanted.domains[i], arguments[i]);
    }
    if (outcome == OUTCOME_OK) {
        check->conf = conf = read_rules(&session.settings, options->rules);
        outcome = conf == NULL ? OUTCOME_USAGE : OUTCOME_OK;
    }
    if (outcome == OUTCOME_OK) {
        db = session_connect(&session.settings, session.settings.database, &outcome);
    }
    if (db != NULL) {
        check->store = store_new();
        check->findings = findings_new(options->json);
        outcome = sum_up(check, options, run_check(check, db, &wanted));
        store_free(check->store);
        db_close(db);
    }
    conf_free(conf);
    session_close(&session);
    free(check->zones);
    free(check);
    free(wanted.domains);
    free(wanted.found);
    return outcome;
}

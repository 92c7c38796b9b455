#include "admin/bulk_add.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "admin/batch.h"
#include "admin/rows.h"
#include "base/alloc.h"
#include "dns/rrtype.h"

enum {
    ROWS_PER_INSERT = 2000, /* times 6 parameters: below the protocol's 65,535 */
    SOA_COLUMNS = 9,
    RR_COLUMNS = 6,
    ATTEMPTS = 3, /* deadlock, or somebody else's INSERT of the same origin */
};

struct job {
    const struct domain_in *in;
    struct plan_zone zone;
    uint32_t id;
    uint64_t strays,
        last_stray; /* rows of rr that had this id before, and the greatest id of them */
};

/* --- one domain ------------------------------------------------------------------------------- */

static void report_domain(const struct domain_in *in, enum outcome what, const char *text)
{
    char *shown = domain_shown(in->text);
    if (in->from->line > 0) {
        report_error(what, "%s, line %zu: %s: %s", in->from->source, in->from->line, shown, text);
    } else {
        report_error(what, "%s: %s", shown, text);
    }
    free(shown);
}

static void fail(struct bulk_add *bulk, const struct domain_in *in, enum outcome what,
                 const char *text)
{
    report_domain(in, what, text);
    tally_failed(&bulk->tally, what);
}

static bool is_transactional(const struct bulk_add *bulk)
{
    const struct tables *tables = &bulk->session->tables;
    return tables->soa.transactional && tables->rr.transactional;
}

/* Does the zone have records? Also when that cannot be told. */
static bool has_rows(struct bulk_add *bulk, uint32_t id)
{
    struct db_stmt *stmt = session_prepare(bulk->session, "SELECT 1 FROM %s WHERE zone = ? LIMIT 1",
                                           bulk->session->tables.rr.quoted);
    if (stmt == NULL) {
        return true;
    }
    db_bind_uint(stmt, 0, id);
    bool has = db_execute(stmt) != DB_OK || db_fetch(stmt) != DB_END;
    db_stmt_free(stmt);
    return has;
}

static void note_existing(struct bulk_add *bulk, const struct domain_in *in, uint32_t id)
{
    if (!is_transactional(bulk) && !has_rows(bulk, id)) {
        char *shown = domain_shown(in->text);
        report_warning("%s has no records: left by an add-domain that was broken off? remove-domain"
                       " and add-domain make it anew",
                       shown);
        free(shown);
    }
    if (bulk->if_not_exists) {
        bulk->tally.unchanged++;
    } else {
        fail(bulk, in, OUTCOME_EXISTS, "exists already");
    }
}

static const char *find_fault(const struct bulk_add *bulk, const struct plan_zone *zone,
                              const struct name *origin)
{
    const char *fault = soa_fault(bulk->session, zone->origin, zone->ns, zone->mbox);
    for (size_t i = 0; i < zone->count && fault == NULL; i++) {
        struct rr_new row = {.ttl = bulk->plan->ttl,
                             .name = zone->rows[i].name,
                             .type = zone->rows[i].type,
                             .data = zone->rows[i].data};
        fault = rr_fault(bulk->session, &row, origin);
    }
    return fault;
}

/* Work out the domain's rows and check them. False: reported and counted. */
static bool make_job(struct bulk_add *bulk, const struct domain_in *in, struct job *job)
{
    struct domain domain;
    *job = (struct job){.in = in};
    const char *fault = domain_from_text(&domain, in->text, strlen(in->text));
    if (fault == NULL) {
        fault = plan_zone_make(&job->zone, bulk->plan, &domain);
    }
    if (fault == NULL) {
        fault = find_fault(bulk, &job->zone, &domain.name);
    }
    if (fault != NULL) {
        fail(bulk, in, OUTCOME_REFUSED, fault);
        plan_zone_release(&job->zone);
        return false;
    }
    return true;
}

/* --- statements ------------------------------------------------------------------------------- */

static struct db_stmt *prepare_many(struct bulk_add *bulk, const struct sql_table *table,
                                    const char *columns, unsigned column_count, size_t rows)
{
    char *sql = NULL;
    size_t len;
    FILE *out = open_memstream(&sql, &len);
    fprintf(out, "INSERT INTO %s (%s%s) VALUES ", table->quoted, columns, table->fill_names);
    for (size_t i = 0; i < rows; i++) {
        if (i > 0) {
            fputc(',', out);
        }
        batch_put_marks(out, column_count, table->fill_values);
    }
    fclose(out);
    struct db_stmt *stmt = db_prepare(bulk->session->db, sql);
    free(sql);
    return stmt;
}

static unsigned bind_string(struct db_stmt *stmt, unsigned at, const char *text)
{
    db_bind_text(stmt, at, text, strlen(text));
    return at + 1;
}

/* *ID: of the first row. */
static enum db_error insert_soas(struct bulk_add *bulk, struct job *const *jobs, size_t count,
                                 uint64_t *id)
{
    static const char columns[] = "origin, ns, mbox, serial, refresh, retry, expire, minimum, ttl";
    const struct add_plan *plan = bulk->plan;
    const uint32_t numbers[] = {plan->serial, PLAN_REFRESH,  PLAN_RETRY,
                                PLAN_EXPIRE,  plan->minimum, plan->ttl};
    struct db_stmt *stmt =
        prepare_many(bulk, &bulk->session->tables.soa, columns, SOA_COLUMNS, count);
    unsigned at = 0;

    if (stmt == NULL) {
        return db_error_kind(bulk->session->db);
    }
    for (size_t i = 0; i < count; i++) {
        at = bind_string(stmt, at, jobs[i]->zone.origin);
        at = bind_string(stmt, at, jobs[i]->zone.ns);
        at = bind_string(stmt, at, jobs[i]->zone.mbox);
        for (size_t n = 0; n < ARRAY_LEN(numbers); n++) {
            db_bind_uint(stmt, at++, numbers[n]);
        }
    }
    enum db_error error = db_execute(stmt);
    *id = error == DB_OK ? db_insert_id(stmt) : 0;
    db_stmt_free(stmt);
    return error;
}

struct row_ref {
    uint32_t zone;
    const struct plan_row *row;
};

static enum db_error insert_rows(struct bulk_add *bulk, const struct row_ref *refs, size_t count)
{
    static const char columns[] = "zone, name, type, data, aux, ttl";
    struct db_stmt *stmt =
        prepare_many(bulk, &bulk->session->tables.rr, columns, RR_COLUMNS, count);
    unsigned at = 0;

    if (stmt == NULL) {
        return db_error_kind(bulk->session->db);
    }
    for (size_t i = 0; i < count; i++) {
        db_bind_uint(stmt, at++, refs[i].zone);
        at = bind_string(stmt, at, refs[i].row->name);
        at = bind_string(stmt, at, refs[i].row->type);
        at = bind_string(stmt, at, refs[i].row->data);
        db_bind_uint(stmt, at++, 0);
        db_bind_uint(stmt, at++, bulk->plan->ttl);
    }
    enum db_error error = db_execute(stmt);
    db_stmt_free(stmt);
    return error;
}

static enum db_error insert_records(struct bulk_add *bulk, struct job *const *jobs, size_t count)
{
    struct row_ref *refs = alloc_zero(ROWS_PER_INSERT, sizeof *refs);
    enum db_error error = DB_OK;
    size_t used = 0;
    for (size_t i = 0; i < count; i++) {
        for (size_t r = 0; r < jobs[i]->zone.count && error == DB_OK; r++) {
            refs[used++] = (struct row_ref){jobs[i]->id, &jobs[i]->zone.rows[r]};
            if (used == ROWS_PER_INSERT) {
                error = insert_rows(bulk, refs, used);
                used = 0;
            }
        }
    }
    if (error == DB_OK && used > 0) {
        error = insert_rows(bulk, refs, used);
    }
    free(refs);
    return error;
}

/* --- a transaction ---------------------------------------------------------------------------- */

static enum db_error find_ids(struct bulk_add *bulk, struct job *const *jobs, size_t count)
{
    const struct domain_in *domains[BATCH_SIZE] = {NULL};
    uint32_t ids[BATCH_SIZE];
    for (size_t i = 0; i < count; i++) {
        domains[i] = jobs[i]->in;
    }
    enum db_error error = batch_find(bulk->session, domains, count, ids);
    for (size_t i = 0; i < count; i++) {
        jobs[i]->id = error == DB_OK ? ids[i] : 0;
    }
    return error;
}

/* Put those that are not there into NEW; *NEW_COUNT tells how many. */
static enum db_error sort_out(struct bulk_add *bulk, struct job *const *jobs, size_t count,
                              struct job **new_jobs, size_t *new_count)
{
    enum db_error error = find_ids(bulk, jobs, count);
    *new_count = 0;
    for (size_t i = 0; i < count && error == DB_OK; i++) {
        if (jobs[i]->id == 0) {
            new_jobs[(*new_count)++] = jobs[i];
        }
    }
    return error;
}

/* Rows of rr without a zone, whose id a new one has got: they are its records now. */
static enum db_error find_strays(struct bulk_add *bulk, struct job *const *jobs, size_t count)
{
    enum db_fetch got = DB_END;
    char *sql = NULL;
    size_t len;
    FILE *out = open_memstream(&sql, &len);
    fprintf(out, "SELECT zone, COUNT(*), MAX(id) FROM %s WHERE zone IN ",
            bulk->session->tables.rr.quoted);
    batch_put_marks(out, count, "");
    fputs(" GROUP BY zone", out);
    fclose(out);
    struct db_stmt *stmt = db_prepare(bulk->session->db, sql);
    free(sql);
    if (stmt == NULL) {
        return db_error_kind(bulk->session->db);
    }
    for (size_t i = 0; i < count; i++) {
        db_bind_uint(stmt, (unsigned)i, jobs[i]->id);
        jobs[i]->strays = jobs[i]->last_stray = 0;
    }
    enum db_error error = db_execute(stmt);
    while (error == DB_OK && (got = db_fetch(stmt)) == DB_ROW) {
        for (size_t i = 0; i < count; i++) {
            if (jobs[i]->id == db_column_uint(stmt, 0)) {
                jobs[i]->strays = db_column_uint(stmt, 1);
                jobs[i]->last_stray = db_column_uint(stmt, 2);
            }
        }
    }
    db_stmt_free(stmt);
    return error == DB_OK && got == DB_BROKEN ? db_error_kind(bulk->session->db) : error;
}

static enum db_error write_new(struct bulk_add *bulk, struct job *const *jobs, size_t count)
{
    uint64_t first;

    if (count == 0 || bulk->dry_run) {
        return DB_OK;
    }
    enum db_error error = insert_soas(bulk, jobs, count, &first);
    if (error == DB_OK) {
        error = find_ids(bulk, jobs, count);
    }
    for (size_t i = 0; i < count && error == DB_OK; i++) {
        if (jobs[i]->id == 0) { /* written and not there: a trigger, or a collation of its own */
            return DB_FAILED;
        }
    }
    if (error == DB_OK) {
        error = find_strays(bulk, jobs, count);
    }
    return error == DB_OK ? insert_records(bulk, jobs, count) : error;
}

static enum db_error try_transaction(struct bulk_add *bulk, struct job *const *jobs, size_t count,
                                     struct job **new_jobs, size_t *new_count)
{
    struct db *db = bulk->session->db;
    enum db_error error = db_run(db, "START TRANSACTION");
    if (error == DB_OK) {
        error = sort_out(bulk, jobs, count, new_jobs, new_count);
    }
    if (error == DB_OK) {
        error = write_new(bulk, new_jobs, *new_count);
    }
    return error == DB_OK ? db_run(db, "COMMIT") : error;
}

static void print_job(struct bulk_add *bulk, const struct job *job)
{
    const struct add_plan *plan = bulk->plan;
    struct zone_row zone = {.id = job->id,
                            .origin = job->zone.origin,
                            .ns = job->zone.ns,
                            .mbox = job->zone.mbox,
                            .serial = plan->serial,
                            .refresh = PLAN_REFRESH,
                            .retry = PLAN_RETRY,
                            .expire = PLAN_EXPIRE,
                            .minimum = plan->minimum,
                            .ttl = plan->ttl,
                            .active = true};
    if (name_from_text(&zone.name, zone.origin, strlen(zone.origin), NULL) != NULL) {
        return;
    }
    output_soa(bulk->output, &zone, false);
    for (size_t i = 0; i < job->zone.count && bulk->dry_run; i++) {
        const struct plan_row *row = &job->zone.rows[i];
        struct rr_data data = {.name = row->name,
                               .type = (char *)(uintptr_t)row->type,
                               .data = row->data,
                               .data_len = strlen(row->data),
                               .ttl = plan->ttl,
                               .active = true,
                               .type_number = rrtype_from_text(row->type, strlen(row->type))};
        output_rr(bulk->output, &data, &zone);
    }
}

static void job_done(struct bulk_add *bulk, const struct job *job)
{
    bulk->tally.done++;
    if (bulk->output != NULL) {
        print_job(bulk, job);
    }
    if (job->strays > 0) {
        char *shown = domain_shown(job->in->text);
        report_warning("%s: %llu rows of %s had its id %u already, and are its records now", shown,
                       (unsigned long long)job->strays, bulk->session->tables.rr.quoted, job->id);
        free(shown);
    }
}

static void count_done(struct bulk_add *bulk, struct job *const *jobs, size_t count,
                       struct job *const *new_jobs, size_t new_count)
{
    size_t next = 0; /* NEW_JOBS is a part of JOBS in the same order */
    for (size_t i = 0; i < count; i++) {
        if (next < new_count && new_jobs[next] == jobs[i]) {
            next++;
            job_done(bulk, jobs[i]);
        } else {
            note_existing(bulk, jobs[i]->in, jobs[i]->id);
        }
    }
}

/* The last word about a job that could not be written, alone in its batch. */
static void give_up(struct bulk_add *bulk, const struct job *job)
{
    char text[900];
    if (session_is_duplicate(bulk->session)) {
        snprintf(text, sizeof text, "a unique key says that it exists already: %s",
                 db_error_text(bulk->session->db));
        fail(bulk, job->in, OUTCOME_EXISTS, text);
    } else {
        fail(bulk, job->in, session_outcome(bulk->session), db_error_text(bulk->session->db));
    }
}

/* Nothing more can be added: the jobs at hand and all that would follow. */
static void stop(struct bulk_add *bulk, size_t count)
{
    enum outcome outcome = session_outcome(bulk->session);
    session_db_error(bulk->session,
                     outcome == OUTCOME_AWAY ? "the database went away" : "cannot add domains");
    session_rollback(bulk->session);
    bulk->stopped = true;
    for (size_t i = 0; i < count; i++) {
        tally_failed(&bulk->tally, outcome);
    }
}

static void add_jobs(struct bulk_add *bulk, struct job *const *jobs, size_t count)
{
    struct job *new_jobs[BATCH_SIZE];
    size_t new_count = 0;
    enum db_error error = DB_OK;

    for (int attempt = 0; attempt < ATTEMPTS && !bulk->stopped; attempt++) {
        error = try_transaction(bulk, jobs, count, new_jobs, &new_count);
        if (error == DB_OK) {
            count_done(bulk, jobs, count, new_jobs, new_count);
            return;
        }
        if (session_outcome(bulk->session) == OUTCOME_AWAY || session_is_refused(bulk->session)) {
            stop(bulk, count);
            return;
        }
        bool again = session_may_retry(bulk->session);
        if (count == 1 && (!again || attempt == ATTEMPTS - 1)) {
            give_up(bulk, jobs[0]);
        }
        session_rollback(bulk->session);
        if (!again) {
            break;
        }
    }
    if (count > 1) {
        add_jobs(bulk, jobs, count / 2);
        if (!bulk->stopped) {
            add_jobs(bulk, jobs + count / 2, count - count / 2);
        }
    }
}

/* --- without transactions --------------------------------------------------------------------- */

/* STMT (taken) deletes by the job's id. */
static bool delete_by(struct db_stmt *stmt, const struct job *job)
{
    if (stmt == NULL) {
        return false;
    }
    db_bind_uint(stmt, 0, job->id);
    bool done = db_execute(stmt) == DB_OK;
    db_stmt_free(stmt);
    return done;
}

/*
 * The soa row is ours: its id is the one that our INSERT got. Of rr, with BEGUN, what came after the rows
 * that had the id before, which stay.
 */
static bool take_back(struct bulk_add *bulk, const struct job *job, bool begun)
{
    const struct tables *tables = &bulk->session->tables;

    if (begun) {
        struct db_stmt *stmt = session_prepare(
            bulk->session, "DELETE FROM %s WHERE zone = ? AND id > ?", tables->rr.quoted);
        if (stmt != NULL) {
            db_bind_uint(stmt, 1, job->last_stray);
        }
        if (!delete_by(stmt, job)) {
            return false;
        }
    }
    return delete_by(
        session_prepare(bulk->session, "DELETE FROM %s WHERE id = ?", tables->soa.quoted), job);
}

static void report_rest(const struct bulk_add *bulk, const struct job *job)
{
    char *shown = domain_shown(job->in->text);
    report_warning("%s: its row of %s stays, without all its records; remove-domain takes it away",
                   shown, bulk->session->tables.soa.quoted);
    free(shown);
}

/* LEFT: jobs from this one on. */
static void add_one(struct bulk_add *bulk, struct job *job, size_t left)
{
    uint64_t id;
    enum db_error error = insert_soas(bulk, &job, 1, &id);
    bool written = error == DB_OK, own = written && id > 0 && id <= UINT32_MAX, begun = false;

    if (own) {
        job->id = (uint32_t)id;
    } else if (written) {
        error = find_ids(bulk, &job, 1);
        if (error == DB_OK && job->id == 0) {
            fail(bulk, job->in, OUTCOME_FAILED, "its row was written, and cannot be found");
            return;
        }
    }
    if (error == DB_OK) {
        error = find_strays(bulk, &job, 1);
        begun = error == DB_OK;
    }
    if (error == DB_OK) {
        error = insert_records(bulk, &job, 1);
    }
    if (error == DB_OK) {
        job_done(bulk, job);
        return;
    }
    bool away = session_outcome(bulk->session) == OUTCOME_AWAY;
    if (away || session_is_refused(bulk->session)) {
        stop(bulk, left);
    } else {
        give_up(bulk, job);
    }
    if (written && (away || !own || !take_back(bulk, job, begun))) {
        report_rest(bulk, job);
    }
}

/* One domain after the other: what fails half-way can be told from all others, and taken back. */
static void add_singly(struct bulk_add *bulk, struct job *const *jobs, size_t count)
{
    if (find_ids(bulk, jobs, count) != DB_OK) {
        stop(bulk, count);
        return;
    }
    for (size_t i = 0; i < count && !bulk->stopped; i++) {
        if (jobs[i]->id != 0) {
            note_existing(bulk, jobs[i]->in, jobs[i]->id);
        } else if (bulk->dry_run) {
            job_done(bulk, jobs[i]);
        } else {
            add_one(bulk, jobs[i], count - i);
        }
    }
}

void bulk_add_batch(struct bulk_add *bulk, const struct domain_in *domains, size_t count)
{
    struct job *jobs = alloc_zero(count + 1, sizeof *jobs);
    struct job *good[BATCH_SIZE];
    size_t good_count = 0;

    for (size_t i = 0; i < count; i++) {
        if (make_job(bulk, &domains[i], &jobs[i])) {
            good[good_count++] = &jobs[i];
        }
    }
    if (good_count > 0) {
        (is_transactional(bulk) ? add_jobs : add_singly)(bulk, good, good_count);
    }
    for (size_t i = 0; i < count; i++) {
        plan_zone_release(&jobs[i].zone);
    }
    free(jobs);
}

#include "admin/batch.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "admin/cli.h"
#include "base/alloc.h"
#include "load/rr_text.h"

static volatile sig_atomic_t interrupted;
static struct sigaction old_int, old_term;

static void on_signal(int number)
{
    (void)number;
    interrupted = 1;
}

void batch_signals_catch(void)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, &old_int);
    sigaction(SIGTERM, &action, &old_term);
}

void batch_signals_release(void)
{
    sigaction(SIGINT, &old_int, NULL);
    sigaction(SIGTERM, &old_term, NULL);
}

bool batch_interrupted(void)
{
    return interrupted != 0;
}

void batch_put_marks(FILE *out, size_t count, const char *tail)
{
    fputc('(', out);
    for (size_t i = 0; i < count; i++) {
        fputs(i == 0 ? "?" : ",?", out);
    }
    fputs(tail, out);
    fputc(')', out);
}

/* By text, for finding a row's origin among the domains asked for. */
static int compare_slots(const void *a, const void *b)
{
    return strcmp((**(const struct domain_in *const *const *)a)->text,
                  (**(const struct domain_in *const *const *)b)->text);
}

static int compare_text(const void *text, const void *slot)
{
    return strcmp(text, (**(const struct domain_in *const *const *)slot)->text);
}

static char *find_sql(const struct session *session, size_t count)
{
    char *sql = NULL;
    size_t len;
    bool folds = table_column(&session->tables.soa, "origin")->folds_case;
    FILE *out = open_memstream(&sql, &len);
    fprintf(out, "SELECT id, origin FROM %s WHERE %s IN ", session->tables.soa.quoted,
            folds ? "origin" : "LOWER(CONVERT(origin USING latin1))");
    batch_put_marks(out, count, "");
    fputs(" ORDER BY id DESC", out);
    fclose(out);
    return sql;
}

/* Note the row's id at the domain it is; of several rows the lowest id stays (ORDER BY id DESC). */
static void note_row(struct db_stmt *stmt, const struct domain_in *const *domains,
                     const struct domain_in *const **slots, size_t count, uint32_t *ids,
                     bool *twice)
{
    char text[NAME_TEXT_SIZE];
    struct name name;
    struct db_value origin = db_column(stmt, 1);
    size_t len = origin.null ? 0 : rr_text_sql_len(origin.data, origin.len);
    if (len == 0 || name_from_text(&name, origin.data, len, NULL) != NULL ||
        db_column_uint(stmt, 0) > UINT32_MAX) {
        return;
    }
    name_lower(name.octets, name.octets, name.len);
    name_to_text(text, name.octets);
    const struct domain_in *const **slot = bsearch(text, slots, count, sizeof *slots, compare_text);
    if (slot != NULL) {
        twice[*slot - domains] = ids[*slot - domains] != 0;
        ids[*slot - domains] = (uint32_t)db_column_uint(stmt, 0);
    }
}

enum db_error batch_find_twice(struct session *session, const struct domain_in *const *domains,
                               size_t count, uint32_t *ids, bool *twice)
{
    const struct domain_in *const *slots[BATCH_SIZE];
    enum db_fetch got = DB_END;

    memset(ids, 0, count * sizeof *ids);
    memset(twice, 0, count * sizeof *twice);
    if (count == 0) {
        return DB_OK;
    }
    char *sql = find_sql(session, count);
    struct db_stmt *stmt = db_prepare(session->db, sql);
    free(sql);
    if (stmt == NULL) {
        return db_error_kind(session->db);
    }
    for (size_t i = 0; i < count; i++) {
        slots[i] = &domains[i];
        db_bind_text(stmt, (unsigned)i, domains[i]->text, strlen(domains[i]->text));
    }
    qsort(slots, count, sizeof *slots, compare_slots);
    enum db_error error = db_execute(stmt);
    while (error == DB_OK && (got = db_fetch(stmt)) == DB_ROW) {
        note_row(stmt, domains, slots, count, ids, twice);
    }
    db_stmt_free(stmt);
    return error == DB_OK && got == DB_BROKEN ? db_error_kind(session->db) : error;
}

enum db_error batch_find(struct session *session, const struct domain_in *const *domains,
                         size_t count, uint32_t *ids)
{
    bool twice[BATCH_SIZE];
    return batch_find_twice(session, domains, count, ids, twice);
}

enum outcome batch_read(struct names_in *names, const char *file, int count, char **arguments)
{
    char why[512];
    memset(names, 0, sizeof *names);
    for (int i = 0; i < count; i++) {
        if (!names_in_add(names, arguments[i], why, sizeof why)) {
            return report_error(OUTCOME_FAILED, "%s", why);
        }
    }
    if (file != NULL && !names_in_read_file(names, file, why, sizeof why)) {
        return report_error(OUTCOME_USAGE, "%s", why);
    }
    if (count == 0 && file == NULL) {
        return cli_usage("no domain is given: NAME..., - for standard input, or --file F");
    }
    return OUTCOME_OK;
}

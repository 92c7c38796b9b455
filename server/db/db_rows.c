/*
 * The two tables as typed rows. Each read is a prepared statement made once per connection; its text
 * depends on the layout (optional columns) and on the operator's own conditions.
 */
#include "db/db_rows.h"

#include <stdlib.h>
#include <string.h>

#include <mysqld_error.h>

#include "base/alloc.h"
#include "db/db_rows_private.h"

/* No waiting for ever behind LOCK TABLES or ALTER TABLE; 2 s is less than any time-out of a caller. */
static const char sql_session[] =
    "SET SESSION sql_mode = '', lock_wait_timeout = 2, sql_quote_show_create = 1, autocommit = 1, "
    "completion_type = 'NO_CHAIN', sql_select_limit = 18446744073709551615 "
    "/*M! , max_statement_time = 600 */";
static const char sql_isolation[] =
    "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY";
static const char sql_grants[] = "SHOW GRANTS";

enum { EXPLAIN_ROWS = 8 /* the column of EXPLAIN that tells how many */ };

/* --- the statements ---------------------------------------------------------------------------- */

char *db_quoted(const char *name)
{
    char *out = alloc_new(strlen(name) * 2 + 3), *p = out;
    *p++ = '`';
    for (; *name != '\0'; name++) {
        if (*name == '`') {
            *p++ = '`';
        }
        *p++ = *name;
    }
    *p++ = '`';
    *p = '\0';
    return out;
}

/* The line breaks keep a comment in OWN from swallowing our parenthesis. */
struct db_stmt *db_select(struct db *db, const char *verb, const char *columns,
                          const struct db_table *table, const char *condition, const char *own,
                          const char *tail)
{
    bool owned = own != NULL && own[0] != '\0';
    char *schema = db_quoted(table->schema), *name = db_quoted(table->name);
    char *sql =
        alloc_printf("%s %s FROM %s.%s WHERE %s%s%s%s %s", verb, columns, schema, name, condition,
                     owned ? " AND (\n" : "", owned ? own : "", owned ? "\n)" : "", tail);
    struct db_stmt *stmt = db_prepare(db, sql);

    bool in_own = db->kind == DB_FAILED || db->number == ER_BAD_FIELD_ERROR;
    if (stmt == NULL && owned && in_own) { /* which the server's words do not tell */
        char *text = alloc_string(db->text);
        db_set_error(db, db->kind, db->number, "with the condition (%s): %s", own, text);
        free(text);
    }
    free(sql);
    free(name);
    free(schema);
    return stmt;
}

/* DB_IDS_MAX places. */
#define PLACES_16 "?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?"
#define PLACES_64 PLACES_16 "," PLACES_16 "," PLACES_16 "," PLACES_16
static const char ids_condition[] = "id IN (" PLACES_64 ")";
static const char zones_condition[] = "zone IN (" PLACES_64 ")";
/* What is above is no id; one such row must not hide the new ones. */
static const char below_ids[] = "id <= 4294967295";
static const char new_ids[] = "id > ? AND id <= 4294967295";
/* DB_ORIGINS_MAX places. */
static const char origins_condition[] = "origin IN (" PLACES_16 ")";

static bool prepare_all(struct db_rows *rows, const struct conf *conf)
{
    const struct db_layout *layout = &rows->layout;
    const char *soa = layout->soa_active ? SOA_COLUMNS ", active" : SOA_COLUMNS;
    const char *own = conf->soa_where;
    char *rr = alloc_printf("%s%s%s", RR_COLUMNS, layout->rr_edata ? ", edata" : "",
                            layout->rr_active ? ", active" : "");

    rows->all_soa =
        db_select(rows->db, "SELECT", layout->soa_active ? LIST_COLUMNS ", active" : LIST_COLUMNS,
                  &layout->soa, "TRUE", own, "ORDER BY id");
    rows->serials =
        db_select(rows->db, "SELECT", layout->soa_active ? "id, serial, active" : "id, serial",
                  &layout->soa, "id >= ?", own, "ORDER BY id");
    rows->soa_range =
        db_select(rows->db, "SELECT", soa, &layout->soa, "id BETWEEN ? AND ?", own, "ORDER BY id");
    rows->soa_ids =
        db_select(rows->db, "SELECT", soa, &layout->soa, ids_condition, own, "ORDER BY id");
    rows->soa_by_origin = db_select(rows->db, "SELECT", soa, &layout->soa, "origin = ?", own, "");
    rows->soa_by_origins =
        db_select(rows->db, "SELECT", layout->soa_active ? LIST_COLUMNS ", active" : LIST_COLUMNS,
                  &layout->soa, origins_condition, own, "");
    rows->rr_range =
        db_select(rows->db, "SELECT", rr, &layout->rr, "zone BETWEEN ? AND ?", conf->rr_where, "");
    if (layout->zone_indexed && !layout->rr.view) { /* else it would be the whole table's number */
        rows->rr_estimate = db_select(rows->db, "EXPLAIN SELECT", "id", &layout->rr,
                                      "zone BETWEEN ? AND ?", NULL, "");
    }
    rows->rr_zones =
        db_select(rows->db, "SELECT", rr, &layout->rr, zones_condition, conf->rr_where, "");
    rows->rr_some =
        db_select(rows->db, "SELECT", rr, &layout->rr, "zone = ?", conf->rr_where, "LIMIT ?");
    rows->rr_id = db_select(rows->db, "SELECT", rr, &layout->rr, "id = ?", conf->rr_where, "");
    rows->rr_ids =
        db_select(rows->db, "SELECT", rr, &layout->rr, ids_condition, conf->rr_where, "");
    rows->rr_count = db_select(rows->db, "SELECT", "1", &layout->rr, "zone = ?", NULL, "LIMIT ?");
    bool spanned = db_span_init(&rows->span, rows->db, layout, rr, conf->rr_where);
    free(rr);
    return spanned && rows->serials != NULL && rows->all_soa != NULL && rows->soa_range != NULL &&
           rows->soa_ids != NULL && rows->rr_zones != NULL && rows->soa_by_origin != NULL &&
           rows->soa_by_origins != NULL && rows->rr_range != NULL && rows->rr_some != NULL &&
           rows->rr_id != NULL && rows->rr_ids != NULL && rows->rr_count != NULL;
}

struct db_rows *db_rows_new(struct db *db, const struct conf *conf)
{
    struct db_rows *rows = alloc_zero(1, sizeof *rows);

    rows->db = db;
    if (db_run(db, sql_session) == DB_OK && db_run(db, sql_isolation) == DB_OK &&
        db_layout_read(db, conf, &rows->layout) == DB_OK &&
        db_view_init(&rows->view, db, &rows->layout) == DB_OK && prepare_all(rows, conf)) {
        return rows;
    }
    db_rows_free(rows);
    return NULL;
}

void db_rows_free(struct db_rows *rows)
{
    if (rows == NULL) {
        return;
    }
    db_view_release(&rows->view);
    db_stmt_free(rows->serials);
    db_stmt_free(rows->all_soa);
    db_stmt_free(rows->soa_range);
    db_stmt_free(rows->soa_ids);
    db_stmt_free(rows->soa_by_origin);
    db_stmt_free(rows->soa_by_origins);
    db_stmt_free(rows->rr_range);
    db_stmt_free(rows->rr_zones);
    db_stmt_free(rows->rr_some);
    db_stmt_free(rows->rr_id);
    db_stmt_free(rows->rr_ids);
    db_stmt_free(rows->rr_count);
    db_stmt_free(rows->rr_estimate);
    db_stmt_free(rows->rr_last);
    db_stmt_free(rows->rr_new);
    db_span_release(&rows->span);
    free(rows);
}

const struct db_layout *db_rows_layout(const struct db_rows *rows)
{
    return &rows->layout;
}

bool db_rows_is_outdated(struct db_rows *rows, const struct conf *conf)
{
    const struct db_layout *was = &rows->layout;
    struct db_layout is;

    db_rows_cancel(rows);
    return db_layout_read(rows->db, conf, &is) == DB_OK &&
           (is.soa_active != was->soa_active || is.rr_active != was->rr_active ||
            is.rr_edata != was->rr_edata || is.transactional != was->transactional ||
            is.zone_indexed != was->zone_indexed);
}

/* --- the view ---------------------------------------------------------------------------------- */

enum db_error db_rows_begin(struct db_rows *rows, struct db_position *position)
{
    db_rows_cancel(rows);
    return db_view_begin(&rows->view, position);
}

enum db_error db_rows_end(struct db_rows *rows)
{
    if (!rows->stored) {
        db_rows_cancel(rows);
    }
    return db_view_end(&rows->view);
}

bool db_rows_moved(const struct db_rows *rows)
{
    return rows->view.moved;
}

enum db_error db_rows_now(struct db_rows *rows, struct db_position *position)
{
    db_rows_cancel(rows);
    return db_view_now(&rows->view, position);
}

enum db_error db_rows_look(struct db_rows *rows, struct db_look *look)
{
    db_rows_cancel(rows);
    return db_view_look(&rows->view, look);
}

enum db_error db_rows_gtid_at(struct db_rows *rows, const char *file, uint64_t pos, char *out,
                              size_t out_cap)
{
    db_rows_cancel(rows);
    return db_view_gtid_at(&rows->view, file, pos, out, out_cap);
}

enum db_error db_rows_prepared(struct db_rows *rows, const struct stream_xid *xid, bool *is)
{
    db_rows_cancel(rows);
    return db_view_prepared(&rows->view, xid, is);
}

/* --- reading ----------------------------------------------------------------------------------- */

static enum db_error start(struct db_rows *rows, struct db_stmt *stmt)
{
    db_rows_cancel(rows);
    rows->left_out = rows->fetched = 0;
    enum db_error failed = db_execute(stmt);
    rows->reading = failed == DB_OK ? stmt : NULL;
    rows->failed = failed != DB_OK;
    return failed;
}

static enum db_error start_pair(struct db_rows *rows, struct db_stmt *stmt, uint32_t first,
                                uint32_t second)
{
    db_rows_cancel(rows); /* before the parameters of the same statement change */
    db_bind_uint(stmt, 0, first);
    db_bind_uint(stmt, 1, second);
    return start(rows, stmt);
}

enum db_error db_rows_all_soa(struct db_rows *rows)
{
    return start(rows, rows->all_soa);
}

enum db_error db_rows_serials(struct db_rows *rows, uint32_t first_id)
{
    db_rows_cancel(rows);
    db_bind_uint(rows->serials, 0, first_id);
    return start(rows, rows->serials);
}

enum db_error db_rows_soa_range(struct db_rows *rows, uint32_t first_id, uint32_t last_id)
{
    return start_pair(rows, rows->soa_range, first_id, last_id);
}

enum db_error db_rows_rr_range(struct db_rows *rows, uint32_t first_zone, uint32_t last_zone)
{
    db_rows_cancel(rows);
    struct db_stmt *stmt = db_span_find(&rows->span, first_zone, last_zone);
    return stmt != NULL ? start(rows, stmt)
                        : start_pair(rows, rows->rr_range, first_zone, last_zone);
}

enum db_error db_rows_rr_some(struct db_rows *rows, uint32_t zone, uint32_t max)
{
    return start_pair(rows, rows->rr_some, zone, max);
}

enum db_error db_rows_rr_stored(struct db_rows *rows, uint32_t zone)
{
    enum db_error failed = db_rows_rr_range(rows, zone, zone);

    if (failed == DB_OK) {
        failed = db_store(rows->rr_range);
        rows->stored = failed == DB_OK;
        rows->failed = failed != DB_OK;
    }
    return failed;
}

uint64_t db_rows_rr_estimate(struct db_rows *rows, uint32_t first_zone, uint32_t last_zone)
{
    struct db_stmt *stmt = rows->rr_estimate;
    uint64_t count = 0;

    db_rows_cancel(rows);
    if (stmt == NULL) {
        return 0;
    }
    db_bind_uint(stmt, 0, first_zone);
    db_bind_uint(stmt, 1, last_zone);
    if (db_execute(stmt) == DB_OK && db_fetch(stmt) == DB_ROW) {
        count = db_column_uint(stmt, EXPLAIN_ROWS);
    }
    db_finish(stmt);
    return count;
}

static enum db_error start_ids(struct db_rows *rows, struct db_stmt *stmt, const uint32_t *ids,
                               size_t count)
{
    db_rows_cancel(rows);
    for (size_t i = 0; i < DB_IDS_MAX; i++) {
        db_bind_uint(stmt, (unsigned)i, ids[i < count ? i : count - 1]);
    }
    return start(rows, stmt);
}

enum db_error db_rows_soa_ids(struct db_rows *rows, const uint32_t *ids, size_t count)
{
    return count == 1 ? start_pair(rows, rows->soa_range, ids[0], ids[0])
                      : start_ids(rows, rows->soa_ids, ids, count);
}

enum db_error db_rows_rr_zones(struct db_rows *rows, const uint32_t *zones, size_t count)
{
    return count == 1 ? start_pair(rows, rows->rr_range, zones[0], zones[0])
                      : start_ids(rows, rows->rr_zones, zones, count);
}

enum db_error db_rows_rr_ids(struct db_rows *rows, const uint32_t *ids, size_t count)
{
    if (count > 1) {
        return start_ids(rows, rows->rr_ids, ids, count);
    }
    db_rows_cancel(rows);
    db_bind_uint(rows->rr_id, 0, ids[0]);
    return start(rows, rows->rr_id);
}

bool db_rows_last_rr(struct db_rows *rows, uint32_t *last)
{
    db_rows_cancel(rows);
    if (rows->rr_last == NULL) {
        rows->rr_last =
            db_select(rows->db, "SELECT", "MAX(id)", &rows->layout.rr, below_ids, NULL, "");
    }
    if (rows->rr_last == NULL || db_execute(rows->rr_last) != DB_OK ||
        db_fetch(rows->rr_last) != DB_ROW) {
        return false;
    }
    *last = db_number(rows->rr_last, 0);
    db_finish(rows->rr_last);
    return true;
}

bool db_rows_new_rr(struct db_rows *rows, uint32_t last, struct rr_place *out, size_t max,
                    size_t *count)
{
    enum db_fetch fetched;

    db_rows_cancel(rows);
    *count = 0;
    if (rows->rr_new == NULL) {
        rows->rr_new = db_select(rows->db, "SELECT", "id, zone", &rows->layout.rr, new_ids, NULL,
                                 "ORDER BY id LIMIT ?");
    }
    if (rows->rr_new == NULL) {
        return false;
    }
    db_bind_uint(rows->rr_new, 0, last);
    db_bind_uint(rows->rr_new, 1, max);
    if (db_execute(rows->rr_new) != DB_OK) {
        return false;
    }
    while ((fetched = db_fetch(rows->rr_new)) == DB_ROW) {
        out[(*count)++] = (struct rr_place){db_number(rows->rr_new, 0), db_number(rows->rr_new, 1)};
    }
    return fetched == DB_END;
}

bool db_rows_count_rr(struct db_rows *rows, uint32_t zone, uint32_t max, uint64_t *count)
{
    enum db_fetch fetched;

    db_rows_cancel(rows);
    *count = 0;
    db_bind_uint(rows->rr_count, 0, zone);
    db_bind_uint(rows->rr_count, 1, max);
    if (db_execute(rows->rr_count) != DB_OK) {
        return false;
    }
    while ((fetched = db_fetch(rows->rr_count)) == DB_ROW) {
        (*count)++;
    }
    db_finish(rows->rr_count);
    return fetched == DB_END;
}

enum db_error db_rows_soa_by_origin(struct db_rows *rows, const char *origin, size_t len)
{
    db_rows_cancel(rows);
    db_bind_text(rows->soa_by_origin, 0, origin, len);
    return start(rows, rows->soa_by_origin);
}

enum db_error db_rows_soa_by_origins(struct db_rows *rows, const struct db_value *origins,
                                     size_t count)
{
    db_rows_cancel(rows);
    for (size_t i = 0; i < DB_ORIGINS_MAX; i++) {
        const struct db_value *origin = &origins[i < count ? i : count - 1];
        db_bind_text(rows->soa_by_origins, (unsigned)i, origin->data, origin->len);
    }
    return start(rows, rows->soa_by_origins);
}

void db_rows_cancel(struct db_rows *rows)
{
    if (rows->reading != NULL) {
        db_finish(rows->reading);
        rows->reading = NULL;
        rows->stored = false;
    }
}

uint64_t db_rows_fetched(const struct db_rows *rows)
{
    return rows->fetched;
}

uint64_t db_rows_left_out(const struct db_rows *rows)
{
    return rows->left_out;
}

/* --- privileges -------------------------------------------------------------------------------- */

const char *db_rows_can_write(struct db_rows *rows)
{
    const char *found = NULL;

    db_rows_cancel(rows);
    struct db_stmt *stmt = db_prepare(rows->db, sql_grants);
    if (stmt == NULL) {
        return NULL;
    }
    if (db_execute(stmt) == DB_OK) {
        while (db_fetch(stmt) == DB_ROW) {
            struct db_value line = db_column(stmt, 0);
            const char *privilege = db_grant_writes(line.data, line.len, &rows->layout);
            found = found != NULL ? found : privilege;
        }
    }
    db_stmt_free(stmt);
    return found;
}

/*
 * The two tables as typed rows. Each read is a prepared statement made once per connection; its text
 * depends on the layout (optional columns) and on the operator's own conditions.
 *
 * What is active is decided here after the fetch, not in SQL: the rule has two dozen spellings, must
 * not depend on a collation, and an index would not help it.
 */
#include "db/db_rows.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <mysqld_error.h>

#include "base/alloc.h"
#include "db/db_private.h"

/* The columns in the order of the SELECTs; the optional ones follow. */
enum {
    SOA_ID,
    SOA_ORIGIN,
    SOA_NS,
    SOA_MBOX,
    SOA_SERIAL,
    SOA_REFRESH,
    SOA_RETRY,
    SOA_EXPIRE,
    SOA_MINIMUM,
    SOA_TTL,
    SOA_ACTIVE
};
#define SOA_COLUMNS "id, origin, ns, mbox, serial, refresh, retry, expire, minimum, ttl"

/* Of the list of all zones. */
enum { LIST_ID, LIST_ORIGIN, LIST_SERIAL, LIST_ACTIVE };
#define LIST_COLUMNS "id, origin, serial"

enum { RR_ID, RR_ZONE, RR_NAME, RR_DATA, RR_AUX, RR_TTL, RR_TYPE, RR_OPTIONAL };
#define RR_COLUMNS "id, zone, name, data, aux, ttl, type"

/* No waiting for ever behind LOCK TABLES or ALTER TABLE; 2 s is less than any time-out of a caller. */
static const char sql_session[] =
    "SET SESSION sql_mode = '', lock_wait_timeout = 2, sql_quote_show_create = 1 "
    "/*M! , max_statement_time = 600 */";
static const char sql_isolation[] =
    "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY";
static const char sql_grants[] = "SHOW GRANTS";

enum { EXPLAIN_ROWS = 8 /* the column of EXPLAIN that tells how many */ };

struct db_rows {
    struct db *db;
    struct db_layout layout;
    struct db_view view;
    struct db_stmt *serials, *all_soa, *soa_range, *soa_by_origin, *soa_by_origins, *rr_range,
        *rr_some, *rr_id, *rr_ids, *rr_count;
    struct db_stmt *rr_estimate; /* NULL: not to be had */
    struct db_span span;
    bool stored;             /* all rows of READING are in memory */
    struct db_stmt *reading; /* one of the above, or NULL */
    bool failed;             /* the last read could not be started */
    uint64_t fetched;        /* rows of the last or present read, left out or not */
    uint64_t left_out;
};

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
static const char ids_condition[] =
    "id IN (" PLACES_16 "," PLACES_16 "," PLACES_16 "," PLACES_16 ")";
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
    rows->rr_some =
        db_select(rows->db, "SELECT", rr, &layout->rr, "zone = ?", conf->rr_where, "LIMIT ?");
    rows->rr_id = db_select(rows->db, "SELECT", rr, &layout->rr, "id = ?", conf->rr_where, "");
    rows->rr_ids =
        db_select(rows->db, "SELECT", rr, &layout->rr, ids_condition, conf->rr_where, "");
    rows->rr_count = db_select(rows->db, "SELECT", "1", &layout->rr, "zone = ?", NULL, "LIMIT ?");
    bool spanned = db_span_init(&rows->span, rows->db, layout, rr, conf->rr_where);
    free(rr);
    return spanned && rows->serials != NULL && rows->all_soa != NULL && rows->soa_range != NULL &&
           rows->soa_by_origin != NULL && rows->soa_by_origins != NULL && rows->rr_range != NULL &&
           rows->rr_some != NULL && rows->rr_id != NULL && rows->rr_ids != NULL &&
           rows->rr_count != NULL;
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
    db_stmt_free(rows->soa_by_origin);
    db_stmt_free(rows->soa_by_origins);
    db_stmt_free(rows->rr_range);
    db_stmt_free(rows->rr_some);
    db_stmt_free(rows->rr_id);
    db_stmt_free(rows->rr_ids);
    db_stmt_free(rows->rr_count);
    db_stmt_free(rows->rr_estimate);
    db_span_release(&rows->span);
    free(rows);
}

const struct db_layout *db_rows_layout(const struct db_rows *rows)
{
    return &rows->layout;
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

static bool is_word(const char *text, size_t len, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strlen(words[i]) == len && strncasecmp(words[i], text, len) == 0) {
            return true;
        }
    }
    return false;
}

/*
 * The spellings first: MyDNS's own boolean rule takes "Inactive" for active, since it only looks at the
 * first two characters (mydns-compat 1.3).
 */
static bool is_active(struct db_value value)
{
    static const char *const yes[] = {"y", "1"};
    static const char *const no[] = {"n", "no",  "f", "false",   "i", "inactive",
                                     "0", "off", "d", "deleted", "2", ""};
    const char *text = value.data;
    size_t len = value.len;

    while (len > 0 && text[len - 1] == ' ') {
        len--;
    }
    if (value.null || is_word(text, len, yes, ARRAY_LEN(yes))) {
        return true;
    }
    if (is_word(text, len, no, ARRAY_LEN(no))) {
        return false;
    }
    if (len == 1 && text[0] == '\x01') { /* BIT(1) comes as an octet */
        return true;
    }
    return memchr("YyTt1Aa", text[0], 7) != NULL || (len > 1 && (text[1] == 'n' || text[1] == 'N'));
}

static uint32_t number_of(struct db_stmt *stmt, unsigned at)
{
    uint64_t value = db_column_uint(stmt, at);
    return value > UINT32_MAX ? UINT32_MAX : (uint32_t)value;
}

static bool read_id(struct db_stmt *stmt, unsigned at, uint32_t *id)
{
    uint64_t value;
    bool good = db_column_number(stmt, at, &value) && value <= UINT32_MAX;
    *id = good ? (uint32_t)value : 0;
    return good;
}

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

enum db_error db_rows_rr_ids(struct db_rows *rows, const uint32_t *ids, size_t count)
{
    struct db_stmt *stmt = count == 1 ? rows->rr_id : rows->rr_ids;
    size_t places = count == 1 ? 1 : DB_IDS_MAX;

    db_rows_cancel(rows);
    for (size_t i = 0; i < places; i++) {
        db_bind_uint(stmt, (unsigned)i, ids[i < count ? i : count - 1]);
    }
    return start(rows, stmt);
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

static void fill_listed(struct db_stmt *stmt, struct soa_row *row)
{
    memset(row, 0, sizeof *row);
    row->origin = db_column(stmt, LIST_ORIGIN);
    row->serial = number_of(stmt, LIST_SERIAL);
}

static void fill_soa(struct db_stmt *stmt, struct soa_row *row)
{
    row->origin = db_column(stmt, SOA_ORIGIN);
    row->ns = db_column(stmt, SOA_NS);
    row->mbox = db_column(stmt, SOA_MBOX);
    uint32_t *const numbers[] = {&row->serial, &row->refresh, &row->retry,
                                 &row->expire, &row->minimum, &row->ttl};
    row->forced = 0;
    for (unsigned k = 0; k < ARRAY_LEN(numbers); k++) {
        uint64_t value;
        bool good = db_column_number(stmt, SOA_SERIAL + k, &value) && value <= UINT32_MAX;
        *numbers[k] = number_of(stmt, SOA_SERIAL + k);
        row->forced |= (uint8_t)(!good << k);
    }
}

/* The next row whatever it holds; DB_END when nothing is being read, DB_BROKEN when it failed. */
static enum db_fetch next_row(struct db_rows *rows)
{
    if (rows->reading == NULL) {
        return rows->failed ? DB_BROKEN : DB_END;
    }
    enum db_fetch fetched = db_fetch(rows->reading);
    if (fetched == DB_END) {
        db_rows_cancel(rows);
    }
    rows->fetched += fetched == DB_ROW;
    return fetched;
}

enum db_fetch db_rows_next_soa(struct db_rows *rows, struct soa_row *row)
{
    struct db_stmt *stmt = rows->reading;
    bool list = stmt == rows->all_soa || stmt == rows->soa_by_origins;
    unsigned active_at = list ? LIST_ACTIVE : SOA_ACTIVE;
    enum db_fetch fetched;

    while ((fetched = next_row(rows)) == DB_ROW) {
        uint32_t id;
        if (rows->layout.soa_active && !is_active(db_column(stmt, active_at))) {
            continue;
        }
        if (!read_id(stmt, SOA_ID, &id)) { /* which is LIST_ID as well */
            rows->left_out++;
            continue;
        }
        (list ? fill_listed : fill_soa)(stmt, row);
        row->id = id;
        break;
    }
    return fetched;
}

enum db_fetch db_rows_next_serial(struct db_rows *rows, uint32_t *id, uint32_t *serial)
{
    enum { ID, SERIAL, ACTIVE };
    struct db_stmt *stmt = rows->reading;
    enum db_fetch fetched;

    while ((fetched = next_row(rows)) == DB_ROW) {
        if (rows->layout.soa_active && !is_active(db_column(stmt, ACTIVE))) {
            continue;
        }
        if (read_id(stmt, ID, id)) {
            *serial = number_of(stmt, SERIAL);
            break;
        }
    }
    return fetched;
}

enum db_fetch db_rows_next_rr(struct db_rows *rows, struct rr_row *row)
{
    struct db_stmt *stmt = rows->reading;
    unsigned active_at = rows->layout.rr_edata ? RR_OPTIONAL + 1 : RR_OPTIONAL;
    enum db_fetch fetched;

    while ((fetched = next_row(rows)) == DB_ROW) {
        if (rows->layout.rr_active && !is_active(db_column(stmt, active_at))) {
            continue;
        }
        if (!read_id(stmt, RR_ZONE, &row->zone)) {
            rows->left_out++;
            continue;
        }
        row->no_id = !read_id(stmt, RR_ID, &row->id);
        row->name = db_column(stmt, RR_NAME);
        row->data = db_column(stmt, RR_DATA);
        row->type = db_column(stmt, RR_TYPE);
        row->edata =
            rows->layout.rr_edata ? db_column(stmt, RR_OPTIONAL) : (struct db_value){"", 0, true};
        row->aux = number_of(stmt, RR_AUX);
        row->ttl = number_of(stmt, RR_TTL);
        row->aux_null = db_column_is_null(stmt, RR_AUX);
        row->ttl_null = db_column_is_null(stmt, RR_TTL);
        break;
    }
    return fetched;
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

/*
 * A consistent view of the tables, and where in the server's history it stands.
 *
 * The order is: GTIDs, snapshot, the snapshot's own binlog position. The GTIDs come first because they
 * move before a change is visible: read after the snapshot they could name a change that the snapshot
 * lacks, and a comparison later would call old rows current. All three are sent at once, since every
 * change that a feed tells of waits for their answers, and a database may be far away.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <mysqld_error.h>

#include "base/alloc.h"
#include "db/db_private.h"

/* Columns of both forms of the marks. */
enum { MARK_SERVER, MARK_BINLOG_GTID, MARK_SLAVE_GTID, MARK_SINCE, MARK_COUNT };

/* A file's time stamp is up to one tick of the kernel behind NOW(), and so perhaps a second earlier. */
#define SQL_SINCE "NOW() - INTERVAL 1 SECOND"
/* Servers before 10.5.26, 10.6.19 and 10.11.9 know no server_uid. */
#define SQL_UID     "SELECT @@server_uid"
#define SQL_UID_OLD "SELECT CONCAT(@@hostname, ':', @@port, ':', @@server_id)"
#define SQL_MARKS   ", @@gtid_binlog_pos, @@gtid_slave_pos, " SQL_SINCE
static const char sql_marks[] = SQL_UID SQL_MARKS;
static const char sql_marks_old[] = SQL_UID_OLD SQL_MARKS;
static const char sql_snapshot[] = "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY";
#define SNAPSHOT "binlog_snapshot_"
static const char sql_position[] = "SHOW STATUS LIKE '" SNAPSHOT "%'";
static const char sql_touched[] = "SELECT COUNT(*) FROM information_schema.TABLES "
                                  "WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ? AND UPDATE_TIME >= ?";

/* UPDATE_TIME has the session's time zone: in UTC no hour comes twice. */
static const char sql_utc[] = "SET SESSION time_zone = '+00:00'";
static const char sql_times[] =
    "SELECT UNIX_TIMESTAMP(), UNIX_TIMESTAMP(UPDATE_TIME) FROM information_schema.TABLES "
    "WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ?";
static const char sql_gtid_at[] = "SELECT BINLOG_GTID_POS(?, ?)";

static const char sql_prepared[] = "XA RECOVER";

enum db_error db_view_init(struct db_view *view, struct db *db, const struct db_layout *layout)
{
    memset(view, 0, sizeof *view);
    view->db = db;
    view->layout = layout;
    const char *marks = sql_marks;
    view->marks = db_prepare(db, marks);
    if (view->marks == NULL && db->number == ER_UNKNOWN_SYSTEM_VARIABLE) {
        marks = sql_marks_old;
        view->marks = db_prepare(db, marks);
    }
    if (view->marks == NULL) {
        return db->kind;
    }
    const char *position = layout->binlog ? sql_position : "";
    view->begin = alloc_printf("%s; %s; %s", marks, sql_snapshot, position);
    view->look = alloc_printf("%s; %s", marks, position);
    if (!layout->transactional && (view->touched = db_prepare(db, sql_touched)) == NULL) {
        return db->kind;
    }
    return db_allow_several(db);
}

void db_view_release(struct db_view *view)
{
    db_stmt_free(view->marks);
    db_stmt_free(view->touched);
    db_stmt_free(view->times);
    db_stmt_free(view->gtid_at);
    db_stmt_free(view->prepared);
    free(view->begin);
    free(view->look);
}

/* A text that does not fit is "": half a position must never compare equal to another half. */
static void copy_text(char *out, size_t cap, struct db_value value)
{
    size_t len = value.null || value.len >= cap ? 0 : value.len;
    memcpy(out, value.data, len);
    out[len] = '\0';
}

static void copy_gtid(char *out, size_t cap, struct db_value binlog, struct db_value slave)
{
    char both[512];
    if (binlog.len == 0 || slave.len == 0 ||
        (binlog.len == slave.len && memcmp(binlog.data, slave.data, slave.len) == 0)) {
        copy_text(out, cap, binlog.len > 0 ? binlog : slave);
        return;
    }
    int len = snprintf(both, sizeof both, "%.*s|%.*s", (int)binlog.len, binlog.data, (int)slave.len,
                       slave.data);
    copy_text(out, cap, (struct db_value){both, (size_t)len, false});
}

static void take_marks(struct db_position *position, const struct db_value *columns)
{
    copy_text(position->server_uid, sizeof position->server_uid, columns[MARK_SERVER]);
    copy_gtid(position->gtid, sizeof position->gtid, columns[MARK_BINLOG_GTID],
              columns[MARK_SLAVE_GTID]);
}

enum db_error db_view_now(struct db_view *view, struct db_position *position)
{
    struct db_value columns[MARK_COUNT];

    memset(position, 0, sizeof *position);
    if (db_execute(view->marks) != DB_OK || db_fetch(view->marks) != DB_ROW) {
        return view->db->kind;
    }
    for (unsigned i = 0; i < MARK_COUNT; i++) {
        columns[i] = db_column(view->marks, i);
    }
    take_marks(position, columns);
    db_finish(view->marks);
    return DB_OK;
}

struct place {
    struct db_view *view;
    struct db_position *position;
};

/* A row of what the statements of view->begin or view->look say. */
static void take_row(void *context, const struct db_value *columns, unsigned count)
{
    const struct place *place = context;
    struct db_view *view = place->view;
    struct db_position *position = place->position;

    if (count == MARK_COUNT) {
        take_marks(position, columns);
        copy_text(view->since, sizeof view->since, columns[MARK_SINCE]);
        return;
    }
    const char *name = columns[0].data;
    if (strcasecmp(name, SNAPSHOT "file") == 0) {
        copy_text(position->binlog_file, sizeof position->binlog_file, columns[1]);
    } else if (strcasecmp(name, SNAPSHOT "position") == 0) {
        position->binlog_pos = strtoull(columns[1].data, NULL, 10);
    }
}

static enum db_error read_place(struct db_view *view, const char *sql, struct db_position *position)
{
    struct place place = {view, position};

    memset(position, 0, sizeof *position);
    return db_run_several(view->db, sql, take_row, &place);
}

enum db_error db_view_begin(struct db_view *view, struct db_position *position)
{
    enum db_error failed = read_place(view, view->begin, position);
    strcpy(view->begun_gtid, position->gtid);
    return failed;
}

/* Was the table written in or after the second in which the view began? */
static enum db_error add_touched(struct db_view *view, const struct db_table *table)
{
    db_bind_text(view->touched, 0, table->schema, strlen(table->schema));
    db_bind_text(view->touched, 1, table->name, strlen(table->name));
    db_bind_text(view->touched, 2, view->since, strlen(view->since));
    if (db_execute(view->touched) != DB_OK || db_fetch(view->touched) != DB_ROW) {
        return view->db->kind;
    }
    view->moved = view->moved || db_column_uint(view->touched, 0) > 0;
    db_finish(view->touched);
    return DB_OK;
}

static enum db_error look_for_changes(struct db_view *view)
{
    struct db_position now;
    enum db_error failed = db_view_now(view, &now);

    if (failed != DB_OK) {
        return failed;
    }
    bool told = now.gtid[0] != '\0' || view->begun_gtid[0] != '\0';
    bool other = strcmp(view->begun_gtid, now.gtid) != 0;
    if (told && !other) {
        return DB_OK;
    }
    /* Something on the server changed, or that is not known: were it these tables? */
    failed = add_touched(view, &view->layout->soa);
    if (failed == DB_OK) {
        failed = add_touched(view, &view->layout->rr);
    }
    if (told && (view->layout->soa.view || view->layout->rr.view)) {
        view->moved = true; /* a view has no time of its own */
    }
    return failed;
}

enum db_error db_view_end(struct db_view *view)
{
    enum db_error failed = DB_OK;
    view->moved = false;
    if (!view->layout->transactional) {
        failed = look_for_changes(view);
    }
    enum db_error committed = db_run(view->db, "COMMIT");
    return failed != DB_OK ? failed : committed;
}

enum db_error db_read_uid(struct db *db, char *out, size_t out_cap)
{
    struct db_stmt *stmt = db_prepare(db, SQL_UID);
    if (stmt == NULL && db->number == ER_UNKNOWN_SYSTEM_VARIABLE) {
        stmt = db_prepare(db, SQL_UID_OLD);
    }
    if (stmt == NULL) {
        return db->kind;
    }
    bool read = db_execute(stmt) == DB_OK && db_fetch(stmt) == DB_ROW;
    if (read) {
        copy_text(out, out_cap, db_column(stmt, 0));
        db_finish(stmt);
    }
    db_stmt_free(stmt);
    return read ? DB_OK : db->kind;
}

/* The number at the end of a binlog file's name, and the length of what stands before it. */
static unsigned long file_number(const char *file, size_t *stem)
{
    const char *dot = strrchr(file, '.');
    *stem = dot == NULL ? strlen(file) : (size_t)(dot - file);
    return dot == NULL ? 0 : strtoul(dot + 1, NULL, 10);
}

bool db_binlog_before(const char *file, uint64_t pos, const char *than_file, uint64_t than_pos)
{
    size_t stem, other;
    unsigned long here = file_number(file, &stem), there = file_number(than_file, &other);

    return stem == other && memcmp(file, than_file, stem) == 0 &&
           (here < there || (here == there && pos < than_pos));
}

/* When TABLE was written last, by the server's clock, which goes to NOW_SEC if that is 0. */
static enum db_error read_time(struct db_view *view, const struct db_table *table,
                               uint64_t *now_sec, uint64_t *written_sec)
{
    db_bind_text(view->times, 0, table->schema, strlen(table->schema));
    db_bind_text(view->times, 1, table->name, strlen(table->name));
    if (db_execute(view->times) != DB_OK) {
        return view->db->kind;
    }
    enum db_fetch fetched = db_fetch(view->times);
    if (fetched == DB_END) {
        return db_set_error(view->db, DB_MISSING, 0, "table %s.%s does not exist", table->schema,
                            table->name);
    }
    if (fetched == DB_BROKEN) {
        return view->db->kind;
    }
    *now_sec = *now_sec == 0 ? db_column_uint(view->times, 0) : *now_sec;
    *written_sec = db_column_uint(view->times, 1);
    db_finish(view->times);
    return DB_OK;
}

enum db_error db_view_look(struct db_view *view, struct db_look *look)
{
    memset(look, 0, sizeof *look);
    if (view->times == NULL) {
        if (db_run(view->db, sql_utc) != DB_OK) {
            return view->db->kind;
        }
        view->times = db_prepare(view->db, sql_times);
        if (view->times == NULL) {
            return view->db->kind;
        }
    }
    enum db_error failed = read_place(view, view->look, &look->position);
    if (failed == DB_OK) {
        failed = read_time(view, &view->layout->soa, &look->now_sec, &look->soa_sec);
    }
    if (failed == DB_OK) {
        failed = read_time(view, &view->layout->rr, &look->now_sec, &look->rr_sec);
    }
    return failed;
}

enum db_error db_view_gtid_at(struct db_view *view, const char *file, uint64_t pos, char *out,
                              size_t out_cap)
{
    out[0] = '\0';
    if (view->gtid_at == NULL && (view->gtid_at = db_prepare(view->db, sql_gtid_at)) == NULL) {
        return view->db->kind;
    }
    db_bind_text(view->gtid_at, 0, file, strlen(file));
    db_bind_uint(view->gtid_at, 1, pos);
    if (db_execute(view->gtid_at) != DB_OK || db_fetch(view->gtid_at) != DB_ROW) {
        return view->db->kind;
    }
    copy_text(out, out_cap, db_column(view->gtid_at, 0));
    db_finish(view->gtid_at);
    return DB_OK;
}

enum db_error db_view_prepared(struct db_view *view, const struct stream_xid *xid, bool *is)
{
    enum { FORMAT, GTRID_LEN, BQUAL_LEN, DATA };
    size_t len = (size_t)xid->gtrid_len + xid->bqual_len;
    enum db_fetch fetched;

    *is = false;
    if (view->prepared == NULL && (view->prepared = db_prepare(view->db, sql_prepared)) == NULL) {
        return view->db->kind;
    }
    if (db_execute(view->prepared) != DB_OK) {
        return view->db->kind;
    }
    while ((fetched = db_fetch(view->prepared)) == DB_ROW) {
        struct db_value data = db_column(view->prepared, DATA);
        *is = *is || (db_column_uint(view->prepared, FORMAT) == xid->format &&
                      db_column_uint(view->prepared, GTRID_LEN) == xid->gtrid_len &&
                      db_column_uint(view->prepared, BQUAL_LEN) == xid->bqual_len &&
                      data.len == len && memcmp(data.data, xid->data, len) == 0);
    }
    db_finish(view->prepared);
    return fetched == DB_END ? DB_OK : view->db->kind;
}

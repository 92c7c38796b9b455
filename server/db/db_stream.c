/*
 * Framing of the binary log, over Connector/C's replication functions (binlog.md tells what was
 * measured of them). What counts here:
 *
 * - Where to start, the heartbeat and checksums are user variables of the session, not options.
 * - mariadb_rpl_open() succeeds without privilege; errors come with the first event.
 * - A NULL event has been freed by the library already, and may come with error 0 (end of file).
 * - The server throws out the older of two readers with one server id: ours is random per process.
 */
#include "db/db_stream.h"

#include <mysql.h>
#include <mysqld_error.h>

#include <mariadb_rpl.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/alloc.h"
#include "db/db_private.h"

enum {
    HEARTBEAT_SEC = 1,
    SILENCE_SEC = 3, /* three heartbeats missed: the server is away */
};

struct db_stream {
    struct db *db;
    MARIADB_RPL *rpl;
    MARIADB_RPL_EVENT *event;
};

static uint32_t random_server_id(void)
{
    uint32_t id = 0;
    while (id < 0x10000) { /* small numbers belong to real servers */
        if (getrandom(&id, sizeof id, 0) != sizeof id) {
            abort();
        }
    }
    return id;
}

static bool set_session(struct db *db)
{
    char sql[256];
    snprintf(sql, sizeof sql,
             "SET @master_heartbeat_period = %lld, @master_binlog_checksum = "
             "@@global.binlog_checksum, @mariadb_slave_capability = 4, @slave_connect_state = NULL",
             HEARTBEAT_SEC * 1000000000LL);
    return db_run(db, sql) == DB_OK;
}

/* Two servers may stand behind one name: a position of one is nothing to the other. */
static bool is_same_server(struct db *db, const char *server_uid)
{
    char here[64];
    if (db_read_uid(db, here, sizeof here) != DB_OK) {
        return false;
    }
    if (strcmp(here, server_uid) != 0) {
        db_set_error(db, DB_AWAY, 0, "connected to another server than a moment ago");
        return false;
    }
    return true;
}

static bool set_options(struct db_stream *stream, const struct db_stream_start *start)
{
    const uint32_t yes = 1;
    /* Varargs: the widths are the library's (server id and flags unsigned, start unsigned long). */
    return mariadb_rpl_optionsv(stream->rpl, MARIADB_RPL_SERVER_ID, (unsigned)random_server_id()) ==
               0 &&
           mariadb_rpl_optionsv(stream->rpl, MARIADB_RPL_FILENAME, start->file,
                                (size_t)strlen(start->file)) == 0 &&
           mariadb_rpl_optionsv(stream->rpl, MARIADB_RPL_START, (unsigned long)start->pos) == 0 &&
           mariadb_rpl_optionsv(stream->rpl, MARIADB_RPL_VERIFY_CHECKSUM, yes) == 0 &&
           mariadb_rpl_optionsv(stream->rpl, MARIADB_RPL_UNCOMPRESS, yes) == 0;
}

struct db_stream *db_stream_open(const struct db_stream_start *start, enum db_error *kind,
                                 char *err, size_t err_cap)
{
    struct db_params params = *start->params;

    params.read_timeout_sec = SILENCE_SEC;
    struct db *db = db_open_unless(&params, start->stopping, start->context, kind, err, err_cap);
    if (db == NULL) {
        return NULL;
    }
    struct db_stream *stream = alloc_zero(1, sizeof *stream);
    stream->db = db;
    bool ready = is_same_server(db, start->server_uid) && set_session(db);
    if (ready) {
        stream->rpl = mariadb_rpl_init(db->mysql);
        ready =
            stream->rpl != NULL && set_options(stream, start) && mariadb_rpl_open(stream->rpl) == 0;
        if (!ready) {
            db_keep_error(db, mysql_errno(db->mysql), mysql_error(db->mysql));
        }
    }
    if (!ready) {
        *kind = db_error_kind(db);
        snprintf(err, err_cap, "%s", db_error_text(db));
        db_stream_close(stream);
        return NULL;
    }
    return stream;
}

void db_stream_close(struct db_stream *stream)
{
    if (stream == NULL) {
        return;
    }
    mariadb_free_rpl_event(stream->event);
    if (stream->rpl != NULL) {
        mariadb_rpl_close(stream->rpl);
    }
    db_close(stream->db);
    free(stream);
}

void db_stream_interrupt(struct db_stream *stream)
{
    db_interrupt(stream->db);
}

/* --- events --- */

static struct stream_octets octets_of(MARIADB_STRING string)
{
    return (struct stream_octets){(const uint8_t *)string.str, string.length};
}

static bool is_text(MARIADB_STRING string, const char *text)
{
    return string.length == strlen(text) && memcmp(string.str, text, string.length) == 0;
}

static bool begins(MARIADB_STRING string, const char *text)
{
    return string.length >= strlen(text) && memcmp(string.str, text, strlen(text)) == 0;
}

/* CRC-32 as of ISO 3309, a few dozen octets at a time: no table. */
static uint32_t crc32_of(const uint8_t *at, size_t len)
{
    uint32_t crc = UINT32_MAX;
    for (size_t i = 0; i < len; i++) {
        crc ^= at[i];
        for (int bit = 0; bit < 8; bit++) {
            crc = crc >> 1 ^ (crc & 1 ? UINT32_C(0xedb88320) : 0);
        }
    }
    return ~crc;
}

/*
 * The name of the next file, from the octets themselves: of the event that the server makes up
 * between two files the library (of MariaDB 10.11.19) keeps but a piece. Whether they end with a
 * checksum is told by none but itself. A name that cannot be read, or held, is "".
 */
static void read_rotate(struct stream_event *out, const MARIADB_RPL_EVENT *event)
{
    enum { HEADER_LEN = 19, POSITION_LEN = 8, CHECKSUM_LEN = 4 };
    const uint8_t *at = event->raw_data + event->raw_data_ofs;
    size_t len = event->event_length;

    out->kind = STREAM_ROTATE;
    if (event->raw_data == NULL || event->raw_data_ofs > event->raw_data_size ||
        len > event->raw_data_size - event->raw_data_ofs ||
        len < HEADER_LEN + POSITION_LEN + CHECKSUM_LEN) {
        return;
    }
    uint32_t crc = crc32_of(at, len - CHECKSUM_LEN);
    const uint8_t *last = at + len - CHECKSUM_LEN;
    if (crc ==
        (last[0] | (uint32_t)last[1] << 8 | (uint32_t)last[2] << 16 | (uint32_t)last[3] << 24)) {
        len -= CHECKSUM_LEN;
    }
    len -= HEADER_LEN + POSITION_LEN;
    at += HEADER_LEN;
    for (int i = POSITION_LEN - 1; i >= 0; i--) {
        out->file_pos = out->file_pos << 8 | at[i];
    }
    if (len < sizeof out->file && memchr(at + POSITION_LEN, 0, len) == NULL) {
        memcpy(out->file, at + POSITION_LEN, len);
        out->file[len] = '\0';
    }
}

/*
 * The xid of a transaction of XA, from the octets themselves: the library takes it for something else when
 * the event has the number of a group commit as well. One that cannot be read is none.
 */
static void read_xid(struct stream_xid *out, const MARIADB_RPL_EVENT *event)
{
    enum { HEADER_LEN = 19, GTID_LEN = 8 + 4 + 1, COMMIT_ID_LEN = 8, FORMAT_LEN = 4 };
    size_t len = event->event_length, before = HEADER_LEN + GTID_LEN;

    if (event->event.gtid.flags & FL_GROUP_COMMIT_ID) {
        before += COMMIT_ID_LEN;
    }
    if (event->raw_data == NULL || event->raw_data_ofs > event->raw_data_size ||
        len > event->raw_data_size - event->raw_data_ofs || len < before + FORMAT_LEN + 2) {
        return;
    }
    const uint8_t *at = event->raw_data + event->raw_data_ofs + before;
    size_t gtrid_len = at[FORMAT_LEN], bqual_len = at[FORMAT_LEN + 1];
    if (gtrid_len + bqual_len > len - before - FORMAT_LEN - 2 ||
        gtrid_len + bqual_len > sizeof out->data) {
        return;
    }
    out->format = at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
    out->gtrid_len = (uint8_t)gtrid_len;
    out->bqual_len = (uint8_t)bqual_len;
    memcpy(out->data, at + FORMAT_LEN + 2, gtrid_len + bqual_len);
}

static void read_gtid(struct stream_event *out, const MARIADB_RPL_EVENT *event)
{
    const struct st_mariadb_rpl_gtid_event *gtid = &event->event.gtid;
    out->kind = STREAM_BEGIN;
    out->standalone = gtid->flags & FL_STANDALONE;
    out->ddl = gtid->flags & FL_DDL;
    if (gtid->flags & (FL_PREPARED_XA | FL_COMPLETED_XA)) {
        read_xid(&out->xid, event);
    }
    snprintf(out->gtid, sizeof out->gtid, "%u-%u-%llu", gtid->domain_id, event->server_id,
             (unsigned long long)gtid->sequence_nr);
}

static void read_table(struct stream_event *out, const struct st_mariadb_rpl_table_map_event *map)
{
    out->kind = STREAM_TABLE;
    out->table_id = map->table_id;
    out->schema = octets_of(map->database);
    out->table = octets_of(map->table);
    out->column_types = octets_of(map->column_types);
    out->metadata = octets_of(map->metadata);
    out->column_count = map->column_count;
}

static void read_rows(struct stream_event *out, const struct st_mariadb_rpl_rows_event *rows)
{
    out->kind = STREAM_ROWS;
    out->table_id = rows->table_id;
    out->column_count = rows->column_count;
    out->rows = rows->type == WRITE_ROWS    ? STREAM_INSERT
                : rows->type == UPDATE_ROWS ? STREAM_UPDATE
                                            : STREAM_DELETE;
    out->present = rows->column_bitmap;
    out->present_after =
        rows->type == UPDATE_ROWS ? rows->column_update_bitmap : rows->column_bitmap;
    out->data = (struct stream_octets){rows->row_data, rows->row_data_size};
}

static void read_query(struct stream_event *out, const struct st_mariadb_rpl_query_event *query)
{
    /* They end a transaction of MyISAM tables, which keep what was rolled back. */
    if (is_text(query->statement, "COMMIT") || is_text(query->statement, "ROLLBACK")) {
        out->kind = STREAM_COMMIT;
        return;
    }
    /* Those that follow are written by the server itself, so always in this form. */
    if (is_text(query->statement, "BEGIN") || begins(query->statement, "XA END ")) {
        return;
    }
    /* Rows that were rolled back are left out; beside MyISAM's they stay, and are told in vain. */
    if (begins(query->statement, "SAVEPOINT `") || begins(query->statement, "ROLLBACK TO `")) {
        return;
    }
    if (begins(query->statement, "XA COMMIT ")) {
        out->kind = STREAM_XA_COMMIT;
        return;
    }
    if (begins(query->statement, "XA ROLLBACK ")) {
        out->kind = STREAM_XA_ROLLBACK;
        return;
    }
    out->kind = STREAM_TEXT;
    out->text = octets_of(query->statement);
    out->text_schema = octets_of(query->database);
}

static void read_event(struct stream_event *out, const MARIADB_RPL_EVENT *event)
{
    memset(out, 0, sizeof *out);
    out->kind = STREAM_OTHER;
    out->next_pos = event->next_event_pos;
    switch (event->event_type) {
    case HEARTBEAT_LOG_EVENT:
        out->kind = STREAM_HEARTBEAT;
        out->next_pos = 0;
        break;
    case ROTATE_EVENT:
        read_rotate(out, event);
        break;
    case GTID_EVENT:
        read_gtid(out, event);
        break;
    case TABLE_MAP_EVENT:
        read_table(out, &event->event.table_map);
        break;
    case XID_EVENT:
        out->kind = STREAM_COMMIT;
        break;
    case XA_PREPARE_LOG_EVENT:
        out->kind = event->event.xa_prepare_log.one_phase ? STREAM_COMMIT : STREAM_XA_PREPARE;
        break;
    case QUERY_EVENT:
    case QUERY_COMPRESSED_EVENT:
        read_query(out, &event->event.query);
        break;
    case EXECUTE_LOAD_QUERY_EVENT:
        out->kind = STREAM_TEXT;
        break;
    default:
        if (IS_ROW_EVENT(event)) {
            read_rows(out, &event->event.rows);
        }
        break;
    }
}

enum db_error db_stream_next(struct db_stream *stream, struct stream_event *event, char *err,
                             size_t err_cap)
{
    stream->event = mariadb_rpl_fetch(stream->rpl, stream->event);
    if (stream->event != NULL) {
        read_event(event, stream->event);
        if (event->kind == STREAM_ROTATE && event->file[0] == '\0') {
            snprintf(err, err_cap, "the name of the next binlog file cannot be read");
            return DB_FAILED;
        }
        return DB_OK;
    }
    unsigned number = mariadb_rpl_errno(stream->rpl);
    const char *text = mariadb_rpl_error(stream->rpl);
    if (number == 0) {
        number = mysql_errno(stream->db->mysql);
        text = mysql_error(stream->db->mysql);
    }
    if (number == 0) {
        snprintf(err, err_cap, "the server ended the binlog stream");
        return DB_AWAY;
    }
    snprintf(err, err_cap, "%s (error %u)", text, number);
    if (number == ER_MASTER_FATAL_ERROR_READING_BINLOG) {
        return DB_MISSING; /* position or file not there (any more) */
    }
    enum db_error kind = db_error_of(number);
    return kind == DB_OK ? DB_AWAY : kind;
}

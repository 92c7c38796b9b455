/*
 * The binary log as it grows: events of a MariaDB server, one after another, blocking, on a
 * connection of its own. Framing is Connector/C's; what rows hold is decoded by who needs it (the
 * library cannot decode CHAR and ENUM columns). One thread; db_stream_interrupt() from any.
 */
#pragma once

#include "db/db.h"

enum stream_kind {
    STREAM_HEARTBEAT, /* nothing happened, but the server is there */
    STREAM_ROTATE,    /* file, pos: where the next event stands */
    STREAM_BEGIN,     /* a transaction begins (its GTID): table ids of the one before are void */
    STREAM_TABLE,     /* table map: table_id, schema, table, columns */
    STREAM_ROWS,      /* rows of table_id */
    STREAM_COMMIT,    /* the transaction ends: its changes count (those to MyISAM after ROLLBACK) */
    STREAM_TEXT,      /* a statement as text: what it changed is not known in detail */
    STREAM_XA_PREPARE, /* the transaction ends, prepared: its changes count with a later STREAM_XA_COMMIT */
    STREAM_XA_COMMIT, /* what was prepared under the xid of STREAM_BEGIN counts; it ends this transaction */
    STREAM_XA_ROLLBACK, /* ... never counts; likewise */
    STREAM_OTHER,
};

enum stream_rows { STREAM_INSERT, STREAM_UPDATE, STREAM_DELETE };

/* Octets of the event, valid until the next call. */
struct stream_octets {
    const uint8_t *at;
    size_t len;
};

/* Of an XA transaction. All zero: of none. */
struct stream_xid {
    uint32_t format;
    uint8_t gtrid_len, bqual_len;
    uint8_t data[128]; /* gtrid, bqual */
};

struct stream_event {
    enum stream_kind kind;
    uint64_t next_pos; /* where the next event stands in the present file; 0 = not told */
    /* STREAM_BEGIN */
    bool standalone, ddl;
    char gtid[64];         /* domain-server-sequence */
    struct stream_xid xid; /* that is prepared, committed or rolled back */
    /* STREAM_ROTATE */
    char file[128]; /* never "" */
    uint64_t file_pos;
    /* STREAM_TABLE, STREAM_ROWS */
    uint64_t table_id;
    struct stream_octets schema, table;          /* STREAM_TABLE */
    struct stream_octets column_types, metadata; /* STREAM_TABLE */
    unsigned column_count;
    enum stream_rows rows;
    const uint8_t *present,
        *present_after;        /* bitmaps of column_count bits: columns in the images */
    struct stream_octets data; /* row images, one after another */
    /* STREAM_TEXT */
    struct stream_octets text, text_schema;
};

struct db_stream;

struct db_stream_start {
    const struct db_params *params;
    const char *server_uid; /* of the server whose position it is; another one is DB_AWAY */
    const char *file;
    uint64_t pos;
    bool (*stopping)(void *context); /* as for db_open_unless() */
    void *context;
};
/*
 * Start to read, with a heartbeat each second; silence of three is DB_AWAY. NULL: ERR and *KIND tell. A
 * missing privilege shows with the first event (DB_DENIED), as does a file that is no longer there
 * (DB_MISSING).
 */
NODISCARD struct db_stream *db_stream_open(const struct db_stream_start *start, enum db_error *kind,
                                           char *err, size_t err_cap) NONNULL;
void db_stream_close(struct db_stream *stream);
/* The next event. Any outcome but DB_OK ends the stream; ERR tells. */
NODISCARD enum db_error db_stream_next(struct db_stream *stream, struct stream_event *event,
                                       char *err, size_t err_cap) NONNULL;
/* Wake a db_stream_next that waits: it and every later one return DB_AWAY. See db_interrupt(). */
void db_stream_interrupt(struct db_stream *stream) NONNULL;

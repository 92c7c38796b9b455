/*
 * The connection: opening it, telling failures apart, stopping it from outside.
 *
 * Character sets: the session is "binary" in all three directions. Results come as stored whatever a
 * table's character set is; parameters are compared in the column's own collation, so an index on a
 * CHAR column is used, and are stored octet by octet. No conversion happens anywhere.
 *
 * Blocking calls with hard time-outs: the library's non-blocking calls block under TLS (CONC-594).
 */
#include "db/db.h"

#include <errmsg.h>
#include <errno.h>
#include <fcntl.h>
#include <mysql.h>
#include <mysqld_error.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"
#include "db/db_private.h"

/* --- errors ------------------------------------------------------------------------------------ */

struct error_kind {
    unsigned number;
    enum db_error kind;
};

/* Everything that is not DB_FAILED. Numbers without a name here are not in MariaDB's header. */
static const struct error_kind error_kinds[] = {
    {ER_CON_COUNT_ERROR, DB_AWAY},
    {ER_HANDSHAKE_ERROR, DB_AWAY},
    {ER_UNKNOWN_COM_ERROR, DB_AWAY}, /* a Galera node outside the primary component */
    {ER_SERVER_SHUTDOWN, DB_AWAY},
    {ER_NORMAL_SHUTDOWN, DB_AWAY},
    {ER_ABORTING_CONNECTION, DB_AWAY},
    {ER_NEW_ABORTING_CONNECTION, DB_AWAY},
    {ER_NET_READ_ERROR, DB_AWAY},
    {ER_NET_READ_INTERRUPTED, DB_AWAY},
    {ER_NET_ERROR_ON_WRITE, DB_AWAY},
    {ER_NET_WRITE_INTERRUPTED, DB_AWAY},
    {ER_NET_PACKETS_OUT_OF_ORDER, DB_AWAY},
    {ER_TOO_MANY_USER_CONNECTIONS, DB_AWAY},
    {ER_USER_LIMIT_REACHED, DB_AWAY},
    {ER_LOCK_WAIT_TIMEOUT, DB_AWAY},
    {ER_LOCK_DEADLOCK, DB_AWAY},
    {ER_QUERY_INTERRUPTED, DB_AWAY},
    {ER_CONNECTION_KILLED, DB_AWAY},
    {ER_STATEMENT_TIMEOUT, DB_AWAY},
    {3024, DB_AWAY},                 /* MySQL's statement time-out */
    {ER_TABLE_DEF_CHANGED, DB_AWAY}, /* ALTER TABLE after our snapshot began */
    {ER_NEED_REPREPARE, DB_AWAY},
    {CR_CONNECTION_ERROR, DB_AWAY},
    {CR_CONN_HOST_ERROR, DB_AWAY},
    {CR_IPSOCK_ERROR, DB_AWAY},
    {CR_UNKNOWN_HOST, DB_AWAY},
    {CR_SERVER_GONE_ERROR, DB_AWAY},
    {CR_SERVER_HANDSHAKE_ERR, DB_AWAY},
    {CR_SERVER_LOST, DB_AWAY},
    {CR_SERVER_LOST_EXTENDED, DB_AWAY},
    {CR_NET_PACKET_TOO_LARGE, DB_AWAY},
    {CR_MALFORMED_PACKET, DB_AWAY},
    {CR_ERR_NET_READ, DB_AWAY},
    {CR_ERR_NET_WRITE, DB_AWAY},

    {ER_DBACCESS_DENIED_ERROR, DB_DENIED},
    {ER_ACCESS_DENIED_ERROR, DB_DENIED},
    {ER_ACCESS_DENIED_NO_PASSWORD_ERROR, DB_DENIED},
    {ER_HOST_IS_BLOCKED, DB_DENIED},
    {ER_HOST_NOT_PRIVILEGED, DB_DENIED},
    {ER_TABLEACCESS_DENIED_ERROR, DB_DENIED},
    {ER_COLUMNACCESS_DENIED_ERROR, DB_DENIED},
    {ER_SPECIFIC_ACCESS_DENIED_ERROR, DB_DENIED},
    {ER_MUST_CHANGE_PASSWORD, DB_DENIED},
    {ER_MUST_CHANGE_PASSWORD_LOGIN, DB_DENIED},
    {ER_ACCOUNT_HAS_BEEN_LOCKED, DB_DENIED},
    {CR_AUTH_PLUGIN_CANNOT_LOAD, DB_DENIED},

    {ER_BAD_DB_ERROR, DB_MISSING},
    {ER_BAD_FIELD_ERROR, DB_MISSING},
    {ER_NO_SUCH_TABLE, DB_MISSING},
    {ER_NO_SUCH_TABLE_IN_ENGINE, DB_MISSING},
    {ER_VIEW_INVALID, DB_MISSING}, /* a table under the view is not there, or may not be read */
};

enum db_error db_error_of(unsigned number)
{
    for (size_t i = 0; i < ARRAY_LEN(error_kinds); i++) {
        if (error_kinds[i].number == number) {
            return error_kinds[i].kind;
        }
    }
    return number == 0 ? DB_OK : DB_FAILED;
}

/* Does the error mean that this connection can carry nothing any more? */
static bool is_lost(unsigned number)
{
    return number == CR_SERVER_GONE_ERROR || number == CR_SERVER_LOST ||
           number == CR_SERVER_LOST_EXTENDED || number == CR_MALFORMED_PACKET ||
           number == CR_NET_PACKET_TOO_LARGE || number == CR_ERR_NET_READ ||
           number == CR_ERR_NET_WRITE || number == ER_SERVER_SHUTDOWN ||
           number == ER_CONNECTION_KILLED;
}

enum db_error db_set_error(struct db *db, enum db_error kind, unsigned number, const char *format,
                           ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(db->text, sizeof db->text, format, args);
    va_end(args);
    db->number = number;
    db->kind = kind;
    return kind;
}

enum db_error db_keep_error(struct db *db, unsigned number, const char *text)
{
    if (number == 0) { /* the library failed without saying why: never report success */
        return db_set_error(db, DB_FAILED, 0, "the client library failed without an error");
    }
    db->dead = db->dead || is_lost(number);
    return db_set_error(db, db_error_of(number), number, "%s (error %u)", text, number);
}

bool db_is_dead(struct db *db)
{
    if (db->dead) {
        db->kind = DB_AWAY; /* whatever it was that broke it: only a new connection helps */
    }
    return db->dead;
}

const char *db_error_text(const struct db *db)
{
    return db->text;
}

enum db_error db_error_kind(const struct db *db)
{
    return db->kind;
}

unsigned db_error_number(const struct db *db)
{
    return db->number;
}

/* --- opening ----------------------------------------------------------------------------------- */

static void start_once(void)
{
    mysql_library_init(0, NULL, NULL); /* its own check for "already done" is no lock */
}

void db_start_library(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, start_once);
}

static bool is_local(const struct db_params *params)
{
    return params->host == NULL || params->host[0] == '\0' ||
           strcmp(params->host, "localhost") == 0;
}

static bool wants_tls(const struct db_params *params)
{
    return params->ssl_ca != NULL || params->ssl_cert != NULL || params->ssl_key != NULL ||
           params->ssl_verify;
}

/* Name the file that cannot be read: the library's own text says "SSL connection error" for all. */
static bool check_tls_files(const struct db_params *params, char *err, size_t err_cap)
{
    const struct {
        const char *option, *file;
    } files[] = {{"db-ssl-ca", params->ssl_ca},
                 {"db-ssl-cert", params->ssl_cert},
                 {"db-ssl-key", params->ssl_key}};

    for (size_t i = 0; i < ARRAY_LEN(files); i++) {
        int fd = files[i].file == NULL ? -1 : open(files[i].file, O_RDONLY | O_CLOEXEC);
        if (files[i].file != NULL && fd < 0) {
            snprintf(err, err_cap, "%s: cannot read %s: %s", files[i].option, files[i].file,
                     strerror(errno));
            return false;
        }
        if (fd >= 0) {
            close(fd);
        }
    }
    if ((params->ssl_cert == NULL) != (params->ssl_key == NULL)) {
        snprintf(err, err_cap, "db-ssl-cert and db-ssl-key must be set together");
        return false;
    }
    return true;
}

static void set_options(MYSQL *mysql, const struct db_params *params)
{
    const my_bool off = 0, on = 1;

    mysql_options(mysql, MYSQL_OPT_CONNECT_TIMEOUT, &params->connect_timeout_sec);
    mysql_options(mysql, MYSQL_OPT_READ_TIMEOUT, &params->read_timeout_sec);
    mysql_options(mysql, MYSQL_OPT_WRITE_TIMEOUT, &params->write_timeout_sec);
    mysql_options(mysql, MYSQL_OPT_RECONNECT, &off);
    mysql_options(mysql, MYSQL_SET_CHARSET_NAME, "binary");
    mysql_options(mysql, MYSQL_OPT_LOCAL_INFILE, &off); /* or a false server reads our files */
    mysql_options4(mysql, MYSQL_OPT_CONNECT_ATTR_ADD, "program_name",
                   program_invocation_short_name);
    if (wants_tls(params)) {
        mysql_ssl_set(mysql, params->ssl_key, params->ssl_cert, params->ssl_ca, NULL, NULL);
        mysql_options(mysql, MYSQL_OPT_SSL_ENFORCE, &on);
        mysql_options(mysql, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, params->ssl_verify ? &on : &off);
    } else if (is_local(params) && params->socket == NULL) {
        /*
         * As MyDNS: group [client] of my.cnf says where a moved socket is. What the file sets would win
         * over the calls above, so it is read only when nothing else tells where the server is.
         */
        mysql_options(mysql, MYSQL_READ_DEFAULT_GROUP, "client");
    }
}

static bool prepare_session(struct db *db, const struct db_params *params)
{
    /* The library goes on without TLS, whatever it was told, when the server offers none. */
    if (wants_tls(params) && mysql_get_ssl_cipher(db->mysql) == NULL) {
        db_set_error(db, DB_FAILED, CR_SSL_CONNECTION_ERROR,
                     "TLS is configured (db-ssl-*), but the server does not offer it");
        return false;
    }
    return db_run(db, "SET character_set_client = binary, character_set_results = binary, "
                      "collation_connection = binary, autocommit = 1") == DB_OK;
}

/*
 * A server may be silent for long, as when it sorts; its host is not: it acknowledges what it is sent, and
 * answers TCP's own questions. So a line that is dead ends by itself, however patient the read
 * time-out, and also while nobody uses it. Where it cannot be set, the time-outs are left.
 */
static void watch_line(int fd)
{
    enum { IDLE_SEC = 5, PAUSE_SEC = 1, QUESTIONS = 5, DEAD_MS = 10 * 1000 };
    static const struct {
        int level, name, value;
    } options[] = {{SOL_SOCKET, SO_KEEPALIVE, 1},
                   {IPPROTO_TCP, TCP_KEEPIDLE, IDLE_SEC},
                   {IPPROTO_TCP, TCP_KEEPINTVL, PAUSE_SEC},
                   {IPPROTO_TCP, TCP_KEEPCNT, QUESTIONS},
                   {IPPROTO_TCP, TCP_USER_TIMEOUT, DEAD_MS}};

    for (size_t i = 0; i < ARRAY_LEN(options); i++) {
        (void)setsockopt(fd, options[i].level, options[i].name, &options[i].value,
                         sizeof options[i].value);
    }
}

static bool connect_to_server(struct db *db, const struct db_params *params)
{
    bool local = is_local(params);

    set_options(db->mysql, params);
    if (mysql_real_connect(db->mysql, local ? "localhost" : params->host, params->user,
                           params->password, params->database, local ? 0 : params->port,
                           local ? params->socket : NULL, 0) == NULL) {
        db_keep_error(db, mysql_errno(db->mysql), mysql_error(db->mysql));
        return false;
    }
    db->interrupt_fd = fcntl((int)mysql_get_socket(db->mysql), F_DUPFD_CLOEXEC, 3);
    if (db->interrupt_fd < 0) {
        db_set_error(db, DB_AWAY, 0, "cannot duplicate the connection: %s", strerror(errno));
        return false;
    }
    if (!local) {
        watch_line(db->interrupt_fd);
    }
    return prepare_session(db, params);
}

struct db *db_open(const struct db_params *params, enum db_error *kind, char *err, size_t err_cap)
{
    db_start_library();
    *kind = DB_FAILED;
    if (!check_tls_files(params, err, err_cap)) {
        return NULL;
    }
    struct db *db = alloc_zero(1, sizeof *db);
    db->interrupt_fd = -1;
    db->mysql = mysql_init(NULL);
    if (db->mysql == NULL) {
        db_set_error(db, DB_FAILED, CR_OUT_OF_MEMORY, "mysql_init: out of memory");
    } else if (connect_to_server(db, params)) {
        *kind = DB_OK;
        return db;
    }
    *kind = db->kind;
    snprintf(err, err_cap, "%s", db->text);
    db_close(db);
    return NULL;
}

void db_close(struct db *db)
{
    if (db == NULL) {
        return;
    }
    if (db->mysql != NULL) {
        mysql_close(db->mysql);
    }
    if (db->interrupt_fd >= 0) {
        close(db->interrupt_fd);
    }
    free(db);
}

void db_interrupt(struct db *db)
{
    shutdown(db->interrupt_fd, SHUT_RDWR);
}

static enum db_error keep_error(struct db *db)
{
    return db_keep_error(db, mysql_errno(db->mysql), mysql_error(db->mysql));
}

enum db_error db_run(struct db *db, const char *sql)
{
    if (db_is_dead(db)) {
        return db->kind;
    }
    if (mysql_real_query(db->mysql, sql, strlen(sql)) != 0) {
        return keep_error(db);
    }
    /* A result nobody asked for must be taken off the line before the next statement. */
    MYSQL_RES *result = mysql_use_result(db->mysql);
    if (result != NULL) {
        mysql_free_result(result);
    }
    return mysql_errno(db->mysql) != 0 ? keep_error(db) : DB_OK;
}

/* --- several statements ------------------------------------------------------------------------ */

enum db_error db_allow_several(struct db *db)
{
    if (db_is_dead(db)) {
        return db->kind;
    }
    return mysql_set_server_option(db->mysql, MYSQL_OPTION_MULTI_STATEMENTS_ON) == 0
               ? DB_OK
               : keep_error(db);
}

/* What the statement said whose turn it is. */
static enum db_error take_result(struct db *db,
                                 void (*take)(void *context, const struct db_value *columns,
                                              unsigned count),
                                 void *context)
{
    enum { COLUMNS_MAX = 8 };
    struct db_value columns[COLUMNS_MAX];
    MYSQL_RES *result = mysql_store_result(db->mysql);
    MYSQL_ROW row;

    if (result == NULL) {
        return mysql_errno(db->mysql) != 0 ? keep_error(db) : DB_OK;
    }
    unsigned count = mysql_num_fields(result);
    count = count < COLUMNS_MAX ? count : COLUMNS_MAX;
    while ((row = mysql_fetch_row(result)) != NULL) {
        const unsigned long *lengths = mysql_fetch_lengths(result);
        for (unsigned i = 0; i < count; i++) {
            columns[i] = row[i] != NULL ? (struct db_value){row[i], lengths[i], false}
                                        : (struct db_value){"", 0, true};
        }
        take(context, columns, count);
    }
    mysql_free_result(result);
    return DB_OK;
}

enum db_error db_run_several(struct db *db, const char *sql,
                             void (*take)(void *context, const struct db_value *columns,
                                          unsigned count),
                             void *context)
{
    if (db_is_dead(db)) {
        return db->kind;
    }
    if (mysql_real_query(db->mysql, sql, strlen(sql)) != 0) {
        return keep_error(db);
    }
    for (;;) {
        enum db_error failed = take_result(db, take, context);
        if (failed != DB_OK) {
            return failed;
        }
        int next = mysql_next_result(db->mysql);
        if (next != 0) {
            return next < 0 ? DB_OK : keep_error(db);
        }
    }
}

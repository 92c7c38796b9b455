/* TLS to the database: what is asked for is there, or opening fails and says which setting is wrong.
 * The server here has no binary log, so what db_rows does without one is tested here too. */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "db/db_rows.h"
#include "tests/support/private_mariadb.h"

static struct private_mariadb server;
static struct db *root;
static char keys[] = "/tmp/mydns-keys-XXXXXX";
static char ca[64], key[64], other[64], plain_socket[128];
static uint16_t port;

static uint16_t free_port(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t len = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    bool bound = bind(fd, (struct sockaddr *)&address, sizeof address) == 0 &&
                 getsockname(fd, (struct sockaddr *)&address, &len) == 0;
    close(fd);
    return bound ? ntohs(address.sin_port) : 0;
}

static bool make_key(const char *name, const char *subject)
{
    char command[512];
    snprintf(command, sizeof command,
             "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 "
             "-subj /CN=%s -addext subjectAltName=DNS:%s -keyout %s/%s.key -out %s/%s.pem "
             ">/dev/null 2>&1",
             subject, subject, keys, name, keys, name);
    return system(command) == 0;
}

static int start(void **state)
{
    char options[512];
    (void)state;
    if (mkdtemp(keys) == NULL || !make_key("server", "localhost") || !make_key("other", "other")) {
        return -1;
    }
    snprintf(ca, sizeof ca, "%s/server.pem", keys);
    snprintf(key, sizeof key, "%s/server.key", keys);
    snprintf(other, sizeof other, "%s/other.pem", keys);
    port = free_port();
    snprintf(options, sizeof options,
             "--ssl-cert=%s --ssl-key=%s --skip-skip-networking --bind-address=127.0.0.1 --port=%u",
             ca, key, port);
    if (!private_mariadb_start(&server, options)) {
        return -1;
    }
    root = private_mariadb_open(&server, "root", NULL);
    must_run(root, "CREATE USER tls_only REQUIRE SSL");
    return 0;
}

static int stop(void **state)
{
    char command[128];
    (void)state;
    db_close(root);
    private_mariadb_stop(&server);
    snprintf(command, sizeof command, "rm -rf %s", keys);
    return system(command);
}

static struct db_params params_of(const char *host)
{
    return (struct db_params){.host = host,
                              .port = port,
                              .socket = host == NULL ? server.socket : NULL,
                              .user = "tls_only",
                              .connect_timeout_sec = 5,
                              .read_timeout_sec = 5,
                              .write_timeout_sec = 5};
}

static void expect_open(const struct db_params *params)
{
    enum db_error kind;
    char err[512];
    struct db *db = db_open(params, &kind, err, sizeof err);
    if (db == NULL) {
        fail_msg("%s", err);
    }
    struct db_stmt *stmt = db_prepare(db, "SHOW STATUS LIKE 'Ssl_cipher'");
    assert_non_null(stmt);
    assert_int_equal(db_execute(stmt), DB_OK);
    assert_int_equal(db_fetch(stmt), DB_ROW);
    assert_true(db_column(stmt, 1).len > 0);
    db_stmt_free(stmt);
    db_close(db);
}

static void expect_refused(const struct db_params *params, enum db_error expected, const char *word)
{
    enum db_error kind;
    char err[512];
    struct db *db = db_open(params, &kind, err, sizeof err);
    if (db != NULL || kind != expected || strstr(err, word) == NULL) {
        fail_msg("expected %s, found %d: %s", word, db == NULL ? (int)kind : -1,
                 db == NULL ? err : "open");
    }
}

static void encrypted(void **state)
{
    struct db_params params = params_of(NULL);
    (void)state;
    expect_refused(&params, DB_DENIED, "1045"); /* without TLS this account may not */
    params.ssl_ca = ca;
    expect_open(&params);
    params = params_of("127.0.0.1");
    params.ssl_ca = ca;
    expect_open(&params);
}

static void wrong_settings_are_loud(void **state)
{
    struct db_params params = params_of("127.0.0.1");
    (void)state;

    params.ssl_ca = "/tmp/no/such/file.pem";
    expect_refused(&params, DB_FAILED, "db-ssl-ca: cannot read /tmp/no/such/file.pem");
    params.ssl_ca = key; /* a file, but no certificate */
    expect_refused(&params, DB_FAILED, "2026");
    params.ssl_ca = other; /* not who signed the server's certificate */
    expect_refused(&params, DB_FAILED, "2026");
    params.ssl_ca = ca;
    params.ssl_cert = ca;
    expect_refused(&params, DB_FAILED, "together");
    params.ssl_cert = other; /* not the certificate of this key */
    params.ssl_key = key;
    expect_refused(&params, DB_FAILED, "2026");
    params.ssl_cert = params.ssl_key = NULL;
    params.ssl_verify = true; /* the certificate is for localhost, not for 127.0.0.1 */
    expect_refused(&params, DB_FAILED, "2026");
}

static void server_without_tls(void **state)
{
    struct private_mariadb plain;
    struct db_params params = params_of(NULL);
    (void)state;

    assert_true(private_mariadb_start(&plain, "--skip-ssl"));
    snprintf(plain_socket, sizeof plain_socket, "%s", plain.socket);
    params.socket = plain_socket;
    params.user = "root";
    params.ssl_ca = ca;
    enum db_error kind;
    char err[512];
    struct db *db = db_open(&params, &kind, err, sizeof err);
    private_mariadb_stop(&plain);
    assert_null(db);
    assert_int_equal(kind, DB_FAILED);
    if (strstr(err, "does not offer it") == NULL) {
        fail_msg("%s", err);
    }
}

/* MyISAM without any log: only the tables' own UPDATE_TIME tells of changes. */
static void nothing_but_update_time(void **state)
{
    struct conf conf = {.soa_table = (char *)(uintptr_t) "soa",
                        .rr_table = (char *)(uintptr_t) "rr"};
    struct db_position position;
    (void)state;

    must_run(root, "CREATE DATABASE unit_rows");
    must_run(root, "USE unit_rows");
    must_run(root, "CREATE TABLE soa (id INT, origin TEXT, ns TEXT, mbox TEXT, serial INT, refresh "
                   "INT, retry INT, expire INT, minimum INT, ttl INT) ENGINE=MyISAM");
    must_run(root,
             "CREATE TABLE rr (id INT, zone INT, name TEXT, data TEXT, aux INT, ttl INT, type "
             "TEXT) ENGINE=MyISAM");
    struct db *db = private_mariadb_open(&server, "root", "unit_rows");
    struct db_rows *rows = db_rows_new(db, &conf);
    assert_non_null(rows);
    assert_false(db_rows_layout(rows)->binlog);
    assert_string_equal(db_rows_can_write(rows), "ALL PRIVILEGES");

    /* the second in which the tables were made, and the next, must be over */
    struct db_stmt *old =
        db_prepare(root, "SELECT MAX(UPDATE_TIME) < NOW() - INTERVAL 1 SECOND FROM "
                         "information_schema.TABLES WHERE TABLE_SCHEMA = "
                         "'unit_rows'");
    uint64_t over = 0;
    while (over == 0 && db_execute(old) == DB_OK && db_fetch(old) == DB_ROW) {
        over = db_column_uint(old, 0);
        db_finish(old);
    }
    db_stmt_free(old);
    assert_int_equal(db_rows_begin(rows, &position), DB_OK);
    assert_string_equal(position.gtid, "");
    assert_string_equal(position.binlog_file, "");
    assert_int_equal(db_rows_end(rows), DB_OK);
    assert_false(db_rows_moved(rows));
    assert_int_equal(db_rows_begin(rows, &position), DB_OK);
    must_run(root, "INSERT INTO rr (id) VALUES (1)");
    assert_int_equal(db_rows_end(rows), DB_OK);
    assert_true(db_rows_moved(rows));
    db_rows_free(rows);
    db_close(db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(encrypted),
        cmocka_unit_test(wrong_settings_are_loud),
        cmocka_unit_test(server_without_tls),
        cmocka_unit_test(nothing_but_update_time),
    };
    return cmocka_run_group_tests(tests, start, stop);
}

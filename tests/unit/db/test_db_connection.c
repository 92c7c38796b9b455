/* A connection and its statements against a real MariaDB: octets, numbers, failures, interruption. */
#include "db/db.h"

#include <arpa/inet.h>
#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/support/private_mariadb.h"

static struct private_mariadb server;
static struct db *root;

static int start(void **state)
{
    (void)state;
    root = private_mariadb_begin(&server, "", "unit_connection");
    if (root == NULL) {
        return -1;
    }
    must_run(root, "CREATE OR REPLACE USER unit_reader");
    must_run(root, "CREATE TABLE octets (id INT PRIMARY KEY, l CHAR(20) CHARACTER SET latin1, "
                   "u VARCHAR(20) CHARACTER SET utf8mb4, b VARBINARY(20), "
                   "e ENUM('A','B'), KEY (l))");
    return 0;
}

static int stop(void **state)
{
    (void)state;
    must_run(root, "DROP USER unit_reader");
    private_mariadb_end(&server, root, "unit_connection");
    return 0;
}

static struct db_stmt *prepared(struct db *db, const char *sql)
{
    struct db_stmt *stmt = db_prepare(db, sql);
    if (stmt == NULL) {
        fail_msg("%s: %s", sql, db_error_text(db));
    }
    return stmt;
}

static void execute(struct db *db, struct db_stmt *stmt)
{
    if (db_execute(stmt) != DB_OK) {
        fail_msg("%s", db_error_text(db));
    }
}

static void expect_octets(struct db_stmt *stmt, unsigned at, const char *octets, size_t len)
{
    struct db_value value = db_column(stmt, at);
    assert_false(value.null);
    assert_int_equal(value.len, len);
    assert_memory_equal(value.data, octets, len);
}

static void octets_pass_unchanged(void **state)
{
    static const char l[] = "\xe4\x80\xff'\\", u[] = "\xc3\xa4\xf0\x9f\x98\x80", b[] = "\0\xff\xc3";
    (void)state;

    struct db_stmt *stmt = prepared(root, "INSERT INTO octets VALUES (?, ?, ?, ?, ?)");
    db_bind_uint(stmt, 0, 1);
    db_bind_text(stmt, 1, l, sizeof l - 1);
    db_bind_text(stmt, 2, u, sizeof u - 1);
    db_bind_text(stmt, 3, b, sizeof b - 1);
    db_bind_text(stmt, 4, "B", 1);
    execute(root, stmt);
    assert_int_equal(db_execute(stmt), DB_FAILED);
    assert_int_equal(db_error_number(root), 1062);
    db_bind_uint(stmt, 0, 2);
    db_bind_null(stmt, 1);
    execute(root, stmt); /* the connection is as good as before */
    db_stmt_free(stmt);

    stmt = prepared(root, "SELECT l, HEX(l), u, HEX(u), b, e, id FROM octets WHERE l = ?");
    db_bind_text(stmt, 0, l, sizeof l - 1);
    execute(root, stmt);
    assert_int_equal(db_fetch(stmt), DB_ROW);
    expect_octets(stmt, 0, l, sizeof l - 1);
    expect_octets(stmt, 1, "E480FF275C", 10);
    expect_octets(stmt, 2, u, sizeof u - 1);
    expect_octets(stmt, 3, "C3A4F09F9880", 12);
    expect_octets(stmt, 4, b, sizeof b - 1);
    expect_octets(stmt, 5, "B", 1);
    expect_octets(stmt, 6, "1", 1);
    assert_int_equal(db_fetch(stmt), DB_END);
    assert_int_equal(db_fetch(stmt), DB_END);

    /* the column's collation decides, not the parameter's: capitals are equal */
    must_run(root, "INSERT INTO octets (id, l) VALUES (3, 'www')");
    db_bind_text(stmt, 0, "WWW", 3);
    execute(root, stmt);
    assert_int_equal(db_fetch(stmt), DB_ROW);
    assert_int_equal(db_column_uint(stmt, 6), 3);
    assert_true(db_column_is_null(stmt, 2));
    db_stmt_free(stmt);
}

static void parameters_use_an_index(void **state)
{
    (void)state;
    struct db_stmt *stmt = prepared(root, "EXPLAIN SELECT id FROM octets WHERE l = ?");
    db_bind_text(stmt, 0, "www", 3);
    execute(root, stmt);
    assert_int_equal(db_fetch(stmt), DB_ROW);
    expect_octets(stmt, 5, "l", 1); /* column "key" */
    db_stmt_free(stmt);
}

static void numbers(void **state)
{
    uint64_t value;
    (void)state;
    struct db_stmt *stmt = prepared(
        root, "SELECT CAST(18446744073709551615 AS UNSIGNED), -1, NULL, 'x', '12', 1.75, "
              "CAST(-1 AS DECIMAL), '99999999999999999999', 1e3, '', CAST('2026-01-02' AS DATE)");
    execute(root, stmt);
    assert_int_equal(db_fetch(stmt), DB_ROW);
    assert_true(db_column_uint(stmt, 0) == UINT64_MAX);
    expect_octets(stmt, 0, "18446744073709551615", 20);
    assert_int_equal(db_column_uint(stmt, 1), 0);
    assert_false(db_column_number(stmt, 1, &value));
    expect_octets(stmt, 1, "-1", 2);
    assert_false(db_column_number(stmt, 2, &value));
    assert_true(db_column(stmt, 2).null);
    assert_false(db_column_number(stmt, 3, &value));
    assert_int_equal(db_column_uint(stmt, 4), 12);
    assert_int_equal(db_column_uint(stmt, 5), 1);
    assert_false(db_column_number(stmt, 6, &value));
    assert_false(db_column_number(stmt, 7, &value));
    assert_int_equal(db_column_uint(stmt, 8), 1000);
    assert_false(db_column_number(stmt, 9, &value));
    expect_octets(stmt, 10, "2026-01-02", 10);
    db_stmt_free(stmt);
}

/* Longer than the first buffer, then short again, then longer than we take. */
static void long_columns(void **state)
{
    (void)state;
    must_run(root, "CREATE TABLE texts (id INT PRIMARY KEY, t LONGTEXT, b TEXT)");
    must_run(root, "INSERT INTO texts VALUES (1, 'a', 'b'), (2, REPEAT('xy', 35000), "
                   "REPEAT('z', 65535)), (3, 'c', NULL), (4, REPEAT('q', 3000000), 'd'), "
                   "(5, '', 'e')");
    struct db_stmt *stmt = prepared(root, "SELECT t, b, id FROM texts ORDER BY id");
    for (unsigned round = 0; round < 2; round++) {
        execute(root, stmt);
        assert_int_equal(db_fetch(stmt), DB_ROW);
        expect_octets(stmt, 0, "a", 1);
        assert_int_equal(db_fetch(stmt), DB_ROW);
        assert_int_equal(db_column(stmt, 0).len, 70000);
        assert_int_equal(db_column(stmt, 0).data[69999], 'y');
        assert_int_equal(db_column(stmt, 1).len, 65535);
        assert_int_equal(db_column(stmt, 1).data[65534], 'z');
        assert_int_equal(db_fetch(stmt), DB_ROW);
        expect_octets(stmt, 0, "c", 1);
        assert_true(db_column(stmt, 1).null);
        assert_int_equal(db_fetch(stmt), DB_ROW);
        assert_int_equal(db_column(stmt, 0).len, 1024 * 1024);
        expect_octets(stmt, 1, "d", 1);
        assert_int_equal(db_fetch(stmt), DB_ROW);
        expect_octets(stmt, 0, "", 0);
        expect_octets(stmt, 1, "e", 1);
        assert_int_equal(db_fetch(stmt), DB_END);
    }
    db_stmt_free(stmt);
}

/* A result taken into memory is given back when it was read, or is wanted no longer. */
static void stored_rows_go(void **state)
{
    (void)state;
    struct db_stmt *stmt =
        prepared(root, "SELECT seq, REPEAT('x', 100) FROM information_schema.SCHEMATA "
                       "JOIN seq_1_to_20000 WHERE SCHEMA_NAME = 'unit_connection'");
    for (unsigned wanted = 100; wanted <= 20000; wanted += 19900) {
        size_t before = mallinfo2().uordblks + mallinfo2().hblkhd;
        execute(root, stmt);
        assert_int_equal(db_store(stmt), DB_OK);
        must_run(root, "DO 1"); /* the connection is free */
        for (unsigned n = 0; n < wanted; n++) {
            assert_int_equal(db_fetch(stmt), DB_ROW);
        }
        if (wanted == 20000) {
            assert_int_equal(db_fetch(stmt), DB_END);
        } else {
            db_finish(stmt);
        }
        assert_in_range(mallinfo2().uordblks + mallinfo2().hblkhd, 0, before + 500000);
    }
    db_stmt_free(stmt);
}

static void altered_while_prepared(void **state)
{
    (void)state;
    must_run(root, "CREATE TABLE changing (id INT, v INT)");
    must_run(root, "INSERT INTO changing VALUES (1, 7)");
    struct db_stmt *stmt = prepared(root, "SELECT id, v FROM changing");
    execute(root, stmt);
    assert_int_equal(db_fetch(stmt), DB_ROW);
    assert_int_equal(db_column_uint(stmt, 1), 7);
    db_finish(stmt);
    must_run(root, "ALTER TABLE changing MODIFY v VARCHAR(20)");
    execute(root, stmt);
    assert_int_equal(db_fetch(stmt), DB_ROW);
    assert_int_equal(db_column_uint(stmt, 1), 7);
    db_finish(stmt);
    must_run(root, "ALTER TABLE changing DROP v");
    assert_int_equal(db_execute(stmt), DB_MISSING);
    assert_int_equal(db_fetch(stmt), DB_BROKEN);
    db_finish(stmt);
    must_run(root, "DROP TABLE changing");
    assert_int_equal(db_execute(stmt), DB_MISSING);
    db_stmt_free(stmt);
}

static void finish_in_the_middle(void **state)
{
    (void)state;
    struct db_stmt *many = prepared(root, "SELECT a.id, b.id FROM octets a, octets b");
    struct db_stmt *one = prepared(root, "SELECT 1");
    for (unsigned round = 0; round < 3; round++) {
        execute(root, many);
        assert_int_equal(db_fetch(many), DB_ROW);
        db_finish(many);
        execute(root, one);
        assert_int_equal(db_fetch(one), DB_ROW);
        assert_int_equal(db_column_uint(one, 0), 1);
        db_finish(one);
    }
    execute(root, many);
    db_stmt_free(many);
    must_run(root, "SELECT * FROM octets"); /* a result that nobody wanted */
    must_run(root, "DO 1");
    db_stmt_free(one);
}

static void refused(void **state)
{
    struct db_params params = {.socket = server.socket, .user = "nobody_here"};
    enum db_error kind;
    char err[512];
    (void)state;

    params.connect_timeout_sec = params.read_timeout_sec = params.write_timeout_sec = 5;
    assert_null(db_open(&params, &kind, err, sizeof err));
    assert_int_equal(kind, DB_DENIED);
    assert_non_null(strstr(err, "1045"));
    params.user = "unit_reader";
    params.database = "unit_connection";
    assert_null(db_open(&params, &kind, err, sizeof err));
    assert_int_equal(kind, DB_DENIED);
    params.user = "root";
    params.database = "unit_nothing";
    assert_null(db_open(&params, &kind, err, sizeof err));
    assert_int_equal(kind, DB_MISSING);
    params.socket = "/tmp/no/such/socket";
    assert_null(db_open(&params, &kind, err, sizeof err));
    assert_int_equal(kind, DB_AWAY);

    struct db *reader = private_mariadb_open(&server, "unit_reader", NULL);
    assert_null(db_prepare(reader, "SELECT * FROM unit_connection.octets"));
    assert_int_equal(db_error_kind(reader), DB_DENIED);
    db_close(reader);
    assert_null(db_prepare(root, "SELECT * FROM nothing"));
    assert_int_equal(db_error_kind(root), DB_MISSING);
    assert_null(db_prepare(root, "SELECT nothing FROM octets"));
    assert_int_equal(db_error_kind(root), DB_MISSING);
    assert_null(db_prepare(root, "SELECT FROM"));
    assert_int_equal(db_error_kind(root), DB_FAILED);
    assert_int_equal(db_error_number(root), 1064);
}

/* A listener that never says a word, like a frozen server. */
static void frozen_server(void **state)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t len = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    enum db_error kind;
    char err[512];
    (void)state;

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(fd, 4), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
    struct db_params params = {.host = "127.0.0.1",
                               .port = ntohs(address.sin_port),
                               .user = "root",
                               .connect_timeout_sec = 1,
                               .read_timeout_sec = 1,
                               .write_timeout_sec = 1};
    assert_null(db_open(&params, &kind, err, sizeof err));
    assert_int_equal(kind, DB_AWAY);
    close(fd);
    assert_null(db_open(&params, &kind, err, sizeof err));
    assert_int_equal(kind, DB_AWAY);
}

/* A connection amid a result of many rows, which KILL ends: no waiting for rows that never come. */
struct victim {
    struct db *db;
    struct db_stmt *id, *many;
};

static struct victim victim_of(const char *kill)
{
    char sql[64];
    struct db *db = private_mariadb_open(&server, "root", "unit_connection");
    struct victim victim = {
        .db = db,
        .id = prepared(db, "SELECT CONNECTION_ID()"),
        .many = prepared(db, "SELECT a.t FROM texts a, texts b, texts c, texts d WHERE a.id = 2"),
    };
    execute(db, victim.id);
    assert_int_equal(db_fetch(victim.id), DB_ROW);
    snprintf(sql, sizeof sql, "%s %u", kill, (unsigned)db_column_uint(victim.id, 0));
    db_finish(victim.id);

    execute(db, victim.many);
    assert_int_equal(db_fetch(victim.many), DB_ROW);
    must_run(root, sql);
    enum db_fetch fetched;
    while ((fetched = db_fetch(victim.many)) == DB_ROW) {
    }
    assert_int_equal(fetched, DB_BROKEN);
    assert_int_equal(db_error_kind(db), DB_AWAY);
    return victim;
}

static void victim_release(struct victim *victim)
{
    db_stmt_free(victim->many);
    db_stmt_free(victim->id);
    db_close(victim->db);
}

static void killed(void **state)
{
    (void)state;
    struct victim victim = victim_of("KILL");
    assert_int_equal(db_fetch(victim.many), DB_BROKEN);
    assert_int_equal(db_execute(victim.id), DB_AWAY);
    assert_int_equal(db_run(victim.db, "DO 1"), DB_AWAY);
    assert_null(db_prepare(victim.db, "SELECT 1"));
    db_finish(victim.many);
    victim_release(&victim);
}

static void query_killed(void **state)
{
    (void)state;
    struct victim victim = victim_of("KILL QUERY");
    assert_int_equal(db_run(victim.db, "DO 1"), DB_AWAY);
    victim_release(&victim);
}

static void *interrupter(void *db)
{
    bool sleeping = false;
    struct db *watch = private_mariadb_open(&server, "root", NULL);
    struct db_stmt *stmt = db_prepare(watch, "SELECT COUNT(*) FROM information_schema.PROCESSLIST "
                                             "WHERE STATE = 'User sleep'");
    while (!sleeping && stmt != NULL && db_execute(stmt) == DB_OK && db_fetch(stmt) == DB_ROW) {
        sleeping = db_column_uint(stmt, 0) > 0;
        db_finish(stmt);
    }
    db_interrupt(db);
    db_stmt_free(stmt);
    db_close(watch);
    return NULL;
}

static void interrupted(void **state)
{
    pthread_t thread;
    (void)state;
    struct db *db = private_mariadb_open(&server, "root", NULL);
    struct db_stmt *stmt = prepared(db, "SELECT SLEEP(9)");
    assert_int_equal(pthread_create(&thread, NULL, interrupter, db), 0);
    enum db_error failed = db_execute(stmt);
    if (failed == DB_OK) {
        failed = db_fetch(stmt) == DB_BROKEN ? db_error_kind(db) : DB_OK;
    }
    assert_int_equal(failed, DB_AWAY);
    pthread_join(thread, NULL);
    assert_int_equal(db_run(db, "DO 1"), DB_AWAY);
    db_interrupt(db);
    db_stmt_free(stmt);
    db_close(db);
}

static void statement_timeout(void **state)
{
    (void)state;
    struct db *db = private_mariadb_open(&server, "root", "unit_connection");
    must_run(db, "SET max_statement_time = 0.05");
    struct db_stmt *stmt = prepared(db, "SELECT COUNT(*) FROM texts a, texts b, texts c "
                                        "WHERE LENGTH(REPEAT(a.t, 9)) + LENGTH(REVERSE(b.t)) + "
                                        "LENGTH(REVERSE(c.t)) > 0");
    enum db_error failed = db_execute(stmt);
    if (failed == DB_OK) {
        failed = db_fetch(stmt) == DB_BROKEN ? db_error_kind(db) : DB_OK;
    }
    assert_int_equal(failed, DB_AWAY);
    db_stmt_free(stmt);
    db_close(db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(octets_pass_unchanged),
        cmocka_unit_test(parameters_use_an_index),
        cmocka_unit_test(numbers),
        cmocka_unit_test(long_columns),
        cmocka_unit_test(stored_rows_go),
        cmocka_unit_test(altered_while_prepared),
        cmocka_unit_test(finish_in_the_middle),
        cmocka_unit_test(refused),
        cmocka_unit_test(frozen_server),
        cmocka_unit_test(killed),
        cmocka_unit_test(query_killed),
        cmocka_unit_test(interrupted),
        cmocka_unit_test(statement_timeout),
    };
    return cmocka_run_group_tests(tests, start, stop);
}

/* The rows of many zones are the same ones, whether they are read by zone or by id. */
#include "db/db_rows.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "db/db_private.h"
#include "tests/support/private_mariadb.h"

enum { ZONES = 100, ROWS = 5 };

static struct private_mariadb server;
static struct db *root;

static int start(void **state)
{
    (void)state;
    root = private_mariadb_begin(&server, "", "unit_span");
    return root == NULL ? -1 : 0;
}

static int stop(void **state)
{
    (void)state;
    private_mariadb_end(&server, root, "unit_span");
    return 0;
}

/* ROWS rows in each of ZONES zones; ID_OF: SQL for the id of row r of zone z. */
static void fill(const char *key, const char *engine, const char *id_of)
{
    char sql[1024];

    must_run(root, "DROP TABLE IF EXISTS soa, rr");
    snprintf(sql, sizeof sql,
             "CREATE TABLE soa (id INT UNSIGNED, origin CHAR(255), ns CHAR(255), mbox CHAR(255), "
             "serial INT, refresh INT, retry INT, expire INT, minimum INT, ttl INT) ENGINE=%s",
             engine);
    must_run(root, sql);
    snprintf(
        sql, sizeof sql,
        "CREATE TABLE rr (id INT UNSIGNED NOT NULL, zone INT UNSIGNED NOT NULL, name CHAR(64), "
        "type CHAR(16), data CHAR(128), aux INT, ttl INT, %s, KEY (zone, name)) ENGINE=%s",
        key, engine);
    must_run(root, sql);
    snprintf(sql, sizeof sql,
             "INSERT INTO rr SELECT %s, z, 'www', 'A', '192.0.2.1', r, 60 FROM "
             "(SELECT seq AS z FROM seq_1_to_%d) AS zs, (SELECT seq AS r FROM seq_1_to_%d) AS rs",
             id_of, ZONES, ROWS);
    must_run(root, sql);
}

/* Reads zones FIRST to LAST. Returns whether by id; *COUNT: rows that RR_WHERE lets through. */
static bool read_zones(const char *rr_where, uint32_t first, uint32_t last, unsigned *count)
{
    struct conf conf = {.soa_table = (char *)(uintptr_t) "soa",
                        .rr_table = (char *)(uintptr_t) "rr",
                        .rr_where = (char *)(uintptr_t)rr_where};
    struct db *db = private_mariadb_open(&server, "root", "unit_span");
    struct db_rows *rows = db_rows_new(db, &conf);
    struct db_span span = {0};
    struct rr_row row;
    enum db_fetch fetched;

    assert_non_null(rows);
    assert_true(db_span_init(&span, db, db_rows_layout(rows), "id", rr_where));
    bool by_id = db_span_find(&span, first, last) != NULL;
    db_span_release(&span);
    *count = 0;
    assert_int_equal(db_rows_rr_range(rows, first, last), DB_OK);
    while ((fetched = db_rows_next_rr(rows, &row)) == DB_ROW) {
        assert_in_range(row.zone, first, last);
        assert_in_range(row.aux, 1, ROWS);
        (*count)++;
    }
    assert_int_equal(fetched, DB_END);
    db_rows_free(rows);
    db_close(db);
    return by_id;
}

static void side_by_side(void **state)
{
    unsigned count;

    (void)state;
    fill("PRIMARY KEY (id)", "InnoDB", "z * 5 + r");
    assert_true(read_zones(NULL, 1, ZONES, &count));
    assert_int_equal(count, ZONES * ROWS);
    assert_true(read_zones(NULL, 11, 70, &count));
    assert_int_equal(count, 60 * ROWS);
    assert_true(read_zones("aux <> 2 OR aux = 3 -- not the second ones", 1, ZONES, &count));
    assert_int_equal(count, ZONES * (ROWS - 1));
    assert_false(read_zones(NULL, 1, 10, &count)); /* few */
    assert_int_equal(count, 10 * ROWS);
    assert_false(read_zones(NULL, ZONES + 1, UINT32_MAX, &count)); /* none */
    assert_int_equal(count, 0);
    /* One row was added late: its zone's span reaches far, and all rows are there still. */
    must_run(root, "INSERT INTO rr VALUES (4000000000, 50, 'late', 'A', '192.0.2.2', 1, 60)");
    assert_false(read_zones(NULL, 1, ZONES, &count));
    assert_int_equal(count, ZONES * ROWS + 1);
}

static void scattered(void **state)
{
    unsigned count;

    (void)state;
    fill("PRIMARY KEY (id)", "InnoDB", "z + r * 100000");
    assert_false(read_zones(NULL, 1, ZONES, &count));
    assert_int_equal(count, ZONES * ROWS);
}

static void not_in_this_order(void **state)
{
    unsigned count;

    (void)state;
    fill("PRIMARY KEY (zone, id)", "InnoDB", "z * 5 + r");
    assert_false(read_zones(NULL, 1, ZONES, &count));
    assert_int_equal(count, ZONES * ROWS);
    fill("PRIMARY KEY (id)", "MyISAM", "z * 5 + r");
    assert_false(read_zones(NULL, 1, ZONES, &count));
    assert_int_equal(count, ZONES * ROWS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(side_by_side), cmocka_unit_test(scattered),
                                       cmocka_unit_test(not_in_this_order)};
    return cmocka_run_group_tests(tests, start, stop);
}

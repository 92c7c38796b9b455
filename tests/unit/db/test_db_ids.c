/* Rows by the ids of rows and zones, some of them, and those that are new. */
#include "db/db_rows.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "tests/support/private_mariadb.h"

static struct private_mariadb server;
static struct db *root;

static int start(void **state)
{
    (void)state;
    root = private_mariadb_begin(&server, "", "unit_ids");
    if (root == NULL) {
        return -1;
    }
    must_run(root, "CREATE TABLE soa (id INT UNSIGNED PRIMARY KEY, origin CHAR(255), ns CHAR(255), "
                   "mbox CHAR(255), serial INT, refresh INT, retry INT, expire INT, minimum INT, "
                   "ttl INT)");
    must_run(root,
             "CREATE TABLE rr (id BIGINT UNSIGNED PRIMARY KEY, zone INT UNSIGNED, name CHAR(64), "
             "type CHAR(16), data CHAR(128), aux INT, ttl INT, active ENUM('Y','N'), "
             "KEY (zone))");
    must_run(root, "INSERT INTO soa (id, origin, serial) VALUES (1, 'a.', 1), (5, 'e.', 2)");
    must_run(root,
             "INSERT INTO rr (id, zone, active) VALUES (1, 1, 'Y'), (2, 1, 'N'), (3, 5, 'Y'), "
             "(4, 9, 'Y'), (4294967296, 9, 'N')");
    return 0;
}

static int stop(void **state)
{
    (void)state;
    private_mariadb_end(&server, root, "unit_ids");
    return 0;
}

/* Of the rr read that has begun. */
static const char *read_ids(struct db_rows *rows, enum db_error begun)
{
    static char out[256];
    struct rr_row row;
    size_t len = 0;

    out[0] = '\0';
    assert_int_equal(begun, DB_OK);
    enum db_fetch fetched;
    while ((fetched = db_rows_next_rr(rows, &row)) == DB_ROW) {
        len += (size_t)snprintf(out + len, sizeof out - len, len > 0 ? " %u" : "%u", row.id);
    }
    assert_int_equal(fetched, DB_END);
    return out;
}

static void conditions(void **state)
{
    static char soa_table[] = "soa", rr_table[] = "rr";
    static char soa_where[] = "serial <> 1 OR FALSE", rr_where[] = "id <> 1 # not this one";
    struct conf conf = {
        .soa_table = soa_table, .rr_table = rr_table, .soa_where = soa_where, .rr_where = rr_where};
    const uint32_t ids[] = {1, 2, 3, 4, 5};
    struct rr_place places[4];
    struct soa_row soa;
    size_t count;
    (void)state;

    struct db *db = private_mariadb_open(&server, "root", "unit_ids");
    struct db_rows *rows = db_rows_new(db, &conf);
    assert_non_null(rows);
    for (size_t last = 0; last < ARRAY_LEN(ids); last += 4) { /* one id, and all of them */
        assert_int_equal(db_rows_soa_ids(rows, ids, last + 1), DB_OK);
        if (last > 0) {
            assert_int_equal(db_rows_next_soa(rows, &soa), DB_ROW);
            assert_int_equal(soa.id, 5);
        }
        assert_int_equal(db_rows_next_soa(rows, &soa), DB_END);
        const char *expected = last > 0 ? "3" : "";
        assert_string_equal(read_ids(rows, db_rows_rr_zones(rows, ids, last + 1)), expected);
        expected = last > 0 ? "3 4" : "";
        assert_string_equal(read_ids(rows, db_rows_rr_ids(rows, ids, last + 1)), expected);
    }
    assert_string_equal(read_ids(rows, db_rows_rr_some(rows, 1, 9)), "");
    assert_string_equal(read_ids(rows, db_rows_rr_some(rows, 5, 9)), "3");
    assert_true(db_rows_new_rr(rows, 0, places, 4, &count));
    assert_int_equal(count, 4); /* all: it only tells which zones to read */
    db_rows_free(rows);
    db_close(db);
}

static void by_ids(void **state)
{
    static char soa_table[] = "soa", rr_table[] = "rr";
    struct conf conf = {.soa_table = soa_table, .rr_table = rr_table};
    uint32_t ids[DB_IDS_MAX + 1], last;
    struct rr_place places[4];
    struct soa_row soa;
    size_t count;
    (void)state;

    for (uint32_t i = 0; i < ARRAY_LEN(ids); i++) {
        ids[i] = i + 1;
    }
    struct db *db = private_mariadb_open(&server, "root", "unit_ids");
    struct db_rows *rows = db_rows_new(db, &conf);
    assert_non_null(rows);
    assert_int_equal(db_rows_soa_ids(rows, ids, DB_IDS_MAX), DB_OK);
    for (uint32_t expected = 1; expected <= 5; expected += 4) {
        assert_int_equal(db_rows_next_soa(rows, &soa), DB_ROW);
        assert_int_equal(soa.id, expected);
    }
    assert_int_equal(db_rows_next_soa(rows, &soa), DB_END);
    assert_int_equal(db_rows_soa_ids(rows, ids + 4, 1), DB_OK);
    assert_int_equal(db_rows_next_soa(rows, &soa), DB_ROW);
    assert_true(soa.id == 5 && soa.serial == 2);
    assert_int_equal(db_rows_next_soa(rows, &soa), DB_END);

    assert_string_equal(read_ids(rows, db_rows_rr_zones(rows, ids, 1)), "1");
    assert_string_equal(read_ids(rows, db_rows_rr_zones(rows, ids, 8)), "1 3");
    assert_string_equal(read_ids(rows, db_rows_rr_zones(rows, ids + 1, DB_IDS_MAX)), "3 4");
    assert_string_equal(read_ids(rows, db_rows_rr_some(rows, 1, 3)), "1");
    assert_int_equal(db_rows_fetched(rows), 2); /* that which is not active counts */
    assert_string_equal(read_ids(rows, db_rows_rr_some(rows, 1, 1)), "1");
    assert_int_equal(db_rows_fetched(rows), 1);

    assert_true(db_rows_new_rr(rows, 0, places, 3, &count));
    assert_true(count == 3 && places[0].zone == 1 && places[1].zone == 1 && places[2].zone == 5);
    assert_true(db_rows_new_rr(rows, places[2].id, places, 3, &count));
    assert_true(count == 1 && places[0].id == 4 && places[0].zone == 9);
    assert_true(db_rows_new_rr(rows, 4, places, 3, &count));
    assert_int_equal(count, 0);
    must_run(root, "DELETE FROM rr WHERE id BETWEEN 3 AND 9");
    assert_true(db_rows_last_rr(rows, &last));
    assert_int_equal(last, 2);
    must_run(root, "DELETE FROM rr");
    assert_true(db_rows_last_rr(rows, &last));
    assert_int_equal(last, 0);
    db_rows_free(rows);
    db_close(db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(conditions),
        cmocka_unit_test(by_ids),
    };
    return cmocka_run_group_tests(tests, start, stop);
}

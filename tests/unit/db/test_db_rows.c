/* The tables of every kind of MyDNS database, as rows: layouts, what is active, snapshots, privileges. */
#include "db/db_rows.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "tests/support/private_mariadb.h"

#define SOA_1_1                                                                                    \
    "CREATE TABLE soa (id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, origin CHAR(255) NOT " \
    "NULL, ns CHAR(255) NOT NULL, mbox CHAR(255) NOT NULL, serial INT UNSIGNED NOT NULL DEFAULT "  \
    "1, "                                                                                          \
    "refresh INT UNSIGNED NOT NULL DEFAULT 28800, retry INT UNSIGNED NOT NULL DEFAULT 7200, "      \
    "expire INT UNSIGNED NOT NULL DEFAULT 604800, minimum INT UNSIGNED NOT NULL DEFAULT 86400, "   \
    "ttl INT UNSIGNED NOT NULL DEFAULT 86400, UNIQUE KEY (origin))"
#define RR_1_1                                                                                     \
    "CREATE TABLE rr (id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, zone INT UNSIGNED NOT " \
    "NULL, name CHAR(64) NOT NULL, type ENUM('A','AAAA','CNAME','MX','NS','TXT'), data CHAR(128) " \
    "NOT NULL, aux INT UNSIGNED NOT NULL, ttl INT UNSIGNED NOT NULL DEFAULT 86400, "               \
    "UNIQUE KEY rr (zone,name,type,data))"

static struct private_mariadb server;
static struct db *root;

static int start(void **state)
{
    (void)state;
    root = private_mariadb_begin(&server, "--log-bin=binlog --server-id=7 --binlog-format=ROW",
                                 "unit_rows");
    if (root == NULL) {
        return -1;
    }
    must_run(root, "CREATE OR REPLACE USER unit_reader");
    must_run(root, "CREATE OR REPLACE USER unit_writer");
    return 0;
}

static int stop(void **state)
{
    (void)state;
    private_mariadb_end(&server, root, "unit_rows");
    return 0;
}

/* An empty database for each test. */
static int fresh(void **state)
{
    (void)state;
    private_mariadb_fresh(root, "unit_rows");
    must_run(root, "GRANT SELECT ON unit_rows.* TO unit_reader");
    return 0;
}

static struct conf conf_of(const char *soa, const char *rr)
{
    return (struct conf){.soa_table = (char *)(uintptr_t)soa, .rr_table = (char *)(uintptr_t)rr};
}

struct reader {
    struct db *db;
    struct db_rows *rows;
};

static struct reader reader_open(const struct conf *conf)
{
    struct reader reader = {private_mariadb_open(&server, "unit_reader", "unit_rows"), NULL};
    reader.rows = db_rows_new(reader.db, conf);
    if (reader.rows == NULL) {
        fail_msg("%s", db_error_text(reader.db));
    }
    return reader;
}

static void reader_close(struct reader *reader)
{
    db_rows_free(reader->rows);
    db_close(reader->db);
}

/* The ids of the rows found, as text "1 2 5". */
static const char *soa_ids(struct reader *reader)
{
    static char out[256];
    struct soa_row row;
    size_t len = 0;

    out[0] = '\0';
    assert_int_equal(db_rows_all_soa(reader->rows), DB_OK);
    enum db_fetch fetched;
    while ((fetched = db_rows_next_soa(reader->rows, &row)) == DB_ROW) {
        len += (size_t)snprintf(out + len, sizeof out - len, len > 0 ? " %u" : "%u", row.id);
    }
    assert_int_equal(fetched, DB_END);
    assert_int_equal(db_rows_next_soa(reader->rows, &row), DB_END);
    return out;
}

static const char *rr_ids(struct reader *reader, uint32_t first, uint32_t last)
{
    static char out[256];
    struct rr_row row;
    size_t len = 0;

    out[0] = '\0';
    assert_int_equal(db_rows_rr_range(reader->rows, first, last), DB_OK);
    enum db_fetch fetched;
    while ((fetched = db_rows_next_rr(reader->rows, &row)) == DB_ROW) {
        len += (size_t)snprintf(out + len, sizeof out - len, len > 0 ? " %u" : "%u", row.id);
    }
    assert_int_equal(fetched, DB_END);
    return out;
}

static bool is(struct db_value value, const char *text)
{
    return !value.null && value.len == strlen(text) && memcmp(value.data, text, value.len) == 0;
}

static void make_1_1(const char *engine)
{
    char sql[1024];
    snprintf(sql, sizeof sql, "%s ENGINE=%s DEFAULT CHARSET=latin1", SOA_1_1, engine);
    must_run(root, sql);
    snprintf(sql, sizeof sql, "%s ENGINE=%s DEFAULT CHARSET=latin1", RR_1_1, engine);
    must_run(root, sql);
    must_run(root, "INSERT INTO soa (id, origin, ns, mbox, serial) VALUES "
                   "(1, 'example.com.', 'ns1', '', 4294967295), (5, 'example.net.', '', 'x', 2)");
    must_run(root, "INSERT INTO rr (id, zone, name, type, data, aux, ttl) VALUES "
                   "(1, 1, '', 'NS', 'ns1', 0, 60), (2, 1, 'ns1', 'A', '192.0.2.1', 7, 61), "
                   "(3, 5, 'www', 'A', '192.0.2.2', 0, 62), (4, 9, 'lost', 'A', 'x', 0, 63)");
}

static void mydns_1_1(void **state)
{
    struct conf conf = conf_of("soa", "rr");
    struct soa_row soa;
    struct rr_row rr;
    (void)state;

    make_1_1("InnoDB");
    struct reader reader = reader_open(&conf);
    const struct db_layout *layout = db_rows_layout(reader.rows);
    assert_false(layout->soa_active || layout->rr_active || layout->rr_edata);
    assert_false(layout->soa_active_missing || layout->rr_active_missing);
    assert_true(layout->transactional && layout->zone_indexed && layout->binlog);
    assert_string_equal(layout->soa.schema, "unit_rows");
    assert_string_equal(layout->rr.name, "rr");

    assert_string_equal(soa_ids(&reader), "1 5");
    assert_string_equal(rr_ids(&reader, 0, UINT32_MAX), "1 2 3 4");
    assert_string_equal(rr_ids(&reader, 1, 1), "1 2");
    assert_string_equal(rr_ids(&reader, 2, 9), "3 4");
    assert_string_equal(rr_ids(&reader, 6, 8), "");

    assert_int_equal(db_rows_soa_range(reader.rows, 1, 4), DB_OK);
    assert_int_equal(db_rows_next_soa(reader.rows, &soa), DB_ROW);
    assert_int_equal(soa.id, 1);
    assert_true(is(soa.origin, "example.com.") && is(soa.ns, "ns1") && is(soa.mbox, ""));
    assert_true(soa.serial == 4294967295u && soa.refresh == 28800 && soa.retry == 7200);
    assert_true(soa.expire == 604800 && soa.minimum == 86400 && soa.ttl == 86400);
    assert_int_equal(db_rows_next_soa(reader.rows, &soa), DB_END);

    assert_int_equal(db_rows_soa_by_origin(reader.rows, "Example.NET.", 12), DB_OK);
    assert_int_equal(db_rows_next_soa(reader.rows, &soa), DB_ROW);
    assert_int_equal(soa.id, 5);
    assert_int_equal(db_rows_next_soa(reader.rows, &soa), DB_END);
    assert_int_equal(db_rows_soa_by_origin(reader.rows, "example.org.", 12), DB_OK);
    assert_int_equal(db_rows_next_soa(reader.rows, &soa), DB_END);

    assert_int_equal(db_rows_rr_range(reader.rows, 1, 1), DB_OK);
    assert_int_equal(db_rows_next_rr(reader.rows, &rr), DB_ROW);
    assert_true(rr.id == 1 && rr.zone == 1 && rr.ttl == 60 && rr.aux == 0 && !rr.ttl_null);
    assert_true(is(rr.name, "") && is(rr.type, "NS") && is(rr.data, "ns1") && rr.edata.null);
    db_rows_cancel(reader.rows);
    assert_int_equal(db_rows_next_rr(reader.rows, &rr), DB_END);
    reader_close(&reader);
}

static void mydns_ng(void **state)
{
    struct conf conf = conf_of("soa", "rr");
    struct rr_row rr;
    (void)state;

    make_1_1("InnoDB");
    must_run(root, "ALTER TABLE soa ADD Active ENUM('Y','N') NOT NULL DEFAULT 'Y', "
                   "ADD `recursive` ENUM('Y','N') NOT NULL DEFAULT 'N', ADD xfer CHAR(255)");
    must_run(root, "ALTER TABLE rr ADD edata BLOB, ADD edatakey CHAR(32), ADD ACTIVE "
                   "ENUM('Y','N','D') NOT NULL DEFAULT 'Y', ADD stamp TIMESTAMP, ADD serial INT");
    must_run(root, "UPDATE soa SET active = 'N' WHERE id = 5");
    must_run(root, "UPDATE rr SET active = 'D' WHERE id = 1");
    must_run(root, "UPDATE rr SET edata = REPEAT('k', 60000) WHERE id = 2");

    struct reader reader = reader_open(&conf);
    const struct db_layout *layout = db_rows_layout(reader.rows);
    assert_true(layout->soa_active && layout->rr_active && layout->rr_edata);
    assert_string_equal(soa_ids(&reader), "1");
    assert_string_equal(rr_ids(&reader, 0, UINT32_MAX), "2 3 4");
    assert_int_equal(db_rows_rr_range(reader.rows, 1, 1), DB_OK);
    assert_int_equal(db_rows_next_rr(reader.rows, &rr), DB_ROW);
    assert_int_equal(rr.edata.len, 60000);
    assert_int_equal(db_rows_next_rr(reader.rows, &rr), DB_END);
    reader_close(&reader);

    conf.use_soa_active = conf.use_rr_active = CONF_NO;
    reader = reader_open(&conf);
    assert_string_equal(soa_ids(&reader), "1 5");
    assert_string_equal(rr_ids(&reader, 1, 1), "1 2");
    reader_close(&reader);

    must_run(root, "ALTER TABLE soa DROP active");
    must_run(root, "ALTER TABLE rr DROP active");
    conf.use_soa_active = conf.use_rr_active = CONF_YES;
    reader = reader_open(&conf);
    layout = db_rows_layout(reader.rows);
    assert_true(!layout->soa_active && !layout->rr_active);
    assert_true(layout->soa_active_missing && layout->rr_active_missing);
    reader_close(&reader);
}

/* dns_soa and dns_rr of ISPConfig: other names, utf8mb4, TEXT, nullable type, another index. */
static void ispconfig(void **state)
{
    struct conf conf = conf_of("dns_soa", "unit_rows.dns_rr");
    struct rr_row rr;
    (void)state;

    must_run(
        root,
        "CREATE TABLE dns_soa (id INT(10) UNSIGNED NOT NULL AUTO_INCREMENT, sys_userid INT, "
        "server_id INT NOT NULL DEFAULT 1, origin VARCHAR(255) NOT NULL DEFAULT '', ns "
        "VARCHAR(255) NOT NULL DEFAULT '', mbox VARCHAR(255) NOT NULL DEFAULT '', serial "
        "INT(11) UNSIGNED NOT NULL DEFAULT 1, refresh INT UNSIGNED NOT NULL DEFAULT 28800, "
        "retry INT UNSIGNED NOT NULL DEFAULT 7200, expire INT UNSIGNED NOT NULL DEFAULT "
        "604800, minimum INT UNSIGNED NOT NULL DEFAULT 3600, ttl INT UNSIGNED NOT NULL DEFAULT "
        "3600, active ENUM('N','Y') NOT NULL DEFAULT 'N', xfer TEXT, rendered_zone MEDIUMTEXT, "
        "PRIMARY KEY (id), UNIQUE KEY origin (origin), KEY active (active)) "
        "ENGINE=InnoDB DEFAULT CHARSET=utf8mb4");
    must_run(root,
             "CREATE TABLE dns_rr (id INT(11) UNSIGNED NOT NULL AUTO_INCREMENT, server_id INT "
             "NOT NULL DEFAULT 1, zone INT(11) UNSIGNED NOT NULL DEFAULT 0, name VARCHAR(255) "
             "NOT NULL DEFAULT '', type ENUM('A','AAAA','CAA','MX','TXT') DEFAULT NULL, data "
             "TEXT NOT NULL, aux INT(11) UNSIGNED NOT NULL DEFAULT 0, ttl INT(11) UNSIGNED NOT "
             "NULL DEFAULT 3600, active ENUM('N','Y') NOT NULL DEFAULT 'Y', stamp TIMESTAMP, "
             "serial INT UNSIGNED, PRIMARY KEY (id), KEY rr (zone,type,name)) "
             "ENGINE=InnoDB DEFAULT CHARSET=utf8mb4");
    must_run(root,
             "INSERT INTO dns_soa (id, server_id, origin, active) VALUES "
             "(1, 1, 'a.example.', 'Y'), (2, 2, 'b.example.', 'Y'), (3, 1, 'c.example.', 'N')");
    must_run(root, "INSERT INTO dns_rr (id, server_id, zone, name, type, data, active) VALUES "
                   "(1, 1, 1, '', NULL, 'x', 'Y'), (2, 1, 1, '', 'TXT', REPEAT('t', 65535), 'Y'), "
                   "(3, 1, 1, '', 'A', 'x', 'N'), (4, 2, 1, '', 'A', X'C3A4', 'Y')");
    conf.soa_where = (char *)(uintptr_t) "server_id = 1 -- the first node";
    conf.rr_where = (char *)(uintptr_t) "server_id = 1 OR server_id = 2";

    struct reader reader = reader_open(&conf);
    const struct db_layout *layout = db_rows_layout(reader.rows);
    assert_true(layout->transactional && layout->zone_indexed && !layout->rr.view);
    assert_true(layout->soa_active && layout->rr_active && !layout->rr_edata);
    assert_string_equal(soa_ids(&reader), "1");
    assert_string_equal(rr_ids(&reader, 2, 9), ""); /* the OR stays in its parentheses */
    assert_int_equal(db_rows_rr_range(reader.rows, 1, 1), DB_OK);
    unsigned seen = 0;
    while (db_rows_next_rr(reader.rows, &rr) == DB_ROW) {
        seen |= 1u << rr.id;
        assert_true(rr.id != 1 || rr.type.null);
        assert_true(rr.id != 2 || rr.data.len == 65535);
        assert_true(rr.id != 4 || is(rr.data, "\xc3\xa4"));
    }
    assert_int_equal(seen, 1 << 1 | 1 << 2 | 1 << 4);
    reader_close(&reader);
}

static void views(void **state)
{
    struct conf conf = conf_of("v soa", "v`rr");
    (void)state;

    make_1_1("InnoDB");
    must_run(root, "CREATE VIEW `v soa` AS SELECT *, id <> 5 AS active FROM soa");
    must_run(root,
             "CREATE VIEW `v``rr` AS SELECT id, zone, CONCAT(name) AS NAME, data, NULL AS aux, "
             "ttl, type FROM rr");
    struct reader reader = reader_open(&conf);
    const struct db_layout *layout = db_rows_layout(reader.rows);
    assert_true(layout->soa.view && layout->rr.view);
    assert_true(!layout->transactional && layout->zone_indexed && layout->soa_active);
    assert_string_equal(soa_ids(&reader), "1");
    assert_string_equal(rr_ids(&reader, 1, 1), "1 2");
    struct rr_row rr;
    assert_int_equal(db_rows_rr_range(reader.rows, 5, 5), DB_OK);
    assert_int_equal(db_rows_next_rr(reader.rows, &rr), DB_ROW);
    assert_true(rr.aux_null && rr.aux == 0 && rr.ttl == 62);
    reader_close(&reader);
}

static void expect_active(const char *definition, const char *expected)
{
    char sql[1024];
    struct conf conf = conf_of("soa", "rr");
    must_run(root, "DROP TABLE IF EXISTS rr");
    snprintf(sql, sizeof sql,
             "CREATE TABLE rr (id INT AUTO_INCREMENT PRIMARY KEY, zone INT DEFAULT "
             "1, name INT, data INT, aux INT, ttl INT, type INT, active %s",
             definition);
    must_run(root, sql);
    struct reader reader = reader_open(&conf);
    const char *found = rr_ids(&reader, 1, 1);
    if (strcmp(found, expected) != 0) {
        fail_msg("%s: %s", definition, found);
    }
    reader_close(&reader);
}

static void spellings_of_active(void **state)
{
    (void)state;
    make_1_1("InnoDB");
    expect_active("TINYINT) AS SELECT 0 AS active UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL "
                  "SELECT NULL UNION ALL SELECT -1 UNION ALL SELECT 10",
                  "2 4 6");
    expect_active("BIT(1)) AS SELECT 0 AS active UNION ALL SELECT 1 UNION ALL SELECT NULL", "2 3");
    expect_active("BOOLEAN) AS SELECT FALSE AS active UNION ALL SELECT TRUE", "2");
    expect_active(
        "VARCHAR(20)) AS SELECT 'y' AS active UNION ALL SELECT 'YES' UNION ALL SELECT 't' "
        "UNION ALL SELECT 'True' UNION ALL SELECT 'a' UNION ALL SELECT 'active' UNION ALL "
        "SELECT 'ON' UNION ALL SELECT '1' UNION ALL SELECT 'Y  '",
        "1 2 3 4 5 6 7 8 9");
    expect_active("VARCHAR(20)) AS SELECT 'n' AS active UNION ALL SELECT 'NO' UNION ALL SELECT 'f' "
                  "UNION ALL SELECT 'False' UNION ALL SELECT 'i' UNION ALL SELECT 'Inactive' UNION "
                  "ALL SELECT 'OFF' UNION ALL SELECT '0' UNION ALL SELECT 'D' UNION ALL SELECT "
                  "'deleted' UNION ALL SELECT '2' UNION ALL SELECT '' UNION ALL SELECT ' '",
                  "");
    expect_active(
        "VARCHAR(20)) AS SELECT 'enabled' AS active UNION ALL SELECT 'x' UNION ALL SELECT "
        "'truly'",
        "1 3");
}

/* Numbers as people leave them: signed columns, BIGINT ids, NULLs, text. */
static void odd_numbers(void **state)
{
    struct conf conf = conf_of("soa", "rr");
    struct rr_row rr;
    struct soa_row soa;
    (void)state;

    must_run(root, "CREATE TABLE soa (id BIGINT, origin TEXT, ns TEXT, mbox TEXT, serial BIGINT, "
                   "refresh INT, retry VARCHAR(9), expire DOUBLE, minimum INT, ttl INT)");
    must_run(root,
             "CREATE TABLE rr (id BIGINT UNSIGNED, zone BIGINT, name TEXT, data TEXT, aux INT, "
             "ttl BIGINT, type VARCHAR(9))");
    must_run(root,
             "INSERT INTO soa VALUES (1, NULL, NULL, NULL, -5, -1, '12', 3.5, NULL, 7), "
             "(4294967296, 'x.', '', '', 1, 1, 1, 1, 1, 1), (-1, 'x.', '', '', 1, 1, 1, 1, 1, "
             "1), (NULL, 'x.', '', '', 1, 1, 1, 1, 1, 1), (4294967295, 'y.', '', '', "
             "4294967296, 1, 'x', 1, 1, 1)");
    must_run(root,
             "INSERT INTO rr VALUES (1, 1, 'a', 'b', NULL, NULL, 'A'), (2, 1, 'a', 'b', -1, -1, "
             "'A'), (3, 1, 'a', 'b', 1, 5000000000, 'A'), (18446744073709551615, 1, 'a', 'b', 1, "
             "1, 'A'), (4294967296, 1, 'a', 'b', 1, 1, 'A')");
    struct reader reader = reader_open(&conf);
    assert_false(db_rows_layout(reader.rows)->zone_indexed);
    assert_string_equal(soa_ids(&reader), "1 4294967295");
    assert_int_equal(db_rows_left_out(reader.rows), 3);
    assert_int_equal(db_rows_soa_range(reader.rows, 1, UINT32_MAX), DB_OK);
    assert_int_equal(db_rows_next_soa(reader.rows, &soa), DB_ROW);
    assert_true(soa.origin.null && soa.serial == 0 && soa.refresh == 0 && soa.retry == 12);
    assert_true(soa.expire == 3 && soa.minimum == 0 && soa.ttl == 7);
    assert_int_equal(db_rows_next_soa(reader.rows, &soa), DB_ROW);
    assert_true(soa.serial == UINT32_MAX && soa.retry == 0);
    db_rows_cancel(reader.rows);

    assert_int_equal(db_rows_rr_range(reader.rows, 1, 1), DB_OK);
    assert_int_equal(db_rows_next_rr(reader.rows, &rr), DB_ROW);
    assert_true(rr.id == 1 && rr.aux_null && rr.ttl_null && rr.aux == 0 && rr.ttl == 0);
    assert_int_equal(db_rows_next_rr(reader.rows, &rr), DB_ROW);
    assert_true(rr.id == 2 && !rr.aux_null && rr.aux == 0 && rr.ttl == 0);
    assert_int_equal(db_rows_next_rr(reader.rows, &rr), DB_ROW);
    assert_true(rr.id == 3 && rr.ttl == UINT32_MAX && !rr.no_id);
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(db_rows_next_rr(reader.rows, &rr), DB_ROW);
        assert_true(rr.id == 0 && rr.no_id && rr.zone == 1);
    }
    assert_int_equal(db_rows_next_rr(reader.rows, &rr), DB_END);
    assert_int_equal(db_rows_left_out(reader.rows), 0);
    reader_close(&reader);
}

static void expect_missing(const struct conf *conf, const char *word)
{
    struct db *db = private_mariadb_open(&server, "unit_reader", "unit_rows");
    assert_null(db_rows_new(db, conf));
    assert_int_equal(db_error_kind(db), DB_MISSING);
    if (strstr(db_error_text(db), word) == NULL) {
        fail_msg("%s", db_error_text(db));
    }
    db_close(db);
}

static void missing(void **state)
{
    struct conf conf = conf_of("soa", "rr");
    (void)state;

    expect_missing(&conf, "unit_rows.soa");
    make_1_1("InnoDB");
    must_run(root, "ALTER TABLE rr DROP aux");
    expect_missing(&conf, "unit_rows.rr has no column aux");
    must_run(root, "DROP TABLE rr");
    expect_missing(&conf, "unit_rows.rr");
    conf = conf_of("unit_nothing.soa", "rr");
    expect_missing(&conf, "unit_nothing.soa");
    /* a name that is none must end as a name that is not found, not as SQL */
    conf = conf_of("soa` WHERE 1=1 -- ", "rr");
    expect_missing(&conf, "soa` WHERE");
}

static void tables_vanish(void **state)
{
    struct conf conf = conf_of("soa", "rr");
    struct rr_row rr;
    (void)state;

    make_1_1("InnoDB");
    struct reader reader = reader_open(&conf);
    must_run(root, "DROP TABLE rr");
    assert_int_equal(db_rows_rr_range(reader.rows, 1, 1), DB_MISSING);
    assert_int_equal(db_rows_next_rr(reader.rows, &rr), DB_BROKEN);
    assert_string_equal(soa_ids(&reader), "1 5");
    reader_close(&reader);
}

static void one_snapshot(void **state)
{
    struct conf conf = conf_of("soa", "rr");
    struct db_position before, during, after, now;
    (void)state;

    make_1_1("InnoDB");
    struct reader reader = reader_open(&conf);
    assert_int_equal(db_rows_begin(reader.rows, &before), DB_OK);
    must_run(root, "DELETE FROM rr WHERE id = 2");
    assert_string_equal(rr_ids(&reader, 1, 1), "1 2");
    assert_int_equal(db_rows_end(reader.rows), DB_OK);
    assert_false(db_rows_moved(reader.rows));
    assert_string_equal(rr_ids(&reader, 1, 1), "1");

    assert_int_equal(db_rows_begin(reader.rows, &after), DB_OK);
    assert_int_equal(db_rows_begin(reader.rows, &during), DB_OK); /* again, as after a failure */
    assert_int_equal(db_rows_end(reader.rows), DB_OK);
    assert_true(before.server_uid[0] != '\0' && before.binlog_pos > 4);
    assert_non_null(strstr(before.binlog_file, "binlog.0"));
    assert_string_equal(before.server_uid, after.server_uid);
    assert_true(after.binlog_pos > before.binlog_pos);
    assert_string_not_equal(before.gtid, after.gtid);
    assert_string_equal(during.gtid, after.gtid);
    assert_int_equal(db_rows_now(reader.rows, &now), DB_OK);
    assert_string_equal(now.gtid, after.gtid);
    assert_string_equal(now.binlog_file, "");
    assert_true(db_run(reader.db, "DELETE FROM rr") != DB_OK);
    reader_close(&reader);
}

/* A large zone's rows outlive the transaction they were read in; how many there are is known before. */
static void stored(void **state)
{
    struct conf conf = conf_of("soa", "rr");
    struct db_position position;
    struct rr_row rr;
    (void)state;

    make_1_1("InnoDB");
    must_run(root, "UPDATE rr SET data = REPEAT('x', 128) WHERE id = 2");
    struct reader reader = reader_open(&conf);
    assert_in_range(db_rows_rr_estimate(reader.rows, 1, 1), 1, 4);
    assert_int_equal(db_rows_begin(reader.rows, &position), DB_OK);
    assert_int_equal(db_rows_rr_stored(reader.rows, 1), DB_OK);
    assert_int_equal(db_rows_end(reader.rows), DB_OK);
    must_run(root, "ALTER TABLE rr WAIT 1 COMMENT 'waits for no reader'");
    assert_int_equal(db_rows_next_rr(reader.rows, &rr), DB_ROW);
    assert_true(rr.id == 1 && is(rr.data, "ns1"));
    assert_int_equal(db_rows_next_rr(reader.rows, &rr), DB_ROW);
    assert_true(rr.id == 2 && rr.data.len == 128);
    assert_int_equal(db_rows_next_rr(reader.rows, &rr), DB_END);
    assert_string_equal(rr_ids(&reader, 1, 1), "1 2");
    reader_close(&reader);
}

static void myisam_moves(void **state)
{
    struct conf conf = conf_of("soa", "rr");
    struct db_position position;
    (void)state;

    make_1_1("MyISAM");
    struct reader reader = reader_open(&conf);
    assert_false(db_rows_layout(reader.rows)->transactional);
    assert_int_equal(db_rows_begin(reader.rows, &position), DB_OK);
    assert_string_equal(rr_ids(&reader, 1, 1), "1 2");
    assert_int_equal(db_rows_end(reader.rows), DB_OK);
    assert_false(db_rows_moved(reader.rows));
    assert_int_equal(db_rows_begin(reader.rows, &position), DB_OK);
    must_run(root, "UPDATE soa SET serial = 9");
    assert_int_equal(db_rows_end(reader.rows), DB_OK);
    assert_true(db_rows_moved(reader.rows));
    reader_close(&reader);
}

/* A lock held by someone else must not hold up a loader for long. */
static void locked(void **state)
{
    struct conf conf = conf_of("soa", "rr");
    (void)state;

    make_1_1("InnoDB");
    struct reader reader = reader_open(&conf);
    must_run(root, "LOCK TABLES rr WRITE");
    assert_int_equal(db_rows_rr_range(reader.rows, 1, 1), DB_AWAY);
    assert_int_equal(db_error_number(reader.db), 1205);
    must_run(root, "UNLOCK TABLES");
    assert_string_equal(rr_ids(&reader, 1, 1), "1 2");
    reader_close(&reader);
}

static void may_it_write(void **state)
{
    struct conf conf = conf_of("soa", "rr");
    (void)state;

    make_1_1("InnoDB");
    struct reader reader = reader_open(&conf);
    assert_null(db_rows_can_write(reader.rows));
    must_run(root, "GRANT SELECT, UPDATE (serial) ON unit_rows.soa TO unit_reader");
    assert_string_equal(db_rows_can_write(reader.rows), "UPDATE");
    must_run(root, "REVOKE UPDATE (serial) ON unit_rows.soa FROM unit_reader");
    assert_null(db_rows_can_write(reader.rows));
    reader_close(&reader);

    must_run(root, "CREATE OR REPLACE ROLE unit_role");
    must_run(root, "GRANT DROP ON unit_rows.* TO unit_role");
    must_run(root, "GRANT unit_role TO unit_reader");
    must_run(root, "SET DEFAULT ROLE unit_role FOR unit_reader");
    reader = reader_open(&conf);
    assert_string_equal(db_rows_can_write(reader.rows), "DROP");
    reader_close(&reader);
    must_run(root, "SET DEFAULT ROLE NONE FOR unit_reader");
    must_run(root, "DROP ROLE unit_role");
}

/* An account that may read the two tables, or only the columns needed, and nothing else. */
static void least_privilege(void **state)
{
    struct conf conf = conf_of("soa", "rr");
    (void)state;

    make_1_1("InnoDB");
    must_run(root, "REVOKE SELECT ON unit_rows.* FROM unit_reader");
    must_run(root, "GRANT SELECT ON unit_rows.soa TO unit_reader");
    must_run(root, "GRANT SELECT (id, zone, name, data, aux, ttl, type) ON unit_rows.rr TO "
                   "unit_reader");
    struct reader reader = reader_open(&conf);
    assert_true(db_rows_layout(reader.rows)->zone_indexed);
    assert_string_equal(soa_ids(&reader), "1 5");
    assert_string_equal(rr_ids(&reader, 1, 1), "1 2");
    reader_close(&reader);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(mydns_1_1, fresh),
        cmocka_unit_test_setup(mydns_ng, fresh),
        cmocka_unit_test_setup(ispconfig, fresh),
        cmocka_unit_test_setup(views, fresh),
        cmocka_unit_test_setup(spellings_of_active, fresh),
        cmocka_unit_test_setup(odd_numbers, fresh),
        cmocka_unit_test_setup(missing, fresh),
        cmocka_unit_test_setup(tables_vanish, fresh),
        cmocka_unit_test_setup(one_snapshot, fresh),
        cmocka_unit_test_setup(stored, fresh),
        cmocka_unit_test_setup(myisam_moves, fresh),
        cmocka_unit_test_setup(locked, fresh),
        cmocka_unit_test_setup(may_it_write, fresh),
        cmocka_unit_test_setup(least_privilege, fresh),
    };
    return cmocka_run_group_tests(tests, start, stop);
}

/*
 * --create-tables: what options make of sql/schema.sql.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "conf/conf.h"
#include "conf/conf_schema.h"
#include "tests/unit/conf/conf_fixture.h"

static void test_schema_by_default(void **state)
{
    (void)state;
    char *schema = file_text(SOURCE_DIR "/sql/schema.sql");
    assert_string_equal(conf_schema_sql, schema);
    struct fixture f = read_text("");
    char *ddl = printed(f.conf, conf_create_tables);
    assert_null(strstr(ddl, "-- if"));
    assert_null(strstr(ddl, "-- :"));
    assert_null(strstr(ddl, " \n"));
    assert_non_null(
        strstr(ddl, "\n  active     ENUM('Y','N') NOT NULL DEFAULT 'Y',      -- N: the zone is "
                    "not served\n"));
    assert_non_null(strstr(ddl, "\n    , active\n  )\n"));
    assert_null(strstr(ddl, "xfer"));
    free(ddl);
    free(schema);
    release(&f);
}

/* Positions of WORDS (ended by NULL) in TEXT must rise. */
static void assert_in_order(const char *text, const char *const *words)
{
    for (size_t i = 0; words[i] != NULL; i++) {
        const char *at = strstr(text, words[i]);
        if (at == NULL) {
            fail_msg("%s is missing or comes too early in:\n%s", words[i], text);
            return;
        }
        text = at + strlen(words[i]);
    }
}

static void test_schema_with_options(void **state)
{
    static const char *const words[] = {"EXISTS `zones` (",
                                        "\n  active ",
                                        "\n  `recursive` ",
                                        "\n  xfer ",
                                        "\n  update_acl ",
                                        "\n  also_notify ",
                                        "UNIQUE KEY (origin)",
                                        "ENGINE=MyISAM",
                                        "EXISTS `other`.`records` (",
                                        "\n  edata ",
                                        "\n  edatakey ",
                                        "\n  active ENUM('Y','N','D')",
                                        "\n  stamp ",
                                        "\n  serial ",
                                        "data(640)",
                                        "\n    , edatakey",
                                        "\n    , active",
                                        "ENGINE=MyISAM",
                                        NULL};
    (void)state;
    struct fixture f = read_text(
        "soa-table = zones\nrr-table = other.records\ndbengine = MyISAM\nuse-soa-active = yes\n"
        "use-rr-active = yes\nrecursive = 192.0.2.1\nallow-axfr = yes\nallow-update = yes\n"
        "notify-enabled = yes\nextended-data-support = yes\nixfr-enabled = yes\n");
    char *ddl = printed(f.conf, conf_create_tables);
    assert_in_order(ddl, words);
    assert_null(strstr(ddl, "ENUM('Y','N') NOT NULL DEFAULT 'Y',      -- N: it is not served"));
    assert_null(strstr(ddl, "-- if"));
    free(ddl);
    release(&f);

    f = read_text("use-soa-active = no\nuse-rr-active = no\nallow-update = yes\n");
    ddl = printed(f.conf, conf_create_tables);
    assert_null(strstr(ddl, "\n  active"));
    assert_null(strstr(ddl, "\n    , active"));
    assert_null(strstr(ddl, "\n  also_notify"));
    assert_non_null(strstr(ddl, "\n  update_acl"));
    free(ddl);
    release(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_schema_by_default),
        cmocka_unit_test(test_schema_with_options),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

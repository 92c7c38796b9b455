/* Lines of SHOW GRANTS: which of them let an account write to the two tables. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "db/db_private.h"

static const struct {
    const char *line, *found;
} cases[] = {
    {"GRANT USAGE ON *.* TO `u`@`%`", NULL},
    {"GRANT SELECT ON *.* TO `u`@`%`", NULL},
    {"GRANT ALL PRIVILEGES ON *.* TO `u`@`%` IDENTIFIED BY PASSWORD '*00'", "ALL PRIVILEGES"},
    {"GRANT SELECT, REPLICATION SLAVE, BINLOG MONITOR ON *.* TO `u`@`%`", NULL},
    {"GRANT SELECT, INSERT, DROP ON `my_dns`.* TO `u`@`%`", "INSERT"},
    {"GRANT SELECT, DROP ON `my\\_dns`.* TO `u`@`%`", "DROP"},
    {"GRANT UPDATE ON `my%`.* TO `u`@`%`", "UPDATE"},
    {"GRANT UPDATE ON `my\\%`.* TO `u`@`%`", NULL},
    {"GRANT UPDATE ON `%x%`.* TO `u`@`%`", NULL},
    {"GRANT UPDATE ON `MY?DNS`.* TO `u`@`%`", NULL},
    {"GRANT UPDATE ON `my__ns`.* TO `u`@`%`", "UPDATE"},
    {"GRANT UPDATE ON `other`.* TO `u`@`%`", NULL},
    {"GRANT UPDATE ON my_dns.* TO u@localhost", "UPDATE"},
    {"GRANT DELETE ON `my_dns`.`soa` TO `u`@`%`", "DELETE"},
    {"GRANT DELETE ON `my_dns`.`r``r` TO `u`@`%`", "DELETE"},
    {"GRANT DELETE ON `my_dns`.`log` TO `u`@`%`", NULL},
    {"GRANT DELETE ON `myxdns`.`soa` TO `u`@`%`", NULL},
    {"GRANT SELECT (`id`), UPDATE (`a ON b`, `)`) ON `my_dns`.`soa` TO `u`@`%`", "UPDATE"},
    {"GRANT SELECT (`UPDATE`, `INSERT ON`) ON `my_dns`.`soa` TO `u`@`%`", NULL},
    {"GRANT ALTER ROUTINE ON `my_dns`.* TO `u`@`%`", NULL},
    {"GRANT EXECUTE, ALTER ON PROCEDURE `my_dns`.`soa` TO `u`@`%`", NULL},
    {"GRANT PROXY ON ''@'%' TO 'root'@'localhost' WITH GRANT OPTION", NULL},
    {"GRANT `writer` TO `u`@`%`", NULL},
    {"SET DEFAULT ROLE `writer` FOR `u`@`%`", NULL},
    {"GRANT INSERT ON `my_dns", NULL},
    {"GRANT INSERT ON ", NULL},
    {"GRANT INSERT", NULL},
    {"GRANT SELECT (`a", NULL},
    {"", NULL},
};

static void lines(void **state)
{
    struct db_layout layout = {.soa = {.schema = "my_dns", .name = "soa"},
                               .rr = {.schema = "my_dns", .name = "r`r"}};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const char *found = db_grant_writes(cases[i].line, strlen(cases[i].line), &layout);
        if ((found == NULL) != (cases[i].found == NULL) ||
            (found != NULL && strcmp(found, cases[i].found) != 0)) {
            fail_msg("%s: %s", cases[i].line, found == NULL ? "nothing" : found);
        }
    }
}

/* What one number means: the loader's whole reaction to a failure hangs on it. */
static void errors(void **state)
{
    (void)state;
    static const unsigned away[] = {1040, 1053, 1205, 1317, 1412, 1969, 2002,
                                    2003, 2006, 2013, 1927, 1047, 1203, 3024};
    static const unsigned denied[] = {1044, 1045, 1142, 1143, 1227, 1130};
    static const unsigned missing[] = {1049, 1054, 1146, 1356};
    static const unsigned failed[] = {1062, 1064, 1366, 2026, 4711};
    for (size_t i = 0; i < ARRAY_LEN(away); i++) {
        assert_int_equal(db_error_of(away[i]), DB_AWAY);
    }
    for (size_t i = 0; i < ARRAY_LEN(denied); i++) {
        assert_int_equal(db_error_of(denied[i]), DB_DENIED);
    }
    for (size_t i = 0; i < ARRAY_LEN(missing); i++) {
        assert_int_equal(db_error_of(missing[i]), DB_MISSING);
    }
    for (size_t i = 0; i < ARRAY_LEN(failed); i++) {
        assert_int_equal(db_error_of(failed[i]), DB_FAILED);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(lines), cmocka_unit_test(errors)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* MyDNS's switches (mydns-compat 2.3): -h is the host, -p hides what it reads, bad ones are refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <getopt.h>
#include <string.h>

#include "run/command_line.h"

enum { ARGUMENTS = 8 };

/* argv as a program gets it: writable. */
struct arguments {
    char text[ARGUMENTS][64];
    char *argv[ARGUMENTS + 1];
    int argc;
};

static bool parse(struct command_line *line, struct arguments *arguments, const char *const *words)
{
    memset(arguments, 0, sizeof *arguments);
    strcpy(arguments->text[0], "mydns");
    arguments->argv[0] = arguments->text[0];
    arguments->argc = 1;
    for (; *words != NULL; words++) {
        strcpy(arguments->text[arguments->argc], *words);
        arguments->argv[arguments->argc] = arguments->text[arguments->argc];
        arguments->argc++;
    }
    optind = 0; /* glibc: from the start again */
    return command_line_read(line, arguments->argc, arguments->argv);
}

#define PARSE(line, arguments, ...) parse(line, arguments, (const char *const[]){__VA_ARGS__, NULL})

static const char *override_of(const struct command_line *line, const char *name)
{
    for (size_t i = 0; line->overrides[i] != NULL; i += 2) {
        if (strcmp(line->overrides[i], name) == 0) {
            return line->overrides[i + 1];
        }
    }
    return NULL;
}

static void test_overrides(void **state)
{
    struct command_line line;
    struct arguments arguments;

    (void)state;
    assert_true(PARSE(&line, &arguments, "-h", "db.example", "-uadmin", "--database=zones", "-d",
                      "-u", "second"));
    assert_string_equal(override_of(&line, "db-host"), "db.example");
    assert_string_equal(override_of(&line, "db-user"), "admin"); /* the first one wins */
    assert_string_equal(override_of(&line, "database"), "zones");
    assert_string_equal(override_of(&line, "log-level"), "debug");
    assert_null(override_of(&line, "db-password"));
    assert_int_equal(line.action, RUN_SERVE);
    assert_string_equal(line.conf_file, "/etc/mydns.conf");
    command_line_release(&line);
}

static void test_password_is_wiped(void **state)
{
    struct command_line line;
    struct arguments arguments;

    (void)state;
    assert_true(PARSE(&line, &arguments, "--password=geheim", "-v"));
    assert_string_equal(override_of(&line, "db-password"), "geheim");
    assert_null(strstr(arguments.text[1], "geheim"));
    assert_true(line.verbose);
    command_line_release(&line);
    assert_true(PARSE(&line, &arguments, "-pgeheim"));
    assert_string_equal(override_of(&line, "db-password"), "geheim");
    assert_null(strstr(arguments.text[1], "geheim"));
    command_line_release(&line);
}

static void test_actions(void **state)
{
    static const struct {
        const char *word;
        enum run_action action;
    } row[] = {{"--check-conf", RUN_CHECK_CONF},
               {"--create-tables", RUN_CREATE_TABLES},
               {"--dump-config", RUN_DUMP_CONFIG},
               {"--help", RUN_HELP},
               {"--version", RUN_VERSION},
               {"--no-data-errors", RUN_SERVE},
               {"--run-as-root", RUN_SERVE},
               {"--quit-after=5", RUN_SERVE},
               {"argument", RUN_SERVE}};
    struct command_line line;
    struct arguments arguments;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(row); i++) {
        assert_true(PARSE(&line, &arguments, row[i].word));
        assert_int_equal(line.action, row[i].action);
        command_line_release(&line);
    }
}

static void test_bad_switches(void **state)
{
    static const char *const words[] = {"--nonsense", "-Z", "--conf", "-c", "--quit-after=x"};
    struct command_line line;
    struct arguments arguments;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        assert_false(PARSE(&line, &arguments, words[i]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_overrides),
        cmocka_unit_test(test_password_is_wiped),
        cmocka_unit_test(test_actions),
        cmocka_unit_test(test_bad_switches),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "run/command_line.h"

#include <getopt.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"

/* Switches without a letter; the first five in the order of enum run_action. */
enum { CHECK_CONF = 256, CREATE_TABLES, DUMP_CONFIG, HELP, VERSION, ROOT, QUIT, IGNORED };

static const char *const default_file = "/etc/mydns.conf";

static const struct option switches[] = {
    {"background", no_argument, NULL, 'b'},
    {"conf", required_argument, NULL, 'c'},
    {"database", required_argument, NULL, 'D'},
    {"host", required_argument, NULL, 'h'},
    {"password", optional_argument, NULL, 'p'},
    {"user", required_argument, NULL, 'u'},
    {"debug", no_argument, NULL, 'd'},
    {"verbose", no_argument, NULL, 'v'},
    {"check-conf", no_argument, NULL, CHECK_CONF},
    {"create-tables", no_argument, NULL, CREATE_TABLES},
    {"dump-config", no_argument, NULL, DUMP_CONFIG},
    {"help", no_argument, NULL, HELP},
    {"version", no_argument, NULL, VERSION},
    {"run-as-root", no_argument, NULL, ROOT},
    {"quit-after", required_argument, NULL, QUIT},
    {"no-data-errors", no_argument, NULL, IGNORED}, /* bad rows never become an error of ours */
    {NULL, 0, NULL, 0}};

void command_line_help(FILE *out)
{
    fprintf(out,
            "Usage: mydns [SWITCH]...\n"
            "Answer DNS queries from MyDNS tables in MariaDB.\n\n"
            "  -b, --background         become a daemon\n"
            "  -c, --conf=FILE          read FILE instead of %s\n"
            "  -D, --database=DB        database that holds the tables\n"
            "  -h, --host=HOST          SQL server\n"
            "  -p, --password[=PASS]    password; asked for when not given\n"
            "  -u, --user=USER          SQL account\n"
            "  -d, --debug              log more\n"
            "  -v, --verbose            log every query\n"
            "      --run-as-root        do not change user and group\n"
            "      --check-conf         check the configuration, and exit\n"
            "      --create-tables      print the SQL that creates the tables, and exit\n"
            "      --dump-config        print the configuration, and exit\n"
            "      --help               print this, and exit\n"
            "      --version            print the version, and exit\n",
            default_file);
}

/* The first setting wins, as everywhere. */
static void override(struct command_line *line, const char *name, const char *value)
{
    size_t i = 0;
    for (; line->overrides[i] != NULL; i += 2) {
        if (strcmp(line->overrides[i], name) == 0) {
            return;
        }
    }
    line->overrides[i] = name;
    line->overrides[i + 1] = alloc_string(value);
}

static bool take_password(struct command_line *line, char *argument)
{
    if (argument == NULL) {
        argument = getpass("Database password: ");
        if (argument == NULL) {
            fprintf(stderr, "mydns: no terminal to ask for the password\n");
            return false;
        }
    }
    override(line, "db-password", argument);
    memset(argument, 'x', strlen(argument));
    return true;
}

static bool take_number(uint64_t *out, const char *argument)
{
    char *end;
    *out = strtoull(argument, &end, 10);
    if (*end != '\0' || argument[0] < '0' || argument[0] > '9') {
        fprintf(stderr, "mydns: --quit-after: %s is no number\n", argument);
        return false;
    }
    return true;
}

static bool take(struct command_line *line, int letter, char *argument)
{
    switch (letter) {
    case 'b':
        line->background = true;
        return true;
    case 'c':
        free(line->conf_file);
        /* Absolute, since SIGHUP reads it again. A file that is not there keeps its name. */
        line->conf_file = realpath(argument, NULL);
        if (line->conf_file == NULL) {
            line->conf_file = alloc_string(argument);
        }
        return true;
    case 'D':
        override(line, "database", argument);
        return true;
    case 'h':
        override(line, "db-host", argument);
        return true;
    case 'u':
        override(line, "db-user", argument);
        return true;
    case 'p':
        return take_password(line, argument);
    case 'd':
        override(line, "log-level", "debug");
        return true;
    case 'v':
        line->verbose = true;
        return true;
    case CHECK_CONF:
    case CREATE_TABLES:
    case DUMP_CONFIG:
    case HELP:
    case VERSION:
        line->action = RUN_CHECK_CONF + (enum run_action)(letter - CHECK_CONF);
        return true;
    case ROOT:
        line->run_as_root = true;
        return true;
    case QUIT:
        return take_number(&line->quit_after, argument);
    case IGNORED:
        return true;
    default:
        fprintf(stderr, "Try 'mydns --help'.\n");
        return false;
    }
}

bool command_line_read(struct command_line *line, int argc, char **argv)
{
    int letter;

    *line = (struct command_line){.conf_file = alloc_string(default_file)};
    while ((letter = getopt_long(argc, argv, "bc:D:h:p::u:dv", switches, NULL)) != -1) {
        if (!take(line, letter, optarg)) {
            command_line_release(line);
            return false;
        }
    }
    for (int i = optind; i < argc; i++) {
        fprintf(stderr, "mydns: argument %s ignored\n", argv[i]);
    }
    return true;
}

void command_line_release(struct command_line *line)
{
    for (size_t i = 0; line->overrides[i] != NULL; i += 2) {
        free((void *)line->overrides[i + 1]);
    }
    free(line->conf_file);
    *line = (struct command_line){0};
}

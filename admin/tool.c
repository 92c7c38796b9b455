#include "admin/tool.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "conf/conf_address.h"

static const char *const default_file = "/etc/mydns.conf";

static const struct {
    const char *name;
    enum outcome (*run)(struct tool *tool, int argc, char **argv);
} tools[] = {
    {"mydnscheck", tool_check},
    {"mydnsexport", tool_export},
    {"mydnsimport", tool_import},
    {"mydnsptrconvert", tool_ptrconvert},
};

bool tool_main(const char *program, int argc, char **argv, int *status)
{
    const char *slash = strrchr(program, '/');
    const char *name = slash != NULL ? slash + 1 : program;

    for (size_t i = 0; i < ARRAY_LEN(tools); i++) {
        if (strcmp(name, tools[i].name) == 0) {
            struct tool tool = {0};
            argv[0] = (char *)tools[i].name;
            report_set_name(tools[i].name);
            enum outcome outcome = tool_close(&tool, tools[i].run(&tool, argc, argv));
            *status =
                outcome == OUTCOME_OK ? EXIT_SUCCESS : EXIT_FAILURE; /* MyDNS knows no others */
            return true;
        }
    }
    return false;
}

/* The first setting wins, as everywhere. */
static void override(struct tool *tool, const char *name, const char *value)
{
    size_t i = 0;
    for (; tool->overrides[i] != NULL; i += 2) {
        if (strcmp(tool->overrides[i], name) == 0) {
            return;
        }
    }
    tool->overrides[i] = name;
    tool->overrides[i + 1] = alloc_string(value);
}

static void print_help(const struct tool *tool)
{
    printf("%s"
           "      --conf=FILE          read FILE instead of %s\n"
           "  -D, --database=DB        database that holds the tables\n"
           "  -h, --host=HOST          SQL server\n"
           "  -p, --password[=PASS]    password; asked for when not given\n"
           "  -u, --user=USER          SQL account\n"
           "  -v, --verbose            say more\n"
           "      --help               print this, and exit\n"
           "      --version            print the version, and exit\n",
           tool->usage, default_file);
}

enum tool_next tool_take(struct tool *tool, int letter, char *argument, enum outcome *outcome)
{
    *outcome = OUTCOME_OK;
    switch (letter) {
    case TOOL_CONF:
        free(tool->conf_file);
        tool->conf_file = alloc_string(argument);
        return TOOL_GOES_ON;
    case 'D':
        override(tool, "database", argument);
        return TOOL_GOES_ON;
    case 'h':
        override(tool, "db-host", argument);
        return TOOL_GOES_ON;
    case 'u':
        override(tool, "db-user", argument);
        return TOOL_GOES_ON;
    case 'p':
        argument = argument != NULL ? argument : getpass("Database password: ");
        if (argument == NULL) {
            *outcome = report_error(OUTCOME_USAGE, "no terminal to ask for the password");
            return TOOL_ENDS;
        }
        override(tool, "db-password", argument);
        memset(argument, 'x', strlen(argument));
        return TOOL_GOES_ON;
    case 'v':
    case 'd':
        tool->verbose = true;
        return TOOL_GOES_ON;
    case TOOL_HELP:
        print_help(tool);
        return TOOL_ENDS;
    case TOOL_VERSION:
        printf("%s (mydns) " MYDNS_VERSION "\n", report_name());
        return TOOL_ENDS;
    default:
        fprintf(stderr, "Try '%s --help'.\n", report_name());
        *outcome = OUTCOME_USAGE;
        return TOOL_ENDS;
    }
}

/* Warnings are the server's business; what makes the file useless is told. */
static void report_errors(char *text)
{
    char *rest = NULL;
    for (char *line = strtok_r(text, "\n", &rest); line != NULL;
         line = strtok_r(NULL, "\n", &rest)) {
        if (strstr(line, "error:") != NULL) {
            report_error(OUTCOME_USAGE, "%s", line);
        }
    }
}

enum outcome tool_read_conf(struct tool *tool)
{
    char *messages = NULL;
    const char *file = tool->conf_file != NULL ? tool->conf_file : default_file;

    if (tool->conf_file != NULL && access(file, R_OK) != 0) {
        return report_error(OUTCOME_USAGE, "%s cannot be read", file);
    }
    tool->conf = conf_read(file, tool->overrides, &messages);
    if (tool->conf == NULL) {
        report_errors(messages);
    }
    free(messages);
    if (tool->conf == NULL) {
        return OUTCOME_USAGE;
    }
    tool->session.settings.txt_format = tool->conf->txt_format;
    return OUTCOME_OK;
}

/* A condition that cannot be used is told by its name. */
static enum outcome try_condition(struct session *session, const struct sql_table *table,
                                  const char *option, const char *where)
{
    enum outcome outcome = OUTCOME_OK;
    if (where == NULL || where[0] == '\0') {
        return outcome;
    }
    char *sql = alloc_printf("SELECT 1 FROM %s WHERE (\n%s\n)", table->quoted, where);
    struct db_stmt *stmt = db_prepare(session->db, sql);
    if (stmt == NULL) {
        char *what = alloc_printf("%s = %s", option, where);
        outcome = session_db_error(session, what);
        free(what);
    }
    db_stmt_free(stmt);
    free(sql);
    return outcome;
}

static enum outcome read_as_server(struct tool *tool)
{
    struct session *session = &tool->session;
    const struct conf *conf = tool->conf;
    enum outcome outcome =
        try_condition(session, &session->tables.soa, "soa-where", conf->soa_where);

    session->soa_where = conf->soa_where;
    session->rr_where = conf->rr_where;
    session->ignores_soa_active = conf->use_soa_active == CONF_NO;
    session->ignores_rr_active = conf->use_rr_active == CONF_NO;
    return outcome == OUTCOME_OK
               ? try_condition(session, &session->tables.rr, "rr-where", conf->rr_where)
               : outcome;
}

enum outcome tool_open(struct tool *tool, bool writes)
{
    enum outcome outcome = tool->conf == NULL ? tool_read_conf(tool) : OUTCOME_OK;
    if (outcome != OUTCOME_OK) {
        return outcome;
    }
    const struct conf *conf = tool->conf;
    tool->session.settings = (struct settings){
        .db_host = conf->db_host, /* borrowed, all of them */
        .db_port = conf->db_port,
        .db_socket = conf->db_socket,
        .db_user = conf->db_user,
        .db_password = conf->db_password,
        .database = conf->database,
        .db_ssl_ca = conf->db_ssl_ca,
        .db_ssl_cert = conf->db_ssl_cert,
        .db_ssl_key = conf->db_ssl_key,
        .db_ssl_verify = conf->db_ssl_verify,
        .soa_table = conf->soa_table,
        .rr_table = conf->rr_table,
        .txt_format = conf->txt_format,
    };
    outcome = session_open(&tool->session, writes);
    return outcome == OUTCOME_OK && !writes ? read_as_server(tool) : outcome;
}

enum outcome tool_close(struct tool *tool, enum outcome outcome)
{
    if (tool->conf != NULL) {
        session_close(&tool->session);
        conf_free(tool->conf);
    }
    for (size_t i = 0; tool->overrides[i] != NULL; i += 2) {
        free((char *)tool->overrides[i + 1]);
    }
    free(tool->conf_file);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        return report_error(OUTCOME_FAILED, "standard output cannot be written");
    }
    return outcome;
}

/* --- zones ------------------------------------------------------------------------------------ */

struct ids {
    size_t count, cap;
    uint32_t *items;
};

static void collect(void *context, const struct zone_row *zone)
{
    struct ids *ids = context;
    if (!zone->active) {
        return;
    }
    if (ids->count == ids->cap) {
        ids->cap = ids->cap == 0 ? 64 : 2 * ids->cap;
        ids->items = alloc_resize(ids->items, ids->cap, sizeof ids->items[0]);
    }
    ids->items[ids->count++] = zone->id;
}

static enum outcome find_named(struct tool *tool, const char *text, struct zone_row *zone)
{
    struct domain domain;
    const char *wrong = domain_from_text(&domain, text, strlen(text));
    if (wrong != NULL) {
        return report_error(OUTCOME_USAGE, "%s %s", report_quote(text, strlen(text)), wrong);
    }
    return zone_row_find(&tool->session, &domain, false, false, zone);
}

void tool_keep_worst(enum outcome *worst, enum outcome outcome)
{
    *worst = *worst == OUTCOME_OK || outcome == OUTCOME_AWAY ? outcome : *worst;
}

enum outcome tool_each_zone(struct tool *tool, char **arguments, tool_zone *each, void *context)
{
    enum outcome worst = OUTCOME_OK;
    struct zone_row zone = {0};
    struct ids ids = {0};

    for (char **name = arguments; *name != NULL && worst != OUTCOME_AWAY; name++) {
        enum outcome outcome = find_named(tool, *name, &zone);
        tool_keep_worst(&worst, outcome == OUTCOME_OK ? each(tool, &zone, context) : outcome);
        zone_row_release(&zone);
    }
    if (*arguments == NULL) {
        worst = zone_row_each(&tool->session, collect, &ids);
    }
    for (size_t i = 0; i < ids.count && worst != OUTCOME_AWAY; i++) {
        enum outcome outcome = zone_row_find_id(&tool->session, ids.items[i], false, &zone);
        if (outcome != OUTCOME_NOT_FOUND) { /* else it was deleted meanwhile */
            tool_keep_worst(&worst, outcome == OUTCOME_OK ? each(tool, &zone, context) : outcome);
        }
        zone_row_release(&zone);
    }
    free(ids.items);
    return worst;
}

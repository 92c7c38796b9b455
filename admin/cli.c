#include "admin/cli.h"

#include <arpa/inet.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct verb verbs[] = {
    {"domain", "add", "add-domain", "NAME... | -", "Create domains: SOA, NS, address, www, mail",
     TAKES_FILE | TAKES_ADDRESS | TAKES_DOMAIN | TAKES_TTL | TAKES_IF_NOT_EXISTS | TAKES_DRY_RUN |
         TAKES_JSON,
     0, -1, verb_add_domain},
    {"domain", "remove", "remove-domain", "NAME... | -", "Remove domains with all their records",
     TAKES_FILE | TAKES_IF_EXISTS | TAKES_DRY_RUN | TAKES_YES | TAKES_JSON, 0, -1,
     verb_remove_domain},
    {"domain", "list", "list-domains", "[PATTERN]",
     "List the domains, all or those that match PATTERN (* and ?)", TAKES_JSON, 0, 1,
     verb_list_domains},
    {"domain", "show", "show", "DOMAIN [NAME [TYPE]]", "Show the records of a domain", TAKES_JSON,
     1, 3, verb_show},
    {"domain", "check", "check", "[DOMAIN...]",
     "Tell which rows the server leaves out and what else looks wrong, in all domains or these",
     TAKES_JSON | TAKES_CHECK, 0, -1, verb_check},
    {"record", "add", "add-record", "DOMAIN NAME TYPE DATA...",
     "Add a record; NAME is @, relative, or absolute with final dot",
     TAKES_TTL | TAKES_AUX | TAKES_IF_NOT_EXISTS | TAKES_DRY_RUN | TAKES_JSON, 4, -1,
     verb_add_record},
    {"record", "remove", "remove-record", "DOMAIN NAME [TYPE [DATA...]] | --id N",
     "Remove the records that match",
     TAKES_AUX | TAKES_ID | TAKES_IF_EXISTS | TAKES_DRY_RUN | TAKES_JSON, 0, -1,
     verb_remove_record},
    {"server", "status", "status", "", "Show how the server of this host is doing",
     TAKES_STATUS | TAKES_JSON, 0, 0, verb_status},
    {"snapshot", "remove", "snapshot-remove", "FILE DOMAIN",
     "Strike a domain from the server's snapshot file, for as long as the database is away", 0, 2,
     2, verb_snapshot_remove},
    {NULL, NULL, "init", "", "Create database, tables, accounts and configuration files",
     TAKES_INIT | TAKES_ADMIN, 0, 0, verb_init},
    {NULL, NULL, "heartbeat", "", "Write on the primary what tells a replica how far it is behind",
     TAKES_ADMIN | TAKES_INSTALL, 0, 0, verb_heartbeat},
};

enum option_code {
    OPT_FILE = 256,
    OPT_IP,
    OPT_IP6,
    OPT_NS,
    OPT_MBOX,
    OPT_TTL,
    OPT_AUX,
    OPT_ID,
    OPT_IF_EXISTS,
    OPT_IF_NOT_EXISTS,
    OPT_DRY_RUN,
    OPT_YES,
    OPT_JSON,
    OPT_ADMIN_USER,
    OPT_ADMIN_SOCKET,
    OPT_ADMIN_PASSWORD_FILE,
    OPT_HOST,
    OPT_DATABASE,
    OPT_SERVER_CONF,
    OPT_ADMIN_CONF,
    OPT_CONF_DIR,
    OPT_SOCKET,
    OPT_USER_HOST,
    OPT_DEFAULT_NS,
    OPT_DEFAULT_IP,
    OPT_WRITE,
    OPT_FORCE,
    OPT_RULES,
    OPT_STRICT,
    OPT_CONTROL_SOCKET,
    OPT_INSTALL,
    OPT_HELP = 'h',
    OPT_CONF = 'c',
    OPT_QUIET = 'q',
    OPT_VERSION = 'V'
};

struct option_row {
    const char *name;
    int code;
    const char *value; /* NULL = a flag */
    unsigned takes;    /* 0 = every verb */
    const char *help;
};

static const struct option_row option_rows[] = {
    {"conf", OPT_CONF, "FILE", 0, "read FILE instead of /etc/dnsadm.conf"},
    {"quiet", OPT_QUIET, NULL, 0, "print errors only"},
    {"help", OPT_HELP, NULL, 0, "show help, also for one verb"},
    {"version", OPT_VERSION, NULL, 0, "show the version"},
    {"file", OPT_FILE, "FILE", TAKES_FILE,
     "read names from FILE, one per line; - is standard input"},
    {"ip", OPT_IP, "A", TAKES_ADDRESS, "IPv4 address instead of default-ip"},
    {"ip6", OPT_IP6, "A", TAKES_ADDRESS, "IPv6 address instead of default-ip6"},
    {"ns", OPT_NS, "NAME", TAKES_DOMAIN, "name server instead of default-ns; may be repeated"},
    {"mbox", OPT_MBOX, "M", TAKES_DOMAIN, "mail address in the SOA instead of default-mbox"},
    {"ttl", OPT_TTL, "N", TAKES_TTL, "seconds instead of default-ttl"},
    {"aux", OPT_AUX, "N", TAKES_AUX, "column aux: weight of A and AAAA, preference of MX"},
    {"id", OPT_ID, "N", TAKES_ID, "the record with this id"},
    {"if-exists", OPT_IF_EXISTS, NULL, TAKES_IF_EXISTS, "what is not there is no error"},
    {"if-not-exists", OPT_IF_NOT_EXISTS, NULL, TAKES_IF_NOT_EXISTS,
     "what is there already is no error"},
    {"dry-run", OPT_DRY_RUN, NULL, TAKES_DRY_RUN, "print what would change, change nothing"},
    {"yes", OPT_YES, NULL, TAKES_YES, "do not ask"},
    {"json", OPT_JSON, NULL, TAKES_JSON, "print a JSON document"},
    {"strict", OPT_STRICT, NULL, TAKES_CHECK, "warnings count as errors in the exit status"},
    {"rules", OPT_RULES, "FILE", TAKES_CHECK,
     "mydns.conf whose limits, txt-format and conditions count (defaults)"},
    {"control-socket", OPT_CONTROL_SOCKET, "S", TAKES_STATUS,
     "the server's, instead of that of dnsadm.conf (/var/run/mydns.sock)"},
    {"admin-user", OPT_ADMIN_USER, "U", TAKES_ADMIN, "account that may create accounts (root)"},
    {"admin-socket", OPT_ADMIN_SOCKET, "S", TAKES_ADMIN, "Unix socket to reach it"},
    {"admin-password-file", OPT_ADMIN_PASSWORD_FILE, "FILE", TAKES_ADMIN,
     "its password is the first line of FILE"},
    {"host", OPT_HOST, "H", TAKES_ADMIN, "SQL server (localhost)"},
    {"database", OPT_DATABASE, "D", TAKES_ADMIN, "database (mydns)"},
    {"install", OPT_INSTALL, NULL, TAKES_INSTALL,
     "make the table, and an SQL event that writes it"},
    {"user-host", OPT_USER_HOST, "H", TAKES_INIT, "from where the accounts connect (localhost)"},
    {"socket", OPT_SOCKET, "S", TAKES_INIT, "db-socket in the files written"},
    {"default-ns", OPT_DEFAULT_NS, "LIST", TAKES_INIT, "default-ns in dnsadm.conf"},
    {"default-ip", OPT_DEFAULT_IP, "A", TAKES_INIT, "default-ip in dnsadm.conf"},
    {"write", OPT_WRITE, NULL, TAKES_INIT, "write the files instead of printing them"},
    {"conf-dir", OPT_CONF_DIR, "DIR", TAKES_INIT, "write them into DIR instead of /etc"},
    {"server-conf", OPT_SERVER_CONF, "FILE", TAKES_INIT, "write the server's file here"},
    {"admin-conf", OPT_ADMIN_CONF, "FILE", TAKES_INIT, "write dnsadm's file here"},
    {"force", OPT_FORCE, NULL, TAKES_INIT, "new passwords; overwrite files"},
};

enum { OPTION_COUNT = ARRAY_LEN(option_rows) };

enum outcome cli_usage(const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return report_error(OUTCOME_USAGE, "%s; see dnsadm --help", text);
}

static void print_option(const struct option_row *row)
{
    char left[64];
    const char *letter = row->code < 256 ? (const char[]){'-', (char)row->code, ',', 0} : "   ";
    snprintf(left, sizeof left, "%s --%s%s%s", letter, row->name, row->value != NULL ? " " : "",
             row->value != NULL ? row->value : "");
    printf("  %-32s %s\n", left, row->help);
}

static void print_verb_help(const struct verb *verb)
{
    printf("dnsadm %s %s\n", verb->name, verb->arguments);
    if (verb->object != NULL) {
        printf("dnsadm %s %s %s\n", verb->object, verb->action, verb->arguments);
    }
    printf("\n%s.\n\n", verb->help);
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        if (option_rows[i].takes == 0 || (option_rows[i].takes & verb->takes) != 0) {
            print_option(&option_rows[i]);
        }
    }
}

static void print_help(const struct verb *verb)
{
    if (verb != NULL) {
        print_verb_help(verb);
        return;
    }
    printf("dnsadm [-c FILE] VERB ...\nManages domains and records of MyDNS tables.\n\n");
    for (size_t i = 0; i < ARRAY_LEN(verbs); i++) {
        printf("  %s %s\n      %s.\n", verbs[i].name, verbs[i].arguments, verbs[i].help);
    }
    printf("\nVerbs may also be written as two words: domain add, record remove.\n"
           "Options may stand anywhere; dnsadm VERB --help lists those of a verb.\n\n");
    for (size_t i = 0; i < OPTION_COUNT && option_rows[i].takes == 0; i++) {
        print_option(&option_rows[i]);
    }
    printf("\nExit status: 0 done, 1 failed, 2 usage, 3 not found, 4 exists already,\n"
           "5 refused by a check, 6 database (status: server) unreachable, 7 partly done.\n");
}

static bool read_number(const char *text, uint64_t most, uint64_t *out)
{
    size_t len = strlen(text);
    if (len == 0 || len > 18 || strspn(text, "0123456789") != len) {
        return false;
    }
    *out = strtoull(text, NULL, 10);
    return *out <= most;
}

static enum outcome take_number(const char *option, uint64_t most, const char *value, uint64_t *out,
                                bool *given)
{
    if (!read_number(value, most, out)) {
        return cli_usage("--%s: %s is not a number from 0 to %llu", option,
                         report_quote(value, strlen(value)), (unsigned long long)most);
    }
    *given = true;
    return OUTCOME_OK;
}

static enum outcome take_address(int family, const char *option, const char *value,
                                 const char **out)
{
    unsigned char address[16];
    if (inet_pton(family, value, address) != 1) {
        return cli_usage("--%s: %s is not an IPv%c address", option,
                         report_quote(value, strlen(value)), family == AF_INET ? '4' : '6');
    }
    *out = value;
    return OUTCOME_OK;
}

/* Options that only keep their text. */
static const char **text_field(struct options *options, int code)
{
    switch (code) {
    case OPT_CONF:
        return &options->conf;
    case OPT_FILE:
        return &options->file;
    case OPT_MBOX:
        return &options->mbox;
    case OPT_RULES:
        return &options->rules;
    case OPT_CONTROL_SOCKET:
        return &options->control_socket;
    case OPT_ADMIN_USER:
        return &options->admin_user;
    case OPT_ADMIN_SOCKET:
        return &options->admin_socket;
    case OPT_ADMIN_PASSWORD_FILE:
        return &options->admin_password_file;
    case OPT_HOST:
        return &options->host;
    case OPT_DATABASE:
        return &options->database;
    case OPT_SERVER_CONF:
        return &options->server_conf;
    case OPT_ADMIN_CONF:
        return &options->admin_conf;
    case OPT_CONF_DIR:
        return &options->conf_dir;
    case OPT_SOCKET:
        return &options->socket;
    case OPT_USER_HOST:
        return &options->user_host;
    case OPT_DEFAULT_NS:
        return &options->default_ns;
    default:
        return NULL;
    }
}

static bool *flag_field(struct options *options, int code)
{
    switch (code) {
    case OPT_IF_EXISTS:
        return &options->if_exists;
    case OPT_IF_NOT_EXISTS:
        return &options->if_not_exists;
    case OPT_DRY_RUN:
        return &options->dry_run;
    case OPT_YES:
        return &options->yes;
    case OPT_JSON:
        return &options->json;
    case OPT_WRITE:
        return &options->write;
    case OPT_STRICT:
        return &options->strict;
    case OPT_FORCE:
        return &options->force;
    case OPT_INSTALL:
        return &options->install;
    default:
        return NULL;
    }
}

static enum outcome take_option(struct options *options, int code, const char *value)
{
    uint64_t number = 0;
    enum outcome outcome = OUTCOME_OK;
    const char **text = text_field(options, code);
    bool *flag = flag_field(options, code);

    if (text != NULL) {
        *text = value;
    } else if (flag != NULL) {
        *flag = true;
    } else if (code == OPT_IP) {
        outcome = take_address(AF_INET, "ip", value, &options->ip);
    } else if (code == OPT_IP6) {
        outcome = take_address(AF_INET6, "ip6", value, &options->ip6);
    } else if (code == OPT_DEFAULT_IP) {
        outcome = take_address(AF_INET, "default-ip", value, &options->default_ip);
    } else if (code == OPT_TTL) { /* RFC 2181, 8 */
        outcome = take_number("ttl", INT32_MAX, value, &number, &options->ttl_given);
        options->ttl = (uint32_t)number;
    } else if (code == OPT_AUX) {
        outcome = take_number("aux", UINT32_MAX, value, &number, &options->aux_given);
        options->aux = (uint32_t)number;
    } else if (code == OPT_ID) {
        outcome = take_number("id", INT64_MAX, value, &options->id, &options->id_given);
    } else if (code == OPT_NS) {
        if (options->ns_count == OPTION_NS_MAX) {
            return cli_usage("more than %d name servers", OPTION_NS_MAX);
        }
        options->ns[options->ns_count++] = value;
    }
    return outcome;
}

/* Is ARGUMENT data such as -2.00m (LOC) or -5, which no option of ours looks like? */
static bool is_data(const char *argument)
{
    return argument[0] == '-' && argument[1] != 0 && strchr("0123456789.", argument[1]) != NULL;
}

struct command_line {
    struct options options;
    bool help, version;
    unsigned used;              /* takes bits of the options given */
    const char *used_names[32]; /* by bit */
    int count;
    char **words; /* what is no option */
};

static enum outcome take_row(struct command_line *line, int code, const char *value)
{
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        unsigned takes = option_rows[i].code == code ? option_rows[i].takes : 0;
        line->used |= takes;
        for (unsigned bit = 0; takes != 0 && bit < 32; bit++) {
            if (takes >> bit & 1) {
                line->used_names[bit] = option_rows[i].name;
            }
        }
    }
    line->help |= code == OPT_HELP;
    line->version |= code == OPT_VERSION;
    if (code == OPT_QUIET) {
        report_set_quiet(true);
    }
    return take_option(&line->options, code, value);
}

static enum outcome read_line(struct command_line *line, int argc, char **argv)
{
    struct option longs[OPTION_COUNT + 1] = {{0}};
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        longs[i] = (struct option){option_rows[i].name,
                                   option_rows[i].value != NULL ? required_argument : no_argument,
                                   NULL, option_rows[i].code};
    }
    opterr = 0;
    optind = 1;
    while (optind < argc) {
        if (is_data(argv[optind])) {
            line->words[line->count++] = argv[optind++];
            continue;
        }
        int at = optind;
        int code = getopt_long(argc, argv, "-:c:qhV", longs, NULL);
        if (code == -1) {
            break;
        }
        if (code == 1) {
            line->words[line->count++] = optarg;
            continue;
        }
        if (code == '?' || code == ':') {
            return cli_usage(code == ':'
                                 ? "option %s needs a value"
                                 : "unknown option %s (data that begins with - goes behind --)",
                             report_quote(argv[at], strlen(argv[at])));
        }
        enum outcome outcome = take_row(line, code, optarg);
        if (outcome != OUTCOME_OK) {
            return outcome;
        }
    }
    while (optind < argc) { /* behind "--" */
        line->words[line->count++] = argv[optind++];
    }
    return OUTCOME_OK;
}

/* The verb at WORDS; *USED words name it. NULL: unknown. */
static const struct verb *find_verb(int count, char **words, int *used)
{
    for (size_t i = 0; i < ARRAY_LEN(verbs) && count > 0; i++) {
        const struct verb *verb = &verbs[i];
        if (strcmp(words[0], verb->name) == 0) {
            *used = 1;
            return verb;
        }
        if (count > 1 && verb->object != NULL && strcmp(words[0], verb->object) == 0 &&
            strcmp(words[1], verb->action) == 0) {
            *used = 2;
            return verb;
        }
    }
    return NULL;
}

static enum outcome run_verb(const struct command_line *line, const struct verb *verb, int used)
{
    unsigned foreign = line->used & ~verb->takes;
    for (unsigned bit = 0; bit < 32; bit++) {
        if (foreign >> bit & 1) {
            return cli_usage("%s takes no --%s", verb->name, line->used_names[bit]);
        }
    }
    int count = line->count - used;
    if (count < verb->least || (verb->most >= 0 && count > verb->most)) {
        return cli_usage("%s: too %s arguments; usage: dnsadm %s %s", verb->name,
                         count < verb->least ? "few" : "many", verb->name, verb->arguments);
    }
    return verb->run(&line->options, count, line->words + used);
}

static enum outcome run_line(struct command_line *line)
{
    int used = 0;
    int help_word = line->count > 0 && strcmp(line->words[0], "help") == 0 ? 1 : 0;
    const struct verb *verb = find_verb(line->count - help_word, line->words + help_word, &used);

    if (line->version) {
        printf("dnsadm %s\n", MYDNS_VERSION);
        return OUTCOME_OK;
    }
    if (line->help || help_word == 1) {
        print_help(verb);
        return OUTCOME_OK;
    }
    if (line->count == 0) {
        return cli_usage("a verb is missing");
    }
    if (verb == NULL) {
        return cli_usage("unknown verb %s", report_quote(line->words[0], strlen(line->words[0])));
    }
    return run_verb(line, verb, used);
}

enum outcome cli_main(int argc, char **argv)
{
    struct command_line line = {0};
    line.words = calloc((size_t)argc + 1, sizeof *line.words);
    if (line.words == NULL) {
        abort();
    }
    enum outcome outcome = read_line(&line, argc, argv);
    if (outcome == OUTCOME_OK) {
        outcome = run_line(&line);
    }
    free(line.words);
    if (fflush(stdout) != 0 && outcome == OUTCOME_OK) {
        outcome = report_error(OUTCOME_FAILED, "standard output cannot be written");
    }
    return outcome;
}

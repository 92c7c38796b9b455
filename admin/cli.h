/*
 * The command line: a table of verbs, each with the options it takes; help comes from the same
 * table. Options may stand anywhere. A verb is a function that gets the options and its own
 * arguments.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "admin/report.h"
#include "base/attr.h"

enum { OPTION_NS_MAX = 32 };

struct options {
    const char *conf; /* NULL = not given; so everywhere below */
    const char *file, *ip, *ip6, *mbox;
    size_t ns_count;
    const char *ns[OPTION_NS_MAX];
    bool ttl_given, aux_given, id_given;
    uint32_t ttl, aux;
    uint64_t id;
    bool if_exists, if_not_exists, dry_run, yes, json;
    /* init */
    const char *admin_user, *admin_socket, *admin_password_file, *host, *database;
    const char *server_conf, *admin_conf, *conf_dir, *socket, *user_host;
    const char *default_ns, *default_ip;
    bool write, force;
    bool install; /* heartbeat */
    /* check */
    const char *rules;
    bool strict;
    /* status */
    const char *control_socket;
};

/* Bits of the options a verb takes, in the order of the table in cli.c. */
enum option_bit {
    TAKES_FILE = 1 << 0,
    TAKES_ADDRESS = 1 << 1, /* --ip --ip6 */
    TAKES_DOMAIN = 1 << 2,  /* --ns --mbox */
    TAKES_TTL = 1 << 3,
    TAKES_AUX = 1 << 4,
    TAKES_ID = 1 << 5,
    TAKES_IF_EXISTS = 1 << 6,
    TAKES_IF_NOT_EXISTS = 1 << 7,
    TAKES_DRY_RUN = 1 << 8,
    TAKES_YES = 1 << 9,
    TAKES_JSON = 1 << 10,
    TAKES_INIT = 1 << 11,
    TAKES_CHECK = 1 << 12,
    TAKES_STATUS = 1 << 13,
    TAKES_ADMIN = 1 << 14, /* as whom, and where, things are made */
    TAKES_INSTALL = 1 << 15
};

struct verb {
    const char *object, *action; /* "domain" "add"; object NULL: one word only */
    const char *name;            /* "add-domain" */
    const char *arguments, *help;
    unsigned takes;
    int least, most; /* arguments; most -1 = any number */
    enum outcome (*run)(const struct options *options, int count, char **arguments);
};

/* Parse the command line, run the verb. What main returns. */
enum outcome cli_main(int argc, char **argv) NONNULL;

/* Print "dnsadm: MESSAGE" and where help is; OUTCOME_USAGE. */
enum outcome cli_usage(const char *format, ...) PRINTF(1, 2);

/* The verbs, each in the file of its family. */
enum outcome verb_add_domain(const struct options *options, int count, char **arguments);
enum outcome verb_remove_domain(const struct options *options, int count, char **arguments);
enum outcome verb_list_domains(const struct options *options, int count, char **arguments);
enum outcome verb_check(const struct options *options, int count, char **arguments);
enum outcome verb_show(const struct options *options, int count, char **arguments);
enum outcome verb_add_record(const struct options *options, int count, char **arguments);
enum outcome verb_remove_record(const struct options *options, int count, char **arguments);
enum outcome verb_status(const struct options *options, int count, char **arguments);
enum outcome verb_snapshot_remove(const struct options *options, int count, char **arguments);
enum outcome verb_heartbeat(const struct options *options, int count, char **arguments);
enum outcome verb_init(const struct options *options, int count, char **arguments);

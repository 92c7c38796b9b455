/*
 * init: from an empty SQL server to two configuration files. It may be run again: what is there
 * stays. A password exists only in the file it is written to, so an account and its file are made
 * together.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "admin/administrator.h"
#include "admin/cli.h"
#include "admin/init_database.h"
#include "base/alloc.h"
#include "conf/conf_parse.h"

/* One of the two programs: its account and its file. */
struct part {
    struct init_account account;
    char *file;  /* given; NULL = print */
    bool exists; /* the account */
    bool file_exists;
    void (*put_more)(const struct options *options, FILE *out);
};

struct init {
    const struct options *options;
    const char *database, *user_host;
    struct session admin;
    struct part server, writer;
};

/* --- the files -------------------------------------------------------------------------------- */

static void put_setting(FILE *out, const char *name, const char *value)
{
    fprintf(out, "%s = ", name);
    conf_write_value(value, out);
    fputc('\n', out);
}

static void put_server(const struct options *options, FILE *out)
{
    (void)options;
    fputs("\n# Let a TTL below the zone's minimum count, so that it can be lowered before a move.\n"
          "ignore-minimum = yes\n",
          out);
}

static void put_writer(const struct options *options, FILE *out)
{
    fputs("\n# What add-domain gives to new domains.\n", out);
    if (options->default_ns != NULL) {
        put_setting(out, "default-ns", options->default_ns);
    } else {
        fputs("#default-ns = ns1.example.net, ns2.example.net\n", out);
    }
    if (options->default_ip != NULL) {
        put_setting(out, "default-ip", options->default_ip);
    } else {
        fputs("#default-ip = 192.0.2.1\n", out);
    }
}

static const char *server_socket(const struct options *options)
{
    return options->socket != NULL ? options->socket : options->admin_socket;
}

static char *make_file(const struct init *init, const struct part *part)
{
    const struct options *options = init->options;
    char *text = NULL;
    size_t len;
    FILE *out = open_memstream(&text, &len);
    fputs("# Written by dnsadm init. Keep it from the eyes of others: mode 0600.\n", out);
    if (options->host != NULL) {
        put_setting(out, "db-host", options->host);
    }
    if (server_socket(options) != NULL) {
        put_setting(out, "db-socket", server_socket(options));
    }
    put_setting(out, "database", init->database);
    put_setting(out, "db-user", part->account.user);
    if (*part->account.password != 0) {
        put_setting(out, "db-password", part->account.password);
    } else {
        fputs("#db-password: the account existed and keeps its password; --force sets a new one\n",
              out);
    }
    part->put_more(options, out);
    fclose(out);
    return text;
}

/* Write beside FILE and rename, so that nobody ever sees half of it. */
static enum outcome write_file(const char *file, const char *text)
{
    char *fresh = alloc_printf("%s.XXXXXX", file);
    size_t len = strlen(text);
    int fd = mkostemp(fresh, O_CLOEXEC); /* mode 0600 */
    bool good = fd >= 0 && write(fd, text, len) == (ssize_t)len && fsync(fd) == 0;
    if (fd >= 0) {
        good = close(fd) == 0 && good;
    }
    good = good && rename(fresh, file) == 0;
    enum outcome outcome = OUTCOME_OK;
    if (!good) {
        outcome = report_error(OUTCOME_FAILED,
                               "%s cannot be written: %s; once that is mended, run this again"
                               " with --force",
                               file, strerror(errno));
        unlink(fresh);
    } else {
        report_note("wrote %s", file);
    }
    free(fresh);
    return outcome;
}

static enum outcome put_part(const struct init *init, const struct part *part, const char *name)
{
    bool keep = part->file_exists && !init->options->force;
    if (part->file != NULL && keep) {
        report_note("%s is there already and was not changed", part->file);
        return OUTCOME_OK;
    }
    enum outcome outcome = OUTCOME_OK;
    char *text = make_file(init, part);
    if (part->file != NULL) {
        outcome = write_file(part->file, text);
    } else {
        printf("### %s\n%s\n", name, text);
    }
    free(text);
    return outcome;
}

/* --- deciding --------------------------------------------------------------------------------- */

static char *file_of(const struct options *options, const char *own, const char *name)
{
    if (own != NULL) {
        return alloc_string(own);
    }
    if (options->conf_dir != NULL) {
        return alloc_printf("%s/%s", options->conf_dir, name);
    }
    return options->write ? alloc_printf("/etc/%s", name) : NULL;
}

/*
 * Before anything is made: an account that is new needs a file that takes its password, and a file
 * that is new needs an account whose password is known.
 */
static enum outcome decide(struct init *init, struct part *part)
{
    const char *user = part->account.user;
    enum outcome outcome = init_account_exists(&init->admin, user, init->user_host, &part->exists);
    if (outcome != OUTCOME_OK) {
        return outcome;
    }
    part->file_exists = part->file != NULL && access(part->file, F_OK) == 0;
    bool force = init->options->force;
    if (part->file != NULL && !force && part->exists != part->file_exists) {
        return report_error(OUTCOME_EXISTS,
                            part->exists ? "account %s@%s exists, and its password is not known, so"
                                           " %s cannot be written; --force sets a new password"
                                         : "account %s@%s is to be made, but %s is there already;"
                                           " --force overwrites it",
                            user, init->user_host, part->file);
    }
    if (!part->exists || force) {
        init_password(part->account.password);
    } else {
        report_note("account %s@%s exists and keeps its password", user, init->user_host);
    }
    return OUTCOME_OK;
}

static enum outcome check_names(const struct init *init)
{
    if (!init_is_name(init->database, "_$-")) {
        return report_error(OUTCOME_USAGE, "--database: %s may contain letters, digits, _ $ - only",
                            report_quote(init->database, strlen(init->database)));
    }
    if (!init_is_name(init->user_host, "_.%:-/")) {
        return report_error(OUTCOME_USAGE, "--user-host: %s is not a host for an account",
                            report_quote(init->user_host, strlen(init->user_host)));
    }
    return OUTCOME_OK;
}

static enum outcome make_all(struct init *init)
{
    struct part *parts[] = {&init->server, &init->writer};
    enum outcome outcome = OUTCOME_OK;
    for (size_t i = 0; i < ARRAY_LEN(parts) && outcome == OUTCOME_OK; i++) {
        outcome = decide(init, parts[i]);
    }
    if (outcome == OUTCOME_OK) {
        outcome = init_tables(&init->admin, init->database);
    }
    for (size_t i = 0; i < ARRAY_LEN(parts) && outcome == OUTCOME_OK; i++) {
        outcome =
            init_account_make(&init->admin, init->database, init->user_host, &parts[i]->account);
    }
    if (outcome == OUTCOME_OK) {
        report_note("database %s has its tables and accounts", init->database);
        outcome = put_part(init, &init->server, "/etc/mydns.conf");
    }
    return outcome == OUTCOME_OK ? put_part(init, &init->writer, SETTINGS_FILE) : outcome;
}

enum outcome verb_init(const struct options *options, int count, char **arguments)
{
    (void)count;
    (void)arguments;
    struct init init = {
        .options = options,
        .database = options->database != NULL ? options->database : "mydns",
        .user_host = options->user_host != NULL ? options->user_host : "localhost",
        .server = {.account = {.user = "mydns", .privileges = "SELECT"},
                   .file = file_of(options, options->server_conf, "mydns.conf"),
                   .put_more = put_server},
        .writer = {.account = {.user = "dnsadm", .privileges = "SELECT, INSERT, UPDATE, DELETE"},
                   .file = file_of(options, options->admin_conf, "dnsadm.conf"),
                   .put_more = put_writer},
    };
    enum outcome outcome = check_names(&init);
    if (outcome == OUTCOME_OK) {
        init.admin.db = administrator_connect(options, NULL, &outcome);
    }
    if (init.admin.db != NULL) {
        outcome = make_all(&init);
    }
    db_close(init.admin.db);
    free(init.server.file);
    free(init.writer.file);
    return outcome;
}

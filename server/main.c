/*
 * mydns: what happens from its start to its end, in order.
 *
 *     command line -> mydns.conf -> log -> (daemon) -> sockets, as root -> pidfile -> user and group
 *     -> threads: UDP, loaders -> event loop -> a signal -> threads joined -> pidfile removed
 *
 * A database that cannot be reached is no reason not to start; anything here that fails is, with a
 * sentence about it on stderr as well as in the log.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "conf/conf.h"
#include "http/http_listener.h"
#include "net/listener.h"
#include "run/command_line.h"
#include "run/daemon.h"
#include "run/pidfile.h"
#include "run/privilege.h"
#include "run/service.h"

enum {
    ERR_SIZE = 512,
    /* Files beside sockets and TCP connections: log, event loop, name lookups, who asks for the status. */
    OTHER_FILES = 160,
};

/* Only the start: what is wrong here ends the program. */
static int fail(const char *err)
{
    log_error("%s", err);
    if (!log_on_stderr()) {
        fprintf(stderr, "mydns: %s\n", err);
    }
    return 1;
}

static size_t files_needed(const struct conf *conf, const struct listeners *listeners)
{
    size_t sockets = 0;
    for (size_t i = 0; i < listeners->count; i++) {
        sockets += listeners->items[i].udp_count + 1;
    }
    return OTHER_FILES + sockets + conf->tcp_connections + 2 * (conf->loaders + 1);
}

/* Everything that may need root, then no root any more. CONF is taken. */
static int serve(const struct command_line *line, struct conf *conf)
{
    char err[ERR_SIZE];
    struct listeners listeners = {0};
    struct http_listeners http = {.control = -1, .tcp = -1};
    struct privilege privilege;
    int status = 1;
    char *pidfile = strdup(conf->pidfile);

    service_block_signals();
    if (!privilege_find(&privilege, conf->user, conf->group, line->run_as_root, err, sizeof err) ||
        !listeners_open(&listeners, conf, err, sizeof err) ||
        !http_listeners_open(&http, conf, privilege.uid, privilege.gid, err, sizeof err)) {
        fail(err);
        goto out;
    }
    privilege_raise_files(files_needed(conf, &listeners));
    if (!pidfile_write(pidfile, privilege.uid, privilege.gid, err, sizeof err)) {
        fail(err);
        goto out;
    }
    log_chown(privilege.uid, privilege.gid);
    if (!privilege_drop(&privilege, err, sizeof err)) {
        fail(err);
        pidfile_remove(pidfile);
        goto out;
    }
    bool served = service_run(line, conf, &listeners, &http, daemon_started);
    conf = NULL; /* service_run took it */
    pidfile_remove(pidfile);
    if (!served) {
        fail("no loader thread could be started");
        goto out;
    }
    status = 0;
out:
    listeners_close(&listeners);
    http_listeners_close(&http);
    conf_free(conf);
    free(pidfile);
    return status;
}

static int start(const struct command_line *line, struct conf *conf, char *messages)
{
    char err[ERR_SIZE];

    log_set_level(conf->log_level);
    if (!log_open("mydns", conf->log, err, sizeof err) ||
        (line->background && !daemon_begin(err, sizeof err))) {
        fail(err);
        free(messages);
        conf_free(conf);
        return 1;
    }
    log_info("mydns %s starts", MYDNS_VERSION);
    service_log_messages(messages);
    return serve(line, conf);
}

/* What the start would ask of the system and nothing is opened for: user and group. */
static bool check(const struct command_line *line, const struct conf *conf)
{
    char err[ERR_SIZE];
    struct privilege privilege;

    if (privilege_find(&privilege, conf->user, conf->group, line->run_as_root, err, sizeof err)) {
        return true;
    }
    fprintf(stderr, "error: %s\n", err);
    return false;
}

/* What needs the configuration but no server. */
static int show(const struct command_line *line, struct conf *conf, char *messages)
{
    bool good = true;

    fputs(messages, stderr);
    if (line->action == RUN_CREATE_TABLES) {
        conf_create_tables(conf, stdout);
    } else if (line->action == RUN_DUMP_CONFIG) {
        conf_dump(conf, stdout);
    } else {
        good = check(line, conf);
    }
    free(messages);
    conf_free(conf);
    return fflush(stdout) == 0 && good ? 0 : 1;
}

static int run(const struct command_line *line)
{
    char *messages = NULL;

    if (line->action == RUN_HELP) {
        command_line_help(stdout);
        return 0;
    }
    if (line->action == RUN_VERSION) {
        printf("mydns %s (MariaDB client %s)\n", MYDNS_VERSION, MARIADB_CLIENT_VERSION);
        return 0;
    }
    struct conf *conf = conf_read(line->conf_file, line->overrides, &messages);
    if (conf == NULL) {
        fputs(messages, stderr);
        free(messages);
        return 1;
    }
    return line->action == RUN_SERVE ? start(line, conf, messages) : show(line, conf, messages);
}

int main(int argc, char **argv)
{
    struct command_line line;

    if (!command_line_read(&line, argc, argv)) {
        return 1;
    }
    int status = run(&line);
    command_line_release(&line);
    return status;
}

/*
 * A MariaDB for the tests of one program: started by mariadb.sh in a directory of its own, or the
 * running one named by MYDNS_TEST_SOCKET (its root account without password is used then, and the
 * databases made by the tests are dropped). Each program includes this once.
 */
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/db.h"

struct private_mariadb {
    char dir[64]; /* "" = not ours */
    char socket[128];
};

static void private_mariadb_stop(const struct private_mariadb *server)
{
    char command[256];
    if (server->dir[0] != '\0') {
        snprintf(command, sizeof command, "sh %s/tests/support/mariadb.sh stop %s", SOURCE_DIR,
                 server->dir);
        if (system(command) != 0) {
            fprintf(stderr, "%s failed\n", command);
        }
    }
}

/* Start it with more OPTIONS of mariadbd ("": the server may be a given one). False: none runs. */
static bool private_mariadb_start(struct private_mariadb *server, const char *options)
{
    const char *given = getenv("MYDNS_TEST_SOCKET");
    char command[1024];

    memset(server, 0, sizeof *server);
    if (given != NULL && options[0] == '\0') {
        snprintf(server->socket, sizeof server->socket, "%s", given);
        return true;
    }
    strcpy(server->dir, "/tmp/mydns-unit-XXXXXX");
    if (mkdtemp(server->dir) == NULL) {
        return false;
    }
    snprintf(command, sizeof command, "sh %s/tests/support/mariadb.sh start %s %s", SOURCE_DIR,
             server->dir, options);
    FILE *pipe = popen(command, "r");
    bool printed = pipe != NULL && fgets(server->socket, sizeof server->socket, pipe) != NULL;
    server->socket[strcspn(server->socket, "\n")] = '\0';
    if (pipe != NULL && pclose(pipe) == 0 && printed) {
        return true;
    }
    private_mariadb_stop(server);
    return false;
}

/* Connect, or abort with the reason. */
static struct db *private_mariadb_open(const struct private_mariadb *server, const char *user,
                                       const char *database)
{
    struct db_params params = {.socket = server->socket,
                               .user = user,
                               .database = database,
                               .connect_timeout_sec = 5,
                               .read_timeout_sec = 10,
                               .write_timeout_sec = 10};
    enum db_error kind;
    char err[512];
    struct db *db = db_open(&params, &kind, err, sizeof err);
    if (db == NULL) {
        fprintf(stderr, "db_open as %s: %s\n", user, err);
        abort();
    }
    return db;
}

/* Run SQL, or abort with the reason. */
static void must_run(struct db *db, const char *sql)
{
    if (db_run(db, sql) != DB_OK) {
        fprintf(stderr, "%s: %s\n", sql, db_error_text(db));
        abort();
    }
}

/* DATABASE without tables; ROOT uses it. */
static inline void private_mariadb_fresh(struct db *root, const char *database)
{
    static const char *const verbs[] = {"DROP DATABASE IF EXISTS", "CREATE DATABASE", "USE"};
    char sql[128];

    for (unsigned i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
        snprintf(sql, sizeof sql, "%s %s", verbs[i], database);
        must_run(root, sql);
    }
}

/* Start it with OPTIONS for tests in DATABASE, which is made. root's connection; NULL: none runs. */
static inline struct db *private_mariadb_begin(struct private_mariadb *server, const char *options,
                                               const char *database)
{
    if (!private_mariadb_start(server, options)) {
        return NULL;
    }
    struct db *root = private_mariadb_open(server, "root", NULL);
    private_mariadb_fresh(root, database);
    return root;
}

static inline void private_mariadb_end(const struct private_mariadb *server, struct db *root,
                                       const char *database)
{
    char sql[128];

    snprintf(sql, sizeof sql, "DROP DATABASE %s", database);
    must_run(root, sql);
    db_close(root);
    private_mariadb_stop(server);
}

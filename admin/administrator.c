#include "admin/administrator.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

/* The first line of FILE (given); NULL with a report when it cannot be read. */
static char *read_password(const char *file)
{
    char *line = NULL;
    size_t cap = 0;
    FILE *in = fopen(file, "re");
    if (in == NULL || getline(&line, &cap, in) < 0) {
        report_error(OUTCOME_USAGE, "--admin-password-file: %s cannot be read: %s", file,
                     in != NULL && feof(in) ? "it is empty" : strerror(errno));
        free(line);
        line = NULL;
    } else {
        line[strcspn(line, "\r\n")] = 0;
    }
    if (in != NULL) {
        fclose(in);
    }
    return line;
}

struct db *administrator_connect(const struct options *options, const struct settings *known,
                                 enum outcome *outcome)
{
    char *host = alloc_string(options->host != NULL ? options->host : "localhost");
    char *password = NULL;
    struct db *db = NULL;

    if (options->admin_password_file != NULL) {
        password = read_password(options->admin_password_file);
    }
    *outcome = OUTCOME_USAGE;
    if (password != NULL || options->admin_password_file == NULL) {
        const char *socket = options->admin_socket != NULL ? options->admin_socket
                             : options->socket != NULL     ? options->socket
                             : known != NULL               ? known->db_socket
                                                           : NULL;
        const char *user = options->admin_user != NULL ? options->admin_user : "root";
        struct settings settings = known != NULL ? *known : (struct settings){0};
        if (known == NULL || options->host != NULL) {
            settings.db_host = (struct conf_list){1, &host};
        }
        settings.no_file = false;
        settings.db_socket = (char *)(uintptr_t)socket;
        settings.db_user = (char *)(uintptr_t)user;
        settings.db_password = password;
        db = session_connect(&settings, NULL, outcome);
    }
    free(password);
    free(host);
    return db;
}

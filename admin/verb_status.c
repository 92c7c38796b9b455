/*
 * status: what the server of this host says about itself, through its control socket (HTTP/1.0 over
 * a Unix socket: server/run/monitor.h).
 */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "admin/cli.h"
#include "admin/settings.h"
#include "admin/status_text.h"
#include "base/alloc.h"

enum {
    ANSWER_MAX = 4 << 20,
    PATIENCE_SEC = 10, /* a server that is busy or stopped */
};

static const char question[] = "GET /status HTTP/1.0\r\n\r\n";

static int open_socket(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct timeval patience = {PATIENCE_SEC, 0};

    if (strlen(path) >= sizeof address.sun_path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    strcpy(address.sun_path, path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return -1;
    }
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    if (connect(fd, (const struct sockaddr *)&address, sizeof address) != 0) {
        int failed = errno;
        close(fd);
        errno = failed;
        return -1;
    }
    return fd;
}

/* The whole answer (given), until the server closes. NULL: errno tells. */
static char *ask(int fd)
{
    char *answer = alloc_new(ANSWER_MAX + 1);
    size_t len = 0;
    ssize_t n = send(fd, question, strlen(question), MSG_NOSIGNAL);

    while (n > 0 && len < ANSWER_MAX) {
        n = recv(fd, answer + len, ANSWER_MAX - len, 0);
        len += n > 0 ? (size_t)n : 0;
    }
    if (n < 0) {
        int failed = errno == EAGAIN ? ETIMEDOUT : errno;
        free(answer);
        errno = failed;
        return NULL;
    }
    answer[len] = '\0';
    return answer;
}

/* NULL: it is not what a mydns says. */
static json_t *read_answer(const char *answer)
{
    const char *body = strstr(answer, "\r\n\r\n");
    bool good = strncmp(answer, "HTTP/1.1 200 ", 13) == 0 && body != NULL;
    json_t *status = good ? json_loads(body + 4, JSON_REJECT_DUPLICATES, NULL) : NULL;

    if (status != NULL && !json_is_object(status)) {
        json_decref(status);
        status = NULL;
    }
    return status;
}

static enum outcome show(const json_t *status, bool json)
{
    if (json) {
        json_dumpf(status, stdout, JSON_INDENT(2));
        putchar('\n');
    } else {
        status_text(status, stdout);
    }
    if (fflush(stdout) != 0 || ferror(stdout)) {
        return report_error(OUTCOME_FAILED, "standard output cannot be written");
    }
    return json_is_true(json_object_get(status, "ready")) ? OUTCOME_OK : OUTCOME_FAILED;
}

static enum outcome run(const char *path, bool json)
{
    int fd = open_socket(path);
    char *answer = fd >= 0 ? ask(fd) : NULL;
    int failed = errno;

    if (fd >= 0) {
        close(fd);
    }
    if (answer == NULL) {
        return report_error(OUTCOME_AWAY, "no server answers on %s: %s", path, strerror(failed));
    }
    json_t *status = read_answer(answer);
    free(answer);
    if (status == NULL) {
        return report_error(OUTCOME_AWAY, "what answers on %s is no mydns", path);
    }
    enum outcome outcome = show(status, json);
    json_decref(status);
    return outcome;
}

enum outcome verb_status(const struct options *options, int count, char **arguments)
{
    struct settings settings = {0};
    enum outcome outcome = OUTCOME_OK;

    (void)count, (void)arguments;
    if (options->control_socket != NULL) { /* no account is needed, so no file either */
        return run(options->control_socket, options->json);
    }
    outcome = settings_read(&settings, options->conf);
    if (outcome == OUTCOME_OK) {
        outcome = run(settings.control_socket, options->json);
    }
    settings_release(&settings);
    return outcome;
}

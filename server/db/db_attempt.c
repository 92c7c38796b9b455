/*
 * Connecting, so that the end of the program need not wait for it. The client library may sit in the
 * resolver, in a connect or in a handshake for seconds, and nothing can call it back. So a thread of
 * its own does it; when the caller is told to stop meanwhile, that thread is left to itself: it holds
 * nothing but its own memory, which it frees when the library returns, if the process is still there.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/alloc.h"
#include "db/db_private.h"

enum { LOOK_MS = 100 /* between two looks whether to stop */ };

struct attempt {
    pthread_mutex_t lock; /* guards done, abandoned and what done makes valid */
    pthread_cond_t ended;
    bool done, abandoned;
    struct db *db;
    enum db_error kind;
    char err[256];
    struct db_params params; /* its texts are our own */
};

static char *copy(const char *text)
{
    return text != NULL ? alloc_string(text) : NULL;
}

static struct attempt *attempt_new(const struct db_params *params)
{
    struct attempt *attempt = alloc_zero(1, sizeof *attempt);
    struct db_params *own = &attempt->params;
    pthread_condattr_t monotonic;

    *own = *params;
    own->host = copy(params->host);
    own->socket = copy(params->socket);
    own->user = copy(params->user);
    own->password = copy(params->password);
    own->database = copy(params->database);
    own->ssl_ca = copy(params->ssl_ca);
    own->ssl_cert = copy(params->ssl_cert);
    own->ssl_key = copy(params->ssl_key);
    pthread_mutex_init(&attempt->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&attempt->ended, &monotonic);
    pthread_condattr_destroy(&monotonic);
    return attempt;
}

static void attempt_free(struct attempt *attempt)
{
    const struct db_params *own = &attempt->params;
    const char *const texts[] = {own->host,     own->socket, own->user,     own->password,
                                 own->database, own->ssl_ca, own->ssl_cert, own->ssl_key};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        free((void *)(uintptr_t)texts[i]);
    }
    pthread_cond_destroy(&attempt->ended);
    pthread_mutex_destroy(&attempt->lock);
    free(attempt);
}

static void *attempt_main(void *context)
{
    struct attempt *attempt = context;
    enum db_error kind;
    char err[sizeof attempt->err] = "";

    struct db *db = db_open(&attempt->params, &kind, err, sizeof err);
    pthread_mutex_lock(&attempt->lock);
    attempt->done = true;
    attempt->db = db;
    attempt->kind = kind;
    snprintf(attempt->err, sizeof attempt->err, "%s", err);
    bool abandoned = attempt->abandoned;
    pthread_cond_signal(&attempt->ended);
    pthread_mutex_unlock(&attempt->lock);
    if (abandoned) {
        db_close(db);
        attempt_free(attempt);
    }
    return NULL;
}

/* Until ATTEMPT has ended or is to be abandoned. True: it has ended. */
static bool wait_for(struct attempt *attempt, bool (*stopping)(void *context), void *context)
{
    struct timespec until;

    pthread_mutex_lock(&attempt->lock);
    while (!attempt->done && !attempt->abandoned) {
        clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_nsec += LOOK_MS * 1000000L;
        until.tv_sec += until.tv_nsec / 1000000000;
        until.tv_nsec %= 1000000000;
        (void)pthread_cond_timedwait(&attempt->ended, &attempt->lock, &until);
        attempt->abandoned = !attempt->done && stopping(context);
    }
    bool done = attempt->done;
    pthread_mutex_unlock(&attempt->lock);
    return done;
}

struct db *db_open_unless(const struct db_params *params, bool (*stopping)(void *context),
                          void *context, enum db_error *kind, char *err, size_t err_cap)
{
    struct attempt *attempt = attempt_new(params);
    pthread_t thread;

    db_start_library(); /* by a thread that is waited for: at exit the library's end follows it */
    int failed = pthread_create(&thread, NULL, attempt_main, attempt);

    if (failed != 0) { /* no thread to be had: then as long as it takes */
        attempt_free(attempt);
        return db_open(params, kind, err, err_cap);
    }
    pthread_detach(thread);
    if (!wait_for(attempt, stopping, context)) {
        *kind = DB_AWAY;
        snprintf(err, err_cap, "%s", "given up, the program ends");
        return NULL;
    }
    struct db *db = attempt->db;
    *kind = attempt->kind;
    snprintf(err, err_cap, "%s", attempt->err);
    attempt_free(attempt);
    return db;
}

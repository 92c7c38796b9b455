#include "load/lag.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "db/db_lag.h"
#include "load/loader_private.h"

const char *lag_state_name(enum lag_state state)
{
    static const char *const names[] = {[LAG_OFF] = "off",
                                        [LAG_UNKNOWN] = "unknown",
                                        [LAG_PRIMARY] = "primary",
                                        [LAG_RUNNING] = "running",
                                        [LAG_STOPPED] = "stopped"};
    return names[state];
}

static void note_known(struct lag *lag, uint32_t seconds, struct instant now)
{
    lag->known = true;
    lag->known_at = now;
    lag->known_seconds = seconds;
}

/* What was last known, and the time since. */
static uint32_t grown(const struct lag *lag, struct instant now)
{
    int64_t sec = lag->known_seconds + instant_diff_ms(now, lag->known_at) / 1000;
    return sec < UINT32_MAX ? (uint32_t)sec : UINT32_MAX;
}

enum lag_news lag_update(struct lag *lag, const struct db_lag *read, uint32_t limit,
                         struct instant now)
{
    static const enum lag_state states[] = {[DB_LAG_UNKNOWN] = LAG_UNKNOWN,
                                            [DB_LAG_PRIMARY] = LAG_PRIMARY,
                                            [DB_LAG_RUNNING] = LAG_RUNNING,
                                            [DB_LAG_STOPPED] = LAG_STOPPED};
    struct lag_status *status = &lag->status;
    bool was_past = status->past;

    if (read->kind == DB_LAG_PRIMARY) {
        lag->known = false; /* of another time, should it become a replica again */
    } else if (read->with_seconds) {
        note_known(lag, read->seconds, now);
    } else if (read->kind == DB_LAG_STOPPED && !lag->known) {
        note_known(lag, 0, now); /* stopped when first seen: at least since now */
    }
    bool timed = lag->known && (read->kind == DB_LAG_RUNNING || read->kind == DB_LAG_STOPPED);
    *status = (struct lag_status){
        .state = states[read->kind], .seconds = timed ? grown(lag, now) : 0, .limit = limit};
    status->past = timed && status->seconds > limit;
    memcpy(status->why, read->why, sizeof status->why);
    if (was_past != status->past) {
        return status->past ? LAG_NEWS_PAST : LAG_NEWS_BACK;
    }
    if (status->state == LAG_UNKNOWN && !lag->unknown_told) {
        lag->unknown_told = true;
        return LAG_NEWS_UNKNOWN;
    }
    return LAG_NO_NEWS;
}

/* --- the loader's --- */

static void tell(const struct conf *conf, const struct lag_status *status, enum lag_news news)
{
    bool refuse = conf->replica_lag_servfail;

    switch (news) {
    case LAG_NEWS_PAST:
        log_error("the database is %s%u s behind its primary, replica-max-lag is %u s%s%s: %s",
                  status->state == LAG_STOPPED ? "at least " : "", status->seconds, status->limit,
                  status->why[0] != '\0' ? "; " : "", status->why,
                  refuse ? "answering SERVFAIL" : "its data is answered on");
        break;
    case LAG_NEWS_BACK:
        log_info("the database is no longer behind its primary by more than %u s (%s, %u s)",
                 status->limit, lag_state_name(status->state), status->seconds);
        break;
    case LAG_NEWS_UNKNOWN:
        log_warning(
            "replica-max-lag: how far the database is behind is unknown; grant SLAVE MONITOR"
            " to %s, or let dnsadm heartbeat write on the primary",
            conf->db_user != NULL ? conf->db_user : "the account");
        break;
    case LAG_NO_NEWS:
        break;
    }
}

/* LOADER's lock is held. */
static void publish(struct loader *loader, const struct conf *conf)
{
    atomic_store_explicit(&loader->store->refuse_lagging,
                          loader->lag.status.past && conf->replica_lag_servfail,
                          memory_order_relaxed);
}

void lag_tick(struct loader *loader)
{
    const struct conf *conf = loader_conf(loader);

    pthread_mutex_lock(&loader->lock);
    if (conf->replica_max_lag_sec > 0) {
        loader->lag_wanted = true;
        pthread_cond_broadcast(&loader->work);
    } else if (loader->lag.status.state != LAG_OFF) {
        loader->lag = (struct lag){0};
    }
    publish(loader, conf);
    pthread_mutex_unlock(&loader->lock);
}

enum job_outcome lag_read(struct worker *worker)
{
    struct loader *loader = worker->loader;
    const struct conf *conf = loader_conf(loader);
    struct db_lag read;

    if (db_lag_read(worker->db, &read) != DB_OK) {
        return JOB_BROKEN;
    }
    pthread_mutex_lock(&loader->lock);
    enum lag_news news = lag_update(&loader->lag, &read, conf->replica_max_lag_sec, clock_now());
    struct lag_status status = loader->lag.status;
    publish(loader, conf);
    pthread_mutex_unlock(&loader->lock);
    tell(conf, &status, news);
    return JOB_DONE;
}

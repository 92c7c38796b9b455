/*
 * When the file is read, looked at and saved. One thread goes on for the life of the server; others help to
 * fill the zones.
 */
#include "snapshot/snapshot.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "snapshot/file.h"
#include "snapshot/restore.h"
#include "snapshot/save.h"

enum {
    LOOK_MS = 1000,
    HELPERS_MAX = 7, /* that fill the zones, beside the keeper: conf->threads in all */
    ERR_SIZE = 512,
    /* So many intervals pass before zones that have not changed are saved again, for the time in the head. */
    UNCHANGED_MAX = 12,
    SETTLE_MS = 2000, /* that changes may take to be on their way to their zones */
    SETTLE_LOOK_MS = 10,
    LOCK_WAIT_MS = 5000, /* dnsadm copies some 100 MB in a second */
};

/* What tells that something has changed. */
struct mark {
    uint32_t zones, loaded;
    uint64_t rows, bytes, loads;
};

/* Which file it was. */
struct identity {
    dev_t dev;
    ino_t ino;
    struct timespec modified;
};

struct snapshot {
    const struct conf *conf;
    const char *path; /* of conf */
    struct store *store;
    struct loader *loader;
    struct snapshot_file file;
    struct restore restore;
    struct feed_restored restored_from;
    struct snapshot_head head; /* of the file that was used */
    bool used;
    pthread_t keeper, helpers[HELPERS_MAX];
    bool started;
    _Atomic bool stopping, restored;

    pthread_mutex_t lock; /* guards feed; stopping's changes */
    pthread_cond_t wake;
    struct feed *feed;

    /* The keeper's own; the main thread's before and after it. */
    struct feed_place place; /* to be saved with the zones; binlog_file "" = none */
    struct identity seen;    /* the file as we read or wrote it */
    struct mark saved;
    bool ever_saved, told_failure;
    unsigned unchanged;           /* intervals without a change */
    uint32_t saved_away_from_sec; /* store.away_from_sec then; 0 = the database was there */
    struct instant next_save;
};

static int64_t now_sec(void)
{
    return (int64_t)time(NULL);
}

static struct identity identity_of(const struct stat *stat)
{
    return (struct identity){stat->st_dev, stat->st_ino, stat->st_mtim};
}

static struct identity identify(const char *path)
{
    struct stat stat_of;
    return stat(path, &stat_of) == 0 ? identity_of(&stat_of) : (struct identity){0};
}

static struct identity identify_fd(int fd)
{
    struct stat stat_of;
    return fstat(fd, &stat_of) == 0 ? identity_of(&stat_of) : (struct identity){0};
}

static bool same_file(const struct identity *a, const struct identity *b)
{
    return a->dev == b->dev && a->ino == b->ino && a->modified.tv_sec == b->modified.tv_sec &&
           a->modified.tv_nsec == b->modified.tv_nsec;
}

static uint32_t away_from_sec(const struct snapshot *snapshot)
{
    return atomic_load_explicit(&snapshot->store->away_from_sec, memory_order_relaxed);
}

/* --- start ------------------------------------------------------------------------------------- */

static bool open_file(struct snapshot *snapshot, char *err, size_t cap)
{
    uint8_t conf[DIGEST_LEN];

    if (!file_open(&snapshot->file, snapshot->path, err, cap)) {
        return false;
    }
    snapshot_conf_digest(conf, snapshot->conf);
    if (memcmp(conf, snapshot->file.head.conf, DIGEST_LEN) != 0) {
        snprintf(err, cap,
                 "was saved with another configuration (database, tables, conditions, "
                 "txt-format or ignore-minimum)");
        return false;
    }
    return file_read_list(&snapshot->file, err, cap);
}

static void host(struct snapshot *snapshot)
{
    const struct snapshot_head *head = &snapshot->file.head;
    int64_t wall_sec = now_sec();
    char when[64] = "";
    struct tm saved;

    if (gmtime_r(&(time_t){(time_t)head->saved_at}, &saved) != NULL) {
        (void)strftime(when, sizeof when, "%Y-%m-%d %H:%M:%S UTC", &saved);
    }
    snapshot->restore =
        (struct restore){.file = &snapshot->file, .store = snapshot->store, .conf = snapshot->conf};
    restore_host(&snapshot->restore, wall_sec);
    snapshot->used = true;
    snapshot->restored_from =
        (struct feed_restored){.known = head->place.position.binlog_file[0] != '\0',
                               .place = head->place,
                               .since = snapshot->restore.begun};
    snapshot->head = *head;
    snapshot->saved_away_from_sec = away_from_sec(snapshot);
    log_info("snapshot: %u zones from %s, saved %s", snapshot->restore.hosted, snapshot->path,
             when);
    if (snapshot->restore.struck > 0) {
        log_warning("snapshot: %u zones were struck from %s by hand and are not hosted",
                    snapshot->restore.struck, snapshot->path);
    }
    if (!restore_age(head, wall_sec).known) {
        log_warning(
            "snapshot: %s was saved in the future (%s), so its age is not known: what is in "
            "it counts as older than stale-limit",
            snapshot->path, when);
    }
}

struct snapshot *snapshot_open(const struct conf *conf, struct store *store)
{
    char err[ERR_SIZE];

    if (conf->snapshot_file == NULL) {
        return NULL;
    }
    struct snapshot *snapshot = alloc_zero(1, sizeof *snapshot);
    pthread_condattr_t monotonic;
    snapshot->conf = conf;
    snapshot->path = conf->snapshot_file;
    snapshot->store = store;
    pthread_mutex_init(&snapshot->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&snapshot->wake, &monotonic);
    pthread_condattr_destroy(&monotonic);
    snapshot->seen = identify(snapshot->path);
    if (open_file(snapshot, err, sizeof err)) {
        host(snapshot);
    } else {
        file_close(&snapshot->file);
        if (err[0] != '\0') {
            log_warning("snapshot: %s %s: it is not used", snapshot->path, err);
        }
    }
    atomic_store(&snapshot->restored, !snapshot->used);
    return snapshot;
}

/* --- filling ----------------------------------------------------------------------------------- */

static void push_empty(struct hosted *hosted, void *context)
{
    struct octets_out *ids = context;
    if (hosted->state == LOAD_IDLE &&
        (hosted->loaded_at.ns == 0 ||
         atomic_load_explicit(&hosted->zone->read_ns, memory_order_relaxed) == 0)) {
        out_octets(ids, &hosted->zone->id, sizeof hosted->zone->id);
    }
}

/* Zones that the file had nothing of, or a change was on its way to, wait for the database like those of a first list. */
static void want_rest(struct snapshot *snapshot)
{
    struct octets_out ids = {0};

    if (!snapshot->conf->preload) {
        return;
    }
    pthread_mutex_lock(&snapshot->store->lock);
    store_each(snapshot->store, push_empty, &ids);
    pthread_mutex_unlock(&snapshot->store->lock);
    loader_want_zones(snapshot->loader, (const uint32_t *)(const void *)ids.octets,
                      ids.len / sizeof(uint32_t));
    free(ids.octets);
}

static void *help(void *context)
{
    struct snapshot *snapshot = context;
    restore_fill(&snapshot->restore);
    return NULL;
}

static void fill(struct snapshot *snapshot)
{
    struct restore *restore = &snapshot->restore;
    struct instant begun = clock_now();
    unsigned helpers = 0;

    while (helpers < HELPERS_MAX && helpers + 1 < snapshot->conf->threads &&
           helpers + 1 < restore->file->head.blocks &&
           pthread_create(&snapshot->helpers[helpers], NULL, help, snapshot) == 0) {
        helpers++;
    }
    restore_fill(restore);
    for (unsigned i = 0; i < helpers; i++) {
        pthread_join(snapshot->helpers[i], NULL);
    }
    if (!atomic_load(&restore->stopping)) {
        uint32_t loaded = atomic_load(&restore->loaded), damaged = atomic_load(&restore->damaged);
        if (damaged > 0) {
            log_warning("snapshot: %s is damaged: %u zones of %u are left to the database",
                        snapshot->path, damaged, restore->hosted);
        }
        log_info("snapshot: %u zones in memory after %lld ms", loaded,
                 (long long)instant_diff_ms(clock_now(), begun));
        want_rest(snapshot);
    }
    restore_release(restore);
    file_close(&snapshot->file);
    atomic_store(&snapshot->restored, true);
    loader_tell_complete(snapshot->loader);
}

/* --- the clock --------------------------------------------------------------------------------- */

/*
 * A machine without a clock of its own learns the time when it is up, and so how old the file is. Until the
 * database has been there, that is looked at again.
 */
static void look_at_clock(struct snapshot *snapshot)
{
    uint32_t from_sec = snapshot->saved_away_from_sec;

    if (!snapshot->used || snapshot->ever_saved || away_from_sec(snapshot) != from_sec) {
        return;
    }
    uint32_t to_sec = restore_away_from_again(&snapshot->head, now_sec(), clock_now(), from_sec);
    if (to_sec != from_sec && loader_correct_away(snapshot->loader, from_sec, to_sec)) {
        snapshot->saved_away_from_sec = to_sec;
        log_warning("snapshot: the clock was set: the database was last there %u s ago",
                    store_away_sec(snapshot->store, instant_sec(clock_now())));
    }
}

/* --- zones struck from the file ---------------------------------------------------------------- */

/* The database being away: drop what somebody has struck from the file since we saw it last. */
static void drop_struck(struct snapshot *snapshot)
{
    struct identity identity = identify(snapshot->path);
    struct snapshot_file file;
    struct zone_entry entry;
    char err[ERR_SIZE], origin[NAME_TEXT_SIZE];

    if (same_file(&identity, &snapshot->seen)) {
        return;
    }
    snapshot->seen = identity;
    if (!file_open(&file, snapshot->path, err, sizeof err) ||
        !file_read_list(&file, err, sizeof err)) {
        if (err[0] != '\0') {
            log_warning("snapshot: %s %s: what was struck from it is not known", snapshot->path,
                        err);
        }
        file_close(&file);
        return;
    }
    file_first_zone(&file);
    for (uint32_t i = 0; i < file.head.zones; i++) {
        file_next_zone(&file, &entry);
        if (!(entry.flags & ENTRY_STRUCK)) {
            continue;
        }
        if (loader_drop(snapshot->loader, &entry.origin)) {
            log_warning("zone %s was struck from %s: it is no longer hosted, until the database "
                        "is back",
                        name_to_text(origin, entry.origin.octets), snapshot->path);
        }
    }
    file_close(&file);
    quiesce_collect();
}

/* --- saving ------------------------------------------------------------------------------------ */

static struct mark mark_now(struct snapshot *snapshot)
{
    struct loader_status status;

    loader_status(snapshot->loader, &status);
    return (struct mark){status.zones, status.loaded, status.rows, status.bytes, status.loads};
}

static bool same_mark(const struct mark *a, const struct mark *b)
{
    return a->zones == b->zones && a->loaded == b->loaded && a->rows == b->rows &&
           a->bytes == b->bytes && a->loads == b->loads;
}

static bool is_away(const struct snapshot *snapshot)
{
    return atomic_load_explicit(&snapshot->store->database_away, memory_order_relaxed);
}

/* Was the database there at any time since the last save? Else the file holds what we have. */
static bool was_there(const struct snapshot *snapshot)
{
    return !is_away(snapshot) || away_from_sec(snapshot) != snapshot->saved_away_from_sec;
}

/*
 * The position the zones in memory have reached, into snapshot->place: what the feed has told up to
 * there is in them, or known as waiting for them.
 */
static void find_place(struct snapshot *snapshot)
{
    snapshot->place = (struct feed_place){0};
    pthread_mutex_lock(&snapshot->lock);
    bool known = snapshot->feed != NULL && feed_place(snapshot->feed, &snapshot->place);
    pthread_mutex_unlock(&snapshot->lock);
    for (unsigned ms = 0; known && !loader_is_settled(snapshot->loader); ms += SETTLE_LOOK_MS) {
        struct timespec pause = {0, SETTLE_LOOK_MS * 1000000L};
        known = ms < SETTLE_MS;
        (void)clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, NULL);
    }
    if (!known) {
        snapshot->place = (struct feed_place){0};
    }
}

/* Write and replace; the file in place is held against dnsadm. */
static bool write_file(struct snapshot *snapshot, struct save_result *result, char *err, size_t cap)
{
    struct snapshot_head head = {.saved_at = now_sec(), .place = snapshot->place};

    head.there_at = head.saved_at - store_away_sec(snapshot->store, instant_sec(clock_now()));
    snapshot_conf_digest(head.conf, snapshot->conf);
    int fd = file_create_new(snapshot->path, err, cap);
    if (fd < 0) {
        return false;
    }
    bool good = save_zones(fd, snapshot->store, &head, NULL, result, err, cap);
    loader_served(snapshot->loader,
                  &head.served); /* now, so that it is no less than what was saved */
    good = good && save_head(fd, &head, err, cap);
    if (good) {
        good = file_replace(snapshot->path, fd, err, cap);
        /* Not what is at the path by now: that may be struck already. */
        snapshot->seen = good ? identify_fd(fd) : snapshot->seen;
    } else {
        file_forget_new(snapshot->path);
    }
    close(fd);
    return good;
}

static void save(struct snapshot *snapshot, bool last)
{
    struct save_result result;
    char err[ERR_SIZE];
    uint32_t away = away_from_sec(snapshot);
    struct mark mark = snapshot->saved;

    int held = file_lock(snapshot->path, LOCK_WAIT_MS, err, sizeof err);
    if (is_away(snapshot)) {
        drop_struck(snapshot);
    }
    if (!last) {
        mark = mark_now(snapshot);
    }
    if (held != FILE_LOCK_HELD && write_file(snapshot, &result, err, sizeof err)) {
        snapshot->saved_away_from_sec = away;
        snapshot->saved = mark;
        (last || !snapshot->ever_saved ? log_info : log_debug)(
            "snapshot: %u zones, %llu rows saved to %s, %llu octets, in %lld ms", result.zones,
            (unsigned long long)result.rows, snapshot->path, (unsigned long long)result.octets,
            (long long)result.took_ms);
        snapshot->ever_saved = true;
        snapshot->told_failure = false;
    } else if (!snapshot->told_failure) {
        log_error("snapshot: %s %s; what was saved before stays", snapshot->path, err);
        snapshot->told_failure = true;
    }
    if (held >= 0) {
        close(held);
    }
    snapshot->unchanged = 0;
    snapshot->next_save =
        instant_after_ms(clock_now(), (int64_t)snapshot->conf->snapshot_interval_sec * 1000);
}

/* Once a second: is it time to save? */
static void save_if_due(struct snapshot *snapshot, struct mark *before)
{
    struct mark now = mark_now(snapshot);
    bool loading = !same_mark(&now, before), complete = atomic_load(&snapshot->store->complete);

    *before = now;
    if (!complete || !was_there(snapshot)) {
        return;
    }
    bool early = clock_now().ns < snapshot->next_save.ns;
    if (early && (snapshot->ever_saved || loading)) {
        return; /* the first time it is early enough when the first load is over */
    }
    if (snapshot->ever_saved && same_mark(&now, &snapshot->saved) &&
        ++snapshot->unchanged < UNCHANGED_MAX) {
        snapshot->next_save =
            instant_after_ms(clock_now(), (int64_t)snapshot->conf->snapshot_interval_sec * 1000);
        return;
    }
    find_place(snapshot);
    save(snapshot, false);
}

/* --- the keeper -------------------------------------------------------------------------------- */

/* Wait until the next look. False: stop. */
static bool wait_to_look(struct snapshot *snapshot)
{
    struct timespec until;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += LOOK_MS / 1000;
    pthread_mutex_lock(&snapshot->lock);
    while (!atomic_load(&snapshot->stopping) &&
           pthread_cond_timedwait(&snapshot->wake, &snapshot->lock, &until) == 0) {
    }
    pthread_mutex_unlock(&snapshot->lock);
    return !atomic_load(&snapshot->stopping);
}

static void *keep(void *context)
{
    struct snapshot *snapshot = context;
    struct mark before = {0};

    snapshot->next_save =
        instant_after_ms(clock_now(), (int64_t)snapshot->conf->snapshot_interval_sec * 1000);
    if (snapshot->used) {
        fill(snapshot);
    }
    while (wait_to_look(snapshot)) {
        if (is_away(snapshot)) {
            look_at_clock(snapshot);
            drop_struck(snapshot);
        }
        save_if_due(snapshot, &before);
    }
    return NULL;
}

/* --- life -------------------------------------------------------------------------------------- */

void snapshot_start(struct snapshot *snapshot, struct loader *loader)
{
    if (snapshot == NULL) {
        return;
    }
    snapshot->loader = loader;
    snapshot->restore.loader = loader;
    snapshot->restore.asked = loader_take_asked;
    if (pthread_create(&snapshot->keeper, NULL, keep, snapshot) != 0) {
        abort(); /* out of threads or memory at start */
    }
    snapshot->started = true;
}

void snapshot_set_feed(struct snapshot *snapshot, struct feed *feed)
{
    if (snapshot == NULL) {
        return;
    }
    pthread_mutex_lock(&snapshot->lock);
    snapshot->feed = feed;
    pthread_mutex_unlock(&snapshot->lock);
}

bool snapshot_is_restored(struct snapshot *snapshot)
{
    return snapshot == NULL || atomic_load(&snapshot->restored);
}

const struct feed_restored *snapshot_restored(const struct snapshot *snapshot)
{
    return snapshot != NULL && snapshot->used ? &snapshot->restored_from : NULL;
}

const struct db_position *snapshot_served(const struct snapshot *snapshot)
{
    return snapshot != NULL && snapshot->used ? &snapshot->head.served : NULL;
}

void snapshot_end(struct snapshot *snapshot)
{
    if (snapshot == NULL || !snapshot->started) {
        if (snapshot != NULL) {
            snapshot->used = false; /* nothing was filled: the file stays as it is */
        }
        return;
    }
    atomic_store(&snapshot->restore.stopping, true);
    bool whole = atomic_load(&snapshot->restored);
    pthread_mutex_lock(&snapshot->lock);
    atomic_store(&snapshot->stopping, true);
    pthread_cond_broadcast(&snapshot->wake);
    pthread_mutex_unlock(&snapshot->lock);
    pthread_join(snapshot->keeper, NULL);
    find_place(snapshot);
    snapshot_set_feed(snapshot, NULL);
    /* What is half read from the file must not replace it. */
    snapshot->used = whole && atomic_load(&snapshot->store->complete) && was_there(snapshot);
    snapshot->started = false;
}

void snapshot_close(struct snapshot *snapshot)
{
    if (snapshot == NULL) {
        return;
    }
    if (snapshot->used) {
        save(snapshot, true);
    }
    file_close(&snapshot->file);
    pthread_mutex_destroy(&snapshot->lock);
    pthread_cond_destroy(&snapshot->wake);
    free(snapshot);
}

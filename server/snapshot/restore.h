/*
 * From a snapshot file to the store. Private to the room, but for tests and fuzzing.
 *
 *     restore_host(): origins, one thread, before any loader    restore_fill(): contents, any number of threads
 */
#pragma once

#include <stdatomic.h>

#include "base/quiesce.h"
#include "load/loader.h"
#include "snapshot/file.h"

/* How old the file is. */
struct restore_age {
    bool known;        /* not known: the clock says that it was saved in the future */
    int64_t saved_sec; /* ago; 0 when not known */
    int64_t there_sec; /* the database was last there so long ago */
};
/* A clock this far behind is set a little wrong; further, and nothing is known. */
enum { RESTORE_CLOCK_SLACK_SEC = 300 };
struct restore_age restore_age(const struct snapshot_head *head, int64_t wall_sec) NONNULL;
/*
 * When the database was last there, for store.away_from_sec, at WALL_SEC (since 1970) and NOW,
 * which are the same moment. Longer ago than any stale-limit when that is not known.
 */
uint32_t restore_away_from(const struct snapshot_head *head, int64_t wall_sec,
                           struct instant now) NONNULL;

/*
 * The same some time later, when FROM_SEC was told: as it is, unless the clock was set meanwhile. A
 * clock by which the file is of the future says nothing.
 */
uint32_t restore_away_from_again(const struct snapshot_head *head, int64_t wall_sec,
                                 struct instant now, uint32_t from_sec) NONNULL;

struct restore {
    struct snapshot_file *file;
    struct store *store;
    const struct conf *conf;
    struct loader *loader; /* told of zones that somebody waits for; NULL = nobody does */
    /* The next zone that somebody waits for, its block is read first; may be NULL: loader_take_asked. */
    bool (*asked)(struct loader *loader, uint32_t *id);
    struct stamp *stamp; /* given: refs held by the zones and by us */
    struct instant
        begun; /* when zones count as read, for a feed that goes on at the file's position */
    uint32_t hosted, struck;
    _Atomic uint32_t next;                     /* block to read, unless */
    _Atomic bool *claimed;                     /* it was read before the others; given */
    _Atomic uint32_t loaded, damaged, refused; /* zones */
    _Atomic bool stopping;
};

/*
 * Host every zone of FILE's list, none of them loaded yet, and say when the database was last there, being
 * WALL_SEC since 1970. The struct is zeroed but for file, store, conf.
 */
void restore_host(struct restore *restore, int64_t wall_sec) NONNULL;
/* Read blocks until none is left. Zones that SQL has filled meanwhile stay as they are. */
void restore_fill(struct restore *restore) NONNULL;
void restore_release(struct restore *restore) NONNULL;

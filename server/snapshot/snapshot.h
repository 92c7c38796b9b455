/*
 * The snapshot file: all zones on disk, so that a start without the database answers at once.
 *
 *     start   snapshot_open: origins are hosted     snapshot_start: threads fill the zones, those asked for first
 *             -> the feed goes on at the file's position, or everything is verified once SQL is there
 *     life    saved when something has changed, every snapshot-interval; not while the database is away
 *     end     snapshot_stop: saved once more
 *
 * While the database is away the file is looked at every second: a zone struck from it by
 * `dnsadm snapshot-remove` is dropped from memory, too. With the database there, SQL alone counts.
 *
 * What is in the file is old: it fills zones that have had nothing yet, counts as past every age limit, and
 * stale-limit goes on from when the database was last there before the file was saved. A file that
 * is damaged, from another configuration or format, or may be written by others, is told of and left alone.
 *
 *     file.c     reading and replacing files     format.c   head and list     content.c  one zone
 *     restore.c  file -> store                   save.c     store -> file     strike.c   dnsadm's verb
 */
#pragma once

#include "feed/feed.h"

struct snapshot;

/*
 * Read head and list of conf->snapshot_file and host its zones, none of them loaded. Before any loader is
 * started. NULL without that option. All are borrowed.
 */
NODISCARD struct snapshot *snapshot_open(const struct conf *conf, struct store *store) NONNULL;
/* Start the threads, which fill the zones and save them later. */
void snapshot_start(struct snapshot *snapshot, struct loader *loader);
/* FEED, borrowed until snapshot_end, is asked for the position that is saved. Main thread, once. */
void snapshot_set_feed(struct snapshot *snapshot, struct feed *feed);
/* Are the zones of the file in memory, or is it of no use? True without SNAPSHOT. Any thread. */
bool snapshot_is_restored(struct snapshot *snapshot);
/* What the feed is to be told of that, for feed_start(). NULL: nothing was hosted from a file. */
const struct feed_restored *snapshot_restored(const struct snapshot *snapshot);

/* How far the answers were that the file was saved from, for loader_start(). NULL: as above. */
const struct db_position *snapshot_served(const struct snapshot *snapshot);

/* Before feed_stop: stop the threads, note the feed's position. */
void snapshot_end(struct snapshot *snapshot);
/* After feed_stop and loader_stop, before loader_free: save if there is something to save, and free. */
void snapshot_close(struct snapshot *snapshot);

/*
 * Strike the zone of ORIGIN (lower case) from the file at PATH. The file is replaced as one step; owner and
 * mode stay. False: ERR (capacity CAP) tells; *FOUND is false when the file has no such zone.
 */
NODISCARD bool snapshot_strike(const char *path, const struct name *origin, bool *found, char *err,
                               size_t cap) NONNULL;

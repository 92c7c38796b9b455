/*
 * From the store to a snapshot file. Private to the room, but for tests.
 *
 * Zones are copied in slices: under the store's lock the pointers to their nodes alone, a few
 * thousand of them at a time (a zone that has more: all of its own); as a reader inside quiesce
 * their octets, which nobody changes. So each zone in the file is as it was at one moment, though
 * not all at the same one, loaders wait for some milliseconds at most, and there is never more than
 * a block in memory twice.
 */
#pragma once

#include "load/loader.h"
#include "snapshot/format.h"

struct save_result {
    uint32_t zones, loaded;
    uint64_t rows, octets;
    int64_t took_ms;
};

/*
 * Save all zones of STORE into FD, which is empty: all but the head, of which what is counted here
 * is set. STOPPING (may be NULL): give up when it becomes true. False: ERR tells.
 */
NODISCARD bool save_zones(int fd, struct store *store, struct snapshot_head *head,
                          const _Atomic bool *stopping, struct save_result *result, char *err,
                          size_t cap);
/*
 * At the end: with HEAD the file is one. The caller has set conf, the times and both positions; all
 * changes up to the first one are either in the zones' content or queued as loads in the store.
 */
NODISCARD bool save_head(int fd, const struct snapshot_head *head, char *err, size_t cap);

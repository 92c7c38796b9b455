/*
 * Rows of a published zone that change together, at a cost that does not depend on the zone's size:
 * names are taken out of the zone as lists of records, changed there, checked against the limits and
 * built anew beside the zone; then each takes one pointer.
 *
 *   zone_edit_begin(&edit, zone);
 *   zone_edit_drop(&edit, &owner, id);                       any number, in order
 *   zone_edit_put(&edit, &owner, &record);
 *   if (zone_edit_prepare(&edit, &limits)) {                 the zone is as before until here
 *       zone_change_begin(zone);
 *       zone_edit_apply(&edit);                              only pointers: readers wait that long
 *       zone_change_end(zone);
 *   }
 *   zone_edit_release(&edit);
 *
 * Why in two steps: readers that meet a zone in the middle of a change answer again until it is over,
 * so what takes long (building, sorting, a larger table) is done before; and a change that would pass
 * a limit is given up while nothing has happened yet.
 *
 * From the first call to the last nobody else may change the zone.
 */
#pragma once

#include "zone/zone.h"

struct zone_edit {
    struct zone *_zone;
    struct edited_name *_names;
    size_t _count, _cap;
    uint32_t *_index; /* of _names by hash, 0 = empty, else place + 1 */
    size_t _index_size;
    struct chunk *_chunks; /* rdata put in */
    int64_t _rows;         /* more than before */
    uint64_t _digest;      /* likewise */
    uint32_t *_crowded;    /* ids of the rows at names that have, or had, an RRset too large */
    size_t _crowded_count, _crowded_cap;
};

void zone_edit_begin(struct zone_edit *edit, struct zone *zone) NONNULL;
/* Take the row ID at OWNER (absolute, lower case) out; false when there is none. */
bool zone_edit_drop(struct zone_edit *edit, const struct name *owner, uint32_t id) NONNULL;
/*
 * Put a row in; one of the same id at OWNER is replaced. As zone_build_add, but for ZONE_ADD_TOO_MANY,
 * which zone_edit_prepare finds.
 */
NODISCARD enum zone_add zone_edit_put(struct zone_edit *edit, const struct name *owner,
                                      const struct record *record) NONNULL;
/*
 * Put in the row ID as FROM, another zone of the same origin, has it at OWNER. FROM stays as it is until
 * zone_edit_release. False: it has none there.
 */
bool zone_edit_copy(struct zone_edit *edit, const struct zone *from, const struct name *owner,
                    uint32_t id) NONNULL;
/*
 * Make the new nodes, and room for them. False: a limit would be passed; of names without rows a few
 * may have been counted twice, so near that limit only building the zone whole can tell.
 */
NODISCARD bool zone_edit_prepare(struct zone_edit *edit, const struct zone_limits *limits) NONNULL;
/*
 * After zone_edit_prepare, of the names touched: which rows no message has room for; and *COUNT ids (of the
 * edit, in rising order, some twice) of rows that may have been told so before, or are now.
 */
void zone_edit_tell_left_out(const struct zone_edit *edit, zone_left_out_told *told, void *context);
const uint32_t *zone_edit_crowded(struct zone_edit *edit, size_t *count) NONNULL;
/* Once, after zone_edit_prepare. */
void zone_edit_apply(struct zone_edit *edit) NONNULL;
void zone_edit_release(struct zone_edit *edit) NONNULL;

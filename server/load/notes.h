/*
 * What changes in a zone, and shows, while it is read whole. That takes seconds where the zone is large, and
 * what is read is as old as the view it is read in. So a change told meanwhile is made in the version that
 * answers now, and noted: where its rows were and are. When the zone has been read, these rows are taken
 * over from the version that answers, so nobody sees them as they were before:
 *
 *     view of the read   t1    t2        t3  t4                      transactions of the zone
 *          |             |     |         |   |
 *          +--- read, decode, build -----------------+
 *                        v     v         v   v       |
 *     answers:  v0 ---- v0+t1 -+t2 ----- +t3 +t4 ----+---- what was read, with the rows of t1 to t4
 *
 * A row is told by its id, and found by its name, of which it may have had several; what it is comes from
 * the version that answers, which has all transactions up to the last one noted. So it does not matter
 * whether the view of the read is older or newer than a change. When it is newer than all of them,
 * nothing has to be taken over.
 *
 * Who has the right to work off changes (changes_exclude) may call these.
 */
#pragma once

#include "store/store.h"

enum {
    NOTES_MAX = 16384, /* in all: some 1 MB, taken over in some 50 ms. Past it changes wait */
};

struct note {
    uint32_t id, off; /* off: of its owner in `octets` */
    uint8_t len;
};

/* Of one zone. */
struct notes {
    struct notes *next;
    const struct hosted *hosted; /* borrowed: a load of it is under way */
    struct stamp *base; /* of what answered before the first change; a reference, NULL = none */
    bool soa;           /* its soa row has changed, too */
    struct note *items;
    size_t count, cap;
    uint8_t *octets;
    size_t octets_len, octets_cap;
    uint32_t *_index; /* of items, by id and owner: 0 = empty, else place + 1 */
    size_t _index_size;
};

/* Those of HOSTED in LIST, or NULL. */
struct notes *notes_find(struct notes *list, const struct hosted *hosted);
/* The same; made when there are none. The store's lock is held. */
struct notes *notes_begin(struct notes **list, const struct hosted *hosted) NONNULL;
/* How many there are in LIST. */
size_t notes_count(const struct notes *list);
/* The row ID was, or is, at OWNER (lower case). */
void notes_add(struct notes *notes, uint32_t id, const struct name *owner) NONNULL;
/* Take NOTES out of LIST and free them. The store's lock is held. */
void notes_end(struct notes **list, struct notes *notes) NONNULL;
/* From now on STAMP is what answered before the changes. The store's lock is held. */
void notes_rebase(struct notes *notes, struct stamp *stamp) NONNULL;
/* The ids noted, in rising order, each once (given); *COUNT of them. */
NODISCARD uint32_t *notes_ids(const struct notes *notes, size_t *count) NONNULL;
/*
 * Make the rows noted in CONTENT, built for the origin of LIVE, what they are in LIVE. *IDS (given, in
 * rising order), *COUNT: what is told of these rows is what is told of them in LIVE: those noted, and
 * those beside them that may have no room in a message. False: it would pass LIMITS; CONTENT is as it was.
 */
NODISCARD bool notes_take_over(const struct notes *notes, const struct zone *live,
                               struct zone_content *content, const struct zone_limits *limits,
                               uint32_t **ids, size_t *count) NONNULL;

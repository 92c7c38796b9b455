/*
 * Where a lost stream may go on. The place we reached is worth something only on the same server
 * (@@server_uid) with the same history up to there: after a RESET MASTER whose log has grown again,
 * the server accepts the old place, or the old GTID, silently, and changes would be lost. So it is asked
 * for its GTIDs at our place (BINLOG_GTID_POS), which have to be those we heard. Any doubt: a new
 * position, and all is verified.
 *
 * What was told last may not be visible to others yet (with semi-synchronous replication for seconds), and
 * without the stream nobody knows when a snapshot has it. So its end is told when all was read; if that cannot
 * be waited for, the place is worth nothing.
 *
 * A stream that breaks again at the place where it broke before, and not because the connection was lost,
 * would break there for ever (LOAD DATA in STATEMENT format is an event the library cannot read).
 */
#include <string.h>

#include "base/log.h"
#include "feed/feed_private.h"

enum { SETTLE_MS = 12000, SETTLE_PAUSE_MS = 5 }; /* rpl_semi_sync_master_timeout is 10 s */

static uint64_t mix(uint64_t mark, const void *octets, size_t len)
{
    const uint8_t *at = octets;
    for (size_t i = 0; i < len; i++) { /* FNV-1a */
        mark = (mark ^ at[i]) * UINT64_C(0x100000001b3);
    }
    return mark;
}

/* Rows of before an ALTER TABLE cannot be read by where columns stand now. */
uint64_t resume_layout(const struct db_layout *layout)
{
    const struct db_table *tables[] = {&layout->soa, &layout->rr};
    const struct db_places *places[] = {&layout->soa_places, &layout->rr_places};
    uint64_t mark = UINT64_C(0xcbf29ce484222325);

    for (size_t i = 0; i < ARRAY_LEN(tables); i++) {
        mark = mix(mark, tables[i]->schema, strlen(tables[i]->schema) + 1);
        mark = mix(mark, tables[i]->name, strlen(tables[i]->name) + 1);
        mark = mix(mark, places[i], sizeof *places[i]);
    }
    return mark;
}

/* Why the stream cannot go on at feed->done; NULL: it can. */
static const char *find_doubt(struct feed *feed, const struct db_position *now)
{
    const struct place *done = &feed->done;
    char gtid[GTID_LIST_SIZE];

    if (strcmp(done->server_uid, now->server_uid) != 0) {
        return "it is another server";
    }
    if (done->arrivals != feed->arrivals) {
        return "another server was read meanwhile";
    }
    if (done->layout != resume_layout(&feed->layout)) {
        return "the tables have changed";
    }
    if (done->gtid[0] == '\0') { /* so it is at the beginning of every history */
        return "no transaction is known to compare";
    }
    if (db_rows_gtid_at(feed->rows, done->file, done->pos, gtid, sizeof gtid) != DB_OK) {
        return "the server cannot tell what was there";
    }
    return gtid_list_equal(gtid, done->gtid) ? NULL
                                             : "another transaction, or none, ends there now";
}

bool resume_from_done(struct feed *feed, const struct db_position *now)
{
    const struct place *done = &feed->done;

    if (!done->valid) {
        return false;
    }
    const char *doubt = find_doubt(feed, now);
    if (doubt != NULL) {
        log_info("change feed: the stream does not go on at %s:%llu, all is verified: %s",
                 done->file, (unsigned long long)done->pos, doubt);
        return false;
    }
    memcpy(feed->server_uid, done->server_uid, sizeof feed->server_uid);
    memcpy(feed->file, done->file, sizeof feed->file);
    feed->pos = done->pos;
    feed->goal = *now;
    return true;
}

void resume_settle(struct feed *feed)
{
    struct instant until = instant_after_ms(clock_now(), SETTLE_MS);

    while (!loader_is_settled(feed->loader)) {
        if (clock_now().ns >= until.ns ||
            atomic_load_explicit(&feed->store->database_away, memory_order_relaxed) ||
            !feed_pause(feed, SETTLE_PAUSE_MS)) {
            feed_forget_place(feed);
            return;
        }
        (void)feed_take_probe(feed); /* the stream is opened anew in any case */
    }
}

void resume_note_end(struct feed *feed, enum db_error kind)
{
    if (kind == DB_OK || kind == DB_AWAY) {
        return;
    }
    if (feed->stuck.valid && strcmp(feed->stuck.file, feed->done.file) == 0 &&
        feed->stuck.pos == feed->done.pos) {
        log_warning("change feed: what follows %s:%llu in the binlog cannot be read, it is passed "
                    "over and all is verified",
                    feed->done.file, (unsigned long long)feed->done.pos);
        feed_forget_place(feed);
    }
    feed->stuck = feed->done;
}

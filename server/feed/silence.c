/*
 * Silence in the stream that means something. Looked for with the heartbeats alone, which the server
 * sends when it has nothing else to say, so that nothing is on its way.
 */
#include <string.h>

#include "base/log.h"
#include "feed/feed_private.h"

enum {
    DEAF_BEATS = 2,
    /* As many heartbeats may come at once, with what follows them, when the line has been held up. */
    LATE_BEATS = 5,
    DEAF_IN_VAIN_MAX = 3,
    LOOK_SHARE =
        10, /* of our time; a look at a far server takes a second, and changes wait for it */
};

/* Is the last transaction heard of the last one of its domain at NOW? */
static bool is_in_step(const struct feed *feed, struct db_position *now)
{
    gtid_list_cut(now->gtid);
    return feed->last_gtid[0] != '\0' ? gtid_list_has(now->gtid, feed->last_gtid)
                                      : strcmp(now->gtid, feed->start_gtid) == 0;
}

/*
 * Not in step, again and again, with nothing heard meanwhile: the server's log goes on somewhere
 * else. So it is after a RESET MASTER: the file we read is gone, and its name belongs to another
 * one. What lies behind our place may be on its way, though, so that takes longer. When new streams
 * hear nothing either, the GTIDs are not what we take them for and no longer believed.
 */
static bool is_log_elsewhere(struct feed *feed, struct db_position *now)
{
    struct silence *silence = &feed->silence;

    if (silence->deaf_in_vain >= DEAF_IN_VAIN_MAX) {
        return false;
    }
    bool in_step = is_in_step(feed, now);
    bool ahead = db_binlog_before(feed->file, feed->pos, now->binlog_file, now->binlog_pos);
    if (in_step || ++silence->deaf_beats < (ahead ? LATE_BEATS : DEAF_BEATS)) {
        silence->deaf_beats = in_step ? 0 : silence->deaf_beats;
        return false;
    }
    silence->deaf_in_vain++;
    return true;
}

/* Written since the last look, going by UPDATE_TIME? Unknown now: as it was. */
static bool is_written(uint64_t was_sec, uint64_t is_sec)
{
    return is_sec != 0 && is_sec != was_sec;
}

/* What has just been written may be logged and on its way to us, from a far server for some time. */
static bool is_on_its_way(struct feed *feed)
{
    struct db_position after;
    return feed->silence.deaf_in_vain < DEAF_IN_VAIN_MAX &&
           (db_rows_now(feed->rows, &after) != DB_OK || !is_in_step(feed, &after));
}

/*
 * The tables were written and the log tells nothing of it: sql_log_bin = 0, binlog_do_db and the like, a
 * cascading foreign key.
 */
static void look_for_unlogged(struct feed *feed, const struct db_look *look)
{
    struct silence *silence = &feed->silence;
    bool written =
        is_written(silence->soa_sec, look->soa_sec) || is_written(silence->rr_sec, look->rr_sec);

    if (written && !silence->heard) {
        if (is_on_its_way(feed)) {
            return; /* the next look will find it heard, or not */
        }
        if (!silence->told) {
            log_warning("change feed: the tables change and the binlog does not tell it "
                        "(sql_log_bin = 0? binlog_do_db?): all is verified, each time");
            silence->told = true;
        }
        feed->verify.wanted = feed->verify.unsure = true;
        verify_step(feed);
    }
    silence->heard = false;
    silence->soa_sec = look->soa_sec != 0 ? look->soa_sec : silence->soa_sec;
    silence->rr_sec = look->rr_sec != 0 ? look->rr_sec : silence->rr_sec;
}

void silence_begin(struct feed *feed, const struct db_look *look)
{
    struct silence *silence = &feed->silence;

    silence->deaf_beats = 0;
    silence->heard = false;
    silence->next_look = (struct instant){0};
    silence->soa_sec = look->soa_sec;
    silence->rr_sec = look->rr_sec;
}

bool silence_is_deaf(struct feed *feed)
{
    struct db_look look;
    char reason[256];
    struct instant begun = clock_now();

    if (begun.ns < feed->silence.next_look.ns) {
        return false;
    }
    if (feed->rows == NULL && !reader_open(feed, reason, sizeof reason)) {
        return false;
    }
    if (db_rows_look(feed->rows, &look) != DB_OK) {
        reader_close(feed); /* the stream itself tells when the database is away */
        return false;
    }
    look_for_unlogged(feed, &look);
    struct instant end = clock_now();
    feed->silence.next_look = instant_after_ms(end, instant_diff_ms(end, begun) * LOOK_SHARE);
    return is_log_elsewhere(feed, &look.position);
}

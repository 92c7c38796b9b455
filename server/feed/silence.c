/*
 * Silence in the stream that means something. Looked for with the heartbeats alone, which the server
 * sends when it has nothing else to say, so that nothing is on its way.
 */
#include <string.h>

#include "base/log.h"
#include "feed/feed_private.h"

enum { DEAF_BEATS = 2, DEAF_IN_VAIN_MAX = 3 };

/*
 * Is the last transaction heard of the server's last one of its domain? If not, twice in a row, the
 * server's log goes on somewhere else. So it is after a RESET MASTER: the file we read is gone, and its
 * name belongs to another one. When new streams hear nothing either, the GTIDs are not what we take
 * them for and no longer believed.
 */
static bool is_log_elsewhere(struct feed *feed, struct db_position *now)
{
    struct silence *silence = &feed->silence;

    if (silence->deaf_in_vain >= DEAF_IN_VAIN_MAX) {
        return false;
    }
    gtid_list_cut(now->gtid);
    bool in_step = feed->last_gtid[0] != '\0' ? gtid_list_has(now->gtid, feed->last_gtid)
                                              : strcmp(now->gtid, feed->start_gtid) == 0;
    if (in_step || ++silence->deaf_beats < DEAF_BEATS) {
        silence->deaf_beats = in_step ? 0 : silence->deaf_beats;
        return false;
    }
    silence->deaf_in_vain++;
    return true;
}

/* Written since the last look, going by UPDATE_TIME? Unknown now: as it was. */
static bool is_written(uint64_t *was_sec, uint64_t is_sec)
{
    bool written = is_sec != 0 && is_sec != *was_sec;
    *was_sec = is_sec != 0 ? is_sec : *was_sec;
    return written;
}

/*
 * The tables were written and the log tells nothing of it: sql_log_bin = 0, binlog_do_db and the like, a
 * cascading foreign key.
 */
static void look_for_unlogged(struct feed *feed, const struct db_look *look)
{
    struct silence *silence = &feed->silence;
    bool soa = is_written(&silence->soa_sec, look->soa_sec);
    bool rr = is_written(&silence->rr_sec, look->rr_sec);

    if ((soa || rr) && !silence->heard) {
        if (!silence->told) {
            log_warning("change feed: the tables change and the binlog does not tell it "
                        "(sql_log_bin = 0? binlog_do_db?): all is verified, each time");
            silence->told = true;
        }
        feed->verify.wanted = true;
        verify_step(feed);
    }
    silence->heard = false;
}

void silence_begin(struct feed *feed, const struct db_look *look)
{
    struct silence *silence = &feed->silence;

    silence->deaf_beats = 0;
    silence->heard = false;
    silence->soa_sec = look->soa_sec;
    silence->rr_sec = look->rr_sec;
}

bool silence_is_deaf(struct feed *feed)
{
    struct db_look look;
    char reason[256];

    if (feed->rows == NULL && !reader_open(feed, reason, sizeof reason)) {
        return false;
    }
    if (db_rows_look(feed->rows, &look) != DB_OK) {
        reader_close(feed); /* the stream itself tells when the database is away */
        return false;
    }
    look_for_unlogged(feed, &look);
    return is_log_elsewhere(feed, &look.position);
}

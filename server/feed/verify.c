/*
 * Having everything read again, when what changed is not known in detail. It takes at most a part of the
 * time, so that a server whose log is all text (binlog_format = MIXED, as Debian has it) is not read over and
 * over; but comes soon enough in any case. What is read while vanish protection holds waits for the
 * locks of who fills the tables, which is no measure of the price: the pause is short then.
 */
#include "feed/feed_private.h"

enum {
    VERIFY_SHARE = 20,
    VERIFY_PAUSE_MAX_MS = 60 * 1000,
    VERIFY_HELD_PAUSE_MS = 2000,
    VERIFY_LOOK_MS = 100,
};

void verify_step(struct feed *feed)
{
    struct verify *verify = &feed->verify;
    struct instant now = clock_now();

    if (verify->running) {
        struct loader_status status;
        if (instant_diff_ms(now, verify->looked) < VERIFY_LOOK_MS) {
            return;
        }
        verify->looked = now;
        loader_status(feed->loader, &status);
        /* Zones that are asked for may wait without a pause: they are not what was wanted. */
        bool over = status.rested_at.ns > verify->begun.ns;
        if (!over && status.background) {
            return;
        }
        /* We may have looked again long after the end. Else there was nothing to read. */
        struct instant end = over ? status.rested_at : verify->begun;
        int64_t pause_ms = instant_diff_ms(end, verify->begun) * (VERIFY_SHARE - 1);
        int64_t most_ms =
            verify->held || status.vanish.holding || status.vanish.holds != verify->holds
                ? VERIFY_HELD_PAUSE_MS
                : VERIFY_PAUSE_MAX_MS;
        pause_ms = pause_ms > most_ms ? most_ms : pause_ms;
        verify->next = instant_after_ms(end, pause_ms);
        verify->running = false;
    }
    if (verify->wanted && now.ns >= verify->next.ns) {
        struct loader_change all = {.all = true,
                                    .same_rows = !verify->unsure,
                                    .server_uid = feed->server_uid,
                                    .file = feed->file,
                                    .pos = feed->pos};
        struct loader_status status;
        loader_status(feed->loader, &status);
        verify->held = status.vanish.holding;
        verify->holds = status.vanish.holds;
        verify->wanted = verify->unsure = false;
        verify->running = true;
        pthread_mutex_lock(&feed->lock);
        feed->status.verifications++;
        pthread_mutex_unlock(&feed->lock);
        loader_changed(feed->loader, &all);
        verify->begun = clock_now(); /* all of it waits now */
    }
}

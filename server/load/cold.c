#include "load/cold.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

enum {
    CLOSE_IDS = 8, /* one range of the tables' keys covers them (id_list.c) */
    NS_PER_MS = 1000000,
    LEAST_CAP = 64,
};

void cold_init(struct cold *cold)
{
    memset(cold, 0, sizeof *cold);
}

void cold_release(struct cold *cold)
{
    free(cold->_zones);
    cold_init(cold);
}

size_t cold_waiting(const struct cold *cold)
{
    return cold->_count - cold->_first;
}

void cold_push(struct cold *cold, uint32_t id, struct instant now)
{
    size_t waiting = cold_waiting(cold);

    if (waiting == 0) {
        cold->_first = cold->_count = 0;
    } else if (cold->_count == cold->_cap && cold->_first > cold->_cap / 2) {
        memmove(cold->_zones, cold->_zones + cold->_first, waiting * sizeof *cold->_zones);
        cold->_first = 0;
        cold->_count = waiting;
    }
    if (cold->_count == cold->_cap) {
        cold->_cap = cold->_cap == 0 ? LEAST_CAP : cold->_cap * 2;
        cold->_zones = alloc_resize(cold->_zones, cold->_cap, sizeof *cold->_zones);
    }
    cold->_zones[cold->_count++] = (struct cold_zone){id, now};
}

/* --- how much time --- */

/* Nanoseconds of a loader's time that become free in a millisecond. */
static int64_t income_ns(unsigned loaders)
{
    return (int64_t)(loaders > 0 ? loaders : 1) * NS_PER_MS * COLD_SHARE_PERCENT / 100;
}

static void fill(struct cold *cold, unsigned loaders, struct instant now)
{
    const int64_t most_ns = (int64_t)COLD_BURST_MS * NS_PER_MS;
    int64_t ms = instant_diff_ms(now, cold->_filled_at);

    if (cold->_filled_at.ns == 0 || ms >= (most_ns - cold->_left_ns) / income_ns(loaders)) {
        cold->_left_ns = most_ns;
        cold->_filled_at = now;
    } else if (ms > 0) {
        cold->_left_ns += ms * income_ns(loaders);
        cold->_filled_at = instant_after_ms(cold->_filled_at, ms);
    }
}

unsigned cold_pause_ms(struct cold *cold, unsigned loaders, struct instant now)
{
    if (cold_waiting(cold) == 0) {
        return 0;
    }
    fill(cold, loaders, now);
    return cold->_left_ns > 0 ? 0 : (unsigned)(-cold->_left_ns / income_ns(loaders)) + 1;
}

void cold_spend(struct cold *cold, int64_t ns)
{
    const int64_t least_ns = -(int64_t)COLD_DEBT_MS * NS_PER_MS;

    cold->_left_ns = cold->_left_ns - ns < least_ns ? least_ns : cold->_left_ns - ns;
}

/* --- which zones --- */

size_t cold_take(struct cold *cold, uint32_t *out, size_t max)
{
    size_t taken = 0;

    while (cold_waiting(cold) > 0 && taken < max) {
        uint32_t id = cold->_zones[cold->_count - 1].id;
        if (taken > 0 && (id >= out[taken - 1] || out[taken - 1] - id > CLOSE_IDS)) {
            break;
        }
        out[taken++] = id;
        cold->_count--;
    }
    for (size_t i = 0; i < taken / 2; i++) {
        uint32_t id = out[i];
        out[i] = out[taken - 1 - i];
        out[taken - 1 - i] = id;
    }
    return taken;
}

size_t cold_take_expired(struct cold *cold, struct instant now, uint32_t *out, size_t max)
{
    size_t taken = 0;

    while (cold_waiting(cold) > 0 && taken < max &&
           instant_diff_ms(now, cold->_zones[cold->_first].at) >= COLD_WAIT_MS) {
        out[taken++] = cold->_zones[cold->_first++].id;
    }
    return taken;
}

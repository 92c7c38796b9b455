/*
 * Time as its own type. Ages and deadlines use CLOCK_BOOTTIME: it never steps and counts while the
 * machine sleeps, so a zone is not younger than it is. Wall-clock time appears in log lines only.
 */
#pragma once

#include <stdint.h>
#include <time.h>

struct instant {
    int64_t ns; /* since boot; 0 = never */
};

static inline struct instant clock_now(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_BOOTTIME, &ts);
    return (struct instant){(int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec};
}

static inline struct instant instant_after_ms(struct instant from, int64_t ms)
{
    return (struct instant){from.ns + ms * 1000000};
}

static inline int64_t instant_diff_ms(struct instant later, struct instant earlier)
{
    return (later.ns - earlier.ns) / 1000000;
}

static inline uint32_t instant_sec(struct instant at)
{
    return (uint32_t)(at.ns / 1000000000);
}

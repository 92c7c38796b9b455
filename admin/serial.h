/*
 * Serial numbers of zones as people write them: YYYYMMDDnn (RFC 1912, 2.2), moving forward in the
 * sense of RFC 1982. Pure functions.
 */
#pragma once

#include <stdint.h>
#include <time.h>

/* The first serial of the day (UTC): 20261120 gives 2026112001. */
uint32_t serial_first_of_day(time_t now);

/*
 * The serial after CURRENT: today's first one when CURRENT is smaller, else CURRENT + 1. So the
 * hundredth change of a day borrows from tomorrow, and a serial from the future just counts on.
 * 0 is skipped on the wrap: some servers take it for "no serial yet".
 */
uint32_t serial_next(uint32_t current, time_t now);

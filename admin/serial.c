/*
 * A jump to today's date is at most 2^31 - 1 until the year 2147, so it is forward by RFC 1982, 3.2
 * whatever the smaller serial was.
 */
#include "admin/serial.h"

uint32_t serial_first_of_day(time_t now)
{
    struct tm tm;
    gmtime_r(&now, &tm);
    return ((uint32_t)(tm.tm_year + 1900) * 10000 + (uint32_t)(tm.tm_mon + 1) * 100 +
            (uint32_t)tm.tm_mday) *
               100 +
           1;
}

uint32_t serial_next(uint32_t current, time_t now)
{
    uint32_t today = serial_first_of_day(now);
    if (current < today && today - current < 0x80000000u) {
        return today;
    }
    return current == UINT32_MAX ? 1 : current + 1;
}

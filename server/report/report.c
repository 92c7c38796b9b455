#include "report/report.h"

#include <stdlib.h>

const char *report_rung_name(enum report_rung rung)
{
    static const char *const names[REPORT_RUNGS] = {"binlog", "gtid", "off"};
    return names[rung];
}

void report_release(struct report *report)
{
    for (size_t i = 0; i < report->failed_count; i++) {
        free(report->failed_zones[i].zone);
        free(report->failed_zones[i].reason);
    }
    report->failed_count = 0;
}

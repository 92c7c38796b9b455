#include "run/status.h"

#include <inttypes.h>
#include <stdio.h>

#include "net/query_log.h"

/* "1d3h", "1m33s": two units would do, MyDNS writes all. */
static void put_duration(FILE *out, uint32_t sec)
{
    static const struct {
        char letter;
        uint32_t sec;
    } unit[] = {{'w', 604800}, {'d', 86400}, {'h', 3600}, {'m', 60}};

    for (size_t i = 0; i < ARRAY_LEN(unit); i++) {
        if (sec >= unit[i].sec) {
            fprintf(out, "%" PRIu32 "%c", sec / unit[i].sec, unit[i].letter);
            sec %= unit[i].sec;
        }
    }
    fprintf(out, "%" PRIu32 "s", sec);
}

static uint64_t percent(uint64_t part, uint64_t whole)
{
    return whole == 0 ? 0 : part * 100 / whole;
}

const char *status_line(char *out, size_t cap, const char *host, uint32_t up_sec,
                        const struct counter_sums *sums)
{
    /* Those that MyDNS shows, in its order. */
    static const uint8_t shown[] = {RCODE_NOERROR, RCODE_SERVFAIL, RCODE_NXDOMAIN, RCODE_NOTIMP,
                                    RCODE_REFUSED};
    uint64_t questions = sums->udp + sums->tcp;
    char number[16];
    FILE *line = fmemopen(out, cap, "w");

    out[0] = '\0';
    if (line == NULL) {
        return out;
    }
    fprintf(line, "%s up ", host);
    put_duration(line, up_sec);
    fprintf(line, " (%" PRIu32 "s) %" PRIu64 " questions (%" PRIu64 "/s)", up_sec, questions,
            questions / (up_sec > 0 ? up_sec : 1));
    for (size_t i = 0; i < ARRAY_LEN(shown); i++) {
        if (sums->rcode[shown[i]] > 0) {
            fprintf(line, " %s=%" PRIu64, query_log_rcode(number, shown[i]), sums->rcode[shown[i]]);
        }
    }
    if (sums->tcp > 0) {
        fprintf(line, " (%" PRIu64 "%% TCP, %" PRIu64 " queries)", percent(sums->tcp, questions),
                sums->tcp);
    }
    fclose(line);
    return out;
}

const char *status_cache_line(char *out, size_t cap, const struct status_cache *cache)
{
    snprintf(out, cap,
             "%s cache %" PRIu64 "%% useful (%" PRIu64 " hits, %" PRIu64 " misses), 0 collisions"
             " (0%%), %u%% full (%" PRIu64 " records), %" PRIu64 " bytes, avg life %" PRIu32 " sec",
             cache->name, percent(cache->hits, cache->hits + cache->misses), cache->hits,
             cache->misses, cache->full_percent, cache->records, cache->bytes, cache->life_sec);
    return out;
}

#include "load/history.h"

#include <stdlib.h>
#include <string.h>

/* Of both logs together, whose lists have '|' between. */
#define BETWEEN ",|"

/* The GTID at TEXT: domain-server-sequence. False: it is none. */
static bool read_gtid(const char *text, unsigned long *domain, unsigned long long *sequence)
{
    char *at;

    *domain = strtoul(text, &at, 10);
    if (at == text || *at != '-') {
        return false;
    }
    at += 1 + strcspn(at + 1, "-" BETWEEN);
    if (*at != '-') {
        return false;
    }
    *sequence = strtoull(at + 1, NULL, 10);
    return true;
}

/* The largest sequence number of DOMAIN in LIST; 0 = it does not name it. */
static unsigned long long sequence_in(const char *list, unsigned long domain)
{
    unsigned long long largest = 0, sequence;
    unsigned long other;

    for (const char *at = list; *at != '\0';) {
        if (read_gtid(at, &other, &sequence) && other == domain && sequence > largest) {
            largest = sequence;
        }
        at += strcspn(at, BETWEEN);
        at += *at != '\0';
    }
    return largest;
}

bool history_reaches(const char *state, const char *served)
{
    unsigned long domain;
    unsigned long long sequence;

    for (const char *at = served; *at != '\0';) {
        if (read_gtid(at, &domain, &sequence)) {
            unsigned long long reached = sequence_in(state, domain);
            if (reached > 0 && reached < sequence) {
                return false;
            }
        }
        at += strcspn(at, BETWEEN);
        at += *at != '\0';
    }
    return true;
}

void history_begin(struct history *history, const struct db_position *served)
{
    history->known = served->gtid[0] != '\0';
    history->host = HISTORY_ANY_HOST;
    memcpy(history->server_uid, served->server_uid, sizeof history->server_uid);
    memcpy(history->gtid, served->gtid, sizeof history->gtid);
}

static bool is_same(const struct history *history, unsigned host,
                    const struct db_position *position)
{
    return (history->host == host || history->host == HISTORY_ANY_HOST) &&
           strcmp(history->server_uid, position->server_uid) == 0;
}

bool history_is_elsewhere(const struct history *history, unsigned host,
                          const struct db_position *position)
{
    return history->known && !is_same(history, host, position);
}

bool history_is_behind(const struct history *history, unsigned host,
                       const struct db_position *position)
{
    return history_is_elsewhere(history, host, position) &&
           !history_reaches(position->gtid, history->gtid);
}

void history_note(struct history *history, unsigned host, const struct db_position *position,
                  struct instant begun)
{
    /* Of two views at the same time the one that was noted last may have begun first. */
    bool overtaken = history->known && is_same(history, host, position) &&
                     begun.ns < history->noted_at.ns &&
                     !history_reaches(position->gtid, history->gtid);

    history->waiting = false;
    if (overtaken) {
        return;
    }
    history->known = true;
    history->host = host;
    history->noted_at = clock_now();
    memcpy(history->server_uid, position->server_uid, sizeof history->server_uid);
    if (position->gtid[0] != '\0') { /* else too long to tell, or there is no log at all */
        memcpy(history->gtid, position->gtid, sizeof history->gtid);
    }
}

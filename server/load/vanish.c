#include "load/vanish.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
    NEVER_PERCENT = 100,
    /* Whole seconds, rounded down, of a clock that may be a tick behind: more than QUIET_MS for sure. */
    STILL_SEC = VANISH_QUIET_MS / 1000 + 1,
};

void vanish_init(struct vanish *vanish)
{
    memset(vanish, 0, sizeof *vanish);
    pthread_mutex_init(&vanish->_lock, NULL);
}

void vanish_release(struct vanish *vanish)
{
    pthread_mutex_destroy(&vanish->_lock);
}

enum vanish_state vanish_state(struct vanish *vanish)
{
    pthread_mutex_lock(&vanish->_lock);
    enum vanish_state state = vanish->_state;
    pthread_mutex_unlock(&vanish->_lock);
    return state;
}

/* --- the rule --- */

static bool is_off(const struct vanish_measure *m)
{
    return m->limit_percent >= NEVER_PERCENT;
}

/* May PART of WHOLE not go at once? */
static bool is_over(const struct vanish_measure *m, uint64_t part, uint64_t whole)
{
    return part * 100 > whole * m->limit_percent;
}

/* Was what goes told in detail? Then few zones are not too many, though they be all. */
static bool is_meant(const struct vanish *v, const struct vanish_measure *m)
{
    return v->_meant.ns != 0 && instant_diff_ms(m->now, v->_meant) < VANISH_MEANT_MS;
}

/* Shows whatever was read? What was read during the hold, and comes late, does not. */
static bool is_released(const struct vanish *v, const struct vanish_measure *m)
{
    return v->_state == VANISH_RELEASED && (m->read_at.ns == 0 || m->read_at.ns >= v->_since.ns);
}

static bool are_zones_too_many(const struct vanish *v, const struct vanish_measure *m,
                               uint64_t zones)
{
    if (is_off(m) || m->zones < 2) {
        return false;
    }
    return zones >= VANISH_LEAST_ZONES ? is_over(m, zones, m->zones)
                                       : zones >= m->zones && !is_meant(v, m);
}

/* ZONES: how many lose ROWS together. */
static bool are_rows_too_many(const struct vanish *v, const struct vanish_measure *m, uint64_t rows,
                              uint64_t zones)
{
    if (is_off(m) || m->zones < 2 || rows == 0) {
        return false;
    }
    return zones >= VANISH_LEAST_ZONES ? is_over(m, rows, m->rows)
                                       : zones >= m->zones && rows >= m->rows && !is_meant(v, m);
}

bool vanish_is_loss(const struct vanish_measure *m, uint64_t old, uint64_t now)
{
    return !is_off(m) && now < old && is_over(m, old - now, old);
}

/* --- states; the lock is held --- */

/* WHY: "200 of 210 zones would go", as it stands in a sentence. */
static void hold(struct vanish *v, const struct vanish_measure *m, const char *why)
{
    v->_changed = m->now;
    if (v->_state == VANISH_HELD || m->zones == 0) {
        return; /* one that runs does not last longer for that */
    }
    v->_state = VANISH_HELD;
    v->_since = v->_ticked = m->now;
    v->_until = instant_after_ms(m->now, (int64_t)m->hold_sec * 1000);
    v->_mark = 0;
    v->_holds++;
    snprintf(v->_why, sizeof v->_why, "%s", why);
    snprintf(
        v->_news, sizeof v->_news,
        "vanish protection: %s (vanish-limit = %u %%): what is gone from the tables is answered "
        "on until both are filled and quiet, at most %u s",
        why, m->limit_percent, m->hold_sec);
}

static void let_go(struct vanish *v, const struct vanish_measure *m, const char *why)
{
    if (v->_state == VANISH_HELD) {
        snprintf(v->_news, sizeof v->_news,
                 "vanish protection ends after %" PRId64 " s, %s: what the tables say shows now",
                 instant_diff_ms(m->now, v->_since) / 1000, why);
    }
    v->_state = VANISH_RELEASED;
    v->_asked = false;
    v->_since = v->_ticked = m->now;
    v->_told = v->_seen = (struct vanish_burst){0};
    v->_wait_count = 0;
}

static void hold_zones(struct vanish *v, const struct vanish_measure *m, uint64_t zones)
{
    char why[sizeof v->_why];
    snprintf(why, sizeof why, "%" PRIu64 " of %" PRIu32 " zones would vanish", zones, m->zones);
    hold(v, m, why);
}

static void hold_rows(struct vanish *v, const struct vanish_measure *m, uint64_t rows)
{
    char why[sizeof v->_why];
    snprintf(why, sizeof why, "%" PRIu64 " of %" PRIu64 " records would vanish", rows, m->rows);
    hold(v, m, why);
}

/* --- what adds up --- */

static void touch(struct vanish_burst *burst, uint32_t zone)
{
    for (unsigned i = 0; i < burst->touched_count; i++) {
        if (burst->touched[i] == zone) {
            return;
        }
    }
    if (burst->touched_count < VANISH_LEAST_ZONES) {
        burst->touched[burst->touched_count++] = zone;
    }
}

static void begin_step(struct vanish_burst *burst, struct instant now)
{
    if (instant_diff_ms(now, burst->last) >= VANISH_QUIET_MS ||
        instant_diff_ms(now, burst->begun) >= VANISH_BURST_MS) {
        *burst = (struct vanish_burst){.begun = now};
    }
    burst->last = now;
}

/*
 * Rows that are put in again count against those taken out; zones do not, since what is rebuilt zone by
 * zone is missing for a while each time.
 */
static void add_step(struct vanish_burst *burst, int64_t rows, int64_t zones)
{
    burst->rows += rows;
    burst->rows = burst->rows < 0 ? 0 : burst->rows;
    burst->zones += zones > 0 ? zones : 0;
}

static void judge(struct vanish *v, const struct vanish_measure *m,
                  const struct vanish_burst *burst)
{
    if (are_zones_too_many(v, m, (uint64_t)burst->zones)) {
        hold_zones(v, m, (uint64_t)burst->zones);
    } else if (are_rows_too_many(v, m, (uint64_t)burst->rows, burst->touched_count)) {
        hold_rows(v, m, (uint64_t)burst->rows);
    }
}

/* --- the ways to learn of a loss --- */

void vanish_told(struct vanish *v, const struct vanish_measure *m, const struct vanish_told *told)
{
    pthread_mutex_lock(&v->_lock);
    v->_changed = m->now;
    if (!told->exact) {
        v->_meant = (struct instant){0};
    } else if (told->soas > 0 || told->zones_of_rows_count > 0 || told->updated) {
        v->_meant = m->now;
    }
    if (told->rebuilt && !is_off(m)) {
        hold(v, m, "a table is built anew");
    } else if (v->_state != VANISH_HELD) {
        begin_step(&v->_told, m->now);
        add_step(&v->_told, told->rows, told->soas);
        for (size_t i = 0; i < told->zones_of_rows_count; i++) {
            touch(&v->_told, told->zones_of_rows[i]);
        }
        judge(v, m, &v->_told);
    }
    pthread_mutex_unlock(&v->_lock);
}

bool vanish_list(struct vanish *v, const struct vanish_measure *m, size_t gone)
{
    pthread_mutex_lock(&v->_lock);
    if (v->_state == VANISH_OPEN && gone > 0) {
        begin_step(&v->_seen, m->now);
        /* Zones that went before are no part of m->zones any more. */
        struct vanish_measure before = *m;
        before.zones += (uint32_t)v->_seen.zones;
        add_step(&v->_seen, 0, (int64_t)gone);
        judge(v, &before, &v->_seen);
    }
    bool may_go = v->_state == VANISH_OPEN || is_released(v, m);
    pthread_mutex_unlock(&v->_lock);
    return may_go;
}

void vanish_sample(struct vanish *v, const struct vanish_measure *m, size_t asked, size_t lost)
{
    if (asked == 0) {
        return;
    }
    uint64_t zones = ((uint64_t)lost * m->zones + asked - 1) / asked;
    pthread_mutex_lock(&v->_lock);
    if (v->_state == VANISH_OPEN && are_zones_too_many(v, m, zones)) {
        char why[sizeof v->_why];
        snprintf(why, sizeof why,
                 "%zu of %zu zones looked at, out of %" PRIu32 ", have lost records", lost, asked,
                 m->zones);
        hold(v, m, why);
    }
    pthread_mutex_unlock(&v->_lock);
}

static struct vanish_wait *find_wait(struct vanish *v, uint32_t id)
{
    for (unsigned i = 0; i < v->_wait_count; i++) {
        if (v->_waits[i].id == id) {
            return &v->_waits[i];
        }
    }
    return NULL;
}

/* False: there are too many of them, and a hold begins. */
static bool begin_wait(struct vanish *v, const struct vanish_measure *m, uint32_t id,
                       uint64_t digest)
{
    if (v->_wait_count == VANISH_WAITS) {
        hold_zones(v, m, v->_wait_count + 1u);
        return false;
    }
    v->_waits[v->_wait_count++] = (struct vanish_wait){id, digest, m->now, m->now};
    return true;
}

/* What was read has the rows it got. */
static void forget_growth(struct vanish *v, uint32_t id)
{
    for (unsigned i = 0; i < VANISH_GROWN; i++) {
        if (v->_grown[i].id == id) {
            v->_grown[i] = (struct vanish_growth){0};
        }
    }
}

static int64_t growth_of(const struct vanish *v, uint32_t id, struct instant now)
{
    int64_t rows = 0;
    for (unsigned i = 0; i < VANISH_GROWN; i++) {
        const struct vanish_growth *grown = &v->_grown[i];
        if (grown->id == id && instant_diff_ms(now, grown->at) < VANISH_QUIET_MS) {
            rows += grown->rows;
        }
    }
    return rows;
}

bool vanish_emptied(struct vanish *v, const struct vanish_measure *m,
                    const struct vanish_zone_told *told, uint32_t rows)
{
    bool waits = false;

    pthread_mutex_lock(&v->_lock);
    if (told->gone < 0) {
        v->_grown[v->_grown_at++ % VANISH_GROWN] =
            (struct vanish_growth){told->id, -told->gone, m->now};
    } else if (v->_state == VANISH_OPEN && !is_off(m) && rows >= VANISH_LEAST_ROWS &&
               told->gone >= rows + growth_of(v, told->id, m->now) &&
               find_wait(v, told->id) == NULL) {
        waits = begin_wait(v, m, told->id, 0);
    }
    pthread_mutex_unlock(&v->_lock);
    return waits;
}

static void end_wait(struct vanish *v, struct vanish_wait *wait)
{
    *wait = v->_waits[--v->_wait_count];
}

/* The zone is on its own in waiting to be filled again. */
static bool goes_on_waiting(const struct vanish_measure *m, struct vanish_wait *wait,
                            const struct vanish_zone *zone)
{
    if (wait->digest != zone->digest) {
        wait->digest = zone->digest;
        wait->changed = m->now;
    }
    return instant_diff_ms(m->now, wait->changed) < VANISH_QUIET_MS &&
           instant_diff_ms(m->now, wait->since) < (int64_t)m->hold_sec * 1000;
}

/* In OPEN: a zone that has fewer rows, or lacks a name. */
static bool may_shrink(struct vanish *v, const struct vanish_measure *m,
                       const struct vanish_zone *zone)
{
    if (zone->new_rows == 0 && zone->old_rows >= VANISH_LEAST_ROWS && !is_off(m)) {
        (void)begin_wait(v, m, zone->id, zone->digest);
        return false;
    }
    begin_step(&v->_seen, m->now);
    struct vanish_measure before = *m;
    before.rows += (uint64_t)v->_seen.rows; /* what went before is no part of m->rows any more */
    add_step(&v->_seen, (int64_t)zone->old_rows - zone->new_rows, 0);
    touch(&v->_seen, zone->id);
    judge(v, &before, &v->_seen);
    return v->_state != VANISH_HELD;
}

bool vanish_zone(struct vanish *v, const struct vanish_measure *m, const struct vanish_zone *zone)
{
    pthread_mutex_lock(&v->_lock);
    struct vanish_wait *wait = find_wait(v, zone->id);
    bool whole = zone->new_rows >= zone->old_rows;
    bool show;
    if (is_released(v, m) || is_off(m)) {
        show = true;
    } else if (v->_state != VANISH_OPEN) {
        show = whole && zone->complete;
    } else if (wait != NULL) {
        show = (whole && zone->complete) || !goes_on_waiting(m, wait, zone);
    } else {
        show = whole || may_shrink(v, m, zone);
    }
    if (show && wait != NULL) {
        end_wait(v, wait);
    }
    forget_growth(v, zone->id);
    pthread_mutex_unlock(&v->_lock);
    return show;
}

bool vanish_wants_names(struct vanish *v, uint32_t id)
{
    pthread_mutex_lock(&v->_lock);
    bool wanted = v->_state != VANISH_OPEN || find_wait(v, id) != NULL;
    pthread_mutex_unlock(&v->_lock);
    return wanted;
}

void vanish_missing(struct vanish *v)
{
    pthread_mutex_lock(&v->_lock);
    v->_missing = true;
    pthread_mutex_unlock(&v->_lock);
}

void vanish_connected(struct vanish *v, const struct vanish_measure *m)
{
    pthread_mutex_lock(&v->_lock);
    if (v->_missing && !is_off(m)) {
        hold(v, m, "a table was missing and is back");
    }
    v->_missing = false;
    pthread_mutex_unlock(&v->_lock);
}

/* --- the end of a hold --- */

void vanish_let_go(struct vanish *v, const struct vanish_measure *m)
{
    pthread_mutex_lock(&v->_lock);
    let_go(v, m, "by SIGHUP");
    pthread_mutex_unlock(&v->_lock);
}

void vanish_looked(struct vanish *v, const struct vanish_measure *m, const struct vanish_look *look)
{
    pthread_mutex_lock(&v->_lock);
    if (!look->good || look->mark != v->_mark || look->still_sec < STILL_SEC) {
        v->_changed = m->now;
    }
    v->_mark = look->mark;
    pthread_mutex_unlock(&v->_lock);
}

void vanish_asked(struct vanish *v)
{
    pthread_mutex_lock(&v->_lock);
    v->_asked = true;
    pthread_mutex_unlock(&v->_lock);
}

void vanish_settled(struct vanish *v)
{
    pthread_mutex_lock(&v->_lock);
    if (v->_state == VANISH_RELEASED && v->_asked) {
        v->_state = VANISH_OPEN;
        v->_since = (struct instant){0};
        v->_told = v->_seen = (struct vanish_burst){0};
    }
    pthread_mutex_unlock(&v->_lock);
}

enum vanish_step vanish_tick(struct vanish *v, const struct vanish_measure *m, bool away)
{
    enum vanish_step step = VANISH_NOTHING;

    pthread_mutex_lock(&v->_lock);
    int64_t passed_ms = instant_diff_ms(m->now, v->_ticked);
    v->_ticked = m->now;
    if (v->_state == VANISH_HELD) {
        if (away) {
            v->_until = instant_after_ms(v->_until, passed_ms);
            v->_changed = m->now;
        }
        if (m->now.ns >= v->_until.ns) {
            let_go(v, m, "vanish-hold is over");
            step = VANISH_VERIFY;
        } else if (v->_mark != 0 && instant_diff_ms(m->now, v->_changed) >= VANISH_QUIET_MS) {
            let_go(v, m, "both tables are quiet");
            step = VANISH_VERIFY;
        } else if (!away) {
            step = VANISH_LOOK;
        }
    }
    pthread_mutex_unlock(&v->_lock);
    return step;
}

size_t vanish_waiting(struct vanish *v, uint32_t *ids)
{
    pthread_mutex_lock(&v->_lock);
    size_t count = v->_wait_count;
    for (size_t i = 0; i < count; i++) {
        ids[i] = v->_waits[i].id;
    }
    pthread_mutex_unlock(&v->_lock);
    return count;
}

void vanish_forget(struct vanish *v, uint32_t id)
{
    pthread_mutex_lock(&v->_lock);
    struct vanish_wait *wait = find_wait(v, id);
    if (wait != NULL) {
        end_wait(v, wait);
    }
    pthread_mutex_unlock(&v->_lock);
}

bool vanish_wants_proof(struct vanish *v, const struct vanish_measure *m)
{
    pthread_mutex_lock(&v->_lock);
    bool wanted = v->_state == VANISH_OPEN && !is_off(m) && !is_meant(v, m);
    pthread_mutex_unlock(&v->_lock);
    return wanted;
}

bool vanish_news(struct vanish *v, char text[static VANISH_NEWS_SIZE])
{
    pthread_mutex_lock(&v->_lock);
    memcpy(text, v->_news, VANISH_NEWS_SIZE);
    v->_news[0] = '\0';
    pthread_mutex_unlock(&v->_lock);
    return text[0] != '\0';
}

void vanish_status(struct vanish *v, struct vanish_status *status)
{
    pthread_mutex_lock(&v->_lock);
    status->holding = v->_state == VANISH_HELD;
    status->since = status->holding ? v->_since : (struct instant){0};
    status->holds = v->_holds;
    memcpy(status->why, v->_why, sizeof status->why);
    pthread_mutex_unlock(&v->_lock);
}

/*
 * Waiting questions stand in two orders: by zone, to find those a load has freed, and by age, so that
 * the oldest gives up first. There are two queues by age, each with one time to wait: a second for a
 * zone that is not there, much less where an old answer stands ready.
 *
 * No wake-up is lost: a question is entered first, then tried again, and only then is the zone asked
 * for. A load that ended before the try has published what the try finds; one that ends after it is
 * heard of by a message that comes after this one.
 */
#include "net/late.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "base/alloc.h"

enum {
    WAIT_MS = 1000,
    WAIT_STALE_MS = 200,
    WAITING_MAX = 10000, /* in all */
    WAITING_PER_ZONE = 8,
    /* Zones share a counter when their ids agree in the lower bits; the limit is then shared too. */
    ZONE_COUNTERS = 1 << 14,
    ZONE_LISTS = 1 << 10,
    /* Loads that may end without the zone being there before its questions give up: an end can
     * belong to a load that began before the question came. */
    TRIES_MAX = 3,
    QUESTION_MAX = DNS_HEADER_LEN + DNS_NAME_MAX + 4,
};

struct waiting {
    struct mail mail; /* on its way to the event loop */
    TAILQ_ENTRY(waiting) by_age;
    TAILQ_ENTRY(waiting) by_zone;
    uint64_t zone; /* its soa.id, or the store_name_key() of a name to be looked up */
    unsigned tries;
    bool stale; /* an old answer stands ready */
    struct instant deadline;
    struct late_client client;
    enum query_outcome parsed;
    struct query query;
    uint16_t len; /* of octets: header and question */
    uint8_t octets[QUESTION_MAX];
};

TAILQ_HEAD(waiting_list, waiting);

struct late {
    struct mailbox *mailbox;
    struct worker *worker;
    struct loader *loader;
    late_send *send;
    void *context;

    /* Any thread; relaxed, they order nothing. */
    _Atomic uint32_t total;
    _Atomic uint16_t per_zone[ZONE_COUNTERS];

    /* Event loop only. */
    struct event *timer;           /* at the earliest deadline */
    struct waiting_list by_age[2]; /* [stale] */
    struct waiting_list by_zone[ZONE_LISTS];
    struct answer answer;
    uint8_t reply[DNS_MESSAGE_MAX];
};

/* What ANSWER has to wait for. */
static uint64_t waits_for(const struct answer *answer)
{
    return answer->late_key != 0 ? answer->late_key : answer->late_zone;
}

/* --- limits --- */

static bool take_zone_place(struct late *late, uint64_t zone)
{
    _Atomic uint16_t *count = &late->per_zone[zone % ZONE_COUNTERS];
    if (atomic_fetch_add_explicit(count, 1, memory_order_relaxed) < WAITING_PER_ZONE) {
        return true;
    }
    atomic_fetch_sub_explicit(count, 1, memory_order_relaxed);
    return false;
}

static void leave_zone_place(struct late *late, uint64_t zone)
{
    atomic_fetch_sub_explicit(&late->per_zone[zone % ZONE_COUNTERS], 1, memory_order_relaxed);
}

static bool take_place(struct late *late, uint64_t zone)
{
    if (atomic_fetch_add_explicit(&late->total, 1, memory_order_relaxed) < WAITING_MAX) {
        if (take_zone_place(late, zone)) {
            return true;
        }
    }
    atomic_fetch_sub_explicit(&late->total, 1, memory_order_relaxed);
    return false;
}

static void leave_place(struct late *late, uint64_t zone)
{
    leave_zone_place(late, zone);
    atomic_fetch_sub_explicit(&late->total, 1, memory_order_relaxed);
}

static bool database_away(const struct late *late)
{
    const struct store *store = late->worker->answerer.store;
    return atomic_load_explicit(&store->database_away, memory_order_relaxed) &&
           !atomic_load_explicit(&store->restoring, memory_order_relaxed);
}

/* --- the lists --- */

static struct waiting_list *list_of(struct late *late, uint64_t zone)
{
    return &late->by_zone[zone % ZONE_LISTS];
}

static bool somebody_waits(struct late *late, uint64_t zone)
{
    struct waiting *at;
    TAILQ_FOREACH(at, list_of(late, zone), by_zone)
    {
        if (at->zone == zone) {
            return true;
        }
    }
    return false;
}

static void set_timer(struct late *late)
{
    const struct waiting *fresh = TAILQ_FIRST(&late->by_age[false]);
    const struct waiting *stale = TAILQ_FIRST(&late->by_age[true]);
    const struct waiting *first =
        fresh == NULL || (stale != NULL && stale->deadline.ns < fresh->deadline.ns) ? stale : fresh;
    if (first == NULL) {
        evtimer_del(late->timer);
        return;
    }
    int64_t ms = instant_diff_ms(first->deadline, clock_now()) + 1;
    ms = ms > 0 ? ms : 0;
    struct timeval in = {ms / 1000, ms % 1000 * 1000};
    evtimer_add(late->timer, &in);
}

/* --- answering --- */

/* Write the reply to W into late->reply. False: it has to wait for late->answer.late_zone. Inside. */
static bool write_reply(struct late *late, const struct waiting *w, bool give_up)
{
    struct answer *answer = &late->answer;
    bool tcp = w->client.udp < 0;

    answer->parsed = w->parsed;
    answer->query = w->query;
    memcpy(late->reply, w->octets, w->len);
    if (!give_up) {
        switch (
            answer_write(answer, &late->worker->answerer, late->reply, sizeof late->reply, tcp)) {
        case ANSWER_REPLY:
            return true;
        case ANSWER_LATE:
            if (!database_away(late) && late->loader != NULL) {
                return false;
            }
            break;
        case ANSWER_NOTHING:
            break;
        }
    }
    answer->late_stale = true; /* perhaps there is an old answer by now */
    answer_not_ready(answer, &late->worker->answerer, late->reply, sizeof late->reply, tcp);
    return true;
}

/* The reply stands in late->reply: send it and forget W, which is in no zone's list. */
static void finish(struct late *late, struct waiting *w)
{
    worker_note(late->worker, &late->answer, &w->client.address, w->client.udp < 0);
    late->send(late->context, &w->client, late->reply, late->answer.reply_len);
    TAILQ_REMOVE(&late->by_age[w->stale], w, by_age);
    leave_place(late, w->zone);
    free(w);
}

/* Ask the loader for what late->answer waits for. False: too much is asked for already. */
static bool ask_for(struct late *late)
{
    const struct answer *answer = &late->answer;

    if (answer->late_key != 0) {
        return loader_look_up(late->loader, answer->late_key, &answer->late_name);
    }
    loader_request(late->loader, answer->late_zone);
    return true;
}

/*
 * Try W, which is in no zone's list. What has to wait (again) is put into the list of its zone.
 */
static void try(struct late *late, struct waiting *w)
{
    worker_enter(late->worker);
    bool done = write_reply(late, w, w->tries >= TRIES_MAX);
    worker_leave(late->worker);
    if (!done && waits_for(&late->answer) != w->zone) {
        /* A CNAME led to another zone that is not there either, or a name was looked up. */
        leave_zone_place(late, w->zone);
        w->zone = waits_for(&late->answer);
        w->tries = 0;
        if (!take_zone_place(late, w->zone)) {
            /* finish() gives the place of the zone back: take it beyond the limit. */
            atomic_fetch_add_explicit(&late->per_zone[w->zone % ZONE_COUNTERS], 1,
                                      memory_order_relaxed);
            worker_enter(late->worker);
            done = write_reply(late, w, true);
            worker_leave(late->worker);
        }
    }
    bool asked_for = !done && somebody_waits(late, w->zone);
    if (!done && !asked_for && !ask_for(late)) {
        worker_enter(late->worker);
        done = write_reply(late, w, true);
        worker_leave(late->worker);
    }
    if (done) {
        finish(late, w);
        return;
    }
    TAILQ_INSERT_TAIL(list_of(late, w->zone), w, by_zone);
    w->tries++;
}

/* A question arrives on the event loop. */
static void on_park(struct mail *mail, void *context)
{
    struct late *late = context;
    struct waiting *w = (struct waiting *)mail; /* its first member */
    bool first = TAILQ_EMPTY(&late->by_age[w->stale]);

    TAILQ_INSERT_TAIL(&late->by_age[w->stale], w, by_age);
    try(late, w);
    if (first) {
        set_timer(late);
    }
}

static void give_up(struct late *late, struct waiting_list *by_age, struct instant now)
{
    struct waiting *oldest;
    while ((oldest = TAILQ_FIRST(by_age)) != NULL && oldest->deadline.ns <= now.ns) {
        TAILQ_REMOVE(list_of(late, oldest->zone), oldest, by_zone);
        if (oldest->stale) {
            loader_waited_in_vain(late->loader);
        }
        worker_enter(late->worker);
        (void)write_reply(late, oldest, true);
        worker_leave(late->worker);
        finish(late, oldest);
    }
}

static void on_timer(evutil_socket_t fd, short what, void *context)
{
    struct late *late = context;
    struct instant now = clock_now();

    (void)fd, (void)what;
    give_up(late, &late->by_age[false], now);
    give_up(late, &late->by_age[true], now);
    set_timer(late);
}

static void wake(struct late *late, uint64_t id)
{
    struct waiting_list *list = list_of(late, id), freed = TAILQ_HEAD_INITIALIZER(freed);
    struct waiting *at, *next;

    for (at = TAILQ_FIRST(list); at != NULL; at = next) {
        next = TAILQ_NEXT(at, by_zone);
        if (at->zone == id) {
            TAILQ_REMOVE(list, at, by_zone);
            TAILQ_INSERT_TAIL(&freed, at, by_zone);
        }
    }
    while ((at = TAILQ_FIRST(&freed)) != NULL) {
        TAILQ_REMOVE(&freed, at, by_zone);
        try(late, at);
    }
    set_timer(late);
}

void late_zone_done(struct late *late, uint32_t id)
{
    wake(late, id);
}

void late_name_done(struct late *late, uint64_t key)
{
    wake(late, key);
}

/* --- from other threads --- */

bool late_park(struct late *late, const struct answer *answer, const uint8_t *octets,
               const struct late_client *client)
{
    size_t len = DNS_HEADER_LEN + (size_t)answer->query.question_len;

    if (database_away(late) || len > QUESTION_MAX || !take_place(late, waits_for(answer))) {
        return false;
    }
    struct waiting *w = alloc_new(sizeof *w);
    w->mail.read = on_park;
    w->mail.context = late;
    w->zone = waits_for(answer);
    w->tries = 0;
    w->stale = answer->late_stale;
    w->deadline = instant_after_ms(clock_now(), w->stale ? WAIT_STALE_MS : WAIT_MS);
    w->client = *client;
    w->parsed = answer->parsed;
    w->query = answer->query;
    w->len = (uint16_t)len;
    memcpy(w->octets, octets, len);
    mailbox_post(late->mailbox, &w->mail);
    return true;
}

/* --- life --- */

struct late *late_new(struct event_base *base, struct mailbox *mailbox, struct worker *worker,
                      late_send *send, void *context)
{
    struct late *late = alloc_zero(1, sizeof *late);

    late->mailbox = mailbox;
    late->worker = worker;
    late->send = send;
    late->context = context;
    late->timer = evtimer_new(base, on_timer, late);
    TAILQ_INIT(&late->by_age[false]);
    TAILQ_INIT(&late->by_age[true]);
    for (size_t i = 0; i < ZONE_LISTS; i++) {
        TAILQ_INIT(&late->by_zone[i]);
    }
    return late;
}

void late_free(struct late *late)
{
    if (late == NULL) {
        return;
    }
    for (unsigned stale = 0; stale < 2; stale++) {
        struct waiting *w;
        while ((w = TAILQ_FIRST(&late->by_age[stale])) != NULL) {
            TAILQ_REMOVE(&late->by_age[stale], w, by_age);
            free(w);
        }
    }
    event_free(late->timer);
    free(late);
}

void late_set_loader(struct late *late, struct loader *loader)
{
    late->loader = loader;
}

uint32_t late_waiting(const struct late *late)
{
    return atomic_load_explicit(&late->total, memory_order_relaxed);
}

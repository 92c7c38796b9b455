/*
 * Questions for a hosted zone that is not in memory yet: they wait, parked, while a loader fetches
 * it, and are answered by the event loop when it is there. No thread waits.
 *
 *     UDP thread, TCP --late_park()--> event loop --loader_request()--> loader
 *                                          |  <------late_zone_done()------+   (a message to the loop)
 *                                          +-- answered again --> send
 *
 * So do questions for names of which it is not known yet whether they are hosted, at start, before the
 * origin list is there: loader_look_up() is asked, late_name_done() told.
 *
 * Limits, so that a flood of questions for unloaded zones stays a flood of cheap SERVFAILs: 8 waiting
 * per zone, 10,000 in all, a second each (200 ms where an old answer can be given instead), none while
 * the database is known to be away.
 */
#pragma once

#include "load/loader.h"
#include "net/mailbox.h"
#include "net/worker.h"

/* Where a late reply goes. */
struct late_client {
    int udp;         /* socket the question came by; -1 = TCP */
    uint64_t tcp_id; /* connection (net/tcp.h) */
    struct address address;
};

/* Called on the event loop with a finished reply; OCTETS is borrowed. */
typedef void late_send(void *context, const struct late_client *client, const uint8_t *octets,
                       size_t len);

/* WORKER is the event loop's own. All are borrowed. */
NODISCARD struct late *late_new(struct event_base *base, struct mailbox *mailbox,
                                struct worker *worker, late_send *send, void *context) NONNULL;
/* After the threads that park have ended. Who still waits gets no reply. */
void late_free(struct late *late);
/* Whom to ask for zones. Before the event loop runs. */
void late_set_loader(struct late *late, struct loader *loader) NONNULL;

/*
 * Keep a question for which answer_write() gave ANSWER_LATE; OCTETS holds its header and question.
 * False: too many wait, answer_not_ready() is to be sent at once. Any thread; all is copied.
 */
NODISCARD bool late_park(struct late *late, const struct answer *answer, const uint8_t *octets,
                         const struct late_client *client) NONNULL;
/* A load of zone ID has ended: answer who waits for it. Event loop. */
void late_zone_done(struct late *late, uint32_t id) NONNULL;
/* A name of this store_name_key() was looked up: likewise. Event loop. */
void late_name_done(struct late *late, uint64_t key) NONNULL;
/* Waiting now. Any thread. */
uint32_t late_waiting(const struct late *late) NONNULL;

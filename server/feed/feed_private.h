/*
 * The feed's files within the room. Private.
 *
 *   feed.c         the thread, the ladder, status
 *   reader.c       the connection that is asked where the server stands
 *   binlog.c       rung binlog: the stream
 *   transaction.c  what one transaction of it touched; row_image.c: its rows
 *   xa.c           XA transactions in it; prepared.c: those that wait to be committed
 *   silence.c      hearing nothing when there is something
 *   resume.c       where a lost stream may go on
 *   gtid_list.c    GTID states as text
 *   gtid.c         rung gtid: watching how far the server is
 *   gtid_found.c   what has changed there
 *   serials.c      the zones' serials, compared with those of before
 *   verify.c       having everything read again, at a price
 */
#pragma once

#include <pthread.h>
#include <stdatomic.h>

#include "db/db_rows.h"
#include "db/db_stream.h"
#include "feed/feed.h"
#include "feed/gtid_list.h"
#include "feed/prepared.h"
#include "feed/transaction.h"

/* verify.c: having everything verified. */
struct verify {
    bool wanted, running;
    bool unsure; /* for more than columns: rows may not be where the log takes them to be */
    struct instant begun, looked, next; /* next: not before */
    bool held;                          /* when it began: vanish protection held */
    uint64_t holds;                     /* likewise: so often until then */
};

/* silence.c */
struct silence {
    unsigned deaf_beats; /* looks since something was heard */
    unsigned deaf_in_vain;
    bool heard;               /* of our tables, since they were looked at */
    uint64_t soa_sec, rr_sec; /* written then */
    bool told;
    struct instant next_look; /* not before */
};

/* A place in the history of one server, at the end of a transaction, and what was known there. */
struct place {
    bool valid;
    char server_uid[64], file[128];
    uint64_t pos;
    char gtid[GTID_LIST_SIZE];
    uint64_t layout;
    int64_t vouched_from_ns; /* what was read since then, and all that was told since, is known */
    unsigned arrivals;       /* loader_arrivals(): as long as it stays, no other server was read */
};

struct feed {
    const struct conf *_Atomic conf;
    struct store *store;
    struct loader *loader;
    pthread_t thread;

    pthread_mutex_t
        lock; /* guards stopping, status, and db and stream against feed_stop's interrupt */
    pthread_cond_t wake;
    bool stopping;
    bool probe_now; /* SIGHUP: look at once whether a higher rung can be reached */
    struct db *db;
    struct db_stream *stream;
    struct feed_status status;
    struct place told_place; /* done, when all that was wanted up to there was asked for */

    /* the thread's own */
    struct db_rows *rows; /* of db */
    struct db_layout layout;
    char told[320]; /* rung and reason last logged */

    unsigned host; /* an attempt of loader_db_params(): where rows is connected to */

    /* binlog.c */
    char server_uid[64],
        file[128]; /* where the stream stands, in the middle of a transaction too */
    uint64_t pos;
    struct stream_event event;
    struct instant begun; /* the stream's position had been read by then */
    struct place done;    /* the last whole transaction */
    unsigned arrivals;    /* loader_arrivals() before the position was read */
    char start_gtid[256]; /* the server's, before the stream began */
    char last_gtid[64];   /* of the last transaction heard of; "" = none yet */
    struct silence silence;
    unsigned refused; /* how often in a row a stream could not connect though the reader could */
    struct db_position
        goal;           /* nothing is vouched for before the stream is there; file "" = it is */
    struct place stuck; /* where a stream ended last by something else than a lost connection */
    struct transaction transaction; /* the one that is open */
    struct stream_xid xid;          /* of it, if it is one of XA */
    struct prepared prepared;       /* as this stream has told */
    size_t committing;              /* of them: those in the log that may not be seen yet */
    bool unverified; /* the store was filled from a file, and no rung has looked at it yet */
    bool altered;    /* the layout is to be read again before the next event */
    struct verify verify;
    struct instant tell_why_again; /* what has all zones read is logged */
};

static inline const struct conf *feed_conf(struct feed *feed)
{
    return atomic_load_explicit(&feed->conf, memory_order_acquire);
}

/* feed.c */
/* A db_open_unless callback, too. */
bool feed_stopping(void *context);
/* May RUNG be taken, by change-feed? */
bool feed_wants(struct feed *feed, enum feed_rung rung) NONNULL;
/* Was a look at the higher rungs asked for? Once. */
bool feed_take_probe(struct feed *feed) NONNULL;
/* Wait, at most MS, or until a probe is asked for. False: stop. */
NODISCARD bool feed_pause(struct feed *feed, unsigned ms) NONNULL;
/* What feed_stop interrupts: STREAM, or none. */
void feed_set_stream(struct feed *feed, struct db_stream *stream);
/* The store may trust what was read since vouched_from_ns, for SECONDS from now on; 0: not any more. */
void feed_vouch(struct feed *feed, unsigned seconds) NONNULL;
/* RUNG serves from now on. WHY: why none that is higher, "" = there is none, or none is wanted. Logged
 * once. */
void feed_on_rung(struct feed *feed, enum feed_rung rung, const char *why) NONNULL;
/* For the status: something was heard, at FILE:POS. */
void feed_note_place(struct feed *feed) NONNULL;

/* The place we reached is worth nothing any more. */
void feed_forget_place(struct feed *feed) NONNULL;

/* reader.c: the reading account's connection. False: REASON tells. */
NODISCARD bool reader_open(struct feed *feed, char *reason, size_t reason_cap) NONNULL;
void reader_close(struct feed *feed) NONNULL;
/* How to connect; ADDRESS is what the parameters borrow from, with the conf. */
struct db_params reader_params(struct feed *feed, bool feed_account, struct conf_address *address);

/*
 * binlog.c: open a stream and hear its first event, which shows that we may. False: REASON tells why not;
 * *AWAY: worth another try soon. Replaces the reader's connection. binlog_follow() next.
 */
NODISCARD bool binlog_open(struct feed *feed, bool *away, char *reason, size_t reason_cap) NONNULL;
/* Follow the stream until it is lost, which is logged. */
void binlog_follow(struct feed *feed) NONNULL;

/* What the transaction holds has been committed: tell it, and empty it. */
void binlog_tell(struct feed *feed) NONNULL;

/*
 * xa.c. A transaction begins with XID, or none; it ends, prepared, committed or rolled back. While
 * feed->committing is not 0, not all has been told that the log was heard to say.
 */
void xa_begin(struct feed *feed, const struct stream_xid *xid) NONNULL;
void xa_prepare(struct feed *feed) NONNULL;
void xa_commit(struct feed *feed) NONNULL;
void xa_rollback(struct feed *feed) NONNULL;
/* Between two transactions: tell what can be seen by now. */
void xa_settle(struct feed *feed) NONNULL;
/* What was prepared until now is not known any more. */
void xa_forget(struct feed *feed) NONNULL;

/*
 * gtid.c: watch until the connection is lost (*AWAY, REASON tells), or the rung cannot be taken (REASON), or
 * the binlog can be followed: returns true then, and binlog_follow() is next. WHY: why binlog is not.
 */
NODISCARD bool gtid_run(struct feed *feed, const char *why, bool *away, char *reason,
                        size_t reason_cap) NONNULL;

/*
 * silence.c: with a heartbeat, so after a second of silence: does the server's log go on without us? Changes
 * of the tables that are in no log are verified.
 */
/* A stream is to begin that tells all that happens after LOOK. */
void silence_begin(struct feed *feed, const struct db_look *look) NONNULL;
NODISCARD bool silence_is_deaf(struct feed *feed) NONNULL;

/*
 * resume.c: may a stream go on at feed->done, where the server stands at NOW? If so, place and vouched time
 * are taken over.
 */
NODISCARD bool resume_from_done(struct feed *feed, const struct db_position *now) NONNULL;
/* A mark of where columns stand: place.layout. */
uint64_t resume_layout(const struct db_layout *layout) NONNULL;
/* The stream has ended: wait until what it told was read, or forget feed->done. */
void resume_settle(struct feed *feed) NONNULL;
/* The stream ended with KIND: decide what feed->done is worth. */
void resume_note_end(struct feed *feed, enum db_error kind) NONNULL;

/*
 * Have everything verified, when it is wanted, the last time is over and the pause after it, too. Call it
 * often. FILE, POS: what has to be reached.
 */
void verify_step(struct feed *feed) NONNULL;

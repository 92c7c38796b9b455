/*
 * XA transactions in the stream. The rows come with XA PREPARE, when nothing of them counts yet, and are kept
 * (prepared.c) until an XA COMMIT or XA ROLLBACK with the same xid comes, at any time and from any
 * connection. Whose XA PREPARE was not heard by this stream changes what is not known.
 *
 * After XA COMMIT has been written to the log, and a snapshot says that it stands behind it, InnoDB may not
 * have committed yet: the two are not one step, as they are for other transactions (measured: 7 of 27,000
 * snapshots lacked what their position promised). Who reads in between has old rows, and would keep
 * them. So the server is asked whether it still holds the transaction as prepared (XA RECOVER, which needs no
 * privilege); nothing is told before it does not.
 */
#include "feed/feed_private.h"

enum {
    SETTLE_TRIES = 20, /* then with the next transaction, or heartbeat */
    SETTLE_PAUSE_MS = 1,
};

/* Can it be seen? If the server cannot be asked: perhaps. */
static bool is_visible(struct feed *feed, const struct stream_xid *xid)
{
    char reason[256];
    bool prepared;

    for (int attempt = 0; attempt < 2; attempt++) { /* an old connection may have been closed */
        if (feed->rows == NULL && !reader_open(feed, reason, sizeof reason)) {
            return true;
        }
        if (db_rows_prepared(feed->rows, xid, &prepared) == DB_OK) {
            return !prepared;
        }
        reader_close(feed);
    }
    return true;
}

/* ONE counts, and is told. The stream stands between two transactions. */
static void tell(struct feed *feed, struct prepared_one *one)
{
    struct transaction *t = &feed->transaction;

    if (one->change != NULL) {
        transaction_unpack(t, &feed->layout, one->change);
    } else {
        transaction_begin(t, &feed->layout);
        transaction_give_up(t, "an XA transaction was prepared before the log was followed");
        t->removal.touched = true;
    }
    prepared_drop(&feed->prepared, one);
    binlog_tell(feed);
}

void xa_begin(struct feed *feed, const struct stream_xid *xid)
{
    struct prepared_one *one = prepared_find(&feed->prepared, xid);

    feed->xid = *xid;
    if (one != NULL && one->committing) { /* no two have the same xid at a time */
        feed->committing--;
        tell(feed, one);
    }
}

void xa_prepare(struct feed *feed)
{
    prepared_keep(&feed->prepared, &feed->xid, &feed->transaction);
    transaction_begin(&feed->transaction, &feed->layout);
}

void xa_rollback(struct feed *feed)
{
    struct prepared_one *one = prepared_find(&feed->prepared, &feed->xid);
    if (one != NULL) {
        prepared_drop(&feed->prepared, one);
    }
}

void xa_commit(struct feed *feed)
{
    struct prepared_one *one = prepared_find(&feed->prepared, &feed->xid);

    if (one != NULL && one->empty) {
        prepared_drop(&feed->prepared, one);
        return;
    }
    if (one == NULL && !prepared_keep(&feed->prepared, &feed->xid, NULL)) {
        transaction_give_up(&feed->transaction, "too many XA transactions are prepared");
        feed->transaction.removal.touched = true;
        binlog_tell(feed);
        return;
    }
    one = one != NULL ? one : prepared_find(&feed->prepared, &feed->xid);
    one->committing = true;
    feed->committing++;
    for (int tries = 0; tries < SETTLE_TRIES && feed->committing > 0; tries++) {
        if (tries > 0 && !feed_pause(feed, SETTLE_PAUSE_MS)) {
            break;
        }
        xa_settle(feed);
    }
}

void xa_settle(struct feed *feed)
{
    for (size_t i = feed->committing > 0 ? feed->prepared.count : 0; i > 0; i--) {
        struct prepared_one *one = &feed->prepared.items[i - 1];
        if (one->committing && is_visible(feed, &one->xid)) {
            feed->committing--;
            tell(feed, one);
        }
    }
}

void xa_forget(struct feed *feed)
{
    prepared_clear(&feed->prepared);
    feed->committing = 0;
}

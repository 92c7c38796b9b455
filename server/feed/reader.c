/*
 * The connection of the reading account (db-user): it is asked where the server stands and what the
 * tables look like. The stream has one of its own.
 */
#include <stdio.h>

#include "feed/feed_private.h"

struct db_params reader_params(struct feed *feed, bool feed_account, struct conf_address *address)
{
    const struct conf *conf = feed_conf(feed);
    struct db_params params;

    loader_db_params(conf, feed->host, address, &params);
    if (feed_account && conf->feed_user != NULL) {
        params.user = conf->feed_user;
        params.password = conf->feed_password;
    }
    return params;
}

/* What feed_stop interrupts. */
static void set_db(struct feed *feed, struct db *db)
{
    pthread_mutex_lock(&feed->lock);
    feed->db = db;
    if (feed->stopping && db != NULL) {
        db_interrupt(db);
    }
    pthread_mutex_unlock(&feed->lock);
}

void reader_close(struct feed *feed)
{
    struct db *db = feed->db;
    db_rows_free(feed->rows);
    feed->rows = NULL;
    set_db(feed, NULL);
    db_close(db);
}

bool reader_open(struct feed *feed, char *reason, size_t reason_cap)
{
    struct conf_address address;
    if (feed->stream ==
        NULL) { /* else where the stream is: it ends when the loader goes elsewhere */
        feed->host = loader_host(feed->loader);
    }
    struct db_params params = reader_params(feed, false, &address);
    enum db_error kind;
    struct db *db = db_open_unless(&params, feed_stopping, feed, &kind, reason, reason_cap);

    set_db(feed, db);
    if (db == NULL) {
        return false;
    }
    feed->rows = db_rows_new(db, feed_conf(feed));
    if (feed->rows == NULL) {
        snprintf(reason, reason_cap, "%s", db_error_text(db));
        reader_close(feed);
        return false;
    }
    return true;
}

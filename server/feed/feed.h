/*
 * The change feed: which zones a transaction touched, told to the loader when it commits. One thread,
 * reading the binary log (db/db_stream.h) as a replica would.
 *
 *     MariaDB --row events--> feed --loader_changed(zones, soa ids, position)--> loader reads them anew
 *                               |
 *                               +-- while it runs it vouches for what is in memory: ages do not count
 *
 * How nothing is lost: the position is read first, the stream starts there, and then every zone is
 * asked to be read again; what was read before the position is thus replaced, and what changes after
 * it is told. The same happens after every loss of the stream, and when the
 * server's GTIDs go on while nothing is heard. An event comes before its rows can be
 * seen: the loader reads again until its snapshot has reached the position told.
 *
 * What is not known in detail (statements as text, DDL, XA, partial row images, a transaction of more than
 * FEED_ZONES_MAX zones) asks for everything to be verified, old data answering meanwhile; that takes a
 * twentieth of the time at most. Statements about other databases are passed over.
 *
 * Rungs: binlog needs log_bin, ROW format, REPLICATION SLAVE for feed-user, and tables that are no
 * views. Without it age limits and the sweep keep things fresh; it is tried again every 30 s.
 */
#pragma once

#include "load/loader.h"

struct feed;

/* Start the thread; conf change-feed = off: does nothing and returns NULL. All are borrowed. */
NODISCARD struct feed *feed_start(const struct conf *conf, struct store *store,
                                  struct loader *loader);
/* Stop and free. Before loader_stop. */
void feed_stop(struct feed *feed);

/*
 * What a snapshot file looks like. Private to the room, but for tests.
 *
 *     head      HEAD_LEN octets: magic, version, what follows and its digest, when it was saved, by what
 *               configuration, the position in the database's history; a digest of all that
 *     blocks    one behind the other: the contents of zones, each block some 64 KB of whole zones
 *     list      of blocks (length, zones, digest), then of zones (id, origin, length of its content)
 *
 *     content = SOA | per name: flags, name, number of rows | per row: id, ttl, aux, type, rdata
 *
 * The list comes last, since lengths are known then, and is read first: all origins are hosted before
 * the first of them answers, so that a name is never answered by the parent of its zone. Rows are
 * stored as rows: wire form, uncompressed. So a file says nothing of how nodes lie in memory, and
 * zone_build, which takes whatever SQL holds, looks at everything that is in it.
 *
 * Digests (BLAKE2b, 16 octets) find what went wrong by accident; who can write the file can write
 * its digests, too.
 */
#pragma once

#include "conf/conf.h"
#include "feed/feed.h"
#include "snapshot/octets.h"

enum {
    SNAPSHOT_VERSION = 1,
    DIGEST_LEN = 16,
    HEAD_LEN = 1024,
    HEAD_DIGEST_OFF = HEAD_LEN - DIGEST_LEN,
    BLOCK_ENTRY_LEN = 8 + 4 + DIGEST_LEN,
    ZONE_ENTRY_LEN = 4 + 4 + 1 + 8, /* and the origin, 1 octet at least */
    /* A block ends behind the zone that reaches this: read at once, so little, for who waits for one of them. */
    BLOCK_LEN = 64 * 1024,
    CONTENT_LEN_MAX = INT32_MAX, /* of one zone: 5,000,000 rows take some 250 MB */
    LIST_LEN_MAX = 1 << 30,      /* 1,000,000 zones take some 40 MB */
};

struct snapshot_head {
    uint8_t conf[DIGEST_LEN];   /* of the options that shape what is kept */
    int64_t saved_at, there_at; /* seconds since 1970: saved; the database was last there */
    struct feed_place place;    /* all contents show at least this; binlog_file "" = not known */
    struct db_position served;  /* they show at most this: server_uid, gtid; "" = not known */
    uint64_t rows, list_off, list_len;
    uint32_t zones, blocks;
    uint8_t list_digest[DIGEST_LEN];
};

enum zone_entry_flag {
    ENTRY_LOADED = 1 << 0, /* it has content */
    ENTRY_DIRTY = 1 << 1,  /* a change was on its way to it: the head's position is not its own */
    ENTRY_STRUCK = 1 << 2, /* taken down by hand, in the file: not to be hosted */
};

struct zone_entry {
    uint32_t id, serial; /* as in the origin list */
    uint8_t flags;
    uint64_t len;
    struct name origin;
};

struct block_entry {
    uint64_t len;
    uint32_t zones;
    uint8_t digest[DIGEST_LEN];
};

void snapshot_digest(uint8_t out[static DIGEST_LEN], const void *octets, size_t len);
/* Of the options that decide which rows are read and what is kept of them. */
void snapshot_conf_digest(uint8_t out[static DIGEST_LEN], const struct conf *conf) NONNULL;

void head_write(uint8_t out[static HEAD_LEN], const struct snapshot_head *head);
/* Of a file of FILE_LEN octets. False: ERR (capacity CAP) is a sentence's end, "is truncated". */
NODISCARD bool head_read(const uint8_t in[static HEAD_LEN], uint64_t file_len,
                         struct snapshot_head *head, char *err, size_t cap);

void block_entry_write(struct octets_out *out, const struct block_entry *entry) NONNULL;
void block_entry_read(struct octets_in *in, struct block_entry *entry) NONNULL;
void zone_entry_write(struct octets_out *out, const struct zone_entry *entry) NONNULL;
/* Sets IN->bad for an entry that cannot be. */
void zone_entry_read(struct octets_in *in, struct zone_entry *entry) NONNULL;

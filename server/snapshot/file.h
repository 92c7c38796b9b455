/*
 * A snapshot file opened for reading: its head and list, both checked. Private to the room.
 *
 * It is read, not mapped: who truncates it meanwhile must not end the server.
 */
#pragma once

#include "snapshot/format.h"

/* One zone of the list. */
struct place {
    uint32_t id;
    uint32_t len; /* of its content; 0 = none */
    uint8_t flags;
};

struct span {
    uint64_t off;
    uint32_t first; /* in places */
    struct block_entry block;
};

struct snapshot_file {
    int fd;
    struct snapshot_head head;
    uint8_t *list;        /* given, read by file_read_list(), as is all below */
    struct octets_in in;  /* its zones */
    struct span *spans;   /* head.blocks */
    struct place *places; /* head.zones */
};

/*
 * Open PATH and check its head. False: ERR (capacity CAP) tells why in the form "FILE is truncated", or is ""
 * when there is no such file. FILE_OPEN_ANY: whoever owns it; FILE_FROM_FD: so, and open (taken).
 */
NODISCARD bool file_open(struct snapshot_file *file, const char *path, char *err,
                         size_t cap) NONNULL;
NODISCARD bool file_open_any(struct snapshot_file *file, const char *path, char *err,
                             size_t cap) NONNULL;
NODISCARD bool file_from_fd(struct snapshot_file *file, int fd, char *err, size_t cap) NONNULL;
/* Also after a failure. */
void file_close(struct snapshot_file *file) NONNULL;

/* Read and check the list. False: ERR tells. */
NODISCARD bool file_read_list(struct snapshot_file *file, char *err, size_t cap) NONNULL;
/* Entry by entry from the first one on, after file_read_list(): head.zones times. */
void file_first_zone(struct snapshot_file *file) NONNULL;
void file_next_zone(struct snapshot_file *file, struct zone_entry *entry) NONNULL;

/* The octets of SPAN, in BUFFER from its begin on; NULL when they cannot be read or are not those that were saved. */
NODISCARD uint8_t *file_read_block(const struct snapshot_file *file, const struct span *span,
                                   struct octets_out *buffer) NONNULL;

enum {
    FILE_LOCK_NONE = -1, /* there is none, or it cannot be opened: ERR tells */
    FILE_LOCK_HELD = -2, /* another one has held it all the time */
};
/*
 * Hold what is at PATH now against others who would replace it (dnsadm, the server), until the fd that is
 * returned is closed. They are waited for, but not for ever: somebody may have stopped them.
 */
NODISCARD int file_lock(const char *path, unsigned wait_ms, char *err, size_t cap) NONNULL;
/* Make PATH.new, for us alone until the fd is closed. -1: ERR tells. */
NODISCARD int file_create_new(const char *path, char *err, size_t cap) NONNULL;
/*
 * Put what was written to FD (PATH.new) in place of PATH, as one step that lasts. False: ERR tells; FD stays
 * the caller's, and PATH.new is gone.
 */
NODISCARD bool file_replace(const char *path, int fd, char *err, size_t cap) NONNULL;
void file_forget_new(const char *path) NONNULL;
/* All of it. False: errno tells. */
NODISCARD bool file_write_all(int fd, const void *octets, size_t len);

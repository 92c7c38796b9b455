/*
 * A zone struck from a file by hand: its content goes, its entry stays and says so. A server that is running
 * can thus tell what was struck from what the file, older than its memory, never had.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "snapshot/file.h"
#include "snapshot/snapshot.h"

struct strike {
    struct snapshot_file file;
    bool *gone; /* given: which of the list */
    int fd;     /* of the new file */
    struct octets_out buffer;
    char *err;
    size_t cap;
};

/* One, unless zones changed their origins while the file was saved. */
static bool find_zones(struct strike *strike, const struct name *origin)
{
    struct zone_entry entry;
    bool found = false;

    strike->gone = alloc_zero(strike->file.head.zones + (size_t)1, sizeof *strike->gone);
    file_first_zone(&strike->file);
    for (uint32_t i = 0; i < strike->file.head.zones; i++) {
        file_next_zone(&strike->file, &entry);
        strike->gone[i] =
            name_equal(entry.origin.octets, origin->octets) && !(entry.flags & ENTRY_STRUCK);
        found |= strike->gone[i];
    }
    return found;
}

static bool fail(struct strike *strike, const char *what)
{
    snprintf(strike->err, strike->cap, "%s: %s", what, strerror(errno));
    return false;
}

/* Copy one block, without the content of what is gone. */
static bool copy_block(struct strike *strike, struct span *span)
{
    const struct place *places = &strike->file.places[span->first];
    uint8_t *octets = file_read_block(&strike->file, span, &strike->buffer);
    size_t len = 0, at = 0;

    if (octets == NULL) {
        snprintf(strike->err, strike->cap, "is damaged: remove the file");
        return false;
    }
    for (uint32_t i = 0; i < span->block.zones; i++) {
        if (!strike->gone[span->first + i]) {
            memmove(octets + len, octets + at, places[i].len);
            len += places[i].len;
        }
        at += places[i].len;
    }
    if (len < at) {
        span->block.len = len;
        snapshot_digest(span->block.digest, octets, len);
    }
    return file_write_all(strike->fd, octets, len) || fail(strike, "cannot be written");
}

static bool write_list(struct strike *strike)
{
    struct snapshot_head head = strike->file.head;
    struct octets_out list = {0};
    struct zone_entry entry;
    uint8_t octets[HEAD_LEN];

    head.list_off = HEAD_LEN;
    for (uint32_t i = 0; i < head.blocks; i++) {
        block_entry_write(&list, &strike->file.spans[i].block);
        head.list_off += strike->file.spans[i].block.len;
    }
    file_first_zone(&strike->file);
    for (uint32_t i = 0; i < head.zones; i++) {
        file_next_zone(&strike->file, &entry);
        if (strike->gone[i]) {
            entry.flags = ENTRY_STRUCK;
            entry.len = 0;
        }
        zone_entry_write(&list, &entry);
    }
    head.list_len = list.len;
    snapshot_digest(head.list_digest, list.octets, list.len);
    head_write(octets, &head);
    bool good =
        (file_write_all(strike->fd, list.octets, list.len) && lseek(strike->fd, 0, SEEK_SET) == 0 &&
         file_write_all(strike->fd, octets, HEAD_LEN)) ||
        fail(strike, "cannot be written");
    free(list.octets);
    return good;
}

static bool write_new(struct strike *strike, const char *path)
{
    static const uint8_t no_head[HEAD_LEN];
    struct stat old;

    strike->fd = file_create_new(path, strike->err, strike->cap);
    if (strike->fd < 0) {
        return false;
    }
    bool good =
        (fstat(strike->file.fd, &old) == 0 && fchown(strike->fd, old.st_uid, old.st_gid) == 0 &&
         fchmod(strike->fd, old.st_mode & 0777) == 0 &&
         file_write_all(strike->fd, no_head, HEAD_LEN)) ||
        fail(strike, "cannot be written");
    for (uint32_t i = 0; good && i < strike->file.head.blocks; i++) {
        good = copy_block(strike, &strike->file.spans[i]);
    }
    good = good && write_list(strike);
    if (good) {
        good = file_replace(path, strike->fd, strike->err, strike->cap);
    } else {
        file_forget_new(path);
    }
    close(strike->fd);
    return good;
}

bool snapshot_strike(const char *path, const struct name *origin, bool *found, char *err,
                     size_t cap)
{
    enum { WAIT_MS = 60 * 1000 }; /* a server that saves 10,000,000 rows takes some 10 s */
    struct strike strike = {.err = err, .cap = cap};

    *found = false;
    int held = file_lock(path, WAIT_MS, err, cap);
    if (held < 0) {
        if (err[0] == '\0') {
            snprintf(err, cap, "does not exist");
        }
        return false;
    }
    bool good =
        file_open_any(&strike.file, path, err, cap) && file_read_list(&strike.file, err, cap);
    if (good) {
        *found = find_zones(&strike, origin);
        good = *found && write_new(&strike, path);
    }
    free(strike.gone);
    free(strike.buffer.octets);
    file_close(&strike.file);
    close(held);
    return good;
}

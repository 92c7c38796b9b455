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
    uint32_t zone; /* in the list */
    int fd;        /* of the new file */
    char *err;
    size_t cap;
};

static bool find_zone(struct strike *strike, const struct name *origin)
{
    struct zone_entry entry;

    file_first_zone(&strike->file);
    for (strike->zone = 0; strike->zone < strike->file.head.zones; strike->zone++) {
        file_next_zone(&strike->file, &entry);
        if (name_equal(entry.origin.octets, origin->octets) && !(entry.flags & ENTRY_STRUCK)) {
            return true;
        }
    }
    return false;
}

static bool fail(struct strike *strike, const char *what)
{
    snprintf(strike->err, strike->cap, "%s: %s", what, strerror(errno));
    return false;
}

/* Copy one block, without the zone's content if it is there. */
static bool copy_block(struct strike *strike, struct span *span)
{
    const struct place *places = &strike->file.places[span->first];
    uint8_t *octets = file_read_block(&strike->file, span);
    size_t len = (size_t)span->block.len, at = 0;

    if (octets == NULL) {
        snprintf(strike->err, strike->cap, "is damaged: remove the file");
        return false;
    }
    if (strike->zone >= span->first && strike->zone - span->first < span->block.zones) {
        for (uint32_t i = 0; i < strike->zone - span->first; i++) {
            at += places[i].len;
        }
        size_t gone = strike->file.places[strike->zone].len;
        memmove(octets + at, octets + at + gone, len - at - gone);
        len -= gone;
        span->block.len = len;
        snapshot_digest(span->block.digest, octets, len);
    }
    bool good = file_write_all(strike->fd, octets, len) || fail(strike, "cannot be written");
    free(octets);
    return good;
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
        if (i == strike->zone) {
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
    struct strike strike = {.err = err, .cap = cap};

    *found = false;
    int held = file_lock(path, err, cap);
    if (held < 0) {
        if (err[0] == '\0') {
            snprintf(err, cap, "does not exist");
        }
        return false;
    }
    bool good = file_open(&strike.file, path, err, cap) && file_read_list(&strike.file, err, cap);
    if (good) {
        *found = find_zone(&strike, origin);
        good = *found && write_new(&strike, path);
    }
    file_close(&strike.file);
    close(held);
    return good;
}

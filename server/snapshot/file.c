#include "snapshot/file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* --- reading ----------------------------------------------------------------------------------- */

static bool read_at(int fd, void *out, size_t len, uint64_t off)
{
    uint8_t *at = out;
    while (len > 0) {
        ssize_t got = pread(fd, at, len, (off_t)off);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            return false;
        }
        at += got;
        off += (uint64_t)got;
        len -= (size_t)got;
    }
    return true;
}

static bool disbelieve(char *err, size_t cap)
{
    snprintf(err, cap, "may be written by others, so it is not believed");
    return false;
}

bool file_from_fd(struct snapshot_file *file, int fd, char *err, size_t cap)
{
    uint8_t head[HEAD_LEN];
    struct stat stat;

    *file = (struct snapshot_file){.fd = fd};
    if (fstat(fd, &stat) != 0) {
        snprintf(err, cap, "cannot be read: %s", strerror(errno));
        return false;
    }
    if (!S_ISREG(stat.st_mode)) {
        snprintf(err, cap, "is no regular file");
        return false;
    }
    if ((stat.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
        return disbelieve(err, cap);
    }
    if (!read_at(fd, head, sizeof head, 0)) {
        snprintf(err, cap,
                 stat.st_size < HEAD_LEN ? "is too short for a snapshot of mydns"
                                         : "cannot be read");
        return false;
    }
    return head_read(head, (uint64_t)stat.st_size, &file->head, err, cap);
}

/* -1: ERR tells, or is "". */
static int open_to_read(const char *path, char *err, size_t cap)
{
    /* O_NONBLOCK: a pipe in its place must not hold the start up. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    err[0] = '\0';
    if (fd < 0 && errno != ENOENT) {
        snprintf(err, cap, "cannot be opened: %s", strerror(errno));
    }
    return fd;
}

bool file_open(struct snapshot_file *file, const char *path, char *err, size_t cap)
{
    struct stat stat;

    *file = (struct snapshot_file){.fd = open_to_read(path, err, cap)};
    if (file->fd < 0) {
        return false;
    }
    if (fstat(file->fd, &stat) == 0 && stat.st_uid != geteuid() && stat.st_uid != 0) {
        return disbelieve(err, cap);
    }
    return file_from_fd(file, file->fd, err, cap);
}

bool file_open_any(struct snapshot_file *file, const char *path, char *err, size_t cap)
{
    *file = (struct snapshot_file){.fd = open_to_read(path, err, cap)};
    return file->fd >= 0 && file_from_fd(file, file->fd, err, cap);
}

void file_close(struct snapshot_file *file)
{
    if (file->fd >= 0) {
        close(file->fd);
    }
    free(file->list);
    free(file->spans);
    free(file->places);
    *file = (struct snapshot_file){.fd = -1};
}

void file_first_zone(struct snapshot_file *file)
{
    size_t blocks = (size_t)file->head.blocks * BLOCK_ENTRY_LEN;
    file->in = (struct octets_in){file->list + blocks, file->list + file->head.list_len, false};
}

void file_next_zone(struct snapshot_file *file, struct zone_entry *entry)
{
    zone_entry_read(&file->in, entry);
}

/* Blocks of whole zones, one behind the other, from the head to the list. */
static bool read_spans(struct snapshot_file *file)
{
    struct octets_in in = {file->list, file->list + file->head.list_len, false};
    uint64_t off = HEAD_LEN, zones = 0;

    for (uint32_t i = 0; i < file->head.blocks; i++) {
        struct span *span = &file->spans[i];
        block_entry_read(&in, &span->block);
        span->off = off;
        span->first = (uint32_t)zones;
        if (in.bad || span->block.len > file->head.list_off - off ||
            span->block.len > BLOCK_LEN + (uint64_t)CONTENT_LEN_MAX) {
            return false;
        }
        off += span->block.len;
        zones += span->block.zones;
    }
    return off == file->head.list_off && zones == file->head.zones;
}

static bool read_places(struct snapshot_file *file)
{
    struct zone_entry entry;
    uint32_t block = 0;
    uint64_t len = 0;

    file_first_zone(file);
    for (uint32_t i = 0; i < file->head.zones; i++) {
        file_next_zone(file, &entry);
        if (file->in.bad) {
            return false;
        }
        while (i - file->spans[block].first >= file->spans[block].block.zones) {
            if (len != file->spans[block].block.len) {
                return false;
            }
            block++;
            len = 0;
        }
        len += entry.len;
        file->places[i] = (struct place){entry.id, (uint32_t)entry.len, entry.flags};
    }
    return in_left(&file->in) == 0 &&
           (file->head.blocks == 0 || len == file->spans[block].block.len);
}

bool file_read_list(struct snapshot_file *file, char *err, size_t cap)
{
    uint8_t digest[DIGEST_LEN];
    size_t len = (size_t)file->head.list_len;

    file->list = alloc_new(len + 1);
    if (!read_at(file->fd, file->list, len, file->head.list_off)) {
        snprintf(err, cap, "cannot be read: %s", strerror(errno));
        return false;
    }
    snapshot_digest(digest, file->list, len);
    file->spans = alloc_zero(file->head.blocks + (size_t)1, sizeof *file->spans);
    file->places = alloc_zero(file->head.zones + (size_t)1, sizeof *file->places);
    if (memcmp(digest, file->head.list_digest, DIGEST_LEN) != 0 || !read_spans(file) ||
        !read_places(file)) {
        snprintf(err, cap, "is damaged (its list of zones)");
        return false;
    }
    return true;
}

uint8_t *file_read_block(const struct snapshot_file *file, const struct span *span,
                         struct octets_out *buffer)
{
    uint8_t digest[DIGEST_LEN];

    buffer->len = 0;
    uint8_t *octets = out_room(buffer, (size_t)span->block.len + 1);
    if (read_at(file->fd, octets, (size_t)span->block.len, span->off)) {
        snapshot_digest(digest, octets, (size_t)span->block.len);
        if (memcmp(digest, span->block.digest, DIGEST_LEN) == 0) {
            return octets;
        }
    }
    return NULL;
}

/* --- replacing --------------------------------------------------------------------------------- */

enum { LOCK_LOOK_MS = 10 };

/* Where a file system knows no locks there are none to respect. */
static bool take_lock(int fd)
{
    return flock(fd, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK;
}

/* FD is what NAME stands for now. */
static bool is_at(const char *name, int fd, int flags)
{
    struct stat mine, there;
    return fstat(fd, &mine) == 0 && fstatat(AT_FDCWD, name, &there, flags) == 0 &&
           mine.st_ino == there.st_ino && mine.st_dev == there.st_dev;
}

int file_lock(const char *path, unsigned wait_ms, char *err, size_t cap)
{
    static const struct timespec pause = {0, LOCK_LOOK_MS * 1000000L};

    for (unsigned ms = 0;; ms += LOCK_LOOK_MS) {
        int fd = open_to_read(path, err, cap);
        if (fd < 0) {
            return FILE_LOCK_NONE;
        }
        if (take_lock(fd) && is_at(path, fd, 0)) {
            return fd;
        }
        close(fd); /* held, or replaced meanwhile */
        if (ms >= wait_ms) {
            snprintf(err, cap, "is held by another process");
            return FILE_LOCK_HELD;
        }
        (void)nanosleep(&pause, NULL);
    }
}

static char *new_name(const char *path)
{
    return alloc_printf("%s.new", path);
}

/* What a crash has left behind goes; not what somebody has locked, since he writes it. */
static bool clear_new(const char *name)
{
    int fd = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);

    bool left = fd < 0 || take_lock(fd);
    if (left) {
        (void)unlink(name);
    }
    if (fd >= 0) {
        close(fd);
    }
    return left;
}

int file_create_new(const char *path, char *err, size_t cap)
{
    char *name = new_name(path);
    int fd = -1;

    if (!clear_new(name)) {
        snprintf(err, cap, "is being written by another process");
    } else {
        fd = open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR);
        if (fd < 0) {
            snprintf(err, cap, "%s cannot be made: %s", name, strerror(errno));
        } else if (!take_lock(fd) || !is_at(name, fd, AT_SYMLINK_NOFOLLOW)) {
            /* Another one took it for left behind, before we had locked it. */
            snprintf(err, cap, "is being written by another process");
            close(fd);
            fd = -1;
        }
    }
    free(name);
    return fd;
}

void file_forget_new(const char *path)
{
    char *name = new_name(path);
    (void)unlink(name);
    free(name);
}

/* The new name in its directory lasts, too. Where that cannot be done it is no reason to fail. */
static void sync_directory(const char *path)
{
    char *copy = alloc_string(path);
    int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        (void)fsync(fd);
        close(fd);
    }
    free(copy);
}

bool file_replace(const char *path, int fd, char *err, size_t cap)
{
    char *name = new_name(path);
    bool done = fsync(fd) == 0 && rename(name, path) == 0;

    if (done) {
        sync_directory(path);
    } else {
        snprintf(err, cap, "cannot be replaced: %s", strerror(errno));
        (void)unlink(name);
    }
    free(name);
    return done;
}

bool file_write_all(int fd, const void *octets, size_t len)
{
    const uint8_t *at = octets;
    while (len > 0) {
        ssize_t done = write(fd, at, len);
        if (done < 0 && errno == EINTR) {
            continue;
        }
        if (done < 0) {
            return false;
        }
        at += done;
        len -= (size_t)done;
    }
    return true;
}

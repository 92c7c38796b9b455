/*
 * The octets of a snapshot file through its reader. Digests would stop everything at once, so they are made
 * right first, unless the input begins with another octet than a snapshot does: who can write the file can
 * write them as well. What was read is asked about, saved, and read again as the same.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/quiesce.h"
#include "fuzz/fuzz.h"
#include "snapshot/file.h"
#include "snapshot/restore.h"
#include "snapshot/save.h"

/* Where numbers stand in the head (format.c). */
enum { VERSION = 8, LIST_OFF = 16, LIST_LEN = 24, LIST_DIGEST = 32, BLOCKS = 88 };

static const struct conf conf = {.zone_max_rows = 1000, .rrset_max_records = 100};
static const struct answer_policy policy = {.reply = {.edns_udp_size = 1232}};

static void put(uint8_t *at, uint64_t value, unsigned len)
{
    for (unsigned i = 0; i < len; i++) {
        at[i] = (uint8_t)(value >> 8 * i);
    }
}

static uint64_t get(const uint8_t *at, unsigned len)
{
    struct octets_in in = {at, at + len, false};
    return in_number(&in, len);
}

static void sign_blocks(uint8_t *file, uint8_t *list, size_t list_len, size_t list_off)
{
    uint64_t blocks = get(file + BLOCKS, 4), off = HEAD_LEN;

    for (uint64_t i = 0; i < blocks && (i + 1) * BLOCK_ENTRY_LEN <= list_len; i++) {
        uint8_t *entry = list + i * BLOCK_ENTRY_LEN;
        uint64_t len = get(entry, 8);
        if (len > list_off - off) {
            return;
        }
        snapshot_digest(entry + BLOCK_ENTRY_LEN - DIGEST_LEN, file + off, (size_t)len);
        off += len;
    }
}

/* Version, sizes and digests as they have to be. */
static void sign(uint8_t *file, size_t len)
{
    size_t list_off = (size_t)get(file + LIST_OFF, 8);

    list_off = list_off < HEAD_LEN || list_off > len ? HEAD_LEN : list_off;
    put(file + VERSION, SNAPSHOT_VERSION, 4);
    put(file + LIST_OFF, list_off, 8);
    put(file + LIST_LEN, len - list_off, 8);
    sign_blocks(file, file + list_off, len - list_off, list_off);
    snapshot_digest(file + LIST_DIGEST, file + list_off, len - list_off);
    snapshot_digest(file + HEAD_DIGEST_OFF, file, HEAD_DIGEST_OFF);
}

static int new_file(const void *octets, size_t len)
{
    int fd = memfd_create("snapshot", MFD_CLOEXEC);
    if (fd < 0 || fchmod(fd, 0600) != 0 || !file_write_all(fd, octets, len) ||
        lseek(fd, 0, SEEK_SET) != 0) {
        abort();
    }
    return fd;
}

/* What is in FD (taken), in a store of its own; NULL when it is no good. */
static struct store *restored(int fd)
{
    char err[512];
    struct snapshot_file file;
    struct store *store = NULL;

    if (file_from_fd(&file, fd, err, sizeof err) && file_read_list(&file, err, sizeof err)) {
        store = store_new();
        struct restore restore = {.file = &file, .store = store, .conf = &conf};
        restore_host(&restore, FUZZ_UNIX_SEC);
        restore_fill(&restore);
        restore_release(&restore);
    } else if (err[0] == '\0') {
        fuzz_fail("refused without a reason");
    }
    file_close(&file);
    return store;
}

static struct store *saved_and_restored(struct store *store)
{
    struct snapshot_head head = {0};
    struct save_result result;
    char err[512];
    int fd = new_file("", 0);

    if (!save_zones(fd, store, &head, NULL, &result, err, sizeof err) ||
        !save_head(fd, &head, err, sizeof err)) {
        fuzz_fail("cannot be saved: %s", err);
    }
    struct store *again = restored(fd);
    if (again == NULL) {
        fuzz_fail("what was saved cannot be read");
    }
    return again;
}

static void ask(const struct store *store, const struct zone *zone, uint16_t type)
{
    uint8_t message[DNS_HEADER_LEN + 4 + DNS_NAME_MAX + 4] = {1, 2, 1, 0, 0, 1};
    size_t at = DNS_HEADER_LEN;

    if (type == TYPE_A &&
        zone->origin_len <= DNS_NAME_MAX - 2) { /* below, for cuts and wildcards */
        message[at++] = 1;
        message[at++] = 'a';
    }
    memcpy(message + at, zone->origin, zone->origin_len);
    at += zone->origin_len;
    put(message + at, (uint64_t)type << 8 | type >> 8, 2);
    put(message + at + 2, 0x100, 2);
    struct fuzz_question question = {.store = store,
                                     .policy = &policy,
                                     .message = message,
                                     .len = at + 4,
                                     .cap = 4096,
                                     .tcp = type == TYPE_ANY,
                                     .unchecked = true};
    struct fuzz_reply reply;
    fuzz_ask(&question, &reply);
    free(reply.octets);
}

struct twins {
    struct store *one, *other;
};

static void compare(struct hosted *hosted, void *context)
{
    const struct twins *twins = context;
    const struct hosted *other = store_hosted(twins->other, hosted->zone->id);

    if (other == NULL || (hosted->zone->soa == NULL) != (other->zone->soa == NULL)) {
        fuzz_fail("zone %u is lost", hosted->zone->id);
    }
    if (hosted->zone->soa != NULL) {
        if (!soa_equal(hosted->zone->soa, other->zone->soa) ||
            hosted->zone->content.digest != other->zone->content.digest ||
            hosted->zone->content.rows != other->zone->content.rows) {
            fuzz_fail("zone %u is another one", hosted->zone->id);
        }
        ask(twins->one, hosted->zone, TYPE_ANY);
        ask(twins->one, hosted->zone, TYPE_MX);
        ask(twins->one, hosted->zone, TYPE_A);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    uint8_t *octets = fuzz_exact(data, len);

    if (len >= HEAD_LEN && data[0] == 0x89) {
        sign(octets, len);
    }
    struct store *store = restored(new_file(octets, len));
    free(octets);
    if (store != NULL) {
        struct twins twins = {store, saved_and_restored(store)};
        store_each(store, compare, &twins);
        if (twins.other->zones != store->zones || twins.other->rows != store->rows) {
            fuzz_fail("%u zones and %llu rows became %u and %llu", store->zones,
                      (unsigned long long)store->rows, twins.other->zones,
                      (unsigned long long)twins.other->rows);
        }
        store_free(twins.other);
        store_free(store);
    }
    quiesce_collect();
    return 0;
}

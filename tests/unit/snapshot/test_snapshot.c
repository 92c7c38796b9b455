/* A store saved and read again is the same; what is wrong with a file is told and harmless. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/quiesce.h"
#include "snapshot/file.h"
#include "snapshot/restore.h"
#include "snapshot/save.h"
#include "snapshot/snapshot.h"

enum { ZONES = 300 };

static const struct conf conf = {.zone_max_rows = 100000,
                                 .rrset_max_records = 1000,
                                 .zone_cache_expire_sec = 60,
                                 .database = (char *)(uintptr_t) "mydns",
                                 .soa_table = (char *)(uintptr_t) "soa",
                                 .rr_table = (char *)(uintptr_t) "rr"};

static struct name name_of(const char *text)
{
    struct name name;
    assert_null(name_from_text(&name, text, strlen(text), NULL));
    return name;
}

static void add_row(struct zone_build *build, const char *owner, uint16_t type, uint32_t id,
                    const void *rdata, size_t len)
{
    struct name name = name_of(owner);
    struct record record = {.id = id,
                            .ttl = 300 + id % 3,
                            .aux = type == TYPE_A ? id % 2 : 0,
                            .type = type,
                            .rdata_len = (uint16_t)len,
                            .rdata = rdata};
    assert_int_equal(zone_build_add(build, &name, &record), ZONE_ADD_OK);
}

/* Rows of every shape: names in and out of the zone, duplicates, a second CNAME, foreign glue, a wildcard. */
static void load(struct store *store, uint32_t id, const char *origin, bool content)
{
    static const struct zone_limits limits = {100000, 1000};
    char text[300];
    const char *below = strcmp(origin, ".") == 0 ? "" : origin;
    struct name name = name_of(origin), mx = name_of("mail.example.net.");
    struct hosted *hosted = store_add(store, id, &name);
    uint8_t rdata[2 + DNS_NAME_MAX] = {0, 10};

    hosted->list_serial = id * 7;
    if (!content) {
        return;
    }
    struct zone_build *build = zone_build_new(hosted->zone, &limits);
    for (unsigned i = 0; i < id % 50 + 1; i++) {
        snprintf(text, sizeof text, "h%u.a.%s", i, below);
        add_row(build, text, TYPE_A, id * 100 + i, "\300\0\2\1", 4);
        add_row(build, text, TYPE_A, id * 100 + i + 60, "\300\0\2\1", 4);
    }
    memcpy(rdata + 2, mx.octets, mx.len);
    add_row(build, origin, TYPE_MX, 1, rdata, 2u + mx.len);
    snprintf(text, sizeof text, "MAIL.%s", below);
    mx = name_of(text);
    memcpy(rdata + 2, mx.octets, mx.len);
    add_row(build, origin, TYPE_MX, 2, rdata, 2u + mx.len);
    memcpy(rdata + 2, name.octets, name.len);
    add_row(build, origin, TYPE_MX, 3, rdata, 2u + name.len);
    snprintf(text, sizeof text, "*.w.%s", below);
    add_row(build, text, TYPE_CNAME, 5, name.octets, name.len);
    add_row(build, text, TYPE_CNAME, 4, mx.octets, mx.len);
    add_row(build, "ns.elsewhere.test.", TYPE_A, 6, "\300\0\2\2", 4);
    snprintf(text, sizeof text, "opaque.%s", below);
    add_row(build, text, 4711, 7, "", 0);
    struct soa_fields soa = {.id = id,
                             .serial = id * 7,
                             .refresh = 2,
                             .retry = 3,
                             .expire = 4,
                             .minimum = 5,
                             .ttl = 6,
                             .ns = name_of("ns.elsewhere.test."),
                             .mbox = mx};
    struct zone_content made;
    struct zone_too_large too_large;
    assert_true(zone_build_finish(build, &made, &too_large));
    zone_build_free(build);
    assert_true(store_restore(store, hosted, &made, soa_new(hosted->zone, &soa), soa.minimum));
    store_set_loaded_at(store, hosted, clock_now());
}

static struct store *make_store(void)
{
    char origin[64];
    struct store *store = store_new();

    for (uint32_t id = 1; id <= ZONES; id++) {
        snprintf(origin, sizeof origin, "zone%u.example.", id);
        load(store, id, origin, id % 10 != 0);
    }
    load(store, 1000, ".", true);
    return store;
}

static void free_both(struct store *store, struct store *again)
{
    store_free(again);
    store_free(store);
    quiesce_collect();
}

static int new_file(void)
{
    int fd = memfd_create("snapshot", 0);
    assert_true(fd >= 0);
    assert_int_equal(fchmod(fd, 0600), 0);
    return fd;
}

static int saved(struct store *store)
{
    struct snapshot_head head = {.saved_at = 1000, .there_at = 900};
    struct save_result result;
    char err[512];
    int fd = new_file();

    strcpy(head.place.position.server_uid, "uid");
    strcpy(head.place.position.binlog_file, "binlog.000002");
    strcpy(head.place.position.gtid, "0-1-2");
    head.place.position.binlog_pos = 4711;
    snapshot_conf_digest(head.conf, &conf);
    strcpy(head.served.server_uid, "uid");
    strcpy(head.served.gtid, "0-1-3|1-1-1");
    assert_true(save_zones(fd, store, &head, NULL, &result, err, sizeof err));
    assert_true(save_head(fd, &head, err, sizeof err));
    assert_int_equal(result.zones, store->zones);
    assert_int_equal(result.loaded, store->loaded);
    assert_int_equal(result.rows, store->rows);
    return fd;
}

/* Read what is in FD (taken) into a new store. NULL: ERR tells. */
static struct store *restored(int fd, char *err, size_t cap, struct restore *restore)
{
    struct snapshot_file file;
    struct store *store = NULL;

    if (file_from_fd(&file, fd, err, cap) && file_read_list(&file, err, cap)) {
        store = store_new();
        *restore = (struct restore){.file = &file, .store = store, .conf = &conf};
        restore_host(restore, 1010);
        restore_fill(restore);
        restore_release(restore);
    }
    file_close(&file);
    return store;
}

struct comparison {
    const struct zone *other;
    unsigned nodes;
};

static void compare_node(void *item, void *context)
{
    const struct node *node = item, *twin;
    struct comparison *comparison = context;
    const struct zone *zone = comparison->other;

    if (node->flags & NODE_FOREIGN) {
        struct lookup_name name;
        assert_int_equal(lookup_name_read(&name, node_name(node), node->name_len), node->name_len);
        twin = zone_find_foreign(zone, zone_names(zone), &name);
    } else {
        twin = zone_find_relative(zone, zone_names(zone), node_name(node), node->name_len);
    }
    assert_non_null(twin);
    /* Octet by octet, but for those that fill up to a multiple of four. */
    assert_int_equal(node->size, twin->size);
    assert_memory_equal(node, twin, node_name(node) + node->name_len - (const uint8_t *)node);
    for (unsigned i = 0; i < node->rrset_count; i++) {
        const struct rrset *set = &node->rrsets[i];
        const uint8_t *end = rrset_records(set, node);
        for (unsigned n = 0; n < set->total; n++) {
            end += record_len(end);
        }
        assert_memory_equal(rrset_ids(set, node), rrset_ids(set, twin),
                            end - (const uint8_t *)rrset_ids(set, node));
    }
    comparison->nodes++;
}

static void compare_zone(struct hosted *hosted, void *context)
{
    struct hosted *other = store_hosted(context, hosted->zone->id);
    struct zone *zone = hosted->zone;
    const struct soa *soa = zone->soa;

    assert_non_null(other);
    assert_int_equal(zone->origin_len, other->zone->origin_len);
    assert_memory_equal(zone->origin, other->zone->origin, zone->origin_len);
    assert_int_equal(hosted->list_serial, other->list_serial);
    assert_int_equal(soa != NULL, other->zone->soa != NULL);
    if (soa != NULL) {
        struct comparison comparison = {.other = other->zone};
        assert_true(soa_equal(soa, other->zone->soa));
        assert_int_equal(soa->negative_ttl, other->zone->soa->negative_ttl);
        assert_int_equal(zone->ttl_floor, other->zone->ttl_floor);
        assert_int_equal(zone->content.digest, other->zone->content.digest);
        table_each(zone_names(zone), compare_node, &comparison);
        assert_int_equal(comparison.nodes, other->zone->content.names.used);
    }
}

static void same_again(void **state)
{
    struct store *store = make_store();
    struct restore restore;
    char err[512];

    (void)state;
    struct store *again = restored(saved(store), err, sizeof err, &restore);
    assert_non_null(again);
    assert_int_equal(again->zones, store->zones);
    assert_int_equal(again->loaded, store->loaded);
    assert_int_equal(again->rows, store->rows);
    assert_int_equal(restore.damaged + restore.refused, 0);
    store_each(store, compare_zone, again);
    assert_true(again->complete);
    struct hosted *hosted = store_hosted(again, 1);
    assert_int_equal(hosted->max_age_sec, 60);
    assert_string_equal(hosted->stamp->binlog_file, "binlog.000002");
    assert_int_equal(hosted->zone->read_ns, restore.begun.ns);
    /* 110 s ago, the counter of seconds wrapping where the machine is younger */
    assert_in_range(instant_sec(clock_now()) - again->away_from_sec, 110, 115);
    free_both(store, again);
}

static void nothing_at_all(void **state)
{
    struct store *store = store_new();
    struct restore restore;
    char err[512];

    (void)state;
    struct store *again = restored(saved(store), err, sizeof err, &restore);
    assert_non_null(again);
    assert_int_equal(again->zones, 0);
    store_free(again);
    store_free(store);
}

/* A change was on its way: the zone is not one that a feed may vouch for. */
static void dirty(void **state)
{
    struct store *store = make_store();
    struct restore restore;
    char err[512];

    (void)state;
    store_queue(store, store_hosted(store, 7));
    store_set_held(store, store_hosted(store, 9), true); /* by vanish protection */
    store_hosted(store, 11)->torn_sec = 1; /* read while it was written: what was before is kept */
    struct store *again = restored(saved(store), err, sizeof err, &restore);
    assert_int_equal(store_hosted(again, 7)->zone->read_ns, 0);
    assert_int_not_equal(store_hosted(again, 8)->zone->read_ns, 0);
    assert_int_equal(store_hosted(again, 9)->zone->read_ns, 0);
    assert_int_equal(store_hosted(again, 11)->zone->read_ns, 0);
    free_both(store, again);
}

/* What SQL has filled, renamed or removed meanwhile stays so. */
static void newer_stays(void **state)
{
    struct store *store = make_store(), *again = store_new();
    struct snapshot_file file;
    char err[512];

    (void)state;
    assert_true(file_from_fd(&file, saved(store), err, sizeof err));
    assert_true(file_read_list(&file, err, sizeof err));
    assert_string_equal(file.head.served.server_uid, "uid");
    assert_string_equal(file.head.served.gtid, "0-1-3|1-1-1");
    struct restore restore = {.file = &file, .store = again, .conf = &conf};
    restore_host(&restore, 1010);
    struct instant now = clock_now();
    store_set_loaded_at(again, store_hosted(again, 1), now);
    store_remove(again, store_hosted(again, 2));
    store_remove(again, store_hosted(again, 3));
    struct name name = name_of("other.test.");
    store_add(again, 3, &name);
    restore_fill(&restore);
    restore_release(&restore);
    assert_null(store_hosted(again, 1)->zone->soa);
    assert_null(store_hosted(again, 2));
    assert_int_equal(store_hosted(again, 3)->zone->origin_len, name.len);
    assert_non_null(store_hosted(again, 4)->zone->soa);
    file_close(&file);
    free_both(store, again);
}

/* Asked for: a zone that is not there, one without content, the last but one. Then that one is there. */
static struct store *asked_of;
static bool asked(struct loader *loader, uint32_t *id)
{
    static const uint32_t ids[] = {4711, 10, ZONES - 1};
    static unsigned n;

    (void)loader;
    if (n < ARRAY_LEN(ids)) {
        *id = ids[n++];
        return true;
    }
    if (n++ == ARRAY_LEN(ids)) {
        assert_non_null(store_hosted(asked_of, ZONES - 1)->zone->soa);
        assert_null(store_hosted(asked_of, 1)->zone->soa);
    }
    return false;
}

static void asked_zones_first(void **state)
{
    struct store *store = make_store(), *again = store_new();
    struct snapshot_file file;
    char err[512];

    (void)state;
    assert_true(file_from_fd(&file, saved(store), err, sizeof err));
    assert_true(file_read_list(&file, err, sizeof err));
    assert_true(file.head.blocks > 2);
    struct restore restore = {.file = &file, .store = again, .conf = &conf, .asked = asked};
    asked_of = again;
    restore_host(&restore, 1010);
    restore_fill(&restore);
    restore_release(&restore);
    assert_int_equal(restore.loaded, store->loaded);
    store_each(store, compare_zone, again);
    file_close(&file);
    free_both(store, again);
}

static off_t len_of(int fd)
{
    struct stat stat;
    assert_int_equal(fstat(fd, &stat), 0);
    return stat.st_size;
}

static void copy(int to, int fd, off_t len)
{
    char *octets = malloc((size_t)len);

    assert_int_equal(pread(fd, octets, (size_t)len, 0), len);
    assert_int_equal(write(to, octets, (size_t)len), len);
    free(octets);
}

static int copy_of(int fd, off_t len)
{
    int made = new_file();
    copy(made, fd, len);
    return made;
}

static void expect(int fd, const char *what)
{
    struct restore restore;
    char err[512] = "";
    struct store *store = restored(fd, err, sizeof err, &restore);

    assert_null(store);
    if (strstr(err, what) == NULL) {
        fail_msg("'%s' is expected, but: '%s'", what, err);
    }
}

/* Put LEN octets at OFF of a copy of FD. */
static int altered(int fd, off_t off, const void *octets, size_t len)
{
    int made = copy_of(fd, len_of(fd));
    assert_int_equal(pwrite(made, octets, len, off), (ssize_t)len);
    return made;
}

static void damage(void **state)
{
    struct store *store = make_store();
    struct restore restore;
    char err[512];
    int fd = saved(store);
    off_t len = len_of(fd);

    (void)state;
    expect(new_file(), "too short");
    expect(copy_of(fd, 1023), "too short");
    expect(copy_of(fd, 1024), "truncated");
    expect(copy_of(fd, len - 1), "truncated");
    expect(altered(fd, len, "x", 1), "behind its end");
    expect(altered(fd, 0, "hello", 5), "no snapshot");
    expect(altered(fd, 8, "\2", 1), "another version");
    expect(altered(fd, 8, "\0\0\0\1", 4), "another version");
    expect(altered(fd, 100, "\377", 1), "damaged (its head)");
    expect(altered(fd, len - 9, "\377", 1), "damaged (its list");
    int open_to_all = altered(fd, 0, "", 0);
    assert_int_equal(fchmod(open_to_all, 0622), 0);
    expect(open_to_all, "written by others");
    /* One block: the others are of use. */
    struct store *again =
        restored(altered(fd, HEAD_LEN + 7, "\377\377", 2), err, sizeof err, &restore);
    assert_non_null(again);
    assert_int_equal(again->zones, store->zones);
    assert_true(restore.damaged > 0);
    assert_null(store_hosted(again, 1)->zone->soa);
    assert_int_equal(again->loaded, restore.loaded);
    close(fd);
    free_both(store, again);
}

static void configurations(void **state)
{
    uint8_t a[DIGEST_LEN], b[DIGEST_LEN];
    struct conf other = conf;

    (void)state;
    snapshot_conf_digest(a, &conf);
    other.zone_cache_expire_sec = 1;
    snapshot_conf_digest(b, &other);
    assert_memory_equal(a, b, DIGEST_LEN);
    other.soa_where = (char *)(uintptr_t) "a = 1";
    snapshot_conf_digest(b, &other);
    assert_memory_not_equal(a, b, DIGEST_LEN);
    other.rr_where = other.soa_where;
    other.soa_where = NULL;
    uint8_t c[DIGEST_LEN];
    snapshot_conf_digest(c, &other);
    assert_memory_not_equal(b, c, DIGEST_LEN);
}

static void struck(void **state)
{
    char path[] = "/tmp/mydns-unit-XXXXXX", err[512];
    struct store *store = make_store();
    struct name name = name_of("zone5.example."), unknown = name_of("zone5.test.");
    struct restore restore;
    bool found;

    (void)state;
    int file = mkstemp(path), fd = saved(store);
    copy(file, fd, len_of(fd));
    close(fd);
    close(file);
    assert_false(snapshot_strike(path, &unknown, &found, err, sizeof err));
    assert_false(found);
    assert_true(snapshot_strike(path, &name, &found, err, sizeof err));
    assert_true(found);
    assert_false(snapshot_strike(path, &name, &found, err, sizeof err));
    assert_false(found);
    struct store *again = restored(open(path, O_RDONLY), err, sizeof err, &restore);
    assert_non_null(again);
    assert_int_equal(restore.struck, 1);
    assert_null(store_hosted(again, 5));
    assert_int_equal(again->zones, store->zones - 1);
    store_remove(store, store_hosted(store, 5));
    store_each(store, compare_zone, again);
    unlink(path);
    assert_false(snapshot_strike(path, &name, &found, err, sizeof err));
    assert_string_equal(err, "does not exist");
    free_both(store, again);
}

/* A zone that took over another one's origin while it was saved: both are in the list. */
static void struck_twice(void **state)
{
    char path[] = "/tmp/mydns-unit-XXXXXX", err[512];
    struct store *store = make_store();
    struct name name = name_of("zone5.example.");
    struct snapshot_file file;
    struct restore restore;
    uint8_t head[HEAD_LEN];
    bool found;

    (void)state;
    int made = mkstemp(path), fd = saved(store);
    int twice = copy_of(fd, len_of(fd));
    assert_true(file_from_fd(&file, fd, err, sizeof err));
    assert_true(file_read_list(&file, err, sizeof err));
    uint8_t *at = memmem(file.list, (size_t)file.head.list_len, "\5zone6\7example", 14);
    assert_non_null(at);
    at[5] = '5';
    snapshot_digest(file.head.list_digest, file.list, (size_t)file.head.list_len);
    head_write(head, &file.head);
    assert_int_equal(pwrite(twice, head, HEAD_LEN, 0), HEAD_LEN);
    assert_int_equal(
        pwrite(twice, file.list, (size_t)file.head.list_len, (off_t)file.head.list_off),
        (ssize_t)file.head.list_len);
    file_close(&file);
    copy(made, twice, len_of(twice));
    close(twice);
    close(made);
    assert_true(snapshot_strike(path, &name, &found, err, sizeof err));
    struct store *again = restored(open(path, O_RDONLY), err, sizeof err, &restore);
    assert_non_null(again);
    assert_null(store_hosted_origin(again, &name));
    assert_int_equal(restore.struck, 2);
    assert_int_equal(restore.damaged + restore.refused, 0);
    store_remove(store, store_hosted(store, 5));
    store_remove(store, store_hosted(store, 6));
    store_each(store, compare_zone, again);
    unlink(path);
    free_both(store, again);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_again),
        cmocka_unit_test(nothing_at_all),
        cmocka_unit_test(dirty),
        cmocka_unit_test(newer_stays),
        cmocka_unit_test(asked_zones_first),
        cmocka_unit_test(damage),
        cmocka_unit_test(configurations),
        cmocka_unit_test(struck),
        cmocka_unit_test(struck_twice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

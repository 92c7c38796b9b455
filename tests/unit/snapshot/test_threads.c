/*
 * Zones are saved while a loader makes a change to one of them ready, which it does without the
 * store's lock. Meant for ThreadSanitizer.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/quiesce.h"
#include "snapshot/save.h"

enum { SAVES = 50, NAMES = 64 };

static const struct zone_limits limits = {100000, 100};
static atomic_bool stop;

static struct name name_of(const char *text)
{
    struct name name;
    assert_null(name_from_text(&name, text, strlen(text), NULL));
    return name;
}

static struct hosted *host(struct store *store)
{
    struct name origin = name_of("example.test.");
    struct soa_fields fields = {.minimum = 60, .ttl = 60, .id = 1, .ns = origin, .mbox = origin};
    struct hosted *hosted = store_add(store, 1, &origin);
    struct zone_build *build = zone_build_new(hosted->zone, &limits);
    struct zone_content content;
    struct zone_too_large too_large;

    assert_true(zone_build_finish(build, &content, &too_large));
    zone_build_free(build);
    hosted->state = LOAD_RUNNING;
    assert_true(store_publish(store, hosted, &content, soa_new(hosted->zone, &fields), 0));
    return hosted;
}

/* More and more names, so that the zone's table grows. */
static void *make_ready(void *context)
{
    struct hosted *hosted = context;
    struct zone_edit edit;
    char text[64];

    for (unsigned names = NAMES; !atomic_load(&stop); names += NAMES) {
        names = names > 100 * NAMES ? NAMES : names;
        zone_edit_begin(&edit, hosted->zone);
        for (unsigned i = 0; i < names; i++) {
            snprintf(text, sizeof text, "n%u.example.test.", i);
            struct name owner = name_of(text);
            struct record record = {.id = i + 1, .ttl = 60, .type = TYPE_A, .rdata_len = 4};
            record.rdata = (const uint8_t *)"\300\0\2\1";
            assert_int_equal(zone_edit_put(&edit, &owner, &record), ZONE_ADD_OK);
        }
        assert_true(zone_edit_prepare(&edit, &limits));
        zone_edit_release(&edit);
    }
    return NULL;
}

static void saved_meanwhile(void **state)
{
    struct store *store = store_new();
    struct hosted *hosted = host(store);
    struct save_result result;
    pthread_t thread;
    char err[512];

    (void)state;
    assert_int_equal(pthread_create(&thread, NULL, make_ready, hosted), 0);
    for (unsigned n = 0; n < SAVES; n++) {
        struct snapshot_head head = {0};
        int fd = memfd_create("snapshot", 0);
        assert_true(save_zones(fd, store, &head, NULL, &result, err, sizeof err));
        assert_int_equal(result.loaded, 1);
        assert_int_equal(result.rows, 0);
        close(fd);
    }
    atomic_store(&stop, true);
    pthread_join(thread, NULL);
    quiesce_collect();
    store_free(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(saved_meanwhile)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

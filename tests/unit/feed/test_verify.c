/* When a verification is over, and the next one may begin. The loader is a stand-in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above */
#include <cmocka.h>

#include <string.h>

#include "feed/feed_private.h"

static struct loader_status status;
static unsigned told;

void loader_status(struct loader *loader, struct loader_status *out)
{
    (void)loader;
    *out = status;
}

void loader_changed(struct loader *loader, const struct loader_change *change)
{
    (void)loader;
    told += change->all;
}

static struct feed feed;
static char stand_in; /* of the loader: it is somewhere, that is all */

static int begin(void **state)
{
    (void)state;
    memset(&feed, 0, sizeof feed);
    memset(&status, 0, sizeof status);
    told = 0;
    feed.loader = (void *)&stand_in;
    pthread_mutex_init(&feed.lock, NULL);
    feed.verify.wanted = true;
    verify_step(&feed);
    assert_int_equal(told, 1);
    feed.verify.wanted = true;
    return 0;
}

static int end(void **state)
{
    (void)state;
    pthread_mutex_destroy(&feed.lock);
    return 0;
}

/* Not before what it asked for was read. */
static void waits_for_the_background(void **state)
{
    (void)state;
    status.background = true;
    verify_step(&feed);
    assert_true(feed.verify.running);
    assert_int_equal(told, 1);
}

/* Zones that are asked for may wait without a pause; they are not what was wanted. */
static void does_not_wait_for_others(void **state)
{
    (void)state;
    status.queued = 100;
    status.queue_asked = 100;
    verify_step(&feed);
    assert_int_equal(told, 2);
}

/* It was over once, whatever has come since; the pause is measured by when. */
static void was_over(void **state)
{
    (void)state;
    status.background = true;
    status.rested_at = instant_after_ms(feed.verify.begun, 1000);
    verify_step(&feed);
    assert_false(feed.verify.running);
    assert_int_equal(told, 1);
    assert_true(instant_diff_ms(feed.verify.next, status.rested_at) == 19000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(waits_for_the_background, begin, end),
        cmocka_unit_test_setup_teardown(does_not_wait_for_others, begin, end),
        cmocka_unit_test_setup_teardown(was_over, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

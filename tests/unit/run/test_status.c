/* The lines of SIGUSR1 and SIGUSR2 keep the shape that monitoring scripts for MyDNS read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "run/status.h"

static void test_line_of_mydns(void **state)
{
    char out[STATUS_LINE_SIZE];
    struct counter_sums sums = {.udp = 23071, .tcp = 24};

    (void)state;
    sums.rcode[RCODE_NOERROR] = 23051;
    sums.rcode[RCODE_SERVFAIL] = 1;
    sums.rcode[RCODE_NXDOMAIN] = 6;
    sums.rcode[RCODE_NOTIMP] = 10;
    sums.rcode[RCODE_REFUSED] = 16;
    sums.rcode[RCODE_FORMERR] = 11; /* not shown */
    assert_string_equal(status_line(out, sizeof out, "ns1", 93, &sums),
                        "ns1 up 1m33s (93s) 23095 questions (248/s) NOERROR=23051 SERVFAIL=1 "
                        "NXDOMAIN=6 NOTIMP=10 REFUSED=16 (0% TCP, 24 queries)");
}

static void test_nothing_asked_yet(void **state)
{
    char out[STATUS_LINE_SIZE];
    struct counter_sums sums = {0};

    (void)state;
    assert_string_equal(status_line(out, sizeof out, "ns1", 0, &sums),
                        "ns1 up 0s (0s) 0 questions (0/s)");
}

static void test_durations(void **state)
{
    static const struct {
        uint32_t sec;
        const char *line;
    } row[] = {{59, "h up 59s (59s) 0 questions (0/s)"},
               {60, "h up 1m0s (60s) 0 questions (0/s)"},
               {86400, "h up 1d0s (86400s) 0 questions (0/s)"},
               {694861, "h up 1w1d1h1m1s (694861s) 0 questions (0/s)"}};
    char out[STATUS_LINE_SIZE];
    struct counter_sums sums = {0};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(row); i++) {
        assert_string_equal(status_line(out, sizeof out, "h", row[i].sec, &sums), row[i].line);
    }
}

static void test_cache_line(void **state)
{
    char out[STATUS_LINE_SIZE];
    struct status_cache cache = {.name = "zone",
                                 .hits = 111098,
                                 .misses = 52,
                                 .records = 40,
                                 .bytes = 45335,
                                 .full_percent = 6,
                                 .life_sec = 93};

    (void)state;
    assert_string_equal(
        status_cache_line(out, sizeof out, &cache),
        "zone cache 99% useful (111098 hits, 52 misses), 0 collisions (0%), 6% full "
        "(40 records), 45335 bytes, avg life 93 sec");
    cache = (struct status_cache){.name = "reply"};
    assert_string_equal(status_cache_line(out, sizeof out, &cache),
                        "reply cache 0% useful (0 hits, 0 misses), 0 collisions (0%), 0% full "
                        "(0 records), 0 bytes, avg life 0 sec");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_line_of_mydns),
        cmocka_unit_test(test_nothing_asked_yet),
        cmocka_unit_test(test_durations),
        cmocka_unit_test(test_cache_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

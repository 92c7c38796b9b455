/* dnsadm status: the server's JSON as text; what is missing in it, or strange, does no harm. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "admin/status_text.h"

static char *text_of(const char *json)
{
    json_t *status = json_loads(json, 0, NULL);
    char *text = NULL;
    size_t len;
    assert_non_null(status);
    FILE *out = open_memstream(&text, &len);
    status_text(status, out);
    fclose(out);
    json_decref(status);
    return text;
}

static void assert_line(const char *text, const char *line)
{
    if (strstr(text, line) == NULL) {
        fail_msg("lacks \"%s\":\n%s", line, text);
    }
}

static void test_whole(void **state)
{
    (void)state;
    char *text = text_of(
        "{\"version\": \"1.2\", \"uptime_seconds\": 93784, \"ready\": true, \"why_not_ready\": "
        "null,"
        " \"change_feed\": {\"rung\": \"gtid\", \"why_not_higher\": \"log_bin is off\","
        "  \"seconds\": 61, \"last_event_seconds\": 0, \"last_change_seconds\": null},"
        " \"guaranteed_age_seconds\": null, \"guaranteed_by\": \"nothing\","
        " \"position\": {\"server_uid\": \"u\", \"binlog_file\": \"b.1\", \"binlog_offset\": 4,"
        "  \"gtid\": \"0-1-2\"},"
        " \"database\": {\"connected\": false, \"seconds\": 3661, \"last_error\": \"gone\"},"
        " \"zones\": {\"hosted\": 3, \"loaded\": 2, \"failed\": 2, \"pending\": 1,"
        "  \"failed_zones\": [{\"zone\": \"x.\", \"id\": 9, \"reason\": \"too large\"}]},"
        " \"rows\": {\"served\": 10, \"left_out\": 1},"
        " \"vanish_hold\": {\"active\": true, \"seconds\": 5, \"zones\": 2, \"why\": \"TRUNCATE\","
        "  \"total\": 1},"
        " \"memory\": {\"store_bytes\": 1572864, \"limit_bytes\": null,"
        "  \"resident_bytes\": 3145728}, \"loads\": 2, \"loads_given_up\": 7,"
        " \"queues\": {\"asked\": 0, \"changed\": 2}, \"questions\": {\"udp\": 4},"
        " \"replies\": {\"rcode\": {\"NOERROR\": 3, \"NXDOMAIN\": 0, \"REFUSED\": 1}},"
        " \"tcp_connections\": 1}");
    assert_line(text, "server        ready, version 1.2, up 1d2h\n");
    assert_line(text, "change feed   gtid, for 1m1s, last heard 0s\n"
                      "              not higher: log_bin is off\n");
    assert_line(text, "position      b.1:4, GTID 0-1-2, server u\n");
    assert_line(text, "answers       of any age (nothing)\n");
    assert_line(text, "database      AWAY, for 1h1m\n              gone\n");
    assert_line(text, "zones         3 hosted, 2 loaded, 2 failed, 1 pending\n");
    assert_line(text, "vanish hold   ACTIVE, for 5s, 2 zones kept as they were; 1 since start\n"
                      "              because: TRUNCATE\n");
    assert_line(text, "memory        1.5 MiB of zones, 3.0 MiB resident\n");
    assert_line(
        text,
        "loads         2 zones published, 7 given up for want of memory; waiting: changed 2\n");
    assert_line(text, "questions     udp 4\n");
    assert_line(text, "replies       NOERROR 3, REFUSED 1\n");
    assert_line(text, "\n  x. (id 9): too large\n  and 1 more\n");
    free(text);
}

static void test_odd(void **state)
{
    (void)state;
    char *text = text_of("{}");
    assert_line(text, "server        NOT READY, version \n");
    assert_line(text, "zones         0 hosted, 0 loaded, 0 failed, 0 pending\n");
    free(text);
    text =
        text_of("{\"version\": 7, \"zones\": [1], \"replies\": \"x\", \"questions\": {\"a\": -1},"
                " \"database\": {\"last_error\": \"\\u001b[31m \\u202e\\u00e4\\u009b\"}}");
    assert_line(text, "\\027[31m ");
    assert_line(text, "\xc3\xa4");
    assert_null(strchr(text, '\033'));
    assert_null(strstr(text, "\xc2\x9b"));
    assert_null(strstr(text, "\xe2\x80\xae"));
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_whole), cmocka_unit_test(test_odd)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The forms of the server's state: Prometheus' rules for its text, JSON that others can read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <ctype.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "report/report.h"

static void fill(struct report *report)
{
    *report = (struct report){.version = "1.2",
                              .uptime_sec = 90,
                              .start_unix_sec = 1700000000,
                              .ready = true,
                              .rung = REPORT_RUNG_GTID,
                              .why_not_higher = "log_bin is off",
                              .age_because = "zone-cache-expire",
                              .age_known = true,
                              .age_sec = 60,
                              .connected = true,
                              .connection = {true, 7},
                              .replica_state = "unknown",
                              .lag_limit_sec = 30,
                              .zones = 3,
                              .loaded = 2,
                              .failed = 1,
                              .rows = UINT64_C(5000000000),
                              .udp = 17,
                              .rcode_count = 2,
                              .rcodes = {{"NOERROR", 16}, {"REFUSED", 1}}};
}

static void test_label(void **state)
{
    static const struct {
        const char *text, *label;
    } cases[] = {
        {"", "\"\""},
        {"binlog", "\"binlog\""},
        {"a\\b", "\"a\\\\b\""},
        {"say \"x\"", "\"say \\\"x\\\"\""},
        {"one\ntwo", "\"one\\ntwo\""},
        {"tab\tü", "\"tab\tü\""},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char *label = report_label(cases[i].text);
        assert_string_equal(label, cases[i].label);
        free(label);
    }
}

/* Each family is announced once, before its samples, which stand together; counters end in _total. */
static void test_metrics_form(void **state)
{
    struct report report;
    size_t len;
    char family[128] = "", type[16] = "", name[128];

    (void)state;
    fill(&report);
    char *text = report_metrics(&report, &len), *rest = text;
    assert_int_equal(strlen(text), len);
    assert_int_equal(text[len - 1], '\n');
    for (char *line; (line = strsep(&rest, "\n")) != NULL && line[0] != '\0';) {
        if (sscanf(line, "# HELP %127s", name) == 1) {
            strcpy(family, name);
            continue;
        }
        if (sscanf(line, "# TYPE %127s %15s", name, type) == 2) {
            assert_string_equal(name, family);
            bool total = strlen(name) > 6 && strcmp(name + strlen(name) - 6, "_total") == 0;
            assert_int_equal(strcmp(type, "counter") == 0, total);
            continue;
        }
        size_t end = strcspn(line, "{ ");
        assert_int_equal(end, strlen(family));
        assert_memory_equal(line, family, end);
        const char *value = strrchr(line, ' ') + 1;
        assert_true(strcmp(value, "+Inf") == 0 || strspn(value, "0123456789") == strlen(value));
    }
    free(text);
}

static void assert_has(const char *text, const char *line)
{
    if (strstr(text, line) == NULL) {
        fail_msg("lacks %s", line);
    }
}

static void test_metrics_values(void **state)
{
    struct report report;
    size_t len;

    (void)state;
    fill(&report);
    char *text = report_metrics(&report, &len);
    assert_has(text, "\nmydns_info{version=\"1.2\"} 1\n");
    assert_has(text, "\nmydns_change_feed{rung=\"gtid\"} 1\n");
    assert_has(text, "\nmydns_change_feed{rung=\"binlog\"} 0\n");
    assert_has(text, "\nmydns_guaranteed_age_seconds 60\n");
    assert_has(text, "\nmydns_database_away_seconds 0\n");
    assert_has(text, "\nmydns_rows 5000000000\n");
    assert_has(text, "\nmydns_replies_total{rcode=\"REFUSED\"} 1\n");
    assert_null(strstr(text, "resident")); /* not known */
    free(text);

    report.age_known = report.connected = false;
    report.version = "a\"b\n";
    report.resident_bytes = 4096;
    text = report_metrics(&report, &len);
    assert_has(text, "\nmydns_info{version=\"a\\\"b\\n\"} 1\n");
    assert_has(text, "\nmydns_guaranteed_age_seconds +Inf\n");
    assert_has(text, "\nmydns_database_away_seconds 7\n");
    assert_has(text, "\nprocess_resident_memory_bytes 4096\n");
    free(text);
}

static json_t *read_json(const struct report *report)
{
    size_t len;
    char *text = report_json(report, &len);
    assert_int_equal(strlen(text), len);
    assert_int_equal(text[len - 1], '\n');
    json_t *object = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(object);
    free(text);
    return object;
}

static json_int_t number(const json_t *object, const char *part, const char *key)
{
    return json_integer_value(json_object_get(json_object_get(object, part), key));
}

static const char *string(const json_t *object, const char *part, const char *key)
{
    return json_string_value(json_object_get(json_object_get(object, part), key));
}

static void test_json(void **state)
{
    struct report report;

    (void)state;
    fill(&report);
    report.failed_count = 1;
    report.failed_zones[0] =
        (struct report_failed){alloc_string("ex\\.ample.\"com."), alloc_string("why\n"), 7};
    json_t *object = read_json(&report);
    assert_true(json_is_true(json_object_get(object, "ready")));
    assert_true(json_is_null(json_object_get(object, "why_not_ready")));
    assert_int_equal(json_integer_value(json_object_get(object, "guaranteed_age_seconds")), 60);
    assert_string_equal(string(object, "change_feed", "rung"), "gtid");
    assert_string_equal(string(object, "change_feed", "why_not_higher"), "log_bin is off");
    assert_int_equal(number(object, "rows", "served"), INT64_C(5000000000));
    assert_int_equal(number(object, "database", "seconds"), 7);
    assert_int_equal(number(json_object_get(object, "replies"), "rcode", "NOERROR"), 16);
    /* names of zones only when asked for */
    assert_null(json_object_get(json_object_get(object, "zones"), "failed_zones"));
    json_decref(object);

    report.zone_names = true;
    object = read_json(&report);
    json_t *list = json_object_get(json_object_get(object, "zones"), "failed_zones");
    assert_int_equal(json_array_size(list), 1);
    const json_t *failed = json_array_get(list, 0);
    assert_string_equal(json_string_value(json_object_get(failed, "zone")), "ex\\.ample.\"com.");
    assert_string_equal(json_string_value(json_object_get(failed, "reason")), "why\n");
    json_decref(object);
    report_release(&report);
    assert_int_equal(report.failed_count, 0);
}

/* Errors of a database come in whatever character set it likes. */
static void test_json_octets(void **state)
{
    struct report report;

    (void)state;
    fill(&report);
    strcpy(report.database_error, "Unbekannter \xfc\x80 Fehler");
    report.ready = report.connected = report.age_known = false;
    json_t *object = read_json(&report);
    assert_string_equal(string(object, "database", "last_error"), "Unbekannter ?? Fehler");
    assert_true(json_is_null(json_object_get(object, "guaranteed_age_seconds")));
    json_decref(object);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_label),          cmocka_unit_test(test_metrics_form),
        cmocka_unit_test(test_metrics_values), cmocka_unit_test(test_json),
        cmocka_unit_test(test_json_octets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

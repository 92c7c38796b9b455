/*
 * The syntax of mydns.conf, as ISPConfig, panels and tired people write it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf/conf_address.h"
#include "conf/conf_parse.h"

static struct conf_settings parse(const char *text, size_t len)
{
    struct conf_settings settings = {0};
    conf_parse_text(&settings, "f", text, len);
    return settings;
}

static void test_lines(void **state)
{
    static const struct {
        const char *line, *name, *value; /* name NULL = no setting; value NULL = no '=' */
    } cases[] = {
        {"a = b", "a", "b"},
        {"a=b", "a", "b"},
        {"  DB-Host\t=\tLocal Host \r", "db-host", "Local Host"},
        {"a = b # c", "a", "b"},
        {"a = b# c", "a", "b"},
        {"a = b // c", "a", "b"},
        {"a = b /* c */ d", "a", "b"},
        {"a = b / c", "a", "b / c"},
        {"a = /var/log/x", "a", "/var/log/x"},
        {"a = b\\#c", "a", "b#c"},
        {"a = b\\//c", "a", "b//c"},
        {"a = b/\\/c", "a", "b//c"},
        {"a = b\\\\#c", "a", "b\\"},
        {"a = b\\", "a", "b"},
        {"a = \\ b\\ ", "a", " b "},
        {"a = \\ ", "a", " "},
        {"a = b = c", "a", "b = c"},
        {"a\\=b = c", "a=b", "c"},
        {"a =", "a", ""},
        {"a = # b", "a", ""},
        {"= b", "", "b"},
        {"a b", "a b", NULL},
        {"a # = b", "a", NULL},
        {"", NULL, NULL},
        {"   ", NULL, NULL},
        {"# a = b", NULL, NULL},
        {"// a = b", NULL, NULL},
        {"/* a = b", NULL, NULL},
        {"\xef\xbb\xbf"
         "a = b",
         "a", "b"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct conf_settings settings = parse(cases[i].line, strlen(cases[i].line));
        assert_int_equal(settings.count, cases[i].name != NULL);
        if (cases[i].name != NULL) {
            assert_string_equal(settings.items[0].name, cases[i].name);
            if (cases[i].value == NULL) {
                assert_null(settings.items[0].value);
            } else {
                assert_string_equal(settings.items[0].value, cases[i].value);
            }
        }
        conf_settings_release(&settings);
    }
}

static void test_places(void **state)
{
    static const char text[] = "\na = 1\r\n# no\n\nb = 2"; /* no line end at the end */
    (void)state;
    struct conf_settings settings = parse(text, sizeof text - 1);
    assert_int_equal(settings.count, 2);
    assert_string_equal(settings.items[0].where, "f:2");
    assert_string_equal(settings.items[1].where, "f:5");
    assert_int_equal(settings.items[1].line, 5);
    conf_settings_release(&settings);
}

static void test_octets(void **state)
{
    static const char text[] = "a = x\0y\nb = \xff\xfe\n\0\0\n\\";
    (void)state;
    struct conf_settings settings = parse(text, sizeof text - 1);
    assert_int_equal(settings.count, 2);
    assert_string_equal(settings.items[1].value, "\xff\xfe");
    conf_settings_release(&settings);
}

static void test_written_value_reads_back(void **state)
{
    static const char *const values[] = {"",      "plain", " edge ", "a#b", "a//b/*c", "a\\b\\",
                                         "/",     "//",    "///",    "\t",  "a = b",   "\\#",
                                         "/x/y/", "#",     "  ",     "é"};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(values); i++) {
        char *text;
        size_t len;
        FILE *out = open_memstream(&text, &len);
        fputs("a = ", out);
        conf_write_value(values[i], out);
        fputs("    # comment\n", out);
        fclose(out);
        struct conf_settings settings = parse(text, len);
        assert_int_equal(settings.count, 1);
        assert_string_equal(settings.items[0].value, values[i]);
        conf_settings_release(&settings);
        free(text);
    }
}

static void test_files(void **state)
{
    struct conf_settings settings = {0};
    char err[200] = "";
    (void)state;
    assert_true(conf_parse_file(&settings, "/nonexistent/mydns.conf", err, sizeof err));
    assert_int_equal(settings.count, 0);
    assert_false(conf_parse_file(&settings, "/", err, sizeof err));
    assert_non_null(strstr(err, "/: cannot be read"));
    assert_false(conf_parse_file(&settings, "/dev/zero", err, sizeof err));
    assert_int_equal(settings.count, 0);
    conf_settings_release(&settings);
}

static void test_addresses(void **state)
{
    static const struct {
        const char *text, *host; /* host NULL = refused */
        unsigned port;
        bool local;
    } cases[] = {
        {"*", "*", 0, true},
        {"*:5353", "*", 5353, true},
        {"192.0.2.1", "192.0.2.1", 0, true},
        {"192.0.2.1:5353", "192.0.2.1", 5353, true},
        {"192.0.2.1+5353", "192.0.2.1", 5353, true},
        {"2001:db8::1", "2001:db8::1", 0, true},
        {"2001:db8::1+53", "2001:db8::1", 53, true},
        {"[2001:db8::1]", "2001:db8::1", 0, true},
        {"[2001:db8::1]:65535", "2001:db8::1", 65535, true},
        {"[::]+53", "::", 53, true},
        {"fe80::1%eth0", "fe80::1%eth0", 0, true},
        {"LocalHost:53", "LocalHost", 53, true},
        {"db.example.com:3307", "db.example.com", 3307, false},
        {"999.0.0.1", "999.0.0.1", 0, false},
        {"192.0.2.1:0", NULL, 0, false},
        {"192.0.2.1:65536", NULL, 0, false},
        {"192.0.2.1:", NULL, 0, false},
        {"192.0.2.1:5x", NULL, 0, false},
        {"192.0.2.1:-5", NULL, 0, false},
        {"[::1", NULL, 0, false},
        {"[::1]x", NULL, 0, false},
        {"[]", NULL, 0, false},
        {":53", NULL, 0, false},
        {"", NULL, 0, false},
        {"a b", NULL, 0, false},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct conf_address address;
        assert_int_equal(conf_address_parse(cases[i].text, &address), cases[i].host != NULL);
        if (cases[i].host != NULL) {
            assert_string_equal(address.host, cases[i].host);
            assert_int_equal(address.port, cases[i].port);
            assert_int_equal(conf_address_is_local(&address), cases[i].local);
        }
    }
}

static void test_http(void **state)
{
    static const struct {
        const char *text, *host; /* host NULL = refused */
        unsigned port;
    } cases[] = {
        {"8080", "127.0.0.1", 8080},
        {":8080", "127.0.0.1", 8080},
        {"localhost", "127.0.0.1", 8053},
        {"localhost:1", "127.0.0.1", 1},
        {"192.0.2.1", "192.0.2.1", 8053},
        {"[::1]:9000", "::1", 9000},
        {"::1", "::1", 8053},
        {"*", "*", 8053},
        {"*:80", "*", 80},
        {"host.example:80", NULL, 0},
        {"0", NULL, 0},
        {":0", NULL, 0},
        {"65536", NULL, 0},
        {":", NULL, 0},
        {"", NULL, 0},
        {"80x", NULL, 0},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct conf_address address;
        bool good = conf_http_parse(cases[i].text, &address);
        if (good != (cases[i].host != NULL)) {
            print_error("%s\n", cases[i].text);
        }
        assert_int_equal(good, cases[i].host != NULL);
        if (good) {
            assert_string_equal(address.host, cases[i].host);
            assert_int_equal(address.port, cases[i].port);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_http),
        cmocka_unit_test(test_places),
        cmocka_unit_test(test_octets),
        cmocka_unit_test(test_written_value_reads_back),
        cmocka_unit_test(test_files),
        cmocka_unit_test(test_addresses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

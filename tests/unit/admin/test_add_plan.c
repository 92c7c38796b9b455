/*
 * The rows of a new domain.
 */
#include "admin/add_plan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* "name type data" of all rows, one per line. */
static void print_rows(const struct plan_zone *zone, char *out, size_t cap)
{
    size_t used = 0;
    out[0] = 0;
    for (size_t i = 0; i < zone->count; i++) {
        int wrote = snprintf(out + used, cap - used, "%s %s %s\n",
                             *zone->rows[i].name == 0 ? "@" : zone->rows[i].name,
                             zone->rows[i].type, zone->rows[i].data);
        assert_true(wrote > 0 && (size_t)wrote < cap - used);
        used += (size_t)wrote;
    }
}

static void check(const struct add_plan *plan, const char *rows, const char *ns, const char *mbox)
{
    struct domain domain;
    struct plan_zone zone;
    char text[2048];
    assert_null(domain_from_text(&domain, "example.com", 11));
    assert_null(plan_zone_make(&zone, plan, &domain));
    print_rows(&zone, text, sizeof text);
    assert_string_equal(text, rows);
    assert_string_equal(zone.origin, "example.com.");
    assert_string_equal(zone.ns, ns);
    assert_string_equal(zone.mbox, mbox);
    plan_zone_release(&zone);
}

static void servers_elsewhere(void **state)
{
    const struct add_plan plan = {
        2, {"ns1.example.net", "ns2.example.net."}, NULL, "192.0.2.1", NULL, 3600, 300, 1};
    (void)state;
    check(&plan,
          "@ NS ns1.example.net.\n@ NS ns2.example.net.\n@ A 192.0.2.1\n"
          "www CNAME example.com.\nmail CNAME example.com.\n",
          "ns1.example.net.", "hostmaster.example.com.");
}

static void servers_in_the_domain_get_addresses(void **state)
{
    const struct add_plan plan = {3,
                                  {"ns1", "ns1.example.com.", "www.example.com."},
                                  "joe\\.doe.example.net.",
                                  "192.0.2.1",
                                  "2001:db8::1",
                                  3600,
                                  300,
                                  1};
    (void)state;
    check(&plan,
          "@ NS ns1.example.com.\n@ NS www.example.com.\n@ A 192.0.2.1\n@ AAAA 2001:db8::1\n"
          "ns1 A 192.0.2.1\nns1 AAAA 2001:db8::1\nwww A 192.0.2.1\nwww AAAA 2001:db8::1\n"
          "mail CNAME example.com.\n",
          "ns1.example.com.", "joe\\.doe.example.net.");
}

static void the_domain_as_its_own_server(void **state)
{
    const struct add_plan plan = {
        1, {"example.com"}, "hostmaster.example.net.", "192.0.2.1", NULL, 3600, 300, 1};
    (void)state;
    check(&plan,
          "@ NS example.com.\n@ A 192.0.2.1\nwww CNAME example.com.\nmail CNAME example.com.\n",
          "example.com.", "hostmaster.example.net.");
}

static void names_that_become_too_long_are_refused(void **state)
{
    const struct add_plan plan = {1, {"ns1"}, NULL, "192.0.2.1", NULL, 3600, 300, 1};
    struct domain domain;
    struct plan_zone zone;
    char text[260];
    (void)state;
    memset(text, 'a', sizeof text);
    text[63] = text[127] = text[191] = '.';
    assert_null(domain_from_text(&domain, text, 250));
    assert_non_null(plan_zone_make(&zone, &plan, &domain));
    assert_int_equal(zone.count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(servers_elsewhere),
        cmocka_unit_test(servers_in_the_domain_get_addresses),
        cmocka_unit_test(the_domain_as_its_own_server),
        cmocka_unit_test(names_that_become_too_long_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

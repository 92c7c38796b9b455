/*
 * Records as rows: what becomes of text.
 */
#include "admin/import.h"

#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct import_zone *new_zone(struct import *import)
{
    struct domain domain;
    assert_null(domain_from_text(&domain, "example.com", strlen("example.com")));
    return import_add(import, &domain);
}

static const char *take(const struct import *import, struct import_zone *zone, const char *line)
{
    ldns_rr *rr = NULL;
    assert_int_equal(ldns_rr_new_frm_str(&rr, line, 0, NULL, NULL), LDNS_STATUS_OK);
    const char *fault = import_rr(import, zone, rr);
    ldns_rr_free(rr);
    return fault;
}

/* A zone of a million texts has to fit into memory. */
static void test_text_takes_the_room_it_needs(void **state)
{
    enum { ROOMY = 256 };
    struct import import = {0};
    struct import_zone *zone = new_zone(&import);
    (void)state;
    assert_null(take(&import, zone, "a.example.com. 60 IN TXT \"v=spf1 -all\""));
    assert_int_equal(zone->count, 1);
    assert_string_equal(zone->rows[0].data, "v=spf1 -all");
    assert_true(malloc_usable_size(zone->rows[0].data) < ROOMY);
    import_release(&import);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text_takes_the_room_it_needs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

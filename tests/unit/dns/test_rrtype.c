/* Every number finds its own descriptor or none, on whichever of the two ways. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "dns/rrtype.h"

static void a_number_finds_itself(void **state)
{
    unsigned found = 0, last = 0;

    (void)state;
    for (uint32_t number = 0; number <= UINT16_MAX; number++) {
        const struct rrtype *type = rrtype_find((uint16_t)number);
        if (type == NULL) {
            continue;
        }
        found++;
        last = number;
        assert_int_equal(type->number, number);
        assert_int_equal(rrtype_from_text(type->mnemonic, strlen(type->mnemonic)), number);
    }
    assert_true(found > 90);
    assert_int_equal(last, TYPE_ALIAS);
    assert_null(rrtype_find(0));
    assert_null(rrtype_find(54));
    assert_string_equal(rrtype_find(TYPE_HTTPS)->mnemonic, "HTTPS");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_number_finds_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Networks as options write them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <arpa/inet.h>
#include <cmocka.h>

#include "conf/conf_prefix.h"

static bool holds(const char *prefix, const char *address)
{
    struct conf_prefix parsed, one;
    assert_true(conf_prefix_parse(prefix, &parsed));
    assert_true(conf_prefix_parse(address, &one));
    assert_int_equal(one.bits, 128);
    return conf_prefix_holds(&parsed, one.address);
}

static void inside(void **state)
{
    (void)state;
    assert_true(holds("192.0.2.0/24", "192.0.2.255"));
    assert_false(holds("192.0.2.0/24", "192.0.3.0"));
    assert_true(holds("192.0.2.77/24", "192.0.2.1")); /* bits behind the prefix */
    assert_true(holds("192.0.2.128/25", "192.0.2.129"));
    assert_false(holds("192.0.2.128/25", "192.0.2.127"));
    assert_true(holds("192.0.2.1", "192.0.2.1"));
    assert_true(holds("192.0.2.1/32", "192.0.2.1"));
    assert_false(holds("192.0.2.1/32", "192.0.2.0"));
    assert_true(holds("0.0.0.0/0", "255.255.255.255"));
    assert_false(holds("0.0.0.0/0", "2001:db8::1"));
    assert_true(holds("::/0", "2001:db8::1"));
    assert_true(holds("2001:db8::/33", "2001:db8:7fff::1"));
    assert_false(holds("2001:db8::/33", "2001:db8:8000::1"));
    assert_true(holds("2001:db8::1/128", "2001:db8::1"));
    assert_false(holds("2001:db8::1/127", "2001:db8::2"));
}

static void malformed(void **state)
{
    static const char *const texts[] = {
        "",
        "/",
        "/24",
        "192.0.2.0/",
        "192.0.2.0/33",
        "192.0.2",
        "192.0.2.0/x",
        "192.0.2.0/-1",
        "192.0.2.0/8 ",
        "2001:db8::/129",
        "localhost",
        "*",
        "2001:db8::/1/2",
        "192.0.2.0/0024",
        "0123:4567:89ab:cdef:0123:4567:89ab:cdef:0123:4567:89ab:cdef"};
    struct conf_prefix prefix;
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        assert_false(conf_prefix_parse(texts[i], &prefix));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(inside), cmocka_unit_test(malformed)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Addresses as text and back; lists without doubles. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "net/address.h"

static void test_text(void **state)
{
    static const struct {
        const char *host, *text;
    } row[] = {{"192.0.2.1", "192.0.2.1:5300"},
               {"2001:db8::1", "[2001:db8::1]:5300"},
               {"::", "[::]:5300"},
               {"fe80::1%lo", "[fe80::1%lo]:5300"}};
    struct address address;
    char out[ADDRESS_TEXT_SIZE];

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(row); i++) {
        assert_true(address_from_text(&address, row[i].host, 5300));
        assert_string_equal(address_to_text(out, &address), row[i].text);
        assert_string_equal(address_host(out, &address), row[i].host);
    }
}

static void test_not_an_address(void **state)
{
    static const char *const row[] = {"", "localhost", "192.0.2", "2001:db8::1%no-such-interface",
                                      "1:2:3:4:5:6:7:8:9"};
    struct address address;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(row); i++) {
        assert_false(address_from_text(&address, row[i], 53));
    }
}

static void test_list(void **state)
{
    struct address_list list = {0};
    struct address a, b, other_port;

    (void)state;
    assert_true(address_from_text(&a, "192.0.2.1", 53));
    assert_true(address_from_text(&b, "::1", 53));
    assert_true(address_from_text(&other_port, "192.0.2.1", 5300));
    address_list_add(&list, &a);
    address_list_add(&list, &b);
    address_list_add(&list, &a);
    address_list_add(&list, &other_port);
    assert_int_equal(list.count, 3);
    address_list_remove(&list, &a);
    assert_int_equal(list.count, 2);
    assert_true(address_equal(&list.items[0], &b));
    assert_true(address_equal(&list.items[1], &other_port));
    address_list_release(&list);
}

static void test_host_has_loopback(void **state)
{
    struct address_list list = {0};
    struct address loopback;
    bool found = false;

    (void)state;
    assert_true(address_from_text(&loopback, "127.0.0.1", 53));
    assert_true(address_list_add_host(&list, AF_UNSPEC, 53));
    for (size_t i = 0; i < list.count; i++) {
        found = found || address_equal(&list.items[i], &loopback);
    }
    assert_true(found);
    address_list_release(&list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_not_an_address),
        cmocka_unit_test(test_list),
        cmocka_unit_test(test_host_has_loopback),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

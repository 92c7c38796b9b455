/*
 * Row images: the columns of MyDNS's tables, numbers, CHAR above 255 octets, NULLs, partial images,
 * and everything cut off at every length.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "feed/row_image.h"

enum { LONG = 3, VARCHAR = 15, BLOB = 252, STRING = 254 };

/* id INT, zone INT, name CHAR(200) of 3 octets a character, type ENUM, data VARBINARY(128), t TEXT */
static const uint8_t types[] = {LONG, LONG, STRING, STRING, VARCHAR, BLOB};
/* CHAR of 600 octets: bits 8 and 9 of 600 stand, inverted, in bits 4 and 5 of the real type. */
static const uint8_t metadata[] = {0xfe ^ ((600 >> 4) & 0x30), 600 & 0xff, 247, 1, 128, 0, 2};

static const uint8_t image[] = {0x20,                     /* of six columns the last is NULL */
                                7,    1,   0,   0,        /* id 263 */
                                5,    0,   0,   0,        /* zone 5 */
                                3,    0,   'w', 'w', 'w', /* two octets of length */
                                1,                        /* enum */
                                4,    'd', 'a', 't', 'a'};

static void read_shape(struct row_shape *shape)
{
    assert_true(row_shape_read(shape, types, sizeof types, metadata, sizeof metadata));
    assert_int_equal(shape->columns, 6);
}

static void whole_image(void **state)
{
    static const uint8_t all[] = {0x3f};
    static const unsigned wanted[] = {0, 1, 2, 4, 5};
    struct row_shape shape;
    struct row_value value[5];
    const uint8_t *at = image;
    size_t left = sizeof image;
    uint64_t number;

    (void)state;
    read_shape(&shape);
    assert_true(row_image_read(&shape, all, &at, &left, wanted, 5, value));
    assert_int_equal(left, 0);
    assert_true(row_value_uint(&value[0], &number) && number == 263);
    assert_true(row_value_uint(&value[1], &number) && number == 5);
    assert_int_equal(value[2].len, 3);
    assert_memory_equal(value[2].octets, "www", 3);
    assert_memory_equal(value[3].octets, "data", 4);
    assert_false(row_value_uint(&value[2], &number)); /* three octets, and no number */
    assert_true(value[4].present && value[4].null);
    assert_false(row_value_uint(&value[4], &number));
}

/* binlog_row_image = MINIMAL: the id alone. */
static void partial_image(void **state)
{
    static const uint8_t first[] = {0x01}, id_only[] = {0x00, 9, 0, 0, 0};
    static const unsigned wanted[] = {0, 1};
    struct row_shape shape;
    struct row_value value[2];
    const uint8_t *at = id_only;
    size_t left = sizeof id_only;
    uint64_t number;

    (void)state;
    read_shape(&shape);
    assert_true(row_image_read(&shape, first, &at, &left, wanted, 2, value));
    assert_true(row_value_uint(&value[0], &number) && number == 9);
    assert_false(value[1].present);
}

static void cut_off(void **state)
{
    static const uint8_t all[] = {0x3f}, none[] = {0};
    static const unsigned wanted[] = {1};
    struct row_shape shape;
    struct row_value value;

    (void)state;
    read_shape(&shape);
    for (size_t len = 0; len < sizeof image; len++) {
        uint8_t copy[sizeof image];
        memcpy(copy, image, sizeof image);
        const uint8_t *at = copy;
        size_t left = len;
        assert_false(row_image_read(&shape, all, &at, &left, wanted, 1, &value));
    }
    const uint8_t *at = image;
    size_t left = sizeof image;
    assert_false(row_image_read(&shape, none, &at, &left, wanted, 1, &value)); /* would never end */
}

static void bad_shapes(void **state)
{
    static const uint8_t unknown[] = {LONG, 99};
    struct row_shape shape;

    (void)state;
    assert_false(row_shape_read(&shape, unknown, sizeof unknown, NULL, 0));
    for (size_t len = 0; len < sizeof metadata; len++) {
        assert_false(row_shape_read(&shape, types, sizeof types, metadata, len));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_image),
        cmocka_unit_test(partial_image),
        cmocka_unit_test(cut_off),
        cmocka_unit_test(bad_shapes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * Row images of the binary log: which octets are which column's (MySQL's row format version 1 and 2,
 * as MariaDB writes it). The library's own decoder fails on CHAR and ENUM columns, which is what
 * MyDNS's tables are made of. Pure; input is the server's, and still never trusted beyond its length.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

enum { ROW_COLUMNS_MAX = 256 };

/* How long each column of a table is, from its table map. */
struct row_shape {
    unsigned columns;
    uint8_t type[ROW_COLUMNS_MAX];
    uint16_t meta[ROW_COLUMNS_MAX];
};

/*
 * From a table map's column types (one octet each) and packed metadata. False: unknown type, or
 * metadata cut off.
 */
NODISCARD bool row_shape_read(struct row_shape *shape, const uint8_t *types, size_t types_len,
                              const uint8_t *metadata, size_t metadata_len);

/* A column of an image: little-endian octets for numbers, text without its length. */
struct row_value {
    const uint8_t *octets; /* NULL when the column is not in the image, or NULL */
    size_t len;
    bool present, null;
    bool integer; /* of such a column */
};

/*
 * Read one image at *AT (LEN octets left); PRESENT: bitmap of the columns in it. WANTED: COUNT columns
 * by their place (0 = first), values go to OUT. Steps over the image. False: malformed.
 */
NODISCARD bool row_image_read(const struct row_shape *shape, const uint8_t *present,
                              const uint8_t **at, size_t *len, const unsigned *wanted,
                              unsigned count, struct row_value *out);

/* An integer column as unsigned; false when it is not there, NULL, or of another type. */
NODISCARD bool row_value_uint(const struct row_value *value, uint64_t *out);

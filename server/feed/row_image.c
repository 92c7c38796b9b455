#include "feed/row_image.h"

#include <string.h>

/* Column types as the binary log numbers them. */
enum {
    T_TINY = 1,
    T_SHORT = 2,
    T_LONG = 3,
    T_FLOAT = 4,
    T_DOUBLE = 5,
    T_NULL = 6,
    T_TIMESTAMP = 7,
    T_LONGLONG = 8,
    T_INT24 = 9,
    T_DATE = 10,
    T_TIME = 11,
    T_DATETIME = 12,
    T_YEAR = 13,
    T_VARCHAR = 15,
    T_BIT = 16,
    T_TIMESTAMP2 = 17,
    T_DATETIME2 = 18,
    T_TIME2 = 19,
    T_BLOB_COMPRESSED = 140,
    T_VARCHAR_COMPRESSED = 141,
    T_JSON = 245,
    T_NEWDECIMAL = 246,
    T_ENUM = 247,
    T_SET = 248,
    T_BLOB = 252,
    T_VAR_STRING = 253,
    T_STRING = 254,
    T_GEOMETRY = 255,
};

/* Octets of metadata per type; -1: a type we do not know. */
static int meta_len(uint8_t type)
{
    switch (type) {
    case T_TINY:
    case T_SHORT:
    case T_LONG:
    case T_NULL:
    case T_TIMESTAMP:
    case T_LONGLONG:
    case T_INT24:
    case T_DATE:
    case T_TIME:
    case T_DATETIME:
    case T_YEAR:
        return 0;
    case T_FLOAT:
    case T_DOUBLE:
    case T_TIMESTAMP2:
    case T_DATETIME2:
    case T_TIME2:
    case T_BLOB:
    case T_BLOB_COMPRESSED:
    case T_GEOMETRY:
    case T_JSON:
        return 1;
    case T_VARCHAR:
    case T_VARCHAR_COMPRESSED:
    case T_VAR_STRING:
    case T_STRING:
    case T_ENUM:
    case T_SET:
    case T_NEWDECIMAL:
    case T_BIT:
        return 2;
    default:
        return -1;
    }
}

bool row_shape_read(struct row_shape *shape, const uint8_t *types, size_t types_len,
                    const uint8_t *metadata, size_t metadata_len)
{
    if (types_len > ROW_COLUMNS_MAX) {
        return false;
    }
    shape->columns = (unsigned)types_len;
    for (size_t i = 0; i < types_len; i++) {
        int need = meta_len(types[i]);
        if (need < 0 || metadata_len < (size_t)need) {
            return false;
        }
        shape->type[i] = types[i];
        /* First octet in the upper half: the order in which CHAR, DECIMAL and BIT are read below. */
        shape->meta[i] = need == 0   ? 0
                         : need == 1 ? metadata[0]
                                     : (uint16_t)(metadata[0] << 8 | metadata[1]);
        metadata += need;
        metadata_len -= (size_t)need;
    }
    return true;
}

static size_t little_endian(const uint8_t *at, unsigned octets)
{
    size_t value = 0;
    for (unsigned i = octets; i > 0; i--) {
        value = value << 8 | at[i - 1];
    }
    return value;
}

/* DECIMAL(precision, scale): groups of nine digits in four octets, the rest by this table. */
static size_t decimal_len(unsigned precision, unsigned scale)
{
    static const uint8_t rest[] = {0, 1, 1, 2, 2, 3, 3, 4, 4, 4};
    unsigned whole = precision > scale ? precision - scale : 0;
    return whole / 9 * 4u + rest[whole % 9] + scale / 9 * 4u + rest[scale % 9];
}

/* Octets of a fixed-length column; 0 when it begins with its length. */
static size_t fixed_len(uint8_t type, uint16_t meta)
{
    switch (type) {
    case T_TINY:
    case T_YEAR:
        return 1;
    case T_SHORT:
        return 2;
    case T_INT24:
    case T_DATE:
    case T_TIME:
        return 3;
    case T_LONG:
    case T_TIMESTAMP:
        return 4;
    case T_LONGLONG:
    case T_DATETIME:
        return 8;
    case T_FLOAT:
    case T_DOUBLE:
        return meta; /* 4 or 8 */
    case T_TIMESTAMP2:
        return 4u + (meta + 1u) / 2;
    case T_DATETIME2:
        return 5u + (meta + 1u) / 2;
    case T_TIME2:
        return 3u + (meta + 1u) / 2;
    case T_NEWDECIMAL:
        return decimal_len(meta >> 8, meta & 0xff);
    case T_BIT:
        return (meta & 0xffu) + ((meta >> 8) > 0 ? 1 : 0);
    case T_ENUM:
    case T_SET:
        return meta & 0xff;
    default:
        return 0;
    }
}

/*
 * Octets of length before a column's own; 0 = fixed, then *FIXED tells. CHAR, ENUM and SET share a
 * type: their real one stands in the metadata, with bits 4 and 5 lent to lengths above 255.
 */
static unsigned prefix_len(uint8_t type, uint16_t meta, size_t *fixed)
{
    switch (type) {
    case T_VARCHAR:
    case T_VARCHAR_COMPRESSED:
    case T_VAR_STRING: {
        unsigned max = (unsigned)(meta >> 8 | (meta & 0xff) << 8); /* little-endian */
        return max > 255 ? 2 : 1;
    }
    case T_BLOB:
    case T_BLOB_COMPRESSED:
    case T_GEOMETRY:
    case T_JSON:
        return meta;
    case T_STRING: {
        unsigned real = meta >> 8, length = meta & 0xff;
        if ((real & 0x30) != 0x30) {
            length |= ((real & 0x30) ^ 0x30) << 4;
            real |= 0x30;
        }
        if (real == T_ENUM || real == T_SET) {
            *fixed = meta & 0xff;
            return 0;
        }
        return length > 255 ? 2 : 1;
    }
    default:
        *fixed = fixed_len(type, meta);
        return 0;
    }
}

static bool bit(const uint8_t *bitmap, unsigned at)
{
    return (bitmap[at / 8] >> at % 8) & 1;
}

static bool is_integer(uint8_t type)
{
    return type == T_TINY || type == T_SHORT || type == T_INT24 || type == T_LONG ||
           type == T_LONGLONG;
}

static bool read_column(const struct row_shape *shape, unsigned column, const uint8_t **at,
                        size_t *left, struct row_value *value)
{
    size_t len = 0;
    unsigned prefix = prefix_len(shape->type[column], shape->meta[column], &len);

    if (prefix > 4 || *left < prefix) {
        return false;
    }
    if (prefix > 0) {
        len = little_endian(*at, prefix);
        *at += prefix;
        *left -= prefix;
    }
    if (*left < len) {
        return false;
    }
    value->octets = *at;
    value->len = len;
    value->integer = is_integer(shape->type[column]);
    *at += len;
    *left -= len;
    return true;
}

bool row_image_read(const struct row_shape *shape, const uint8_t *present, const uint8_t **at,
                    size_t *len, const unsigned *wanted, unsigned count, struct row_value *out)
{
    unsigned in_image = 0, n = 0;

    memset(out, 0, count * sizeof *out);
    for (unsigned i = 0; i < shape->columns; i++) {
        in_image += bit(present, i);
    }
    size_t null_len = (in_image + 7u) / 8;
    if (null_len == 0 || *len < null_len) { /* an image of nothing would never end */
        return false;
    }
    const uint8_t *nulls = *at;
    *at += null_len;
    *len -= null_len;
    for (unsigned i = 0; i < shape->columns; i++) {
        if (!bit(present, i)) {
            continue;
        }
        struct row_value value = {.present = true, .null = bit(nulls, n++)};
        if (!value.null && !read_column(shape, i, at, len, &value)) {
            return false;
        }
        for (unsigned w = 0; w < count; w++) {
            if (wanted[w] == i) {
                out[w] = value;
            }
        }
    }
    return true;
}

bool row_value_uint(const struct row_value *value, uint64_t *out)
{
    if (value->octets == NULL || !value->integer) {
        return false;
    }
    *out = little_endian(value->octets, (unsigned)value->len);
    return true;
}

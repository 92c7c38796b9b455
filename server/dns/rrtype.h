/*
 * One descriptor per RR type: its mnemonic, and where names stand in its RDATA. Everything that
 * walks RDATA (compression, additional data, relative storage) goes by these, so that a new type is
 * a new line in rrtype.c. Types without a line are opaque octets (RFC 3597).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "dns/const.h"

struct rrtype {
    uint16_t number;
    const char *mnemonic;
    /* Octets before the first name in RDATA, and how many names follow one another there. */
    uint8_t name_off;
    uint8_t name_count;
    /* Names may be compressed: the types of RFC 1035 only (RFC 3597, 4). */
    bool compress;
    /* Addresses of the (last) name belong into ADDITIONAL. */
    bool additional;
    /* Never data of a zone: OPT, TSIG, AXFR, ANY ... (RFC 6895, 3.1: QTYPEs and meta-TYPEs). */
    bool meta;
};

/* The descriptor of a type; NULL for a type without one. */
const struct rrtype *rrtype_find(uint16_t number);

/* 0 when TEXT (LEN octets, any case, also "TYPEnnn") names no type. ALIAS gives TYPE_ALIAS. */
uint16_t rrtype_from_text(const char *text, size_t len) NONNULL;

enum { RRTYPE_TEXT_SIZE = 16 };
/* Mnemonic, or TYPEnnn, into OUT (capacity RRTYPE_TEXT_SIZE). Returns OUT. */
const char *rrtype_to_text(char *out, uint16_t number) NONNULL;

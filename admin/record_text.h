/*
 * A record's data between the words of a command line (zone-file form, RFC 1035, 5.1) and the
 * columns of a MyDNS row: MX and SRV keep their first number in aux, names are stored absolute with
 * the final dot, TXT is raw octets unless txt-format is quoted. "\# length hex" (RFC 3597, 5) is kept
 * as it is; of TXT and SPF that is text, unless the type is given by its number (rr_text.h). Whether
 * the result can be served is rr_text's business. Pure functions.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "conf/conf.h"
#include "dns/name.h"
#include "dns/rrtype.h"

struct record_words {
    const char *const *words;
    size_t count;
    bool aux_given; /* --aux */
    uint32_t aux;
    bool by_number;           /* the type was given as TYPEnnn */
    enum conf_txt txt_format; /* how the server reads text: it is stored so */
};

struct record_text {
    uint32_t aux;
    char type[RRTYPE_TEXT_SIZE];
    char *data;                    /* given; NUL-terminated, without NUL inside */
    char note[2 * NAME_TEXT_SIZE]; /* something to tell the user, "" = nothing */
};

enum { RECORD_WHY_SIZE = 512 };

/*
 * Make the columns of a record of TYPE in the zone ORIGIN. Returns false with WHY (RECORD_WHY_SIZE)
 * naming value and rule; OUT->data is then NULL.
 */
NODISCARD bool record_from_words(struct record_text *out, uint16_t type,
                                 const struct record_words *words, const struct name *origin,
                                 char *why) NONNULL;

/*
 * The way back, for printing: zone-file form with absolute names; TXT as the plain text that
 * add-record takes. Control characters and what is no UTF-8 (in zone-file form: no ASCII) become
 * \DDD. Data that cannot be read is shown as it is stored. Given (free()).
 */
NODISCARD char *record_to_shown(uint16_t type, uint32_t aux, const char *data, size_t len,
                                const struct name *origin) NONNULL;

/* TXT and SPF: rows whose data is text and not presentation form. */
bool record_is_text(uint16_t type);

/*
 * What the files of rr_text share: reading fields from a text, writing RDATA, and one decoder per
 * family of types. A decoder returns NULL or the constant reason why the text cannot be served.
 */
#pragma once

#include <string.h>

#include "load/rr_text.h"

/* --- reading ----------------------------------------------------------------------------------- */

/* Text still to be read. Not NUL-terminated. */
struct span {
    const char *at;
    size_t len;
};

static inline bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Without the blanks around it; an escaped blank at the end stays. */
struct span span_trim(struct span text);

struct token {
    struct span text; /* without the quotes; escapes still in it */
    bool quoted;
};
enum token_outcome { TOKEN_FOUND, TOKEN_NONE, TOKEN_UNFINISHED };
/*
 * Take the next field off IN: quoted text, or anything up to a blank. A backslash protects the octet
 * behind it. TOKEN_UNFINISHED: the closing quote is missing, or followed by something else
 * than a blank or the next quote.
 */
enum token_outcome span_token(struct span *in, struct token *token) NONNULL;

/* A decimal number up to MAX, nothing else. */
NODISCARD bool span_number(struct span text, uint32_t max, uint32_t *value) NONNULL;

/* --- writing ----------------------------------------------------------------------------------- */

/* RDATA being written into a record; what does not fit sets FULL and is dropped. */
struct rdata {
    uint8_t *octets;
    size_t len;
    bool full;
};

static inline void rdata_put(struct rdata *out, const void *data, size_t len)
{
    if (len > UINT16_MAX - out->len) {
        out->full = true;
        return;
    }
    if (len > 0) { /* an empty field of ldns is NULL */
        memcpy(out->octets + out->len, data, len);
        out->len += len;
    }
}

static inline void rdata_put8(struct rdata *out, unsigned value)
{
    uint8_t octet = (uint8_t)value;
    rdata_put(out, &octet, 1);
}

static inline void rdata_put16(struct rdata *out, unsigned value)
{
    uint8_t octets[2] = {(uint8_t)(value >> 8), (uint8_t)value};
    rdata_put(out, octets, 2);
}

/*
 * A name in a field. ORIGIN completes it, or is NULL where the final dot is required. A blank that is
 * not escaped is refused: it separates fields, so the text is meant for something else.
 */
const char *rdata_put_name(struct rdata *out, struct span text, const struct name *origin);

enum unescape { UNESCAPE_ALL, UNESCAPE_NAPTR };
/*
 * The octets that TEXT with escapes stands for: \DDD and \X (RFC 1035, 5.1). UNESCAPE_NAPTR: a backslash
 * that stands neither before three digits nor before a quote or backslash is itself, since MyDNS
 * stores the back-reference of a regexp as \1. OUT has CAP octets.
 */
const char *span_unescape(struct span text, enum unescape how, uint8_t *out, size_t cap,
                          size_t *len) NONNULL;

/* --- decoders ---------------------------------------------------------------------------------- */

/* MyDNS's own types, by data and aux (mydns-compat 1.5). */
const char *decode_mydns(uint16_t type, struct span data, uint32_t aux, const struct name *origin,
                         enum conf_txt txt_format, struct rdata *out) NONNULL;
/* All others, in presentation form. */
const char *decode_presentation(uint16_t type, struct span data, const struct name *origin,
                                struct rdata *out) NONNULL;
/* "\# length hex" of any type; of known types it is checked (check_rdata). */
const char *decode_generic(uint16_t type, struct span data, struct rdata *out) NONNULL;
/* One or more character-strings, quoted or words; longer ones are cut at 255. */
const char *decode_strings(struct span data, bool quoted_only, struct rdata *out) NONNULL;

/* What is wrong with wire RDATA of TYPE: lengths, names, strings. NULL for nothing (known). */
const char *check_rdata(uint16_t type, const uint8_t *octets, size_t len) NONNULL;

/*
 * What the asking side of the freshness bench has to know of DNS: one question, and the reply to it as
 * a short text that can be compared. On purpose not the server's own code.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { QUERY_SIZE = 512, REPLY_SIZE = 4096, REPLY_TEXT_SIZE = 1024 };

/* A query for NAME ("www.example.com.") and KIND ("A" or "SOA") into OUT[QUERY_SIZE]; its length, 0 when
 * that is no name or kind. Octets 0 and 1 (the id) are left to the caller. */
size_t query_make(uint8_t *out, const char *name, const char *kind);

/*
 * REPLY as text: "REFUSED", "NXDOMAIN", "SERVFAIL", "RCODE5"; "NODATA" without an answer; the addresses
 * of A records in rising order with commas between; the serial of a SOA; "BAD" when it cannot be read.
 */
void reply_text(const uint8_t *reply, size_t len, char *out, size_t cap);

/* What TEXT, a reply, is beside the texts expected before and after a change. */
enum reply_state {
    REPLY_OLD,
    REPLY_NEW,
    REPLY_MIXED, /* addresses, but neither set as a whole: part of one, or of both */
    REPLY_OTHER, /* SERVFAIL, a name missing from a zone half there, ... */
};
enum reply_state reply_compare(const char *text, const char *old, const char *new);

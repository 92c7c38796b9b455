/*
 * A second opinion on replies, written without looking at the code that makes them: a walk over every
 * octet that refuses what a strict client might. Knows the layout of RFC 1035 4.1 and nothing of zones.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct strict_reply {
    uint16_t flags, rcode; /* rcode with the bits of OPT */
    uint16_t counts[3];    /* answer, authority, additional; OPT and TSIG not counted */
    bool edns, tsig;
    uint16_t edns_size;
    int ede; /* -1 = none */
    char nsid[128];
};

/*
 * NULL, or which rule the reply at OCTETS to MESSAGE breaks. QUESTION: must the question be echoed?
 * Looked at: id, QR, opcode and RD of the message; counts; names (labels, length, pointers backward to
 * where a name stands); RDATA lengths, names in RDATA, no compression where RFC 3597 forbids it;
 * class (CHAOS only for a question of that class); TTL below 2^31; RRsets in one piece, of one TTL, without duplicates; OPT once, at the end, TSIG behind it;
 * nothing behind the last record.
 */
const char *strict_walk(struct strict_reply *reply, const uint8_t *octets, size_t len,
                        const uint8_t *message, size_t message_len, bool question);
/* As *.q files have it: NOERROR aa ... */
void strict_status_text(char *out, size_t cap, const struct strict_reply *reply);

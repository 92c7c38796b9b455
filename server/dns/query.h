/*
 * A message from outside as a question: header, one question, EDNS (RFC 1035 4.1, RFC 6891). Hostile
 * input is an outcome, never an error. No allocation; reads nothing beyond LEN octets. Any thread.
 */
#pragma once

#include "dns/lookup_name.h"

/* What the message deserves. */
enum query_outcome {
    QUERY_OK,   /* a question to answer */
    QUERY_DROP, /* no reply at all: shorter than a header, or itself a reply */
    QUERY_FORMERR,
    QUERY_NOTIMP,  /* unknown opcode, or meta type of no use here */
    QUERY_REFUSED, /* class not served, transfer, NOTIFY or UPDATE not allowed */
    QUERY_BADVERS, /* EDNS version above 0 */
};

struct query {
    uint16_t id, flags; /* flags: the header's second word, as received */
    uint16_t qtype, qclass;
    uint16_t question_len; /* octets of name, type and class; 0 = no question to echo */
    uint8_t opcode;
    bool edns, edns_do, edns_nsid;
    uint16_t edns_size;       /* as announced by the client */
    struct lookup_name qname; /* valid when question_len > 0 */
};

NODISCARD enum query_outcome query_parse(struct query *query, const uint8_t *message,
                                         size_t len) NONNULL;

/*
 * A message from outside as a question: header, one question, EDNS (RFC 1035 4.1, RFC 6891, RFC
 * 9619), TSIG as far as to refuse it. Hostile input is an outcome, never an error. No allocation;
 * reads nothing beyond LEN octets. Any thread.
 */
#pragma once

#include "dns/lookup_name.h"
#include "dns/tsig.h"

/* What the message deserves. */
enum query_outcome {
    QUERY_OK,   /* a question to answer */
    QUERY_DROP, /* no reply at all: shorter than a header, or itself a reply */
    QUERY_FORMERR,
    QUERY_NOTIMP,  /* unknown opcode, or meta type of no use here */
    QUERY_REFUSED, /* class not served, transfer, NOTIFY or UPDATE not allowed */
    QUERY_BADVERS, /* EDNS version above 0 */
    QUERY_BADKEY,  /* signed (TSIG), and we know no keys */
    QUERY_COOKIE,  /* no question but a COOKIE option: RFC 7873, 5.4 */
};

enum {
    COOKIE_CLIENT_LEN = 8,
    COOKIE_LEN = 24,     /* client's and our own: RFC 9018, 4 */
    COOKIE_LEN_MAX = 40, /* RFC 7873, 4 */
};

/* What is known of the COOKIE option. From COOKIE_NEW on, `cookie` is the one to send back. */
enum cookie_state {
    COOKIE_NONE,
    COOKIE_RECEIVED, /* not looked at: not answered */
    COOKIE_NEW,      /* the client had none from us yet */
    COOKIE_WRONG,    /* it had one that is not ours, or not any more */
    COOKIE_GOOD,     /* this client receives what is sent to its address */
};

struct query {
    uint16_t id, flags; /* flags: the header's second word, as received */
    uint16_t qtype, qclass;
    uint16_t question_len; /* octets of name, type and class; 0 = no question to echo */
    uint8_t opcode;
    bool edns, edns_do, edns_nsid, edns_keepalive;
    bool edns_options;        /* any that is answered */
    bool tsig;                /* with QUERY_BADKEY: tsig_seen is valid */
    uint8_t cookie_state;     /* enum cookie_state */
    uint8_t cookie_len;       /* octets received, when there is one */
    uint16_t edns_size;       /* as announced by the client */
    struct lookup_name qname; /* when question_len > 0; its hashes are not made yet */
    uint8_t cookie[COOKIE_LEN_MAX];
    struct tsig_seen tsig_seen;
};

NODISCARD enum query_outcome query_parse(struct query *query, const uint8_t *message,
                                         size_t len) NONNULL;

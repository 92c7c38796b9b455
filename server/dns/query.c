#include "dns/query.h"

#include "dns/edns.h"

static unsigned get16(const uint8_t *at)
{
    return (unsigned)at[0] << 8 | at[1];
}

/*
 * Step over a record's owner at AT, compressed or not (its target is of no interest). Returns the
 * place after it, 0 when it runs out of the message.
 */
static size_t skip_name(const uint8_t *message, size_t len, size_t at)
{
    while (at < len) {
        uint8_t octet = message[at];
        if (octet == 0) {
            return at + 1;
        }
        if (octet >= 0xc0) {
            return at + 2 <= len ? at + 2 : 0;
        }
        if (octet > DNS_LABEL_MAX) {
            return 0;
        }
        at += 1u + octet;
    }
    return 0;
}

/* The records behind the question; only OPT, once and in ADDITIONAL, and TSIG, as the last of all, mean
 * something. */
static enum query_outcome parse_records(struct query *query, const uint8_t *message, size_t len,
                                        size_t at)
{
    unsigned before = get16(message + 6) + get16(message + 8), all = before + get16(message + 10);
    enum query_outcome outcome = QUERY_OK;

    for (unsigned n = 0; n < all; n++) {
        size_t owner = at;
        at = skip_name(message, len, at);
        if (at == 0 || len - at < 10) {
            return QUERY_FORMERR;
        }
        unsigned type = get16(message + at), size = get16(message + at + 2);
        unsigned version = message[at + 5], flags = get16(message + at + 6);
        size_t rdata_len = get16(message + at + 8);
        at += 10;
        if (len - at < rdata_len) {
            return QUERY_FORMERR;
        }
        if (type == TYPE_OPT) {
            if (n < before || query->edns || message[owner] != 0) {
                return QUERY_FORMERR; /* RFC 6891, 6.1.1 */
            }
            query->edns = true;
            query->edns_size = (uint16_t)size;
            query->edns_do = flags & 0x8000;
            if (version != 0) {
                outcome = QUERY_BADVERS;
            } else if (!edns_read_options(query, message + at, rdata_len)) {
                return QUERY_FORMERR;
            }
        } else if (type == TYPE_TSIG) {
            /* RFC 8945, 5.1 and 5.2: in ADDITIONAL, at the end, sound; then that the key is unknown. */
            if (n < before || n + 1 != all || size != CLASS_ANY ||
                !tsig_read(&query->tsig_seen, message, len, owner, at, rdata_len)) {
                return QUERY_FORMERR;
            }
            if (outcome == QUERY_OK) {
                query->tsig = true;
                outcome = QUERY_BADKEY;
            }
        }
        at += rdata_len;
    }
    return outcome;
}

/* RFC 6895, 3.1: types that are no question for data. */
static enum query_outcome judge_type(uint16_t qtype)
{
    switch (qtype) {
    case 0:
    case TYPE_OPT:
    case TYPE_TKEY:
    case TYPE_TSIG:
        return QUERY_FORMERR;
    case TYPE_MAILA:
    case TYPE_MAILB:
        return QUERY_NOTIMP;
    case TYPE_AXFR:
    case TYPE_IXFR:
        return QUERY_REFUSED; /* not built */
    default:
        return QUERY_OK;
    }
}

enum query_outcome query_parse(struct query *query, const uint8_t *message, size_t len)
{
    query->question_len = 0;
    query->edns = query->edns_do = query->edns_nsid = query->edns_keepalive = false;
    query->edns_options = query->tsig = false;
    query->cookie_state = COOKIE_NONE;
    query->edns_size = 0;
    if (len < DNS_HEADER_LEN) {
        return QUERY_DROP;
    }
    query->id = (uint16_t)get16(message);
    query->flags = (uint16_t)get16(message + 2);
    query->opcode = (query->flags >> 11) & 15;
    if (query->flags & FLAG_QR) {
        return QUERY_DROP; /* a reply to a reply might never end */
    }
    unsigned questions = get16(message + 4);
    size_t at = DNS_HEADER_LEN;
    if (questions > 0) {
        size_t name_octets = lookup_name_parse(&query->qname, message + at, len - at);
        if (name_octets == 0 || len - at - name_octets < 4) {
            /* What another opcode's messages look like is not ours to say: RFC 8490, for one. */
            return query->opcode == OPCODE_QUERY ? QUERY_FORMERR : QUERY_NOTIMP;
        }
        at += name_octets;
        query->qtype = (uint16_t)get16(message + at);
        query->qclass = (uint16_t)get16(message + at + 2);
        at += 4;
        query->question_len = (uint16_t)(at - DNS_HEADER_LEN);
    }
    if (UNLIKELY(query->opcode != OPCODE_QUERY)) {
        if (questions <= 1) { /* who sends OPT gets one: RFC 6891, 6.1.1 */
            (void)parse_records(query, message, len, at);
        }
        return QUERY_NOTIMP;
    }
    if (UNLIKELY(questions > 1)) {
        query->question_len = 0; /* which of them would be echoed? RFC 9619 */
        return QUERY_FORMERR;
    }
    bool more = (get16(message + 6) | get16(message + 8) | get16(message + 10)) != 0;
    enum query_outcome outcome = more ? parse_records(query, message, len, at) : QUERY_OK;
    if (outcome != QUERY_OK) {
        return outcome;
    }
    if (UNLIKELY(questions == 0)) {
        return query->cookie_state != COOKIE_NONE ? QUERY_COOKIE : QUERY_FORMERR;
    }
    outcome = judge_type(query->qtype);
    if (outcome == QUERY_OK && query->qclass != CLASS_IN && query->qclass != CLASS_ANY) {
        return QUERY_REFUSED;
    }
    return outcome;
}

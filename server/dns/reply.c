#include "dns/reply.h"

#include <assert.h>
#include <string.h>

#include "dns/edns.h"

static void put16(uint8_t *at, unsigned value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

void reply_begin(struct reply *reply, const struct query *query, uint8_t *octets, size_t cap,
                 bool tcp, const struct reply_policy *policy)
{
    size_t limit = DNS_MESSAGE_MAX;

    if (!tcp) {
        limit = DNS_UDP_CLASSIC;
        if (query->edns && query->edns_size > DNS_UDP_CLASSIC) {
            limit =
                query->edns_size < policy->edns_udp_size ? query->edns_size : policy->edns_udp_size;
        }
    }
    limit = limit < cap ? limit : cap;
    uint32_t taken = query->edns ? edns_reply_len(query, policy, tcp) : 0;
    reply->octets = octets;
    reply->len = DNS_HEADER_LEN + (uint32_t)query->question_len;
    reply->limit = limit > reply->len + taken ? (uint32_t)limit - taken : reply->len;
    reply->counts[0] = reply->counts[1] = reply->counts[2] = 0;
    reply->flags = 0;
    reply->rcode = RCODE_NOERROR;
    reply->ede = EDE_NONE;
    reply->remembered_count = 0;
    reply->tcp = tcp;
    reply->compact = reply->roomy = false;
}

void reply_be_compact(struct reply *reply)
{
    reply->compact = true;
    reply->remembered[reply->remembered_count++] = DNS_HEADER_LEN;
}

size_t reply_finish(struct reply *reply, const struct query *query,
                    const struct reply_policy *policy)
{
    uint8_t *header = reply->octets;
    unsigned additional = reply->counts[SECTION_ADDITIONAL];

    /* Judged before OPT takes what was reserved for it. */
    bool tsig = UNLIKELY(query->tsig) && reply->rcode == RCODE_NOTAUTH &&
                reply->limit - reply->len >= tsig_reply_len(&query->tsig_seen);
    if (query->edns) {
        reply->len += edns_put(reply->octets + reply->len, query, policy, reply->rcode, reply->ede,
                               reply->tcp);
        additional++;
    }
    if (tsig) {
        reply->len += tsig_put(reply->octets + reply->len, &query->tsig_seen, TSIG_BADKEY);
        additional++;
    }
    /* Opcode and RD are the query's, Z is 0, and so are AD and CD: nothing here is validated. */
    put16(header + 2, FLAG_QR | (query->flags & 0x7900u) | reply->flags | (reply->rcode & 15u));
    put16(header + 4, query->question_len > 0 ? 1 : 0);
    put16(header + 6, reply->counts[SECTION_ANSWER]);
    put16(header + 8, reply->counts[SECTION_AUTHORITY]);
    put16(header + 10, additional);
    return reply->len;
}

bool reply_put(struct reply *reply, const void *octets, size_t len)
{
    if (reply->limit - reply->len < len) {
        return false;
    }
    memcpy(reply->octets + reply->len, octets, len);
    reply->len += (uint32_t)len;
    return true;
}

/* Where the labels of the name at OFF in the message begin, pointers followed. Returns their number. */
static unsigned labels_at(const struct reply *reply, unsigned off, uint16_t *labels)
{
    const uint8_t *octets = reply->octets;
    unsigned count = 0;
    for (;;) {
        while (octets[off] >= 0xc0) {
            off = (unsigned)(octets[off] & 0x3f) << 8 | octets[off + 1];
        }
        if (octets[off] == 0) {
            return count;
        }
        labels[count++] = (uint16_t)off;
        off += 1u + octets[off];
    }
}

/* Exact octets: a pointer must not change the case a row was written in. */
static bool same_label(const uint8_t *a, const uint8_t *b)
{
    return *a == *b && memcmp(a + 1, b + 1, *a) == 0;
}

/*
 * From the right, label by label against each of those remembered: so that names of 127 labels, which a
 * zone may be full of, cost no more than what they are long. Of NAME the last KNOWN labels stand at
 * OFF, and so they do of each name that ends there.
 */
static bool put_name(struct reply *reply, const uint8_t *name, unsigned known, unsigned off)
{
    uint16_t own[DNS_LABELS_MAX], theirs[DNS_LABELS_MAX];
    unsigned start = reply->len, count = 0, common = known, suffix = off, end = 0;

    for (; name[end] != 0; end += 1u + name[end]) {
        own[count++] = (uint16_t)end;
    }
    for (unsigned i = 0; i < reply->remembered_count && common < count; i++) {
        unsigned labels = labels_at(reply, reply->remembered[i], theirs), n = 0;
        if (known > 0 && labels >= known && theirs[labels - known] == off) {
            n = known;
        }
        while (n < count && n < labels &&
               same_label(reply->octets + theirs[labels - 1 - n], name + own[count - 1 - n])) {
            n++;
        }
        if (n > common) {
            common = n;
            suffix = theirs[labels - n];
        }
    }
    if (common > 0) {
        end = own[count - common];
    }
    uint8_t tail[2] = {(uint8_t)(0xc0 | suffix >> 8), (uint8_t)suffix};
    if (common == 0) {
        tail[0] = 0;
    }
    if (!reply_put(reply, name, end) || !reply_put(reply, tail, common == 0 ? 1 : 2)) {
        return false;
    }
    if (reply->remembered_count < REPLY_REMEMBERED && start <= DNS_POINTER_MAX - DNS_NAME_MAX &&
        end > 0) {
        reply->remembered[reply->remembered_count++] = (uint16_t)start;
    }
    return true;
}

bool reply_put_name(struct reply *reply, const uint8_t *name)
{
    return put_name(reply, name, 0, 0);
}

bool reply_put_name_inside(struct reply *reply, const uint8_t *name, unsigned labels, unsigned off)
{
    return put_name(reply, name, off <= DNS_POINTER_MAX ? labels : 0, off);
}

unsigned reply_suffix_off(const struct reply *reply, unsigned off, unsigned skip)
{
    const uint8_t *octets = reply->octets;
    for (;;) {
        while (octets[off] >= 0xc0) {
            off = (unsigned)(octets[off] & 0x3f) << 8 | octets[off + 1];
        }
        if (skip-- == 0) {
            return off;
        }
        assert(octets[off] != 0);
        off += 1u + octets[off];
    }
}

void reply_name_at(const struct reply *reply, unsigned off, struct name *out)
{
    const uint8_t *octets = reply->octets;
    unsigned len = 0;
    for (;;) {
        while (octets[off] >= 0xc0) {
            off = (unsigned)(octets[off] & 0x3f) << 8 | octets[off + 1];
        }
        unsigned label = 1u + octets[off];
        assert(len + label <= DNS_NAME_MAX);
        memcpy(out->octets + len, octets + off, label);
        len += label;
        if (label == 1) {
            out->len = (uint8_t)len;
            return;
        }
        off += label;
    }
}

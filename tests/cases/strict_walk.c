#include "tests/cases/strict_walk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/attr.h"
#include "dns/const.h"

enum { MAX_RECORDS = 6000 };

struct place {
    uint8_t owner[256];
    size_t owner_len, rdata_off, rdata_len;
    unsigned section, type;
    uint32_t ttl;
    uint8_t *plain; /* RDATA with names written out, lower case */
    size_t plain_len;
};

struct walker {
    const uint8_t *octets;
    size_t len, at;
    uint8_t *is_name; /* octet per octet: does a label of a name start here? */
    const char *wrong;
    unsigned class; /* of records: IN, unless CHAOS was asked for */
};

static unsigned get16(const uint8_t *at)
{
    return (unsigned)at[0] << 8 | at[1];
}

static void fail(struct walker *w, const char *wrong)
{
    if (w->wrong == NULL) {
        w->wrong = wrong;
    }
}

/* Read the name at w->at into OUT (lower case), step behind it. Returns its length written out. */
static size_t read_name(struct walker *w, uint8_t *out, bool may_point)
{
    size_t at = w->at, used = 0, lowest = w->at;
    bool jumped = false;

    for (;;) {
        if (at >= w->len) {
            fail(w, "a name runs out of the message");
            return 0;
        }
        unsigned n = w->octets[at];
        if (n >= 0xc0) {
            if (at + 2 > w->len) {
                fail(w, "a pointer runs out of the message");
                return 0;
            }
            size_t to = get16(w->octets + at) & 0x3fff;
            if (!may_point) {
                fail(w, "a pointer where none may be");
                return 0;
            }
            if (to >= lowest || to < 12 || !w->is_name[to]) {
                fail(w, "a pointer not to an earlier name");
                return 0;
            }
            if (!jumped) {
                w->at = at + 2;
                w->is_name[at] = 1;
            }
            jumped = true;
            lowest = at = to;
            continue;
        }
        if (n > 63 || used + 1 + n > 255 || at + 1 + n > w->len) {
            fail(w, "a label or name is too long");
            return 0;
        }
        if (!jumped) {
            w->is_name[at] = 1;
        }
        for (unsigned i = 0; i <= n; i++) {
            uint8_t c = w->octets[at + i];
            out[used++] = c >= 'A' && c <= 'Z' && i > 0 ? (uint8_t)(c + 32) : c;
        }
        at += 1 + n;
        if (n == 0) {
            if (!jumped) {
                w->at = at;
            }
            return used;
        }
    }
}

/* Where names stand in RDATA: octets before, how many, whether they may be compressed. */
static bool names_of(unsigned type, unsigned *before, unsigned *count, bool *compress)
{
    static const uint16_t known[][4] = {{2, 0, 1, 1},  {3, 0, 1, 1},  {4, 0, 1, 1},  {5, 0, 1, 1},
                                        {6, 0, 2, 1},  {7, 0, 1, 1},  {8, 0, 1, 1},  {9, 0, 1, 1},
                                        {12, 0, 1, 1}, {14, 0, 2, 1}, {15, 2, 1, 1}, {17, 0, 2, 0},
                                        {18, 2, 1, 0}, {21, 2, 1, 0}, {26, 2, 2, 0}, {33, 6, 1, 0},
                                        {36, 2, 1, 0}, {39, 0, 1, 0}, {64, 2, 1, 0}, {65, 2, 1, 0}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (known[i][0] == type) {
            *before = known[i][1];
            *count = known[i][2];
            *compress = known[i][3];
            return true;
        }
    }
    return false;
}

static void read_rdata(struct walker *w, struct place *p)
{
    unsigned before, count;
    bool compress;
    size_t end = p->rdata_off + p->rdata_len;

    p->plain = malloc(p->rdata_len + 2 * 256);
    if (!names_of(p->type, &before, &count, &compress)) {
        memcpy(p->plain, w->octets + p->rdata_off, p->rdata_len);
        p->plain_len = p->rdata_len;
        if ((p->type == 1 && p->rdata_len != 4) || (p->type == 28 && p->rdata_len != 16)) {
            fail(w, "an address of another length");
        }
        w->at = end;
        return;
    }
    if (p->rdata_len < before) {
        fail(w, "RDATA too short");
        return;
    }
    memcpy(p->plain, w->octets + p->rdata_off, before);
    p->plain_len = before;
    w->at = p->rdata_off + before;
    for (unsigned i = 0; i < count && w->wrong == NULL; i++) {
        p->plain_len += read_name(w, p->plain + p->plain_len, compress);
    }
    if (w->wrong != NULL) {
        return;
    }
    if (w->at > end || (p->type != 6 && p->type < 64 && w->at != end) ||
        (p->type == 6 && w->at + 20 != end)) {
        fail(w, "RDLENGTH does not fit the names in RDATA");
        return;
    }
    memcpy(p->plain + p->plain_len, w->octets + w->at, end - w->at);
    p->plain_len += end - w->at;
    w->at = end;
}

static void read_opt(struct walker *w, struct strict_reply *reply, const uint8_t *fixed,
                     size_t rdata_len)
{
    size_t end = w->at + rdata_len;

    if (reply->edns) {
        fail(w, "a second OPT");
    }
    reply->edns = true;
    reply->edns_size = (uint16_t)get16(fixed + 2);
    reply->rcode = (uint16_t)(reply->rcode | fixed[4] << 4);
    if (fixed[5] != 0 || (get16(fixed + 6) & 0x7fff) != 0) {
        fail(w, "an OPT of another version, or with unknown flags");
    }
    while (w->at < end && w->wrong == NULL) {
        if (end - w->at < 4 || end - w->at - 4 < get16(w->octets + w->at + 2)) {
            fail(w, "an option runs out of its OPT");
            return;
        }
        unsigned code = get16(w->octets + w->at), size = get16(w->octets + w->at + 2);
        w->at += 4;
        if (code == 15 && size >= 2) {
            reply->ede = (int)get16(w->octets + w->at);
        } else if (code == 3 && size < sizeof reply->nsid) {
            memcpy(reply->nsid, w->octets + w->at, size);
        }
        w->at += size;
    }
}

static void read_record(struct walker *w, struct strict_reply *reply, struct place *p,
                        unsigned section)
{
    p->section = section;
    p->owner_len = read_name(w, p->owner, true);
    if (w->wrong != NULL) {
        return;
    }
    if (w->len - w->at < 10) {
        fail(w, "a record runs out of the message");
        return;
    }
    const uint8_t *fixed = w->octets + w->at;
    p->type = get16(fixed);
    p->ttl = (uint32_t)get16(fixed + 4) << 16 | get16(fixed + 6);
    p->rdata_len = get16(fixed + 8);
    w->at += 10;
    p->rdata_off = w->at;
    if (w->len - w->at < p->rdata_len) {
        fail(w, "RDATA runs out of the message");
        return;
    }
    if (p->type == 41) {
        if (section != 2 || p->owner_len != 1 || reply->tsig) {
            fail(w, "OPT out of place");
        }
        read_opt(w, reply, fixed, p->rdata_len);
        return;
    }
    if (reply->tsig) {
        fail(w, "a record behind TSIG");
    }
    if (p->type == 250) {
        if (section != 2 || get16(fixed + 2) != 255 || p->ttl != 0) {
            fail(w, "TSIG out of place, or of another class than ANY");
        }
        reply->tsig = true;
        w->at += p->rdata_len;
        return;
    }
    if (reply->edns) {
        fail(w, "a record behind OPT");
    }
    if (get16(fixed + 2) != w->class) {
        fail(w, "a record of another class than IN");
    }
    if (p->ttl > 0x7fffffff) {
        fail(w, "a TTL above 2^31-1");
    }
    reply->counts[section]++;
    read_rdata(w, p);
}

/* RRsets in one piece and of one TTL, no record twice. */
static void check_sets(struct walker *w, const struct place *all, unsigned count)
{
    for (unsigned i = 1; i < count && w->wrong == NULL; i++) {
        bool broken_off = false;
        for (unsigned k = i; k-- > 0;) {
            const struct place *a = &all[i], *b = &all[k];
            bool same = a->type == b->type && a->section == b->section &&
                        a->owner_len == b->owner_len &&
                        memcmp(a->owner, b->owner, a->owner_len) == 0;
            if (!same) {
                broken_off = true;
                if (k + 50 < i) {
                    break; /* far enough back: this is a test, not a proof */
                }
                continue;
            }
            if (broken_off) {
                fail(w, "an RRset in two pieces");
            }
            if (a->ttl != b->ttl) {
                fail(w, "an RRset with two TTLs");
            }
            if (a->plain_len == b->plain_len && memcmp(a->plain, b->plain, a->plain_len) == 0) {
                fail(w, "a record twice");
            }
        }
    }
}

const char *strict_walk(struct strict_reply *reply, const uint8_t *octets, size_t len,
                        const uint8_t *message, size_t message_len, bool question)
{
    struct walker w = {.octets = octets, .len = len, .at = 12, .class = 1};
    unsigned count = 0;

    *reply = (struct strict_reply){.ede = -1};
    if (len < 12 || message_len < 12) {
        return "shorter than a header";
    }
    reply->flags = (uint16_t)get16(octets + 2);
    reply->rcode = reply->flags & 15;
    unsigned asked = get16(message + 2);
    if (memcmp(octets, message, 2) != 0 || !(reply->flags & 0x8000) ||
        ((reply->flags ^ asked) & 0x7900) != 0) {
        return "id, QR, opcode or RD";
    }
    if (get16(octets + 4) != (question ? 1 : 0)) {
        return "QDCOUNT";
    }
    unsigned counts[] = {get16(octets + 6), get16(octets + 8), get16(octets + 10)};
    unsigned total = counts[0] + counts[1] + counts[2];
    if (total > MAX_RECORDS) {
        return "more records than the test can hold";
    }
    w.is_name = calloc(1, len + 1);
    struct place *all = calloc(total + 1, sizeof *all);
    if (question) {
        uint8_t name[256];
        (void)read_name(&w, name, false);
        w.at += 4;
        if (w.wrong == NULL && (w.at > len || w.at > message_len ||
                                memcmp(octets + 12, message + 12, w.at - 12) != 0)) {
            fail(&w, "the question is not the one that was asked");
        } else if (w.wrong == NULL && get16(octets + w.at - 2) == 3) {
            w.class = 3;
        }
    }
    for (unsigned section = 0; section < 3; section++) {
        for (unsigned i = 0; i < counts[section] && w.wrong == NULL; i++) {
            read_record(&w, reply, &all[count], section);
            count += all[count].type != 41 && all[count].type != 250;
        }
    }
    if (w.wrong == NULL && w.at != len) {
        fail(&w, "octets behind the last record");
    }
    if (w.wrong == NULL) {
        check_sets(&w, all, count);
    }
    for (unsigned i = 0; i < total; i++) {
        free(all[i].plain);
    }
    free(all);
    free(w.is_name);
    return w.wrong;
}

void strict_status_text(char *out, size_t cap, const struct strict_reply *reply)
{
    static const char *const rcodes[] = {"NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN",
                                         "NOTIMP",  "REFUSED", "YXDOMAIN"};
    char other[16];
    snprintf(other, sizeof other, reply->rcode == RCODE_BADVERS ? "BADVERS" : "RCODE%u",
             reply->rcode);
    snprintf(out, cap, "%s%s%s%s%s",
             reply->rcode < ARRAY_LEN(rcodes) ? rcodes[reply->rcode] : other,
             reply->flags & FLAG_AA ? " aa" : "", reply->flags & FLAG_TC ? " tc" : "",
             reply->flags & FLAG_RA ? " ra" : "",
             reply->flags & (FLAG_AD | FLAG_CD | 0x40) ? " z/ad/cd" : "");
}

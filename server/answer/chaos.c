#include "answer/chaos.h"

#include <string.h>

#include "base/attr.h"

enum {
    CHAOS_TTL = 300, /* MyDNS's */
    RECORD_FIXED = 12,
};

static const char *find_text(const struct lookup_name *name, const struct chaos_texts *texts)
{
    const struct {
        const char *name, *text; /* wire form; the literal's own NUL is the root */
    } known[] = {
        {"\7version\4bind", texts->version},  {"\7version\6server", texts->version},
        {"\7version\5mydns", texts->version}, {"\10hostname\4bind", texts->hostname},
        {"\2id\6server", texts->id},
    };
    for (size_t i = 0; i < ARRAY_LEN(known); i++) {
        if (name->len == strlen(known[i].name) + 1 &&
            memcmp(name->octets, known[i].name, name->len) == 0) {
            return known[i].text;
        }
    }
    return NULL;
}

bool chaos_put(struct reply *reply, const struct query *query, const struct chaos_texts *texts)
{
    if (query->qtype != TYPE_TXT && query->qtype != TYPE_ANY) {
        return false;
    }
    const char *text = find_text(&query->qname, texts);
    if (text == NULL) {
        return false;
    }
    size_t len = strnlen(text, DNS_STRING_MAX);
    uint8_t record[RECORD_FIXED + 1 + DNS_STRING_MAX] = {
        0xc0, DNS_HEADER_LEN, 0, TYPE_TXT, 0, CLASS_CH, 0, 0, CHAOS_TTL >> 8, CHAOS_TTL & 0xff};
    record[RECORD_FIXED - 2] = (uint8_t)((len + 1) >> 8);
    record[RECORD_FIXED - 1] = (uint8_t)(len + 1);
    record[RECORD_FIXED] = (uint8_t)len;
    memcpy(record + RECORD_FIXED + 1, text, len);
    if (!reply_put(reply, record, RECORD_FIXED + 1 + len)) {
        reply->flags |= FLAG_TC;
        return true;
    }
    reply->counts[SECTION_ANSWER]++;
    return true;
}

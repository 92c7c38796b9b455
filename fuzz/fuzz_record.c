/*
 * What dnsadm makes of a record's words: columns that the server can read show as a text that makes the
 * same record again. The first octet of an input is the type, the words are divided by LF.
 */
#include <stdlib.h>
#include <string.h>

#include "admin/record_text.h"
#include "base/alloc.h"
#include "dns/rrtype.h"
#include "fuzz/fuzz.h"
#include "load/rr_text.h"

enum { WORDS_MAX = 16 };

static const uint16_t types[] = {
    TYPE_A,     TYPE_AAAA,  TYPE_NS,    TYPE_CNAME, TYPE_ALIAS, TYPE_PTR,  TYPE_DNAME, TYPE_MB,
    TYPE_MX,    TYPE_AFSDB, TYPE_KX,    TYPE_SRV,   TYPE_NAPTR, TYPE_RP,   TYPE_MINFO, TYPE_HINFO,
    TYPE_CAA,   TYPE_SVCB,  TYPE_HTTPS, TYPE_TXT,   TYPE_SPF,   TYPE_LOC,  TYPE_DS,    TYPE_TLSA,
    TYPE_SSHFP, TYPE_URI,   TYPE_CERT,  TYPE_WKS,   TYPE_X25,   TYPE_ISDN, TYPE_APL,   65400};

static struct name origin;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    if (name_from_text(&origin, "example.com.", 12, NULL) != NULL) {
        abort();
    }
    return 0;
}

/* Does the server read the columns of TEXT? */
static bool decode(const struct record_text *text, struct record_in *in)
{
    struct row_fault fault;
    struct rr_row row = {.id = 1, .ttl = 300, .aux = text->aux, .edata = {.null = true}};

    row.name = (struct db_value){.data = "www", .len = 3};
    row.type = (struct db_value){.data = text->type, .len = strlen(text->type)};
    row.data = (struct db_value){.data = text->data, .len = strlen(text->data)};
    return rr_text_decode(&row, &origin, CONF_TXT_AUTO, in, &fault);
}

/* Other octets are shown as escapes, which MyDNS's own forms do not know. */
static bool is_printable(const char *text)
{
    while (*text >= ' ' && *text <= '~') {
        text++;
    }
    return *text == '\0';
}

static void show_and_read(const struct record_text *text, uint16_t type, const struct record_in *in)
{
    static struct record_in again;
    struct record_text second;
    char why[RECORD_WHY_SIZE];
    char *shown = record_to_shown(type, text->aux, text->data, strlen(text->data), &origin);
    const char *word = shown;
    struct record_words words = {.words = &word, .count = 1};

    if (strpbrk(shown, "\n\t") != NULL) {
        fuzz_fail("what is shown is not one line of one column: %s", shown);
    }
    /* HINFO as MyDNS reads it has no way to write a quote. */
    if (!record_is_text(type) && type != TYPE_HINFO && is_printable(text->data)) {
        if (!record_from_words(&second, type, &words, &origin, why)) {
            fuzz_fail("what is shown is refused: %s: %s", shown, why);
        }
        if (!decode(&second, &again) || again.rdata_len != in->rdata_len ||
            memcmp(again.rdata, in->rdata, in->rdata_len) != 0) {
            fuzz_fail("what is shown is another record: %s", shown);
        }
        free(second.data);
    }
    free(shown);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static struct record_in in;
    const char *list[WORDS_MAX];
    struct record_words words = {.words = list};
    struct record_text text;
    char why[RECORD_WHY_SIZE], *save, *copy;

    if (len < 2 || memchr(data, 0, len) != NULL) {
        return 0;
    }
    uint16_t type = types[data[0] % ARRAY_LEN(types)];
    words.by_number = data[0] >= 128;
    copy = alloc_printf("%.*s", (int)len - 1, (const char *)data + 1);
    for (char *word = strtok_r(copy, "\n", &save); word != NULL && words.count < WORDS_MAX;
         word = strtok_r(NULL, "\n", &save)) {
        list[words.count++] = word;
    }
    if (words.count > 0 && record_from_words(&text, type, &words, &origin, why)) {
        if (decode(&text, &in)) {
            show_and_read(&text, type, &in);
        }
        free(text.data);
    }
    free(copy);
    return 0;
}

/*
 * Words come from a shell, which has already eaten the quotes: whether `CAA 0 issue x` or
 * `CAA '0 issue "x"'`, the row must hold 0 issue "x". So a single word is cut at its blanks,
 * several words are taken as they are, and quotes return where the type or the word needs them.
 */
#include "admin/record_text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "admin/domain_name.h"
#include "admin/report.h"
#include "base/alloc.h"
#include "base/text.h"
#include "load/rr_text.h"

/* More than any type's number of fields; what is longer (SVCB, APL) is one word or fits. */
enum { TOKENS_MAX = 64 };

static const char blanks[] = " \t\r\n";

struct token {
    char *text; /* without the outer quotes */
    bool quoted;
};

struct tokens {
    size_t count;
    struct token items[TOKENS_MAX];
};

static void tokens_release(struct tokens *tokens)
{
    for (size_t i = 0; i < tokens->count; i++) {
        free(tokens->items[i].text);
    }
    tokens->count = 0;
}

static bool add_token(struct tokens *tokens, const char *text, size_t len, bool quoted)
{
    if (tokens->count == TOKENS_MAX) {
        return false;
    }
    tokens->items[tokens->count++] = (struct token){alloc_printf("%.*s", (int)len, text), quoted};
    return true;
}

/* The length of the word at TEXT that does not begin with a quote. The quotes of key="value"
 * (RFC 9460, 2.1) belong to it, with the blanks between them. */
static size_t word_len(const char *text)
{
    bool inside = false;
    size_t len = 0;
    while (text[len] != 0 && (inside || strchr(" \t", text[len]) == NULL)) {
        if (text[len] == '"' && (inside || (len > 0 && text[len - 1] == '='))) {
            inside = !inside;
        }
        len += text[len] == '\\' && text[len + 1] != 0 ? 2 : 1;
    }
    return len;
}

/* The length of the text at TEXT up to its closing quote, or to the end. */
static size_t quoted_len(const char *text)
{
    size_t len = 0;
    while (text[len] != 0 && text[len] != '"') {
        len += text[len] == '\\' && text[len + 1] != 0 ? 2 : 1;
    }
    return len;
}

/* Cut TEXT at blanks outside quotes; a backslash protects the next character. */
static bool cut_tokens(struct tokens *tokens, const char *text)
{
    while (true) {
        text += strspn(text, " \t");
        if (*text == 0) {
            return true;
        }
        bool quoted = *text == '"';
        text += quoted;
        size_t len = quoted ? quoted_len(text) : word_len(text);
        if (!add_token(tokens, text, len, quoted)) {
            return false;
        }
        text += len;
        text += quoted && *text == '"';
    }
}

static bool read_tokens(struct tokens *tokens, const struct record_words *words)
{
    tokens->count = 0;
    if (words->count == 1) {
        return cut_tokens(tokens, words->words[0]);
    }
    for (size_t i = 0; i < words->count; i++) {
        const char *word = words->words[i];
        size_t len = strlen(word);
        bool quoted = len >= 2 && word[0] == '"' && word[len - 1] == '"';
        if (!add_token(tokens, word + quoted, len - (quoted ? 2 : 0), quoted)) {
            return false;
        }
    }
    return true;
}

/* Does TEXT end in a backslash that would protect what is written behind it? */
static bool ends_open(const char *text)
{
    size_t len = strlen(text), count = 0;
    while (count < len && text[len - 1 - count] == '\\') {
        count++;
    }
    return count % 2 == 1;
}

/* Write a token as presentation form; ALWAYS: in quotes even where they are not needed. */
static void put_token(FILE *out, const struct token *token, bool always)
{
    bool needs =
        token->text[0] == 0 || strpbrk(token->text, " \t;()\"") != NULL || ends_open(token->text);
    if (!token->quoted && !always && !needs) {
        fputs(token->text, out);
        return;
    }
    fputc('"', out);
    for (const char *c = token->text; *c != 0; c++) {
        if (*c == '\\' && c[1] != 0) {
            fputc(*c++, out);
        } else if (*c == '"' || *c == '\\') {
            fputc('\\', out);
        }
        fputc(*c, out);
    }
    fputc('"', out);
}

/* Strings in quotes and nothing else, which the server reads as in a zone file? */
static bool is_quoted_strings(const char *text)
{
    text += strspn(text, blanks);
    bool good = *text != 0;
    while (good && *text != 0) {
        size_t len = *text == '"' ? quoted_len(text + 1) : 0;
        good = *text == '"' && text[1 + len] == '"' &&
               (text[2 + len] == 0 || strchr(blanks, text[2 + len]) != NULL);
        if (good) {
            text += len + 2;
            text += strspn(text, blanks);
        }
    }
    return good;
}

/* TEXT as strings in quotes, cut where the server cuts raw text. Given. */
static char *quote_text(const char *text)
{
    size_t len = strlen(text);
    char *out = alloc_new(2 * len + 3 * (len / DNS_STRING_MAX + 1) + 1), *p = out;

    *p++ = '"';
    for (size_t i = 0; i < len; i++) {
        if (i > 0 && i % DNS_STRING_MAX == 0) {
            memcpy(p, "\" \"", 3);
            p += 3;
        }
        if (text[i] == '"' || text[i] == '\\') {
            *p++ = '\\';
        }
        *p++ = text[i];
    }
    *p++ = '"';
    *p = 0;
    return out;
}

bool record_is_text(uint16_t type)
{
    return type == TYPE_TXT || type == TYPE_SPF;
}

/* RFC 3597, 5: does the server take DATA for octets? */
static bool is_generic(const char *data, size_t len)
{
    return len > 2 && data[0] == '\\' && data[1] == '#' &&
           memchr(blanks, data[2], sizeof blanks - 1) != NULL;
}

/* "\#" and something behind it. */
static bool are_generic(const struct record_words *words)
{
    const char *first = words->count > 0 ? words->words[0] : "";
    if (words->count > 1) {
        return strcmp(first, "\\#") == 0;
    }
    first += strspn(first, " \t");
    return is_generic(first, strlen(first)) && first[2 + strspn(first + 2, blanks)] != 0;
}

/* How the words of a type are laid out. Types without a line are written as they come. */
struct layout {
    uint16_t type;
    uint8_t least, most;             /* words; with the one that goes to aux */
    bool aux_first;                  /* the first number is kept in aux */
    uint16_t numbers, names, quotes; /* bit n: word n is a 16-bit number, a name, quoted */
    const char *form;
};

static const struct layout layouts[] = {
    {TYPE_A, 1, 1, false, 0, 0, 0, "address"},
    {TYPE_AAAA, 1, 1, false, 0, 0, 0, "address"},
    {TYPE_NS, 1, 1, false, 0, 1, 0, "name"},
    {TYPE_CNAME, 1, 1, false, 0, 1, 0, "name"},
    {TYPE_ALIAS, 1, 1, false, 0, 1, 0, "name"},
    {TYPE_PTR, 1, 1, false, 0, 1, 0, "name"},
    {TYPE_DNAME, 1, 1, false, 0, 1, 0, "name"},
    {TYPE_MB, 1, 1, false, 0, 1, 0, "name"},
    {TYPE_MG, 1, 1, false, 0, 1, 0, "name"},
    {TYPE_MR, 1, 1, false, 0, 1, 0, "name"},
    {TYPE_MX, 2, 2, true, 1, 2, 0, "preference name"},
    {TYPE_AFSDB, 2, 2, false, 1, 2, 0, "subtype name"},
    {TYPE_RT, 2, 2, false, 1, 2, 0, "preference name"},
    {TYPE_KX, 2, 2, false, 1, 2, 0, "preference name"},
    {TYPE_SRV, 4, 4, true, 7, 8, 0, "priority weight port target"},
    {TYPE_NAPTR, 6, 6, false, 3, 32, 28, "order preference flags service regexp replacement"},
    {TYPE_RP, 2, 2, false, 0, 3, 0, "mailbox name"},
    {TYPE_MINFO, 2, 2, false, 0, 3, 0, "name name"},
    {TYPE_HINFO, 2, 2, false, 0, 0, 0, "cpu os"},
    {TYPE_CAA, 3, 3, false, 0, 0, 4, "flags tag value"},
    {TYPE_URI, 3, 3, false, 3, 0, 4, "priority weight target"},
    {TYPE_SVCB, 2, TOKENS_MAX, false, 1, 2, 0, "priority name [key=value...]"},
    {TYPE_HTTPS, 2, TOKENS_MAX, false, 1, 2, 0, "priority name [key=value...]"},
};

static const struct layout *find_layout(uint16_t type)
{
    for (size_t i = 0; i < ARRAY_LEN(layouts); i++) {
        if (layouts[i].type == type) {
            return &layouts[i];
        }
    }
    return NULL;
}

static bool read_number(const char *text, uint32_t *out)
{
    size_t len = strlen(text);
    if (len == 0 || len > 5 || strspn(text, "0123456789") != len) {
        return false;
    }
    *out = (uint32_t)strtoul(text, NULL, 10);
    return *out <= 65535;
}

/* A name with dots but not the last one is legal and hardly ever meant. */
static void note_relative(struct record_text *out, const char *word, const char *full)
{
    size_t len = strlen(word);
    if (strchr(word, '.') != NULL && word[len - 1] != '.') {
        char shown[NAME_TEXT_SIZE];
        snprintf(out->note, sizeof out->note, "%s has no final dot and was read as %s",
                 text_escape(shown, sizeof shown, word, len), full);
    }
}

/* Replace TOKEN's text by the absolute name it means. NULL or the rule broken. */
static const char *complete_name(struct token *token, const struct name *origin,
                                 struct record_text *out)
{
    const char *fault;
    struct name name;
    char text[NAME_TEXT_SIZE];

    if (token->text[0] == 0) {
        return "is empty";
    }
    char *ascii = domain_to_ascii(token->text, strlen(token->text), &fault);
    if (ascii == NULL) {
        return fault;
    }
    if (strcmp(ascii, "@") == 0) {
        name = *origin;
    } else {
        fault = name_from_text(&name, ascii, strlen(ascii), origin);
    }
    free(ascii);
    if (fault != NULL) {
        return fault;
    }
    name_to_text(text, name.octets);
    note_relative(out, token->text, text);
    free(token->text);
    token->text = alloc_string(text);
    return NULL;
}

PRINTF(3, 4) static bool refuse(char *why, const char *value, const char *format, ...)
{
    char shown[128], rule[300];
    va_list args;
    va_start(args, format);
    vsnprintf(rule, sizeof rule, format, args);
    va_end(args);
    snprintf(why, RECORD_WHY_SIZE, "\"%s\" %s",
             text_escape(shown, sizeof shown, value, strlen(value)), rule);
    return false;
}

/* MX and SRV: the number that goes to aux may come as the first word or as --aux. */
static bool take_aux(struct record_text *out, struct tokens *tokens, const struct layout *layout,
                     const struct record_words *words, char *why)
{
    if (words->aux_given && words->aux > 65535) {
        snprintf(why, RECORD_WHY_SIZE, "aux %u is larger than 65535", words->aux);
        return false;
    }
    if (words->aux_given && tokens->count + 1 == layout->least) {
        out->aux = words->aux; /* all words are still in TOKENS: the layout begins one later */
        return true;
    }
    if (!read_number(tokens->items[0].text, &out->aux)) {
        return refuse(why, tokens->items[0].text, "is not a number from 0 to 65535");
    }
    if (words->aux_given && words->aux != out->aux) {
        snprintf(why, RECORD_WHY_SIZE, "--aux %u contradicts the data, which says %u", words->aux,
                 out->aux);
        return false;
    }
    free(tokens->items[0].text);
    memmove(tokens->items, tokens->items + 1, --tokens->count * sizeof tokens->items[0]);
    return true;
}

static bool check_words(struct record_text *out, struct tokens *tokens, const struct layout *layout,
                        const struct name *origin, char *why)
{
    for (size_t i = 0; i < tokens->count; i++) {
        size_t word = i + (layout->aux_first ? 1 : 0);
        uint32_t number;
        if (word >= 16) {
            return true;
        }
        if ((layout->numbers >> word & 1) && !read_number(tokens->items[i].text, &number)) {
            return refuse(why, tokens->items[i].text, "is not a number from 0 to 65535");
        }
        if (layout->names >> word & 1) {
            const char *fault = complete_name(&tokens->items[i], origin, out);
            if (fault != NULL) {
                return refuse(why, tokens->items[i].text, "%s", fault);
            }
        }
    }
    return true;
}

/* A parameter of SVCB or HTTPS whose value is in quotes: key="value". */
static bool is_quoted_parameter(const struct layout *layout, const struct token *token)
{
    const char *value = strstr(token->text, "=\"");
    if (layout == NULL || token->quoted || value == NULL ||
        (layout->type != TYPE_SVCB && layout->type != TYPE_HTTPS)) {
        return false;
    }
    size_t len = quoted_len(value + 2);
    return value[2 + len] == '"' && value[3 + len] == 0;
}

static char *join_tokens(const struct tokens *tokens, const struct layout *layout)
{
    char *text = NULL;
    size_t len;
    FILE *file = open_memstream(&text, &len);
    for (size_t i = 0; i < tokens->count; i++) {
        size_t word = i + (layout != NULL && layout->aux_first ? 1 : 0);
        bool name = layout != NULL && word < 16 && (layout->names >> word & 1);
        if (i > 0) {
            fputc(' ', file);
        }
        if (name || is_quoted_parameter(layout, &tokens->items[i])) {
            fputs(tokens->items[i].text, file);
        } else {
            put_token(file, &tokens->items[i],
                      layout != NULL && word < 16 && (layout->quotes >> word & 1));
        }
    }
    fclose(file);
    return text;
}

static bool split_tokens(struct record_text *out, uint16_t type, struct tokens *tokens,
                         const struct record_words *words, const struct name *origin, char *why)
{
    const struct layout *layout = find_layout(type);

    if (layout == NULL || are_generic(words)) {
        out->data = join_tokens(tokens, NULL);
        return true;
    }
    size_t spare = layout->aux_first && words->aux_given ? 1 : 0;
    if (tokens->count + spare < layout->least || tokens->count > layout->most) {
        char mnemonic[RRTYPE_TEXT_SIZE];
        snprintf(why, RECORD_WHY_SIZE, "data of type %s has the form: %s",
                 rrtype_to_text(mnemonic, type), layout->form);
        return false;
    }
    if (layout->aux_first && !take_aux(out, tokens, layout, words, why)) {
        return false;
    }
    if (!check_words(out, tokens, layout, origin, why)) {
        return false;
    }
    out->data = join_tokens(tokens, layout);
    return true;
}

bool record_from_words(struct record_text *out, uint16_t type, const struct record_words *words,
                       const struct name *origin, char *why)
{
    struct tokens tokens;

    *out = (struct record_text){.aux = words->aux_given ? words->aux : 0};
    rrtype_to_text(out->type, type);
    if (record_is_text(type) && words->by_number && are_generic(words)) {
        snprintf(out->type, sizeof out->type, "TYPE%u", type);
    } else if (record_is_text(type)) {
        if (words->count != 1) {
            snprintf(why, RECORD_WHY_SIZE,
                     "text is one argument: put it in quotes for the shell ('...')");
            return false;
        }
        bool quoted = is_quoted_strings(words->words[0]);
        out->data = words->txt_format == CONF_TXT_QUOTED && !quoted ? quote_text(words->words[0])
                                                                    : alloc_string(words->words[0]);
        if (quoted && words->txt_format != CONF_TXT_RAW) {
            snprintf(out->note, sizeof out->note,
                     "text in quotes of its own is read as in a zone file: the quotes are not"
                     " part of it");
        }
        return true;
    }
    bool good = read_tokens(&tokens, words);
    if (!good) {
        snprintf(why, RECORD_WHY_SIZE, "data has more than %d words", TOKENS_MAX);
    } else {
        good = split_tokens(out, type, &tokens, words, origin, why);
    }
    tokens_release(&tokens);
    return good;
}

/* Printable text of DATA. PLAIN: a text, maybe of UTF-8; else presentation form, which is ASCII. */
static char *escape(const char *data, size_t len, bool plain)
{
    char *text = alloc_new(TEXT_ESCAPED_SIZE(len) + 4), *p = text;
    for (size_t i = 0; i < len;) {
        size_t step = plain || !(data[i] & 0x80) ? report_printable(data + i, len - i) : 0;
        if (step == 0) {
            p += sprintf(p, "\\%03u", (unsigned char)data[i++]);
            continue;
        }
        memcpy(p, data + i, step);
        p += step;
        i += step;
    }
    *p = 0;
    return text;
}

/* Names in TOKENS made absolute as the server does it; false: leave the data as it is. */
static bool complete_stored(struct tokens *tokens, const struct layout *layout,
                            const struct name *origin)
{
    for (size_t i = 0; i < tokens->count; i++) {
        size_t word = i + (layout->aux_first ? 1 : 0);
        struct name name;
        char text[NAME_TEXT_SIZE];
        if (word >= 16 || !(layout->names >> word & 1)) {
            continue;
        }
        const char *stored = tokens->items[i].text;
        if (strcmp(stored, "@") == 0 && !rr_text_is_mydns(layout->type)) {
            stored = ""; /* the origin, as in zone files */
        }
        if (name_from_text(&name, stored, strlen(stored), origin) != NULL) {
            return false;
        }
        free(tokens->items[i].text);
        tokens->items[i].text = alloc_string(name_to_text(text, name.octets));
    }
    return true;
}

char *record_to_shown(uint16_t type, uint32_t aux, const char *data, size_t len,
                      const struct name *origin)
{
    const struct layout *layout = find_layout(type);
    struct tokens tokens = {0};

    if (is_generic(data, len)) {
        return escape(data, len, record_is_text(type));
    }
    /* PTR and NAPTR are not completed by MyDNS: what lacks the dot is broken, and shown so. */
    bool completes = layout != NULL && type != TYPE_PTR && type != TYPE_NAPTR && layout->names != 0;
    char *text = escape(data, len, record_is_text(type));
    if (completes && origin->len > 0 && cut_tokens(&tokens, text) &&
        complete_stored(&tokens, layout, origin)) {
        free(text);
        text = join_tokens(&tokens, layout);
    }
    /* ISPConfig keeps NAPTR's order in aux: five fields in data instead of six. */
    bool five =
        type == TYPE_NAPTR && (tokens.count > 0 || cut_tokens(&tokens, text)) && tokens.count == 5;
    tokens_release(&tokens);
    if ((layout != NULL && layout->aux_first) || five) {
        char *with_aux = alloc_printf("%u %s", aux, text);
        free(text);
        text = with_aux;
    }
    return text;
}

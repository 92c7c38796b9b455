#include "feed/text_rebuilds.h"

#include <string.h>
#include <strings.h>

/* A statement, word by word. */
struct words {
    const char *at, *end;
};

struct word {
    const char *at;
    size_t len;
};

static bool is_part_of_word(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
           c == '$' || (unsigned char)c >= 0x80;
}

/* Steps over blanks, commas, dots, comments; not over the begin of one that is executed. */
static void skip(struct words *words)
{
    while (words->at < words->end) {
        size_t left = (size_t)(words->end - words->at);
        if (left > 2 && memcmp(words->at, "/*", 2) == 0 && words->at[2] != '!' &&
            !(left > 3 && memcmp(words->at, "/*M!", 4) == 0)) {
            const char *close = memmem(words->at + 2, left - 2, "*/", 2);
            words->at = close == NULL ? words->end : close + 2;
        } else if (is_part_of_word(*words->at) || *words->at == '`' || *words->at == '(') {
            return;
        } else {
            words->at++;
        }
    }
}

/* The next word, without its backticks; len 0 at the end, and before what stands in parentheses. */
static struct word next(struct words *words)
{
    skip(words);
    struct word word = {words->at, 0};
    if (words->at == words->end || *words->at == '(') {
        return word;
    }
    if (*words->at == '`') {
        word.at = ++words->at;
        const char *close = memchr(words->at, '`', (size_t)(words->end - words->at));
        words->at = close == NULL ? words->end : close;
        word.len = (size_t)(words->at - word.at);
        words->at += close != NULL;
        return word;
    }
    while (words->at < words->end && is_part_of_word(*words->at)) {
        words->at++;
    }
    word.len = (size_t)(words->at - word.at);
    return word;
}

static bool is(struct word word, const char *text)
{
    return word.len == strlen(text) && strncasecmp(word.at, text, word.len) == 0;
}

/* "!40000" or "M!" of a comment that is executed. */
static bool is_version(struct word word)
{
    size_t at = 0;
    while (at < word.len && word.at[at] >= '0' && word.at[at] <= '9') {
        at++;
    }
    return word.len > 0 && (at == word.len || is(word, "M"));
}

/* The next word that counts: not of IF [NOT] EXISTS and kin. */
static struct word next_name(struct words *words)
{
    struct word word;
    do {
        word = next(words);
    } while (is(word, "if") || is(word, "not") || is(word, "exists") || is_version(word));
    return word;
}

static bool names_any(struct word word, const char *const *tables, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (is(word, tables[i])) {
            return true;
        }
    }
    return false;
}

/* One of TABLES anywhere in what is left. */
static bool mentions(struct words *words, const char *const *tables, size_t count)
{
    struct word word;
    while ((word = next(words)).len > 0) {
        if (names_any(word, tables, count)) {
            return true;
        }
    }
    return false;
}

/* CREATE TABLE [IF NOT EXISTS] [schema.]name */
static bool makes(struct words *words, const char *const *tables, size_t count, const char *schema)
{
    struct word word = next_name(words);
    if (is(word, schema) && words->at < words->end && *words->at == '.') {
        word = next(words);
    }
    return names_any(word, tables, count);
}

bool text_rebuilds(const char *text, size_t len, const char *const *tables, size_t count,
                   const char *schema)
{
    struct words words = {text, text + len};
    struct word verb = next_name(&words);

    if (is(verb, "truncate")) {
        return mentions(&words, tables, count);
    }
    if (!is(verb, "drop") && !is(verb, "create") && !is(verb, "rename")) {
        return false;
    }
    struct word object = next_name(&words);
    while (is(object, "or") || is(object, "replace")) {
        object = next_name(&words);
    }
    if (is(object, "database") || is(object, "schema")) {
        struct word name = next_name(&words);
        return is(name, schema);
    }
    if (!is(object, "table") && !is(object, "tables")) {
        return false;
    }
    return is(verb, "create") ? makes(&words, tables, count, schema)
                              : mentions(&words, tables, count);
}

bool text_moves_rows(const char *text, size_t len)
{
    static const char *const moving[] = {"rename", "partition", "tablespace", "id", "zone", "name"};
    struct words words = {text, text + len};

    while (words.at < words.end) {
        struct word word = next(&words);
        if (word.len > 0 && names_any(word, moving, sizeof moving / sizeof moving[0])) {
            return true;
        }
        words.at += word.len == 0 && words.at < words.end; /* a parenthesis */
    }
    return false;
}

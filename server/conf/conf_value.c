#include "conf/conf_value.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"

static const char *const yes_words[] = {"yes", "y", "true", "t", "on", "1", "enabled", "active"};
static const char *const no_words[] = {"no", "n", "false", "f", "off", "0", "disabled", "inactive"};

static bool is_one_of(const char *text, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strcasecmp(text, words[i]) == 0) {
            return true;
        }
    }
    return false;
}

bool conf_value_is_true(const char *text)
{
    return text[0] != '\0' &&
           (strchr("YyTt1Aa", text[0]) != NULL || text[1] == 'n' || text[1] == 'N');
}

static enum conf_outcome read_bool(const struct conf_option *row, const char *text, bool *out)
{
    if (is_one_of(text, yes_words, ARRAY_LEN(yes_words))) {
        *out = true;
        return CONF_GOOD;
    }
    if (is_one_of(text, no_words, ARRAY_LEN(no_words))) {
        *out = false;
        return CONF_GOOD;
    }
    *out = conf_value_is_true(text);
    return row->flags & CONF_OPTION_MYDNS ? CONF_ODD : CONF_BAD;
}

/* Decimal digits with an optional minus; *REST: what follows them, without blanks before it. */
static bool read_digits(const char *text, int64_t *out, const char **rest)
{
    char *end;
    if (!isdigit((unsigned char)text[text[0] == '-'])) {
        return false;
    }
    errno = 0;
    long long value = strtoll(text, &end, 10);
    if (errno != 0) {
        return false;
    }
    while (isspace((unsigned char)*end)) {
        end++;
    }
    *out = value;
    *rest = end;
    return true;
}

static bool read_number(const struct conf_option *row, const char *text, int64_t *out)
{
    const char *rest;
    if ((row->flags & CONF_OPTION_OFF) && strcasecmp(text, "off") == 0) {
        *out = 0;
        return true;
    }
    return read_digits(text, out, &rest) && *out >= row->min && *out <= row->max &&
           (*rest == '\0' || (row->unit != NULL && strcasecmp(rest, row->unit) == 0));
}

static bool read_size(const struct conf_option *row, const char *text, int64_t *out)
{
    static const char units[] = "KMGT";
    const char *rest;
    if (!read_digits(text, out, &rest) || *out < 0) {
        return false;
    }
    if (*rest != '\0') {
        const char *unit = strchr(units, toupper((unsigned char)*rest));
        if (unit == NULL || rest[1] != '\0' ||
            __builtin_mul_overflow(*out, INT64_C(1024) << (10 * (unit - units)), out)) {
            return false;
        }
    }
    return *out == 0 || *out >= row->min;
}

static bool read_word(const struct conf_option *row, const char *text, int64_t *out)
{
    for (int64_t i = 0; row->words[i] != NULL; i++) {
        if (strcasecmp(text, row->words[i]) == 0) {
            *out = i;
            return true;
        }
    }
    return false;
}

static void release_list(struct conf_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        free(list->items[i]);
    }
    free(list->items);
    *list = (struct conf_list){0};
}

static struct conf_list split(const char *text)
{
    struct conf_list list = {0};
    const char *p = text;
    for (;;) {
        size_t len = strcspn(p, ",");
        const char *first = p, *last = p + len;
        while (first < last && isspace((unsigned char)*first)) {
            first++;
        }
        while (last > first && isspace((unsigned char)last[-1])) {
            last--;
        }
        if (last > first) {
            list.items = alloc_resize(list.items, list.count + 1, sizeof list.items[0]);
            list.items[list.count++] = alloc_printf("%.*s", (int)(last - first), first);
        }
        if (p[len] == '\0') {
            return list;
        }
        p += len + 1;
    }
}

/* NULL, or what is wrong about an item. */
static const char *check_items(const struct conf_option *row, const struct conf_list *list)
{
    if (list->count == 0) {
        return "at least one";
    }
    for (size_t i = 0; row->check != NULL && i < list->count; i++) {
        const char *expected = row->check(list->items[i]);
        if (expected != NULL) {
            return expected;
        }
    }
    return NULL;
}

/* The field is an integer of row->size octets; two's complement serves signed and unsigned alike. */
static void put_integer(const struct conf_option *row, void *target, int64_t value)
{
    if (target == NULL || row->size == 0) {
        return;
    }
    void *field = (char *)target + row->offset;
    switch (row->size) {
    case 1:
        memcpy(field, &(uint8_t){(uint8_t)value}, 1);
        break;
    case 2:
        memcpy(field, &(uint16_t){(uint16_t)value}, 2);
        break;
    case 4:
        memcpy(field, &(uint32_t){(uint32_t)value}, 4);
        break;
    case 8:
        memcpy(field, &(uint64_t){(uint64_t)value}, 8);
        break;
    default:
        abort();
    }
}

static enum conf_outcome put_text(const struct conf_option *row, const char *text, void *target)
{
    bool off = (row->flags & CONF_OPTION_OFF) && strcasecmp(text, "off") == 0;
    if (!off && row->check != NULL && row->check(text) != NULL) {
        return CONF_BAD;
    }
    if (target != NULL && row->size != 0) {
        char **field = (char **)(void *)((char *)target + row->offset);
        free(*field);
        *field = off ? NULL : alloc_string(text);
    }
    return CONF_GOOD;
}

static enum conf_outcome put_list(const struct conf_option *row, const char *text, void *target)
{
    struct conf_list list = split(text);
    if (check_items(row, &list) != NULL || (row->max != 0 && list.count > (size_t)row->max)) {
        release_list(&list);
        return CONF_BAD;
    }
    if (target == NULL || row->size == 0) {
        release_list(&list);
        return CONF_GOOD;
    }
    struct conf_list *field = (struct conf_list *)(void *)((char *)target + row->offset);
    release_list(field);
    *field = list;
    return CONF_GOOD;
}

enum conf_outcome conf_value_put(const struct conf_option *row, const char *text, void *target)
{
    enum conf_outcome outcome = CONF_GOOD;
    int64_t value = 0;
    bool truth = false;

    switch (row->type) {
    case CONF_TEXT:
        return put_text(row, text, target);
    case CONF_LIST:
        return put_list(row, text, target);
    case CONF_BOOL:
        outcome = read_bool(row, text, &truth);
        value = truth;
        break;
    case CONF_CHOICE:
        outcome = read_bool(row, text, &truth);
        value = truth ? CONF_YES : CONF_NO;
        break;
    case CONF_NUMBER:
        outcome = read_number(row, text, &value) ? CONF_GOOD : CONF_BAD;
        break;
    case CONF_SIZE:
        outcome = read_size(row, text, &value) ? CONF_GOOD : CONF_BAD;
        break;
    case CONF_WORD:
        outcome = read_word(row, text, &value) ? CONF_GOOD : CONF_BAD;
        break;
    }
    if (outcome != CONF_BAD) {
        put_integer(row, target, value);
    }
    return outcome;
}

void conf_value_release(const struct conf_option *row, void *target)
{
    if (row->size == 0) {
        return;
    }
    void *field = (char *)target + row->offset;
    if (row->type == CONF_TEXT) {
        free(*(char **)field);
        *(char **)field = NULL;
    } else if (row->type == CONF_LIST) {
        release_list(field);
    }
}

static void expected_words(const struct conf_option *row, char *out, size_t cap)
{
    size_t at = 0;
    for (size_t i = 0; row->words[i] != NULL && at < cap; i++) {
        const char *before = i == 0 ? "" : (row->words[i + 1] == NULL ? " or " : ", ");
        at += (size_t)snprintf(out + at, cap - at, "%s%s", before, row->words[i]);
    }
}

static void expected_items(const struct conf_option *row, const char *text, char *out, size_t cap)
{
    struct conf_list list = split(text);
    const char *wrong = check_items(row, &list);
    if (wrong != NULL) {
        snprintf(out, cap, "%s", wrong);
    } else {
        snprintf(out, cap, "a list of at most %lld", (long long)row->max);
    }
    release_list(&list);
}

const char *conf_value_expected(const struct conf_option *row, const char *text, char *out,
                                size_t cap)
{
    const char *wrong;
    switch (row->type) {
    case CONF_BOOL:
    case CONF_CHOICE:
        snprintf(out, cap, "yes or no");
        break;
    case CONF_NUMBER:
        snprintf(out, cap, "a number from %lld to %lld%s%s", (long long)row->min,
                 (long long)row->max, row->unit != NULL ? ", unit " : "",
                 row->unit != NULL ? row->unit : "");
        break;
    case CONF_WORD:
        expected_words(row, out, cap);
        break;
    case CONF_LIST:
        expected_items(row, text, out, cap);
        break;
    case CONF_SIZE:
        snprintf(out, cap, "0, or at least %lld octets (K, M, G may follow the number)",
                 (long long)row->min);
        break;
    case CONF_TEXT:
        wrong = row->check != NULL ? row->check(text) : NULL;
        snprintf(out, cap, "%s", wrong != NULL ? wrong : "a text");
        break;
    }
    return out;
}

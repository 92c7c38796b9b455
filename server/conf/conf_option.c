/*
 * Settings meet their rows. Every row has one slot with the text in force; fields are written from
 * that text, so the dump, the messages and the fields cannot disagree. Order of work: settings as
 * they come (the first one wins), then old names for what is not set, then defaults.
 */
#include "conf/conf_option.h"

#include <assert.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/text.h"
#include "conf/conf_value.h"

struct slot {
    char *text;    /* in force; NULL = not set, no default */
    char *where;   /* NULL = not set by anyone */
    unsigned line; /* of where; 0 = command line */
};

struct conf_source {
    const struct conf_table *table;
    struct slot *slots; /* one per row */
};

/* What conf_options_read() hands to its steps. */
struct reading {
    struct conf_source *source;
    void *target;
    FILE *messages;
    bool *ok;
};

/* --- rows and slots --- */

static bool is_family(const struct conf_option *row)
{
    return row->name[strlen(row->name) - 1] == '*';
}

const struct conf_option *conf_option_find(const struct conf_table *table, const char *name)
{
    const struct conf_option *family = NULL;
    for (size_t i = 0; i < table->count; i++) {
        const struct conf_option *row = &table->rows[i];
        if (row->name == NULL) {
            continue;
        }
        if (strcasecmp(row->name, name) == 0) {
            return row;
        }
        if (is_family(row) && strncasecmp(row->name, name, strlen(row->name) - 1) == 0) {
            family = row;
        }
    }
    return family;
}

static const struct conf_option *row_of(const struct conf_source *source, const char *name)
{
    const struct conf_option *row = conf_option_find(source->table, name);
    assert(row != NULL);
    return row;
}

static struct slot *slot_of(const struct conf_source *source, const struct conf_option *row)
{
    return &source->slots[row - source->table->rows];
}

/* The row whose type and field count: of an old name, that of the new one. */
static const struct conf_option *main_row(const struct conf_source *source,
                                          const struct conf_option *row)
{
    return row->alias_of != NULL ? row_of(source, row->alias_of) : row;
}

static void slot_clear(struct slot *slot)
{
    free(slot->text);
    free(slot->where);
    *slot = (struct slot){0};
}

/* --- messages --- */

enum { SHOWN_SIZE = 200 };

/* VALUE for a message: escaped, cut, and never a password. */
static const char *shown(const struct conf_option *row, const char *value, char *out)
{
    if (row->flags & CONF_OPTION_SECRET) {
        return strcpy(out, "(not shown)");
    }
    return text_escape(out, SHOWN_SIZE, value, strlen(value));
}

static void PRINTF(3, 4)
    complain(struct reading *reading, const char *where, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fprintf(reading->messages, "%s: ", where);
    vfprintf(reading->messages, format, args);
    putc('\n', reading->messages);
    va_end(args);
}

static void complain_value(struct reading *reading, const struct conf_option *row,
                           const struct conf_setting *setting, enum conf_outcome outcome)
{
    char value[SHOWN_SIZE], expected[SHOWN_SIZE];
    shown(row, setting->value, value);
    conf_value_expected(row, setting->value, expected, sizeof expected);
    if (outcome == CONF_ODD) {
        complain(reading, setting->where, "%s = %s: expected %s; read as %s, as MyDNS does",
                 setting->name, value, expected, conf_value_is_true(setting->value) ? "yes" : "no");
    } else if (row->flags & (CONF_OPTION_LENIENT | CONF_OPTION_MISSING)) {
        complain(reading, setting->where, "%s = %s: expected %s; ignored", setting->name, value,
                 expected);
    } else {
        complain(reading, setting->where, "error: %s = %s: expected %s", setting->name, value,
                 expected);
        *reading->ok = false;
    }
}

static void complain_unknown(struct reading *reading, const struct conf_setting *setting)
{
    char name[SHOWN_SIZE];
    text_escape(name, sizeof name, setting->name, strlen(setting->name));
    if (setting->value == NULL) {
        complain(reading, setting->where, "\"%s\" is ignored: expected \"name = value\"", name);
    } else {
        complain(reading, setting->where, "unknown option \"%s\" is ignored", name);
    }
}

static void complain_late(struct reading *reading, const struct conf_option *row,
                          const struct conf_setting *setting, const struct slot *first)
{
    char value[SHOWN_SIZE];
    if (first->line != 0 && setting->line != 0 && strcmp(first->text, setting->value) != 0) {
        complain(reading, setting->where,
                 "%s = %s is ignored: set before at %s, the first one wins", setting->name,
                 shown(row, setting->value, value), first->where);
    }
}

/* --- reading --- */

/* The value of a row that is neither text nor list as a number; TEXT is valid for it. */
static int64_t value_of(const struct conf_option *row, const char *text)
{
    struct conf_option probe = *row;
    int64_t value = 0;
    probe.offset = 0;
    probe.size = sizeof value;
    enum conf_outcome outcome = conf_value_put(&probe, text, &value);
    assert(outcome != CONF_BAD);
    return value;
}

/* Neither its default nor no, off or 0. */
static bool asks_for_something(const struct conf_option *row, const char *text)
{
    if (strcasecmp(text, "no") == 0 || strcasecmp(text, "off") == 0) {
        return false;
    }
    if (row->type == CONF_TEXT || row->type == CONF_LIST) {
        return row->fallback == NULL || strcasecmp(row->fallback, text) != 0;
    }
    int64_t value = value_of(row, text);
    bool nothing = value == 0 && row->type != CONF_WORD;
    return !nothing && (row->fallback == NULL || value != value_of(row, row->fallback));
}

static void warn_if_missing(struct reading *reading, const struct conf_option *row,
                            const struct conf_setting *setting)
{
    char value[SHOWN_SIZE];
    if ((row->flags & CONF_OPTION_MISSING) && asks_for_something(row, setting->value)) {
        complain(reading, setting->where, "%s = %s has no effect in this version", setting->name,
                 shown(row, setting->value, value));
    }
}

/* One setting of a row; NAMED is the row of its name, which may be an older name. */
static void take_setting(struct reading *reading, const struct conf_option *named,
                         const struct conf_setting *setting)
{
    const struct conf_option *row = main_row(reading->source, named);
    bool append = row->flags & CONF_OPTION_APPEND;
    struct slot *slot = slot_of(reading->source, append ? row : named);

    if (setting->value[0] == '\0' && (setting->line != 0 || row->type != CONF_TEXT)) {
        return; /* empty = not set; only the command line can say "an empty text" */
    }
    if (slot->text != NULL && !append && !is_family(row)) {
        complain_late(reading, row, setting, slot);
        return;
    }
    enum conf_outcome outcome = conf_value_put(row, setting->value, NULL);
    if (outcome != CONF_GOOD) {
        complain_value(reading, row, setting, outcome);
    }
    if (outcome == CONF_BAD) {
        return;
    }
    char *text = slot->text != NULL && append ? alloc_printf("%s, %s", slot->text, setting->value)
                                              : alloc_string(setting->value);
    if (conf_value_put(row, text, row == named || append ? reading->target : NULL) == CONF_BAD) {
        complain_value(reading, row, setting, CONF_BAD);
    }
    slot_clear(slot);
    *slot = (struct slot){text, alloc_string(setting->where), setting->line};
    warn_if_missing(reading, row, setting);
}

static void put_slot(struct conf_source *source, const struct conf_option *row, const char *text,
                     void *target)
{
    struct slot *slot = slot_of(source, row);
    char *copy = alloc_string(text); /* TEXT may be the slot's own */
    enum conf_outcome outcome = conf_value_put(row, copy, target);
    assert(outcome != CONF_BAD);
    free(slot->text);
    slot->text = copy;
}

/* Older names for what is not set under its own name; the first one in the table wins. */
static void take_aliases(struct conf_source *source, void *target)
{
    for (size_t i = 0; i < source->table->count; i++) {
        const struct conf_option *row = &source->table->rows[i];
        struct slot *slot = &source->slots[i];
        if (row->name == NULL || row->alias_of == NULL || slot->text == NULL) {
            continue;
        }
        const struct conf_option *of = main_row(source, row);
        struct slot *main_slot = slot_of(source, of);
        if (main_slot->text == NULL) {
            put_slot(source, of, slot->text, target);
            main_slot->where = alloc_string(slot->where);
            main_slot->line = slot->line;
        }
    }
}

static void take_defaults(struct conf_source *source, void *target)
{
    for (size_t i = 0; i < source->table->count; i++) {
        const struct conf_option *row = &source->table->rows[i];
        if (row->name != NULL && row->fallback != NULL && source->slots[i].text == NULL) {
            put_slot(source, row, row->fallback, target);
        }
    }
}

struct conf_source *conf_options_read(const struct conf_table *table, void *target,
                                      const struct conf_settings *settings, FILE *messages,
                                      bool *ok)
{
    struct conf_source *source = alloc_zero(1, sizeof *source);
    struct reading reading = {source, target, messages, ok};

    source->table = table;
    source->slots = alloc_zero(table->count, sizeof source->slots[0]);
    for (size_t i = 0; i < settings->count; i++) {
        const struct conf_setting *setting = &settings->items[i];
        const struct conf_option *row = conf_option_find(table, setting->name);
        if (row == NULL) {
            complain_unknown(&reading, setting);
        } else if (setting->value != NULL) {
            take_setting(&reading, row, setting);
        }
    }
    take_aliases(source, target);
    take_defaults(source, target);
    return source;
}

struct conf_source *conf_options_reload(const struct conf_source *current,
                                        const struct conf_source *next, void *target)
{
    struct conf_source *source = alloc_zero(1, sizeof *source);

    source->table = current->table;
    source->slots = alloc_zero(source->table->count, sizeof source->slots[0]);
    for (size_t i = 0; i < source->table->count; i++) {
        const struct conf_option *row = &source->table->rows[i];
        if (row->name == NULL) {
            continue;
        }
        bool reload = main_row(source, row)->flags & CONF_OPTION_RELOAD;
        const struct slot *from = reload ? &next->slots[i] : &current->slots[i];
        if (from->where != NULL) {
            source->slots[i].where = alloc_string(from->where);
            source->slots[i].line = from->line;
        }
        if (from->text != NULL) {
            put_slot(source, row, from->text, row->alias_of == NULL ? target : NULL);
        }
    }
    return source;
}

void conf_options_release(struct conf_source *source, void *target)
{
    if (source == NULL) {
        return;
    }
    for (size_t i = 0; i < source->table->count; i++) {
        if (source->table->rows[i].name != NULL) {
            conf_value_release(&source->table->rows[i], target);
        }
        slot_clear(&source->slots[i]);
    }
    free(source->slots);
    free(source);
}

/* --- afterwards --- */

bool conf_option_is_set(const struct conf_source *source, const char *name)
{
    return conf_option_where(source, name) != NULL;
}

const char *conf_option_text(const struct conf_source *source, const char *name)
{
    return slot_of(source, row_of(source, name))->text;
}

const char *conf_option_where(const struct conf_source *source, const char *name)
{
    return slot_of(source, row_of(source, name))->where;
}

void conf_option_derive(struct conf_source *source, void *target, const char *name,
                        const char *text)
{
    put_slot(source, row_of(source, name), text, target);
}

/* Column in which the help begins, when the value is short enough. */
enum { HELP_COLUMN = 40 };

static void dump_option(const struct conf_option *row, const char *text, FILE *out)
{
    char *setting;
    size_t len;
    FILE *line = open_memstream(&setting, &len);
    if (line == NULL) {
        abort(); /* out of memory */
    }
    fprintf(line, "%s = ", row->name);
    conf_write_value(text != NULL ? text : "", line); /* empty = not set */
    fclose(line);
    fprintf(out, "%-*s # %s%s\n", HELP_COLUMN, setting, row->help,
            row->flags & CONF_OPTION_MISSING ? " (no effect in this version)" : "");
    free(setting);
}

void conf_options_dump(const struct conf_source *source, FILE *out)
{
    for (size_t i = 0; i < source->table->count; i++) {
        const struct conf_option *row = &source->table->rows[i];
        if (row->name == NULL) {
            fprintf(out, "%s##\n## %s\n##\n", i == 0 ? "" : "\n", row->group);
        } else if (row->alias_of == NULL && !is_family(row)) {
            dump_option(row, source->slots[i].text, out);
        }
    }
}

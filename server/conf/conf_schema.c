/*
 * --create-tables: sql/schema.sql with names, engine and columns as the options ask. The template is
 * plain SQL that can be loaded by itself; its marks are for us and are not printed:
 *
 *     active ENUM('Y','N') ...,            -- if use-soa-active       kept only if the option is set
 *     -- if allow-axfr: xfer VARCHAR(255), ...                       becomes a line if it is set
 *     -- if use-rr-active !ixfr-enabled                              several: all of them; ! = not
 *     `soa`  `rr`  ENGINE=InnoDB                                     soa-table, rr-table, dbengine
 *     -- : about the marks                                           never printed
 *
 * Only lines that begin with a blank are looked at for conditions; the others are prose and frame.
 */
#include "conf/conf_schema.h"

#include <assert.h>
#include <string.h>

#include "conf/conf.h"

static const char mark[] = "-- if ", note[] = "-- :";

static bool is_asked(const struct conf *conf, const char *option, size_t len)
{
    const struct {
        const char *name;
        bool asked;
    } conditions[] = {
        {"use-soa-active", conf->use_soa_active != CONF_NO},
        {"use-rr-active", conf->use_rr_active != CONF_NO},
        {"recursive", conf->recursive_set},
        {"allow-axfr", conf->allow_axfr},
        {"allow-update", conf->allow_update},
        {"notify-enabled", conf->notify_enabled},
        {"extended-data-support", conf->extended_data_support},
        {"ixfr-enabled", conf->ixfr_enabled},
    };
    for (size_t i = 0; i < ARRAY_LEN(conditions); i++) {
        if (strlen(conditions[i].name) == len && memcmp(conditions[i].name, option, len) == 0) {
            return conditions[i].asked;
        }
    }
    assert(!"sql/schema.sql names a condition that conf_schema.c does not know");
    return false;
}

/* All words from TEXT to END hold. */
static bool all_asked(const struct conf *conf, const char *text, const char *end)
{
    while (text < end) {
        bool negated = *text == '!';
        const char *word = text + negated;
        const char *stop = memchr(word, ' ', (size_t)(end - word));
        stop = stop != NULL ? stop : end;
        if (stop > word && is_asked(conf, word, (size_t)(stop - word)) == negated) {
            return false;
        }
        text = stop + 1;
    }
    return true;
}

/* "rr" as `rr`, "other.rr" as `other`.`rr`. */
static void put_table(const char *name, FILE *out)
{
    putc('`', out);
    for (const char *p = name; *p != '\0'; p++) {
        if (*p == '.') {
            fputs("`.`", out);
        } else {
            putc(*p, out);
        }
    }
    putc('`', out);
}

static bool starts_with(const char *text, const char *end, const char *word)
{
    size_t len = strlen(word);
    return (size_t)(end - text) >= len && memcmp(text, word, len) == 0;
}

static void put_text(const struct conf *conf, const char *text, const char *end, FILE *out)
{
    static const char engine[] = "ENGINE=InnoDB";
    while (text < end) {
        if (starts_with(text, end, "`soa`")) {
            put_table(conf->soa_table, out);
            text += strlen("`soa`");
        } else if (starts_with(text, end, "`rr`")) {
            put_table(conf->rr_table, out);
            text += strlen("`rr`");
        } else if (starts_with(text, end, engine)) {
            fprintf(out, "ENGINE=%s", conf->dbengine);
            text += strlen(engine);
        } else {
            putc(*text++, out);
        }
    }
}

static const char *without_blanks(const char *line, const char *end)
{
    while (end > line && end[-1] == ' ') {
        end--;
    }
    return end;
}

/* The line from LINE to END, with its line end. */
static void put_line(const struct conf *conf, const char *line, const char *end, FILE *out)
{
    if (starts_with(line, end, note)) {
        return;
    }
    const char *condition =
        line[0] == ' ' ? memmem(line, (size_t)(end - line), mark, strlen(mark)) : NULL;
    if (condition == NULL) {
        put_text(conf, line, end, out);
        return;
    }
    const char *words = condition + strlen(mark);
    const char *colon = memchr(words, ':', (size_t)(end - words));
    if (colon == NULL) {
        if (all_asked(conf, words, end - 1)) {
            put_text(conf, line, without_blanks(line, condition), out);
            putc('\n', out);
        }
    } else if (all_asked(conf, words, colon)) {
        put_text(conf, line, condition, out);
        put_text(conf, colon + 2, end, out);
    }
}

void conf_create_tables(const struct conf *conf, FILE *out)
{
    const char *line = conf_schema_sql;
    while (*line != '\0') {
        const char *end = strchr(line, '\n') + 1;
        put_line(conf, line, end, out);
        line = end;
    }
}

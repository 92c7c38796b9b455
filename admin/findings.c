#include "admin/findings.h"

#include <jansson.h>
#include <libsmartcols.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/alloc.h"

enum column { SEVERITY, DOMAIN, TABLE, ID, COLUMN, REASON, VALUE, COLUMNS };

struct findings {
    bool json;
    struct libscols_table *table; /* NULL = lines or JSON, written at once */
    size_t counts[2];
};

static struct libscols_table *make_table(void)
{
    static const char *const heads[COLUMNS] = {"SEVERITY", "DOMAIN", "TABLE", "ID",
                                               "COLUMN",   "REASON", "VALUE"};
    scols_init_debug(0);
    struct libscols_table *table = scols_new_table();
    for (unsigned i = 0; table != NULL && i < COLUMNS; i++) {
        scols_table_new_column(table, heads[i], 0,
                               i == ID                     ? SCOLS_FL_RIGHT
                               : i == REASON || i == VALUE ? SCOLS_FL_WRAP
                                                           : 0);
    }
    return table;
}

struct findings *findings_new(bool json)
{
    struct findings *findings = alloc_zero(1, sizeof *findings);
    findings->json = json;
    if (json) {
        putchar('[');
    } else if (isatty(STDOUT_FILENO)) {
        findings->table = make_table();
    }
    return findings;
}

static void put_json(const char *const *texts, uint32_t id, bool first)
{
    json_t *object = json_object();
    json_object_set_new(object, "severity", json_string(texts[SEVERITY]));
    json_object_set_new(object, "domain", json_string(texts[DOMAIN]));
    json_object_set_new(object, "table", json_string(texts[TABLE]));
    json_object_set_new(object, "id", json_integer(id));
    json_object_set_new(object, "column", json_string(texts[COLUMN]));
    json_object_set_new(object, "reason", json_string(texts[REASON]));
    json_object_set_new(object, "value", json_string(texts[VALUE]));
    fputs(first ? "\n  " : ",\n  ", stdout);
    json_dumpf(object, stdout, 0);
    json_decref(object);
}

void findings_add(struct findings *findings, enum severity severity, const char *domain,
                  const struct finding *finding)
{
    char value[FINDING_VALUE_SIZE], id[16];
    bool first = findings->counts[0] + findings->counts[1] == 0;
    const char *const texts[COLUMNS] = {severity == SEVERITY_ERROR ? "error" : "warning",
                                        domain,
                                        finding->table,
                                        id,
                                        finding->column,
                                        finding->reason,
                                        finding_value(value, finding)};

    snprintf(id, sizeof id, "%u", finding->id);
    findings->counts[severity]++;
    if (findings->json) {
        put_json(texts, finding->id, first);
        return;
    }
    struct libscols_line *line =
        findings->table != NULL ? scols_table_new_line(findings->table, NULL) : NULL;
    for (unsigned i = 0; i < COLUMNS; i++) {
        if (line != NULL) {
            scols_line_set_data(line, i, texts[i]);
        } else {
            printf("%s%c", texts[i], i + 1 < COLUMNS ? '\t' : '\n');
        }
    }
}

size_t findings_count(const struct findings *findings, enum severity severity)
{
    return findings->counts[severity];
}

bool findings_finish(struct findings *findings)
{
    if (findings->json) {
        puts(findings->counts[0] + findings->counts[1] == 0 ? "]" : "\n]");
    }
    if (findings->table != NULL) {
        if (!scols_table_is_empty(findings->table)) {
            scols_print_table(findings->table);
        }
        scols_unref_table(findings->table);
    }
    free(findings);
    return fflush(stdout) == 0 && !ferror(stdout);
}

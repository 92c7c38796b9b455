#include "admin/output.h"

#include <jansson.h>
#include <libsmartcols.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/alloc.h"

enum form { FORM_LINES, FORM_TABLE, FORM_JSON };

struct output {
    enum form form;
    json_t *array;
    struct libscols_table *table;
};

enum { TABLE_ID, TABLE_NAME, TABLE_TTL, TABLE_TYPE, TABLE_DATA, TABLE_ACTIVE };

static struct libscols_table *make_table(void)
{
    scols_init_debug(0);
    struct libscols_table *table = scols_new_table();
    if (table == NULL) {
        return NULL;
    }
    scols_table_new_column(table, "ID", 0, SCOLS_FL_RIGHT);
    scols_table_new_column(table, "NAME", 0, 0);
    scols_table_new_column(table, "TTL", 0, SCOLS_FL_RIGHT);
    scols_table_new_column(table, "TYPE", 0, 0);
    scols_table_new_column(table, "DATA", 0, SCOLS_FL_WRAP);
    scols_table_new_column(table, "ACTIVE", 0, 0);
    return table;
}

struct output *output_new(bool json)
{
    struct output *output = alloc_zero(1, sizeof *output);
    output->form = json ? FORM_JSON : isatty(STDOUT_FILENO) ? FORM_TABLE : FORM_LINES;
    if (output->form == FORM_TABLE) {
        output->table = make_table();
        if (output->table == NULL) {
            output->form = FORM_LINES;
        }
    }
    if (output->form == FORM_JSON) {
        output->array = json_array();
    }
    return output;
}

static json_t *json_data(const struct output_record *record)
{
    json_t *text = record->text != NULL ? json_stringn(record->text, record->text_len) : NULL;
    return text != NULL ? text : json_string(record->data);
}

static void put_json(json_t *array, const struct output_record *record)
{
    json_t *object = json_object();
    json_object_set_new(object, "id",
                        record->id == 0 ? json_null() : json_integer((json_int_t)record->id));
    json_object_set_new(object, "domain", json_string(record->domain));
    json_object_set_new(object, "name", json_string(record->name));
    json_object_set_new(object, "ttl", json_integer(record->ttl));
    json_object_set_new(object, "type", json_string(record->type));
    json_object_set_new(object, "data", json_data(record));
    json_object_set_new(object, "aux", json_integer(record->aux));
    json_object_set_new(object, "active", json_boolean(record->active));
    json_array_append_new(array, object);
}

static void put_row(struct libscols_table *table, const struct output_record *record)
{
    char number[24];
    struct libscols_line *line = scols_table_new_line(table, NULL);
    if (line == NULL) {
        return;
    }
    snprintf(number, sizeof number, "%llu", (unsigned long long)record->id);
    scols_line_set_data(line, TABLE_ID, record->id == 0 ? "-" : number);
    scols_line_set_data(line, TABLE_NAME, record->name);
    snprintf(number, sizeof number, "%u", record->ttl);
    scols_line_set_data(line, TABLE_TTL, number);
    scols_line_set_data(line, TABLE_TYPE, record->type);
    scols_line_set_data(line, TABLE_DATA, record->data);
    scols_line_set_data(line, TABLE_ACTIVE, record->active ? "yes" : "no");
}

void output_record(struct output *output, const struct output_record *record)
{
    switch (output->form) {
    case FORM_JSON:
        put_json(output->array, record);
        break;
    case FORM_TABLE:
        put_row(output->table, record);
        break;
    case FORM_LINES:
        printf("%s\t%s\t%u\t%s\t%s\n", record->domain, record->name, record->ttl, record->type,
               record->data);
        break;
    }
}

void output_domain(struct output *output, const struct output_record *record)
{
    if (output->form == FORM_LINES) {
        printf("%s\n", record->domain);
    } else {
        output_record(output, record);
    }
}

bool output_finish(struct output *output)
{
    if (output->form == FORM_JSON) {
        json_dumpf(output->array, stdout, JSON_INDENT(2));
        putchar('\n');
        json_decref(output->array);
    }
    if (output->form == FORM_TABLE) {
        if (!scols_table_is_empty(output->table)) {
            scols_print_table(output->table);
        }
        scols_unref_table(output->table);
    }
    free(output);
    return fflush(stdout) == 0 && !ferror(stdout);
}

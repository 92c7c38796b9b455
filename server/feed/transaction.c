#include "feed/transaction.h"

#include <string.h>

void transaction_begin(struct transaction *t, const struct db_layout *layout)
{
    t->_layout = layout;
    t->_table_count = 0;
    t->zone_count = t->soa_count = 0;
    t->all = t->standalone = t->ddl = false;
}

static void note(uint32_t *ids, size_t *count, bool *all, uint64_t id)
{
    if (*count > 0 && ids[*count - 1] == id) {
        return; /* rows of one zone come together */
    }
    for (size_t i = 0; i < *count; i++) {
        if (ids[i] == id) {
            return;
        }
    }
    if (*count == FEED_ZONES_MAX || id > UINT32_MAX) {
        *all = true;
        return;
    }
    ids[(*count)++] = (uint32_t)id;
}

static bool is_table(const struct stream_event *event, const struct db_table *table)
{
    return event->schema.len == strlen(table->schema) &&
           memcmp(event->schema.at, table->schema, event->schema.len) == 0 &&
           event->table.len == strlen(table->name) &&
           memcmp(event->table.at, table->name, event->table.len) == 0;
}

void transaction_table(struct transaction *t, const struct stream_event *event)
{
    enum table_kind kind = is_table(event, &t->_layout->soa)  ? TABLE_SOA
                           : is_table(event, &t->_layout->rr) ? TABLE_RR
                                                              : TABLE_FOREIGN;
    struct noted_table *table = NULL;

    for (unsigned i = 0; i < t->_table_count; i++) {
        if (t->_tables[i].id == event->table_id) {
            table = &t->_tables[i];
        }
    }
    if (table == NULL) {
        if (kind == TABLE_FOREIGN) {
            return; /* rows of a table we have not noted are nobody's business here */
        }
        if (t->_table_count == FEED_TABLES_MAX) {
            t->all = true;
            return;
        }
        table = &t->_tables[t->_table_count++];
    }
    table->id = event->table_id;
    table->kind = kind;
    const struct db_places *places =
        kind == TABLE_SOA ? &t->_layout->soa_places : &t->_layout->rr_places;
    table->known = kind != TABLE_FOREIGN &&
                   row_shape_read(&table->shape, event->column_types.at, event->column_types.len,
                                  event->metadata.at, event->metadata.len) &&
                   table->shape.columns == places->columns;
}

/*
 * Note one image: the zone of an rr row, the id of a soa row. False: it cannot be told. PARTIAL: the
 * column may be missing, since the image before had it and it has not changed.
 */
static bool note_image(struct transaction *t, const struct noted_table *table,
                       const uint8_t *present, const uint8_t **at, size_t *left, bool partial)
{
    bool soa = table->kind == TABLE_SOA;
    unsigned wanted = soa ? t->_layout->soa_places.id : t->_layout->rr_places.zone;
    struct row_value value;
    uint64_t id;

    if (!row_image_read(&table->shape, present, at, left, &wanted, 1, &value)) {
        return false;
    }
    if (partial && !value.present) {
        return true;
    }
    if (!row_value_uint(&value, &id)) {
        return false;
    }
    if (soa) {
        note(t->soas, &t->soa_count, &t->all, id);
    } else {
        note(t->zones, &t->zone_count, &t->all, id);
    }
    return true;
}

void transaction_rows(struct transaction *t, const struct stream_event *event)
{
    const struct noted_table *table = NULL;
    for (unsigned i = 0; i < t->_table_count; i++) {
        if (t->_tables[i].id == event->table_id) {
            table = &t->_tables[i];
        }
    }
    if (table == NULL || table->kind == TABLE_FOREIGN || t->all) {
        return;
    }
    if (!table->known || event->column_count != table->shape.columns || event->present == NULL ||
        (event->rows == STREAM_UPDATE && event->present_after == NULL)) {
        t->all = true;
        return;
    }
    const uint8_t *at = event->data.at;
    size_t left = event->data.len;
    while (left > 0 && !t->all) {
        bool told = note_image(t, table, event->present, &at, &left, false);
        if (told && event->rows == STREAM_UPDATE) {
            told = note_image(t, table, event->present_after, &at, &left, true);
        }
        if (!told) {
            t->all = true;
        }
    }
}

static bool may_concern(const struct transaction *t, const struct stream_event *event)
{
    const struct db_table *tables[] = {&t->_layout->soa, &t->_layout->rr};

    if (event->text.at == NULL) {
        return true;
    }
    for (size_t i = 0; i < ARRAY_LEN(tables); i++) {
        size_t len = strlen(tables[i]->schema);
        if ((event->text_schema.len == len &&
             memcmp(event->text_schema.at, tables[i]->schema, len) == 0) ||
            memmem(event->text.at, event->text.len, tables[i]->schema, len) != NULL) {
            return true;
        }
    }
    return false;
}

void transaction_text(struct transaction *t, const struct stream_event *event)
{
    t->all = t->all || may_concern(t, event);
}

#include "feed/transaction.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "feed/text_rebuilds.h"

void transaction_begin(struct transaction *t, const struct db_layout *layout)
{
    t->_layout = layout;
    t->_table_count = 0;
    t->zone_count = t->soa_count = 0;
    t->_row_count = t->_owners_len = t->_last = 0;
    t->why = NULL;
    t->all = t->standalone = t->ddl = t->illegible = t->moves = false;
    t->removal = (struct removal){0};
}

void transaction_release(struct transaction *t)
{
    free(t->_rows);
    free(t->_owners);
    memset(t, 0, sizeof *t);
}

/* --- noting --- */

void transaction_give_up(struct transaction *t, const char *why)
{
    t->all = true;
    t->why = t->why == NULL ? why : t->why;
}

static const char too_many_zones[] = "a transaction changed more than 1000 zones";
static const char large_id[] = "a row's zone is above 4294967295";

static void note_soa(struct transaction *t, uint64_t id)
{
    for (size_t i = 0; i < t->soa_count; i++) {
        if (t->soas[i] == id) {
            return;
        }
    }
    if (t->soa_count == FEED_ZONES_MAX || id > UINT32_MAX) {
        transaction_give_up(t, id > UINT32_MAX ? large_id : too_many_zones);
        return;
    }
    t->soas[t->soa_count++] = (uint32_t)id;
}

/* NULL: there are too many, all is to be verified. */
static struct noted_zone *note_zone(struct transaction *t, uint64_t id)
{
    if (t->_last < t->zone_count && t->zones[t->_last].id == id) {
        return &t->zones[t->_last]; /* rows of one zone come together */
    }
    for (size_t i = 0; i < t->zone_count; i++) {
        if (t->zones[i].id == id) {
            t->_last = i;
            return &t->zones[i];
        }
    }
    if (t->zone_count == FEED_ZONES_MAX || id > UINT32_MAX) {
        transaction_give_up(t, id > UINT32_MAX ? large_id : too_many_zones);
        return NULL;
    }
    t->_last = t->zone_count;
    t->zones[t->zone_count] = (struct noted_zone){.id = (uint32_t)id};
    return &t->zones[t->zone_count++];
}

/* Its rr rows become fewer by GONE. */
static void note_gone(struct transaction *t, uint64_t id, int gone)
{
    struct noted_zone *zone = note_zone(t, id);
    if (zone != NULL) {
        zone->gone += gone;
    }
}

static void keep_owner(struct transaction *t, struct loader_row *row, const struct row_value *name)
{
    if (t->_owners == NULL || t->_owners_cap - t->_owners_len < name->len) {
        t->_owners_cap = t->_owners_cap * 2 + name->len + 1024;
        t->_owners = alloc_resize(t->_owners, t->_owners_cap, 1);
    }
    row->had_owner = true;
    row->owner_off = (uint32_t)t->_owners_len;
    row->owner_len = (uint16_t)name->len;
    memcpy(t->_owners + t->_owners_len, name->octets, name->len);
    t->_owners_len += name->len;
}

/* NAME: of the row before the change; NULL: it was not there, or not in this zone. */
static void note_row(struct transaction *t, uint64_t zone_id, const struct row_value *id,
                     const struct row_value *name)
{
    const struct db_layout *layout = t->_layout;
    struct noted_zone *zone = note_zone(t, zone_id);
    uint64_t number;

    if (zone == NULL || zone->whole) {
        return;
    }
    if (!layout->transactional || !layout->id_indexed || !layout->rr_places.name_alike ||
        zone->rows == FEED_ZONE_ROWS_MAX || t->_row_count == FEED_ROWS_MAX ||
        !row_value_uint(id, &number) || number > UINT32_MAX ||
        (name != NULL && (!name->present || name->len > UINT16_MAX))) {
        zone->whole = true;
        return;
    }
    if (t->_row_count == t->_row_cap) {
        t->_row_cap = t->_row_cap == 0 ? 16 : t->_row_cap * 2;
        t->_rows = alloc_resize(t->_rows, t->_row_cap, sizeof *t->_rows);
    }
    struct loader_row *row = &t->_rows[t->_row_count++];
    *row = (struct loader_row){.zone = zone->id, .id = (uint32_t)number};
    zone->rows++;
    if (name != NULL && !name->null) { /* a row whose name is NULL was not served */
        keep_owner(t, row, name);
    }
}

struct loader_change transaction_change(struct transaction *t, bool unsure)
{
    struct loader_change change = {.rows = t->_rows,
                                   .row_count = unsure ? 0 : t->_row_count,
                                   .owners = t->_owners,
                                   .zones = t->_whole,
                                   .soas = t->soas,
                                   .soa_count = t->soa_count,
                                   .all = t->all,
                                   .server_uid = "",
                                   .file = ""};
    for (size_t i = 0; i < t->zone_count; i++) {
        if (t->zones[i].whole || unsure) {
            t->_whole[change.zone_count++] = t->zones[i].id;
        }
    }
    return change;
}

bool transaction_only_alters(const struct transaction *t)
{
    return t->ddl && t->standalone && !t->illegible && !t->moves && !t->removal.rebuilt;
}

struct vanish_told transaction_removal(struct transaction *t)
{
    const struct removal *removal = &t->removal;
    struct vanish_told told = {.rebuilt = removal->rebuilt,
                               .exact = !t->all,
                               .updated = removal->updated,
                               .rows = removal->rows,
                               .soas = removal->zones,
                               .zones_of_rows = removal->lost,
                               .zones_of_rows_count = removal->lost_count,
                               .zones = t->_told};
    for (size_t i = 0; i < t->zone_count && !t->all; i++) {
        if (t->zones[i].gone != 0) {
            t->_told[told.zone_count++] =
                (struct vanish_zone_told){.id = t->zones[i].id, .gone = t->zones[i].gone};
        }
    }
    return told;
}

/* --- kept for later --- */

struct packed {
    size_t zone_count, soa_count, row_count, owners_len;
    struct removal removal;
    bool all;
    const char *why;
    /* zones, rows, soas and owners follow, in the order of what they are aligned to */
};

void *transaction_pack(const struct transaction *t, size_t *len)
{
    struct packed packed = {t->zone_count, t->soa_count, t->_row_count, t->_owners_len,
                            t->removal,    t->all,       t->why};
    if (t->all) {
        packed.zone_count = packed.soa_count = packed.row_count = packed.owners_len = 0;
    }
    *len = sizeof packed + packed.zone_count * sizeof *t->zones +
           packed.row_count * sizeof *t->_rows + packed.soa_count * sizeof *t->soas +
           packed.owners_len;
    uint8_t *block = alloc_new(*len), *at = block;
    const struct {
        const void *from;
        size_t len;
    } parts[] = {{&packed, sizeof packed},
                 {t->zones, packed.zone_count * sizeof *t->zones},
                 {t->_rows, packed.row_count * sizeof *t->_rows},
                 {t->soas, packed.soa_count * sizeof *t->soas},
                 {t->_owners, packed.owners_len}};

    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        if (parts[i].len > 0) { /* what is empty may be NULL */
            memcpy(at, parts[i].from, parts[i].len);
            at += parts[i].len;
        }
    }
    return block;
}

/* The next COUNT items of SIZE octets at *AT, to TO. */
static void unpack(const uint8_t **at, void *to, size_t count, size_t size)
{
    if (count > 0) {
        memcpy(to, *at, count * size);
        *at += count * size;
    }
}

void transaction_unpack(struct transaction *t, const struct db_layout *layout, const void *block)
{
    const uint8_t *at = block;
    struct packed packed;

    transaction_begin(t, layout);
    unpack(&at, &packed, 1, sizeof packed);
    if (t->_row_cap < packed.row_count) {
        t->_row_cap = packed.row_count;
        t->_rows = alloc_resize(t->_rows, t->_row_cap, sizeof *t->_rows);
    }
    if (t->_owners_cap < packed.owners_len) {
        t->_owners_cap = packed.owners_len;
        t->_owners = alloc_resize(t->_owners, t->_owners_cap, 1);
    }
    unpack(&at, t->zones, packed.zone_count, sizeof *t->zones);
    unpack(&at, t->_rows, packed.row_count, sizeof *t->_rows);
    unpack(&at, t->soas, packed.soa_count, sizeof *t->soas);
    unpack(&at, t->_owners, packed.owners_len, 1);
    t->zone_count = packed.zone_count;
    t->soa_count = packed.soa_count;
    t->_row_count = packed.row_count;
    t->_owners_len = packed.owners_len;
    t->removal = packed.removal;
    t->all = packed.all;
    t->why = packed.why;
}

/* --- events --- */

static bool is_table(const struct stream_event *event, const struct db_table *table)
{
    return event->schema.len == strlen(table->schema) &&
           memcmp(event->schema.at, table->schema, event->schema.len) == 0 &&
           event->table.len == strlen(table->name) &&
           memcmp(event->table.at, table->name, event->table.len) == 0;
}

static enum table_kind kind_of(const struct db_layout *layout, const struct stream_event *event)
{
    if (is_table(event, &layout->soa)) {
        return TABLE_SOA;
    }
    if (is_table(event, &layout->rr)) {
        return TABLE_RR;
    }
    for (unsigned i = 0; i < layout->above_count; i++) {
        if (is_table(event, &layout->above[i])) {
            return TABLE_ABOVE;
        }
    }
    return TABLE_FOREIGN;
}

void transaction_table(struct transaction *t, const struct stream_event *event)
{
    enum table_kind kind = kind_of(t->_layout, event);
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
            transaction_give_up(t, "a transaction changed more than 64 tables");
            return;
        }
        table = &t->_tables[t->_table_count++];
    }
    table->id = event->table_id;
    table->kind = kind;
    const struct db_places *places =
        kind == TABLE_SOA ? &t->_layout->soa_places : &t->_layout->rr_places;
    table->known = (kind == TABLE_SOA || kind == TABLE_RR) &&
                   row_shape_read(&table->shape, event->column_types.at, event->column_types.len,
                                  event->metadata.at, event->metadata.len) &&
                   table->shape.columns == places->columns;
}

enum { ID, ZONE, NAME, WANTED };

/* One image of a soa row, whose id is *ID if it holds one. False: it cannot be told. */
static bool note_soa_image(struct transaction *t, const struct noted_table *table,
                           const uint8_t *present, const uint8_t **at, size_t *left, uint64_t *id)
{
    struct row_value value;

    if (!row_image_read(&table->shape, present, at, left, &t->_layout->soa_places.id, 1, &value)) {
        return false;
    }
    if (!value.present) {
        return true; /* after an update: as it was before */
    }
    if (!row_value_uint(&value, id)) {
        return false;
    }
    note_soa(t, *id);
    return true;
}

/* The images of one rr row: before and after an update, else one. False: they cannot be told. */
static bool note_rr(struct transaction *t, const struct noted_table *table,
                    const struct stream_event *event, const uint8_t **at, size_t *left)
{
    const struct db_places *places = &t->_layout->rr_places;
    const unsigned wanted[WANTED] = {places->id, places->zone, places->name};
    struct row_value was[WANTED], is[WANTED];
    uint64_t zone, next_zone;

    if (!row_image_read(&table->shape, event->present, at, left, wanted, WANTED, was) ||
        !row_value_uint(&was[ZONE], &zone)) {
        return false;
    }
    if (event->rows != STREAM_UPDATE) {
        bool inserted = event->rows == STREAM_INSERT;
        note_row(t, zone, &was[ID], inserted ? NULL : &was[NAME]);
        note_gone(t, zone, inserted ? -1 : 1);
        return true;
    }
    if (!row_image_read(&table->shape, event->present_after, at, left, wanted, WANTED, is)) {
        return false;
    }
    next_zone = zone;
    if (is[ZONE].present && !row_value_uint(&is[ZONE], &next_zone)) {
        return false;
    }
    const struct row_value *id = is[ID].present ? &is[ID] : &was[ID];
    note_row(t, zone, &was[ID], &was[NAME]);
    if (next_zone != zone || id->len != was[ID].len || id->octets == NULL ||
        was[ID].octets == NULL || memcmp(id->octets, was[ID].octets, id->len) != 0) {
        note_row(t, next_zone, id, NULL);
    }
    if (next_zone != zone) {
        note_gone(t, zone, 1);
        note_gone(t, next_zone, -1);
    }
    return true;
}

/* Where a foreign key is, zone ID's rr rows may have followed its soa row: the log tells nothing of them. */
static void note_followed(struct transaction *t, uint64_t id)
{
    struct noted_zone *zone = t->_layout->soa_is_above ? note_zone(t, id) : NULL;
    if (zone != NULL) {
        zone->whole = true;
    }
}

/* The images of one soa row: likewise. */
static bool note_soa_row(struct transaction *t, const struct noted_table *table,
                         const struct stream_event *event, const uint8_t **at, size_t *left)
{
    size_t before = *left;
    uint64_t was = UINT64_MAX, is; /* of no row */

    if (!note_soa_image(t, table, event->present, at, left, &was) || *left == before) {
        return false;
    }
    is = was;
    if (event->rows == STREAM_UPDATE &&
        !note_soa_image(t, table, event->present_after, at, left, &is)) {
        return false;
    }
    if (event->rows == STREAM_DELETE || was != is) { /* by REPLACE, too: another one comes then */
        note_followed(t, was);
    }
    if (was != is) {
        note_followed(t, is);
    }
    return true;
}

/* A deleted rr row, of a zone whose id the image holds if it can be told. */
static void note_lost(struct removal *removal, const struct row_value *zone)
{
    uint64_t id = 0;
    bool known = row_value_uint(zone, &id) && id <= UINT32_MAX;

    for (size_t i = 0; i < removal->lost_count && known; i++) {
        if (removal->lost[i] == id) {
            return;
        }
    }
    if (removal->lost_count < FEED_LOST_MAX) {
        /* In an image without the zone each row may be of another one. */
        uint32_t other = UINT32_MAX - (uint32_t)removal->lost_count;
        removal->lost[removal->lost_count++] = known ? (uint32_t)id : other;
    }
}

/* Count the rows of an insertion or deletion. What cannot be read ends it: then all is verified. */
static void count_rows(struct transaction *t, const struct noted_table *table,
                       const struct stream_event *event)
{
    struct removal *removal = &t->removal;
    bool soa = table->kind == TABLE_SOA, gone = event->rows == STREAM_DELETE;
    unsigned wanted = soa ? t->_layout->soa_places.id : t->_layout->rr_places.zone;
    const uint8_t *at = event->data.at;
    size_t left = event->data.len, before = left + 1;
    struct row_value value;

    while (left > 0 && left < before) {
        before = left;
        if (!row_image_read(&table->shape, event->present, &at, &left, &wanted, 1, &value)) {
            return;
        }
        *(soa ? &removal->zones : &removal->rows) += gone ? 1 : -1;
        if (gone && !soa) {
            note_lost(removal, &value);
        }
    }
}

void transaction_rows(struct transaction *t, const struct stream_event *event)
{
    const struct noted_table *table = NULL;
    for (unsigned i = 0; i < t->_table_count; i++) {
        if (t->_tables[i].id == event->table_id) {
            table = &t->_tables[i];
        }
    }
    if (table == NULL || table->kind == TABLE_FOREIGN) {
        return;
    }
    if (table->kind == TABLE_ABOVE) {
        if (event->rows == STREAM_DELETE) {
            transaction_give_up(
                t,
                "rows were deleted that rows of soa or rr may have followed (ON DELETE CASCADE)");
            t->removal.touched = true;
        }
        return;
    }
    t->removal.touched = true;
    t->removal.updated |= event->rows == STREAM_UPDATE;
    if (table->known && event->column_count == table->shape.columns && event->present != NULL &&
        event->rows != STREAM_UPDATE) {
        count_rows(t, table, event);
    }
    if (t->all) {
        return;
    }
    if (!table->known || event->column_count != table->shape.columns || event->present == NULL ||
        (event->rows == STREAM_UPDATE && event->present_after == NULL)) {
        transaction_give_up(t, "rows in the binary log have other columns than the table");
        return;
    }
    const uint8_t *at = event->data.at;
    size_t left = event->data.len;
    while (left > 0 && !t->all) {
        bool told = table->kind == TABLE_SOA ? note_soa_row(t, table, event, &at, &left)
                                             : note_rr(t, table, event, &at, &left);
        if (!told) {
            transaction_give_up(
                t, "rows in the binary log do not tell their zone (binlog_row_image is not "
                   "FULL? NULL?)");
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
    const char *names[] = {t->_layout->soa.name, t->_layout->rr.name};

    if (!may_concern(t, event)) {
        return;
    }
    transaction_give_up(
        t, t->ddl ? "a statement like ALTER or TRUNCATE was run"
                  : "changes stand in the binary log as statements (binlog_format is not ROW?)");
    t->removal.touched = true;
    t->illegible |= event->text.at == NULL;
    t->moves |=
        event->text.at != NULL && text_moves_rows((const char *)event->text.at, event->text.len);
    t->removal.rebuilt |=
        event->text.at != NULL && text_rebuilds((const char *)event->text.at, event->text.len,
                                                names, ARRAY_LEN(names), t->_layout->soa.schema);
}

/*
 * What a row of a result says. What is active is decided here after the fetch, not in SQL: the rule has two
 * dozen spellings, must not depend on a collation, and an index would not help it.
 */
#include <string.h>
#include <strings.h>

#include "db/db_rows_private.h"

static bool is_word(const char *text, size_t len, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strlen(words[i]) == len && strncasecmp(words[i], text, len) == 0) {
            return true;
        }
    }
    return false;
}

/*
 * The spellings first: MyDNS's own boolean rule takes "Inactive" for active, since it only looks at the
 * first two characters (mydns-compat 1.3).
 */
static bool is_active(struct db_value value)
{
    static const char *const yes[] = {"y", "1"};
    static const char *const no[] = {"n", "no",  "f", "false",   "i", "inactive",
                                     "0", "off", "d", "deleted", "2", ""};
    const char *text = value.data;
    size_t len = value.len;

    while (len > 0 && text[len - 1] == ' ') {
        len--;
    }
    if (value.null || is_word(text, len, yes, ARRAY_LEN(yes))) {
        return true;
    }
    if (is_word(text, len, no, ARRAY_LEN(no))) {
        return false;
    }
    if (len == 1 && text[0] == '\x01') { /* BIT(1) comes as an octet */
        return true;
    }
    return memchr("YyTt1Aa", text[0], 7) != NULL || (len > 1 && (text[1] == 'n' || text[1] == 'N'));
}

uint32_t db_number(struct db_stmt *stmt, unsigned at)
{
    uint64_t value = db_column_uint(stmt, at);
    return value > UINT32_MAX ? UINT32_MAX : (uint32_t)value;
}

bool db_id(struct db_stmt *stmt, unsigned at, uint32_t *id)
{
    uint64_t value;
    bool good = db_column_number(stmt, at, &value) && value <= UINT32_MAX;
    *id = good ? (uint32_t)value : 0;
    return good;
}

static void fill_listed(struct db_stmt *stmt, struct soa_row *row)
{
    memset(row, 0, sizeof *row);
    row->origin = db_column(stmt, LIST_ORIGIN);
    row->serial = db_number(stmt, LIST_SERIAL);
}

static void fill_soa(struct db_stmt *stmt, struct soa_row *row)
{
    row->origin = db_column(stmt, SOA_ORIGIN);
    row->ns = db_column(stmt, SOA_NS);
    row->mbox = db_column(stmt, SOA_MBOX);
    uint32_t *const numbers[] = {&row->serial, &row->refresh, &row->retry,
                                 &row->expire, &row->minimum, &row->ttl};
    row->forced = 0;
    for (unsigned k = 0; k < ARRAY_LEN(numbers); k++) {
        uint64_t value;
        bool good = db_column_number(stmt, SOA_SERIAL + k, &value) && value <= UINT32_MAX;
        *numbers[k] = db_number(stmt, SOA_SERIAL + k);
        row->forced |= (uint8_t)(!good << k);
    }
}

/* The next row whatever it holds; DB_END when nothing is being read, DB_BROKEN when it failed. */
static enum db_fetch next_row(struct db_rows *rows)
{
    if (rows->reading == NULL) {
        return rows->failed ? DB_BROKEN : DB_END;
    }
    enum db_fetch fetched = db_fetch(rows->reading);
    if (fetched == DB_END) {
        db_rows_cancel(rows);
    }
    rows->fetched += fetched == DB_ROW;
    return fetched;
}

enum db_fetch db_rows_next_soa(struct db_rows *rows, struct soa_row *row)
{
    struct db_stmt *stmt = rows->reading;
    bool list = stmt == rows->all_soa || stmt == rows->soa_by_origins;
    unsigned active_at = list ? LIST_ACTIVE : SOA_ACTIVE;
    enum db_fetch fetched;

    while ((fetched = next_row(rows)) == DB_ROW) {
        uint32_t id;
        if (rows->layout.soa_active && !is_active(db_column(stmt, active_at))) {
            continue;
        }
        if (!db_id(stmt, SOA_ID, &id)) { /* which is LIST_ID as well */
            rows->left_out++;
            continue;
        }
        (list ? fill_listed : fill_soa)(stmt, row);
        row->id = id;
        break;
    }
    return fetched;
}

enum db_fetch db_rows_next_serial(struct db_rows *rows, uint32_t *id, uint32_t *serial)
{
    enum { ID, SERIAL, ACTIVE };
    struct db_stmt *stmt = rows->reading;
    enum db_fetch fetched;

    while ((fetched = next_row(rows)) == DB_ROW) {
        if (rows->layout.soa_active && !is_active(db_column(stmt, ACTIVE))) {
            continue;
        }
        if (db_id(stmt, ID, id)) {
            *serial = db_number(stmt, SERIAL);
            break;
        }
    }
    return fetched;
}

enum db_fetch db_rows_next_rr(struct db_rows *rows, struct rr_row *row)
{
    struct db_stmt *stmt = rows->reading;
    unsigned active_at = rows->layout.rr_edata ? RR_OPTIONAL + 1 : RR_OPTIONAL;
    enum db_fetch fetched;

    while ((fetched = next_row(rows)) == DB_ROW) {
        if (rows->layout.rr_active && !is_active(db_column(stmt, active_at))) {
            continue;
        }
        if (!db_id(stmt, RR_ZONE, &row->zone)) {
            rows->left_out++;
            continue;
        }
        row->no_id = !db_id(stmt, RR_ID, &row->id);
        row->name = db_column(stmt, RR_NAME);
        row->data = db_column(stmt, RR_DATA);
        row->type = db_column(stmt, RR_TYPE);
        row->edata =
            rows->layout.rr_edata ? db_column(stmt, RR_OPTIONAL) : (struct db_value){"", 0, true};
        row->aux = db_number(stmt, RR_AUX);
        row->ttl = db_number(stmt, RR_TTL);
        row->aux_null = db_column_is_null(stmt, RR_AUX);
        row->ttl_null = db_column_is_null(stmt, RR_TTL);
        break;
    }
    return fetched;
}

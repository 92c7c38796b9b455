#include "db/db_watch.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "db/db_private.h"

struct db_watch {
    struct db *db;
    const struct db_layout *layout;
    struct db_stmt *count, *times, *filled;
};

/* DB_WATCH_ZONES places. */
#define PLACES_16 "?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?"
#define PLACES    PLACES_16 "," PLACES_16 "," PLACES_16 "," PLACES_16

/* AUTO_INCREMENT moves with every inserted row, CREATE_TIME with TRUNCATE and DROP. */
static const char sql_times[] =
    "SELECT CONCAT_WS('/', COUNT(*), GROUP_CONCAT(CONCAT_WS(',', TABLE_NAME, CREATE_TIME, "
    "UPDATE_TIME, AUTO_INCREMENT) ORDER BY TABLE_NAME)), "
    "IFNULL(MIN(TIMESTAMPDIFF(SECOND, UPDATE_TIME, NOW())), 86400) "
    "FROM information_schema.TABLES WHERE (TABLE_SCHEMA = ? AND TABLE_NAME = ?) "
    "OR (TABLE_SCHEMA = ? AND TABLE_NAME = ?)";

static char *full_name(const struct db_table *table)
{
    char *schema = db_quoted(table->schema), *name = db_quoted(table->name);
    char *full = alloc_printf("%s.%s", schema, name);
    free(schema);
    free(name);
    return full;
}

static bool prepare_all(struct db_watch *watch, const struct conf *conf)
{
    const struct db_layout *layout = watch->layout;
    bool view = layout->soa.view || layout->rr.view;
    char *soa = full_name(&layout->soa), *rr = full_name(&layout->rr);
    bool owned = conf->rr_where != NULL && conf->rr_where[0] != '\0';
    char *count =
        alloc_printf("SELECT zone, COUNT(*) FROM %s WHERE zone IN (" PLACES ")%s%s%s GROUP BY zone",
                     rr, owned ? " AND (\n" : "", owned ? conf->rr_where : "", owned ? "\n)" : "");
    char *filled = view
                       ? alloc_printf("SET STATEMENT lock_wait_timeout = 0 FOR "
                                      "SELECT (SELECT COUNT(*) FROM %s), (SELECT COUNT(*) FROM %s)",
                                      soa, rr)
                       : alloc_printf("SET STATEMENT lock_wait_timeout = 0 FOR "
                                      "SELECT EXISTS (SELECT 1 FROM %s), EXISTS (SELECT 1 FROM %s)",
                                      soa, rr);

    watch->count = db_prepare(watch->db, count);
    watch->filled = db_prepare(watch->db, filled);
    watch->times = db_prepare(watch->db, sql_times);
    free(filled);
    free(count);
    free(rr);
    free(soa);
    return watch->count != NULL && watch->filled != NULL && watch->times != NULL;
}

struct db_watch *db_watch_new(struct db *db, const struct db_layout *layout,
                              const struct conf *conf)
{
    struct db_watch *watch = alloc_zero(1, sizeof *watch);

    watch->db = db;
    watch->layout = layout;
    if (!prepare_all(watch, conf)) {
        db_watch_free(watch);
        return NULL;
    }
    return watch;
}

void db_watch_free(struct db_watch *watch)
{
    if (watch == NULL) {
        return;
    }
    db_stmt_free(watch->count);
    db_stmt_free(watch->filled);
    db_stmt_free(watch->times);
    free(watch);
}

enum db_error db_watch_count(struct db_watch *watch, const uint32_t *zones, size_t count,
                             uint64_t *counts)
{
    enum db_fetch fetched = DB_BROKEN;

    memset(counts, 0, count * sizeof *counts);
    for (size_t i = 0; i < DB_WATCH_ZONES; i++) {
        db_bind_uint(watch->count, (unsigned)i, zones[i < count ? i : count - 1]);
    }
    if (db_execute(watch->count) == DB_OK) {
        while ((fetched = db_fetch(watch->count)) == DB_ROW) {
            uint64_t zone = db_column_uint(watch->count, 0);
            for (size_t i = 0; i < count; i++) {
                if (zones[i] == zone) {
                    counts[i] = db_column_uint(watch->count, 1);
                }
            }
        }
    }
    db_finish(watch->count);
    return fetched == DB_END ? DB_OK : watch->db->kind;
}

/* FNV-1a, never 0. */
static void add_mark(uint64_t *mark, const char *octets, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        *mark = (*mark ^ (unsigned char)octets[i]) * UINT64_C(0x100000001b3);
    }
    *mark += *mark == 0;
}

enum db_error db_watch_look(struct db_watch *watch, struct db_watch_look *look)
{
    const struct db_table *tables[] = {&watch->layout->soa, &watch->layout->rr};
    uint64_t still = 0;

    *look = (struct db_watch_look){.mark = UINT64_C(0xcbf29ce484222325)};
    for (unsigned i = 0; i < ARRAY_LEN(tables); i++) {
        db_bind_text(watch->times, 2 * i, tables[i]->schema, strlen(tables[i]->schema));
        db_bind_text(watch->times, 2 * i + 1, tables[i]->name, strlen(tables[i]->name));
    }
    if (db_execute(watch->times) != DB_OK || db_fetch(watch->times) != DB_ROW) {
        return watch->db->kind;
    }
    struct db_value text = db_column(watch->times, 0);
    add_mark(&look->mark, text.data, text.len);
    /* One that lies ahead (a clock that was set) says nothing. */
    still = db_column_is_null(watch->times, 1) ? 0 : db_column_uint(watch->times, 1);
    look->still_sec = still > UINT32_MAX ? UINT32_MAX : (uint32_t)still;
    db_finish(watch->times);
    if (db_execute(watch->filled) != DB_OK || db_fetch(watch->filled) != DB_ROW) {
        return watch->db->kind;
    }
    look->filled = true;
    for (unsigned i = 0; i < ARRAY_LEN(tables); i++) {
        text = db_column(watch->filled, i);
        look->filled &= db_column_uint(watch->filled, i) > 0;
        add_mark(&look->mark, text.data, text.len);
        add_mark(&look->mark, "/", 1);
    }
    db_finish(watch->filled);
    return DB_OK;
}

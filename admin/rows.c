/*
 * SQL equality is used only to find candidates by an index; which of them is meant is decided here,
 * octet by octet with ASCII case folded, since a collation may call other names equal.
 */
#include "admin/rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "admin/serial.h"
#include "base/alloc.h"
#include "dns/rrtype.h"

static char *copy_value(struct db_value value)
{
    char *text = alloc_new(value.len + 1);
    if (value.len > 0) {
        memcpy(text, value.data, value.len);
    }
    text[value.len] = 0;
    return text;
}

/* Without the blanks that SQL would not see either: what the server takes for the name. */
static char *copy_name(struct db_value value)
{
    value.len = rr_text_sql_len(value.data, value.len);
    return copy_value(value);
}

static char *copy_type(struct db_value value)
{
    while (value.len > 0 && value.data[0] == ' ') {
        value.data++;
        value.len--;
    }
    return copy_name(value);
}

/* MyDNS's idea of yes (mydns-compat 1.3), as the server reads it: NULL is active, "on" is known by
 * its second letter, and Inactive is not active. */
static bool is_active(struct db_value value)
{
    if (value.null || value.len == 0) {
        return value.null;
    }
    if (strchr("NnFfIiDd02", value.data[0]) != NULL) {
        return false;
    }
    return memchr("YyTt1Aa\001", value.data[0], 8) != NULL ||
           (value.len > 1 && (value.data[1] == 'n' || value.data[1] == 'N'));
}

/* COLUMNS of TABLE under the condition OWN (NULL = none): " AND ..." may follow. The line breaks keep a
 * comment in OWN from swallowing our parenthesis. */
static char *select_from(const struct sql_table *table, const char *columns, bool active,
                         const char *own)
{
    bool owned = own != NULL && own[0] != 0;
    return alloc_printf("SELECT %s, %s FROM %s WHERE %s%s%s", columns, active ? "active" : "NULL",
                        table->quoted, owned ? "(\n" : "", owned ? own : "TRUE",
                        owned ? "\n)" : "");
}

/* --- zones ------------------------------------------------------------------------------------ */

static char *zone_select(const struct session *session)
{
    const struct sql_table *soa = &session->tables.soa;
    bool active = table_column(soa, "active") != NULL && !session->ignores_soa_active;
    return select_from(soa, "id, origin, ns, mbox, serial, refresh, retry, expire, minimum, ttl",
                       active, session->soa_where);
}

static void read_zone(struct zone_row *out, struct db_stmt *stmt)
{
    memset(out, 0, sizeof *out);
    out->id = (uint32_t)db_column_uint(stmt, 0);
    out->origin = copy_name(db_column(stmt, 1));
    out->ns = copy_value(db_column(stmt, 2));
    out->mbox = copy_value(db_column(stmt, 3));
    out->serial = (uint32_t)db_column_uint(stmt, 4);
    out->refresh = (uint32_t)db_column_uint(stmt, 5);
    out->retry = (uint32_t)db_column_uint(stmt, 6);
    out->expire = (uint32_t)db_column_uint(stmt, 7);
    out->minimum = (uint32_t)db_column_uint(stmt, 8);
    out->ttl = (uint32_t)db_column_uint(stmt, 9);
    out->active = is_active(db_column(stmt, 10));
    /* An id above 32 bits is no zone of the server's, and cut down it would be another one's. */
    if (db_column_uint(stmt, 0) > UINT32_MAX ||
        name_from_text(&out->name, out->origin, strlen(out->origin), NULL) != NULL) {
        out->name.len = 0;
    } else {
        name_lower(out->name.octets, out->name.octets, out->name.len);
    }
}

void zone_row_release(struct zone_row *zone)
{
    free(zone->origin);
    free(zone->ns);
    free(zone->mbox);
    memset(zone, 0, sizeof *zone);
}

/* Run STMT and keep the first row that is NAME (NULL: any). */
static enum outcome take_zone(struct session *session, struct db_stmt *stmt,
                              const struct name *name, struct zone_row *out)
{
    enum db_fetch got = DB_END;
    enum outcome outcome = OUTCOME_NOT_FOUND;

    if (db_execute(stmt) != DB_OK) {
        return session_db_error(session, "cannot read the zone");
    }
    while ((got = db_fetch(stmt)) == DB_ROW) {
        struct zone_row row;
        read_zone(&row, stmt);
        bool meant =
            name == NULL || (row.name.len > 0 && name_equal(row.name.octets, name->octets));
        if (meant && outcome == OUTCOME_OK) {
            report_warning("%s is in %s more than once; the row with id %u is used", row.origin,
                           session->tables.soa.quoted, out->id);
        }
        if (meant && outcome == OUTCOME_NOT_FOUND) {
            *out = row;
            outcome = OUTCOME_OK;
        } else {
            zone_row_release(&row);
        }
    }
    if (got == DB_BROKEN) {
        outcome = session_db_error(session, "cannot read the zone");
    }
    return outcome;
}

enum outcome zone_row_find(struct session *session, const struct domain *domain, bool lock,
                           bool quiet, struct zone_row *out)
{
    memset(out, 0, sizeof *out);
    char *select = zone_select(session);
    /* An index needs the bare column; where its collation does not fold, the slow way does. */
    bool folds = table_column(&session->tables.soa, "origin")->folds_case;
    struct db_stmt *stmt = session_prepare(session, "%s AND %s = ? ORDER BY id%s", select,
                                           folds ? "origin" : "LOWER(CONVERT(origin USING latin1))",
                                           lock ? " FOR UPDATE" : "");
    free(select);
    if (stmt == NULL) {
        return session_outcome(session);
    }
    db_bind_text(stmt, 0, domain->text, strlen(domain->text));
    enum outcome outcome = take_zone(session, stmt, &domain->name, out);
    db_stmt_free(stmt);
    if (outcome == OUTCOME_NOT_FOUND && !quiet) {
        char *shown = domain_shown(domain->text);
        report_error(outcome, "there is no domain %s", shown);
        free(shown);
    }
    return outcome;
}

enum outcome zone_row_find_id(struct session *session, uint32_t id, bool lock, struct zone_row *out)
{
    memset(out, 0, sizeof *out);
    char *select = zone_select(session);
    struct db_stmt *stmt =
        session_prepare(session, "%s AND id = ?%s", select, lock ? " FOR UPDATE" : "");
    free(select);
    if (stmt == NULL) {
        return session_outcome(session);
    }
    db_bind_uint(stmt, 0, id);
    enum outcome outcome = take_zone(session, stmt, NULL, out);
    db_stmt_free(stmt);
    return outcome;
}

enum outcome zone_row_each(struct session *session,
                           void (*each)(void *context, const struct zone_row *zone), void *context)
{
    enum db_fetch got = DB_END;
    enum outcome outcome = OUTCOME_OK;
    char *select = zone_select(session);
    struct db_stmt *stmt = session_prepare(session, "%s ORDER BY origin, id", select);
    free(select);
    if (stmt == NULL) {
        return session_outcome(session);
    }
    bool broken = db_execute(stmt) != DB_OK;
    while (!broken && (got = db_fetch(stmt)) == DB_ROW) {
        struct zone_row row;
        read_zone(&row, stmt);
        each(context, &row);
        zone_row_release(&row);
    }
    if (broken || got == DB_BROKEN) {
        outcome = session_db_error(session, "cannot read the zones");
    }
    db_stmt_free(stmt);
    return outcome;
}

enum outcome zone_raise_serial(struct session *session, struct zone_row *zone)
{
    uint32_t serial = serial_next(zone->serial, time(NULL));
    struct db_stmt *stmt = session_prepare(session, "UPDATE %s SET serial = ? WHERE id = ?",
                                           session->tables.soa.quoted);
    if (stmt == NULL) {
        return session_outcome(session);
    }
    db_bind_uint(stmt, 0, serial);
    db_bind_uint(stmt, 1, zone->id);
    enum outcome outcome = OUTCOME_OK;
    if (db_execute(stmt) != DB_OK) {
        outcome = session_db_error(session, "cannot raise the serial");
    } else {
        zone->serial = serial;
    }
    db_stmt_free(stmt);
    return outcome;
}

/* --- records ---------------------------------------------------------------------------------- */

static char *rr_select(const struct session *session)
{
    const struct sql_table *rr = &session->tables.rr;
    bool active = table_column(rr, "active") != NULL && !session->ignores_rr_active;
    return select_from(rr,
                       session->tables.edata ? "id, zone, name, type, data, aux, ttl, edata"
                                             : "id, zone, name, type, data, aux, ttl, NULL",
                       active, session->rr_where);
}

static void read_rr(struct rr_data *out, struct db_stmt *stmt, const struct name *origin)
{
    struct db_value data = db_column(stmt, 4), edata = db_column(stmt, 7);

    memset(out, 0, sizeof *out);
    out->id = db_column_uint(stmt, 0);
    out->zone = (uint32_t)db_column_uint(stmt, 1);
    out->name = copy_name(db_column(stmt, 2));
    out->type = copy_type(db_column(stmt, 3));
    out->data_len = data.len + edata.len;
    out->data = alloc_zero(1, out->data_len + 1);
    if (data.len > 0) {
        memcpy(out->data, data.data, data.len);
    }
    if (edata.len > 0) {
        memcpy(out->data + data.len, edata.data, edata.len);
    }
    out->aux = (uint32_t)db_column_uint(stmt, 5);
    out->ttl = (uint32_t)db_column_uint(stmt, 6);
    out->active = is_active(db_column(stmt, 8));
    out->type_number = rrtype_from_text(out->type, strlen(out->type));
    if (origin == NULL ||
        name_from_text(&out->owner, out->name, strlen(out->name), origin) != NULL) {
        out->owner.len = 0;
    } else {
        name_lower(out->owner.octets, out->owner.octets, out->owner.len);
    }
}

static void rr_release(struct rr_data *row)
{
    free(row->name);
    free(row->type);
    free(row->data);
}

void rr_list_release(struct rr_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        rr_release(&list->items[i]);
    }
    free(list->items);
    memset(list, 0, sizeof *list);
}

static void add_rr(struct rr_list *list, const struct rr_data *row)
{
    if (list->count == list->_cap) {
        list->_cap = list->_cap == 0 ? 16 : 2 * list->_cap;
        list->items = alloc_resize(list->items, list->_cap, sizeof list->items[0]);
    }
    list->items[list->count++] = *row;
}

static enum outcome take_rrs(struct session *session, struct db_stmt *stmt,
                             const struct name *origin, const struct name *owner,
                             struct rr_list *out)
{
    enum db_fetch got = DB_END;
    bool broken = db_execute(stmt) != DB_OK;
    while (!broken && (got = db_fetch(stmt)) == DB_ROW) {
        struct rr_data row;
        read_rr(&row, stmt, origin);
        if (owner == NULL || (row.owner.len > 0 && name_equal(row.owner.octets, owner->octets))) {
            add_rr(out, &row);
        } else {
            rr_release(&row);
        }
    }
    return broken || got == DB_BROKEN ? session_db_error(session, "cannot read the records")
                                      : OUTCOME_OK;
}

/* Run SELECT, which has a condition already, for the records of ZONE, or those that may be OWNER's,
 * with TAIL behind. */
static enum outcome select_rrs(struct session *session, const char *select, const char *tail,
                               const struct zone_row *zone, const struct name *owner,
                               struct rr_list *out)
{
    char relative[NAME_TEXT_SIZE], absolute[NAME_TEXT_SIZE];
    bool narrow = owner != NULL && table_column(&session->tables.rr, "name")->folds_case;

    memset(out, 0, sizeof *out);
    struct db_stmt *stmt = session_prepare(session, "%s AND zone = ?%s%s", select,
                                           narrow ? " AND name IN (?, ?)" : "", tail);
    if (stmt == NULL) {
        return session_outcome(session);
    }
    db_bind_uint(stmt, 0, zone->id);
    if (narrow) {
        owner_to_relative(relative, owner, &zone->name);
        name_to_text(absolute, owner->octets);
        db_bind_text(stmt, 1, relative, strlen(relative));
        db_bind_text(stmt, 2, absolute, strlen(absolute));
    }
    enum outcome outcome = take_rrs(session, stmt, &zone->name, owner, out);
    db_stmt_free(stmt);
    return outcome;
}

enum outcome rr_read(struct session *session, const struct zone_row *zone, const struct name *owner,
                     struct rr_list *out)
{
    char *select = rr_select(session);
    enum outcome outcome = select_rrs(session, select, " ORDER BY id", zone, owner, out);
    free(select);
    return outcome;
}

enum outcome rr_read_locked(struct session *session, const struct zone_row *zone,
                            const struct name *owner, struct rr_list *out)
{
    /* Into a variable: a deadlock amid the rows of a result would end the connection. */
    char *lock =
        alloc_printf("SELECT COUNT(*) INTO @locked FROM %s WHERE 1", session->tables.rr.quoted);
    enum outcome outcome = select_rrs(session, lock, " FOR UPDATE", zone, owner, out);
    free(lock);
    return outcome == OUTCOME_OK ? rr_read(session, zone, owner, out) : outcome;
}

enum outcome rr_read_id(struct session *session, uint64_t id, bool lock, struct rr_list *out)
{
    memset(out, 0, sizeof *out);
    char *select = rr_select(session);
    struct db_stmt *stmt =
        session_prepare(session, "%s AND id = ?%s", select, lock ? " FOR UPDATE" : "");
    free(select);
    if (stmt == NULL) {
        return session_outcome(session);
    }
    db_bind_uint(stmt, 0, id);
    enum outcome outcome = take_rrs(session, stmt, NULL, NULL, out);
    db_stmt_free(stmt);
    return outcome;
}

static struct db_stmt *prepare_insert(struct session *session)
{
    const struct tables *tables = &session->tables;
    return session_prepare(session,
                           "INSERT INTO %s (zone, name, type, data, aux, ttl%s%s%s)"
                           " VALUES (?, ?, ?, ?, ?, ?%s%s%s)",
                           tables->rr.quoted, tables->edata ? ", edata" : "",
                           tables->edatakey ? ", edatakey" : "", tables->owned_names,
                           tables->edata ? ", ?" : "", tables->edatakey ? ", MD5(?)" : "",
                           tables->owned_values);
}

/* mydns-ng: data up to what its column keeps, the rest in edata with its hash beside it for the unique key.
 * Returns the next parameter. */
static unsigned bind_data(struct session *session, struct db_stmt *stmt, const char *data)
{
    size_t len = strlen(data);
    const struct column *column = table_column(&session->tables.rr, "data");
    size_t fits = column_fits(column, data, len);
    while (strcasecmp(column->type, "char") == 0 && fits > 0 && data[fits - 1] == ' ') {
        fits--; /* it would drop blanks at its end */
    }
    db_bind_text(stmt, 3, data, fits);
    unsigned at = 6;
    for (; at < 6u + session->tables.edata + session->tables.edatakey; at++) {
        if (fits < len) {
            db_bind_text(stmt, at, data + fits, len - fits);
        } else {
            db_bind_null(stmt, at);
        }
    }
    return at;
}

enum outcome rr_insert_quiet(struct session *session, const struct rr_new *row, uint64_t *id)
{
    enum outcome outcome = OUTCOME_OK;
    struct db_stmt *stmt = prepare_insert(session);
    if (stmt == NULL) {
        return session_outcome(session);
    }
    db_bind_uint(stmt, 0, row->zone);
    db_bind_text(stmt, 1, row->name, strlen(row->name));
    db_bind_text(stmt, 2, row->type, strlen(row->type));
    db_bind_uint(stmt, 4, row->aux);
    db_bind_uint(stmt, 5, row->ttl);
    unsigned at = bind_data(session, stmt, row->data);
    for (unsigned i = 0; i < session->tables.owned_count; i++) {
        db_bind_uint(stmt, at++, row->zone);
    }
    if (db_execute(stmt) == DB_OK) {
        *id = db_insert_id(stmt);
    } else if (session_is_duplicate(session)) {
        outcome = OUTCOME_EXISTS;
    } else {
        outcome = session_db_error(session, "cannot insert the record");
    }
    db_stmt_free(stmt);
    return outcome;
}

enum outcome rr_insert(struct session *session, const struct rr_new *row, uint64_t *id)
{
    enum outcome outcome = rr_insert_quiet(session, row, id);
    if (outcome == OUTCOME_EXISTS) {
        report_error(outcome, "the table's unique key says that the record exists already: %s",
                     db_error_text(session->db));
    }
    return outcome;
}

enum outcome rr_delete(struct session *session, uint32_t zone, uint64_t id)
{
    struct db_stmt *stmt = session_prepare(session, "DELETE FROM %s WHERE id = ? AND zone = ?",
                                           session->tables.rr.quoted);
    if (stmt == NULL) {
        return session_outcome(session);
    }
    db_bind_uint(stmt, 0, id);
    db_bind_uint(stmt, 1, zone);
    enum outcome outcome = OUTCOME_OK;
    if (db_execute(stmt) != DB_OK) {
        outcome = session_db_error(session, "cannot delete the record");
    } else if (db_affected_rows(stmt) == 0) {
        outcome = OUTCOME_NOT_FOUND;
    }
    db_stmt_free(stmt);
    return outcome;
}

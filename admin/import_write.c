#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "admin/import.h"
#include "base/alloc.h"
#include "load/zone_rows.h"

void import_print(const struct import_zone *zone)
{
    printf("soa\t%s\t%s\t%s\t%u\t%u\t%u\t%u\t%u\t%u\n", zone->domain.text, zone->ns, zone->mbox,
           zone->serial, zone->refresh, zone->retry, zone->expire, zone->minimum, zone->ttl);
    for (size_t i = 0; i < zone->count; i++) {
        const struct import_rr *row = &zone->rows[i];
        printf("rr\t%s\t%s\t%s\t%u\t%u\n", row->name, row->type, row->data, row->aux, row->ttl);
    }
}

static void bind_soa(struct db_stmt *stmt, const struct import_zone *zone, unsigned at)
{
    const uint32_t numbers[] = {zone->serial, zone->refresh, zone->retry,
                                zone->expire, zone->minimum, zone->ttl};
    db_bind_text(stmt, at, zone->ns, strlen(zone->ns));
    db_bind_text(stmt, at + 1, zone->mbox, strlen(zone->mbox));
    for (unsigned i = 0; i < ARRAY_LEN(numbers); i++) {
        db_bind_uint(stmt, at + 2 + i, numbers[i]);
    }
}

static enum outcome run(struct session *session, struct db_stmt *stmt, const char *what,
                        uint64_t *id)
{
    enum outcome outcome = OUTCOME_OK;
    if (stmt == NULL) {
        return session_outcome(session);
    }
    if (db_execute(stmt) != DB_OK) {
        outcome = session_db_error(session, what);
    } else if (id != NULL) {
        *id = db_insert_id(stmt);
    }
    db_stmt_free(stmt);
    return outcome;
}

static enum outcome insert_soa(struct session *session, const struct import_zone *zone,
                               uint32_t *id)
{
    const struct sql_table *soa = &session->tables.soa;
    struct db_stmt *stmt = session_prepare(
        session,
        "INSERT INTO %s (origin, ns, mbox, serial, refresh, retry, expire, minimum, ttl%s)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?%s)",
        soa->quoted, soa->fill_names, soa->fill_values);
    uint64_t number = 0;
    if (stmt != NULL) {
        db_bind_text(stmt, 0, zone->domain.text, strlen(zone->domain.text));
        bind_soa(stmt, zone, 1);
    }
    enum outcome outcome = run(session, stmt, "cannot insert the zone", &number);
    *id = (uint32_t)number;
    return outcome;
}

/* Serials never go back (RFC 1982), else no secondary would notice. */
static uint32_t serial_of(const struct import_zone *zone, uint32_t old)
{
    if ((int32_t)(zone->serial - old) > 0) {
        return zone->serial;
    }
    report_note("%s: serial %u is not above %u, which is there: %u is taken", zone->domain.text,
                zone->serial, old, old + 1);
    return old + 1;
}

static enum outcome replace_zone(struct session *session, const struct import_zone *zone,
                                 const struct zone_row *old)
{
    struct db_stmt *stmt =
        session_prepare(session, "DELETE FROM %s WHERE zone = ?", session->tables.rr.quoted);
    if (stmt != NULL) {
        db_bind_uint(stmt, 0, old->id);
    }
    enum outcome outcome = run(session, stmt, "cannot delete the old records", NULL);
    if (outcome != OUTCOME_OK) {
        return outcome;
    }
    struct import_zone fresh = *zone;
    fresh.serial = serial_of(zone, old->serial);
    stmt = session_prepare(session,
                           "UPDATE %s SET ns = ?, mbox = ?, serial = ?, refresh = ?, retry = ?,"
                           " expire = ?, minimum = ?, ttl = ? WHERE id = ?",
                           session->tables.soa.quoted);
    if (stmt != NULL) {
        bind_soa(stmt, &fresh, 0);
        db_bind_uint(stmt, 8, old->id);
    }
    return run(session, stmt, "cannot change the zone", NULL);
}

static bool is_there(const struct session *session, const struct rr_list *there,
                     const struct rr_new *row, const struct name *origin)
{
    struct name owner;
    if (name_from_text(&owner, row->name, strlen(row->name), origin) != NULL) {
        return false;
    }
    name_lower(owner.octets, owner.octets, owner.len);
    for (size_t i = 0; i < there->count; i++) {
        if (there->items[i].owner.len > 0 &&
            name_equal(there->items[i].owner.octets, owner.octets) &&
            rr_same(&there->items[i], row, origin, session->settings.txt_format)) {
            return true;
        }
    }
    return false;
}

/* Is ROW, the zone's AT-th, the same record as one before it? */
static bool is_given_twice(const struct session *session, const struct import_zone *zone, size_t at,
                           const struct rr_new *row)
{
    for (size_t i = 0; i < at; i++) {
        const struct import_rr *before = &zone->rows[i];
        struct rr_data other = {.aux = before->aux,
                                .ttl = before->ttl,
                                .name = before->name,
                                .type = before->type,
                                .data = before->data,
                                .data_len = strlen(before->data)};
        if (strcasecmp(before->name, row->name) == 0 &&
            rr_same(&other, row, &zone->domain.name, session->settings.txt_format)) {
            return true;
        }
    }
    return false;
}

/* What came of the rows. */
struct written {
    size_t count;
    size_t left_out; /* the server would not serve them, or a column does not hold them */
    size_t lost;     /* the table's key takes them for others */
};

/* THERE: of a zone merged with. */
static enum outcome insert_all(struct session *session, const struct import_zone *zone,
                               const struct rr_list *there, uint32_t id, struct written *written)
{
    for (size_t i = 0; i < zone->count; i++) {
        const struct import_rr *row = &zone->rows[i];
        struct rr_new fresh = {.zone = id,
                               .aux = row->aux,
                               .ttl = row->ttl,
                               .name = row->name,
                               .type = row->type,
                               .data = row->data};
        const char *name = *row->name == '\0' ? "@" : row->name;
        uint64_t number;
        const char *fault = rr_fault(session, &fresh, &zone->domain.name);
        if (fault != NULL) {
            report_warning("%s: %s %s is left out: %s", zone->domain.text, name, row->type, fault);
            written->left_out++;
            continue;
        }
        if (is_there(session, there, &fresh, &zone->domain.name)) {
            continue;
        }
        enum outcome outcome = rr_insert_quiet(session, &fresh, &number);
        if (outcome == OUTCOME_EXISTS && !is_given_twice(session, zone, i, &fresh)) {
            report_warning(
                "%s: %s %s %s is lost: the table's unique key takes it for another record, "
                "which differs in aux or in case",
                zone->domain.text, name, row->type, report_quote(row->data, strlen(row->data)));
            written->lost++;
        } else if (outcome != OUTCOME_OK && outcome != OUTCOME_EXISTS) {
            return outcome;
        }
        written->count += outcome == OUTCOME_OK;
    }
    return OUTCOME_OK;
}

static enum outcome insert_rows(struct session *session, const struct import_zone *zone,
                                const struct zone_row *old, uint32_t id, struct written *written)
{
    struct rr_list there = {0};
    enum outcome outcome =
        old->id != 0 ? rr_read(session, old, NULL, &there) : OUTCOME_OK; /* --replace: none left */
    outcome = outcome == OUTCOME_OK ? insert_all(session, zone, &there, id, written) : outcome;
    rr_list_release(&there);
    return outcome;
}

/* Rows that are there now and are not sent. */
static enum outcome tell_unsent(struct session *session, const struct import_zone *zone,
                                uint32_t id)
{
    const struct zone_row row = {.id = id, .name = zone->domain.name};
    struct rr_list list;
    enum outcome outcome = rr_read(session, &row, NULL, &list);
    bool *unsent = outcome == OUTCOME_OK ? rr_list_unsent(session, &row, &list) : NULL;

    for (size_t i = 0; i < list.count && unsent != NULL; i++) {
        const struct rr_data *rr = &list.items[i];
        if (unsent[i]) {
            report_warning("%s: %s %s %s is not sent: it %s", zone->domain.text,
                           *rr->name == '\0' ? "@" : rr->name, rr->type,
                           report_quote(rr->data, rr->data_len), rrset_has_no_room);
        }
    }
    free(unsent);
    rr_list_release(&list);
    return outcome;
}

static enum outcome set_active(struct session *session, uint32_t id, const char *value)
{
    if (value == NULL || table_column(&session->tables.rr, "active") == NULL) {
        return OUTCOME_OK;
    }
    struct db_stmt *stmt = session_prepare(session, "UPDATE %s SET active = ? WHERE zone = ?",
                                           session->tables.rr.quoted);
    if (stmt != NULL) {
        db_bind_text(stmt, 0, value, strlen(value));
        db_bind_uint(stmt, 1, id);
    }
    return run(session, stmt, "cannot set active", NULL);
}

static enum outcome write_zone(struct tool *tool, const struct import *import,
                               const struct import_zone *zone, struct written *written)
{
    struct session *session = &tool->session;
    struct zone_row old = {0};
    const char *fault = soa_fault(session, zone->domain.text, zone->ns, zone->mbox);
    if (fault != NULL) {
        return report_error(OUTCOME_REFUSED, "%s: %s", zone->domain.text, fault);
    }
    enum outcome outcome = zone_row_find(session, &zone->domain, true, true, &old);
    uint32_t id = old.id;
    if (outcome == OUTCOME_NOT_FOUND) {
        outcome = insert_soa(session, zone, &id);
    } else if (outcome == OUTCOME_OK) {
        outcome = import->replace ? replace_zone(session, zone, &old)
                  : import->merge
                      ? OUTCOME_OK
                      : report_error(OUTCOME_EXISTS, "%s: exists already; --replace replaces it",
                                     zone->domain.text);
    }
    outcome = outcome == OUTCOME_OK ? insert_rows(session, zone, &old, id, written) : outcome;
    outcome = outcome == OUTCOME_OK ? tell_unsent(session, zone, id) : outcome;
    if (outcome == OUTCOME_OK && import->merge && old.id != 0 && written->count > 0) {
        outcome = zone_raise_serial(session, &old);
    }
    zone_row_release(&old);
    return outcome == OUTCOME_OK ? set_active(session, id, import->active) : outcome;
}

enum outcome import_write(struct tool *tool, const struct import *import,
                          const struct import_zone *zone)
{
    struct written written = {.left_out = zone->left_out};
    tool->session.about = zone->domain.text;
    enum outcome outcome = session_begin(&tool->session);
    if (outcome == OUTCOME_OK) {
        outcome = write_zone(tool, import, zone, &written);
        outcome = outcome == OUTCOME_OK ? session_commit(&tool->session) : outcome;
    }
    tool->session.about = NULL;
    if (outcome != OUTCOME_OK) {
        session_rollback(&tool->session);
        return outcome;
    }
    if (written.left_out > 0) {
        report_note("%s: %zu records imported, %zu left out", zone->domain.text, written.count,
                    written.left_out);
    } else {
        report_note("%s: %zu records imported", zone->domain.text, written.count);
    }
    if (zone->signatures > 0) {
        report_note("%s: %zu signatures and the like are left out", zone->domain.text,
                    zone->signatures);
    }
    bool whole = written.lost == 0 && (written.left_out == 0 || !import->strict);
    return whole ? OUTCOME_OK : OUTCOME_FAILED;
}

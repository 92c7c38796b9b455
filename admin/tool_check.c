/*
 * mydnscheck: what is wrong in the tables, a line of seven fields per finding, with tabs between
 * them: message, zone id, rr id, name, ttl, type, data; "-" where there is none. MyDNS's rules, in
 * so far as they are rules today: the server serves TXT of any length and all types. What it cannot
 * serve is told in the words of its log.
 *
 * `dnsadm check` looks at more, and at zones as a whole.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "admin/tool.h"
#include "base/alloc.h"
#include "base/text.h"
#include "load/zone_rows.h"

enum { LEAST_SECONDS = 300 };

static const char usage[] = "Usage: mydnscheck [SWITCH]... [ZONE]...\n"
                            "Print what is wrong in zones, in all active ones by default.\n\n"
                            "  -c, --consistency        look for records without zone, too\n"
                            "  -C, --consistency-only   look for nothing else\n"
                            "  -f FILE                  like --conf\n";

struct check {
    const struct zone_row *zone;
    struct rr_list list;
    const struct rr_data **cnames;
    size_t cname_count;
    bool *unsent; /* rr_list_unsent */
    struct record_in record;
};

static const char *shown(const char *text, size_t len)
{
    static char buffers[2][4096];
    static unsigned turn;
    char *buffer = buffers[turn++ % 2];
    return len > 0 ? text_escape(buffer, sizeof buffers[0], text, len) : "-";
}

/* ROW: NULL = the finding is about the zone's own row. */
static void tell(const struct check *check, const struct rr_data *row, const char *message)
{
    const struct zone_row *zone = check->zone;
    if (row == NULL) {
        printf("%s\t%u\t-\t%s\t%u\tSOA\t-\n", message, zone->id,
               shown(zone->origin, strlen(zone->origin)), zone->ttl);
        return;
    }
    printf("%s\t%u\t%llu\t%s\t%u\t", message, row->zone, (unsigned long long)row->id,
           shown(row->name, strlen(row->name)), row->ttl);
    printf("%s\t%s\n", shown(row->type, strlen(row->type)), shown(row->data, row->data_len));
}

/* --- names ------------------------------------------------------------------------------------ */

enum name_use { NAME_OF_HOST, NAME_WITH_UNDERSCORE, NAME_OF_ANYTHING };

/* RFC 1123, 2.1, for names of hosts; services and keys have underscores. NULL = fine. */
static const char *label_fault(const uint8_t *label, enum name_use use)
{
    unsigned len = label[0];
    if (use == NAME_OF_ANYTHING) {
        return NULL;
    }
    if (label[1] == '-' || label[len] == '-') {
        return "begins or ends with a hyphen";
    }
    for (unsigned i = 1; i <= len; i++) {
        uint8_t c = label[i];
        bool good = (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') ||
                    c == '-' || c == '/' || (c == '_' && use == NAME_WITH_UNDERSCORE);
        if (!good) {
            return "holds an illegal character";
        }
    }
    return NULL;
}

static void check_name(const struct check *check, const struct rr_data *row, const char *what,
                       const struct name *name, enum name_use use, bool may_be_wildcard)
{
    for (const uint8_t *label = name->octets; *label != 0; label += *label + 1) {
        const char *fault = NULL;
        char text[80];
        if (label == name->octets && name_is_wildcard(label)) {
            fault = may_be_wildcard ? NULL : "is a wildcard, which is not allowed here";
        } else {
            fault = label_fault(label, use);
        }
        if (fault != NULL) {
            snprintf(text, sizeof text, "%s %s", what, fault);
            tell(check, row, text);
            return;
        }
    }
}

static enum name_use owner_use(uint16_t type)
{
    switch (type) {
    case TYPE_A:
    case TYPE_AAAA:
    case TYPE_ALIAS:
    case TYPE_MX:
    case TYPE_NS:
    case TYPE_HINFO:
    case TYPE_PTR:
        return NAME_OF_HOST;
    default:
        return NAME_WITH_UNDERSCORE;
    }
}

/* Where the name begins in the data of types that name hosts; NULL = the type does not. */
static const uint8_t *host_in(const struct record_in *record)
{
    switch (record->type) {
    case TYPE_NS:
        return record->rdata;
    case TYPE_MX:
        return record->rdata + 2;
    case TYPE_SRV:
        return record->rdata + 6;
    default:
        return NULL;
    }
}

/* --- rows ------------------------------------------------------------------------------------- */

/* CNAME and ALIAS rows by owner. */
static int compare_owners(const void *a, const void *b)
{
    const struct name *x = &(*(const struct rr_data *const *)a)->owner;
    const struct name *y = &(*(const struct rr_data *const *)b)->owner;
    return x->len != y->len ? (x->len < y->len ? -1 : 1) : memcmp(x->octets, y->octets, x->len);
}

static void collect_cnames(struct check *check)
{
    check->cnames = alloc_resize(NULL, check->list.count + 1, sizeof check->cnames[0]);
    check->cname_count = 0;
    for (size_t i = 0; i < check->list.count; i++) {
        const struct rr_data *row = &check->list.items[i];
        bool cname = row->type_number == TYPE_CNAME || row->type_number == TYPE_ALIAS;
        if (cname && row->active && row->owner.len > 0) {
            check->cnames[check->cname_count++] = row;
        }
    }
    qsort(check->cnames, check->cname_count, sizeof check->cnames[0], compare_owners);
}

/* An ALIAS, too, as MyDNS has it: but it goes together with all that is no address. */
static bool is_beside_cname(const struct check *check, const struct rr_data *row)
{
    bool address = row->type_number == TYPE_A || row->type_number == TYPE_AAAA;
    if (row->type_number == TYPE_CNAME || row->type_number == TYPE_ALIAS) {
        return false;
    }
    const struct rr_data *const *found =
        bsearch(&row, check->cnames, check->cname_count, sizeof check->cnames[0], compare_owners);
    return found != NULL && ((*found)->type_number == TYPE_CNAME || address);
}

static void check_row(const struct session *session, struct check *check, size_t at)
{
    const struct rr_data *row = &check->list.items[at];
    struct row_fault fault;
    char text[160];

    if (!rr_data_decode(session, row, &check->zone->name, &check->record, &fault)) {
        snprintf(text, sizeof text, "%s %s", fault.column, fault.reason);
        tell(check, row, text);
        return;
    }
    check_name(check, row, "name", &check->record.owner, owner_use(check->record.type), true);
    const uint8_t *host = host_in(&check->record);
    if (host != NULL) {
        struct name target = {.len = (uint8_t)name_len(host)};
        memcpy(target.octets, host, target.len);
        check_name(check, row, "data", &target, NAME_OF_HOST, false);
    }
    if (row->ttl < check->zone->minimum) {
        tell(check, row, "TTL below zone minimum");
    }
    if (check->unsent != NULL && check->unsent[at]) {
        snprintf(text, sizeof text, "data %s", rrset_has_no_room);
        tell(check, row, text);
    }
    if (is_beside_cname(check, row)) {
        tell(check, row, "non-CNAME record alongside CNAME");
    }
}

/* --- the zone's row --------------------------------------------------------------------------- */

static void check_soa_name(const struct check *check, const char *what, const char *text,
                           enum name_use use)
{
    struct name name;
    char message[120];

    if (*text == '\0') {
        snprintf(message, sizeof message, "%s is empty", what);
        tell(check, NULL, message);
        return;
    }
    const char *fault = name_from_text(&name, text, strlen(text), &check->zone->name);
    if (fault != NULL) {
        snprintf(message, sizeof message, "%s %s", what, fault);
        tell(check, NULL, message);
    } else {
        check_name(check, NULL, what, &name, use, false);
    }
}

static void check_soa(const struct check *check)
{
    const struct zone_row *zone = check->zone;
    const struct {
        const char *name;
        uint32_t value;
    } numbers[] = {{"soa.refresh", zone->refresh},
                   {"soa.retry", zone->retry},
                   {"soa.expire", zone->expire},
                   {"soa.minimum", zone->minimum},
                   {"soa.ttl", zone->ttl}};
    char text[80];

    check_name(check, NULL, "soa.origin", &zone->name, NAME_WITH_UNDERSCORE, false);
    check_soa_name(check, "soa.ns", zone->ns, NAME_OF_HOST);
    check_soa_name(check, "soa.mbox", zone->mbox, NAME_OF_ANYTHING);
    for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
        if (numbers[i].value < LEAST_SECONDS) {
            snprintf(text, sizeof text, "%s is less than %d seconds", numbers[i].name,
                     LEAST_SECONDS);
            tell(check, NULL, text);
        }
    }
}

static enum outcome check_zone(struct tool *tool, const struct zone_row *zone, void *context)
{
    struct check *check = context;
    check->zone = zone;

    if (tool->verbose) {
        report_note("checking %s", zone->origin);
    }
    if (zone->name.len == 0) {
        tell(check, NULL, "soa.origin is not a FQDN");
        return OUTCOME_OK;
    }
    enum outcome outcome = rr_read(&tool->session, zone, NULL, &check->list);
    if (outcome == OUTCOME_OK) {
        check_soa(check);
        collect_cnames(check);
        check->unsent = rr_list_unsent(&tool->session, zone, &check->list);
    }
    for (size_t i = 0; i < check->list.count && outcome == OUTCOME_OK; i++) {
        if (check->list.items[i].active) {
            check_row(&tool->session, check, i);
        }
    }
    free(check->unsent);
    check->unsent = NULL;
    free(check->cnames);
    check->cnames = NULL;
    rr_list_release(&check->list);
    return outcome;
}

/* --- records without zone --------------------------------------------------------------------- */

static enum outcome check_consistency(struct tool *tool)
{
    enum { ID, ZONE, NAME, TTL, TYPE, DATA };
    enum db_fetch got = DB_END;
    struct db_stmt *stmt =
        session_prepare(&tool->session,
                        "SELECT id, zone, name, ttl, type, data FROM %s AS r WHERE NOT EXISTS"
                        " (SELECT 1 FROM %s AS s WHERE s.id = r.zone) ORDER BY id",
                        tool->session.tables.rr.quoted, tool->session.tables.soa.quoted);
    if (stmt == NULL) {
        return session_outcome(&tool->session);
    }
    bool broken = db_execute(stmt) != DB_OK;
    while (!broken && (got = db_fetch(stmt)) == DB_ROW) {
        struct db_value name = db_column(stmt, NAME), type = db_column(stmt, TYPE),
                        data = db_column(stmt, DATA);
        printf("zone does not exist\t%llu\t%llu\t%s\t%llu\t",
               (unsigned long long)db_column_uint(stmt, ZONE),
               (unsigned long long)db_column_uint(stmt, ID), shown(name.data, name.len),
               (unsigned long long)db_column_uint(stmt, TTL));
        printf("%s\t%s\n", shown(type.data, type.len), shown(data.data, data.len));
    }
    enum outcome outcome = broken || got == DB_BROKEN
                               ? session_db_error(&tool->session, "cannot read the records")
                               : OUTCOME_OK;
    db_stmt_free(stmt);
    return outcome;
}

enum outcome tool_check(struct tool *tool, int argc, char **argv)
{
    static const struct option switches[] = {{"consistency", no_argument, NULL, 'c'},
                                             {"consistency-only", no_argument, NULL, 'C'},
                                             TOOL_SWITCHES};
    static struct check check; /* large */
    bool consistency = false, only = false;
    enum outcome outcome;
    int letter;

    tool->usage = usage;
    while ((letter = getopt_long(argc, argv, "cCf:" TOOL_LETTERS, switches, NULL)) != -1) {
        if (letter == 'c' || letter == 'C') {
            consistency = true;
            only |= letter == 'C';
        } else if (tool_take(tool, letter == 'f' ? TOOL_CONF : letter, optarg, &outcome) ==
                   TOOL_ENDS) {
            return outcome;
        }
    }
    outcome = tool_open(tool, false);
    if (outcome == OUTCOME_OK && !only) {
        outcome = tool_each_zone(tool, argv + optind, check_zone, &check);
    }
    return outcome == OUTCOME_OK && consistency ? check_consistency(tool) : outcome;
}

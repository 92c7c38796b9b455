/*
 * mydnsptrconvert: the table ptr (ip, name, ttl) of MyDNS before 0.9.12 as in-addr.arpa zones, one
 * per /24. The table stays; zones that exist get the records they lack.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "admin/import.h"
#include "base/alloc.h"
#include "base/text.h"

static const char usage[] = "Usage: mydnsptrconvert [SWITCH]... NS MBOX\n"
                            "Make in-addr.arpa zones of the obsolete table ptr, with NS as their\n"
                            "name server and MBOX as their mail address.\n\n"
                            "  -c FILE                  like --conf\n";

enum { TTL = 86400, REFRESH = 28800, RETRY = 7200, EXPIRE = 604800, MINIMUM = 86400 };

/* Ends with the final dot (given). */
static char *absolute(const char *text)
{
    size_t len = strlen(text);
    return alloc_printf("%s%s", text, len > 0 && text[len - 1] == '.' ? "" : ".");
}

static void add_row(struct import_zone *zone, const char *name, const char *type, char *data,
                    uint32_t ttl)
{
    *import_row_add(zone) = (struct import_rr){
        .name = alloc_string(name), .type = alloc_string(type), .data = data, .ttl = ttl};
}

static struct import_zone *begin_zone(struct import *import, uint32_t network, const char *ns,
                                      const char *mbox)
{
    struct domain domain;
    char origin[64];
    int len = snprintf(origin, sizeof origin, "%u.%u.%u.in-addr.arpa.", network & 255,
                       network >> 8 & 255, network >> 16 & 255);
    if (domain_from_text(&domain, origin, (size_t)len) != NULL) {
        abort();
    }
    struct import_zone *zone = import_add(import, &domain);
    zone->ns = alloc_string(ns);
    zone->mbox = alloc_string(mbox);
    zone->serial = 1;
    zone->refresh = REFRESH;
    zone->retry = RETRY;
    zone->expire = EXPIRE;
    zone->minimum = MINIMUM;
    zone->ttl = TTL;
    add_row(zone, "", "NS", alloc_string(ns), TTL);
    return zone;
}

enum { IP, NAME, SECONDS };

/* The address of the row that was read, into IP. NULL, or why it makes no record. */
static const char *row_fault(struct db_stmt *stmt, uint32_t *ip)
{
    uint64_t number;
    if (!db_column_number(stmt, IP, &number) || number > UINT32_MAX) {
        return "ip is no IPv4 address";
    }
    *ip = (uint32_t)number;
    return db_column(stmt, NAME).len == 0 ? "name is empty" : NULL;
}

static void leave_out(struct import *import, const char *table, struct db_value ip,
                      const char *fault)
{
    char text[24];
    report_warning("%s: the row of ip %s is left out: %s", table,
                   ip.null ? "NULL" : text_escape(text, sizeof text, ip.data, ip.len), fault);
    import->left_out++;
}

static enum outcome read_table(struct tool *tool, struct import *import, const char *ns,
                               const char *mbox)
{
    struct import_zone *zone = NULL;
    uint32_t current = 0;
    enum db_fetch got = DB_END;
    char last[8];
    char *table = table_quote(tool->conf->ptr_table);
    struct db_stmt *stmt =
        session_prepare(&tool->session, "SELECT ip, name, ttl FROM %s ORDER BY ip", table);
    free(table);
    if (stmt == NULL) {
        return session_outcome(&tool->session);
    }
    bool broken = db_execute(stmt) != DB_OK;
    while (!broken && (got = db_fetch(stmt)) == DB_ROW) {
        uint32_t ip;
        const char *fault = row_fault(stmt, &ip);
        if (fault != NULL) {
            leave_out(import, tool->conf->ptr_table, db_column(stmt, IP), fault);
            continue;
        }
        struct db_value name = db_column(stmt, NAME);
        char *text = alloc_printf("%.*s", (int)name.len, name.data);
        if (zone == NULL || current != ip >> 8) {
            current = ip >> 8;
            zone = begin_zone(import, current, ns, mbox);
        }
        snprintf(last, sizeof last, "%u", ip & 255);
        uint32_t ttl =
            db_column_is_null(stmt, SECONDS) ? TTL : (uint32_t)db_column_uint(stmt, SECONDS);
        add_row(zone, last, "PTR", absolute(text), ttl);
        free(text);
    }
    enum outcome outcome = broken || got == DB_BROKEN
                               ? session_db_error(&tool->session, "cannot read the table")
                               : OUTCOME_OK;
    db_stmt_free(stmt);
    return outcome;
}

/* Of every zone to be made: what is wrong with them is wrong before anything is written. */
static enum outcome read_arguments(char *const *arguments, struct domain *ns, char *mbox)
{
    const char *text = arguments[0], *fault = host_from_text(ns, text);
    if (fault == NULL) {
        text = arguments[1];
        fault = mbox_from_text(mbox, text);
    }
    return fault == NULL
               ? OUTCOME_OK
               : report_error(OUTCOME_USAGE, "%s %s", report_quote(text, strlen(text)), fault);
}

enum outcome tool_ptrconvert(struct tool *tool, int argc, char **argv)
{
    static const struct option switches[] = {TOOL_SWITCHES};
    struct import import = {.merge = true, .strict = true};
    struct domain ns;
    char mbox[NAME_TEXT_SIZE];
    enum outcome outcome;
    int letter;

    tool->usage = usage;
    while ((letter = getopt_long(argc, argv, "c:" TOOL_LETTERS, switches, NULL)) != -1) {
        if (tool_take(tool, letter == 'c' ? TOOL_CONF : letter, optarg, &outcome) == TOOL_ENDS) {
            return outcome;
        }
    }
    if (argc - optind != 2) {
        return report_error(OUTCOME_USAGE, "a name server and a mail address are needed");
    }
    outcome = read_arguments(argv + optind, &ns, mbox);
    if (outcome == OUTCOME_OK) {
        outcome = tool_open(tool, true);
    }
    if (outcome == OUTCOME_OK) {
        outcome = read_table(tool, &import, ns.text, mbox);
    }
    size_t count = outcome == OUTCOME_OK ? import.count : 0;
    for (size_t i = 0; i < count && outcome != OUTCOME_AWAY; i++) {
        tool_keep_worst(&outcome, import_write(tool, &import, &import.zones[i]));
    }
    tool_keep_worst(&outcome, import.left_out > 0 ? OUTCOME_FAILED : OUTCOME_OK);
    import_release(&import);
    return outcome;
}

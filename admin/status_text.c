#include "admin/status_text.h"

#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include "admin/report.h"

/* --- reading ---------------------------------------------------------------------------------- */

static const json_t *part(const json_t *object, const char *key)
{
    return json_object_get(object, key); /* NULL in, NULL out */
}

static uint64_t number(const json_t *object, const char *key)
{
    json_int_t value = json_integer_value(part(object, key));
    return value > 0 ? (uint64_t)value : 0;
}

static bool has(const json_t *object, const char *key)
{
    const json_t *value = part(object, key);
    return value != NULL && !json_is_null(value);
}

static bool is_true(const json_t *object, const char *key)
{
    return json_is_true(part(object, key));
}

/* --- writing ---------------------------------------------------------------------------------- */

static void begin(FILE *out, const char *name)
{
    fprintf(out, "%-14s", name);
}

/* Texts come from the database, too: nothing in them may move the cursor. */
static void put_text(FILE *out, const json_t *object, const char *key)
{
    const char *text = json_string_value(part(object, key));
    size_t left = text != NULL ? strlen(text) : 0;

    while (left > 0) {
        size_t len = report_printable(text, left);
        if (len > 0) {
            fwrite(text, 1, len, out);
        } else {
            fprintf(out, "\\%03u", (unsigned char)*text);
            len = 1;
        }
        text += len;
        left -= len;
    }
}

static void put_duration(FILE *out, uint64_t sec)
{
    if (sec >= 86400) {
        fprintf(out, "%" PRIu64 "d%" PRIu64 "h", sec / 86400, sec / 3600 % 24);
    } else if (sec >= 3600) {
        fprintf(out, "%" PRIu64 "h%" PRIu64 "m", sec / 3600, sec / 60 % 60);
    } else if (sec >= 60) {
        fprintf(out, "%" PRIu64 "m%" PRIu64 "s", sec / 60, sec % 60);
    } else {
        fprintf(out, "%" PRIu64 "s", sec);
    }
}

/* ", TEXT 1m2s", when it is known. */
static void put_since(FILE *out, const char *text, const json_t *object, const char *key)
{
    if (has(object, key)) {
        fprintf(out, ", %s ", text);
        put_duration(out, number(object, key));
    }
}

static void put_bytes(FILE *out, uint64_t bytes)
{
    fprintf(out, "%.1f MiB", (double)bytes / (1 << 20));
}

/* "KEY N, KEY N"; false when there was none. */
static bool put_counts(FILE *out, const json_t *object)
{
    const char *key;
    json_t *value;
    bool any = false;

    json_object_foreach((json_t *)(uintptr_t)object, key, value)
    {
        if (json_integer_value(value) > 0) {
            fprintf(out, "%s%s %" PRIu64, any ? ", " : "", key, number(object, key));
            any = true;
        }
    }
    return any;
}

/* --- the parts -------------------------------------------------------------------------------- */

static void put_server(FILE *out, const json_t *all)
{
    begin(out, "server");
    fputs(is_true(all, "ready") ? "ready" : "NOT READY", out);
    fputs(", version ", out);
    put_text(out, all, "version");
    put_since(out, "up", all, "uptime_seconds");
    fputc('\n', out);
    if (has(all, "why_not_ready")) {
        begin(out, "");
        put_text(out, all, "why_not_ready");
        fputc('\n', out);
    }
}

static void put_feed(FILE *out, const json_t *all)
{
    const json_t *feed = part(all, "change_feed");

    begin(out, "change feed");
    put_text(out, feed, "rung");
    put_since(out, "for", feed, "seconds");
    put_since(out, "last heard", feed, "last_event_seconds");
    put_since(out, "last change", feed, "last_change_seconds");
    fputc('\n', out);
    if (has(feed, "why_not_higher")) {
        begin(out, "");
        fputs("not higher: ", out);
        put_text(out, feed, "why_not_higher");
        fputc('\n', out);
    }
}

static void put_position(FILE *out, const json_t *all)
{
    const json_t *position = part(all, "position");
    const char *between = "";

    begin(out, "position");
    if (has(position, "binlog_file")) {
        put_text(out, position, "binlog_file");
        fprintf(out, ":%" PRIu64, number(position, "binlog_offset"));
        between = ", ";
    }
    if (has(position, "gtid")) {
        fprintf(out, "%sGTID ", between);
        put_text(out, position, "gtid");
        between = ", ";
    }
    if (has(position, "server_uid")) {
        fprintf(out, "%sserver ", between);
        put_text(out, position, "server_uid");
        between = ", ";
    }
    fputs(between[0] == '\0' ? "not known\n" : "\n", out);
}

static void put_age(FILE *out, const json_t *all)
{
    begin(out, "answers");
    if (has(all, "guaranteed_age_seconds")) {
        fprintf(out, "at most %" PRIu64 " s old (", number(all, "guaranteed_age_seconds"));
    } else {
        fputs("of any age (", out);
    }
    put_text(out, all, "guaranteed_by");
    fputs(")\n", out);
}

static void put_database(FILE *out, const json_t *all)
{
    const json_t *database = part(all, "database");
    bool connected = is_true(database, "connected");

    begin(out, "database");
    fputs(connected ? "connected" : "AWAY", out);
    put_since(out, "for", database, "seconds");
    fputc('\n', out);
    if (has(database, "last_error")) {
        begin(out, "");
        fputs(connected ? "last error, over now: " : "", out);
        put_text(out, database, "last_error");
        fputc('\n', out);
    }
}

static void put_replica(FILE *out, const json_t *all)
{
    const json_t *replica = part(all, "replica");

    if (!has(replica, "limit_seconds")) {
        return; /* nobody asks */
    }
    begin(out, "replication");
    put_text(out, replica, "state");
    if (has(replica, "lag_seconds")) {
        fprintf(out, ", %" PRIu64 " s behind", number(replica, "lag_seconds"));
    }
    fprintf(out, ", limit %" PRIu64 " s\n", number(replica, "limit_seconds"));
    if (has(replica, "error")) {
        begin(out, "");
        put_text(out, replica, "error");
        fputc('\n', out);
    }
}

static void put_zones(FILE *out, const json_t *all)
{
    const json_t *zones = part(all, "zones"), *rows = part(all, "rows");
    const json_t *hold = part(all, "vanish_hold");

    begin(out, "zones");
    fprintf(out,
            "%" PRIu64 " hosted, %" PRIu64 " loaded, %" PRIu64 " failed, %" PRIu64 " pending\n",
            number(zones, "hosted"), number(zones, "loaded"), number(zones, "failed"),
            number(zones, "pending"));
    begin(out, "rows");
    fprintf(out, "%" PRIu64 " served, %" PRIu64 " left out\n", number(rows, "served"),
            number(rows, "left_out"));
    begin(out, "vanish hold");
    if (is_true(hold, "active")) {
        fputs("ACTIVE", out);
        put_since(out, "for", hold, "seconds");
    } else {
        fputs("none", out);
    }
    fprintf(out, ", %" PRIu64 " zones kept as they were; %" PRIu64 " since start\n",
            number(hold, "zones"), number(hold, "total"));
    if (has(hold, "why")) {
        begin(out, "");
        fputs(is_true(hold, "active") ? "because: " : "the last one: ", out);
        put_text(out, hold, "why");
        fputc('\n', out);
    }
}

static void put_memory(FILE *out, const json_t *all)
{
    const json_t *memory = part(all, "memory");

    begin(out, "memory");
    put_bytes(out, number(memory, "store_bytes"));
    fputs(" of zones", out);
    if (has(memory, "limit_bytes")) {
        fputs(" (limit ", out);
        put_bytes(out, number(memory, "limit_bytes"));
        fputc(')', out);
    }
    if (has(memory, "resident_bytes")) {
        fputs(", ", out);
        put_bytes(out, number(memory, "resident_bytes"));
        fputs(" resident", out);
    }
    fputc('\n', out);
    begin(out, "loads");
    fprintf(out, "%" PRIu64 " zones published", number(all, "loads"));
    if (number(all, "loads_given_up") > 0) {
        fprintf(out, ", %" PRIu64 " given up for want of memory", number(all, "loads_given_up"));
    }
    fputs("; waiting: ", out);
    fputs(put_counts(out, part(all, "queues")) ? "\n" : "none\n", out);
}

static void put_traffic(FILE *out, const json_t *all)
{
    const json_t *questions = part(all, "questions"), *replies = part(all, "replies");

    begin(out, "questions");
    fputs(put_counts(out, questions) ? "\n" : "none\n", out);
    begin(out, "replies");
    fputs(put_counts(out, part(replies, "rcode")) ? "\n" : "none\n", out);
    begin(out, "of these");
    fprintf(out,
            "%" PRIu64 " truncated, %" PRIu64 " not sent; rate limit: %" PRIu64 " dropped, %" PRIu64
            " truncated\n",
            number(replies, "truncated"), number(replies, "unsent"),
            number(replies, "rate_limit_dropped"), number(replies, "rate_limit_truncated"));
    begin(out, "TCP");
    fprintf(out, "%" PRIu64 " connections\n", number(all, "tcp_connections"));
}

static void put_failed(FILE *out, const json_t *all)
{
    const json_t *zones = part(all, "zones"), *list = part(zones, "failed_zones");
    size_t count = json_array_size(list);

    for (size_t i = 0; i < count; i++) {
        const json_t *failed = json_array_get(list, i);
        fputs(i == 0 ? "\nNot loaded, or only in an old version:\n  " : "  ", out);
        put_text(out, failed, "zone");
        fprintf(out, " (id %" PRIu64 "): ", number(failed, "id"));
        put_text(out, failed, "reason");
        fputc('\n', out);
    }
    if (number(zones, "failed") > count && count > 0) {
        fprintf(out, "  and %" PRIu64 " more\n", number(zones, "failed") - count);
    }
}

void status_text(const json_t *status, FILE *out)
{
    put_server(out, status);
    put_feed(out, status);
    put_position(out, status);
    put_age(out, status);
    put_database(out, status);
    put_replica(out, status);
    put_zones(out, status);
    put_memory(out, status);
    put_traffic(out, status);
    put_failed(out, status);
}

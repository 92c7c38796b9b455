/*
 * Prometheus text format 0.0.4. Names by its rules: a prefix, base units, _total for what only
 * grows; what the server's metrics have in common with every program's is named process_*.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "report/report.h"

static void begin(FILE *out, const char *name, const char *type, const char *help)
{
    fprintf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void gauge(FILE *out, const char *name, const char *help, uint64_t value)
{
    begin(out, name, "gauge", help);
    fprintf(out, "%s %" PRIu64 "\n", name, value);
}

static void counter(FILE *out, const char *name, const char *help, uint64_t value)
{
    begin(out, name, "counter", help);
    fprintf(out, "%s %" PRIu64 "\n", name, value);
}

static void labelled(FILE *out, const char *name, const char *label, const char *text,
                     uint64_t value)
{
    char *quoted = report_label(text);
    fprintf(out, "%s{%s=%s} %" PRIu64 "\n", name, label, quoted, value);
    free(quoted);
}

char *report_label(const char *text)
{
    char *quoted = alloc_new(2 * strlen(text) + 3), *to = quoted;

    *to++ = '"';
    for (; *text != '\0'; text++) {
        if (*text == '\\' || *text == '"' || *text == '\n') {
            *to++ = '\\';
        }
        *to++ = (char)(*text == '\n' ? 'n' : *text);
    }
    *to++ = '"';
    *to = '\0';
    return quoted;
}

/* Without a number when it is not known: 0 would be a lie. */
static void write_replica(FILE *out, const struct report *r)
{
    if (r->lag_limit_sec == 0) {
        return;
    }
    begin(out, "mydns_replica_state", "gauge",
          "1 for what is known of the database's replication.");
    labelled(out, "mydns_replica_state", "state", r->replica_state, 1);
    gauge(out, "mydns_replica_lag_limit_seconds", "replica-max-lag.", r->lag_limit_sec);
    if (r->lag_known) {
        gauge(out, "mydns_replica_lag_seconds",
              "How far the database is behind its primary, or at least, while it is stopped.",
              r->lag_sec);
    }
}

static void write_state(FILE *out, const struct report *r)
{
    begin(out, "mydns_info", "gauge", "The version of the server, always 1.");
    labelled(out, "mydns_info", "version", r->version, 1);
    gauge(out, "process_start_time_seconds", "Start of the process, in seconds since 1970.",
          r->start_unix_sec);
    gauge(out, "mydns_ready", "1 when /ready says 200.", r->ready);
    begin(out, "mydns_change_feed", "gauge", "1 for the way in which changes are learnt now.");
    for (unsigned i = 0; i < REPORT_RUNGS; i++) {
        labelled(out, "mydns_change_feed", "rung", report_rung_name((enum report_rung)i),
                 r->rung == i);
    }
    counter(out, "mydns_feed_streams_total", "Streams of the binary log begun.", r->feed_streams);
    counter(out, "mydns_feed_streams_resumed_total",
            "Of these, streams that went on where the last one was lost.", r->feed_resumed);
    counter(out, "mydns_feed_changes_total", "Transactions that named zones.", r->feed_changes);
    counter(out, "mydns_verifications_total", "How often the feed had every zone read again.",
            r->verifications);
    begin(out, "mydns_guaranteed_age_seconds", "gauge",
          "No answer is older now than this; +Inf when there is no limit.");
    if (r->age_known) {
        fprintf(out, "mydns_guaranteed_age_seconds %" PRIu32 "\n", r->age_sec);
    } else {
        fputs("mydns_guaranteed_age_seconds +Inf\n", out);
    }
    gauge(out, "mydns_database_connected", "1 while a loader is connected to the database.",
          r->connected);
    gauge(out, "mydns_database_away_seconds", "For how long the database has been away.",
          r->connected ? 0 : r->connection.sec);
    write_replica(out, r);
}

static void write_zones(FILE *out, const struct report *r)
{
    gauge(out, "mydns_zones_hosted", "Zones in the origin list.", r->zones);
    gauge(out, "mydns_zones_loaded", "Zones in memory.", r->loaded);
    gauge(out, "mydns_zones_failed", "Zones whose last load found what cannot be served.",
          r->failed);
    gauge(out, "mydns_zones_pending", "Zones that wait for a load.", r->pending);
    gauge(out, "mydns_rows", "Rows of records in memory.", r->rows);
    gauge(out, "mydns_rows_left_out", "Rows that cannot be served.", r->rows_left_out);
    counter(out, "mydns_zone_loads_total", "Zones published because they had changed.", r->loads);
    counter(out, "mydns_zone_loads_given_up_total",
            "Zones asked for that cache-memory had no room for, and that were not loaded in time.",
            r->loads_given_up);
    gauge(out, "mydns_vanish_hold", "1 while removals are held back.", r->holding.known);
    gauge(out, "mydns_vanish_held_zones", "Zones that are kept as they were.", r->held_zones);
    counter(out, "mydns_vanish_holds_total", "How often removals were held back.", r->holds);
    gauge(out, "mydns_store_bytes", "Memory of zones, by the server's own count.", r->store_bytes);
    if (r->resident_bytes > 0) {
        gauge(out, "process_resident_memory_bytes", "Resident memory of the process.",
              r->resident_bytes);
    }
    begin(out, "mydns_load_queue_length", "gauge", "What waits for a loader.");
    labelled(out, "mydns_load_queue_length", "queue", "asked", r->queue_asked);
    labelled(out, "mydns_load_queue_length", "queue", "changed", r->queue_changed);
    labelled(out, "mydns_load_queue_length", "queue", "soa", r->queue_soa);
    labelled(out, "mydns_load_queue_length", "queue", "background", r->queue_background);
}

static void write_traffic(FILE *out, const struct report *r)
{
    begin(out, "mydns_questions_total", "counter", "Messages that arrived.");
    labelled(out, "mydns_questions_total", "protocol", "udp", r->udp);
    labelled(out, "mydns_questions_total", "protocol", "tcp", r->tcp);
    counter(out, "mydns_questions_dropped_total", "Messages that were no question.", r->dropped);
    counter(out, "mydns_questions_waited_total", "Questions that waited for their zone.",
            r->waited);
    gauge(out, "mydns_questions_waiting", "Questions that wait for their zone.", r->waiting);
    begin(out, "mydns_replies_total", "counter", "Replies by rcode.");
    for (size_t i = 0; i < r->rcode_count; i++) {
        labelled(out, "mydns_replies_total", "rcode", r->rcodes[i].name, r->rcodes[i].count);
    }
    counter(out, "mydns_replies_truncated_total", "Replies with TC.", r->truncated);
    counter(out, "mydns_replies_unsent_total", "Replies that the kernel did not take.", r->unsent);
    begin(out, "mydns_rate_limited_total", "counter", "Replies held back by the rate limit.");
    labelled(out, "mydns_rate_limited_total", "action", "dropped", r->limited);
    labelled(out, "mydns_rate_limited_total", "action", "truncated", r->slipped);
    gauge(out, "mydns_tcp_connections", "Open TCP connections.", r->tcp_connections);
}

char *report_metrics(const struct report *report, size_t *len)
{
    char *text = NULL;
    FILE *out = open_memstream(&text, len);

    if (out == NULL) {
        abort(); /* out of memory */
    }
    write_state(out, report);
    write_zones(out, report);
    write_traffic(out, report);
    fclose(out);
    return text;
}

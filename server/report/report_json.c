#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "report/report.h"

/* What is not UTF-8, jansson refuses: errors of the database may hold anything. */
static json_t *text(const char *value)
{
    json_t *string = json_string(value);
    if (string != NULL) {
        return string;
    }
    char *ascii = alloc_string(value);
    for (char *p = ascii; *p != '\0'; p++) {
        *p = (unsigned char)*p < 0x80 ? *p : '?';
    }
    string = json_string(ascii);
    free(ascii);
    return string;
}

static json_t *text_or_null(const char *value)
{
    return value[0] != '\0' ? text(value) : json_null();
}

static json_t *number(uint64_t value)
{
    return json_integer((json_int_t)value);
}

static json_t *seconds(struct report_since since)
{
    return since.known ? number(since.sec) : json_null();
}

static json_t *feed(const struct report *r)
{
    return json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "rung",
                     report_rung_name(r->rung), "why_not_higher", text_or_null(r->why_not_higher),
                     "seconds", seconds(r->rung_since), "last_event_seconds",
                     seconds(r->last_event), "last_change_seconds", seconds(r->last_change),
                     "streams", number(r->feed_streams), "resumed", number(r->feed_resumed),
                     "changes", number(r->feed_changes), "verifications", number(r->verifications));
}

static json_t *position(const struct report *r)
{
    return json_pack("{s:o, s:o, s:o, s:o}", "server_uid", text_or_null(r->server_uid),
                     "binlog_file", text_or_null(r->binlog_file), "binlog_offset",
                     r->binlog_file[0] != '\0' ? number(r->binlog_offset) : json_null(), "gtid",
                     text_or_null(r->gtid));
}

static json_t *failed_zones(const struct report *r)
{
    json_t *list = json_array();

    for (size_t i = 0; i < r->failed_count; i++) {
        const struct report_failed *failed = &r->failed_zones[i];
        json_array_append_new(list, json_pack("{s:o, s:o, s:o}", "zone", text(failed->zone), "id",
                                              number(failed->id), "reason", text(failed->reason)));
    }
    return list;
}

static json_t *zones(const struct report *r)
{
    json_t *object =
        json_pack("{s:o, s:o, s:o, s:o}", "hosted", number(r->zones), "loaded", number(r->loaded),
                  "failed", number(r->failed), "pending", number(r->pending));
    if (r->zone_names) {
        json_object_set_new(object, "failed_zones", failed_zones(r));
    }
    return object;
}

static json_t *hold(const struct report *r)
{
    return json_pack("{s:b, s:o, s:o, s:o, s:o}", "active", r->holding.known, "seconds",
                     seconds(r->holding), "zones", number(r->held_zones), "why",
                     text_or_null(r->hold_why), "total", number(r->holds));
}

static json_t *memory(const struct report *r)
{
    return json_pack("{s:o, s:o, s:o}", "store_bytes", number(r->store_bytes), "limit_bytes",
                     r->store_limit_bytes > 0 ? number(r->store_limit_bytes) : json_null(),
                     "resident_bytes",
                     r->resident_bytes > 0 ? number(r->resident_bytes) : json_null());
}

static json_t *replies(const struct report *r)
{
    json_t *rcodes = json_object();

    for (size_t i = 0; i < r->rcode_count; i++) {
        json_object_set_new(rcodes, r->rcodes[i].name, number(r->rcodes[i].count));
    }
    return json_pack("{s:o, s:o, s:o, s:o, s:o}", "rcode", rcodes, "truncated",
                     number(r->truncated), "unsent", number(r->unsent), "rate_limit_dropped",
                     number(r->limited), "rate_limit_truncated", number(r->slipped));
}

char *report_json(const struct report *r, size_t *len)
{
    json_t *all =
        json_pack("{s:s, s:o, s:b, s:o, s:o, s:o, s:o, s:o}", "version", r->version,
                  "uptime_seconds", number(r->uptime_sec), "ready", r->ready, "why_not_ready",
                  text_or_null(r->why_not_ready), "change_feed", feed(r), "guaranteed_age_seconds",
                  r->age_known ? number(r->age_sec) : json_null(), "guaranteed_by",
                  text(r->age_because), "position", position(r));
    json_object_set_new(all, "database",
                        json_pack("{s:b, s:o, s:o}", "connected", r->connected, "seconds",
                                  seconds(r->connection), "last_error",
                                  text_or_null(r->database_error)));
    json_object_set_new(all, "replica",
                        json_pack("{s:s, s:o, s:o, s:o}", "state", r->replica_state, "lag_seconds",
                                  r->lag_known ? number(r->lag_sec) : json_null(), "limit_seconds",
                                  r->lag_limit_sec > 0 ? number(r->lag_limit_sec) : json_null(),
                                  "error", text_or_null(r->replica_error)));
    json_object_set_new(all, "zones", zones(r));
    json_object_set_new(
        all, "rows",
        json_pack("{s:o, s:o}", "served", number(r->rows), "left_out", number(r->rows_left_out)));
    json_object_set_new(all, "loads", number(r->loads));
    json_object_set_new(all, "loads_given_up", number(r->loads_given_up));
    json_object_set_new(all, "vanish_hold", hold(r));
    json_object_set_new(all, "memory", memory(r));
    json_object_set_new(all, "queues",
                        json_pack("{s:o, s:o, s:o, s:o}", "asked", number(r->queue_asked),
                                  "changed", number(r->queue_changed), "soa", number(r->queue_soa),
                                  "background", number(r->queue_background)));
    json_object_set_new(all, "questions",
                        json_pack("{s:o, s:o, s:o, s:o, s:o}", "udp", number(r->udp), "tcp",
                                  number(r->tcp), "dropped", number(r->dropped), "waited",
                                  number(r->waited), "waiting", number(r->waiting)));
    json_object_set_new(all, "replies", replies(r));
    json_object_set_new(all, "tcp_connections", number(r->tcp_connections));

    char *body = json_dumps(all, JSON_INDENT(2));
    if (body == NULL) {
        abort(); /* out of memory: nothing else can be wrong */
    }
    json_decref(all);
    *len = strlen(body) + 1;
    body = alloc_resize(body, *len + 1, 1);
    memcpy(body + *len - 1, "\n", 2);
    return body;
}

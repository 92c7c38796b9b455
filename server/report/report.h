/*
 * The state of the server at one moment as plain values, and how it is written: as JSON (/status,
 * dnsadm status --json) and as Prometheus text (/metrics). Whoever has the values fills the struct
 * (run/collect.h); this room knows neither threads nor SQL, so each form can be tested alone.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

/* Zones that could not be loaded are told one by one up to this many. */
enum { REPORT_FAILED_MAX = 100, REPORT_RCODES_MAX = 24 };

/* How the server learns of changes, the best one first. */
enum report_rung { REPORT_RUNG_BINLOG, REPORT_RUNG_GTID, REPORT_RUNG_OFF, REPORT_RUNGS };

/* How long ago something was. */
struct report_since {
    bool known; /* false = never */
    uint32_t sec;
};

struct report_failed {
    char *zone, *reason; /* owned; zone: printable, as in zone files */
    uint32_t id;
};

struct report_rcode {
    char name[16];
    uint64_t count;
};

struct report {
    const char *version;
    uint32_t uptime_sec;
    uint64_t start_unix_sec;
    bool ready; /* answers can be trusted: the origin list is there and no limit is past */
    char why_not_ready[400];

    /* freshness */
    enum report_rung rung;
    char why_not_higher[256]; /* "" = it is the highest that is asked for */
    struct report_since rung_since, last_event, last_change;
    uint64_t feed_streams, feed_resumed, feed_changes; /* since start */
    uint64_t verifications;                            /* of all zones, asked for by the feed */
    bool age_known; /* false: nothing bounds how old an answer may be */
    uint32_t
        age_sec; /* no answer is older: what it says was in the database so long ago or later */
    const char *age_because;

    /* how far in the database's history the feed is, else the last read was; "" = not known */
    char server_uid[64], binlog_file[128], gtid[256];
    uint64_t binlog_offset;

    /* database */
    bool connected;
    struct report_since connection; /* since it came, or went */
    char database_error[256];

    /* replication to the database, asked for with replica-max-lag only */
    const char *replica_state; /* off unknown primary running stopped */
    bool lag_known;
    uint32_t lag_sec, lag_limit_sec; /* while it is stopped at least so many */
    char replica_error[256];         /* why it is stopped */

    /* zones and rows */
    uint32_t zones, loaded, failed, pending;
    struct report_failed failed_zones[REPORT_FAILED_MAX]; /* the latest first */
    size_t failed_count;                                  /* of these */
    bool zone_names;                                      /* write them */
    uint64_t rows, rows_left_out;
    uint64_t loads, loads_given_up;

    /* removals held back (vanish-limit) */
    struct report_since holding; /* never = nothing is held back now */
    uint32_t held_zones;         /* that the tables have less of, or nothing */
    uint64_t holds;              /* since start */
    char hold_why[160];          /* of the last one */

    /* memory */
    uint64_t store_bytes, store_limit_bytes; /* limit 0 = none */
    uint64_t resident_bytes;                 /* 0 = not known */

    /* what waits for a loader */
    uint64_t queue_asked, queue_changed, queue_soa, queue_background;

    /* questions and replies */
    uint64_t udp, tcp, dropped, waited, truncated, unsent, limited, slipped;
    struct report_rcode rcodes[REPORT_RCODES_MAX];
    size_t rcode_count;
    uint32_t tcp_connections, waiting;
};

/* All of it as one JSON object, with a final line feed; names of zones only with zone_names. Given. */
NODISCARD char *report_json(const struct report *report, size_t *len) NONNULL;

/* Prometheus text format 0.0.4. No names of zones. Given. */
NODISCARD char *report_metrics(const struct report *report, size_t *len) NONNULL;
/* TEXT as the value of a label: quoted, with \\, \" and \n. Given. */
NODISCARD char *report_label(const char *text) NONNULL;

/* "binlog", "gtid", "off". */
const char *report_rung_name(enum report_rung rung);
/* Free what REPORT owns. */
void report_release(struct report *report) NONNULL;

/*
 * The configuration of the server: mydns.conf (mydns-compat 2.1, 2.2 for the syntax and for MyDNS's
 * own options) as one struct that nobody changes after it was read. A reload makes a new one.
 * Strings and lists are owned by the struct and freed with it. Any thread may read.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/attr.h"
#include "base/log.h"
#include "conf/conf_option.h"

enum conf_feed { CONF_FEED_AUTO, CONF_FEED_BINLOG, CONF_FEED_GTID, CONF_FEED_OFF };

enum conf_txt { CONF_TXT_AUTO, CONF_TXT_RAW, CONF_TXT_QUOTED };

/* Without stale-limit old data is answered for as long as soa.expire says, but for no less than this. */
enum { CONF_STALE_LEAST_SEC = 86400 };

struct conf {
    /* database */
    struct conf_list db_host; /* each conf_address_parse() form; at least one, tried in order */
    uint16_t db_port;         /* 0 = the library's default */
    char *db_socket;          /* NULL = the library's default */
    char *db_user, *db_password, *database;
    char *db_ssl_ca, *db_ssl_cert, *db_ssl_key; /* NULL = not set; one of them = TLS or nothing */
    bool db_ssl_verify;                         /* unset: true as soon as one of the three is set */
    char *soa_table, *rr_table, *soa_where, *rr_where; /* where: NULL = none */
    enum conf_choice use_soa_active, use_rr_active;
    char *feed_user, *feed_password; /* NULL = db_user's */
    enum conf_feed change_feed;
    unsigned loaders;

    /* process */
    char *user, *group, *log, *pidfile;
    enum log_level log_level;
    struct conf_list listen, no_listen; /* each conf_address_parse() form */
    uint16_t port;
    unsigned threads; /* UDP threads per address, >= 1 */

    /* memory and age */
    uint64_t cache_memory; /* bytes; 0 = no bound */
    bool preload;
    unsigned zone_cache_expire_sec; /* age limit without a feed; 0 = none */
    unsigned stale_limit_sec; /* 0 = max(soa.expire, CONF_STALE_LEAST_SEC), which is the default */
    unsigned sweep_interval_sec;
    char *snapshot_file; /* NULL = none */
    unsigned snapshot_interval_sec;
    unsigned vanish_limit_percent, vanish_hold_sec;
    unsigned replica_max_lag_sec; /* 0 = off: nobody asks how far behind a replica is */
    bool replica_lag_servfail;
    uint32_t zone_max_rows, rrset_max_records;

    /* answers */
    bool allow_tcp, allow_axfr, allow_update;
    bool ignore_minimum, alias_aaaa, chaos;
    int wildcard_recursion; /* hosted ancestors to search; -1 = all */
    enum conf_txt txt_format;
    uint16_t edns_udp_size;
    char *nsid; /* NULL = off */
    struct conf_list cookie_secret;
    /* Replies per second; 0: rrl_rate = all off, rrl_all_rate = no limit, the others = rrl_rate. */
    unsigned rrl_rate, rrl_nxdomain_rate, rrl_error_rate, rrl_all_rate;
    unsigned rrl_slip;           /* 0 = all dropped */
    uint32_t rrl_size;           /* counters */
    struct conf_list rrl_exempt; /* each conf_prefix_parse() form */
    unsigned tcp_connections, tcp_per_client, tcp_idle_sec, tcp_queries; /* queries: 0 = no limit */

    /* status */
    char *control_socket;    /* NULL = none; not set: mydns.sock beside the pidfile */
    bool control_socket_set; /* named in the file: then it must work */
    char *http_listen;       /* conf_http_parse() form; NULL = off */
    bool http_zone_names;

    /* accepted, without effect on the server (yet): kept for --dump-config and --create-tables */
    bool recursive_set, notify_enabled, ixfr_enabled, extended_data_support;
    char *dbengine, *ptr_table;

    struct conf_source *_source; /* for conf_dump: what was set where */
};

/*
 * Read FILE (missing or NULL = every default, as MyDNS). OVERRIDES are name/value pairs of the
 * command line, which win over the file (NULL-terminated array of 2n+1 strings, or NULL).
 * Every complaint becomes one line "file:line: ..." in *MESSAGES (given, "" when none; free()):
 * unknown names, settings that come too late, options without effect. Lines with "error:" are the
 * reason why NULL is returned: a file that cannot be read, a bad value of an option that counts.
 */
NODISCARD struct conf *conf_read(const char *file, const char *const *overrides, char **messages);
void conf_free(struct conf *conf);

/* What SIGHUP puts in force (given): CURRENT, but the options that may change while the server runs as
 * NEXT says. Both stay as they are, and nothing of them is referred to. */
NODISCARD struct conf *conf_reload(const struct conf *current, const struct conf *next) NONNULL;
/* One line to OUT per option that differs between CURRENT and NEXT and takes a restart. */
void conf_report_restart(const struct conf *current, const struct conf *next, FILE *out) NONNULL;

/* All options in mydns.conf form with their values and a comment each; read back, it gives the same
 * values. Passwords are shown as MyDNS does (in clear), since the output is meant to be used as a
 * file. */
void conf_dump(const struct conf *conf, FILE *out) NONNULL;
/* The DDL of --create-tables: sql/schema.sql with CONF's table names, engine and optional columns. */
void conf_create_tables(const struct conf *conf, FILE *out) NONNULL;

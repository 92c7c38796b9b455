/*
 * Every option of mydns.conf: MyDNS's own with their names and defaults (mydns-compat 2.2), then the
 * new ones. Where a default differs from MyDNS's, the row says so. Rows stand in the order of
 * --dump-config; man/mydns.conf.5 explains each at length (a unit test compares the two).
 *
 * When a feature arrives, its rows lose CONF_OPTION_MISSING here and nothing else has to change.
 */
#include "conf/options.h"

#include <ctype.h>
#include <stdint.h>
#include <string.h>

#include "conf/conf.h"
#include "conf/conf_address.h"
#include "conf/conf_prefix.h"

#define FIELD(member) CONF_FIELD(struct conf, member)

enum {
    RELOAD = CONF_OPTION_RELOAD,
    SECRET = CONF_OPTION_SECRET,
    APPEND = CONF_OPTION_APPEND,
    OFF = CONF_OPTION_OFF,
    MYDNS = CONF_OPTION_MYDNS,
    MISSING = CONF_OPTION_MISSING | CONF_OPTION_LENIENT,
    LENIENT = CONF_OPTION_MYDNS | CONF_OPTION_LENIENT,
    NOT_YET = CONF_OPTION_MYDNS | MISSING, /* MyDNS has it, we do not */
};

/* Words in the order of their enum. */
static const char *const feed_words[] = {"auto", "binlog", "gtid", "off", NULL};
static const char *const txt_words[] = {"auto", "raw", "quoted", NULL};
static const char *const level_words[] = {"error", "warning", "info", "debug", NULL};
static const char *const algorithm_words[] = {"linear", "exponential", "progressive", NULL};

/* --- checks --- */

static const char *check_listen(const char *text)
{
    struct conf_address address;
    bool good = conf_address_parse(text, &address) && conf_address_is_local(&address);
    return good ? NULL : "*, or an address: 192.0.2.1, 192.0.2.1:53, 2001:db8::1, [2001:db8::1]:53";
}

static const char *check_host(const char *text)
{
    struct conf_address address;
    bool good = conf_address_parse(text, &address) && strcmp(address.host, "*") != 0;
    return good ? NULL : "a host or host:port";
}

static const char *check_http(const char *text)
{
    struct conf_address address;
    return conf_http_parse(text, &address) ? NULL
                                           : "a port, or an address: 127.0.0.1:8053, [::1]:8053";
}

static const char *check_control(const char *text)
{
    return text[0] == '/' && strlen(text) < CONF_SOCKET_SIZE
               ? NULL
               : "a path of at most 107 characters that begins with /";
}

/* Table names become part of SQL statements: "rr", "other_database.rr". */
static const char *check_table(const char *text)
{
    for (const char *p = text; *p != '\0'; p++) {
        if (!isalnum((unsigned char)*p) && strchr("_$-.", *p) == NULL && (*p & 0x80) == 0) {
            return "a table name of letters, digits, _, $ and -";
        }
    }
    return text[0] != '\0' ? NULL : "a table name";
}

static const char *check_engine(const char *text)
{
    for (const char *p = text; *p != '\0'; p++) {
        if (!isalnum((unsigned char)*p) && *p != '_') {
            return "the name of a storage engine";
        }
    }
    return NULL;
}

/* NSID travels in every answer to those who ask; RFC 5001 sets no limit, reason does. */
static const char *check_nsid(const char *text)
{
    return strlen(text) <= 128 ? NULL : "at most 128 characters";
}

/* RFC 9018, 3: the secret of a SipHash-2-4 cookie has 128 bits. */
static const char *check_cookie(const char *text)
{
    return strlen(text) == 32 && strspn(text, "0123456789abcdefABCDEF") == 32
               ? NULL
               : "32 hexadecimal digits (two secrets: separated by a comma)";
}

static const char *check_prefix(const char *text)
{
    struct conf_prefix prefix;
    return conf_prefix_parse(text, &prefix) ? NULL
                                            : "networks: 192.0.2.0/24, 2001:db8::/32, 192.0.2.1";
}

/* --- the table --- */

/* A row is read as a row. */
/* clang-format off */
static const struct conf_option rows[] = {
{.group = "DATABASE INFORMATION"},
{.name = "db-host", .type = CONF_LIST, FIELD(db_host), .fallback = "localhost",
 .check = check_host, .help = "SQL server, host:port; several are tried in order"},
{.name = "db-user", .flags = RELOAD, .type = CONF_TEXT, FIELD(db_user), .fallback = "username",
 .help = "SQL account, needs SELECT only"},
{.name = "db-password", .flags = RELOAD | SECRET, .type = CONF_TEXT, FIELD(db_password),
 .fallback = "password", .help = "its password"},
{.name = "database", .type = CONF_TEXT, FIELD(database), .fallback = "mydns",
 .help = "database that holds the tables"},
{.name = "mysql-host", .alias_of = "db-host"},
{.name = "mysql-user", .alias_of = "db-user"},
{.name = "mysql-password", .alias_of = "db-password", .flags = SECRET},
{.name = "mysql-pass", .alias_of = "db-password", .flags = SECRET},

{.group = "GENERAL OPTIONS"},
{.name = "user", .type = CONF_TEXT, FIELD(user), .fallback = "nobody",
 .help = "run with the permissions of this user"},
{.name = "group", .type = CONF_TEXT, FIELD(group), .fallback = "nobody",
 .help = "run with the permissions of this group"},
{.name = "listen", .flags = APPEND, .type = CONF_LIST, FIELD(listen), .fallback = "*",
 .check = check_listen, .help = "addresses to listen on; * = all"},
{.name = "no-listen", .flags = APPEND, .type = CONF_LIST, FIELD(no_listen), .check = check_listen,
 .help = "addresses not to listen on"},
{.name = "bind", .alias_of = "listen"},

{.group = "CACHE OPTIONS"},
{.name = "zone-cache-size", .flags = LENIENT, .type = CONF_NUMBER, .max = INT32_MAX,
 .help = "no effect; 0 = answers at most 1 s old (without a feed)"},
{.name = "zone-cache-expire", .flags = MYDNS | RELOAD, .type = CONF_NUMBER,
 FIELD(zone_cache_expire_sec), .fallback = "60", .max = INT32_MAX, .unit = "s",
 .help = "greatest age of data in seconds (without a feed); 0 = no limit"},
{.name = "reply-cache-size", .flags = LENIENT, .type = CONF_NUMBER, .max = INT32_MAX,
 .help = "no effect; 0 = as zone-cache-size = 0"},
{.name = "reply-cache-expire", .flags = NOT_YET, .type = CONF_NUMBER, .fallback = "30",
 .max = INT32_MAX, .unit = "s", .help = "there is no reply cache"},
{.name = "cache-size", .flags = LENIENT, .type = CONF_NUMBER, .max = INT32_MAX,
 .help = "stands for both sizes where they are not set"},
{.name = "cache-expire", .flags = LENIENT | RELOAD, .type = CONF_NUMBER, .max = INT32_MAX,
 .unit = "s", .help = "stands for zone-cache-expire where that is not set"},

{.group = "ESOTERICA"},
{.name = "log", .type = CONF_TEXT, FIELD(log), .fallback = "LOG_DAEMON",
 .help = "LOG_DAEMON, LOG_LOCAL0..7, stderr, stdout or a file"},
{.name = "pidfile", .type = CONF_TEXT, FIELD(pidfile), .fallback = "/var/run/mydns.pid",
 .help = "file for the process id"},
{.name = "timeout", .flags = NOT_YET, .type = CONF_NUMBER, .fallback = "120", .max = 86400,
 .unit = "s", .help = "limits are our own: nobody waits for long"},
{.name = "multicpu", .flags = LENIENT, .type = CONF_NUMBER, .fallback = "1", .min = -1,
 .max = 65536, .help = "older name of servers"},
{.name = "servers", .flags = LENIENT, .type = CONF_NUMBER, .fallback = "1", .min = -1,
 .max = 65536, .help = "above 1: default of threads"},
{.name = "port", .type = CONF_NUMBER, FIELD(port), .fallback = "53", .min = 1, .max = 65535,
 .help = "port for addresses of listen that name none"},
{.name = "recursive", .flags = NOT_YET, .type = CONF_LIST, .check = check_listen,
 .help = "forwarder; questions outside our zones are REFUSED"},
{.name = "recursive-timeout", .flags = NOT_YET, .type = CONF_NUMBER, .fallback = "1",
 .max = INT32_MAX, .unit = "s", .help = "see recursive"},
{.name = "recursive-connect-timeout", .flags = NOT_YET, .type = CONF_NUMBER, .max = INT32_MAX,
 .unit = "s", .help = "see recursive"},
{.name = "recursive-retries", .flags = NOT_YET, .type = CONF_NUMBER, .fallback = "5",
 .max = INT32_MAX, .help = "see recursive"},
{.name = "recursive-algorithm", .flags = NOT_YET, .type = CONF_WORD, .words = algorithm_words,
 .fallback = "linear", .help = "see recursive"},
{.name = "allow-axfr", .flags = NOT_YET, .type = CONF_BOOL, FIELD(allow_axfr), .fallback = "no",
 .help = "zone transfers"},
{.name = "allow-tcp", .flags = MYDNS, .type = CONF_BOOL, FIELD(allow_tcp), .fallback = "yes",
 .help = "queries over TCP (MyDNS: no; RFC 7766 wants them)"},
{.name = "allow-update", .flags = NOT_YET, .type = CONF_BOOL, FIELD(allow_update),
 .fallback = "no", .help = "dynamic updates"},
{.name = "ignore-minimum", .flags = MYDNS, .type = CONF_BOOL, FIELD(ignore_minimum),
 .fallback = "no", .help = "send TTLs below the zone's minimum as they are"},
{.name = "soa-table", .type = CONF_TEXT, FIELD(soa_table), .fallback = "soa",
 .check = check_table, .help = "table of zones"},
{.name = "rr-table", .type = CONF_TEXT, FIELD(rr_table), .fallback = "rr", .check = check_table,
 .help = "table of records"},
{.name = "soa-where", .type = CONF_TEXT, FIELD(soa_where),
 .help = "SQL condition that zones must meet as well"},
{.name = "rr-where", .type = CONF_TEXT, FIELD(rr_where),
 .help = "SQL condition that records must meet as well"},
{.name = "use-soa-active", .flags = MYDNS, .type = CONF_CHOICE, FIELD(use_soa_active),
 .help = "honour soa.active; not set: when the column exists"},
{.name = "use-rr-active", .flags = MYDNS, .type = CONF_CHOICE, FIELD(use_rr_active),
 .help = "honour rr.active; not set: when the column exists"},
{.name = "notify-enabled", .flags = NOT_YET, .type = CONF_BOOL, FIELD(notify_enabled),
 .fallback = "no", .help = "tell secondaries about changes"},
{.name = "notify-source", .flags = NOT_YET, .type = CONF_TEXT, .fallback = "0.0.0.0",
 .help = "see notify-enabled"},
{.name = "notify-source6", .flags = NOT_YET, .type = CONF_TEXT, .fallback = "::",
 .help = "see notify-enabled"},
{.name = "notify-timeout", .flags = NOT_YET, .type = CONF_NUMBER, .fallback = "60",
 .max = INT32_MAX, .unit = "s", .help = "see notify-enabled"},
{.name = "notify-retries", .flags = NOT_YET, .type = CONF_NUMBER, .fallback = "5",
 .max = INT32_MAX, .help = "see notify-enabled"},
{.name = "notify-algorithm", .flags = NOT_YET, .type = CONF_WORD, .words = algorithm_words,
 .fallback = "linear", .help = "see notify-enabled"},
{.name = "ixfr-enabled", .flags = NOT_YET, .type = CONF_BOOL, FIELD(ixfr_enabled),
 .fallback = "no", .help = "incremental zone transfers"},
{.name = "ixfr-gc-enabled", .flags = NOT_YET, .type = CONF_BOOL, .fallback = "no",
 .help = "remove rows marked as deleted"},
{.name = "ixfr-gc-interval", .flags = NOT_YET, .type = CONF_NUMBER, .fallback = "86400",
 .max = INT32_MAX, .unit = "s", .help = "see ixfr-gc-enabled"},
{.name = "ixfr-gc-delay", .flags = NOT_YET, .type = CONF_NUMBER, .fallback = "600",
 .max = INT32_MAX, .unit = "s", .help = "see ixfr-gc-enabled"},
{.name = "extended-data-support", .flags = MYDNS, .type = CONF_BOOL, FIELD(extended_data_support),
 .fallback = "no", .help = "--create-tables: rr.edata (read whenever it exists)"},
{.name = "dbengine", .flags = LENIENT, .type = CONF_TEXT, FIELD(dbengine), .fallback = "InnoDB",
 .check = check_engine, .help = "--create-tables: storage engine (MyDNS: MyISAM)"},
{.name = "wildcard-recursion", .flags = MYDNS, .type = CONF_NUMBER, FIELD(wildcard_recursion),
 .fallback = "0", .min = -1, .max = 127,
 .help = "hosted parent zones to search for a wildcard; -1 = all"},
{.name = "ptr-table", .flags = LENIENT, .type = CONF_TEXT, FIELD(ptr_table), .fallback = "ptr",
 .check = check_table, .help = "obsolete table, for mydnsptrconvert only"},
{.name = "default-ns", .flags = NOT_YET, .type = CONF_TEXT,
 .help = "dnsadm.conf has its own"},
{.name = "debug-enabled", .flags = NOT_YET, .type = CONF_NUMBER, .fallback = "0",
 .max = INT32_MAX, .help = "see log-level"},
{.name = "debug-all", .flags = NOT_YET, .type = CONF_NUMBER, .fallback = "0", .max = INT32_MAX,
 .help = "see log-level"},
{.name = "debug-*", .flags = NOT_YET, .type = CONF_NUMBER, .max = INT32_MAX,
 .help = "see log-level"},

{.group = "DATABASE CONNECTION"},
{.name = "db-port", .type = CONF_NUMBER, FIELD(db_port), .min = 1, .max = 65535,
 .help = "port for hosts of db-host that name none (3306)"},
{.name = "db-socket", .type = CONF_TEXT, FIELD(db_socket),
 .help = "Unix socket for localhost (the client library's)"},
{.name = "db-ssl-ca", .type = CONF_TEXT, FIELD(db_ssl_ca),
 .help = "file of trusted certificates; makes TLS a must"},
{.name = "db-ssl-cert", .type = CONF_TEXT, FIELD(db_ssl_cert),
 .help = "our certificate; makes TLS a must"},
{.name = "db-ssl-key", .type = CONF_TEXT, FIELD(db_ssl_key), .help = "its key"},
{.name = "db-ssl-verify", .type = CONF_BOOL, FIELD(db_ssl_verify),
 .help = "check the server's certificate (yes with TLS, else no)"},
{.name = "loaders", .type = CONF_NUMBER, FIELD(loaders), .fallback = "2", .min = 1, .max = 64,
 .help = "database threads"},

{.group = "FRESHNESS AND OUTAGES"},
{.name = "change-feed", .type = CONF_WORD, .words = feed_words,
 FIELD(change_feed), .fallback = "auto", .help = "auto, binlog, gtid or off"},
{.name = "feed-user", .flags = RELOAD, .type = CONF_TEXT, FIELD(feed_user),
 .help = "account of the binlog stream (db-user's)"},
{.name = "feed-password", .flags = RELOAD | SECRET, .type = CONF_TEXT,
 FIELD(feed_password), .help = "its password"},
{.name = "sweep-interval", .flags = RELOAD, .type = CONF_NUMBER, FIELD(sweep_interval_sec),
 .fallback = "60", .min = 1, .max = 86400, .unit = "s",
 .help = "seconds between comparisons of all serials"},
{.name = "stale-limit", .flags = RELOAD, .type = CONF_NUMBER, FIELD(stale_limit_sec), .min = 1,
 .max = INT32_MAX, .unit = "s",
 .help = "seconds to answer without database (soa.expire, at least a day)"},
{.name = "vanish-limit", .flags = RELOAD, .type = CONF_NUMBER,
 FIELD(vanish_limit_percent), .fallback = "10", .max = 100, .unit = "%",
 .help = "percent that may vanish at once; more waits; 100 = no limit"},
{.name = "vanish-hold", .flags = RELOAD, .type = CONF_NUMBER, FIELD(vanish_hold_sec),
 .fallback = "60", .max = 86400, .unit = "s", .help = "seconds that it waits at most"},
{.name = "replica-max-lag", .flags = RELOAD | OFF, .type = CONF_NUMBER, FIELD(replica_max_lag_sec),
 .fallback = "0", .max = INT32_MAX, .unit = "s", .help = "seconds a replica may be behind"},
{.name = "replica-lag-servfail", .flags = RELOAD, .type = CONF_BOOL, FIELD(replica_lag_servfail),
 .fallback = "no", .help = "past replica-max-lag answer SERVFAIL"},
{.name = "snapshot-file", .flags = OFF, .type = CONF_TEXT, FIELD(snapshot_file),
 .help = "zones on disk, for a start without database"},
{.name = "snapshot-interval", .type = CONF_NUMBER, FIELD(snapshot_interval_sec),
 .fallback = "300", .min = 1, .max = 86400, .unit = "s",
 .help = "seconds between two times that they are saved, if they have changed"},

{.group = "MEMORY"},
{.name = "cache-memory", .flags = RELOAD, .type = CONF_SIZE, FIELD(cache_memory), .fallback = "0",
 .min = 1 << 20, .help = "bound for zones in memory: 512M, 4G; 0 = none"},
{.name = "preload", .type = CONF_BOOL, FIELD(preload), .fallback = "yes",
 .help = "load all zones after start, not only those asked for"},
{.name = "zone-max-rows", .flags = RELOAD, .type = CONF_NUMBER, FIELD(zone_max_rows),
 .fallback = "5000000", .min = 1, .max = UINT32_MAX, .help = "largest zone that is loaded"},
{.name = "rrset-max-records", .flags = RELOAD, .type = CONF_NUMBER, FIELD(rrset_max_records),
 .fallback = "4000", .min = 1, .max = 65535, .help = "most records of one name and type"},

{.group = "ANSWERS"},
{.name = "txt-format", .type = CONF_WORD, .words = txt_words, FIELD(txt_format),
 .fallback = "auto", .help = "text in TXT rows: auto, raw or quoted"},
{.name = "alias-aaaa", .type = CONF_BOOL, FIELD(alias_aaaa), .fallback = "yes",
 .help = "ALIAS answers AAAA as well (MyDNS: A only)"},
{.name = "edns-udp-size", .type = CONF_NUMBER, FIELD(edns_udp_size), .fallback = "1232",
 .min = 512, .max = 4096, .help = "largest answer over UDP"},
{.name = "nsid", .flags = OFF, .type = CONF_TEXT, FIELD(nsid), .check = check_nsid,
 .help = "text that tells this server from others (RFC 5001)"},
{.name = "chaos", .type = CONF_BOOL, FIELD(chaos), .fallback = "no",
 .help = "answer version.bind and kin"},
{.name = "cookie-secret", .flags = SECRET | RELOAD, .type = CONF_LIST, FIELD(cookie_secret),
 .max = 2, .check = check_cookie, .help = "DNS cookies: new secret, old one (random)"},

{.group = "RATE LIMIT"},
{.name = "rrl-rate", .flags = RELOAD | OFF, .type = CONF_NUMBER, FIELD(rrl_rate), .fallback = "0",
 .max = 1000000, .help = "replies per second, network and name over UDP; 0 = no limits"},
{.name = "rrl-nxdomain-rate", .flags = RELOAD, .type = CONF_NUMBER, FIELD(rrl_nxdomain_rate),
 .max = 1000000, .help = "NXDOMAIN and empty replies per second, network and zone (rrl-rate)"},
{.name = "rrl-error-rate", .flags = RELOAD, .type = CONF_NUMBER, FIELD(rrl_error_rate),
 .max = 1000000, .help = "errors per second and network (rrl-rate)"},
{.name = "rrl-all-rate", .flags = RELOAD | OFF, .type = CONF_NUMBER, FIELD(rrl_all_rate),
 .fallback = "0", .max = 1000000, .help = "replies per second and network; 0 = no limit"},
{.name = "rrl-slip", .flags = RELOAD, .type = CONF_NUMBER, FIELD(rrl_slip), .fallback = "2",
 .max = 1000, .help = "one in so many goes out truncated instead of not at all; 0 = none"},
{.name = "rrl-size", .flags = RELOAD, .type = CONF_NUMBER, FIELD(rrl_size), .fallback = "1000000",
 .min = 1024, .max = 1 << 30, .help = "counters, of 8 octets each"},
{.name = "rrl-exempt", .flags = RELOAD | APPEND, .type = CONF_LIST, FIELD(rrl_exempt),
 .check = check_prefix, .help = "networks without limits: 192.0.2.0/24, 2001:db8::/32"},

{.group = "THREADS AND CONNECTIONS"},
{.name = "threads", .type = CONF_NUMBER, FIELD(threads), .min = 1, .max = 1024,
 .help = "UDP threads per address (number of CPUs)"},
{.name = "tcp-connections", .flags = RELOAD, .type = CONF_NUMBER, FIELD(tcp_connections),
 .fallback = "1000", .min = 1, .max = 1000000, .help = "open TCP connections at most"},
{.name = "tcp-per-client", .flags = RELOAD, .type = CONF_NUMBER, FIELD(tcp_per_client),
 .fallback = "64", .min = 1, .max = 1000000, .help = "of these from one address (IPv6: /64)"},
{.name = "tcp-idle", .flags = RELOAD, .type = CONF_NUMBER, FIELD(tcp_idle_sec), .fallback = "10",
 .min = 1, .max = 3600, .unit = "s", .help = "seconds until an idle one is closed"},
{.name = "tcp-queries", .flags = RELOAD, .type = CONF_NUMBER, FIELD(tcp_queries), .fallback = "0",
 .max = UINT32_MAX, .help = "queries per connection; 0 = no limit"},
{.name = "log-level", .flags = RELOAD, .type = CONF_WORD, .words = level_words, FIELD(log_level),
 .fallback = "info", .help = "error, warning, info or debug"},

{.group = "STATUS"},
{.name = "control-socket", .flags = OFF, .type = CONF_TEXT, FIELD(control_socket),
 .check = check_control, .help = "Unix socket of dnsadm status (mydns.sock beside the pidfile)"},
{.name = "http-listen", .flags = OFF, .type = CONF_TEXT, FIELD(http_listen), .check = check_http,
 .help = "port or address:port of /metrics, /status and /ready; a port alone: loopback"},
{.name = "http-zone-names", .flags = RELOAD, .type = CONF_BOOL, FIELD(http_zone_names),
 .fallback = "no", .help = "/status names zones that cannot be loaded"},
};
/* clang-format on */

const struct conf_table conf_server_options = {rows, ARRAY_LEN(rows)};

#include "admin/settings.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const txt_words[] = {"auto", "raw", "quoted",
                                        NULL}; /* in enum conf_txt's order */

static const char *check_ipv4(const char *text)
{
    struct in_addr address;
    return inet_pton(AF_INET, text, &address) == 1 ? NULL : "an IPv4 address";
}

static const char *check_ipv6(const char *text)
{
    struct in6_addr address;
    return inet_pton(AF_INET6, text, &address) == 1 ? NULL : "an IPv6 address";
}

#define FIELD(member) CONF_FIELD(struct settings, member)

static const struct conf_option rows[] = {
    {.group = "DATABASE"},
    {.name = "db-host",
     .type = CONF_LIST,
     FIELD(db_host),
     .fallback = "localhost",
     .help = "SQL server: localhost (Unix socket), host or host:port"},
    {.name = "db-port",
     .type = CONF_NUMBER,
     FIELD(db_port),
     .fallback = "0",
     .max = 65535,
     .help = "TCP port of the SQL server; 0 = 3306"},
    {.name = "db-socket", .type = CONF_TEXT, FIELD(db_socket), .help = "Unix socket"},
    {.name = "db-user", .type = CONF_TEXT, FIELD(db_user), .help = "account that may write"},
    {.name = "db-password",
     .type = CONF_TEXT,
     .flags = CONF_OPTION_SECRET,
     FIELD(db_password),
     .help = "its password"},
    {.name = "database",
     .type = CONF_TEXT,
     FIELD(database),
     .fallback = "mydns",
     .help = "database that holds the tables"},
    {.name = "db-ssl-ca", .type = CONF_TEXT, FIELD(db_ssl_ca), .help = "TLS: file of CAs"},
    {.name = "db-ssl-cert", .type = CONF_TEXT, FIELD(db_ssl_cert), .help = "TLS: our certificate"},
    {.name = "db-ssl-key", .type = CONF_TEXT, FIELD(db_ssl_key), .help = "TLS: its key"},
    {.name = "db-ssl-verify",
     .type = CONF_BOOL,
     FIELD(db_ssl_verify),
     .fallback = "no",
     .help = "TLS: check the server's name; unset = if one of the three above is set"},
    {.name = "soa-table",
     .type = CONF_TEXT,
     FIELD(soa_table),
     .fallback = "soa",
     .help = "table of zones"},
    {.name = "rr-table",
     .type = CONF_TEXT,
     FIELD(rr_table),
     .fallback = "rr",
     .help = "table of records"},
    {.name = "txt-format",
     .type = CONF_WORD,
     .words = txt_words,
     FIELD(txt_format),
     .fallback = "auto",
     .help = "text in TXT rows, as in mydns.conf: auto, raw or quoted"},
    {.name = "control-socket",
     .type = CONF_TEXT,
     FIELD(control_socket),
     .fallback = "/var/run/mydns.sock",
     .help = "Unix socket of the server, for dnsadm status"},
    {.group = "NEW DOMAINS"},
    {.name = "default-ns",
     .type = CONF_LIST,
     .flags = CONF_OPTION_APPEND,
     FIELD(default_ns),
     .max = 32,
     .help = "name servers, the primary one first"},
    {.name = "default-mbox",
     .type = CONF_TEXT,
     FIELD(default_mbox),
     .help = "mail address in the SOA; unset = hostmaster.DOMAIN"},
    {.name = "default-ip",
     .type = CONF_TEXT,
     FIELD(default_ip),
     .check = check_ipv4,
     .help = "IPv4 address"},
    {.name = "default-ip6",
     .type = CONF_TEXT,
     FIELD(default_ip6),
     .check = check_ipv6,
     .help = "IPv6 address"},
    {.name = "default-ttl",
     .type = CONF_NUMBER,
     FIELD(default_ttl),
     .fallback = "3600",
     .max = INT32_MAX,
     .unit = "s",
     .help = "TTL of new records"},
    {.name = "default-minimum",
     .type = CONF_NUMBER,
     FIELD(default_minimum),
     .fallback = "300",
     .max = INT32_MAX,
     .unit = "s",
     .help = "soa.minimum of new domains: how long \"there is no such name\" is kept"},
};

static const struct conf_table table = {rows, ARRAY_LEN(rows)};

/* The file holds a password. */
static void warn_if_open(const char *file)
{
    struct stat st;
    if (stat(file, &st) == 0 && (st.st_mode & 077) != 0) {
        report_warning("%s can be read by others (mode %04o); chmod 600 %s", file,
                       (unsigned)st.st_mode & 07777, file);
    }
}

static void report_lines(char *text, bool good)
{
    char *rest = NULL;
    for (char *line = strtok_r(text, "\n", &rest); line != NULL;
         line = strtok_r(NULL, "\n", &rest)) {
        if (good) {
            report_warning("%s", line);
        } else {
            report_error(OUTCOME_USAGE, "%s", line);
        }
    }
}

enum outcome settings_read(struct settings *out, const char *file)
{
    struct conf_settings settings = {0};
    char err[512];
    struct stat st;
    bool good = true;

    memset(out, 0, sizeof *out);
    if (file != NULL && stat(file, &st) != 0) {
        return report_error(OUTCOME_USAGE, "%s cannot be read: %s", file, strerror(errno));
    }
    out->no_file = file == NULL && access(SETTINGS_FILE, F_OK) != 0;
    file = file != NULL ? file : SETTINGS_FILE;
    if (!conf_parse_file(&settings, file, err, sizeof err)) {
        conf_settings_release(&settings);
        return report_error(OUTCOME_USAGE, "%s", err);
    }
    warn_if_open(file);
    char *text = NULL;
    size_t len = 0;
    FILE *messages = open_memstream(&text, &len);
    out->_source = conf_options_read(&table, out, &settings, messages, &good);
    fclose(messages);
    report_lines(text, good);
    free(text);
    if (good && !conf_option_is_set(out->_source, "db-ssl-verify")) { /* as the server does */
        out->db_ssl_verify =
            out->db_ssl_ca != NULL || out->db_ssl_cert != NULL || out->db_ssl_key != NULL;
    }
    conf_settings_release(&settings);
    return good ? OUTCOME_OK : OUTCOME_USAGE;
}

void settings_release(struct settings *settings)
{
    conf_options_release(settings->_source, settings);
    settings->_source = NULL;
}

const char *settings_txt_format(const struct settings *settings)
{
    return txt_words[settings->txt_format];
}

/*
 * /etc/dnsadm.conf: the writing account and what new domains get. Same syntax as mydns.conf.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "admin/report.h"
#include "base/attr.h"
#include "conf/conf.h"
#include "conf/conf_option.h"

#define SETTINGS_FILE "/etc/dnsadm.conf"

struct settings {
    struct conf_list db_host;
    uint16_t db_port;
    char *db_socket, *db_user, *db_password, *database; /* user, password: NULL = the library's */
    char *db_ssl_ca, *db_ssl_cert, *db_ssl_key;
    bool db_ssl_verify;
    char *soa_table, *rr_table;
    enum conf_txt txt_format; /* how the server reads text */
    struct conf_list default_ns;
    char *control_socket;                          /* of the server, for status */
    char *default_mbox, *default_ip, *default_ip6; /* NULL = not set */
    uint32_t default_ttl, default_minimum;
    bool no_file; /* nothing was named, and SETTINGS_FILE is not there */
    struct conf_source *_source;
};

/*
 * Read FILE (NULL: SETTINGS_FILE, which need not exist) into OUT. Complaints are reported; a
 * warning too when others may read the file. OUTCOME_OK or OUTCOME_USAGE. settings_release in
 * either case.
 */
NODISCARD enum outcome settings_read(struct settings *out, const char *file);
void settings_release(struct settings *settings) NONNULL;
/* The word of txt-format. */
const char *settings_txt_format(const struct settings *settings) NONNULL;

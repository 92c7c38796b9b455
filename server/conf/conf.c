/*
 * Reading is generic (conf_parse.h, conf_option.h); what remains here is what one option says about
 * another, and defaults that depend on the machine.
 */
#include "conf/conf.h"

#include <grp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "conf/conf_address.h"
#include "conf/options.h"

enum { THREADS_MAX = 1024 }; /* as the row says */

static bool is_set(const struct conf *conf, const char *name)
{
    return conf_option_is_set(conf->_source, name);
}

/* The value of a number that has no field; -1 = not set. */
static long number(const struct conf *conf, const char *name)
{
    const char *text = conf_option_text(conf->_source, name);
    return text != NULL ? strtol(text, NULL, 10) : -1;
}

static void derive(struct conf *conf, const char *name, const char *text)
{
    conf_option_derive(conf->_source, conf, name, text);
}

/* Panels write "servers = 1" or "multicpu = 1" without meaning "one thread"; more is meant. */
static void derive_threads(struct conf *conf)
{
    char text[24];
    long cpus = sysconf(_SC_NPROCESSORS_ONLN);
    long servers = number(conf, "servers"), multicpu = number(conf, "multicpu");
    long wanted = servers > multicpu ? servers : multicpu;

    if (is_set(conf, "threads")) {
        return;
    }
    if (wanted <= 1) {
        wanted = cpus > 0 ? cpus : 1;
    }
    snprintf(text, sizeof text, "%ld", wanted < THREADS_MAX ? wanted : (long)THREADS_MAX);
    derive(conf, "threads", text);
}

/*
 * The age limit. MyDNS: zone-cache-expire, else cache-expire, else 60. A size of 0 switched a cache
 * off, so whoever wrote it wants changes at once: 1 s. cache-size counts where a size is not set.
 */
static void derive_age(struct conf *conf)
{
    bool sizes_set = is_set(conf, "zone-cache-size") && is_set(conf, "reply-cache-size");

    if (number(conf, "zone-cache-size") == 0 || number(conf, "reply-cache-size") == 0 ||
        (!sizes_set && number(conf, "cache-size") == 0)) {
        derive(conf, "zone-cache-expire", "1");
    } else if (!is_set(conf, "zone-cache-expire") && is_set(conf, "cache-expire")) {
        derive(conf, "zone-cache-expire", conf_option_text(conf->_source, "cache-expire"));
    }
}

/* Fields that have no text of their own in the dump. */
static void derive_fields(struct conf *conf)
{
    if (!is_set(conf, "db-ssl-verify")) {
        /* The field only: a dumped "no" would outlive the day when someone adds a certificate. */
        conf->db_ssl_verify =
            conf->db_ssl_ca != NULL || conf->db_ssl_cert != NULL || conf->db_ssl_key != NULL;
    }
    conf->recursive_set = is_set(conf, "recursive");
    conf->control_socket_set = is_set(conf, "control-socket");
}

/* Beside the pidfile, where the server may write; nowhere if that has no directory of its own. */
static void derive_control(struct conf *conf)
{
    char path[CONF_SOCKET_SIZE];
    const char *slash = strrchr(conf->pidfile, '/');

    if (conf->control_socket_set || conf->pidfile[0] != '/') {
        return;
    }
    int len =
        snprintf(path, sizeof path, "%.*s/mydns.sock", (int)(slash - conf->pidfile), conf->pidfile);
    if (len > 0 && (size_t)len < sizeof path) {
        derive(conf, "control-socket", path);
    }
}

static void derive_all(struct conf *conf)
{
    derive_threads(conf);
    derive_age(conf);
    if (!is_set(conf, "group") && getgrnam("nobody") == NULL && getgrnam("nogroup") != NULL) {
        derive(conf, "group", "nogroup"); /* Debian's name; MyDNS does so too */
    }
    derive_fields(conf);
    derive_control(conf);
}

static bool read_settings(struct conf_settings *settings, const char *file,
                          const char *const *overrides, FILE *messages)
{
    char err[512];
    for (size_t i = 0; overrides != NULL && overrides[i] != NULL; i += 2) {
        conf_settings_add(settings, overrides[i], overrides[i + 1]);
    }
    if (file == NULL || conf_parse_file(settings, file, err, sizeof err)) {
        return true;
    }
    fprintf(messages, "error: %s\n", err);
    return false;
}

struct conf *conf_read(const char *file, const char *const *overrides, char **messages)
{
    struct conf *conf = alloc_zero(1, sizeof *conf);
    struct conf_settings settings = {0};
    size_t len;
    FILE *out = open_memstream(messages, &len);
    if (out == NULL) {
        abort(); /* out of memory */
    }
    bool ok = read_settings(&settings, file, overrides, out);
    conf->_source = conf_options_read(&conf_server_options, conf, &settings, out, &ok);
    conf_settings_release(&settings);
    fclose(out);
    if (!ok) {
        conf_free(conf);
        return NULL;
    }
    derive_all(conf);
    return conf;
}

void conf_free(struct conf *conf)
{
    if (conf != NULL) {
        conf_options_release(conf->_source, conf);
        free(conf);
    }
}

struct conf *conf_reload(const struct conf *current, const struct conf *next)
{
    struct conf *conf = alloc_zero(1, sizeof *conf);
    conf->_source = conf_options_reload(current->_source, next->_source, conf);
    derive_fields(conf);
    return conf;
}

static bool same_text(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

void conf_report_restart(const struct conf *current, const struct conf *next, FILE *out)
{
    const unsigned harmless = CONF_OPTION_RELOAD | CONF_OPTION_LENIENT | CONF_OPTION_MISSING;
    for (size_t i = 0; i < conf_server_options.count; i++) {
        const struct conf_option *row = &conf_server_options.rows[i];
        if (row->name != NULL && row->alias_of == NULL && !(row->flags & harmless) &&
            !same_text(conf_option_text(current->_source, row->name),
                       conf_option_text(next->_source, row->name))) {
            fprintf(out, "%s has changed: it takes a restart\n", row->name);
        }
    }
}

void conf_dump(const struct conf *conf, FILE *out)
{
    conf_options_dump(conf->_source, out);
}

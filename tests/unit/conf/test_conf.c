/*
 * Options: what files and command lines make of struct conf, what they are told about it, and whether
 * the table, the manual and the sample agree.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "conf/conf.h"
#include "conf/options.h"
#include "tests/unit/conf/conf_fixture.h"

static void assert_list(const struct conf_list *list, const char *joined)
{
    char text[400] = "";
    for (size_t i = 0; i < list->count; i++) {
        strcat(text, i == 0 ? "" : "|");
        strcat(text, list->items[i]);
    }
    assert_string_equal(text, joined);
}

static void test_defaults(void **state)
{
    (void)state;
    char *messages;
    struct conf *conf = conf_read("/nonexistent/mydns.conf", NULL, &messages);
    assert_non_null(conf);
    assert_string_equal(messages, "");
    assert_list(&conf->db_host, "localhost");
    assert_string_equal(conf->db_user, "username");
    assert_string_equal(conf->db_password, "password");
    assert_string_equal(conf->database, "mydns");
    assert_int_equal(conf->db_port, 0);
    assert_null(conf->db_socket);
    assert_null(conf->soa_where);
    assert_string_equal(conf->soa_table, "soa");
    assert_int_equal(conf->use_soa_active, CONF_UNSET);
    assert_int_equal(conf->change_feed, CONF_FEED_AUTO);
    assert_list(&conf->listen, "*");
    assert_int_equal(conf->no_listen.count, 0);
    assert_int_equal(conf->port, 53);
    assert_int_equal(conf->threads, sysconf(_SC_NPROCESSORS_ONLN));
    assert_string_equal(conf->log, "LOG_DAEMON");
    assert_int_equal(conf->log_level, LOG_LEVEL_INFO);
    assert_string_equal(conf->group, getgrnam("nobody")    ? "nobody"
                                     : getgrnam("nogroup") ? "nogroup"
                                                           : "nobody");
    assert_int_equal(conf->zone_cache_expire_sec, 60);
    assert_int_equal(conf->stale_limit_sec, 0);
    assert_int_equal(conf->vanish_limit_percent, 10);
    assert_int_equal(conf->cache_memory, 0);
    assert_true(conf->preload && conf->allow_tcp && conf->alias_aaaa);
    assert_false(conf->allow_axfr || conf->ignore_minimum || conf->chaos || conf->db_ssl_verify);
    assert_int_equal(conf->wildcard_recursion, 0);
    assert_int_equal(conf->edns_udp_size, 1232);
    assert_int_equal(conf->tcp_connections, 1000);
    assert_int_equal(conf->zone_max_rows, 5000000);
    assert_string_equal(conf->dbengine, "InnoDB");
    conf_free(conf);
    free(messages);
}

/* As ISPConfig's installer writes it: blank values, a comment glued to the last one, no line end. */
static const char ispconfig[] =
    "##\n## DATABASE\n##\n"
    "db-host = localhost     # SQL server\n"
    "db-port = 3306\n"
    "db-user = ispconfig\n"
    "db-password = s3cret\\#\\/\\/x\n"
    "database = dbispconfig\n\n"
    "user = nobody\ngroup = nogroup\n"
    "listen = *              # all addresses\n"
    "no-listen =             # none\n"
    "zone-cache-size = 2048\nzone-cache-expire = 60\n"
    "reply-cache-size = 2048\nreply-cache-expire = 30\n"
    "log = LOG_DAEMON\npidfile = /var/run/mydns.pid\ntimeout = 120\nmulticpu = 1\n"
    "recursive =             # nobody\n"
    "allow-axfr = yes\nallow-tcp = yes\nallow-update = no\nignore-minimum = no\n"
    "soa-table = dns_soa\nrr-table = dns_rr\n"
    "## soa-where = server_id = 1\n"
    "use-soa-active = yes    # suspended zones\n"
    "use-rr-active = yes# suspended records";

static void test_ispconfig(void **state)
{
    (void)state;
    struct fixture f = read_text(ispconfig);
    assert_non_null(f.conf);
    assert_string_equal(f.messages, ":23: allow-axfr = yes has no effect in this version\n");
    assert_string_equal(f.conf->db_password, "s3cret#//x");
    assert_int_equal(f.conf->db_port, 3306);
    assert_string_equal(f.conf->soa_table, "dns_soa");
    assert_null(f.conf->soa_where);
    assert_int_equal(f.conf->use_soa_active, CONF_YES);
    assert_int_equal(f.conf->use_rr_active, CONF_YES);
    assert_int_equal(f.conf->no_listen.count, 0);
    assert_false(f.conf->recursive_set);
    assert_true(f.conf->allow_axfr);
    assert_int_equal(f.conf->threads, sysconf(_SC_NPROCESSORS_ONLN));
    release(&f);
}

static void test_precedence(void **state)
{
    static const char *const overrides[] = {"db-user", "line", "db-password", "", NULL};
    (void)state;
    struct fixture f = read_with("db-user = file\n"
                                 "DATABASE = one\ndatabase = one\ndatabase = two\n"
                                 "listen = 192.0.2.1, 192.0.2.2:54\nbind = ::1\nlisten=[::1]:54\n"
                                 "mysql-host = db1, db2:3307\nmysql-pass = p\nmysql-user = u\n",
                                 overrides);
    assert_non_null(f.conf);
    assert_string_equal(f.messages,
                        ":4: database = two is ignored: set before at :2, the first one wins\n");
    assert_string_equal(f.conf->db_user, "line");
    assert_string_equal(f.conf->db_password, ""); /* only a command line can say this */
    assert_string_equal(f.conf->database, "one");
    assert_list(&f.conf->listen, "192.0.2.1|192.0.2.2:54|::1|[::1]:54");
    assert_list(&f.conf->db_host, "db1|db2:3307");
    release(&f);

    f = read_text("mysql-pass = older\nmysql-password = old\nmysql-user = u\ndb-user = v\n");
    assert_string_equal(f.conf->db_password, "old");
    assert_string_equal(f.conf->db_user, "v");
    release(&f);
}

/* Values and what becomes of them: an error, or a message and a configuration. */
static void test_messages(void **state)
{
    static const struct {
        const char *text;
        bool good;
        const char *message; /* a part of it; "" = none at all */
    } cases[] = {
        {"port = abc", false, ":1: error: port = abc: expected a number from 1 to 65535\n"},
        {"port = 0", false, "expected a number"},
        {"port = 65536", false, "expected a number"},
        {"port = 53x", false, "expected a number"},
        {"port = 99999999999999999999", false, "expected a number"},
        {"tcp-idle = 10s", true, ""},
        {"tcp-idle = 10 S", true, ""},
        {"tcp-idle = 10m", false, "from 1 to 3600, unit s"},
        {"vanish-limit = 10%", true, ""},
        {"vanish-limit = 200", false, "from 0 to 100, unit %"},
        {"listen = 192.0.2.300", false, "error: listen = 192.0.2.300: expected *, or an address"},
        {"listen = ,", false, "at least one"},
        {"db-host = *", false, "a host or host:port"},
        {"txt-format = odd", false, "expected auto, raw or quoted"},
        {"TXT-Format = Quoted", true, ""},
        {"cache-memory = 512m", true, ""},
        {"cache-memory = 512", false, "0, or at least 1048576 octets"},
        {"cache-memory = 9999999T", false, "octets"},
        {"cache-memory = -1", false, "octets"},
        {"soa-table = a;b", false, "a table name"},
        {"nsid = off", true, ""},
        {"cookie-secret = 12", false, "cookie-secret = (not shown): expected 32 hexadecimal"},
        {"cookie-secret = 00112233445566778899aabbccddeeff,00112233445566778899AABBCCDDEEFF,"
         "00112233445566778899aabbccddeeff",
         false, "a list of at most 2"},
        {"chaos = maybe", false, "chaos = maybe: expected yes or no\n"},
        {"allow-tcp = nope", true, "expected yes or no; read as no, as MyDNS does\n"},
        {"allow-tcp = always", true, "read as yes"},
        {"use-rr-active = inactive", true, ""},
        {"servers = many", true, ":1: servers = many: expected a number from -1 to 65536; ignored"},
        {"zone-cache-size = x", true, "ignored"},
        {"recursive = 192.0.2.1", true, "recursive = 192.0.2.1 has no effect"},
        {"recursive-timeout = 1", true, ""},
        {"allow-update = no", true, ""},
        {"allow-update = False", true, ""},
        {"allow-update = on", true, "allow-update = on has no effect"},
        {"notify-timeout = 60s", true, ""},
        {"recursive-algorithm = Linear", true, ""},
        {"recursive-algorithm = progressive", true, "has no effect"},
        {"change-feed = off", true, ""},
        {"change-feed = auto", true, ""},
        {"change-feed = binlog", true, ""},
        {"feed-password = x", true, ""},
        {"snapshot-file = off", true, ""},
        {"snapshot-file = /x", true, ""},
        {"replica-max-lag = 0", true, ""},
        {"http-listen = 127.0.0.1:8080", true, ""},
        {"http-listen = off", true, ""},
        {"http-listen = http.example", false, "127.0.0.1:8053"},
        {"control-socket = off", true, ""},
        {"control-socket = mydns.sock", false, "begins with /"},
        {"vanish-hold = 60", true, ""},
        {"debug-enabled = 0", true, ""},
        {"debug-conf = 1\ndebug-sql = 2", true, "debug-sql = 2 has no effect"},
        {"recursiv = x", true, ":1: unknown option \"recursiv\" is ignored\n"},
        {"a\033[31m = x", true, "\"a\\027[31m\""},
        {"allow-tcp yes", true, "\"allow-tcp yes\" is ignored: expected \"name = value\"\n"},
        {"allow-tcp", true, ""},
        {"wildcard-recursion = -1", true, ""},
        {"wildcard-recursion = -2", false, "expected a number from -1"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct fixture f = read_text(cases[i].text);
        bool told = cases[i].message[0] == '\0' ? f.messages[0] == '\0'
                                                : strstr(f.messages, cases[i].message) != NULL;
        if (!told || (f.conf != NULL) != cases[i].good) {
            print_error("%s -> %s\n", cases[i].text, f.messages);
        }
        assert_true(told);
        assert_int_equal(f.conf != NULL, cases[i].good);
        release(&f);
    }
}

/* The control socket stands beside the pidfile, unless it is told where, or the path is too long. */
static void test_control_socket(void **state)
{
    static const struct {
        const char *text, *path;
        bool set;
    } cases[] = {
        {"", "/var/run/mydns.sock", false},
        {"pidfile = /run/dns/a.pid", "/run/dns/mydns.sock", false},
        {"pidfile = /a.pid", "/mydns.sock", false},
        {"pidfile = a.pid", NULL, false},
        {"pidfile = /0123456789012345678901234567890123456789012345678901234567890123456789"
         "01234567890123456789012345/a",
         NULL, false},
        {"control-socket = off", NULL, true},
        {"control-socket = /x", "/x", true},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct fixture f = read_text(cases[i].text);
        assert_int_equal(f.conf->control_socket_set, cases[i].set);
        if (cases[i].path == NULL) {
            assert_null(f.conf->control_socket);
        } else {
            assert_string_equal(f.conf->control_socket, cases[i].path);
        }
        release(&f);
    }
}

static void test_unreadable_file(void **state)
{
    (void)state;
    char *messages;
    assert_null(conf_read("/", NULL, &messages));
    assert_non_null(strstr(messages, "error: /: cannot be read"));
    free(messages);
}

static void test_values(void **state)
{
    (void)state;
    struct fixture f = read_text(
        "cache-memory = 2G\nlog = /var/Log/MyDNS.log\nuse-soa-active = no\n"
        "db-ssl-ca = /ca.pem\nnsid = off\nwildcard-recursion = -1\ntxt-format = raw\n"
        "log-level = debug\nstale-limit = 3600\npreload = off\nzone-max-rows = 4294967295\n"
        "cookie-secret = 00112233445566778899aabbccddeeff\n"
        "rr-where = name != \\#\\\\ AND zone = 1\n");
    assert_non_null(f.conf);
    assert_string_equal(f.messages, "");
    assert_int_equal(f.conf->cache_memory, UINT64_C(2) << 30);
    assert_string_equal(f.conf->log, "/var/Log/MyDNS.log");
    assert_int_equal(f.conf->use_soa_active, CONF_NO);
    assert_true(f.conf->db_ssl_verify);
    assert_null(f.conf->nsid);
    assert_int_equal(f.conf->wildcard_recursion, -1);
    assert_int_equal(f.conf->txt_format, CONF_TXT_RAW);
    assert_int_equal(f.conf->log_level, LOG_LEVEL_DEBUG);
    assert_int_equal(f.conf->stale_limit_sec, 3600);
    assert_false(f.conf->preload);
    assert_int_equal(f.conf->zone_max_rows, UINT32_MAX);
    assert_int_equal(f.conf->cookie_secret.count, 1);
    assert_string_equal(f.conf->rr_where, "name != #\\ AND zone = 1");
    release(&f);
}

/* What one option says about another. */
static void test_threads_and_age(void **state)
{
    static const struct {
        const char *text;
        long threads; /* -1 = CPUs */
        unsigned age_sec;
    } cases[] = {
        {"servers = 4", 4, 60},
        {"multicpu = 3", 3, 60},
        {"servers = 4\nthreads = 2", 2, 60},
        {"servers = 1\nmulticpu = -1", -1, 60},
        {"servers = 60000", 1024, 60},
        {"zone-cache-expire = 20\ncache-expire = 30", -1, 20},
        {"cache-expire = 30", -1, 30},
        {"cache-expire = 30s", -1, 30},
        {"zone-cache-expire = 0", -1, 0},
        {"reply-cache-expire = 30", -1, 60},
        {"zone-cache-size = 0", -1, 1},
        {"reply-cache-size = 0\nzone-cache-expire = 60", -1, 1},
        {"cache-size = 0", -1, 1},
        {"cache-size = 0\nzone-cache-size = 9", -1, 1},
        {"cache-size = 0\nzone-cache-size = 9\nreply-cache-size = 9", -1, 60},
        {"zone-cache-size = 2048", -1, 60},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct fixture f = read_text(cases[i].text);
        assert_non_null(f.conf);
        assert_string_equal(f.messages, "");
        assert_int_equal(f.conf->threads,
                         cases[i].threads > 0 ? cases[i].threads : sysconf(_SC_NPROCESSORS_ONLN));
        assert_int_equal(f.conf->zone_cache_expire_sec, cases[i].age_sec);
        release(&f);
    }
}

static void test_dump_reads_back(void **state)
{
    static const char *const texts[] = {
        "", ispconfig,
        "db-password = \\ \\#a\\\\b/\\/c/\\*\\ \nlisten = 192.0.2.1\nbind = ::1\nservers = 7\n"
        "cache-expire = 5\ncache-size = 0\ncache-memory = 3G\nuse-rr-active = no\n"
        "db-ssl-cert = /x\nmysql-user = u\nnsid = a b\n"};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        struct fixture f = read_text(texts[i]);
        char *first = printed(f.conf, conf_dump);
        struct fixture g = read_text(first);
        assert_non_null(g.conf);
        char *second = printed(g.conf, conf_dump);
        assert_string_equal(first, second);
        assert_string_equal(f.conf->db_password, g.conf->db_password);
        assert_int_equal(f.conf->db_ssl_verify, g.conf->db_ssl_verify);
        assert_int_equal(f.conf->zone_cache_expire_sec, g.conf->zone_cache_expire_sec);
        assert_int_equal(f.conf->threads, g.conf->threads);
        free(first);
        free(second);
        release(&f);
        release(&g);
    }
}

static void test_dump_is_complete(void **state)
{
    (void)state;
    struct fixture f = read_text("");
    char *dump = printed(f.conf, conf_dump);
    for (size_t i = 0; i < conf_server_options.count; i++) {
        const struct conf_option *row = &conf_server_options.rows[i];
        if (row->name == NULL || row->alias_of != NULL || strchr(row->name, '*') != NULL) {
            continue;
        }
        char *line = alloc_printf("\n%s = ", row->name);
        assert_non_null(strstr(dump, line));
        assert_non_null(row->help);
        free(line);
    }
    assert_non_null(strstr(dump, "## DATABASE INFORMATION\n"));
    assert_non_null(strstr(dump, "## ESOTERICA\n"));
    free(dump);
    release(&f);
}

static void test_names_are_unique(void **state)
{
    (void)state;
    for (size_t i = 0; i < conf_server_options.count; i++) {
        const struct conf_option *row = &conf_server_options.rows[i];
        if (row->name != NULL) {
            assert_ptr_equal(conf_option_find(&conf_server_options, row->name), row);
        }
    }
    assert_null(conf_option_find(&conf_server_options, "recursive-"));
    assert_null(conf_option_find(&conf_server_options, ""));
}

/* One warning by name, when it is set to something that asks for an effect. */
static void test_without_effect(void **state)
{
    static const struct {
        const char *text;
        bool told;
    } cases[] = {
        {"timeout = 120", false},
        {"timeout = 30", true},
        {"reply-cache-expire = 30", false},
        {"reply-cache-expire = 5", true},
        {"ptr-table = ptr", false},
        {"ptr-table = reverse", false}, /* mydnsptrconvert reads it */
        {"default-ns = ns1.example.com.", true},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct fixture f = read_text(cases[i].text);
        char *line = alloc_printf(":1: %s has no effect in this version\n", cases[i].text);
        assert_non_null(f.conf);
        assert_string_equal(f.messages, cases[i].told ? line : "");
        free(line);
        release(&f);
    }
}

/* The field of the row NAME, as options.c writes it. */
static char *field_of(const char *table, const char *name)
{
    char *head = alloc_printf("{.name = \"%s\",", name);
    const char *row = strstr(table, head), *end = row != NULL ? strstr(row, "\n{.") : NULL;
    const char *field = row != NULL ? strstr(row, "FIELD(") : NULL;
    free(head);
    assert_non_null(field);
    assert_true(end == NULL || field < end);
    field += strlen("FIELD(");
    return alloc_printf("%.*s", (int)strcspn(field, ")"), field);
}

/* What is read and asked of nobody is without effect, and the row has to say so. */
static void test_fields_are_used(void **state)
{
    (void)state;
    char *table = file_text(SOURCE_DIR "/server/conf/options.c");
    for (size_t i = 0; i < conf_server_options.count; i++) {
        const struct conf_option *row = &conf_server_options.rows[i];
        if (row->name == NULL || row->size == 0 || (row->flags & CONF_OPTION_MISSING)) {
            continue;
        }
        char *field = field_of(table, row->name);
        char *command =
            alloc_printf("cd '" SOURCE_DIR "/server' && grep -rqE --include='*.c' "
                         "--exclude-dir=conf 'conf[^;]*(->|\\.)%s\\>' . ../admin || grep -qE "
                         "'conf->%s\\>' conf/conf_schema.c",
                         field, field);
        if (system(command) != 0) {
            fail_msg("%s (%s) is read by nobody", row->name, field);
        }
        free(command);
        free(field);
    }
    free(table);
}

/* SIGHUP: what may change does, everything else stays. */
static void test_effective_after_reload(void **state)
{
    (void)state;
    struct fixture f = read_text("database = one\nmysql-pass = a\nservers = 2\nnsid = x\n"
                                 "ignore-minimum = yes\ncache-memory = 2G\nlisten = ::1\n");
    struct fixture g = read_text("database = two\nmysql-pass = b\nservers = 3\nsoa-where = 1\n"
                                 "cache-size = 0\nstale-limit = 5\ndb-ssl-ca = /x\n"
                                 "cookie-secret = 00112233445566778899aabbccddeeff\n");
    struct conf *conf = conf_reload(f.conf, g.conf);
    release(&g);
    assert_string_equal(conf->database, "one");
    assert_string_equal(conf->nsid, "x");
    assert_null(conf->soa_where);
    assert_null(conf->db_ssl_ca);
    assert_false(conf->db_ssl_verify);
    assert_true(conf->ignore_minimum);
    assert_int_equal(conf->threads, 2);
    assert_int_equal(conf->listen.count, 1);
    assert_string_equal(conf->listen.items[0], "::1");
    assert_string_equal(conf->db_password, "b");
    assert_int_equal(conf->cache_memory, 0);
    assert_int_equal(conf->zone_cache_expire_sec, 1);
    assert_int_equal(conf->stale_limit_sec, 5);
    assert_int_equal(conf->cookie_secret.count, 1);
    struct conf *back = conf_reload(conf, f.conf);
    char *first = printed(f.conf, conf_dump), *second = printed(back, conf_dump);
    assert_string_equal(first, second);
    free(first), free(second);
    conf_free(back);
    conf_free(conf);
    release(&f);
}

static void test_reload(void **state)
{
    (void)state;
    struct fixture f = read_text("db-password = a\nlisten = ::1\nservers = 2\n");
    struct fixture g = read_text("db-password = b\nlisten = ::1\nservers = 3\nnsid = x\n");
    char *text;
    size_t len;
    FILE *out = open_memstream(&text, &len);
    conf_report_restart(f.conf, g.conf, out);
    fclose(out);
    assert_string_equal(text, "nsid has changed: it takes a restart\n"
                              "threads has changed: it takes a restart\n");
    free(text);
    release(&f);
    release(&g);
}

/* --- what the table shares with other files --- */

/* Every option has its heading in the manual, with its default. */
static void test_manual(void **state)
{
    (void)state;
    char *manual = file_text(SOURCE_DIR "/server/man/mydns.conf.5");
    char *to = manual; /* "\-" is how groff writes "-" */
    for (const char *from = manual; *from != '\0'; from++) {
        if (from[0] != '\\' || from[1] != '-') {
            *to++ = *from;
        }
        if (from[0] == '\\' && from[1] == '-') {
            *to++ = '-';
            from++;
        }
    }
    *to = '\0';
    for (size_t i = 0; i < conf_server_options.count; i++) {
        const struct conf_option *row = &conf_server_options.rows[i];
        if (row->name == NULL) {
            continue;
        }
        size_t len = strcspn(row->name, "*");
        char *heading =
            row->alias_of != NULL || row->name[len] == '*'
                ? alloc_printf("\\fB%.*s\\fR", (int)len, row->name)
                : alloc_printf("\n\\fB%s\\fR =%s%s\n", row->name, row->fallback != NULL ? " " : "",
                               row->fallback != NULL ? row->fallback : "");
        if (strstr(manual, heading) == NULL) {
            fail_msg("mydns.conf(5) lacks %s", heading);
        }
        free(heading);
    }
    free(manual);
}

/* The sample reads without a word, and MyDNS's substitutions find their lines. */
static void test_sample(void **state)
{
    (void)state;
    char *sample = file_text(SOURCE_DIR "/server/mydns.conf");
    assert_non_null(strstr(sample, "\ndb-user = username\n"));
    assert_non_null(strstr(sample, "\ndb-password = password\n"));
    struct fixture f = read_text(sample);
    assert_string_equal(f.messages, "");
    assert_true(f.conf->ignore_minimum);
    release(&f);

    /* So does every setting in it that is commented out: "#name = value". */
    for (char *p = sample; (p = strstr(p, "\n#")) != NULL; p++) {
        if (p[2] >= 'a' && p[2] <= 'z') {
            p[1] = ' ';
        }
    }
    f = read_text(sample);
    assert_string_equal(f.messages, "");
    release(&f);
    free(sample);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),         cmocka_unit_test(test_ispconfig),
        cmocka_unit_test(test_precedence),       cmocka_unit_test(test_messages),
        cmocka_unit_test(test_control_socket),   cmocka_unit_test(test_unreadable_file),
        cmocka_unit_test(test_values),           cmocka_unit_test(test_threads_and_age),
        cmocka_unit_test(test_dump_reads_back),  cmocka_unit_test(test_dump_is_complete),
        cmocka_unit_test(test_names_are_unique), cmocka_unit_test(test_without_effect),
        cmocka_unit_test(test_fields_are_used),  cmocka_unit_test(test_effective_after_reload),
        cmocka_unit_test(test_reload),           cmocka_unit_test(test_manual),
        cmocka_unit_test(test_sample),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

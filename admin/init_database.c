#include "admin/init_database.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/alloc.h"
#include "conf/conf.h"

bool init_is_name(const char *text, const char *extra)
{
    size_t len = strlen(text);
    for (size_t i = 0; i < len; i++) {
        char c = text[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!plain && strchr(extra, c) == NULL) {
            return false;
        }
    }
    return len > 0 && len <= 64;
}

static void random_letters(char *out)
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.";
    enum { LETTERS = sizeof letters - 1, LIMIT = 256 / LETTERS * LETTERS };

    for (int i = 0; i < INIT_PASSWORD_LEN;) {
        unsigned char octet;
        if (getrandom(&octet, 1, 0) != 1) {
            continue; /* interrupted: a single octet never fails otherwise */
        }
        if (octet < LIMIT) { /* else some letters would be more likely */
            out[i++] = letters[octet % LETTERS];
        }
    }
    out[INIT_PASSWORD_LEN] = 0;
}

/* What MariaDB's plugin simple_password_check asks for. */
static bool has_all_kinds(const char *password)
{
    static const char *const kinds[] = {"ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz",
                                        "0123456789", "-_."};
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        if (strpbrk(password, kinds[i]) == NULL) {
            return false;
        }
    }
    return true;
}

void init_password(char *out)
{
    do {
        random_letters(out);
    } while (!has_all_kinds(out));
}

PRINTF(3, 4)
static enum outcome run(struct session *admin, const char *what, const char *format, ...)
{
    char *sql = NULL;
    va_list args;
    va_start(args, format);
    if (vasprintf(&sql, format, args) < 0) {
        abort();
    }
    va_end(args);
    enum db_error error = db_run(admin->db, sql);
    free(sql);
    return error == DB_OK ? OUTCOME_OK : session_db_error(admin, what);
}

/* The end of the statement at SQL: its semicolon, or the final NUL. Semicolons in comments and
 * quotes do not count. */
static const char *statement_end(const char *sql)
{
    while (*sql != 0 && *sql != ';') {
        if (strncmp(sql, "--", 2) == 0) {
            sql += strcspn(sql, "\n");
        } else if (*sql == '\'' || *sql == '`' || *sql == '"') {
            const char *close = strchr(sql + 1, *sql);
            sql = close != NULL ? close + 1 : sql + strlen(sql);
        } else {
            sql++;
        }
    }
    return sql;
}

/* Only comments and white space? */
static bool is_nothing(const char *sql, const char *end)
{
    while (sql < end) {
        if (strncmp(sql, "--", 2) == 0) {
            sql += strcspn(sql, "\n");
        } else if (strchr(" \t\r\n", *sql) == NULL) {
            return false;
        } else {
            sql++;
        }
    }
    return true;
}

static enum outcome run_script(struct session *admin, const char *sql)
{
    enum outcome outcome = OUTCOME_OK;
    while (*sql != 0 && outcome == OUTCOME_OK) {
        const char *end = statement_end(sql);
        if (!is_nothing(sql, end)) {
            outcome = run(admin, "cannot make the tables", "%.*s", (int)(end - sql), sql);
        }
        sql = *end == ';' ? end + 1 : end;
    }
    return outcome;
}

enum outcome init_tables(struct session *admin, const char *database)
{
    char *messages = NULL, *sql = NULL;
    size_t len;
    enum outcome outcome =
        run(admin, "cannot make the database", "CREATE DATABASE IF NOT EXISTS `%s`", database);
    if (outcome == OUTCOME_OK) {
        outcome = run(admin, "cannot use the database", "USE `%s`", database);
    }
    if (outcome != OUTCOME_OK) {
        return outcome;
    }
    struct conf *conf = conf_read("/dev/null", NULL, &messages);
    if (conf == NULL) {
        outcome = report_error(OUTCOME_FAILED, "%s", messages);
        free(messages);
        return outcome;
    }
    FILE *out = open_memstream(&sql, &len);
    conf_create_tables(conf, out);
    fclose(out);
    outcome = run_script(admin, sql);
    free(sql);
    free(messages);
    conf_free(conf);
    return outcome;
}

enum outcome init_account_exists(struct session *admin, const char *user, const char *host,
                                 bool *exists)
{
    struct db_stmt *stmt =
        session_prepare(admin, "SELECT 1 FROM mysql.user WHERE User = ? AND Host = ?");
    if (stmt == NULL) {
        return session_outcome(admin);
    }
    db_bind_text(stmt, 0, user, strlen(user));
    db_bind_text(stmt, 1, host, strlen(host));
    enum outcome outcome = OUTCOME_OK;
    enum db_fetch got = DB_END;
    if (db_execute(stmt) != DB_OK || (got = db_fetch(stmt)) == DB_BROKEN) {
        outcome = session_db_error(admin, "cannot look for the accounts");
    }
    *exists = got == DB_ROW;
    db_stmt_free(stmt);
    return outcome;
}

/* In GRANT, _ and % of a database's name would match other databases too. */
static char *grant_name(const char *database)
{
    char *text = alloc_new(2 * strlen(database) + 1), *p = text;
    for (const char *c = database; *c != 0; c++) {
        if (*c == '_' || *c == '%') {
            *p++ = '\\';
        }
        *p++ = *c;
    }
    *p = 0;
    return text;
}

enum outcome init_account_make(struct session *admin, const char *database, const char *host,
                               const struct init_account *account)
{
    enum outcome outcome = OUTCOME_OK;
    if (*account->password != 0) {
        outcome = run(admin, "cannot make the account",
                      "CREATE USER IF NOT EXISTS '%s'@'%s' IDENTIFIED BY '%s'", account->user, host,
                      account->password);
        if (outcome == OUTCOME_OK) { /* one that existed keeps its old password above */
            outcome =
                run(admin, "cannot set the password", "ALTER USER '%s'@'%s' IDENTIFIED BY '%s'",
                    account->user, host, account->password);
        }
    }
    if (outcome == OUTCOME_OK) {
        char *name = grant_name(database);
        outcome = run(admin, "cannot grant privileges", "GRANT %s ON `%s`.* TO '%s'@'%s'",
                      account->privileges, name, account->user, host);
        free(name);
    }
    return outcome;
}

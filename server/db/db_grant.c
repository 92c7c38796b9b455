/*
 * SHOW GRANTS, read for one question: may this account change the tables? It is the only source that
 * also shows what roles give, to an account that may see nothing but itself. A line is
 *
 *   GRANT SELECT (`id`, `name`), INSERT ON `mydns\_%`.* TO `user`@`host` ...
 *
 * and lines of other shapes (GRANT role TO, SET DEFAULT ROLE) grant nothing by themselves.
 */
#include <string.h>
#include <strings.h>

#include "db/db_private.h"

/* What changes rows, tables or who may do so. Reading, locking and watching are not here. */
static const char *const writing[] = {"ALL PRIVILEGES", "INSERT", "UPDATE",     "DELETE",
                                      "DROP",           "ALTER",  "CREATE",     "INDEX",
                                      "DELETE HISTORY", "SUPER",  "CREATE USER"};

struct cursor {
    const char *at, *end;
};

static bool skip(struct cursor *in, const char *text)
{
    size_t len = strlen(text);
    if ((size_t)(in->end - in->at) < len || strncasecmp(in->at, text, len) != 0) {
        return false;
    }
    in->at += len;
    return true;
}

/* An identifier, quoted or not, into OUT; "*" stays as it is. False when it does not fit or ends early. */
static bool read_identifier(struct cursor *in, char *out, size_t cap)
{
    size_t len = 0;
    bool is_quoted = in->at < in->end && *in->at == '`';

    in->at += is_quoted;
    while (in->at < in->end && len < cap - 1) {
        if (is_quoted && *in->at == '`' && (in->at + 1 == in->end || in->at[1] != '`')) {
            in->at++;
            out[len] = '\0';
            return true;
        }
        if (!is_quoted && (*in->at == '.' || *in->at == ' ')) {
            break;
        }
        in->at += is_quoted && *in->at == '`';
        out[len++] = *in->at++;
    }
    out[len] = '\0';
    return !is_quoted && len > 0 && len < cap - 1;
}

/* A list of columns in parentheses, whose names may hold anything. */
static void skip_columns(struct cursor *in)
{
    bool in_quotes = false;
    while (in->at < in->end && (in_quotes || *in->at != ')')) {
        in_quotes = in_quotes != (*in->at == '`');
        in->at++;
    }
    in->at += in->at < in->end;
}

/* The list of privileges up to " ON ": the first that writes. False when there is no ON. */
static bool read_privileges(struct cursor *in, const char **found)
{
    *found = NULL;
    while (in->at < in->end) {
        const char *start = in->at;
        while (in->at < in->end && strchr(",(", *in->at) == NULL &&
               !((size_t)(in->end - in->at) >= 4 && memcmp(in->at, " ON ", 4) == 0)) {
            in->at++;
        }
        size_t len = (size_t)(in->at - start);
        while (len > 0 && start[len - 1] == ' ') {
            len--;
        }
        for (size_t i = 0; *found == NULL && i < ARRAY_LEN(writing); i++) {
            if (strlen(writing[i]) == len && strncasecmp(writing[i], start, len) == 0) {
                *found = writing[i];
            }
        }
        if (in->at < in->end && *in->at == '(') {
            skip_columns(in);
        }
        if (skip(in, " ON ")) {
            return true;
        }
        if (!skip(in, ", ")) {
            return false;
        }
    }
    return false;
}

/* LIKE's pattern as grants use it: % and _, either escaped by a backslash. Names compare in any case. */
static bool matches(const char *pattern, const char *name)
{
    for (; *pattern != '\0'; pattern++, name++) {
        if (*pattern == '%') {
            for (; *name != '\0'; name++) {
                if (matches(pattern + 1, name)) {
                    return true;
                }
            }
            return matches(pattern + 1, name);
        }
        bool any = *pattern == '_';
        if (*pattern == '\\' && pattern[1] != '\0') {
            pattern++;
        }
        if (*name == '\0' || (!any && strncasecmp(pattern, name, 1) != 0)) {
            return false;
        }
    }
    return *name == '\0';
}

static bool reaches(const char *schema, const char *table, const struct db_table *target)
{
    return strcmp(table, "*") == 0
               ? strcmp(schema, "*") == 0 || matches(schema, target->schema)
               : strcasecmp(schema, target->schema) == 0 && strcasecmp(table, target->name) == 0;
}

const char *db_grant_writes(const char *line, size_t len, const struct db_layout *layout)
{
    struct cursor in = {line, line + len};
    const char *found;
    char schema[256], table[256];

    if (!skip(&in, "GRANT ") || !read_privileges(&in, &found) || found == NULL) {
        return NULL;
    }
    /* Routines, and proxies, which start with a quote: no tables. */
    if (skip(&in, "PROCEDURE ") || skip(&in, "FUNCTION ") || skip(&in, "PACKAGE ")) {
        return NULL;
    }
    if (!read_identifier(&in, schema, sizeof schema) || !skip(&in, ".") ||
        !read_identifier(&in, table, sizeof table)) {
        return NULL;
    }
    return reaches(schema, table, &layout->soa) || reaches(schema, table, &layout->rr) ? found
                                                                                       : NULL;
}

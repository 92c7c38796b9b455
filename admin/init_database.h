/*
 * What `init` makes in the database, as an administrator: database, tables, accounts. Everything
 * may be there already; then it is left as it is.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "admin/session.h"
#include "base/attr.h"

enum { INIT_PASSWORD_LEN = 24 }; /* 24 of 65 characters: 144 bits */

struct init_account {
    const char *user;
    const char *privileges;
    char password[INIT_PASSWORD_LEN + 1]; /* "" = the account exists and keeps the one it has */
};

/* Names become part of statements that take no parameters, so only harmless ones pass. */
bool init_is_name(const char *text, const char *extra) NONNULL;

NODISCARD enum outcome init_tables(struct session *admin, const char *database) NONNULL;

/* Does USER@HOST exist? */
NODISCARD enum outcome init_account_exists(struct session *admin, const char *user,
                                           const char *host, bool *exists) NONNULL;

/* Make ACCOUNT with its password (when it has one) and give it its privileges on DATABASE. */
NODISCARD enum outcome init_account_make(struct session *admin, const char *database,
                                         const char *host,
                                         const struct init_account *account) NONNULL;

/* A new password into OUT (INIT_PASSWORD_LEN + 1). */
void init_password(char *out) NONNULL;

/*
 * One value: from text into the field that its row names. Used by conf_option.c only.
 */
#pragma once

#include "conf/conf_option.h"

enum conf_outcome {
    CONF_GOOD,
    CONF_ODD, /* taken by MyDNS's rule for booleans, but it is neither a yes nor a no */
    CONF_BAD
};

/* Check TEXT against ROW and put it into its field of TARGET (NULL: only check), freeing what was
 * there. CONF_BAD leaves the field alone. */
NODISCARD enum conf_outcome conf_value_put(const struct conf_option *row, const char *text,
                                           void *target);
/* Free what the field holds and clear it. */
void conf_value_release(const struct conf_option *row, void *target) NONNULL;
/* What ROW takes, for messages: "a number from 1 to 65535". Written into OUT, which is returned. */
const char *conf_value_expected(const struct conf_option *row, const char *text, char *out,
                                size_t cap) NONNULL;
/* MyDNS's rule for booleans (mydns-compat 1.3). */
bool conf_value_is_true(const char *text) NONNULL;

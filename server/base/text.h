/*
 * Octets from outside as printable text: \DDD for everything that is not a printable ASCII
 * character, and for the backslash itself (RFC 1035, section 5.1). What passes through here can
 * neither forge a log line nor move a terminal's cursor.
 */
#pragma once

#include <stddef.h>

#include "base/attr.h"

/* Room for the escaped form of LEN octets, with the final NUL. */
#define TEXT_ESCAPED_SIZE(len) ((len)*4 + 1)

/*
 * Write DATA escaped into OUT (capacity CAP >= 5, always NUL-terminated). What does not fit is cut
 * at a whole character and marked with "..". Returns OUT, so that it can stand in an argument list.
 */
const char *text_escape(char *out, size_t cap, const void *data, size_t len) NONNULL;

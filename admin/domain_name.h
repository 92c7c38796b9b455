/*
 * Names as people type them, made into names as MyDNS stores them: lower case, A-labels for what is
 * not ASCII (RFC 5891), final dot. Stricter than the protocol: what is refused here could be served
 * but was certainly not meant. Pure functions on the caller's memory.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "dns/name.h"

struct domain {
    struct name name;          /* lower case */
    char text[NAME_TEXT_SIZE]; /* with final dot, as stored in soa.origin */
};

/*
 * Read the domain to be added or looked for: TEXT (LEN octets, UTF-8, final dot optional) into OUT.
 * Returns NULL, or the rule that TEXT breaks, as the end of a sentence: "has an empty label".
 */
NODISCARD const char *domain_from_text(struct domain *out, const char *text, size_t len) NONNULL;

/* The same for a host, such as a name server: no wildcard. */
NODISCARD const char *host_from_text(struct domain *out, const char *text) NONNULL;

/*
 * The mail address of a SOA, as the name that soa.mbox holds: "joe.doe@example.net" is
 * joe\.doe.example.net. (RFC 1035, 8); without an @ TEXT is such a name, final dot optional. Into OUT
 * (NAME_TEXT_SIZE). Returns NULL or the rule broken.
 */
NODISCARD const char *mbox_from_text(char *out, const char *text) NONNULL;

/*
 * Rules for an origin only: no wildcard, no host name of the form -x or x-, not the root.
 * NULL or the rule broken. A domain found in the table need not keep them.
 */
NODISCARD const char *domain_origin_fault(const struct domain *domain) NONNULL;

/* What to print for the name TEXT (ASCII): TEXT itself, or
 * "bücher.example. (xn--bcher-kva.example.)". Given (free()). */
NODISCARD char *domain_shown(const char *text) NONNULL;

/*
 * TEXT in ASCII: each label with octets above 0x7f becomes its A-label, the others stay as they
 * are. Given; NULL with *FAULT set when a label is not a valid IDN.
 */
NODISCARD char *domain_to_ascii(const char *text, size_t len, const char **fault) NONNULL;

/*
 * The NAME argument of a record: "@" or "" for the apex, relative, or absolute with dot. OUT in
 * lower case. Returns NULL or the rule broken, also when the name does not lie in ORIGIN.
 */
NODISCARD const char *owner_from_text(struct name *out, const char *text,
                                      const struct name *origin) NONNULL;

/* The owner as rr.name holds it, relative to ORIGIN ("" = the apex), into OUT (NAME_TEXT_SIZE). */
void owner_to_relative(char *out, const struct name *owner, const struct name *origin) NONNULL;

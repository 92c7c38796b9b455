/*
 * Rows left out are told once: at most ten lines per zone and a sum, and again only when they are
 * other rows or other reasons. A table of ten thousand bad rows thus costs eleven lines, not a disk.
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/log.h"
#include "base/text.h"
#include "dns/name_hash.h"
#include "load/loader_private.h"

/* Octets of a bad value that a line shows. */
enum { SHOWN_MAX = 64 };

void faults_add(struct faults *faults, const char *table, uint32_t id, const char *column,
                const char *reason, const void *value, size_t value_len)
{
    uint64_t state = name_hash_step(NAME_HASH_ROOT, id);
    for (const char *p = column; *p != '\0'; p++) {
        state = name_hash_step(state, (unsigned char)*p);
    }
    for (const char *p = reason; *p != '\0'; p++) {
        state = name_hash_step(state, (unsigned char)*p);
    }
    faults->digest += name_hash_finish(state);
    if (faults->count++ < FAULT_LINES) {
        char shown[TEXT_ESCAPED_SIZE(SHOWN_MAX)];
        text_escape(shown, sizeof shown, value, value_len);
        faults->lines[faults->count - 1] =
            alloc_printf("table %s, id %u: %s %s: '%s'", table, id, column, reason, shown);
    }
}

void faults_log(struct faults *faults, const char *origin, uint64_t known_digest)
{
    if (faults->count == 0 || faults->digest == known_digest) {
        return;
    }
    uint32_t shown = faults->count < FAULT_LINES ? faults->count : FAULT_LINES;
    for (uint32_t i = 0; i < shown; i++) {
        log_warning("zone %s: left out: %s", origin, faults->lines[i]);
    }
    if (faults->count > shown) {
        log_warning("zone %s: %u rows left out in all, all others are served", origin,
                    faults->count);
    }
}

void faults_release(struct faults *faults)
{
    for (unsigned i = 0; i < FAULT_LINES; i++) {
        free(faults->lines[i]);
    }
    memset(faults, 0, sizeof *faults);
}

/*
 * Rows left out are told once: at most ten lines per zone and a sum, and again only when they are
 * other rows or other reasons. A table of ten thousand bad rows thus costs eleven lines, not a disk.
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/log.h"
#include "dns/name_hash.h"
#include "load/loader_private.h"

static uint64_t step_text(uint64_t state, const char *text)
{
    for (; *text != '\0'; text++) {
        state = name_hash_step(state, (unsigned char)*text);
    }
    return state;
}

void faults_add(void *context, const struct finding *finding)
{
    struct faults *faults = context;
    uint64_t state = name_hash_step(NAME_HASH_ROOT, finding->id);
    state = step_text(step_text(state, finding->column), finding->reason);
    faults->digest += name_hash_finish(state);
    if (faults->count++ < FAULT_LINES) {
        faults->lines[faults->count - 1] = finding_text(finding);
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

void faults_log_ids(struct loader *loader, const char *table, uint64_t count)
{
    pthread_mutex_lock(&loader->lock);
    bool news = loader->rows_without_id != count;
    loader->rows_without_id = count;
    pthread_mutex_unlock(&loader->lock);
    if (news && count > 0) {
        log_warning("table %s: %llu rows left out: column id is NULL, negative or above 4294967295",
                    table, (unsigned long long)count);
    }
}

void faults_release(struct faults *faults)
{
    for (unsigned i = 0; i < FAULT_LINES; i++) {
        free(faults->lines[i]);
    }
    memset(faults, 0, sizeof *faults);
}

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

/* Rows of both tables have ids of their own. */
#define KEY_SOA    (UINT64_C(1) << 32)
#define KEY_SERVED (UINT64_C(1) << 33)
#define KEY_STORED (UINT64_C(1) << 34)

static uint64_t key_of(const struct finding *finding)
{
    bool soa = finding->served || strcmp(finding->column, "ns") == 0 ||
               strcmp(finding->column, "mbox") == 0;
    return (finding->stored ? KEY_STORED : 0) | (finding->served ? KEY_SERVED : 0) |
           (soa ? KEY_SOA : 0) | finding->id;
}

static void keep(struct faults *faults, struct fault fault)
{
    faults->digest += fault.digest;
    if (faults->count < FAULTS_KEPT_MAX) {
        if (faults->count == faults->cap) {
            faults->cap = faults->cap == 0 ? 8 : faults->cap * 2;
            faults->kept = alloc_resize(faults->kept, faults->cap, sizeof *faults->kept);
        }
        faults->kept[faults->count] = fault;
    }
    faults->count++;
    faults->served += (fault.key & KEY_SERVED) != 0;
    faults->stored += (fault.key & KEY_STORED) != 0;
}

void faults_add(void *context, const struct finding *finding)
{
    struct faults *faults = context;
    uint64_t state = name_hash_step(NAME_HASH_ROOT, finding->id);

    state = step_text(step_text(state, finding->column), finding->reason);
    if (faults->count < FAULT_LINES) {
        char *text = finding_text(finding);
        faults->lines[faults->count] =
            finding->served ? alloc_string(text) : alloc_printf("left out: %s", text);
        free(text);
    }
    keep(faults, (struct fault){key_of(finding), name_hash_finish(state)});
}

struct kept_faults *faults_keep(const struct faults *faults)
{
    size_t count = faults->count < FAULTS_KEPT_MAX ? faults->count : FAULTS_KEPT_MAX;
    if (count == 0) {
        return NULL;
    }
    struct kept_faults *kept = alloc_new(sizeof *kept + count * sizeof *kept->items);
    kept->count = (uint32_t)count;
    kept->complete = count == faults->count;
    memcpy(kept->items, faults->kept, count * sizeof *kept->items);
    return kept;
}

void faults_set(struct store *store, struct hosted *hosted, const struct faults *faults)
{
    struct kept_faults *kept = faults_keep(faults);
    size_t size = kept == NULL ? 0 : sizeof *kept + kept->count * sizeof *kept->items;

    store_set_left_out(store, hosted, faults->count - faults->served - faults->stored);
    hosted->fault_digest = faults->digest;
    store_set_faults(store, hosted, kept, (uint32_t)size);
}

static bool is_among(const uint32_t *ids, size_t count, uint64_t id)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (ids[middle] < id) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < count && ids[low] == id;
}

static bool is_of(const struct fault *fault, const uint32_t *ids, size_t count, bool soa)
{
    return fault->key & KEY_SOA ? soa : is_among(ids, count, (uint32_t)fault->key);
}

bool faults_replace(struct faults *faults, const struct kept_faults *live, const uint32_t *ids,
                    size_t count, bool soa)
{
    struct faults before = *faults;
    uint32_t lines = 0;

    if (before.count > FAULTS_KEPT_MAX || (live != NULL && !live->complete)) {
        return false;
    }
    *faults = (struct faults){0};
    for (uint32_t i = 0; i < before.count; i++) {
        char *line = i < FAULT_LINES ? before.lines[i] : NULL;
        if (is_of(&before.kept[i], ids, count, soa)) {
            free(line);
        } else {
            if (line != NULL) {
                faults->lines[lines++] = line;
            }
            keep(faults, before.kept[i]);
        }
    }
    for (uint32_t i = 0; live != NULL && i < live->count; i++) {
        if (is_of(&live->items[i], ids, count, soa)) {
            keep(faults, live->items[i]); /* told when it showed */
        }
    }
    free(before.kept);
    return true;
}

void faults_merge(struct faults *faults, const struct kept_faults *kept, const uint32_t *ids,
                  size_t count, bool soa)
{
    uint32_t fresh = faults->count < FAULT_LINES ? faults->count : FAULT_LINES;

    for (uint32_t i = 0; kept != NULL && i < kept->count; i++) {
        const struct fault *old = &kept->items[i];
        for (uint32_t line = 0; line < fresh; line++) {
            if (faults->kept[line].key == old->key && faults->kept[line].digest == old->digest) {
                free(faults->lines[line]); /* as it was */
                faults->lines[line] = NULL;
            }
        }
        if (!is_of(old, ids, count, soa)) {
            keep(faults, *old);
        }
    }
}

void faults_log(struct faults *faults, const char *origin, uint64_t known_digest)
{
    if (faults->count == 0 || faults->digest == known_digest) {
        return;
    }
    uint32_t shown = faults->count < FAULT_LINES ? faults->count : FAULT_LINES;
    for (uint32_t i = 0; i < shown; i++) {
        if (faults->lines[i] != NULL) {
            log_warning("zone %s: %s", origin, faults->lines[i]);
        }
    }
    if (faults->count > shown) {
        log_warning("zone %s: %u rows left out in all, all others are served", origin,
                    faults->count - faults->served);
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
    free(faults->kept);
    memset(faults, 0, sizeof *faults);
}

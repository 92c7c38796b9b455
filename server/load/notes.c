#include "load/notes.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "zone/zone_edit.h"

struct notes *notes_find(struct notes *list, const struct hosted *hosted)
{
    while (list != NULL && list->hosted != hosted) {
        list = list->next;
    }
    return list;
}

static struct stamp *hold(struct stamp *stamp)
{
    if (stamp != NULL) {
        stamp->refs++;
    }
    return stamp;
}

static void drop(struct stamp *stamp)
{
    if (stamp != NULL && --stamp->refs == 0) {
        free(stamp);
    }
}

struct notes *notes_begin(struct notes **list, const struct hosted *hosted)
{
    struct notes *notes = notes_find(*list, hosted);

    if (notes == NULL) {
        notes = alloc_zero(1, sizeof *notes);
        notes->hosted = hosted;
        notes->base = hold(hosted->stamp);
        notes->next = *list;
        *list = notes;
    }
    return notes;
}

size_t notes_count(const struct notes *list)
{
    size_t count = 0;
    for (; list != NULL; list = list->next) {
        count += list->count;
    }
    return count;
}

void notes_end(struct notes **list, struct notes *notes)
{
    while (*list != notes) {
        list = &(*list)->next;
    }
    *list = notes->next;
    drop(notes->base);
    free(notes->items);
    free(notes->octets);
    free(notes->_index);
    free(notes);
}

void notes_rebase(struct notes *notes, struct stamp *stamp)
{
    struct stamp *before = notes->base;
    notes->base = hold(stamp);
    drop(before);
}

/* --- noting --- */

static bool is_at(const struct notes *notes, const struct note *note, uint32_t id,
                  const struct name *owner)
{
    return note->id == id && note->len == owner->len &&
           memcmp(notes->octets + note->off, owner->octets, owner->len) == 0;
}

static uint64_t hash_of(uint32_t id, const uint8_t *octets)
{
    return name_hash_finish(name_hash_step(name_hash(octets, NULL, NAME_HASH_ROOT), id));
}

static uint32_t *place_of(const struct notes *notes, uint32_t id, const struct name *owner)
{
    size_t mask = notes->_index_size - 1, at = hash_of(id, owner->octets) & mask;
    while (notes->_index[at] != 0 &&
           !is_at(notes, &notes->items[notes->_index[at] - 1], id, owner)) {
        at = (at + 1) & mask;
    }
    return &notes->_index[at];
}

static void grow(struct notes *notes)
{
    notes->cap = notes->cap == 0 ? 16 : notes->cap * 2;
    notes->items = alloc_resize(notes->items, notes->cap, sizeof *notes->items);
    free(notes->_index);
    notes->_index_size = notes->cap * 2;
    notes->_index = alloc_zero(notes->_index_size, sizeof *notes->_index);
    for (size_t i = 0; i < notes->count; i++) {
        const struct note *note = &notes->items[i];
        size_t mask = notes->_index_size - 1;
        size_t at = hash_of(note->id, notes->octets + note->off) & mask;
        while (notes->_index[at] != 0) {
            at = (at + 1) & mask;
        }
        notes->_index[at] = (uint32_t)i + 1;
    }
}

void notes_add(struct notes *notes, uint32_t id, const struct name *owner)
{
    if (notes->count == notes->cap) {
        grow(notes);
    }
    uint32_t *place = place_of(notes, id, owner);
    if (*place != 0) {
        return;
    }
    if (notes->octets_cap - notes->octets_len < owner->len) {
        notes->octets_cap = notes->octets_cap * 2 + DNS_NAME_MAX;
        notes->octets = alloc_resize(notes->octets, notes->octets_cap + NAME_SLACK, 1);
    }
    memcpy(notes->octets + notes->octets_len, owner->octets, owner->len);
    notes->items[notes->count++] =
        (struct note){.id = id, .off = (uint32_t)notes->octets_len, .len = owner->len};
    notes->octets_len += owner->len;
    *place = (uint32_t)notes->count;
}

/* --- taking over --- */

static int by_number(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

uint32_t *notes_ids(const struct notes *notes, size_t *count)
{
    uint32_t *ids = alloc_new((notes->count + 1) * sizeof *ids);
    size_t kept = 0;

    for (size_t i = 0; i < notes->count; i++) {
        ids[i] = notes->items[i].id;
    }
    if (notes->count > 1) {
        qsort(ids, notes->count, sizeof *ids, by_number);
    }
    for (size_t i = 0; i < notes->count; i++) {
        if (i == 0 || ids[i] != ids[kept - 1]) {
            ids[kept++] = ids[i];
        }
    }
    *count = kept;
    return ids;
}

static struct name owner_of(const struct notes *notes, const struct note *note)
{
    struct name owner = {.len = note->len};
    memcpy(owner.octets, notes->octets + note->off, note->len);
    return owner;
}

bool notes_take_over(const struct notes *notes, const struct zone *live,
                     struct zone_content *content, const struct zone_limits *limits, uint32_t **ids,
                     size_t *count)
{
    struct name origin = {.len = live->origin_len};
    struct zone_edit edit;
    size_t more;

    /* Rows are changed in a zone; this one is seen by nobody. */
    memcpy(origin.octets, live->origin, live->origin_len);
    struct zone *zone = zone_new(live->id, &origin);
    zone->content = *content;
    zone_edit_begin(&edit, zone);
    for (size_t i = 0; i < notes->count; i++) {
        struct name owner = owner_of(notes, &notes->items[i]);
        zone_edit_drop(&edit, &owner, notes->items[i].id);
    }
    for (size_t i = 0; i < notes->count; i++) {
        struct name owner = owner_of(notes, &notes->items[i]);
        zone_edit_copy(&edit, live, &owner, notes->items[i].id);
    }
    bool fits = zone_edit_prepare(&edit, limits);
    const uint32_t *crowded = zone_edit_crowded(&edit, &more);
    *ids = notes_ids(notes, count);
    if (fits) {
        zone_edit_apply(&edit);
    }
    if (more > 0) {
        *ids = alloc_resize(*ids, *count + more, sizeof **ids);
        memcpy(*ids + *count, crowded, more * sizeof **ids);
        *count += more;
        qsort(*ids, *count, sizeof **ids, by_number);
    }
    zone_edit_release(&edit);
    *content = zone->content;
    zone->content = (struct zone_content){0};
    zone_free(zone);
    return fits;
}

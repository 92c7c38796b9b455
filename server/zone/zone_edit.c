#include "zone/zone_edit.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "zone/content.h"

/* A name with its records as they are going to be. */
struct edited_name {
    uint64_t state; /* name_hash of it, not finished */
    struct record *records;
    size_t count, cap;
    struct node *fresh; /* by zone_edit_prepare; NULL: nothing is left of it */
    uint8_t flags, len;
    bool crowded; /* has, or had, an RRset too large for a message */
    uint8_t octets[DNS_NAME_MAX];
};

void zone_edit_begin(struct zone_edit *edit, struct zone *zone)
{
    *edit = (struct zone_edit){._zone = zone};
}

void zone_edit_release(struct zone_edit *edit)
{
    for (size_t i = 0; i < edit->_count; i++) {
        free(edit->_names[i].records);
        free(edit->_names[i].fresh);
    }
    free(edit->_names);
    free(edit->_index);
    free(edit->_crowded);
    chunks_free(edit->_chunks);
    memset(edit, 0, sizeof *edit);
}

/* --- the names touched --- */

static uint32_t *place_in_index(const struct zone_edit *edit, uint64_t state, const uint8_t *octets,
                                size_t len)
{
    size_t mask = edit->_index_size - 1, at = name_hash_finish(state) & mask;
    for (;; at = (at + 1) & mask) {
        uint32_t *place = &edit->_index[at];
        if (*place == 0) {
            return place;
        }
        const struct edited_name *name = &edit->_names[*place - 1];
        if (name->state == state && name->len == len && memcmp(name->octets, octets, len) == 0) {
            return place;
        }
    }
}

static void grow(struct zone_edit *edit)
{
    edit->_cap = edit->_cap == 0 ? 8 : edit->_cap * 2;
    edit->_names = alloc_resize(edit->_names, edit->_cap, sizeof *edit->_names);
    free(edit->_index);
    edit->_index_size = edit->_cap * 2;
    edit->_index = alloc_zero(edit->_index_size, sizeof *edit->_index);
    for (size_t i = 0; i < edit->_count; i++) {
        const struct edited_name *name = &edit->_names[i];
        *place_in_index(edit, name->state, name->octets, name->len) = (uint32_t)i + 1;
    }
}

/* The name's node in the zone, or NULL. */
static struct node *node_of(const struct zone_edit *edit, const struct edited_name *name)
{
    return content_find(&edit->_zone->content, name_hash_finish(name->state), name->octets,
                        name->len);
}

/* Has an RRset of RECORDS, which are grouped by type, more octets than a message holds? */
static bool is_crowded(const struct record *records, size_t count)
{
    for (size_t i = 0, end; i < count; i = end) {
        end = rrset_end(records, count, i);
        if (rrset_octets(records + i, end - i) > RRSET_OCTETS_MAX) {
            return true;
        }
    }
    return false;
}

static void note_crowded(struct zone_edit *edit, const struct edited_name *name)
{
    if (edit->_crowded_count + name->count > edit->_crowded_cap) {
        edit->_crowded_cap = (edit->_crowded_count + name->count) * 2;
        edit->_crowded = alloc_resize(edit->_crowded, edit->_crowded_cap, sizeof *edit->_crowded);
    }
    for (size_t i = 0; i < name->count; i++) {
        edit->_crowded[edit->_crowded_count++] = name->records[i].id;
    }
}

/* OWNER as it is edited, taken out of the zone when it is touched for the first time. Outside the zone
 * it is foreign glue. */
static struct edited_name *touch(struct zone_edit *edit, const struct name *owner)
{
    const struct zone *zone = edit->_zone;
    bool inside = name_is_at_or_below(owner->octets, zone->origin);
    size_t len = inside ? (size_t)owner->len - zone->origin_len : owner->len;
    uint64_t state = inside ? name_hash(owner->octets, owner->octets + len, zone->origin_hash)
                            : name_hash(owner->octets, NULL, NAME_HASH_ROOT);

    if (edit->_count == edit->_cap) {
        grow(edit);
    }
    uint32_t *place = place_in_index(edit, state, owner->octets, len);
    if (*place != 0) {
        return &edit->_names[*place - 1];
    }
    struct edited_name *name = &edit->_names[edit->_count++];
    *place = (uint32_t)edit->_count;
    *name = (struct edited_name){.state = state,
                                 .len = (uint8_t)len,
                                 .flags = !inside    ? NODE_FOREIGN
                                          : len == 0 ? NODE_APEX
                                                     : 0};
    memcpy(name->octets, owner->octets, len);
    const struct node *node = node_of(edit, name);
    if (node !=
        NULL) { /* its rdata stays where it is: the node is freed after apply at the soonest */
        name->records = node_records(node, &name->count);
        name->cap = name->count + 1;
        name->crowded = is_crowded(name->records, name->count);
        if (name->crowded) {
            note_crowded(edit, name);
        }
    }
    return name;
}

static struct record *find_id(const struct edited_name *name, uint32_t id)
{
    for (size_t i = 0; i < name->count; i++) {
        if (name->records[i].id == id) {
            return &name->records[i];
        }
    }
    return NULL;
}

bool zone_edit_drop(struct zone_edit *edit, const struct name *owner, uint32_t id)
{
    struct edited_name *name = touch(edit, owner);
    struct record *record = find_id(name, id);

    if (record == NULL) {
        return false;
    }
    edit->_digest -= content_row_digest(name->state, record);
    edit->_rows--;
    *record = name->records[--name->count];
    return true;
}

/* RECORD, whose rdata is in the stored form and stays where it is. */
static void put(struct zone_edit *edit, struct edited_name *name, const struct record *record)
{
    struct record *at = find_id(name, record->id);
    if (at != NULL) {
        edit->_digest -= content_row_digest(name->state, at);
        edit->_rows--;
    } else {
        if (name->count == name->cap) {
            name->cap = name->cap == 0 ? 2 : name->cap * 2;
            name->records = alloc_resize(name->records, name->cap, sizeof *name->records);
        }
        at = &name->records[name->count++];
    }
    *at = *record;
    edit->_digest += content_row_digest(name->state, at);
    edit->_rows++;
}

enum zone_add zone_edit_put(struct zone_edit *edit, const struct name *owner,
                            const struct record *record)
{
    const struct zone *zone = edit->_zone;
    size_t len;

    if (zone_is_outside(zone->origin, owner->octets, record->type)) {
        return ZONE_ADD_OUTSIDE;
    }
    uint8_t *stored = chunks_room(&edit->_chunks, record->rdata_len);
    if (!rdata_store(stored, &len, record->type, record->rdata, record->rdata_len, zone->origin)) {
        return ZONE_ADD_BAD_NAME;
    }
    edit->_chunks->used += len;
    struct record kept = *record;
    kept.rdata = stored;
    kept.rdata_len = (uint16_t)len;
    put(edit, touch(edit, owner), &kept);
    return ZONE_ADD_OK;
}

bool zone_edit_copy(struct zone_edit *edit, const struct zone *from, const struct name *owner,
                    uint32_t id)
{
    struct edited_name *name = touch(edit, owner);
    const struct node *node =
        content_find(&from->content, name_hash_finish(name->state), name->octets, name->len);
    bool found = false;
    size_t count;

    if (node == NULL) {
        return false;
    }
    struct record *records = node_records(node, &count);
    for (size_t i = 0; i < count && !found; i++) {
        found = records[i].id == id;
        if (found) {
            put(edit, name, &records[i]); /* its rdata stays in FROM */
        }
    }
    free(records);
    return found;
}

/* --- making it so --- */

static int by_type(const void *a, const void *b)
{
    const struct record *x = a, *y = b;
    return x->type < y->type ? -1 : x->type > y->type;
}

static bool sets_fit(struct edited_name *name, const struct zone_limits *limits)
{
    if (name->count > 1) {
        qsort(name->records, name->count, sizeof *name->records, by_type);
    }
    for (size_t i = 0, end; i < name->count; i = end) {
        end = rrset_end(name->records, name->count, i);
        if (end - i > limits->max_rrset) {
            return false;
        }
    }
    return rrset_octets(name->records, name->count) <= NODE_OCTETS_MAX;
}

/* How many names must be made for NAME, itself and its ancestors. */
static uint32_t names_missing(const struct zone_edit *edit, const struct edited_name *name)
{
    const struct zone *zone = edit->_zone;
    const uint8_t *octets = name->octets, *end = octets + name->len;
    uint32_t missing = 0;

    if (name->flags & NODE_FOREIGN) {
        return node_of(edit, name) == NULL;
    }
    for (; octets < end; octets += 1u + octets[0]) {
        uint64_t hash = name_hash_finish(name_hash(octets, end, zone->origin_hash));
        if (content_find(&zone->content, hash, octets, (unsigned)(end - octets)) != NULL) {
            break;
        }
        missing++;
    }
    return missing;
}

bool zone_edit_prepare(struct zone_edit *edit, const struct zone_limits *limits)
{
    struct zone *zone = edit->_zone;
    struct zone_content *content = &zone->content;
    uint64_t missing = 0;

    if (content->rows + edit->_rows > (int64_t)limits->max_rows) {
        return false;
    }
    for (size_t i = 0; i < edit->_count; i++) {
        struct edited_name *name = &edit->_names[i];
        if (!sets_fit(name, limits)) {
            return false;
        }
        if (name->count > 0) {
            missing += names_missing(edit, name);
        }
    }
    if (missing > 0 && content->names.used + missing > content_names_max(limits)) {
        return false;
    }
    for (size_t i = 0; i < edit->_count; i++) {
        struct edited_name *name = &edit->_names[i];
        name->fresh =
            node_build(name->octets, name->len, name->flags, 0, name->records, name->count);
        if (is_crowded(name->records, name->count)) {
            name->crowded = true;
            note_crowded(edit, name);
        }
    }
    content_reserve(content, zone, (uint32_t)missing);
    return true;
}

void zone_edit_tell_left_out(const struct zone_edit *edit, zone_left_out_told *told, void *context)
{
    for (size_t i = 0; i < edit->_count; i++) {
        const struct edited_name *name = &edit->_names[i];
        if (name->crowded) {
            content_tell_left_out(edit->_zone, name->octets, name->len,
                                  (name->flags & NODE_FOREIGN) != 0, name->records, name->count,
                                  told, context);
        }
    }
}

static int by_number(const void *a, const void *b)
{
    const uint32_t *x = a, *y = b;
    return *x < *y ? -1 : *x > *y;
}

const uint32_t *zone_edit_crowded(struct zone_edit *edit, size_t *count)
{
    if (edit->_crowded_count > 1) {
        qsort(edit->_crowded, edit->_crowded_count, sizeof *edit->_crowded, by_number);
    }
    *count = edit->_crowded_count;
    return edit->_crowded;
}

static void replace(struct zone_edit *edit, struct edited_name *name)
{
    struct node *old = node_of(edit, name);
    name->fresh->children = old != NULL ? old->children : 0;
    content_put(&edit->_zone->content, edit->_zone, old, name->fresh);
    name->fresh = NULL; /* taken */
}

/* Without rows a name goes, unless others exist below it. */
static void empty(struct zone_edit *edit, struct edited_name *name)
{
    struct node *old = node_of(edit, name);
    if (old != NULL && old->children == 0 && !(old->flags & NODE_APEX)) {
        content_remove(&edit->_zone->content, edit->_zone, old);
    } else if (old != NULL) {
        replace(edit, name);
    }
}

void zone_edit_apply(struct zone_edit *edit)
{
    /* What is there first: a name between that both the old and the new one need stays. */
    for (size_t i = 0; i < edit->_count; i++) {
        if (edit->_names[i].count > 0) {
            replace(edit, &edit->_names[i]);
        }
    }
    for (size_t i = 0; i < edit->_count; i++) {
        if (edit->_names[i].count == 0) {
            empty(edit, &edit->_names[i]);
        }
    }
    edit->_zone->content.digest += edit->_digest;
}

#include "load/change_queue.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

/* A transaction: one block with its soa ids, zones, rows and owners behind it. */
struct told {
    struct told *next;
    struct change_at at;
    uint32_t held_zone; /* in the list of held ones */
    uint32_t soa_count, zone_count, row_count;
    uint32_t *soas, *zones;
    struct change_row *rows;
};

int change_at_compare(struct change_at a, struct change_at b)
{
    if (a.file != b.file) {
        return a.file < b.file ? -1 : 1;
    }
    return a.pos < b.pos ? -1 : a.pos > b.pos;
}

/* --- transactions --- */

/* Room for so much; OWNERS is where their octets begin. */
static struct told *new_told(size_t soas, size_t zones, size_t rows, size_t owners_len,
                             uint8_t **owners)
{
    struct told *told = alloc_new(sizeof *told + rows * sizeof *told->rows +
                                  (soas + zones) * sizeof *told->soas + owners_len);
    *told = (struct told){.soa_count = (uint32_t)soas,
                          .zone_count = (uint32_t)zones,
                          .row_count = (uint32_t)rows,
                          .rows = (struct change_row *)(told + 1)};
    told->soas = (uint32_t *)(told->rows + rows);
    told->zones = told->soas + soas;
    *owners = (uint8_t *)(told->zones + zones);
    return told;
}

static struct told *copy_change(const struct loader_change *change)
{
    size_t owners_len = 0;
    uint8_t *at;

    for (size_t i = 0; i < change->row_count; i++) {
        owners_len += change->rows[i].had_owner ? change->rows[i].owner_len : 0;
    }
    struct told *told =
        new_told(change->soa_count, change->zone_count, change->row_count, owners_len, &at);
    for (size_t i = 0; i < change->soa_count; i++) {
        told->soas[i] = change->soas[i];
    }
    for (size_t i = 0; i < change->zone_count; i++) {
        told->zones[i] = change->zones[i];
    }
    for (size_t i = 0; i < change->row_count; i++) {
        const struct loader_row *row = &change->rows[i];
        told->rows[i] = (struct change_row){row->zone, row->id, row->had_owner, 0, at};
        if (row->had_owner) {
            told->rows[i].owner_len = row->owner_len;
            memcpy(at, change->owners + row->owner_off, row->owner_len);
            at += row->owner_len;
        }
    }
    return told;
}

static void free_all(struct told *told)
{
    for (struct told *next; told != NULL; told = next) {
        next = told->next;
        free(told);
    }
}

static int by_number(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

/* Sort COUNT numbers, each once. Returns how many are left. */
static size_t sort_once(uint32_t *numbers, size_t count)
{
    size_t kept = 0;
    if (count > 1) {
        qsort(numbers, count, sizeof *numbers, by_number);
    }
    for (size_t i = 0; i < count; i++) {
        if (i == 0 || numbers[i] != numbers[kept - 1]) {
            numbers[kept++] = numbers[i];
        }
    }
    return kept;
}

/* The soa ids and zones of LIST, each once, as one transaction of whole zones. */
static struct told *as_whole(const struct told *list)
{
    size_t soas = 0, zones = 0;
    uint8_t *unused;

    for (const struct told *t = list; t != NULL; t = t->next) {
        soas += t->soa_count;
        zones += (size_t)t->zone_count + t->row_count;
    }
    struct told *whole = new_told(soas, zones, 0, 0, &unused);
    soas = zones = 0;
    for (const struct told *t = list; t != NULL; t = t->next) {
        for (uint32_t i = 0; i < t->soa_count; i++) {
            whole->soas[soas++] = t->soas[i];
        }
        for (uint32_t i = 0; i < t->zone_count; i++) {
            whole->zones[zones++] = t->zones[i];
        }
        for (uint32_t i = 0; i < t->row_count; i++) {
            whole->zones[zones++] = t->rows[i].zone;
        }
        whole->at = change_at_compare(t->at, whole->at) > 0 ? t->at : whole->at;
    }
    whole->soa_count = (uint32_t)sort_once(whole->soas, soas);
    whole->zone_count = (uint32_t)sort_once(whole->zones, zones);
    return whole;
}

/* --- the queue --- */

void change_queue_init(struct change_queue *queue)
{
    memset(queue, 0, sizeof *queue);
    queue->_end = &queue->_first;
}

void change_queue_release(struct change_queue *queue)
{
    free_all(queue->_first);
    free_all(queue->_ready);
    free_all(queue->_held);
    change_queue_init(queue);
}

bool change_queue_is_empty(const struct change_queue *queue)
{
    return queue->_first == NULL && queue->_ready == NULL && !queue->_all;
}

size_t change_queue_count(const struct change_queue *queue)
{
    size_t count = queue->_count;
    for (const struct told *t = queue->_ready; t != NULL; t = t->next) {
        count++;
    }
    for (const struct told *t = queue->_held; t != NULL; t = t->next) {
        count++;
    }
    return count;
}

static void append(struct change_queue *queue, struct told *told)
{
    *queue->_end = told;
    queue->_end = &told->next;
    queue->_rows += told->row_count;
    queue->_count++;
}

/* All that waits becomes one transaction; of too many zones, not even that. */
static void collapse(struct change_queue *queue)
{
    struct told *whole = as_whole(queue->_first);

    free_all(queue->_first);
    queue->_first = NULL;
    queue->_end = &queue->_first;
    queue->_rows = queue->_count = 0;
    if (whole->zone_count > CHANGE_ZONES_MAX || whole->soa_count > CHANGE_ZONES_MAX) {
        free(whole);
        queue->_all = true;
        return;
    }
    append(queue, whole);
}

void change_queue_add(struct change_queue *queue, const struct loader_change *change,
                      struct change_at at)
{
    if (change->soa_count == 0 && change->zone_count == 0 && change->row_count == 0) {
        return;
    }
    struct told *told = copy_change(change);
    told->at = at;
    append(queue, told);
    if (queue->_rows > CHANGE_ROWS_MAX || queue->_count > CHANGE_TOLD_MAX) {
        collapse(queue);
    }
}

void change_queue_forget_places(struct change_queue *queue)
{
    if (queue->_first == NULL) {
        return;
    }
    collapse(queue);
    if (queue->_first != NULL) {
        queue->_first->at = (struct change_at){0};
    }
}

/* --- taking --- */

static int by_zone_id_owner(const void *a, const void *b)
{
    const struct change_row *x = a, *y = b;
    if (x->zone != y->zone) {
        return x->zone < y->zone ? -1 : 1;
    }
    if (x->id != y->id) {
        return x->id < y->id ? -1 : 1;
    }
    if (x->had_owner != y->had_owner) {
        return x->had_owner ? 1 : -1;
    }
    if (x->owner_len != y->owner_len) {
        return x->owner_len < y->owner_len ? -1 : 1;
    }
    return x->owner_len == 0 ? 0 : memcmp(x->owner, y->owner, x->owner_len);
}

static struct change_zone *zone_in(struct change_batch *batch, uint32_t id)
{
    size_t low = 0, high = batch->zone_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (batch->zones[middle].id < id) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return &batch->zones[low];
}

/* The zones of the transactions taken, in rising order, and which of them are whole. */
static void merge_zones(struct change_batch *batch, uint32_t *ids, size_t count)
{
    batch->zone_count = sort_once(ids, count);
    batch->zones = alloc_zero(batch->zone_count + 1, sizeof *batch->zones);
    for (size_t i = 0; i < batch->zone_count; i++) {
        batch->zones[i].id = ids[i];
    }
    for (const struct told *t = batch->_told; t != NULL; t = t->next) {
        for (uint32_t i = 0; i < t->zone_count; i++) {
            struct change_zone *zone = zone_in(batch, t->zones[i]);
            zone->whole = true;
            zone->last = change_at_compare(t->at, zone->last) > 0 ? t->at : zone->last;
        }
        for (uint32_t i = 0; i < t->row_count; i++) {
            struct change_zone *zone = zone_in(batch, t->rows[i].zone);
            zone->last = change_at_compare(t->at, zone->last) > 0 ? t->at : zone->last;
        }
    }
}

static void merge_rows(struct change_batch *batch, size_t rows)
{
    size_t count = 0, kept = 0;

    batch->_rows = alloc_new((rows + 1) * sizeof *batch->_rows);
    for (const struct told *t = batch->_told; t != NULL; t = t->next) {
        memcpy(batch->_rows + count, t->rows, t->row_count * sizeof *t->rows);
        count += t->row_count;
    }
    if (count > 1) {
        qsort(batch->_rows, count, sizeof *batch->_rows, by_zone_id_owner);
    }
    for (size_t i = 0; i < count; i++) {
        if (i == 0 || by_zone_id_owner(&batch->_rows[i], &batch->_rows[kept - 1]) != 0) {
            batch->_rows[kept++] = batch->_rows[i];
        }
    }
    for (size_t i = 0, end; i < kept; i = end) {
        struct change_zone *zone = zone_in(batch, batch->_rows[i].zone);
        for (end = i; end < kept && batch->_rows[end].zone == zone->id; end++) {
        }
        zone->whole |= end - i > CHANGE_ZONE_ROWS_MAX;
        zone->rows = zone->whole ? NULL : &batch->_rows[i];
        zone->row_count = zone->whole ? 0 : end - i;
    }
}

void change_queue_take(struct change_queue *queue, const struct change_at *upto,
                       struct change_batch *batch)
{
    size_t soas = 0, zones = 0, rows = 0;

    memset(batch, 0, sizeof *batch);
    batch->all = queue->_all;
    queue->_all = false;
    batch->_told = queue->_ready;
    queue->_ready = NULL;
    struct told **end = &batch->_told;
    while (*end != NULL) {
        end = &(*end)->next;
    }
    while (queue->_first != NULL &&
           (upto == NULL || change_at_compare(queue->_first->at, *upto) <= 0)) {
        struct told *told = queue->_first;
        queue->_first = told->next;
        queue->_rows -= told->row_count;
        queue->_count--;
        told->next = NULL;
        *end = told;
        end = &told->next;
    }
    if (queue->_first == NULL) {
        queue->_end = &queue->_first;
    }
    for (const struct told *t = batch->_told; t != NULL; t = t->next) {
        soas += t->soa_count;
        zones += (size_t)t->zone_count + t->row_count;
        rows += t->row_count;
    }
    uint32_t *ids = alloc_new((zones + 1) * sizeof *ids);
    batch->soas = alloc_new((soas + 1) * sizeof *batch->soas);
    soas = zones = 0;
    for (const struct told *t = batch->_told; t != NULL; t = t->next) {
        memcpy(batch->soas + soas, t->soas, t->soa_count * sizeof *t->soas);
        soas += t->soa_count;
        memcpy(ids + zones, t->zones, t->zone_count * sizeof *t->zones);
        zones += t->zone_count;
        for (uint32_t i = 0; i < t->row_count; i++) {
            ids[zones++] = t->rows[i].zone;
        }
    }
    batch->soa_count = sort_once(batch->soas, soas);
    merge_zones(batch, ids, zones);
    merge_rows(batch, rows);
    free(ids);
}

void change_batch_release(struct change_batch *batch)
{
    free(batch->soas);
    free(batch->zones);
    free(batch->_rows);
    free_all(batch->_told);
    memset(batch, 0, sizeof *batch);
}

/* --- holding --- */

static struct told *copy_zone(const struct change_zone *zone, bool soa)
{
    size_t owners_len = 0;
    uint8_t *at;

    for (size_t i = 0; i < zone->row_count; i++) {
        owners_len += zone->rows[i].owner_len;
    }
    struct told *told =
        new_told(soa ? 1 : 0, zone->whole ? 1 : 0, zone->row_count, owners_len, &at);
    if (soa) {
        told->soas[0] = zone->id;
    }
    if (zone->whole) {
        told->zones[0] = zone->id;
    }
    for (size_t i = 0; i < zone->row_count; i++) {
        told->rows[i] = zone->rows[i];
        told->rows[i].owner = at;
        if (zone->rows[i].owner_len > 0) {
            memcpy(at, zone->rows[i].owner, zone->rows[i].owner_len);
            at += zone->rows[i].owner_len;
        }
    }
    told->at = zone->last;
    told->held_zone = zone->id;
    return told;
}

/* Take what is held of zone ID out of the list, in order. */
static struct told *cut_held(struct change_queue *queue, uint32_t id)
{
    struct told *cut = NULL, **end = &cut;

    for (struct told **at = &queue->_held; *at != NULL;) {
        struct told *told = *at;
        if (told->held_zone != id) {
            at = &told->next;
            continue;
        }
        *at = told->next;
        told->next = NULL;
        queue->_held_rows -= told->row_count;
        *end = told;
        end = &told->next;
    }
    return cut;
}

void change_queue_hold(struct change_queue *queue, const struct change_zone *zone, bool soa)
{
    struct told **end = &queue->_held;
    struct change_zone whole = {.id = zone->id, .whole = true, .last = zone->last};

    if (queue->_held_rows + zone->row_count > CHANGE_ROWS_MAX || zone->whole) {
        struct told *before = cut_held(queue, zone->id); /* is less, but for its soa row */
        for (const struct told *t = before; t != NULL; t = t->next) {
            soa |= t->soa_count > 0;
        }
        free_all(before);
        zone = &whole;
    }
    struct told *told = copy_zone(zone, soa);
    while (*end != NULL) {
        end = &(*end)->next;
    }
    *end = told;
    queue->_held_rows += told->row_count;
}

bool change_queue_let(struct change_queue *queue, uint32_t id)
{
    struct told *cut = cut_held(queue, id), **end = &queue->_ready;

    if (cut == NULL) {
        return false;
    }
    while (*end != NULL) {
        end = &(*end)->next;
    }
    *end = cut;
    return true;
}

/*
 * Lists of soa ids waiting for a load: first in, first out, taken in runs that one range of the
 * tables' keys covers well.
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "load/loader_private.h"

/* Ids further apart than this are not read by one range. */
enum { CLOSE_IDS = 8 };

void id_list_push(struct id_list *list, uint32_t id)
{
    if (list->count == list->cap) {
        if (list->first > list->cap / 2) { /* else each push might move them all */
            memmove(list->ids, list->ids + list->first,
                    (list->count - list->first) * sizeof *list->ids);
            list->count -= list->first;
            list->first = 0;
        }
        if (list->count == list->cap) {
            list->cap = list->cap == 0 ? 64 : list->cap * 2;
            list->ids = alloc_resize(list->ids, list->cap, sizeof *list->ids);
        }
    }
    list->ids[list->count++] = id;
}

size_t id_list_take(struct id_list *list, uint32_t *out, size_t max)
{
    size_t taken = 0;
    while (list->first < list->count && taken < max) {
        uint32_t id = list->ids[list->first];
        if (taken > 0 && (id <= out[taken - 1] || id - out[taken - 1] > CLOSE_IDS)) {
            break;
        }
        out[taken++] = id;
        list->first++;
    }
    if (list->first == list->count) {
        list->first = list->count = 0;
    }
    return taken;
}

static int by_value(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

void id_list_sort(struct id_list *list)
{
    if (list->count - list->first > 1) {
        qsort(list->ids + list->first, list->count - list->first, sizeof *list->ids, by_value);
    }
}

bool id_list_has(const struct id_list *list, uint32_t id)
{
    size_t count = list->count - list->first;
    return count > 0 && bsearch(&id, list->ids + list->first, count, sizeof *list->ids, by_value);
}

void id_list_free(struct id_list *list)
{
    free(list->ids);
    memset(list, 0, sizeof *list);
}

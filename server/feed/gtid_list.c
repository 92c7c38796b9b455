#include "feed/gtid_list.h"

#include <stdio.h>
#include <string.h>

void gtid_list_cut(char *list)
{
    list[strcspn(list, "|")] = '\0';
}

/* The item at *AT and its length; steps over it. False: no more. */
static bool next_item(const char **at, const char **item, size_t *len)
{
    if (**at == '\0') {
        return false;
    }
    *item = *at;
    *len = strcspn(*at, ",");
    *at += *len + ((*at)[*len] == ',');
    return true;
}

static bool has_item(const char *list, const char *wanted, size_t wanted_len)
{
    const char *item;
    size_t len;

    while (next_item(&list, &item, &len)) {
        if (len == wanted_len && memcmp(item, wanted, len) == 0) {
            return true;
        }
    }
    return false;
}

bool gtid_list_has(const char *list, const char *gtid)
{
    return has_item(list, gtid, strlen(gtid));
}

bool gtid_list_equal(const char *a, const char *b)
{
    const char *item;
    size_t len, in_a = 0, in_b = 0;

    if (strcmp(a, "?") == 0 || strcmp(b, "?") == 0) {
        return false;
    }
    for (const char *at = a; next_item(&at, &item, &len); in_a++) {
        if (!has_item(b, item, len)) {
            return false;
        }
    }
    for (const char *at = b; next_item(&at, &item, &len); in_b++) {
    }
    return in_a == in_b;
}

void gtid_list_put(char list[GTID_LIST_SIZE], const char *gtid)
{
    char out[GTID_LIST_SIZE] = "";
    size_t domain = strcspn(gtid, "-"), len, used = 0;
    const char *at = list, *item;

    if (strcmp(list, "?") == 0) {
        return;
    }
    while (next_item(&at, &item, &len)) {
        bool same = strcspn(item, "-") == domain && memcmp(item, gtid, domain) == 0;
        if (!same) {
            memcpy(out + used, item, len);
            used += len;
            out[used++] = ',';
        }
    }
    if (used + strlen(gtid) >= sizeof out) {
        strcpy(list, "?");
        return;
    }
    strcpy(out + used, gtid);
    strcpy(list, out);
}

#include "admin/add_plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

static void add_row(struct plan_zone *out, const char *name, const char *type, const char *data)
{
    out->rows[out->count++] = (struct plan_row){alloc_string(name), alloc_string(data), type};
}

static bool has_row(const struct plan_zone *zone, const char *name, const char *type,
                    const char *data)
{
    for (size_t i = 0; i < zone->count; i++) {
        const struct plan_row *row = &zone->rows[i];
        if (strcmp(row->name, name) == 0 && (type == NULL || strcmp(row->type, type) == 0) &&
            (data == NULL || strcmp(row->data, data) == 0)) {
            return true;
        }
    }
    return false;
}

/* A name server's name: always meant absolute, unless it is one label. */
static const char *read_ns(struct name *out, const char *text, const struct name *origin)
{
    static const struct name root = {1, {0}};
    const char *fault =
        name_from_text(out, text, strlen(text), strchr(text, '.') == NULL ? origin : &root);
    if (fault == NULL) {
        name_lower(out->octets, out->octets, out->len);
    }
    return fault;
}

static void add_addresses(struct plan_zone *out, const struct add_plan *plan, const char *name)
{
    add_row(out, name, "A", plan->ip);
    if (plan->ip6 != NULL) {
        add_row(out, name, "AAAA", plan->ip6);
    }
}

/* NS first, as a reader of the table expects; then addresses of those that lie in the domain. */
static const char *add_servers(struct plan_zone *out, const struct add_plan *plan,
                               const struct domain *domain)
{
    struct name names[PLAN_NS_MAX];
    char text[NAME_TEXT_SIZE];

    for (size_t i = 0; i < plan->ns_count; i++) {
        const char *fault = read_ns(&names[i], plan->ns[i], &domain->name);
        if (fault != NULL) {
            return fault;
        }
        name_to_text(text, names[i].octets);
        if (out->ns == NULL) {
            out->ns = alloc_string(text);
        }
        if (!has_row(out, "", "NS", text)) {
            add_row(out, "", "NS", text);
        }
    }
    add_addresses(out, plan, "");
    for (size_t i = 0; i < plan->ns_count; i++) {
        if (!name_is_at_or_below(names[i].octets, domain->name.octets)) {
            continue;
        }
        owner_to_relative(text, &names[i], &domain->name);
        if (!has_row(out, text, "A", NULL)) {
            add_addresses(out, plan, text);
        }
    }
    return NULL;
}

const char *plan_zone_make(struct plan_zone *out, const struct add_plan *plan,
                           const struct domain *domain)
{
    static const char *const aliases[] = {"www", "mail"};
    struct name name;

    memset(out, 0, sizeof *out);
    out->origin = alloc_string(domain->text);
    out->mbox =
        plan->mbox != NULL ? alloc_string(plan->mbox) : alloc_printf("hostmaster.%s", domain->text);
    const char *fault = name_from_text(&name, out->mbox, strlen(out->mbox), NULL);
    if (fault == NULL) {
        fault = add_servers(out, plan, domain);
    }
    for (size_t i = 0; i < ARRAY_LEN(aliases) && fault == NULL; i++) {
        fault = name_from_text(&name, aliases[i], strlen(aliases[i]), &domain->name);
        /* A name server called www has its address there, which a CNAME would hide. */
        if (fault == NULL && !has_row(out, aliases[i], NULL, NULL)) {
            add_row(out, aliases[i], "CNAME", domain->text);
        }
    }
    if (fault != NULL) {
        plan_zone_release(out);
    }
    return fault;
}

void plan_zone_release(struct plan_zone *zone)
{
    free(zone->origin);
    free(zone->ns);
    free(zone->mbox);
    for (size_t i = 0; i < zone->count; i++) {
        free(zone->rows[i].name);
        free(zone->rows[i].data);
    }
    memset(zone, 0, sizeof *zone);
}

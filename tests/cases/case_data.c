#include "tests/cases/case_data.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "load/rr_text.h"

struct soa_line {
    uint32_t id;
    char *origin, *ns, *mbox;
    uint32_t numbers[6]; /* serial refresh retry expire minimum ttl */
    bool unloaded;
};

struct rr_line {
    uint32_t id, zone, aux, ttl;
    char *name, *type, *data;
    bool bad;
    unsigned line;
};

struct case_data data;

static struct soa_line soas[64];
static unsigned soa_count;
static struct rr_line *rrs;
static unsigned rr_count;
static bool ignore_minimum, incomplete;
static char nsid[128];

void broken(const char *what, const char *detail)
{
    fprintf(stderr, "%s:%u: %s: %s\n", data.file, data.line, what, detail);
    exit(2);
}

uint32_t number(const char *text)
{
    char *end;
    unsigned long value = strtoul(text, &end, 10);
    if (*text == '\0' || *end != '\0' || value > UINT32_MAX) {
        broken("not a number", text);
    }
    return (uint32_t)value;
}

/* --- zones --- */

void case_data_forget(void)
{
    for (unsigned i = 0; i < rr_count; i++) {
        free(rrs[i].name);
        free(rrs[i].type);
        free(rrs[i].data);
    }
    for (unsigned i = 0; i < soa_count; i++) {
        free(soas[i].origin);
        free(soas[i].ns);
        free(soas[i].mbox);
    }
    free(rrs);
    rrs = NULL;
    rr_count = soa_count = 0;
    data.dirty = true;
    ignore_minimum = incomplete = false;
    data.policy = (struct answer_policy){.reply = {.edns_udp_size = 1232}};
}

static struct db_value value(const char *text)
{
    return (struct db_value){.data = text, .len = strlen(text), .null = false};
}

static void add_row(struct zone_build *build, const struct rr_line *line, const struct name *origin)
{
    static struct record_in in;
    struct row_fault fault = {NULL, NULL};
    struct rr_row row = {.id = line->id,
                         .zone = line->zone,
                         .name = value(line->name),
                         .type = value(line->type),
                         .data = value(line->data),
                         .edata = {.null = true},
                         .aux = line->aux,
                         .ttl = line->ttl};
    bool good = rr_text_decode(&row, origin, CONF_TXT_AUTO, &in, &fault);
    if (good) {
        struct record record = {.id = in.id,
                                .ttl = in.ttl,
                                .aux = in.aux,
                                .type = in.type,
                                .rdata_len = in.rdata_len,
                                .rdata = in.rdata};
        enum zone_add outcome = zone_build_add(build, &in.owner, &record);
        good = outcome == ZONE_ADD_OK;
        fault.reason = good ? NULL : "refused by zone_build_add";
    }
    data.line = line->line;
    if (good == line->bad) {
        broken(good ? "row should have been left out" : "row left out",
               good ? line->data : fault.reason);
    }
}

static void load_zone(struct hosted *hosted, const struct soa_line *line)
{
    static const struct zone_limits limits = {5000000, 4000};
    struct name origin;
    struct row_fault fault;
    struct zone_content content;
    struct zone_too_large too_large;
    const uint32_t *n = line->numbers;

    origin.len = hosted->zone->origin_len;
    memcpy(origin.octets, hosted->zone->origin, origin.len);
    struct zone_build *build = zone_build_new(hosted->zone, &limits);
    for (unsigned i = 0; i < rr_count; i++) {
        if (rrs[i].zone == line->id) {
            add_row(build, &rrs[i], &origin);
        }
    }
    if (!zone_build_finish(build, &content, &too_large)) {
        broken("RRset too large", line->origin);
    }
    zone_build_free(build);
    struct soa_row row = {.id = line->id,
                          .origin = value(line->origin),
                          .ns = value(line->ns),
                          .mbox = value(line->mbox)};
    struct soa_fields fields = {.serial = n[0],
                                .refresh = n[1],
                                .retry = n[2],
                                .expire = n[3],
                                .minimum = n[4],
                                .ttl = n[5],
                                .id = line->id};
    rr_text_soa_names(&row, &origin, &fields.ns, &fields.mbox, &fault);
    if (!ignore_minimum && fields.ttl < fields.minimum) {
        fields.ttl = fields.minimum;
    }
    fields.ttl = fields.ttl > DNS_TTL_MAX ? DNS_TTL_MAX : fields.ttl;
    hosted->state = LOAD_RUNNING;
    store_publish(data.store, hosted, &content, soa_new(hosted->zone, &fields),
                  ignore_minimum ? 0 : fields.minimum);
}

void case_data_load(void)
{
    unsigned line = data.line;
    store_free(data.store);
    data.store = store_new();
    for (unsigned i = 0; i < soa_count; i++) {
        struct name origin;
        const char *text = soas[i].origin;
        const char *wrong = name_from_text(&origin, text, strlen(text), NULL);
        if (wrong != NULL) {
            broken(text, wrong);
        }
        name_lower(origin.octets, origin.octets, origin.len);
        struct hosted *hosted = store_add(data.store, soas[i].id, &origin);
        if (!soas[i].unloaded) {
            load_zone(hosted, &soas[i]);
        }
    }
    atomic_store(&data.store->complete, !incomplete);
    data.dirty = false;
    data.line = line;
}

/* --- statements --- */

static char *empty_or(const char *text)
{
    return alloc_string(strcmp(text, "-") == 0 ? "" : text);
}

static void read_soa(char **words, unsigned count)
{
    if (count != 11 || soa_count == ARRAY_LEN(soas)) {
        broken("soa", "eleven words, please");
    }
    struct soa_line *soa = &soas[soa_count++];
    *soa = (struct soa_line){.id = number(words[1]),
                             .origin = alloc_string(words[2]),
                             .ns = empty_or(words[3]),
                             .mbox = empty_or(words[4])};
    for (unsigned i = 0; i < 6; i++) {
        soa->numbers[i] = number(words[5 + i]);
    }
}

/* TEXT with %d, %h and %l replaced. */
static char *numbered(const char *text, unsigned n, bool replace)
{
    char *out = alloc_new(strlen(text) * 6 + 1), *at = out;
    for (; *text != '\0'; text++) {
        if (!replace || *text != '%' || strchr("dhl", text[1]) == NULL || text[1] == '\0') {
            *at++ = *text;
            continue;
        }
        text++;
        at += sprintf(at, "%u", *text == 'd' ? n : *text == 'h' ? n / 256 : n % 256);
    }
    *at = '\0';
    return out;
}

/* ID ZONE NAME TYPE AUX TTL DATA... */
static void read_rows(const char *rest, unsigned rows, bool replace, bool bad)
{
    char id[16], zone[16], name[1024], type[32], aux[16], ttl[16];
    int used = 0;

    if (sscanf(rest, "%15s %15s %1023s %31s %15s %15s %n", id, zone, name, type, aux, ttl, &used) <
            6 ||
        used == 0) {
        broken("row expected", rest);
    }
    for (unsigned i = 0; i < rows; i++) {
        rrs = alloc_resize(rrs, rr_count + 1u, sizeof *rrs);
        rrs[rr_count++] =
            (struct rr_line){.id = number(id) + i,
                             .zone = number(zone),
                             .aux = number(aux),
                             .ttl = number(ttl),
                             .name = numbered(strcmp(name, "-") == 0 ? "" : name, i, replace),
                             .type = alloc_string(type),
                             .data = numbered(rest + used, i, replace),
                             .bad = bad,
                             .line = data.line};
    }
}

static void read_option(const char *name, const char *text)
{
    bool yes = strcmp(text, "yes") == 0;
    if (strcmp(name, "ignore-minimum") == 0) {
        ignore_minimum = yes;
    } else if (strcmp(name, "complete") == 0) {
        incomplete = !yes;
    } else if (strcmp(name, "alias-aaaa") == 0) {
        data.policy.alias_aaaa = yes;
    } else if (strcmp(name, "wildcard-recursion") == 0) {
        data.policy.wildcard_recursion = strcmp(text, "-1") == 0 ? -1 : (int)number(text);
    } else if (strcmp(name, "edns-udp-size") == 0) {
        data.policy.reply.edns_udp_size = (uint16_t)number(text);
    } else if (strcmp(name, "nsid") == 0) {
        snprintf(nsid, sizeof nsid, "%s", text);
        bool off = strcmp(text, "-") == 0;
        data.policy.reply.nsid = off ? NULL : (const uint8_t *)nsid;
        data.policy.reply.nsid_len = off ? 0 : (uint16_t)strlen(nsid);
    } else {
        broken("no option", name);
    }
}

static void set_unloaded(uint32_t id, bool unloaded)
{
    for (unsigned i = 0; i < soa_count; i++) {
        if (soas[i].id == id) {
            soas[i].unloaded = unloaded;
        }
    }
}

bool case_data_statement(char **words, unsigned count, const char *rest)
{
    const char *verb = words[0];

    if (strcmp(verb, "new") == 0) {
        case_data_forget();
    } else if (strcmp(verb, "soa") == 0) {
        read_soa(words, count);
    } else if (strcmp(verb, "rr") == 0 || strcmp(verb, "badrr") == 0) {
        read_rows(rest, 1, false, *verb == 'b');
    } else if (strcmp(verb, "rrs") == 0 && count > 1) {
        read_rows(rest + strcspn(rest, " \t"), number(words[1]), true, false);
    } else if (strcmp(verb, "option") == 0 && count == 3) {
        read_option(words[1], words[2]);
    } else if ((strcmp(verb, "unloaded") == 0 || strcmp(verb, "loaded") == 0) && count == 2) {
        set_unloaded(number(words[1]), *verb == 'u');
    } else {
        return false;
    }
    data.dirty = true;
    return true;
}

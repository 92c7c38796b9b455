/*
 * Rows become a zone, then rows and the SOA change one by one. After that the zone must be the one that
 * the rows left make when it is built anew: the same nodes, the same counters, the same answers to
 * questions about every name that was ever in it, its parents and names below it.
 *
 * An input is text. Its first octet chooses origin and txt-format; then, line by line (TAB between the
 * fields of a row; ID, T and A are single characters for rr.id, ttl and aux):
 *
 *     +ID T A NAME\tTYPE\tDATA[\x1fEDATA]      (without the blanks) put the row; rows before the first
 *                                             line that does not begin with + are loaded as a whole
 *     -ID      delete it
 *     !T A     another SOA
 *     =        load it again as a whole
 *     ?        compare, but for the answers
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/quiesce.h"
#include "fuzz/fuzz.h"
#include "load/rr_text.h"

enum { IDS = 256, ASKED_MAX = 96, COMPARE_MAX = 8, ZONE_ID = 1 };

static const struct zone_limits limits = {.max_rows = 60, .max_rrset = 8};
static const struct answer_policy policy = {.reply = {.edns_udp_size = 1232}, .alias_aaaa = true};

/* A row that is in the zone. */
struct row {
    bool used;
    struct name owner;
    struct record record; /* rdata: our own */
};

struct world {
    struct store *changed, *anew;
    struct hosted *zone;
    struct name origin;
    enum conf_txt txt_format;
    struct soa_fields soa;
    uint32_t floor;
    struct row rows[IDS];
    unsigned row_count;
    struct name asked[ASKED_MAX];
    unsigned asked_count;
    unsigned compared;
    bool loaded;
};

static uint32_t number_of(uint8_t c)
{
    static const uint32_t numbers[] = {3600,       0,     1,     60,    300,   7200, 0x7fffffff,
                                       0x80000000, 49999, 50000, 65535, 65536, 10,   UINT32_MAX};
    return numbers[c % ARRAY_LEN(numbers)];
}

static struct name name_of(const char *text)
{
    struct name name;
    if (name_from_text(&name, text, strlen(text), NULL) != NULL) {
        abort();
    }
    return name;
}

/* --- two stores alike: the zone under test beside others that refer to it --- */

struct other_row {
    uint32_t zone;
    const char *owner, *type, *data;
};

static const char *const other_origins[] = {"example.net.", "child.example.com.", "test."};
static const struct other_row other_rows[] = {
    {2, "www", "A", "192.0.2.1"},
    {2, "cname", "CNAME", "www.example.com."},
    {2, "alias", "ALIAS", "www.example.com."},
    {2, "dname", "DNAME", "example.com."},
    {2, "*", "CNAME", "a.example.com."},
    {3, "", "NS", "ns"},
    {3, "ns", "AAAA", "2001:db8::1"},
    {4, "sub", "NS", "ns.sub"},
    {4, "ns.sub", "A", "192.0.2.2"},
};

static struct db_value value_of(const char *text)
{
    return (struct db_value){.data = text, .len = strlen(text)};
}

static void add_other(struct store *store, uint32_t id, const char *text)
{
    static struct record_in in;
    struct name origin = name_of(text);
    struct hosted *hosted = store_add(store, id, &origin);
    struct zone_build *build = zone_build_new(hosted->zone, &limits);
    struct zone_content content;
    struct zone_too_large too_large;
    struct soa_fields fields = {.serial = 1, .minimum = 300, .ttl = 300, .id = id};

    for (size_t i = 0; i < ARRAY_LEN(other_rows); i++) {
        const struct other_row *other = &other_rows[i];
        struct row_fault fault;
        struct rr_row row = {.id = (uint32_t)i + 1,
                             .zone = id,
                             .name = value_of(other->owner),
                             .type = value_of(other->type),
                             .data = value_of(other->data),
                             .edata = {.null = true},
                             .ttl = 300};
        if (other->zone != id) {
            continue;
        }
        if (!rr_text_decode(&row, &origin, CONF_TXT_AUTO, &in, &fault)) {
            abort();
        }
        struct record record = {.id = in.id,
                                .ttl = in.ttl,
                                .type = in.type,
                                .rdata_len = in.rdata_len,
                                .rdata = in.rdata};
        if (zone_build_add(build, &in.owner, &record) != ZONE_ADD_OK) {
            abort();
        }
    }
    fields.ns = fields.mbox = origin;
    if (!zone_build_finish(build, &content, &too_large)) {
        abort();
    }
    zone_build_free(build);
    store_publish(store, hosted, &content, soa_new(hosted->zone, &fields), 0);
}

static struct store *new_store(void)
{
    struct store *store = store_new();
    for (unsigned i = 0; i < ARRAY_LEN(other_origins); i++) {
        add_other(store, 2 + i, other_origins[i]);
    }
    atomic_store(&store->complete, true);
    return store;
}

/* --- the zone whole --- */

static bool same_place(const struct row *row, const struct name *owner, uint16_t type)
{
    return row->used && row->record.type == type && name_equal(row->owner.octets, owner->octets);
}

static void forget(struct world *world, struct row *row)
{
    if (row->used) {
        free((void *)(uintptr_t)row->record.rdata);
        row->used = false;
        world->row_count--;
    }
}

/* Is what zone_build_finish says of an RRset true? */
static void check_too_large(const struct world *world, const struct zone_too_large *large)
{
    size_t records = 0;
    for (unsigned id = 0; id < IDS; id++) {
        records += same_place(&world->rows[id], &large->owner, large->type);
    }
    if (records != large->records || records <= limits.max_rrset) {
        fuzz_fail("an RRset of %zu refused as one of %zu", records, large->records);
    }
}

/* Load the zone of all rows into STORE; FIRST: rows that no zone takes are forgotten, later ones are put
 * in another order. False: it is too large. */
static bool build_zone(struct world *world, struct store *store, bool first)
{
    struct hosted *hosted = store_hosted(store, ZONE_ID);
    hosted = hosted != NULL ? hosted : store_add(store, ZONE_ID, &world->origin);
    struct zone_build *build = zone_build_new(hosted->zone, &limits);
    struct zone_content content;
    struct zone_too_large too_large;

    for (unsigned n = 0; n < IDS; n++) {
        struct row *row = &world->rows[first ? n : IDS - 1 - n];
        if (!row->used) {
            continue;
        }
        enum zone_add outcome = zone_build_add(build, &row->owner, &row->record);
        if (outcome != ZONE_ADD_OK) {
            if (!first || outcome == ZONE_ADD_TOO_MANY) {
                fuzz_fail("a row that zone_put took is refused: %d", (int)outcome);
            }
            forget(world, row);
        }
    }
    bool good = zone_build_finish(build, &content, &too_large);
    zone_build_free(build);
    if (!good && too_large.type == 0) {
        return false; /* more names than rows may make, which zone_put does not count */
    }
    if (!good) {
        check_too_large(world, &too_large);
        if (!first) {
            fuzz_fail("zone_put made an RRset too large");
        }
        return false;
    }
    store_publish(store, hosted, &content, soa_new(hosted->zone, &world->soa), world->floor);
    return true;
}

/* --- comparing --- */

struct totals {
    uint32_t ref_nodes;
    uint64_t bytes;
    const struct zone *other;
};

/* NODE must be in the other zone as well, and be the same. */
static void compare_node(void *item, void *context)
{
    const struct node *node = item, *twin;
    struct totals *totals = context;
    const struct zone *zone = totals->other;
    char text[NAME_TEXT_SIZE];

    totals->ref_nodes++;
    totals->bytes += node->size;
    if (node->flags & NODE_FOREIGN) {
        struct lookup_name name;
        twin = lookup_name_read(&name, node_name(node), node->name_len) == 0
                   ? NULL
                   : zone_find_foreign(zone, zone_names(zone), &name);
        name_to_text(text, node_name(node));
    } else {
        uint8_t whole[2 * DNS_NAME_MAX];
        twin = zone_find_relative(zone, zone_names(zone), node_name(node), node->name_len);
        memcpy(whole, node_name(node), node->name_len);
        memcpy(whole + node->name_len, zone->origin, zone->origin_len);
        name_to_text(text, whole);
    }
    if (twin == NULL) {
        fuzz_fail("%s is there after changes, but not anew", text);
    }
    if (node->children != twin->children || node->flags != twin->flags ||
        node->rrset_count != twin->rrset_count || node->size != twin->size) {
        fuzz_fail("%s: children %u/%u, flags %x/%x, rrsets %u/%u, size %u/%u", text, node->children,
                  twin->children, node->flags, twin->flags, node->rrset_count, twin->rrset_count,
                  node->size, twin->size);
    }
}

static void compare_content(const struct zone *changed, const struct zone *anew, unsigned rows)
{
    const struct zone_content *a = &changed->content, *b = &anew->content;
    struct totals one = {0, 0, anew}, two = {0, 0, changed};

    table_each(zone_names(changed), compare_node, &one);
    table_each(zone_names(anew), compare_node, &two);
    if (one.ref_nodes != two.ref_nodes || one.bytes != two.bytes) {
        fuzz_fail("%u nodes, %u anew", one.ref_nodes, two.ref_nodes);
    }
    if (a->cuts != b->cuts || a->wildcards != b->wildcards || a->foreign != b->foreign ||
        a->rows != b->rows || a->rows != rows) {
        fuzz_fail("cuts %u/%u, wildcards %u/%u, foreign %u/%u, rows %u/%u/%u", a->cuts, b->cuts,
                  a->wildcards, b->wildcards, a->foreign, b->foreign, a->rows, b->rows, rows);
    }
    if (a->bytes - table_bytes(zone_names(changed)) != one.bytes ||
        b->bytes - table_bytes(zone_names(anew)) != two.bytes) {
        fuzz_fail("bytes are not those of the nodes");
    }
}

static void compare_answers(const struct world *world, const uint8_t *name, size_t len,
                            uint16_t type)
{
    uint8_t message[DNS_HEADER_LEN + DNS_NAME_MAX + 4] = {1, 2, 1, 0, 0, 1};
    struct fuzz_question question = {.policy = &policy, .message = message};
    struct fuzz_reply a, b;

    memcpy(message + DNS_HEADER_LEN, name, len);
    memcpy(message + DNS_HEADER_LEN + len, (uint8_t[4]){(uint8_t)(type >> 8), (uint8_t)type, 0, 1},
           4);
    question.len = DNS_HEADER_LEN + len + 4;
    question.tcp = type == TYPE_ANY;
    question.cap = question.tcp ? 4096 : FUZZ_CAP_MIN;
    question.store = world->changed;
    fuzz_ask(&question, &a);
    question.store = world->anew;
    question.unchecked = true;
    fuzz_ask(&question, &b);
    if (a.outcome != b.outcome || a.len != b.len || memcmp(a.octets, b.octets, a.len) != 0) {
        char text[NAME_TEXT_SIZE];
        fuzz_fail("%s type %u is answered otherwise when built anew", name_to_text(text, name),
                  type);
    }
    free(a.octets);
    free(b.octets);
}

static void ask_types(const struct world *world, const uint8_t *name, size_t len)
{
    static const uint16_t types[] = {TYPE_A, TYPE_ANY, TYPE_MX, TYPE_DS};
    for (size_t i = 0; i < ARRAY_LEN(types) && len <= DNS_NAME_MAX; i++) {
        compare_answers(world, name, len, types[i]);
    }
}

/* The name, a child of it, a child of its wildcard, and one below a child. */
static void ask_around(const struct world *world, const struct name *name)
{
    uint8_t below[4 + DNS_NAME_MAX] = {1, 'x', 1, '*'};

    memcpy(below + 4, name->octets, name->len);
    ask_types(world, below + 4, name->len);
    ask_types(world, below, 4u + name->len);
    below[3] = 'y';
    ask_types(world, below + 2, 2u + name->len);
    ask_types(world, below, 4u + name->len);
}

static void compare(struct world *world, bool ask)
{
    if (!build_zone(world, world->anew, false)) {
        return;
    }
    struct hosted *hosted = store_hosted(world->anew, ZONE_ID);
    compare_content(world->zone->zone, hosted->zone, world->row_count);
    for (unsigned i = 0; ask && i < world->asked_count; i++) {
        ask_around(world, &world->asked[i]);
    }
    store_remove(world->anew, hosted);
    quiesce_collect();
}

/* --- lines --- */

/* NAME and those above it, down to the origin's parent, will be asked. */
static void note_asked(struct world *world, const struct name *name)
{
    struct name at = *name;

    for (;;) {
        for (unsigned i = 0; i < world->asked_count; i++) {
            if (name_equal(world->asked[i].octets, at.octets)) {
                return; /* and so are those above */
            }
        }
        if (world->asked_count == ASKED_MAX) {
            return;
        }
        world->asked[world->asked_count++] = at;
        if (at.len < world->origin.len || at.len == 1) {
            return;
        }
        size_t first = 1u + at.octets[0];
        at.len = (uint8_t)(at.len - first);
        memmove(at.octets, at.octets + first, at.len);
    }
}

static void drop(struct world *world, uint8_t id)
{
    struct row *row = &world->rows[id];
    struct name nowhere = world->origin;
    bool was = row->used;
    if (world->loaded && zone_drop(world->zone->zone, was ? &row->owner : &nowhere, id) != was) {
        fuzz_fail("zone_drop is mistaken about row %u", id);
    }
    forget(world, row);
}

/* Would the limits let IN be added? */
static bool is_too_many(const struct world *world, const struct record_in *in)
{
    size_t same = 0, octets = 0;
    for (unsigned id = 0; id < IDS; id++) {
        if (id != in->id && same_place(&world->rows[id], &in->owner, in->type)) {
            same++;
            octets += RECORD_HEADER_LEN + (size_t)world->rows[id].record.rdata_len;
        }
    }
    /* Names are counted with those that a row makes above it; octets as stored, which we do not know: less
     * than this. */
    uint64_t names =
        (uint64_t)world->zone->zone->content.names.used + name_labels(in->owner.octets);
    return names > (uint64_t)limits.max_rows * 4 || same + 1 > limits.max_rrset ||
           octets + RECORD_HEADER_LEN + in->rdata_len > RRSET_OCTETS_MAX ||
           world->row_count + !world->rows[in->id].used > limits.max_rows;
}

static void put(struct world *world, const struct record_in *in)
{
    struct row *row = &world->rows[in->id];
    struct record record = {.id = in->id,
                            .ttl = in->ttl,
                            .aux = in->aux,
                            .type = in->type,
                            .rdata_len = in->rdata_len,
                            .rdata = fuzz_exact(in->rdata, in->rdata_len)};
    enum zone_add outcome = ZONE_ADD_OK;

    if (row->used && !name_equal(row->owner.octets, in->owner.octets)) {
        drop(world, (uint8_t)in->id);
    }
    if (world->loaded) {
        outcome = zone_put(world->zone->zone, &in->owner, &record, &limits);
    } else if (world->row_count == limits.max_rows && !row->used) {
        outcome = ZONE_ADD_TOO_MANY;
    }
    if (outcome == ZONE_ADD_OK) {
        forget(world, row);
        *row = (struct row){true, in->owner, record};
        world->row_count++;
        return;
    }
    free((void *)(uintptr_t)record.rdata);
    if (outcome == ZONE_ADD_TOO_MANY && !is_too_many(world, in)) {
        fuzz_fail("a row within the limits is refused");
    }
    if (outcome != ZONE_ADD_TOO_MANY) {
        drop(world, (uint8_t)in->id); /* the row of that id is now one that cannot be served */
    }
}

/* A field up to SEPARATOR; the rest stays in *TEXT. VALUE: a block of its own, for ASan. */
static struct db_value take_field(const uint8_t **text, size_t *len, int separator)
{
    const uint8_t *end = memchr(*text, separator, *len);
    size_t used = end == NULL ? *len : (size_t)(end - *text);
    struct db_value value = {.data = (char *)fuzz_exact(*text, used),
                             .len = used,
                             .null = end == NULL && separator == '\x1e'};
    *text += used + (end != NULL);
    *len -= used + (end != NULL);
    return value;
}

static void put_line(struct world *world, const uint8_t *line, size_t len)
{
    static struct record_in in;
    struct row_fault fault;
    struct rr_row row = {
        .id = line[1], .zone = ZONE_ID, .ttl = number_of(line[2]), .aux = number_of(line[3])};

    line += 4;
    len -= 4;
    row.name = take_field(&line, &len, '\t');
    row.type = take_field(&line, &len, '\t');
    row.data = take_field(&line, &len, '\x1f');
    row.edata = take_field(&line, &len, '\n');
    row.edata.null = row.edata.len == 0;
    if (rr_text_decode(&row, &world->origin, world->txt_format, &in, &fault)) {
        note_asked(world, &in.owner);
        put(world, &in);
    } else {
        if (fault.column == NULL || fault.reason == NULL) {
            fuzz_fail("a fault without a reason");
        }
        drop(world, (uint8_t)row.id);
    }
    free((void *)(uintptr_t)row.name.data);
    free((void *)(uintptr_t)row.type.data);
    free((void *)(uintptr_t)row.data.data);
    free((void *)(uintptr_t)row.edata.data);
}

static bool read_line(struct world *world, const uint8_t *line, size_t len)
{
    bool row = len >= 4 && line[0] == '+';
    if (!row && !world->loaded) {
        if (!build_zone(world, world->changed, true)) {
            return false;
        }
        world->zone = store_hosted(world->changed, ZONE_ID);
        world->loaded = true;
    }
    if (row) {
        put_line(world, line, len);
    } else if (len >= 2 && line[0] == '-') {
        drop(world, line[1]);
    } else if (len >= 3 && line[0] == '!') {
        world->soa.serial++;
        uint32_t ttl = number_of(line[1]);
        world->soa.ttl = ttl > DNS_TTL_MAX ? DNS_TTL_MAX : ttl; /* as answered */
        world->soa.minimum = number_of(line[2]);
        world->floor = line[1] & 1 ? world->soa.minimum : 0;
        zone_set_soa(world->zone->zone, soa_new(world->zone->zone, &world->soa), world->floor);
    } else if (len >= 1 && line[0] == '=' && world->compared++ < COMPARE_MAX) {
        (void)build_zone(world, world->changed, false);
    } else if (len >= 1 && line[0] == '?' && world->compared++ < COMPARE_MAX) {
        compare(world, false);
    }
    return true;
}

static void set_origin(struct world *world, uint8_t choice)
{
    static const char label[] = "abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrstuvwxyz0.";
    const char *origin = "example.com.";
    char *large = alloc_printf("%s%s%s", label, label, label);

    switch (choice % 8) {
    case 1:
        origin = ".";
        break;
    case 2:
        origin = "com.";
        break;
    case 3:
        origin = "a.child.example.com.";
        break;
    case 4:
        origin = large;
        break;
    }
    world->origin = name_of(origin);
    free(large);
    world->txt_format = choice / 8 % 3;
    world->soa = (struct soa_fields){.serial = 1, .minimum = 300, .ttl = 3600, .id = ZONE_ID};
    world->soa.ns = name_of("ns.example.net.");
    world->soa.mbox = world->origin;
    note_asked(world, &world->origin);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static struct world world;

    if (len == 0) {
        return 0;
    }
    world = (struct world){.changed = new_store(), .anew = new_store()};
    set_origin(&world, data[0]);
    bool good = true;
    for (size_t at = 1; good && at < len;) {
        const uint8_t *end = memchr(data + at, '\n', len - at);
        size_t line = end == NULL ? len - at : (size_t)(end - data) - at;
        good = read_line(&world, data + at, line);
        at += line + 1;
    }
    if (good && read_line(&world, (const uint8_t *)"", 0)) {
        compare(&world, true);
        for (unsigned id = 0; id < IDS; id++) { /* and empty at the end */
            if (world.rows[id].used) {
                drop(&world, (uint8_t)id);
            }
        }
        compare(&world, false);
    }
    for (unsigned id = 0; id < IDS; id++) {
        forget(&world, &world.rows[id]);
    }
    store_free(world.changed);
    store_free(world.anew);
    quiesce_collect();
    return 0;
}

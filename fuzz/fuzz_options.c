/*
 * EDNS (RFC 6891), cookies (RFC 7873) and TSIG (RFC 8945): an input is a recipe for a message with OPT and
 * TSIG records, sound ones and others: twice, in the wrong section, of another version, with options
 * and lengths that lie. Where nothing lies, what query_parse() must make of it is known beforehand; the
 * reply keeps the rules of fuzz.h always.
 */
#include <stdlib.h>
#include <string.h>

#include "answer/cookie.h"
#include "base/alloc.h"
#include "base/quiesce.h"
#include "fuzz/fuzz.h"

enum { MESSAGE_MAX = 4096, OPTION_MAX = 300 };

/* Octets of the input, 0 when they are used up. */
struct recipe {
    const uint8_t *at;
    size_t left;
};

static unsigned take(struct recipe *recipe)
{
    if (recipe->left == 0) {
        return 0;
    }
    recipe->left--;
    return *recipe->at++;
}

static bool once_in(struct recipe *recipe, unsigned n)
{
    return take(recipe) % n == n - 1;
}

/* Given to the client of fuzz_ask() by the first and by the second secret. */
static uint8_t good_cookies[2][COOKIE_LEN];

struct message {
    uint8_t octets[MESSAGE_MAX];
    size_t len;
    unsigned counts[4];
    bool lies; /* a length somewhere does not fit, or the message is cut off */
    unsigned opts, misplaced, signatures;
    bool odd_version, nsid, dnssec_ok;
    bool bad_cookie; /* of a length that none can have */
    bool signed_last;
    size_t cookie_len; /* of the first; 0 = none */
    uint16_t size;
};

static void put(struct message *message, const void *octets, size_t len)
{
    if (len > sizeof message->octets - message->len) {
        message->lies = true;
        return;
    }
    memcpy(message->octets + message->len, octets, len);
    message->len += len;
}

static void put16(struct message *message, unsigned value)
{
    put(message, (uint8_t[2]){(uint8_t)(value >> 8), (uint8_t)value}, 2);
}

static void set16(struct message *message, size_t at, unsigned value)
{
    message->octets[at] = (uint8_t)(value >> 8);
    message->octets[at + 1] = (uint8_t)value;
}

/* LEN, or once in a while something else. */
static unsigned told_length(struct message *message, struct recipe *recipe, size_t len)
{
    static const int lies[] = {1, -1, 4, -4, 255, 0x7fff};
    if (!once_in(recipe, 24)) {
        return (unsigned)len;
    }
    message->lies = true;
    return (uint16_t)((int)len + lies[take(recipe) % ARRAY_LEN(lies)]);
}

static void note_option(struct message *message, unsigned code, size_t len)
{
    if (code == EDNS_NSID) {
        message->nsid = true;
    } else if (code == EDNS_COOKIE && (len == 8 || (len >= 16 && len <= 40))) {
        message->cookie_len = message->cookie_len == 0 ? len : message->cookie_len;
    } else if (code == EDNS_COOKIE) {
        message->bad_cookie = true;
    }
}

static void put_option(struct message *message, struct recipe *recipe)
{
    static const uint16_t codes[] = {EDNS_NSID, EDNS_COOKIE, EDNS_COOKIE, EDNS_TCP_KEEPALIVE,
                                     EDNS_EDE,  12,          8,           65001};
    static const uint16_t lens[] = {0, 8, 16, 24, 40, 2, 1, 7, 9, 15, 41, OPTION_MAX};
    uint8_t value[OPTION_MAX];
    unsigned code = codes[take(recipe) % ARRAY_LEN(codes)];
    size_t len = lens[take(recipe) % ARRAY_LEN(lens)];

    if (code == EDNS_COOKIE && len == COOKIE_LEN && !once_in(recipe, 4)) {
        memcpy(value, good_cookies[take(recipe) % 2], len);
        value[take(recipe) % len] ^= once_in(recipe, 8) ? 1 : 0;
    } else {
        for (size_t i = 0; i < len; i++) {
            value[i] = (uint8_t)take(recipe);
        }
    }
    note_option(message, code, len);
    put16(message, code);
    put16(message, told_length(message, recipe, len));
    put(message, value, len);
}

static void put_opt_rdata(struct message *message, struct recipe *recipe)
{
    for (unsigned n = take(recipe) % 4; n > 0; n--) {
        put_option(message, recipe);
    }
}

/* RFC 8945, 4.2. */
static void put_tsig_rdata(struct message *message, struct recipe *recipe)
{
    static const char algorithm[] = "\13hmac-sha256";
    uint8_t octets[64] = {0};
    size_t mac_len = take(recipe) % sizeof octets, other_len = take(recipe) % 2 * 6;

    octets[3] = (uint8_t)take(recipe);
    bool cut = once_in(recipe, 8);
    message->lies = message->lies || cut;
    put(message, algorithm, cut ? 5 : sizeof algorithm);
    put(message, octets, 8);
    put16(message, told_length(message, recipe, mac_len));
    put(message, octets, mac_len);
    put(message, octets, 4);
    put16(message, told_length(message, recipe, other_len));
    put(message, octets, other_len);
}

static void put_record(struct message *message, struct recipe *recipe, unsigned section)
{
    static const uint16_t sizes[] = {1232, 512, 0, 511, 4096, 65535};
    static const uint16_t types[] = {TYPE_OPT, TYPE_OPT, TYPE_OPT, TYPE_OPT, TYPE_TSIG, TYPE_A};
    unsigned type = types[take(recipe) % ARRAY_LEN(types)];
    bool root = type == TYPE_OPT && !once_in(recipe, 16);
    unsigned version = once_in(recipe, 8) ? take(recipe) : 0, dnssec_ok = take(recipe) & 1;
    uint16_t size = type == TYPE_TSIG ? CLASS_ANY : sizes[take(recipe) % ARRAY_LEN(sizes)];

    message->counts[section]++;
    message->signed_last = type == TYPE_TSIG;
    message->signatures += type == TYPE_TSIG;
    if (type == TYPE_OPT) {
        message->opts++;
        message->misplaced += section != 3 || !root;
        message->size = size;
        message->dnssec_ok = dnssec_ok != 0;
        message->odd_version = message->odd_version || version != 0;
    }
    message->misplaced += type == TYPE_TSIG && section != 3;
    put(message, root ? "" : "\xc0\x0c", root ? 1 : 2);
    message->lies = message->lies || (!root && message->counts[0] == 0); /* points at nothing */
    put16(message, type);
    put16(message, size);
    put(message,
        (uint8_t[4]){(uint8_t)take(recipe), (uint8_t)version,
                     (uint8_t)(dnssec_ok << 7 | (take(recipe) & 0x7f)), 0},
        4);
    size_t place = message->len;
    put16(message, 0);
    if (type == TYPE_OPT) {
        put_opt_rdata(message, recipe);
    } else if (type == TYPE_TSIG) {
        put_tsig_rdata(message, recipe);
    }
    if (place + 2 <= message->len) {
        set16(message, place, told_length(message, recipe, message->len - place - 2));
    }
}

static void cook(struct message *message, struct recipe *recipe)
{
    static const char question[] = "\3www\7example\3com\0\0\1\0";
    static const char missing[] = "\2nx\7example\3com\0\0\1\0";
    static const char elsewhere[] = "\7example\3org\0\0\1\0";

    *message = (struct message){.len = DNS_HEADER_LEN};
    set16(message, 0, take(recipe) << 8 | 1);
    message->octets[2] = once_in(recipe, 32) ? (uint8_t)take(recipe) : 0;
    message->octets[3] = (uint8_t)take(recipe);
    message->counts[0] = once_in(recipe, 4) ? take(recipe) % 3 : 1;
    for (unsigned n = 0; n < message->counts[0]; n++) {
        switch (take(recipe) % 3) {
        case 0:
            put(message, question, sizeof question);
            break;
        case 1:
            put(message, missing, sizeof missing);
            break;
        default:
            put(message, elsewhere, sizeof elsewhere);
        }
        message->octets[message->len - 1] = 1; /* class IN */
    }
    for (unsigned section = 1; section < 4; section++) {
        unsigned records = section == 3 ? 1 : 0;
        records = once_in(recipe, 12) ? take(recipe) % 4 : records;
        for (; records > 0; records--) {
            put_record(message, recipe, section);
        }
    }
    for (unsigned section = 0; section < 4; section++) {
        set16(message, 4 + 2 * section, message->counts[section]);
    }
    if (once_in(recipe, 16)) {
        message->len -= take(recipe) % (message->len - DNS_HEADER_LEN + 1);
        message->lies = true;
    }
}

static void check_parse(const struct message *message)
{
    struct query query;
    uint8_t *exact = fuzz_exact(message->octets, message->len);
    enum query_outcome got = query_parse(&query, exact, message->len), want = QUERY_OK;

    free(exact);
    if ((message->octets[2] & 0xfa) != 0 || message->counts[0] > 1 || message->lies) {
        return; /* decided elsewhere, or anybody's guess */
    }
    bool wrong_order = message->signatures > (message->signed_last ? 1 : 0);
    if (message->misplaced > 0 || message->opts > 1 || wrong_order ||
        (message->bad_cookie && !message->odd_version)) {
        want = QUERY_FORMERR;
    } else if (message->odd_version) {
        want = QUERY_BADVERS;
    } else if (message->signatures > 0) {
        want = QUERY_BADKEY;
    } else if (message->counts[0] == 0) {
        want = message->cookie_len > 0 ? QUERY_COOKIE : QUERY_FORMERR;
    }
    if (got != want) {
        fuzz_fail("outcome %d, expected %d", (int)got, (int)want);
    }
    if (want == QUERY_OK &&
        (query.edns != (message->opts == 1) || query.edns_nsid != message->nsid ||
         query.edns_do != message->dnssec_ok || query.edns_size != message->size ||
         (query.cookie_state == COOKIE_RECEIVED ? query.cookie_len : 0u) != message->cookie_len)) {
        fuzz_fail("EDNS read otherwise than written");
    }
}

static struct store *example_store(void)
{
    static const struct zone_limits limits = {100, 100};
    static const uint8_t address[] = {192, 0, 2, 1};
    struct record record = {
        .id = 1, .ttl = 300, .type = TYPE_A, .rdata_len = sizeof address, .rdata = address};
    struct soa_fields fields = {.serial = 1, .minimum = 300, .ttl = 3600, .id = 1};
    struct store *store = store_new();
    struct zone_content content;
    struct zone_too_large too_large;
    struct name origin, www;

    if (name_from_text(&origin, "example.com.", 12, NULL) != NULL ||
        name_from_text(&www, "www", 3, &origin) != NULL) {
        abort();
    }
    fields.ns = fields.mbox = origin;
    struct hosted *hosted = store_add(store, 1, &origin);
    struct zone_build *build = zone_build_new(hosted->zone, &limits);
    if (zone_build_add(build, &www, &record) != ZONE_ADD_OK ||
        !zone_build_finish(build, &content, &too_large)) {
        abort();
    }
    zone_build_free(build);
    store_publish(store, hosted, &content, soa_new(hosted->zone, &fields), 0);
    atomic_store(&store->complete, true);
    return store;
}

static struct store *store;
static const struct cookie_secrets secrets[] = {
    {2, {{1}, {2}}}, {1, {{2}}}, /* the second: what good_cookies[1] is made by */
};

static void release(void)
{
    store_free(store);
    quiesce_collect();
}

/* Ask for a cookie as anybody does, by the first secret of SECRETS. */
static void fetch_cookie(uint8_t *cookie, const struct cookie_secrets *by)
{
    static const uint8_t message[] = {0, 0, 0, 0, 0,  0, 0,  0, 0, 0, 0, 1, 0, 0, 41, 4, 208, 0,
                                      0, 0, 0, 0, 12, 0, 10, 0, 8, 1, 2, 3, 4, 5, 6,  7, 8};
    struct answer_policy policy = {.reply = {.edns_udp_size = 512}, .cookies = by};
    struct fuzz_reply reply;
    struct fuzz_question question = {.store = store,
                                     .policy = &policy,
                                     .message = message,
                                     .len = sizeof message,
                                     .cap = FUZZ_CAP_MIN};
    fuzz_ask(&question, &reply);
    if (reply.len != sizeof message - COOKIE_CLIENT_LEN + COOKIE_LEN) {
        fuzz_fail("no cookie for one who asks");
    }
    memcpy(cookie, reply.octets + reply.len - COOKIE_LEN, COOKIE_LEN);
    free(reply.octets);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    store = example_store();
    atexit(release);
    fetch_cookie(good_cookies[0], &secrets[0]);
    fetch_cookie(good_cookies[1], &secrets[1]);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static const uint8_t nsid[128] = "as long as a configuration may have it";
    static struct message message;
    static struct answer_policy policies[2] = {{.reply = {.edns_udp_size = 512}},
                                               {.reply = {.edns_udp_size = 1232,
                                                          .nsid = nsid,
                                                          .nsid_len = sizeof nsid,
                                                          .tcp_keepalive = 100},
                                                .cookies = &secrets[0]}};
    struct recipe recipe = {data, len};

    cook(&message, &recipe);
    check_parse(&message);
    for (unsigned i = 0; i < 4; i++) {
        struct fuzz_reply reply;
        struct fuzz_question question = {.store = store,
                                         .policy = &policies[i / 2],
                                         .message = message.octets,
                                         .len = message.len,
                                         .cap = FUZZ_CAP_MIN,
                                         .tcp = i % 2 == 1,
                                         .truncate = true};
        fuzz_ask(&question, &reply);
        free(reply.octets);
    }
    return 0;
}

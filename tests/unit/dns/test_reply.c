/* Replies octet by octet: limits, OPT, names compressed against earlier ones and undone again. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/random.h"
#include "dns/reply.h"

static const uint8_t question[] = {0,   7,   0x79, 0xff, 0,   1,   0, 0,   0,   0,
                                   0,   0,   3,    'W',  'w', 'w', 7, 'E', 'x', 'a',
                                   'm', 'p', 'l',  'e',  0,   0,   1, 0,   1};
static uint8_t octets[DNS_MESSAGE_MAX];
static struct query query;

static struct name name_of(const char *text)
{
    struct name name;
    assert_null(name_from_text(&name, text, strlen(text), NULL));
    return name;
}

static struct reply begin(size_t cap, bool tcp, bool edns, unsigned edns_size, unsigned policy_size)
{
    struct reply_policy policy = {.edns_udp_size = (uint16_t)policy_size};
    struct reply reply;
    memcpy(octets, question, sizeof question);
    assert_int_equal(query_parse(&query, octets, sizeof question), QUERY_NOTIMP);
    query.question_len = sizeof question - 12;
    query.edns = edns;
    query.edns_size = (uint16_t)edns_size;
    reply_begin(&reply, &query, octets, cap, tcp, &policy);
    return reply;
}

static void limits(void **state)
{
    (void)state;
    assert_int_equal(begin(65535, false, false, 0, 1232).limit, 512);
    assert_int_equal(begin(65535, false, true, 100, 1232).limit, 512 - 11);
    assert_int_equal(begin(65535, false, true, 600, 1232).limit, 600 - 11);
    assert_int_equal(begin(65535, false, true, 4096, 1232).limit, 1232 - 11);
    assert_int_equal(begin(65535, true, true, 600, 1232).limit, 65535 - 11);
    assert_int_equal(begin(700, false, true, 4096, 4096).limit, 700 - 11);
    assert_int_equal(begin(30, true, true, 0, 1232).limit, sizeof question); /* no room at all */
    struct reply reply = begin(65535, false, true, 4096, 1232);
    assert_int_equal(reply.len, sizeof question);
    static const uint8_t zero[1232];
    assert_true(reply_put(&reply, zero, 1232 - 11 - sizeof question));
    assert_false(reply_put(&reply, zero, 1));
}

static void header_and_opt(void **state)
{
    struct reply_policy policy = {
        .edns_udp_size = 1232, .nsid = (const uint8_t *)"ns", .nsid_len = 2};
    struct reply reply = begin(65535, false, false, 0, 1232);
    static const uint8_t opt[] = {0, 0, 41, 0x04, 0xd0, 1, 0,  0x80, 0, 0, 12, 0,
                                  3, 0, 2,  'n',  's',  0, 15, 0,    2, 0, 14};

    (void)state;
    reply.flags = FLAG_AA;
    reply.rcode = RCODE_NXDOMAIN;
    reply.counts[SECTION_AUTHORITY] = 1;
    assert_int_equal(reply_finish(&reply, &query, &policy), sizeof question);
    /* QR, the opcode and RD of the question, AA; no Z, AD, CD */
    assert_memory_equal(octets, "\0\7\xfd\3\0\1\0\0\0\1\0\0", 12);
    assert_memory_equal(octets + 12, question + 12, sizeof question - 12);

    reply = begin(65535, false, true, 512, 1232);
    query.edns_do = query.edns_nsid = query.edns_options = true;
    reply.rcode = RCODE_BADVERS;
    reply.ede = EDE_NOT_READY;
    assert_int_equal(reply_finish(&reply, &query, &policy), sizeof question + sizeof opt);
    assert_memory_equal(octets + sizeof question, opt, sizeof opt);
    assert_int_equal(octets[3], 0); /* the lower four bits of 16 */
    assert_int_equal(octets[11], 1);
}

static void put_and_read(struct reply *reply, const char *text, unsigned expected_octets)
{
    struct name name = name_of(text), back;
    unsigned start = reply->len;
    assert_true(reply_put_name(reply, name.octets));
    assert_int_equal(reply->len - start, expected_octets);
    reply_name_at(reply, start, &back);
    assert_int_equal(back.len, name.len);
    assert_memory_equal(back.octets, name.octets, name.len);
}

static void names(void **state)
{
    struct reply reply = begin(65535, true, false, 0, 1232);
    struct name back;
    char text[NAME_TEXT_SIZE];

    (void)state;
    put_and_read(&reply, "mail.provider.net.", 19);
    put_and_read(&reply, "mail.provider.net.", 2);
    put_and_read(&reply, "mx.provider.net.", 5);
    put_and_read(&reply, "mx.provider.NET.", 17); /* another case is another name */
    put_and_read(&reply, "a.mx.provider.net.", 4);
    put_and_read(&reply, "net.", 2);
    put_and_read(&reply, ".", 1);
    reply_name_at(&reply, DNS_HEADER_LEN, &back);
    assert_string_equal(name_to_text(text, back.octets), "Www.Example.");
    assert_int_equal(reply_suffix_off(&reply, DNS_HEADER_LEN, 0), 12);
    assert_int_equal(reply_suffix_off(&reply, DNS_HEADER_LEN, 1), 16);
    assert_int_equal(reply_suffix_off(&reply, DNS_HEADER_LEN, 2), 24);
}

static void put_inside(struct reply *reply, const char *text, unsigned expected_octets)
{
    struct name name = name_of(text);
    unsigned start = reply->len;
    assert_true(reply_put_name_inside(reply, name.octets, 1, 16));
    assert_int_equal(reply->len - start, expected_octets);
}

/* The question is "Www.Example.", its zone "example." */
static void compact(void **state)
{
    struct reply reply = begin(65535, true, false, 0, 1232);
    struct name back;
    char text[NAME_TEXT_SIZE];
    unsigned off;

    (void)state;
    reply_be_compact(&reply);
    put_and_read(&reply, "Example.", 2); /* outside names may end as the question does */
    put_and_read(&reply, "mail.net.", 10);
    put_inside(&reply, "Www.example.", 2); /* the origin in any case, other labels in theirs */
    put_inside(&reply, "www.example.", 6);
    off = reply.len;
    put_inside(&reply, "a.www.example.", 4);
    put_inside(&reply, "a.www.example.", 2);
    put_inside(&reply, "example.", 2);
    reply_name_at(&reply, off, &back);
    assert_string_equal(name_to_text(text, back.octets), "a.www.Example.");
    off = reply.len;
    assert_true(reply_put_name_inside(&reply, name_of("b.example.").octets, 1, 0x4000));
    reply_name_at(&reply, off, &back);
    assert_string_equal(name_to_text(text, back.octets), "b.example.");
}

/* Random names, some undone as put.c does it, until there is no room; each must read back. */
static void random_names(void **state)
{
    struct random dice = {11};
    (void)state;
    for (unsigned round = 0; round < 40; round++) {
        static unsigned offs[20000];
        static struct name put[20000];
        unsigned count = 0;
        struct reply reply = begin(round % 3 == 0 ? 512 : 65535, true, false, 0, 1232);
        for (unsigned tries = 0; tries < 20000; tries++) {
            char text[64] = "";
            for (unsigned n = random_below(&dice, 5); n > 0; n--) {
                static const char *const labels[] = {"a.",   "B.",      "b.", "longer-label.",
                                                     "net.", "example."};
                strcat(text, labels[random_below(&dice, 6)]);
            }
            put[count] = name_of(*text == '\0' ? "." : text);
            offs[count] = reply.len;
            uint32_t len = reply.len;
            uint8_t remembered = reply.remembered_count;
            if (!reply_put_name(&reply, put[count].octets)) {
                reply.len = len;
                reply.remembered_count = remembered;
                break;
            }
            if (random_below(&dice, 5) == 0) {
                reply.len = len;
                reply.remembered_count = remembered;
            } else {
                count++;
            }
        }
        assert_true(reply.len <= reply.limit);
        for (unsigned i = 0; i < count; i++) {
            struct name back;
            reply_name_at(&reply, offs[i], &back);
            assert_int_equal(back.len, put[i].len);
            assert_memory_equal(back.octets, put[i].octets, back.len);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(limits), cmocka_unit_test(header_and_opt),
                                       cmocka_unit_test(names), cmocka_unit_test(compact),
                                       cmocka_unit_test(random_names)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * DNS cookies: the test vectors of RFC 9018, appendix A, the edges of their life, two secrets, and what
 * a message without question gets.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <sodium.h>

#include "answer/cookie.h"

static struct cookie_secrets secrets;
static struct answer_policy policy = {.reply = {.edns_udp_size = 1232}};
static struct answerer answerer = {.policy = &policy};
static struct answer answer;

static size_t from_hex(uint8_t *out, size_t cap, const char *hex)
{
    size_t len = 0;
    assert_int_equal(sodium_hex2bin(out, cap, hex, strlen(hex), " ", &len, NULL), 0);
    return len;
}

static void set_secrets(const char *first, const char *second)
{
    secrets.count = 1;
    from_hex(secrets.octets[0], COOKIE_SECRET_LEN, first);
    if (second != NULL) {
        from_hex(secrets.octets[1], COOKIE_SECRET_LEN, second);
        secrets.count = 2;
    }
    atomic_store(&policy.cookies, &secrets);
}

/* What the client at TEXT gets at the time NOW for its cookie. */
static enum cookie_state judge(const char *text, const char *cookie, uint32_t now)
{
    uint8_t ip[16];
    int family = strchr(text, ':') != NULL ? AF_INET6 : AF_INET;

    assert_int_equal(inet_pton(family, text, ip), 1);
    memset(&answer, 0xa5, sizeof answer);
    answer.query.cookie_len = (uint8_t)from_hex(answer.query.cookie, COOKIE_LEN_MAX, cookie);
    answer.query.cookie_state = COOKIE_RECEIVED;
    answer_cookie(&answer, &answerer, ip, family == AF_INET6 ? 16 : 4, now);
    return (enum cookie_state)answer.query.cookie_state;
}

static void assert_sent(const char *expected)
{
    char hex[2 * COOKIE_LEN + 1];
    sodium_bin2hex(hex, sizeof hex, answer.query.cookie, COOKIE_LEN);
    assert_string_equal(hex, expected);
}

#define SECRET     "e5e973e5a6b2a43f48e7dc849e37bfcf"
#define OLD_SECRET "dd3bdf9344b678b185a6f5cb60fca715"
#define NEW_SECRET "445536bcd2513298075a5d379663c962"

/* RFC 9018, A.1: learning a new server cookie. */
static void vector_new(void **state)
{
    (void)state;
    set_secrets(SECRET, NULL);
    assert_int_equal(judge("198.51.100.100", "2464c4abcf10c957", 1559731985), COOKIE_NEW);
    assert_sent("2464c4abcf10c957010000005cf79f111f8130c3eee29480");
}

/* A.2: the same client learning a renewed (fresh) server cookie. */
static void vector_renewed(void **state)
{
    static const char sent[] = "2464c4abcf10c957010000005cf79f111f8130c3eee29480";
    (void)state;
    set_secrets(SECRET, NULL);
    assert_int_equal(judge("198.51.100.100", sent, 1559734385), COOKIE_GOOD);
    assert_sent("2464c4abcf10c957010000005cf7a871d4a564a1442aca77");
}

/* A.3: another client, whose cookie has something in the reserved octets. */
static void vector_reserved(void **state)
{
    static const char sent[] = "fc93fc62807ddb8601abcdef5cf78f71a314227b6679ebf5";
    (void)state;
    set_secrets(SECRET, NULL);
    assert_int_equal(judge("203.0.113.203", sent, 1559727985), COOKIE_GOOD);
    assert_sent(sent);
    assert_int_equal(judge("203.0.113.203", sent, 1559734700), COOKIE_WRONG);
    assert_sent("fc93fc62807ddb86010000005cf7a9acf73a7810aca2381e");
}

/* A.4: IPv6, and a rolled over secret. */
static void vector_two_secrets(void **state)
{
    static const char sent[] = "22681ab97d52c298010000005cf7c57926556bd0934c72f8";
    static const char client[] = "2001:db8:220:1:59de:d0f4:8769:82b8";
    (void)state;
    set_secrets(OLD_SECRET, NULL);
    assert_int_equal(judge(client, "22681ab97d52c298", 1559741817), COOKIE_NEW);
    assert_sent(sent);
    set_secrets(NEW_SECRET, OLD_SECRET);
    assert_int_equal(judge(client, sent, 1559741961), COOKIE_GOOD);
    assert_sent("22681ab97d52c298010000005cf7c609a6bb79d16625507a");
    set_secrets(OLD_SECRET, NEW_SECRET);
    assert_int_equal(judge(client, sent, 1559741961), COOKIE_GOOD);
    assert_sent(sent);
    set_secrets(NEW_SECRET, NULL);
    assert_int_equal(judge(client, sent, 1559741961), COOKIE_WRONG);
    assert_sent("22681ab97d52c298010000005cf7c609a6bb79d16625507a");
}

/* RFC 9018, 4.3: renewed after half an hour, good for an hour, five minutes ahead of our clock. */
static void life(void **state)
{
    static const char sent[] = "2464c4abcf10c957010000005cf79f111f8130c3eee29480";
    static const char client[] = "198.51.100.100";
    const uint32_t made = 1559731985;
    (void)state;

    set_secrets(SECRET, NULL);
    for (uint32_t age = 0; age <= 1800; age += 300) {
        assert_int_equal(judge(client, sent, made + age), COOKIE_GOOD);
        assert_sent(sent);
    }
    assert_int_equal(judge(client, sent, made + 1801), COOKIE_GOOD);
    assert_memory_equal(answer.query.cookie + 12, "\x5c\xf7\xa6\x1a", 4);
    assert_int_equal(judge(client, sent, made + 3600), COOKIE_GOOD);
    assert_int_equal(judge(client, sent, made + 3601), COOKIE_WRONG);
    assert_int_equal(judge(client, sent, made - 300), COOKIE_GOOD);
    assert_sent(sent);
    assert_int_equal(judge(client, sent, made - 301), COOKIE_WRONG);
}

/* Times around 2^32, in the serial arithmetic of RFC 1982. */
static void time_wraps(void **state)
{
    char sent[2 * COOKIE_LEN + 1];
    (void)state;
    set_secrets(SECRET, NULL);
    assert_int_equal(judge("192.0.2.1", "0102030405060708", UINT32_MAX - 10), COOKIE_NEW);
    sodium_bin2hex(sent, sizeof sent, answer.query.cookie, COOKIE_LEN);
    assert_int_equal(judge("192.0.2.1", sent, 60), COOKIE_GOOD);
    assert_sent(sent);
    assert_int_equal(judge("192.0.2.1", sent, 3700), COOKIE_WRONG);
}

/* Each octet matters, the address, the version and the length too. */
static void forged(void **state)
{
    static const char sent[] = "2464c4abcf10c957010000005cf79f111f8130c3eee29480";
    const uint32_t made = 1559731985;
    char bent[sizeof sent + 2];
    (void)state;

    set_secrets(SECRET, NULL);
    for (size_t i = 0; i + 1 < sizeof sent; i++) {
        memcpy(bent, sent, sizeof sent);
        bent[i] = bent[i] == '0' ? '1' : '0';
        assert_int_equal(judge("198.51.100.100", bent, made), COOKIE_WRONG);
    }
    assert_int_equal(judge("198.51.100.101", sent, made), COOKIE_WRONG);
    assert_int_equal(judge("::ffff:198.51.100.100", sent, made), COOKIE_WRONG);
    memcpy(bent, sent, sizeof sent - 2); /* 23 octets */
    bent[sizeof sent - 3] = '\0';
    assert_int_equal(judge("198.51.100.100", bent, made), COOKIE_WRONG);
    memcpy(bent, sent, sizeof sent); /* 25 */
    strcpy(bent + sizeof sent - 1, "00");
    assert_int_equal(judge("198.51.100.100", bent, made), COOKIE_WRONG);
}

static void no_secrets(void **state)
{
    (void)state;
    atomic_store(&policy.cookies, NULL);
    assert_int_equal(judge("192.0.2.1", "0102030405060708", 1), COOKIE_RECEIVED);
}

/* --- whole messages: RFC 7873, 5.4 --- */

/* The RCODE for a message without question whose cookie is HEX, extended bits included; 0xfff when the
 * reply is not a header and an OPT with a whole cookie. */
static unsigned ask_without_question(const char *hex, bool secret)
{
    uint8_t octets[512] = {0x12, 0x34, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 41, 4, 208};
    size_t len = from_hex(octets + 27, sizeof octets - 27, hex), end = 27 + len;
    uint8_t ip[4] = {198, 51, 100, 100};

    octets[22] = (uint8_t)(len + 4);
    octets[24] = EDNS_COOKIE;
    octets[26] = (uint8_t)len;
    set_secrets(SECRET, NULL);
    if (!secret) {
        atomic_store(&policy.cookies, NULL);
    }
    answer_parse(&answer, octets, end);
    answer_cookie(&answer, &answerer, ip, 4, 1559731985);
    assert_int_equal(answer_write(&answer, &answerer, octets, sizeof octets, false), ANSWER_REPLY);
    assert_memory_equal(octets, "\x12\x34\x81", 3);
    assert_memory_equal(octets + 4, "\0\0\0\0\0\0\0\1", 8);
    bool cookie = answer.reply_len == 12 + 11 + 4 + COOKIE_LEN;
    assert_true(cookie || answer.reply_len == 12 + 11);
    assert_int_equal(cookie, answer.query.cookie_state >= COOKIE_NEW);
    return (unsigned)octets[17] << 4 | (octets[3] & 15);
}

static void without_question(void **state)
{
    (void)state;
    assert_int_equal(ask_without_question("2464c4abcf10c957", true), RCODE_NOERROR);
    assert_int_equal(ask_without_question("2464c4abcf10c957010000005cf79f111f8130c3eee29480", true),
                     RCODE_NOERROR);
    assert_int_equal(ask_without_question("2464c4abcf10c957010000005cf79f111f8130c3eee29481", true),
                     RCODE_BADCOOKIE);
    assert_int_equal(ask_without_question("2464c4abcf10c957010000005cf79f11", true),
                     RCODE_BADCOOKIE);
    assert_int_equal(ask_without_question("2464c4abcf10c957", false), RCODE_FORMERR);
}

/* RFC 7873, 5.2.2: neither 8 nor 16 to 40 octets. */
static void bad_length(void **state)
{
    char hex[2 * 42 + 1];
    (void)state;
    for (unsigned len = 0; len <= 42; len++) {
        memset(hex, '5', 2 * len);
        hex[2 * len] = '\0';
        unsigned expected = len == 8                 ? RCODE_NOERROR
                            : len >= 16 && len <= 40 ? RCODE_BADCOOKIE
                                                     : RCODE_FORMERR;
        assert_int_equal(ask_without_question(hex, true), expected);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vector_new),
        cmocka_unit_test(vector_renewed),
        cmocka_unit_test(vector_reserved),
        cmocka_unit_test(vector_two_secrets),
        cmocka_unit_test(life),
        cmocka_unit_test(time_wraps),
        cmocka_unit_test(forged),
        cmocka_unit_test(no_secrets),
        cmocka_unit_test(without_question),
        cmocka_unit_test(bad_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

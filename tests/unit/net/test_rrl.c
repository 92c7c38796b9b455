/* The rate limit: what shares a counter, how fast it fills and drains, who is exempt, a full table. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "net/rrl.h"

static struct answer answer;
static struct random generator;
static struct instant now;

static void set_now_ms(int64_t ms)
{
    now.ns = (1000 + ms) * 1000000;
}

/* The next reply is about NAME, decided by so many of its labels. */
static void about(const char *name, unsigned labels, enum dns_rcode rcode, unsigned records)
{
    struct name wire;

    assert_null(name_from_text(&wire, name, strlen(name), NULL));
    memset(&answer, 0, sizeof answer);
    assert_int_equal(lookup_name_read(&answer.query.qname, wire.octets, wire.len), wire.len);
    answer.parsed = QUERY_OK;
    answer.deciding_labels = (uint8_t)labels;
    answer.reply.rcode = (uint16_t)rcode;
    answer.reply.flags = FLAG_AA;
    answer.reply.counts[SECTION_ANSWER] = (uint16_t)records;
}

/* How many of TRIES replies to TEXT are sent as they are. */
static unsigned sent_to(struct rrl *rrl, const char *text, unsigned tries)
{
    struct address client;
    unsigned sent = 0;

    assert_true(address_from_text(&client, text, 4242));
    for (unsigned i = 0; i < tries; i++) {
        sent += rrl_judge(rrl, &answer, &client, now, &generator) == RRL_SEND;
    }
    return sent;
}

static struct rrl *make(struct conf conf)
{
    conf.rrl_size = conf.rrl_size ? conf.rrl_size : 4096;
    struct rrl *rrl = rrl_new(&conf);
    assert_non_null(rrl);
    set_now_ms(0);
    return rrl;
}

static void off(void **state)
{
    struct conf conf = {.rrl_all_rate = 5, .rrl_size = 1024};
    (void)state;
    assert_null(rrl_new(&conf));
    rrl_free(NULL);
}

static void rate(void **state)
{
    struct rrl *rrl = make((struct conf){.rrl_rate = 10});
    (void)state;
    about("www.example.com.", 3, RCODE_NOERROR, 1);
    assert_int_equal(sent_to(rrl, "192.0.2.1", 100), 10); /* a second's worth at once */
    set_now_ms(99);
    assert_int_equal(sent_to(rrl, "192.0.2.1", 100), 0);
    set_now_ms(100);
    assert_int_equal(sent_to(rrl, "192.0.2.1", 100), 1);
    set_now_ms(600);
    assert_int_equal(sent_to(rrl, "192.0.2.1", 100), 5);
    set_now_ms(100000); /* idle: no more than that is saved up */
    assert_int_equal(sent_to(rrl, "192.0.2.1", 100), 10);
    unsigned sum = 0;
    for (int ms = 100001; ms <= 110000; ms++) {
        set_now_ms(ms);
        sum += sent_to(rrl, "192.0.2.1", 3);
    }
    assert_in_range(sum, 99, 100);
    rrl_free(rrl);
}

static void networks(void **state)
{
    struct rrl *rrl = make((struct conf){.rrl_rate = 10});
    (void)state;
    about("www.example.com.", 3, RCODE_NOERROR, 1);
    assert_int_equal(sent_to(rrl, "192.0.2.1", 6), 6);
    assert_int_equal(sent_to(rrl, "192.0.2.255", 6), 4);
    assert_int_equal(sent_to(rrl, "192.0.3.1", 20), 10);
    assert_int_equal(sent_to(rrl, "2001:db8:0:1::1", 6), 6);
    assert_int_equal(sent_to(rrl, "2001:db8:0:ff:1::1", 6), 4);
    assert_int_equal(sent_to(rrl, "2001:db8:0:100::1", 20), 10);
    rrl_free(rrl);
}

static void kinds(void **state)
{
    struct rrl *rrl =
        make((struct conf){.rrl_rate = 10, .rrl_nxdomain_rate = 5, .rrl_error_rate = 2});
    (void)state;
    about("www.example.com.", 3, RCODE_NOERROR, 1);
    assert_int_equal(sent_to(rrl, "192.0.2.1", 20), 10);
    about("other.example.com.", 3, RCODE_NOERROR, 1);
    assert_int_equal(sent_to(rrl, "192.0.2.1", 20), 10);
    about("a.wild.example.com.", 3, RCODE_NOERROR, 1); /* of a wildcard: its parent counts */
    assert_int_equal(sent_to(rrl, "192.0.2.1", 6), 6);
    about("b.wild.example.com.", 3, RCODE_NOERROR, 1);
    assert_int_equal(sent_to(rrl, "192.0.2.1", 6), 4);
    about("a.example.com.", 2, RCODE_NXDOMAIN, 0); /* the zone counts */
    assert_int_equal(sent_to(rrl, "192.0.2.1", 3), 3);
    about("b.example.com.", 2, RCODE_NXDOMAIN, 0);
    assert_int_equal(sent_to(rrl, "192.0.2.1", 3), 2);
    about("nodata.example.com.", 3, RCODE_NOERROR, 0);
    assert_int_equal(sent_to(rrl, "192.0.2.1", 20), 5);
    about("x.sub.example.com.", 3, RCODE_NOERROR, 0);
    answer.reply.flags = 0; /* a referral */
    assert_int_equal(sent_to(rrl, "192.0.2.1", 20), 10);
    about("www.example.org.", 0, RCODE_REFUSED, 0);
    assert_int_equal(sent_to(rrl, "192.0.2.1", 20), 2);
    about("www.example.net.", 0, RCODE_SERVFAIL, 0);
    assert_int_equal(sent_to(rrl, "192.0.2.1", 20), 0);
    answer.parsed = QUERY_FORMERR;
    answer.reply.rcode = RCODE_FORMERR;
    assert_int_equal(sent_to(rrl, "192.0.2.1", 20), 0);
    rrl_free(rrl);
}

static void all(void **state)
{
    struct rrl *rrl = make((struct conf){.rrl_rate = 10, .rrl_all_rate = 15});
    (void)state;
    about("www.example.com.", 3, RCODE_NOERROR, 1);
    assert_int_equal(sent_to(rrl, "192.0.2.1", 20), 10);
    about("ftp.example.com.", 3, RCODE_NOERROR, 1);
    assert_int_equal(sent_to(rrl, "192.0.2.1", 20), 5);
    rrl_free(rrl);
}

static void exempt(void **state)
{
    char v4[] = "192.0.2.0/24", v6[] = "2001:db8::/32", one[] = "198.51.100.7";
    char *items[] = {v4, v6, one};
    struct rrl *rrl = make((struct conf){.rrl_rate = 10, .rrl_exempt = {3, items}});
    (void)state;
    about("www.example.com.", 3, RCODE_NOERROR, 1);
    assert_int_equal(sent_to(rrl, "192.0.2.77", 100), 100);
    assert_int_equal(sent_to(rrl, "192.0.3.1", 100), 10);
    assert_int_equal(sent_to(rrl, "2001:db8:ffff::1", 100), 100);
    assert_int_equal(sent_to(rrl, "2001:db9::1", 100), 10);
    assert_int_equal(sent_to(rrl, "198.51.100.7", 100), 100);
    assert_int_equal(sent_to(rrl, "198.51.100.8", 100), 10);
    answer.query.cookie_state = COOKIE_GOOD;
    assert_int_equal(sent_to(rrl, "198.51.100.8", 100), 100);
    answer.query.cookie_state = COOKIE_NEW;
    assert_int_equal(sent_to(rrl, "198.51.100.8", 100), 0);
    rrl_free(rrl);
}

static void slip(void **state)
{
    struct address client;
    unsigned verdicts[3];
    (void)state;

    assert_true(address_from_text(&client, "192.0.2.1", 53));
    for (unsigned one_in = 0; one_in <= 4; one_in++) {
        struct rrl *rrl = make((struct conf){.rrl_rate = 1, .rrl_slip = one_in});
        about("www.example.com.", 3, RCODE_NOERROR, 1);
        memset(verdicts, 0, sizeof verdicts);
        for (unsigned i = 0; i < 10001; i++) {
            verdicts[rrl_judge(rrl, &answer, &client, now, &generator)]++;
        }
        assert_int_equal(verdicts[RRL_SEND], 1);
        unsigned expected = one_in == 0 ? 0 : 10000 / one_in;
        assert_in_range(verdicts[RRL_TRUNCATE], expected - expected / 10, expected + expected / 10);
        about("www.example.org.", 0, RCODE_REFUSED, 0); /* TC says nothing in an error */
        memset(verdicts, 0, sizeof verdicts);
        for (unsigned i = 0; i < 10001; i++) {
            verdicts[rrl_judge(rrl, &answer, &client, now, &generator)]++;
        }
        assert_int_equal(verdicts[RRL_TRUNCATE], 0);
        assert_in_range(verdicts[RRL_SEND], expected - expected / 10, 1 + expected + expected / 10);
        rrl_free(rrl);
    }
}

/* A flood of forged networks fills the table many times over: who was limited stays so, most others are
 * answered. */
static void full_table(void **state)
{
    struct rrl *rrl = make((struct conf){.rrl_rate = 100, .rrl_size = 1024});
    char text[32];
    (void)state;

    about("www.example.com.", 3, RCODE_NOERROR, 1);
    assert_int_equal(sent_to(rrl, "192.0.2.1", 1000), 100);
    unsigned sent = 0;
    for (unsigned i = 0; i < 20000; i++) {
        snprintf(text, sizeof text, "10.%u.%u.1", i / 256, i % 256);
        sent += sent_to(rrl, text, 1);
    }
    assert_int_equal(sent, 20000);
    assert_int_equal(sent_to(rrl, "192.0.2.1", 1000), 0);
    rrl_free(rrl);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(off),   cmocka_unit_test(rate),       cmocka_unit_test(networks),
        cmocka_unit_test(kinds), cmocka_unit_test(all),        cmocka_unit_test(exempt),
        cmocka_unit_test(slip),  cmocka_unit_test(full_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

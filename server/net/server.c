#include "net/server.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/alloc.h"
#include "net/mailbox.h"
#include "net/policy.h"
#include "net/tcp.h"
#include "net/udp.h"

struct server {
    struct server_config config;
    struct policy policy;
    struct event_base *base;
    struct event *tick;
    struct mailbox *mailbox;
    struct worker worker; /* of the event loop */
    struct late *late;
    struct tcp *tcp;
    _Atomic(struct rrl *) rrl; /* NULL = no rate limit */
    struct udp **udp;
    size_t udp_count;
    struct loader *loader;
    struct counter_sums ended; /* counts of threads that have ended */
};

/* --- messages from the loader --- */

struct zone_done {
    struct mail mail;
    uint32_t id;
};

static void read_zone_done(struct mail *mail, void *context)
{
    struct server *server = context;
    late_zone_done(server->late, ((struct zone_done *)mail)->id);
    free(mail);
}

static void post_zone_done(void *context, uint32_t id)
{
    struct server *server = context;
    struct zone_done *done = alloc_new(sizeof *done);

    done->mail.read = read_zone_done;
    done->mail.context = server;
    done->id = id;
    mailbox_post(server->mailbox, &done->mail);
}

struct name_done {
    struct mail mail;
    uint64_t key;
};

static void read_name_done(struct mail *mail, void *context)
{
    struct server *server = context;
    late_name_done(server->late, ((struct name_done *)mail)->key);
    free(mail);
}

static void post_name_done(void *context, uint64_t key)
{
    struct server *server = context;
    struct name_done *done = alloc_new(sizeof *done);

    done->mail.read = read_name_done;
    done->mail.context = server;
    done->key = key;
    mailbox_post(server->mailbox, &done->mail);
}

static void read_complete(struct mail *mail, void *context)
{
    struct server *server = context;
    free(mail);
    server->config.complete(server->config.context);
}

static void post_complete(void *context)
{
    struct server *server = context;
    struct mail *mail = alloc_new(sizeof *mail);

    mail->read = read_complete;
    mail->context = server;
    mailbox_post(server->mailbox, mail);
}

struct loader_events server_loader_events(struct server *server)
{
    return (struct loader_events){post_zone_done, post_name_done, post_complete, server};
}

/* --- the event loop --- */

static void send_late(void *context, const struct late_client *client, const uint8_t *octets,
                      size_t len)
{
    struct server *server = context;

    if (client->udp < 0) {
        tcp_reply(server->tcp, client->tcp_id, octets, len);
    } else if (sendto(client->udp, octets, len, MSG_DONTWAIT, &client->address.any,
                      client->address.len) < 0) {
        counter_add(&server->worker.counters.unsent, 1);
    }
}

static void on_tick(evutil_socket_t fd, short what, void *context)
{
    struct server *server = context;

    (void)fd, (void)what;
    tcp_tick(server->tcp);
    if (server->loader != NULL) {
        loader_tick(server->loader); /* what is retired is freed by its threads */
    } else {
        quiesce_collect();
    }
    if (server->config.quit_after != 0) {
        struct counter_sums sums;
        server_sum(server, &sums);
        if (sums.udp + sums.tcp >= server->config.quit_after) {
            server_break(server);
        }
    }
}

static struct tcp_limits limits_of(const struct conf *conf)
{
    return (struct tcp_limits){conf->tcp_connections, conf->tcp_per_client, conf->tcp_idle_sec,
                               conf->tcp_queries, TCP_HELD_MAX};
}

struct server *server_new(const struct server_config *config)
{
    struct server *server = alloc_aligned(64, sizeof *server);
    struct timeval second = {1, 0};
    struct tcp_limits limits = limits_of(config->conf);

    memset(server, 0, sizeof *server);
    server->config = *config;
    policy_init(&server->policy, config->conf);
    server->base = event_base_new();
    if (server->base == NULL) {
        abort();
    }
    atomic_init(&server->rrl, rrl_new(config->conf));
    server->mailbox = mailbox_new(server->base);
    server->late = late_new(server->base, server->mailbox, &server->worker, send_late, server);
    worker_init(&server->worker, config->store, &server->policy.answer, server->late,
                config->log_queries);
    server->tcp = tcp_new(server->base, &server->worker, config->listeners, &limits);
    server->tick = event_new(server->base, -1, EV_PERSIST, on_tick, server);
    if (server->tick == NULL || event_add(server->tick, &second) != 0) {
        abort();
    }
    return server;
}

void server_start_udp(struct server *server)
{
    const struct listeners *listeners = server->config.listeners;
    size_t count = 0;

    for (size_t i = 0; i < listeners->count; i++) {
        count += listeners->items[i].udp_count;
    }
    server->udp = alloc_zero(count + 1, sizeof(struct udp *));
    for (size_t i = 0; i < listeners->count; i++) {
        for (unsigned k = 0; k < listeners->items[i].udp_count; k++) {
            struct udp_config config = {listeners->items[i].udp[k],
                                        server->config.store,
                                        &server->policy.answer,
                                        server->late,
                                        &server->rrl,
                                        server->config.log_queries};
            server->udp[server->udp_count++] = udp_start(&config);
        }
    }
}

void server_set_loader(struct server *server, struct loader *loader)
{
    server->loader = loader;
    late_set_loader(server->late, loader);
}

struct event_base *server_base(struct server *server)
{
    return server->base;
}

void server_run(struct server *server)
{
    event_base_dispatch(server->base);
}

void server_break(struct server *server)
{
    event_base_loopbreak(server->base);
}

void server_stop(struct server *server)
{
    for (size_t i = 0; i < server->udp_count; i++) {
        udp_stop(server->udp[i]);
    }
    for (size_t i = 0; i < server->udp_count; i++) {
        counters_sum(&server->ended, udp_counters(server->udp[i]));
        udp_join(server->udp[i]);
    }
    server->udp_count = 0;
    tcp_free(server->tcp);
    server->tcp = NULL;
}

void server_free(struct server *server)
{
    late_free(server->late);
    mailbox_free(server->mailbox);
    worker_release(&server->worker);
    event_free(server->tick);
    event_base_free(server->base);
    policy_release(&server->policy);
    rrl_free(atomic_load(&server->rrl));
    free(server->udp);
    free(server);
}

static void free_rrl(void *rrl)
{
    rrl_free(rrl);
}

/* A new rate limit begins with empty counters, also when nothing about it changed: a SIGHUP gives away a
 * second's replies. */
static void replace_rrl(struct server *server, const struct conf *conf)
{
    struct rrl *old = atomic_exchange_explicit(&server->rrl, rrl_new(conf), memory_order_seq_cst);
    if (old != NULL) {
        quiesce_retire(old, free_rrl);
        quiesce_collect();
    }
}

void server_reconfigure(struct server *server, const struct conf *conf)
{
    struct tcp_limits limits = limits_of(conf);
    tcp_set_limits(server->tcp, &limits);
    policy_reconfigure(&server->policy, conf);
    replace_rrl(server, conf);
}

void server_sum(const struct server *server, struct counter_sums *sums)
{
    *sums = server->ended;
    for (size_t i = 0; i < server->udp_count; i++) {
        counters_sum(sums, udp_counters(server->udp[i]));
    }
    counters_sum(sums, &server->worker.counters);
}

void server_gauges(const struct server *server, struct server_gauges *gauges)
{
    gauges->tcp_connections = server->tcp != NULL ? tcp_connections(server->tcp) : 0;
    gauges->late_waiting = late_waiting(server->late);
}

/*
 * The octets of one connection. What arrives is read behind the rest of last time into a buffer that
 * all connections share; whole frames are answered into another shared buffer, which goes out in one
 * send(); only a cut-off frame at the end and replies the socket would not take are kept with the
 * connection. An idle connection so costs a few hundred octets.
 *
 *     rest + recv() -> in  | frame | frame | fra        out | reply | reply |  -> send() -> unsent
 *
 * When more than TCP_UNSENT_MAX is unsent nothing is read or answered until the client takes it. What all
 * hold together is counted whenever an event of one of them ends.
 */
#include "net/tcp_conn.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"

static size_t get16(const uint8_t *at)
{
    return (size_t)at[0] << 8 | at[1];
}

static size_t unsent_len(const struct tcp_conn *conn)
{
    return conn->unsent == NULL ? 0 : evbuffer_get_length(conn->unsent);
}

static bool is_full(const struct tcp_conn *conn)
{
    return unsent_len(conn) > TCP_UNSENT_MAX;
}

/* --- sending --- */

/* Send what stands in tcp->out, after what is unsent; keep what the socket does not take. */
static void flush(struct tcp_conn *conn)
{
    struct tcp *tcp = conn->tcp;
    size_t sent = 0;

    if (unsent_len(conn) == 0 && tcp->out_len > 0 && !conn->broken) {
        ssize_t n = send(conn->fd, tcp->out, tcp->out_len, MSG_NOSIGNAL);
        if (n > 0) {
            sent = (size_t)n;
            tcp_touch(conn);
        } else if (n < 0 && errno != EAGAIN && errno != EINTR) {
            conn->broken = true;
        }
    }
    if (sent < tcp->out_len && !conn->broken) {
        if (conn->unsent == NULL) {
            conn->unsent = evbuffer_new();
        }
        if (conn->unsent == NULL ||
            evbuffer_add(conn->unsent, tcp->out + sent, tcp->out_len - sent) != 0) {
            abort(); /* memory is gone */
        }
    }
    tcp->out_len = 0;
}

static void send_unsent(struct tcp_conn *conn)
{
    while (unsent_len(conn) > 0) {
        int n = evbuffer_write(conn->unsent, conn->fd);
        if (n <= 0) {
            conn->broken = n < 0 && errno != EAGAIN && errno != EINTR;
            return;
        }
        tcp_touch(conn);
    }
}

/* Room for one more frame in tcp->out. */
static uint8_t *frame_room(struct tcp_conn *conn)
{
    if (sizeof conn->tcp->out - conn->tcp->out_len < TCP_FRAME_MAX) {
        flush(conn);
    }
    return conn->tcp->out + conn->tcp->out_len;
}

static void end_frame(struct tcp *tcp, uint8_t *frame, size_t len)
{
    frame[0] = (uint8_t)(len >> 8);
    frame[1] = (uint8_t)len;
    tcp->out_len += 2 + len;
}

/* --- answering --- */

static void answer_message(struct tcp_conn *conn, const uint8_t *message, size_t len)
{
    struct tcp *tcp = conn->tcp;
    struct worker *worker = tcp->worker;
    struct answer *answer = &tcp->answer;
    uint8_t *frame = frame_room(conn), *octets = frame + 2;

    counter_add(&worker->counters.tcp, 1);
    memcpy(octets, message, len);
    worker_parse(worker, answer, octets, len, &conn->peer);
    answer_prepare(answer, 1, &worker->answerer);
    switch (answer_write(answer, &worker->answerer, octets, DNS_MESSAGE_MAX, true)) {
    case ANSWER_REPLY:
        break;
    case ANSWER_NOTHING: /* whoever sends this speaks no DNS: hear no more of it */
        counter_add(&worker->counters.dropped, 1);
        conn->ended = true;
        return;
    case ANSWER_LATE:
        counter_add(&worker->counters.late, 1);
        if (late_park(worker->late, answer, octets,
                      &(struct late_client){-1, conn->id, conn->peer})) {
            conn->late++;
            return;
        }
        answer_not_ready(answer, &worker->answerer, octets, DNS_MESSAGE_MAX, true);
        break;
    }
    worker_note(worker, answer, &conn->peer, true);
    end_frame(tcp, frame, answer->reply_len);
}

/* Answer the whole frames among the LEN octets of tcp->in. Returns how many octets are done with. */
static size_t answer_frames(struct tcp_conn *conn, size_t len)
{
    struct tcp *tcp = conn->tcp;
    size_t at = 0;

    worker_enter(tcp->worker);
    while (!conn->ended && !conn->broken && !is_full(conn) && len - at >= 2) {
        size_t frame = 2 + get16(tcp->in + at);
        if (len - at < frame) {
            break;
        }
        answer_message(conn, tcp->in + at + 2, frame - 2);
        at += frame;
        conn->queries++;
        if (tcp->limits.queries != 0 && conn->queries >= tcp->limits.queries) {
            conn->ended = true;
        }
    }
    worker_leave(tcp->worker);
    if (at > 0) {
        tcp_touch(conn);
    }
    return at;
}

/* Keep the octets AT..LEN of tcp->in for later. */
static void keep_rest(struct tcp_conn *conn, size_t at, size_t len)
{
    free(conn->rest);
    conn->rest = NULL;
    conn->rest_len = len - at;
    if (conn->rest_len > 0) {
        conn->rest = alloc_copy(conn->tcp->in + at, conn->rest_len);
    }
}

static size_t take_rest(struct tcp_conn *conn)
{
    if (conn->rest_len > 0) {
        memcpy(conn->tcp->in, conn->rest, conn->rest_len);
    }
    return conn->rest_len;
}

/* --- what next --- */

static void count_held(struct tcp_conn *conn)
{
    size_t held = unsent_len(conn) + conn->rest_len;
    conn->tcp->held += held;
    conn->tcp->held -= conn->held;
    conn->held = held;
}

/* Wait for the right events, or close. The last thing done with CONN in any event. */
static void settle(struct tcp_conn *conn)
{
    struct tcp *tcp = conn->tcp;
    bool sending = unsent_len(conn) > 0;

    if (conn->broken || (conn->ended && !sending && conn->late == 0)) {
        tcp_close(conn);
        return;
    }
    if (conn->ended || is_full(conn)) {
        event_del(&conn->readable);
    } else {
        event_add(&conn->readable, NULL);
    }
    if (sending) {
        event_add(&conn->writable, NULL);
    } else {
        event_del(&conn->writable);
    }
    count_held(conn);
    if (tcp->held > tcp->limits.held) {
        tcp_make_room(tcp);
    }
}

static void on_readable(evutil_socket_t fd, short what, void *context)
{
    struct tcp_conn *conn = context;
    struct tcp *tcp = conn->tcp;

    (void)what;
    size_t len = take_rest(conn);
    ssize_t n = recv(fd, tcp->in + len, sizeof tcp->in - len, 0);
    if (n < 0) {
        conn->broken = errno != EAGAIN && errno != EINTR;
    } else if (n == 0) {
        /* The client may have closed its half only: it still gets what it asked for. */
        conn->ended = true;
    } else {
        len += (size_t)n;
        size_t done = answer_frames(conn, len);
        flush(conn);
        keep_rest(conn, done, len);
    }
    settle(conn);
}

static void on_writable(evutil_socket_t fd, short what, void *context)
{
    struct tcp_conn *conn = context;

    (void)fd, (void)what;
    send_unsent(conn);
    /* Whole frames wait in the rest only if they came before reading was stopped. */
    while (conn->rest_len >= 2 && !conn->ended && !conn->broken && !is_full(conn)) {
        size_t len = take_rest(conn), done = answer_frames(conn, len);
        flush(conn);
        if (done == 0) {
            break;
        }
        keep_rest(conn, done, len);
    }
    settle(conn);
}

void tcp_conn_start(struct tcp_conn *conn)
{
    event_assign(&conn->readable, conn->tcp->base, conn->fd, EV_READ | EV_PERSIST, on_readable,
                 conn);
    event_assign(&conn->writable, conn->tcp->base, conn->fd, EV_WRITE | EV_PERSIST, on_writable,
                 conn);
    settle(conn);
}

void tcp_conn_reply(struct tcp_conn *conn, const uint8_t *octets, size_t len)
{
    uint8_t *frame = frame_room(conn);

    memcpy(frame + 2, octets, len);
    end_frame(conn->tcp, frame, len);
    conn->late--;
    flush(conn);
    settle(conn);
}

void tcp_conn_release(struct tcp_conn *conn)
{
    conn->tcp->held -= conn->held;
    event_del(&conn->readable);
    event_del(&conn->writable);
    if (conn->unsent != NULL) {
        evbuffer_free(conn->unsent);
    }
    free(conn->rest);
    close(conn->fd);
    free(conn);
}

/*
 * Asks a DNS server on 127.0.0.1 as fast as it answers, and tells what came back. dnsperf spends more
 * CPU on a query than a fast server does, so it cannot saturate one from one core; this can: messages
 * are built beforehand, and one system call moves up to 64 of them.
 *
 *   blast [options] PORT FILE       FILE: lines "name type"
 *     -s SECONDS   how long; 0 = once through the questions
 *     -w WINDOW    questions without an answer, over all sockets (200)
 *     -n SOCKETS   connected sockets or connections (8)
 *     -r RATE      questions per second; 0 = as fast as answers come (UDP only)
 *     -a PART      where in FILE to begin, 0 to 1; it goes on at the front
 *     -m COUNT     questions taken from FILE at most (0 = all)
 *     -e           with EDNS, 1232 octets
 *     -t           over TCP, WINDOW / SOCKETS pipelined on each connection
 *     -c           over TCP, a new connection for each question
 *
 * It prints "ready" and waits for a line on its standard input, so that whoever measures the server
 * leaves out what reading FILE took; at the end a line of JSON. A question unanswered for a second is
 * lost. Latency is measured from before the call that sends.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    CHUNK = 64,       /* messages per system call */
    MESSAGE = 1500,   /* room for one, either way, by UDP */
    STREAM = 1 << 18, /* room for what a connection has received or is to send */
    IDS = 65536,
    BUCKETS = 24000, /* of the latencies: 1 us each up to 1 ms, then 100 us */
    LOST_SEC = 1,
};

struct question {
    size_t off;
    uint16_t len;
};

struct client {
    int fd;
    unsigned waiting; /* questions without an answer */
    uint16_t next_id;
    double *sent_at;   /* by id; 0 = not waiting */
    uint8_t *in, *out; /* TCP */
    size_t in_len, out_len, out_off;
};

static struct {
    int port;
    const char *path;
    double seconds, rate, start;
    unsigned window, sockets, each;
    size_t most;
    bool edns, tcp, single;
} option = {.seconds = 1, .window = 200, .sockets = 8};

static struct {
    uint8_t *octets;
    size_t len, cap;
    struct question *items;
    size_t count, room, next;
} questions;

static struct {
    unsigned long long sent, answered, lost, octets, rcode[16];
    unsigned histogram[BUCKETS];
    double last;
} result;

static double started;

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* --- questions --- */

static unsigned type_number(const char *text)
{
    static const struct {
        const char *name;
        unsigned number;
    } types[] = {{"A", 1},   {"NS", 2},   {"CNAME", 5}, {"SOA", 6}, {"PTR", 12},
                 {"MX", 15}, {"TXT", 16}, {"AAAA", 28}, {"SRV", 33}};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        if (strcmp(types[i].name, text) == 0) {
            return types[i].number;
        }
    }
    fprintf(stderr, "blast: type %s\n", text);
    exit(2);
}

static void *grown(void *block, size_t size)
{
    block = realloc(block, size);
    if (block == NULL) {
        fail("realloc");
    }
    return block;
}

/* A line "name type" as a message with a length in front, as TCP sends it. */
static void add_question(char *line)
{
    static const uint8_t header[12] = {[5] = 1}, opt[11] = {0, 0, 41, 4, 208};
    char *type = strchr(line, ' ');

    if (questions.len + 600 > questions.cap) {
        questions.octets = grown(questions.octets, questions.cap = questions.cap * 2 + 65536);
    }
    if (questions.count == questions.room) {
        questions.room = questions.room * 2 + 1024;
        questions.items = grown(questions.items, questions.room * sizeof *questions.items);
    }
    *type++ = '\0';
    uint8_t *start = questions.octets + questions.len, *at = start + 2;
    memcpy(at, header, sizeof header);
    at[11] = option.edns;
    at += sizeof header;
    for (const char *label = line; *label != '\0';) {
        size_t len = strcspn(label, ".");
        *at++ = (uint8_t)len;
        memcpy(at, label, len);
        at += len;
        label += len + (label[len] == '.');
    }
    unsigned number = type_number(type);
    const uint8_t end[5] = {0, (uint8_t)(number >> 8), (uint8_t)number, 0, 1};
    memcpy(at, end, sizeof end);
    at += sizeof end;
    if (option.edns) {
        memcpy(at, opt, sizeof opt);
        at += sizeof opt;
    }
    size_t len = (size_t)(at - start) - 2;
    start[0] = (uint8_t)(len >> 8);
    start[1] = (uint8_t)len;
    questions.items[questions.count++] = (struct question){questions.len, (uint16_t)(len + 2)};
    questions.len += len + 2;
}

/* Lines from FROM on, up to TO (0 = the end). */
static void read_lines(FILE *file, long from, long to)
{
    char line[512];

    if (fseek(file, from, SEEK_SET) != 0) {
        fail("fseek");
    }
    if (from > 0 && fgets(line, sizeof line, file) == NULL) { /* the rest of a line */
        return;
    }
    while ((to == 0 || ftell(file) < to) && fgets(line, sizeof line, file) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        if (strchr(line, ' ') != NULL) {
            add_question(line);
        }
        if (option.most != 0 && questions.count >= option.most) {
            return;
        }
    }
}

static void read_questions(void)
{
    FILE *file = fopen(option.path, "r");
    if (file == NULL || fseek(file, 0, SEEK_END) != 0) {
        fail(option.path);
    }
    long from = (long)(option.start * (double)ftell(file));
    read_lines(file, from, 0);
    if (from > 0 && (option.most == 0 || questions.count < option.most)) {
        read_lines(file, 0, from);
    }
    fclose(file);
    if (questions.count == 0) {
        fprintf(stderr, "blast: no questions in %s\n", option.path);
        exit(2);
    }
}

/* All asked once, and that was to be? */
static bool out_of_questions(void)
{
    return option.seconds <= 0 && questions.next >= questions.count;
}

/* The next question at TO, with an id of CLIENT; its length. SKIP: without the length in front. */
static size_t take_question(struct client *client, uint8_t *to, bool skip, double t)
{
    const struct question *q = &questions.items[questions.next % questions.count];
    size_t front = skip ? 2 : 0, id_at = skip ? 0 : 2;
    uint16_t id = client->next_id++;

    questions.next++;
    memcpy(to, questions.octets + q->off + front, q->len - front);
    memcpy(to + id_at, &id, 2);
    if (client->sent_at[id] != 0) {
        result.lost++;
        client->waiting--;
    }
    client->sent_at[id] = t;
    client->waiting++;
    result.sent++;
    return q->len - front;
}

static void note_answer(struct client *client, const uint8_t *message, size_t len, double t)
{
    uint16_t id;
    memcpy(&id, message, 2);
    if (len < 12 || client->sent_at[id] == 0) {
        return; /* late: counted as lost */
    }
    double us = (t - client->sent_at[id]) * 1e6;
    unsigned bucket = us < 1000 ? (unsigned)us : 1000 + (unsigned)((us - 1000) / 100);
    result.histogram[bucket < BUCKETS ? bucket : BUCKETS - 1]++;
    client->sent_at[id] = 0;
    client->waiting--;
    result.answered++;
    result.octets += len;
    result.rcode[message[3] & 15]++;
    result.last = t;
}

static void reap(struct client *client, double t)
{
    for (unsigned id = 0; id < IDS; id++) {
        if (client->sent_at[id] != 0 && t - client->sent_at[id] > LOST_SEC) {
            client->sent_at[id] = 0;
            client->waiting--;
            result.lost++;
        }
    }
}

/* --- UDP --- */

static struct mmsghdr messages[CHUNK];
static struct iovec vectors[CHUNK];
static uint8_t buffers[CHUNK][MESSAGE];

static unsigned may_send(const struct client *client, double t)
{
    unsigned can = client->waiting < option.each ? option.each - client->waiting : 0;

    can = can < CHUNK ? can : CHUNK;
    if (option.rate > 0) {
        double due = (t - started) * option.rate - (double)result.sent;
        return due < can ? (due > 0 ? (unsigned)due : 0) : can;
    }
    /* A few at a time would cost a system call each. */
    return can >= option.each / 4 || can >= 32 || client->waiting == 0 ? can : 0;
}

static bool udp_send(struct client *client, double t)
{
    unsigned can = may_send(client, t), count = 0;

    for (; count < can && !out_of_questions(); count++) {
        vectors[count] =
            (struct iovec){buffers[count], take_question(client, buffers[count], true, t)};
    }
    for (unsigned done = 0; done < count;) {
        int sent = sendmmsg(client->fd, messages + done, count - done, 0);
        if (sent > 0) {
            done += (unsigned)sent;
        } else if (errno != EAGAIN && errno != ECONNREFUSED) {
            fail("sendmmsg");
        }
    }
    return count > 0;
}

static bool udp_turn(struct client *client, bool asking)
{
    bool moved = asking && udp_send(client, now());
    for (unsigned i = 0; i < CHUNK; i++) {
        vectors[i] = (struct iovec){buffers[i], MESSAGE};
    }
    int count = recvmmsg(client->fd, messages, CHUNK, MSG_DONTWAIT, NULL);
    double t = now();
    for (int i = 0; i < count; i++) {
        note_answer(client, buffers[i], messages[i].msg_len, t);
    }
    return moved || count > 0;
}

/* --- TCP --- */

static void open_client(struct client *client)
{
    int type = option.tcp ? SOCK_STREAM : SOCK_DGRAM, size = 4 << 20, one = 1;
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)option.port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

    client->fd = socket(AF_INET, type | SOCK_NONBLOCK, 0);
    if (option.tcp) {
        /* Reset at the end: thousands in TIME_WAIT would use up the ports. */
        struct linger linger = {1, 0};
        setsockopt(client->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        setsockopt(client->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
    } else {
        setsockopt(client->fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
        setsockopt(client->fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    }
    if (connect(client->fd, (void *)&to, sizeof to) != 0 && errno != EINPROGRESS) {
        fail("connect");
    }
    client->in_len = client->out_len = client->out_off = 0;
}

/* The connection ended, or is to end: what waited on it is lost. */
static void reopen(struct client *client)
{
    close(client->fd);
    if (client->waiting > 0) {
        reap(client, now() + 2 * LOST_SEC);
    }
    open_client(client);
}

static bool tcp_send(struct client *client, bool asking)
{
    if (client->out_off == client->out_len) {
        double t = now();
        unsigned can = client->waiting < option.each ? option.each - client->waiting : 0;
        client->out_len = client->out_off = 0;
        for (; asking && can > 0 && !out_of_questions() && client->out_len + 600 < STREAM; can--) {
            client->out_len += take_question(client, client->out + client->out_len, false, t);
        }
    }
    if (client->out_off == client->out_len) {
        return false;
    }
    ssize_t sent = send(client->fd, client->out + client->out_off,
                        client->out_len - client->out_off, MSG_NOSIGNAL);
    if (sent > 0) {
        client->out_off += (size_t)sent;
    } else if (errno != EAGAIN) {
        reopen(client);
    }
    return sent > 0;
}

static bool tcp_turn(struct client *client, bool asking)
{
    bool moved = tcp_send(client, asking);
    ssize_t got = recv(client->fd, client->in + client->in_len, STREAM - client->in_len, 0);

    if (got == 0 || (got < 0 && errno != EAGAIN && errno != ENOTCONN)) {
        reopen(client);
        return true;
    }
    if (got < 0) {
        return moved;
    }
    client->in_len += (size_t)got;
    double t = now();
    size_t at = 0;
    while (client->in_len - at >= 2) {
        size_t len = (size_t)client->in[at] << 8 | client->in[at + 1];
        if (client->in_len - at < len + 2) {
            break;
        }
        note_answer(client, client->in + at + 2, len, t);
        at += len + 2;
    }
    memmove(client->in, client->in + at, client->in_len - at);
    client->in_len -= at;
    if (option.single && client->waiting == 0) {
        reopen(client);
    }
    return true;
}

/* --- the run --- */

static void run(struct client *clients)
{
    struct pollfd *polled = calloc(option.sockets, sizeof *polled);
    double reaped = started;

    for (double t = started;; t = now()) {
        bool moved = false;
        bool asking = option.seconds > 0 ? t - started < option.seconds : !out_of_questions();
        unsigned waiting = 0;
        for (unsigned i = 0; i < option.sockets; i++) {
            moved |= (option.tcp ? tcp_turn : udp_turn)(&clients[i], asking);
            waiting += clients[i].waiting;
        }
        if (t - reaped > LOST_SEC / 4.0) {
            reaped = t;
            for (unsigned i = 0; i < option.sockets; i++) {
                reap(&clients[i], t);
            }
        }
        if (!asking && waiting == 0) {
            break;
        }
        if (!moved) {
            struct timespec wait = {0, 200000};
            for (unsigned i = 0; i < option.sockets; i++) {
                bool blocked = option.tcp && clients[i].out_off < clients[i].out_len;
                polled[i] = (struct pollfd){.fd = clients[i].fd,
                                            .events = (short)(POLLIN | (blocked ? POLLOUT : 0))};
            }
            ppoll(polled, option.sockets, &wait, NULL);
        }
    }
    free(polled);
}

static double percentile(double part)
{
    double count = 0;
    for (unsigned i = 0; i < BUCKETS; i++) {
        count += result.histogram[i];
        if (count >= (double)result.answered * part) {
            return i < 1000 ? i + 0.5 : 1000 + (i - 1000) * 100.0 + 50;
        }
    }
    return 0;
}

static void print_result(void)
{
    struct rusage usage;
    double wall = option.seconds > 0 ? option.seconds : result.last - started;

    getrusage(RUSAGE_SELF, &usage);
    printf("{\"sent\":%llu,\"answered\":%llu,\"lost\":%llu,\"wall\":%.3f,\"qps\":%.0f,"
           "\"octets\":%.1f,\"noerror\":%llu,\"servfail\":%llu,\"nxdomain\":%llu,"
           "\"refused\":%llu,\"p50_us\":%.1f,\"p99_us\":%.1f,\"p999_us\":%.1f,\"gen_cpu\":%.3f}\n",
           result.sent, result.answered, result.lost, wall, (double)result.answered / wall,
           result.answered > 0 ? (double)result.octets / (double)result.answered : 0,
           result.rcode[0], result.rcode[2], result.rcode[3], result.rcode[5], percentile(0.5),
           percentile(0.99), percentile(0.999),
           (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
               (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e-6);
}

static void read_options(int argc, char **argv)
{
    for (int c; (c = getopt(argc, argv, "s:w:n:r:a:m:etc")) != -1;) {
        switch (c) {
        case 's':
            option.seconds = atof(optarg);
            break;
        case 'w':
            option.window = (unsigned)atoi(optarg);
            break;
        case 'n':
            option.sockets = (unsigned)atoi(optarg);
            break;
        case 'r':
            option.rate = atof(optarg);
            break;
        case 'a':
            option.start = atof(optarg);
            break;
        case 'm':
            option.most = (size_t)atol(optarg);
            break;
        case 'e':
            option.edns = true;
            break;
        case 'c':
            option.single = true; /* fallthrough */
        case 't':
            option.tcp = true;
            break;
        default:
            exit(2);
        }
    }
    if (argc - optind != 2 || option.sockets == 0) {
        fprintf(stderr, "blast [options] PORT FILE: see the head of blast.c\n");
        exit(2);
    }
    option.port = atoi(argv[optind]);
    option.path = argv[optind + 1];
    option.each = option.single ? 1 : option.window / option.sockets;
    option.each = option.each > 0 ? option.each : 1;
}

int main(int argc, char **argv)
{
    read_options(argc, argv);
    read_questions();
    struct client *clients = calloc(option.sockets, sizeof *clients);
    for (unsigned i = 0; i < option.sockets; i++) {
        clients[i].sent_at = calloc(IDS, sizeof(double));
        if (option.tcp) {
            clients[i].in = calloc(1, STREAM);
            clients[i].out = calloc(1, STREAM);
        }
        open_client(&clients[i]);
    }
    for (unsigned i = 0; i < CHUNK; i++) {
        messages[i].msg_hdr.msg_iov = &vectors[i];
        messages[i].msg_hdr.msg_iovlen = 1;
    }
    puts("ready");
    fflush(stdout);
    if (getchar() == EOF) {
        return 1;
    }
    started = now();
    run(clients);
    print_result();
    return 0;
}

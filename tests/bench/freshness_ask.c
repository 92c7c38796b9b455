/*
 * The precise part of the freshness bench: makes changes by SQL and asks for each of them again and
 * again until the new answer comes. freshness.py tells it what to do and makes tables of what it says.
 *
 *   freshness_ask --server ADDRESS:PORT --socket DB.sock --database NAME [OPTION VALUE]... <changes
 *
 * A line of standard input is a change, with tabs between its fields:
 *
 *   kind  name  type  old  new  statement  [statement...]      e.g.
 *   added  www.example.com.  A  NXDOMAIN  192.0.2.1,192.0.2.2  BEGIN  INSERT ...  COMMIT
 *
 * old and new are the answers before and after (reply_text). The clock of a change starts when the OK of
 * its last statement has come, and stops when the first reply NEW has come; a server that is faster than
 * the OK has a negative time. A line of standard output is a result:
 *
 *   kind  microseconds or -  asked  mixed  old after new  other  lost  (statement failed, or what came)
 *
 *     asker (main)   one query at a time: sent, answered, judged. So a query sent after NEW was seen
 *                    that is answered OLD is a step back; nothing in flight can excuse it. The queries
 *                    go round over several sockets, and so over all threads of the server.
 *     writer         runs the statements
 *     load           sends queries at a steady rate, if told to
 */
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <mysql.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "freshness_reply.h"

enum {
    SOCKETS = 8,
    STATEMENTS_MAX = 8,
    SURE = 3,             /* answers OLD before the change is made */
    REPLY_WAIT_MS = 1000, /* until a query counts as lost */
    UNREADY_SEC = 20,     /* until a change is given up whose old answer does not come */
    LOAD_TICK_US = 1000,
};

enum state { IDLE, BEFORE, CHANGING, SETTLING, DONE };

struct change {
    char *kind, *old, *new;
    char *statement[STATEMENTS_MAX];
    unsigned statements;
    uint8_t query[QUERY_SIZE];
    size_t query_len;

    enum state state;
    int64_t start_us, ask_us; /* when its first, its next query is due */
    int64_t seen_us, settled_us;
    _Atomic int64_t committed_us; /* by the writer; 0 = not yet, -1 = failed */
    unsigned sure;
    unsigned asked, mixed, back, other, lost;
    char odd[REPLY_TEXT_SIZE]; /* the first reply that was neither OLD nor NEW, or the error */
};

static struct {
    struct sockaddr_in server;
    const char *socket, *database, *load_file;
    unsigned parallel, interval_us, settle_us, give_up_sec, load_rate, spread_sec, seconds,
        pause_us;
} option = {
    .parallel = 1, .interval_us = 100, .settle_us = 10000, .give_up_sec = 30, .pause_us = 10000};

static struct change *changes;
static size_t change_count;

static struct {
    pthread_mutex_t lock;
    pthread_cond_t wake;
    struct change **waiting;
    size_t first, count;
    bool end;
} writer = {.lock = PTHREAD_MUTEX_INITIALIZER, .wake = PTHREAD_COND_INITIALIZER};

static atomic_bool load_end;
static uint64_t load_sent, load_answered, load_failed;

static void die(const char *what, const char *why)
{
    fprintf(stderr, "freshness_ask: %s: %s\n", what, why);
    exit(1);
}

static int64_t now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void pause_until(int64_t us)
{
    struct timespec until = {us / 1000000, us % 1000000 * 1000};
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR) {
    }
}

static int connect_udp(void)
{
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&option.server, sizeof option.server) != 0) {
        die("socket", strerror(errno));
    }
    return fd;
}

/* --- writer --- */

static bool run_statements(MYSQL *db, struct change *change)
{
    for (unsigned i = 0; i < change->statements; i++) {
        if (mysql_real_query(db, change->statement[i], strlen(change->statement[i])) != 0) {
            snprintf(change->odd, sizeof change->odd, "%s", mysql_error(db));
            return false;
        }
    }
    return true;
}

static void *write_changes(void *context)
{
    MYSQL *db = mysql_init(NULL);
    (void)context;

    if (mysql_real_connect(db, "localhost", "root", "", option.database, 0, option.socket, 0) ==
        NULL) {
        die("database", mysql_error(db));
    }
    pthread_mutex_lock(&writer.lock);
    while (true) {
        while (writer.first == writer.count && !writer.end) {
            pthread_cond_wait(&writer.wake, &writer.lock);
        }
        if (writer.first == writer.count) {
            break;
        }
        struct change *change = writer.waiting[writer.first++];
        pthread_mutex_unlock(&writer.lock);
        bool good = run_statements(db, change);
        atomic_store(&change->committed_us, good ? now_us() : -1);
        if (!good && mysql_rollback(db) != 0) {
            die("database", mysql_error(db));
        }
        pthread_mutex_lock(&writer.lock);
    }
    pthread_mutex_unlock(&writer.lock);
    mysql_close(db);
    return NULL;
}

static void make_change(struct change *change)
{
    pthread_mutex_lock(&writer.lock);
    writer.waiting[writer.count++] = change;
    pthread_cond_signal(&writer.wake);
    pthread_mutex_unlock(&writer.lock);
}

/* --- load --- */

struct load_query {
    uint8_t octets[QUERY_SIZE];
    size_t len;
};

/* Names for A queries, one per line. */
static struct load_query *read_load(size_t *count)
{
    FILE *file = fopen(option.load_file, "r");
    struct load_query *queries = NULL;
    size_t cap = 0;
    char line[300];

    *count = 0;
    if (file == NULL) {
        die(option.load_file, strerror(errno));
    }
    while (fgets(line, sizeof line, file) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        if (*count == cap) { /* sanitizers copy at each call */
            cap = cap == 0 ? 1024 : cap * 2;
            queries = realloc(queries, cap * sizeof *queries);
        }
        queries[*count].len = query_make(queries[*count].octets, line, "A");
        *count += queries[*count].len > 0;
    }
    fclose(file);
    if (*count == 0) {
        die(option.load_file, "no names");
    }
    return queries;
}

static void drain(int fd)
{
    uint8_t reply[REPLY_SIZE];
    ssize_t len;
    while ((len = recv(fd, reply, sizeof reply, MSG_DONTWAIT)) > 0) {
        load_answered++;
        load_failed += len < 4 || (reply[3] & 15) != 0;
    }
}

static void *send_load(void *context)
{
    int fds[SOCKETS];
    size_t count, next = 0;
    struct load_query *queries = read_load(&count);
    (void)context;

    prctl(PR_SET_TIMERSLACK, 1);
    for (unsigned i = 0; i < SOCKETS; i++) {
        fds[i] = connect_udp();
    }
    int64_t begun_us = now_us(), tick_us = begun_us;
    while (!atomic_load(&load_end)) {
        tick_us += LOAD_TICK_US;
        uint64_t due = (uint64_t)(tick_us - begun_us) * option.load_rate / 1000000;
        int fd = fds[(tick_us / LOAD_TICK_US) % SOCKETS];
        drain(fd);
        for (; load_sent < due; load_sent++) {
            struct load_query *query = &queries[next++ % count];
            query->octets[0] = (uint8_t)(next >> 8);
            query->octets[1] = (uint8_t)next;
            if (send(fd, query->octets, query->len, MSG_DONTWAIT) < 0) {
                break;
            }
        }
        pause_until(tick_us);
    }
    pause_until(now_us() + REPLY_WAIT_MS * 1000);
    for (unsigned i = 0; i < SOCKETS; i++) {
        drain(fds[i]);
        close(fds[i]);
    }
    free(queries);
    return NULL;
}

/* --- asker --- */

/* Ask once; false when no answer came. */
static bool ask(struct change *change, char *text)
{
    static int fds[SOCKETS];
    static unsigned turn;
    uint8_t reply[REPLY_SIZE];
    int *fd = &fds[++turn % SOCKETS];
    int64_t until_us = now_us() + REPLY_WAIT_MS * 1000;

    if (*fd == 0) {
        *fd = connect_udp();
    }
    change->query[0] = (uint8_t)(turn >> 8);
    change->query[1] = (uint8_t)turn;
    if (send(*fd, change->query, change->query_len, 0) < 0) {
        return false;
    }
    while (true) {
        struct pollfd readable = {.fd = *fd, .events = POLLIN};
        int64_t left_us = until_us - now_us();
        if (left_us <= 0 || poll(&readable, 1, (int)(left_us / 1000) + 1) <= 0) {
            return false;
        }
        ssize_t len = recv(*fd, reply, sizeof reply, MSG_DONTWAIT);
        if (len >= 2 && memcmp(reply, change->query, 2) == 0) {
            reply_text(reply, (size_t)len, text, REPLY_TEXT_SIZE);
            return true;
        }
    }
}

static void note_odd(struct change *change, unsigned *counter, const char *text)
{
    (*counter)++;
    if (change->odd[0] == '\0') {
        snprintf(change->odd, sizeof change->odd, "%s", text);
    }
}

/* A query that ended at US without an answer. */
static void note_lost(struct change *change, int64_t us)
{
    int64_t committed_us = atomic_load(&change->committed_us);
    char text[80];

    if (committed_us > 0) {
        snprintf(text, sizeof text, "no answer to a query sent %" PRId64 " us after COMMIT",
                 us - REPLY_WAIT_MS * 1000 - committed_us);
    } else {
        snprintf(text, sizeof text, "no answer to a query sent before COMMIT");
    }
    note_odd(change, &change->lost, text);
}

/* What a reply means for CHANGE. */
static void judge(struct change *change, const char *text, int64_t us)
{
    enum reply_state state = reply_compare(text, change->old, change->new);

    if (change->state == BEFORE) {
        change->sure = state == REPLY_OLD ? change->sure + 1 : 0;
        if (change->sure >= SURE) {
            change->asked = 0;
            change->state = CHANGING;
            make_change(change);
        }
        return;
    }
    if (state == REPLY_MIXED) {
        note_odd(change, &change->mixed, text);
    } else if (state == REPLY_OTHER) {
        note_odd(change, &change->other, text);
    } else if (state == REPLY_NEW && change->state == CHANGING) {
        change->seen_us = us;
        change->state = SETTLING;
    } else if (state == REPLY_OLD && change->state == SETTLING) {
        note_odd(change, &change->back, text);
    }
}

/* Is CHANGE over at US? */
static bool is_over(struct change *change, int64_t us)
{
    int64_t committed_us = atomic_load(&change->committed_us);

    if (change->state == BEFORE) {
        return us > change->start_us + UNREADY_SEC * INT64_C(1000000);
    }
    if (committed_us == -1) {
        return true;
    }
    if (change->state == SETTLING) {
        return committed_us != 0 && us > change->seen_us + option.settle_us &&
               us > committed_us + option.settle_us;
    }
    return committed_us != 0 && us > committed_us + option.give_up_sec * INT64_C(1000000);
}

static void report(const struct change *change)
{
    printf("%s\t", change->kind);
    if (change->state == SETTLING && change->committed_us > 0) {
        printf("%" PRId64, change->seen_us - change->committed_us);
    } else {
        printf("-");
    }
    printf("\t%u\t%u\t%u\t%u\t%u\t%s\n", change->asked, change->mixed, change->back, change->other,
           change->lost, change->state == BEFORE ? "the old answer did not come" : change->odd);
    fflush(stdout);
}

/* The change under way that is to be asked for next; NULL = none is under way. */
static struct change *next_due(struct change **open, unsigned count)
{
    struct change *next = NULL;
    for (unsigned i = 0; i < count; i++) {
        if (next == NULL || open[i]->ask_us < next->ask_us) {
            next = open[i];
        }
    }
    return next;
}

static void ask_all(void)
{
    struct change **open = calloc(option.parallel, sizeof *open);
    unsigned count = 0;
    size_t next = 0;
    int64_t begun_us = now_us();
    char text[REPLY_TEXT_SIZE];

    while (true) {
        int64_t us = now_us();
        bool late = option.seconds > 0 && us > begun_us + option.seconds * INT64_C(1000000);
        while (count < option.parallel && next < change_count && !late) {
            struct change *change = &changes[next++];
            /* At any phase of whatever the server does in a beat. */
            int64_t range_us =
                option.spread_sec > 0 ? option.spread_sec * INT64_C(1000000) : option.pause_us;
            change->start_us = us + (range_us > 0 ? random() % range_us : 0);
            change->ask_us = change->start_us;
            change->state = BEFORE;
            open[count++] = change;
        }
        struct change *change = next_due(open, count);
        if (change == NULL) {
            break;
        }
        if (change->ask_us > us) {
            pause_until(change->ask_us);
        }
        bool answered = ask(change, text);
        us = now_us();
        change->asked++;
        if (answered) {
            judge(change, text, us);
        } else {
            note_lost(change, us);
        }
        change->ask_us = (change->ask_us > us ? change->ask_us : us) + option.interval_us;
        if (is_over(change, us)) {
            report(change);
            for (unsigned i = 0; i < count; i++) {
                if (open[i] == change) {
                    open[i] = open[--count];
                    break;
                }
            }
        }
    }
    free(open);
}

/* --- start --- */

static void read_changes(void)
{
    char *line = NULL;
    size_t cap = 0;
    ssize_t len;

    while ((len = getline(&line, &cap, stdin)) > 0) {
        line[strcspn(line, "\n")] = '\0';
        char *rest = strdup(line), *name, *type;
        changes = realloc(changes, (change_count + 1) * sizeof *changes);
        struct change *change = &changes[change_count++];
        *change = (struct change){.kind = strsep(&rest, "\t")};
        name = strsep(&rest, "\t");
        type = strsep(&rest, "\t");
        change->old = strsep(&rest, "\t");
        change->new = strsep(&rest, "\t");
        while (rest != NULL && change->statements < STATEMENTS_MAX) {
            change->statement[change->statements++] = strsep(&rest, "\t");
        }
        change->query_len = type == NULL ? 0 : query_make(change->query, name, type);
        if (change->query_len == 0 || change->statements == 0 || rest != NULL) {
            die("malformed change", line);
        }
    }
    free(line);
}

static void set_option(const char *name, char *value)
{
    struct {
        const char *name;
        unsigned *number;
    } numbers[] = {
        {"--parallel", &option.parallel},   {"--interval-us", &option.interval_us},
        {"--settle-us", &option.settle_us}, {"--give-up-sec", &option.give_up_sec},
        {"--load-rate", &option.load_rate}, {"--spread-sec", &option.spread_sec},
        {"--seconds", &option.seconds},     {"--pause-us", &option.pause_us},
    };
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        if (strcmp(name, numbers[i].name) == 0) {
            *numbers[i].number = (unsigned)strtoul(value, NULL, 10);
            return;
        }
    }
    if (strcmp(name, "--socket") == 0) {
        option.socket = value;
    } else if (strcmp(name, "--database") == 0) {
        option.database = value;
    } else if (strcmp(name, "--load") == 0) {
        option.load_file = value;
    } else if (strcmp(name, "--server") == 0 && strchr(value, ':') != NULL) {
        char *port = strchr(value, ':');
        *port++ = '\0';
        option.server.sin_family = AF_INET;
        option.server.sin_port = htons((uint16_t)strtoul(port, NULL, 10));
        if (inet_pton(AF_INET, value, &option.server.sin_addr) != 1) {
            die("no address", value);
        }
    } else {
        die("unknown option", name);
    }
}

int main(int argc, char **argv)
{
    pthread_t write_thread, load_thread;

    for (int i = 1; i + 1 < argc; i += 2) {
        set_option(argv[i], argv[i + 1]);
    }
    if (option.server.sin_port == 0 || option.socket == NULL || option.database == NULL ||
        option.parallel == 0) {
        die("usage", "--server ADDRESS:PORT --socket DB.sock --database NAME [OPTION VALUE]...");
    }
    read_changes();
    writer.waiting = calloc(change_count + 1, sizeof(struct change *));
    srandom((unsigned)getpid());
    prctl(PR_SET_TIMERSLACK, 1);
    mysql_library_init(0, NULL, NULL);
    bool load = option.load_rate > 0 && option.load_file != NULL;
    if (pthread_create(&write_thread, NULL, write_changes, NULL) != 0 ||
        (load && pthread_create(&load_thread, NULL, send_load, NULL) != 0)) {
        die("thread", "cannot be started");
    }
    ask_all();
    pthread_mutex_lock(&writer.lock);
    writer.end = true;
    pthread_cond_signal(&writer.wake);
    pthread_mutex_unlock(&writer.lock);
    pthread_join(write_thread, NULL);
    if (load) {
        atomic_store(&load_end, true);
        pthread_join(load_thread, NULL);
        printf("load\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64 "\n", load_sent, load_answered,
               load_failed);
    }
    mysql_library_end();
    return 0;
}

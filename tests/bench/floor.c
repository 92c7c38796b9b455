/*
 * What the kernel alone costs: a UDP responder that does no DNS work at all. It sets QR and AA, makes
 * the answer as long as an answer usually is, and sends it back; receiving and sending as the fast
 * servers do, in batches from one blocking socket per thread.
 *
 *   floor PORT THREADS [OCTETS [BATCH]]
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

enum { BATCH_MAX = 256, MESSAGE = 512, SOCKET_BUFFER = 4 << 20 };

static uint16_t port;
static unsigned octets = 60, batch = 64;

static int open_socket(void)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int one = 1, size = SOCKET_BUFFER, fd = socket(AF_INET, SOCK_DGRAM, 0);

    setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one);
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    if (bind(fd, (void *)&address, sizeof address) != 0) {
        perror("bind");
        exit(1);
    }
    return fd;
}

static void *respond(void *context)
{
    static _Thread_local uint8_t buffers[BATCH_MAX][MESSAGE];
    struct mmsghdr messages[BATCH_MAX] = {0};
    struct iovec vectors[BATCH_MAX];
    struct sockaddr_in clients[BATCH_MAX];
    int fd = open_socket();

    (void)context;
    for (unsigned i = 0; i < batch; i++) {
        vectors[i].iov_base = buffers[i];
        messages[i].msg_hdr.msg_iov = &vectors[i];
        messages[i].msg_hdr.msg_iovlen = 1;
        messages[i].msg_hdr.msg_name = &clients[i];
    }
    for (;;) {
        for (unsigned i = 0; i < batch; i++) {
            vectors[i].iov_len = MESSAGE;
            messages[i].msg_hdr.msg_namelen = sizeof clients[i];
        }
        int count = recvmmsg(fd, messages, batch, MSG_WAITFORONE, NULL);
        for (int i = 0; i < count; i++) {
            size_t len = messages[i].msg_len;
            buffers[i][2] |= 0x84;
            vectors[i].iov_len = len < octets ? octets : len;
        }
        for (int done = 0, sent; done < count; done += sent) {
            sent = sendmmsg(fd, messages + done, (unsigned)(count - done), 0);
            if (sent <= 0) {
                break;
            }
        }
    }
    return NULL;
}

int main(int argc, char **argv)
{
    pthread_t thread;

    if (argc < 3) {
        fprintf(stderr, "floor PORT THREADS [OCTETS [BATCH]]\n");
        return 2;
    }
    port = (uint16_t)atoi(argv[1]);
    octets = argc > 3 ? (unsigned)atoi(argv[3]) : octets;
    batch = argc > 4 ? (unsigned)atoi(argv[4]) : batch;
    if (octets > MESSAGE || batch < 1 || batch > BATCH_MAX) {
        fprintf(stderr, "floor: at most %d octets, 1 to %d messages\n", MESSAGE, BATCH_MAX);
        return 2;
    }
    for (int i = atoi(argv[2]); i > 0; i--) {
        pthread_create(&thread, NULL, respond, NULL);
    }
    pthread_join(thread, NULL);
    return 0;
}

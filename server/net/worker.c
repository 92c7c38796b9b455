#include "net/worker.h"

#include <time.h>

void worker_cookie(struct worker *worker, struct answer *answer, const struct address *client)
{
    /* The wall clock, since servers of one address compare times (RFC 9018, 4.3). */
    uint32_t now = (uint32_t)time(NULL);

    if (client->any.sa_family == AF_INET6) {
        answer_cookie(answer, &worker->answerer, &client->v6.sin6_addr, 16, now);
    } else {
        answer_cookie(answer, &worker->answerer, &client->v4.sin_addr, 4, now);
    }
}

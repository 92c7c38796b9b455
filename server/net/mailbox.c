#include "net/mailbox.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/alloc.h"

struct mailbox {
    pthread_mutex_t lock; /* guards the queue, for a few instructions */
    struct mail *first, **end;
    int wake; /* eventfd: written when the queue was empty */
    struct event *event;
};

static struct mail *take_all(struct mailbox *mailbox)
{
    pthread_mutex_lock(&mailbox->lock);
    struct mail *first = mailbox->first;
    mailbox->first = NULL;
    mailbox->end = &mailbox->first;
    pthread_mutex_unlock(&mailbox->lock);
    return first;
}

static void on_wake(evutil_socket_t fd, short what, void *context)
{
    struct mailbox *mailbox = context;
    uint64_t ignored;

    (void)what;
    /* Read before the queue is taken: a mail posted in between wakes us once more. */
    ssize_t got = read(fd, &ignored, sizeof ignored);
    (void)got;
    for (struct mail *mail = take_all(mailbox), *next; mail != NULL; mail = next) {
        next = mail->_next;
        mail->read(mail, mail->context);
    }
}

struct mailbox *mailbox_new(struct event_base *base)
{
    struct mailbox *mailbox = alloc_zero(1, sizeof *mailbox);

    pthread_mutex_init(&mailbox->lock, NULL);
    mailbox->end = &mailbox->first;
    mailbox->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    mailbox->event = event_new(base, mailbox->wake, EV_READ | EV_PERSIST, on_wake, mailbox);
    if (mailbox->wake < 0 || mailbox->event == NULL || event_add(mailbox->event, NULL) != 0) {
        abort(); /* only without memory or descriptors, at start */
    }
    return mailbox;
}

void mailbox_free(struct mailbox *mailbox)
{
    if (mailbox == NULL) {
        return;
    }
    event_free(mailbox->event);
    for (struct mail *mail = take_all(mailbox), *next; mail != NULL; mail = next) {
        next = mail->_next;
        free(mail);
    }
    close(mailbox->wake);
    pthread_mutex_destroy(&mailbox->lock);
    free(mailbox);
}

void mailbox_post(struct mailbox *mailbox, struct mail *mail)
{
    mail->_next = NULL;
    pthread_mutex_lock(&mailbox->lock);
    bool was_empty = mailbox->first == NULL;
    *mailbox->end = mail;
    mailbox->end = &mail->_next;
    pthread_mutex_unlock(&mailbox->lock);
    if (was_empty) {
        uint64_t one = 1;
        ssize_t put = write(mailbox->wake, &one, sizeof one);
        (void)put; /* fails only when the counter is full, and then the loop is awake */
    }
}

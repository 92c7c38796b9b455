/*
 * Messages from any thread to the event loop. Ownership moves with the message: who posts it may not
 * touch it again, who reads it frees it.
 *
 *     struct zone_done { struct mail mail; uint32_t id; };     mail comes first, one block of malloc
 *     mailbox_post(mailbox, &done->mail);                       any thread
 *     done->mail.read(&done->mail)                              event loop, in order of posting
 */
#pragma once

#include <event2/event.h>

#include "base/attr.h"

struct mail {
    void (*read)(struct mail *mail, void *context); /* set by the sender; takes the mail */
    void *context;
    struct mail *_next;
};

struct mailbox;

NODISCARD struct mailbox *mailbox_new(struct event_base *base) NONNULL;
/* No sender may be left. Mails not yet read are freed. */
void mailbox_free(struct mailbox *mailbox);
/* MAIL is taken. Any thread; never waits. */
void mailbox_post(struct mailbox *mailbox, struct mail *mail) NONNULL;

#include "load/doubt.h"

static void forget(struct doubts *doubts, struct doubt *doubt)
{
    *doubt = doubts->_items[--doubts->_count];
}

/* The one of KEY, or NULL; old ones are forgotten. */
static struct doubt *find(struct doubts *doubts, uint64_t key, struct instant now)
{
    struct doubt *found = NULL;

    for (size_t i = doubts->_count; i-- > 0;) {
        struct doubt *doubt = &doubts->_items[i];
        if (instant_diff_ms(now, doubt->changed) >= DOUBT_OLD_MS) {
            found =
                found == &doubts->_items[doubts->_count - 1] ? doubt : found; /* it moves here */
            forget(doubts, doubt);
        } else if (doubt->key == key) {
            found = doubt;
        }
    }
    return found;
}

bool doubts_settle(struct doubts *doubts, uint64_t key, uint64_t digest, struct instant now)
{
    struct doubt *doubt = find(doubts, key, now);

    if (doubt == NULL) {
        if (doubts->_count == DOUBT_MAX) {
            return true;
        }
        doubts->_items[doubts->_count++] = (struct doubt){key, digest, now, now};
        return false;
    }
    if (doubt->digest != digest) {
        doubt->digest = digest;
        doubt->changed = now;
    }
    bool settled = instant_diff_ms(now, doubt->changed) >= DOUBT_SURE_MS ||
                   instant_diff_ms(now, doubt->since) >= DOUBT_MOST_MS;
    if (settled) {
        forget(doubts, doubt);
    }
    return settled;
}

/*
 * The end of a whole read during which the zone has changed: what changed and showed meanwhile (notes.h) is
 * taken over into what was read, in one step with its publication, while nobody works off changes; what
 * had to wait for the end comes next.
 *
 * Where that cannot be done, the version that answers stays, and the zone is read again with the changes
 * kept waiting (hosted->behind_at), so that a zone that changes without a pause is read whole in the end.
 */
#include <stdlib.h>
#include <string.h>

#include "load/loader_private.h"

/* How what was read relates to what answers. */
enum relation {
    AS_IT_IS, /* target_publish() decides, as for any zone */
    TAKE_OVER,
    READ_AGAIN,
};

/* The store's lock is held. */
static enum relation relate(const struct run *run, const struct target *t,
                            const struct notes *notes)
{
    const struct hosted *hosted = t->hosted;

    if (notes == NULL || hosted->removed || !stamp_is_newer(hosted->stamp, run->stamp) ||
        stamp_is_newer(notes->base, run->stamp)) {
        return AS_IT_IS; /* all that was noted is in it, or another whole read has overtaken it */
    }
    /* Of two servers no position tells which changes are in it. */
    return strcmp(hosted->stamp->server_uid, run->stamp->server_uid) == 0 ? TAKE_OVER : READ_AGAIN;
}

/* False: it cannot be done. Nobody else changes the zone meanwhile. */
static bool take_over(const struct run *run, struct target *t, const struct notes *notes)
{
    const struct zone_limits limits = {run->conf->zone_max_rows, run->conf->rrset_max_records};
    const struct kept_faults *faults = t->hosted->faults;
    const struct zone *live = t->zone;

    if (!t->good) {
        return true; /* what is to be told of it is told, and what answers stays */
    }
    size_t count;
    uint32_t *ids;
    bool done = notes_take_over(notes, live, &t->content, &limits, &ids, &count) &&
                faults_replace(&t->faults, faults, ids, count, notes->soa);
    free(ids);
    if (done && notes->soa) {
        free(t->soa);
        t->soa = soa_copy(atomic_load_explicit(&live->soa, memory_order_relaxed));
        t->rows.soa.serial = t->soa->serial;
        t->rows.soa.minimum = t->soa->minimum;
    }
    return done;
}

bool catch_up_is_due(const struct hosted *hosted)
{
    return hosted->noted || hosted->holding;
}

void catch_up_leave(struct loader *loader, struct hosted *hosted)
{
    struct notes *notes = notes_find(loader->notes, hosted);

    if (hosted->running > 1) {
        return; /* another load of it goes on */
    }
    hosted->noted = hosted->holding = false;
    if (notes != NULL) {
        notes_end(&loader->notes, notes);
    }
}

void catch_up(struct run *run, struct target *t)
{
    struct loader *loader = run->worker->loader;
    struct store *store = loader->store;
    struct hosted *hosted = t->hosted;

    changes_exclude(loader);
    struct notes *notes = notes_find(loader->notes, hosted);
    pthread_mutex_lock(&store->lock);
    enum relation relation = relate(run, t, notes);
    pthread_mutex_unlock(&store->lock);
    if (relation == TAKE_OVER) {
        t->caught_up = take_over(run, t, notes);
        relation = t->caught_up ? TAKE_OVER : READ_AGAIN;
    }
    pthread_mutex_lock(&store->lock);
    if (relation == READ_AGAIN) {
        hosted->again = true;
        hosted->behind_at = clock_now();
    }
    bool others = hosted->running > 1;
    catch_up_leave(loader, hosted);
    target_publish(run, t); /* may free it, unless others have it */
    if (others && notes != NULL && t->good) {
        notes_rebase(notes, hosted->stamp);
    }
    pthread_mutex_unlock(&store->lock);
    if (!others) {
        loader_let(loader, t->id);
    }
    changes_admit(loader);
}

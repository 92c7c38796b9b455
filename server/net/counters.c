#include "net/counters.h"

static uint64_t get(const _Atomic uint64_t *counter)
{
    return atomic_load_explicit(counter, memory_order_relaxed);
}

void counters_sum(struct counter_sums *sums, const struct counters *counters)
{
    sums->udp += get(&counters->udp);
    sums->tcp += get(&counters->tcp);
    sums->dropped += get(&counters->dropped);
    sums->late += get(&counters->late);
    sums->truncated += get(&counters->truncated);
    sums->unsent += get(&counters->unsent);
    sums->limited += get(&counters->limited);
    sums->slipped += get(&counters->slipped);
    for (unsigned i = 0; i < COUNTED_RCODES; i++) {
        sums->rcode[i] += get(&counters->rcode[i]);
    }
}

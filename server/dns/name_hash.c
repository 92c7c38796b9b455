#include "dns/name_hash.h"

#include <stdlib.h>
#include <sys/random.h>

#include "dns/const.h"

/* Fixed until name_hash_seed(). */
#define POINT  UINT64_C(0x0a3b5c7d9e1f2469)
#define SQUARE ((unsigned __int128)POINT * POINT % NAME_HASH_PRIME)

struct name_hash_key name_hash_key = {POINT, (uint64_t)SQUARE, UINT64_C(0x9e3779b97f4a7c15)};

void name_hash_seed(void)
{
    uint64_t raw[2], point, square;
    do {
        if (getrandom(raw, sizeof raw, 0) != sizeof raw) {
            abort(); /* cannot happen for 16 bytes after boot */
        }
        point = raw[0] & NAME_HASH_PRIME;
        square = (uint64_t)((unsigned __int128)point * point % NAME_HASH_PRIME);
    } while (point < 2 || point > NAME_HASH_POINT_MAX || square > NAME_HASH_POINT_MAX);
    name_hash_key = (struct name_hash_key){point, square, raw[1] | 1};
}

uint64_t name_hash(const uint8_t *octets, const uint8_t *end, uint64_t above)
{
    uint8_t offset[DNS_LABELS_MAX];
    unsigned labels = 0;

    for (const uint8_t *p = octets; p != end && *p != 0; p += 1 + *p) {
        offset[labels++] = (uint8_t)(p - octets);
    }
    while (labels > 0) {
        above = name_hash_label(above, octets + offset[--labels]);
    }
    return above;
}

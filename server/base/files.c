#include "base/files.h"

#include <sys/resource.h>

uint64_t files_raise(uint64_t count)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) {
        return count;
    }
    if (limit.rlim_cur >= count) {
        return limit.rlim_cur;
    }
    struct rlimit wanted = {count, limit.rlim_max > count ? limit.rlim_max : count};
    if (setrlimit(RLIMIT_NOFILE, &wanted) == 0) {
        return count;
    }
    wanted = (struct rlimit){limit.rlim_max, limit.rlim_max}; /* raising the maximum takes root */
    return setrlimit(RLIMIT_NOFILE, &wanted) == 0 ? wanted.rlim_cur : limit.rlim_cur;
}

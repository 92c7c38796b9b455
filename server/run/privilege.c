#include "run/privilege.h"

#include <cap-ng.h>
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/attr.h"
#include "base/files.h"
#include "base/log.h"

/* As MyDNS, whose default is a group that Debian calls differently. */
static gid_t find_group(const char *name, const struct passwd *user)
{
    static const char *const known[] = {"nobody", "nogroup"};
    const struct group *group = getgrnam(name);
    bool is_default = strcmp(name, "nobody") == 0;

    for (size_t i = 0; group == NULL && i < ARRAY_LEN(known); i++) {
        group = getgrnam(known[i]);
        if (group != NULL && !is_default) {
            log_warning("group %s is unknown, %s is taken", name, known[i]);
        }
    }
    if (group == NULL) {
        log_warning("group %s is unknown, that of user %s is taken", name, user->pw_name);
        return user->pw_gid;
    }
    return group->gr_gid;
}

bool privilege_find(struct privilege *privilege, const char *user, const char *group,
                    bool run_as_root, char *err, size_t cap)
{
    *privilege = (struct privilege){.user = user, .uid = getuid(), .gid = getgid()};
    if (geteuid() != 0 || run_as_root) {
        return true;
    }
    const struct passwd *entry = getpwnam(user);
    if (entry == NULL) {
        snprintf(err, cap, "user %s is unknown: see the option user", user);
        return false;
    }
    if (entry->pw_uid == 0) {
        snprintf(err, cap, "user %s is root: see the option user, or --run-as-root", user);
        return false;
    }
    privilege->change = true;
    privilege->uid = entry->pw_uid;
    privilege->gid = find_group(group, entry);
    return true;
}

static bool change_user(const struct privilege *privilege)
{
    return initgroups(privilege->user, privilege->gid) == 0 &&
           setresgid(privilege->gid, privilege->gid, privilege->gid) == 0 &&
           setresuid(privilege->uid, privilege->uid, privilege->uid) == 0;
}

bool privilege_drop(const struct privilege *privilege, char *err, size_t cap)
{
    if (privilege->change && !change_user(privilege)) {
        snprintf(err, cap, "cannot become user %s: %s", privilege->user, strerror(errno));
        return false;
    }
    if (privilege->change && setuid(0) == 0) {
        snprintf(err, cap, "becoming user %s can be undone; not safe to go on", privilege->user);
        return false;
    }
    if (geteuid() != 0) { /* started with capabilities instead of root: they have served too */
        capng_clear(CAPNG_SELECT_BOTH);
        if (capng_apply(CAPNG_SELECT_CAPS) != 0) {
            snprintf(err, cap, "cannot give up capabilities");
            return false;
        }
    }
    (void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (ADDRESS_SANITIZER) { /* its search for leaks looks on from a process of its own */
        (void)prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
    }
    return true;
}

void privilege_raise_files(size_t count)
{
    uint64_t possible = files_raise(count);

    if (possible < count) {
        log_warning("at most %llu files can be open, %zu may be needed",
                    (unsigned long long)possible, count);
    }
}

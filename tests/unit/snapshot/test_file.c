/* Who may read, lock and replace a snapshot file. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "snapshot/file.h"

/* Two servers with one file: what one of them writes is not put in place by the other. */
static void written_by_two(void **state)
{
    char directory[] = "/tmp/mydns-unit-XXXXXX", path[64], err[512], octets[4] = "";

    (void)state;
    assert_non_null(mkdtemp(directory));
    snprintf(path, sizeof path, "%s/zones", directory);
    int first = file_create_new(path, err, sizeof err);
    assert_true(first >= 0);
    assert_true(file_write_all(first, "one", 3));
    assert_int_equal(file_create_new(path, err, sizeof err), -1);
    assert_non_null(strstr(err, "is being written by another process"));
    assert_true(file_replace(path, first, err, sizeof err));
    close(first);
    int second = file_create_new(path, err, sizeof err);
    assert_true(second >= 0);
    close(second); /* as after a crash */
    second = file_create_new(path, err, sizeof err);
    assert_true(second >= 0);
    file_forget_new(path);
    close(second);
    first = open(path, O_RDONLY);
    assert_int_equal(read(first, octets, 4), 3);
    assert_string_equal(octets, "one");
    close(first);
    unlink(path);
    assert_int_equal(rmdir(directory), 0);
}

/* Who has a file locked and does nothing is waited for only so long. */
static void locked(void **state)
{
    char path[] = "/tmp/mydns-unit-XXXXXX", err[512];

    (void)state;
    close(mkstemp(path));
    int first = file_lock(path, 0, err, sizeof err);
    assert_true(first >= 0);
    assert_int_equal(file_lock(path, 50, err, sizeof err), FILE_LOCK_HELD);
    assert_non_null(strstr(err, "is held by another process"));
    close(first);
    first = file_lock(path, 0, err, sizeof err);
    assert_true(first >= 0);
    close(first);
    unlink(path);
    assert_int_equal(file_lock(path, 0, err, sizeof err), FILE_LOCK_NONE);
    assert_string_equal(err, "");
}

/* To root as well: who owns a file may write to it. */
static void owned_by_others(void **state)
{
    char path[] = "/tmp/mydns-unit-XXXXXX", err[512];
    struct snapshot_file file;

    (void)state;
    if (geteuid() != 0) {
        skip();
    }
    int fd = mkstemp(path);
    assert_int_equal(ftruncate(fd, HEAD_LEN), 0);
    assert_int_equal(fchown(fd, 4711, 4711), 0);
    assert_false(file_open(&file, path, err, sizeof err));
    assert_non_null(strstr(err, "may be written by others"));
    file_close(&file);
    assert_false(file_open_any(&file, path, err, sizeof err)); /* dnsadm's */
    assert_non_null(strstr(err, "is no snapshot"));
    file_close(&file);
    close(fd);
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(written_by_two),
        cmocka_unit_test(locked),
        cmocka_unit_test(owned_by_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

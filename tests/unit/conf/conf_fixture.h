/*
 * A configuration from text, and texts to compare: what the tests of this room share. Include it behind
 * cmocka.h.
 */
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "conf/conf.h"

/* A configuration from text, its messages (with the file's name cut off) beside it. */
struct fixture {
    struct conf *conf;
    char *messages;
};

static inline struct fixture read_with(const char *text, const char *const *overrides)
{
    struct fixture fixture;
    char path[] = "/tmp/test_conf.XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
    fixture.conf = conf_read(path, overrides, &fixture.messages);
    unlink(path);
    size_t cut = strlen(path);
    for (char *p = strstr(fixture.messages, path); p != NULL; p = strstr(p, path)) {
        memmove(p, p + cut, strlen(p + cut) + 1);
    }
    return fixture;
}

static inline struct fixture read_text(const char *text)
{
    return read_with(text, NULL);
}

static inline void release(struct fixture *fixture)
{
    conf_free(fixture->conf);
    free(fixture->messages);
}

static inline char *printed(const struct conf *conf, void (*print)(const struct conf *, FILE *))
{
    char *text;
    size_t len;
    FILE *out = open_memstream(&text, &len);
    print(conf, out);
    fclose(out);
    return text;
}

static inline char *file_text(const char *path)
{
    FILE *in = fopen(path, "r");
    assert_non_null(in);
    char *text = alloc_zero(1, 1 << 20);
    assert_true(fread(text, 1, (1 << 20) - 1, in) > 0);
    fclose(in);
    return text;
}

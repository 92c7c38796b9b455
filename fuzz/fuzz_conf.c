/*
 * The octets of a mydns.conf through reader and writer: what conf_dump() writes reads back as the same
 * values. The sixth octet of an input may ask for an override, as from the command line.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/alloc.h"
#include "conf/conf.h"
#include "conf/options.h"
#include "fuzz/fuzz.h"

/* TEXT as a file without a place on disk. */
static struct conf *read_text(const void *text, size_t len, const char *const *overrides,
                              char **messages)
{
    static int fd = -1;
    static char path[32];

    if (fd < 0) {
        fd = memfd_create("mydns.conf", MFD_CLOEXEC);
        snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    }
    if (fd < 0 || ftruncate(fd, 0) != 0 || pwrite(fd, text, len, 0) != (ssize_t)len) {
        perror("memfd");
        exit(2);
    }
    return conf_read(path, overrides, messages);
}

static bool same_text(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static bool same_list(const struct conf_list *a, const struct conf_list *b)
{
    for (size_t i = 0; i < a->count && a->count == b->count; i++) {
        if (!same_text(a->items[i], b->items[i])) {
            return false;
        }
    }
    return a->count == b->count;
}

static void compare(const struct conf *a, const struct conf *b)
{
    for (size_t i = 0; i < conf_server_options.count; i++) {
        const struct conf_option *row = &conf_server_options.rows[i];
        const void *x = (const char *)a + row->offset, *y = (const char *)b + row->offset;
        bool same;
        if (row->name == NULL || row->size == 0) {
            continue;
        }
        switch (row->type) {
        case CONF_TEXT:
            same = same_text(*(char *const *)x, *(char *const *)y);
            break;
        case CONF_LIST:
            same = same_list(x, y);
            break;
        default:
            same = memcmp(x, y, row->size) == 0;
        }
        if (!same) {
            fuzz_fail("%s is another after dump and reading", row->name);
        }
    }
}

static char *dump(const struct conf *conf, size_t *len)
{
    char *text;
    FILE *out = open_memstream(&text, len);
    conf_dump(conf, out);
    fclose(out);
    return text;
}

/* Every complaint is a whole line, and a refusal says why. */
static void check_messages(const char *messages, bool failed)
{
    size_t len = strlen(messages);
    if (len > 0 && messages[len - 1] != '\n') {
        fuzz_fail("a message without line end");
    }
    if (failed && strstr(messages, "error: ") == NULL) {
        fuzz_fail("refused without an error");
    }
}

static void compare_with_dump(const struct conf *conf)
{
    size_t len, report_len;
    char *messages, *report, *text = dump(conf, &len);
    struct conf *again = read_text(text, len, NULL, &messages);

    if (again == NULL) {
        fuzz_fail("the dump does not read: %s", messages);
    }
    compare(conf, again);
    FILE *out = open_memstream(&report, &report_len);
    conf_report_restart(conf, again, out);
    fflush(out);
    if (report_len > 0) {
        fuzz_fail("the same takes a restart: %s", report);
    }
    fclose(out);
    free(report);
    free(text);
    free(messages);
    conf_free(again);
}

static void make_tables(const struct conf *conf)
{
    char *text;
    size_t len;
    FILE *out = open_memstream(&text, &len);
    conf_create_tables(conf, out);
    fclose(out);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static const char *const overrides[] = {"port", "5300", "log-level", "debug", NULL};
    char *messages;
    struct conf *conf =
        read_text(data, len, len > 5 && data[5] == '!' ? overrides : NULL, &messages);

    check_messages(messages, conf == NULL);
    free(messages);
    if (conf != NULL) {
        compare_with_dump(conf);
        if (len % 16 == 0) { /* it is slow, and few options matter to it */
            make_tables(conf);
        }
        conf_free(conf);
    }
    return 0;
}

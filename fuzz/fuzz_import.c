/*
 * What mydnsimport makes of another server's octets and of a file for tinydns-data. A record of a
 * zone transfer that becomes a row is one that the server reads as the same record again. The first
 * octet of an input tells what follows: lines of tinydns-data, or records as behind a message's
 * question for example.com, so that 0xc00c is that name.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <unistd.h>

#include "admin/import.h"
#include "base/alloc.h"
#include "fuzz/fuzz.h"
#include "load/rr_text.h"

enum { LINES = 1 << 0, KEEP_NAMES = 1 << 1, RAW = 1 << 2, QUOTED = 1 << 3 };

static const uint8_t question[] = "\0\0\x84\0\0\1\0\1\0\0\0\0\7example\3com\0\0\xfc\0";
static struct domain origin;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    report_set_quiet(true);
    return domain_from_text(&origin, "example.com.", 12) == NULL ? 0 : 1;
}

/* --- zone transfers --------------------------------------------------------------------------- */

static struct db_value value(const char *text)
{
    return (struct db_value){.data = text, .len = strlen(text)};
}

static void read_back(const struct import *import, const struct import_rr *made, const ldns_rr *rr)
{
    static struct record_in in;
    struct row_fault fault;
    struct rr_row row = {.id = 1,
                         .ttl = made->ttl,
                         .aux = made->aux,
                         .name = value(made->name),
                         .type = value(made->type),
                         .data = value(made->data),
                         .edata = {.null = true}};

    if (!rr_text_decode(&row, &origin.name, import->txt_format, &in, &fault)) {
        fuzz_fail("%s %s: %s %s", made->type, made->data, fault.column, fault.reason);
    }
    if (in.owner.len != ldns_rdf_size(ldns_rr_owner(rr)) ||
        strncasecmp((char *)in.owner.octets, (char *)ldns_rdf_data(ldns_rr_owner(rr)),
                    in.owner.len) != 0) {
        fuzz_fail("\"%s\" %s has another owner", made->name, made->type);
    }
    if (in.type != ldns_rr_get_type(rr)) {
        fuzz_fail("%s is read as type %u", made->type, in.type);
    }
    bool text = in.type == TYPE_TXT || in.type == TYPE_SPF;
    if (!import_same_data(&in, rr) && !(text && import->txt_format == CONF_TXT_RAW)) {
        fuzz_fail("%s %s is read as another record", made->type, made->data);
    }
}

static void transfer(const struct import *import, struct import_zone *zone, const uint8_t *data,
                     size_t len)
{
    size_t head = sizeof question, at = head;
    uint8_t *message = alloc_new(head + len);
    ldns_rr *rr;

    memcpy(message, question, head);
    message[head - 1] = 1; /* class IN, where C has its final NUL */
    memcpy(message + head, data, len);
    while (at < head + len &&
           ldns_wire2rr(&rr, message, head + len, &at, LDNS_SECTION_ANSWER) == LDNS_STATUS_OK) {
        size_t before = zone->count;
        const char *fault = import_rr(import, zone, rr);
        if (fault != NULL && zone->count != before) {
            fuzz_fail("a row of what %s", fault);
        }
        if (zone->count > before) {
            read_back(import, &zone->rows[before], rr);
        }
        ldns_rr_free(rr);
    }
    free(message);
}

/* --- tinydns-data ----------------------------------------------------------------------------- */

static void read_lines(struct import *import, const uint8_t *data, size_t len)
{
    static int fd = -1;
    static char path[32];
    char *no_names[] = {NULL};

    if (fd < 0) {
        fd = memfd_create("data", MFD_CLOEXEC);
        snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    }
    if (fd < 0 || ftruncate(fd, 0) != 0 || pwrite(fd, data, len, 0) != (ssize_t)len) {
        perror("memfd");
        exit(2);
    }
    if (import_tinydns(import, path, no_names) != OUTCOME_OK) {
        fuzz_fail("a file that can be read was not");
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct import import = {0};

    if (len == 0) {
        return 0;
    }
    import.keep_names = (data[0] & KEEP_NAMES) != 0;
    import.txt_format = (data[0] & RAW) != 0      ? CONF_TXT_RAW
                        : (data[0] & QUOTED) != 0 ? CONF_TXT_QUOTED
                                                  : CONF_TXT_AUTO;
    if ((data[0] & LINES) != 0) {
        read_lines(&import, data + 1, len - 1);
    } else {
        transfer(&import, import_add(&import, &origin), data + 1, len - 1);
    }
    import_release(&import);
    return 0;
}

/*
 * mydnsimport: zones from elsewhere as rows. Whatever the source, records come as ldns knows them,
 * become rows here (import_rows.c) and are printed or written zone by zone, each as one transaction
 * (import_write.c).
 */
#pragma once

#include <ldns/ldns.h>

#include "admin/tool.h"
#include "dns/rrtype.h"
#include "load/rr_text.h"

struct import_rr {
    char *name, *type, *data;
    uint32_t aux, ttl;
};

struct import_zone {
    struct domain domain;
    char *ns, *mbox; /* NULL = no SOA came yet */
    uint32_t serial, refresh, retry, expire, minimum, ttl;
    size_t count, _cap;
    struct import_rr *rows;
    size_t signatures; /* left out: RRSIG, NSEC and kin, which the server makes itself */
    size_t left_out;   /* told: what else makes no row */
};

struct import {
    bool keep_names;          /* --notrim: names stay absolute */
    bool replace, merge;      /* what becomes of a zone that exists; merge: it gets what it lacks */
    bool strict;              /* a record that is left out is a failure */
    const char *active;       /* of the column active; NULL = its default */
    enum conf_txt txt_format; /* how the server will read text */
    size_t left_out;          /* rows of table ptr that make no record */
    size_t count, _cap;
    struct import_zone *zones;
};

/* A zone more, without rows; good until the next call. */
struct import_zone *import_add(struct import *import, const struct domain *domain) NONNULL;
/* Drop the zone that was added last. */
void import_drop_last(struct import *import) NONNULL;
/* Order the zones, which have no rows yet, and leave each there once: import_find wants that. */
void import_sort(struct import *import) NONNULL;
/* The zone of the longest origin that NAME (lower case) is at or below, or NULL. */
struct import_zone *import_find(const struct import *import, const struct name *name) NONNULL;
void import_release(struct import *import) NONNULL;
/* A row more, empty; good until the next call. */
struct import_rr *import_row_add(struct import_zone *zone) NONNULL;

/* One record into ZONE. NULL, or why it cannot be taken. */
NODISCARD const char *import_rr(const struct import *import, struct import_zone *zone,
                                const ldns_rr *rr) NONNULL;
/* Has IN, as the server reads a row, the data of RR? Names as they came, their case too. */
bool import_same_data(const struct record_in *in, const ldns_rr *rr) NONNULL;

/* Read FILE, input of tinydns-data; only the zones that NAMES (NULL at the end) says, if any. */
NODISCARD enum outcome import_tinydns(struct import *import, const char *file,
                                      char **names) NONNULL;

void import_print(const struct import_zone *zone) NONNULL;
NODISCARD enum outcome import_write(struct tool *tool, const struct import *import,
                                    const struct import_zone *zone) NONNULL;

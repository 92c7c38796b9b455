/*
 * One zone being read: its soa row, then its rr rows as they come, each decoded and handed to the
 * zone's build. What is wrong with a row becomes a finding, told through a callback: the loader logs
 * it, `dnsadm check` prints it, so both say the same of the same row. No SQL, no store, no log.
 *
 *   zone_rows_begin(&rows, zone, conf, found, context);
 *   zone_rows_soa(&rows, &soa_row);
 *   zone_rows_rr(&rows, &rr_row, &record)          ... any order, any number
 *   zone_rows_finish(&rows, &content)              or rows.failure tells why not
 *   zone_rows_release(&rows);
 */
#pragma once

#include "base/text.h"
#include "load/rr_text.h"
#include "zone/zone_edit.h"

/* What is wrong with one column of one row. Borrowed, for as long as the callback runs. */
struct finding {
    const char *table;
    uint32_t id;
    const char *column, *reason; /* constants: "data", "is not an IPv4 address" */
    const void *value;           /* what the column holds; NULL counts as empty */
    size_t value_len;
    bool served; /* the row is served all the same, with VALUE */
    bool stored; /* it is left out, but counts among the zone's rows */
};
typedef void finding_told(void *context, const struct finding *finding);

/* A column's value as it is shown: escaped, cut after this many octets. */
enum { FINDING_VALUE_MAX = 64 };
#define FINDING_VALUE_SIZE TEXT_ESCAPED_SIZE(FINDING_VALUE_MAX)
const char *finding_value(char out[static FINDING_VALUE_SIZE],
                          const struct finding *finding) NONNULL;
/* "table rr, id 17: data is not an IPv4 address: '300.1.2.3'" (given) */
NODISCARD char *finding_text(const struct finding *finding) NONNULL;

/*
 * The origin of a soa row, in lower case. False: FAULT tells why the zone is not hosted. A second row
 * of the same origin is the caller's to find: origin_is_taken.
 */
NODISCARD bool origin_from_row(const struct soa_row *row, struct name *origin,
                               struct row_fault *fault) NONNULL;
extern const char origin_is_taken[];
/* Why a row is left out that zone_is_outside. */
extern const char owner_is_outside[];
/* What was read of a row, as a zone takes it; the rdata stays in IN. */
static inline struct record record_read(const struct record_in *in)
{
    return (struct record){.id = in->id,
                           .ttl = in->ttl,
                           .aux = in->aux,
                           .type = in->type,
                           .rdata_len = in->rdata_len,
                           .rdata = in->rdata};
}
/* Why one is not sent, though kept: RECORD_NO_ROOM. */
extern const char rrset_has_no_room[];

struct zone_rows {
    const struct conf *_conf;
    const struct zone *_zone;
    finding_told *_found;
    void *_context;
    struct name origin;
    struct zone_build *build;
    struct zone_edit *_edit; /* instead of build: rows change alone */
    struct soa_fields soa;
    bool has_soa;        /* else the zone cannot be built: there was no soa row of this origin */
    uint32_t lowest_ttl; /* of all rows taken */
    uint32_t seen;       /* rr rows, good or bad */
    bool _too_many;
    char *failure; /* set by zone_rows_finish: a sentence naming limit and value */
};

/* CONF and ZONE are borrowed. Ends with zone_rows_release, also when begun anew. */
void zone_rows_begin(struct zone_rows *rows, const struct zone *zone, const struct conf *conf,
                     finding_told *found, void *context);
/* The same for rows that change alone: they are put into EDIT (borrowed). The soa row is read only
 * when it changed as well. zone_rows_finish is not called; after zone_edit_prepare zone_rows_finish_edit is. */
void zone_rows_begin_edit(struct zone_rows *rows, const struct zone *zone, const struct conf *conf,
                          finding_told *found, void *context, struct zone_edit *edit);
void zone_rows_finish_edit(const struct zone_rows *rows) NONNULL;
void zone_rows_release(struct zone_rows *rows) NONNULL;
/* The zone's soa row; one whose origin is another by now is passed over. */
void zone_rows_soa(struct zone_rows *rows, const struct soa_row *row) NONNULL;
/*
 * One of its rr rows. True: it will be served; IN then holds the record. False: it was left out and
 * told, or nothing of the zone will be served.
 */
bool zone_rows_rr(struct zone_rows *rows, const struct rr_row *row, struct record_in *in) NONNULL;
/* Build the zone. On success CONTENT is given; without, ROWS->failure is set unless has_soa is not. */
NODISCARD bool zone_rows_finish(struct zone_rows *rows, struct zone_content *content) NONNULL;

/*
 * Zones and records of the tables as structs, and the few statements that read and change them. All
 * values are bound. Errors are reported where they happen.
 */
#pragma once

#include "admin/domain_name.h"
#include "admin/output.h"
#include "admin/session.h"
#include "load/rr_text.h"

struct zone_row {
    uint32_t id;
    struct name name;         /* the origin, lower case; len 0 = it cannot be read */
    char *origin, *ns, *mbox; /* as stored; origin without blanks behind it */
    uint32_t serial, refresh, retry, expire, minimum, ttl;
    bool active;
};

struct rr_data {
    uint64_t id; /* above 32 bits the server leaves the row out */
    uint32_t zone, aux, ttl;
    char *name, *type, *data; /* as stored, but for blanks around name and type; data with edata */
    size_t data_len;
    bool active;
    uint16_t type_number; /* 0 = unknown */
    struct name owner;    /* lower case; len 0 = rr.name cannot be read */
};

struct rr_list {
    size_t count, _cap;
    struct rr_data *items;
};

/*
 * The zone called DOMAIN into OUT (zone_row_release). LOCK: FOR UPDATE, within a transaction, so
 * that changes of one zone come one after the other. OUTCOME_NOT_FOUND is reported too, unless
 * QUIET.
 */
NODISCARD enum outcome zone_row_find(struct session *session, const struct domain *domain,
                                     bool lock, bool quiet, struct zone_row *out) NONNULL;
NODISCARD enum outcome zone_row_find_id(struct session *session, uint32_t id, bool lock,
                                        struct zone_row *out) NONNULL;
/* Every zone in order of origin; EACH is called with a row that is its own until it returns. */
NODISCARD enum outcome zone_row_each(struct session *session,
                                     void (*each)(void *context, const struct zone_row *zone),
                                     void *context) NONNULL;
void zone_row_release(struct zone_row *zone) NONNULL;

/* Give ZONE, locked before, its next serial, in the row and in the struct. */
NODISCARD enum outcome zone_raise_serial(struct session *session, struct zone_row *zone) NONNULL;

/* Records of ZONE in order of id; OWNER: only those of that name, however it is spelled. */
NODISCARD enum outcome rr_read(struct session *session, const struct zone_row *zone,
                               const struct name *owner, struct rr_list *out);
/* The same with the records locked, within a transaction: what was read still holds when it is
 * deleted, but not where rows cannot be locked (MyISAM). */
NODISCARD enum outcome rr_read_locked(struct session *session, const struct zone_row *zone,
                                      const struct name *owner, struct rr_list *out) NONNULL;
/* The record ID into OUT (none or one item; its owner is not read). LOCK: FOR UPDATE. */
NODISCARD enum outcome rr_read_id(struct session *session, uint64_t id, bool lock,
                                  struct rr_list *out) NONNULL;
void rr_list_release(struct rr_list *list) NONNULL;

/* A record to be written, as the columns take it. */
struct rr_new {
    uint32_t zone, aux, ttl;
    const char *name, *type, *data;
};

/* Why NEW cannot be stored or would not be served: the server's own judgement, and the columns'
 * widths. NULL, or a sentence with value and rule in a static buffer. */
NODISCARD const char *rr_fault(const struct session *session, const struct rr_new *row,
                               const struct name *origin) NONNULL;
/*
 * Why NEW, good in itself, cannot stand beside OLD, the rows of its name: the RRset would not fit into a
 * message, and the server would leave it out. NULL, or a sentence as above.
 */
NODISCARD const char *rrset_fault(const struct session *session, const struct rr_list *old,
                                  const struct rr_new *row, const struct name *origin) NONNULL;
/* The same for the texts of a SOA. */
NODISCARD const char *soa_fault(const struct session *session, const char *origin, const char *ns,
                                const char *mbox) NONNULL;

/* ID: of the new row. A row that a unique key knows already: OUTCOME_EXISTS. */
NODISCARD enum outcome rr_insert(struct session *session, const struct rr_new *row,
                                 uint64_t *id) NONNULL;
/* The same, but OUTCOME_EXISTS is the caller's to report. */
NODISCARD enum outcome rr_insert_quiet(struct session *session, const struct rr_new *row,
                                       uint64_t *id) NONNULL;
/* OUTCOME_NOT_FOUND, which is not reported: ZONE has no row ID, or no longer. */
NODISCARD enum outcome rr_delete(struct session *session, uint32_t zone, uint64_t id) NONNULL;

/* Same type and same data, as a resolver would see it? */
NODISCARD bool rr_same(const struct rr_data *old, const struct rr_new *row,
                       const struct name *origin, enum conf_txt txt_format) NONNULL;
/* Is the row one that the server leaves out? The reason (static buffer), or NULL. */
NODISCARD const char *rr_data_fault(const struct session *session, const struct rr_data *row,
                                    const struct name *origin) NONNULL;
/* ROW as the server reads it, with the session's txt_format. */
NODISCARD bool rr_data_decode(const struct session *session, const struct rr_data *row,
                              const struct name *origin, struct record_in *out,
                              struct row_fault *fault) NONNULL;

/*
 * Which of LIST, all rows of ZONE, the server does not send though each is good in itself, since no message
 * has room for their RRset (rrset_has_no_room): an array (given), or NULL for none.
 */
NODISCARD bool *rr_list_unsent(const struct session *session, const struct zone_row *zone,
                               const struct rr_list *list) NONNULL;

/* Print a record, a SOA. */
void output_rr(struct output *output, const struct rr_data *row,
               const struct zone_row *zone) NONNULL;
void output_soa(struct output *output, const struct zone_row *zone, bool list) NONNULL;

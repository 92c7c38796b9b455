/*
 * A row's text as wire data, by MyDNS's rules (mydns-compat 1.4, 1.5) for MyDNS's types and by
 * presentation form (RFC 1035 5.1, RFC 3597, through ldns) for all others. Pure; loader threads.
 * A row that cannot be read never harms another: it is a fault with a reason.
 */
#pragma once

#include "conf/conf.h"
#include "db/db_rows.h"
#include "dns/name.h"

struct record_in {
    uint32_t id;
    uint16_t type;     /* TYPE_ALIAS for ALIAS */
    uint32_t ttl;      /* the row's own, as stored */
    uint32_t aux;      /* as stored: order weight of A and AAAA; elsewhere already in rdata */
    struct name owner; /* absolute, lower case; may lie outside the zone (foreign glue) */
    uint16_t rdata_len;
    uint8_t rdata[65535]; /* uncompressed; names keep the row's case */
};

/* Why a row was left out. Both texts are constants. */
struct row_fault {
    const char *column; /* "name", "type", "data", "edata" ... */
    const char *reason; /* constant sentence fragment: "is not an IPv4 address" */
};

/*
 * Decode ROW of a zone with ORIGIN (lower case) into OUT. Returns false with FAULT filled when the
 * row cannot be served: NULL or unknown or empty or meta type, SOA, RRSIG, NSEC and NSEC3 (made by the
 * signing server), DS at the origin, bad data, empty data (but of APL), PTR or NAPTR name without final dot,
 * RDATA longer than a message holds; OUT is then undefined but for its id. Only the used part of OUT->rdata is written: nobody clears 64 KB.
 *
 * NAPTR: six fields, or ISPConfig's five with the order in aux. SRV: aux above 65535 is 65535. MX: the
 * low 16 bits of aux, as MyDNS.
 * TXT, SPF: TXT_FORMAT; raw octets are cut into strings of 255; edata is appended to data first.
 * "\# length hex" serves every type, and is checked; TXT and SPF take it only when the type is written
 * as TYPE16 or TYPE99, since their raw text may begin like that.
 * Names: a blank that is not escaped is refused in data; spaces at the end of rr.name are ignored, as
 * SQL does. "@" is the origin in presentation forms (DNAME, SVCB ...) and an ordinary label elsewhere.
 * Wildcard owner: only as whole first label it is special; elsewhere an ordinary octet.
 */
NODISCARD bool rr_text_decode(const struct rr_row *row, const struct name *origin,
                              enum conf_txt txt_format, struct record_in *out,
                              struct row_fault *fault) NONNULL;

/* Is TYPE one of MyDNS's own, whose data has a form of MyDNS's? */
NODISCARD bool rr_text_is_mydns(uint16_t type);
/*
 * Length of TEXT without the spaces at its end: SQL's comparison ignores them, so MyDNS found 'www
 * ' as www, and the zone 'example.com. ', too.
 */
NODISCARD size_t rr_text_sql_len(const char *text, size_t len) NONNULL;
/*
 * The owner alone: TEXT (LEN octets, as stored) of a row in the zone of ORIGIN, in lower case. NULL, or why
 * no row of that name is served.
 */
NODISCARD const char *rr_text_owner(const char *text, size_t len, const struct name *origin,
                                    struct name *owner) NONNULL;

/*
 * The SOA's two names: NS and MBOX completed with ORIGIN when they lack the final dot; empty ones become
 * ns.ORIGIN and hostmaster.ORIGIN, as do unreadable ones (then FAULT->column is set, else NULL).
 */
void rr_text_soa_names(const struct soa_row *row, const struct name *origin, struct name *ns,
                       struct name *mbox, struct row_fault *fault) NONNULL;

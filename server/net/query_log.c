#include "net/query_log.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>

#include "base/log.h"
#include "dns/name.h"
#include "dns/rrtype.h"

static const char *const rcode_name[] = {"NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN",
                                         "NOTIMP",  "REFUSED", "YXDOMAIN", "YXRRSET",
                                         "NXRRSET", "NOTAUTH", "NOTZONE"};

const char *query_log_rcode(char *out, unsigned rcode)
{
    if (rcode < ARRAY_LEN(rcode_name)) {
        return rcode_name[rcode];
    }
    if (rcode == RCODE_BADVERS) {
        return "BADVERS";
    }
    snprintf(out, 16, "RCODE%u", rcode & 0xffff);
    return out;
}

static const char *class_text(char *out, unsigned number)
{
    switch (number) {
    case CLASS_IN:
        return "IN";
    case CLASS_CH:
        return "CHAOS";
    case CLASS_ANY:
        return "ANY";
    default:
        snprintf(out, 16, "CLASS%u", number & 0xffff);
        return out;
    }
}

static const char *opcode_text(char *out, unsigned opcode)
{
    static const char *const known[] = {"QUERY", "IQUERY", "STATUS", NULL, "NOTIFY", "UPDATE"};
    if (opcode < ARRAY_LEN(known) && known[opcode] != NULL) {
        return known[opcode];
    }
    snprintf(out, 16, "OPCODE%u", opcode & 15);
    return out;
}

static const char *reason(const struct reply *reply)
{
    switch (reply->ede) {
    case EDE_OTHER:
        return "Replica_behind";
    case EDE_NOT_READY:
        return "Zone_not_loaded";
    case EDE_NOT_AUTHORITATIVE:
        return "Zone_not_found";
    case EDE_INVALID_DATA:
        return "Zone_too_old";
    default:
        return "-";
    }
}

void query_log(const struct answer *answer, const struct address *client, bool tcp)
{
    static _Atomic uint64_t number; /* over all threads; touched only when queries are logged */
    const struct query *query = &answer->query;
    const struct reply *reply = &answer->reply;
    char name[NAME_TEXT_SIZE] = "-", host[ADDRESS_TEXT_SIZE], type[RRTYPE_TEXT_SIZE] = "-";
    char class[16], rcode[16], opcode[16];
    bool asked = query->question_len > 0;

    if (asked) { /* as it was written, capitals kept */
        name_to_text(name, reply->octets + DNS_HEADER_LEN);
        rrtype_to_text(type, query->qtype);
    }
    log_line("#%" PRIu64 " %u %s %s %s %s %s %s %s %d %u %u %u LOG N %s \"\"",
             atomic_fetch_add_explicit(&number, 1, memory_order_relaxed) + 1, query->id,
             tcp ? "TCP" : "UDP", address_host(host, client),
             asked ? class_text(class, query->qclass) : "-", type, name,
             query_log_rcode(rcode, reply->rcode), reason(reply), asked, reply->counts[0],
             reply->counts[1], reply->counts[2], opcode_text(opcode, query->opcode));
}

/*
 * The query log of mydns -v, in the shape that scripts for MyDNS read (mydns-compat 2.5):
 *
 *   20-Nov-2026 10:08:33+502214 #4 42156 UDP 127.0.0.1 IN A web.example.com. NOERROR - 1 1 0 0 LOG N QUERY ""
 *
 * date, running number, query id, transport, client, class, type, name, rcode, reason or -, records
 * in the four sections (OPT not counted), LOG, whether it came from a reply cache, opcode, update.
 */
#pragma once

#include <stdbool.h>

#include "answer/answer.h"
#include "net/address.h"

/* ANSWER's reply is finished and stands in its buffer. Any thread. */
void query_log(const struct answer *answer, const struct address *client, bool tcp) NONNULL;
/* Mnemonic of a response code, "RCODE12" for unassigned ones. Borrowed; OUT has at least 16 octets. */
const char *query_log_rcode(char *out, unsigned rcode) NONNULL;

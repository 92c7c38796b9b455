/*
 * mydnsexport in two parts: tool_export.c does the work and writes zone files, export_tinydns.c
 * knows the lines of tinydns-data (https://cr.yp.to/djbdns/tinydns-data.html).
 */
#pragma once

#include "admin/tool.h"
#include "dns/const.h"

/* A TTL as the server sends it; beyond that BIND takes it for 0. */
static inline uint32_t ttl_shown(uint32_t ttl)
{
    return ttl > DNS_TTL_MAX ? DNS_TTL_MAX : ttl;
}

void export_tinydns_soa(const struct zone_row *zone) NONNULL;
void export_tinydns(const struct rr_data *row, const struct record_in *record) NONNULL;

/*
 * mydnsexport in two parts: tool_export.c does the work and writes zone files, export_tinydns.c
 * knows the lines of tinydns-data (https://cr.yp.to/djbdns/tinydns-data.html).
 */
#pragma once

#include "admin/tool.h"

void export_tinydns_soa(const struct zone_row *zone) NONNULL;
void export_tinydns(const struct rr_data *row, const struct record_in *record) NONNULL;

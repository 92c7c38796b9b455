/*
 * GTID states as MariaDB writes them: one GTID (domain-server-sequence) for each domain, with commas
 * between, in any order. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"

enum { GTID_LIST_SIZE = 256 };

/* Of a position's GTIDs (struct db_position) keep those of the server's own binary log, which come first. */
void gtid_list_cut(char *list) NONNULL;
/* Is GTID one of LIST? */
bool gtid_list_has(const char *list, const char *gtid) NONNULL;
/* Do both hold the same GTIDs? */
bool gtid_list_equal(const char *a, const char *b) NONNULL;
/*
 * Put GTID in the place of that of its domain. A list that has no room for it becomes "?", which equals
 * nothing and stays: half a state must never be taken for a whole one.
 */
void gtid_list_put(char list[GTID_LIST_SIZE], const char *gtid) NONNULL;

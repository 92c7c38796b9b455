/*
 * Does a statement of the binary log build a table anew, so that its rows are gone, or are others? Not a
 * parser: a word too many costs a hold of some seconds (load/vanish.h), nothing else.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"

/*
 * Does TEXT (LEN octets), an ALTER TABLE or the like, perhaps exchange the rows for others, or change their ids,
 * zones or names? By its words: RENAME, PARTITION, TABLESPACE, and those columns. Pure.
 */
bool text_moves_rows(const char *text, size_t len) NONNULL;

/*
 * TEXT (LEN octets): a statement. TABLES: COUNT names without their database. SCHEMA: of the tables, for
 * DROP DATABASE and kin.
 *
 *     DROP TABLE, RENAME TABLE, TRUNCATE    that name one of TABLES anywhere
 *     CREATE TABLE                          that makes one of them; not one that is made of it
 *     DROP DATABASE, CREATE DATABASE        of SCHEMA
 *
 * ALTER TABLE keeps the rows, and temporary tables are nobody else's. Pure.
 */
bool text_rebuilds(const char *text, size_t len, const char *const *tables, size_t count,
                   const char *schema) NONNULL;

/*
 * The text of sql/schema.sql, put into the program when it is built (server/CMakeLists.txt).
 */
#pragma once

extern const char conf_schema_sql[];

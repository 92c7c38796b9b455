/*
 * The zones of a case file: its lines kept as text, and the store made of them (format: run_cases.c).
 */
#pragma once

#include "answer/answer.h"
#include "base/attr.h"

struct case_data {
    const char *file;
    unsigned line;
    bool dirty; /* lines were added since case_data_load() */
    struct answer_policy policy;
    struct store *store;
};
extern struct case_data data;

/* The file itself is wrong: say where, exit 2. */
NORETURN void broken(const char *what, const char *detail);
uint32_t number(const char *text);

/* All statements but queries. REST: the line behind its first word. False: no such statement. */
NODISCARD bool case_data_statement(char **words, unsigned count, const char *rest);
/* Forget all zones, rows and options. */
void case_data_forget(void);
/* Make data.store of what was read. */
void case_data_load(void);

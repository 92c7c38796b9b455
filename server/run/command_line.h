/*
 * The switches of mydns, MyDNS's and our own (mydns-compat 2.3). Switches that stand for options of
 * mydns.conf become overrides of the file.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/attr.h"

enum run_action {
    RUN_SERVE,
    RUN_CHECK_CONF,
    RUN_CREATE_TABLES,
    RUN_DUMP_CONFIG,
    RUN_HELP,
    RUN_VERSION,
};

enum { RUN_OVERRIDES_MAX = 5 };

struct command_line {
    enum run_action action;
    bool background, verbose, run_as_root;
    uint64_t quit_after;
    char *conf_file;
    /* Pairs for conf_read(), NULL-terminated; the values are owned here. */
    const char *overrides[2 * RUN_OVERRIDES_MAX + 1];
};

/*
 * Read ARGV. A password in it is overwritten, so that ps does not show it; one that is asked for is
 * read from the terminal. False: a bad switch, already complained about on stderr.
 */
NODISCARD bool command_line_read(struct command_line *line, int argc, char **argv) NONNULL;
void command_line_release(struct command_line *line) NONNULL;
void command_line_help(FILE *out) NONNULL;

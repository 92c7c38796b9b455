/*
 * MyDNS's utilities, other names of dnsadm: mydnscheck, mydnsexport, mydnsimport, mydnsptrconvert.
 * They read the server's mydns.conf, take the switches MyDNS's took, and end with 0 or 1. This is
 * what they share; tool_<name>.c has the rest.
 */
#pragma once

#include <getopt.h>

#include "admin/rows.h"
#include "conf/conf.h"

struct tool {
    const char *usage; /* text of --help, behind the name */
    char *conf_file;   /* NULL = /etc/mydns.conf */
    const char *overrides[9];
    bool verbose;
    struct conf *conf;
    struct session session;
};

/* The switches of all, for getopt_long. -c is not among the letters: mydnscheck has its own. */
#define TOOL_LETTERS "D:h:p::u:vd"
enum { TOOL_HELP = 1000, TOOL_VERSION, TOOL_CONF };
/* clang-format off */
#define TOOL_SWITCHES                                                                              \
    {"conf", required_argument, NULL, TOOL_CONF}, {"database", required_argument, NULL, 'D'},      \
    {"host", required_argument, NULL, 'h'}, {"password", optional_argument, NULL, 'p'},            \
    {"user", required_argument, NULL, 'u'}, {"verbose", no_argument, NULL, 'v'},                   \
    {"debug", no_argument, NULL, 'd'}, {"help", no_argument, NULL, TOOL_HELP},                     \
    {"version", no_argument, NULL, TOOL_VERSION}, {NULL, 0, NULL, 0}
/* clang-format on */

/* A switch of these, or '?'. TOOL_ENDS: the program ends, with *OUTCOME. */
enum tool_next { TOOL_GOES_ON, TOOL_ENDS };
NODISCARD enum tool_next tool_take(struct tool *tool, int letter, char *argument,
                                   enum outcome *outcome);

/*
 * Read mydns.conf, unless that is done, then open the database. Without WRITES zones and records are those
 * that the server reads, by its conditions. tool_close in either case.
 */
NODISCARD enum outcome tool_read_conf(struct tool *tool) NONNULL;
NODISCARD enum outcome tool_open(struct tool *tool, bool writes) NONNULL;
/* stdout that cannot be written is an error, too. */
enum outcome tool_close(struct tool *tool, enum outcome outcome) NONNULL;

/* One zone's failure does not keep the others away; the first outcome that is not OK is told. */
void tool_keep_worst(enum outcome *worst, enum outcome outcome) NONNULL;

/*
 * EACH is called for the zones that ARGUMENTS name, or for all active ones; a name that is not
 * there is reported. The first outcome that is not OK, the others are done all the same.
 */
typedef enum outcome tool_zone(struct tool *tool, const struct zone_row *zone, void *context);
NODISCARD enum outcome tool_each_zone(struct tool *tool, char **arguments, tool_zone *each,
                                      void *context);

/* The utility that the program was called as ("/usr/bin/mydnsexport"): run it. False: none. */
NODISCARD bool tool_main(const char *program, int argc, char **argv, int *status) NONNULL;

enum outcome tool_check(struct tool *tool, int argc, char **argv) NONNULL;
enum outcome tool_export(struct tool *tool, int argc, char **argv) NONNULL;
enum outcome tool_import(struct tool *tool, int argc, char **argv) NONNULL;
enum outcome tool_ptrconvert(struct tool *tool, int argc, char **argv) NONNULL;

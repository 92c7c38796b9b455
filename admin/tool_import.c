/*
 * mydnsimport: zones by zone transfer (RFC 5936) or from the input of tinydns-data.
 */
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "admin/import.h"
#include "base/alloc.h"

enum { TIMEOUT_SEC = 30 };

static const char usage[] =
    "Usage: mydnsimport [SWITCH]... [ZONE]...\n"
    "Write zones into the tables.\n\n"
    "  -a, --axfr=HOST[:PORT]   transfer each ZONE from HOST\n"
    "  -t, --tinydns=FILE       read FILE, input of tinydns-data: each ZONE, or all\n"
    "  -o, --output             print the rows, write nothing\n"
    "  -r, --replace            replace zones that exist\n"
    "      --notrim             keep names absolute\n"
    "  -A, --ACTIVE[=Y]         value of the column active\n"
    "  -I, --IXFR               no effect: columns that exist are filled\n"
    "  -c FILE                  like --conf\n";

/* "host", "host:port", "[v6]:port" or a bare IPv6 address; HOST is changed. */
static void split_host(char **host, const char **port)
{
    char *end = **host == '[' ? strchr(*host, ']') : NULL;
    char *colon = strchr(*host, ':');
    *port = "53";
    if (end != NULL) {
        *end = '\0';
        ++*host;
        *port = end[1] == ':' ? end + 2 : *port;
    } else if (colon != NULL && strchr(colon + 1, ':') == NULL) {
        *colon = '\0';
        *port = colon + 1;
    }
}

/* NULL: reported. */
static ldns_resolver *new_resolver(const char *host_text)
{
    struct addrinfo *found = NULL, hints = {.ai_socktype = SOCK_STREAM};
    char *copy = alloc_string(host_text), *host = copy;
    const char *port;

    split_host(&host, &port);
    int error = getaddrinfo(host, port, &hints, &found);
    if (error != 0) {
        report_error(OUTCOME_USAGE, "--axfr: %s: %s", host_text, gai_strerror(error));
        free(copy);
        return NULL;
    }
    ldns_resolver *resolver = ldns_resolver_new();
    for (struct addrinfo *at = found; at != NULL; at = at->ai_next) {
        struct sockaddr_storage address = {0};
        uint16_t number = 0;
        memcpy(&address, at->ai_addr, at->ai_addrlen);
        ldns_rdf *rdf = ldns_sockaddr_storage2rdf(&address, &number);
        if (rdf != NULL) {
            ldns_resolver_set_port(resolver, number);
            if (ldns_resolver_push_nameserver(resolver, rdf) != LDNS_STATUS_OK) {
                abort();
            }
            ldns_rdf_deep_free(rdf);
        }
    }
    ldns_resolver_set_timeout(resolver, (struct timeval){TIMEOUT_SEC, 0});
    ldns_resolver_set_retry(resolver, 1);
    freeaddrinfo(found);
    free(copy);
    return resolver;
}

static enum outcome take_transfer(struct import *import, struct import_zone *zone,
                                  ldns_resolver *resolver)
{
    ldns_rr *rr;
    enum outcome outcome = OUTCOME_OK;
    bool complete = false;

    while (outcome == OUTCOME_OK && !complete && (rr = ldns_axfr_next(resolver)) != NULL) {
        complete = ldns_axfr_complete(resolver);
        const char *fault = complete ? NULL : import_rr(import, zone, rr); /* the SOA again */
        if (fault != NULL) {
            char *text = ldns_rr2str(rr);
            report_warning("%s: left out: %s: %s", zone->domain.text, fault,
                           report_quote(text, strcspn(text, "\n")));
            free(text);
            zone->left_out++;
        }
        ldns_rr_free(rr);
    }
    if (!complete) {
        const ldns_pkt *last = ldns_axfr_last_pkt(resolver);
        char *rcode = last != NULL ? ldns_pkt_rcode2str(ldns_pkt_get_rcode(last)) : NULL;
        outcome = report_error(OUTCOME_FAILED, "%s: the transfer failed: %s", zone->domain.text,
                               rcode != NULL && strcmp(rcode, "NOERROR") != 0
                                   ? rcode
                                   : "it ended before its second SOA");
        free(rcode);
        ldns_axfr_abort(resolver);
    }
    return outcome;
}

/* A zone that does not arrive whole leaves nothing in IMPORT. */
static enum outcome transfer(struct import *import, const char *host, const struct domain *domain)
{
    ldns_resolver *resolver = new_resolver(host);
    ldns_rdf *name = ldns_dname_new_frm_str(domain->text);
    enum outcome outcome = OUTCOME_FAILED;

    if (resolver != NULL && name != NULL) {
        ldns_status status = ldns_axfr_start(resolver, name, LDNS_RR_CLASS_IN);
        if (status != LDNS_STATUS_OK) {
            report_error(OUTCOME_FAILED, "%s: cannot ask %s: %s", domain->text, host,
                         ldns_get_errorstr_by_id(status));
        } else {
            outcome = take_transfer(import, import_add(import, domain), resolver);
            if (outcome != OUTCOME_OK) {
                import_drop_last(import);
            }
        }
    }
    ldns_rdf_deep_free(name);
    if (resolver != NULL) {
        ldns_resolver_deep_free(resolver);
    }
    return outcome;
}

static enum outcome transfer_all(struct import *import, const char *host, char **names)
{
    enum outcome worst = OUTCOME_OK;
    struct domain domain;
    for (; *names != NULL; names++) {
        const char *fault = domain_from_text(&domain, *names, strlen(*names));
        tool_keep_worst(&worst, fault == NULL
                                    ? transfer(import, host, &domain)
                                    : report_error(OUTCOME_USAGE, "%s %s",
                                                   report_quote(*names, strlen(*names)), fault));
    }
    return worst;
}

static enum outcome put_zones(struct tool *tool, const struct import *import, bool output)
{
    enum outcome worst = output ? OUTCOME_OK : tool_open(tool, true);
    if (worst != OUTCOME_OK) {
        return worst;
    }
    for (size_t i = 0; i < import->count && worst != OUTCOME_AWAY; i++) {
        const struct import_zone *zone = &import->zones[i];
        enum outcome outcome = OUTCOME_OK;
        if (zone->ns == NULL) {
            outcome = report_error(OUTCOME_REFUSED, "%s: there is no SOA", zone->domain.text);
        } else if (output) {
            import_print(zone);
        } else {
            outcome = import_write(tool, import, zone);
        }
        tool_keep_worst(&worst, outcome);
    }
    return worst;
}

enum outcome tool_import(struct tool *tool, int argc, char **argv)
{
    enum { NOTRIM = 1 };
    static const struct option switches[] = {
        {"axfr", required_argument, NULL, 'a'},   {"tinydns", required_argument, NULL, 't'},
        {"output", no_argument, NULL, 'o'},       {"replace", no_argument, NULL, 'r'},
        {"notrim", no_argument, NULL, NOTRIM},    {"IXFR", no_argument, NULL, 'I'},
        {"ACTIVE", optional_argument, NULL, 'A'}, TOOL_SWITCHES};
    struct import import = {0};
    const char *host = NULL, *file = NULL;
    bool output = false;
    enum outcome outcome;
    int letter;

    tool->usage = usage;
    while ((letter = getopt_long(argc, argv, "a:t:orIA::c:" TOOL_LETTERS, switches, NULL)) != -1) {
        switch (letter) {
        case 'a':
            host = optarg;
            break;
        case 't':
            file = optarg;
            break;
        case 'o':
            output = true;
            break;
        case 'r':
            import.replace = true;
            break;
        case NOTRIM:
            import.keep_names = true;
            break;
        case 'I':
            break;
        case 'A':
            import.active = optarg != NULL ? optarg + (*optarg == '=') : "Y";
            break;
        default:
            if (tool_take(tool, letter == 'c' ? TOOL_CONF : letter, optarg, &outcome) ==
                TOOL_ENDS) {
                return outcome;
            }
        }
    }
    if ((host == NULL) == (file == NULL)) {
        return report_error(OUTCOME_USAGE, "one of --axfr and --tinydns is needed");
    }
    if (host != NULL && argv[optind] == NULL) {
        return report_error(OUTCOME_USAGE, "no zone is named");
    }
    outcome = tool_read_conf(tool);
    if (outcome != OUTCOME_OK) {
        return outcome;
    }
    import.txt_format = tool->session.settings.txt_format;
    outcome = host != NULL ? transfer_all(&import, host, argv + optind)
                           : import_tinydns(&import, file, argv + optind);
    if (outcome == OUTCOME_OK || (host != NULL && import.count > 0)) {
        tool_keep_worst(&outcome, put_zones(tool, &import, output));
    }
    import_release(&import);
    return outcome;
}

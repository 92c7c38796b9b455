/*
 * dnsadm: the hand that writes what mydns reads. Everything else is in the library, so that tests
 * link it. Called by the name of one of MyDNS's utilities, it is that one.
 */
#include <locale.h>
#include <signal.h>

#include "admin/cli.h"
#include "admin/tool.h"

int main(int argc, char **argv)
{
    setlocale(LC_CTYPE, "");  /* libsmartcols measures the width of cells */
    signal(SIGPIPE, SIG_IGN); /* a reader that went away is an error like others, told by EPIPE */
    int status;
    return tool_main(argv[0], argc, argv, &status) ? status : (int)cli_main(argc, argv);
}

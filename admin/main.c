/*
 * dnsadm: the hand that writes what mydns reads. Everything else is in the library, so that tests
 * link it.
 */
#include <locale.h>
#include <signal.h>

#include "admin/cli.h"

int main(int argc, char **argv)
{
    setlocale(LC_CTYPE, "");  /* libsmartcols measures the width of cells */
    signal(SIGPIPE, SIG_IGN); /* a reader that went away is an error like others, told by EPIPE */
    return (int)cli_main(argc, argv);
}

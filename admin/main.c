/*
 * dnsadm: the hand that writes what mydns reads. Everything else is in the library, so that tests
 * link it. Called by the name of one of MyDNS's utilities, it is that one.
 */
#include <langinfo.h>
#include <locale.h>
#include <signal.h>
#include <string.h>

#include "admin/cli.h"
#include "admin/tool.h"

/* libsmartcols measures the width of cells. Case is ASCII's: in Turkish, ALIAS is not alias. */
static void take_charset(void)
{
    setlocale(LC_CTYPE, "");
    setlocale(LC_CTYPE, strcmp(nl_langinfo(CODESET), "UTF-8") == 0 ? "C.UTF-8" : "C");
}

int main(int argc, char **argv)
{
    take_charset();
    signal(SIGPIPE, SIG_IGN); /* a reader that went away is an error like others, told by EPIPE */
    int status;
    return tool_main(argv[0], argc, argv, &status) ? status : (int)cli_main(argc, argv);
}

#include "dns/rrtype.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

/* In the order of numbers, for the binary search of rrtype_find(); the first ones have no gap. */
enum { DENSE = 53 };
static const struct rrtype table[] = {
    {TYPE_A, "A", 0, 0, false, false, false},
    {TYPE_NS, "NS", 0, 1, true, true, false},
    {TYPE_MD, "MD", 0, 1, true, false, false},
    {TYPE_MF, "MF", 0, 1, true, false, false},
    {TYPE_CNAME, "CNAME", 0, 1, true, false, false},
    {TYPE_SOA, "SOA", 0, 2, true, false, false},
    {TYPE_MB, "MB", 0, 1, true, false, false},
    {TYPE_MG, "MG", 0, 1, true, false, false},
    {TYPE_MR, "MR", 0, 1, true, false, false},
    {TYPE_NULL, "NULL", 0, 0, false, false, false},
    {TYPE_WKS, "WKS", 0, 0, false, false, false},
    {TYPE_PTR, "PTR", 0, 1, true, false, false},
    {TYPE_HINFO, "HINFO", 0, 0, false, false, false},
    {TYPE_MINFO, "MINFO", 0, 2, true, false, false},
    {TYPE_MX, "MX", 2, 1, true, true, false},
    {TYPE_TXT, "TXT", 0, 0, false, false, false},
    {TYPE_RP, "RP", 0, 2, false, false, false},
    {TYPE_AFSDB, "AFSDB", 2, 1, false, false, false},
    {TYPE_X25, "X25", 0, 0, false, false, false},
    {TYPE_ISDN, "ISDN", 0, 0, false, false, false},
    {TYPE_RT, "RT", 2, 1, false, false, false},
    {TYPE_NSAP, "NSAP", 0, 0, false, false, false},
    {23, "NSAP-PTR", 0, 1, false, false, false},
    {TYPE_SIG, "SIG", 18, 1, false, false, false},
    {TYPE_KEY, "KEY", 0, 0, false, false, false},
    {TYPE_PX, "PX", 2, 2, false, false, false},
    {TYPE_GPOS, "GPOS", 0, 0, false, false, false},
    {TYPE_AAAA, "AAAA", 0, 0, false, false, false},
    {TYPE_LOC, "LOC", 0, 0, false, false, false},
    {30, "NXT", 0, 1, false, false, false},
    {31, "EID", 0, 0, false, false, false},
    {32, "NIMLOC", 0, 0, false, false, false},
    {TYPE_SRV, "SRV", 6, 1, false, true, false},
    {34, "ATMA", 0, 0, false, false, false},
    {TYPE_NAPTR, "NAPTR", 0, 0, false, false, false}, /* its name follows three strings */
    {TYPE_KX, "KX", 2, 1, false, false, false},
    {TYPE_CERT, "CERT", 0, 0, false, false, false},
    {38, "A6", 0, 0, false, false, false},
    {TYPE_DNAME, "DNAME", 0, 1, false, false, false},
    {40, "SINK", 0, 0, false, false, false},
    {TYPE_OPT, "OPT", 0, 0, false, false, true},
    {TYPE_APL, "APL", 0, 0, false, false, false},
    {TYPE_DS, "DS", 0, 0, false, false, false},
    {TYPE_SSHFP, "SSHFP", 0, 0, false, false, false},
    {45, "IPSECKEY", 0, 0, false, false, false},
    {TYPE_RRSIG, "RRSIG", 18, 1, false, false, false},
    {TYPE_NSEC, "NSEC", 0, 1, false, false, false},
    {TYPE_DNSKEY, "DNSKEY", 0, 0, false, false, false},
    {49, "DHCID", 0, 0, false, false, false},
    {TYPE_NSEC3, "NSEC3", 0, 0, false, false, false},
    {TYPE_NSEC3PARAM, "NSEC3PARAM", 0, 0, false, false, false},
    {TYPE_TLSA, "TLSA", 0, 0, false, false, false},
    {TYPE_SMIMEA, "SMIMEA", 0, 0, false, false, false},
    {55, "HIP", 0, 0, false, false, false},
    {56, "NINFO", 0, 0, false, false, false},
    {57, "RKEY", 0, 0, false, false, false},
    {58, "TALINK", 0, 2, false, false, false},
    {TYPE_CDS, "CDS", 0, 0, false, false, false},
    {TYPE_CDNSKEY, "CDNSKEY", 0, 0, false, false, false},
    {TYPE_OPENPGPKEY, "OPENPGPKEY", 0, 0, false, false, false},
    {62, "CSYNC", 0, 0, false, false, false},
    {63, "ZONEMD", 0, 0, false, false, false},
    {TYPE_SVCB, "SVCB", 2, 1, false, true, false},
    {TYPE_HTTPS, "HTTPS", 2, 1, false, true, false},
    {66, "DSYNC", 0, 0, false, false, false},
    {TYPE_SPF, "SPF", 0, 0, false, false, false},
    {100, "UINFO", 0, 0, false, false, true},
    {101, "UID", 0, 0, false, false, true},
    {102, "GID", 0, 0, false, false, true},
    {103, "UNSPEC", 0, 0, false, false, true},
    {104, "NID", 0, 0, false, false, false},
    {105, "L32", 0, 0, false, false, false},
    {106, "L64", 0, 0, false, false, false},
    {107, "LP", 2, 1, false, false, false},
    {108, "EUI48", 0, 0, false, false, false},
    {109, "EUI64", 0, 0, false, false, false},
    {128, "NXNAME", 0, 0, false, false, true},
    {TYPE_TKEY, "TKEY", 0, 0, false, false, true},
    {TYPE_TSIG, "TSIG", 0, 0, false, false, true},
    {TYPE_IXFR, "IXFR", 0, 0, false, false, true},
    {TYPE_AXFR, "AXFR", 0, 0, false, false, true},
    {TYPE_MAILB, "MAILB", 0, 0, false, false, true},
    {TYPE_MAILA, "MAILA", 0, 0, false, false, true},
    {TYPE_ANY, "ANY", 0, 0, false, false, true},
    {TYPE_URI, "URI", 0, 0, false, false, false},
    {TYPE_CAA, "CAA", 0, 0, false, false, false},
    {258, "AVC", 0, 0, false, false, false},
    {259, "DOA", 0, 0, false, false, false},
    {260, "AMTRELAY", 0, 0, false, false, false},
    {261, "RESINFO", 0, 0, false, false, false},
    {262, "WALLET", 0, 0, false, false, false},
    {32768, "TA", 0, 0, false, false, false},
    {32769, "DLV", 0, 0, false, false, false},
    {TYPE_ALIAS, "ALIAS", 0, 1, false, false, false},
};

const struct rrtype *rrtype_find(uint16_t number)
{
    if (number - 1u < DENSE) {
        return &table[number - 1];
    }
    size_t low = DENSE, high = ARRAY_LEN(table);
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (table[middle].number < number) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < ARRAY_LEN(table) && table[low].number == number ? &table[low] : NULL;
}

uint16_t rrtype_from_text(const char *text, size_t len)
{
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        if (strlen(table[i].mnemonic) == len && strncasecmp(table[i].mnemonic, text, len) == 0) {
            return table[i].number;
        }
    }
    if (len < 5 || len > 9 || strncasecmp(text, "TYPE", 4) != 0) {
        return 0;
    }
    unsigned value = 0;
    for (size_t i = 4; i < len; i++) {
        if (text[i] < '0' || text[i] > '9') {
            return 0;
        }
        value = value * 10 + (unsigned)(text[i] - '0');
    }
    return value <= 0xffff ? (uint16_t)value : 0;
}

const char *rrtype_to_text(char *out, uint16_t number)
{
    const struct rrtype *type = rrtype_find(number);
    if (type != NULL) {
        snprintf(out, RRTYPE_TEXT_SIZE, "%s", type->mnemonic);
    } else {
        snprintf(out, RRTYPE_TEXT_SIZE, "TYPE%u", number);
    }
    return out;
}

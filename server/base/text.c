#include "base/text.h"

#include <stdint.h>

const char *text_escape(char *out, size_t cap, const void *data, size_t len)
{
    const uint8_t *octets = data;
    size_t at = 0;

    for (size_t i = 0; i < len; i++) {
        uint8_t c = octets[i];
        size_t need = c > 0x20 && c < 0x7f && c != '\\' ? 1 : (c == ' ' ? 1 : 4);
        size_t reserve = i + 1 < len ? 3 : 1; /* room for ".." and NUL, or NUL alone */
        if (at + need + reserve > cap) {
            out[at++] = '.';
            out[at++] = '.';
            break;
        }
        if (need == 1) {
            out[at++] = (char)c;
            continue;
        }
        out[at++] = '\\';
        out[at++] = (char)('0' + c / 100);
        out[at++] = (char)('0' + c / 10 % 10);
        out[at++] = (char)('0' + c % 10);
    }
    out[at] = '\0';
    return out;
}

/* What an x86 instruction does to the stack of calls. */
#include "stacks.h"

#include <string.h>

enum transfer transfer_of(const uint8_t *bytes, size_t size, int32_t *distance)
{
    size_t at = 0;
    while (at < size) {
        uint8_t byte = bytes[at];
        bool prefix = byte == 0x66 || byte == 0x67 || byte == 0xf2 || byte == 0xf3 || byte == 0x2e
            || byte == 0x36 || byte == 0x3e || byte == 0x26 || byte == 0x64 || byte == 0x65;
        /* In 32-bit code these are instructions of one byte, and the loop ends at the size. */
        if (!prefix && !(host.x86_64 && (byte & 0xf0) == 0x40)) break;
        at++;
    }
    if (at == size) return NO_TRANSFER;
    switch (bytes[at]) {
    case 0xe8:
        if (size - at < 5) return NO_TRANSFER;
        memcpy(distance, bytes + at + 1, sizeof *distance);
        /* A call to the next instruction asks where it is; it never returns. */
        return *distance == 0 ? NO_TRANSFER : DIRECT_CALL;
    case 0xff:
        return size - at >= 2 && (bytes[at + 1] >> 3 & 7) == 2 ? INDIRECT_CALL : NO_TRANSFER;
    case 0xc2:
    case 0xc3:
        return RETURN;
    case 0xcf:
        return INTERRUPT_RETURN;
    case 0x0f:
        return size - at >= 2 && (bytes[at + 1] == 0x07 || bytes[at + 1] == 0x35) ? SYSTEM_RETURN
                                                                                   : NO_TRANSFER;
    default:
        return NO_TRANSFER;
    }
}

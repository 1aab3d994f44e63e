// What several phases use.
#include "tiny.h"

// `units` and the share more that the command line asks of `phase`, rounded to whole units.
//
// Saturates rather than wraps: a boot that was asked to be absurdly slow is slow.
uint32_t with_share(uint32_t units, enum phase phase) {
    uint32_t share = knobs.slow[phase];
    // units * share / 100,000 without a 64-bit division, which would need a library.
    uint32_t whole = share / 100000, part = share % 100000;
    uint64_t more = (uint64_t)units * whole;
    uint64_t product = (uint64_t)units * part + 50000;
    uint32_t high, remainder;
    __asm__("divl %4" : "=a"(high), "=d"(remainder)
            : "a"((uint32_t)product), "d"((uint32_t)(product >> 32)), "r"(100000));
    more += high;
    more += units;
    return more > 0xffffffff ? 0xffffffff : (uint32_t)more;
}

static uint32_t crc32_table[256];

void crc32_build_table(void) {
    for (uint32_t index = 0; index < 256; index++) {
        uint32_t value = index;
        for (uint32_t bit = 0; bit < 8; bit++) {
            value = value >> 1 ^ (0xedb88320 & -(value & 1));
        }
        crc32_table[index] = value;
    }
}

// The checksum of IEEE 802.3 (as in zlib's crc32), begun with 0 and continued with its own result.
uint32_t crc32_body(uint32_t crc, const uint8_t *bytes, uint32_t count) {
    crc = ~crc;
    for (uint32_t index = 0; index < count; index++) {
        crc = crc >> 8 ^ crc32_table[(crc ^ bytes[index]) & 0xff];
    }
    return ~crc;
}

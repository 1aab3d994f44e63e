// The format of the packed payload, shared by pack.c, which writes it on the host, and decompress.c.
//
// A payload is a header and a sequence of items. An item's first byte holds in its upper half the number of
// literals and in its lower half the length of a match less LEAST_MATCH; a half of 15 goes on in further bytes
// that are added up, the last of them below 255. Then come the literals, then two bytes with the match's distance,
// lower byte first. The last item's match is missing: its output ends with the literals. (LZ4 blocks look the same.)
//
// Between header and items lies a dictionary, unpacked: matches may reach back into it. With it, and with no match
// from further away than it is long, each part of the payload takes the same work to unpack.
#ifndef PAYLOAD_H
#define PAYLOAD_H

#include <stdint.h>

enum { PAYLOAD_MAGIC = 0x594e4954, DICTIONARY_BYTES = 8192, PAYLOAD_BYTES = 65536, LEAST_MATCH = 4 };

struct payload_header {
    uint32_t magic, bytes, crc32, packed_bytes;
    uint8_t dictionary[DICTIONARY_BYTES];
};

#endif

// The decompress phase: unpacks the payload and checks what comes out.
#include "payload.h"
#include "tiny.h"

// Bytes unpacked without a knob: the payload so many times.
enum { ROUNDS = 18, UNPACKED_BYTES = ROUNDS * PAYLOAD_BYTES };

extern const uint8_t packed_payload[], packed_payload_end[];

struct unpacker {
    const uint8_t *input, *input_end;
    uint8_t *output, *output_begin, *output_end;
};

// Puts the dictionary where matches find it: right before the output.
static void install_dictionary(const struct payload_header *header) {
    for (uint32_t index = 0; index < DICTIONARY_BYTES; index++) {
        ((uint8_t *)PAYLOAD_BASE)[index] = header->dictionary[index];
    }
}

// The payload's header; its settling loop is the one of `turns=check_payload`.
static const struct payload_header *check_payload(void) {
    const struct payload_header *header = (const struct payload_header *)packed_payload;
    uint32_t packed_bytes = (uint32_t)(packed_payload_end - packed_payload) - sizeof(*header);
    if (header->magic != PAYLOAD_MAGIC || header->bytes != PAYLOAD_BYTES || header->packed_bytes != packed_bytes) {
        panic("the payload's header is wrong");
    }
    install_dictionary(header);
    settle(header->crc32, SETTLE_TURNS + knobs.turns[TURNED_DECOMPRESS]);
    return header;
}

static uint8_t read_byte(struct unpacker *unpacker) {
    if (unpacker->input == unpacker->input_end) {
        panic("the payload is cut short");
    }
    return *unpacker->input++;
}

static uint32_t read_length(struct unpacker *unpacker, uint32_t length) {
    if (length == 15) {
        uint8_t more;
        do {
            more = read_byte(unpacker);
            length += more;
        } while (more == 255);
    }
    return length;
}

// How much of `count` still fits into the output.
static uint32_t clip(const struct unpacker *unpacker, uint32_t count) {
    uint32_t room = (uint32_t)(unpacker->output_end - unpacker->output);
    return count < room ? count : room;
}

static void copy_literals(struct unpacker *unpacker, uint32_t count) {
    if (count > (uint32_t)(unpacker->input_end - unpacker->input)) {
        panic("the payload is cut short");
    }
    uint32_t copied = clip(unpacker, count);
    for (uint32_t index = 0; index < copied; index++) {
        *unpacker->output++ = unpacker->input[index];
    }
    unpacker->input += count;
}

static void copy_match(struct unpacker *unpacker, uint32_t distance, uint32_t count) {
    if (distance == 0 || distance > (uint32_t)(unpacker->output - unpacker->output_begin)) {
        panic("a match of the payload begins before its start");
    }
    const uint8_t *source = unpacker->output - distance;
    // Byte by byte: a match may overlap what it writes.
    for (count = clip(unpacker, count); count > 0; count--) {
        *unpacker->output++ = *source++;
    }
}

static void unpack_item(struct unpacker *unpacker) {
    uint32_t token = read_byte(unpacker);
    copy_literals(unpacker, read_length(unpacker, token >> 4));
    if (unpacker->input == unpacker->input_end || unpacker->output == unpacker->output_end) {
        return;
    }
    uint32_t distance = read_byte(unpacker);
    distance |= (uint32_t)read_byte(unpacker) << 8;
    copy_match(unpacker, distance, read_length(unpacker, token & 15) + LEAST_MATCH);
}

// Unpacks the payload's first `bytes` bytes and returns their checksum.
static uint32_t unpack_payload(const struct payload_header *header, uint32_t bytes) {
    uint8_t *output = (uint8_t *)PAYLOAD_BASE + DICTIONARY_BYTES;
    const uint8_t *input = (const uint8_t *)(header + 1);
    struct unpacker unpacker = {input, input + header->packed_bytes, output, (uint8_t *)PAYLOAD_BASE, output + bytes};
    while (unpacker.output < unpacker.output_end) {
        unpack_item(&unpacker);
    }
    return crc32_body(0, output, bytes);
}

void decompress_phase(void) {
    const struct payload_header *header = check_payload();
    crc32_build_table();
    uint32_t bytes = with_share(UNPACKED_BYTES, PHASE_DECOMPRESS);
    while (bytes > 0) {
        uint32_t count = bytes < PAYLOAD_BYTES ? bytes : PAYLOAD_BYTES;
        uint32_t crc = unpack_payload(header, count);
        if (count == PAYLOAD_BYTES && crc != header->crc32) {
            panic("the payload's checksum is wrong");
        }
        bytes -= count;
    }
}

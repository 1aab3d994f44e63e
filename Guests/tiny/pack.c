// Runs on the host at build time: writes the payload that the decompress phase unpacks.
//
// The payload is made here, from a fixed seed, so that every build has the same: text of made-up words, with the
// repetitions that text has.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "payload.h"

enum { WORDS = 512, LONGEST_WORD = 12, HASHES = 4096, TEXT_BYTES = DICTIONARY_BYTES + PAYLOAD_BYTES };

static uint32_t state = 2463534242u;

// Marsaglia's 32-bit xorshift.
static uint32_t next_random(void) {
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return state;
}

static void write_text(uint8_t *text, size_t count) {
    static char words[WORDS][LONGEST_WORD + 1];
    for (size_t word = 0; word < WORDS; word++) {
        size_t length = 2 + next_random() % (LONGEST_WORD - 2);
        for (size_t index = 0; index < length; index++) {
            words[word][index] = (char)('a' + next_random() % 26);
        }
        words[word][length] = '\0';
    }
    size_t position = 0;
    while (position < count) {
        // The lesser of two draws: some words are common, most are rare.
        uint32_t first = next_random() % WORDS, second = next_random() % WORDS;
        const char *word = words[first < second ? first : second];
        for (; *word != '\0' && position < count; word++) {
            text[position++] = (uint8_t)*word;
        }
        if (position < count) {
            text[position++] = next_random() % 12 == 0 ? '\n' : ' ';
        }
    }
}

static uint32_t crc32(const uint8_t *bytes, size_t count) {
    uint32_t crc = 0xffffffff;
    for (size_t index = 0; index < count; index++) {
        crc ^= bytes[index];
        for (int bit = 0; bit < 8; bit++) {
            crc = crc >> 1 ^ (0xedb88320 & -(crc & 1));
        }
    }
    return ~crc;
}

static uint8_t *put_length(uint8_t *output, size_t length) {
    if (length < 15) {
        return output;
    }
    for (length -= 15; length >= 255; length -= 255) {
        *output++ = 255;
    }
    *output++ = (uint8_t)length;
    return output;
}

static uint8_t *put_item(uint8_t *output, const uint8_t *literals, size_t count, size_t match, size_t distance) {
    size_t length = match == 0 ? 0 : match - LEAST_MATCH;
    *output++ = (uint8_t)((count < 15 ? count : 15) << 4 | (length < 15 ? length : 15));
    output = put_length(output, count);
    memcpy(output, literals, count);
    output += count;
    if (match == 0) {
        return output;
    }
    *output++ = (uint8_t)distance;
    *output++ = (uint8_t)(distance >> 8);
    return put_length(output, length);
}

static uint32_t hash(const uint8_t *bytes) {
    uint32_t four = (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
    return four * 2654435761u >> 20;
}

// Packs what follows the dictionary, greedily: at each position the last place with the same four bytes.
static size_t pack(const uint8_t *text, size_t count, uint8_t *output) {
    static size_t places[HASHES];  // A position plus one; 0 for none.
    const uint8_t *begin = output;
    size_t literals = DICTIONARY_BYTES, position = DICTIONARY_BYTES;
    for (size_t place = 0; place < DICTIONARY_BYTES; place++) {
        places[hash(text + place)] = place + 1;
    }
    while (position + LEAST_MATCH <= count) {
        size_t *place = &places[hash(text + position)];
        size_t candidate = *place;
        *place = position + 1;
        size_t match = 0;
        if (candidate != 0 && position - (candidate - 1) <= DICTIONARY_BYTES) {
            while (position + match < count && text[candidate - 1 + match] == text[position + match]) {
                match++;
            }
        }
        if (match < LEAST_MATCH) {
            position++;
            continue;
        }
        output = put_item(output, text + literals, position - literals, match, position - (candidate - 1));
        position += match;
        literals = position;
    }
    return (size_t)(put_item(output, text + literals, count - literals, 0, 0) - begin);
}

int main(int count, char **arguments) {
    if (count != 2) {
        fprintf(stderr, "usage: pack OUTPUT\n");
        return 64;
    }
    static uint8_t text[TEXT_BYTES];
    // Literals alone cost one byte in 255 more.
    static uint8_t packed[PAYLOAD_BYTES + PAYLOAD_BYTES / 128];
    write_text(text, sizeof text);
    struct payload_header header = {.magic = PAYLOAD_MAGIC, .bytes = PAYLOAD_BYTES};
    header.crc32 = crc32(text + DICTIONARY_BYTES, PAYLOAD_BYTES);
    memcpy(header.dictionary, text, DICTIONARY_BYTES);
    header.packed_bytes = (uint32_t)pack(text, sizeof text, packed);
    FILE *file = fopen(arguments[1], "wb");
    if (file == NULL || fwrite(&header, sizeof header, 1, file) != 1
        || fwrite(packed, header.packed_bytes, 1, file) != 1 || fclose(file) != 0) {
        perror(arguments[1]);
        return 1;
    }
    return 0;
}

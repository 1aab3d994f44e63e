// The memory phase: finds the memory, then clears and checks it.
#include "tiny.h"

// Words cleared and checked without a knob: the arena three times.
enum { CLEARED_WORDS = 3 * ARENA_BYTES / 4, BLOCK_WORDS = 1024 };

// An entry of a multiboot memory map; `bytes` counts what follows it.
struct __attribute__((packed)) memory_map_entry {
    uint32_t bytes;
    uint64_t base, length;
    uint32_t type;
};
enum { MEMORY_AVAILABLE = 1 };

// The end of the memory that begins at 1 MiB, or 0 if the loader's map does not say.
static uint32_t end_of_memory(const struct multiboot_information *information) {
    uint32_t end = 0;
    uint32_t position = information->memory_map_address;
    uint32_t map_end = position + information->memory_map_bytes;
    while (position < map_end) {
        const struct memory_map_entry *entry = (const struct memory_map_entry *)position;
        if (entry->type == MEMORY_AVAILABLE && entry->base == 0x100000) {
            uint64_t entry_end = entry->base + entry->length;
            end = entry_end > 0xfffff000 ? 0xfffff000 : (uint32_t)entry_end;
        }
        position += entry->bytes + sizeof(entry->bytes);
    }
    return end;
}

// Where memory ends; its settling loop is the one of `turns=read_memory_map`.
static uint32_t read_memory_map(const struct multiboot_information *information) {
    uint32_t end = 0;
    if (information->flags & MULTIBOOT_HAS_MEMORY_MAP) {
        end = end_of_memory(information);
    }
    if (end == 0 && (information->flags & MULTIBOOT_HAS_MEMORY)) {
        end = 0x100000 + information->memory_upper_kib * 1024;
    }
    settle(end, SETTLE_TURNS + knobs.turns[TURNED_MEMORY]);
    return end;
}

static void clear_block(volatile uint32_t *words, uint32_t count, uint32_t pattern) {
    for (uint32_t index = 0; index < count; index++) {
        words[index] = pattern;
    }
}

static bool check_block(const volatile uint32_t *words, uint32_t count, uint32_t pattern) {
    uint32_t difference = 0;
    for (uint32_t index = 0; index < count; index++) {
        difference |= words[index] ^ pattern;
    }
    return difference == 0;
}

// Clears and checks `words` words of the arena, beginning again at its start whenever its end is reached.
static void clear_memory(uint32_t words) {
    uint32_t offset = 0;
    while (words > 0) {
        uint32_t count = words < BLOCK_WORDS ? words : BLOCK_WORDS;
        volatile uint32_t *block = (volatile uint32_t *)(ARENA_BASE + offset);
        // The last time round clears what the others have set.
        uint32_t pattern = words > ARENA_BYTES / 4 ? 0x55aa55aa : 0;
        clear_block(block, count, pattern);
        if (!check_block(block, count, pattern)) {
            panic("memory does not keep what is written to it");
        }
        words -= count;
        offset = (offset + BLOCK_WORDS * 4) % ARENA_BYTES;
    }
}

void memory_phase(const struct multiboot_information *information) {
    if (read_memory_map(information) < LEAST_MEMORY) {
        panic("less than 16 MiB of memory; give QEMU -m 16 or more");
    }
    clear_memory(with_share(CLEARED_WORDS, PHASE_MEMORY));
}

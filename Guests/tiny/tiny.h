// tiny: a kernel that boots, works in phases for a known time, and goes wrong on request.
//
// Every named function below the phases does real work that a profiler can see; none is inlined (the build
// passes -fno-inline) except the port instructions here.
#ifndef TINY_H
#define TINY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// The phases in the order of their markers; PHASE_START is everything before the first real work.
enum phase { PHASE_START, PHASE_MEMORY, PHASE_TABLES, PHASE_DECOMPRESS, PHASE_DRIVERS, PHASE_BOOTED, PHASES };

enum end { END_POWEROFF, END_RESET, END_HALT, END_SPIN, END_DEBUG_EXIT };

enum wrong {
    WRONG_NOTHING, WRONG_PANIC, WRONG_HANG, WRONG_RESET, WRONG_ENDLESS, WRONG_HOSTILE, WRONG_EXIT, WRONG_SILENT,
    WRONG_PROMPT,
};

// The functions whose loop `turns=` lengthens, one in each working phase; each runs once in a boot.
enum turned { TURNED_MEMORY, TURNED_TABLES, TURNED_DECOMPRESS, TURNED_DRIVERS, TURNED };

// What the command line asked for.
struct knobs {
    // More work in a phase, in thousandths of a per cent of its own.
    uint32_t slow[PHASES];
    // More turns of the settling loop of a function.
    uint32_t turns[TURNED];
    enum end end;
    enum wrong wrong;
    // Where `wrong` happens.
    enum phase at;
    // Timer interrupts a second in the drivers phase.
    uint32_t hertz;
    // Thousands of turns that the longer of two ways through the drivers phase takes; 0 for one way only.
    uint32_t detour;
};
extern struct knobs knobs;

// What a multiboot loader hands over, as far as this kernel reads it.
struct multiboot_information {
    uint32_t flags, memory_lower_kib, memory_upper_kib, boot_device, command_line, modules_count, modules_address;
    uint32_t symbols[4];
    uint32_t memory_map_bytes, memory_map_address;
    uint32_t drives_bytes, drives_address, configuration_table, loader_name;
};
enum { MULTIBOOT_LOADED = 0x2badb002, MULTIBOOT_HAS_MEMORY = 1 << 0, MULTIBOOT_HAS_COMMAND_LINE = 1 << 2,
       MULTIBOOT_HAS_MEMORY_MAP = 1 << 6, MULTIBOOT_HAS_LOADER_NAME = 1 << 9 };

// The frame that interrupt_entry.S builds.
struct interrupt_frame {
    uint32_t edi, esi, ebx, edx, ecx, eax, ebp, vector, error_code, eip, cs, eflags;
};

// Memory that the phases use, all of it above the kernel: the least machine has 16 MiB.
enum {
    TABLES_BASE = 0x200000,      // page tables: 4 MiB
    PAYLOAD_BASE = 0x600000,     // what decompress writes: a dictionary and 64 KiB
    ARENA_BASE = 0x700000,       // what memory clears: 8 MiB
    ARENA_BYTES = 0x800000,
    LEAST_MEMORY = ARENA_BASE + ARENA_BYTES,
};

static inline __attribute__((always_inline)) void write_port8(uint16_t port, uint8_t value) {
    __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

static inline __attribute__((always_inline)) void write_port16(uint16_t port, uint16_t value) {
    __asm__ volatile("outw %0, %1" : : "a"(value), "Nd"(port));
}

static inline __attribute__((always_inline)) void write_port32(uint16_t port, uint32_t value) {
    __asm__ volatile("outl %0, %1" : : "a"(value), "Nd"(port));
}

static inline __attribute__((always_inline)) uint8_t read_port8(uint16_t port) {
    uint8_t value;
    __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

static inline __attribute__((always_inline)) uint32_t read_port32(uint16_t port) {
    uint32_t value;
    __asm__ volatile("inl %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

// The loop that `turns=` lengthens: `turns` turns of exactly four instructions each, in the function that
// expands it. Mixes `seed` so that its result can be used.
static inline __attribute__((always_inline)) uint32_t settle(uint32_t seed, uint32_t turns) {
    __asm__ volatile(
        "1: roll $5, %0\n\t"
        "addl $0x9e3779b9, %0\n\t"
        "decl %1\n\t"
        "jnz 1b"
        : "+r"(seed), "+r"(turns) : : "cc");
    return seed;
}
// The turns of a settling loop without a knob.
enum { SETTLE_TURNS = 1000 };

// console.c
extern bool serial_is_silent;
void console_initialize(void);
void serial_write(uint8_t byte);
void console_write(uint8_t byte);
void print(const char *text);
void print_unsigned(uint32_t value, uint32_t base);
void print_marker(enum phase phase);
_Noreturn void panic(const char *text);
_Noreturn void panic_about(const char *text, const char *detail);

// knobs.c
extern const char *const phase_names[PHASES];
void read_command_line(const struct multiboot_information *information);

// work.c
uint32_t with_share(uint32_t units, enum phase phase);
void crc32_build_table(void);
uint32_t crc32_body(uint32_t crc, const uint8_t *bytes, uint32_t count);

// interrupts.c
void install_interrupts(void);
void timer_start(uint32_t hertz);
uint32_t timer_stop(void);
void handle_interrupt(struct interrupt_frame *frame);

// memory.c, tables.c, decompress.c, drivers.c
void memory_phase(const struct multiboot_information *information);
void tables_phase(void);
void decompress_phase(void);
void drivers_phase(void);

// ends.c
_Noreturn void halt_forever(void);
_Noreturn void triple_fault(void);
_Noreturn void power_off(void);
_Noreturn void finish(void);
void go_wrong(void);

#endif

// Exceptions, the interrupt controller and the timer.
#include "tiny.h"

enum { VECTORS = 48, EXCEPTIONS = 32, ENTRY_BYTES = 16, TIMER_VECTOR = 32 };
enum { PIC1_COMMAND = 0x20, PIC1_DATA = 0x21, PIC2_COMMAND = 0xa0, PIC2_DATA = 0xa1, END_OF_INTERRUPT = 0x20 };
enum { PIT_CHANNEL_0 = 0x40, PIT_COMMAND = 0x43, PIT_HERTZ = 1193182 };
enum { CODE_SELECTOR = 0x08, DATA_SELECTOR = 0x10 };

// A descriptor-table register's operand.
struct __attribute__((packed)) table_register {
    uint16_t limit;
    uint32_t base;
};

extern const uint8_t interrupt_entries[];

static uint64_t segments[3] = {0, 0x00cf9a000000ffffull, 0x00cf92000000ffffull};
static uint64_t gates[VECTORS];
static volatile uint32_t ticks;
// Seconds and ticks within one, as a clock keeps them.
static volatile uint32_t clock_seconds, clock_ticks;

static void load_segments(void) {
    struct table_register operand = {sizeof(segments) - 1, (uint32_t)segments};
    __asm__ volatile(
        "lgdt %0\n\t"
        "ljmp %1, $1f\n"
        "1:\n\t"
        "movl %2, %%eax\n\t"
        "movw %%ax, %%ds\n\t"
        "movw %%ax, %%es\n\t"
        "movw %%ax, %%fs\n\t"
        "movw %%ax, %%gs\n\t"
        "movw %%ax, %%ss"
        : : "m"(operand), "i"(CODE_SELECTOR), "i"(DATA_SELECTOR) : "eax", "memory");
}

static void set_gate(uint32_t vector) {
    uint32_t address = (uint32_t)interrupt_entries + vector * ENTRY_BYTES;
    gates[vector] = (uint64_t)((address & 0xffff0000) | 0x8e00) << 32 | CODE_SELECTOR << 16 | (address & 0xffff);
}

// Moves the interrupt lines off the processor's own exceptions, all of them masked.
static void initialize_controllers(void) {
    write_port8(PIC1_COMMAND, 0x11);
    write_port8(PIC2_COMMAND, 0x11);
    write_port8(PIC1_DATA, TIMER_VECTOR);
    write_port8(PIC2_DATA, TIMER_VECTOR + 8);
    write_port8(PIC1_DATA, 0x04);
    write_port8(PIC2_DATA, 0x02);
    write_port8(PIC1_DATA, 0x01);
    write_port8(PIC2_DATA, 0x01);
    write_port8(PIC1_DATA, 0xff);
    write_port8(PIC2_DATA, 0xff);
}

void install_interrupts(void) {
    load_segments();
    for (uint32_t vector = 0; vector < VECTORS; vector++) {
        set_gate(vector);
    }
    struct table_register operand = {sizeof(gates) - 1, (uint32_t)gates};
    __asm__ volatile("lidt %0" : : "m"(operand) : "memory");
    initialize_controllers();
}

void timer_start(uint32_t hertz) {
    uint32_t divisor = PIT_HERTZ / hertz;
    ticks = 0;
    write_port8(PIT_COMMAND, 0x34);
    write_port8(PIT_CHANNEL_0, (uint8_t)divisor);
    write_port8(PIT_CHANNEL_0, (uint8_t)(divisor >> 8));
    write_port8(PIC1_DATA, 0xfe);
    // An interrupt that waits is taken behind the nop: behind a function's last instructions, its compiler's unwinding
    // rules hold no more once something is pushed there.
    __asm__ volatile("sti\n\tnop" : : : "memory");
}

uint32_t timer_stop(void) {
    __asm__ volatile("cli" : : : "memory");
    write_port8(PIC1_DATA, 0xff);
    return ticks;
}

static void clock_advance(void) {
    clock_ticks++;
    if (clock_ticks >= knobs.hertz) {
        clock_ticks = 0;
        clock_seconds++;
    }
}

static void timer_interrupt(void) {
    ticks++;
    clock_advance();
    write_port8(PIC1_COMMAND, END_OF_INTERRUPT);
}

static _Noreturn void report_exception(const struct interrupt_frame *frame) {
    print("tiny: exception ");
    print_unsigned(frame->vector, 10);
    print(" at 0x");
    print_unsigned(frame->eip, 16);
    print(", error code 0x");
    print_unsigned(frame->error_code, 16);
    print("\n");
    panic("an exception that nothing handles");
}

void handle_interrupt(struct interrupt_frame *frame) {
    if (frame->vector < EXCEPTIONS) {
        report_exception(frame);
    }
    if (frame->vector == TIMER_VECTOR) {
        timer_interrupt();
    }
}

// How a boot ends, well or not.
#include "tiny.h"

enum { PM1_CONTROL = 0x604, SLEEP_ENABLE = 1 << 13, DEBUG_EXIT = 0xf4, KEYBOARD_COMMAND = 0x64, PULSE_RESET = 0xfe };
enum { LONG_LINE = 20000 };

void power_off(void) {
    // Sleep state 5 has number 0 on QEMU's PIIX4 and ICH9, and their firmware puts the ports at 0x600.
    write_port16(PM1_CONTROL, SLEEP_ENABLE);
    // QEMU stops some time after the write. Halted, the guest executes nothing more, so that its count repeats.
    halt_forever();
}

void triple_fault(void) {
    struct __attribute__((packed)) {
        uint16_t limit;
        uint32_t base;
    } none = {0, 0};
    // Without a single gate, a breakpoint cannot be delivered, nor can the fault of that, nor its double fault.
    __asm__ volatile("lidt %0\n\tint3" : : "m"(none));
    halt_forever();
}

static _Noreturn void reset(void) {
    write_port8(KEYBOARD_COMMAND, PULSE_RESET);
    halt_forever();
}

static _Noreturn void debug_exit(void) {
    // QEMU's isa-debug-exit ends QEMU with twice this and one: 33.
    write_port8(DEBUG_EXIT, 0x10);
    panic("no device at port 0xf4; give QEMU -device isa-debug-exit,iobase=0xf4");
}

static _Noreturn void spin_forever(void) {
    for (;;) {
        __asm__ volatile("");
    }
}

void finish(void) {
    switch (knobs.end) {
    case END_POWEROFF:
        power_off();
    case END_RESET:
        reset();
    case END_HALT:
        halt_forever();
    case END_SPIN:
        spin_forever();
    case END_DEBUG_EXIT:
        debug_exit();
    }
    panic("no such end");
}

static _Noreturn void print_endlessly(void) {
    for (uint32_t line = 0;; line++) {
        print("tiny: endless line ");
        print_unsigned(line, 10);
        print("\n");
    }
}

static void print_bytes(const char *bytes, uint32_t count) {
    for (uint32_t index = 0; index < count; index++) {
        console_write((uint8_t)bytes[index]);
    }
}

// What breaks readers of consoles, one line each; the boot goes on afterwards.
static void print_hostile(void) {
    static const char bytes[] =
        "tiny: hostile\n"
        "\033[31mred \033[1;4mbold\033[0m \033[2J\033[H cleared\n"
        "\033]0;a stolen title\007\033]8;;http://example.invalid/\033\\link\033]8;;\033\\\n"
        "\033P$q\"p\033\\ \033[6n \033c \033(0 \233" "31m\n"
        "nul [\0\0\0] bell [\a] backspace [\b\b] form feed [\f] delete [\177]\n"
        "carriage\rreturn\r\n"
        "broken UTF-8 [\xff\xfe] [\xc3\x28] [\xe2\x82] [\xf0\x9f\x92] [\xed\xa0\x80] [\xc0\xaf] [\xef\xbf\xbf]\n"
        "]]> <![CDATA[ <!-- --> &lt; &#0; &#x1; <?xml version=\"1.0\"?>\n"
        "<script>alert(1)</script> <img src=x onerror=alert(1)> \"' onload='alert(1)'\n"
        "::error::not an error\n"
        "::set-output name=a::b\n"
        "##vso[task.complete result=Failed]\n"
        "##teamcity[testFailed name='x']\n"
        "%s%n%1000000d ${HOME} $(id) `id` ; rm -rf nothing\n"
        "| a | table | <br> [link](javascript:alert(1)) ```\n";
    print_bytes(bytes, sizeof(bytes) - 1);
    for (uint32_t column = 0; column < LONG_LINE; column++) {
        console_write('x');
    }
    console_write('\n');
}

static _Noreturn void prompt(void) {
    print("login: ");
    halt_forever();
}

void go_wrong(void) {
    switch (knobs.wrong) {
    case WRONG_NOTHING:
        return;
    case WRONG_PANIC:
        panic("asked to");
    case WRONG_HANG:
        halt_forever();
    case WRONG_RESET:
        triple_fault();
    case WRONG_ENDLESS:
        print_endlessly();
    case WRONG_HOSTILE:
        print_hostile();
        return;
    case WRONG_EXIT:
        power_off();
    case WRONG_SILENT:
        serial_is_silent = true;
        return;
    case WRONG_PROMPT:
        prompt();
    }
}

// Output: the first serial port, and the text screen.
#include "tiny.h"

enum { COM1 = 0x3f8, LINE_STATUS = COM1 + 5, TRANSMITTER_EMPTY = 0x20 };
enum { SCREEN_COLUMNS = 80, SCREEN_ROWS = 25, SCREEN_ADDRESS = 0xb8000, SCREEN_ATTRIBUTE = 0x0700 };
enum { CRTC_INDEX = 0x3d4, CRTC_DATA = 0x3d5 };

bool serial_is_silent;

static uint32_t screen_row, screen_column;

static volatile uint16_t *screen_cell(uint32_t row, uint32_t column) {
    return (volatile uint16_t *)SCREEN_ADDRESS + row * SCREEN_COLUMNS + column;
}

static void screen_clear_row(uint32_t row) {
    for (uint32_t column = 0; column < SCREEN_COLUMNS; column++) {
        *screen_cell(row, column) = SCREEN_ATTRIBUTE | ' ';
    }
}

static void screen_scroll(void) {
    for (uint32_t row = 1; row < SCREEN_ROWS; row++) {
        for (uint32_t column = 0; column < SCREEN_COLUMNS; column++) {
            *screen_cell(row - 1, column) = *screen_cell(row, column);
        }
    }
    screen_clear_row(SCREEN_ROWS - 1);
}

static void screen_set_cursor(void) {
    uint32_t position = screen_row * SCREEN_COLUMNS + screen_column;
    write_port8(CRTC_INDEX, 0x0e);
    write_port8(CRTC_DATA, (uint8_t)(position >> 8));
    write_port8(CRTC_INDEX, 0x0f);
    write_port8(CRTC_DATA, (uint8_t)position);
}

static void screen_new_line(void) {
    screen_column = 0;
    if (screen_row + 1 < SCREEN_ROWS) {
        screen_row++;
    } else {
        screen_scroll();
    }
}

static void screen_write(uint8_t byte) {
    if (byte == '\n') {
        screen_new_line();
        screen_set_cursor();
        return;
    }
    // Like a terminal that knows no escape codes: what is not text is shown as a dot.
    *screen_cell(screen_row, screen_column) = SCREEN_ATTRIBUTE | (byte < ' ' || byte > '~' ? '.' : byte);
    screen_column++;
    if (screen_column == SCREEN_COLUMNS) {
        screen_new_line();
    }
}

void console_initialize(void) {
    write_port8(COM1 + 1, 0x00);  // No interrupts.
    write_port8(COM1 + 3, 0x80);  // The divisor next:
    write_port8(COM1 + 0, 0x01);  // 115,200 baud.
    write_port8(COM1 + 1, 0x00);
    write_port8(COM1 + 3, 0x03);  // 8 bits, no parity, 1 stop bit.
    write_port8(COM1 + 2, 0x07);  // FIFO on and empty.
    write_port8(COM1 + 4, 0x03);
    for (uint32_t row = 0; row < SCREEN_ROWS; row++) {
        screen_clear_row(row);
    }
    screen_set_cursor();
}

void serial_write(uint8_t byte) {
    if (serial_is_silent) {
        return;
    }
    // Bounded, so that a machine whose port never drains still boots.
    for (uint32_t attempt = 0; attempt < 1000000; attempt++) {
        if (read_port8(LINE_STATUS) & TRANSMITTER_EMPTY) {
            break;
        }
    }
    write_port8(COM1, byte);
}

void console_write(uint8_t byte) {
    if (byte == '\n') {
        serial_write('\r');
    }
    serial_write(byte);
    screen_write(byte);
}

void print(const char *text) {
    for (; *text != 0; text++) {
        console_write((uint8_t)*text);
    }
}

void print_unsigned(uint32_t value, uint32_t base) {
    char digits[32];
    uint32_t count = 0;
    do {
        digits[count++] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value != 0);
    while (count > 0) {
        console_write((uint8_t)digits[--count]);
    }
}

void print_marker(enum phase phase) {
    print("tiny: ");
    print(phase_names[phase]);
    print("\n");
}

void panic(const char *text) {
    panic_about(text, "");
}

void panic_about(const char *text, const char *detail) {
    __asm__ volatile("cli");
    print("panic: tiny: ");
    print(text);
    // The detail may come from the command line, which is not ours: one line of plain characters.
    for (uint32_t count = 0; *detail != 0 && count < 200; detail++, count++) {
        console_write(*detail < ' ' || *detail > '~' ? '.' : (uint8_t)*detail);
    }
    print("\n");
    halt_forever();
}

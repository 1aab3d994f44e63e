// The boot from its first C line to its end.
#include "tiny.h"

// Prints the phase's marker, and goes wrong behind it if the command line says so.
static void enter(enum phase phase) {
    bool breaks = knobs.wrong != WRONG_NOTHING && knobs.at == phase;
    // A boot that breaks where it would be booted must not look booted, and a silent one shows nothing at all.
    bool first = phase == PHASE_BOOTED || knobs.wrong == WRONG_SILENT;
    if (breaks && first) {
        go_wrong();
    }
    print_marker(phase);
    if (breaks && !first) {
        go_wrong();
    }
}

_Noreturn void kernel_main(uint32_t magic, const struct multiboot_information *information);

_Noreturn void kernel_main(uint32_t magic, const struct multiboot_information *information) {
    console_initialize();
    install_interrupts();
    if (magic != MULTIBOOT_LOADED) {
        panic("not started by a multiboot loader");
    }
    read_command_line(information);
    enter(PHASE_START);
    enter(PHASE_MEMORY);
    memory_phase(information);
    enter(PHASE_TABLES);
    tables_phase();
    enter(PHASE_DECOMPRESS);
    decompress_phase();
    enter(PHASE_DRIVERS);
    drivers_phase();
    enter(PHASE_BOOTED);
    finish();
}

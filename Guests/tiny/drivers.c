// The drivers phase: looks for devices on every bus, with the timer's interrupts on.
#include "tiny.h"

enum { PCI_ADDRESS = 0xcf8, PCI_DATA = 0xcfc, FUNCTIONS_PER_BUS = 256, BUSES = 256 };
enum { CMOS_INDEX = 0x70, CMOS_DATA = 0x71, PIT_CHANNEL_0 = 0x40, PIT_CHANNEL_2 = 0x42, PIT_COMMAND = 0x43 };
// Functions of devices probed without a knob: those of all buses, most of them empty.
enum { PROBED_FUNCTIONS = BUSES * FUNCTIONS_PER_BUS };
enum { RING_ENTRIES = 32 };

struct driver {
    uint16_t vendor, device;
};

// Devices that QEMU's machines have; a real driver would follow each.
static const struct driver drivers[] = {
    {0x8086, 0x1237}, {0x8086, 0x7000}, {0x8086, 0x7010}, {0x8086, 0x7113}, {0x8086, 0x29c0}, {0x8086, 0x2918},
    {0x8086, 0x2922}, {0x8086, 0x2930}, {0x8086, 0x100e}, {0x8086, 0x10d3}, {0x1234, 0x1111}, {0x10ec, 0x8139},
    {0x10ec, 0x8029}, {0x1af4, 0x1000}, {0x1af4, 0x1001}, {0x1013, 0x00b8},
};

static volatile uint32_t ring[RING_ENTRIES];
static uint32_t devices_found, drivers_matched;

static uint32_t read_configuration(uint32_t function, uint32_t offset) {
    write_port32(PCI_ADDRESS, 0x80000000 | function << 8 | offset);
    return read_port32(PCI_DATA);
}

static uint8_t read_cmos(uint32_t index) {
    // Bit 7 would let non-maskable interrupts pass.
    write_port8(CMOS_INDEX, (uint8_t)(0x80 | (index & 0x7f)));
    return read_port8(CMOS_DATA);
}

// Latches and reads the timer's third channel; its settling loop is the one of `turns=probe_clock`.
static uint32_t probe_clock(void) {
    write_port8(PIT_COMMAND, 0x80);
    uint32_t count = read_port8(PIT_CHANNEL_2);
    count |= (uint32_t)read_port8(PIT_CHANNEL_2) << 8;
    for (uint32_t index = 0; index < 64; index++) {
        count = count << 1 ^ read_cmos(index);
    }
    return settle(count, SETTLE_TURNS + knobs.turns[TURNED_DRIVERS]);
}

static bool match_driver(uint32_t identity) {
    for (uint32_t index = 0; index < sizeof(drivers) / sizeof(drivers[0]); index++) {
        if (identity == ((uint32_t)drivers[index].device << 16 | drivers[index].vendor)) {
            return true;
        }
    }
    return false;
}

// Fills a ring of descriptors as a driver does when it asks an empty slot for an answer, and sums it up.
static uint32_t test_ring(uint32_t seed) {
    uint32_t sum = 0;
    for (uint32_t index = 0; index < RING_ENTRIES; index++) {
        ring[index] = seed * 2654435761u + index;
    }
    for (uint32_t index = 0; index < RING_ENTRIES; index++) {
        sum = (sum << 1 | sum >> 31) ^ ring[index];
    }
    return sum;
}

static void probe_function(uint32_t function) {
    uint32_t identity = read_configuration(function, 0);
    uint32_t sum = test_ring(function ^ identity);
    if (identity == 0xffffffff) {
        return;
    }
    devices_found++;
    for (uint32_t offset = 4; offset < 64; offset += 4) {
        sum ^= read_configuration(function, offset);
    }
    ring[0] = sum;
    if (match_driver(identity)) {
        drivers_matched++;
    }
}

// A device that is not ready and is asked again: the longer of two ways that a boot with `detour=` takes.
static uint32_t await_device(uint32_t seed) { return settle(seed, knobs.detour * 1000); }

// Whether this boot takes the longer way: one in two, as a clock has it that no guest sets.
static bool takes_detour(void) {
    write_port8(PIT_COMMAND, 0x00);
    uint32_t count = read_port8(PIT_CHANNEL_0);
    count |= (uint32_t)read_port8(PIT_CHANNEL_0) << 8;
    return (count >> 4 & 1) != 0;
}

static void scan_buses(uint32_t functions) {
    // From the last bus down: the devices are on the first, and what a knob adds should be empty slots like most.
    for (uint32_t index = 0; index < functions; index++) {
        probe_function(PROBED_FUNCTIONS - 1 - index % PROBED_FUNCTIONS);
    }
}

void drivers_phase(void) {
    if (knobs.detour != 0 && takes_detour()) {
        ring[0] = await_device(ring[0]);
    }
    timer_start(knobs.hertz);
    ring[0] = probe_clock();
    scan_buses(with_share(PROBED_FUNCTIONS, PHASE_DRIVERS));
    timer_stop();
    if (drivers_matched > devices_found) {
        panic("more drivers than devices");
    }
}

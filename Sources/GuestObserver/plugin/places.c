/* Which kind of code a block is: told from where it lies, and from what ran before it. */
#include "stacks.h"

#include <string.h>

/* The kind of code that ran last, of the kinds that follow one another in a boot. */
static enum code_class stage = CODE_FIRMWARE;
static bool has_settled;

static const struct range *range_around(const struct range *ranges, unsigned count, uint64_t address)
{
    for (unsigned index = 0; index < count; index++) {
        if (address >= ranges[index].first && address <= ranges[index].last) return &ranges[index];
    }
    return NULL;
}

bool is_kernel(uint64_t address)
{
    return range_around(configuration.followed, configuration.followed_count, address) != NULL;
}

/* Whether the block begins with the decompressor's first instructions. */
static bool is_decompressor(const struct qemu_plugin_tb *block)
{
    uint8_t bytes[OPENING_LIMIT + 16];
    size_t length = 0, wanted = configuration.decompressor_length;
    size_t count = qemu_plugin_tb_n_insns(block);
    for (size_t index = 0; index < count && length < wanted; index++) {
        length += instruction_bytes(qemu_plugin_tb_get_insn(block, index), bytes + length, 16);
    }
    return wanted > 0 && length > 0 && memcmp(bytes, configuration.decompressor, length < wanted ? length : wanted) == 0;
}

/* Where BIOSes load what they boot, and where the ROMs lie that load kernels in their place. */
enum { BOOT_SECTOR = 0x7c00, FIRST_MEBIBYTE = 0x100000, ROMS = 0xc0000 };

/* Code in the kernel's half that is not the kernel's: 32-bit kernels call the BIOS there. */
static bool is_kernel_half(uint64_t address)
{
    bool small = configuration.followed[0].last <= 0xffffffff;
    return address >> 63 || (small && address >= 0xc0000000);
}

static bool is_rom(uint64_t address)
{
    return (address >= ROMS && address < FIRST_MEBIBYTE) || (address >= 0xfff00000 && address <= 0xffffffff);
}

/* What ran until now belongs to what came before the kernel. */
static void settle_now(unsigned processor)
{
    profile_flush(processor);
    has_settled = true;
}

struct place profile_place(const struct qemu_plugin_tb *block)
{
    uint64_t address = qemu_plugin_tb_vaddr(block);
    struct place place = {.class = CODE_KERNEL};
    if (is_kernel(address)) {
        stage = CODE_KERNEL;
        if (!has_settled) settle_now(0);
        return place;
    }
    if (is_rom(address)) {
        place.class = CODE_FIRMWARE;
        return place;
    }
    if (stage != CODE_KERNEL) {
        const struct range *early = range_around(configuration.early, configuration.early_count, address);
        if (early) {
            place.offset = early->offset;
            return place;
        }
        if (is_decompressor(block)) stage = CODE_DECOMPRESSOR;
        /* Real-mode code of a kernel that QEMU loads lies where boot loaders do; SMM's lies at 0x38000. */
        else if (stage == CODE_FIRMWARE && (address == BOOT_SECTOR || (address >= 0x10000 && address < 0x20000))) {
            stage = CODE_LOADER;
        }
        place.class = stage;
        /* From interface 2 on, QEMU uses a translation at every address that the code has. */
        const struct range *alias = range_around(configuration.alias, configuration.alias_count, address);
        if (alias && host.interface > 1) {
            place.class = CODE_EARLY;
            place.offset = alias->offset;
        }
        return place;
    }
    place.image = image_of(block);
    /* What starts further processors, or calls the firmware, lies below 1 MiB. */
    bool is_firmware = address < FIRST_MEBIBYTE || is_kernel_half(address);
    place.class = place.image ? CODE_PROGRAM : is_firmware ? CODE_FIRMWARE : CODE_USER;
    return place;
}

void settle(unsigned processor, uint64_t slot)
{
    if (!has_settled && is_kernel_half(slot)) settle_now(processor);
}

bool kernel_settled(void)
{
    return has_settled;
}

uint64_t settled(uint64_t slot)
{
    if (stage == CODE_KERNEL) return slot;
    const struct range *early = range_around(configuration.early, configuration.early_count, slot);
    return early ? slot + early->offset : slot;
}

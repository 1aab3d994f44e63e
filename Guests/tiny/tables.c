// The tables phase: page tables for the kernel and for the processes that it would run, then paging.
#include "tiny.h"

// Address spaces are built one after the other; the first is the kernel's own and stays in use.
enum { MAPPED_BYTES = 0x1000000, PAGE_BYTES = 4096, ENTRIES = 1024, PAGES = MAPPED_BYTES / PAGE_BYTES };
enum { SPACE_BYTES = (1 + PAGES / ENTRIES) * PAGE_BYTES, SPACES = 160 };
// Pages mapped without a knob.
enum { MAPPED_PAGES = PAGES * SPACES };
enum { PRESENT = 1 << 0, WRITABLE = 1 << 1, USER = 1 << 2, ACCESSED = 1 << 5, DIRTY = 1 << 6 };

struct address_space {
    uint32_t *directory;
    // Where its next table comes from.
    uint32_t next_table;
};

static void clear_page(uint32_t *page) {
    for (uint32_t index = 0; index < ENTRIES; index++) {
        page[index] = 0;
    }
}

static uint32_t *allocate_table(struct address_space *space) {
    // Not cleared: each of its entries is about to be written.
    uint32_t *table = (uint32_t *)space->next_table;
    space->next_table += PAGE_BYTES;
    return table;
}

// The table that maps `address`, made where there is none yet.
static uint32_t *table_for(struct address_space *space, uint32_t address) {
    uint32_t *slot = &space->directory[address >> 22];
    if (!(*slot & PRESENT)) {
        *slot = (uint32_t)allocate_table(space) | PRESENT | WRITABLE | USER;
    }
    return (uint32_t *)(*slot & -PAGE_BYTES);
}

static uint32_t page_entry(uint32_t frame, bool for_kernel) {
    // Marked as used and written beforehand, which saves the processor from doing it.
    uint32_t entry = frame | PRESENT | WRITABLE | ACCESSED | DIRTY;
    return for_kernel ? entry : entry | USER;
}

static void map_page(struct address_space *space, uint32_t address, uint32_t frame, bool for_kernel) {
    table_for(space, address)[address >> 12 & (ENTRIES - 1)] = page_entry(frame, for_kernel);
}

static struct address_space begin_space(uint32_t number) {
    uint32_t base = TABLES_BASE + number * SPACE_BYTES;
    struct address_space space = {(uint32_t *)base, base + PAGE_BYTES};
    clear_page(space.directory);
    return space;
}

// The physical address behind `address`, or all ones where nothing is mapped: the walk that the processor does.
static uint32_t translate(const uint32_t *directory, uint32_t address) {
    uint32_t entry = directory[address >> 22];
    if (!(entry & PRESENT)) {
        return 0xffffffff;
    }
    entry = ((const uint32_t *)(entry & -PAGE_BYTES))[address >> 12 & (ENTRIES - 1)];
    return entry & PRESENT ? (entry & -PAGE_BYTES) | (address & (PAGE_BYTES - 1)) : 0xffffffff;
}

static void map_pages(struct address_space *space, uint32_t pages, bool for_kernel) {
    for (uint32_t page = 0; page < pages; page++) {
        map_page(space, page * PAGE_BYTES, page * PAGE_BYTES, for_kernel);
    }
    uint32_t last = (pages - 1) * PAGE_BYTES;
    if (translate(space->directory, last) != last) {
        panic("a page table leads elsewhere");
    }
}

static void build_tables(uint32_t pages) {
    uint32_t number = 0;
    struct address_space space;
    for (; pages >= PAGES; pages -= PAGES) {
        space = begin_space(number);
        map_pages(&space, PAGES, number == 0);
        // What a knob adds is built over the processes' tables, never over the kernel's.
        number = number + 1 < SPACES ? number + 1 : 1;
    }
    // A remainder is mapped again in the last space: one more would cost more than its pages.
    if (pages > 0) {
        map_pages(&space, pages, false);
    }
}

// Switches paging on; its settling loop is the one of `turns=load_tables`.
static void load_tables(void) {
    settle(TABLES_BASE, SETTLE_TURNS + knobs.turns[TURNED_TABLES]);
    __asm__ volatile(
        "movl %0, %%cr3\n\t"
        "movl %%cr0, %%eax\n\t"
        "orl $0x80000000, %%eax\n\t"
        "movl %%eax, %%cr0\n\t"
        "jmp 1f\n"
        "1:"
        : : "r"(TABLES_BASE) : "eax", "memory");
}

void tables_phase(void) {
    build_tables(with_share(MAPPED_PAGES, PHASE_TABLES));
    load_tables();
}

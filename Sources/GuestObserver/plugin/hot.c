/*
 * Which blocks ran how often, and which pages were read and written how often.
 *
 * Blocks are told apart by their first address and their length, pages by their virtual address, so what different
 * address spaces have at one address is one entry. Both tables are bounded: what finds no room is summed up.
 */
#include "plugin.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

enum { ENTRY_LIMIT = 1 << 19, SLOTS = ENTRY_LIMIT * 2, PAGE_SHIFT = 12 };

struct entry {
    uint64_t key;        /* the address */
    uint64_t first;      /* executions, or reads */
    uint64_t second;     /* writes */
    uint32_t length;     /* instructions; 0 for an entry that is free */
    uint32_t is_device;
};

struct table {
    const char *path;
    struct entry *entries;
    uint32_t count;
    uint64_t others_first, others_second;
};

static struct table blocks, pages;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static bool written;

static bool begin(struct table *table, const char *path)
{
    if (path[0] == '\0') return true;
    table->entries = mmap(
        NULL, SLOTS * sizeof(struct entry), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (table->entries == MAP_FAILED) {
        complain("no memory for %s: %s", path, strerror(errno));
        table->entries = NULL;
        return false;
    }
    table->path = path;
    return true;
}

bool hot_begin(void)
{
    return begin(&blocks, configuration.hot_blocks) && begin(&pages, configuration.hot_pages);
}

/* The entry of a key and a length; null where there is no room for another. */
static struct entry *entry_of(struct table *table, uint64_t key, uint32_t length)
{
    uint64_t slot = (key + length) * 0x9e3779b97f4a7c15u >> 44;
    for (;; slot = (slot + 1) % SLOTS) {
        struct entry *entry = &table->entries[slot];
        if (entry->length == 0) {
            if (table->count == ENTRY_LIMIT) return NULL;
            table->count++;
            entry->key = key;
            entry->length = length;
            return entry;
        }
        if (entry->key == key && entry->length == length) return entry;
    }
}

static bool is_over(void)
{
    return channel->state == CHANNEL_FROZEN || written;
}

static void ran(unsigned processor, void *data)
{
    (void)processor;
    struct entry *entry = data;
    if (!is_over()) __atomic_fetch_add(&entry->first, 1, __ATOMIC_RELAXED);
}

static void ran_without_room(unsigned processor, void *data)
{
    (void)processor;
    if (!is_over()) __atomic_fetch_add(&blocks.others_first, (uint64_t)(uintptr_t)data, __ATOMIC_RELAXED);
}

static void accessed(unsigned processor, qemu_plugin_meminfo_t info, uint64_t address, void *ignored)
{
    (void)processor;
    (void)ignored;
    if (is_over()) return;
    bool is_store = qemu_plugin_mem_is_store(info);
    pthread_mutex_lock(&lock);
    struct entry *entry = entry_of(&pages, address >> PAGE_SHIFT << PAGE_SHIFT, 1);
    if (!entry) {
        *(is_store ? &pages.others_second : &pages.others_first) += 1;
    } else {
        if (entry->first + entry->second == 0) {
            struct qemu_plugin_hwaddr *place = qemu_plugin_get_hwaddr(info, address);
            entry->is_device = place && qemu_plugin_hwaddr_is_io(place);
        }
        *(is_store ? &entry->second : &entry->first) += 1;
    }
    pthread_mutex_unlock(&lock);
}

void hot_instrument(struct qemu_plugin_tb *block)
{
    size_t length = qemu_plugin_tb_n_insns(block);
    if (blocks.entries) {
        pthread_mutex_lock(&lock);
        struct entry *entry = entry_of(&blocks, qemu_plugin_tb_vaddr(block), (uint32_t)length);
        pthread_mutex_unlock(&lock);
        qemu_plugin_register_vcpu_tb_exec_cb(
            block, entry ? ran : ran_without_room, QEMU_PLUGIN_CB_NO_REGS, entry ? (void *)entry : (void *)length);
    }
    for (size_t index = 0; pages.entries && index < length; index++) {
        qemu_plugin_register_vcpu_mem_cb(
            qemu_plugin_tb_get_insn(block, index), accessed, QEMU_PLUGIN_CB_NO_REGS, QEMU_PLUGIN_MEM_RW, NULL);
    }
}

/* A line "address length first second device" for each entry that counted something, then "others first second". */
static void write_table(const struct table *table)
{
    if (!table->entries) return;
    FILE *file = fopen(table->path, "we");
    if (!file) {
        complain("cannot write %s: %s", table->path, strerror(errno));
        return;
    }
    for (size_t slot = 0; slot < SLOTS; slot++) {
        const struct entry *entry = &table->entries[slot];
        if (entry->first + entry->second == 0) continue;
        fprintf(file, "%" PRIx64 " %u %" PRIu64 " %" PRIu64 " %u\n", entry->key, entry->length, entry->first,
            entry->second, entry->is_device);
    }
    fprintf(file, "others %" PRIu64 " %" PRIu64 "\n", table->others_first, table->others_second);
    if (fclose(file) != 0) complain("cannot write %s: %s", table->path, strerror(errno));
}

void hot_end(void)
{
    if (written) return;
    pthread_mutex_lock(&lock);
    if (!written) {
        written = true;
        write_table(&blocks);
        write_table(&pages);
    }
    pthread_mutex_unlock(&lock);
}

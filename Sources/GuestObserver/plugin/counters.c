/* Counts of instructions and blocks, live in a file that others may read. */
#include "plugin.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct channel *channel;

/*
 * Where the interface keeps counters in memory of its own (2 and later), every so many blocks they are
 * carried over into the channel. Its cost is not measurable at this size; 4,096 blocks are about 20,000
 * instructions.
 */
enum { PENDING_BLOCKS = 4096 };

static struct qemu_plugin_scoreboard *pending;

enum counting { INLINE_INTO_CHANNEL, INLINE_INTO_SCOREBOARD, BY_CALLBACK };
static enum counting counting;

/* What a block adds, where counting is by callback. */
struct increment {
    uint32_t class;
    uint32_t length;
};

void *map_file(const char *path, size_t size)
{
    int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0 || ftruncate(file, (off_t)size) < 0) {
        complain("cannot open %s: %s", path, strerror(errno));
        if (file >= 0) close(file);
        return NULL;
    }
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    if (memory == MAP_FAILED) {
        complain("cannot map %s: %s", path, strerror(errno));
        return NULL;
    }
    return memory;
}

bool counters_begin(const char *path)
{
    channel = map_file(path, sizeof(struct channel));
    if (!channel) return false;
    if (host.interface == 1) {
        /* Interface 1 adds to one address for all processors, without a lock: exact for one only. */
        counting = host.most_vcpus == 1 ? INLINE_INTO_CHANNEL : BY_CALLBACK;
    } else if (qemu_plugin_register_vcpu_tb_exec_cond_cb) {
        counting = INLINE_INTO_SCOREBOARD;
        pending = qemu_plugin_scoreboard_new(sizeof(struct channel_processor));
    } else {
        counting = BY_CALLBACK;
    }
    channel->version = CHANNEL_VERSION;
    channel->interface = (uint32_t)host.interface;
    channel->processors = host.vcpus;
    channel->granularity = counting == INLINE_INTO_SCOREBOARD ? PENDING_BLOCKS : 0;
    channel->state = CHANNEL_COUNTING;
    atomic_thread_fence(memory_order_release);
    channel->magic = CHANNEL_MAGIC;
    return true;
}

static void carry_over(unsigned processor, void *ignored)
{
    (void)ignored;
    if (processor >= CHANNEL_PROCESSORS) return;
    struct channel_processor *from = qemu_plugin_scoreboard_find(pending, processor);
    struct channel_processor *into = &channel->slots[processor];
    for (int class = 0; class < CODE_CLASSES; class++) {
        into->instructions[class] += from->instructions[class];
    }
    into->blocks += from->blocks;
    memset(from, 0, sizeof *from);
}

static void count_block(unsigned processor, void *data)
{
    if (processor >= CHANNEL_PROCESSORS) return;
    const struct increment *increment = (const struct increment *)&data;
    channel->slots[processor].instructions[increment->class] += increment->length;
    channel->slots[processor].blocks += 1;
}

static qemu_plugin_u64 pending_at(size_t offset)
{
    return (qemu_plugin_u64){.score = pending, .offset = offset};
}

void counters_instrument(struct qemu_plugin_tb *block, enum code_class class, uint64_t length)
{
    struct channel_processor *first = &channel->slots[0];
    size_t class_offset = offsetof(struct channel_processor, instructions) + class * sizeof(uint64_t);
    size_t blocks_offset = offsetof(struct channel_processor, blocks);

    switch (counting) {
    case INLINE_INTO_CHANNEL:
        qemu_plugin_register_vcpu_tb_exec_inline(
            block, QEMU_PLUGIN_INLINE_ADD_U64, &first->instructions[class], length);
        if (!configuration.without_blocks) {
            qemu_plugin_register_vcpu_tb_exec_inline(block, QEMU_PLUGIN_INLINE_ADD_U64, &first->blocks, 1);
        }
        break;
    case INLINE_INTO_SCOREBOARD:
        qemu_plugin_register_vcpu_tb_exec_cond_cb(
            block, carry_over, QEMU_PLUGIN_CB_NO_REGS, QEMU_PLUGIN_COND_GE, pending_at(blocks_offset),
            PENDING_BLOCKS, NULL);
        qemu_plugin_register_vcpu_tb_exec_inline_per_vcpu(
            block, QEMU_PLUGIN_INLINE_ADD_U64, pending_at(class_offset), length);
        qemu_plugin_register_vcpu_tb_exec_inline_per_vcpu(
            block, QEMU_PLUGIN_INLINE_ADD_U64, pending_at(blocks_offset), 1);
        break;
    case BY_CALLBACK: {
        /* The increment travels inside the pointer, so that translations need no memory of ours. */
        _Static_assert(sizeof(struct increment) == sizeof(void *), "an increment fits a pointer");
        struct increment increment = {.class = class, .length = (uint32_t)length};
        void *data;
        memcpy(&data, &increment, sizeof data);
        qemu_plugin_register_vcpu_tb_exec_cb(block, count_block, QEMU_PLUGIN_CB_NO_REGS, data);
        break;
    }
    }
}

struct channel_processor *counters_now(unsigned processor)
{
    if (processor >= CHANNEL_PROCESSORS) processor = CHANNEL_PROCESSORS - 1;
    if (counting == INLINE_INTO_SCOREBOARD) carry_over(processor, NULL);
    return &channel->slots[processor];
}

void counters_sum(unsigned processor, uint64_t *instructions, uint64_t *blocks)
{
    counters_now(processor);
    *instructions = 0;
    *blocks = 0;
    for (unsigned slot = 0; slot < CHANNEL_PROCESSORS; slot++) {
        if (slot >= host.vcpus && channel->slots[slot].blocks == 0) break;
        for (int class = 0; class < CODE_CLASSES; class++) {
            *instructions += channel->slots[slot].instructions[class];
        }
        *blocks += channel->slots[slot].blocks;
    }
}

void counters_end(void)
{
    if (counting == INLINE_INTO_SCOREBOARD) {
        for (unsigned processor = 0; processor < host.vcpus; processor++) carry_over(processor, NULL);
    }
    if (channel->state != CHANNEL_FROZEN) channel->state = CHANNEL_ENDED;
}

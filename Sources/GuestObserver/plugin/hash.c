/*
 * A rolling hash over the executed blocks, in order: two boots whose hashes agree did the same, and the
 * first checkpoint at which they differ says where they parted.
 */
#include "plugin.h"

#include <stdatomic.h>
#include <string.h>

uint64_t hash_now;

enum { IDENTITY_BITS = 16 };

static struct checkpoint *checkpoints;
static uint64_t hashed_blocks, next_checkpoint;

static uint64_t mix(uint64_t value)
{
    value ^= value >> 33;
    value *= 0xff51afd7ed558ccdu;
    value ^= value >> 33;
    value *= 0xc4ceb9fe1a85ec53u;
    return value ^ value >> 33;
}

bool hash_begin(void)
{
    if (configuration.hashes[0] == '\0') return true;
    if (host.vcpus != 1) {
        complain("a hash of the blocks needs one processor: with several, their order is chance");
        return false;
    }
    if (configuration.hash_interval == 0) configuration.hash_interval = 4000000;
    next_checkpoint = configuration.hash_interval;
    checkpoints = map_file(configuration.hashes, CHECKPOINT_LIMIT * sizeof(struct checkpoint));
    return checkpoints != NULL;
}

/* Keeps every second checkpoint. Meanwhile there are none, as QEMU may be killed at any moment. */
static void thin_out(void)
{
    channel->checkpoints = 0;
    atomic_thread_fence(memory_order_release);
    for (size_t index = 0; index < CHECKPOINT_LIMIT / 2; index++) checkpoints[index] = checkpoints[2 * index + 1];
    atomic_thread_fence(memory_order_release);
    channel->checkpoints = CHECKPOINT_LIMIT / 2;
    configuration.hash_interval *= 2;
}

static void checkpoint(uint64_t address)
{
    if (channel->checkpoints == CHECKPOINT_LIMIT) thin_out();
    /* The one that made the file full was the last with the interval before. */
    next_checkpoint = hashed_blocks - hashed_blocks % configuration.hash_interval + configuration.hash_interval;
    if (hashed_blocks % configuration.hash_interval != 0) return;
    uint64_t instructions, blocks;
    counters_sum(0, &instructions, &blocks);
    checkpoints[channel->checkpoints] = (struct checkpoint){
        .blocks = hashed_blocks, .instructions = instructions, .hash = hash_now, .address = address};
    atomic_thread_fence(memory_order_release);
    channel->checkpoints++;
}

static void executed(unsigned processor, void *data)
{
    (void)processor;
    uint64_t block;
    memcpy(&block, &data, sizeof block);
    hash_now = (hash_now << 5 | hash_now >> 59) * 0x9e3779b97f4a7c15u + block;
    if (++hashed_blocks == next_checkpoint) checkpoint((uint64_t)((int64_t)block >> IDENTITY_BITS));
}

/* Where the block lies, in the bits that x86-64 has for addresses, and below them what tells its length and its
   code: a block that was patched is another block. */
static uint64_t identity(struct qemu_plugin_tb *block)
{
    size_t length = qemu_plugin_tb_n_insns(block);
    uint64_t value = length;
    for (size_t position = 0; position < length; position++) {
        uint64_t words[2] = {0, 0};
        size_t size = instruction_bytes(
            qemu_plugin_tb_get_insn(block, position), (uint8_t *)words, sizeof words);
        value = mix(value ^ words[0]) + words[1] + size;
    }
    return qemu_plugin_tb_vaddr(block) << IDENTITY_BITS | mix(value) >> (64 - IDENTITY_BITS);
}

void hash_instrument(struct qemu_plugin_tb *block)
{
    if (!checkpoints) return;
    /* The identity travels inside the pointer. */
    _Static_assert(sizeof(uint64_t) == sizeof(void *), "the plugin needs a 64-bit host");
    uint64_t value = identity(block);
    void *data;
    memcpy(&data, &value, sizeof data);
    qemu_plugin_register_vcpu_tb_exec_cb(block, executed, QEMU_PLUGIN_CB_NO_REGS, data);
}

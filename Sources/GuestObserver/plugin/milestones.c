/* Moments of the boot that the guest itself defines, so that the counts at them repeat exactly. */
#include "plugin.h"

#include <stdatomic.h>

void milestone_reached(unsigned index, unsigned processor, const struct moment *moment)
{
    struct channel_milestone *milestone = &channel->milestones[index];
    if (milestone->reached) return;
    milestone->instructions = moment->instructions;
    milestone->blocks = moment->blocks;
    milestone->serial_bytes = moment->serial_bytes;
    milestone->hash = hash_now;
    bool final = (int)index == configuration.final;
    /* The profile is on the disk before anyone can see that the boot is over and kill QEMU. */
    profile_milestone(processor, index, moment, final);
    if (final) hot_end();
    atomic_thread_fence(memory_order_release);
    milestone->reached = 1;
    if (final) {
        channel->frozen_by = index;
        channel->state = CHANNEL_FROZEN;
    }
}

/* Which milestone, and how many instructions of the block had not run yet: they are counted already. */
struct address_reached {
    uint32_t index;
    uint32_t remaining;
};

static void at_address(unsigned processor, void *data)
{
    const struct address_reached *reached = (const struct address_reached *)&data;
    if (channel->milestones[reached->index].reached) return;
    struct moment moment = {
        .remaining = reached->remaining, .address = configuration.milestones[reached->index].number};
    counters_sum(processor, &moment.instructions, &moment.blocks);
    moment.instructions -= moment.remaining;
    milestone_reached(reached->index, processor, &moment);
}

static void watch(struct qemu_plugin_tb *block, size_t position, size_t length, uint32_t index)
{
    union {
        struct address_reached reached;
        void *data;
    } packed = {.reached = {.index = index, .remaining = (uint32_t)(length - position)}};
    qemu_plugin_register_vcpu_insn_exec_cb(
        qemu_plugin_tb_get_insn(block, position), at_address, QEMU_PLUGIN_CB_NO_REGS, packed.data);
}

/* Whether an instruction is the one that is linked at `wanted`: before there are page tables it lies elsewhere, and
   from interface 2 on QEMU uses a translation at every address that the code has. */
static bool is_linked_at(uint64_t address, uint64_t wanted)
{
    if (address == wanted) return true;
    for (unsigned index = 0; index < configuration.early_count; index++) {
        const struct range *range = &configuration.early[index];
        if (address >= range->first && address <= range->last && address + range->offset == wanted) return true;
    }
    for (unsigned index = 0; index < configuration.alias_count; index++) {
        const struct range *range = &configuration.alias[index];
        if (address >= range->first && address <= range->last && address + range->offset == wanted) return true;
    }
    return false;
}

void milestones_instrument(struct qemu_plugin_tb *block)
{
    for (unsigned index = 0; index < configuration.milestone_count; index++) {
        const struct milestone *milestone = &configuration.milestones[index];
        if (milestone->trigger != BY_ADDRESS) continue;
        size_t length = qemu_plugin_tb_n_insns(block);
        for (size_t position = 0; position < length; position++) {
            if (is_linked_at(qemu_plugin_insn_vaddr(qemu_plugin_tb_get_insn(block, position)), milestone->number)) {
                watch(block, position, length, index);
            }
        }
    }
}

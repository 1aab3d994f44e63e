/* The profile of call stacks: which instructions tell of calls and returns, and what becomes of that. */
#include "stacks.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SITE_LIMIT = 1 << 21, RESUME_LIMIT = 1 << 10 };

/* A call or return instruction. */
struct site {
    uint64_t address;
    unsigned image;     /* the program that it is part of; 0 for the kernel */
    bool early;         /* translated before the kernel ran where it was linked */
    uint32_t function;  /* that a direct call leads to; FUNCTION_UNKNOWN for others */
    uint32_t caller;    /* that the instruction itself is part of */
    uint64_t executed;  /* counted in line, ahead of its memory access */
    uint64_t seen;      /* how much of that its callback has seen */
};

static bool profiling, frozen;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* Sites by address: open addressing, at most half full. They outlive translations, which come and go. */
static struct site **sites;
static uint32_t site_count;

static FILE *chains;

/* Direct calls in translated code of the kernel, and how many of them lead to a symbol: of the right kernel's
   symbols nearly all do. */
static uint64_t calls_seen, calls_named;

/* The addresses behind IRETs: who gets there has not gone anywhere. */
static uint64_t behind_resume[RESUME_LIMIT];

bool profile_begin(void)
{
    if (configuration.profile[0] == '\0') return true;
    if (!host.x86) {
        complain("call stacks are followed on x86 only");
        return false;
    }
    if (configuration.followed_count == 0) {
        complain("nothing says which code's calls are to be followed");
        return false;
    }
    if (configuration.symbols[0] != '\0' && !symbols_read(configuration.symbols)) return false;
    if (configuration.chains[0] != '\0' && !(chains = fopen(configuration.chains, "we"))) {
        complain("cannot write the chains %s", configuration.chains);
        return false;
    }
    sites = calloc(SITE_LIMIT * 2, sizeof *sites);
    profiling = sites && threads_begin();
    if (!profiling) complain("there is no memory for the profile");
    return profiling;
}

/* ---- Callbacks. Only several processors need the lock. ---- */

static bool enter(void)
{
    if (frozen) return false;
    if (host.most_vcpus > 1) pthread_mutex_lock(&lock);
    return true;
}

static void leave(void)
{
    if (host.most_vcpus > 1) pthread_mutex_unlock(&lock);
}

void profile_flush(unsigned processor)
{
    if (!profiling || !enter()) return;
    threads_flush(processor);
    leave();
}

static void entered(unsigned processor, void *data)
{
    if (!enter()) return;
    uintptr_t packed = (uintptr_t)data;
    thread_entered(processor, (uint32_t)(packed >> 8), (enum symbol_kind)(packed & 0xff));
    leave();
}

/* A translation from before the kernel ran where it was linked names a function only once it does. */
static void entered_early(unsigned processor, void *data)
{
    if (kernel_settled()) entered(processor, data);
}

static void entered_by_user(unsigned processor, void *data)
{
    if (!enter()) return;
    uintptr_t packed = (uintptr_t)data;
    user_entered(processor, packed & 0xff, (uint32_t)(packed >> 16), (enum symbol_kind)(packed >> 8 & 0xff));
    leave();
}

static void resumed(unsigned processor, void *ignored)
{
    (void)ignored;
    if (!enter()) return;
    thread_resumes(processor);
    leave();
}

static void not_resumed(unsigned processor, void *ignored)
{
    (void)ignored;
    if (!enter()) return;
    thread_did_not_resume(processor);
    leave();
}

static void left_system_call(unsigned processor, void *ignored)
{
    (void)ignored;
    if (!enter()) return;
    thread_left_system_call(processor);
    leave();
}

static void write_chain(unsigned processor, void *data)
{
    if (!enter()) return;
    fprintf(chains, "%" PRIx64 " ", configuration.chain_at[(uintptr_t)data]);
    thread_write_chain(processor, chains);
    fflush(chains);
    leave();
}

/* On QEMU 7 an instruction's callback stays in force behind it, for accesses of later helpers. */
static bool is_stale(struct site *site)
{
    if (host.interface != 1) return false;
    if (site->executed == site->seen) return true;
    site->seen = site->executed;
    return false;
}

/* Whether it runs before the kernel does where it was linked; where the stack lies tells that. */
static bool is_too_early(unsigned processor, const struct site *site, uint64_t slot)
{
    if (!site->early) return false;
    settle(processor, slot);
    return !kernel_settled();
}

static void called(unsigned processor, qemu_plugin_meminfo_t access, uint64_t address, void *data)
{
    struct site *site = data;
    /* An indirect call loads its target before it stores; QEMU 7 does not filter reliably. */
    if (!qemu_plugin_mem_is_store(access) || is_stale(site)) return;
    if (is_too_early(processor, site, address) || !enter()) return;
    if (site->image) user_called(processor, site->image, address, site->function, site->caller);
    else thread_called(processor, settled(address), site->function, site->caller);
    leave();
}

static void returned(unsigned processor, qemu_plugin_meminfo_t access, uint64_t address, void *data)
{
    struct site *site = data;
    if (qemu_plugin_mem_is_store(access) || is_stale(site)) return;
    if (is_too_early(processor, site, address) || !enter()) return;
    if (site->image) user_returned(processor, site->image, address, site->caller);
    else thread_returned(processor, settled(address), site->caller);
    leave();
}

/*
 * The same, of the kernel's code where it was linked and with one processor: nearly all events of a boot, in which
 * nothing has to be asked, so that they cost half as much.
 */
#define STRAIGHT __attribute__((flatten))

STRAIGHT static void entered_alone(unsigned processor, void *data)
{
    (void)processor;
    if (frozen) return;
    uintptr_t packed = (uintptr_t)data;
    thread_entered(0, (uint32_t)(packed >> 8), SYMBOL_FUNCTION);
}

STRAIGHT static void called_alone(
    unsigned processor, qemu_plugin_meminfo_t access, uint64_t address, void *data)
{
    (void)processor;
    struct site *site = data;
    if (!qemu_plugin_mem_is_store(access) || is_stale(site) || frozen) return;
    thread_called(0, address, site->function, site->caller);
}

STRAIGHT static void returned_alone(
    unsigned processor, qemu_plugin_meminfo_t access, uint64_t address, void *data)
{
    (void)processor;
    struct site *site = data;
    if (qemu_plugin_mem_is_store(access) || is_stale(site) || frozen) return;
    thread_returned(0, address, site->caller);
}

static bool is_alone(const struct place *place)
{
    return host.most_vcpus == 1 && place->class == CODE_KERNEL && place->image == 0 && place->offset == 0;
}

/* ---- Instructions. ---- */

static struct site *site_at(unsigned image, uint64_t address)
{
    uint32_t mask = SITE_LIMIT * 2 - 1;
    uint32_t at = (uint32_t)((address ^ (uint64_t)image << 56) * 0x9e3779b97f4a7c15u >> 40) & mask;
    while (sites[at] && (sites[at]->address != address || sites[at]->image != image)) at = (at + 1) & mask;
    if (!sites[at] && site_count < SITE_LIMIT) {
        sites[at] = calloc(1, sizeof(struct site));
        if (sites[at]) {
            sites[at]->address = address;
            sites[at]->image = image;
            site_count++;
        }
    }
    return sites[at];
}

static uint64_t *behind(uint64_t address)
{
    return &behind_resume[(address * 0x9e3779b97f4a7c15u) >> 54];
}

static bool is_followed(const struct place *place)
{
    return profiling
        && (place->class == CODE_KERNEL || place->class == CODE_PROGRAM || place->class == CODE_EARLY);
}

static void instrument_program_start(struct qemu_plugin_tb *block, unsigned image)
{
    uint32_t function;
    const struct symbol *symbol = symbol_at(image, qemu_plugin_tb_vaddr(block), &function);
    if (!symbol) return;
    void *data = (void *)((uintptr_t)function << 16 | (uintptr_t)symbol->kind << 8 | image);
    qemu_plugin_register_vcpu_tb_exec_cb(block, entered_by_user, register_flags(), data);
}

void profile_instrument_start(struct qemu_plugin_tb *block, const struct place *place)
{
    if (!is_followed(place)) return;
    if (place->image) {
        instrument_program_start(block, place->image);
        return;
    }
    uint64_t address = qemu_plugin_tb_vaddr(block) + place->offset;
    uint32_t function;
    const struct symbol *symbol = table_around(address, &function);
    if (!symbol) symbol = symbol_at(0, address, &function);
    if (symbol && symbol->kind != SYMBOL_CONTINUATION) {
        uint8_t kind = symbol->kind == SYMBOL_MOVING ? SYMBOL_FUNCTION : symbol->kind;
        void *data = (void *)((uintptr_t)function << 8 | kind);
        /* What enters the kernel has the address space that is left in its registers. */
        qemu_plugin_vcpu_udata_cb_t callback = place->class == CODE_EARLY ? entered_early
            : is_alone(place) && kind == SYMBOL_FUNCTION                  ? entered_alone
                                                                          : entered;
        qemu_plugin_register_vcpu_tb_exec_cb(
            block, callback, kind == SYMBOL_FUNCTION ? QEMU_PLUGIN_CB_NO_REGS : register_flags(), data);
    }
    for (unsigned index = 0; chains && index < configuration.chain_count; index++) {
        if (configuration.chain_at[index] != address) continue;
        void *data = (void *)(uintptr_t)index;
        qemu_plugin_register_vcpu_tb_exec_cb(block, write_chain, QEMU_PLUGIN_CB_NO_REGS, data);
    }
    if (*behind(address) == address) {
        qemu_plugin_register_vcpu_tb_exec_cb(block, not_resumed, QEMU_PLUGIN_CB_NO_REGS, NULL);
    }
}

static void instrument_memory(
    struct qemu_plugin_insn *instruction, const struct place *place, uint32_t function,
    qemu_plugin_vcpu_mem_cb_t callback)
{
    uint64_t address = qemu_plugin_insn_vaddr(instruction) + place->offset;
    struct site *site = site_at(place->image, address);
    if (!site) return;
    site->early = place->class == CODE_EARLY;
    site->function = function;
    site->caller = function_around(place->image, address);
    if (host.interface == 1) {
        qemu_plugin_register_vcpu_insn_exec_inline(
            instruction, QEMU_PLUGIN_INLINE_ADD_U64, &site->executed, 1);
    }
    if (is_alone(place)) callback = callback == called ? called_alone : returned_alone;
    qemu_plugin_register_vcpu_mem_cb(
        instruction, callback, place->image ? register_flags() : QEMU_PLUGIN_CB_NO_REGS, QEMU_PLUGIN_MEM_RW, site);
}

void profile_instrument_events(struct qemu_plugin_tb *block, const struct place *place)
{
    if (!is_followed(place)) return;
    /* Calls and returns end a block. */
    struct qemu_plugin_insn *last = qemu_plugin_tb_get_insn(block, qemu_plugin_tb_n_insns(block) - 1);
    uint8_t bytes[16];
    size_t size = instruction_bytes(last, bytes, sizeof bytes);
    uint64_t next = qemu_plugin_insn_vaddr(last) + place->offset + qemu_plugin_insn_size(last);
    int32_t distance = 0;
    switch (transfer_of(bytes, size, &distance)) {
    case NO_TRANSFER:
        break;
    case DIRECT_CALL: {
        uint64_t target = next + (uint64_t)(int64_t)distance;
        if (!host.x86_64) target &= 0xffffffff;
        if (!place->image) {
            calls_seen++;
            calls_named += symbol_at(0, target, NULL) != NULL;
        }
        instrument_memory(last, place, function_at(place->image, target), called);
        break;
    }
    case INDIRECT_CALL:
        instrument_memory(last, place, FUNCTION_UNKNOWN, called);
        break;
    case RETURN:
        instrument_memory(last, place, FUNCTION_UNKNOWN, returned);
        break;
    case INTERRUPT_RETURN:
        if (place->image) break;
        *behind(next) = next;
        qemu_plugin_register_vcpu_insn_exec_cb(last, resumed, QEMU_PLUGIN_CB_NO_REGS, NULL);
        break;
    case SYSTEM_RETURN:
        if (place->image) break;
        qemu_plugin_register_vcpu_insn_exec_cb(last, left_system_call, QEMU_PLUGIN_CB_NO_REGS, NULL);
        break;
    }
}

/* ---- Writing. ---- */

static void publish(void)
{
    channel->contexts = contexts_count();
    channel->context_overflow = context_overflow;
    channel->frames_too_deep = frames_too_deep;
    channel->symbols_entered = symbols_entered_count();
    channel->calls_seen = calls_seen;
    channel->calls_named = calls_named;
}

/* Writes the stacks since the last part. */
static void write_part(unsigned index)
{
    char path[PATH_LIMIT + 16];
    snprintf(path, sizeof path, "%s.%u", configuration.profile, index);
    contexts_write(path, true);
}

void profile_milestone(unsigned processor, unsigned index, const struct moment *moment, bool final)
{
    if (!profiling || !enter()) return;
    threads_flush(processor);
    if (is_kernel(moment->address)) threads_give_back(processor, moment->remaining);
    write_part(index);
    if (final) {
        contexts_write(configuration.profile, false);
        frozen = true;
    }
    publish();
    leave();
}

void profile_end(void)
{
    if (!profiling || !enter()) return;
    spaces_ended = true;
    for (unsigned processor = 0; processor < host.vcpus; processor++) threads_flush(processor);
    write_part(configuration.milestone_count);
    contexts_write(configuration.profile, false);
    publish();
    leave();
}

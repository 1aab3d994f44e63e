/*
 * Which of the kernel's functions runs on whose behalf, told from the stack pointer alone.
 *
 * A thread is known by the region that its stack lies in: a return to a slot of another region is a context
 * switch. Interrupts push a frame of their own; their stacks nest in the interrupted thread's.
 */
#include "stacks.h"

#include <stdlib.h>
#include <string.h>

enum { THREAD_LIMIT = 1 << 16, PROCESSOR_LIMIT = CHANNEL_PROCESSORS };

/* A stack that is not aligned to its size goes on in the next region: no frame is larger than that. */
enum { LARGEST_FRAME = 2048 };

struct processor {
    struct thread *thread;
    uint64_t seen[CODE_CLASSES];
    uint64_t seen_others; /* of all classes but the kernel's */
    bool user_ran;      /* since the last entry into the kernel */
    bool resuming;      /* an IRET was executed, and nothing since */
    uint32_t entered;   /* the function that the last event entered without a call */
};

static struct processor processors[PROCESSOR_LIMIT];

/* Who owns a region: open addressing, at most half full. */
static struct owned {
    uint64_t region; /* 0 for none */
    struct thread *thread;
} owned[THREAD_LIMIT * 2];
static uint32_t owned_count;

/* Regions in which interrupts run, whoever was interrupted. */
enum { INTERRUPT_REGIONS = 1 << 10 };
static uint64_t interrupt_regions[INTERRUPT_REGIONS];
static uint32_t interrupt_region_count;

/* Stacks begin at multiples of a power of two, so no event needs to divide. */
static unsigned region_shift;

static uint64_t region_of(uint64_t slot)
{
    /* One more, so that no region is 0. */
    return configuration.stack_size ? (slot >> region_shift) + 1 : 1;
}

static bool share_region(uint64_t slot, uint64_t other)
{
    return configuration.stack_size == 0 || (slot ^ other) >> region_shift == 0;
}

static struct owned *place(uint64_t region)
{
    uint32_t mask = THREAD_LIMIT * 2 - 1;
    uint32_t at = (uint32_t)(region * 0x9e3779b97f4a7c15u >> 40) & mask;
    while (owned[at].region != 0 && owned[at].region != region) at = (at + 1) & mask;
    return &owned[at];
}

/* One event after another asks for the same region. */
static struct owned last_asked;

static struct thread *thread_of(uint64_t region)
{
    if (last_asked.region != region) last_asked = *place(region);
    return last_asked.region == region ? last_asked.thread : NULL;
}

static bool give_region(uint64_t region, struct thread *thread)
{
    if (owned_count == THREAD_LIMIT) return false;
    last_asked = *place(region) = (struct owned){.region = region, .thread = thread};
    owned_count++;
    return true;
}

/* A new thread, or the one that a processor has already where there is no room for more. */
static struct thread *make_thread(struct processor *processor, uint64_t region)
{
    struct thread *thread = owned_count < THREAD_LIMIT ? calloc(1, sizeof *thread) : NULL;
    if (!thread) return processor->thread;
    thread->region = region;
    thread->root = context_child(0, FUNCTION_KERNEL);
    give_region(region, thread);
    return thread;
}

bool threads_begin(void)
{
    if (configuration.stack_size & (configuration.stack_size - 1)) {
        complain("a stack size of %llu is no power of two", (unsigned long long)configuration.stack_size);
        return false;
    }
    if (configuration.stack_size) region_shift = (unsigned)__builtin_ctzll(configuration.stack_size);
    if (!contexts_begin()) return false;
    for (unsigned index = 0; index < host.vcpus; index++) {
        processors[index].thread = calloc(1, sizeof(struct thread));
        if (!processors[index].thread) return false;
        processors[index].thread->root = context_child(0, FUNCTION_KERNEL);
    }
    return true;
}

static uint32_t context_of(unsigned index, enum code_class class)
{
    switch (class) {
    case CODE_KERNEL: return thread_now(processors[index].thread);
    case CODE_EARLY: return kernel_settled() ? thread_now(processors[index].thread)
                                             : context_child(0, FUNCTION_DECOMPRESSOR);
    case CODE_LOADER: return context_child(0, FUNCTION_LOADER);
    case CODE_DECOMPRESSOR: return context_child(0, FUNCTION_DECOMPRESSOR);
    case CODE_USER: return user_context(index, false);
    case CODE_PROGRAM: return user_context(index, true);
    default: return context_child(0, FUNCTION_FIRMWARE);
    }
}

static __attribute__((noinline)) void flush_others(unsigned index, const uint64_t *now)
{
    struct processor *processor = &processors[index];
    for (int class = 0; class <= CODE_EARLY; class++) {
        uint64_t weight = now[class] - processor->seen[class];
        if (weight == 0) continue;
        processor->seen[class] = now[class];
        if (class == CODE_USER || class == CODE_PROGRAM) processor->user_ran = true;
        context_add(context_of(index, (enum code_class)class), weight);
    }
}

static inline __attribute__((always_inline)) void flush(unsigned index)
{
    struct processor *processor = &processors[index];
    const uint64_t *now = counters_now(index)->instructions;
    /* Nearly always the kernel alone has run, and that is nearly all that an event costs. */
    uint64_t kernel = now[CODE_KERNEL] - processor->seen[CODE_KERNEL];
    if (kernel > 0) {
        processor->seen[CODE_KERNEL] = now[CODE_KERNEL];
        context_add(thread_now(processor->thread), kernel);
    }
    uint64_t others = now[CODE_FIRMWARE] + now[CODE_LOADER] + now[CODE_USER] + now[CODE_DECOMPRESSOR]
        + now[CODE_PROGRAM] + now[CODE_EARLY];
    if (LIKELY(others == processor->seen_others)) return;
    processor->seen_others = others;
    flush_others(index, now);
}

/* What an event finds out first: who executed what since the last one. */
void threads_flush(unsigned index)
{
    flush(index);
}

void threads_give_back(unsigned index, uint64_t weight)
{
    struct processor *processor = &processors[index];
    context_add(thread_now(processor->thread), -weight);
    processor->seen[CODE_KERNEL] -= weight;
}

/* ---- Frames. ---- */

/* Ends the newest entry into the kernel, with all that it called. */
static void pop_entry(struct thread *thread)
{
    for (uint32_t depth = thread->depth; depth > 0; depth--) {
        if (thread->frames[depth - 1].kind != SYMBOL_FUNCTION) {
            thread->depth = depth - 1;
            return;
        }
    }
}

static __attribute__((noinline)) void pop_passed_with_care(struct thread *thread, uint64_t slot)
{
    uint64_t region = region_of(slot);
    while (thread->depth > 0) {
        const struct frame *top = &thread->frames[thread->depth - 1];
        if (top->slot == 0) return;
        uint64_t top_region = region_of(top->slot);
        if (top_region == region) {
            if (top->slot > slot) return;
            thread->depth--;
            continue;
        }
        bool own = thread_of(region) == thread;
        bool here = own && thread_of(top_region) == thread;
        if (here && top->slot > slot) return;
        /* On another stack: gone, if this is the thread's own, since an interrupt's stack is left first. */
        if (!here && (!own || top->kind != SYMBOL_FUNCTION)) return;
        thread->depth--;
    }
}

/* Drops frames that the stack pointer has passed: a stack grows down, so what lives lies above it. */
static inline void pop_passed(struct thread *thread, uint64_t slot)
{
    if (LIKELY(thread->depth > 0)) {
        uint64_t top = thread->frames[thread->depth - 1].slot;
        if (LIKELY(top > slot && share_region(top, slot))) return;
        pop_passed_with_care(thread, slot);
    }
}

static bool is_interrupt_region(uint64_t region)
{
    for (uint32_t index = 0; index < interrupt_region_count; index++) {
        if (interrupt_regions[index] == region) return true;
    }
    return false;
}

static bool is_in_interrupt(const struct thread *thread)
{
    for (uint32_t depth = thread->depth; depth > 0; depth--) {
        uint8_t kind = thread->frames[depth - 1].kind;
        if (kind != SYMBOL_FUNCTION) return true;
    }
    return false;
}

static void switch_to(struct processor *processor, struct thread *thread)
{
    struct thread *before = processor->thread;
    /* An entry that has not touched its stack yet came with the processor, not with the thread. */
    if (before->depth > 0 && before->frames[before->depth - 1].slot == 0) {
        struct frame entry = before->frames[--before->depth];
        thread->depth = 0;
        push_frame(thread, 0, entry.function, entry.kind);
    }
    processor->thread = thread;
}

/* Whether a call's slot lies on the stack of a thread, though in another region than its other frames. */
static bool continues(const struct thread *thread, uint64_t slot)
{
    if (thread->depth == 0) return false;
    uint64_t top = thread->frames[thread->depth - 1].slot;
    return slot < top && top - slot < LARGEST_FRAME;
}

static __attribute__((noinline)) void find_other_thread(struct processor *processor, uint64_t slot)
{
    struct thread *thread = processor->thread;
    uint64_t region = region_of(slot);
    if (thread->region == 0) {
        thread->region = region;
        give_region(region, thread);
        return;
    }
    struct thread *owner = thread_of(region);
    if (owner) {
        if (owner != thread) switch_to(processor, owner);
        return;
    }
    if (is_interrupt_region(region)) return;
    if (continues(thread, slot) && give_region(region, thread)) return;
    if (is_in_interrupt(thread) && interrupt_region_count < INTERRUPT_REGIONS) {
        interrupt_regions[interrupt_region_count++] = region;
        return;
    }
    /* What was entered last, by a jump, has changed the stack. */
    struct thread *made = make_thread(processor, region);
    if (made == thread) return;
    made->function = processor->entered;
    switch_to(processor, made);
}

/* Makes the thread that runs on the stack around `slot` the current one, for a call. */
static inline void find_thread_for_call(struct processor *processor, uint64_t slot)
{
    if (LIKELY(processor->thread->region == region_of(slot))) return;
    find_other_thread(processor, slot);
}

/* ---- Events. ---- */

static inline __attribute__((always_inline)) struct processor *begin_event(unsigned index)
{
    struct processor *processor = &processors[index];
    if (!LIKELY(!processor->resuming)) {
        /* Only now is it known that the IRET led elsewhere; what ran since belongs to where it led. */
        processor->resuming = false;
        pop_entry(processor->thread);
    }
    flush(index);
    user_left(index);
    return processor;
}

void thread_called(unsigned index, uint64_t slot, uint32_t function, uint32_t caller)
{
    struct processor *processor = begin_event(index);
    find_thread_for_call(processor, slot);
    processor->entered = FUNCTION_UNKNOWN;
    struct thread *thread = processor->thread;
    pop_passed(thread, slot);
    name_top(thread, caller);
    if (thread->depth > 0 && thread->frames[thread->depth - 1].slot == 0) {
        thread->frames[thread->depth - 1].slot = slot + 1;
    }
    push_frame(thread, slot, function, SYMBOL_FUNCTION);
}

void thread_returned(unsigned index, uint64_t slot, uint32_t caller)
{
    struct processor *processor = begin_event(index);
    processor->entered = FUNCTION_UNKNOWN;
    struct thread *thread = processor->thread;
    name_top(thread, caller);
    if (pop_call(thread, slot)) return;

    uint64_t region = region_of(slot);
    if (thread_of(region) == thread || is_interrupt_region(region)) {
        pop_passed(thread, slot);
        /* Below them it is a jump or the return from a call that was only emulated (Linux's int3 does that);
           but where the newest function moves its return address, as Linux's error_entry does, it is that. */
        if (thread->depth > 0 && function_moves(thread->frames[thread->depth - 1].function)) thread->depth--;
        return;
    }
    struct thread *owner = thread_of(region);
    if (!owner) owner = make_thread(processor, region);
    switch_to(processor, owner);
    if (!pop_call(owner, slot)) {
        /* A sleeping thread returns to a frame that is known: this one is new, on a stack used before. */
        owner->depth = 0;
        owner->function = FUNCTION_UNKNOWN;
        owner->context = 0;
    }
}

void thread_entered(unsigned index, uint32_t function, enum symbol_kind kind)
{
    struct processor *processor = &processors[index];
    struct thread *thread = processor->thread;
    if (kind != SYMBOL_FUNCTION) {
        processor = begin_event(index);
        thread = processor->thread;
        if (processor->user_ran) {
            thread->depth = 0;
            processor->user_ran = false;
        }
        symbol_entered(function);
        struct frame *top = thread->depth > 0 ? &thread->frames[thread->depth - 1] : NULL;
        if (top && top->slot == 0 && top->kind == SYMBOL_TABLE) {
            /* The stub that led here was the entry. */
            *top = (struct frame){.function = function, .kind = (uint8_t)kind};
        } else {
            push_frame(thread, 0, function, (uint8_t)kind);
        }
        return;
    }
    /* The common case costs nothing: the call told who is called, and here it begins. */
    if (!processor->resuming && thread->depth > 0) {
        const struct frame *top = &thread->frames[thread->depth - 1];
        if (top->function == function) {
            symbol_entered(function);
            return;
        }
    }
    processor = begin_event(index);
    thread = processor->thread;
    symbol_entered(function);
    processor->entered = function;
    rename_top(thread, function);
}

void thread_resumes(unsigned index)
{
    begin_event(index)->resuming = true;
}

void thread_did_not_resume(unsigned index)
{
    processors[index].resuming = false;
}

void thread_left_system_call(unsigned index)
{
    pop_entry(begin_event(index)->thread);
}

struct thread *thread_that_left(unsigned index)
{
    struct processor *processor = &processors[index];
    if (processor->resuming) {
        processor->resuming = false;
        pop_entry(processor->thread);
    }
    return processor->thread;
}

void thread_write_chain(unsigned index, FILE *file)
{
    const struct thread *thread = processors[index].thread;
    char address[24];
    for (uint32_t depth = thread->depth; depth > 0; depth--) {
        const struct frame *frame = &thread->frames[depth - 1];
        fputs(function_name(frame->function, address, sizeof address), file);
        fputc(frame->kind == SYMBOL_FUNCTION ? ';' : '|', file);
    }
    fputs(function_name(thread->function, address, sizeof address), file);
    fputc('\n', file);
}

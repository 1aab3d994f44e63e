/*
 * Which function runs on whose behalf, told from the stack pointer alone.
 *
 * A frame is known by the slot that its return address lies in, not by the return address: so returns through
 * thunks, tail calls and functions that never return resolve themselves. A thread is known by the region that
 * its stack lies in: a return to a slot of another region is a context switch. Interrupts push a frame of
 * their own; their stacks nest in the interrupted thread's.
 */
#include "stacks.h"

#include <stdlib.h>
#include <string.h>

enum { THREAD_LIMIT = 1 << 16, PROCESSOR_LIMIT = CHANNEL_PROCESSORS };

struct frame {
    uint64_t slot;      /* 0 for an entry whose stack is not known yet */
    uint32_t function;  /* FUNCTION_UNKNOWN until it is entered */
    uint32_t context;   /* 0 until it is needed */
    uint8_t kind;       /* SYMBOL_FUNCTION for a call, else what entered */
};

struct thread {
    uint64_t region;    /* 0 until its first event */
    uint32_t function;  /* what it runs below its first known frame */
    uint32_t context;
    uint32_t depth, room;
    struct frame *frames;
};

struct processor {
    struct thread *thread;
    uint64_t seen[CODE_CLASSES];
    bool user_ran;      /* since the last entry into the kernel */
    bool resuming;      /* an IRET was executed, and nothing since */
};

static struct processor processors[PROCESSOR_LIMIT];

/* Threads by region: open addressing, at most half full. */
static struct thread *threads[THREAD_LIMIT * 2];
static uint32_t thread_count;

/* Regions in which interrupts run, whoever was interrupted. */
enum { INTERRUPT_REGIONS = 1 << 10 };
static uint64_t interrupt_regions[INTERRUPT_REGIONS];
static uint32_t interrupt_region_count;

uint64_t frames_too_deep;

static uint64_t region_of(uint64_t slot)
{
    /* One more, so that no region is 0. */
    return configuration.stack_size ? slot / configuration.stack_size + 1 : 1;
}

static struct thread **place(uint64_t region)
{
    uint32_t mask = THREAD_LIMIT * 2 - 1;
    uint32_t at = (uint32_t)(region * 0x9e3779b97f4a7c15u >> 40) & mask;
    while (threads[at] && threads[at]->region != region) at = (at + 1) & mask;
    return &threads[at];
}

static struct thread *thread_of(uint64_t region)
{
    return *place(region);
}

/* A new thread, or the one that a processor has already where there is no room for more. */
static struct thread *make_thread(struct processor *processor, uint64_t region)
{
    if (thread_count == THREAD_LIMIT) return processor->thread;
    struct thread *thread = calloc(1, sizeof *thread);
    if (!thread) return processor->thread;
    thread->region = region;
    *place(region) = thread;
    thread_count++;
    return thread;
}

bool threads_begin(void)
{
    for (unsigned index = 0; index < host.vcpus; index++) {
        processors[index].thread = calloc(1, sizeof(struct thread));
        if (!processors[index].thread) return false;
    }
    return contexts_begin();
}

/* ---- Contexts of frames. ---- */

static uint32_t thread_context(struct thread *thread)
{
    if (thread->context == 0) {
        thread->context = context_child(context_child(0, FUNCTION_KERNEL), thread->function);
    }
    return thread->context;
}

static uint32_t frame_context(struct thread *thread, uint32_t index)
{
    struct frame *frame = &thread->frames[index];
    if (frame->context != 0) return frame->context;
    uint32_t parent;
    if (frame->kind == SYMBOL_INTERRUPT || frame->kind == SYMBOL_TABLE) {
        parent = context_child(0, FUNCTION_INTERRUPTS);
    } else if (index > 0) {
        parent = frame_context(thread, index - 1);
    } else if (frame->kind == SYMBOL_FUNCTION) {
        parent = thread_context(thread);
    } else {
        /* It came from user code: what the thread began with is not its caller. */
        parent = context_child(0, FUNCTION_KERNEL);
    }
    frame->context = context_child(parent, frame->function);
    return frame->context;
}

static const uint32_t root_of_class[CODE_CLASSES] = {
    [CODE_FIRMWARE] = FUNCTION_FIRMWARE, [CODE_LOADER] = FUNCTION_LOADER, [CODE_USER] = FUNCTION_USER};

/* What an event finds out first: who executed what since the last one. */
void threads_flush(unsigned index)
{
    struct processor *processor = &processors[index];
    const struct channel_processor *now = counters_now(index);
    for (int class = 0; class < CODE_CLASSES; class++) {
        uint64_t weight = now->instructions[class] - processor->seen[class];
        if (weight == 0) continue;
        processor->seen[class] = now->instructions[class];
        if (class == CODE_KERNEL) {
            struct thread *thread = processor->thread;
            context_add(
                thread->depth ? frame_context(thread, thread->depth - 1) : thread_context(thread), weight);
        } else {
            if (class == CODE_USER) processor->user_ran = true;
            context_add(context_child(0, root_of_class[class]), weight);
        }
    }
}

void threads_give_back(unsigned index, uint64_t weight)
{
    struct processor *processor = &processors[index];
    struct thread *thread = processor->thread;
    uint32_t context = thread->depth ? frame_context(thread, thread->depth - 1) : thread_context(thread);
    context_add(context, -weight);
    processor->seen[CODE_KERNEL] -= weight;
}

/* ---- Frames. ---- */

static void push(struct thread *thread, uint64_t slot, uint32_t function, uint8_t kind)
{
    if (thread->depth == DEPTH_LIMIT) {
        frames_too_deep++;
        return;
    }
    if (thread->depth == thread->room) {
        uint32_t room = thread->room ? thread->room * 2 : 32;
        struct frame *larger = realloc(thread->frames, room * sizeof *larger);
        if (!larger) {
            frames_too_deep++;
            return;
        }
        thread->frames = larger;
        thread->room = room;
    }
    thread->frames[thread->depth++] = (struct frame){.slot = slot, .function = function, .kind = kind};
}

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

/* Drops frames that the stack pointer has passed: a stack grows down, so what lives lies above it. */
static void pop_passed(struct thread *thread, uint64_t slot)
{
    uint64_t region = region_of(slot);
    while (thread->depth > 0) {
        const struct frame *top = &thread->frames[thread->depth - 1];
        if (top->slot == 0) return;
        bool here = region_of(top->slot) == region;
        if (here && top->slot > slot) return;
        /* On another stack: gone, if this is the thread's own, since an interrupt's stack is left first. */
        if (!here && (region != thread->region || top->kind != SYMBOL_FUNCTION)) return;
        thread->depth--;
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
        push(thread, 0, entry.function, entry.kind);
    }
    processor->thread = thread;
}

/* Makes the thread that runs on the stack around `slot` the current one, for a call. */
static void find_thread_for_call(struct processor *processor, uint64_t slot)
{
    struct thread *thread = processor->thread;
    uint64_t region = region_of(slot);
    if (thread->region == region) return;
    if (thread->region == 0) {
        thread->region = region;
        *place(region) = thread;
        thread_count++;
        return;
    }
    struct thread *owner = thread_of(region);
    if (owner) {
        switch_to(processor, owner);
        return;
    }
    if (is_interrupt_region(region)) return;
    if (is_in_interrupt(thread) && interrupt_region_count < INTERRUPT_REGIONS) {
        interrupt_regions[interrupt_region_count++] = region;
        return;
    }
    switch_to(processor, make_thread(processor, region));
}

/* ---- Events. ---- */

static struct processor *begin_event(unsigned index)
{
    struct processor *processor = &processors[index];
    if (processor->resuming) {
        /* Only now is it known that the IRET led elsewhere; what ran since belongs to where it led. */
        processor->resuming = false;
        pop_entry(processor->thread);
    }
    threads_flush(index);
    return processor;
}

void thread_called(unsigned index, uint64_t slot, uint32_t function)
{
    struct processor *processor = begin_event(index);
    find_thread_for_call(processor, slot);
    struct thread *thread = processor->thread;
    pop_passed(thread, slot);
    if (thread->depth > 0 && thread->frames[thread->depth - 1].slot == 0) {
        thread->frames[thread->depth - 1].slot = slot + 1;
    }
    push(thread, slot, function, SYMBOL_FUNCTION);
}

static bool pop_to(struct thread *thread, uint64_t slot)
{
    for (uint32_t depth = thread->depth; depth > 0; depth--) {
        const struct frame *frame = &thread->frames[depth - 1];
        if (frame->slot == slot && frame->kind == SYMBOL_FUNCTION) {
            thread->depth = depth - 1;
            return true;
        }
    }
    return false;
}

void thread_returned(unsigned index, uint64_t slot)
{
    struct processor *processor = begin_event(index);
    struct thread *thread = processor->thread;
    if (pop_to(thread, slot)) return;

    uint64_t region = region_of(slot);
    if (thread->region == region || is_interrupt_region(region)) {
        pop_passed(thread, slot);
        /* Below them it is a jump or the return from a call that was only emulated (Linux's int3 does that);
           but where the newest function moves its return address, as Linux's error_entry does, it is that. */
        if (thread->depth > 0 && function_moves(thread->frames[thread->depth - 1].function)) thread->depth--;
        return;
    }
    struct thread *owner = thread_of(region);
    if (!owner) owner = make_thread(processor, region);
    switch_to(processor, owner);
    if (!pop_to(owner, slot)) {
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
            push(thread, 0, function, (uint8_t)kind);
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
    if (thread->depth == 0) {
        thread->function = function;
        thread->context = 0;
    } else {
        thread->frames[thread->depth - 1].function = function;
        thread->frames[thread->depth - 1].context = 0;
    }
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

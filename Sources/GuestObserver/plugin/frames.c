/*
 * The frames of one thread.
 *
 * A frame is known by the slot that its return address lies in, not by the return address: so returns through
 * thunks, tail calls and functions that never return resolve themselves.
 */
#include "stacks.h"

#include <stdlib.h>
#include <string.h>

uint64_t frames_too_deep;

/* Whether what runs now stands for all calls from there on. */
static bool is_deepest(const struct thread *thread)
{
    return thread->depth > 0 && thread->frames[thread->depth - 1].function == FUNCTION_DEEPER;
}

void push_frame_with_care(struct thread *thread, uint64_t slot, uint32_t function, uint8_t kind)
{
    if (thread->depth >= DEPTH_LIMIT && kind == SYMBOL_FUNCTION) {
        frames_too_deep++;
        if (is_deepest(thread)) return;
        function = FUNCTION_DEEPER;
    }
    if (thread->depth == FRAME_LIMIT) {
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
        memset(larger + thread->room, 0, (room - thread->room) * sizeof *larger);
        thread->frames = larger;
        thread->room = room;
    }
    thread->frames[thread->depth++] = (struct frame){.slot = slot, .function = function, .kind = kind};
}

bool pop_call(struct thread *thread, uint64_t slot)
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

void rename_top(struct thread *thread, uint32_t function)
{
    if (thread->depth == 0) {
        thread->function = function;
        thread->context = 0;
    } else if (!is_deepest(thread)) {
        thread->frames[thread->depth - 1].function = function;
        thread->frames[thread->depth - 1].context = 0;
        thread->frames[thread->depth - 1].parent = 0;
    }
}

void name_top(struct thread *thread, uint32_t function)
{
    uint32_t now = thread->depth ? thread->frames[thread->depth - 1].function : thread->function;
    if (now == FUNCTION_UNKNOWN && function != FUNCTION_UNKNOWN) rename_top(thread, function);
}

static uint32_t bottom_context(struct thread *thread)
{
    if (thread->context != 0) return thread->context;
    /* The kernel's threads all began somewhere; of a program only what is known is shown. */
    bool hidden = thread->owner != 0 && thread->function == FUNCTION_UNKNOWN;
    thread->context = hidden ? thread->root : context_child(thread->root, thread->function);
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
        parent = bottom_context(thread);
    } else {
        /* It came from user code: what the thread began with is not its caller. */
        parent = context_child(0, FUNCTION_KERNEL);
    }
    uint64_t overflow = context_overflow;
    frame->context = context_child(parent, frame->function);
    /* Calls that find no room for their contexts are counted. */
    frame->parent = context_overflow == overflow ? parent : 0;
    return frame->context;
}

uint32_t find_context(struct thread *thread)
{
    return thread->depth ? frame_context(thread, thread->depth - 1) : bottom_context(thread);
}

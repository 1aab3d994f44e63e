/*
 * Which user code runs: whose address space it is, and in programs of which the symbols are known, who called
 * whom.
 *
 * An address space is known by the register that points to its page tables where a plugin may read registers
 * (interface 4), else by the kernel's thread that returned to it. A thread of user code is known by its address
 * space and by where its stack lies.
 */
#include "stacks.h"

#include <stdlib.h>
#include <string.h>

enum { SPACE_LIMIT = 1 << 14, USER_THREAD_LIMIT = 1 << 15 };

/* User stacks lie at least so far apart, and begin right below such a boundary, or not far from it. */
enum { USER_STACK = 1 << 20 };

struct space {
    uint64_t key;
    uint32_t number;       /* 0 until it runs code of which nothing is known */
    uint32_t root;         /* the context of the program that runs in it; 0 for none that is known */
    struct thread *thread; /* that ran in it last */
};

static struct space spaces[SPACE_LIMIT * 2];
static uint32_t space_count, numbered_spaces;

static struct thread *threads[USER_THREAD_LIMIT * 2];
static uint32_t thread_count;

static struct {
    bool inside;         /* user code runs, and `space` is its */
    struct space *space;
} processors[CHANNEL_PROCESSORS];

/* ---- The register that points to the page tables. ---- */

bool spaces_ended;

/* The page tables' address; 0 where it cannot be read, as when no processor runs any more. */
static uint64_t page_table_address(void)
{
    uint64_t address;
    if (spaces_ended || !register_read(PAGE_TABLES, &address)) return 0;
    /* The low bits number caches, and where kernel and user code have tables of their own, they lie side by side;
       but 32-bit kernels with large addresses have tables of 32 bytes. */
    bool small_table = (address & 0xfff) != 0 && (address & 0x1f) == 0;
    return address & (small_table ? 0xffffffe0 : 0x000fffffffffe000);
}

/* ---- Spaces and threads. ---- */

static struct space *space_of(uint64_t key)
{
    uint32_t mask = SPACE_LIMIT * 2 - 1;
    uint32_t at = (uint32_t)(key * 0x9e3779b97f4a7c15u >> 40) & mask;
    while (spaces[at].key != 0 && spaces[at].key != key) at = (at + 1) & mask;
    if (spaces[at].key == 0) {
        /* Further ones share one. */
        if (space_count == SPACE_LIMIT) return space_of(~(uint64_t)0);
        spaces[at].key = key;
        space_count++;
    }
    return &spaces[at];
}

static struct space *space_now(unsigned index)
{
    if (processors[index].inside) return processors[index].space;
    if (spaces_ended && processors[index].space) return processors[index].space;
    struct thread *kernel = thread_that_left(index);
    uint64_t key = page_table_address();
    return processors[index].space = space_of(key ? key : (uint64_t)(uintptr_t)kernel);
}

static struct thread *thread_on(struct space *space, uint64_t slot)
{
    uint64_t region = slot / USER_STACK + 1;
    struct thread *thread = space->thread;
    if (thread && thread->region == region) return thread;
    /* A stack goes on below a boundary. */
    if (thread && thread->depth > 0) {
        uint64_t top = thread->frames[thread->depth - 1].slot;
        if (slot < top && top - slot < USER_STACK / 2) return thread;
    }
    uint32_t mask = USER_THREAD_LIMIT * 2 - 1;
    uint64_t hash = (space->key ^ region << 20) * 0x9e3779b97f4a7c15u;
    uint32_t at = (uint32_t)(hash >> 40) & mask;
    while (threads[at] && (threads[at]->owner != space->key || threads[at]->region != region)) at = (at + 1) & mask;
    if (!threads[at] && thread_count < USER_THREAD_LIMIT) {
        threads[at] = calloc(1, sizeof(struct thread));
        if (threads[at]) {
            *threads[at] = (struct thread){.owner = space->key, .region = region};
            thread_count++;
        }
    }
    return threads[at] ? threads[at] : thread;
}

static void begin_program(struct space *space, unsigned image)
{
    space->root = context_child(context_child(0, FUNCTION_USER), FUNCTION_IMAGES + image);
}

/* Drops frames that the stack pointer has passed. */
static void pop_passed(struct thread *thread, uint64_t slot)
{
    while (thread->depth > 0 && thread->frames[thread->depth - 1].slot <= slot) thread->depth--;
}

/* Makes the thread that runs around `slot` the current one. Null where there is no room for it. */
static struct thread *begin_event(unsigned index, unsigned image, uint64_t slot)
{
    struct space *space = space_now(index);
    processors[index].inside = true;
    threads_flush(index);
    space->thread = slot ? thread_on(space, slot) : space->thread;
    struct thread *thread = space->thread;
    if (space->root == 0) begin_program(space, image);
    if (thread && thread->root != space->root) {
        /* Another program began where it ran. */
        thread->root = space->root;
        thread->depth = 0;
        thread->function = FUNCTION_UNKNOWN;
        thread->context = 0;
    }
    return thread;
}

void user_called(unsigned index, unsigned image, uint64_t slot, uint32_t function, uint32_t caller)
{
    struct thread *thread = begin_event(index, image, slot);
    if (!thread) return;
    pop_passed(thread, slot);
    name_top(thread, caller);
    push_frame(thread, slot, function, SYMBOL_FUNCTION);
}

void user_returned(unsigned index, unsigned image, uint64_t slot, uint32_t caller)
{
    struct thread *thread = begin_event(index, image, slot);
    if (!thread) return;
    name_top(thread, caller);
    if (!pop_call(thread, slot)) pop_passed(thread, slot);
}

void user_entered(unsigned index, unsigned image, uint32_t function, enum symbol_kind kind)
{
    struct thread *thread = processors[index].inside ? processors[index].space->thread : NULL;
    if (kind != SYMBOL_BEGINNING && thread && thread->depth > 0
        && thread->frames[thread->depth - 1].function == function) {
        symbol_entered(function);
        return;
    }
    thread = begin_event(index, image, 0);
    symbol_entered(function);
    if (kind == SYMBOL_BEGINNING) {
        /* Whatever ran in this address space is gone, and where the new stack lies is not known yet. */
        begin_program(processors[index].space, image);
        processors[index].space->thread = NULL;
    } else if (thread) {
        rename_top(thread, function);
    }
}

uint32_t user_context(unsigned index, bool known)
{
    struct space *space = space_now(index);
    uint32_t user = context_child(0, FUNCTION_USER);
    if (known && space->thread && space->thread->root == space->root) return thread_now(space->thread);
    if (known && space->root) return space->root;
    /* Without the register a number would say nothing: the kernel's threads come and go. */
    if (!register_known(PAGE_TABLES)) return user;
    if (space->number == 0) space->number = ++numbered_spaces;
    return context_child(user, FUNCTION_SPACES + space->number);
}

void user_left(unsigned index)
{
    processors[index].inside = false;
}

/* The guest's call stacks: what their parts know of one another. */
#ifndef BOOTMARK_STACKS_H
#define BOOTMARK_STACKS_H

#include "plugin.h"

#include <stdio.h>

/* Calls that are deeper share one frame. What interrupts them gets frames of its own, up to the second limit. */
enum { DEPTH_LIMIT = 512, FRAME_LIMIT = DEPTH_LIMIT + 128 };

/* Functions by number: a few that stand for kinds of code, then the symbols, then addresses without one; from
   FUNCTION_IMAGES on the programs, and from FUNCTION_SPACES on address spaces. */
enum {
    FUNCTION_UNKNOWN,
    FUNCTION_FIRMWARE,
    FUNCTION_LOADER,
    FUNCTION_DECOMPRESSOR,
    FUNCTION_KERNEL,
    FUNCTION_USER,
    FUNCTION_INTERRUPTS,
    FUNCTION_SMALL,
    FUNCTION_OTHERS,
    FUNCTION_DEEPER,
    FUNCTION_FIRST_SYMBOL,
    FUNCTION_IMAGES = 1 << 29,
    FUNCTION_SPACES = 1 << 30
};

/* What begins at a symbol. The letters are those of the symbol file. */
enum symbol_kind {
    SYMBOL_FUNCTION = 'f',
    SYMBOL_BEGINNING = 'b',  /* a function at which a program begins */
    SYMBOL_INTERRUPT = 'i',  /* an asynchronous entry: it gets a root of its own */
    SYMBOL_TABLE = 't',      /* stubs of interrupts, each an entry, that jump to one */
    SYMBOL_EXCEPTION = 'e',  /* a synchronous one: it belongs to what caused it */
    SYMBOL_MOVING = 'm',     /* a function that moves its return address down before it returns */
    SYMBOL_SYSTEM_CALL = 's',
    SYMBOL_CONTINUATION = 'c' /* part of another function, or a thunk: it names nothing */
};

struct symbol {
    uint64_t address;
    uint32_t name; /* where it begins in the text */
    uint8_t kind;
};

/* ---- Instructions. ---- */

enum transfer { NO_TRANSFER, DIRECT_CALL, INDIRECT_CALL, RETURN, INTERRUPT_RETURN, SYSTEM_RETURN };

/* What an instruction does to the stack of calls. A direct call's distance goes to `distance`. */
enum transfer transfer_of(const uint8_t *bytes, size_t size, int32_t *distance);

/* ---- Places. ---- */

/* Whether the kernel's code lies there. */
bool is_kernel(uint64_t address);

/* Whether the kernel runs where it was linked: code that was translated earlier is the kernel's now. */
bool kernel_settled(void);

/* Takes note of where the stack lies: in the kernel's half it runs where it was linked. */
void settle(unsigned processor, uint64_t slot);

/* The address of the kernel's stack before it runs where it was linked, as it is afterwards. */
uint64_t settled(uint64_t slot);

/* Gives what was executed until now to who executed it, where a profile is kept. */
void profile_flush(unsigned processor);

/* ---- Symbols: the kernel's are image 0's, each program has its own. ---- */

bool symbols_read(const char *path);

/* The symbol that begins at an address, or null. Its number, where that is wanted. */
const struct symbol *symbol_at(unsigned image, uint64_t address, uint32_t *function);

/* The table of stubs that an address lies in, or null. Its number, where that is wanted. */
const struct symbol *table_around(uint64_t address, uint32_t *function);

/* The number of the function that a call to an address calls: a symbol, or the address itself. */
uint32_t function_at(unsigned image, uint64_t address);

/* The number of the function whose code an address belongs to; FUNCTION_UNKNOWN where no symbol is near. */
uint32_t function_around(unsigned image, uint64_t address);

/* The function's name; `address` is room for one that has none. */
const char *function_name(uint32_t function, char *address, size_t size);

/* Whether a function moves its return address. */
bool function_moves(uint32_t function);

/* How many of the symbols were ever entered, and marking one. */
void symbol_entered(uint32_t function);
uint64_t symbols_entered_count(void);

/* ---- Contexts. ---- */

bool contexts_begin(void);
uint32_t context_child(uint32_t parent, uint32_t function);
void context_add(uint32_t context, uint64_t weight);
bool contexts_write(const char *path, bool since_last);
uint32_t contexts_count(void);
extern uint64_t context_overflow;

/* ---- Frames of one thread. ---- */

struct frame {
    uint64_t slot;      /* 0 for an entry whose stack is not known yet */
    uint32_t function;  /* FUNCTION_UNKNOWN until it is entered */
    uint32_t context;   /* 0 until it is needed */
    uint32_t parent;    /* its context's, where a call of the same function from there has the same; else 0 */
    uint8_t kind;       /* SYMBOL_FUNCTION for a call, else what entered */
};

struct thread {
    uint64_t owner;     /* of user code: its address space; 0 in the kernel */
    uint64_t region;    /* 0 until its first event */
    uint32_t root;      /* below which its contexts stand */
    uint32_t function;  /* what it runs below its first known frame */
    uint32_t context;
    uint32_t depth, room;
    struct frame *frames;
};

extern uint64_t frames_too_deep;

/* Twenty million events of a Linux boot come here: what is nearly always the case is in line, the rest is not. */
#define LIKELY(condition) __builtin_expect(!!(condition), 1)

uint32_t find_context(struct thread *thread);
void push_frame_with_care(struct thread *thread, uint64_t slot, uint32_t function, uint8_t kind);

/* What runs in a thread now. */
static inline uint32_t thread_now(struct thread *thread)
{
    if (LIKELY(thread->depth > 0)) {
        uint32_t context = thread->frames[thread->depth - 1].context;
        if (LIKELY(context != 0)) return context;
    }
    return find_context(thread);
}

static inline void push_frame(struct thread *thread, uint64_t slot, uint32_t function, uint8_t kind)
{
    if (LIKELY(thread->depth < thread->room && thread->depth < DEPTH_LIMIT)) {
        uint32_t parent = thread->depth ? thread->frames[thread->depth - 1].context : thread->context;
        struct frame *frame = &thread->frames[thread->depth++];
        /* What was called last from there is often called again, and then its context is known. */
        bool again = frame->parent == parent && parent != 0 && frame->function == function
            && frame->kind == SYMBOL_FUNCTION && kind == SYMBOL_FUNCTION;
        frame->slot = slot;
        if (LIKELY(again)) return;
        frame->function = function;
        frame->context = frame->parent = 0;
        frame->kind = kind;
    } else {
        push_frame_with_care(thread, slot, function, kind);
    }
}

/* Ends the call whose return address lies in `slot`, with all that it called; false where there is none. */
bool pop_call(struct thread *thread, uint64_t slot);

/* Says that what runs now has turned out to be `function`. */
void rename_top(struct thread *thread, uint32_t function);

/* Says which function holds the code that runs now, where that was not known yet. */
void name_top(struct thread *thread, uint32_t function);

/* ---- Threads of the kernel. ---- */

/* What happened in the followed code, in the order in which it does. `slot` is the stack pointer's value
   where the return address lies, `caller` the function whose code calls or returns. */
void thread_called(unsigned processor, uint64_t slot, uint32_t function, uint32_t caller);
void thread_returned(unsigned processor, uint64_t slot, uint32_t caller);
void thread_entered(unsigned processor, uint32_t function, enum symbol_kind kind);
void thread_resumes(unsigned processor);         /* IRET: takes effect at the next event */
void thread_did_not_resume(unsigned processor);  /* it went on behind the IRET */
void thread_left_system_call(unsigned processor);

/* Adds what was executed since the last event to the contexts that executed it. */
void threads_flush(unsigned processor);

/* Takes back what the flush added too early: it counts for what runs next. */
void threads_give_back(unsigned processor, uint64_t weight);

/* User code runs, and no event told of its beginning. Returns the kernel's thread that let it run. */
struct thread *thread_that_left(unsigned processor);

/* Writes who called whom, the newest first: a;b;c, and an interrupted one behind a bar. */
void thread_write_chain(unsigned processor, FILE *file);

bool threads_begin(void);

/* ---- User code: programs of which the symbols were given, and address spaces. ---- */

/* The image whose code a block consists of, from 1 on; 0 for none. */
unsigned image_of(const struct qemu_plugin_tb *block);
const char *image_name(unsigned image);
bool image_add(const char *name);
bool image_add_code(char *value);

void user_called(unsigned processor, unsigned image, uint64_t slot, uint32_t function, uint32_t caller);
void user_returned(unsigned processor, unsigned image, uint64_t slot, uint32_t caller);
void user_entered(unsigned processor, unsigned image, uint32_t function, enum symbol_kind kind);

/* The context of what runs in user mode: in a program that is known, or in another. */
uint32_t user_context(unsigned processor, bool known);

/* The kernel runs again. */
void user_left(unsigned processor);

extern bool spaces_ended; /* no processor runs any more */

#endif

/* The guest's call stacks: what their parts know of one another. */
#ifndef BOOTMARK_STACKS_H
#define BOOTMARK_STACKS_H

#include "plugin.h"

#include <stdio.h>

enum { DEPTH_LIMIT = 512 };

/* Functions by number: a few that stand for kinds of code, then the symbols, then addresses without one. */
enum {
    FUNCTION_UNKNOWN,
    FUNCTION_FIRMWARE,
    FUNCTION_LOADER,
    FUNCTION_KERNEL,
    FUNCTION_USER,
    FUNCTION_INTERRUPTS,
    FUNCTION_OTHERS,
    FUNCTION_FIRST_SYMBOL
};

/* What begins at a symbol. The letters are those of the symbol file. */
enum symbol_kind {
    SYMBOL_FUNCTION = 'f',
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

/* ---- Symbols. ---- */

bool symbols_read(const char *path);

/* The symbol that begins at an address, or null. Its number, where that is wanted. */
const struct symbol *symbol_at(uint64_t address, uint32_t *function);

/* The table of stubs that an address lies in, or null. Its number, where that is wanted. */
const struct symbol *table_around(uint64_t address, uint32_t *function);

/* The number of the function that a call to an address calls: a symbol, or the address itself. */
uint32_t function_at(uint64_t address);

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

/* ---- Threads. ---- */

/* What happened in the followed code, in the order in which it does. `slot` is the stack pointer's value
   where the return address lies. */
void thread_called(unsigned processor, uint64_t slot, uint32_t function);
void thread_returned(unsigned processor, uint64_t slot);
void thread_entered(unsigned processor, uint32_t function, enum symbol_kind kind);
void thread_resumes(unsigned processor);         /* IRET: takes effect at the next event */
void thread_did_not_resume(unsigned processor);  /* it went on behind the IRET */
void thread_left_system_call(unsigned processor);

/* Adds what was executed since the last event to the contexts that executed it. */
void threads_flush(unsigned processor);

/* Takes back what the flush added too early: it counts for what runs next. */
void threads_give_back(unsigned processor, uint64_t weight);

/* Writes who called whom, the newest first: a;b;c, and an interrupted one behind a bar. */
void thread_write_chain(unsigned processor, FILE *file);

bool threads_begin(void);
extern uint64_t frames_too_deep;

#endif

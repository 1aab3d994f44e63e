/* What the plugin's parts know of one another. */
#ifndef BOOTMARK_PLUGIN_H
#define BOOTMARK_PLUGIN_H

#include "qemu_api.h"
#include "channel.h"

/* ---- Configuration: lines of "key value", written by the Swift side. ---- */

enum { PATH_LIMIT = 4096 };

enum { RANGE_LIMIT = 16, CHAIN_LIMIT = 64, IMAGE_LIMIT = 64, OPENING_LIMIT = 32 };

struct range {
    uint64_t first, last; /* both belong to it */
    uint64_t offset;      /* of the early kernel: what its addresses lack of those that it is linked at */
};

enum trigger { NO_TRIGGER, BY_TEXT, BY_SERIAL_BYTES, BY_ADDRESS };

struct milestone {
    enum trigger trigger;
    uint64_t number;     /* bytes, or the address */
    uint8_t text[256];   /* what the guest writes to the serial port */
    size_t text_length;
};

struct configuration {
    char channel[PATH_LIMIT];
    char serial[PATH_LIMIT];  /* the file that QEMU writes the serial port's bytes to; may be empty */
    char outputs[PATH_LIMIT]; /* where to log port outputs; empty for nowhere */
    bool outputs_if_bytes;    /* no log, rather than one of outputs of which nobody knows what they wrote */
    char hashes[PATH_LIMIT];  /* where to keep the hash's checkpoints; empty for no hash */
    uint64_t hash_interval;   /* blocks from one checkpoint to the next */
    struct milestone milestones[CHANNEL_MILESTONES];
    unsigned milestone_count;
    char symbols[PATH_LIMIT]; /* names of functions; may be empty */
    char profile[PATH_LIMIT]; /* where the folded stacks go; empty for no profile */
    struct range followed[RANGE_LIMIT]; /* the code whose calls are followed */
    unsigned followed_count;
    struct range early[RANGE_LIMIT]; /* where the kernel's code lies before it runs where it was linked */
    unsigned early_count;
    struct range alias[RANGE_LIMIT]; /* where the kernel's code lies beside the decompressor's */
    unsigned alias_count;
    uint8_t decompressor[OPENING_LIMIT]; /* the code with which the kernel's decompressor begins */
    size_t decompressor_length;
    bool without_blocks;      /* instructions alone are counted: half of what counting costs */
    uint64_t context_limit;   /* contexts that are kept apart */
    uint64_t stack_size;      /* a thread's stack begins at a multiple of it; 0 where there is but one */
    char hot_blocks[PATH_LIMIT]; /* where the table of blocks goes; empty for none */
    char hot_pages[PATH_LIMIT];  /* where the table of pages goes; empty for none */
    char chains[PATH_LIMIT];  /* where the chain of calls is logged, to compare it with a debugger's */
    uint64_t chain_at[CHAIN_LIMIT]; /* when code at these addresses begins to run */
    unsigned chain_count;
    int final;                /* the milestone at which everything is frozen, or -1 */
};

extern struct configuration configuration;

/* Reads the file at `path`. Returns false after saying on standard error what is wrong with it. */
bool configuration_read(const char *path);

/* ---- The running QEMU. ---- */

struct host {
    int interface;         /* the plugin interface that this library speaks with it */
    int data_interface;    /* the interface that QEMU offers, which decides how code bytes are handed over */
    unsigned vcpus;        /* the number of processors that there are */
    unsigned most_vcpus;   /* and can be */
    bool x86;
    bool x86_64;
};

extern struct host host;

/* Copies up to `limit` bytes of an instruction's code. Returns how many. */
size_t instruction_bytes(const struct qemu_plugin_insn *instruction, uint8_t *bytes, size_t limit);

/* Says something on standard error, which QEMU's caller keeps, in the form "bootmark plugin: ...". */
void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* ---- Counting. ---- */

/* Maps the channel and makes it readable. Returns false after saying what is wrong. */
bool counters_begin(const char *path);

/* Adds a translated block of `length` instructions to what is counted when it runs. */
void counters_instrument(struct qemu_plugin_tb *block, enum code_class class, uint64_t length);

/* Maps `size` bytes of the file at `path`, which is made as long as that. Null after saying what is wrong. */
void *map_file(const char *path, size_t size);

/* All that one processor has executed, up to date at the moment of the call. */
struct channel_processor *counters_now(unsigned processor);

/* Sums of all processors, up to date for the calling one. */
void counters_sum(unsigned processor, uint64_t *instructions, uint64_t *blocks);

/* Marks the channel as final. */
void counters_end(void);

extern struct channel *channel;

/* ---- The processors' registers, where QEMU lets plugins read them. ---- */

enum machine_register { PAGE_TABLES, ACCUMULATOR, PORT, MACHINE_REGISTERS };

void registers_begin(qemu_plugin_id_t id);

/* Whether callbacks can read them; they are registered with these flags for it. */
bool registers_readable(void);
enum qemu_plugin_cb_flags register_flags(void);

/* Whether the processors have it, as far as one has begun. */
bool register_known(enum machine_register which);

/* Reads one of the processor that executes the callback. False where it cannot be read. */
bool register_read(enum machine_register which, uint64_t *value);

/* ---- The serial port, seen through its file and through the instructions that write to ports. ---- */

bool serial_begin(void);

/* Instruments the port outputs of a block, where they are watched. */
void serial_instrument(struct qemu_plugin_tb *block);

/* Takes note of what the last port output wrote. */
void serial_end(void);

/* Whether the output of a byte to a port sends it over the machine's first serial port. */
bool uart_sends(uint16_t port, uint8_t value);

/* ---- Milestones. ---- */

/* Instruments a block that contains a milestone's address. */
void milestones_instrument(struct qemu_plugin_tb *block);

/* What was counted at a milestone. */
struct moment {
    uint64_t instructions, blocks, serial_bytes;
    uint64_t remaining; /* of the current block, counted elsewhere already but not in `instructions` */
    uint64_t address;   /* of the instruction at which it is */
};

void milestone_reached(unsigned index, unsigned processor, const struct moment *moment);

/* ---- The rolling hash of executed blocks. ---- */

bool hash_begin(void);
void hash_instrument(struct qemu_plugin_tb *block);

extern uint64_t hash_now;

/* ---- Hot blocks and hot pages. ---- */

bool hot_begin(void);
void hot_instrument(struct qemu_plugin_tb *block);

/* Writes the tables, once; nothing counts from then on. */
void hot_end(void);

/* ---- The profile of call stacks. ---- */

bool profile_begin(void);

/* Where a block belongs. */
struct place {
    enum code_class class;
    unsigned image;   /* the program that it is part of, from 1 on; 0 for none */
    uint64_t offset;  /* what its addresses lack of those of its symbols */
};

struct place profile_place(const struct qemu_plugin_tb *block);

/* Before the counting of a block is instrumented: what is to happen ahead of it. */
void profile_instrument_start(struct qemu_plugin_tb *block, const struct place *place);

/* Calls and returns of the block. */
void profile_instrument_events(struct qemu_plugin_tb *block, const struct place *place);

/* A milestone was reached: its phase's stacks are written, and all of them where it is the final one. */
void profile_milestone(unsigned processor, unsigned index, const struct moment *moment, bool final);

/* Writes what was not written yet. */
void profile_end(void);

#endif

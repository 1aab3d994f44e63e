/* What the plugin's parts know of one another. */
#ifndef BOOTMARK_PLUGIN_H
#define BOOTMARK_PLUGIN_H

#include "qemu_api.h"
#include "channel.h"

/* ---- Configuration: lines of "key value", written by the Swift side. ---- */

enum { PATH_LIMIT = 4096 };

struct configuration {
    char channel[PATH_LIMIT];
};

extern struct configuration configuration;

/* Reads the file at `path`. Returns false after saying on standard error what is wrong with it. */
bool configuration_read(const char *path);

/* ---- The running QEMU. ---- */

struct host {
    int interface;         /* the plugin interface that this library speaks with it */
    int data_interface;    /* the interface that QEMU offers, which decides how code bytes are handed over */
    unsigned vcpus;        /* the number of processors at the start */
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

/* All that one processor has executed, up to date at the moment of the call. */
struct channel_processor *counters_now(unsigned processor);

/* Sums of all processors, up to date for the calling one. */
void counters_sum(unsigned processor, uint64_t *instructions, uint64_t *blocks);

/* Marks the channel as final. */
void counters_end(void);

extern struct channel *channel;

#endif

/*
 * The shared file through which a running plugin is read, also after QEMU was killed.
 *
 * All numbers have the host's byte order. The reader checks magic, version and size; the plugin writes
 * the magic last. A change here raises CHANNEL_VERSION, here and in ChannelLayout.swift.
 */
#ifndef BOOTMARK_CHANNEL_H
#define BOOTMARK_CHANNEL_H

#include <stdint.h>

#define CHANNEL_MAGIC 0x4c454e4e41484342u /* "BCHANNEL" */
#define CHANNEL_VERSION 3u

enum { CHANNEL_PROCESSORS = 256, CHANNEL_MILESTONES = 64 };

enum channel_state { CHANNEL_COUNTING = 1, CHANNEL_FROZEN = 2, CHANNEL_ENDED = 3 };

/* Which kind of code an instruction belongs to, told by the address that it runs at. */
enum code_class {
    CODE_FIRMWARE,     /* until a boot loader ran, and in the ROMs below 1 MiB and below 4 GiB */
    CODE_LOADER,       /* until the decompressor or the kernel ran */
    CODE_KERNEL,       /* where call stacks are followed */
    CODE_USER,         /* elsewhere, after the kernel began */
    CODE_DECOMPRESSOR, /* until the kernel ran where it was linked */
    CODE_PROGRAM,      /* user code of which the symbols were given */
    CODE_EARLY,        /* the kernel's, translated before it ran where it was linked */
    CODE_CLASSES = 8 /* room for more */
};

struct channel_milestone {
    uint64_t reached;      /* 0, or 1 once the rest is valid */
    uint64_t instructions;
    uint64_t blocks;
    uint64_t hash;
    uint64_t serial_bytes; /* written to the serial port until then */
    uint64_t unused[3];
};

struct channel_processor {
    uint64_t instructions[CODE_CLASSES];
    uint64_t blocks;
    uint64_t unused[7];
};

struct channel {
    uint64_t magic;
    uint32_t version;
    uint32_t interface;     /* of QEMU's plugins */
    uint32_t processors;    /* at the start; later ones use the slots behind */
    uint32_t state;         /* enum channel_state */
    uint32_t granularity;   /* blocks that a processor may execute before its numbers here follow */
    uint32_t frozen_by;     /* the milestone that froze the profile */
    uint64_t outputs;       /* entries in the output log */
    uint64_t lost_outputs;  /* port outputs that the log had no room for */
    uint64_t checkpoints;   /* entries in the file of hashes */
    uint64_t contexts;         /* of the profile, and how often one more found no room */
    uint64_t context_overflow;
    uint64_t frames_too_deep;  /* calls below the deepest frame that is kept */
    uint64_t symbols_entered;  /* how many of the symbols given ever ran */
    uint64_t images_seen;      /* a bit for each of the first 64 programs: whether code of it ran */
    uint64_t calls_seen;       /* direct calls in the kernel's code that was translated, and how many of them */
    uint64_t calls_named;      /* lead to one of the symbols given */
    uint64_t unused[498];
    struct channel_milestone milestones[CHANNEL_MILESTONES];
    struct channel_processor slots[CHANNEL_PROCESSORS];
};

_Static_assert(sizeof(struct channel) == 40960, "ChannelLayout.swift knows this size");

/* An entry of the output log: what was counted when a port-output instruction had been executed. */
struct output_entry {
    uint64_t serial_bytes; /* in the serial port's file afterwards; 0 where that cannot be seen */
    uint64_t instructions;
    uint64_t blocks;
    uint64_t address;      /* of the instruction */
};

/* The rolling hash of all blocks executed so far, taken every so many blocks: twice as many whenever the file is full. */
struct checkpoint {
    uint64_t blocks;
    uint64_t instructions;
    uint64_t hash;
    uint64_t address; /* of the last of these blocks */
};

enum { OUTPUT_LIMIT = 1 << 20, CHECKPOINT_LIMIT = 1 << 11 };

#endif

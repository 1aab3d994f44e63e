/* Where QEMU enters: what is installed, and what is done with each block that it translates. */
#include "plugin.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

EXPORTED int qemu_plugin_version = 1;

struct host host;

/* No one number loads everywhere: QEMU accepts 1 only up to 8.x, and at least 2 from 9.0 on. */
__attribute__((constructor)) static void choose_interface(void)
{
    if (qemu_plugin_read_memory_vaddr) {
        qemu_plugin_version = 4;
    } else if (qemu_plugin_scoreboard_new) {
        qemu_plugin_version = 2;
    }
}

void complain(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fputs("bootmark plugin: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
}

size_t instruction_bytes(const struct qemu_plugin_insn *instruction, uint8_t *bytes, size_t limit)
{
    size_t size = qemu_plugin_insn_size(instruction);
    if (size > limit) size = limit;
    if (host.data_interface >= 3) {
        size_t (*copy)(const struct qemu_plugin_insn *, void *, size_t) =
            (size_t (*)(const struct qemu_plugin_insn *, void *, size_t))qemu_plugin_insn_data;
        return copy(instruction, bytes, size);
    }
    const void *(*pointer)(const struct qemu_plugin_insn *) =
        (const void *(*)(const struct qemu_plugin_insn *))qemu_plugin_insn_data;
    memcpy(bytes, pointer(instruction), size);
    return size;
}

static void translated(qemu_plugin_id_t id, struct qemu_plugin_tb *block)
{
    (void)id;
    /* What reads the counters comes before what adds to them: a callback sees the blocks before its own. */
    struct place place = profile_place(block);
    hash_instrument(block);
    profile_instrument_start(block, &place);
    serial_instrument(block);
    milestones_instrument(block);
    hot_instrument(block);
    counters_instrument(block, place.class, qemu_plugin_tb_n_insns(block));
    profile_instrument_events(block, &place);
}

static void idle(qemu_plugin_id_t id, unsigned processor)
{
    (void)id;
    counters_now(processor);
}

static void ending(qemu_plugin_id_t id, void *ignored)
{
    (void)id;
    (void)ignored;
    serial_end();
    profile_end();
    hot_end();
    counters_end();
}

static const char *value_of(const char *key, int count, char **arguments)
{
    size_t length = strlen(key);
    for (int index = 0; index < count; index++) {
        if (strncmp(arguments[index], key, length) == 0 && arguments[index][length] == '=') {
            return arguments[index] + length + 1;
        }
    }
    return NULL;
}

EXPORTED int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int count, char **arguments)
{
    if (!info->system_emulation) {
        complain("it observes whole machines only (qemu-system-*)");
        return -1;
    }
    host.interface = qemu_plugin_version;
    host.data_interface = info->version.cur;
    host.vcpus = info->system.smp_vcpus > 0 ? (unsigned)info->system.smp_vcpus : 1;
    host.most_vcpus = info->system.max_vcpus > (int)host.vcpus ? (unsigned)info->system.max_vcpus : host.vcpus;
    host.x86_64 = strcmp(info->target_name, "x86_64") == 0;
    host.x86 = host.x86_64 || strcmp(info->target_name, "i386") == 0;

    if (value_of("probe", count, arguments)) {
        /* That a QEMU gets here proves that it loads plugins; nothing needs to boot for that. */
        printf("bootmark plugin: interface %d of %d to %d, target %s\n", host.interface, info->version.min,
            info->version.cur, info->target_name);
        fflush(stdout);
        _exit(0);
    }
    const char *path = value_of("config", count, arguments);
    if (!path) {
        complain("no config=PATH given");
        return -1;
    }
    if (host.vcpus > CHANNEL_PROCESSORS) {
        complain("%u processors are more than the %d that it counts", host.vcpus, CHANNEL_PROCESSORS);
        return -1;
    }
    if (!configuration_read(path) || !counters_begin(configuration.channel)) return -1;
    if (!serial_begin() || !hash_begin() || !hot_begin() || !profile_begin()) return -1;

    registers_begin(id);
    qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
    qemu_plugin_register_vcpu_idle_cb(id, idle);
    qemu_plugin_register_atexit_cb(id, ending, NULL);
    return 0;
}

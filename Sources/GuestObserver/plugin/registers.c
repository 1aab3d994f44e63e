/* The processors' registers, where QEMU lets a plugin read them (interface 2 and later). */
#include "plugin.h"

#include <string.h>

static struct qemu_plugin_register *handles[MACHINE_REGISTERS];

/* Their names, on x86-64 and on i386. */
static const char *const names[MACHINE_REGISTERS][2] = {
    [PAGE_TABLES] = {"cr3", "cr3"}, [ACCUMULATOR] = {"rax", "eax"}, [PORT] = {"rdx", "edx"},
};

static void processor_begins(qemu_plugin_id_t id, unsigned processor)
{
    (void)id;
    /* One that is plugged in beside those of -smp. */
    if (processor >= host.vcpus && processor < CHANNEL_PROCESSORS) host.vcpus = processor + 1;
    if (!registers_readable() || handles[PAGE_TABLES]) return;
    GArray *registers = qemu_plugin_get_registers();
    for (unsigned index = 0; registers && index < registers->length; index++) {
        const qemu_plugin_reg_descriptor *entry = (const qemu_plugin_reg_descriptor *)registers->data + index;
        for (unsigned wanted = 0; wanted < MACHINE_REGISTERS; wanted++) {
            if (strcmp(entry->name, names[wanted][host.x86_64 ? 0 : 1]) == 0) handles[wanted] = entry->handle;
        }
    }
    if (registers) g_array_free(registers, 1);
}

void registers_begin(qemu_plugin_id_t id)
{
    qemu_plugin_register_vcpu_init_cb(id, processor_begins);
}

bool registers_readable(void)
{
    return host.x86 && qemu_plugin_get_registers && qemu_plugin_read_register && g_byte_array_new
        && g_byte_array_set_size && g_array_free;
}

enum qemu_plugin_cb_flags register_flags(void)
{
    return registers_readable() ? QEMU_PLUGIN_CB_R_REGS : QEMU_PLUGIN_CB_NO_REGS;
}

bool register_known(enum machine_register which)
{
    return handles[which] != NULL;
}

bool register_read(enum machine_register which, uint64_t *value)
{
    /* Processors read at the same time. */
    static _Thread_local GByteArray *bytes;
    if (!handles[which]) return false;
    if (!bytes) bytes = g_byte_array_new();
    g_byte_array_set_size(bytes, 0);
    int size = qemu_plugin_read_register(handles[which], bytes);
    if (size <= 0) return false;
    *value = 0;
    memcpy(value, bytes->data, size < 8 ? (size_t)size : 8);
    return true;
}

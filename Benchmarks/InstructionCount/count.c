/*
 * Counts the instructions of a process and of what it forks, for hosts whose processors do not: a plugin of QEMU's
 * user emulation (qemu-x86_64 -plugin count.so,into=FILE PROGRAM). FILE holds the sum as eight bytes, least first.
 *
 * What runs outside user mode, and what a forked process executes after exec, is not in it. Threads that add at the
 * same moment may lose each other's block; the loss is of the order of one in a million.
 */
#include "qemu_api.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

EXPORTED int qemu_plugin_version = 1;

/* Shared, so that forked processes add to it too. */
static uint64_t *count;

static void translated(qemu_plugin_id_t id, struct qemu_plugin_tb *block)
{
    (void)id;
    qemu_plugin_register_vcpu_tb_exec_inline(
        block, QEMU_PLUGIN_INLINE_ADD_U64, count, qemu_plugin_tb_n_insns(block));
}

EXPORTED int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc, char **argv)
{
    (void)info;
    if (argc != 1 || strncmp(argv[0], "into=", 5) != 0) return 1;
    int file = open(argv[0] + 5, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0 || ftruncate(file, sizeof *count) != 0) return 1;
    count = mmap(NULL, sizeof *count, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    if (count == MAP_FAILED) return 1;
    qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
    return 0;
}

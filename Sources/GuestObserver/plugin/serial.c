/*
 * What was counted when the guest wrote each byte to its serial port.
 *
 * A byte reaches the reader of a channel some time after the guest wrote it, so the count has to be taken on
 * the guest's side. QEMU writes a byte to the port's file while it executes the instruction that outputs it:
 * the growth of that file from one port output to the next tells which instruction wrote which byte, without
 * reading a register. Where QEMU writes to no file, every port output is logged, and the reader applies a
 * fixed rule.
 */
#include "plugin.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct output_entry *outputs;
static bool watching;

/* The file, and how much of it was known and searched. */
static int serial_file = -1;
static uint64_t known_bytes;

/* The port output that was executed last: whatever is new in the file is its doing. */
static struct output_entry last;

/* The newest bytes, in which the next milestone's text is looked for. */
static uint8_t window[4096];
static size_t window_length;
static unsigned next_text;

/* Addresses behind port outputs: the first moment at which a byte can be seen. A full set costs no more
   than a later notice, since counts are taken from `last`. */
enum { FOLLOWERS = 1 << 12 };
static uint64_t followers[FOLLOWERS];

bool serial_begin(void)
{
    bool wanted = configuration.outputs[0] != '\0';
    for (unsigned index = 0; index < configuration.milestone_count; index++) {
        enum trigger trigger = configuration.milestones[index].trigger;
        if (trigger != BY_TEXT && trigger != BY_SERIAL_BYTES) continue;
        wanted = true;
        if (configuration.serial[0] == '\0') {
            complain("a milestone on the serial port needs the port's file");
            return false;
        }
    }
    if (!wanted) return true;
    if (!host.x86) {
        complain("port outputs are an x86 machine's; use a symbol as the milestone");
        return false;
    }
    if (configuration.outputs[0] != '\0') {
        outputs = map_file(configuration.outputs, OUTPUT_LIMIT * sizeof(struct output_entry));
        if (!outputs) return false;
    }
    watching = true;
    return true;
}

static void log_output(const struct output_entry *entry)
{
    if (!outputs) return;
    if (channel->outputs == OUTPUT_LIMIT) {
        channel->lost_outputs++;
        return;
    }
    outputs[channel->outputs] = *entry;
    channel->outputs++;
}

static unsigned next_text_from(unsigned index)
{
    while (index < configuration.milestone_count && configuration.milestones[index].trigger != BY_TEXT) index++;
    return index;
}

/* Looks for the texts, in order, each behind the one before. */
static void search_window(unsigned processor)
{
    next_text = next_text_from(next_text);
    while (next_text < configuration.milestone_count) {
        const struct milestone *milestone = &configuration.milestones[next_text];
        uint8_t *found = memmem(window, window_length, milestone->text, milestone->text_length);
        if (!found) break;
        size_t behind = (size_t)(found - window) + milestone->text_length;
        memmove(window, window + behind, window_length - behind);
        window_length -= behind;
        struct moment moment = {last.instructions, last.blocks, known_bytes - window_length, 0};
        milestone_reached(next_text, processor, &moment);
        next_text = next_text_from(next_text + 1);
    }
}

static void read_new_bytes(unsigned processor, uint64_t size)
{
    while (known_bytes < size) {
        /* What has been searched may go, but for a text that has only begun. */
        size_t keep = sizeof configuration.milestones[0].text;
        if (window_length > sizeof window / 2) {
            memmove(window, window + window_length - keep, keep);
            window_length = keep;
        }
        size_t room = sizeof window - window_length;
        if (room > size - known_bytes) room = (size_t)(size - known_bytes);
        ssize_t count = pread(serial_file, window + window_length, room, (off_t)known_bytes);
        if (count <= 0) {
            known_bytes = size;
            return;
        }
        window_length += (size_t)count;
        known_bytes += (uint64_t)count;
        search_window(processor);
    }
}

static void notice_new_bytes(unsigned processor)
{
    if (configuration.serial[0] == '\0') return;
    if (serial_file < 0) {
        serial_file = open(configuration.serial, O_RDONLY | O_CLOEXEC);
        if (serial_file < 0) return;
    }
    struct stat status;
    if (fstat(serial_file, &status) < 0 || (uint64_t)status.st_size <= known_bytes) return;
    uint64_t size = (uint64_t)status.st_size;

    last.serial_bytes = size;
    log_output(&last);
    for (unsigned index = 0; index < configuration.milestone_count; index++) {
        const struct milestone *milestone = &configuration.milestones[index];
        if (milestone->trigger == BY_SERIAL_BYTES && size >= milestone->number) {
            struct moment moment = {last.instructions, last.blocks, size, 0};
            milestone_reached(index, processor, &moment);
        }
    }
    read_new_bytes(processor, size);
}

/* The instruction's place: its address and how many of its block's instructions come behind it. */
struct output_site {
    uint64_t address : 52;
    uint64_t behind : 12;
};

static void output(unsigned processor, void *data)
{
    struct output_site site;
    memcpy(&site, &data, sizeof site);
    pthread_mutex_lock(&lock);
    notice_new_bytes(processor);
    counters_sum(processor, &last.instructions, &last.blocks);
    last.instructions -= site.behind;
    last.address = site.address;
    last.serial_bytes = 0;
    if (configuration.serial[0] == '\0') log_output(&last);
    pthread_mutex_unlock(&lock);
}

static void behind_output(unsigned processor, void *ignored)
{
    (void)ignored;
    pthread_mutex_lock(&lock);
    notice_new_bytes(processor);
    pthread_mutex_unlock(&lock);
}

/* OUT and OUTS in all their forms, behind any prefixes. */
static bool is_output(const struct qemu_plugin_insn *instruction)
{
    uint8_t bytes[16];
    size_t size = instruction_bytes(instruction, bytes, sizeof bytes);
    size_t at = 0;
    while (at < size && (bytes[at] == 0x66 || bytes[at] == 0x67 || bytes[at] == 0xf2 || bytes[at] == 0xf3)) at++;
    if (at < size && host.x86_64 && (bytes[at] & 0xf8) == 0x48) at++;
    if (at == size) return false;
    uint8_t code = bytes[at];
    return code == 0xe6 || code == 0xe7 || code == 0xee || code == 0xef || code == 0x6e || code == 0x6f;
}

static uint64_t *follower(uint64_t address)
{
    uint64_t *slot = &followers[(address * 0x9e3779b97f4a7c15u) >> 52];
    return *slot == 0 || *slot == address ? slot : NULL;
}

void serial_instrument(struct qemu_plugin_tb *block)
{
    if (!watching) return;
    uint64_t start = qemu_plugin_tb_vaddr(block);
    uint64_t *known = follower(start);
    if (known && *known != 0 && start != 0) {
        qemu_plugin_register_vcpu_tb_exec_cb(block, behind_output, QEMU_PLUGIN_CB_NO_REGS, NULL);
    }
    size_t length = qemu_plugin_tb_n_insns(block);
    for (size_t position = 0; position < length; position++) {
        struct qemu_plugin_insn *instruction = qemu_plugin_tb_get_insn(block, position);
        if (!is_output(instruction)) continue;
        uint64_t address = qemu_plugin_insn_vaddr(instruction);
        struct output_site site = {.address = address & 0xfffffffffffff, .behind = length - position - 1};
        void *data;
        memcpy(&data, &site, sizeof data);
        qemu_plugin_register_vcpu_insn_exec_cb(instruction, output, QEMU_PLUGIN_CB_NO_REGS, data);
        if (position + 1 < length) {
            qemu_plugin_register_vcpu_insn_exec_cb(
                qemu_plugin_tb_get_insn(block, position + 1), behind_output, QEMU_PLUGIN_CB_NO_REGS, NULL);
        } else {
            uint64_t next = address + qemu_plugin_insn_size(instruction);
            uint64_t *slot = follower(next);
            if (slot) *slot = next;
        }
    }
}

void serial_end(void)
{
    if (!watching) return;
    pthread_mutex_lock(&lock);
    notice_new_bytes(0);
    pthread_mutex_unlock(&lock);
}

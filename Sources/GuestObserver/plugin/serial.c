/*
 * What was counted when the guest wrote each byte to its serial port.
 *
 * A byte reaches the reader of a channel some time after the guest wrote it, so the count has to be taken on
 * the guest's side. QEMU writes a byte to the port's file while it executes the instruction that outputs it:
 * the growth of that file from one port output to the next tells which instruction wrote which byte, without
 * reading a register. Where QEMU writes to no file, the processor's registers tell the port and the byte
 * (interface 4); where they cannot be read either, every port output is logged, and the reader applies a fixed
 * rule.
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
static bool by_registers;

/* The file, and how much of it was known and searched; the bytes that were sent where there is none. */
static int serial_file = -1;
static uint64_t known_bytes;

/* The port output that was executed last: whatever is new in the file is its doing. */
static struct output_entry last;

/* The newest bytes, in which the milestones' texts are looked for. */
static uint8_t window[4096];
static size_t window_length;

/* Addresses behind port outputs: the first moment at which a byte can be seen. A full set costs no more
   than a later notice, since counts are taken from `last`. */
enum { FOLLOWERS = 1 << 12 };
static uint64_t followers[FOLLOWERS];

bool serial_begin(void)
{
    by_registers = configuration.serial[0] == '\0' && registers_readable() && qemu_plugin_mem_get_value;
    bool sees_bytes = configuration.serial[0] != '\0' || by_registers;
    if (configuration.outputs_if_bytes && !(host.x86 && sees_bytes)) configuration.outputs[0] = '\0';
    bool wanted = configuration.outputs[0] != '\0';
    for (unsigned index = 0; index < configuration.milestone_count; index++) {
        enum trigger trigger = configuration.milestones[index].trigger;
        if (trigger != BY_TEXT && trigger != BY_SERIAL_BYTES) continue;
        wanted = true;
        if (!sees_bytes) {
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

/* Looks for the texts, each by itself, where the newest bytes end them. */
static void search_window(unsigned processor, size_t newest, uint64_t remaining)
{
    for (unsigned index = 0; index < configuration.milestone_count; index++) {
        const struct milestone *milestone = &configuration.milestones[index];
        if (milestone->trigger != BY_TEXT || channel->milestones[index].reached) continue;
        size_t begun = milestone->text_length - 1;
        size_t from = window_length - newest > begun ? window_length - newest - begun : 0;
        uint8_t *found = memmem(window + from, window_length - from, milestone->text, milestone->text_length);
        if (!found) continue;
        size_t behind = (size_t)(found - window) + milestone->text_length;
        struct moment moment = {
            last.instructions, last.blocks, known_bytes - (window_length - behind), remaining, last.address};
        milestone_reached(index, processor, &moment);
    }
}

/* Makes room for new bytes. What has been searched may go, but for a text that has only begun. */
static size_t room_in_window(void)
{
    size_t keep = sizeof configuration.milestones[0].text;
    if (window_length > sizeof window / 2) {
        memmove(window, window + window_length - keep, keep);
        window_length = keep;
    }
    return sizeof window - window_length;
}

/* The last port output has made it so many bytes. */
static void count_bytes(unsigned processor, uint64_t size, uint64_t remaining)
{
    last.serial_bytes = size;
    log_output(&last);
    for (unsigned index = 0; index < configuration.milestone_count; index++) {
        const struct milestone *milestone = &configuration.milestones[index];
        if (milestone->trigger == BY_SERIAL_BYTES && size >= milestone->number) {
            struct moment moment = {last.instructions, last.blocks, size, remaining, last.address};
            milestone_reached(index, processor, &moment);
        }
    }
}

/* ---- By the port's file. ---- */

static void read_new_bytes(unsigned processor, uint64_t size, uint64_t remaining)
{
    while (known_bytes < size) {
        size_t room = room_in_window();
        if (room > size - known_bytes) room = (size_t)(size - known_bytes);
        ssize_t count = pread(serial_file, window + window_length, room, (off_t)known_bytes);
        if (count <= 0) {
            known_bytes = size;
            return;
        }
        window_length += (size_t)count;
        known_bytes += (uint64_t)count;
        search_window(processor, (size_t)count, remaining);
    }
}

/* `remaining` instructions of the current block lie behind the output that ran last, as far as is known. */
static void notice_new_bytes(unsigned processor, uint64_t remaining)
{
    if (configuration.serial[0] == '\0') return;
    if (serial_file < 0) {
        serial_file = open(configuration.serial, O_RDONLY | O_CLOEXEC);
        if (serial_file < 0) return;
    }
    struct stat status;
    if (fstat(serial_file, &status) < 0 || (uint64_t)status.st_size <= known_bytes) return;
    uint64_t size = (uint64_t)status.st_size;
    count_bytes(processor, size, remaining);
    read_new_bytes(processor, size, remaining);
}

/* The instruction's place: its address and how many of its block's instructions come behind it. */
struct output_site {
    uint64_t address : 52;
    uint64_t behind : 12;
};

_Static_assert(sizeof(struct output_site) == sizeof(void *), "a place fits a pointer");

static struct output_site site_in(const void *data)
{
    struct output_site site;
    memcpy(&site, &data, sizeof site);
    return site;
}

static void note_output(unsigned processor, struct output_site site)
{
    counters_sum(processor, &last.instructions, &last.blocks);
    last.instructions -= site.behind;
    /* Addresses are 52 bits wide here, of which the uppermost says what stands above it. */
    last.address = site.address | (site.address >> 51 ? 0xfff0000000000000 : 0);
    last.serial_bytes = 0;
}

static void output(unsigned processor, void *data)
{
    pthread_mutex_lock(&lock);
    notice_new_bytes(processor, 0);
    note_output(processor, site_in(data));
    if (configuration.serial[0] == '\0') log_output(&last);
    pthread_mutex_unlock(&lock);
}

static void behind_output(unsigned processor, void *data)
{
    pthread_mutex_lock(&lock);
    notice_new_bytes(processor, site_in(data).behind);
    pthread_mutex_unlock(&lock);
}

/* ---- By the registers. ---- */

static void send_byte(unsigned processor, struct output_site site, uint8_t byte)
{
    note_output(processor, site);
    known_bytes++;
    count_bytes(processor, known_bytes, site.behind);
    room_in_window();
    window[window_length++] = byte;
    search_window(processor, 1, site.behind);
}

/* The output of `size` bytes, which go to as many ports. */
static void output_value(unsigned processor, struct output_site site, uint64_t value, unsigned size)
{
    uint64_t port;
    if (!register_read(PORT, &port)) return;
    pthread_mutex_lock(&lock);
    for (unsigned index = 0; index < size; index++) {
        uint8_t byte = (uint8_t)(value >> 8 * index);
        if (uart_sends((uint16_t)(port + index), byte)) send_byte(processor, site, byte);
    }
    pthread_mutex_unlock(&lock);
}

static void output_byte(unsigned processor, void *data)
{
    uint64_t value;
    if (register_read(ACCUMULATOR, &value)) output_value(processor, site_in(data), value, 1);
}

/* Of 16 or 32 bits: nobody reaches a serial port's upper registers by these, so that the lower half will do. */
static void output_word(unsigned processor, void *data)
{
    uint64_t value;
    if (register_read(ACCUMULATOR, &value)) output_value(processor, site_in(data), value, 2);
}

/* OUTS has read a part of its string, and will output it. */
static void output_string(unsigned processor, qemu_plugin_meminfo_t info, uint64_t address, void *data)
{
    (void)address;
    if (qemu_plugin_mem_is_store(info)) return;
    qemu_plugin_mem_value value = qemu_plugin_mem_get_value(info);
    switch (value.type) {
    case QEMU_PLUGIN_MEM_VALUE_U8: output_value(processor, site_in(data), value.data.u8, 1); break;
    case QEMU_PLUGIN_MEM_VALUE_U16: output_value(processor, site_in(data), value.data.u16, 2); break;
    case QEMU_PLUGIN_MEM_VALUE_U32: output_value(processor, site_in(data), value.data.u32, 4); break;
    default: break;
    }
}

/* ---- Instrumentation. ---- */

/* The instruction's operation code where it is an OUT or OUTS in any form, behind any prefixes; else 0. */
static uint8_t output_code(const struct qemu_plugin_insn *instruction)
{
    uint8_t bytes[16];
    size_t size = instruction_bytes(instruction, bytes, sizeof bytes);
    size_t at = 0;
    while (at < size && (bytes[at] == 0x66 || bytes[at] == 0x67 || bytes[at] == 0xf2 || bytes[at] == 0xf3)) at++;
    if (at < size && host.x86_64 && (bytes[at] & 0xf8) == 0x48) at++;
    uint8_t code = at < size ? bytes[at] : 0;
    bool is_output =
        code == 0xe6 || code == 0xe7 || code == 0xee || code == 0xef || code == 0x6e || code == 0x6f;
    return is_output ? code : 0;
}

static uint64_t *follower(uint64_t address)
{
    uint64_t *slot = &followers[(address * 0x9e3779b97f4a7c15u) >> 52];
    return *slot == 0 || *slot == address ? slot : NULL;
}

/* An output whose port and value the registers tell. One to a port in its own code reaches no serial port. */
static void instrument_by_registers(struct qemu_plugin_insn *instruction, uint8_t code, void *data)
{
    if (code == 0x6e || code == 0x6f) {
        qemu_plugin_register_vcpu_mem_cb(instruction, output_string, register_flags(), QEMU_PLUGIN_MEM_RW, data);
    } else if (code == 0xee || code == 0xef) {
        qemu_plugin_register_vcpu_insn_exec_cb(
            instruction, code == 0xee ? output_byte : output_word, register_flags(), data);
    }
}

/* An output whose doing shows in the port's file, by the time that what follows it runs. */
static void instrument_by_file(struct qemu_plugin_tb *block, size_t position, void *data)
{
    struct qemu_plugin_insn *instruction = qemu_plugin_tb_get_insn(block, position);
    qemu_plugin_register_vcpu_insn_exec_cb(instruction, output, QEMU_PLUGIN_CB_NO_REGS, data);
    if (position + 1 < qemu_plugin_tb_n_insns(block)) {
        qemu_plugin_register_vcpu_insn_exec_cb(
            qemu_plugin_tb_get_insn(block, position + 1), behind_output, QEMU_PLUGIN_CB_NO_REGS, data);
    } else {
        uint64_t next = qemu_plugin_insn_vaddr(instruction) + qemu_plugin_insn_size(instruction);
        uint64_t *slot = follower(next);
        if (slot) *slot = next;
    }
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
        uint8_t code = output_code(instruction);
        if (code == 0) continue;
        struct output_site site = {
            .address = qemu_plugin_insn_vaddr(instruction) & 0xfffffffffffff, .behind = length - position - 1};
        void *data;
        memcpy(&data, &site, sizeof data);
        if (by_registers) {
            instrument_by_registers(instruction, code, data);
        } else {
            instrument_by_file(block, position, data);
        }
    }
}

void serial_end(void)
{
    if (!watching) return;
    pthread_mutex_lock(&lock);
    notice_new_bytes(0, 0);
    pthread_mutex_unlock(&lock);
}

// The first task of the GNU Mach guest: prints milestones on the kernel's console, works for a moment, and switches
// the machine off.
//
// The kernel starts it as a boot module whose command line names two ports, as the last of the arguments:
//   bootstrap ${host-port} ${device-port} $(task-create) $(task-resume)
// It uses no library: the messages below are laid out by hand, as the interfaces device, mach_host and mach_i386
// describe them.
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint32_t port;

struct header {
    uint32_t bits, size;
    port remote, local;
    uint32_t sequence, id;
};

// What precedes each item of a message: its type (8 bits), bits each (8), how many (12), then flags.
enum { TYPE_BOOLEAN = 0, TYPE_SHORT = 1, TYPE_INTEGER = 2, TYPE_CHARACTER = 8, TYPE_STRING = 12, TYPE_COPY_SEND = 19,
       INLINE = 1 << 28, LONG_FORM = 1 << 29 };
#define ITEM(type, bits, count) ((type) | (bits) << 8 | (uint32_t)(count) << 16 | INLINE)

// The remote port's right is copied; the kernel may answer once through the local port.
enum { COPY_SEND_MAKE_SEND_ONCE = 19 | 21 << 8, HAS_PORTS = (int)0x80000000, SEND_AND_RECEIVE = 1 | 2, NO_TIMEOUT = 0 };
enum { DEVICE_OPEN = 2800, DEVICE_WRITE_INBAND = 2803, HOST_GET_TIME = 2634, HOST_REBOOT = 2635,
       IO_PERM_CREATE = 3805, IO_PERM_MODIFY = 3806 };
enum { MODE_WRITE = 2, NAME_BYTES = 128, INBAND_BYTES = 128, REBOOT_HALT = 8 };
// The power management of QEMU's PC: its control register, and what switches it off.
enum { PM1_CONTROL = 0x604, SLEEP_ENABLE = 1 << 13 };

// Every answer begins like this; `code` is 0 for success.
struct reply {
    struct header header;
    uint32_t code_type, code, value_type, value;
    // Room for longer answers and for the kernel's trailer.
    uint8_t rest[64];
};

uint32_t mach_msg_trap(void *message, uint32_t options, uint32_t send_bytes, uint32_t receive_bytes, port receive_from,
                       uint32_t timeout, port notify);
port mach_reply_port(void);
port mach_task_self(void);
_Noreturn void bootstrap(int count, char **arguments);

static port reply_port;
static port console;

// Sends `request` and waits for its answer, which takes the request's place.
// A request that carries ports in its body is marked so beforehand.
static bool call(void *request, uint32_t bytes, uint32_t room, port remote, uint32_t id) {
    struct header *header = request;
    *header = (struct header){header->bits | COPY_SEND_MAKE_SEND_ONCE, bytes, remote, reply_port, 0, id};
    if (mach_msg_trap(request, SEND_AND_RECEIVE, bytes, room, reply_port, NO_TIMEOUT, 0) != 0) {
        return false;
    }
    return ((struct reply *)request)->code == 0;
}

// The compiler calls this to clear what an initialiser leaves out.
void *memset(void *bytes, int value, size_t count);

void *memset(void *bytes, int value, size_t count) {
    for (size_t index = 0; index < count; index++) {
        ((uint8_t *)bytes)[index] = (uint8_t)value;
    }
    return bytes;
}

static void copy_bytes(char *to, const char *from, uint32_t count) {
    for (uint32_t index = 0; index < count; index++) {
        to[index] = from[index];
    }
}

static uint32_t length(const char *text) {
    uint32_t count = 0;
    while (text[count] != 0) {
        count++;
    }
    return count;
}

// The device called `name`, open for writing, or 0.
static port open_device(port master, const char *name) {
    union {
        struct {
            struct header header;
            uint32_t mode_type, mode;
            uint32_t name_header;
            uint16_t name_type, name_bits;
            uint32_t name_count;
            char name[NAME_BYTES];
        } request;
        struct reply reply;
    } message = {.request = {
        .mode_type = ITEM(TYPE_INTEGER, 32, 1), .mode = MODE_WRITE,
        .name_header = INLINE | LONG_FORM, .name_type = TYPE_STRING, .name_bits = 8 * NAME_BYTES, .name_count = 1,
    }};
    copy_bytes(message.request.name, name, length(name));
    if (!call(&message, sizeof(message.request), sizeof(message), master, DEVICE_OPEN)) {
        return 0;
    }
    return message.reply.value;
}

// Writes at most INBAND_BYTES characters.
static void write_console(const char *text, uint32_t count) {
    union {
        struct {
            struct header header;
            uint32_t mode_type, mode, record_type, record, data_type;
            char data[INBAND_BYTES];
        } request;
        struct reply reply;
    } message = {.request = {
        .mode_type = ITEM(TYPE_INTEGER, 32, 1), .record_type = ITEM(TYPE_INTEGER, 32, 1),
        .data_type = ITEM(TYPE_CHARACTER, 8, count),
    }};
    copy_bytes(message.request.data, text, count);
    uint32_t bytes = offsetof(__typeof__(message.request), data) + ((count + 3) & ~3u);
    call(&message, bytes, sizeof(message), console, DEVICE_WRITE_INBAND);
}

static void print(const char *text) {
    write_console(text, length(text));
}

// The right to use the machine's ports `first` to `last`, or 0.
static port create_port_right(port master, uint16_t first, uint16_t last) {
    union {
        struct {
            struct header header;
            uint32_t first_type, first, last_type, last;
        } request;
        struct reply reply;
    } message = {.request = {
        .first_type = ITEM(TYPE_SHORT, 16, 1), .first = first, .last_type = ITEM(TYPE_SHORT, 16, 1), .last = last,
    }};
    if (!call(&message, sizeof(message.request), sizeof(message), master, IO_PERM_CREATE)) {
        return 0;
    }
    return message.reply.value;
}

static bool take_ports(port right) {
    union {
        struct {
            struct header header;
            uint32_t right_type, right, enable_type, enable;
        } request;
        struct reply reply;
    } message = {.request = {
        .header = {.bits = HAS_PORTS}, .right_type = ITEM(TYPE_COPY_SEND, 32, 1), .right = right,
        .enable_type = ITEM(TYPE_BOOLEAN, 32, 1), .enable = 1,
    }};
    return call(&message, sizeof(message.request), sizeof(message), mach_task_self(), IO_PERM_MODIFY);
}

// This kernel stops the processor but leaves the machine on, so the task switches it off itself.
static void power_off(port master) {
    port right = create_port_right(master, PM1_CONTROL, PM1_CONTROL + 1);
    if (right != 0 && take_ports(right)) {
        __asm__ volatile("outw %0, %1" : : "a"((uint16_t)SLEEP_ENABLE), "d"((uint16_t)PM1_CONTROL));
    }
}

static void halt_machine(port host) {
    union {
        struct {
            struct header header;
            uint32_t options_type, options;
        } request;
        struct reply reply;
    } message = {.request = {.options_type = ITEM(TYPE_INTEGER, 32, 1), .options = REBOOT_HALT}};
    call(&message, sizeof(message.request), sizeof(message), host, HOST_REBOOT);
}

// Asks the kernel for the time: a call that does little but cross into the kernel and back.
static bool ask_time(port host) {
    union {
        struct header request;
        struct reply reply;
    } message = {0};
    return call(&message, sizeof(message.request), sizeof(message), host, HOST_GET_TIME);
}

// Memory that the task touches for the first time, page by page: each page is a fault that the kernel serves.
enum { TOUCHED_BYTES = 4 << 20, PAGE_BYTES = 4096, TIME_CALLS = 2000 };
static volatile uint8_t touched[TOUCHED_BYTES];

static void touch_memory(void) {
    for (uint32_t offset = 0; offset < TOUCHED_BYTES; offset += PAGE_BYTES) {
        touched[offset] = 1;
    }
}

static uint32_t call_kernel(port host) {
    uint32_t answered = 0;
    for (uint32_t turn = 0; turn < TIME_CALLS; turn++) {
        answered += ask_time(host);
    }
    return answered;
}

static port read_port(const char *text) {
    port name = 0;
    for (; *text >= '0' && *text <= '9'; text++) {
        name = name * 10 + (port)(*text - '0');
    }
    return name;
}

void bootstrap(int count, char **arguments) {
    if (count >= 3) {
        // What precedes them differs: GRUB passes the module's name, QEMU its file name too.
        port host = read_port(arguments[count - 2]);
        port master = read_port(arguments[count - 1]);
        reply_port = mach_reply_port();
        console = open_device(master, "console");
        print("bootstrap: started\r\n");
        print("bootstrap: memory\r\n");
        touch_memory();
        print("bootstrap: calls\r\n");
        if (call_kernel(host) == TIME_CALLS) {
            print("BOOT-COMPLETE\r\n");
        } else {
            print("panic: bootstrap: the kernel does not tell the time\r\n");
        }
        power_off(master);
        halt_machine(host);
    }
    // Without ports there is no one to tell: an instruction that no task may execute stops the boot here.
    for (;;) {
        __asm__ volatile("hlt");
    }
}

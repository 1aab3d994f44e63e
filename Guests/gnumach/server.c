// A second task for GNU Mach, at the same addresses as the first: it does a known amount of work, then waits for a
// message that never comes.
#include <stddef.h>
#include <stdint.h>

uint32_t mach_msg_trap(void *message, uint32_t options, uint32_t send_bytes, uint32_t receive_bytes,
                       uint32_t receive_from, uint32_t timeout, uint32_t notify);
uint32_t mach_reply_port(void);
_Noreturn void bootstrap(int count, char **arguments);

enum { RECEIVE = 2, ROUNDS = 3, TURNS = 100000 };

// Two instructions a turn.
static void spin(uint32_t turns) {
    __asm__ volatile("1: decl %0\n jnz 1b" : "+r"(turns));
}

static void serve(void) {
    for (uint32_t round = 0; round < ROUNDS; round++) {
        spin(TURNS);
    }
}

void bootstrap(int count, char **arguments) {
    (void)count;
    (void)arguments;
    serve();
    uint32_t port = mach_reply_port();
    for (;;) {
        uint32_t message[64];
        mach_msg_trap(message, RECEIVE, 0, sizeof message, port, 0, 0);
    }
}

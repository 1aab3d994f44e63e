// Between fork and execve only async-signal-safe calls are made: the caller is a program with threads.
#define _GNU_SOURCE
#include "CBootLauncher.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

int64_t bootmark_monotonic(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int bootmark_exit_status(int status) { return WIFEXITED(status) ? WEXITSTATUS(status) : -1; }

int bootmark_end_signal(int status) { return WIFSIGNALED(status) ? WTERMSIG(status) : 0; }

pid_t bootmark_peer(int socket) {
    struct ucred peer;
    socklen_t size = sizeof peer;
    return getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 ? peer.pid : -1;
}

int bootmark_accept(int listener) { return accept4(listener, NULL, NULL, SOCK_CLOEXEC); }

int bootmark_event(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }

void bootmark_widen_pipe(int pipe) {
    for (int size = 1 << 20; size > 1 << 16; size >>= 1)
        if (fcntl(pipe, F_SETPIPE_SZ, size) >= 0) return;
}

static void tell(int reports, const struct bootmark_report *report) {
    // A caller that is gone reads nothing; the guard then sees the closed control pipe.
    ssize_t written = write(reports, report, sizeof *report);
    (void)written;
}

static void reset_signals(void) {
    sigset_t none;
    sigemptyset(&none);
    for (int number = 1; number < NSIG; number++)
        if (number != SIGKILL && number != SIGSTOP) signal(number, SIG_DFL);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

/// Moves the descriptors to 0, 1, 2 and, where there is a fourth, 3; closes the rest but `kept`, which is above.
static void keep_descriptors(int input, int output, int error, int shared, int kept) {
    dup2(input, 0);
    dup2(output, 1);
    dup2(error, 2);
    // The guard keeps its descriptors from 10 on, so this one is moved, and loses its close-on-exec.
    int first = shared >= 0 && dup2(shared, 3) == 3 ? 4 : 3;
    if (kept > first) syscall(SYS_close_range, first, kept - 1, 0);
    syscall(SYS_close_range, kept + 1, ~0U, 0);
}

static _Noreturn void become_program(const struct bootmark_command *command, int gate, pid_t guard) {
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != guard) _exit(127);
    reset_signals();
    if (command->processor >= 0) {
        cpu_set_t set;
        CPU_ZERO(&set);
        CPU_SET(command->processor, &set);
        sched_setaffinity(0, sizeof set, &set);
    }
    int failure = 0;
    if (command->folder && chdir(command->folder) != 0) failure = errno;
    char go = 0;
    while (read(gate, &go, 1) < 0 && errno == EINTR) continue;
    if (go != 'G') _exit(127);
    if (!failure) {
        execve(command->program, command->arguments, command->environment);
        failure = errno;
    }
    ssize_t written = write(gate, &failure, sizeof failure);
    (void)written;
    _exit(127);
}

/// Relays 'G' to the program, reaps it, and kills its group when the caller lets go.
static _Noreturn void guard_program(const struct bootmark_command *command, int control, int reports) {
    setsid();
    prctl(PR_SET_NAME, "bootmark-guard");
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    reset_signals();
    // The caller's terminal must not end the guard before it has ended the program.
    signal(SIGPIPE, SIG_IGN);

    int gate[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, gate) != 0) _exit(1);
    sigset_t children;
    sigemptyset(&children);
    sigaddset(&children, SIGCHLD);

    // Before the fork, or the end of a program that is killed at once goes unseen.
    sigprocmask(SIG_BLOCK, &children, NULL);

    pid_t guard = getpid();
    pid_t program = fork();
    if (program == 0) {
        int input = open("/dev/null", O_RDONLY);
        // The gate closes on a successful execve, which the guard sees as an end without an errno.
        int kept = fcntl(gate[1], F_DUPFD_CLOEXEC, 4);
        keep_descriptors(input, command->output, command->error, command->shared, kept);
        become_program(command, kept, guard);
    }
    struct bootmark_report first = {.kind = 'P', .status = program, .error = program < 0 ? errno : 0};
    tell(reports, &first);
    if (program < 0) _exit(1);
    close(gate[1]);

    int signals = signalfd(-1, &children, SFD_CLOEXEC | SFD_NONBLOCK);
    bool failed_to_execute = false, told = false;
    struct pollfd watched[3] = {
        {.fd = signals, .events = POLLIN}, {.fd = control, .events = POLLIN}, {.fd = gate[0], .events = POLLIN}};
    for (;;) {
        if (poll(watched, 3, -1) < 0 && errno != EINTR) break;
        if (watched[2].revents) {
            int failure = 0;
            if (read(gate[0], &failure, sizeof failure) == sizeof failure) {
                failed_to_execute = true;
                struct bootmark_report report = {.kind = 'X', .error = failure, .when = bootmark_monotonic()};
                tell(reports, &report);
            }
            watched[2].fd = -1;
        }
        if (watched[1].revents) {
            char order = 0;
            ssize_t count = read(control, &order, 1);
            if (count == 1 && order == 'G') {
                struct bootmark_report report = {.kind = 'S', .when = bootmark_monotonic()};
                tell(reports, &report);
                count = write(gate[0], &order, 1);
            } else if (count <= 0 && !(count < 0 && errno == EINTR)) {
                kill(-program, SIGKILL);
                kill(program, SIGKILL);
                watched[1].fd = -1;
            }
        }
        if (watched[0].revents) {
            struct signalfd_siginfo ignored;
            while (read(signals, &ignored, sizeof ignored) > 0) continue;
            int status;
            struct rusage usage;
            pid_t ended;
            while ((ended = wait4(-1, &status, WNOHANG, &usage)) > 0) {
                if (ended != program || told) continue;
                told = true;
                if (failed_to_execute) continue;
                struct bootmark_report report = {
                    .kind = 'E',
                    .status = status,
                    .when = bootmark_monotonic(),
                    .user = (int64_t)usage.ru_utime.tv_sec * 1000000 + usage.ru_utime.tv_usec,
                    .system = (int64_t)usage.ru_stime.tv_sec * 1000000 + usage.ru_stime.tv_usec,
                    .resident = usage.ru_maxrss};
                tell(reports, &report);
                // Whatever the program started and left behind goes with it.
                kill(-program, SIGKILL);
            }
            if (ended < 0 && errno == ECHILD) break;
        }
        if (told && watched[1].fd < 0) break;
    }
    _exit(0);
}

int bootmark_launch(const struct bootmark_command *command, struct bootmark_launched *launched) {
    int control[2], reports[2];
    if (pipe2(control, O_CLOEXEC) != 0) return errno;
    if (pipe2(reports, O_CLOEXEC) != 0) {
        int failure = errno;
        close(control[0]);
        close(control[1]);
        return failure;
    }
    // No signal handler of the caller may run in the guard before it has reset them.
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pid_t guard = fork();
    int failure = errno;
    if (guard == 0) {
        struct bootmark_command mine = *command;
        // Out of the way of 0, 1, 2 first, so that no move below overwrites a descriptor that is still needed.
        int reading = fcntl(control[0], F_DUPFD_CLOEXEC, 10), writing = fcntl(reports[1], F_DUPFD_CLOEXEC, 10);
        mine.output = fcntl(command->output, F_DUPFD_CLOEXEC, 10);
        mine.error = fcntl(command->error, F_DUPFD_CLOEXEC, 10);
        mine.shared = command->shared < 0 ? -1 : fcntl(command->shared, F_DUPFD_CLOEXEC, 10);
        int kept[] = {reading, writing, mine.output, mine.error, mine.shared};
        const int kinds = sizeof kept / sizeof kept[0];
        int highest = 0;
        for (int index = 0; index < kinds; index++)
            if (kept[index] > highest) highest = kept[index];
        for (int descriptor = 0; descriptor < highest; descriptor++) {
            bool needed = false;
            for (int index = 0; index < kinds; index++) needed |= kept[index] == descriptor;
            if (!needed) close(descriptor);
        }
        syscall(SYS_close_range, highest + 1, ~0U, 0);
        guard_program(&mine, reading, writing);
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    close(control[0]);
    close(reports[1]);
    struct bootmark_report first = {0};
    if (guard > 0) {
        ssize_t count;
        do count = read(reports[0], &first, sizeof first);
        while (count < 0 && errno == EINTR);
        if (count == sizeof first && first.kind == 'P' && first.error == 0) {
            *launched = (struct bootmark_launched){
                .guard = guard, .program = first.status, .control = control[1], .reports = reports[0]};
            return 0;
        }
        failure = first.error ? first.error : ECHILD;
        waitpid(guard, NULL, 0);
    }
    close(control[1]);
    close(reports[0]);
    return failure;
}

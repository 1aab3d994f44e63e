// Between fork and execve only async-signal-safe calls are made: the caller is a program with threads.
#define _GNU_SOURCE
#include "CBootLauncher.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
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

int bootmark_pipe(int *reading, int *writing) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) return errno;
    *reading = ends[0];
    *writing = ends[1];
    return 0;
}

const char *bootmark_image(void) {
    Dl_info image;
    struct link_map *map = NULL;
    if (!dladdr1((void *)&bootmark_image, &image, (void **)&map, RTLD_DL_LINKMAP) || !map) return "";
    // The program itself has no name among the loaded files.
    return map->l_name && map->l_name[0] ? map->l_name : "/proc/self/exe";
}

void bootmark_widen_pipe(int pipe) {
    for (int size = 1 << 20; size > 1 << 16; size >>= 1)
        if (fcntl(pipe, F_SETPIPE_SZ, size) >= 0) return;
}

static void tell(int reports, const struct bootmark_report *report) {
    // A caller that is gone reads nothing; the guard then sees the closed control socket.
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

/// Where a program's descriptors lie in the guard: out of the way of the places that they have in the program.
enum { FIRST_FREE = 10 };

/// What a program's part shares with its guard, which sleeps meanwhile: the program runs in the guard's memory
/// until it executes.
struct start {
    const struct bootmark_command *command;
    int control, reports;
    pid_t guard;
    volatile bool failed_to_execute;
};

static void place(int descriptor, int at) {
    if (descriptor >= 0) dup2(descriptor, at);
}

/// Waits for 'G' and becomes the program. All other descriptors close as it does.
static _Noreturn void become_program(struct start *start) {
    const struct bootmark_command *command = start->command;
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != start->guard) _exit(127);
    reset_signals();
    if (command->processor >= 0) {
        cpu_set_t set;
        CPU_ZERO(&set);
        CPU_SET(command->processor, &set);
        sched_setaffinity(0, sizeof set, &set);
    }
    int failure = 0;
    if (command->folder && chdir(command->folder) != 0) failure = errno;
    place(open("/dev/null", O_RDONLY | O_CLOEXEC), 0);
    // Where it was opened as 0 already.
    fcntl(0, F_SETFD, 0);
    place(command->output, 1);
    place(command->error, 2);
    for (int index = 0; index < BOOTMARK_PASSED; index++) place(command->passed[index], 3 + index);

    struct bootmark_report report = {.kind = 'P', .status = getpid()};
    tell(start->reports, &report);
    char order = 0;
    while (read(start->control, &order, 1) < 0 && errno == EINTR) continue;
    if (order != 'G') _exit(127);
    report = (struct bootmark_report){.kind = 'S', .when = bootmark_monotonic()};
    tell(start->reports, &report);
    if (!failure) {
        execve(command->program, command->arguments, command->environment);
        failure = errno;
    }
    start->failed_to_execute = true;
    report = (struct bootmark_report){.kind = 'X', .error = failure, .when = bootmark_monotonic()};
    tell(start->reports, &report);
    _exit(127);
}

/// Starts the program, reaps it, and kills its group when the caller lets go.
static _Noreturn void guard_program(const struct bootmark_command *command, int control, int reports) {
    setsid();
    prctl(PR_SET_NAME, "bootmark-guard");
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    reset_signals();
    // The caller's terminal must not end the guard before it has ended the program.
    signal(SIGPIPE, SIG_IGN);

    sigset_t children;
    sigemptyset(&children);
    sigaddset(&children, SIGCHLD);
    // Before the fork, or the end of a program that is killed at once goes unseen.
    sigprocmask(SIG_BLOCK, &children, NULL);

    struct start start = {.command = command, .control = control, .reports = reports, .guard = getpid()};
    // vfork, since a copy of this copy of the caller's memory would cost more than all else here. The guard sleeps
    // until the program has executed or ended; who lets go meanwhile is seen by the program's part itself.
    pid_t program = vfork();
    if (program == 0) become_program(&start);
    if (program < 0) {
        struct bootmark_report report = {.kind = 'P', .error = errno};
        tell(reports, &report);
        _exit(1);
    }
    for (int index = 0; index < BOOTMARK_PASSED; index++)
        if (command->passed[index] >= 0) close(command->passed[index]);

    int signals = signalfd(-1, &children, SFD_CLOEXEC | SFD_NONBLOCK);
    bool told = false;
    struct pollfd watched[2] = {{.fd = signals, .events = POLLIN}, {.fd = control, .events = POLLIN}};
    for (;;) {
        if (poll(watched, 2, -1) < 0 && errno != EINTR) break;
        if (watched[1].revents) {
            char order = 0;
            ssize_t count = read(control, &order, 1);
            if (count <= 0 && !(count < 0 && errno == EINTR)) {
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
                if (start.failed_to_execute) continue;
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

/// Moves a descriptor out of the way; -1 stays.
static int moved(int descriptor) {
    return descriptor < 0 ? -1 : fcntl(descriptor, F_DUPFD_CLOEXEC, FIRST_FREE);
}

int bootmark_launch(const struct bootmark_command *command, struct bootmark_launched *launched) {
    int control[2], reports[2];
    // A socket rather than a pipe: to write to a guard that is gone must not end the caller by SIGPIPE.
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, control) != 0) return errno;
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
        int reading = moved(control[0]), writing = moved(reports[1]);
        mine.output = moved(command->output);
        mine.error = moved(command->error);
        int kept[4 + BOOTMARK_PASSED] = {reading, writing, mine.output, mine.error};
        for (int index = 0; index < BOOTMARK_PASSED; index++)
            kept[4 + index] = mine.passed[index] = moved(command->passed[index]);
        int highest = 0;
        for (int index = 0; index < 4 + BOOTMARK_PASSED; index++)
            if (kept[index] > highest) highest = kept[index];
        for (int descriptor = 0; descriptor < highest; descriptor++) {
            bool needed = false;
            for (int index = 0; index < 4 + BOOTMARK_PASSED; index++) needed |= kept[index] == descriptor;
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

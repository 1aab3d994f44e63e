#ifndef BOOTMARK_LAUNCHER_H
#define BOOTMARK_LAUNCHER_H

#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

/// How many descriptors a program may be given beside its standard ones.
enum { BOOTMARK_PASSED = 2 };

/// What is to be started. All pointers must live until bootmark_launch returns.
struct bootmark_command {
    /// The program's full path.
    const char *_Nonnull program;
    /// Its arguments, the program's name first, ended by NULL.
    char *_Nullable const *_Nonnull arguments;
    /// Its environment, ended by NULL.
    char *_Nullable const *_Nonnull environment;
    /// The folder that it starts in; NULL for the caller's.
    const char *_Nullable folder;
    /// Its standard output and standard error; its standard input reads nothing.
    int output, error;
    /// More descriptors that it finds as its 3, 4 and so on; -1 for none.
    int passed[BOOTMARK_PASSED];
    /// The processor that it is pinned to, or -1.
    int processor;
};

/// A started guard and its program, which waits until it is released.
struct bootmark_launched {
    /// The guard: a child of the caller, to be waited for.
    pid_t guard;
    /// The program, which the guard reaps.
    pid_t program;
    /// Send 'G' to let the program go; close to have it and all of its process group killed.
    int control;
    /// Yields one bootmark_report when the program was let go (kind 'S') and one when it ended (kind 'E').
    int reports;
};

/// What a guard tells.
struct bootmark_report {
    /// 'S': started; 'E': ended; 'X': could not be executed.
    char kind;
    /// With 'X': errno.
    int error;
    /// With 'E': the status as wait4 gives it.
    int status;
    /// CLOCK_MONOTONIC in nanoseconds at this event.
    int64_t when;
    /// With 'E': user and system time in microseconds and the largest resident set in KiB.
    int64_t user, system, resident;
};

/// Starts a guard process that in turn starts the program, stopped before its execve.
///
/// The guard ends the program and its process group as soon as the control socket has no other end, so that the
/// death of the caller by whatever signal, SIGKILL too, leaves nothing behind. (PR_SET_PDEATHSIG alone will
/// not do: it follows the caller's thread, and threads of a pool come and go.)
/// @return 0, or an errno.
int bootmark_launch(const struct bootmark_command *_Nonnull command, struct bootmark_launched *_Nonnull launched);

/// The exit status in a status of wait4, or -1 where a signal ended the program.
int bootmark_exit_status(int status);
/// The signal in a status of wait4, or 0 where the program exited.
int bootmark_end_signal(int status);
/// Nanoseconds of CLOCK_MONOTONIC.
int64_t bootmark_monotonic(void);
/// The process at the other end of a connected local socket, or -1.
pid_t bootmark_peer(int socket);
/// accept4 with close-on-exec: Swift sees neither, since they want _GNU_SOURCE.
int bootmark_accept(int listener);
/// A descriptor that becomes readable once 8 bytes are written to it; closed on exec, never blocks.
int bootmark_event(void);
/// A pipe whose ends never block and close on exec; 0 or an errno.
int bootmark_pipe(int *_Nonnull reading, int *_Nonnull writing);
/// The path of the program or library that holds this code; empty where it cannot be told.
const char *_Nonnull bootmark_image(void);
/// Makes a pipe hold as much as the system lets it; for pipes that a guest writes to.
void bootmark_widen_pipe(int pipe);

#endif

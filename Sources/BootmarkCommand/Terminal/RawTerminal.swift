import Glibc

/// A terminal whose keys arrive one by one and whose screen is ours, until it is given back.
///
/// It is given back on every way out: by `giveBack`, and by signals that end or crash the process, whose handlers
/// do so before the signal takes its course. Only one lives at a time.
final class RawTerminal {
    /// What a signal handler needs, which may neither allocate nor lock. Written before the handlers are set and
    /// not again until they are gone; the flag alone changes meanwhile, and a signal that meets it in between
    /// restores what is restored already.
    private struct Saved {
        var descriptor: Int32 = -1
        var settings = termios()
        var isOurs = false
        var resized: Int32 = -1
    }

    // Signal handlers take no context, so this cannot live in the object. Guarded as said above.
    private nonisolated(unsafe) static var saved = Saved()

    // Alternate screen, no cursor, no wrapping, clicks and the wheel.
    private static let taking: StaticString =
        "\u{1B}[?1049h\u{1B}[?25l\u{1B}[?7l\u{1B}[?1000h\u{1B}[?1006h\u{1B}[2J"
    private static let returning: StaticString =
        "\u{1B}[?1006l\u{1B}[?1000l\u{1B}[?7h\u{1B}[?25h\u{1B}[0m\u{1B}[?1049l"
    private static let endings = [SIGINT, SIGTERM, SIGHUP, SIGQUIT]
    private static let crashes = [SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV]

    private let descriptor: Int32
    private let resizes: Int32

    /// Takes the controlling terminal; nil where there is none, or where the process's output goes elsewhere.
    init?() {
        guard isatty(STDOUT_FILENO) == 1 else { return nil }
        descriptor = open("/dev/tty", O_RDWR | O_CLOEXEC)
        var pipes: [Int32] = [-1, -1]
        guard descriptor >= 0, tcgetattr(descriptor, &Self.saved.settings) == 0,
            pipe(&pipes) == 0
        else {
            if descriptor >= 0 { close(descriptor) }
            return nil
        }
        for end in pipes {
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
        }
        resizes = pipes[0]
        Self.saved.descriptor = descriptor
        Self.saved.resized = pipes[1]
        take()
        for number in Self.endings + Self.crashes { Self.handle(number, Self.end) }
        Self.handle(SIGWINCH) { _ in
            var byte: UInt8 = 0
            _ = Glibc.write(RawTerminal.saved.resized, &byte, 1)
        }
    }

    deinit {
        giveBack()
        for number in Self.endings + Self.crashes + [SIGWINCH] { signal(number, SIG_DFL) }
        close(descriptor)
        close(resizes)
        close(Self.saved.resized)
    }

    /// Takes the screen and the keys.
    func take() {
        var raw = Self.saved.settings
        cfmakeraw(&raw)
        Self.saved.isOurs = true
        tcsetattr(descriptor, TCSAFLUSH, &raw)
        Self.send(Self.taking)
    }

    /// Gives them back as they were.
    func giveBack() { Self.giveBack() }

    /// Stops the process, as Control-Z does; returns when it goes on.
    func stop() {
        // To this thread, which goes on only when the process does. Threads of a pool have signals blocked.
        var stopping = sigset_t()
        var before = sigset_t()
        sigemptyset(&stopping)
        sigaddset(&stopping, SIGTSTP)
        pthread_sigmask(SIG_UNBLOCK, &stopping, &before)
        raise(SIGTSTP)
        pthread_sigmask(SIG_SETMASK, &before, nil)
    }

    /// The screen's size.
    var size: (rows: Int, columns: Int) {
        var size = winsize()
        guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_row > 0, size.ws_col > 0 else {
            return (24, 80)
        }
        return (Int(size.ws_row), Int(size.ws_col))
    }

    /// What arrived.
    enum Event {
        case bytes([UInt8])
        case resized
        case nothing
        /// The terminal has gone.
        case gone
    }

    /// Waits for keys or a new size, at most `milliseconds`; -1 for as long as it takes.
    func wait(milliseconds: Int32) -> Event {
        var watched = [
            pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0),
            pollfd(fd: resizes, events: Int16(POLLIN), revents: 0),
        ]
        guard poll(&watched, 2, milliseconds) > 0 else { return .nothing }
        var bytes = [UInt8](repeating: 0, count: 4096)
        if watched[1].revents != 0 {
            while read(resizes, &bytes, bytes.count) > 0 {}
            return .resized
        }
        let count = read(descriptor, &bytes, bytes.count)
        guard count > 0 else { return count < 0 && errno == EINTR ? .nothing : .gone }
        return .bytes(Array(bytes.prefix(count)))
    }

    /// Writes what a screen is drawn by.
    func write(_ text: String) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 || errno == EINTR else { return }
            rest = rest.dropFirst(max(0, count))
        }
    }

    private static func handle(_ number: Int32, _ handler: @escaping @convention(c) (Int32) -> Void) {
        var action = sigaction()
        action.__sigaction_handler.sa_handler = handler
        action.sa_flags = SA_RESTART
        sigaction(number, &action, nil)
    }

    /// Gives the terminal back and lets the signal do what it does.
    private static let end: @convention(c) (Int32) -> Void = { number in
        RawTerminal.giveBack()
        signal(number, SIG_DFL)
        raise(number)
    }

    // Called by signal handlers: tcsetattr and write only.
    private static func giveBack() {
        guard saved.isOurs else { return }
        saved.isOurs = false
        send(returning)
        tcsetattr(saved.descriptor, TCSANOW, &saved.settings)
    }

    private static func send(_ text: StaticString) {
        _ = Glibc.write(saved.descriptor, text.utf8Start, text.utf8CodeUnitCount)
    }
}

/// How a boot is followed: its phases, what ends it well, what ends it badly.
public struct BootScript: Sendable, Hashable, Codable {
    /// Where the runner looks for a milestone.
    public enum Channel: String, Sendable, Hashable, Codable, CaseIterable {
        /// The first serial port, or the VGA screen where that port stays silent.
        case console
        /// The first serial port, as raw bytes.
        case serial
        /// The text on a VGA screen, polled.
        case vga
        /// The firmware's debug port (0x402 on a PC).
        case firmware
        /// The guest's own code, watched by the plugin in QEMU: what is counted there repeats exactly.
        case symbol
        /// QEMU's own events, as it announces them over its control connection (QMP): `SHUTDOWN`, `RTC_CHANGE`,
        /// `GUEST_PANICKED`, …
        case qmp
    }

    /// What the runner waits for: a pattern on a channel, a function of the guest that runs, an event of QEMU.
    public struct Milestone: Sendable, Hashable, Codable {
        /// The phase that begins here, or `booted`.
        public var name: String
        /// A regular expression (PCRE2) over the channel's bytes; on `symbol`, the name of a function of the
        /// kernel, or an address in hexadecimal: `0xffffffff81000000`; on `qmp`, the name of an event.
        public var pattern: String
        /// Where it is looked for.
        public var channel: Channel

        /// A milestone.
        public init(name: String, pattern: String, channel: Channel = .console) {
            self.name = name
            self.pattern = pattern
            self.channel = channel
        }
    }

    /// What "booted" means.
    public enum End: Sendable, Hashable, Codable {
        /// The milestone was reached.
        case reached(Milestone)
        /// The guest switched itself off.
        case poweredOff
    }

    /// The name of the milestone that ends a boot.
    public static let booted = "booted"
    /// The phase before the first milestone: QEMU's own start, firmware, boot loader.
    public static let powerOn = "power-on"
    /// What kernels print when they give up: Linux, MINIX, GNU Mach and BSD, at the start of a line.
    public static let usualPanics = [
        #"(?m)^(?:\[[^\]\n]*\] *)?(?:Kernel panic|kernel panic|KERNEL PANIC|panic:|panic |Panic:)[^\n]*"#
    ]

    /// Where each phase begins, in order.
    public var phases: [Milestone]
    /// What ends the boot well.
    public var end: End
    /// Patterns of a panic, on every channel that is read.
    public var panics: [String]

    /// A script.
    public init(phases: [Milestone] = [], end: End, panics: [String] = BootScript.usualPanics) {
        self.phases = phases
        self.end = end
        self.panics = panics
    }
}

/// How a boot ended.
public struct BootOutcome: Sendable, Hashable, Codable {
    /// The kinds of end, told apart because each asks for something else from the reader.
    public enum Kind: String, Sendable, Hashable, Codable, CaseIterable {
        /// The guest reached what the scenario calls booted.
        case booted
        /// The guest said that it panicked.
        case panicked
        /// The guest reset (a triple fault, a reboot after a panic, or a deliberate reboot).
        case reset
        /// The guest switched itself off before it was booted.
        case poweredOff
        /// Nothing more was heard from the guest, and its time ran out.
        case hung
        /// QEMU ended with an error of its own, before or while the guest ran.
        case refused
        /// QEMU was ended by a signal that the runner did not send.
        case crashed
        /// The guest was still talking when its time ran out.
        case timedOut
        /// The runner was told to stop.
        case interrupted
    }

    /// The kind of end.
    public var kind: Kind
    /// One line for a person: the panic's text, QEMU's message, what was last seen. Not cleaned: it may hold
    /// whatever the guest wrote.
    public var detail: String

    /// An end of the kind `kind`.
    public init(_ kind: Kind, detail: String = "") {
        self.kind = kind
        self.detail = detail
    }

    /// Whether the boot's measurements count.
    public var isBooted: Bool { kind == .booted }
}

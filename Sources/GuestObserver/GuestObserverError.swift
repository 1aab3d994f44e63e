/// Why a guest cannot be observed, where that showed, and what to do about it.
public struct GuestObserverError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kinds of trouble.
    public enum Code: Sendable, Hashable {
        /// No C compiler is installed, and the plugin has to be compiled once.
        case noCompiler
        /// The compiler refused the plugin's source.
        case compilerFailed
        /// The folder that keeps the compiled plugin cannot be used.
        case cacheUnusable
        /// QEMU is missing, or cannot be started.
        case noQEMU
        /// This QEMU loads no plugins, or not this one.
        case pluginsUnsupported
        /// A file of the boot cannot be written or read.
        case fileUnusable
        /// The plugin never began: QEMU ended before it started the guest.
        case notStarted
        /// A file that the plugin wrote is not what this Bootmark understands.
        case channelCorrupt
        /// What was asked for cannot be had together.
        case invalidRequest
        /// A file of symbols is not one, is cut short, or holds nothing of use.
        case symbolsUnusable
        /// A file of rules for a kernel is missing or not understood.
        case rulesUnusable
    }

    /// The kind of trouble.
    public var code: Code
    /// The file, program or option at which it showed.
    public var place: String
    /// What is wrong, in one clause.
    public var reason: String
    /// What to do next, as a sentence.
    public var nextStep: String

    /// A reason not to observe a guest.
    public init(_ code: Code, place: String, reason: String, nextStep: String) {
        self.code = code
        self.place = place
        self.reason = reason
        self.nextStep = nextStep
    }

    /// One line: the place, the reason, the next step.
    public var description: String { "\(place): \(reason). \(nextStep)" }
}

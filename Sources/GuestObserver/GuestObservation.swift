/// What the plugin is to watch for in a boot, beyond counting.
public struct GuestObservation: Sendable, Hashable {
    /// A moment that the guest itself defines: what is counted there repeats exactly in an exact boot.
    public enum Milestone: Sendable, Hashable {
        /// The guest has written this text to the serial port, for the first time: at most 256 bytes, and literal.
        case serialText(String)
        /// The guest has written so many bytes to the serial port: for a pattern that an earlier boot of the
        /// same images matched there.
        case serialBytes(UInt64)
        /// The instruction that is linked at this virtual address is about to run.
        case address(UInt64)
    }

    /// Up to 64 milestones. They may come in any order, or not at all.
    public var milestones: [Milestone]
    /// The index of the milestone at which the boot counts as over.
    public var final: Int?
    /// The file that QEMU writes the serial port's bytes to (`-serial file:…`): its growth tells which
    /// instruction wrote which byte. Nil where QEMU writes to none: then the processor's registers tell, where QEMU lets
    /// a plugin read them (QEMU 10), and no milestone can lie on the serial port elsewhere.
    public var serialFile: String?
    /// Whether to keep what was counted at each port output, so that serial milestones can be resolved
    /// afterwards by `GuestCounters.serialLog()`. x86 only.
    public var logsSerial: Bool
    /// Whether that log is left away where nothing tells which output wrote which byte.
    public var logsOnlyBytes: Bool
    /// Blocks between two checkpoints of the rolling hash; nil for no hash, which costs a call per block.
    public var hashInterval: UInt64?
    /// The call stacks to follow; nil for none.
    public var profile: GuestProfileRequest?
    /// Whether to count instructions alone and leave blocks out, which halves what counting costs.
    public var omitsBlocks = false
    /// Whether to count how often each block runs.
    public var countsHotBlocks = false
    /// Whether to count how often each page is read and written.
    public var countsHotPages = false
    /// The image that is booted, for addresses as milestones: early in a boot code runs elsewhere than it is linked.
    public var kernel: KernelImage

    /// Something to watch for.
    public init(
        milestones: [Milestone] = [], final: Int? = nil, serialFile: String? = nil, logsSerial: Bool = false,
        logsOnlyBytes: Bool = false,
        hashInterval: UInt64? = nil, profile: GuestProfileRequest? = nil, kernel: KernelImage = KernelImage()
    ) {
        self.milestones = milestones
        self.final = final
        self.serialFile = serialFile
        self.logsSerial = logsSerial
        self.logsOnlyBytes = logsOnlyBytes
        self.hashInterval = hashInterval
        self.profile = profile
        self.kernel = kernel
    }

    /// Counting alone.
    public static let counting = GuestObservation()

    /// The plugin's configuration: a line for each setting.
    /// - Throws: `GuestObserverError` of code `invalidRequest` where the plugin could not obey.
    func configuration(_ files: BootFiles) throws -> String {
        var lines = ["channel \(try Self.line(files.channel.path))"]
        if let serialFile { lines.append("serial \(try Self.line(serialFile))") }
        if logsSerial {
            let key = logsOnlyBytes ? "outputs-if-bytes" : "outputs"
            lines.append("\(key) \(try Self.line(files.outputs.path))")
        }
        if let hashInterval {
            guard hashInterval > 0 else {
                throw Self.invalid("hash", "an interval of no blocks", "Give at least 1.")
            }
            lines += ["hashes \(try Self.line(files.hashes.path))", "hash-interval \(hashInterval)"]
        }
        if let profile {
            lines += try profile.configuration(
                profile: Self.line(files.profile.path), symbols: Self.line(files.symbols.path))
        } else {
            lines += kernel.configuration
        }
        if countsHotBlocks { lines.append("hot-blocks \(try Self.line(files.hotBlocks.path))") }
        if countsHotPages { lines.append("hot-pages \(try Self.line(files.hotPages.path))") }
        if omitsBlocks { lines.append("without-blocks 1") }
        guard milestones.count <= ChannelLayout.milestones else {
            throw Self.invalid(
                "milestones", "\(milestones.count) are more than \(ChannelLayout.milestones)",
                "Drop some of the phases.")
        }
        lines += try milestones.map(Self.line)
        if let final {
            guard milestones.indices.contains(final) else {
                throw Self.invalid("milestones", "the final one is number \(final), which is none", "Add it.")
            }
            lines.append("final \(final)")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func line(_ milestone: Milestone) throws -> String {
        switch milestone {
        case .serialBytes(let count): return "milestone bytes \(count)"
        case .address(let address): return "milestone address \(address)"
        case .serialText(let text):
            let bytes = Array(text.utf8)
            guard (1...256).contains(bytes.count) else {
                throw invalid("milestone", "a text of \(bytes.count) bytes", "Give 1 to 256 bytes.")
            }
            return "milestone text " + bytes.map { hexadecimal($0) }.joined()
        }
    }

    static func hexadecimal(_ byte: UInt8) -> String {
        (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }

    static func line(_ path: String) throws -> String {
        guard !path.utf8.contains(10), path.utf8.count < 4096 else {
            throw invalid(path, "a path with a line break, or of over 4,095 bytes", "Use another folder.")
        }
        return path
    }

    private static func invalid(_ place: String, _ reason: String, _ nextStep: String) -> GuestObserverError {
        GuestObserverError(.invalidRequest, place: place, reason: reason, nextStep: nextStep)
    }
}

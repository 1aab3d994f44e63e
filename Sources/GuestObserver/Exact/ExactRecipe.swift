/// A QEMU command made deterministic: the same images give the same number of guest instructions in every
/// boot, on any host.
///
/// Method: instruction counting drives the guest's clock (`-icount`), the date and the random numbers are
/// fixed, one processor runs, and nothing that the host does asynchronously reaches the guest. What cannot be
/// made so is refused, with what to change; what may disturb is warned of. The proof is in the repetition:
/// compare two boots' counts and hashes.
public struct ExactRecipe: Sendable, Hashable {
    /// Something about the command that stands in the way.
    public struct Finding: Sendable, Hashable, CustomStringConvertible {
        /// The option at fault, as it was given.
        public var option: String
        /// Why it stands in the way.
        public var reason: String
        /// What to change.
        public var nextStep: String

        /// One line: the option, the reason, the next step.
        public var description: String { "\(option): \(reason). \(nextStep)" }
    }

    private let discIsLifted: Bool
    /// The arguments behind QEMU's name.
    public private(set) var arguments: [String]
    /// What was added or replaced, for the boot's notes.
    public private(set) var changes: [String] = []
    /// What makes an exact boot impossible. Where there is any, do not boot.
    public private(set) var refusals: [Finding] = []
    /// What may make counts differ from boot to boot, or be incomparable.
    public private(set) var warnings: [Finding] = []

    /// Makes a command deterministic.
    ///
    /// - Parameters:
    ///   - arguments: QEMU's arguments, without its name.
    ///   - serialFile: the file that the first serial port is to be written to: sockets and pipes answer when
    ///     their reader does, files at once. Nil leaves the serial port as it is.
    ///   - kernelIsLinux: whether `-kernel` names a Linux kernel, whose address randomisation is switched
    ///     off on its command line.
    ///   - discIsLifted: whether the kernel is lifted out of the CD that the command names, and boots in its
    ///     place, so that the CD is no hindrance.
    public init(arguments: [String], serialFile: String?, kernelIsLinux: Bool, discIsLifted: Bool = false) {
        self.arguments = arguments
        self.discIsLifted = discIsLifted
        findRefusals()
        fix("-icount", "shift=2,sleep=off")
        fix("-rtc", "base=2020-01-01,clock=vm")
        if value(of: "-seed") == nil { fix("-seed", "1") }
        if value(of: "-smp") == nil { fix("-smp", "1") }
        if acceleratorOptions.isEmpty { fix("-accel", "tcg") }
        if let serialFile { fixSerial(serialFile) }
        if kernelIsLinux { fixRandomisation() }
        findWarnings()
    }

    /// Whether a file begins like a Linux kernel for x86 (a bzImage): its first 1,024 bytes decide.
    public static func isLinuxKernel(_ head: [UInt8]) -> Bool {
        head.count >= 0x206 && Array(head[0x202..<0x206]) == Array("HdrS".utf8)
    }

    // MARK: What is changed

    private mutating func fix(_ option: String, _ wanted: String) {
        let existing = value(of: option)
        guard existing != wanted else { return }
        remove(option)
        arguments += [option, wanted]
        let replaced = existing.map { " instead of \($0)" } ?? ""
        changes.append("\(option) \(wanted)\(replaced)")
    }

    private mutating func fixSerial(_ file: String) {
        let wanted = "file:\(file)"
        let index = arguments.indices.first { arguments[$0] == "-serial" }
        guard let index, index + 1 < arguments.count else {
            arguments += ["-serial", wanted]
            changes.append("-serial to a file")
            return
        }
        if arguments[index + 1].hasPrefix("chardev:") {
            warnings.append(
                Finding(
                    option: "-serial \(arguments[index + 1])",
                    reason: "a character device that waits for its reader lets the host's time in",
                    nextStep: "Let it be a file (-chardev file,...)."))
        } else if arguments[index + 1] != wanted {
            arguments[index + 1] = wanted
            changes.append("-serial to a file")
        }
    }

    private mutating func fixRandomisation() {
        if let index = arguments.indices.last(where: { arguments[$0] == "-append" }),
            index + 1 < arguments.count
        {
            guard !arguments[index + 1].split(separator: " ").contains("nokaslr") else { return }
            arguments[index + 1] += " nokaslr"
        } else {
            arguments += ["-append", "nokaslr"]
        }
        changes.append("nokaslr on the kernel's command line")
    }

    // MARK: What stands in the way

    private mutating func findRefusals() {
        for option in acceleratorOptions where !option.contains("tcg") {
            refusals.append(
                Finding(
                    option: option, reason: "only emulation (tcg) counts instructions",
                    nextStep: "Drop the option, or measure without --exact."))
        }
        if let processors = value(of: "-smp"), Self.processors(processors) != 1 {
            refusals.append(
                Finding(
                    option: "-smp \(processors)",
                    reason: "several processors do not boot with a clock that follows one's instructions",
                    nextStep: "Use -smp 1, or measure without --exact."))
        }
        for (option, value) in pairs where option == "-device" && Self.isProcessor(value) {
            refusals.append(
                Finding(
                    option: "-device \(value)", reason: "only one processor can run in an exact boot",
                    nextStep: "Drop the device, or measure without --exact."))
        }
        if let model = value(of: "-cpu"), model.split(separator: ",").first == "host" {
            refusals.append(
                Finding(
                    option: "-cpu \(model)", reason: "the host's processor is not emulated",
                    nextStep: "Name a model, such as -cpu qemu64."))
        }
        for (option, value) in pairs
        where Self.isDisk(option, value) && !(discIsLifted && Self.isDisc(option, value)) {
            refusals.append(
                Finding(
                    option: [option, value].joined(separator: " "),
                    reason: "a disk or CD answers when the host does, so no two boots are the same",
                    nextStep: "Boot with -kernel and -initrd alone, or measure without --exact."))
        }
        for (option, value) in pairs where Self.isHostRandomness(option, value) {
            refusals.append(
                Finding(
                    option: [option, value].joined(separator: " "),
                    reason: "random numbers of the host make every boot another one",
                    nextStep: "Drop the device."))
        }
    }

    private mutating func findWarnings() {
        if let serial = value(of: "-serial"), ["none", "null"].contains(serial) {
            warnings.append(
                Finding(
                    option: "-serial \(serial)",
                    reason:
                        "what the guest writes has an exact count only where it goes to its first serial port",
                    nextStep: "Drop the option, or wait for functions alone (symbol:FUNCTION)."))
        }
        if !arguments.contains("-nodefaults") {
            warnings.append(
                Finding(
                    option: "-nodefaults",
                    reason: "without it the machine has a network card and drives that the guest probes",
                    nextStep: "Add it, unless the guest needs them."))
        }
        for (option, value) in pairs
        where ["-netdev", "-nic", "-net"].contains(option) && value != "none" {
            warnings.append(
                Finding(
                    option: "\(option) \(value)", reason: "packets arrive when the host delivers them",
                    nextStep: "Drop the network, or see with the hash whether boots still agree."))
        }
        if value(of: "-kernel") == nil, value(of: "-bios") == nil, !discIsLifted {
            warnings.append(
                Finding(
                    option: "-kernel", reason: "without it only the firmware runs, or a disk that is refused",
                    nextStep: "Name the kernel, and an initial RAM disk with -initrd."))
        }
    }

    /// The number of processors that a value of -smp asks for; nil where that cannot be told.
    private static func processors(_ value: String) -> Int? {
        let parts = value.split(separator: ",")
        if let first = parts.first, !first.contains("=") { return Int(first) }
        if let count = parts.first(where: { $0.hasPrefix("cpus=") }) { return Int(count.dropFirst(5)) }
        // Without a number of its own the topology's product decides, of which every factor must be 1.
        let factors = parts.filter { !$0.hasPrefix("maxcpus=") }.map { $0.split(separator: "=").last ?? "" }
        return factors.allSatisfy { Int($0) == 1 } ? 1 : nil
    }

    private static func isDisk(_ option: String, _ value: String) -> Bool {
        if ["-hda", "-hdb", "-hdc", "-hdd", "-cdrom", "-sd", "-mtdblock", "-fda", "-fdb"].contains(option) {
            return true
        }
        // Flash is read into memory before the machine starts.
        if option == "-drive" { return !value.split(separator: ",").contains("if=pflash") }
        let device = value.split(separator: ",").first ?? ""
        let disks = [
            "virtio-blk", "virtio-scsi", "ide-", "scsi-", "nvme", "usb-storage", "floppy", "sd-card",
        ]
        return option == "-device" && disks.contains { device.hasPrefix($0) }
    }

    /// Whether a device is a processor that is plugged in beside those of -smp.
    private static func isProcessor(_ value: String) -> Bool {
        let device = value.split(separator: ",").first ?? ""
        return ["-x86_64-cpu", "-i386-cpu"].contains { device.hasSuffix($0) }
    }

    /// Whether the option names a CD image as a whole.
    private static func isDisc(_ option: String, _ value: String) -> Bool {
        option == "-cdrom" || option == "-drive" && value.split(separator: ",").contains("media=cdrom")
    }

    private static func isHostRandomness(_ option: String, _ value: String) -> Bool {
        (option == "-device" && value.hasPrefix("virtio-rng"))
            || (option == "-object" && (value.hasPrefix("rng-random") || value.hasPrefix("rng-egd")))
    }

    // MARK: Reading the command

    private var acceleratorOptions: [String] {
        var found: [String] = []
        if arguments.contains("-enable-kvm") { found.append("-enable-kvm") }
        for (option, value) in pairs {
            if option == "-accel" { found.append("-accel \(value)") }
            let properties = value.split(separator: ",")
            if ["-machine", "-M"].contains(option),
                let accelerator = properties.first(where: { $0.hasPrefix("accel=") })
            {
                found.append("\(option) \(accelerator)")
            }
        }
        return found
    }

    /// Every argument that begins with a dash, with the argument behind it where that is a value.
    private var pairs: [(option: String, value: String)] {
        arguments.indices.compactMap { index in
            guard let option = Self.option(arguments[index]) else { return nil }
            let next = index + 1 < arguments.count ? arguments[index + 1] : ""
            return (option, next.hasPrefix("-") ? "" : next)
        }
    }

    /// QEMU takes its options with one dash or two.
    private static func option(_ argument: String) -> String? {
        guard argument.hasPrefix("-"), argument.count > 1 else { return nil }
        return argument.hasPrefix("--") ? String(argument.dropFirst()) : argument
    }

    private func value(of option: String) -> String? { pairs.last { $0.option == option }?.value }

    private mutating func remove(_ option: String) {
        while let index = arguments.firstIndex(where: { Self.option($0) == option }) {
            arguments.removeSubrange(index..<min(index + 2, arguments.count))
        }
    }
}

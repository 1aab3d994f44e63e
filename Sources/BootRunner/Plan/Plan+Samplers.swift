import BootModel
import GuestObserver

extension Plan {
    /// What looks at the guest from outside; a run holds one of them.
    static func samplers(_ collectors: [Collector]) -> [Collector] {
        collectors.filter { $0 == .guestRegisters || $0 == .guestStacks }
    }

    var samplers: [Collector] { Self.samplers(collectors) }

    /// How often a sampler looks, a second. Stacks are read while the guest stands still, so less often; neither
    /// rate divides that of a usual timer.
    func sampleRate(of sampler: Collector) -> Int {
        instruments?.sampleRate ?? (sampler == .guestStacks ? 97 : 199)
    }

    /// Makes sure that the guest can be sampled as it is asked for.
    /// - Throws: `RunnerError`.
    func checkSamplers(_ line: QEMUCommandLine, _ symbols: GuestSymbolFiles) throws {
        if let rate = instruments?.sampleRate, !(1...Instruments.fastest).contains(rate) {
            throw RunnerError(
                .usage, "\(rate) samples a second cannot be taken.",
                next: "--sample-rate takes 1 to \(Instruments.fastest).")
        }
        guard Set(samplers).count <= 1 else {
            throw RunnerError(
                .usage, "guest-registers and guest-stacks cannot share a run: both give its guest samples.",
                next: "Leave one out of --collect, or take a run for each.")
        }
        guard samplers.contains(.guestStacks) else { return }
        guard RegisterLayout(architecture: line.architecture) != nil else {
            throw RunnerError(
                .usage, "guest-stacks does not know the stacks of \(line.architecture).",
                next: "Sample its registers instead: --collect guest-registers.")
        }
        if let taken = ["gdb", "s"].first(where: line.has) {
            throw RunnerError(
                .usage, "guest-stacks needs QEMU's GDB stub, which -\(taken) gives to somebody else.",
                next: "Leave -\(taken) out of the QEMU command.")
        }
        guard try !symbols.read().symbols.symbols.isEmpty else {
            throw RunnerError(
                .input, "guest-stacks needs names, and neither --symbols nor the kernel gives any.",
                next: "Give a file with its symbols: --symbols FILE; or sample registers: guest-registers.")
        }
    }
}

extension Boot.Purpose {
    /// Whether the guest's functions are to be named, for which a kernel has to run where it was linked.
    var looksIntoGuest: Bool { self == .profiled || self == .sampled || self == .inspected }
}

extension QEMUCommandLine {
    /// The architecture that QEMU emulates, by its program's name: `x86_64`.
    var architecture: String {
        let name = program.split(separator: "/").last.map(String.init) ?? program
        return name.hasPrefix("qemu-system-") ? String(name.dropFirst("qemu-system-".count)) : name
    }
}
